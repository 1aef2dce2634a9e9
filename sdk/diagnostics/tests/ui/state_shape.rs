#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    struct Hidden<T> {
        value: T,
    }

    impl<T> Hidden<T> {
        pub fn init() -> Self {
            loop {}
        }
    }
}

fn main() {}

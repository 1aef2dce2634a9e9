#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    pub struct State {
        value: u8,
    }

    impl State {
        pub fn value(&self) -> u8 {
            self.value
        }
    }
}

fn main() {}

#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn missing(value: u8) {}

        pub fn consumed(self) {}

        pub fn boxed(self: Box<Self>) {}

        fn helpers_are_free(value: u8) {}
    }
}

fn main() {}

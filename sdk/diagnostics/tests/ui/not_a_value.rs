#![allow(unused)]

use dusk_sdk::prelude::*;

pub struct Plain {
    pub value: u8,
}

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn take(&mut self, plain: Plain) {}

        pub fn give(&self) -> u8 {
            1
        }
    }
}

fn main() {}

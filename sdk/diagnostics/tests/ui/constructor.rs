#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    pub struct State;

    impl State {
        fn init(&self) {}
    }
}

fn main() {}

#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn memcpy(&self) {}

        pub fn round(&mut self) {}

        pub fn __hidden(&self) {}

        pub fn by(&self) {}
    }

    pub fn init() {}

    pub fn at() {}

    pub enum StateClient {}
}

fn main() {}

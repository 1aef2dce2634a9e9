#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn check(&self) -> Result<u8, String> {
            Ok(1)
        }
    }
}

fn main() {}

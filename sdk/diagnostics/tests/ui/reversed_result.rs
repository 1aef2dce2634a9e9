//! An alias of the name `Result` with other parameters.
#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod reversed {
    use super::*;

    #[error]
    pub enum Refused {
        No,
    }

    pub type Result<E, T> = core::result::Result<T, E>;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn aliased(&mut self) -> Result<Refused, u8> {
            Err(Refused::No)
        }
    }
}

fn main() {}

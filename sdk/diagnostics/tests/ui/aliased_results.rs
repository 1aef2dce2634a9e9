//! A `Result` is one under every name, and its error is one of the contract.
#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[contract_type]
    pub enum Problem {
        No,
    }

    #[error]
    pub enum Refused {
        No,
    }

    pub type Outcome<T> = core::result::Result<T, Problem>;

    pub type Vec<T> = core::result::Result<T, Refused>;

    pub type Made<T> = Option<T>;

    pub type Number = u64;

    pub struct State;

    impl State {
        pub fn init() -> Made<Self> {
            Some(State)
        }

        pub fn aliased(&mut self) -> Outcome<u8> {
            Err(Problem::No)
        }

        pub fn unclear(&mut self) -> Vec<u8> {
            Ok(1)
        }

        #[contract(raw_result)]
        pub fn cannot_fail(&self) -> Number {
            1
        }
    }
}

fn main() {}

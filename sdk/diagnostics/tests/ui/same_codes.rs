#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    #[error]
    pub enum First {
        A,
        B,
    }

    #[error]
    pub enum Second {
        C,
    }

    impl State {
        pub fn first(&self) -> Result<(), First> {
            Ok(())
        }

        pub fn second(&self) -> Result<(), Second> {
            Ok(())
        }
    }
}

fn main() {}

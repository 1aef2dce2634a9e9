//! Names that generated code keeps for itself.
#![allow(unused, non_upper_case_globals)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    const __DUSK_STATE: u8 = 1;

    const at: u8 = 1;

    #[contract_type]
    pub struct __dusk_type {
        a: u8,
    }

    #[error]
    pub enum __DuskRefused {
        No,
    }

    impl State {
        pub fn round(&self) {}

        pub fn value(&self, __dusk_state: u8) {}
    }
}

#[event]
pub struct Größe;

fn main() {}

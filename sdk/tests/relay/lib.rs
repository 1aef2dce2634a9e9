//! A contract that calls another by its types, and has a function of the same name as one of the host's.
#![no_std]

use dusk_sdk::prelude::*;

#[contract]
pub mod relay {
    use super::*;

    pub struct Relay {
        counter: ContractId,
    }

    impl Relay {
        pub fn init(counter: ContractId) -> Self {
            Self { counter }
        }

        /// As the counter has it.
        pub fn seen(&self) -> u64 {
            counter::at(self.counter).value()
        }

        /// Fails with the counter.
        pub fn push(&mut self, by: u64) -> u64 {
            counter::at(self.counter).increment(by)
        }

        /// Does not fail with the counter.
        pub fn push_softly(&mut self, by: u64) -> bool {
            counter::at(self.counter).attempt().with_gas(10_000_000).increment(by).is_ok()
        }

        pub fn owner(&self) -> bool {
            dusk_sdk::env::owner() == sender()
        }
    }
}

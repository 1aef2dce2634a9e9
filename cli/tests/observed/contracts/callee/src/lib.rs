//! A contract that another one calls with a private amount.
#![no_std]

use dusk_sdk::prelude::*;

/// Takes amounts from other contracts.
#[contract]
pub mod callee {
    use super::*;

    /// The state.
    pub struct Callee {
        calls: u64,
    }

    impl Callee {
        /// Starts without a call.
        pub fn init() -> Self {
            Self { calls: 0 }
        }

        /// The number of calls.
        pub fn calls(&self) -> u64 {
            self.calls
        }

        /// Takes an amount, and keeps nothing of it.
        pub fn take(&mut self, amount: u64) {
            let _ = amount;
            self.calls += 1;
        }
    }
}

//! A counter that anybody may raise, up to a limit, and that its owner may reset.
#![no_std]

use dusk_sdk::prelude::*;

/// Counts up to a limit. Its owner may start it again.
#[contract]
pub mod counter {
    use super::*;

    /// The state. It lives in the contract's memory between calls.
    pub struct Counter {
        owner: Account,
        value: u64,
        limit: u64,
    }

    /// The counter has a new value.
    #[event]
    pub struct Changed {
        /// Who changed it.
        pub by: Account,
        /// The value before.
        pub from: u64,
        /// The value now.
        pub to: u64,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// The counter would pass its limit; only `left` are left.
        LimitReached { left: u64 },
        /// Only the owner may do this.
        NotOwner,
    }

    impl Counter {
        /// Starts at zero. The account that deploys the counter owns it.
        pub fn init(limit: u64) -> Self {
            Self { owner: sender(), value: 0, limit }
        }

        /// The current value.
        pub fn value(&self) -> u64 {
            self.value
        }

        /// Adds to the counter and returns the new value.
        pub fn increment(&mut self, by: u64) -> Result<u64, Refused> {
            let left = self.limit - self.value;
            ensure!(by <= left, Refused::LimitReached { left });
            self.change(self.value + by);
            Ok(self.value)
        }

        /// Sets the counter to zero. Only its owner may.
        pub fn reset(&mut self) -> Result<(), Refused> {
            ensure!(sender() == self.owner, Refused::NotOwner);
            self.change(0);
            Ok(())
        }

        fn change(&mut self, to: u64) {
            emit(Changed { by: sender(), from: self.value, to });
            self.value = to;
        }
    }
}

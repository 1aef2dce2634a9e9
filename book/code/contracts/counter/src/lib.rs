//! The template's counter with an allow-list, as the chapter "A first contract" changes it.
#![no_std]

use dusk_sdk::prelude::*;

/// Counts up to a limit. Only the accounts on its list may raise it.
#[contract]
pub mod counter {
    use super::*;

    // ANCHOR: state
    /// The state. It stays in the contract's memory between calls.
    pub struct Counter {
        owner: Account,
        value: u64,
        limit: u64,
        allowed: BTreeSet<Account>,
    }
    // ANCHOR_END: state

    /// The counter has a new value.
    #[event]
    pub struct Changed {
        /// The account that changed it.
        pub by: Account,
        /// The value before.
        pub from: u64,
        /// The value now.
        pub to: u64,
    }

    // ANCHOR: error
    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// The counter would pass its limit; only `left` are left.
        LimitReached { left: u64 },
        /// Only the owner may do this.
        NotOwner,
        /// Only the accounts on the list may do this.
        NotAllowed,
    }
    // ANCHOR_END: error

    impl Counter {
        // ANCHOR: init
        /// Starts at zero. The account that deploys the counter owns it; the accounts in `allowed` may raise it.
        pub fn init(limit: u64, allowed: BTreeSet<Account>) -> Self {
            Self { owner: sender(), value: 0, limit, allowed }
        }
        // ANCHOR_END: init

        /// The current value.
        pub fn value(&self) -> u64 {
            self.value
        }

        // ANCHOR: increment
        /// Whether an account is on the list.
        pub fn is_allowed(&self, account: Account) -> bool {
            self.allowed.contains(&account)
        }

        /// Puts an account on the list. Only the owner may.
        pub fn allow(&mut self, account: Account) -> Result<(), Refused> {
            ensure!(sender() == self.owner, Refused::NotOwner);
            self.allowed.insert(account);
            Ok(())
        }

        /// Adds to the counter and returns the new value. Only the accounts on the list may.
        pub fn increment(&mut self, by: u64) -> Result<u64, Refused> {
            ensure!(self.is_allowed(sender()), Refused::NotAllowed);
            let left = self.limit - self.value;
            ensure!(by <= left, Refused::LimitReached { left });
            self.change(self.value + by);
            Ok(self.value)
        }
        // ANCHOR_END: increment

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

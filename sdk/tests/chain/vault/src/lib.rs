//! A contract that keeps shares for others.
#![no_std]

use dusk_sdk::money::{self, ReceiveFromContract};
use dusk_sdk::prelude::*;

/// Keeps shares.
#[contract]
pub mod vault {
    use super::*;

    /// The state.
    pub struct Vault {
        share: ContractId,
        received: Dusk,
    }

    impl Vault {
        /// It keeps these shares.
        pub fn init(share: ContractId) -> Self {
            Self { share, received: Dusk::ZERO }
        }

        /// Takes shares that the caller has allowed it.
        pub fn keep(&mut self, amount: u64) {
            share::at(self.share).transfer_from(caller(), self_id().into(), amount);
        }

        /// Gives shares to somebody.
        pub fn release(&mut self, to: Principal, amount: u64) {
            share::at(self.share).transfer(to, amount);
        }

        /// Claims what it has earned, in a method that changes it.
        pub fn claim(&mut self) {
            self.received += share::at(self.share).claim();
        }

        /// Is paid.
        pub fn receive(&mut self, payment: ReceiveFromContract) {
            self.received += money::accept(&payment);
        }

        /// The amount that it was paid.
        pub fn received(&self) -> Dusk {
            self.received
        }
    }
}

//! The contract that calls: a shop that asks another contract for the price.
#![no_std]

use dusk_sdk::prelude::*;

/// A shop. It depends on the crate `price`, so it calls that contract with its types.
#[contract]
pub mod shop {
    use super::*;

    /// The gas limit of a call whose failure the shop handles.
    const PRICE_GAS: u64 = 5_000_000;

    /// The state.
    pub struct Shop {
        price: ContractId,
        sold: u64,
    }

    /// The shop has sold one piece.
    #[event]
    pub struct Sold {
        /// The price.
        pub at: u64,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// There is no price, and the customer offers none.
        NoOffer,
        /// The call to the contract with the price failed for another reason.
        BrokenPrice,
    }

    impl Shop {
        /// Opens the shop. `price` is the id of the contract with the price.
        pub fn init(price: ContractId) -> Self {
            Self { price, sold: 0 }
        }

        /// The number of pieces sold.
        pub fn sold(&self) -> u64 {
            self.sold
        }

        /// The price of the other contract. If that contract refuses, this call fails with the same text.
        pub fn quote(&self) -> u64 {
            price::at(self.price).price()
        }

        /// Sells at the price. If the contract `price` refuses, the whole call fails, and nothing is sold. The method
        /// changes `sold` before the call: change the state first, and call other contracts last.
        pub fn sell(&mut self) -> u64 {
            self.sold += 1;
            let at = price::at(self.price).read();
            emit(Sold { at });
            at
        }

        /// Sells at the price, or at the customer's offer if there is no price. With `attempt` a failure is a result:
        /// the callee has changed nothing, and has spent all the gas of its limit.
        pub fn sell_anyway(&mut self, offer: Option<u64>) -> Result<u64, Refused> {
            self.sold += 1;
            let at = match price::at(self.price).attempt().with_gas(PRICE_GAS).read() {
                Ok(at) => at,
                Err(failure) if failure.is(&price::Refused::NoPrice) => offer.ok_or(Refused::NoOffer)?,
                Err(_) => return Err(Refused::BrokenPrice),
            };
            emit(Sold { at });
            Ok(at)
        }

        /// Tries to set the price in the name of the caller. This always fails.
        pub fn cheat(&mut self) {
            price::at(self.price).set(Some(1));
        }
    }
}

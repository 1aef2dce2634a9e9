//! The contract that calls: a shop that asks another contract for the price.
#![no_std]

use dusk_sdk::prelude::*;

/// A shop. It depends on the crate `price` and so calls it by its types.
#[contract]
pub mod shop {
    use super::*;

    /// The most gas that the shop gives a call whose failure it can bear.
    const PRICE_GAS: u64 = 5_000_000;

    /// The state.
    pub struct Shop {
        price: ContractId,
        sold: u64,
    }

    /// Something was sold.
    #[event]
    pub struct Sold {
        /// What it costs.
        pub at: u64,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// There is no price, and the customer offers none.
        NoOffer,
        /// The contract that should have the price does not work.
        BrokenPrice,
    }

    impl Shop {
        /// The contract at this id has the price.
        pub fn init(price: ContractId) -> Self {
            Self { price, sold: 0 }
        }

        /// How much was sold.
        pub fn sold(&self) -> u64 {
            self.sold
        }

        /// The price as the other contract has it. When that refuses, this call is refused with the same text.
        pub fn quote(&self) -> u64 {
            price::at(self.price).price()
        }

        /// Sells at the price. When the price refuses, the shop does, and nothing is sold. `sold` is written before the
        /// call: change first and call last.
        pub fn sell(&mut self) -> u64 {
            self.sold += 1;
            let at = price::at(self.price).read();
            emit(Sold { at });
            at
        }

        /// Sells at the price, or at the customer's offer while there is none. With `attempt` a failure is a result;
        /// the callee has changed nothing then, and has cost all the gas that it was given.
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

        /// Tries to set the price in the name of whoever calls. It never works.
        pub fn cheat(&mut self) {
            price::at(self.price).set(Some(1));
        }
    }
}

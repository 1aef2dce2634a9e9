//! The contract that is called: a price that its keeper sets.
#![no_std]

use dusk_sdk::prelude::*;

/// A price, which can be absent.
#[contract]
pub mod price {
    use super::*;

    /// The state.
    pub struct Price {
        keeper: Account,
        price: Option<u64>,
        readers: BTreeMap<ContractId, u64>,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// Only the keeper may.
        NotKeeper,
        /// There is no price at the moment.
        NoPrice,
        /// Only contracts may.
        NotContract,
    }

    impl Price {
        /// The deployer keeps it; there is no price yet.
        pub fn init() -> Self {
            Self { keeper: sender(), price: None, readers: BTreeMap::new() }
        }

        /// The price.
        pub fn price(&self) -> Result<u64, Refused> {
            self.price.ok_or(Refused::NoPrice)
        }

        /// Sets the price. `sender` is the account that calls directly: when a contract stands between, it refuses, so
        /// that no contract can act in the name of an account that merely called it.
        pub fn set(&mut self, price: Option<u64>) -> Result<(), Refused> {
            ensure!(sender() == self.keeper, Refused::NotKeeper);
            self.price = price;
            Ok(())
        }

        /// The price, counted for the contract that asks: `caller` is who calls directly, and that can be a contract.
        pub fn read(&mut self) -> Result<u64, Refused> {
            let reader = caller().contract().ok_or(Refused::NotContract)?;
            *self.readers.entry(reader).or_default() += 1;
            self.price()
        }

        /// How often a contract has read the price.
        pub fn reads_by(&self, reader: ContractId) -> u64 {
            self.readers.get(&reader).copied().unwrap_or_default()
        }
    }
}

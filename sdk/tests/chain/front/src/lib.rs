//! The front that callers see: it forwards, and its owner can turn it to another implementation.
#![no_std]

use dusk_sdk::parts::ownership::{self, Ownership};
use dusk_sdk::parts::proxy::{self, Proxy};
use dusk_sdk::prelude::*;

/// Forwards to the ledger.
#[contract(events(proxy::UpgradeBegun, proxy::UpgradeCancelled, proxy::Upgraded))]
pub mod front {
    use super::*;

    /// The state.
    pub struct Front {
        owner: Ownership,
        proxy: Proxy,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        #[from]
        Ownership(ownership::Refused),
        #[from]
        Proxy(proxy::Refused),
    }

    impl Front {
        /// The deployer may upgrade it.
        pub fn init() -> Self {
            Self { owner: Ownership::new(caller()), proxy: Proxy::default() }
        }

        /// Gives who calls more.
        pub fn credit(&mut self, amount: u64) -> Result<u64, Refused> {
            Ok(ledger::at(self.proxy.implementation()?).credit(caller(), amount))
        }

        /// The balance of somebody.
        pub fn balance_of(&self, who: Principal) -> Result<u64, Refused> {
            Ok(ledger::at(self.proxy.implementation()?).balance_of(who))
        }

        /// Which version is behind.
        pub fn version(&self) -> Result<u32, Refused> {
            Ok(ledger::at(self.proxy.implementation()?).version())
        }

        /// Begins an upgrade.
        pub fn begin(&mut self, to: ContractId) -> Result<(), Refused> {
            self.owner.require()?;
            Ok(self.proxy.begin(to)?)
        }

        /// Moves a piece of the state. Anybody may help.
        pub fn migrate(&mut self, at_most: u32) -> Result<bool, Refused> {
            Ok(self.proxy.migrate(at_most)?)
        }

        /// Gives an upgrade up.
        pub fn cancel(&mut self) -> Result<(), Refused> {
            self.owner.require()?;
            Ok(self.proxy.cancel()?)
        }
    }
}

//! The front: callers know its id, whatever is behind it.
#![no_std]

use dusk_sdk::parts::{ownership, proxy};
use dusk_sdk::prelude::*;

/// Points that accounts collect. The front never changes; what is behind it can be upgraded by its owner.
#[contract(events(
    ownership::OwnershipOffered,
    ownership::OwnershipChanged,
    proxy::UpgradeBegun,
    proxy::UpgradeCancelled,
    proxy::Upgraded
))]
pub mod front {
    use super::*;
    use dusk_sdk::parts::ownership::Ownership;
    use dusk_sdk::parts::proxy::Proxy;

    /// The state: everything else is behind.
    pub struct Front {
        owner: Ownership,
        proxy: Proxy,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// The caller has not the right.
        #[from]
        Ownership(ownership::Refused),
        /// There is no implementation, or an upgrade is under way.
        #[from]
        Proxy(proxy::Refused),
    }

    impl Front {
        /// The deployer owns it. Nothing is behind it yet.
        pub fn init() -> Self {
            Self { owner: Ownership::new(sender()), proxy: Proxy::default() }
        }

        /// Collects points for the sender, and returns how many it has. The front says who calls, the implementation
        /// believes it.
        pub fn collect(&mut self, amount: u64) -> Result<u64, Refused> {
            Ok(points::at(self.proxy.implementation()?).collect(sender(), amount))
        }

        /// How many points an account has.
        pub fn points_of(&self, account: Account) -> Result<u64, Refused> {
            Ok(points::at(self.proxy.implementation()?).points_of(account))
        }

        /// Which contract is behind.
        pub fn implementation(&self) -> Result<ContractId, Refused> {
            Ok(self.proxy.implementation()?)
        }

        /// Begins an upgrade. Only the owner may.
        pub fn upgrade(&mut self, to: ContractId) -> Result<(), Refused> {
            self.owner.require()?;
            Ok(self.proxy.begin(to)?)
        }

        /// Moves a piece of the state, and returns whether it was the last. Anybody may pay for it.
        pub fn migrate(&mut self, at_most: u32) -> Result<bool, Refused> {
            Ok(self.proxy.migrate(at_most)?)
        }
    }
}

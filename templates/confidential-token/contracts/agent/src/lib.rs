//! An agent that settles by the word of its keeper: the smallest contract that can release locks.
#![no_std]

use dusk_sdk::prelude::*;

/// An agent. A settlement contract releases by rules instead; the asset trusts whichever agent its holders name.
#[contract]
pub mod agent {
    use dusk_sdk::finance::confidential::locks::LockId;

    use super::*;

    /// The state.
    pub struct Agent {
        keeper: Account,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// Only the keeper may.
        NotKeeper,
    }

    impl Agent {
        /// The account that signs the deployment is the keeper.
        pub fn init() -> Self {
            Self { keeper: sender() }
        }

        /// Releases what is locked at an asset, or at the cash, to the receiver.
        pub fn release(&mut self, asset: ContractId, id: LockId) -> Result<(), Refused> {
            ensure!(sender() == self.keeper, Refused::NotKeeper);
            asset::at(asset).release(id);
            Ok(())
        }

        /// Gives what is locked back to the sender.
        pub fn cancel(&mut self, asset: ContractId, id: LockId) -> Result<(), Refused> {
            ensure!(sender() == self.keeper, Refused::NotKeeper);
            asset::at(asset).cancel(id);
            Ok(())
        }
    }
}

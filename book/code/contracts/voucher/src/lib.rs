//! A voucher that anybody may hold: the chain sees neither amounts nor holders, and an auditor reads the amounts.
#![no_std]

use dusk_sdk::finance::confidential::{Pool, notes, nullifiers, pool};
use dusk_sdk::finance::{Offices, offices};
use dusk_sdk::prelude::*;

/// A confidential asset with as few parts as possible.
#[contract(
    events(pool::ConfidentialMint, pool::ConfidentialTransfer),
    events(notes::NoteAdded, nullifiers::NullifierSpent)
)]
pub mod voucher {
    use super::*;
    use circuits::{Grant, GrantPublic, Pay, PayPublic};
    use dusk_sdk::finance::confidential::pool::{Minting, Spending};
    use dusk_sdk::finance::confidential::{AuditorKey, asset};
    use dusk_sdk::zk::Proof;

    /// The state.
    pub struct Voucher {
        offices: Offices,
        pool: Pool,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// The caller is no officer.
        #[from]
        Offices(offices::Refused),
        /// An error of notes, nullifiers, the auditor's key or the proof.
        #[from]
        Pool(pool::Refused),
    }

    impl Voucher {
        /// Opens the asset. The account that signs the deployment is the first officer.
        pub fn init(auditor: AuditorKey) -> Result<Self, Refused> {
            let pool = Pool::new(asset(self_id(), chain_id()), auditor).map_err(pool::Refused::from)?;
            Ok(Self { offices: Offices::new(caller()), pool })
        }
        /// The supply.
        pub fn total_supply(&self) -> u64 {
            self.pool.total_supply()
        }
        /// An officer grants an amount to a holder. Returns the position of the note.
        pub fn grant(&mut self, order: Minting, proof: Proof<Grant>) -> Result<u64, Refused> {
            self.offices.officer()?;
            let bound = order.bound(Field::default());
            Ok(self.pool.mint(&order, |act| proof.verify(&GrantPublic { act, bound }))?)
        }
        /// Pays an amount to a holder. Anybody may submit the call. Returns the position of the receiver's note.
        pub fn pay(&mut self, order: Spending, proof: Proof<Pay>) -> Result<u64, Refused> {
            let bound = order.bound(Field::default());
            Ok(self.pool.transfer(&order, 0, |act| proof.verify(&PayPublic { act, bound }))?)
        }
    }
}

//! A bond for registered holders: the chain sees neither amounts nor parties, and an auditor reads both.
#![no_std]

use dusk_sdk::finance::confidential::{Pool, Registry, locks, notes, nullifiers, pool, registry};
use dusk_sdk::finance::{Offices, offices};
use dusk_sdk::prelude::*;

/// A confidential asset with a registry of holders, and locks for settlement.
#[contract(
    events(pool::ConfidentialMint, pool::ConfidentialTransfer, pool::ConfidentialLock),
    events(notes::NoteAdded, nullifiers::NullifierSpent),
    events(registry::HolderRegistered, registry::HolderAdmitted, registry::HolderChanged),
    events(locks::AmountLocked, locks::LockReleased, locks::LockCancelled)
)]
pub mod bond {
    use super::*;
    use circuits::{
        Enrol, EnrolPublic, Issue, IssuePublic, Reserve, ReservePublic, Send, SendPublic, for_asset,
    };
    use dusk_sdk::finance::confidential::locks::LockId;
    use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
    use dusk_sdk::finance::confidential::statements::PolicyNative;
    use dusk_sdk::finance::confidential::{AuditorKey, Holder, ViewCipher, asset};
    use dusk_sdk::zk::Proof;

    /// The state.
    pub struct Bond {
        offices: Offices,
        registry: Registry,
        pool: Pool,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// The caller is no officer.
        #[from]
        Offices(offices::Refused),
        /// An error of notes, nullifiers, the registry, locks, the auditor's key or the proof.
        #[from]
        Pool(pool::Refused),
    }

    impl Bond {
        /// Opens the asset. The account that signs the deployment is the first officer.
        pub fn init(auditor: AuditorKey) -> Result<Self, Refused> {
            let pool = Pool::new(asset(self_id(), chain_id()), auditor).map_err(pool::Refused::from)?;
            Ok(Self { offices: Offices::new(caller()), registry: Registry::default(), pool })
        }
        /// The supply, including locked amounts.
        pub fn total_supply(&self) -> u64 {
            self.pool.total_supply()
        }

        // ANCHOR: admit
        /// An officer admits a holder, whose keys the auditor can read.
        pub fn admit(
            &mut self,
            holder: Holder,
            view: ViewCipher,
            proof: Proof<Enrol>,
        ) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            let bound = for_asset(self.pool.asset());
            let verify = |act| proof.verify(&EnrolPublic { act, bound });
            self.pool.register(&mut self.registry, holder.owner, view, verify)?;
            Ok(self.registry.admit(by, holder).map_err(pool::Refused::from)?)
        }
        /// An officer freezes a holder, or ends the freeze.
        pub fn set_active(&mut self, owner: Field, active: bool, reason: String) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            Ok(self.registry.set_active(by, owner, active, reason).map_err(pool::Refused::from)?)
        }
        // ANCHOR_END: admit

        // ANCHOR: transfer
        /// An officer issues an amount to a holder. Returns the position of the note.
        pub fn issue(
            &mut self,
            order: Minting,
            registry_root: Field,
            proof: Proof<Issue>,
        ) -> Result<u64, Refused> {
            self.offices.officer()?;
            let (policy, bound) = (self.policy(registry_root)?, order.bound(Field::default()));
            Ok(self.pool.mint(&order, |act| proof.verify(&IssuePublic { act, policy, bound }))?)
        }
        /// Moves an amount between holders. Anybody may submit the call. Returns the position of the receiver's note.
        pub fn confidential_transfer(
            &mut self,
            order: Spending,
            registry_root: Field,
            proof: Proof<Send>,
        ) -> Result<u64, Refused> {
            let (policy, bound) = (self.policy(registry_root)?, order.bound(Field::default()));
            Ok(self.pool.transfer(&order, 0, |act| proof.verify(&SendPublic { act, policy, bound }))?)
        }
        // ANCHOR_END: transfer

        // ANCHOR: locks
        /// Locks an amount for a receiver. Anybody may submit the call. Returns the position of the change.
        pub fn lock(
            &mut self,
            order: Locking,
            registry_root: Field,
            proof: Proof<Reserve>,
        ) -> Result<u64, Refused> {
            let (policy, bound) = (self.policy(registry_root)?, order.bound(Field::default()));
            Ok(self.pool.lock(&order, |act| proof.verify(&ReservePublic { act, policy, bound }))?)
        }
        /// Gives a locked amount to its receiver. Only the agent may call it, until the deadline.
        pub fn release(&mut self, id: LockId) -> Result<u64, Refused> {
            Ok(self.pool.release(id)?)
        }
        /// Gives a locked amount back to its sender. The agent may call it at any time, anybody after the deadline.
        pub fn cancel(&mut self, id: LockId) -> Result<u64, Refused> {
            Ok(self.pool.cancel(id)?)
        }
        // ANCHOR_END: locks
    }

    // ANCHOR: policy
    impl Bond {
        /// The public inputs about the parties: this root of the registry, and no condition on validity and level.
        fn policy(&self, registry_root: Field) -> Result<PolicyNative, Refused> {
            Ok(self.registry.policy(registry_root, 0, 0).map_err(pool::Refused::from)?)
        }
    }
    // ANCHOR_END: policy
}

//! An allow-list that does not know its members: who proves a credential enters, once an epoch.
#![no_std]

use dusk_sdk::prelude::*;

/// The contract.
#[contract]
pub mod allowlist {
    use circuits::{Member, MemberPublic, Period, occasion, scope};
    use dusk_sdk::zk::Proof;

    use super::*;

    /// The list. Of its members it knows two roots that the issuer publishes.
    pub struct Allowlist {
        issuer: Account,
        /// The root of the tree of credentials.
        root: Field,
        /// The root of the revocation list.
        revoked: Field,
        /// How many blocks an epoch has.
        epoch_blocks: u64,
        /// How often the revocation list has changed.
        revision: u64,
        /// The period that the next two are of.
        period: Period,
        /// The nullifiers that were seen.
        used: BTreeSet<Field>,
        /// The accounts that were admitted.
        admitted: BTreeSet<Account>,
    }

    /// The issuer has issued or revoked credentials.
    #[event]
    pub struct Published {
        /// The root of the tree of credentials.
        pub root: Field,
        /// The root of the revocation list.
        pub revoked: Field,
    }

    /// A member has entered, and had an account admitted.
    #[event]
    pub struct Entered {
        /// The epoch.
        pub epoch: u64,
        /// How often the revocation list has changed.
        pub revision: u64,
        /// The account that is admitted.
        pub recipient: Account,
        /// The nullifier of the member in this epoch, as long as nothing is revoked. It does not identify the member.
        pub nullifier: Field,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// Only the issuer may do this.
        NotIssuer,
        /// An epoch would have no block.
        EpochWithoutBlocks,
        /// The nullifier was seen in this period: the member has entered.
        AlreadyEntered,
        /// The proof does not show a member for this sender, recipient, epoch and revision, under the published roots.
        NotShown,
    }

    impl Allowlist {
        /// Opens a list. The account that signs the deployment is the issuer; the owner that the deployment
        /// states has no rights.
        pub fn init(root: Field, revoked: Field, epoch_blocks: u64) -> Result<Self, Refused> {
            ensure!(epoch_blocks > 0, Refused::EpochWithoutBlocks);
            let (used, admitted) = (BTreeSet::new(), BTreeSet::new());
            let (revision, period) = (0, Period::default());
            Ok(Self { issuer: sender(), root, revoked, epoch_blocks, revision, period, used, admitted })
        }

        /// Who issues and revokes credentials, and publishes the roots.
        pub fn issuer(&self) -> Account {
            self.issuer
        }

        /// The epoch now: blocks since genesis, divided by the blocks of an epoch.
        pub fn epoch(&self) -> u64 {
            block_height() / self.epoch_blocks
        }

        /// How often the revocation list has changed.
        pub fn revision(&self) -> u64 {
            self.revision
        }

        /// The published roots: of the tree of credentials, and of the revocation list.
        pub fn roots(&self) -> (Field, Field) {
            (self.root, self.revoked)
        }

        /// Whether an account was admitted in this epoch, since the last revocation.
        pub fn is_admitted(&self, account: Account) -> bool {
            self.period == self.now() && self.admitted.contains(&account)
        }

        /// How many members have entered in this epoch, since the last revocation.
        pub fn entered(&self) -> u32 {
            if self.period == self.now() { self.used.len() as u32 } else { 0 }
        }

        /// Publishes the roots after credentials were issued or revoked. Proofs under the roots before are refused from
        /// now on.
        ///
        /// When the revocation list changes, all admissions end at once: the list does not know which accounts the
        /// revoked member had admitted. The other members may enter again, in this epoch too. New credentials alone end
        /// nothing.
        pub fn publish(&mut self, root: Field, revoked: Field) -> Result<(), Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            self.revision += u64::from(revoked != self.revoked);
            (self.root, self.revoked) = (root, revoked);
            emit(Published { root, revoked });
            Ok(())
        }

        /// Admits a recipient for the sender of a member's proof: once for each member and epoch, as long as nothing is
        /// revoked.
        pub fn enter(
            &mut self,
            recipient: Account,
            nullifier: Field,
            proof: Proof<Member>,
        ) -> Result<(), Refused> {
            let period = self.now();
            if period != self.period {
                // Neither nullifiers nor admissions of another period count in this one.
                self.period = period;
                self.used.clear();
                self.admitted.clear();
            }
            ensure!(self.used.insert(nullifier), Refused::AlreadyEntered);
            let public = MemberPublic {
                root: self.root,
                revoked: self.revoked,
                scope: scope(self_id(), chain_id(), period),
                nullifier,
                occasion: occasion(self_id(), chain_id(), period, sender(), recipient),
            };
            ensure!(Member::verify(&proof, &public), Refused::NotShown);
            self.admitted.insert(recipient);
            let (epoch, revision) = period;
            emit(Entered { epoch, revision, recipient, nullifier });
            Ok(())
        }

        /// The epoch now, and the revision.
        fn now(&self) -> Period {
            (self.epoch(), self.revision)
        }
    }
}

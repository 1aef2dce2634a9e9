//! An allow-list that does not know its members: who proves a credential enters, once an epoch.
#![no_std]

use dusk_sdk::prelude::*;

/// The contract.
#[contract]
pub mod allowlist {
    use circuits::{Member, MemberPublic, occasion, scope};
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
        /// The epoch that the next two are of.
        epoch: u64,
        /// The nullifiers that were seen.
        used: BTreeSet<Field>,
        /// The accounts that were let in.
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

    /// A member has entered, and let an account in.
    #[event]
    pub struct Entered {
        /// The epoch.
        pub epoch: u64,
        /// The account that is let in.
        pub recipient: Account,
        /// What the member is spent by in this epoch. It tells nobody who it was.
        pub nullifier: Field,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// Only the issuer may do this.
        NotIssuer,
        /// An epoch has one block at least.
        EpochWithoutBlocks,
        /// This member has entered in this epoch.
        AlreadyEntered,
        /// The proof does not show a member for this sender, recipient and epoch, under the published roots.
        NotShown,
    }

    impl Allowlist {
        /// Opens a list. Who deploys it is the issuer.
        pub fn init(root: Field, revoked: Field, epoch_blocks: u64) -> Result<Self, Refused> {
            ensure!(epoch_blocks > 0, Refused::EpochWithoutBlocks);
            let (used, admitted) = (BTreeSet::new(), BTreeSet::new());
            Ok(Self { issuer: sender(), root, revoked, epoch_blocks, epoch: 0, used, admitted })
        }

        /// The epoch now: blocks since genesis, divided by the blocks of an epoch.
        pub fn epoch(&self) -> u64 {
            block_height() / self.epoch_blocks
        }

        /// The published roots: of the tree of credentials, and of the revocation list.
        pub fn roots(&self) -> (Field, Field) {
            (self.root, self.revoked)
        }

        /// Whether an account was let in, in this epoch.
        pub fn is_admitted(&self, account: Account) -> bool {
            self.epoch == self.epoch() && self.admitted.contains(&account)
        }

        /// How many members have entered in this epoch.
        pub fn entered(&self) -> u32 {
            if self.epoch == self.epoch() { self.used.len() as u32 } else { 0 }
        }

        /// Publishes the roots after credentials were issued or revoked. Proofs under the roots before are refused from now on.
        pub fn publish(&mut self, root: Field, revoked: Field) -> Result<(), Refused> {
            ensure!(sender() == self.issuer, Refused::NotIssuer);
            (self.root, self.revoked) = (root, revoked);
            emit(Published { root, revoked });
            Ok(())
        }

        /// Lets a recipient in, for whoever proves to be a member: once for each member and epoch.
        pub fn enter(&mut self, recipient: Account, nullifier: Field, proof: Proof<Member>) -> Result<(), Refused> {
            let epoch = self.epoch();
            if epoch != self.epoch {
                // What an epoch leaves behind is of no use in the next.
                self.epoch = epoch;
                self.used.clear();
                self.admitted.clear();
            }
            ensure!(self.used.insert(nullifier), Refused::AlreadyEntered);
            let public = MemberPublic {
                root: self.root,
                revoked: self.revoked,
                scope: scope(self_id(), chain_id(), epoch),
                nullifier,
                occasion: occasion(self_id(), chain_id(), epoch, sender(), recipient),
            };
            ensure!(Member::verify(&proof, &public), Refused::NotShown);
            self.admitted.insert(recipient);
            emit(Entered { epoch, recipient, nullifier });
            Ok(())
        }
    }
}

//! The registry of admitted holders: a tree under which senders and receivers prove that they may hold the asset.
//!
//! A holder registers with a proof that encrypts its view keys to the auditor. Then an officer admits it, or a proof of
//! [`Admit`](super::statements::Admit) by one of the contract's [`Attesters`](crate::finance::Attesters): the template
//! `confidential-settlement` composes both. The entry of a holder is public, under the pseudonym `owner`. Transfers
//! show no owner, so they cannot be linked to an entry.
//!
//! A proof may use one of the last [`ROOTS`] roots. A registration changes no root. An admission keeps the older roots
//! valid, and all admissions of a block take one place among them: to push out the root of a proof that waits, a crowd
//! needs an admission in each of [`ROOTS`] blocks. A change of an entry (such as a freeze, or the end of one) and a
//! removal invalidate all older roots at once, and with them all earlier proofs.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use dusk_sdk_circuit::native::Places;

use super::HolderTree;
use super::cipher::ViewCipher;
use super::holder::Holder;
use super::statements::PolicyNative;
use crate::env::{block_height, caller, emit};
use crate::field::Field;
use crate::finance::ledger::MAX_REASON_BYTES;
use crate::finance::officer::Officer;
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// The number of roots that the contract accepts in proofs. Every block with an admission adds one; a change or removal
/// of an entry ends all but the newest.
pub const ROOTS: usize = 64;

/// The holders.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    tree: HolderTree,
    /// The owners that registered, with their positions: [`REGISTERED`] before the admission, [`REMOVED`] for ever
    /// after a removal.
    owners: Places,
    /// The holders that were admitted, by position. That of a removed one stays in its place.
    #[allow(clippy::vec_box, reason = "the list moves when it grows, and its entries do not")]
    holders: Vec<Box<Holder>>,
    /// The last roots, the newest last.
    roots: Vec<Field>,
    /// The height of the last admission.
    height: u64,
    /// The tags of persons who were admitted by a credential, with the positions of the holders.
    tags: Places,
}

/// In place of the position of an owner that has registered, and was not admitted.
const REGISTERED: u64 = u64::MAX;
/// In place of the position of an owner that was removed.
const REMOVED: u64 = u64::MAX - 1;

/// A holder registered. The auditor can read its keys.
#[event]
pub struct HolderRegistered {
    /// The pseudonym.
    pub owner: Field,
    /// The keys for the auditor.
    pub cipher: ViewCipher,
    /// The number of the auditor's key.
    pub auditor: u32,
}

/// An officer admitted a holder.
#[event]
pub struct HolderAdmitted {
    /// The position in the tree.
    pub position: u64,
    /// The entry.
    pub holder: Holder,
    /// The officer.
    pub by: Principal,
}

/// An officer changed the entry of a holder: froze it, unfroze it, or corrected its attributes.
#[event]
pub struct HolderChanged {
    /// The position in the tree.
    pub position: u64,
    /// The entry from now on.
    pub holder: Holder,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// An officer removed a holder. Its notes stay, and can be seized.
#[event]
pub struct HolderRemoved {
    /// The position in the tree, which is empty from now on.
    pub position: u64,
    /// The removed holder.
    pub owner: Field,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// The errors of the registry.
#[error(first = 9320)]
pub enum Refused {
    /// The root is not one of the registry's last roots, or a holder has lost a right since then.
    UnknownRegistryRoot,
    /// The owner has registered already.
    AlreadyRegistered,
    /// The owner has not registered, so the auditor does not know its keys.
    NotRegistered,
    /// The owner is admitted already.
    AlreadyAdmitted,
    /// The owner is not admitted, or was removed.
    NotAdmitted,
    /// The entry has these attributes already.
    SameEntry,
    /// The registry has no place for more holders.
    RegistryFull,
    /// The reason is empty, or has more than `limit` bytes.
    ReasonLength {
        /// The limit.
        limit: u32,
    },
    /// A new owner has to be active.
    NotActive,
    /// The person with this tag has an entry already, or had one before.
    TagUsed,
}

impl Registry {
    /// The root; zero for a registry without holders.
    #[must_use]
    pub fn root(&self) -> Field {
        self.tree.root()
    }

    /// The entry of a holder, and its position.
    #[must_use]
    pub fn holder(&self, owner: Field) -> Option<(u64, Holder)> {
        let position = self.owners.get(owner)?;
        // There is no holder at either of the two other numbers.
        let holder = self.holders.get(usize::try_from(position).ok()?)?;
        Some((position, **holder))
    }

    /// Whether an owner has registered, and was not removed.
    #[must_use]
    pub fn is_registered(&self, owner: Field) -> bool {
        self.owners.get(owner).is_some_and(|place| place != REMOVED)
    }

    /// Checks that the contract accepts a root in proofs, and returns the public inputs of the policy. A contract may
    /// let the caller state a later day than today: this is stricter, and a proof from before midnight is still valid
    /// after midnight.
    ///
    /// # Errors
    /// [`Refused::UnknownRegistryRoot`].
    pub fn policy(&self, registry_root: Field, today: u32, level: u8) -> Result<PolicyNative, Refused> {
        ensure!(self.roots.contains(&registry_root), Refused::UnknownRegistryRoot);
        Ok(PolicyNative { registry_root, today, level })
    }

    /// Checks that an owner can register, before a proof is verified.
    ///
    /// # Errors
    /// [`Refused::AlreadyRegistered`].
    pub fn require_new(&self, owner: Field) -> Result<(), Refused> {
        ensure!(self.owners.get(owner).is_none(), Refused::AlreadyRegistered);
        Ok(())
    }

    /// Notes somebody who registered with a proof: see [`Pool::register`](super::Pool::register).
    pub(super) fn register(&mut self, owner: Field, cipher: ViewCipher, auditor: u32) -> Result<(), Refused> {
        self.enter(owner)?;
        emit(HolderRegistered { owner, cipher, auditor });
        Ok(())
    }

    /// Admits a registered holder.
    ///
    /// # Errors
    /// [`Refused::NotRegistered`], [`Refused::AlreadyAdmitted`], [`Refused::NotActive`], [`Refused::RegistryFull`].
    pub fn admit(&mut self, by: Officer, holder: Holder) -> Result<(), Refused> {
        let position = self.place(holder, block_height())?;
        emit(HolderAdmitted { position, holder, by: by.who() });
        Ok(())
    }

    /// Admits a registered holder by a proof of [`Admit`](super::statements::Admit), which the contract has verified
    /// for exactly this entry and tag. In the event, the caller takes the place of the officer.
    ///
    /// # Errors
    /// [`Refused::TagUsed`], and those of [`admit`](Registry::admit).
    pub fn admit_proven(&mut self, holder: Holder, tag: Field) -> Result<(), Refused> {
        let position = self.place_tagged(holder, tag, block_height())?;
        emit(HolderAdmitted { position, holder, by: caller() });
        Ok(())
    }

    /// Changes the entry of a holder. All older roots end.
    ///
    /// # Errors
    /// [`Refused::NotAdmitted`], [`Refused::SameEntry`], [`Refused::ReasonLength`].
    pub fn change(&mut self, by: Officer, holder: Holder, reason: String) -> Result<(), Refused> {
        check_reason(&reason)?;
        let position = self.replace(holder)?;
        emit(HolderChanged { position, holder, by: by.who(), reason });
        Ok(())
    }

    /// Freezes a holder, or ends the freeze. All older roots end.
    ///
    /// # Errors
    /// As [`change`](Registry::change).
    pub fn set_active(&mut self, by: Officer, owner: Field, active: bool, reason: String) -> Result<(), Refused> {
        let (_, holder) = self.holder(owner).ok_or(Refused::NotAdmitted)?;
        self.change(by, Holder { active, ..holder }, reason)
    }

    /// Removes a holder for good. All older roots end.
    ///
    /// # Errors
    /// [`Refused::NotAdmitted`], [`Refused::ReasonLength`].
    pub fn remove(&mut self, by: Officer, owner: Field, reason: String) -> Result<(), Refused> {
        check_reason(&reason)?;
        let position = self.clear(owner)?;
        emit(HolderRemoved { position, owner, by: by.who(), reason });
        Ok(())
    }

    fn enter(&mut self, owner: Field) -> Result<(), Refused> {
        self.require_new(owner)?;
        self.owners.set(owner, REGISTERED);
        Ok(())
    }

    fn place(&mut self, holder: Holder, height: u64) -> Result<u64, Refused> {
        match self.owners.get(holder.owner) {
            Some(REGISTERED) => {}
            Some(REMOVED) | None => return Err(Refused::NotRegistered),
            Some(_) => return Err(Refused::AlreadyAdmitted),
        }
        ensure!(holder.active, Refused::NotActive);
        let position = self.holders.len() as u64;
        self.tree.insert(position, holder.leaf()).map_err(|_| Refused::RegistryFull)?;
        self.holders.push(Box::new(holder));
        self.owners.set(holder.owner, position);
        // The block keeps one place, however many it admits.
        if self.height == height {
            self.roots.pop();
        }
        if self.roots.len() == ROOTS {
            self.roots.remove(0);
        }
        self.roots.push(self.tree.root());
        self.height = height;
        Ok(position)
    }

    fn place_tagged(&mut self, holder: Holder, tag: Field, height: u64) -> Result<u64, Refused> {
        ensure!(self.tags.get(tag).is_none(), Refused::TagUsed);
        let position = self.place(holder, height)?;
        self.tags.set(tag, position);
        Ok(position)
    }

    fn replace(&mut self, holder: Holder) -> Result<u64, Refused> {
        let (position, known) = self.holder(holder.owner).ok_or(Refused::NotAdmitted)?;
        ensure!(known != holder, Refused::SameEntry);
        self.tree.insert(position, holder.leaf()).map_err(|_| Refused::RegistryFull)?;
        if let Some(known) = usize::try_from(position).ok().and_then(|at| self.holders.get_mut(at)) {
            **known = holder;
        }
        self.end_older_roots();
        Ok(position)
    }

    fn clear(&mut self, owner: Field) -> Result<u64, Refused> {
        let (position, _) = self.holder(owner).ok_or(Refused::NotAdmitted)?;
        self.tree.remove(position);
        self.owners.set(owner, REMOVED);
        self.end_older_roots();
        Ok(position)
    }

    fn end_older_roots(&mut self) {
        self.roots.clear();
        // Under the root of a tree without leaves, zero, nothing can be proven.
        self.roots.push(self.tree.root());
    }
}

/// A reason is one to [`MAX_REASON_BYTES`] bytes long.
pub(super) fn check_reason(reason: &str) -> Result<(), Refused> {
    let limit = MAX_REASON_BYTES;
    ensure!(!reason.is_empty() && reason.len() <= limit as usize, Refused::ReasonLength { limit });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(owner: u64) -> Holder {
        Holder { owner: owner.into(), class: 0, country: 756, level: 1, valid_until: 740_000, active: true }
    }

    /// Somebody registers, and is admitted in the block of this height.
    fn admit(it: &mut Registry, owner: u64, height: u64) {
        it.enter(owner.into()).unwrap();
        it.place(holder(owner), height).unwrap();
    }

    /// A registry with these owners. Each was admitted in a block of its own, the first one at height 1.
    fn registry(owners: u64) -> Registry {
        let mut it = Registry::default();
        for owner in 1..=owners {
            admit(&mut it, owner, owner);
        }
        it
    }

    #[test]
    fn an_owner_registers_once_and_is_admitted_once() {
        let mut it = registry(1);
        assert_eq!(it.enter(1.into()), Err(Refused::AlreadyRegistered));
        assert_eq!(it.place(holder(1), 9), Err(Refused::AlreadyAdmitted));
        assert_eq!(it.place(holder(2), 9), Err(Refused::NotRegistered));
        it.enter(2.into()).unwrap();
        assert_eq!(it.place(Holder { active: false, ..holder(2) }, 9), Err(Refused::NotActive));
        assert_eq!(it.place(holder(2), 9), Ok(1));
        assert_eq!(it.holder(2.into()), Some((1, holder(2))));
    }

    #[test]
    fn a_lost_right_ends_older_roots_and_an_admission_does_not() {
        let mut it = registry(2);
        let before = it.root();
        admit(&mut it, 3, 3);
        assert!(it.policy(before, 1, 0).is_ok() && it.policy(it.root(), 1, 0).is_ok());
        assert_eq!(it.replace(holder(3)), Err(Refused::SameEntry));
        it.replace(Holder { active: false, ..holder(2) }).unwrap();
        assert!(it.policy(before, 1, 0).is_err() && it.policy(it.root(), 1, 0).is_ok());
        let before = it.root();
        it.clear(1.into()).unwrap();
        assert!(it.policy(before, 1, 0).is_err() && it.policy(it.root(), 1, 0).is_ok());
        assert_eq!(it.clear(1.into()), Err(Refused::NotAdmitted));
        assert_eq!(it.enter(1.into()), Err(Refused::AlreadyRegistered), "a removed holder does not come back");
        assert_eq!(it.place(holder(1), 9), Err(Refused::NotRegistered));
    }

    /// A change in the block of an admission ends the root of the admission, and an admission after it keeps nothing
    /// from before the change.
    #[test]
    fn a_lost_right_ends_older_roots_also_between_admissions_of_a_block() {
        let mut it = registry(2);
        let before = it.root();
        admit(&mut it, 3, 7);
        let within = it.root();
        it.replace(Holder { active: false, ..holder(1) }).unwrap();
        admit(&mut it, 4, 7);
        assert!([before, within].iter().all(|root| it.policy(*root, 1, 0).is_err()));
        assert!(it.policy(it.root(), 1, 0).is_ok());
        let end = it.root();
        admit(&mut it, 5, 8);
        assert!(it.policy(end, 1, 0).is_ok() && it.policy(it.root(), 1, 0).is_ok());
    }

    #[test]
    fn a_person_has_one_entry() {
        let mut it = registry(0);
        (1..=2_u64).for_each(|owner| it.enter(owner.into()).unwrap());
        assert_eq!(it.place_tagged(holder(1), 7.into(), 9), Ok(0));
        assert_eq!(it.place_tagged(holder(2), 7.into(), 9), Err(Refused::TagUsed));
        assert_eq!(it.place_tagged(holder(1), 8.into(), 9), Err(Refused::AlreadyAdmitted));
        it.clear(1.into()).unwrap();
        assert_eq!(it.place_tagged(holder(2), 7.into(), 9), Err(Refused::TagUsed), "a removed person stays removed");
        assert_eq!(it.place_tagged(holder(2), 8.into(), 9), Ok(1), "a refused tag is not used up");
    }

    #[test]
    fn the_tree_is_that_of_wallets() {
        let mut it = registry(5);
        it.replace(Holder { level: 2, ..holder(4) }).unwrap();
        it.clear(2.into()).unwrap();
        let mut tree = HolderTree::default();
        let leaves = [(0, holder(1)), (2, holder(3)), (3, Holder { level: 2, ..holder(4) }), (4, holder(5))];
        for (position, holder) in leaves {
            tree.insert(position, holder.leaf()).unwrap();
        }
        assert_eq!(it.root(), tree.root());
    }

    #[test]
    fn only_so_many_roots_are_kept() {
        let mut it = registry(1);
        let first = it.root();
        for owner in 2..=1 + ROOTS as u64 {
            assert!(it.policy(first, 1, 0).is_ok());
            admit(&mut it, owner, owner);
        }
        assert!(it.policy(first, 1, 0).is_err());
        assert_eq!(it.roots.len(), ROOTS);
        assert!(it.policy(0.into(), 1, 0).is_err());
    }

    /// A fresh registry has the height 0, like the first block: the admissions there take one place as in any other.
    #[test]
    fn the_first_block_takes_one_place_too() {
        let mut it = registry(0);
        admit(&mut it, 1, 0);
        let within = it.root();
        admit(&mut it, 2, 0);
        let end = it.root();
        assert!(it.policy(within, 1, 0).is_err() && it.policy(end, 1, 0).is_ok());
        admit(&mut it, 3, 1);
        assert!(it.policy(end, 1, 0).is_ok() && it.policy(it.root(), 1, 0).is_ok());
        assert_eq!(it.roots.len(), 2);
    }

    /// Strangers register as often as they like; those who are admitted in one block take one place of a root.
    #[test]
    fn a_crowd_pushes_out_no_root() {
        let mut it = registry(ROOTS as u64);
        let (before, second) = (it.root(), it.roots[1]);
        let crowd = 1_000..1_000 + 2 * ROOTS as u64;
        crowd.clone().for_each(|owner| it.enter(owner.into()).unwrap());
        assert_eq!((it.root(), it.roots.len()), (before, ROOTS), "a registration changes no root");
        for owner in crowd {
            it.place(holder(owner), 900).unwrap();
            assert!(it.policy(it.root(), 1, 0).is_ok(), "the newest root of a block is known within it");
        }
        assert!(it.policy(before, 1, 0).is_ok() && it.policy(second, 1, 0).is_ok());
        assert_eq!((it.roots[0], it.roots.len()), (second, ROOTS), "the block has pushed out one root");
    }

    #[test]
    fn reasons_are_given_and_short() {
        let limit = MAX_REASON_BYTES;
        assert_eq!(check_reason(""), Err(Refused::ReasonLength { limit }));
        assert_eq!(check_reason(&"x".repeat(limit as usize + 1)), Err(Refused::ReasonLength { limit }));
        assert_eq!(check_reason("court order"), Ok(()));
    }
}

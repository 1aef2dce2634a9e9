//! Snapshots of hidden holdings, and acts that count once for each note.
//!
//! A snapshot records the roots of notes and nullifiers at a height. The holder of an unspent note at this height can
//! [prove it](super::statements::Held) at any later time: to vote, to be paid, to disclose a holding.

use alloc::vec::Vec;

use dusk_sdk_circuit::native::Places;

use super::notes::Notes;
use super::nullifiers::Nullifiers;
use crate::env::{block_height, emit};
use crate::field::Field;
use crate::finance::officer::Officer;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The snapshots, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshots {
    taken: Vec<Pinned>,
}

/// A snapshot.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Pinned {
    /// The height of its block.
    pub height: u64,
    /// The root of the tree of notes.
    pub note_root: Field,
    /// The root of the tree of nullifiers.
    pub nullifier_root: Field,
    /// The number of notes, for wallets that rebuild the tree.
    pub notes: u64,
    /// The number of nullifiers.
    pub nullifiers: u64,
    /// The public supply.
    pub supply: u64,
}

/// An officer took a snapshot of the hidden holdings.
#[event]
pub struct HoldingsPinned {
    /// The snapshot.
    pub snapshot: Pinned,
    /// The officer.
    pub by: Principal,
}

/// The nullifiers of acts. Each note counts once for each act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acts {
    /// In their order.
    done: Places,
}

/// The errors of snapshots and acts.
#[error(first = 9340)]
pub enum Refused {
    /// No snapshot was taken at this height.
    NothingPinned,
    /// A snapshot of this height was taken already.
    AlreadyPinned,
    /// The note was used for this act already.
    AlreadyActed {
        /// The nullifier of the act.
        nullifier: Field,
    },
}

impl Snapshots {
    /// All snapshots, in order.
    #[must_use]
    pub fn list(&self) -> &[Pinned] {
        &self.taken
    }

    /// The snapshot of a height.
    ///
    /// # Errors
    /// [`Refused::NothingPinned`].
    pub fn at(&self, height: u64) -> Result<Pinned, Refused> {
        let found = self.taken.binary_search_by_key(&height, |it| it.height);
        found.ok().and_then(|at| self.taken.get(at)).copied().ok_or(Refused::NothingPinned)
    }

    /// Takes a snapshot now. It does not contain later acts in the same block.
    ///
    /// # Errors
    /// [`Refused::AlreadyPinned`].
    pub fn take(
        &mut self,
        by: Officer,
        notes: &Notes,
        nullifiers: &Nullifiers,
        supply: u64,
    ) -> Result<Pinned, Refused> {
        let snapshot = self.pin(block_height(), notes, nullifiers, supply)?;
        emit(HoldingsPinned { snapshot, by: by.who() });
        Ok(snapshot)
    }

    fn pin(&mut self, height: u64, notes: &Notes, nullifiers: &Nullifiers, supply: u64) -> Result<Pinned, Refused> {
        let last = self.taken.last().map(|last| last.height);
        ensure!(last.is_none_or(|last| last < height), Refused::AlreadyPinned);
        let (note_root, nullifier_root) = (notes.root(), nullifiers.root());
        let (notes, nullifiers) = (notes.count(), nullifiers.count());
        let snapshot = Pinned { height, note_root, nullifier_root, notes, nullifiers, supply };
        self.taken.push(snapshot);
        Ok(snapshot)
    }
}

#[cfg(test)]
impl Snapshots {
    /// Snapshots of which there is one.
    pub(super) fn with(height: u64, notes: &Notes, nullifiers: &Nullifiers, supply: u64) -> Self {
        let mut snapshots = Self::default();
        snapshots.pin(height, notes, nullifiers, supply).expect("it is the first");
        snapshots
    }
}

impl Acts {
    /// Whether an act was done.
    #[must_use]
    pub fn is_done(&self, nullifier: Field) -> bool {
        self.done.get(nullifier).is_some()
    }

    /// Checks that an act was not done, before a proof is verified.
    ///
    /// # Errors
    /// [`Refused::AlreadyActed`].
    pub fn require_new(&self, nullifier: Field) -> Result<(), Refused> {
        ensure!(!self.is_done(nullifier), Refused::AlreadyActed { nullifier });
        Ok(())
    }

    /// Records an act, after the contract has verified its proof.
    ///
    /// # Errors
    /// [`Refused::AlreadyActed`].
    pub fn act(&mut self, nullifier: Field) -> Result<(), Refused> {
        ensure!(!self.is_done(nullifier), Refused::AlreadyActed { nullifier });
        self.done.set(nullifier, self.done.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_pins_what_there_is() {
        let (notes, nullifiers, mut it) = (Notes::default(), Nullifiers::default(), Snapshots::default());
        let pinned = it.pin(5, &notes, &nullifiers, 70).unwrap();
        assert_eq!(it.pin(5, &notes, &nullifiers, 70), Err(Refused::AlreadyPinned));
        it.pin(8, &notes, &nullifiers, 71).unwrap();
        assert_eq!(it.at(5), Ok(pinned));
        assert_eq!((pinned.nullifier_root, pinned.supply), (nullifiers.root(), 70));
        assert_eq!(it.at(6), Err(Refused::NothingPinned));
        assert_eq!(it.list().len(), 2);
    }

    #[test]
    fn a_note_acts_once() {
        let mut it = Acts::default();
        it.act(5.into()).unwrap();
        assert!(it.is_done(5.into()) && !it.is_done(6.into()));
        assert_eq!(it.act(5.into()), Err(Refused::AlreadyActed { nullifier: 5.into() }));
        it.act(6.into()).unwrap();
    }
}

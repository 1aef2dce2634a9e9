//! The notes of an asset: a tree to which a contract appends.
//!
//! The contract keeps only the last nodes of each level; wallets build the whole tree from events. A proof may be about
//! any of the last [`ROOTS`] roots: notes are never removed from the tree, so an older root shows nothing false.
//!
//! All acts of a block take one place among these roots, with the root at the end of the block. So a payer of
//! many acts needs [`ROOTS`] blocks to push out the root of a proof that waits. A root between two acts of a block is
//! not kept: a proof is about the end of a block.

use alloc::vec::Vec;

use super::cipher::NoteCipher;
use super::{MAX_NOTES, NOTE_LEVELS, hash};
use crate::env::{block_height, emit};
use crate::field::Field;
use crate::prelude::{ensure, error, event};

/// The number of roots that the contract accepts in proofs. Every block with an act adds one.
pub const ROOTS: usize = 1_024;

/// The tree of notes: its last nodes, and its last roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// For each level, leaves first, the children of the last node of the next level; those to come are zero.
    frontier: [[Field; 4]; NOTE_LEVELS],
    count: u64,
    /// The last roots; the newest is before `next`.
    roots: Vec<Field>,
    next: usize,
    /// The height of the newest root.
    height: u64,
}

/// The contract added a note to the tree.
#[event]
pub struct NoteAdded {
    /// Its position.
    pub position: u64,
    /// Its commitment.
    pub commitment: Field,
    /// The ciphertext for its receiver.
    pub cipher: NoteCipher,
}

/// The errors of notes.
#[error(first = 9300)]
pub enum Refused {
    /// The root is not one of the last roots of this tree.
    UnknownNoteRoot,
    /// The tree has no place for this number of notes.
    NotesFull,
}

impl Notes {
    /// The number of notes, which is the position of the next one.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The root; zero for a tree without notes.
    #[must_use]
    pub fn root(&self) -> Field {
        let newest = self.next.checked_sub(1).or(self.roots.len().checked_sub(1));
        newest.and_then(|at| self.roots.get(at)).copied().unwrap_or_default()
    }

    /// Whether the contract accepts a root in proofs.
    #[must_use]
    pub fn knows(&self, root: Field) -> bool {
        let (newer, older) = self.roots.split_at(self.next);
        newer.iter().rev().chain(older.iter().rev()).any(|known| *known == root)
    }

    /// Checks that the contract accepts a root in proofs.
    ///
    /// # Errors
    /// [`Refused::UnknownNoteRoot`].
    pub fn require_known(&self, root: Field) -> Result<(), Refused> {
        ensure!(self.knows(root), Refused::UnknownNoteRoot);
        Ok(())
    }

    /// Checks that the tree has a place for this number of further notes.
    ///
    /// # Errors
    /// [`Refused::NotesFull`].
    pub fn require_room(&self, notes: u64) -> Result<(), Refused> {
        let rest = MAX_NOTES - self.count;
        ensure!(notes <= rest, Refused::NotesFull);
        Ok(())
    }

    /// Adds notes, and returns the position of the first. Costs 13 hashes for notes with one parent, and up to 26 for
    /// two others.
    ///
    /// # Errors
    /// [`Refused::NotesFull`].
    pub fn add(&mut self, notes: &[(Field, NoteCipher)]) -> Result<u64, Refused> {
        let commitments: Vec<Field> = notes.iter().map(|(commitment, _)| *commitment).collect();
        let first = self.append(&commitments, block_height())?;
        for (position, (commitment, cipher)) in (first..).zip(notes) {
            emit(NoteAdded { position, commitment: *commitment, cipher: *cipher });
        }
        Ok(first)
    }

    fn append(&mut self, leaves: &[Field], height: u64) -> Result<u64, Refused> {
        self.require_room(leaves.len() as u64)?;
        let first = self.count;
        if leaves.is_empty() {
            return Ok(first);
        }
        let (mut nodes, mut position) = (leaves.to_vec(), first);
        for group in &mut self.frontier {
            let mut above = Vec::with_capacity(1 + nodes.len() / 4);
            for (at, node) in nodes.iter().enumerate() {
                let place = (position + at as u64) % 4;
                if place == 0 {
                    *group = Default::default();
                }
                group[usize::try_from(place).unwrap_or_default()] = *node;
                if place == 3 || at + 1 == nodes.len() {
                    above.push(hash(group));
                }
            }
            (nodes, position) = (above, position / 4);
        }
        self.count += leaves.len() as u64;
        self.keep(nodes.first().copied().unwrap_or_default(), height);
        Ok(first)
    }

    /// Keeps a root in the next place, or in that of an earlier root of the same block.
    fn keep(&mut self, root: Field, height: u64) {
        let of_block = self.next.checked_sub(1).filter(|_| self.height == height);
        let at = of_block.unwrap_or(if self.next == ROOTS { 0 } else { self.next });
        match self.roots.get_mut(at) {
            Some(place) => *place = root,
            None => self.roots.push(root),
        }
        (self.next, self.height) = (at + 1, height);
    }
}

#[cfg(test)]
impl Notes {
    /// A tree with these notes.
    pub(super) fn with(leaves: [Field; 2]) -> Self {
        let mut notes = Self::default();
        notes.append(&leaves, 0).expect("the tree is empty");
        notes
    }

    /// A block of this height has so many acts. Their roots are made up.
    pub(super) fn pass(&mut self, acts: u64, height: u64) {
        (1..=acts).for_each(|act| self.keep(Field::from((height << 32) + act), height));
    }

    /// A tree that has a place for so many notes more.
    pub(super) fn full_but(rest: u64, root: Field) -> Self {
        let mut notes = Self { count: MAX_NOTES - rest, ..Self::default() };
        notes.keep(root, 0);
        notes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::NoteTree;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// The frontier makes the roots of the whole tree, however many notes come at once.
        #[test]
        fn the_frontier_agrees_with_the_tree(batches in prop::collection::vec(1_usize..12, 1..14)) {
            let (mut notes, mut tree) = (Notes::default(), NoteTree::default());
            for (number, batch) in (0_u64..).zip(batches) {
                let leaves: Vec<Field> = (0..batch as u64).map(|it| Field::from(1 + notes.count + it)).collect();
                let first = notes.append(&leaves, number / 2).unwrap();
                for (position, leaf) in (first..).zip(leaves) {
                    tree.insert(position, leaf).unwrap();
                }
                prop_assert_eq!(notes.root(), tree.root());
                prop_assert!(notes.knows(tree.root()));
            }
        }
    }

    #[test]
    fn roots_of_late_are_known_and_older_ones_are_forgotten() {
        let mut notes = Notes::default();
        assert_eq!(notes.require_known(Field::default()), Err(Refused::UnknownNoteRoot), "the empty tree has no root");
        notes.append(&[], 0).unwrap();
        assert!(!notes.knows(Field::default()));
        (1..=3_u64).for_each(|root| notes.keep(root.into(), root));
        assert!((1..=3_u64).all(|root| notes.knows(root.into())));
        (4..=ROOTS as u64 + 2).for_each(|root| notes.keep(root.into(), root));
        assert!(!notes.knows(2.into()) && notes.knows(3.into()));
        assert_eq!(notes.root(), (ROOTS as u64 + 2).into());
        assert_eq!(notes.roots.len(), ROOTS);
    }

    /// Any number of acts in a block pushes out one root, and none that a block ended with.
    #[test]
    fn a_flood_of_acts_takes_one_place_in_each_block() {
        const ACTS: u64 = 3;
        let (mut notes, blocks) = (Notes::default(), ROOTS as u64 + 3);
        let last_of = |height: u64| Field::from(ACTS * height);
        for height in 1..=blocks {
            for act in (0..ACTS).rev() {
                let root = last_of(height) - Field::from(act);
                notes.keep(root, height);
                assert!(notes.root() == root && notes.knows(root), "the newest root of a block is known within it");
            }
            let kept = height.min(ROOTS as u64);
            assert_eq!(notes.roots.len() as u64, kept);
            let oldest = 1 + height - kept;
            assert!(notes.knows(last_of(oldest)) && !notes.knows(last_of(oldest - 1)), "height {height}");
            assert!(
                !notes.knows(last_of(height) - Field::from(1)),
                "a root within a block gives way to that at its end"
            );
        }
        (0..2 * ROOTS as u64).for_each(|act| notes.keep(Field::from((1_u64 << 40) + act), blocks + 1));
        assert!(notes.knows(last_of(blocks)), "a proof from before the block is still accepted");
    }

    #[test]
    fn a_full_tree_says_so() {
        let mut notes = Notes { count: MAX_NOTES - 1, ..Notes::default() };
        assert_eq!(notes.append(&[1.into(), 2.into()], 0), Err(Refused::NotesFull));
        assert_eq!(notes.append(&[1.into()], 0), Ok(MAX_NOTES - 1));
        assert_eq!(notes.append(&[1.into()], 0), Err(Refused::NotesFull));
    }
}

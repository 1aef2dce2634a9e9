//! The nullifiers of spent notes, in an indexed tree: a proof can show that a nullifier is absent.

use super::NullifierTree;
use crate::env::emit;
use crate::field::Field;
use crate::prelude::{ensure, error, event};

/// The nullifiers. The contract keeps the whole tree, because it changes in the middle.
#[derive(Debug, Clone, Default)]
pub struct Nullifiers {
    tree: NullifierTree,
}

/// A note was spent.
#[event]
pub struct NullifierSpent {
    /// The number of nullifiers before: the position in the tree, less one.
    pub index: u64,
    /// Its nullifier.
    pub nullifier: Field,
}

/// The errors of nullifiers.
#[error(first = 9310)]
pub enum Refused {
    /// The note with this nullifier was spent already.
    AlreadySpent {
        /// The nullifier.
        nullifier: Field,
    },
    /// The same nullifier comes twice in one call.
    SpentTwice,
    /// 0 and −1 are the ends of the list, and not nullifiers.
    ReservedNullifier,
    /// The tree has no place for more nullifiers.
    NullifiersFull,
}

impl Nullifiers {
    /// The number of nullifiers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.tree.len() as u64
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Field {
        self.tree.root()
    }

    /// Whether a note was spent.
    #[must_use]
    pub fn is_spent(&self, nullifier: Field) -> bool {
        self.tree.contains(nullifier)
    }

    /// Checks that notes can be spent, before a proof is verified.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn require_unspent(&self, nullifiers: &[Field]) -> Result<(), Refused> {
        for (place, nullifier) in nullifiers.iter().enumerate() {
            ensure!(!nullifiers[..place].contains(nullifier), Refused::SpentTwice);
            ensure!(!self.is_spent(*nullifier), Refused::AlreadySpent { nullifier: *nullifier });
            let end = -Field::from(1);
            ensure!(*nullifier != Field::default() && *nullifier != end, Refused::ReservedNullifier);
        }
        Ok(())
    }

    /// Spends notes. One note costs up to 28 hashes, two cost up to 56; fewer where the leaves have common parents.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn spend(&mut self, nullifiers: &[Field]) -> Result<(), Refused> {
        let first = self.count();
        self.insert(nullifiers)?;
        for (index, nullifier) in (first..).zip(nullifiers) {
            emit(NullifierSpent { index, nullifier: *nullifier });
        }
        Ok(())
    }

    fn insert(&mut self, nullifiers: &[Field]) -> Result<(), Refused> {
        self.require_unspent(nullifiers)?;
        // The other refusals of the tree were checked before.
        self.tree.insert_all(nullifiers).map_err(|_| Refused::NullifiersFull)
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use dusk_sdk_circuit::native::IndexedTree;
    use dusk_sdk_circuit::native::merkle::{Plain, TreeHash};

    use super::super::NULLIFIER_LEVELS;
    use super::*;

    /// The tree is that of wallets and circuits, and it refuses each invalid insertion with its reason.
    #[test]
    fn the_tree_agrees_and_double_spends_are_refused() {
        let (mut ours, mut theirs) = (Nullifiers::default(), IndexedTree::<NULLIFIER_LEVELS, Plain>::default());
        for round in 0..20_u64 {
            let pair = [(round * 77) % 101 + 1, (round * 55) % 103 + 200].map(Field::from);
            ours.insert(&pair).unwrap();
            for nullifier in pair {
                theirs.insert(nullifier).unwrap();
            }
            assert_eq!(ours.root(), theirs.root());
            assert_eq!(ours.insert(&[pair[1]]), Err(Refused::AlreadySpent { nullifier: pair[1] }));
            let fresh = Field::from(1_000 + round);
            assert_eq!(ours.insert(&[fresh, pair[0]]), Err(Refused::AlreadySpent { nullifier: pair[0] }));
            assert_eq!(ours.insert(&[fresh, fresh]), Err(Refused::SpentTwice));
            assert!(!ours.is_spent(fresh));
            assert_eq!(ours.root(), theirs.root(), "a refusal changes nothing");
        }
        assert_eq!(ours.count(), 40);
        ours.insert(&[5_000.into()]).unwrap();
        theirs.insert(5_000.into()).unwrap();
        assert_eq!(ours.root(), theirs.root());
    }

    /// The hashes of a transfer, each of which the host computes for up to 70,000 gas.
    #[test]
    fn two_nullifiers_cost_at_most_56_hashes() {
        static HASHES: AtomicUsize = AtomicUsize::new(0);

        enum Counting {}

        impl TreeHash for Counting {
            fn node(children: &[Field; 4]) -> Field {
                HASHES.fetch_add(1, Ordering::Relaxed);
                Plain::node(children)
            }

            fn leaf(value: Field, next: Field) -> Field {
                HASHES.fetch_add(1, Ordering::Relaxed);
                Plain::leaf(value, next)
            }
        }

        let mut tree = IndexedTree::<NULLIFIER_LEVELS, Counting>::default();
        let nullifier = |number: u64| crate::finance::confidential::hash(&[number.into()]);
        let (mut most, mut sum) = (0, 0);
        for round in 0..100 {
            HASHES.store(0, Ordering::Relaxed);
            tree.insert_all(&[nullifier(2 * round), nullifier(2 * round + 1)]).unwrap();
            let hashes = HASHES.load(Ordering::Relaxed);
            (most, sum) = (most.max(hashes), sum + hashes);
        }
        std::println!("two nullifiers: {} hashes in the mean, {most} at most", sum / 100);
        assert!(most <= 56, "{most}");
        assert!(sum / 100 < 30, "{sum}: neighbours share their parents while the tree is small");
    }

    #[test]
    fn the_ends_of_the_list_are_no_nullifiers() {
        let mut it = Nullifiers::default();
        for end in [Field::default(), -Field::from(1)] {
            assert_eq!(it.insert(&[end]), Err(Refused::ReservedNullifier));
            assert_eq!(it.insert(&[7.into(), end]), Err(Refused::ReservedNullifier));
        }
        assert_eq!(it.count(), 0);
    }
}

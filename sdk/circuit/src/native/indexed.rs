//! Sets with proofs of non-membership: indexed Merkle trees.

use alloc::vec::Vec;
use core::fmt;

use dusk_bls12_381::BlsScalar;
use serde::{Deserialize, Serialize};

use super::Field;
use super::merkle::{Merkle4, MerklePath, OutsideTree, Tree, TreeHash};
use super::places::{Key, Places, element, key};
use crate::zeroized::zeroize_fields;

/// A set of field elements, for revocation lists: a tree whose leaves are a sorted list.
///
/// Each leaf is the [`hash`](super::hash) of a value and the next larger value. The first leaf is that of the value 0,
/// and the largest value is followed by −1. So a leaf shows that no value between its two values is in the list. 0 and
/// −1 cannot be members.
///
/// Values are compared as numbers below the order of the field. The hashes are those of a [`Tree`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedTree<const H: usize, N = Merkle4> {
    tree: Tree<H, N>,
    /// The position of each value's leaf.
    places: Places,
}

/// The reason why a value cannot be added, or has no proof of non-membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexedError {
    /// The value is in the set.
    Present,
    /// The value is 0 or −1, the ends of the list.
    Reserved,
    /// The tree is full.
    Full,
}

impl fmt::Display for IndexedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Present => "the value is in the set",
            Self::Reserved => "0 and -1 are the ends of the list and can be no members",
            Self::Full => "the tree is full; make a higher one",
        })
    }
}

impl core::error::Error for IndexedError {}

/// A proof that a value is not in a set: the two neighbours between which it would be, and the path of their leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonMembership<const H: usize> {
    /// The largest member below it, or 0.
    pub low: Field,
    /// The smallest member above it, or −1.
    pub next: Field,
    /// The path of the leaf of both.
    pub path: MerklePath<H>,
}

zeroize_fields!(NonMembership<H>, const H: low, next, path);

/// The changes of the tree when a value was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insertion<const H: usize> {
    /// The proof that the value was absent before.
    pub non_membership: NonMembership<H>,
    /// The path of its leaf in the new tree.
    pub path: MerklePath<H>,
    /// The new root, for the issuer to publish.
    pub root: Field,
}

impl<const H: usize> IndexedTree<H> {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<const H: usize, N: TreeHash> IndexedTree<H, N> {
    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Field {
        self.tree.root()
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len() - 1
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a value is in the set.
    #[must_use]
    pub fn contains(&self, value: Field) -> bool {
        value != Field::default() && self.places.get(value).is_some()
    }

    /// Adds a value.
    ///
    /// # Errors
    /// [`IndexedError`].
    pub fn insert(&mut self, value: Field) -> Result<Insertion<H>, IndexedError> {
        let non_membership = self.non_membership(value)?;
        let position = self.places.len() as u64;
        self.insert_all(&[value])?;
        let path = self.tree.opening(position).ok_or(IndexedError::Full)?;
        Ok(Insertion { non_membership, path, root: self.root() })
    }

    /// Adds values. A node above several of the leaves that change is computed once. On an error nothing changes.
    ///
    /// # Errors
    /// [`IndexedError`]; [`IndexedError::Present`] also if two of the values are the same.
    pub fn insert_all(&mut self, values: &[Field]) -> Result<(), IndexedError> {
        for (place, value) in values.iter().enumerate() {
            let (low, _) = self.below(*value)?;
            if low == key(*value) || values[..place].contains(value) {
                return Err(IndexedError::Present);
            }
        }
        let count = self.places.len() as u64;
        if count + values.len() as u64 > Tree::<H>::CAPACITY {
            return Err(IndexedError::Full);
        }
        for (position, value) in (count..).zip(values) {
            self.places.set(*value, position);
        }
        // The leaves of the values and of those below them. A value below another new one is in the list twice, with
        // the same leaf.
        let mut changed = Vec::with_capacity(2 * values.len());
        for value in values {
            let lower = self.places.before(&key(*value));
            changed.extend(lower.map(|(low, place)| (place, low)));
        }
        changed.extend((count..).zip(values.iter().map(|value| key(*value))));
        let changed = changed.into_iter().map(|(position, member)| (position, self.leaf(&member)));
        let changed: Vec<(u64, Field)> = changed.collect();
        self.tree.insert_all(&changed).map_err(|OutsideTree { .. }| IndexedError::Full)
    }

    /// The largest member that is at most this value, or 0, and the position of its leaf.
    fn below(&self, value: Field) -> Result<(Key, u64), IndexedError> {
        if value == Field::default() || value == end() {
            return Err(IndexedError::Reserved);
        }
        let key = key(value);
        let same = self.places.find(&key).map(|place| (key, place));
        same.or_else(|| self.places.before(&key)).ok_or(IndexedError::Reserved)
    }

    /// Proves that a value is not in the set.
    ///
    /// # Errors
    /// [`IndexedError::Present`] if it is, [`IndexedError::Reserved`] for 0 and −1.
    pub fn non_membership(&self, value: Field) -> Result<NonMembership<H>, IndexedError> {
        let (low, place) = self.below(value)?;
        if low == key(value) {
            return Err(IndexedError::Present);
        }
        let path = self.tree.opening(place).ok_or(IndexedError::Reserved)?;
        Ok(NonMembership { low: element(low), next: self.after(&low), path })
    }

    /// The smallest member above a value.
    fn after(&self, low: &Key) -> Field {
        self.places.after(low).map_or_else(end, |(next, _)| element(next))
    }

    /// The leaf of a member.
    fn leaf(&self, member: &Key) -> Field {
        N::leaf(element(*member), self.after(member))
    }
}

impl<const H: usize, N: TreeHash> Default for IndexedTree<H, N> {
    fn default() -> Self {
        let mut set = Self { tree: Tree::default(), places: Places::default() };
        set.places.set(Field::default(), 0);
        let first = set.leaf(&key(Field::default()));
        // Every tree has the position 0.
        let _ = set.tree.insert(0, first);
        set
    }
}

impl<const H: usize> NonMembership<H> {
    /// Whether this proves that a value is not in the set with this root.
    #[must_use]
    pub fn verify(&self, value: Field, root: Field) -> bool {
        self.verify_of::<Merkle4>(value, root)
    }

    /// As [`verify`](NonMembership::verify), for a tree with these hashes.
    #[must_use]
    pub fn verify_of<N: TreeHash>(&self, value: Field, root: Field) -> bool {
        let ordered = key(self.low) < key(value) && key(value) < key(self.next);
        ordered && self.path.root_of::<N>(N::leaf(self.low, self.next)) == Some(root)
    }
}

/// The value after the largest member.
fn end() -> Field {
    (-BlsScalar::one()).into()
}

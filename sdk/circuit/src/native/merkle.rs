//! Merkle trees with four children for each node, as in `poseidon-merkle`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::hash::{hash, hash_node};
use super::{Array, Field};
use crate::zeroized::zeroize_fields;

/// The maximum height of a tree: 2^62 leaves.
pub const MAX_HEIGHT: usize = 31;

/// The hashes of a tree.
pub trait TreeHash {
    /// The node above four children.
    fn node(children: &[Field; 4]) -> Field;

    /// A leaf of an [indexed tree](super::IndexedTree): a value, and the next larger one.
    fn leaf(value: Field, next: Field) -> Field {
        hash(&[value, next])
    }
}

/// The nodes of `poseidon-merkle`, with a domain of their own: the trees of issuers, which no contract computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merkle4 {}

impl TreeHash for Merkle4 {
    fn node(children: &[Field; 4]) -> Field {
        hash_node(children)
    }
}

/// Nodes that are the [`hash`] of four elements, which a contract computes by a query to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {}

impl TreeHash for Plain {
    fn node(children: &[Field; 4]) -> Field {
        hash(children)
    }
}

/// A sparse tree of height `H`: 4^H positions for leaves.
///
/// A node is the hash of its four children; a subtree without leaves is 0. A leaf of 0 counts as no leaf. The root
/// equals that of a `poseidon_merkle::Tree<(), H>` with these leaves as the hashes of its items. `H` is at most
/// [`MAX_HEIGHT`]. With other hashes for nodes, such as [`Plain`], it is another tree.
///
/// ```
/// use dusk_sdk_circuit::native::{Field, merkle::Tree};
/// let mut tree = Tree::<17>::new();
/// tree.insert(5, Field::from(7)).unwrap();
/// let path = tree.opening(5).unwrap();
/// assert_eq!(path.root(Field::from(7)), Some(tree.root()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree<const H: usize, N = Merkle4> {
    nodes: Nodes,
    hash: PhantomData<fn() -> N>,
}

/// The nodes by level and position. Level 0 has the leaves. A node that has lost its leaves is 0: the code that takes
/// entries out of a map has 4 KB, and a tree that loses a leaf does not become much smaller.
///
/// Neither the height nor the hash is a parameter of the type, so a contract with several trees has this code once.
#[derive(Debug, Clone, Default)]
struct Nodes(BTreeMap<(usize, u64), Field>);

/// The shape of a tree of nodes: its height, and the hash of four children.
type Form = (usize, fn(&[Field; 4]) -> Field);

/// The error of a position outside of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutsideTree {
    /// The position.
    pub position: u64,
    /// The height of the tree.
    pub height: usize,
}

impl fmt::Display for OutsideTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no leaf {} in a tree of height {}: it has 4^{} leaves",
            self.position, self.height, self.height
        )
    }
}

impl core::error::Error for OutsideTree {}

impl<const H: usize> Tree<H> {
    /// The maximum number of leaves.
    pub const CAPACITY: u64 = {
        assert!(H >= 1 && H <= MAX_HEIGHT, "trees have heights from 1 to 31");
        1 << (2 * H)
    };

    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<const H: usize, N: TreeHash> Tree<H, N> {
    /// Sets the leaf at a position, and returns the earlier leaf, if there was one. A leaf of 0 counts as no leaf.
    ///
    /// # Errors
    /// [`OutsideTree`].
    pub fn insert(&mut self, position: u64, leaf: Field) -> Result<Option<Field>, OutsideTree> {
        let before = self.leaf(position);
        self.insert_all(&[(position, leaf)])?;
        Ok(before)
    }

    /// Sets the leaves at some positions. A node above several of them is computed once. On an error nothing changes.
    ///
    /// # Errors
    /// [`OutsideTree`].
    pub fn insert_all(&mut self, leaves: &[(u64, Field)]) -> Result<(), OutsideTree> {
        self.nodes.insert_all(Self::FORM, leaves)
    }

    /// Removes the leaf at a position.
    pub fn remove(&mut self, position: u64) -> Option<Field> {
        let leaf = self.leaf(position)?;
        // Every position with a leaf is in the tree.
        let _ = self.insert(position, Field::default());
        Some(leaf)
    }

    const FORM: Form = (H, N::node);

    /// The leaf at a position.
    #[must_use]
    pub fn leaf(&self, position: u64) -> Option<Field> {
        self.nodes.get(0, position)
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Field {
        self.nodes.get(H, 0).unwrap_or_default()
    }

    /// The path from a leaf to the root; `None` if there is no leaf.
    #[must_use]
    pub fn opening(&self, position: u64) -> Option<MerklePath<H>> {
        self.leaf(position)?;
        let level = |level: usize| self.nodes.children(level + 1, position >> (2 * level + 2)).unwrap_or_default();
        Some(MerklePath { position, branch: Array(core::array::from_fn(level)) })
    }
}

impl<const H: usize, N> Default for Tree<H, N> {
    fn default() -> Self {
        const { assert!(Tree::<H>::CAPACITY > 0) };
        Self { nodes: Nodes::default(), hash: PhantomData }
    }
}

impl Nodes {
    #[inline(never)]
    fn get(&self, level: usize, place: u64) -> Option<Field> {
        self.0.get(&(level, place)).copied().filter(|node| *node != Field::default())
    }

    #[inline(never)]
    fn insert_all(&mut self, form: Form, leaves: &[(u64, Field)]) -> Result<(), OutsideTree> {
        let (height, _) = form;
        if let Some((position, _)) = leaves.iter().find(|(position, _)| *position >> (2 * height) > 0) {
            return Err(OutsideTree { position: *position, height });
        }
        // In order, each once.
        let mut places = Vec::with_capacity(leaves.len());
        for (position, leaf) in leaves {
            self.0.insert((0, *position), *leaf);
            if let Err(at) = places.binary_search(position) {
                places.insert(at, *position);
            }
        }
        self.update(form, places);
        Ok(())
    }

    /// All nodes with leaves below them.
    fn present(&self) -> impl Iterator<Item = (&(usize, u64), &Field)> {
        self.0.iter().filter(|(_, node)| **node != Field::default())
    }

    /// Recomputes the nodes above some positions.
    fn update(&mut self, (height, hash): Form, mut places: Vec<u64>) {
        for level in 1..=height {
            let mut last = None;
            for place in &mut places {
                *place >>= 2;
                if last.replace(*place) == Some(*place) {
                    continue;
                }
                let node = self.children(level, *place).map_or(Field::default(), |children| hash(&children));
                self.0.insert((level, *place), node);
            }
        }
    }

    /// The children of a node; `None` if it has no leaves.
    fn children(&self, level: usize, place: u64) -> Option<[Field; 4]> {
        let children = [0, 1, 2, 3].map(|digit: u64| self.get(level - 1, 4 * place + digit));
        children.iter().any(Option::is_some).then(|| children.map(Option::unwrap_or_default))
    }
}

impl PartialEq for Nodes {
    fn eq(&self, other: &Self) -> bool {
        self.present().eq(other.present())
    }
}

impl Eq for Nodes {}

/// The path from a leaf to the root of a tree of height `H`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked<H>")]
pub struct MerklePath<const H: usize> {
    position: u64,
    branch: Array<[Field; 4], H>,
}

zeroize_fields!(MerklePath<H>, const H: position, branch);

#[derive(Deserialize)]
struct Unchecked<const H: usize> {
    position: u64,
    branch: Array<[Field; 4], H>,
}

impl<const H: usize> TryFrom<Unchecked<H>> for MerklePath<H> {
    type Error = OutsideTree;

    fn try_from(path: Unchecked<H>) -> Result<Self, OutsideTree> {
        Self::new(path.position, path.branch.0)
    }
}

impl<const H: usize> MerklePath<H> {
    /// Creates a path from the leaf at a position: for each level the four nodes with the same parent, the level of the
    /// leaves first.
    ///
    /// # Errors
    /// [`OutsideTree`].
    pub fn new(position: u64, branch: [[Field; 4]; H]) -> Result<Self, OutsideTree> {
        if position >= Tree::<H>::CAPACITY {
            return Err(OutsideTree { position, height: H });
        }
        Ok(Self { position, branch: Array(branch) })
    }

    /// The position of the leaf.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// For each level the four nodes with the same parent, the level of the leaves first.
    #[must_use]
    pub fn branch(&self) -> &[[Field; 4]; H] {
        &self.branch
    }

    /// The root that the path leads to from a leaf; `None` if the leaf, or a node above it, is not at the path's
    /// position.
    #[must_use]
    pub fn root(&self, leaf: Field) -> Option<Field> {
        self.root_of::<Merkle4>(leaf)
    }

    /// As [`root`](MerklePath::root), in a tree with these hashes.
    #[must_use]
    pub fn root_of<N: TreeHash>(&self, leaf: Field) -> Option<Field> {
        self.branch.iter().enumerate().try_fold(leaf, |node, (level, children)| {
            let digit = (self.position >> (2 * level)) & 3;
            let stands = (0..4).zip(children).any(|(place, child)| place == digit && *child == node);
            stands.then(|| N::node(children))
        })
    }
}

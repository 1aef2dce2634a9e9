//! The sparse Merkle trees of the state (the book, "The virtual machine", section "State root").
//!
//! A tree has a fixed height and arity. An inner node is the BLAKE3 hash of its children's hashes, and an empty subtree
//! is 32 zero bytes at every level. Trees are persistent: inserting shares all but one path with the tree before.

use std::sync::Arc;

/// A BLAKE3 hash.
pub(crate) type Hash = [u8; 32];

/// A sparse Merkle tree in which every inner node has `ARITY` children.
#[derive(Debug, Clone)]
pub(crate) struct Tree<const ARITY: usize> {
    height: u32,
    root: Option<Arc<Node<ARITY>>>,
}

#[derive(Debug)]
struct Node<const ARITY: usize> {
    hash: Hash,
    children: [Option<Arc<Self>>; ARITY],
}

impl<const ARITY: usize> Tree<ARITY> {
    /// An empty tree with room for `ARITY` to the power of `height` leaves.
    pub(crate) fn new(height: u32) -> Self {
        Self { height, root: None }
    }

    /// Its root.
    pub(crate) fn root(&self) -> Hash {
        self.root.as_ref().map_or([0; 32], |node| node.hash)
    }

    /// Gives all leaves with their positions, in ascending order.
    pub(crate) fn each(&self, give: &mut dyn FnMut(u64, Hash)) {
        if let Some(root) = &self.root {
            root.each(self.height, 0, give);
        }
    }

    /// Sets a leaf.
    pub(crate) fn insert(&mut self, position: u64, leaf: Hash) {
        self.root = Some(with_leaf(self.root.as_deref(), self.height, position, leaf));
    }
}

impl<const ARITY: usize> Node<ARITY> {
    fn each(&self, height: u32, first: u64, give: &mut dyn FnMut(u64, Hash)) {
        let Some(below) = height.checked_sub(1) else { return give(first, self.hash) };
        let width = (ARITY as u64).pow(below);
        for (child, at) in self.children.iter().zip((first..).step_by(usize::try_from(width).unwrap_or(usize::MAX))) {
            if let Some(child) = child {
                child.each(below, at, give);
            }
        }
    }
}

fn with_leaf<const ARITY: usize>(
    node: Option<&Node<ARITY>>,
    height: u32,
    position: u64,
    leaf: Hash,
) -> Arc<Node<ARITY>> {
    let mut children = node.map_or_else(|| std::array::from_fn(|_| None), |node| node.children.clone());
    let Some(below) = height.checked_sub(1) else {
        return Arc::new(Node { hash: leaf, children });
    };
    let width = (ARITY as u64).pow(below);
    #[expect(clippy::cast_possible_truncation, reason = "the remainder lies under the arity")]
    let child = (position / width % ARITY as u64) as usize;
    children[child] = Some(with_leaf(children[child].as_deref(), below, position % width, leaf));
    let mut hasher = blake3::Hasher::new();
    for child in &children {
        hasher.update(child.as_ref().map_or(&[0; 32], |node| &node.hash));
    }
    Arc::new(Node { hash: hasher.finalize().into(), children })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(children: &[Hash]) -> Hash {
        blake3::hash(&children.concat()).into()
    }

    #[test]
    fn an_empty_tree_is_zero() {
        assert_eq!(Tree::<4>::new(8).root(), [0; 32]);
    }

    #[test]
    fn inner_nodes_hash_their_children() {
        let [a, b, zero] = [[1; 32], [2; 32], [0; 32]];
        let mut tree = Tree::<2>::new(2);
        tree.insert(0, a);
        tree.insert(3, b);
        assert_eq!(tree.root(), hash_of(&[hash_of(&[a, zero]), hash_of(&[zero, b])]));
    }

    #[test]
    fn a_leaf_of_zeros_is_not_an_empty_subtree() {
        let mut tree = Tree::<2>::new(1);
        tree.insert(1, [0; 32]);
        assert_eq!(tree.root(), hash_of(&[[0; 32], [0; 32]]));
    }

    #[test]
    fn the_order_of_insertion_does_not_matter() {
        let leaves: Vec<(u64, Hash)> = (1..51_u8).map(|n| (u64::from(n) * 977 % 65_536, [n; 32])).collect();
        let mut forwards = Tree::<4>::new(8);
        let mut backwards = Tree::<4>::new(8);
        leaves.iter().for_each(|&(at, leaf)| forwards.insert(at, leaf));
        leaves.iter().rev().for_each(|&(at, leaf)| backwards.insert(at, leaf));
        assert_eq!(forwards.root(), backwards.root());
    }

    #[test]
    fn leaves_come_back_in_order() {
        let mut tree = Tree::<4>::new(13);
        let leaves = [(0, [1; 32]), (5, [2; 32]), (65_535, [3; 32])];
        leaves.iter().rev().for_each(|&(at, leaf)| tree.insert(at, leaf));
        let mut found = Vec::new();
        tree.each(&mut |at, leaf| found.push((at, leaf)));
        assert_eq!(found, leaves);
    }

    #[test]
    fn inserting_leaves_the_tree_before_as_it_was() {
        let mut tree = Tree::<4>::new(3);
        tree.insert(5, [5; 32]);
        let before = tree.clone();
        let root = tree.root();
        tree.insert(6, [6; 32]);
        assert_eq!(before.root(), root);
        assert_ne!(tree.root(), root);
    }
}

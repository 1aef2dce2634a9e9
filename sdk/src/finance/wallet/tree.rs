//! Trees that are filled in bulk, with four children for each node.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Bound;
use std::thread;

use crate::Field;
use crate::zk::native::{MerklePath, NonMembership, hash};

/// The least hashes for which another thread is worth its start.
const MIN_HASHES_OF_A_THREAD: usize = 64;

/// A tree of height `H` whose leaves have no gaps. Nodes are computed when a root or a path is asked for, each once for
/// all changes below it.
#[derive(Debug, Clone)]
pub(super) struct Tree<const H: usize> {
    /// The nodes of each level from the leaves to the root. A node without leaves below it is 0, and so is a leaf that
    /// was removed: no hash is.
    levels: Vec<Vec<Field>>,
    /// The leaves whose ancestors are out of date.
    changed: BTreeSet<usize>,
}

impl<const H: usize> Tree<H> {
    /// A tree of these leaves.
    pub(super) fn of(leaves: Vec<Field>) -> Self {
        let changed = (0..leaves.len()).collect();
        let mut levels = alloc::vec![Vec::new(); H + 1];
        levels[0] = leaves;
        Self { levels, changed }
    }

    /// How many leaves it has.
    pub(super) fn len(&self) -> usize {
        self.levels[0].len()
    }

    /// Adds a leaf at the end.
    pub(super) fn push(&mut self, leaf: Field) {
        self.changed.insert(self.len());
        self.levels[0].push(leaf);
    }

    /// Replaces a leaf, or adds leaves up to it.
    pub(super) fn set(&mut self, position: usize, leaf: Field) {
        let length = self.len().max(position + 1);
        self.levels[0].resize(length, Field::default());
        self.levels[0][position] = leaf;
        self.changed.insert(position);
    }

    /// The root.
    pub(super) fn root(&mut self) -> Field {
        self.update();
        self.levels[H].first().copied().unwrap_or_default()
    }

    /// The path of a leaf; none if there is no leaf.
    pub(super) fn path(&mut self, position: u64) -> Option<MerklePath<H>> {
        self.update();
        let place = usize::try_from(position).ok().filter(|place| *place < self.len())?;
        let branch = core::array::from_fn(|level| children(&self.levels[level], place >> (2 * (level + 1))));
        MerklePath::new(position, branch).ok()
    }

    fn update(&mut self) {
        let mut places: Vec<usize> = core::mem::take(&mut self.changed).into_iter().map(|leaf| leaf >> 2).collect();
        for level in 0..H {
            places.dedup();
            let below = &self.levels[level];
            let nodes = in_parallel(&places, |place| node(&children(below, *place)));
            let above = &mut self.levels[level + 1];
            above.resize(below_length(above.len(), &places), Field::default());
            for (place, node) in places.iter_mut().zip(nodes) {
                above[*place] = node;
                *place >>= 2;
            }
        }
    }
}

/// The node above four children; 0 where none of them has leaves.
fn node(children: &[Field; 4]) -> Field {
    let empty = children.iter().all(|child| *child == Field::default());
    if empty { Field::default() } else { hash(children) }
}

/// How long a level is when these places have nodes.
fn below_length(length: usize, places: &[usize]) -> usize {
    length.max(places.last().map_or(0, |last| last + 1))
}

/// The four children of a node.
fn children(level: &[Field], place: usize) -> [Field; 4] {
    core::array::from_fn(|digit| level.get(4 * place + digit).copied().unwrap_or_default())
}

/// Computes something of each item, with all cores where there are many items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], compute: impl Fn(&T) -> R + Sync) -> Vec<R> {
    in_parallel_parts(items, |part| part.iter().map(&compute).collect())
}

/// Computes something of all items, a part on each core where there are many items.
pub(super) fn in_parallel_parts<T: Sync, R: Send>(items: &[T], compute: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = (items.len() / MIN_HASHES_OF_A_THREAD).min(cores);
    if threads < 2 {
        return compute(items);
    }
    let compute = &compute;
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(move || compute(part))).collect();
        let finished = running.into_iter().flat_map(|thread| match thread.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        finished.collect()
    })
}

/// The indexed tree of the spent nullifiers: the root and the proofs equal those of
/// [`native::IndexedTree`](crate::zk::native::IndexedTree), with the leaves computed in bulk.
#[derive(Debug, Clone)]
pub(super) struct Spent<const H: usize> {
    tree: Tree<H>,
    /// The position of each member's leaf, by the member's bytes, most significant first.
    places: BTreeMap<[u8; 32], usize>,
    /// The members whose leaves are out of date.
    changed: BTreeSet<[u8; 32]>,
}

impl<const H: usize> Spent<H> {
    pub(super) fn new() -> Self {
        let zero = [0; 32];
        Self { tree: Tree::of(Vec::new()), places: BTreeMap::from([(zero, 0)]), changed: BTreeSet::from([zero]) }
    }

    /// A set of these members, in the order in which they came.
    pub(super) fn of(members: impl IntoIterator<Item = Field>) -> Self {
        let mut set = Self::new();
        for member in members {
            set.push(member);
        }
        set
    }

    /// Adds a member. False if it was one, or is an end of the list: then nothing changes.
    pub(super) fn push(&mut self, member: Field) -> bool {
        let key = key(member);
        if member == end() || self.places.contains_key(&key) {
            return false;
        }
        let low = self.places.range(..key).next_back().map(|(low, _)| *low);
        self.places.insert(key, self.places.len());
        self.changed.extend(low);
        self.changed.insert(key);
        true
    }

    pub(super) fn contains(&self, value: Field) -> bool {
        value != Field::default() && self.places.contains_key(&key(value))
    }

    pub(super) fn root(&mut self) -> Field {
        self.update();
        self.tree.root()
    }

    /// Proves that a value is not a member; none if it is one, or an end of the list.
    pub(super) fn absence(&mut self, value: Field) -> Option<NonMembership<H>> {
        if value == Field::default() || value == end() || self.contains(value) {
            return None;
        }
        self.update();
        let (low, place) = self.places.range(..key(value)).next_back()?;
        let path = self.tree.path(*place as u64)?;
        Some(NonMembership { low: value_of(*low), next: self.after(low), path })
    }

    fn update(&mut self) {
        let changed: Vec<[u8; 32]> = core::mem::take(&mut self.changed).into_iter().collect();
        let leaves = in_parallel(&changed, |member| hash(&[value_of(*member), self.after(member)]));
        for (member, leaf) in changed.iter().zip(leaves) {
            if let Some(place) = self.places.get(member) {
                self.tree.set(*place, leaf);
            }
        }
    }

    fn after(&self, low: &[u8; 32]) -> Field {
        let above = self.places.range((Bound::Excluded(*low), Bound::Unbounded)).next();
        above.map_or_else(end, |(next, _)| value_of(*next))
    }
}

/// The successor of the largest member.
fn end() -> Field {
    -Field::from(1)
}

fn key(value: Field) -> [u8; 32] {
    let mut bytes = value.to_bytes();
    bytes.reverse();
    bytes
}

fn value_of(mut key: [u8; 32]) -> Field {
    key.reverse();
    // Keys are always bytes of elements.
    Field::from_bytes(&key).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::finance::confidential::{HolderTree, NullifierTree};

    fn field(number: u64) -> Field {
        // Spread over the field, as hashes are.
        hash(&[Field::from(number)])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn trees_equal_those_of_the_contract(
            sets in prop::collection::vec((0usize..200, prop::option::weighted(0.8, any::<u64>())), 1..60),
        ) {
            let (mut tree, mut other) = (Tree::of(Vec::new()), HolderTree::default());
            for (step, (position, leaf)) in sets.iter().enumerate() {
                tree.set(*position, leaf.map(field).unwrap_or_default());
                match leaf {
                    Some(leaf) => drop(other.insert(*position as u64, field(*leaf)).unwrap()),
                    None => drop(other.remove(*position as u64)),
                }
                if step % 7 == 0 {
                    prop_assert_eq!(tree.root(), other.root());
                }
            }
            prop_assert_eq!(tree.root(), other.root());
            for (position, _) in &sets {
                let path = other.opening(*position as u64);
                prop_assert!(path.is_none() || tree.path(*position as u64) == path);
            }
            prop_assert_eq!(tree.path(tree.len() as u64), None);
        }

        #[test]
        fn nullifiers_equal_those_of_the_contract(members in prop::collection::vec(0u64..40, 0..50)) {
            let (mut set, mut other) = (Spent::new(), NullifierTree::default());
            for (step, member) in members.iter().enumerate() {
                prop_assert_eq!(set.push(field(*member)), other.insert(field(*member)).is_ok());
                if step % 9 == 0 {
                    prop_assert_eq!(set.root(), other.root());
                }
            }
            prop_assert_eq!(set.root(), other.root());
            for value in 0..45 {
                prop_assert_eq!(set.absence(field(value)), other.non_membership(field(value)).ok());
            }
            prop_assert_eq!(set.absence(Field::default()), None);
            prop_assert_eq!(set.absence(end()), None);
            prop_assert!(!set.push(end()) && !set.push(Field::default()));
        }
    }

    #[test]
    fn many_leaves_at_once_are_as_many_one_by_one() {
        let leaves: Vec<Field> = (0..1000).map(Field::from).collect();
        let (mut whole, mut parts) = (Tree::<6>::of(leaves.clone()), Tree::<6>::of(Vec::new()));
        for leaf in leaves {
            parts.push(leaf);
            if parts.len() % 100 == 0 {
                parts.root();
            }
        }
        assert_eq!(whole.root(), parts.root());
    }
}

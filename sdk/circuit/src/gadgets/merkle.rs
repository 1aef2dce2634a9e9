//! Membership in Merkle trees, and non-membership in a list.

use alloc::string::String;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use super::poseidon::{hash, hash_node};
use super::range::Halves;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::{Bool, Field, Value};

/// The hash of a node's four children.
type Above = fn(&mut ConstraintSystem, &[Field; 4]) -> Field;

/// The path from a leaf to the root of a tree of height `H`, with four children for each node.
///
/// Its nodes are unconstrained until [`MerklePath::root`] constrains them. The digits of the position are bits.
#[derive(Debug, Clone)]
pub struct MerklePath<const H: usize> {
    /// For each level, leaves first, the four nodes with the same parent.
    branch: [[Field; 4]; H],
    /// For each level, which of the four is on the path: the lower bit, the upper bit.
    digits: [[Bool; 2]; H],
}

impl<const H: usize> MerklePath<H> {
    /// The root that the path leads to from a leaf. 577 rows a level.
    ///
    /// 1. On each level, the node that the path comes from is the one of the four that the position's digit selects.
    /// 2. The node above is the hash of the four.
    ///
    /// The digits are bits, so they select one of the four nodes. Everything else follows from the leaf, the branch and
    /// the digits.
    #[track_caller]
    #[must_use]
    pub fn root(&self, cs: &mut ConstraintSystem, leaf: Field) -> Field {
        self.root_by(cs, leaf, hash_node)
    }

    /// As [`MerklePath::root`], in a tree whose nodes a contract computes: [`Plain`](native::merkle::Plain).
    #[track_caller]
    #[must_use]
    pub fn plain_root(&self, cs: &mut ConstraintSystem, leaf: Field) -> Field {
        self.root_by(cs, leaf, |cs, children| hash(cs, children))
    }

    /// The four children of the root that [`MerklePath::plain_root`] leads to: the root is their [`hash`].
    ///
    /// If several leaves are in one tree, one hash is enough, because all paths have the same four nodes below the
    /// root. The assertion that two paths have the same four nodes takes four rows; a hash takes 571.
    #[track_caller]
    #[must_use]
    pub fn plain_below_root(&self, cs: &mut ConstraintSystem, leaf: Field) -> [Field; 4] {
        self.below_root_by(cs, leaf, |cs, children| hash(cs, children))
    }

    #[track_caller]
    fn root_by(&self, cs: &mut ConstraintSystem, leaf: Field, above: Above) -> Field {
        let below = self.below_root_by(cs, leaf, above);
        cs.gadget("Merkle path", |cs| above(cs, &below))
    }

    #[track_caller]
    fn below_root_by(&self, cs: &mut ConstraintSystem, leaf: Field, above: Above) -> [Field; 4] {
        cs.gadget("Merkle path", |cs| {
            let (mut node, mut below) = (leaf, self.branch[0]);
            for (level, (children, digit)) in self.branch.iter().zip(&self.digits).enumerate() {
                if level > 0 {
                    node = above(cs, &below);
                }
                stands_at(cs, node, children, *digit);
                below = *children;
            }
            below
        })
    }

    /// Asserts that a leaf is in the tree with this root. 577 rows a level, and one.
    #[track_caller]
    pub fn assert_root(&self, cs: &mut ConstraintSystem, name: &'static str, leaf: Field, root: Field) {
        self.root(cs, leaf).assert_eq(cs, name, root);
    }

    /// The position of the leaf, a number below 4^H. About one row for each level.
    #[track_caller]
    #[must_use]
    pub fn position(&self, cs: &mut ConstraintSystem) -> Field {
        let bits = self.digits.iter().flatten().enumerate();
        let sum = bits.fold(Linear::new(), |sum, (place, bit)| sum.plus(*bit, BlsScalar::pow_of_2(place as u64)));
        sum.value_named(cs, "place of the leaf")
    }
}

/// Asserts that the one of four nodes that the digit selects is this node. Six rows.
#[track_caller]
fn stands_at(cs: &mut ConstraintSystem, node: Field, children: &[Field; 4], [low, high]: [Bool; 2]) {
    let [first, second, third, fourth] = *children;
    let lower = low.select(cs, second, first);
    let upper = low.select(cs, fourth, third);
    let difference = upper.sub(cs, lower);
    let one = BlsScalar::one();
    let gate = Gate::new().ab(high.wire(), difference.wire(), one).c(lower.wire(), one).d(node.wire(), -one);
    cs.gate("the node is at its place", gate);
}

impl<const H: usize> Value for MerklePath<H> {
    type Native = native::MerklePath<H>;

    fn kind() -> String {
        alloc::format!("MerklePath<{H}>")
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        const { assert!(H >= 1 && H <= native::merkle::MAX_HEIGHT, "paths have between 1 and 31 levels") };
        let branch = core::array::from_fn(|level| {
            core::array::from_fn(|i| Field::input(cs, native.map(|path| &path.branch()[level][i])))
        });
        let digits = core::array::from_fn(|level| {
            core::array::from_fn(|i| Bool::input(cs, native.map(|path| bit(path, 2 * level + i)).as_ref()))
        });
        Self { branch, digits }
    }

    fn wires(&self) -> Vec<Wire> {
        let nodes = self.branch.iter().flatten().map(|node| node.wire());
        nodes.chain(self.digits.iter().flatten().map(|bit| bit.wire())).collect()
    }

    fn encode(native: &Self::Native, out: &mut Vec<native::Field>) {
        out.extend(native.branch().iter().flatten());
        (0..2 * H).for_each(|place| Bool::encode(&bit(native, place), out));
    }
}

fn bit<const H: usize>(path: &native::MerklePath<H>, place: usize) -> bool {
    (path.position() >> place) & 1 == 1
}

/// A proof that a value is not in a list: the neighbours between which it would be, and the path of their leaf in an
/// [indexed tree](native::IndexedTree) of height `H`.
#[derive(Debug, Clone)]
pub struct NonMembership<const H: usize> {
    low: Field,
    next: Field,
    path: MerklePath<H>,
}

impl<const H: usize> NonMembership<H> {
    /// Asserts that a value is not in the set whose tree has this root. 577 rows a level, and 771.
    ///
    /// 1. `hash(low, next)` is a leaf of the tree.
    /// 2. `low < value`.
    /// 3. `value < next`.
    /// 4. `next` is below the order of the field.
    ///
    /// Each of the three elements is split into halves, and the comparisons use the numbers that the halves represent.
    /// Such a number could be the element plus the order of the field. But by 4. the largest of the three is below the
    /// order, and so are the two smaller ones. In the tree `low` and `next` are neighbours, so the set has no value
    /// between them.
    #[track_caller]
    pub fn assert_absent(&self, cs: &mut ConstraintSystem, name: &'static str, value: Field, root: Field) {
        self.assert_absent_by(cs, name, value, root, MerklePath::root);
    }

    /// As [`NonMembership::assert_absent`], for a set whose tree a contract computes:
    /// [`Plain`](native::merkle::Plain).
    #[track_caller]
    pub fn assert_absent_in_plain(&self, cs: &mut ConstraintSystem, name: &'static str, value: Field, root: Field) {
        self.assert_absent_by(cs, name, value, root, MerklePath::plain_root);
    }

    #[track_caller]
    fn assert_absent_by(
        &self,
        cs: &mut ConstraintSystem,
        name: &'static str,
        value: Field,
        root: Field,
        root_of: fn(&MerklePath<H>, &mut ConstraintSystem, Field) -> Field,
    ) {
        cs.gadget("non-membership", |cs| {
            let leaf = hash(cs, &[self.low, self.next]);
            root_of(&self.path, cs, leaf).assert_eq(cs, "the neighbours are in the tree", root);
            let [low, middle, next] =
                [self.low, value, self.next].map(|it| Halves::split(cs, "halves of an element", it.wire()));
            low.assert_below(cs, name, middle);
            middle.assert_below(cs, name, next);
            let order = Halves::order(cs);
            next.assert_below(cs, "the upper neighbour is below the order of the field", order);
        });
    }
}

impl<const H: usize> Value for NonMembership<H> {
    type Native = native::NonMembership<H>;

    fn kind() -> String {
        alloc::format!("NonMembership<{H}>")
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        let low = Field::input(cs, native.map(|it| &it.low));
        let next = Field::input(cs, native.map(|it| &it.next));
        Self { low, next, path: MerklePath::input(cs, native.map(|it| &it.path)) }
    }

    fn wires(&self) -> Vec<Wire> {
        let mut wires = alloc::vec![self.low.wire(), self.next.wire()];
        wires.extend(self.path.wires());
        wires
    }

    fn encode(native: &Self::Native, out: &mut Vec<native::Field>) {
        out.extend([native.low, native.next]);
        MerklePath::encode(&native.path, out);
    }
}

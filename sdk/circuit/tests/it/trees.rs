//! Merkle paths, non-membership, nullifiers.

use std::collections::BTreeSet;

use dusk_poseidon::{Domain, Hash};
use dusk_sdk_circuit::native::merkle::{Plain, Tree};
use dusk_sdk_circuit::native::{IndexedError, IndexedTree};
use dusk_sdk_circuit::{
    Assignment, BlsScalar, ConstraintSystem, Field, Layout, MerklePath, NonMembership, Value, Wire, native, nullifier,
};
use poseidon_merkle::Item;
use proptest::prelude::*;

use crate::support::{assert_each_wire_is_bound, fault, field, rows, run};

/// Insertions of leaves, and removals, at places of a tree of height 3.
fn changes() -> impl Strategy<Value = Vec<(u64, Option<BlsScalar>)>> {
    proptest::collection::vec((0_u64..64, proptest::option::weighted(0.7, field())), 1..12)
}

#[test]
fn a_leaf_of_zero_is_none() {
    let mut tree = Tree::<3>::new();
    tree.insert(5, 7.into()).unwrap();
    assert_eq!(tree.insert(5, 0.into()), Ok(Some(7.into())));
    assert_eq!((tree.leaf(5), tree.opening(5), tree.remove(5)), (None, None, None));
    assert_eq!((tree.root(), tree), (0.into(), Tree::new()));
}

fn membership<const H: usize>(
    path: &native::MerklePath<H>,
    leaf: BlsScalar,
    root: native::Field,
) -> (Layout, Assignment) {
    run(|cs: &mut ConstraintSystem| {
        let leaf: Field = cs.private("leaf", Some(&leaf.into()));
        let root: Field = cs.public("root", Some(&root));
        let given: MerklePath<H> = cs.private("path", Some(path));
        let place = given.position(cs);
        if let Some(value) = cs.value(place.wire()) {
            assert_eq!(value, BlsScalar::from(path.position()));
        }
        given.assert_root(cs, "the leaf is in the tree", leaf, root);
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn trees_are_those_of_production(changes in changes()) {
        let mut ours = Tree::<3>::new();
        let mut theirs = poseidon_merkle::Tree::<(), 3>::new();
        for (position, leaf) in changes {
            match leaf {
                // No leaf for us. A hash of production's trees is never 0.
                Some(leaf) if leaf == BlsScalar::zero() => {
                    ours.insert(position, leaf.into()).unwrap();
                    theirs.remove(position);
                }
                Some(leaf) => {
                    ours.insert(position, leaf.into()).unwrap();
                    theirs.insert(position, Item::new(leaf, ()));
                }
                None => {
                    let removed = theirs.remove(position).map(|item| native::Field::from(item.hash));
                    prop_assert_eq!(ours.remove(position), removed);
                }
            }
            prop_assert_eq!(ours.root().scalar(), theirs.root().hash);
            let opening = theirs.opening(position);
            prop_assert_eq!(ours.opening(position).is_some(), opening.is_some());
            if let (Some(path), Some(opening), Some(leaf)) = (ours.opening(position), opening, leaf) {
                for level in 0..3 {
                    let theirs = opening.branch()[2 - level].map(|item| native::Field::from(item.hash));
                    prop_assert_eq!(path.branch()[level], theirs);
                    prop_assert_eq!((path.position() >> (2 * level)) & 3, opening.positions()[2 - level] as u64);
                }
                prop_assert_eq!(path.root(leaf.into()), Some(ours.root()));
                let (layout, assignment) = membership(&path, leaf, ours.root());
                prop_assert_eq!(fault(&layout, &assignment), None);
            }
        }
    }

    #[test]
    fn whoever_is_not_in_a_set_can_show_it(members in proptest::collection::vec(field(), 0..10), asked in field()) {
        let mut set = IndexedTree::<2>::new();
        let mut model = BTreeSet::new();
        let reserved = |it: BlsScalar| it == BlsScalar::zero() || it == -BlsScalar::one();
        for member in members {
            let before = set.root();
            match set.insert(member.into()) {
                Ok(insertion) => {
                    prop_assert!(model.insert(member) && !reserved(member));
                    prop_assert!(insertion.non_membership.verify(member.into(), before));
                    prop_assert_eq!(insertion.root, set.root());
                    let above = model.iter().filter(|it| number(it) > number(&member));
                    let next = above.min_by_key(|it| number(it)).copied().unwrap_or(-BlsScalar::one());
                    let leaf = native::hash(&[member.into(), next.into()]);
                    prop_assert_eq!(insertion.path.root(leaf), Some(set.root()));
                }
                Err(IndexedError::Present) => prop_assert!(model.contains(&member)),
                Err(IndexedError::Reserved) => prop_assert!(reserved(member)),
                Err(error) => panic!("{error}"),
            }
            prop_assert_eq!(set.len(), model.len());
        }
        for value in model.iter().copied().chain([asked, asked + BlsScalar::one()]) {
            match set.non_membership(value.into()) {
                Ok(non_membership) => {
                    prop_assert!(!model.contains(&value) && !set.contains(value.into()));
                    prop_assert!(non_membership.verify(value.into(), set.root()));
                    let (layout, assignment) = not_in(&non_membership, value, set.root());
                    prop_assert_eq!(fault(&layout, &assignment), None);
                }
                Err(error) => {
                    prop_assert!(model.contains(&value) || reserved(value));
                    prop_assert_eq!(error == IndexedError::Present, set.contains(value.into()));
                }
            }
        }
    }

    #[test]
    fn nullifiers_agree(secret in field(), scope in field()) {
        let (layout, assignment) = run(|cs| {
            let [secret, scope] = [secret, scope].map(|it| cs.private::<Field>("x", Some(&it.into())));
            let result = nullifier(cs, secret, scope);
            cs.expose(result.wire());
        });
        let expected = native::nullifier(secret.into(), scope.into());
        prop_assert_eq!(assignment.public(), [expected.scalar()]);
        prop_assert_eq!(fault(&layout, &assignment), None);
        let domain = BlsScalar::from_bytes(b"nullifier\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").unwrap();
        prop_assert_eq!(expected.scalar(), Hash::digest(Domain::Other, &[domain, secret, scope])[0]);
    }
}

/// The bytes of an element, most significant first: their order is that of numbers.
fn number(element: &BlsScalar) -> Vec<u8> {
    element.to_bytes().into_iter().rev().collect()
}

fn not_in<const H: usize>(
    non_membership: &native::NonMembership<H>,
    value: BlsScalar,
    root: native::Field,
) -> (Layout, Assignment) {
    run(|cs: &mut ConstraintSystem| {
        let value: Field = cs.private("value", Some(&value.into()));
        let root: Field = cs.public("root", Some(&root));
        let non_membership: NonMembership<H> = cs.private("non_membership", Some(non_membership));
        non_membership.assert_absent(cs, "not revoked", value, root);
    })
}

fn small_tree() -> (Tree<2>, BlsScalar) {
    let mut tree = Tree::new();
    for position in [0, 3, 6, 7, 15] {
        tree.insert(position, native::Field::from(100 + position)).expect("the tree has the place");
    }
    (tree, BlsScalar::from(106))
}

#[test]
fn a_path_is_bound_to_leaf_place_and_root() {
    let (tree, leaf) = small_tree();
    let path = tree.opening(6).unwrap();
    let (layout, assignment) = membership(&path, leaf, tree.root());
    assert_eq!(fault(&layout, &assignment), None);
    assert_each_wire_is_bound(&layout, &assignment);

    let named = |path: &native::MerklePath<2>, leaf: u64, root| {
        let (layout, assignment) = membership(path, leaf.into(), root);
        fault(&layout, &assignment)
    };
    // The leaf is another; so is its place, on each level; a sibling; the root.
    assert_eq!(named(&path, 105, tree.root()).unwrap(), "the node is at its place");
    for position in [5, 7, 4, 2, 10, 14] {
        let moved = native::MerklePath::new(position, *path.branch()).unwrap();
        assert_eq!(named(&moved, 106, tree.root()).unwrap(), "the node is at its place", "{position}");
        assert_eq!(moved.root(106.into()), None);
    }
    let mut branch = *path.branch();
    branch[1][0] = 1.into();
    let other = native::MerklePath::new(6, branch).unwrap();
    assert_eq!(named(&other, 106, tree.root()).unwrap(), "the leaf is in the tree");
    assert_eq!(named(&path, 106, 1.into()).unwrap(), "the leaf is in the tree");
    // An empty place has no leaf to show, not even 0.
    assert_eq!(named(&path, 0, tree.root()).unwrap(), "the node is at its place");
}

#[test]
fn digits_of_a_place_are_bits() {
    let (tree, leaf) = small_tree();
    let (layout, assignment) = membership(&tree.opening(6).unwrap(), leaf, tree.root());
    let path = layout.inputs.iter().find(|input| input.name == "path").unwrap();
    for digit in &path.wires[8..] {
        let mut forged = assignment.clone();
        forged.replace(*digit, BlsScalar::from(2));
        assert_eq!(fault(&layout, &forged).unwrap(), "is a bit");
    }
}

fn small_set() -> IndexedTree<2> {
    let mut set = IndexedTree::new();
    for member in [10_u64, 30, 20] {
        set.insert(member.into()).expect("the set has room");
    }
    set
}

#[test]
fn whoever_is_in_a_set_cannot_show_that_he_is_not() {
    let set = small_set();
    assert_eq!(set.non_membership(20.into()), Err(IndexedError::Present));
    let named = |non_membership: &native::NonMembership<2>, value: BlsScalar, root| {
        let (layout, assignment) = not_in(non_membership, value, root);
        assert_eq!(non_membership.verify(value.into(), root), fault(&layout, &assignment).is_none());
        fault(&layout, &assignment)
    };
    let between = set.non_membership(15.into()).unwrap();
    assert_eq!((between.low, between.next), (10.into(), 20.into()));
    assert_eq!(named(&between, 15.into(), set.root()), None);
    // Neighbours of another gap, at either end, and beyond.
    for value in [10_u64, 20, 9, 21, 30, 0] {
        assert_eq!(named(&between, value.into(), set.root()).unwrap(), "not revoked", "{value}");
    }
    // Neighbours that are none.
    let wide = native::NonMembership { next: 30.into(), ..between.clone() };
    assert_eq!(named(&wide, 20.into(), set.root()).unwrap(), "the node is at its place");
    // The set as it was before.
    let mut grown = set.clone();
    grown.insert(15.into()).unwrap();
    assert_eq!(named(&between, 15.into(), grown.root()).unwrap(), "the neighbours are in the tree");
    // Both ends of the field.
    let last = set.non_membership((-BlsScalar::from(2)).into()).unwrap();
    assert_eq!(named(&last, -BlsScalar::from(2), set.root()), None);
    assert_eq!(named(&last, -BlsScalar::one(), set.root()).unwrap(), "not revoked");
}

#[test]
fn non_membership_binds_each_wire() {
    let set = small_set();
    let (layout, assignment) = not_in(&set.non_membership(15.into()).unwrap(), 15.into(), set.root());
    // The rows of paths and hashes have tests of their own; here are those of the comparison.
    let inputs: Vec<Wire> = layout.inputs.iter().flat_map(|input| input.wires.clone()).collect();
    let names = ["halves of an element", "not revoked", "the upper neighbour is below the order of the field"];
    let mut wires_of: Vec<Wire> = names.iter().flat_map(|name| rows(&layout, name)).flatten().collect();
    wires_of.sort_unstable();
    wires_of.dedup();
    for wire in wires_of.into_iter().filter(|wire| *wire > Wire::ONE && !inputs.contains(wire)) {
        let mut forged = assignment.clone();
        forged.replace(wire, assignment.values()[wire.index()] + BlsScalar::one());
        assert!(fault(&layout, &forged).is_some(), "wire {}", wire.index());
    }
}

/// A member that writes itself as its value plus the order of the field, to stand above its neighbour, is refused; so
/// is the greatest that does.
#[test]
fn numbers_beyond_the_order_of_the_field_do_not_help() {
    let set = small_set();
    // 5 is below 10, and 5 plus the order of the field would be between 30 and −1 plus the order of the field.
    let last = set.non_membership(40.into()).unwrap();
    let (layout, assignment) = not_in(&last, 5.into(), set.root());
    assert_eq!(fault(&layout, &assignment).unwrap(), "not revoked");
    let order = [0x73ed_a753_299d_7d48_3339_d808_09a1_d805_u128, 0x53bd_a402_fffe_5bfe_ffff_ffff_0000_0001];
    let forged = forge(&layout, &assignment, 1, order[0], order[1] + 5);
    // The value is above −1 now, unless that is written larger too.
    assert_eq!(fault(&layout, &forged).unwrap(), "not revoked");
    // −1 plus the order of the field is above; and is refused for itself.
    let [high, low] = [0xe7db_4ea6_533a_fa90_6673_b010_1343_b00a, 0xa77b_4805_fffc_b7fd_ffff_fffe_0000_0001];
    let forged = forge(&layout, &forged, 2, high, low);
    assert_eq!(fault(&layout, &forged).unwrap(), "the upper neighbour is below the order of the field");
}

/// Writes one of the three compared elements with other halves, and lets all that follows be computed again.
fn forge(layout: &Layout, assignment: &Assignment, which: usize, high: u128, low: u128) -> Assignment {
    let scalar = |number: u128| {
        let bytes = number.to_le_bytes();
        let mut wide = [0; 32];
        wide[..16].copy_from_slice(&bytes);
        Option::from(BlsScalar::from_bytes(&wide)).expect("below the order")
    };
    let number = |value: &BlsScalar| u128::from_le_bytes(value.to_bytes()[..16].try_into().expect("16 bytes"));
    let mut forged = assignment.clone();
    // A range of 128 bits: sixteen rows and the one that ends it.
    let refill = |forged: &mut Assignment, chain: &[[Wire; 4]], value: u128| {
        let places = chain[..16].iter().flat_map(|row| [row[3], row[2], row[1], row[0]]).enumerate();
        for (place, wire) in places.filter(|(place, _)| *place > 0) {
            forged.replace(wire, scalar(value >> (128 - 2 * place)));
        }
        forged.replace(chain[16][3], scalar(value));
    };
    let halves = rows(layout, "halves of an element");
    let element = &halves[34 * which..34 * (which + 1)];
    refill(&mut forged, &element[..17], high);
    refill(&mut forged, &element[17..], low);
    let compare: Vec<[Wire; 4]> =
        [rows(layout, "not revoked"), rows(layout, "the upper neighbour is below the order of the field")].concat();
    let digits: Vec<[Wire; 2]> = (0..3).map(|it| [halves[34 * it + 16][3], halves[34 * it + 33][3]]).collect();
    for (index, rows) in compare.chunks_exact(35).enumerate() {
        // The row that ends a range has the wires of what is above, what is below, the borrow.
        let [above_low, below_low] = [rows[17][0], rows[17][1]];
        assert_eq!(below_low, digits[index][1]);
        let at = |forged: &Assignment, wire: Wire| number(&forged.values()[wire.index()]);
        let (difference, borrow) = at(&forged, above_low).overflowing_sub(at(&forged, below_low));
        let (difference, again) = difference.overflowing_sub(1);
        forged.replace(rows[0][0], BlsScalar::from(u64::from(borrow || again)));
        refill(&mut forged, &rows[1..18], difference);
        let [above_high, below_high] = [rows[34][0], rows[34][1]];
        let high =
            at(&forged, above_high).wrapping_sub(at(&forged, below_high)).wrapping_sub(u128::from(borrow || again));
        refill(&mut forged, &rows[18..35], high);
    }
    forged
}

#[test]
fn paths_go_through_files() {
    let (tree, _) = small_tree();
    let path = tree.opening(6).unwrap();
    let text = serde_json::to_string(&path).unwrap();
    assert_eq!(serde_json::from_str::<native::MerklePath<2>>(&text).unwrap(), path);
    let beyond = text.replace("\"position\":6", "\"position\":16");
    let error = serde_json::from_str::<native::MerklePath<2>>(&beyond).unwrap_err();
    assert!(error.to_string().contains("there is no leaf 16 in a tree of height 2"), "{error}");
    assert!(serde_json::from_str::<native::MerklePath<3>>(&text).is_err());
    assert!(Tree::<2>::new().insert(16, 1.into()).is_err());

    let non_membership = small_set().non_membership(15.into()).unwrap();
    let text = serde_json::to_string(&non_membership).unwrap();
    assert_eq!(serde_json::from_str::<native::NonMembership<2>>(&text).unwrap(), non_membership);
    let mut encoded = Vec::new();
    NonMembership::encode(&non_membership, &mut encoded);
    let (layout, assignment) = not_in(&non_membership, 15.into(), small_set().root());
    let input = layout.inputs.iter().find(|input| input.name == "non_membership").unwrap();
    let values: Vec<BlsScalar> = input.wires.iter().map(|wire| assignment.values()[wire.index()]).collect();
    assert_eq!(values, encoded.iter().map(native::Field::scalar).collect::<Vec<_>>());
    assert_eq!(MerklePath::<17>::kind(), "MerklePath<17>");
}

#[test]
fn a_full_set_says_so() {
    let mut set = IndexedTree::<1>::new();
    for member in 1_u64..4 {
        set.insert(member.into()).unwrap();
    }
    assert_eq!(set.insert(9.into()), Err(IndexedError::Full));
    assert!(set.non_membership(9.into()).is_ok());
}

/// Trees that contracts compute have plain hashes as nodes, and paths that only they accept.
#[test]
fn plain_trees_are_not_those_of_issuers() {
    let mut plain = Tree::<2, Plain>::default();
    let mut issuers = Tree::<2>::new();
    for position in [0, 3, 6, 7, 15] {
        let leaf = native::Field::from(100 + position);
        plain.insert(position, leaf).unwrap();
        issuers.insert(position, leaf).unwrap();
    }
    let leaves = [3, 6, 7].map(|it| (it, native::Field::from(100 + it)));
    let mut together = Tree::<2, Plain>::default();
    together.insert_all(&[(0, 100.into()), (15, 115.into())]).unwrap();
    together.insert_all(&leaves).unwrap();
    assert_eq!(together, plain);
    assert!(together.insert_all(&[(1, 1.into()), (16, 1.into())]).is_err());
    assert_eq!(together, plain, "an error changes nothing");

    let (path, leaf) = (plain.opening(6).unwrap(), native::Field::from(106));
    assert_eq!(path.root_of::<Plain>(leaf), Some(plain.root()));
    assert_ne!(path.root(leaf), Some(plain.root()));
    let stands = |root: native::Field, is_plain: bool| {
        let (layout, assignment) = run(|cs: &mut ConstraintSystem| {
            let leaf: Field = cs.private("leaf", Some(&leaf));
            let root: Field = cs.public("root", Some(&root));
            let path: MerklePath<2> = cs.private("path", Some(&path));
            let it = if is_plain { path.plain_root(cs, leaf) } else { path.root(cs, leaf) };
            it.assert_eq(cs, "the leaf is in the tree", root);
        });
        fault(&layout, &assignment)
    };
    assert_eq!(stands(plain.root(), true), None);
    assert_eq!(stands(plain.root(), false).as_deref(), Some("the node is at its place"));
    assert_eq!(stands(issuers.root(), true).as_deref(), Some("the leaf is in the tree"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Two values at once make the tree that one after the other makes.
    #[test]
    fn both_at_once_is_one_after_the_other(pairs in proptest::collection::vec([field(), field()], 1..8)) {
        let mut both = IndexedTree::<2, Plain>::default();
        let mut single = both.clone();
        for pair in pairs {
            let pair = pair.map(native::Field::from);
            let before = both.clone();
            let mut next = single.clone();
            let expected = next.insert(pair[0]).and_then(|_| next.insert(pair[1]));
            let result = both.insert_all(&pair);
            prop_assert_eq!(result.is_ok(), expected.is_ok());
            match result {
                Ok(()) => single = next,
                Err(_) => prop_assert_eq!(&both, &before),
            }
            prop_assert_eq!(&both, &single);
            let asked = pair[0] + native::Field::from(2);
            if let Ok(proof) = both.non_membership(asked) {
                prop_assert!(proof.verify_of::<Plain>(asked, both.root()));
                prop_assert!(!proof.verify(asked, both.root()));
                let (layout, assignment) = run(|cs: &mut ConstraintSystem| {
                    let value: Field = cs.private("value", Some(&asked));
                    let root: Field = cs.public("root", Some(&both.root()));
                    let proof: NonMembership<2> = cs.private("proof", Some(&proof));
                    proof.assert_absent_in_plain(cs, "absent", value, root);
                });
                prop_assert_eq!(fault(&layout, &assignment), None);
            }
        }
    }
}

#[test]
fn the_same_value_twice_at_once_is_refused() {
    let mut set = IndexedTree::<2, Plain>::default();
    assert_eq!(set.insert_all(&[5.into(), 5.into()]), Err(IndexedError::Present));
    assert_eq!(set.insert_all(&[5.into(), 0.into()]), Err(IndexedError::Reserved));
    assert_eq!(set.insert_all(&[5.into(), 6.into()]), Ok(()));
    assert_eq!(set.insert_all(&[7.into(), 6.into()]), Err(IndexedError::Present));
    assert_eq!(set, {
        let mut set = IndexedTree::<2, Plain>::default();
        set.insert_all(&[5.into(), 6.into()]).unwrap();
        set
    });
}

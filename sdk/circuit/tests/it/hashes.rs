//! The Poseidon hash.

use std::collections::BTreeMap;

use dusk_poseidon::{Domain, Hash};
use dusk_sdk_circuit::{
    Assignment, BlsScalar, CheckError, ConstraintSystem, Field, Layout, check, expand, hash, native,
};
use proptest::prelude::*;

use crate::support::{assert_each_wire_is_bound, fault, field, recompute, run, without};

fn hashed(elements: &[BlsScalar]) -> (Layout, Assignment, BlsScalar) {
    let result = std::cell::Cell::new(BlsScalar::zero());
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| {
        let elements: Vec<Field> = elements.iter().map(|it| cs.private("x", Some(&(*it).into()))).collect();
        let digest = hash(cs, &elements);
        result.set(cs.value(digest.wire()).unwrap_or_default());
    });
    (layout, assignment, result.get())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn hashes_are_those_of_production(elements in proptest::collection::vec(field(), 1..14)) {
        let (layout, assignment, digest) = hashed(&elements);
        prop_assert_eq!(digest, Hash::digest(Domain::Other, &elements)[0]);
        let native: Vec<native::Field> = elements.iter().copied().map(Into::into).collect();
        prop_assert_eq!(native::hash(&native).scalar(), digest);
        prop_assert_eq!(fault(&layout, &assignment), None);
    }
}

#[test]
fn hashes_of_every_length_are_those_of_production() {
    for length in 1..=9 {
        let elements: Vec<BlsScalar> = (0..length).map(|it| -BlsScalar::from(it)).collect();
        let (layout, assignment, digest) = hashed(&elements);
        assert_eq!(digest, Hash::digest(Domain::Other, &elements)[0], "{length} elements");
        let native: Vec<native::Field> = elements.iter().copied().map(Into::into).collect();
        assert_eq!(native::hash(&native).scalar(), digest, "{length} elements");
        assert_eq!(fault(&layout, &assignment), None);
    }
}

/// Every row defines a wire of its own, from wires that are there; so nothing is left to a prover who cheats.
#[test]
fn every_wire_of_a_hash_is_defined_by_one_row() {
    let (layout, _, _) = hashed(&[3, 5, 7, 11, 13].map(BlsScalar::from));
    let mut known = 2 + 5;
    for row in &layout.rows {
        let new: Vec<_> = row.wires.iter().filter(|wire| wire.index() >= known).collect();
        assert_eq!(new.len(), 1, "a row defines one wire");
        assert_eq!(new[0].index(), known);
        let q = &layout.selectors[row.selectors as usize];
        let place = row.wires.iter().position(|wire| wire.index() == known).unwrap();
        assert!(place >= 2, "the new wire is no factor of a product");
        assert_eq!([q.output, q.fourth][place - 2], -BlsScalar::one());
        known += 1;
    }
    assert_eq!(known, layout.wires as usize);
}

/// Another value on any wire of a hash, and all that follows from it, is refused by the row that defines the wire, and
/// by no other.
#[test]
fn each_row_of_a_hash_refuses_by_its_name() {
    let (layout, assignment, _) = hashed(&[3, 5, 7, 11, 13].map(BlsScalar::from));
    let mut count = BTreeMap::new();
    for (at, row) in layout.rows.iter().enumerate() {
        let wire = row.wires.into_iter().max().unwrap();
        let mut forged = assignment.clone();
        forged.replace(wire, assignment.values()[wire.index()] + BlsScalar::one());
        recompute(&layout, &mut forged, wire);
        let Err(CheckError::Unsatisfied(fault)) = check(&layout, &forged) else { panic!("row {at} refuses nothing") };
        assert_eq!(fault.row, at);
        assert_eq!(check(&without(&layout, at), &forged), Ok(()), "row {at} is not the only one to refuse");
        *count.entry(fault.constraint).or_insert(0) += 1;
    }
    // Two permutations of 8 full and 60 partial rounds: three rows for each S-box, except those of the state that is
    // constant.
    let expected = [("S-box", 597), ("mix", 556), ("sum", 1)];
    assert_eq!(count, BTreeMap::from(expected.map(|(name, rows)| (name.to_owned(), rows))));
}

#[test]
fn a_short_hash_binds_each_wire() {
    let (layout, assignment, _) = hashed(&[BlsScalar::from(3)]);
    assert_each_wire_is_bound(&layout, &assignment);
}

/// Derived elements are the sponge's next elements, and contain nothing of the hash.
#[test]
fn derived_elements_are_those_of_production() {
    fn derived<const N: usize>(elements: &[BlsScalar]) -> usize {
        let native: Vec<native::Field> = elements.iter().copied().map(Into::into).collect();
        let expected = native::expand::<N>(&native);
        let mut sponge = Hash::new(Domain::Other);
        sponge.output_len(N);
        sponge.update(elements);
        assert_eq!(expected.map(|it| it.scalar()).to_vec(), sponge.finalize());
        if N > 1 {
            assert!(!expected.contains(&native::hash(&native)), "the number of results is in the tag");
        }
        let (layout, assignment) = run(|cs: &mut ConstraintSystem| {
            let elements: Vec<Field> = native.iter().map(|it| cs.private("x", Some(it))).collect();
            let results: [Field; N] = expand(cs, &elements);
            results.iter().for_each(|it| cs.expose(it.wire()));
        });
        assert_eq!(assignment.public(), expected.map(|it| it.scalar()));
        assert_eq!(fault(&layout, &assignment), None);
        layout.rows.len() - N
    }
    let elements: Vec<BlsScalar> = (0..6_u64).map(|it| -BlsScalar::from(it)).collect();
    assert_eq!(derived::<1>(&elements[..1]), 560);
    assert_eq!(derived::<2>(&elements[..1]), 562);
    assert_eq!(derived::<3>(&elements[..3]), 570);
    assert_eq!(derived::<4>(&elements[..4]), 579);
    assert_eq!(derived::<4>(&elements), 1163);
}

#[test]
fn derived_elements_bind_each_wire() {
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| {
        let x: Field = cs.private("x", Some(&3.into()));
        let _: [Field; 4] = expand(cs, &[x]);
    });
    assert_each_wire_is_bound(&layout, &assignment);
}

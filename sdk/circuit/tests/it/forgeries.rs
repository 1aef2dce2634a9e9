//! For the statements of gadgets: a bad witness each, which one row alone refuses, by its name.

use std::collections::BTreeSet;

use dusk_jubjub::{EDWARDS_D, JubJubAffine, JubJubScalar};
use dusk_poseidon::{Domain, Hash};
use dusk_sdk_circuit::native::IndexedTree;
use dusk_sdk_circuit::native::merkle::Tree;
use dusk_sdk_circuit::*;

use crate::credentials::example;
use crate::curve::{input, of_order_two};
use crate::support::{recompute, rows, without};
use crate::witnesses::{Build, f, of, with};

/// A bad witness: inputs that are wrong, or wires that a prover replaces.
struct Forgery {
    gadget: &'static str,
    build: Build,
    replace: fn(&Layout, &mut Assignment),
    /// The constraint that refuses it.
    constraint: &'static str,
}

/// Inputs that are wrong.
fn wrong((gadget, build): (&'static str, Build), constraint: &'static str) -> Forgery {
    Forgery { gadget, build, replace: |_, _| {}, constraint }
}

/// Wires that are replaced.
fn replaced(
    (gadget, build): (&'static str, Build),
    replace: fn(&Layout, &mut Assignment),
    constraint: &'static str,
) -> Forgery {
    Forgery { gadget, build, replace, constraint }
}

fn add(assignment: &mut Assignment, wire: Wire, more: impl Into<BlsScalar>) {
    assignment.replace(wire, assignment.values()[wire.index()] + more.into());
}

fn all() -> Vec<Forgery> {
    let families = [elements(), ranges(), numbers(), points(), amounts(), signatures(), credentials(), trees()];
    families.into_iter().flatten().collect()
}

/// The names of the constraints that refuse a forgery.
pub(crate) fn refusing_names() -> BTreeSet<&'static str> {
    all().iter().map(|forgery| forgery.constraint).collect()
}

/// The rows that are shown to be needed, by the names of their gadgets.
pub(crate) fn refusing_rows() -> BTreeSet<(&'static str, usize)> {
    let layouts = catalogue();
    let all = all().into_iter().map(|forgery| {
        let Forgery { gadget, build, replace, constraint } = forgery;
        let mut cs = ConstraintSystem::with_witness(gadget);
        build(&mut cs);
        let (layout, mut assignment) = cs.finish();
        let entry =
            layouts.iter().find(|it| it.name == gadget).unwrap_or_else(|| panic!("{gadget} is in no catalogue"));
        assert_eq!(layout.digest(), entry.layout.digest(), "{gadget} is built as the catalogue does");
        replace(&layout, &mut assignment);
        let Err(CheckError::Unsatisfied(fault)) = check(&layout, &assignment) else {
            panic!("{gadget}: what {constraint} should refuse passes");
        };
        assert_eq!(fault.constraint, constraint, "{gadget}");
        assert_eq!(
            check(&without(&layout, fault.row), &assignment),
            Ok(()),
            "{gadget}: not only {constraint} refuses it"
        );
        (gadget, fault.row)
    });
    all.collect()
}

#[test]
fn each_statement_has_a_witness_that_it_alone_refuses() {
    refusing_rows();
}

fn elements() -> Vec<Forgery> {
    // 2 for a bit, and the result that goes with it.
    let two = |place: usize| {
        let replace: fn(&Layout, &mut Assignment) = match place {
            0 => |layout, assignment| {
                add(assignment, layout.inputs[0].wires[0], 1);
                add(assignment, rows(layout, "and")[0][2], 1);
            },
            _ => |layout, assignment| {
                add(assignment, layout.inputs[0].wires[1], 1);
                add(assignment, rows(layout, "and")[0][2], 1);
            },
        };
        replaced(of!("and", Bool, [true, true], |cs, [a, b]| a.and(cs, b)), replace, "is a bit")
    };
    let is_zero = |value: u64| of!("is zero", Field, [f(value)], |cs, [a]| a.is_zero(cs));
    vec![
        wrong(of!("equality stated", Field, [f(3), f(4)], |cs, [a, b]| a.assert_eq(cs, "equal", b)), "equal"),
        wrong(of!("is not zero, stated", Field, [f(0)], |cs, [a]| a.assert_nonzero(cs, "not zero")), "not zero"),
        wrong(
            of!("is not equal, stated", Field, [f(3), f(3)], |cs, [a, b]| a.assert_ne(cs, "not equal", b)),
            "not equal",
        ),
        wrong(of!("bit", Field, [f(2)], |cs, [a]| Bool::constrain(cs, a.wire())), "is a bit"),
        two(0),
        two(1),
        replaced(
            is_zero(0),
            |layout, assignment| assignment.replace(rows(layout, "the inverse is fixed")[0][0], BlsScalar::zero()),
            "zero has no inverse",
        ),
        replaced(
            is_zero(7),
            |layout, assignment| {
                let [is, inverse, ..] = rows(layout, "the inverse is fixed")[0];
                assignment.replace(is, BlsScalar::one());
                assignment.replace(inverse, BlsScalar::zero());
            },
            "what has an inverse is not zero",
        ),
        replaced(
            is_zero(0),
            |layout, assignment| assignment.replace(rows(layout, "the inverse is fixed")[0][1], BlsScalar::from(5)),
            "the inverse is fixed",
        ),
    ]
}

fn ranges() -> Vec<Forgery> {
    let end = |bits: u64| native::Field::from(BlsScalar::pow_of_2(bits));
    let other = "fits into the bits of its type";
    vec![
        wrong(of!("range of 8 bits", Field, [end(8)], |cs, [a]| U8::constrain(cs, a)), "fits into 8 bits"),
        wrong(of!("range of 16 bits", Field, [end(16)], |cs, [a]| U16::constrain(cs, a)), "fits into 16 bits"),
        wrong(of!("range of 21 bits", Field, [end(21)], |cs, [a]| Unsigned::<21>::constrain(cs, a)), other),
        wrong(of!("range of 32 bits", Field, [end(32)], |cs, [a]| U32::constrain(cs, a)), "fits into 32 bits"),
        wrong(of!("range of 64 bits", Field, [end(64)], |cs, [a]| U64::constrain(cs, a)), "fits into 64 bits"),
        wrong(of!("range of 128 bits", Field, [end(128)], |cs, [a]| U128::constrain(cs, a)), "fits into 128 bits"),
        wrong(of!("range of 249 bits", Field, [end(249)], |cs, [a]| Unsigned::<249>::constrain(cs, a)), other),
        wrong(of!("range of 250 bits", Field, [end(250)], |cs, [a]| Unsigned::<250>::constrain(cs, a)), other),
        // The lowest bit of an odd width: 2, and 1 less above it.
        replaced(
            of!("range of 21 bits", Field, [f(7)], |cs, [a]| Unsigned::<21>::constrain(cs, a)),
            |layout, assignment| {
                let all = rows(layout, "fits into the bits of its type");
                let [_, bit, _, half] = all[all.len() - 2];
                // 7 is 2·2 + 3.
                add(assignment, bit, 2);
                add(assignment, half, -BlsScalar::one());
            },
            other,
        ),
    ]
}

fn numbers() -> Vec<Forgery> {
    let max = u64::MAX;
    let division =
        |values: [u64; 2]| of!("quotient and remainder of 64 bits", U64, values, |cs, [a, b]| a.div_rem(cs, b));
    let product = |values: [u128; 2]| of!("product of 128 bits", U128, values, |cs, [a, b]| a.mul(cs, b));
    vec![
        wrong(of!("less than, stated, 64 bits", U64, [5, 5], |cs, [a, b]| a.assert_lt(cs, "less", b)), "less"),
        wrong(of!("at most, stated, 64 bits", U64, [6, 5], |cs, [a, b]| a.assert_le(cs, "at most", b)), "at most"),
        wrong(of!("sum of 64 bits", U64, [max, 1], |cs, [a, b]| a.add(cs, b)), "fits into 64 bits"),
        wrong(of!("difference of 64 bits", U64, [5, 6], |cs, [a, b]| a.sub(cs, b)), "is not negative"),
        wrong(of!("product of 64 bits", U64, [1 << 32, 1 << 32], |cs, [a, b]| a.mul(cs, b)), "fits into 64 bits"),
        // The sum of both products is too large; the upper one is, and goes around the order of the field to a small
        // number.
        wrong(product([u128::MAX, 2]), "fits into 128 bits"),
        wrong(product([0x73ed_a753_299d_7d48_3339_d808_09a1_d806, u128::MAX]), "fits into 128 bits"),
        wrong(division([7, 0]), "the remainder is below the divisor"),
    ]
}

fn points() -> Vec<Forgery> {
    let g = native::Point::GENERATOR;
    let (p, q) = (g * &77.into(), g * &1234.into());
    let outside = JubJubAffine::from(p.extended() + of_order_two());
    let [u, v] = [outside.get_u(), outside.get_v()].map(native::Field::from);
    let largest = native::Scalar::from(-JubJubScalar::one()).field();
    let order = native::Field::from(largest.scalar() + BlsScalar::one());
    let scalar = |k: native::Field| with!("scalar", [k: Field = k], |cs| Scalar::constrain(cs, k));
    vec![
        wrong(with!("point", [u: Field = u, v: Field = v], |cs| Point::constrain(cs, u, v)), "is in the subgroup"),
        // A pair off the curve, and what the formulas of the curve make of it.
        replaced(
            with!("point", [u: Field = p.u(), v: Field = p.v()], |cs| Point::constrain(cs, u, v)),
            |layout, assignment| {
                let [mut u, mut v] = [3, 4].map(BlsScalar::from);
                for (name, value) in [("square of the abscissa", u), ("square of the ordinate", v)] {
                    let [wire, _, square, _] = rows(layout, name)[0];
                    assignment.replace(wire, value);
                    assignment.replace(square, value.square());
                }
                for row in [&rows(layout, "sum of points")[..], &rows(layout, "is in the subgroup")].concat().chunks(2)
                {
                    let (product, bend) = (u * v, EDWARDS_D * (u * v).square());
                    let below =
                        [BlsScalar::one() + bend, BlsScalar::one() - bend].map(|it| it.invert().expect("no zero"));
                    [u, v] = [product.double() * below[0], (u.square() + v.square()) * below[1]];
                    let [sum_u, sum_v, _, helper] = row[1];
                    [(sum_u, u), (sum_v, v), (helper, product)]
                        .into_iter()
                        .for_each(|(it, value)| assignment.replace(it, value));
                }
            },
            "is on the curve",
        ),
        wrong(scalar(order), "is below the order of the subgroup"),
        // The order of the subgroup less it is below 2^252.
        wrong(scalar(-f(1)), "fits into 252 bits"),
        wrong(
            with!("equality of points, stated", [x: Point = p, y: Point = q], |cs| x.assert_eq(cs, "equal", y)),
            "equal",
        ),
        wrong(
            with!("key ownership", [k: Scalar = 78.into(), key: Point = p], |cs| {
                k.assert_owns(cs, "owns the key", key);
            }),
            "owns the key",
        ),
    ]
}

fn amounts() -> Vec<Forgery> {
    let key = native::Point::GENERATOR * &41.into();
    let it = native::Ciphertext::encrypt(&key, 1000, &4242.into());
    let other = native::Ciphertext { first: key, ..it };
    let balance = |inputs: [u64; 4]| {
        with!(
            "balance of 8 amounts of 64 bits",
            [inputs: [U64; 4] = inputs.into(), outputs: [U64; 4] = [20, 1, 2, 3].into()],
            |cs| assert_balanced(cs, "balance", &inputs, &outputs)
        )
    };
    let encryption = |it: native::Ciphertext, amount: u64| {
        with!(
            "encryption of 64 bits",
            [it: Ciphertext = it, key: Point = key, amount: U64 = amount, randomness: Scalar = 4242.into()],
            |cs| it.assert_encrypts(cs, key, amount, randomness)
        )
    };
    vec![
        wrong(balance([5, 6, 7, 9]), "balance"),
        // The sum of all but some, which rows before the last make.
        replaced(
            balance([5, 6, 7, 9]),
            |layout, assignment| {
                let all = rows(layout, "balance");
                add(assignment, all[0][3], -BlsScalar::one());
                add(assignment, all[1][3], -BlsScalar::one());
            },
            "balance",
        ),
        replaced(
            balance([5, 6, 7, 9]),
            |layout, assignment| add(assignment, rows(layout, "balance")[1][3], -BlsScalar::one()),
            "balance",
        ),
        wrong(encryption(other, 1000), "the randomness is that of the ciphertext"),
        wrong(encryption(it, 1001), "the amount is what is encrypted"),
        wrong(
            with!(
                "decryption of 64 bits",
                [it: Ciphertext = it, secret_key: Scalar = 41.into(), amount: U64 = 1001],
                |cs| it.assert_decrypts(cs, secret_key, amount)
            ),
            "the amount is what is encrypted",
        ),
    ]
}

fn signatures() -> Vec<Forgery> {
    let verification = |it: native::Signature, key: native::Point| {
        with!("Schnorr verification", [it: Signature = it, key: Point = key, message: Field = f(8)], |cs| {
            it.assert_signs(cs, "signed", key, message);
        })
    };
    let (neutral, key) = (native::Point::IDENTITY, native::Point::GENERATOR * &41.into());
    let forged = native::Signature { u: 5.into(), r: native::Point::GENERATOR * &5.into() };
    // With the nonce zero the secret key is a quotient of what all know.
    let elements = [BlsScalar::zero(), BlsScalar::one(), key.u().scalar(), key.v().scalar(), BlsScalar::from(8)];
    let challenge = Hash::digest_truncated(Domain::Other, &elements)[0];
    let zero = native::Signature { u: (-(challenge * JubJubScalar::from(41_u64))).into(), r: neutral };
    vec![
        wrong(verification(native::Signature::sign(&41.into(), f(9)), key), "signed"),
        wrong(verification(forged, neutral), "the key is not the neutral point"),
        wrong(verification(zero, key), "the nonce is not zero"),
    ]
}

fn credentials() -> Vec<Forgery> {
    let set = |numbers: &[u64]| native::Set::<8>::new(numbers.iter().copied()).expect("the set has room");
    let countries = set(&[4, 40, 756]);
    let inside = countries.clone();
    vec![
        replaced(
            with!("leaf of a credential", [it: Credential = example()], |cs| it.leaf(cs)),
            |layout, assignment| {
                let numbers = rows(layout, "sum").last().expect("there is one")[3];
                add(assignment, numbers, 1);
                recompute(layout, assignment, numbers);
            },
            "sum",
        ),
        wrong(
            with!("holder of a credential", [it: Credential = example(), key: Scalar = 32.into()], |cs| {
                it.assert_held_by(cs, "held", key);
            }),
            "held",
        ),
        wrong(
            with!("age of a holder", [it: Credential = example(), day: U32 = 729_999], |cs| {
                it.assert_born_by(cs, "old enough", day);
            }),
            "old enough",
        ),
        wrong(
            with!("validity of a credential", [it: Credential = example(), day: U32 = 740_001], |cs| {
                it.assert_valid_on(cs, "valid", day);
            }),
            "valid",
        ),
        wrong(
            with!("level of accreditation", [it: Credential = example(), level: U8 = 3], |cs| {
                it.assert_accredited(cs, "level", level);
            }),
            "level",
        ),
        wrong(
            with!("in a set of 8", [it: U16 = 757, set: Set<8> = countries], |cs| {
                set.assert_contains(cs, "in the set", it);
            }),
            "in the set",
        ),
        wrong(
            with!("not in a set of 8", [it: U16 = 756, set: Set<8> = inside], |cs| {
                set.assert_lacks(cs, "not in the set", it);
            }),
            "not in the set",
        ),
    ]
}

fn trees() -> Vec<Forgery> {
    let mut tree = Tree::<1>::new();
    tree.insert(2, f(7)).expect("the tree has the place");
    tree.insert(3, f(8)).expect("the tree has the place");
    let (path, root) = (tree.opening(2).expect("there is a leaf"), tree.root());
    let member = |leaf: native::Field, root: native::Field| {
        let path = path.clone();
        with!("Merkle path, one level", [path: MerklePath<1> = path, ends: [Field; 2] = [leaf, root].into()], |cs| {
            path.assert_root(cs, "root", ends[0], ends[1]);
        })
    };
    let mut set = IndexedTree::<16>::new();
    for member in [10, 30, 20] {
        set.insert(f(member)).expect("the set has room");
    }
    let (non_membership, list) = (set.non_membership(f(15)).expect("it is not in the set"), set.root());
    let absent = |value: u64, list: native::Field| {
        let non_membership = non_membership.clone();
        with!("not in a list of 2^32", [it: NonMembership<16> = non_membership, ends: [Field; 2] = [f(value), list].into()], |cs| {
            it.assert_absent(cs, "absent", ends[0], ends[1]);
        })
    };
    vec![
        wrong(member(f(9), root), "the node is at its place"),
        wrong(member(f(7), f(1)), "root"),
        // The place 4: a number twice as far from the third as the fourth.
        replaced(
            member(f(9), root),
            |layout, assignment| {
                let low = layout.inputs[0].wires[4];
                assignment.replace(low, BlsScalar::from(2));
                recompute(layout, assignment, low);
            },
            "is a bit",
        ),
        wrong(absent(15, f(1)), "the neighbours are in the tree"),
        wrong(absent(5, list), "absent"),
        wrong(absent(25, list), "absent"),
        replaced(
            with!("nullifier", [inputs: [Field; 2] = [f(1), f(2)].into()], |cs| nullifier(cs, inputs[0], inputs[1])),
            |layout, assignment| {
                let domain = rows(layout, "constant")[0][0];
                add(assignment, domain, 1);
                recompute(layout, assignment, domain);
            },
            "constant",
        ),
    ]
}

//! Attempts to prove what is false, by alternatives that are right in the field and wrong as numbers.
//!
//! Each takes wires of an honest witness and puts another consistent set of values in their place: carries, quotients,
//! digits and halves that are beyond the type, or the same number plus the order.

use dusk_jubjub::JubJubScalar;
use dusk_sdk_circuit::*;

use crate::curve::input;
use crate::support::{fault, rows, run};

fn one() -> BlsScalar {
    BlsScalar::one()
}

fn value(assignment: &Assignment, wire: Wire) -> BlsScalar {
    assignment.values()[wire.index()]
}

/// Changes wires together, and gives the name of the constraint that refuses this.
fn refusal(layout: &Layout, assignment: &Assignment, changes: &[(Wire, BlsScalar)]) -> Option<String> {
    let mut forged = assignment.clone();
    changes.iter().for_each(|(wire, value)| forged.replace(*wire, *value));
    fault(layout, &forged)
}

#[test]
fn a_division_has_one_quotient() {
    let (layout, assignment) = run(|cs| {
        let [a, b] = [input::<U64>(cs, &1000), input(cs, &7)];
        let _ = a.div_rem(cs, b);
    });
    let [quotient, divisor, remainder, number] = rows(&layout, "quotient times divisor and remainder")[0];
    let seven = value(&assignment, divisor);
    // One less and seven more; and the quotient in the field, with nothing left.
    let less = [(quotient, value(&assignment, quotient) - one()), (remainder, value(&assignment, remainder) + seven)];
    assert!(refusal(&layout, &assignment, &less).is_some());
    let exact = value(&assignment, number) * seven.invert().unwrap();
    let around = [(quotient, exact), (remainder, BlsScalar::zero())];
    assert_eq!(refusal(&layout, &assignment, &around).as_deref(), Some("the quotient fits"));
}

#[test]
fn scalars_are_below_the_order() {
    let largest = -JubJubScalar::one();
    let order = native::Field::from(native::Scalar::from(largest).field().scalar() + one());
    for more in [0_u64, 1, 5, 1 << 40] {
        // `more` and the order: the same multiple of every point.
        let alias = native::Field::from(order.scalar() + BlsScalar::from(more));
        let (layout, assignment) = run(|cs| {
            let field = input::<Field>(cs, &alias);
            let _ = Scalar::constrain(cs, field);
        });
        assert!(fault(&layout, &assignment).is_some(), "{more} and the order");
    }
}

#[test]
fn bits_of_an_element_are_those_of_its_least_number() {
    // The number plus the order of the field has 255 bits as well.
    let (layout, assignment) = run(|cs| {
        let x = input::<Field>(cs, &native::Field::from(5));
        let _ = x.bits(cs);
    });
    let order_and_five: Vec<bool> = {
        // The order less one is −1.
        let mut limbs = [0_u64; 5];
        for (limb, bytes) in limbs.iter_mut().zip((-one()).to_bytes().as_chunks::<8>().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        limbs[0] += 6;
        (0..255).map(|place| limbs[place / 64] >> (place % 64) & 1 == 1).collect()
    };
    let bits: Vec<Wire> = rows(&layout, "is a bit").into_iter().map(|row| row[0]).collect();
    assert_eq!(bits.len(), 255);
    let mut forged = assignment;
    let mut changes: Vec<(Wire, BlsScalar)> = Vec::new();
    for (wire, bit) in bits.iter().zip(&order_and_five) {
        forged.replace(*wire, BlsScalar::from(u64::from(*bit)));
        changes.push((*wire, BlsScalar::from(u64::from(*bit))));
    }
    for wire in &bits {
        crate::support::recompute(&layout, &mut forged, *wire);
    }
    for (wire, bit) in changes {
        forged.replace(wire, bit);
    }
    assert!(fault(&layout, &forged).is_some(), "the order and five");
}

#[test]
fn places_of_a_set_that_are_not_taken_hold_no_number() {
    let set = native::Set::<8>::new([4, 40, 756]).unwrap();
    for number in [0_u64, 1, 2, 3, 5, u64::from(u32::MAX), u64::MAX] {
        let (layout, assignment) = run(|cs| {
            let set = input::<Set<8>>(cs, &set);
            let number = input::<U64>(cs, &number);
            set.assert_contains(cs, "in the set", number);
        });
        assert_eq!(fault(&layout, &assignment).as_deref(), Some("in the set"), "{number}");
        let (layout, assignment) = run(|cs| {
            let set = input::<Set<8>>(cs, &set);
            let number = input::<U64>(cs, &number);
            set.assert_lacks(cs, "not in the set", number);
        });
        assert_eq!(fault(&layout, &assignment), None, "{number}");
    }
}

#[test]
fn hashes_of_lists_of_different_lengths_differ() {
    let zero = native::Field::from(0);
    let x = native::Field::from(7);
    let lists: [&[native::Field]; 5] = [&[x], &[x, zero], &[x, zero, zero], &[zero, x], &[zero]];
    let hashes: Vec<native::Field> = lists.iter().map(|list| native::hash(list)).collect();
    for (at, hash) in hashes.iter().enumerate() {
        assert!(!hashes[at + 1..].contains(hash), "{:?}", lists[at]);
    }
}

#[test]
fn comparisons_at_the_borders() {
    let max = u64::MAX;
    for (a, b) in [(0, 0), (0, max), (max, 0), (max, max), (max - 1, max), (1, 0)] {
        let (layout, assignment) = run(|cs| {
            let [a, b] = [input::<U64>(cs, &a), input(cs, &b)];
            let less = a.lt(cs, b);
            let most = a.le(cs, b);
            cs.expose(less.wire());
            cs.expose(most.wire());
        });
        assert_eq!(fault(&layout, &assignment), None);
        let public = assignment.public();
        assert_eq!(public, [BlsScalar::from(u64::from(a < b)), BlsScalar::from(u64::from(a <= b))], "{a} {b}");
        // The other answer.
        let exposed: Vec<Wire> = layout.public_rows.iter().map(|row| layout.rows[*row as usize].wires[0]).collect();
        for wire in exposed {
            let other = one() - value(&assignment, wire);
            assert!(refusal(&layout, &assignment, &[(wire, other)]).is_some());
        }
    }
}

#[test]
fn a_product_of_128_bits_has_one_decomposition() {
    let (layout, assignment) = run(|cs| {
        let [a, b] = [input::<U128>(cs, &3), input(cs, &((1_u128 << 64) + 5))];
        let _ = a.mul(cs, b);
    });
    let halves = &rows(&layout, "the halves of a factor")[0];
    let b = layout.inputs[1].wires[0];
    let [high, low] = {
        let mut others = halves.iter().filter(|wire| **wire != b && **wire > Wire::ONE);
        [*others.next().unwrap(), *others.next().unwrap()]
    };
    let shift = BlsScalar::pow_of_2(64);
    for (more, name) in [(one(), "high"), (-one(), "low")] {
        let changes = [(high, value(&assignment, high) + more), (low, value(&assignment, low) - more * shift)];
        assert!(refusal(&layout, &assignment, &changes).is_some(), "{name}");
    }
}

#[test]
fn a_balance_does_not_wrap() {
    let max = u64::MAX;
    // 2^64 in two ways, and one that is right only modulo 2^64.
    for (inputs, outputs, holds) in [
        ([max, 1, 0, 0], [1 << 63, 1 << 63, 0, 0], true),
        ([max, 1, 0, 0], [0, 0, 0, 0], false),
        ([max, max, 2, 0], [0, 0, 0, 0], false),
        ([0, 0, 0, 0], [0, 0, 0, 0], true),
    ] {
        let (layout, assignment) = run(|cs| {
            let inputs = input::<[U64; 4]>(cs, &native::Array(inputs));
            let outputs = input::<[U64; 4]>(cs, &native::Array(outputs));
            assert_balanced(cs, "balance", &inputs, &outputs);
        });
        assert_eq!(fault(&layout, &assignment).is_none(), holds, "{inputs:?} {outputs:?}");
    }
}

#[test]
fn a_multiple_has_one_scalar_below_the_order() {
    let point = native::Point::GENERATOR * &77.into();
    for scalar in [0_u64, 1, 2] {
        let (layout, assignment) = run(|cs| {
            let point = input::<Point>(cs, &point);
            let scalar = input::<Scalar>(cs, &scalar.into());
            let multiple = point.mul(cs, scalar);
            cs.expose(multiple.u().wire());
            cs.expose(multiple.v().wire());
        });
        assert_eq!(fault(&layout, &assignment), None);
        let expected = point * &scalar.into();
        assert_eq!(assignment.public(), [expected.u().scalar(), expected.v().scalar()]);
        let scalar = layout.inputs[1].wires[0];
        for more in [one(), -one(), BlsScalar::from(8), BlsScalar::pow_of_2(251)] {
            assert!(refusal(&layout, &assignment, &[(scalar, value(&assignment, scalar) + more)]).is_some());
        }
    }
}

#[test]
fn a_position_beyond_the_tree_is_none() {
    let mut tree = native::merkle::Tree::<2>::new();
    tree.insert(3, native::Field::from(9)).unwrap();
    let path = tree.opening(3).unwrap();
    let (layout, assignment) = run(|cs| {
        let path = input::<MerklePath<2>>(cs, &path);
        let position = path.position(cs);
        cs.expose(position.wire());
    });
    assert_eq!(assignment.public(), [BlsScalar::from(3)]);
    let exposed = layout.rows[layout.public_rows[0] as usize].wires[0];
    for position in [0_u64, 4, 16, 19] {
        assert!(refusal(&layout, &assignment, &[(exposed, BlsScalar::from(position))]).is_some(), "{position}");
    }
}

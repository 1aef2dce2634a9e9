//! Rows that hold whatever the inputs are, because each only defines a value that no other row uses.
//!
//! A circuit that hashes its inputs and then forgets to compare the hash states nothing of them, though its rows read
//! them. Such rows are found from the end of a computation: a linear row whose result nothing else uses can be left
//! out, and then the rows that make what it read.
//!
//! Ranges, logic, comparisons, and multiples of fixed points are not left out: that there is a result may itself be
//! what is stated.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::rules::Engine;
use super::uses::stated;
use crate::layout::{GateKind, Wire};

/// The rows that state nothing of the inputs.
pub(super) fn vacuous(engine: &mut Engine<'_>, inputs: &BTreeSet<Wire>) -> BTreeSet<u32> {
    in_order(engine, inputs).into_iter().map(|(row, _)| row).collect()
}

/// These rows, each with the wires that it defines. Only rows before it in the list use these.
fn in_order(engine: &mut Engine<'_>, inputs: &BTreeSet<Wire>) -> Vec<(u32, Vec<Wire>)> {
    let layout = engine.layout;
    let rows = u32::try_from(layout.rows.len()).unwrap_or(u32::MAX);
    let mut readers: Vec<usize> = (0..layout.wires).map(|wire| engine.uses.of(Wire(wire)).len()).collect();
    let (mut order, mut found) = (Vec::new(), BTreeSet::new());
    // Mostly a result comes after what it is made of.
    let mut next: Vec<u32> = (0..rows).collect();
    while let Some(row) = next.pop() {
        if found.contains(&row) {
            continue;
        }
        let Some(own) = defined(engine, row, |wire| !inputs.contains(&wire) && readers[wire.index()] == 1) else {
            continue;
        };
        found.insert(row);
        order.push((row, own));
        for wire in stated(layout, row as usize) {
            readers[wire.index()] -= 1;
            if readers[wire.index()] == 1 {
                next.extend(engine.uses.of(wire).iter().filter(|it| !found.contains(it)));
            }
        }
    }
    order
}

/// Wires of a row's own with which it holds for all values of its others; nothing where there are none. A row that
/// holds for all values needs none.
fn defined(engine: &mut Engine<'_>, row: u32, is_own: impl Fn(Wire) -> bool) -> Option<Vec<Wire>> {
    let [a, b, c, d] = engine.row(row).wires;
    match engine.kind(row) {
        GateKind::Arithmetic if engine.layout.public_rows.binary_search(&row).is_err() => {
            let q = engine.selectors(row);
            let zero = BlsScalar::zero();
            let mut factors: BTreeMap<Wire, BlsScalar> = BTreeMap::new();
            for (wire, factor) in [(a, q.left), (b, q.right), (c, q.output), (d, q.fourth)] {
                *factors.entry(wire).or_insert(zero) += factor;
            }
            factors.retain(|wire, factor| *wire != Wire::ZERO && *factor != zero);
            let is_product = q.multiply != zero && a != Wire::ZERO && b != Wire::ZERO;
            if !is_product && factors.is_empty() {
                return (q.constant == zero).then(Vec::new);
            }
            let in_product = |wire: Wire| is_product && (wire == a || wire == b);
            let own = factors.into_keys().find(|wire| *wire > Wire::ONE && !in_product(*wire) && is_own(*wire))?;
            Some(alloc::vec![own])
        }
        // The law of addition is complete: there is one sum for all points of the curve.
        GateKind::CurveAdd => {
            let [u, v, _, helper] = engine.ahead(row);
            let own = [u, v, helper];
            let given = BTreeSet::from([a, b, c, d]);
            let is_new = |wire: &Wire| *wire > Wire::ONE && !given.contains(wire) && is_own(*wire);
            let is_made = own.iter().all(is_new) && BTreeSet::from(own).len() == own.len();
            let is_sum = is_made && [(a, b), (c, d)].into_iter().all(|pair| engine.point(pair, 0).is_some());
            is_sum.then(|| own.into())
        }
        GateKind::Idle
        | GateKind::Arithmetic
        | GateKind::Range
        | GateKind::And
        | GateKind::Xor
        | GateKind::FixedAdd => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Assignment, ConstraintSystem, Field, Gate, Layout, native};

    const INPUTS: usize = 3;
    const HINTS: usize = 5;

    /// The wires of a row, and small factors: of the product, of each wire, and a constant.
    type Rule = ([usize; 4], [i8; 6]);

    fn scalar(number: i8) -> BlsScalar {
        let size = BlsScalar::from(u64::from(number.unsigned_abs()));
        if number < 0 { -size } else { size }
    }

    fn circuit(rules: &[Rule]) -> (Layout, Assignment) {
        let mut cs = ConstraintSystem::with_witness("random");
        let value = |number: usize| native::Field::from(number as u64 + 5);
        let mut all = alloc::vec![Wire::ZERO, Wire::ONE];
        all.extend((0..INPUTS).map(|number| cs.private::<Field>("input", Some(&value(number))).wire()));
        all.extend((0..HINTS).map(|_| cs.hint([], |[]| BlsScalar::zero())));
        for (wires, [product, left, right, output, fourth, constant]) in rules {
            let [a, b, c, d] = wires.map(|it| all[it]);
            let gate = Gate::new().ab(a, b, scalar(*product)).a(a, scalar(*left)).b(b, scalar(*right));
            cs.gate("row", gate.c(c, scalar(*output)).d(d, scalar(*fourth)).constant(scalar(*constant)));
        }
        cs.finish()
    }

    /// The value of a row that should be zero, and the factor of a wire in it.
    fn row(layout: &Layout, assignment: &Assignment, row: u32, of: Wire) -> (BlsScalar, BlsScalar) {
        let at = &layout.rows[row as usize];
        let q = &layout.selectors[at.selectors as usize];
        let [a, b, c, d] = at.wires.map(|wire| assignment.values()[wire.index()]);
        let sum = q.multiply * a * b + q.left * a + q.right * b + q.output * c + q.fourth * d + q.constant;
        let linear = at.wires.into_iter().zip([q.left, q.right, q.output, q.fourth]);
        (sum, linear.filter(|(wire, _)| *wire == of).fold(BlsScalar::zero(), |sum, (_, factor)| sum + factor))
    }

    proptest! {
        #[test]
        fn rows_that_are_left_out_hold_with_any_inputs(
            rules in prop::collection::vec(
                (prop::array::uniform4(0..2 + INPUTS + HINTS), prop::array::uniform6(prop_oneof![3 => Just(0), 2 => -2i8..3])),
                1..9,
            ),
            inputs in prop::array::uniform3(any::<u64>()),
        ) {
            let (layout, mut assignment) = circuit(&rules);
            let given: BTreeSet<Wire> = layout.inputs.iter().flat_map(|input| input.wires.clone()).collect();
            let order = in_order(&mut Engine::new(&layout), &given);
            given.iter().zip(inputs).for_each(|(wire, value)| assignment.replace(*wire, BlsScalar::from(value)));
            for (number, own) in order.iter().rev() {
                if let [own] = own.as_slice() {
                    let (sum, factor) = row(&layout, &assignment, *number, *own);
                    assignment.replace(*own, assignment.values()[own.index()] - sum * factor.invert().unwrap());
                }
            }
            for (number, _) in &order {
                prop_assert_eq!(row(&layout, &assignment, *number, Wire::ZERO).0, BlsScalar::zero(), "row {}", number);
            }
        }
    }
}

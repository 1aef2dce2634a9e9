//! Circuits to prove.

use dusk_jubjub::{GENERATOR, JubJubAffine, JubJubExtended};
use dusk_sdk_circuit::{Assignment, BlsScalar, ConstraintSystem, Gate, Layout, Wire};

/// A circuit with all kinds of rows and two public inputs, and its wires for a witness. There are at least `rows` rows.
pub(crate) fn every_kind(seed: u64, rows: usize) -> (Layout, Assignment) {
    let build = |mut cs: ConstraintSystem| {
        let number = BlsScalar::from;
        let one = number(1);
        let x = cs.input_wire(Some(number(seed)));
        let square = cs.hint([x], |[x]| x.square());
        cs.gate("square", Gate::new().ab(x, x, one).c(square, -one));
        cs.expose(square);
        range(&mut cs, 0b11_01_10_00);
        logic(&mut cs, true);
        logic(&mut cs, false);
        additions(&mut cs);
        let sum = cs.hint([x, square], |[x, y]| x + y + number(7));
        cs.gate("sum", Gate::new().a(x, one).b(square, one).constant(number(7)).d(sum, -one));
        cs.expose(sum);
        let mut last = sum;
        while cs.rows() < rows {
            let next = cs.hint([last, x], |[last, x]| last * x + number(3));
            cs.gate("step", Gate::new().ab(last, x, one).constant(number(3)).c(next, -one));
            last = next;
        }
        cs.finish()
    };
    let layout = build(ConstraintSystem::new("every kind")).0;
    let (built, assignment) = build(ConstraintSystem::with_witness("every kind"));
    assert_eq!(layout.digest(), built.digest());
    (layout, assignment)
}

/// Eight bits as digits of base 4, two rows.
fn range(cs: &mut ConstraintSystem, value: u64) {
    let accumulated = |digits: u32| BlsScalar::from(value >> (8 - 2 * digits));
    let [first, second, third, all] = [1, 2, 3, 4].map(|digits| cs.hint([], |[]| accumulated(digits)));
    cs.gate("range", Gate::range([third, second, first, Wire::ZERO]));
    cs.gate("range end", Gate::idle([Wire::ZERO, Wire::ZERO, Wire::ZERO, all]));
}

/// The AND or XOR of two digits.
fn logic(cs: &mut ConstraintSystem, and: bool) {
    let (x, y) = (2u64, 3u64);
    let z = if and { x & y } else { x ^ y };
    let [a, b, product, result] = [x, y, x * y, z].map(|it| cs.hint([], |[]| BlsScalar::from(it)));
    let wires = [Wire::ZERO, Wire::ZERO, product, Wire::ZERO];
    cs.gate("logic", if and { Gate::and(wires) } else { Gate::xor(wires) });
    cs.gate("logic end", Gate::idle([a, b, Wire::ZERO, result]));
}

/// The generator added to itself, once as a fixed point and once as a point.
fn additions(cs: &mut ConstraintSystem) {
    let point = GENERATOR;
    let sum = JubJubAffine::from(JubJubExtended::from(point) + JubJubExtended::from(point));
    let (u, v) = (point.get_u(), point.get_v());
    let [x, y, product, sum_x, sum_y] = [u, v, u * v, sum.get_u(), sum.get_v()].map(|it| cs.hint([], |[]| it));
    cs.gate("fixed", Gate::fixed_add([x, y, product, Wire::ZERO], &point));
    cs.gate("fixed end", Gate::idle([sum_x, sum_y, Wire::ZERO, Wire::ONE]));
    cs.gate("addition", Gate::curve_add([x, y, x, y]));
    cs.gate("addition end", Gate::idle([sum_x, sum_y, Wire::ZERO, product]));
}

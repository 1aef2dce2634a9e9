//! Gadgets of `dusk-plonk` 0.22 that can be forged, rebuilt row for row, so that the audit can be tried on them.

use dusk_jubjub::{JubJubAffine, JubJubExtended, JubJubScalar};
use dusk_sdk_circuit::*;

pub(crate) fn one() -> BlsScalar {
    BlsScalar::one()
}

pub(crate) fn field(cs: &mut ConstraintSystem, name: &str, value: impl Into<BlsScalar>) -> Wire {
    cs.private::<Field>(name, Some(&native::Field::from(value.into()))).wire()
}

pub(crate) fn assert_equal(cs: &mut ConstraintSystem, a: Wire, b: Wire) {
    cs.gate("equal", Gate::new().a(a, one()).b(b, -one()));
}

/// Bits of the integer that a field element is, least significant first.
fn bits(value: &BlsScalar) -> [u8; 256] {
    value.to_bits()
}

/// `append_logic_and` and `append_logic_xor`. The accumulators at the end are bound to the inputs only where it is
/// `fixed`.
pub(crate) fn logic(cs: &mut ConstraintSystem, [a, b]: [Wire; 2], digits: usize, xor: bool, fixed: bool) -> Wire {
    let digit = move |value: &BlsScalar, i: usize| {
        let bits = bits(value);
        let at = 2 * (digits - 1 - i);
        u64::from(bits[at]) + 2 * u64::from(bits[at + 1])
    };
    let four = BlsScalar::from(4);
    let operation = move |x: u64, y: u64| if xor { x ^ y } else { x & y };
    let [mut left, mut right, mut out] = [Wire::ZERO; 3];
    for i in 0..digits {
        let [l, r, o, product] = cs.hints([a, b, left, right, out], |[a, b, left, right, out]| {
            let (x, y) = (digit(&a, i), digit(&b, i));
            [
                left * four + BlsScalar::from(x),
                right * four + BlsScalar::from(y),
                out * four + BlsScalar::from(operation(x, y)),
                BlsScalar::from(x * y),
            ]
        });
        let wires = [left, right, product, out];
        cs.gate("logic", if xor { Gate::xor(wires) } else { Gate::and(wires) });
        (left, right, out) = (l, r, o);
    }
    cs.gate("logic", Gate::idle([left, right, Wire::ZERO, out]));
    if fixed {
        assert_equal(cs, left, a);
        assert_equal(cs, right, b);
    }
    out
}

/// `component_decomposition`.
pub(crate) fn decomposition(cs: &mut ConstraintSystem, scalar: Wire, count: usize) -> Vec<Wire> {
    let mut sum = Wire::ZERO;
    let found = (0..count)
        .map(|i| {
            let bit = cs.hint([scalar], |[scalar]| BlsScalar::from(u64::from(bits(&scalar)[i])));
            cs.gate("is a bit", Gate::new().ab(bit, bit, one()).c(bit, -one()));
            let weight = BlsScalar::pow_of_2(i as u64);
            let next = cs.hint([sum, bit], |[sum, bit]| sum + weight * bit);
            cs.gate("sum of bits", Gate::new().a(bit, weight).b(sum, one()).c(next, -one()));
            sum = next;
            bit
        })
        .collect();
    assert_equal(cs, sum, scalar);
    found
}

/// `component_range`, for a multiple of eight bits.
pub(crate) fn range(cs: &mut ConstraintSystem, wire: Wire, rows: usize) {
    let mut before = Wire::ZERO;
    for row in 0..rows {
        let accumulator = |cs: &mut ConstraintSystem, digits: usize| {
            cs.hint([wire], |[value]| {
                let bits = bits(&value);
                let low = 8 * rows - 2 * digits;
                (low..8 * rows)
                    .rev()
                    .fold(BlsScalar::zero(), |sum, i| sum.double() + BlsScalar::from(u64::from(bits[i])))
            })
        };
        let d = before;
        let [c, b, a, next] = [1, 2, 3, 4].map(|i| accumulator(cs, 4 * row + i));
        cs.gate("range", Gate::range([a, b, c, d]));
        before = next;
    }
    cs.gate("range", Gate::idle([Wire::ZERO, Wire::ZERO, Wire::ZERO, before]));
    assert_equal(cs, before, wire);
}

/// `component_mul_generator`. Where it is `fixed`, the accumulator after three digits is zero.
pub(crate) fn mul_generator(
    cs: &mut ConstraintSystem,
    scalar: Wire,
    generator: JubJubExtended,
    fixed: bool,
) -> [Wire; 2] {
    let mut multiples = vec![generator; 256];
    for i in 1..256 {
        multiples[i] = multiples[i - 1].double();
    }
    multiples.reverse();
    let value = cs.value(scalar).expect("a witness");
    let digits = JubJubScalar::from_bytes(&value.to_bytes()).expect("a scalar").compute_windowed_naf(2);
    let (mut point, mut sum) = (JubJubExtended::identity(), BlsScalar::zero());
    let [mut u, mut v, mut d] = cs.hints([], |[]| [BlsScalar::zero(), one(), BlsScalar::zero()]);
    for (wire, value) in [(u, BlsScalar::zero()), (v, one()), (d, BlsScalar::zero())] {
        cs.gate("start", Gate::new().a(wire, -one()).constant(value));
    }
    let mut third = d;
    for (i, multiple) in multiples.iter().enumerate() {
        let digit = digits[255 - i];
        let multiple = JubJubAffine::from(*multiple);
        let (sign, addend) = match digit {
            0 => (BlsScalar::zero(), JubJubAffine::identity()),
            1 => (one(), multiple),
            _ => (-one(), -multiple),
        };
        let product = cs.hint([], |[]| addend.get_u() * addend.get_v());
        cs.gate("step", Gate::fixed_add([u, v, product, d], &multiple));
        point += JubJubExtended::from(addend);
        sum = sum.double() + sign;
        let affine = JubJubAffine::from(point);
        [u, v, d] = cs.hints([], |[]| [affine.get_u(), affine.get_v(), sum]);
        if i == 2 {
            third = d;
        }
    }
    cs.gate("end", Gate::new().a(u, BlsScalar::zero()).b(v, BlsScalar::zero()).d(d, BlsScalar::zero()));
    assert_equal(cs, d, scalar);
    if fixed {
        cs.gate("three digits make zero", Gate::new().a(third, one()));
    }
    [u, v]
}

/// `component_add_point`.
pub(crate) fn add_points(cs: &mut ConstraintSystem, [a, b]: [Wire; 2], [c, d]: [Wire; 2]) -> [Wire; 2] {
    let [u, v, product] = cs.hints([a, b, c, d], |[a, b, c, d]| {
        let sum = JubJubExtended::from(JubJubAffine::from_raw_unchecked(a, b))
            + JubJubExtended::from(JubJubAffine::from_raw_unchecked(c, d));
        let sum = JubJubAffine::from(sum);
        [sum.get_u(), sum.get_v(), a * d]
    });
    cs.gate("addition", Gate::curve_add([a, b, c, d]));
    cs.gate("addition", Gate::idle([u, v, Wire::ZERO, product]));
    [u, v]
}

/// The curve's equation, which `append_point` leaves out.
pub(crate) fn on_curve(cs: &mut ConstraintSystem, [u, v]: [Wire; 2]) {
    let [uu, vv] = cs.hints([u, v], |[u, v]| [u * u, v * v]);
    cs.gate("u²", Gate::new().ab(u, u, one()).c(uu, -one()));
    cs.gate("v²", Gate::new().ab(v, v, one()).c(vv, -one()));
    let equation = Gate::new().ab(uu, vv, dusk_jubjub::EDWARDS_D).a(uu, one()).b(vv, -one()).constant(one());
    cs.gate("on the curve", equation);
}

/// Wires that something uses, so that the audit looks at them.
pub(crate) fn touch(cs: &mut ConstraintSystem, wires: &[Wire]) {
    for wire in wires {
        let copy = cs.hint([*wire], |[value]| value);
        cs.gate("used", Gate::new().a(*wire, one()).c(copy, -one()));
    }
}

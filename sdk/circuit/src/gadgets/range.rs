//! Ranges: a value is below a power of two.

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::{GateKind, Wire};
use crate::native;
use crate::value::{Bool, Field};

/// The largest width of a range: sums and differences of numbers with so many bits stay far below the order of the
/// field.
pub(crate) const MAX_BITS: usize = 250;

/// The number `value >> by`.
pub(crate) fn shifted(value: &BlsScalar, by: usize) -> BlsScalar {
    let mut limbs = limbs(value);
    let (words, bits) = (by / 64, by % 64);
    for i in 0..4 {
        let low = limbs.get(i + words).copied().unwrap_or(0);
        let high = limbs.get(i + words + 1).copied().unwrap_or(0);
        limbs[i] = if bits == 0 { low } else { (low >> bits) | (high << (64 - bits)) };
    }
    BlsScalar::from_raw(limbs)
}

/// The lowest bits of the number `value >> by`.
pub(crate) fn part(value: &BlsScalar, by: usize, bits: usize) -> BlsScalar {
    let whole = shifted(value, by);
    whole - shifted(&whole, bits) * power(bits)
}

/// The number, least significant limb first.
pub(crate) fn limbs(value: &BlsScalar) -> [u64; 4] {
    let bytes = value.to_bytes();
    core::array::from_fn(|i| (0..8).rev().fold(0, |limb, byte| (limb << 8) | u64::from(bytes[8 * i + byte])))
}

/// 2 to this power, which is at most 254.
pub(crate) fn power(exponent: usize) -> BlsScalar {
    let mut limbs = [0; 4];
    limbs[exponent / 64] = 1 << (exponent % 64);
    BlsScalar::from_raw(limbs)
}

/// Asserts that the value of a wire is below 2 to the power `bits`, at most 254. Rows for an even number of bits: one
/// for each 8 bits or part of them, and one. An odd number takes one more than the even number below it; a single bit
/// takes one row.
///
/// The range gate constrains the base-4 digits of the value, with an accumulator that starts at 0. The accumulators are
/// integers below the order of the field, so the digits are unique. An odd width has a separate lowest bit.
#[track_caller]
pub(crate) fn assert_bits(cs: &mut ConstraintSystem, name: &'static str, wire: Wire, bits: usize) {
    bounded(cs, name, wire, bits, Gate::idle([Wire::ZERO, Wire::ZERO, Wire::ZERO, wire]));
}

/// Returns a sum of at most three terms, and asserts that it is below 2 to the power `bits`. The row that defines the
/// sum is the last one of the range, so it is free for even widths.
#[track_caller]
pub(crate) fn bounded_sum(cs: &mut ConstraintSystem, name: &'static str, sum: Linear, bits: usize) -> Field {
    let (gate, wire) = sum.shortened(cs, name, 3).define(cs);
    bounded(cs, name, wire, bits, gate);
    Field::from_wire(wire)
}

/// The range of `wire`; the wire is `d` of the row `last`, which follows the range.
#[track_caller]
pub(crate) fn bounded(cs: &mut ConstraintSystem, name: &'static str, wire: Wire, bits: usize, last: Gate) {
    assert!((1..=254).contains(&bits), "a range of {bits} bits: it must have between 1 and 254");
    let one = BlsScalar::one();
    if bits.is_multiple_of(2) {
        chain(cs, name, wire, bits / 2);
        cs.gate(name, last);
        return;
    }
    if last.selectors.kind != GateKind::Idle {
        cs.gate(name, last);
    }
    if bits == 1 {
        cs.gate(name, Gate::new().ab(wire, wire, one).a(wire, -one));
        return;
    }
    let [half, bit] = cs.hints([wire], |[value]| [shifted(&value, 1), part(&value, 0, 1)]);
    chain(cs, name, half, (bits - 1) / 2);
    cs.gate(name, Gate::new().a(wire, -one).b(bit, one).d(half, BlsScalar::from(2)));
    cs.gate(name, Gate::new().ab(bit, bit, one).a(bit, -one));
}

/// The range rows that bind a wire to so many base-4 digits. The next row must have the wire as its `d`.
#[track_caller]
fn chain(cs: &mut ConstraintSystem, name: &'static str, wire: Wire, digits: usize) {
    let rows = digits.div_ceil(4);
    // The digits before the first one are zero.
    let leading = 4 * rows - digits;
    let mut accumulator = |place: usize| {
        let taken = place.saturating_sub(leading);
        if taken == 0 { Wire::ZERO } else { cs.hint([wire], |[value]| shifted(&value, 2 * (digits - taken))) }
    };
    let mut all = alloc::vec::Vec::with_capacity(4 * rows);
    (0..4 * rows).for_each(|place| all.push(accumulator(place)));
    for row in all.chunks_exact(4) {
        cs.gate(name, Gate::range([row[3], row[2], row[1], row[0]]));
    }
}

/// The bits of a value, least significant first. The decomposition asserts that the value is below 2 to the power `N`.
/// Three rows for each two bits.
#[track_caller]
pub(crate) fn bits<const N: usize>(cs: &mut ConstraintSystem, name: &'static str, wire: Wire) -> [Bool; N] {
    let bits = core::array::from_fn(|place| {
        let bit = cs.hint([wire], |[value]| part(&value, place, 1));
        Bool::constrain(cs, bit)
    });
    sum_of_bits(&bits).term(wire, -BlsScalar::one()).assert_zero(cs, name);
    bits
}

/// The number with these bits, least significant first.
pub(crate) fn sum_of_bits(bits: &[Bool]) -> Linear {
    bits.iter().enumerate().fold(Linear::new(), |sum, (place, bit)| sum.term(bit.wire(), power(place)))
}

/// A number as `high·2^128 + low`, both below 2^128.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Halves {
    pub(crate) high: Wire,
    pub(crate) low: Wire,
}

impl Halves {
    /// The order of the field.
    #[track_caller]
    pub(crate) fn order(cs: &mut ConstraintSystem) -> Self {
        // The order is −1 plus 1.
        let [high, low] = halves(&-BlsScalar::one());
        Self { high: cs.constant(high), low: cs.constant(low + BlsScalar::one()) }
    }

    /// Splits a field element. 34 rows. The number may be the element, or the element plus one or two times the order
    /// of the field, until [`Halves::assert_below`] compares it.
    #[track_caller]
    pub(crate) fn split(cs: &mut ConstraintSystem, name: &'static str, value: Wire) -> Self {
        let [high, low] = cs.hints([value], |[value]| halves(&value));
        assert_bits(cs, name, high, 128);
        let gate = Gate::new().a(value, -BlsScalar::one()).b(high, power(128)).d(low, BlsScalar::one());
        bounded(cs, name, low, 128, gate);
        Self { high, low }
    }

    /// Asserts that the number is below another. 35 rows.
    ///
    /// Schoolbook subtraction with borrow: `below.low + 2^128·borrow − low − 1` and `below.high − borrow − high` are
    /// below 2^128. They are the digits of `below − number − 1`, which is therefore not negative. The borrow is a bit,
    /// and the range of the lower digit determines it.
    #[track_caller]
    pub(crate) fn assert_below(self, cs: &mut ConstraintSystem, name: &'static str, below: Self) {
        let one = BlsScalar::one();
        let borrow = cs.hint([self.low, below.low], |[low, below]| {
            // A negative difference of two numbers below 2^128 is far larger than every other difference.
            if shifted(&(below - low - one), 128) == BlsScalar::zero() { BlsScalar::zero() } else { one }
        });
        cs.gate(name, Gate::new().ab(borrow, borrow, one).a(borrow, -one));
        let low = Linear::new()
            .term(below.low, one)
            .term(self.low, -one)
            .term(borrow, power(128))
            .constant(-native::Field::from(1));
        bounded_sum(cs, name, low, 128);
        let high = Linear::new().term(below.high, one).term(self.high, -one).term(borrow, -one);
        bounded_sum(cs, name, high, 128);
    }
}

fn halves(value: &BlsScalar) -> [BlsScalar; 2] {
    [shifted(value, 128), part(value, 0, 128)]
}

//! Multiples of points that are not constants.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::JubJubExtended;
use zeroize::Zeroizing;

use super::{add_rows, bit, trace, value};
use crate::constraint_system::ConstraintSystem;
use crate::gadgets::Linear;
use crate::gadgets::range::{part, shifted};
use crate::gate::Gate;
use crate::layout::Wire;
use crate::value::{Bool, Field, Point};

/// 1/2 and 1/3. Each digit needs the half, and computing an inverse takes as long as a hundred rows.
const HALF: BlsScalar =
    BlsScalar::from_raw([0x7fff_ffff_8000_0001, 0xa9de_d201_7fff_2dff, 0x199c_ec04_04d0_ec02, 0x39f6_d3a9_94ce_bea4]);
const THIRD: BlsScalar =
    BlsScalar::from_raw([0xaaaa_aaaa_0000_0001, 0xe27e_6d57_5554_3d54, 0xccd1_3ab0_066b_e558, 0x4d49_1a37_7113_a8da]);

/// The multiples of the point that a digit selects from.
struct Table {
    /// The point, and three times it.
    once: Point,
    thrice: Point,
    /// A third of the abscissa of three times the point. Plus `to_once_u`, it is the abscissa of the point.
    third: Field,
    to_once_u: Field,
    /// Plus the ordinate of three times the point, it is the ordinate of the point.
    to_once_v: Field,
}

impl Table {
    #[track_caller]
    fn new(cs: &mut ConstraintSystem, once: Point) -> Self {
        let thrice = once.double(cs).add(cs, once);
        let third = cs.hint([thrice.u], |[u]| u * THIRD);
        let third = Field::from_wire(third);
        Linear::new().plus(third, 3).minus(thrice.u(), 1).assert_zero(cs, "third of an abscissa");
        let to_once_u = once.u().sub(cs, third);
        let to_once_v = once.v().sub(cs, thrice.v());
        Self { once, thrice, third, to_once_u, to_once_v }
    }

    /// `(2·digit − 3)` times the point, for a digit 0, 1, 2 or 3. Four rows.
    #[track_caller]
    fn choose(&self, cs: &mut ConstraintSystem, digit: Wire) -> Point {
        let (one, two, three) = (BlsScalar::one(), BlsScalar::from(2), BlsScalar::from(3));
        // digit·(3 − digit) is 2 for the digits 1 and 2, and 0 for 0 and 3.
        let is_once = cs.hint([digit], |[q]| q * (three - q) * HALF);
        cs.gate("which multiple", Gate::new().ab(digit, digit, one).a(digit, -three).c(is_once, two));
        let is_once = Field::from_wire(is_once);
        let v = is_once.mul_add(cs, self.to_once_v, self.thrice.v());
        let size = is_once.mul_add(cs, self.to_once_u, self.third).wire();
        let u = cs.hint([digit, size], |[q, size]| (two * q - three) * size);
        cs.gate("abscissa with its sign", Gate::new().ab(digit, size, two).b(size, -three).c(u, -one));
        Point { u, v: v.wire() }
    }
}

/// `scalar · point` for a number below 2 to the power `bits`, which is even and between 4 and 252; odd widths take one
/// bit more. See [`Point::mul`].
#[track_caller]
pub(crate) fn multiply(cs: &mut ConstraintSystem, point: Point, scalar: Wire, bits: usize) -> Point {
    assert!((1..=252).contains(&bits), "a multiplier of {bits} bits: it must have between 1 and 252");
    let digits = (bits.max(4).div_ceil(2)) - 1;
    let name = "digits of the multiplier";
    let [low, top] = cs.hints([scalar], |[k]| [part(&k, 0, 1), part(&k, 2 * digits + 1, 1)]);
    let (low, top) = (Bool::constrain(cs, low), Bool::constrain(cs, top));
    let numbers = digit_rows(cs, name, scalar, low, top, digits);

    let table = Table::new(cs, point);
    // (2·top + 1) times the point.
    let difference = table.thrice.u().sub(cs, point.u());
    let u = top.field().mul_add(cs, difference, point.u()).wire();
    let minus_one = -BlsScalar::one();
    let v = cs.hint([top.wire(), table.to_once_v.wire(), point.v], |[top, step, v]| v - top * step);
    let gate = Gate::new().ab(top.wire(), table.to_once_v.wire(), minus_one);
    cs.gate("first multiple", gate.c(v, minus_one).d(point.v, BlsScalar::one()));

    let steps = steps(cs, point, scalar, digits);
    let mut steps = trace(cs, 3 * digits, steps).into_iter();
    let mut sum = Point { u, v };
    for pair in numbers.windows(2) {
        let digit = Linear::new().plus(Field::from(pair[1]), 1).minus(Field::from(pair[0]), 4);
        let digit = digit.value_named(cs, name).wire();
        let addend = table.choose(cs, digit);
        for (operand, name) in [(None, "doubling"), (None, "doubling"), (Some(addend), "addition of a multiple")] {
            let Some(next) = steps.next() else { break };
            add_rows(cs, name, sum, operand.unwrap_or(sum), next);
            sum = next;
        }
    }
    take_off(cs, sum, table.once, low)
}

/// The rows that state that a number is `low + 2·(top·4^digits + its digits)`. Returns its upper parts: first `top`,
/// last the number shifted by one.
#[track_caller]
fn digit_rows(
    cs: &mut ConstraintSystem,
    name: &'static str,
    scalar: Wire,
    low: Bool,
    top: Bool,
    digits: usize,
) -> Vec<Wire> {
    let mut numbers = alloc::vec![top.wire()];
    for taken in 1..=digits {
        numbers.push(cs.hint([scalar], |[k]| shifted(&k, 1 + 2 * (digits - taken))));
    }
    // The digits before the top are zero; the last number is in the next row.
    let leading = digits.next_multiple_of(4) - digits;
    let mut all = alloc::vec![Wire::ZERO; leading];
    all.extend(&numbers[..digits]);
    for row in all.chunks_exact(4) {
        cs.gate(name, Gate::range([row[3], row[2], row[1], row[0]]));
    }
    let last = numbers[digits];
    let gate = Gate::new().a(scalar, -BlsScalar::one()).b(low.wire(), BlsScalar::one());
    cs.gate(name, gate.d(last, BlsScalar::from(2)));
    numbers
}

/// The values of the intermediate sums: for each digit the two doublings and the addition.
fn steps(cs: &ConstraintSystem, point: Point, scalar: Wire, digits: usize) -> Option<Zeroizing<Vec<JubJubExtended>>> {
    let (once, scalar) = value(cs, point).zip(cs.value(scalar))?;
    let thrice = once.double() + once;
    let mut steps = Zeroizing::new(Vec::with_capacity(3 * digits));
    let mut sum = if bit(&scalar, 2 * digits + 1) { thrice } else { once };
    for place in (0..digits).rev() {
        for _ in 0..2 {
            sum = sum.double();
            steps.push(sum);
        }
        sum += match (bit(&scalar, 2 * place + 2), bit(&scalar, 2 * place + 1)) {
            (false, false) => -thrice,
            (false, true) => -once,
            (true, false) => once,
            (true, true) => thrice,
        };
        steps.push(sum);
    }
    Some(steps)
}

/// `sum − point` if the bit is 0, and `sum` if it is 1. Four rows.
#[track_caller]
fn take_off(cs: &mut ConstraintSystem, sum: Point, point: Point, keep: Bool) -> Point {
    let one = BlsScalar::one();
    let keep = keep.wire();
    // The addend is (−u, v) for a subtraction, else (0, 1).
    let [u, v] = cs.hints([keep, point.u, point.v], |[keep, u, v]| [keep * u - u, v + keep - keep * v]);
    cs.gate("what is taken off", Gate::new().ab(keep, point.u, one).b(point.u, -one).c(u, -one));
    cs.gate("what is taken off", Gate::new().ab(keep, point.v, -one).a(keep, one).b(point.v, one).c(v, -one));
    sum.add(cs, Point { u, v })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_inverses() {
        assert_eq!([HALF.double(), THIRD.double() + THIRD], [BlsScalar::one(); 2]);
    }
}

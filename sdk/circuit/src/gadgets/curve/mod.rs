//! Points of JubJub: addition, and gadgets based on it.
//!
//! The addition law of JubJub is complete: for two points on the curve its denominators are not zero, because the
//! constant `d` of the curve is not a square and −1 is one. So a row that adds two points determines the result,
//! without exceptional cases.

mod fixed;
mod variable;

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{EDWARDS_D, JubJubAffine, JubJubExtended, JubJubScalar, batch_normalize};
use zeroize::Zeroizing;

use super::Select;
use super::logic;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::{Bool, Point};

pub use fixed::Multiplier;
pub(crate) use {fixed::add_multiple, variable::multiply};

impl Point {
    /// A constant. Two rows at the circuit's first use of it.
    #[track_caller]
    #[must_use]
    pub fn constant(cs: &mut ConstraintSystem, point: &native::Point) -> Self {
        Self { u: cs.constant(point.u().scalar()), v: cs.constant(point.v().scalar()) }
    }

    /// The sum of two points. Two rows.
    #[track_caller]
    #[must_use]
    pub fn add(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        let sum = cs.hints([self.u, self.v, other.u, other.v], |[a, b, c, d]| sum((a, b), (c, d)));
        let sum = Self { u: sum[0], v: sum[1] };
        add_rows(cs, "sum of points", self, other, sum);
        sum
    }

    /// Twice the point. Two rows.
    #[track_caller]
    #[must_use]
    pub fn double(self, cs: &mut ConstraintSystem) -> Self {
        self.add(cs, self)
    }

    /// The negative of the point. One row.
    #[track_caller]
    #[must_use]
    pub fn neg(self, cs: &mut ConstraintSystem) -> Self {
        let u = cs.hint([self.u], |[u]| -u);
        let one = BlsScalar::one();
        cs.gate("negative point", Gate::new().a(self.u, one).c(u, one));
        Self { u, v: self.v }
    }

    /// The difference of two points. Three rows.
    #[track_caller]
    #[must_use]
    pub fn sub(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        let negative = other.neg(cs);
        self.add(cs, negative)
    }

    /// Asserts `self = other`. One row: within the subgroup the abscissa is unique, as [`Point::eq`] explains.
    #[track_caller]
    pub fn assert_eq(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        self.u().assert_eq(cs, name, other.u());
    }

    /// Whether it is the neutral point. Three rows: no other point of the subgroup has the abscissa 0.
    #[track_caller]
    #[must_use]
    pub fn is_identity(self, cs: &mut ConstraintSystem) -> Bool {
        self.u().is_zero(cs)
    }

    /// Whether `self = other`. Four rows: within the subgroup the abscissa is unique. Of all points on the curve, only
    /// `(u, −v)` has the same abscissa as `(u, v)`. It is the negative of this point plus the point `(0, −1)` of order
    /// 2, so it is outside the subgroup.
    #[track_caller]
    #[must_use]
    pub fn eq(self, cs: &mut ConstraintSystem, other: Self) -> Bool {
        self.u().eq(cs, other.u())
    }

    /// Asserts that it is not the neutral point. One row.
    #[track_caller]
    pub fn assert_not_identity(self, cs: &mut ConstraintSystem, name: &'static str) {
        self.u().assert_nonzero(cs, name);
    }

    /// `scalar · self`, for a scalar or a number. 1,424 rows for a [`Scalar`](crate::Scalar): 11 for each two bits, and
    /// about 50.
    ///
    /// 1. The bits of the scalar are a bit `low`, base-4 digits from the range gate, and a bit `top`. With this number
    ///    of bits, the decomposition is unique.
    /// 2. For each digit `q` the sum is multiplied by four, and `(2q − 3)·self` is added. The table has `self` and
    ///    three times it; the sign changes only the abscissa.
    /// 3. The result so far is `2·(scalar >> 1) + 1` times the point. If `low` is 0, the point is subtracted once.
    ///
    /// All additions are complete, so the neutral point is no exception.
    #[track_caller]
    #[must_use]
    pub fn mul(self, cs: &mut ConstraintSystem, scalar: impl Multiplier) -> Self {
        cs.gadget("multiple of a point", |cs| multiply(cs, self, scalar.wire(), scalar.bits()))
    }
}

impl Select for Point {
    fn select(cs: &mut ConstraintSystem, bit: Bool, yes: Self, no: Self) -> Self {
        let u = logic::wire(cs, bit, yes.u, no.u);
        let v = logic::wire(cs, bit, yes.v, no.v);
        Self { u, v }
    }
}

/// The sum by the formulas of twisted Edwards curves. If an operand is not a point, the result is arbitrary.
fn sum((u1, v1): (BlsScalar, BlsScalar), (u2, v2): (BlsScalar, BlsScalar)) -> [BlsScalar; 2] {
    let (x, y) = (u1 * v2, v1 * u2);
    let bend = EDWARDS_D * x * y;
    let (plus, minus) = (BlsScalar::one() + bend, BlsScalar::one() - bend);
    let inverse = (plus * minus).invert().unwrap_or_default();
    [(x + y) * inverse * minus, (v1 * v2 + u1 * u2) * inverse * plus]
}

/// The two rows that state that a point is the sum of two others.
#[track_caller]
fn add_rows(cs: &mut ConstraintSystem, name: &'static str, a: Point, b: Point, sum: Point) {
    let product = cs.hint([a.u, b.v], |[u, v]| u * v);
    cs.gate(name, Gate::curve_add([a.u, a.v, b.u, b.v]));
    cs.gate(name, Gate::idle([sum.u, sum.v, Wire::ZERO, product]));
}

/// Asserts that a point is eight times a point on the curve; see [`Point::constrain`].
#[track_caller]
pub(crate) fn assert_subgroup(cs: &mut ConstraintSystem, point: Point) {
    let [u, v] = cs.hints([point.u, point.v], |[u, v]| {
        let point = JubJubAffine::from_raw_unchecked(u, v);
        if !bool::from(point.is_on_curve()) {
            // There is no part; and off the curve the formulas may divide by zero.
            return [u, v];
        }
        let part = JubJubAffine::from(JubJubExtended::from(point) * eighth());
        [part.get_u(), part.get_v()]
    });
    let one = BlsScalar::one();
    let [uu, vv] = cs.hints([u, v], |[u, v]| [u * u, v * v]);
    let part = Point { u, v };
    cs.gate("square of the abscissa", Gate::new().ab(u, u, one).c(uu, -one));
    cs.gate("square of the ordinate", Gate::new().ab(v, v, one).c(vv, -one));
    cs.gate("is on the curve", Gate::new().ab(uu, vv, EDWARDS_D).a(uu, one).b(vv, -one).constant(one));
    let twice = part.double(cs);
    let four = twice.double(cs);
    add_rows(cs, "is in the subgroup", four, four, point);
}

/// 1/8 modulo the order of the subgroup.
fn eighth() -> JubJubScalar {
    JubJubScalar::from(8_u64).invert().unwrap_or(JubJubScalar::zero())
}

/// The value of a point, if there is a witness.
fn value(cs: &ConstraintSystem, point: Point) -> Option<JubJubExtended> {
    let (u, v) = cs.value(point.u).zip(cs.value(point.v))?;
    Some(JubJubAffine::from_raw_unchecked(u, v).into())
}

/// New wires for some points, with values if there is a witness. **No constraint binds them yet.**
fn trace(cs: &mut ConstraintSystem, count: usize, points: Option<Zeroizing<Vec<JubJubExtended>>>) -> Vec<Point> {
    let values = points.map(|mut points| {
        let affine: Vec<JubJubAffine> = batch_normalize(&mut points).collect();
        Zeroizing::new(affine)
    });
    let at = |i: usize| values.as_ref().and_then(|values| values.get(i)).copied().unwrap_or_default();
    let mut wires = Vec::with_capacity(count);
    for i in 0..count {
        let point = at(i);
        wires.push(Point { u: cs.hint([], |[]| point.get_u()), v: cs.hint([], |[]| point.get_v()) });
    }
    wires
}

/// A bit of a number.
fn bit(number: &BlsScalar, place: usize) -> bool {
    number.to_bytes()[place / 8] >> (place % 8) & 1 == 1
}

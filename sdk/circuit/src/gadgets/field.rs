//! Arithmetic of field elements.

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::{Bool, Field};

impl Field {
    /// A constant. One row at the circuit's first use of it.
    #[track_caller]
    #[must_use]
    pub fn constant(cs: &mut ConstraintSystem, value: impl Into<native::Field>) -> Self {
        Self(cs.constant(value.into().scalar()))
    }

    /// `self + other`. One row.
    #[track_caller]
    #[must_use]
    pub fn add(self, cs: &mut ConstraintSystem, other: impl Into<Self>) -> Self {
        Linear::new().plus(self, 1).plus(other, 1).value(cs)
    }

    /// `self − other`. One row.
    #[track_caller]
    #[must_use]
    pub fn sub(self, cs: &mut ConstraintSystem, other: impl Into<Self>) -> Self {
        Linear::new().plus(self, 1).minus(other, 1).value_named(cs, "difference")
    }

    /// `self · other`. One row.
    #[track_caller]
    #[must_use]
    pub fn mul(self, cs: &mut ConstraintSystem, other: impl Into<Self>) -> Self {
        self.mul_add(cs, other, Self::ZERO)
    }

    /// `self · factor + addend`. One row.
    #[track_caller]
    #[must_use]
    pub fn mul_add(self, cs: &mut ConstraintSystem, factor: impl Into<Self>, addend: impl Into<Self>) -> Self {
        let (factor, addend) = (factor.into().0, addend.into().0);
        let out = cs.hint([self.0, factor, addend], |[a, b, c]| a * b + c);
        let one = BlsScalar::one();
        cs.gate("product", Gate::new().ab(self.0, factor, one).c(out, -one).d(addend, one));
        Self(out)
    }

    /// Returns `1 / self`, and asserts that `self` is not zero. One row.
    ///
    /// The product of both is 1, so neither is zero, and the inverse is unique.
    #[track_caller]
    #[must_use]
    pub fn invert(self, cs: &mut ConstraintSystem, name: &'static str) -> Self {
        let inverse = cs.hint([self.0], |[value]| value.invert().unwrap_or_default());
        let one = BlsScalar::one();
        cs.gate(name, Gate::new().ab(self.0, inverse, one).constant(-one));
        Self(inverse)
    }

    /// Asserts `self = other`. One row.
    #[track_caller]
    pub fn assert_eq(self, cs: &mut ConstraintSystem, name: &'static str, other: impl Into<Self>) {
        Linear::new().plus(self, 1).minus(other, 1).assert_zero(cs, name);
    }

    /// Asserts that the element is this constant. One row.
    #[track_caller]
    pub fn assert_constant(self, cs: &mut ConstraintSystem, name: &'static str, constant: impl Into<native::Field>) {
        Linear::new().plus(self, 1).constant(-constant.into()).assert_zero(cs, name);
    }

    /// Asserts `self ≠ 0`. One row.
    #[track_caller]
    pub fn assert_nonzero(self, cs: &mut ConstraintSystem, name: &'static str) {
        let _ = self.invert(cs, name);
    }

    /// Asserts `self ≠ other`. Two rows.
    #[track_caller]
    pub fn assert_ne(self, cs: &mut ConstraintSystem, name: &'static str, other: impl Into<Self>) {
        self.sub(cs, other).assert_nonzero(cs, name);
    }

    /// Whether the element is zero. Three rows; see [`Field::is_constant`].
    #[track_caller]
    #[must_use]
    pub fn is_zero(self, cs: &mut ConstraintSystem) -> Bool {
        self.is_constant(cs, 0)
    }

    /// Whether `self = other`. Four rows.
    #[track_caller]
    #[must_use]
    pub fn eq(self, cs: &mut ConstraintSystem, other: impl Into<Self>) -> Bool {
        cs.gadget("equal", |cs| self.sub(cs, other).is_zero(cs))
    }

    /// Whether the element is this constant. Three rows.
    ///
    /// With `x = self − constant`, `is` the result and `inverse` of `x`:
    ///
    /// 1. `x·inverse = 1 − is`: if `x` is zero, `is` is one.
    /// 2. `x·is = 0`: if `x` is not zero, `is` is zero, and then 1. determines `inverse`.
    /// 3. `is·inverse = 0`: if `x` is zero, `inverse` is zero. So all values are determined.
    ///
    /// By 1. and 2. `is` is a bit.
    #[track_caller]
    #[must_use]
    pub fn is_constant(self, cs: &mut ConstraintSystem, constant: impl Into<native::Field>) -> Bool {
        let constant = constant.into().scalar();
        let (zero, one) = (BlsScalar::zero(), BlsScalar::one());
        cs.gadget("is constant", |cs| {
            let [is, inverse] = cs.hints([self.0], |[value]| {
                let inverse = (value - constant).invert();
                [if inverse.is_none() { one } else { zero }, inverse.unwrap_or_default()]
            });
            let product = Gate::new().ab(self.0, inverse, one).b(inverse, -constant);
            cs.gate("zero has no inverse", product.c(is, one).constant(-one));
            cs.gate("what has an inverse is not zero", Gate::new().ab(self.0, is, one).b(is, -constant));
            cs.gate("the inverse is fixed", Gate::new().ab(is, inverse, one));
            Bool(is)
        })
    }
}

impl From<Bool> for Field {
    fn from(bit: Bool) -> Self {
        Self(bit.wire())
    }
}

impl From<Wire> for Field {
    fn from(wire: Wire) -> Self {
        Self(wire)
    }
}

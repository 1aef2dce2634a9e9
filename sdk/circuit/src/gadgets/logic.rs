//! Bits, and selection by a bit.

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::value::{Bool, Field};

impl Bool {
    /// A constant. No row.
    #[must_use]
    pub fn constant(bit: bool) -> Self {
        if bit { Self::TRUE } else { Self::FALSE }
    }

    /// Whether both are 1. One row.
    #[track_caller]
    #[must_use]
    pub fn and(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        self.combine(cs, "and", other, 0, 1)
    }

    /// Whether one of them is 1, or both. One row.
    #[track_caller]
    #[must_use]
    pub fn or(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        self.combine(cs, "or", other, 1, -1)
    }

    /// Whether they differ. One row.
    #[track_caller]
    #[must_use]
    pub fn xor(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        self.combine(cs, "exclusive or", other, 1, -2)
    }

    /// `sum·(a + b) + product·a·b`, which must be a bit for all values of `a` and `b`.
    #[track_caller]
    fn combine(self, cs: &mut ConstraintSystem, name: &'static str, other: Self, sum: i8, product: i8) -> Self {
        let number = |n: i8| {
            let size = BlsScalar::from(u64::from(n.unsigned_abs()));
            if n < 0 { -size } else { size }
        };
        let (sum, product) = (number(sum), number(product));
        let out = cs.hint([self.0, other.0], |[a, b]| sum * (a + b) + product * a * b);
        let gate = Gate::new().a(self.0, sum).b(other.0, sum).ab(self.0, other.0, product);
        cs.gate(name, gate.c(out, -BlsScalar::one()));
        Self(out)
    }

    /// The complement of the bit. One row.
    #[track_caller]
    #[must_use]
    pub fn not(self, cs: &mut ConstraintSystem) -> Self {
        Self(Linear::new().constant(1).minus(self, 1).value_named(cs, "not").wire())
    }

    /// Whether all bits are 1. One row for each but the first.
    #[track_caller]
    #[must_use]
    pub fn all(cs: &mut ConstraintSystem, bits: &[Self]) -> Self {
        bits.iter().copied().reduce(|all, bit| all.and(cs, bit)).unwrap_or(Self::TRUE)
    }

    /// Whether at least one bit is 1. One row for each but the first.
    #[track_caller]
    #[must_use]
    pub fn any(cs: &mut ConstraintSystem, bits: &[Self]) -> Self {
        bits.iter().copied().reduce(|any, bit| any.or(cs, bit)).unwrap_or(Self::FALSE)
    }

    /// Asserts that the bit is 1. One row.
    #[track_caller]
    pub fn assert_true(self, cs: &mut ConstraintSystem, name: &'static str) {
        self.field().assert_constant(cs, name, 1);
    }

    /// Asserts that the bit is 0. One row.
    #[track_caller]
    pub fn assert_false(self, cs: &mut ConstraintSystem, name: &'static str) {
        self.field().assert_constant(cs, name, 0);
    }

    /// Asserts `self = other`. One row.
    #[track_caller]
    pub fn assert_eq(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        self.field().assert_eq(cs, name, other);
    }

    /// Asserts that `other` is 1 if this bit is (implication). One row.
    #[track_caller]
    pub fn assert_implies(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        let one = BlsScalar::one();
        cs.gate(name, Gate::new().ab(self.0, other.0, one).a(self.0, -one));
    }

    /// Returns `yes` if the bit is 1, else `no`. Two rows for each wire of the value. The result satisfies the
    /// constraints of its type, because it is one of the two.
    #[track_caller]
    #[must_use]
    pub fn select<T: Select>(self, cs: &mut ConstraintSystem, yes: T, no: T) -> T {
        cs.gadget("select", |cs| T::select(cs, self, yes, no))
    }
}

/// Values that a bit can select.
pub trait Select: Sized {
    /// Returns `yes` if the bit is 1, else `no`.
    #[track_caller]
    #[must_use]
    fn select(cs: &mut ConstraintSystem, bit: Bool, yes: Self, no: Self) -> Self;
}

impl Select for Field {
    fn select(cs: &mut ConstraintSystem, bit: Bool, yes: Self, no: Self) -> Self {
        Self(wire(cs, bit, yes.wire(), no.wire()))
    }
}

impl Select for Bool {
    fn select(cs: &mut ConstraintSystem, bit: Bool, yes: Self, no: Self) -> Self {
        Self(wire(cs, bit, yes.wire(), no.wire()))
    }
}

impl<T: Select, const N: usize> Select for [T; N] {
    fn select(cs: &mut ConstraintSystem, bit: Bool, yes: Self, no: Self) -> Self {
        let mut no = no.into_iter();
        yes.map(|yes| match no.next() {
            Some(no) => T::select(cs, bit, yes, no),
            None => yes,
        })
    }
}

/// `no + bit·(yes − no)`.
#[track_caller]
pub(crate) fn wire(cs: &mut ConstraintSystem, bit: Bool, yes: Wire, no: Wire) -> Wire {
    let difference = Linear::new().plus(yes, 1).minus(no, 1).value_named(cs, "difference");
    difference.mul_add(cs, bit, no).wire()
}

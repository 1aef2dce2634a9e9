//! Sets of numbers.

use alloc::string::String;
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::{Field, Unsigned, Value};

/// A set of at most `MOST` numbers, represented by the polynomial with these roots. Use it as a public input: no
/// constraint says which numbers a private set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set<const MOST: usize>([Field; MOST]);

impl<const MOST: usize> Set<MOST> {
    /// A constant set of these numbers. As many rows as it has numbers, at the circuit's first use of them.
    #[track_caller]
    #[must_use]
    pub fn constant(cs: &mut ConstraintSystem, numbers: [u64; MOST]) -> Self {
        // There cannot be too many numbers: there are as many as places.
        let set = native::Set::new(numbers).unwrap_or_default();
        Self(set.polynomial().map(|coefficient| Field::constant(cs, coefficient)))
    }

    /// Asserts that a number is in the set. As many rows as the set has places.
    ///
    /// 1. The polynomial is zero at the number, so one of its factors is. Unused places have the root −1, which is not
    ///    a number.
    #[track_caller]
    pub fn assert_contains<const BITS: usize>(
        &self,
        cs: &mut ConstraintSystem,
        name: &'static str,
        number: Unsigned<BITS>,
    ) {
        cs.gadget("set", |cs| {
            let (above, constant) = self.above(cs, number.field());
            let one = BlsScalar::one();
            cs.gate(name, Gate::new().ab(above.wire(), number.wire(), one).d(constant.wire(), one));
        });
    }

    /// Asserts that a number is not in the set. As many rows as the set has places, and one.
    ///
    /// 1. The polynomial is not zero at the number, so none of its factors is.
    #[track_caller]
    pub fn assert_lacks<const BITS: usize>(
        &self,
        cs: &mut ConstraintSystem,
        name: &'static str,
        number: Unsigned<BITS>,
    ) {
        cs.gadget("set", |cs| {
            let (above, constant) = self.above(cs, number.field());
            above.mul_add(cs, number, constant).assert_nonzero(cs, name);
        });
    }

    /// The polynomial at a number, less the polynomial's constant term, divided by the number; and the constant term.
    #[track_caller]
    fn above(&self, cs: &mut ConstraintSystem, number: Field) -> (Field, Field) {
        const { assert!(MOST > 0, "a set has one place at least") };
        let mut coefficients = self.0[1..].iter().rev();
        let above = coefficients.next().map_or(Field::ONE, |second| {
            let first = Linear::new().plus(number, 1).plus(*second, 1).value(cs);
            coefficients.fold(first, |sum, coefficient| sum.mul_add(cs, number, *coefficient))
        });
        (above, self.0[0])
    }
}

impl<const MOST: usize> Value for Set<MOST> {
    type Native = native::Set<MOST>;

    fn kind() -> String {
        alloc::format!("Set<{MOST}>")
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Set<MOST>>) -> Self {
        let polynomial = native.map(native::Set::polynomial);
        Self(core::array::from_fn(|at| {
            Field::from_wire(cs.input_wire(polynomial.as_ref().map(|coefficients| coefficients[at].scalar())))
        }))
    }

    fn wires(&self) -> Vec<Wire> {
        self.0.iter().map(|coefficient| coefficient.wire()).collect()
    }

    fn encode(native: &native::Set<MOST>, out: &mut Vec<native::Field>) {
        out.extend(native.polynomial());
    }
}

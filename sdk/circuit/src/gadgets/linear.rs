//! Sums of values times constants.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::Field;

/// A sum of values times constants. Only its use costs rows: one for up to three terms, and one more for each two
/// beyond.
///
/// It is a sum in the field. A sum of numbers equals the integer sum as long as that is below the order of the field.
///
/// ```
/// # use dusk_sdk_circuit::{ConstraintSystem, Field, Linear};
/// # let mut cs = ConstraintSystem::new("example");
/// # let (a, b) = (Field::ONE, Field::ONE);
/// let sum = Linear::new().plus(a, 3).minus(b, 1).constant(7).value(&mut cs);
/// # assert_eq!(cs.rows(), 1);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Linear {
    terms: Vec<(Wire, BlsScalar)>,
    constant: BlsScalar,
}

impl Linear {
    /// The empty sum: zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value times a constant.
    pub fn plus(self, value: impl Into<Field>, factor: impl Into<native::Field>) -> Self {
        self.term(value.into().wire(), factor.into().scalar())
    }

    /// Subtracts a value times a constant.
    pub fn minus(self, value: impl Into<Field>, factor: impl Into<native::Field>) -> Self {
        self.term(value.into().wire(), -factor.into().scalar())
    }

    /// Adds a constant.
    pub fn constant(mut self, constant: impl Into<native::Field>) -> Self {
        self.constant += constant.into().scalar();
        self
    }

    pub(crate) fn term(mut self, wire: Wire, factor: BlsScalar) -> Self {
        if wire == Wire::ONE {
            self.constant += factor;
        } else if wire != Wire::ZERO {
            match self.terms.iter_mut().find(|(it, _)| *it == wire) {
                Some((_, sum)) => *sum += factor,
                None => self.terms.push((wire, factor)),
            }
        }
        self
    }

    /// The sum as a value.
    #[track_caller]
    pub fn value(self, cs: &mut ConstraintSystem) -> Field {
        self.value_named(cs, "sum")
    }

    /// The sum as a value, in rows with this name.
    #[track_caller]
    pub(crate) fn value_named(self, cs: &mut ConstraintSystem, name: &'static str) -> Field {
        let (gate, out) = self.shortened(cs, name, 3).define(cs);
        cs.gate(name, gate);
        Field::from_wire(out)
    }

    /// Asserts that the sum is zero. One row for up to four terms, and one more for each two beyond.
    #[track_caller]
    pub fn assert_zero(self, cs: &mut ConstraintSystem, name: &'static str) {
        let gate = self.shortened(cs, name, 4).gate();
        cs.gate(name, gate);
    }

    /// An equal sum with at most this number of terms, which must be from two to four.
    #[track_caller]
    pub(crate) fn shortened(mut self, cs: &mut ConstraintSystem, name: &'static str, terms: usize) -> Self {
        while self.terms.len() > terms {
            let rest = self.terms.split_off(3);
            let (gate, part) = Self { terms: self.terms, constant: BlsScalar::zero() }.define(cs);
            cs.gate(name, gate);
            self.terms = rest;
            self.terms.insert(0, (part, BlsScalar::one()));
        }
        self
    }

    /// Returns a new wire and the row that defines it as the sum of up to three terms. The wire is `d` of the row.
    pub(crate) fn define(self, cs: &mut ConstraintSystem) -> (Gate, Wire) {
        let wire = |i: usize| self.terms.get(i).map_or(Wire::ZERO, |(wire, _)| *wire);
        let factors = [0, 1, 2].map(|i| self.terms.get(i).map_or(BlsScalar::zero(), |(_, factor)| *factor));
        let constant = self.constant;
        let out = cs.hint([wire(0), wire(1), wire(2)], |values| {
            values.iter().zip(&factors).fold(constant, |sum, (value, factor)| sum + value * factor)
        });
        (self.gate().d(out, -BlsScalar::one()), out)
    }

    /// The row that states that the sum of up to four terms is zero.
    fn gate(self) -> Gate {
        let mut gate = Gate::new().constant(self.constant);
        for (index, (wire, factor)) in self.terms.into_iter().enumerate() {
            gate = match index {
                0 => gate.a(wire, factor),
                1 => gate.b(wire, factor),
                2 => gate.c(wire, factor),
                _ => gate.d(wire, factor),
            };
        }
        gate
    }
}

//! The builder of one row.

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::JubJubAffine;

use crate::layout::{GateKind, Selectors, Wire};

/// A row: its statement ([`Selectors`]) and its wires.
///
/// ```
/// # use dusk_sdk_circuit::{ConstraintSystem, Gate, Wire};
/// # use dusk_sdk_circuit::BlsScalar;
/// # let mut cs = ConstraintSystem::new("example");
/// # let (x, y, product) = (Wire::ONE, Wire::ONE, Wire::ONE);
/// let one = BlsScalar::one();
/// cs.gate("product", Gate::new().ab(x, y, one).c(product, -one));
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Gate {
    pub(crate) selectors: Selectors,
    pub(crate) wires: [Wire; 4],
}

impl Gate {
    /// The polynomial `0 = 0`; the other functions add terms.
    pub fn new() -> Self {
        Self { selectors: Selectors::default(), wires: [Wire::ZERO; 4] }
    }

    /// Sets the wire `a` and its factor.
    pub fn a(mut self, wire: Wire, factor: BlsScalar) -> Self {
        (self.wires[0], self.selectors.left) = (wire, factor);
        self
    }

    /// Sets the wire `b` and its factor.
    pub fn b(mut self, wire: Wire, factor: BlsScalar) -> Self {
        (self.wires[1], self.selectors.right) = (wire, factor);
        self
    }

    /// Sets the wire `c` and its factor.
    pub fn c(mut self, wire: Wire, factor: BlsScalar) -> Self {
        (self.wires[2], self.selectors.output) = (wire, factor);
        self
    }

    /// Sets the wire `d` and its factor.
    pub fn d(mut self, wire: Wire, factor: BlsScalar) -> Self {
        (self.wires[3], self.selectors.fourth) = (wire, factor);
        self
    }

    /// Sets the wires `a` and `b`, and the factor of their product. Their own factors stay.
    pub fn ab(mut self, a: Wire, b: Wire, factor: BlsScalar) -> Self {
        (self.wires[0], self.wires[1], self.selectors.multiply) = (a, b, factor);
        self
    }

    /// Sets the constant.
    pub fn constant(mut self, constant: BlsScalar) -> Self {
        self.selectors.constant = constant;
        self
    }

    fn of(kind: GateKind, wires: [Wire; 4]) -> Self {
        Self { selectors: Selectors { kind, ..Selectors::default() }, wires }
    }

    /// A row without a statement: the previous row reads its wires.
    pub fn idle(wires: [Wire; 4]) -> Self {
        Self::of(GateKind::Idle, wires)
    }

    /// Four base-4 digits: of `c` over `d`, `b` over `c`, `a` over `b`, and the next row's `d` over `a`.
    pub fn range(wires: [Wire; 4]) -> Self {
        Self::of(GateKind::Range, wires)
    }

    /// A base-4 digit of a bitwise AND; `wires` are the accumulators `a`, `b`, the product of the digits, the result.
    pub fn and(wires: [Wire; 4]) -> Self {
        let mut gate = Self::of(GateKind::And, wires);
        gate.selectors.constant = BlsScalar::one();
        gate
    }

    /// A base-4 digit of a bitwise XOR; `wires` as for [`Gate::and`].
    pub fn xor(wires: [Wire; 4]) -> Self {
        let mut gate = Self::of(GateKind::Xor, wires);
        gate.selectors.constant = -BlsScalar::one();
        gate
    }

    /// Adds a signed bit times a fixed point to the point `(a, b)`.
    pub fn fixed_add(wires: [Wire; 4], point: &JubJubAffine) -> Self {
        let mut gate = Self::of(GateKind::FixedAdd, wires);
        let (u, v) = (point.get_u(), point.get_v());
        (gate.selectors.left, gate.selectors.right, gate.selectors.constant) = (u, v, u * v);
        gate
    }

    /// Adds the point `(c, d)` to the point `(a, b)`.
    pub fn curve_add(wires: [Wire; 4]) -> Self {
        Self::of(GateKind::CurveAdd, wires)
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

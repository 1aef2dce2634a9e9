//! Points of the curve JubJub, and scalars.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::{Field, Value};
use crate::circuit::Circuit;
use crate::gadgets::{curve, range};
use crate::layout::Wire;
use crate::plain;

/// A point of JubJub in the subgroup of prime order, including the neutral point.
///
/// An input costs nine rows, which show that it is eight times a point on the curve. Sums and multiples of points are
/// in the subgroup without further rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub(crate) u: Wire,
    pub(crate) v: Wire,
}

impl Point {
    /// The neutral point.
    pub const IDENTITY: Self = Self { u: Wire::ZERO, v: Wire::ONE };

    /// The abscissa, which is unique within the subgroup.
    #[must_use]
    pub fn u(self) -> Field {
        Field(self.u)
    }

    /// The ordinate.
    #[must_use]
    pub fn v(self) -> Field {
        Field(self.v)
    }

    /// Constrains coordinates to those of a point in the subgroup. Nine rows.
    ///
    /// 1. Another point is on the curve: its coordinates satisfy `v² − u² = 1 + d·u²·v²`.
    /// 2. This point is eight times the other.
    ///
    /// The curve has 8·r points, r prime; so eight times any point is in the subgroup of order r. Each point of the
    /// subgroup is eight times eight different points. The prover may choose one of them; nothing else depends on the
    /// choice.
    #[track_caller]
    #[must_use]
    pub fn constrain(cs: &mut Circuit, u: impl Into<Field>, v: impl Into<Field>) -> Self {
        let point = Self { u: u.into().wire(), v: v.into().wire() };
        cs.gadget("point", |cs| curve::assert_subgroup(cs, point));
        point
    }
}

impl Value for Point {
    type Plain = plain::Point;

    fn kind() -> String {
        "Point".to_string()
    }

    fn input(circuit: &mut Circuit, plain: Option<&plain::Point>) -> Self {
        let u = circuit.input_wire(plain.map(|plain| plain.u().scalar()));
        let v = circuit.input_wire(plain.map(|plain| plain.v().scalar()));
        Self::constrain(circuit, u, v)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.u, self.v]
    }

    fn encode(plain: &plain::Point, out: &mut Vec<plain::Field>) {
        out.extend([plain.u(), plain.v()]);
    }
}

/// A number below the order of JubJub's subgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar(pub(crate) Wire);

/// The order of JubJub's subgroup, less one.
const LARGEST: [u64; 4] = [0xd097_0e5e_d6f7_2cb6, 0xa668_2093_ccc8_1082, 0x0667_3b01_0134_3b00, 0x0e7d_b4ea_6533_afa9];

impl Scalar {
    /// Its number of bits.
    pub const BITS: usize = 252;

    /// The wire of the scalar.
    #[must_use]
    pub fn wire(self) -> Wire {
        self.0
    }

    /// The scalar as a field element.
    #[must_use]
    pub fn field(self) -> Field {
        Field(self.0)
    }

    /// Constrains a field element to a scalar. 66 rows.
    ///
    /// 1. The number is below 2^252.
    /// 2. So is the order of the subgroup, less one, less the number. A negative difference would not be, because 2^253
    ///    is below the order of the field.
    #[track_caller]
    #[must_use]
    pub fn constrain(cs: &mut Circuit, field: impl Into<Field>) -> Self {
        let wire = field.into().wire();
        cs.gadget("scalar", |cs| {
            range::assert_bits(cs, "fits into 252 bits", wire, Self::BITS);
            let rest = crate::Linear::new().minus(wire, 1).constant(BlsScalar::from_raw(LARGEST));
            range::bounded_sum(cs, "is below the order of the subgroup", rest, Self::BITS);
        });
        Self(wire)
    }
}

impl From<Scalar> for Field {
    fn from(scalar: Scalar) -> Self {
        scalar.field()
    }
}

impl Value for Scalar {
    type Plain = plain::Scalar;

    fn kind() -> String {
        "Scalar".to_string()
    }

    fn input(circuit: &mut Circuit, plain: Option<&plain::Scalar>) -> Self {
        let wire = circuit.input_wire(plain.map(plain::Scalar::in_field));
        Self::constrain(circuit, wire)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(plain: &plain::Scalar, out: &mut Vec<plain::Field>) {
        out.push(plain.in_field().into());
    }
}

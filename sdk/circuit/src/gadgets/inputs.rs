//! Creation of points, scalars and numbers from field elements, with the constraints that their types promise.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use super::{curve, range};
use crate::constraint_system::ConstraintSystem;
use crate::layout::Wire;
use crate::native;
use crate::value::{Bits, Field, Point, Scalar, Unsigned, Value, Width};

impl Point {
    /// Creates the point with these coordinates, and constrains it to be in the subgroup. Nine rows.
    ///
    /// 1. Another point is on the curve: its coordinates satisfy `v² − u² = 1 + d·u²·v²`.
    /// 2. This point is eight times the other one.
    ///
    /// The curve has 8·r points, with r prime, so eight times any point is in the subgroup of order r. Eight points
    /// have the same eightfold, and the prover may take any of them, because nothing else uses it.
    #[track_caller]
    #[must_use]
    pub fn constrain(cs: &mut ConstraintSystem, u: impl Into<Field>, v: impl Into<Field>) -> Self {
        let point = Self { u: u.into().wire(), v: v.into().wire() };
        cs.gadget("point", |cs| curve::assert_subgroup(cs, point));
        point
    }
}

impl Value for Point {
    type Native = native::Point;

    fn kind() -> String {
        "Point".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Point>) -> Self {
        let u = cs.input_wire(native.map(|native| native.u().scalar()));
        let v = cs.input_wire(native.map(|native| native.v().scalar()));
        Self::constrain(cs, u, v)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.u, self.v]
    }

    fn encode(native: &native::Point, out: &mut Vec<native::Field>) {
        Field::encode(&native.u(), out);
        Field::encode(&native.v(), out);
    }
}

/// The order of JubJub's subgroup, less one.
const LARGEST: [u64; 4] = [0xd097_0e5e_d6f7_2cb6, 0xa668_2093_ccc8_1082, 0x0667_3b01_0134_3b00, 0x0e7d_b4ea_6533_afa9];

impl Scalar {
    /// Converts a field element to a scalar, and constrains it to be below the order of the subgroup. 66 rows.
    ///
    /// 1. The number is below 2^252.
    /// 2. The order of the subgroup minus one minus the number is below 2^252 as well. A negative difference would not
    ///    be, because 2^253 is below the order of the field.
    #[track_caller]
    #[must_use]
    pub fn constrain(cs: &mut ConstraintSystem, field: impl Into<Field>) -> Self {
        let wire = field.into().wire();
        cs.gadget("scalar", |cs| {
            range::assert_bits(cs, "fits into 252 bits", wire, Self::BITS);
            let rest = Linear::new().minus(wire, 1).constant(BlsScalar::from_raw(LARGEST));
            range::bounded_sum(cs, "is below the order of the subgroup", rest, Self::BITS);
        });
        Self(wire)
    }
}

impl Value for Scalar {
    type Native = native::Scalar;

    fn kind() -> String {
        "Scalar".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Scalar>) -> Self {
        let wire = cs.input_wire(native.map(native::Scalar::in_field));
        Self::constrain(cs, wire)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(native: &native::Scalar, out: &mut Vec<native::Field>) {
        Field::encode(&native.in_field().into(), out);
    }
}

impl<const BITS: usize> Unsigned<BITS> {
    /// Converts a field element to a number, and constrains it to be below 2 to the power `BITS`.
    ///
    /// Rows for 8, 32, 64, 128 and 250 bits: 2, 5, 9, 17, 33. Odd widths take one more than the even one below.
    #[track_caller]
    #[must_use]
    pub fn constrain(cs: &mut ConstraintSystem, field: impl Into<Field>) -> Self {
        const { assert!(BITS >= 1 && BITS <= range::MAX_BITS, "numbers have between 1 and 250 bits") };
        let wire = field.into().wire();
        cs.gadget("range", |cs| range::assert_bits(cs, Self::FITS, wire, BITS));
        Self(wire)
    }
}

impl<const BITS: usize> Value for Unsigned<BITS>
where
    Bits<BITS>: Width,
{
    type Native = <Bits<BITS> as Width>::Native;

    fn kind() -> String {
        match BITS {
            8 | 16 | 32 | 64 | 128 => alloc::format!("U{BITS}"),
            _ => alloc::format!("Unsigned<{BITS}>"),
        }
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        let wire = cs.input_wire(native.map(|native| Bits::<BITS>::field(*native).scalar()));
        Self::constrain(cs, wire)
    }

    fn wires(&self) -> Vec<Wire> {
        alloc::vec![self.0]
    }

    fn encode(native: &Self::Native, out: &mut Vec<native::Field>) {
        Field::encode(&Bits::<BITS>::field(*native), out);
    }
}

//! Schnorr signatures.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::curve::{add_multiple, multiply};
use super::linear::Linear;
use super::poseidon::hash;
use super::range::{bounded, bounded_sum, part, power, shifted};
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::{Field, Point, Scalar, Value};

/// The number of bits of the hash in the challenge.
const CHALLENGE_BITS: usize = 250;

/// A Schnorr signature, in the format of `jubjub-schnorr`.
///
/// Its type constrains only `u`, to a scalar. [`Signature::assert_signs`] implies that `r` is a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    u: Scalar,
    r: Point,
}

impl Signature {
    /// Asserts that it is a signature of a message with the secret key of this public key. 2,859 rows.
    ///
    /// 1. Neither the key nor `r` is the neutral point.
    /// 2. The challenge is the lowest 250 bits of the Poseidon hash of `r`, the key and the message: the hash is the
    ///    challenge plus 2^250 times a number, and this sum is below the order of the field as an integer, so it is
    ///    unique.
    /// 3. `u·GENERATOR + challenge·key = r`. So `r` is a point of the subgroup too.
    #[track_caller]
    pub fn assert_signs(self, cs: &mut ConstraintSystem, name: &'static str, key: Point, message: impl Into<Field>) {
        let message = message.into();
        cs.gadget("signature", |cs| {
            key.assert_not_identity(cs, "the key is not the neutral point");
            self.r.assert_not_identity(cs, "the nonce is not zero");
            let hash = hash(cs, &[self.r.u(), self.r.v(), key.u(), key.v(), message]);
            let challenge = truncate(cs, hash);
            // The multiplication asserts that the challenge has at most 250 bits.
            let part = multiply(cs, key, challenge, CHALLENGE_BITS);
            add_multiple(cs, name, part, &native::Point::GENERATOR, self.u, Some(self.r));
        });
    }
}

/// The lowest 250 bits of a field element. **The caller must assert that the result has at most 250 bits.** 38 rows.
///
/// With `element = low + 2^250·high`, the difference of the order less one and this sum is computed digit by digit.
/// Neither digit of the difference is negative, so the integer sum is below the order.
#[track_caller]
fn truncate(cs: &mut ConstraintSystem, element: Field) -> Wire {
    let name = "the lowest bits of the hash";
    let largest = -BlsScalar::one();
    let (largest_low, largest_high) = (part(&largest, 0, CHALLENGE_BITS), shifted(&largest, CHALLENGE_BITS));
    let [low, high] =
        cs.hints([element.wire()], |[element]| [part(&element, 0, CHALLENGE_BITS), shifted(&element, CHALLENGE_BITS)]);
    let gate = Gate::new().a(element.wire(), -BlsScalar::one()).b(low, BlsScalar::one());
    bounded(cs, name, high, 6, gate.d(high, power(CHALLENGE_BITS)));
    let borrow = cs.hint([low], |[low]| {
        // A negative difference of two numbers of 250 bits is far larger than every other difference.
        if shifted(&(largest_low - low), CHALLENGE_BITS) == BlsScalar::zero() {
            BlsScalar::zero()
        } else {
            BlsScalar::one()
        }
    });
    let one = BlsScalar::one();
    cs.gate(name, Gate::new().ab(borrow, borrow, one).a(borrow, -one));
    let difference = Linear::new().constant(largest_low).term(low, -one).term(borrow, power(CHALLENGE_BITS));
    bounded_sum(cs, name, difference, CHALLENGE_BITS);
    let difference = Linear::new().constant(largest_high).term(high, -one).term(borrow, -one);
    bounded_sum(cs, name, difference, 6);
    low
}

impl Value for Signature {
    type Native = native::Signature;

    fn kind() -> String {
        "Signature".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Signature>) -> Self {
        let u = Scalar::input(cs, native.map(|native| &native.u));
        let coordinate = |of: fn(&native::Point) -> native::Field| native.map(|native| of(&native.r).scalar());
        let r =
            Point { u: cs.input_wire(coordinate(native::Point::u)), v: cs.input_wire(coordinate(native::Point::v)) };
        Self { u, r }
    }

    fn wires(&self) -> Vec<Wire> {
        [self.u.wires(), self.r.wires()].concat()
    }

    fn encode(native: &native::Signature, out: &mut Vec<native::Field>) {
        Scalar::encode(&native.u, out);
        Point::encode(&native.r, out);
    }
}

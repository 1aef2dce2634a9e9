//! ElGamal encryption of amounts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::curve::add_multiple;
use super::linear::Linear;
use super::range::{power, shifted};
use crate::constraint_system::ConstraintSystem;
use crate::layout::Wire;
use crate::native;
use crate::value::{Field, Point, Scalar, U16, U64, Value};

/// An ElGamal ciphertext of an amount, in the format of `jubjub-elgamal`.
///
/// With the randomness `r` it is `(r·GENERATOR, message + r·key)`, where `message` is a point whose ordinate has the
/// amount as its lowest 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ciphertext {
    /// `r·GENERATOR`.
    pub first: Point,
    /// `message + r·key`.
    pub second: Point,
}

impl Ciphertext {
    /// Asserts that it encrypts an amount for a key, with this randomness. 1,684 rows.
    ///
    /// 1. `first` is the randomness times the generator.
    /// 2. `second` less the randomness times the key is a point whose ordinate is the amount plus 2^64 times a number
    ///    of 16 bits. Decryption takes the lowest 64 bits of the ordinate, so the holder of the secret key gets this
    ///    amount.
    ///
    /// The number of 16 bits counts the attempts of the encryption to find such a point; one in 16 succeeds.
    #[track_caller]
    pub fn assert_encrypts(self, cs: &mut ConstraintSystem, key: Point, amount: U64, randomness: Scalar) {
        cs.gadget("encryption", |cs| {
            let name = "the randomness is that of the ciphertext";
            add_multiple(cs, name, Point::IDENTITY, &native::Point::GENERATOR, randomness, Some(self.first));
            let mask = key.mul(cs, randomness);
            self.assert_masks(cs, mask, amount);
        });
    }

    /// Asserts that the holder of a secret key decrypts it to this amount. 1,431 rows.
    ///
    /// 1. `second` less the secret key times `first` is a point whose ordinate is the amount plus 2^64 times a number
    ///    of 16 bits.
    #[track_caller]
    pub fn assert_decrypts(self, cs: &mut ConstraintSystem, secret_key: Scalar, amount: U64) {
        cs.gadget("decryption", |cs| {
            let mask = self.first.mul(cs, secret_key);
            self.assert_masks(cs, mask, amount);
        });
    }

    #[track_caller]
    fn assert_masks(self, cs: &mut ConstraintSystem, mask: Point, amount: U64) {
        let ordinate = self.second.sub(cs, mask).v();
        let tries = cs.hint([ordinate.wire()], |[ordinate]| shifted(&ordinate, 64));
        let tries = U16::constrain(cs, Field::from_wire(tries));
        let sum = Linear::new().minus(ordinate, 1).plus(amount, 1).plus(tries, native::Field::from(power(64)));
        sum.assert_zero(cs, "the amount is what is encrypted");
    }
}

impl Value for Ciphertext {
    type Native = native::Ciphertext;

    fn kind() -> String {
        "Ciphertext".to_string()
    }

    fn input(cs: &mut ConstraintSystem, native: Option<&native::Ciphertext>) -> Self {
        let first = Point::input(cs, native.map(|native| &native.first));
        let second = Point::input(cs, native.map(|native| &native.second));
        Self { first, second }
    }

    fn wires(&self) -> Vec<Wire> {
        [self.first.wires(), self.second.wires()].concat()
    }

    fn encode(native: &native::Ciphertext, out: &mut Vec<native::Field>) {
        Point::encode(&native.first, out);
        Point::encode(&native.second, out);
    }
}

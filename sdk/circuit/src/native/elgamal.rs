//! Commitments and ciphertexts outside of circuits.

use dusk_jubjub::JubJubExtended;
use serde::{Deserialize, Serialize};

use super::{Point, Scalar};
use crate::zeroized::zeroize_fields;

/// The Pedersen commitment `value · GENERATOR + blinding · GENERATOR_NUMS`, as in `phoenix-core`.
#[must_use]
pub fn commit(value: &Scalar, blinding: &Scalar) -> Point {
    Point::GENERATOR * value + Point::GENERATOR_NUMS * blinding
}

/// An ElGamal ciphertext of an amount, in the format of `jubjub-elgamal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ciphertext {
    /// `r·GENERATOR`, with the randomness `r`.
    pub first: Point,
    /// `message + r·key`, with the point that encodes the amount.
    pub second: Point,
}

zeroize_fields!(Ciphertext: first, second);

impl Ciphertext {
    /// Encrypts an amount for a key. The randomness must be random and secret, and must not be reused.
    #[must_use]
    pub fn encrypt(key: &Point, amount: u64, randomness: &Scalar) -> Self {
        let message = JubJubExtended::map_to_point(&amount);
        let mask = key.extended() * randomness.scalar();
        Self { first: Point::GENERATOR * randomness, second: Point::of(message + mask) }
    }

    /// Decrypts the amount, if it was encrypted for the public key of this secret key; otherwise the result is
    /// arbitrary.
    #[must_use]
    pub fn decrypt(&self, secret_key: &Scalar) -> u64 {
        (self.second - self.first * secret_key).extended().unmap_from_point()
    }
}

//! Signatures outside of circuits.

use dusk_jubjub::JubJubScalar;
use dusk_poseidon::{Domain, Hash};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Field, NotAPoint, NotAScalar, Point, Scalar};
use crate::zeroized::zeroize_fields;

/// A Schnorr signature on JubJub, in the format of `jubjub-schnorr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The nonce minus the challenge times the secret key.
    pub u: Scalar,
    /// The nonce times the generator.
    pub r: Point,
}

zeroize_fields!(Signature: u, r);

/// The reason why bytes are not a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotASignature {
    /// The scalar is invalid.
    #[error("the first half of the signature is {0}")]
    Scalar(#[from] NotAScalar),
    /// The point is invalid.
    #[error("the second half of the signature: {0}")]
    Point(#[from] NotAPoint),
}

impl Signature {
    /// Signs a message. The nonce is derived from the key and the message, so a bad source of randomness cannot reveal
    /// the key.
    #[must_use]
    pub fn sign(secret_key: &Scalar, message: Field) -> Self {
        let mut seed = Zeroizing::new([0; 64]);
        seed[..32].copy_from_slice(&secret_key.to_bytes());
        seed[32..].copy_from_slice(&message.to_bytes());
        let mut wide = Zeroizing::new([0; 64]);
        let mut hasher = blake3::Hasher::new_derive_key("cargo-dusk 2026 Schnorr nonce");
        hasher.update(&*seed).finalize_xof().fill(&mut *wide);
        let nonce = Scalar::from_bytes_wide(&wide);
        let r = Point::GENERATOR * &nonce;
        let challenge = challenge(&r, &(Point::GENERATOR * secret_key), message);
        Self { u: Scalar::from(nonce.scalar() - challenge * secret_key.scalar()), r }
    }

    /// Whether it is a signature of a message with the secret key of this public key. Neither the key nor the point may
    /// be the neutral point.
    #[must_use]
    pub fn verifies(&self, key: &Point, message: Field) -> bool {
        let challenge = Scalar::from(challenge(&self.r, key, message));
        *key != Point::IDENTITY && self.r != Point::IDENTITY && Point::GENERATOR * &self.u + *key * &challenge == self.r
    }

    /// Decodes a signature: the scalar, then the point.
    ///
    /// # Errors
    /// [`NotASignature`] if the scalar or the point is invalid.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self, NotASignature> {
        let half = |from: usize| core::array::from_fn(|i| bytes[from + i]);
        Ok(Self { u: Scalar::from_bytes(&half(0))?, r: Point::from_bytes(&half(32))? })
    }

    /// Its bytes: the scalar, then the point.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&self.u.to_bytes());
        bytes[32..].copy_from_slice(&self.r.to_bytes());
        bytes
    }
}

/// The challenge: the lowest 250 bits of a hash of the nonce's point, the key and the message.
fn challenge(r: &Point, key: &Point, message: Field) -> JubJubScalar {
    let elements = [r.u(), r.v(), key.u(), key.v(), message].map(|it| it.scalar());
    Hash::digest_truncated(Domain::Other, &elements)[0]
}

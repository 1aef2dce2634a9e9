//! Credentials outside of circuits.

use dusk_bls12_381::BlsScalar;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Field, Point, Scalar, Signature, hash};

/// What an issuer says of a holder, in eight attributes. The issuer signs it, or takes it into a tree.
///
/// It is as private as the person: it is wiped when it goes, and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The abscissa of the holder's public key.
    pub holder: Field,
    /// What it is revoked by.
    pub serial: Field,
    /// The day of birth, as [`Date::number`](super::Date::number) counts.
    pub born: u32,
    /// The last day on which it holds.
    pub expires: u32,
    /// The country of residence: its number in ISO 3166.
    pub residence: u16,
    /// The country of nationality: its number in ISO 3166.
    pub nationality: u16,
    /// The level of accreditation as an investor; more is more.
    pub accreditation: u8,
    /// A random element, without which attributes could be guessed from the leaf.
    pub salt: Field,
}

impl Credential {
    /// What is signed, and the leaf in the issuer's tree: the Poseidon hash of holder, serial, the numbers, and salt. The numbers
    /// are one element: birth, expiry, residence, nationality and accreditation from the bits 0, 32, 64, 80 and 96 on.
    #[must_use]
    pub fn leaf(&self) -> Field {
        let low = u64::from(self.born) | u64::from(self.expires) << 32;
        let high = u64::from(self.residence) | u64::from(self.nationality) << 16 | u64::from(self.accreditation) << 32;
        let numbers = Field::from(BlsScalar::from_raw([low, high, 0, 0]));
        hash(&[self.holder, self.serial, numbers, self.salt])
    }

    /// Signs it as the issuer.
    #[must_use]
    pub fn sign(&self, secret_key: &Scalar) -> Signature {
        Signature::sign(secret_key, self.leaf())
    }

    /// Whether an issuer signed it.
    #[must_use]
    pub fn is_signed(&self, issuer: &Point, signature: &Signature) -> bool {
        signature.verifies(issuer, self.leaf())
    }
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Credential(..)")
    }
}

//! Credentials outside of circuits.

use dusk_bls12_381::BlsScalar;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Field, Point, Scalar, Signature, hash};
use crate::zeroized::zeroize_fields;

/// An issuer's statement about a holder, in eight attributes. The issuer signs it, or adds it to a tree.
///
/// It contains personal data, so it is wiped when dropped, and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The abscissa of the holder's public key.
    pub holder: Field,
    /// The serial number, by which the issuer revokes it.
    pub serial: Field,
    /// The day of birth, as a [`Date::number`](super::Date::number).
    pub born: u32,
    /// The last day of its validity.
    pub expires: u32,
    /// The country of residence: its number in ISO 3166.
    pub residence: u16,
    /// The country of nationality: its number in ISO 3166.
    pub nationality: u16,
    /// The level of accreditation as an investor; a larger number is a higher level.
    pub accreditation: u8,
    /// A random element. Without it an observer could guess the attributes from the leaf.
    pub salt: Field,
}

zeroize_fields!(Credential: holder, serial, born, expires, residence, nationality, accreditation, salt);

impl Drop for Credential {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Credential {}

impl Credential {
    /// The message that the issuer signs, and the leaf in the issuer's tree: the Poseidon hash of holder, serial, the
    /// numbers, and salt. The numbers are packed into one element: birth, expiry, residence, nationality and
    /// accreditation start at the bits 0, 32, 64, 80 and 96.
    #[must_use]
    pub fn leaf(&self) -> Field {
        let low = u64::from(self.born) | u64::from(self.expires) << 32;
        let high = u64::from(self.residence) | u64::from(self.nationality) << 16 | u64::from(self.accreditation) << 32;
        let numbers = Field::from(BlsScalar::from_raw([low, high, 0, 0]));
        hash(&[self.holder, self.serial, numbers, self.salt])
    }

    /// Signs the credential with the issuer's key.
    #[must_use]
    pub fn sign(&self, secret_key: &Scalar) -> Signature {
        Signature::sign(secret_key, self.leaf())
    }

    /// Whether an issuer signed the credential.
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

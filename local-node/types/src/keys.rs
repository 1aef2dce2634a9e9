//! Keys and signatures as the ledger carries them: bytes that have not been checked to be points of a curve.

use std::fmt;
use std::str::FromStr;

use dusk_bytes::{DeserializableSlice, Serializable as _};
use dusk_core::signatures::bls::{MultisigSignature, PublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{Decode, DecodeError, Encode, Reader};

/// Bytes of a compressed BLS12-381 public key (a point of G2).
pub const BLS_KEY_BYTES: usize = 96;
/// Bytes of a compressed BLS12-381 signature (a point of G1).
pub const BLS_SIGNATURE_BYTES: usize = 48;

/// The key that receives the development share of every block reward on the production chain, and owns its genesis
/// contracts (`src/assets/dusk.cpk` of the crate `dusk-rusk` 1.7).
pub const DUSK_KEY: BlsKey = BlsKey([
    0x85, 0x90, 0x6b, 0x7d, 0x01, 0xea, 0x39, 0x35, 0x01, 0x93, 0x84, 0x41, 0xf4, 0x3a, 0x18, 0xe9, 0x76, 0x18, 0xb7,
    0x3e, 0xb3, 0x04, 0x38, 0xa6, 0xfc, 0xf6, 0x85, 0xf9, 0xf7, 0xf4, 0xca, 0x6b, 0x06, 0x1f, 0x22, 0x98, 0x44, 0xab,
    0xbb, 0xbb, 0x99, 0x8f, 0x9c, 0x73, 0x9d, 0x3c, 0x36, 0x86, 0x15, 0x39, 0xe2, 0xed, 0x19, 0x29, 0x4d, 0x16, 0xc5,
    0x6b, 0x1c, 0x66, 0x49, 0x1b, 0x4f, 0x1a, 0xec, 0xff, 0x85, 0xb6, 0xf3, 0x9b, 0x29, 0x31, 0x45, 0xb0, 0xf6, 0xf4,
    0xe0, 0x31, 0xb2, 0xec, 0xcb, 0x14, 0xe4, 0xc1, 0xe3, 0x61, 0x8a, 0x3e, 0x36, 0xd8, 0xa1, 0x2f, 0xfb, 0x24, 0x15,
    0xde,
]);

/// Text or bytes that are no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not base58.
    #[error("not base58 text: {0}")]
    Base58(#[from] bs58::decode::Error),
    /// The decoded text has another length.
    #[error("{0} bytes: a BLS public key has {BLS_KEY_BYTES}")]
    Length(usize),
    /// The bytes are not a point on the curve.
    #[error("the bytes of BLS key {0} are not a point on the curve")]
    NotAPoint(BlsKey),
}

/// A compressed BLS public key: an account, and the identity of a provisioner.
///
/// Keys are ordered by their bytes, and this order is the one that sortition, committees and bitsets count in (the
/// book, "Consensus", section "Terms"). Its text is base58 without a checksum.
///
/// ```
/// use local_node_types::keys::{BlsKey, DUSK_KEY};
///
/// let text = DUSK_KEY.to_string();
/// assert_eq!(text.parse::<BlsKey>()?, DUSK_KEY);
/// # Ok::<(), local_node_types::keys::KeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlsKey(pub [u8; BLS_KEY_BYTES]);

impl BlsKey {
    /// The 96 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; BLS_KEY_BYTES] {
        &self.0
    }

    /// The point that the bytes stand for.
    ///
    /// # Errors
    /// When the bytes are not a point on the curve.
    pub fn to_point(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_slice(&self.0).map_err(|_| KeyError::NotAPoint(*self))
    }
}

impl Default for BlsKey {
    /// All zero, as in the genesis header. It is not a point on the curve.
    fn default() -> Self {
        Self([0; BLS_KEY_BYTES])
    }
}

impl From<&PublicKey> for BlsKey {
    fn from(key: &PublicKey) -> Self {
        Self(key.to_bytes())
    }
}

impl From<PublicKey> for BlsKey {
    fn from(key: PublicKey) -> Self {
        Self::from(&key)
    }
}

impl fmt::Display for BlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&bs58::encode(&self.0).into_string())
    }
}

impl fmt::Debug for BlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        f.write_str(&text[..text.len().min(12)])?;
        f.write_str("…")
    }
}

impl FromStr for BlsKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; BLS_KEY_BYTES];
        let length = match bs58::decode(text).onto(&mut bytes[..]) {
            Err(bs58::decode::Error::BufferTooSmall) => return Err(KeyError::Length(BLS_KEY_BYTES + 1)),
            other => other?,
        };
        if length == BLS_KEY_BYTES { Ok(Self(bytes)) } else { Err(KeyError::Length(length)) }
    }
}

impl Serialize for BlsKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlsKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Encode for BlsKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

impl Decode for BlsKey {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}

/// A compressed BLS signature: of a header, of a vote, of many votes together. A block's seed is one, too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlsSignature(pub [u8; BLS_SIGNATURE_BYTES]);

impl BlsSignature {
    /// The 48 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; BLS_SIGNATURE_BYTES] {
        &self.0
    }

    /// Whether all bytes are zero, which stands for "no signature".
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; BLS_SIGNATURE_BYTES]
    }
}

impl Default for BlsSignature {
    fn default() -> Self {
        Self([0; BLS_SIGNATURE_BYTES])
    }
}

impl From<MultisigSignature> for BlsSignature {
    fn from(signature: MultisigSignature) -> Self {
        Self(signature.to_bytes())
    }
}

impl fmt::Display for BlsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BlsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex::encode(&self.0[..6]))
    }
}

impl Serialize for BlsSignature {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        hex::serde::serialize(self.0, to)
    }
}

impl<'de> Deserialize<'de> for BlsSignature {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        hex::serde::deserialize(from).map(Self)
    }
}

impl Encode for BlsSignature {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

impl Decode for BlsSignature {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_key_round_trips() {
        let text = DUSK_KEY.to_string();
        assert_eq!(text.parse(), Ok(DUSK_KEY));
        assert_eq!(serde_json::to_string(&DUSK_KEY).unwrap(), format!("\"{text}\""));
        assert!(DUSK_KEY.to_point().is_ok());
    }

    #[test]
    fn text_that_is_no_key_is_refused() {
        assert_eq!("2g".parse::<BlsKey>(), Err(KeyError::Length(1)));
        assert_eq!("z".repeat(200).parse::<BlsKey>(), Err(KeyError::Length(97)));
        assert!(matches!("0OIl".parse::<BlsKey>(), Err(KeyError::Base58(_))));
        assert_eq!(BlsKey::default().to_point(), Err(KeyError::NotAPoint(BlsKey::default())));
    }

    #[test]
    fn keys_are_ordered_by_their_bytes() {
        let mut high = [0; BLS_KEY_BYTES];
        high[0] = 1;
        assert!(BlsKey::default() < BlsKey(high));
    }
}

//! Scalars in layouts: 32 bytes, least significant first, below the order of the field.

use dusk_bls12_381::BlsScalar;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(scalar: &BlsScalar, serializer: S) -> Result<S::Ok, S::Error> {
    scalar.to_bytes().serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BlsScalar, D::Error> {
    let bytes = <[u8; 32]>::deserialize(deserializer)?;
    Option::from(BlsScalar::from_bytes(&bytes)).ok_or_else(|| D::Error::custom("a number above the order of the field"))
}

//! Numbers of widths for which Rust has no type.

use core::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use super::Field;

/// A number below 2 to the power `BITS`, of a width other than those of `u8` to `u128`.
///
/// In JSON it is a number if it fits into 64 bits, otherwise the text of the [`Field`].
///
/// ```
/// use dusk_sdk_circuit::native::Unsigned;
/// assert!(Unsigned::<20>::try_from(1_048_575).is_ok());
/// assert!(Unsigned::<20>::try_from(1_048_576).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Unsigned<const BITS: usize>(Field);

impl<const BITS: usize> Zeroize for Unsigned<BITS> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// The error of a number that is not below 2 to the power of its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooWide {
    /// The width.
    pub bits: usize,
}

impl fmt::Display for TooWide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number that does not fit into {} bits", self.bits)
    }
}

impl core::error::Error for TooWide {}

impl<const BITS: usize> Unsigned<BITS> {
    /// The number as a field element.
    #[must_use]
    pub fn field(self) -> Field {
        self.0
    }
}

impl<const BITS: usize> TryFrom<Field> for Unsigned<BITS> {
    type Error = TooWide;

    fn try_from(field: Field) -> Result<Self, TooWide> {
        let fits = field.to_bytes().iter().enumerate().all(|(place, byte)| {
            let bits = BITS.saturating_sub(8 * place);
            bits >= 8 || byte >> bits == 0
        });
        if fits { Ok(Self(field)) } else { Err(TooWide { bits: BITS }) }
    }
}

impl<const BITS: usize> TryFrom<u64> for Unsigned<BITS> {
    type Error = TooWide;

    fn try_from(number: u64) -> Result<Self, TooWide> {
        Field::from(number).try_into()
    }
}

impl<const BITS: usize> fmt::Debug for Unsigned<BITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const BITS: usize> Serialize for Unsigned<BITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.to_bytes();
        if bytes[8..].iter().any(|byte| *byte != 0) {
            return self.0.serialize(serializer);
        }
        serializer.serialize_u64(bytes[..8].iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }
}

impl<'de, const BITS: usize> Deserialize<'de> for Unsigned<BITS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Field::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

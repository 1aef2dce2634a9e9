//! Field elements in files: the hexadecimal text of the 32 bytes, least significant first, or a whole number.
//!
//! A string of digits is a number, unless it has exactly 64 digits: then it is hexadecimal. A plus sign before the
//! digits makes it a number of any length.

use alloc::string::String;
use core::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Field, hex};

/// The digits of the largest number of 128 bits.
const MAX_U128_DIGITS: usize = 39;
/// The digits of 32 bytes.
const HEX_DIGITS: usize = 64;

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field element: 64 hexadecimal digits, or a number")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Field, E> {
                Ok(Field::from(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Field, E> {
                let positive = u64::try_from(number);
                positive.map(Field::from).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
            }

            fn visit_u128<E: Error>(self, number: u128) -> Result<Field, E> {
                let mut bytes = [0; 32];
                bytes[..16].copy_from_slice(&number.to_le_bytes());
                Field::from_bytes(&bytes).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Field, E> {
                let strange = || E::invalid_value(Unexpected::Str(text), &self);
                let bytes = match text.strip_prefix('+') {
                    Some(number) => decimal(number),
                    // A digit too few or too many makes no number of a hexadecimal text that begins with zeros.
                    None if text.len() > MAX_U128_DIGITS && text.len() != HEX_DIGITS && text.starts_with('0') => None,
                    None => hex::decode(text).or_else(|| decimal(text)),
                };
                let bytes = bytes.ok_or_else(strange)?;
                Field::from_bytes(&bytes).map_err(E::custom)
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Field, E> {
                self.visit_str(&text)
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// The bytes of a decimal number, least significant first; `None` if there are more than 32.
fn decimal(digits: &str) -> Option<[u8; 32]> {
    if digits.is_empty() {
        return None;
    }
    let mut bytes = [0; 32];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in &mut bytes {
            let sum = 10 * u32::from(*byte) + carry;
            let [low, high, ..] = sum.to_le_bytes();
            (*byte, carry) = (low, high.into());
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

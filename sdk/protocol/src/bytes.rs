//! Bytes in documents: hexadecimal text.
//!
//! Arguments and events are most of what tests send. Text and bytes are converted by functions without type parameters,
//! and without another package, so that they are compiled in this package: projects have it optimised.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The reason why a text is not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NotBytes {
    /// The last byte has one digit.
    #[error("the number of hexadecimal digits is odd")]
    Odd,
    /// One of the digits of a byte is none.
    #[error("byte {0} does not have two hexadecimal digits")]
    Digit(usize),
}

/// Writes the bytes.
pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&to_text(bytes))
}

/// Reads bytes.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes as hexadecimal text")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
            of_text(text).map_err(E::custom)
        }
    }

    from.deserialize_str(Text)
}

fn to_text(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    // Digits are UTF-8.
    String::from_utf8(text).unwrap_or_default()
}

fn of_text(text: &str) -> Result<Vec<u8>, NotBytes> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(NotBytes::Odd);
    }
    let mut bytes = Vec::with_capacity(pairs.len());
    for (place, [high, low]) in pairs.iter().enumerate() {
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Err(NotBytes::Digit(place)) };
        bytes.push(high << 4 | low);
    }
    Ok(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let text = to_text(&all);
        assert_eq!(text, hex::encode(&all));
        assert_eq!(of_text(&text), Ok(all.clone()));
        assert_eq!(of_text(&text.to_uppercase()), Ok(all));
        assert_eq!((to_text(&[]), of_text("")), (String::new(), Ok(Vec::new())));
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(of_text("0"), Err(NotBytes::Odd));
        for strange in (0..=u8::MAX).filter(|byte| byte.is_ascii() && !byte.is_ascii_hexdigit()).map(char::from) {
            assert_eq!(of_text(&format!("00{strange}0")), Err(NotBytes::Digit(1)), "{strange:?}");
            assert_eq!(of_text(&format!("000{strange}")), Err(NotBytes::Digit(1)), "{strange:?}");
        }
        assert_eq!(of_text("00é"), Err(NotBytes::Digit(1)));
    }
}

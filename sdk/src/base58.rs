//! Base58, the text form of accounts. No crate for it: each dependency of contracts adds to the time of every build.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Encodes bytes as Base58.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::with_capacity(bytes.len() * 138 / 100 + 1);
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58).to_le_bytes()[0];
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58).to_le_bytes()[0]);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = core::iter::repeat_n(&0, zeros).chain(digits.iter().rev());
    digits.map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
}

/// Decodes Base58 of exactly `length` bytes.
#[cfg(any(feature = "json", feature = "confidential", test))]
pub(crate) fn decode(text: &str, length: usize) -> Option<Vec<u8>> {
    // A digit has log2(58) = 5.86 bits. Longer text cannot be so few bytes, so the quadratic loop is not started for
    // it.
    if text.len() > length * 138 / 100 + 1 {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(length);
    for character in text.bytes() {
        let mut carry = ALPHABET.iter().position(|digit| *digit == character)?;
        for byte in &mut bytes {
            carry += usize::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
            carry >>= 8;
        }
    }
    let zeros = text.bytes().take_while(|byte| *byte == b'1').count();
    bytes.resize(bytes.len() + zeros, 0);
    bytes.reverse();
    (bytes.len() == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_reference(bytes in prop::collection::vec(any::<u8>(), 0..100), zeros in 0usize..4) {
            let bytes: Vec<u8> = core::iter::repeat_n(0, zeros).chain(bytes).collect();
            let text = encode(&bytes);
            prop_assert_eq!(&text, &bs58::encode(&bytes).into_string());
            prop_assert_eq!(decode(&text, bytes.len()), Some(bytes.clone()));
            prop_assert_eq!(decode(&text, bytes.len() + 1), None);
        }
    }

    #[test]
    fn foreign_characters_are_refused() {
        for text in ["0", "O", "I", "l", "é", " ", "11111111"] {
            assert_eq!(decode(text, 1), None, "{text}");
        }
    }
}

//! Bytes as hexadecimal text.

use core::fmt;

/// Writes bytes as hexadecimal digits.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Decodes 32 bytes from 64 hexadecimal digits, with or without `0x` before them.
#[cfg(feature = "zk")]
pub(super) fn decode(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.strip_prefix("0x").unwrap_or(text).as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(16 * high? + low?).ok()?;
    }
    Some(bytes)
}

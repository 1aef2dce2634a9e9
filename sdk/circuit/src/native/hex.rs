//! Bytes as hexadecimal text.

use core::fmt;

const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// The bytes that are written at once: those of an element.
const CHUNK_BYTES: usize = 32;

/// Writes bytes as hexadecimal digits.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    // The shorter code, for contracts.
    if cfg!(target_family = "wasm") {
        return bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"));
    }
    // Tests write every element of every witness, so all digits are written at once.
    for part in bytes.chunks(CHUNK_BYTES) {
        let mut text = [0; 2 * CHUNK_BYTES];
        for (pair, byte) in text.chunks_exact_mut(2).zip(part) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        f.write_str(core::str::from_utf8(&text[..2 * part.len()]).unwrap_or_default())?;
    }
    Ok(())
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

//! Hashes and ids of 32 bytes, and their hexadecimal text.

/// The hexadecimal digits of a hash or an id.
pub(crate) const ID_DIGITS: usize = 64;

/// BLAKE3 in hexadecimal.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The bytes of a hash or an id, given by 64 hexadecimal digits, with or without `0x`.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
    Some(bytes)
}

/// The digits of a hash or an id in the form that nodes write.
pub(crate) fn normalized(text: &str) -> Option<String> {
    from_hex(text).map(hex::encode)
}

//! The hash by which the chain knows code, and builds know files.

/// BLAKE3 in hexadecimal.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

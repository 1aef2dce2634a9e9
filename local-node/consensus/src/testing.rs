//! Helpers of unit tests.

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::SecretKey;

/// A secret key for tests.
pub(crate) fn secret(number: u64) -> SecretKey {
    SecretKey::from(BlsScalar::hash_to_scalar(&number.to_le_bytes()))
}

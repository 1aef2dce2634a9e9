//! The randomness of the system.

use core::fmt;

use dusk_bls12_381::BlsScalar;
use zeroize::Zeroizing;

use crate::Field;

/// The error of a system without randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system gives no random bytes")
    }
}

impl core::error::Error for NoRandomness {}

/// Fills a buffer with random bytes.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|_| NoRandomness)
}

/// A random field element: the blinding of a leg, the question to a holder.
///
/// # Errors
/// [`NoRandomness`] if the system has none.
pub fn field() -> Result<Field, NoRandomness> {
    let mut bytes = Zeroizing::new([0; 64]);
    fill(bytes.as_mut_slice())?;
    Ok(BlsScalar::from_bytes_wide(&bytes).into())
}

//! The randomness of the system.

use core::fmt;
#[cfg(feature = "testing")]
use core::sync::atomic::{AtomicU64, Ordering};

use dusk_bls12_381::BlsScalar;
use zeroize::Zeroizing;

use crate::Field;
#[cfg(feature = "testing")]
use crate::finance::confidential::hash;

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

/// The source of the random elements of a wallet's acts.
pub(super) enum Source {
    /// The system.
    System,
    /// A seed and a count, for tests that can be repeated.
    #[cfg(feature = "testing")]
    Seed(Field, AtomicU64),
}

impl Source {
    /// The source that follows from a seed.
    #[cfg(feature = "testing")]
    pub(super) fn seeded(seed: &[u8; 32]) -> Self {
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(seed);
        Self::Seed(BlsScalar::from_bytes_wide(&wide).into(), AtomicU64::new(0))
    }

    /// The next element.
    pub(super) fn field(&self) -> Result<Field, NoRandomness> {
        match self {
            Self::System => field(),
            #[cfg(feature = "testing")]
            Self::Seed(seed, drawn) => Ok(hash(&[*seed, drawn.fetch_add(1, Ordering::Relaxed).into()])),
        }
    }
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

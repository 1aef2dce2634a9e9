//! Proofs for tests: the host asks somebody for them, because it knows no proof system.

use std::fmt;

use dusk_core::BlsScalar;
use dusk_sdk_protocol::host::Attached;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A proof that a test wants.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The circuit's name.
    pub circuit: &'a str,
    /// The digest of its layout.
    pub digest: [u8; 32],
    /// The layout, where the test was asked for it.
    pub layout: Option<&'a [u8]>,
    /// The values of all wires. As secret as the witness.
    pub wires: &'a [u8],
}

/// The values of all wires, as they came with a request. They are overwritten when they are dropped.
///
/// No `Zeroizing<Vec<u8>>`: it overwrites element by element, which takes long in a package that is not optimised. A
/// slice is overwritten as a whole.
pub struct Wires(Vec<u8>);

impl From<Attached> for Wires {
    fn from(attached: Attached) -> Self {
        Self(attached.bytes)
    }
}

impl std::ops::Deref for Wires {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Zeroize for Wires {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
        self.0.spare_capacity_mut().zeroize();
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Wires {}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wires({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("circuit", &self.circuit).finish_non_exhaustive()
    }
}

/// The result.
#[derive(Debug, Clone)]
pub struct Proved {
    /// The verifier key of the circuit.
    pub verifier_key: Vec<u8>,
    /// The public inputs.
    pub public: Vec<BlsScalar>,
    /// The proof. `None`: all constraints were checked, and the host may issue a mock.
    pub proof: Option<Vec<u8>>,
}

/// Why there is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofsError {
    /// The circuit is not known yet.
    #[error("the circuit is not known yet: its layout is wanted")]
    LayoutWanted,
    /// There is none.
    #[error("{message}")]
    Failed {
        /// Why.
        message: String,
        /// The remedy.
        hint: Option<String>,
    },
}

/// The maker of proofs for tests.
pub trait Proofs: Send + Sync + fmt::Debug {
    /// Checks all constraints, and makes a proof where real ones are wanted.
    ///
    /// # Errors
    /// [`ProofsError`].
    fn prove(&self, wanted: &Wanted<'_>) -> Result<Proved, ProofsError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wires_are_overwritten_and_not_printed() {
        fn overwrites<T: ZeroizeOnDrop>(value: T) -> T {
            value
        }
        let mut wires = overwrites(Wires::from(Attached::new(vec![7; 1000])));
        assert_eq!(wires[..], [7; 1000]);
        wires.zeroize();
        assert_eq!(wires[..], [0; 1000]);
        assert_eq!(format!("{wires:?}"), "Wires(1000 bytes)");
    }
}

//! Proofs for tests: the host asks somebody for them, because it knows no proof system.

use std::fmt;

use dusk_core::BlsScalar;

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

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("circuit", &self.circuit).finish_non_exhaustive()
    }
}

/// What came of it.
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
        /// What to do about it.
        hint: Option<String>,
    },
}

/// What makes proofs for tests.
pub trait Proofs: Send + Sync + fmt::Debug {
    /// Checks all constraints, and makes a proof where real ones are wanted.
    ///
    /// # Errors
    /// [`ProofsError`].
    fn prove(&self, wanted: &Wanted<'_>) -> Result<Proved, ProofsError>;
}

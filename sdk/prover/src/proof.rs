//! Proofs as bytes.

use std::fmt;
use std::str::FromStr;

use dusk_sdk_circuit::PROOF_BYTES;

/// A proof in the format of contracts and nodes: eleven commitments and fifteen evaluations.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof([u8; PROOF_BYTES]);

/// The reason why bytes or text are not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The length is wrong.
    #[error("a proof has {PROOF_BYTES} bytes, not {0}")]
    Length(usize),
    /// The text is not hexadecimal.
    #[error("the proof is not hexadecimal")]
    Hexadecimal,
}

impl Proof {
    /// Creates a proof from bytes. [`verify`](crate::verify) decides whether it is valid.
    #[must_use]
    pub fn from_bytes(bytes: [u8; PROOF_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PROOF_BYTES] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Proof {
    type Error = ProofError;

    fn try_from(bytes: &[u8]) -> Result<Self, ProofError> {
        bytes.try_into().map(Self).map_err(|_| ProofError::Length(bytes.len()))
    }
}

/// In hexadecimal.
impl FromStr for Proof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let bytes = hex::decode(text).map_err(|_| ProofError::Hexadecimal)?;
        Self::try_from(bytes.as_slice())
    }
}

/// In hexadecimal.
impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({}…)", hex::encode(&self.0[..8]))
    }
}

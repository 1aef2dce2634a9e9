//! The interface of a proof system.

use std::fmt::Debug;

use dusk_sdk_circuit::{Assignment, BlsScalar, Layout, LayoutError};
use rand_core::CryptoRngCore;

use crate::parameters::{Parameters, ParametersId};
use crate::progress::Progress;
use crate::proof::Proof;

/// The keys of a circuit, made by a backend.
#[derive(Debug, Clone)]
pub struct Compiled<K> {
    /// The prover key.
    pub key: K,
    /// The verifier key, in the chain's format.
    pub verifier_key: Vec<u8>,
}

/// A proof system. Its callers have checked the witness, and have compared the digests of keys and circuit.
pub trait Backend: Debug {
    /// The prover key.
    type Key: Debug + Send + Sync;

    /// Its name, with the version of its formats. The store uses it in the names of keys.
    const NAME: &'static str;

    /// Makes the keys of a circuit.
    ///
    /// # Errors
    /// If the layout is damaged, or too large for the parameters.
    fn compile(
        layout: &Layout,
        parameters: &Parameters,
        progress: Progress<'_>,
    ) -> Result<Compiled<Self::Key>, CompileError>;

    /// Makes a proof. `None` if the values do not satisfy the circuit, or the arguments do not belong together.
    fn prove(
        compiled: &Compiled<Self::Key>,
        parameters: &Parameters,
        circuit: (&Layout, &Assignment),
        rng: &mut dyn CryptoRngCore,
        progress: &dyn Fn(f32),
    ) -> Option<Proof>;

    /// Verifies a proof.
    ///
    /// # Errors
    /// If the key is invalid, or the proof is not valid for these inputs.
    fn verify(verifier_key: &[u8], proof: &Proof, public: &[BlsScalar]) -> Result<(), VerifyError>;

    /// The parameters that a verifier key belongs to; `None` if it is not a verifier key.
    fn parameters_of(verifier_key: &[u8]) -> Option<ParametersId>;

    /// Encodes a key, for [`Backend::decode`].
    fn encode(key: &Self::Key) -> Vec<u8>;

    /// Decodes a key; `None` if the bytes are not a key.
    fn decode(bytes: &[u8]) -> Option<Self::Key>;
}

/// Why no keys can be made for a circuit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The layout is inconsistent.
    #[error("the circuit's description is damaged")]
    Layout(#[source] LayoutError),
    /// The circuit has no rows.
    #[error("the circuit states nothing: it has no rows")]
    Empty,
    /// A public input is on a row that is not a polynomial, where `check` ignores it.
    #[error("the circuit's description is damaged: row {row} has a public input but is not arithmetic")]
    PublicInput {
        /// The row.
        row: u32,
    },
    /// The circuit has more gates than the parameters serve.
    #[error("the circuit has {gates} gates; the parameters serve at most {parameters}")]
    TooLarge {
        /// How many the circuit has.
        gates: usize,
        /// How many the parameters serve.
        parameters: usize,
    },
}

/// Why a proof is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The bytes do not encode a verifier key.
    #[error("the verifier key is damaged")]
    Key,
    /// The bytes do not encode a proof.
    #[error("the proof is damaged: its bytes are not points and scalars")]
    Malformed,
    /// The number of public inputs differs from the circuit's.
    #[error("the circuit has {expected} public inputs, not {given}")]
    PublicInputs {
        /// How many the circuit has.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// The proof is not valid for this key and these public inputs.
    #[error("the proof does not hold for this circuit and these public inputs")]
    Refused,
}

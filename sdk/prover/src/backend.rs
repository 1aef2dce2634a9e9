//! The interface of a proof system.

use std::fmt::Debug;

use dusk_sdk_circuit::{BlsScalar, Layout, Wires};
use rand_core::CryptoRngCore;

use crate::keys::{CompileError, VerifyError};
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
        circuit: (&Layout, &Wires),
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

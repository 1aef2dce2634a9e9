//! What a proof system has to give.

use std::fmt::Debug;

use dusk_sdk_circuit::{BlsScalar, Layout, Wires};
use rand_core::CryptoRngCore;

use crate::keys::{CompileError, VerifyError};
use crate::parameters::{Parameters, ParametersId};
use crate::progress::Progress;
use crate::proof::Proof;

/// The keys of a circuit, as a backend makes them.
#[derive(Debug, Clone)]
pub struct Compiled<K> {
    /// What proofs are made with.
    pub key: K,
    /// What they are verified with, as the chain takes it.
    pub verifier_key: Vec<u8>,
}

/// A proof system. Its callers have checked the witness, and compared the digests of keys and circuit.
pub trait Backend: Debug {
    /// What proofs are made with.
    type Key: Debug + Send + Sync;

    /// Its name, with the version of its formats: keys are kept under it.
    const NAME: &'static str;

    /// Makes the keys of a circuit.
    ///
    /// # Errors
    /// When the layout is damaged, or too large for the parameters.
    fn compile(
        layout: &Layout,
        parameters: &Parameters,
        progress: Progress<'_>,
    ) -> Result<Compiled<Self::Key>, CompileError>;

    /// Makes a proof. None where the values do not satisfy the circuit after all, or the parts do not belong together.
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
    /// When the key is none, or the proof does not hold for these inputs.
    fn verify(verifier_key: &[u8], proof: &Proof, public: &[BlsScalar]) -> Result<(), VerifyError>;

    /// The parameters that a verifier key belongs to; none where it is no key.
    fn parameters_of(verifier_key: &[u8]) -> Option<ParametersId>;

    /// The bytes of a key, for [`Backend::decode`].
    fn encode(key: &Self::Key) -> Vec<u8>;

    /// A key from its bytes; none where they are no key.
    fn decode(bytes: &[u8]) -> Option<Self::Key>;
}

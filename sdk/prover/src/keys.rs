//! The keys of a circuit, and proofs made with them.

use std::fmt;

use dusk_sdk_circuit::{Assignment, BlsScalar, CheckError, Digest, Layout, check};
use rand_core::{CryptoRng, OsRng, RngCore};
use zeroize::Zeroize;

use crate::backend::{Backend, CompileError, Compiled, VerifyError};
use crate::parameters::{Parameters, ParametersId};
use crate::plonk::Plonk;
use crate::progress::{Progress, Stage};
use crate::proof::Proof;

/// The keys of a circuit: the prover key and the verifier key.
pub struct Keys<B: Backend = Plonk> {
    digest: Digest,
    parameters: Parameters,
    compiled: Compiled<B::Key>,
}

impl<B: Backend> fmt::Debug for Keys<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} of circuit {} under {:?})", B::NAME, self.digest, self.parameters)
    }
}

/// The reason why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The keys belong to another circuit.
    #[error("the keys are those of the circuit {keys}, not of {circuit}")]
    OtherCircuit {
        /// The digest of the keys' circuit.
        keys: Digest,
        /// The digest of the circuit to prove.
        circuit: Digest,
    },
    /// The witness does not satisfy the circuit.
    #[error("the witness does not satisfy the circuit")]
    Unsatisfied(#[source] CheckError),
    /// The system provides no randomness.
    #[error("the operating system provides no random numbers: {0}")]
    Randomness(String),
    /// The verifier rejects the new proof. Parameters, keys or memory are damaged.
    #[error("the new proof does not verify: the parameters or the keys are damaged")]
    Invalid,
}

impl<B: Backend> Keys<B> {
    /// Makes the keys of a circuit.
    ///
    /// # Errors
    /// [`CompileError`] if the circuit is too large for the parameters, or its layout is damaged.
    pub fn compile(layout: &Layout, parameters: &Parameters, progress: Progress<'_>) -> Result<Self, CompileError> {
        let compiled = B::compile(layout, parameters, progress)?;
        Ok(Self { digest: layout.digest(), parameters: parameters.clone(), compiled })
    }

    pub(crate) fn from_parts(digest: Digest, parameters: Parameters, compiled: Compiled<B::Key>) -> Self {
        Self { digest, parameters, compiled }
    }

    pub(crate) fn compiled(&self) -> &Compiled<B::Key> {
        &self.compiled
    }

    /// The digest of the keys' circuit.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The id of the parameters that they were made from.
    #[must_use]
    pub fn parameters(&self) -> ParametersId {
        self.parameters.id()
    }

    /// The verifier key: the bytes that the host query `verify_plonk` takes.
    #[must_use]
    pub fn verifier_key(&self) -> &[u8] {
        &self.compiled.verifier_key
    }

    /// Checks a witness, makes a proof, and verifies it.
    ///
    /// The prover hashes the randomness of a proof from that of the system, the parameters, the keys, the circuit and
    /// the witness. Even if the system's randomness is bad, two proofs that differ in one of the others do not share
    /// random terms.
    ///
    /// # Errors
    /// [`ProveError`]: the keys belong to another circuit, the witness does not satisfy the circuit (with the violated
    /// constraint), or there is no randomness.
    pub fn prove(&self, layout: &Layout, assignment: &Assignment, progress: Progress<'_>) -> Result<Proof, ProveError> {
        let mut entropy = [0; 32];
        OsRng.try_fill_bytes(&mut entropy).map_err(|error| ProveError::Randomness(error.to_string()))?;
        let proof = self.prove_with(layout, assignment, &entropy, progress);
        entropy.zeroize();
        proof
    }

    /// Like [`Keys::prove`], with 32 bytes in place of the system's randomness: the same bytes give the same proof.
    /// **For tests only**: a proof with known bytes reveals the witness.
    ///
    /// # Errors
    /// As [`Keys::prove`].
    #[doc(hidden)]
    pub fn prove_with(
        &self,
        layout: &Layout,
        assignment: &Assignment,
        entropy: &[u8; 32],
        progress: Progress<'_>,
    ) -> Result<Proof, ProveError> {
        let circuit = layout.digest();
        if circuit != self.digest {
            return Err(ProveError::OtherCircuit { keys: self.digest, circuit });
        }
        progress(Stage::Check, 0.0);
        check(layout, assignment).map_err(ProveError::Unsatisfied)?;
        progress(Stage::Check, 1.0);
        let mut rng = Hedged::new(entropy, self, assignment);
        let report = |share: f32| progress(Stage::Prove, share);
        report(0.0);
        let proof = B::prove(&self.compiled, &self.parameters, (layout, assignment), &mut rng, &report);
        let proof = proof.ok_or(ProveError::Invalid)?;
        progress(Stage::Verify, 0.0);
        B::verify(self.verifier_key(), &proof, assignment.public()).map_err(|_| ProveError::Invalid)?;
        progress(Stage::Verify, 1.0);
        Ok(proof)
    }
}

/// The random source of one proof: BLAKE3 of the system's randomness, the parameters, the keys, the circuit and the
/// witness.
///
/// Two proofs of one witness with the same random terms under two keys would reveal more values of the same secret
/// polynomials. The verifier key commits to all polynomials of the prover key, so it represents both keys.
struct Hedged(blake3::OutputReader);

impl Hedged {
    fn new<B: Backend>(entropy: &[u8; 32], keys: &Keys<B>, assignment: &Assignment) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("cargo-dusk 2026 randomness of a proof, with its keys");
        hasher.update(entropy).update(&keys.digest.0).update(&keys.parameters.id().to_bytes());
        for bytes in [B::NAME.as_bytes(), keys.verifier_key()] {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        }
        for values in [assignment.values(), assignment.public()] {
            hasher.update(&(values.len() as u64).to_le_bytes());
            // The Montgomery form is unique for each value, and needs no conversion.
            values.iter().flat_map(|it| it.0).for_each(|limb| {
                hasher.update(&limb.to_le_bytes());
            });
        }
        let output = hasher.finalize_xof();
        hasher.zeroize();
        Self(output)
    }
}

impl Drop for Hedged {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl RngCore for Hedged {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Hedged {}

/// Verifies that a proof shows the existence of a witness for these public inputs, given in the order in which the
/// circuit exposes them.
///
/// # Errors
/// [`VerifyError`] if it does not.
pub fn verify(verifier_key: &[u8], proof: &Proof, public: &[BlsScalar]) -> Result<(), VerifyError> {
    Plonk::verify(verifier_key, proof, public)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuits::every_kind;
    use crate::progress::SILENT;

    /// With the same random terms, two proofs of one witness would reveal twice as many values of the same polynomials.
    #[test]
    fn the_same_randomness_gives_other_terms_under_other_parameters_keys_or_circuits() {
        let (layout, assignment) = every_kind(3, 20);
        let parameters = Parameters::development(32, SILENT).unwrap();
        let keys: Keys = Keys::compile(&layout, &parameters, SILENT).unwrap();
        let changed = |digest: Digest, parameters: &Parameters, verifier_key: &[u8]| {
            let compiled = Compiled { key: keys.compiled.key.clone(), verifier_key: verifier_key.to_vec() };
            Keys::<Plonk>::from_parts(digest, parameters.clone(), compiled)
        };
        let terms = |keys: &Keys, entropy: u8, assignment: &Assignment| {
            let mut terms = [0; 64];
            Hedged::new(&[entropy; 32], keys, assignment).fill_bytes(&mut terms);
            terms
        };
        let foreign = dusk_plonk::prelude::PublicParameters::setup(32, &mut Hedged::new(&[1; 32], &keys, &assignment));
        let foreign = Parameters::from_bytes(&foreign.unwrap().to_raw_var_bytes(), None, SILENT).unwrap();
        let mut other_key = keys.verifier_key().to_vec();
        other_key[100] ^= 1;
        let all = [
            terms(&keys, 7, &assignment),
            terms(&keys, 8, &assignment),
            terms(&keys, 7, &every_kind(4, 20).1),
            terms(&changed(Digest([1; 32]), &parameters, keys.verifier_key()), 7, &assignment),
            terms(&changed(keys.digest(), &foreign, keys.verifier_key()), 7, &assignment),
            terms(&changed(keys.digest(), &parameters, &other_key), 7, &assignment),
        ];
        assert_eq!(all[0], terms(&changed(keys.digest(), &parameters, keys.verifier_key()), 7, &assignment));
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "each of them is in the hash");
    }
}

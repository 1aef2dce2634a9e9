//! Mock proofs: stand-ins in tests of contracts while nobody needs a real one.

use std::fmt;

use dusk_bytes::Serializable as _;
use dusk_core::BlsScalar;
use dusk_core::plonk::Proof;

/// The key of a test host for mock proofs.
///
/// A mock is as long as a PLONK proof, and authenticates the verifier key and the public inputs that it was issued for.
/// Only a machine that was given the key ([`Vm::accepting_mocks`](crate::Vm::accepting_mocks)) accepts it; for every
/// other it is an invalid proof.
#[derive(Clone, Copy)]
pub struct MockKey([u8; 32]);

impl fmt::Debug for MockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockKey(…)")
    }
}

impl MockKey {
    /// The key with these bytes, which nobody else should know.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The mock for a verifier key and public inputs.
    #[must_use]
    pub fn issue(&self, verifier_key: &[u8], public_inputs: &[BlsScalar]) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(verifier_key.len() as u64).to_le_bytes()).update(verifier_key);
        for input in public_inputs {
            hasher.update(&input.to_bytes());
        }
        let mut proof = vec![0; Proof::SIZE];
        hasher.finalize_xof().fill(&mut proof);
        proof
    }

    pub(crate) fn accepts(&self, verifier_key: &[u8], proof: &[u8], public_inputs: &[BlsScalar]) -> bool {
        proof.len() == Proof::SIZE && self.issue(verifier_key, public_inputs) == proof
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mock_holds_for_what_it_was_issued_for() {
        let key = MockKey::new([7; 32]);
        let inputs = [BlsScalar::from(1), BlsScalar::from(2)];
        let proof = key.issue(b"key", &inputs);
        assert!(key.accepts(b"key", &proof, &inputs));
        assert!(!key.accepts(b"kez", &proof, &inputs));
        assert!(!key.accepts(b"key", &proof, &inputs[..1]));
        assert!(!key.accepts(b"key", &proof, &[inputs[1], inputs[0]]));
        assert!(!MockKey::new([8; 32]).accepts(b"key", &proof, &inputs));
        for byte in [0, 500, Proof::SIZE - 1] {
            let mut flipped = proof.clone();
            flipped[byte] ^= 1;
            assert!(!key.accepts(b"key", &flipped, &inputs));
        }
    }
}

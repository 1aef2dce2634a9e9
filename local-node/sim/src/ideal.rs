//! Signatures without curves, for most simulated runs.
//!
//! A signature is a hash over key and message, read as numbers, and signatures add up as numbers do. Anybody could make
//! them: no simulated node forges the signature of another one's key, because real signatures do not allow it either.

use std::collections::BTreeSet;

use dusk_core::signatures::bls::{BlsVersion, PublicKey};
use local_node_consensus::signing::{SignatureError, Signatures, Signer};
use local_node_types::keys::{BLS_SIGNATURE_BYTES, BlsKey, BlsSignature};
use sha3::{Digest, Sha3_256};

/// Numbers in a signature.
const WORDS: usize = BLS_SIGNATURE_BYTES / 8;

type Words = [u64; WORDS];

fn words(key: &BlsKey, message: &[u8]) -> Words {
    let hash = Sha3_256::new().chain_update(key.as_bytes()).chain_update(message).finalize();
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(hash.chunks(8).cycle()) {
        *word = u64::from_le_bytes(bytes.try_into().expect("a hash has four times eight bytes"));
    }
    words
}

fn parse(signature: &BlsSignature) -> Words {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(signature.as_bytes().chunks(8)) {
        *word = u64::from_le_bytes(bytes.try_into().expect("a signature has six times eight bytes"));
    }
    words
}

fn sum(parts: impl Iterator<Item = Words>) -> Words {
    let add = |sum: Words, part: Words| std::array::from_fn(|place| sum[place].wrapping_add(part[place]));
    parts.fold([0; WORDS], add)
}

fn signature(words: Words) -> BlsSignature {
    let mut bytes = [0; BLS_SIGNATURE_BYTES];
    for (bytes, word) in bytes.chunks_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    BlsSignature(bytes)
}

/// Keys that sign so.
#[derive(Debug, Clone, Default)]
pub struct IdealSigner(BTreeSet<BlsKey>);

impl IdealSigner {
    /// A signer with these keys.
    pub fn new(keys: impl IntoIterator<Item = BlsKey>) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl Signer for IdealSigner {
    fn keys(&self) -> Box<dyn Iterator<Item = &BlsKey> + '_> {
        Box::new(self.0.iter())
    }

    fn holds(&self, key: &BlsKey) -> bool {
        self.0.contains(key)
    }

    fn sign(&self, key: &BlsKey, message: &[u8], _version: BlsVersion) -> Option<BlsSignature> {
        self.holds(key).then(|| signature(words(key, message)))
    }

    fn sign_together(&self, keys: &[BlsKey], message: &[u8], _version: BlsVersion) -> Option<BlsSignature> {
        let held = !keys.is_empty() && keys.iter().all(|key| self.holds(key));
        held.then(|| signature(sum(keys.iter().map(|key| words(key, message)))))
    }
}

/// Checks such signatures.
#[derive(Debug, Clone, Copy, Default)]
pub struct IdealSignatures;

impl Signatures for IdealSignatures {
    fn verify(
        &self,
        signers: &[PublicKey],
        given: &BlsSignature,
        message: &[u8],
        _version: BlsVersion,
    ) -> Result<(), SignatureError> {
        if signers.is_empty() {
            return Err(SignatureError::NoSigner);
        }
        let expected = sum(signers.iter().map(|signer| words(&BlsKey::from(signer), message)));
        if signature(expected) == *given { Ok(()) } else { Err(SignatureError::Wrong) }
    }

    fn add(&self, signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
        if signatures.is_empty() {
            return Err(SignatureError::NoSigner);
        }
        Ok(signature(sum(signatures.iter().map(parse))))
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::SecretKey;

    use super::*;

    #[test]
    fn ideal_signatures_behave_as_real_ones() {
        let points: Vec<_> = (1..4_u64)
            .map(|number| PublicKey::from(&SecretKey::from(BlsScalar::hash_to_scalar(&number.to_le_bytes()))))
            .collect();
        let keys: Vec<_> = points.iter().map(BlsKey::from).collect();
        let signer = IdealSigner::new(keys.clone());
        let version = BlsVersion::V2;
        let apart: Vec<_> = keys.iter().map(|key| signer.sign(key, b"message", version).unwrap()).collect();
        let together = signer.sign_together(&keys, b"message", version).unwrap();
        assert_eq!(IdealSignatures.add(&apart), Ok(together));
        let verify =
            |signers: &[PublicKey], message: &[u8]| IdealSignatures.verify(signers, &together, message, version);
        assert_eq!(verify(&points, b"message"), Ok(()));
        assert_eq!(verify(&points[1..], b"message"), Err(SignatureError::Wrong));
        assert_eq!(verify(&points, b"other"), Err(SignatureError::Wrong));
        assert_eq!(verify(&[], b"message"), Err(SignatureError::NoSigner));
        assert_eq!(IdealSigner::default().sign(&keys[0], b"message", version), None);
    }
}

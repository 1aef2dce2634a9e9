//! The chain's signatures, each of which is checked once for all nodes of a process.
//!
//! Every node checks the same signatures, and a check takes as long as all else that a node does with a message. The
//! verdict of [`SignatureVerifier`] on a signature is kept, because it depends on nothing else.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dusk_core::signatures::bls::{BlsVersion, PublicKey};
use local_node_consensus::signing::{Claim, SignatureError, SignatureVerifier, Signatures};
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::Hash;
use sha3::{Digest, Sha3_256};

/// The most verdicts and sums that are remembered: about a run's. When there are more, all are forgotten.
const MAX_REMEMBERED: usize = 100_000;

type Verdict = Result<(), SignatureError>;

/// Checks signatures, and remembers each verdict and sum.
#[derive(Debug, Default)]
pub struct RememberedSignatures {
    verifier: SignatureVerifier,
    verdicts: Mutex<HashMap<Hash, Verdict>>,
    sums: Mutex<HashMap<Vec<BlsSignature>, Result<BlsSignature, SignatureError>>>,
}

/// A hash of all that a verdict depends on.
fn name(signers: &[PublicKey], signature: &BlsSignature, message: &[u8], version: BlsVersion) -> Hash {
    let count = signers.len() as u64;
    let mut hasher = Sha3_256::new().chain_update([u8::from(version == BlsVersion::V2)]);
    hasher.update(count.to_le_bytes());
    signers.iter().for_each(|signer| hasher.update(BlsKey::from(signer).as_bytes()));
    hasher.chain_update(signature.as_bytes()).chain_update(message).finalize().into()
}

/// The map is whole after every change, so a panic elsewhere does not spoil it.
fn open<K, V>(map: &Mutex<HashMap<K, V>>) -> MutexGuard<'_, HashMap<K, V>> {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= MAX_REMEMBERED {
        map.clear();
    }
    map
}

impl Signatures for RememberedSignatures {
    fn verify(
        &self,
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError> {
        let name = name(signers, signature, message, version);
        if let Some(known) = open(&self.verdicts).get(&name) {
            return *known;
        }
        let verdict = self.verifier.verify(signers, signature, message, version);
        open(&self.verdicts).insert(name, verdict);
        verdict
    }

    fn add(&self, signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
        if let Some(known) = open(&self.sums).get(signatures) {
            return *known;
        }
        let sum = Signatures::add(&self.verifier, signatures);
        open(&self.sums).insert(signatures.to_vec(), sum);
        sum
    }

    /// Those that are not known are checked together, as a node does that catches up.
    fn verify_claims(&self, claims: &[Claim]) -> Result<(), Vec<usize>> {
        let names: Vec<_> = claims.iter().map(|it| name(&it.signers, &it.signature, &it.message, it.version)).collect();
        // Read at once: whatever is remembered in between may make the map forget.
        let known: Vec<Option<Verdict>> = {
            let verdicts = open(&self.verdicts);
            names.iter().map(|name| verdicts.get(name).copied()).collect()
        };
        let fresh: Vec<_> = (0..claims.len()).filter(|place| known[*place].is_none()).collect();
        let unknown: Vec<_> = fresh.iter().map(|place| claims[*place].clone()).collect();
        let refused = if unknown.is_empty() { Ok(()) } else { self.verifier.verify_claims(&unknown) };
        let mut wrong: Vec<_> = refused.err().unwrap_or_default().into_iter().map(|place| fresh[place]).collect();
        let good = fresh.iter().filter(|place| !wrong.contains(place));
        good.for_each(|place| _ = open(&self.verdicts).insert(names[*place], Ok(())));
        wrong.extend((0..claims.len()).filter(|place| matches!(known[*place], Some(Err(_)))));
        wrong.sort_unstable();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Scheme, key, point};

    #[test]
    fn verdicts_are_those_of_the_chain_again_and_again() {
        let signer = Scheme::Bls.signer(&[1, 2]);
        let version = BlsVersion::V2;
        let sign = |number: u64| signer.sign(&key(number), b"message", version).unwrap();
        let (both, real) = (RememberedSignatures::default(), SignatureVerifier::default());
        let (points, apart) = ([point(1), point(2)], [sign(1), sign(2)]);
        let sum = both.add(&apart).unwrap();
        assert_eq!(Ok(sum), Signatures::add(&real, &apart));
        let cases: [(&[PublicKey], BlsSignature, &[u8]); 6] = [
            (&points, sum, b"message"),
            (&points[..1], sign(1), b"message"),
            (&points[1..], sign(1), b"message"),
            (&points, sum, b"other"),
            (&points, BlsSignature([7; 48]), b"message"),
            (&[], sum, b"message"),
        ];
        for _ in 0..2 {
            for (signers, signature, message) in &cases {
                let expected = real.verify(signers, signature, message, version);
                assert_eq!(both.verify(signers, signature, message, version), expected);
                assert_eq!(both.add(&apart), Ok(sum));
            }
        }
    }

    #[test]
    fn claims_that_are_known_and_new_ones_are_told_apart() {
        let signer = Scheme::Bls.signer(&[1, 2]);
        let claim = |number: u64, message: &[u8], signed: &[u8]| Claim {
            signers: vec![point(number)],
            signature: signer.sign(&key(number), signed, BlsVersion::V2).unwrap(),
            message: message.to_vec(),
            version: BlsVersion::V2,
        };
        let good = [claim(1, b"one", b"one"), claim(2, b"two", b"two"), claim(1, b"three", b"three")];
        let bad = claim(2, b"one", b"two");
        let both = RememberedSignatures::default();
        assert_eq!(both.verify_claims(&good[..1]), Ok(()));
        let mixed = [bad.clone(), good[0].clone(), good[1].clone(), bad, good[2].clone()];
        assert_eq!(both.verify_claims(&mixed), Err(vec![0, 3]));
        let Claim { signers, signature, message, version } = &mixed[0];
        assert_eq!(both.verify(signers, signature, message, *version), Err(SignatureError::Wrong));
        assert_eq!(both.verify_claims(&mixed), Err(vec![0, 3]));
        assert_eq!(both.verify_claims(&good), Ok(()));
    }

    #[test]
    fn a_claim_that_is_known_to_be_wrong_stays_wrong_when_the_map_is_full() {
        let signer = Scheme::Bls.signer(&[1]);
        let claim = |message: &[u8], signed: &[u8]| Claim {
            signers: vec![point(1)],
            signature: signer.sign(&key(1), signed, BlsVersion::V2).unwrap(),
            message: message.to_vec(),
            version: BlsVersion::V2,
        };
        let (good, bad) = (claim(b"one", b"one"), claim(b"one", b"two"));
        let both = RememberedSignatures::default();
        assert!(both.verify(&bad.signers, &bad.signature, &bad.message, bad.version).is_err());
        // The good claim is the last that there is room for.
        for number in 0..MAX_REMEMBERED - 2 {
            let mut filler = [0; 32];
            filler[..8].copy_from_slice(&number.to_le_bytes());
            both.verdicts.lock().unwrap().insert(filler, Ok(()));
        }
        assert_eq!(both.verify_claims(&[bad, good]), Err(vec![0]));
        assert_eq!(both.verdicts.lock().unwrap().len(), MAX_REMEMBERED);
    }
}

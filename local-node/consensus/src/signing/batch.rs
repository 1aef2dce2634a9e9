//! Checking many signatures together.
//!
//! A signature σ of a message m holds for a key K if e(σ, G) = e(H(m), K). Many of them hold together if
//! e(Σ rᵢ·σᵢ, G) = Π e(rᵢ·H(mᵢ), Kᵢ) with coefficients rᵢ that nobody could choose: one Miller loop for each, and one
//! final exponentiation for all. Without coefficients two wrong signatures could cancel each other out.
//!
//! The coefficients are 128 bits of a hash of all claims, so the check is deterministic. A forger who tries claims
//! until their coefficients fit needs about 2¹²⁸ attempts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blst::min_sig::{PublicKey as SumOfKeys, Signature};
use blst::{BLST_ERROR, Pairing, blst_p1_affine, blst_p2_affine};
use dusk_core::signatures::bls::{BlsVersion, PublicKey};
use local_node_types::keys::BlsSignature;
use sha3::{Digest as _, Sha3_256};

use super::{MESSAGE_DOMAIN, SignatureError, SignatureVerifier, Signatures, point};

/// Bits of a coefficient.
const COEFFICIENT_BITS: usize = 128;
const COEFFICIENT_BYTES: usize = COEFFICIENT_BITS / 8;

/// A statement that all `signers` have signed a message, and `signature` is the sum of their signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The signers.
    pub signers: Vec<PublicKey>,
    /// The sum of their signatures.
    pub signature: BlsSignature,
    /// The signed message.
    pub message: Vec<u8>,
    /// The version of the signatures.
    pub version: BlsVersion,
}

/// The inputs of a pairing from a claim.
struct Term {
    place: usize,
    key: SumOfKeys,
    signature: Signature,
}

/// Checks claims of version 2 together, and the others one by one.
pub(super) fn verify(verifier: &SignatureVerifier, claims: &[Claim]) -> Result<(), Vec<usize>> {
    let (mut terms, mut wrong) = (Vec::new(), Vec::new());
    for (place, claim) in claims.iter().enumerate() {
        let holds = match claim.version {
            BlsVersion::V2 => match term(verifier, claim, place) {
                Some(term) => {
                    terms.push(term);
                    true
                }
                None => false,
            },
            BlsVersion::V1 => verifier.verify(&claim.signers, &claim.signature, &claim.message, claim.version).is_ok(),
        };
        if !holds {
            wrong.push(place);
        }
    }
    bisect(claims, &terms, &mut wrong);
    wrong.sort_unstable();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The points of a claim; `None` when its signature or its signers cannot be good.
fn term(verifier: &SignatureVerifier, claim: &Claim, place: usize) -> Option<Term> {
    let signature = point(&claim.signature).ok()?;
    signature.validate(true).ok()?;
    Some(Term { place, key: verifier.sum_of_keys(&claim.signers)?, signature })
}

/// Adds the places of those terms that do not hold, by halving what does not hold together.
fn bisect(claims: &[Claim], terms: &[Term], wrong: &mut Vec<usize>) {
    if terms.is_empty() || hold_together(claims, terms) {
        return;
    }
    if let [term] = terms {
        return wrong.push(term.place);
    }
    let (first, second) = terms.split_at(terms.len() / 2);
    bisect(claims, first, wrong);
    bisect(claims, second, wrong);
}

fn hold_together(claims: &[Claim], terms: &[Term]) -> bool {
    let transcript = transcript(claims, terms);
    let mut pairing = Pairing::new(true, MESSAGE_DOMAIN);
    for (number, term) in terms.iter().enumerate() {
        let (key, signature) = (blst_p2_affine::from(term.key), blst_p1_affine::from(term.signature));
        let coefficient = coefficient(&transcript, number);
        let message = &claims[term.place].message;
        let added =
            pairing.mul_n_aggregate(&key, false, &signature, false, &coefficient, COEFFICIENT_BITS, message, &[]);
        if added != BLST_ERROR::BLST_SUCCESS {
            return false;
        }
    }
    pairing.commit();
    pairing.finalverify(None)
}

/// A hash of everything that the check depends on.
fn transcript(claims: &[Claim], terms: &[Term]) -> [u8; 32] {
    let mut hasher = Sha3_256::new();
    hasher.update((terms.len() as u64).to_le_bytes());
    for term in terms {
        let message = &claims[term.place].message;
        hasher.update((message.len() as u64).to_le_bytes());
        hasher.update(message);
        hasher.update(term.key.to_bytes());
        hasher.update(term.signature.to_bytes());
    }
    hasher.finalize().into()
}

fn coefficient(transcript: &[u8; 32], number: usize) -> [u8; COEFFICIENT_BYTES] {
    let hash = Sha3_256::new().chain_update(transcript).chain_update((number as u64).to_le_bytes()).finalize();
    let mut coefficient = [0; COEFFICIENT_BYTES];
    coefficient.copy_from_slice(&hash[..COEFFICIENT_BYTES]);
    coefficient
}

/// Takes every claim for good, and keeps it to be checked later with others.
#[derive(Debug)]
pub(crate) struct Collector {
    inner: Arc<dyn Signatures>,
    claims: Mutex<Vec<Claim>>,
}

impl Collector {
    /// Collects claims that `inner` will check.
    pub(crate) fn new(inner: Arc<dyn Signatures>) -> Self {
        Self { inner, claims: Mutex::default() }
    }

    /// How many claims there are.
    pub(crate) fn len(&self) -> usize {
        self.claims().len()
    }

    /// Checks all claims. Returns the places of those that do not hold.
    pub(crate) fn check(&self) -> Vec<usize> {
        self.inner.verify_claims(&self.claims()).err().unwrap_or_default()
    }

    // The list is whole after every change, so a panic elsewhere does not spoil it.
    fn claims(&self) -> MutexGuard<'_, Vec<Claim>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signatures for Collector {
    fn verify(
        &self,
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError> {
        let claim = Claim { signers: signers.to_vec(), signature: *signature, message: message.to_vec(), version };
        self.claims().push(claim);
        Ok(())
    }

    fn add(&self, signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
        self.inner.add(signatures)
    }
}

#[cfg(test)]
mod tests {
    use local_node_types::keys::BlsKey;

    use super::super::{Keyring, add};
    use super::*;
    use crate::testing::secret;

    /// A claim by keys 1 to `signers`.
    fn claim(signers: u64, message: &[u8], version: BlsVersion) -> Claim {
        let secrets: Vec<_> = (1..=signers).map(secret).collect();
        let signers: Vec<_> = secrets.iter().map(PublicKey::from).collect();
        let keys: Vec<_> = signers.iter().map(BlsKey::from).collect();
        let signature = Keyring::new(secrets).sign_together(&keys, message, version).unwrap();
        Claim { signers, signature, message: message.to_vec(), version }
    }

    fn claims(version: BlsVersion) -> Vec<Claim> {
        (0..11_u8).map(|number| claim(u64::from(number % 4) + 1, &[number / 2; 41], version)).collect()
    }

    /// Breaks a claim in one of several ways.
    fn spoil(claim: &mut Claim, way: usize) {
        match way % 7 {
            0 => claim.message.push(0),
            1 => claim.signature = BlsSignature([7; 48]),
            2 => claim.signers.push(PublicKey::from(&secret(9))),
            3 => claim.signers.clear(),
            4 => {
                claim.signature = BlsSignature::default();
                claim.signature.0[0] = 0xc0;
            }
            5 => claim.signature = add(&[claim.signature, claim.signature]).unwrap(),
            _ => claim.signers[0] = PublicKey::default(),
        }
    }

    #[test]
    fn a_batch_holds_as_each_of_its_claims_does() {
        let verifier = SignatureVerifier::default();
        for version in [BlsVersion::V2, BlsVersion::V1] {
            let good = claims(version);
            assert_eq!(verifier.verify_claims(&good), Ok(()));
            assert_eq!(verifier.verify_claims(&[]), Ok(()));
            for pattern in [1_usize, 1 << 10, 0b101, 0b0110_0000, 0b1000_0001_0010, 0x7ff] {
                let mut bad = good.clone();
                let hit: Vec<usize> = (0..bad.len()).filter(|place| pattern >> place & 1 == 1).collect();
                hit.iter().enumerate().for_each(|(way, place)| spoil(&mut bad[*place], way + pattern));
                let one_by_one =
                    |claim: &Claim| verifier.verify(&claim.signers, &claim.signature, &claim.message, version);
                let expected: Vec<_> = (0..bad.len()).filter(|place| one_by_one(&bad[*place]).is_err()).collect();
                assert_eq!(expected, hit, "each way breaks a claim");
                assert_eq!(verifier.verify_claims(&bad), Err(hit), "{version:?} {pattern:b}");
            }
        }
    }

    #[test]
    fn errors_do_not_cancel_each_other_out() {
        // σ₁ + δ and σ₂ − δ have the sum σ₁ + σ₂; so do swapped signatures.
        let verifier = SignatureVerifier::default();
        let (mut first, mut second) = (claim(1, b"first", BlsVersion::V2), claim(1, b"second", BlsVersion::V2));
        std::mem::swap(&mut first.signature, &mut second.signature);
        assert_eq!(verifier.verify_claims(&[first.clone(), second.clone()]), Err(vec![0, 1]));
        let delta = claim(2, b"delta", BlsVersion::V2).signature;
        std::mem::swap(&mut first.signature, &mut second.signature);
        let mut negative = delta;
        negative.0[0] ^= 0x20;
        first.signature = add(&[first.signature, delta]).unwrap();
        second.signature = add(&[second.signature, negative]).unwrap();
        assert_eq!(verifier.verify_claims(&[first, second]), Err(vec![0, 1]));
    }

    #[test]
    fn coefficients_depend_on_every_part_of_every_claim() {
        let verifier = SignatureVerifier::default();
        let transcript = |claims: &[Claim]| {
            let terms: Vec<_> =
                claims.iter().enumerate().map(|(place, claim)| term(&verifier, claim, place).unwrap()).collect();
            super::transcript(claims, &terms)
        };
        let good = claims(BlsVersion::V2);
        let usual = transcript(&good);
        let mut seen = vec![usual, transcript(&good[1..])];
        for change in 0..3 {
            let mut other = good.clone();
            match change {
                0 => other[3].message[0] ^= 1,
                1 => other[3].signature = other[4].signature,
                _ => other[3].signers.push(PublicKey::from(&secret(9))),
            }
            seen.push(transcript(&other));
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
        assert_ne!(coefficient(&usual, 0), coefficient(&usual, 1));
    }
}

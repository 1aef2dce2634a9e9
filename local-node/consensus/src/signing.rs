//! The node's keys, and the check of others' signatures.
//!
//! Signatures of version 2 are made and checked with `blst`, which is several times faster than the chain's own
//! arithmetic and gives the same results (there are tests). Version 1, of the time before the fork Aegis, is left to
//! the chain's crate.

mod batch;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};

use blst::min_sig::{self, AggregatePublicKey, AggregateSignature};
use blst::{BLST_ERROR, Pairing, blst_p1_affine, blst_p2_affine};
use dusk_bytes::Serializable as _;
use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{self, BlsVersion, MultisigSignature, PublicKey, SecretKey};
use local_node_types::keys::{BlsKey, BlsSignature};
use zeroize::Zeroize;

pub use self::batch::Claim;
pub(crate) use self::batch::Collector;

/// Domain of the coefficient of version 2 (the book, "Keys and wallets", section "Signatures").
const COEFFICIENT_DOMAIN: &[u8] = b"BLS_SIG_BLS12381_SCALAR_SHA256_DUSK_H1_V2";
/// Domain of the hash of a message to the curve in version 2.
const MESSAGE_DOMAIN: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_DUSK_V2";

/// A signature that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The bytes are not a point on the curve.
    #[error("the bytes are not a signature")]
    Malformed,
    /// Nobody has signed.
    #[error("there is no signer")]
    NoSigner,
    /// It is not the signers' signature of this message.
    #[error("the signature is not the signers' of this message")]
    Wrong,
}

/// Keys that sign: [`Keyring`], or what stands in for it where many nodes are simulated.
pub trait Signer: Debug + Send + Sync {
    /// The public keys, in their order.
    fn keys(&self) -> Box<dyn Iterator<Item = &BlsKey> + '_>;

    /// Whether one of the keys is this.
    fn holds(&self, key: &BlsKey) -> bool;

    /// The signature of a key; `None` when the key is not held.
    fn sign(&self, key: &BlsKey, message: &[u8], version: BlsVersion) -> Option<BlsSignature>;

    /// The sum of the signatures of several keys; `None` when one of them is not held, or there are none.
    fn sign_together(&self, keys: &[BlsKey], message: &[u8], version: BlsVersion) -> Option<BlsSignature>;
}

/// A check of signatures that add up: [`SignatureVerifier`], or what stands in for it where many nodes are simulated.
///
/// The implementations do not accept each other's signatures: all nodes of a network use the same.
pub trait Signatures: Debug + Send + Sync {
    /// Checks the sum of the signatures that all `signers` made of one message; with one signer, a plain signature.
    ///
    /// # Errors
    /// When the bytes are no signature, there is no signer, or it is not theirs.
    fn verify(
        &self,
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError>;

    /// The sum of signatures.
    ///
    /// # Errors
    /// When there are none, or the bytes of one are no signature.
    fn add(&self, signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError>;

    /// Checks the signatures that several signers made of one message, by their sum if all are good.
    ///
    /// `Ok` says that the *sum* of the signatures is the signers' sum. A caller has to take all of them or none:
    /// two wrong signatures can cancel each other out.
    ///
    /// # Errors
    /// The places of those that are wrong, each checked by itself. If each is good, the list is empty: this does not
    /// happen, because good signatures have a good sum.
    fn verify_all(
        &self,
        signed: &[(PublicKey, BlsSignature)],
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), Vec<usize>> {
        let together = || {
            let signatures: Vec<_> = signed.iter().map(|(_, signature)| *signature).collect();
            let signers: Vec<_> = signed.iter().map(|(signer, _)| *signer).collect();
            self.verify(&signers, &self.add(&signatures)?, message, version)
        };
        together().map_err(|_| {
            let wrong = |(signer, signature): &(PublicKey, BlsSignature)| {
                self.verify(&[*signer], signature, message, version).is_err()
            };
            signed.iter().enumerate().filter(|(_, signed)| wrong(signed)).map(|(place, _)| place).collect()
        })
    }

    /// Checks signatures of different messages, such as those of several blocks. The verdict on each is that of
    /// [`verify`](Self::verify).
    ///
    /// # Errors
    /// The places of those that do not hold, in ascending order.
    fn verify_claims(&self, claims: &[Claim]) -> Result<(), Vec<usize>> {
        let holds = |claim: &Claim| self.verify(&claim.signers, &claim.signature, &claim.message, claim.version);
        let wrong = claims.iter().enumerate().filter(|(_, claim)| holds(claim).is_err());
        let wrong: Vec<_> = wrong.map(|(place, _)| place).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// The keys with which this node proposes and votes.
///
/// A signature in consensus is `coefficient(key) · secret · H(message)`. The product of the first two factors is made
/// once here, and because signatures add up, the sum of the signatures of several keys is one multiplication by the sum
/// of their products.
#[derive(Default)]
pub struct Keyring(BTreeMap<BlsKey, Products>);

struct Products {
    v1: SecretKey,
    v2: SecretKey,
}

impl Products {
    fn of(&self, version: BlsVersion) -> &SecretKey {
        match version {
            BlsVersion::V1 => &self.v1,
            BlsVersion::V2 => &self.v2,
        }
    }
}

impl Drop for Products {
    fn drop(&mut self) {
        self.v1.zeroize();
        self.v2.zeroize();
    }
}

impl Keyring {
    /// Takes the keys over.
    #[must_use]
    pub fn new(secrets: Vec<SecretKey>) -> Self {
        let entries = secrets.into_iter().map(|mut secret| {
            let key = PublicKey::from(&secret).to_bytes();
            let times = |coefficient: BlsScalar| SecretKey::from(secret.as_ref() * coefficient);
            let v1 = times(BlsScalar::hash_to_scalar(&key));
            let v2 = times(BlsScalar::hash_to_scalar(&[COEFFICIENT_DOMAIN, &key].concat()));
            secret.zeroize();
            (BlsKey(key), Products { v1, v2 })
        });
        Self(entries.collect())
    }

    /// Whether one of the keys is this.
    #[must_use]
    pub fn holds(&self, key: &BlsKey) -> bool {
        self.0.contains_key(key)
    }

    /// The public keys.
    pub fn keys(&self) -> impl Iterator<Item = &BlsKey> {
        self.0.keys()
    }

    /// The signature of a key; `None` when the key is not held.
    #[must_use]
    pub fn sign(&self, key: &BlsKey, message: &[u8], version: BlsVersion) -> Option<BlsSignature> {
        sign(self.0.get(key)?.of(version), message, version)
    }

    /// The sum of the signatures of several keys; `None` when one of them is not held, or there are none.
    #[must_use]
    pub fn sign_together(&self, keys: &[BlsKey], message: &[u8], version: BlsVersion) -> Option<BlsSignature> {
        let mut sum = BlsScalar::zero();
        for key in keys {
            sum += self.0.get(key)?.of(version).as_ref();
        }
        if keys.is_empty() {
            return None;
        }
        let mut secret = SecretKey::from(sum);
        let signature = sign(&secret, message, version);
        secret.zeroize();
        sum.zeroize();
        signature
    }
}

impl Signer for Keyring {
    fn keys(&self) -> Box<dyn Iterator<Item = &BlsKey> + '_> {
        Box::new(self.0.keys())
    }

    fn holds(&self, key: &BlsKey) -> bool {
        Self::holds(self, key)
    }

    fn sign(&self, key: &BlsKey, message: &[u8], version: BlsVersion) -> Option<BlsSignature> {
        Self::sign(self, key, message, version)
    }

    fn sign_together(&self, keys: &[BlsKey], message: &[u8], version: BlsVersion) -> Option<BlsSignature> {
        Self::sign_together(self, keys, message, version)
    }
}

impl Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The secret times the message's point; `None` for a secret of zero.
fn sign(secret: &SecretKey, message: &[u8], version: BlsVersion) -> Option<BlsSignature> {
    match version {
        BlsVersion::V1 => Some(BlsSignature(bls::sign(secret, message, version).to_bytes())),
        BlsVersion::V2 => {
            let mut bytes = secret.to_bytes();
            bytes.reverse();
            let secret = min_sig::SecretKey::from_bytes(&bytes);
            bytes.zeroize();
            Some(BlsSignature(secret.ok()?.sign(message, MESSAGE_DOMAIN, &[]).to_bytes()))
        }
    }
}

/// Checks signatures, and remembers what it has computed of the signers' keys.
///
/// A signature of version 2 is checked against the signer's key times a coefficient. Computing that product costs as
/// much as half a verification, and the same provisioners sign again and again.
#[derive(Debug, Default)]
pub struct SignatureVerifier {
    /// The products; `None` for keys that are not valid.
    scaled: Mutex<BTreeMap<BlsKey, Option<min_sig::PublicKey>>>,
}

/// The most keys that are remembered. When there are more, all are forgotten: no chain has as many provisioners.
const MAX_SCALED_KEYS: usize = 16_384;

impl SignatureVerifier {
    /// Checks the sum of the signatures that all `signers` made of one message; with one signer, a plain signature.
    ///
    /// # Errors
    /// When the bytes are no signature, there is no signer, or it is not theirs.
    pub fn verify(
        &self,
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError> {
        if signers.is_empty() {
            return Err(SignatureError::NoSigner);
        }
        match version {
            BlsVersion::V1 => {
                let signature =
                    MultisigSignature::from_bytes(signature.as_bytes()).map_err(|_| SignatureError::Malformed)?;
                let key = bls::aggregate(signers, version).map_err(|_| SignatureError::Wrong)?;
                bls::verify_multisig(&key, &signature, message, version).map_err(|_| SignatureError::Wrong)
            }
            BlsVersion::V2 => {
                let signature = point(signature)?;
                signature.validate(true).map_err(|_| SignatureError::Wrong)?;
                let key = self.sum_of_keys(signers).ok_or(SignatureError::Wrong)?;
                let mut pairing = Pairing::new(true, MESSAGE_DOMAIN);
                let (key, signature) = (blst_p2_affine::from(key), blst_p1_affine::from(signature));
                let added = pairing.aggregate(&key, false, &signature, false, message, &[]);
                pairing.commit();
                let holds = added == BLST_ERROR::BLST_SUCCESS && pairing.finalverify(None);
                if holds { Ok(()) } else { Err(SignatureError::Wrong) }
            }
        }
    }

    /// The sum of the signers' keys times their coefficients; `None` when one of them is not valid.
    fn sum_of_keys(&self, signers: &[PublicKey]) -> Option<min_sig::PublicKey> {
        let (first, rest) = signers.split_first()?;
        let mut sum = AggregatePublicKey::from_public_key(&self.scaled(first)?);
        for signer in rest {
            sum.add_public_key(&self.scaled(signer)?, false).ok()?;
        }
        let sum = sum.to_public_key();
        // The sum can be the identity, which nobody may sign for.
        sum.validate().ok().map(|()| sum)
    }

    /// A key times its coefficient; `None` when it is not valid. The lock is not held while the product is computed.
    fn scaled(&self, signer: &PublicKey) -> Option<min_sig::PublicKey> {
        let key = BlsKey::from(signer);
        if let Some(known) = self.known().get(&key) {
            return *known;
        }
        let scaled = bls::aggregate(&[*signer], BlsVersion::V2).ok();
        let scaled = scaled.and_then(|scaled| min_sig::PublicKey::from_bytes(&scaled.to_bytes()).ok());
        let mut known = self.known();
        if known.len() >= MAX_SCALED_KEYS {
            known.clear();
        }
        known.insert(key, scaled);
        scaled
    }

    // The map is whole after every change, so a panic elsewhere does not spoil it.
    fn known(&self) -> MutexGuard<'_, BTreeMap<BlsKey, Option<min_sig::PublicKey>>> {
        self.scaled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signatures for SignatureVerifier {
    fn verify(
        &self,
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError> {
        Self::verify(self, signers, signature, message, version)
    }

    fn add(&self, signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
        add(signatures)
    }

    fn verify_claims(&self, claims: &[Claim]) -> Result<(), Vec<usize>> {
        batch::verify(self, claims)
    }
}

/// The sum of signatures.
///
/// # Errors
/// When there are none, or the bytes of one are no signature.
pub fn add(signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
    let (first, rest) = signatures.split_first().ok_or(SignatureError::NoSigner)?;
    let mut sum = AggregateSignature::from_signature(&point(first)?);
    for signature in rest {
        sum.add_signature(&point(signature)?, false).map_err(|_| SignatureError::Malformed)?;
    }
    Ok(BlsSignature(sum.to_signature().to_bytes()))
}

/// The point of the curve that the bytes stand for, which may lie outside the group.
fn point(signature: &BlsSignature) -> Result<min_sig::Signature, SignatureError> {
    min_sig::Signature::from_bytes(signature.as_bytes()).map_err(|_| SignatureError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::secret;

    const VERSIONS: [BlsVersion; 2] = [BlsVersion::V1, BlsVersion::V2];

    fn verify(
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError> {
        let verifier = SignatureVerifier::default();
        let verdict = verifier.verify(signers, signature, message, version);
        // The stored values of the keys change no result.
        assert_eq!(verifier.verify(signers, signature, message, version), verdict);
        verdict
    }

    #[test]
    fn signs_as_the_chains_own_crate() {
        for version in VERSIONS {
            let secret = secret(1);
            let public = PublicKey::from(&secret);
            let expected = bls::sign_multisig(&secret, &public, b"message", version);
            let keyring = Keyring::new(vec![secret]);
            assert_eq!(keyring.sign(&public.into(), b"message", version), Some(expected.into()));
            assert_eq!(keyring.sign(&BlsKey::default(), b"message", version), None);
        }
    }

    #[test]
    fn a_common_signature_is_the_sum() {
        let secrets: Vec<_> = (1..4).map(secret).collect();
        let points: Vec<_> = secrets.iter().map(PublicKey::from).collect();
        let keys: Vec<_> = points.iter().map(BlsKey::from).collect();
        let keyring = Keyring::new(secrets);
        for version in VERSIONS {
            let apart: Vec<_> = keys.iter().map(|key| keyring.sign(key, b"message", version).unwrap()).collect();
            let together = keyring.sign_together(&keys, b"message", version).unwrap();
            assert_eq!(together, add(&apart).unwrap());
            assert_eq!(verify(&points, &together, b"message", version), Ok(()));
            assert_eq!(verify(&points[1..], &together, b"message", version), Err(SignatureError::Wrong));
            assert_eq!(verify(&points, &together, b"other", version), Err(SignatureError::Wrong));
        }
        assert_eq!(keyring.sign_together(&[], b"message", BlsVersion::V2), None);
    }

    #[test]
    fn verifies_as_the_chains_own_crate() {
        let secrets: Vec<_> = (1..4).map(secret).collect();
        let points: Vec<_> = secrets.iter().map(PublicKey::from).collect();
        let keys: Vec<_> = points.iter().map(BlsKey::from).collect();
        let good = Keyring::new(secrets).sign_together(&keys, b"message", BlsVersion::V2).unwrap();
        let theirs = |signers: &[PublicKey], signature: &BlsSignature, message: &[u8]| {
            let key = bls::aggregate(signers, BlsVersion::V2).ok()?;
            let signature = MultisigSignature::from_bytes(signature.as_bytes()).ok()?;
            bls::verify_multisig(&key, &signature, message, BlsVersion::V2).ok()
        };
        let mut infinity = BlsSignature::default();
        infinity.0[0] = 0xc0;
        let mut cases = vec![good, infinity, BlsSignature::default(), BlsSignature([0xff; 48])];
        for bit in (0..384).step_by(7) {
            let mut damaged = good;
            damaged.0[bit / 8] ^= 1 << (bit % 8);
            cases.push(damaged);
        }
        for signature in &cases {
            for signers in [&points[..], &points[..2], &[]] {
                let ours = verify(signers, signature, b"message", BlsVersion::V2).ok();
                assert_eq!(ours, theirs(signers, signature, b"message"), "{signature}");
            }
        }
        assert!(verify(&points, &good, b"message", BlsVersion::V2).is_ok());
        assert!(verify(&[PublicKey::default()], &good, b"message", BlsVersion::V2).is_err());
    }

    #[test]
    fn a_batch_names_the_wrong_ones() {
        let secrets: Vec<_> = (1..5).map(secret).collect();
        let points: Vec<_> = secrets.iter().map(PublicKey::from).collect();
        let keyring = Keyring::new(secrets);
        let sign = |place: usize, message: &[u8]| {
            (points[place], keyring.sign(&points[place].into(), message, BlsVersion::V2).unwrap())
        };
        let good: Vec<_> = (0..4).map(|place| sign(place, b"message")).collect();
        let verifier = SignatureVerifier::default();
        assert_eq!(verifier.verify_all(&good, b"message", BlsVersion::V2), Ok(()));
        let mut bad = good.clone();
        bad[1] = sign(1, b"other");
        bad[3].1 = BlsSignature([7; 48]);
        assert_eq!(verifier.verify_all(&bad, b"message", BlsVersion::V2), Err(vec![1, 3]));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Keyring::new(vec![secret(1)]));
        assert_eq!(shown, format!("[{:?}]", BlsKey::from(&PublicKey::from(&secret(1)))));
    }
}

//! The node's keys, and the check of others' signatures.

use std::collections::BTreeMap;
use std::fmt;

use dusk_bytes::Serializable as _;
use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{self, BlsVersion, MultisigPublicKey, MultisigSignature, PublicKey, SecretKey};
use local_node_types::keys::{BlsKey, BlsSignature};
use zeroize::Zeroize;

/// Domain of the coefficient of version 2 (sheet `protocol/wallet-keys.md`, section 3).
const COEFFICIENT_DOMAIN: &[u8] = b"BLS_SIG_BLS12381_SCALAR_SHA256_DUSK_H1_V2";

/// A signature that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The bytes are no point of the curve.
    #[error("the bytes are no signature")]
    Malformed,
    /// Nobody has signed.
    #[error("there is no signer")]
    NoSigner,
    /// It is not the signers' signature of this message.
    #[error("the signature is not the signers' of this message")]
    Wrong,
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
        let products = self.0.get(key)?;
        Some(BlsSignature(bls::sign(products.of(version), message, version).to_bytes()))
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
        let signature = BlsSignature(bls::sign(&secret, message, version).to_bytes());
        secret.zeroize();
        sum.zeroize();
        Some(signature)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// Checks the sum of the signatures that all `signers` made of one message; with one signer, a plain signature.
///
/// # Errors
/// When the bytes are no signature, there is no signer, or it is not theirs.
pub fn verify(
    signers: &[PublicKey],
    signature: &BlsSignature,
    message: &[u8],
    version: BlsVersion,
) -> Result<(), SignatureError> {
    let signature = point(signature)?;
    if signers.is_empty() {
        return Err(SignatureError::NoSigner);
    }
    let key: MultisigPublicKey = bls::aggregate(signers, version).map_err(|_| SignatureError::Wrong)?;
    bls::verify_multisig(&key, &signature, message, version).map_err(|_| SignatureError::Wrong)
}

/// Checks the signatures that several signers made of one message, with one pairing if all are good.
///
/// `Ok` says that the *sum* of the signatures is the signers' sum. Whoever uses it has to take all of them or none:
/// two wrong signatures can cancel each other out.
///
/// # Errors
/// The places of those that are wrong, each checked by itself. If each is good, the list is empty: this does not
/// happen, because good signatures have a good sum.
pub fn verify_all(signed: &[(PublicKey, BlsSignature)], message: &[u8], version: BlsVersion) -> Result<(), Vec<usize>> {
    let together = || {
        let signatures: Vec<_> = signed.iter().map(|(_, signature)| *signature).collect();
        let signers: Vec<_> = signed.iter().map(|(signer, _)| *signer).collect();
        verify(&signers, &add(&signatures)?, message, version)
    };
    together().map_err(|_| {
        let wrong =
            |(signer, signature): &(PublicKey, BlsSignature)| verify(&[*signer], signature, message, version).is_err();
        signed.iter().enumerate().filter(|(_, signed)| wrong(signed)).map(|(place, _)| place).collect()
    })
}

/// The sum of signatures.
///
/// # Errors
/// When there are none, or the bytes of one are no signature.
pub fn add(signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
    let mut points = signatures.iter().map(point);
    let first = points.next().ok_or(SignatureError::NoSigner)??;
    let rest = points.collect::<Result<Vec<_>, _>>()?;
    Ok(first.aggregate(&rest).into())
}

fn point(signature: &BlsSignature) -> Result<MultisigSignature, SignatureError> {
    MultisigSignature::from_bytes(signature.as_bytes()).map_err(|_| SignatureError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::secret;

    const VERSIONS: [BlsVersion; 2] = [BlsVersion::V1, BlsVersion::V2];

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
    fn a_batch_names_the_wrong_ones() {
        let secrets: Vec<_> = (1..5).map(secret).collect();
        let points: Vec<_> = secrets.iter().map(PublicKey::from).collect();
        let keyring = Keyring::new(secrets);
        let sign = |place: usize, message: &[u8]| {
            (points[place], keyring.sign(&points[place].into(), message, BlsVersion::V2).unwrap())
        };
        let good: Vec<_> = (0..4).map(|place| sign(place, b"message")).collect();
        assert_eq!(verify_all(&good, b"message", BlsVersion::V2), Ok(()));
        let mut bad = good.clone();
        bad[1] = sign(1, b"other");
        bad[3].1 = BlsSignature([7; 48]);
        assert_eq!(verify_all(&bad, b"message", BlsVersion::V2), Err(vec![1, 3]));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Keyring::new(vec![secret(1)]));
        assert_eq!(shown, format!("[{:?}]", BlsKey::from(&PublicKey::from(&secret(1)))));
    }
}

//! Keys that a test itself holds, to sign messages that a contract verifies.

use alloc::vec::Vec;

use bls12_381_bls as bls;
use dusk_bls12_381::BlsScalar;
use jubjub_schnorr as schnorr;
use rand_core::{CryptoRng, RngCore};

use crate::account::Account;
use crate::crypto::{BlsSignature, MultisigSignature, SchnorrPublicKey, SchnorrSignature};
use crate::field::Field;

/// A BLS key, for contracts that call [`verify_bls`](crate::crypto::verify_bls) or
/// [`verify_bls_multisig`](crate::crypto::verify_bls_multisig).
///
/// Anyone with the seed can compute the key: use it for tests only. Its account has no money.
#[derive(Debug, Clone)]
pub struct BlsKey {
    secret: bls::SecretKey,
    account: Account,
}

impl BlsKey {
    /// Creates the key of this seed, always the same one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let secret = bls::SecretKey::from(BlsScalar::hash_to_scalar(&seed.to_le_bytes()));
        Self { account: bls::PublicKey::from(&secret).into(), secret }
    }

    /// The public key, as contracts know it.
    #[must_use]
    pub fn account(&self) -> Account {
        self.account
    }

    /// Signs a message with this key alone.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> BlsSignature {
        self.secret.sign(message)
    }

    /// The common signature of several keys under one message. `None` without keys.
    #[must_use]
    pub fn sign_together(keys: &[&Self], message: &[u8]) -> Option<MultisigSignature> {
        let parts = keys.iter().map(|key| key.secret.sign_multisig(&key.account.public_key(), message));
        let parts: Vec<MultisigSignature> = parts.collect();
        parts.split_first().map(|(first, others)| first.aggregate(others))
    }
}

/// A Schnorr key, for contracts that call [`verify_schnorr`](crate::crypto::verify_schnorr).
///
/// Anyone with the seed can compute the key: use it for tests only.
#[derive(Debug, Clone)]
pub struct SchnorrKey(schnorr::SecretKey);

impl SchnorrKey {
    /// Creates the key of this seed, always the same one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(schnorr::SecretKey::from(dusk_jubjub::JubJubScalar::from(seed)))
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> SchnorrPublicKey {
        SchnorrPublicKey::from(&self.0)
    }

    /// Signs a field element. To sign a longer message, sign its [`hash`](crate::crypto::hash).
    #[must_use]
    pub fn sign(&self, message: Field) -> SchnorrSignature {
        let message = BlsScalar::from(message);
        let seed = [dusk_bytes::Serializable::to_bytes(&self.0), message.to_bytes()].concat();
        self.0.sign(&mut Nonce { seed, drawn: 0 }, message)
    }
}

/// Derives the nonce of a signature from the key and the message, so that two messages never share a nonce, and a test
/// makes the same signature in every run.
struct Nonce {
    seed: Vec<u8>,
    drawn: u64,
}

impl RngCore for Nonce {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        // The top bits of a scalar are not uniform; the lower 16 bytes are nearly so.
        for chunk in bytes.chunks_mut(16) {
            let drawn = BlsScalar::hash_to_scalar(&[self.seed.as_slice(), &self.drawn.to_le_bytes()].concat());
            chunk.copy_from_slice(&drawn.to_bytes()[..chunk.len()]);
            self.drawn += 1;
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Nonce {}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::{BlsVersion, aggregate, verify, verify_multisig};

    use super::*;

    #[test]
    fn the_chain_accepts_what_the_keys_sign() {
        let [one, two] = [BlsKey::new(1), BlsKey::new(2)];
        let key = one.account().public_key();
        assert!(verify(&key, &one.sign(b"pay"), b"pay", BlsVersion::V2).is_ok());
        assert!(verify(&key, &two.sign(b"pay"), b"pay", BlsVersion::V2).is_err());

        let both = BlsKey::sign_together(&[&two, &one], b"pay").unwrap();
        let keys = aggregate(&[key, two.account().public_key()], BlsVersion::V2).unwrap();
        assert!(verify_multisig(&keys, &both, b"pay", BlsVersion::V2).is_ok());
        assert!(verify_multisig(&keys, &both, b"say", BlsVersion::V2).is_err());
        assert!(BlsKey::sign_together(&[], b"pay").is_none());
    }

    #[test]
    fn schnorr_signatures_hold_and_do_not_share_their_nonce() {
        let key = SchnorrKey::new(7);
        let [one, two] = [1, 2].map(|message| key.sign(Field::from(message)));
        assert!(key.public_key().verify(&one, BlsScalar::from(1)).is_ok());
        assert!(key.public_key().verify(&one, BlsScalar::from(2)).is_err());
        assert!(SchnorrKey::new(8).public_key().verify(&one, BlsScalar::from(1)).is_err());
        assert_ne!(one.R(), two.R());
        assert_eq!(one, key.sign(Field::from(1)));
    }
}

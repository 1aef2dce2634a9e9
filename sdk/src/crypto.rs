//! Functions that the host computes for contracts: hashes, and the verification of signatures and proofs.
//!
//! Each has a price in gas (source: the chain's price list) far below the costs of the same computation inside a
//! contract. Before the fork Boreas all of them were free. If the chain does not have a function yet at its height, the
//! call reverts. Local chains have all of them from height 1 on; the public networks:
//!
//! | function | mainnet, from height | testnet, from height |
//! |---|---|---|
//! | [`keccak256`] | 4,414,095 | 2,539,820 |
//! | [`sha256`], [`verify_kzg_proof`], [`secp256k1_recover`] | 4,414,095 | 3,378,000 |
//! | prices (Boreas) | 4,414,095 | 3,378,000 |
//! | the third version of PLONK proofs, the second of BLS signatures (Aegis) | 3,590,904 | 2,773,727 |
//! | all others | 0 | 0 |
//!
//! The verification of BLS and Schnorr signatures needs the feature `signatures`.
//!
//! [`verify_plonk`] and `verify_bls` accept only the version of proofs or signatures that is in force at the height.
//! Older proofs and signatures do not verify any more.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
#[cfg(feature = "confidential")]
use dusk_sdk_circuit::native;

#[cfg(feature = "signatures")]
use crate::account::Account;
use crate::env::{encode, written};
use crate::field::Field;
use crate::runtime::fail::fail;
use crate::runtime::{buffer, host};
#[cfg(feature = "signatures")]
pub use crate::signatures::{BlsPublicKey, BlsSignature, MultisigSignature, SchnorrPublicKey, SchnorrSignature};
use crate::wire::{Bytes, Wire, write};

/// The names of the host's functions.
mod names {
    pub(super) const HASH: &str = "hash";
    pub(super) const KECCAK256: &str = "keccak256";
    pub(super) const POSEIDON_HASH: &str = "poseidon_hash";
    pub(super) const SECP256K1_RECOVER: &str = "secp256k1_recover";
    pub(super) const SHA256: &str = "sha256";
    #[cfg(feature = "signatures")]
    pub(super) const VERIFY_BLS: &str = "verify_bls";
    #[cfg(feature = "signatures")]
    pub(super) const VERIFY_BLS_MULTISIG: &str = "verify_bls_multisig";
    pub(super) const VERIFY_GROTH16_BN254: &str = "verify_groth16_bn254";
    pub(super) const VERIFY_KZG_PROOF: &str = "verify_kzg_proof";
    pub(super) const VERIFY_PLONK: &str = "verify_plonk";
    #[cfg(any(feature = "signatures", feature = "confidential"))]
    pub(super) const VERIFY_SCHNORR: &str = "verify_schnorr";
}

/// BLAKE2b-512 of some bytes, reduced to a field element. Costs 3,000 gas and 10 for each byte.
///
/// Outside of contracts this crate computes it, so that a test can sign a message that the contract verifies.
#[must_use]
pub fn hash(bytes: &[u8]) -> Field {
    if cfg!(target_family = "wasm") {
        query(names::HASH, &bytes.to_vec())
    } else {
        BlsScalar::hash_to_scalar(bytes).into()
    }
}

/// The Poseidon hash, which is cheap inside circuits. Costs 30,000 gas and 10,000 for each element.
#[must_use]
pub fn poseidon_hash(elements: &[Field]) -> Field {
    query(names::POSEIDON_HASH, &elements.to_vec())
}

/// Keccak-256 of some bytes. Costs 3,000 gas and 16 for each byte.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    query(names::KECCAK256, &bytes.to_vec())
}

/// SHA-256 of some bytes. Costs 3,000 gas and 8 for each byte.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    query(names::SHA256, &bytes.to_vec())
}

/// Whether an account signed a message. Costs 1,750,000 gas.
#[cfg(feature = "signatures")]
#[must_use]
pub fn verify_bls(message: &[u8], account: Account, signature: BlsSignature) -> bool {
    query(names::VERIFY_BLS, &(message.to_vec(), account, signature))
}

/// Whether all given accounts signed a message together. Costs 2,500,000 gas and 200,000 for each account.
#[cfg(feature = "signatures")]
#[must_use]
pub fn verify_bls_multisig(message: &[u8], accounts: &[Account], signature: MultisigSignature) -> bool {
    query(names::VERIFY_BLS_MULTISIG, &(message.to_vec(), accounts.to_vec(), signature))
}

/// Whether the holder of a Schnorr key signed a message. Costs 1,000,000 gas.
#[cfg(feature = "signatures")]
#[must_use]
pub fn verify_schnorr(message: Field, key: SchnorrPublicKey, signature: SchnorrSignature) -> bool {
    query(names::VERIFY_SCHNORR, &(message, key, signature))
}

/// As `verify_schnorr`, with the coordinates of the key and of the nonce's point, and the scalar in its
/// [Montgomery form](to_montgomery): the host's form, so that a contract computes nothing.
///
/// Outside of contracts this crate computes it.
#[cfg(feature = "confidential")]
pub(crate) fn verify_schnorr_parts(message: Field, key: [Field; 2], scalar: [u8; 32], nonce: [Field; 2]) -> bool {
    if cfg!(target_family = "wasm") {
        query(names::VERIFY_SCHNORR, &schnorr_argument(message, key, scalar, nonce))
    } else {
        let point = |[u, v]: [Field; 2]| native::Point::from_coordinates(u, v).ok();
        let parts = from_montgomery(&scalar).zip(point(nonce)).zip(point(key));
        parts.is_some_and(|((u, r), key)| native::Signature { u, r }.verifies(&key, message))
    }
}

/// A point in extended coordinates: u, v, z, and two factors of u·v/z.
#[cfg(feature = "confidential")]
type Extended = [Field; 5];

/// The host's arguments: a message, a key and a signature of `jubjub-schnorr`. Both sides give the same sizes and
/// alignments to the parts, and so the same layout to the tuple.
#[cfg(feature = "confidential")]
pub(crate) fn schnorr_argument(
    message: Field,
    key: [Field; 2],
    scalar: [u8; 32],
    nonce: [Field; 2],
) -> (Field, Extended, ([u64; 4], Extended)) {
    let extended = |[u, v]: [Field; 2]| [u, v, Field::from(1), u, v];
    let limb = |at: usize| u64::from_le_bytes(core::array::from_fn(|byte| scalar[8 * at + byte]));
    (message, extended(key), (core::array::from_fn(limb), extended(nonce)))
}

/// The number that is 1 in Montgomery form: 2^256.
#[cfg(feature = "confidential")]
fn radix() -> native::Scalar {
    let mut wide = [0; 64];
    wide[32] = 1;
    native::Scalar::from_bytes_wide(&wide)
}

/// The bytes of a scalar in its Montgomery form, in which archives have it.
#[cfg(feature = "confidential")]
pub(crate) fn to_montgomery(scalar: &native::Scalar) -> [u8; 32] {
    native::Scalar::from(*scalar.scalar() * radix().scalar()).to_bytes()
}

#[cfg(feature = "confidential")]
fn from_montgomery(bytes: &[u8; 32]) -> Option<native::Scalar> {
    let inverse: Option<native::Scalar> = radix().scalar().invert().map(native::Scalar::from).into();
    Some(native::Scalar::from(*native::Scalar::from_bytes(bytes).ok()?.scalar() * inverse?.scalar()))
}

/// Whether a PLONK proof is valid for public inputs and a circuit, given by its verifier key. Costs 10,000,000 gas.
#[must_use]
pub fn verify_plonk(verifier_key: &[u8], proof: &[u8], public_inputs: &[Field]) -> bool {
    verify_plonk_of(verifier_key, proof, public_inputs.to_vec())
}

/// As [`verify_plonk`].
pub(crate) fn verify_plonk_of(verifier_key: &[u8], proof: &[u8], public_inputs: Vec<Field>) -> bool {
    let argument = (Bytes(verifier_key), Bytes(proof), public_inputs);
    answer(names::VERIFY_PLONK, written(buffer::put(|buffer| write(&argument, buffer))))
}

/// Whether a Groth16 proof over BN254 is valid. The prepared verifier key is uncompressed; proof and prepared inputs
/// are compressed. Costs 4,500,000 gas.
#[must_use]
pub fn verify_groth16_bn254(verifier_key: &[u8], proof: &[u8], inputs: &[u8]) -> bool {
    query(names::VERIFY_GROTH16_BN254, &(verifier_key.to_vec(), proof.to_vec(), inputs.to_vec()))
}

/// Whether a KZG proof shows that the committed polynomial has the value `y` at `z`. Costs 2,000,000 gas.
#[must_use]
pub fn verify_kzg_proof(commitment: [u8; 48], z: [u8; 32], y: [u8; 32], proof: [u8; 48]) -> bool {
    query(names::VERIFY_KZG_PROOF, &(commitment, z, y, proof))
}

/// The secp256k1 key that signed a hash. The signature is r, s and v, with v one of 0, 1, 27, 28. Costs 200,000 gas.
#[must_use]
pub fn secp256k1_recover(message_hash: [u8; 32], signature: [u8; 65]) -> Option<[u8; 65]> {
    query(names::SECP256K1_RECOVER, &(message_hash, signature))
}

fn query<A: Wire, R: Wire>(name: &str, argument: &A) -> R {
    answer(name, encode(argument))
}

/// The answer to a query whose argument is in the buffer.
fn answer<R: Wire>(name: &str, length: u32) -> R {
    let answer = host::query(name, length) as usize;
    match buffer::with(|buffer| R::decode_aligned(&buffer[..answer])) {
        Ok(value) => value,
        Err(_) => fail("the answer of a host query does not decode"),
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::abi::Query;

    use super::names;

    #[test]
    fn the_names_are_those_of_the_chain() {
        let ours = [
            names::HASH,
            names::KECCAK256,
            names::POSEIDON_HASH,
            names::SECP256K1_RECOVER,
            names::SHA256,
            names::VERIFY_BLS,
            names::VERIFY_BLS_MULTISIG,
            names::VERIFY_GROTH16_BN254,
            names::VERIFY_KZG_PROOF,
            names::VERIFY_PLONK,
            names::VERIFY_SCHNORR,
        ];
        let theirs = [
            Query::HASH,
            Query::KECCAK256,
            Query::POSEIDON_HASH,
            Query::SECP256K1_RECOVER,
            Query::SHA256,
            Query::VERIFY_BLS,
            Query::VERIFY_BLS_MULTISIG,
            Query::VERIFY_GROTH16_BN254,
            Query::VERIFY_KZG_PROOF,
            Query::VERIFY_PLONK,
            Query::VERIFY_SCHNORR,
        ];
        assert_eq!(ours, theirs);
    }
}

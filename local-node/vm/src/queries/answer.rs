//! How host queries are answered.

use std::sync::OnceLock;

use bytecheck::CheckBytes;
use dusk_bytes::DeserializableSlice;
use dusk_core::abi::Query as Name;
use dusk_core::groth16::bn254::{Bn254, G1Projective};
use dusk_core::groth16::serialize::CanonicalDeserialize;
use dusk_core::groth16::{Groth16, PreparedVerifyingKey, Proof as Groth16Proof};
use dusk_core::plonk::{PlonkVersion, Proof as PlonkProof, Verifier};
use dusk_core::signatures::bls::{self, BlsVersion, MultisigSignature, PublicKey, Signature};
use dusk_core::signatures::schnorr;
use dusk_core::transfer::data::BlobData;
use dusk_core::{BlsScalar, JubJubExtended};
use dusk_poseidon::{Domain, Hash as Poseidon};
use local_node_types::rules::{Feature, Fork, Rules};
use rkyv::ser::serializers::AllocSerializer;
use rkyv::validation::validators::DefaultValidator;
use rkyv::{Archive, Deserialize, Infallible, Serialize};
use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use super::cache::{Answers, Key};
use super::{Argument, Query};
use crate::error::VmError;
use crate::mocks::MockKey;

/// Where argument buffers lie, modulo 16: compilers align them to 8 bytes at least.
const LIKELY_ALIGNMENTS: [u64; 2] = [0, 8];

impl Query {
    /// The answer, encoded.
    pub(crate) fn answer(self, argument: &Argument, rules: Rules, answers: &Answers) -> Result<Vec<u8>, VmError> {
        if !self.is_worth_caching() {
            return self.compute(argument.bytes(), rules);
        }
        let key = self.key(argument, rules);
        if let Some(answer) = answers.get(&key) {
            return Ok(answer);
        }
        let answer = self.compute(argument.bytes(), rules)?;
        answers.put(key, answer.clone());
        Ok(answer)
    }

    /// Remembers that a BLS signature is valid.
    pub(crate) fn remember_valid_signature(
        message: &[u8],
        key: &PublicKey,
        signature: &Signature,
        rules: Rules,
        answers: &Answers,
    ) {
        let argument = encoded(&(message.to_vec(), *key, *signature));
        for alignment in LIKELY_ALIGNMENTS {
            let key = Self::VerifyBls.key(&Argument::new(&argument, alignment), rules);
            answers.put(key, encoded(&true));
        }
    }

    /// Whether it asks for the verification of a mock proof that this key has issued.
    pub(crate) fn is_mocked(self, argument: &Argument, key: &MockKey) -> bool {
        self == Self::VerifyPlonk
            && decoded(argument.bytes()).is_some_and(|(verifier, proof, inputs): (Vec<u8>, Vec<u8>, Vec<BlsScalar>)| {
                key.accepts(&verifier, &proof, &inputs)
            })
    }

    fn is_worth_caching(self) -> bool {
        !matches!(self, Self::Hash | Self::Keccak256 | Self::Sha256)
    }

    /// The alignment is part of the key, because an argument that is not aligned cannot be decoded.
    fn key(self, argument: &Argument, rules: Rules) -> Key {
        let version = match self {
            Self::VerifyPlonk => match plonk_version(rules) {
                PlonkVersion::V1 => 1,
                PlonkVersion::V2 => 2,
                _ => 3,
            },
            Self::VerifyBls | Self::VerifyBlsMultisig => match bls_version(rules) {
                BlsVersion::V1 => 1,
                BlsVersion::V2 => 2,
            },
            _ => 0,
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[self as u8, version, argument.alignment()]).update(argument.bytes());
        hasher.finalize().into()
    }

    fn compute(self, argument: &[u8], rules: Rules) -> Result<Vec<u8>, VmError> {
        Ok(match self {
            Self::Hash => answer(argument, BlsScalar::default(), |bytes: Vec<u8>| BlsScalar::hash_to_scalar(&bytes)),
            Self::PoseidonHash => {
                let scalars: Option<Vec<BlsScalar>> = decoded(argument);
                encoded(&scalars.map_or(Ok(BlsScalar::default()), |scalars| poseidon_hash(&scalars))?)
            }
            Self::VerifyPlonk => answer(argument, false, |(verifier, proof, inputs): (_, Vec<u8>, Vec<_>)| {
                verify_plonk(verifier, &proof, &inputs, plonk_version(rules))
            }),
            Self::VerifyGroth16 => {
                let parts: Option<(Vec<u8>, Vec<u8>, Vec<u8>)> = decoded(argument);
                encoded(&parts.map_or(Ok(false), |(key, proof, inputs)| verify_groth16(&key, &proof, &inputs))?)
            }
            Self::VerifySchnorr => {
                let parts: Option<(BlsScalar, schnorr::PublicKey, schnorr::Signature)> = decoded(argument);
                encoded(
                    &parts.map_or(Ok(false), |(message, key, signature)| verify_schnorr(message, &key, &signature))?,
                )
            }
            Self::VerifyBls => answer(argument, false, |(message, key, signature): (Vec<u8>, _, _)| {
                bls::verify(&key, &signature, &message, bls_version(rules)).is_ok()
            }),
            Self::VerifyBlsMultisig => answer(argument, false, |(message, keys, signature): (Vec<u8>, Vec<_>, _)| {
                verify_multisig(&message, &keys, &signature, bls_version(rules))
            }),
            Self::Keccak256 => answer(argument, [0; 32], |bytes: Vec<u8>| <[u8; 32]>::from(Keccak256::digest(bytes))),
            Self::Sha256 => answer(argument, [0; 32], |bytes: Vec<u8>| <[u8; 32]>::from(Sha256::digest(bytes))),
            Self::VerifyKzgProof => answer(argument, false, verify_kzg),
            Self::Secp256k1Recover => answer(argument, None, |(hash, signature)| recover(hash, &signature)),
        })
    }
}

fn plonk_version(rules: Rules) -> PlonkVersion {
    if rules.fork() >= Fork::Aegis {
        PlonkVersion::V3
    } else if rules.active(Feature::PlonkV2) {
        PlonkVersion::V2
    } else {
        PlonkVersion::V1
    }
}

fn bls_version(rules: Rules) -> BlsVersion {
    if rules.fork() >= Fork::Aegis { BlsVersion::V2 } else { BlsVersion::V1 }
}

/// Decodes, computes, encodes. Where the argument cannot be decoded, `otherwise` is the answer.
fn answer<A, R>(argument: &[u8], otherwise: R, compute: impl FnOnce(A) -> R) -> Vec<u8>
where
    A: Archive,
    A::Archived: for<'a> CheckBytes<DefaultValidator<'a>> + Deserialize<A, Infallible>,
    R: Serialize<AllocSerializer<1024>>,
{
    encoded(&decoded(argument).map_or(otherwise, compute))
}

fn decoded<A>(argument: &[u8]) -> Option<A>
where
    A: Archive,
    A::Archived: for<'a> CheckBytes<DefaultValidator<'a>> + Deserialize<A, Infallible>,
{
    let archived = rkyv::check_archived_root::<A>(argument).ok()?;
    let Ok(argument) = archived.deserialize(&mut Infallible);
    Some(argument)
}

pub(crate) fn encoded<R: Serialize<AllocSerializer<1024>>>(value: &R) -> Vec<u8> {
    rkyv::to_bytes(value).expect("a value of known size is encoded to memory").into_vec()
}

/// The hash of at least one number. Of none there is no hash: the sponge that it is made of refuses to squeeze what
/// nothing was put into, and production panics there.
fn poseidon_hash(scalars: &[BlsScalar]) -> Result<BlsScalar, VmError> {
    if scalars.is_empty() {
        return Err(VmError::NoAnswer { query: Name::POSEIDON_HASH, reason: "there is nothing to hash" });
    }
    Ok(Poseidon::digest(Domain::Other, scalars)[0])
}

fn verify_plonk(verifier: Vec<u8>, proof: &[u8], inputs: &[BlsScalar], version: PlonkVersion) -> bool {
    if !has_domain(&verifier) {
        return false;
    }
    let (Ok(verifier), Ok(proof)) = (Verifier::try_from_bytes(verifier), PlonkProof::from_slice(proof)) else {
        return false;
    };
    verifier.verify_with_version(&proof, inputs, version).is_ok()
}

/// Whether a verifier has a number of rows for which there is an evaluation domain. The crate finds out as well, but
/// only after a computation that overflows, which panics where overflows are checked.
fn has_domain(verifier: &[u8]) -> bool {
    let number = |at: usize| verifier.get(at..)?.first_chunk().copied();
    // Six lengths, the label, and then the key, which begins with its rows.
    let label = number(0).map_or(0, u64::from_be_bytes);
    let rows = usize::try_from(label).ok().and_then(|label| number(48_usize.checked_add(label)?));
    rows.is_none_or(|rows| u64::from_le_bytes(rows) <= 1 << 32)
}

/// An error where the key lacks coefficients that the pairing needs: production panics there.
fn verify_groth16(key: &[u8], proof: &[u8], inputs: &[u8]) -> Result<bool, VmError> {
    let parse = || {
        let key = PreparedVerifyingKey::<Bn254>::deserialize_uncompressed(key).ok()?;
        let proof = Groth16Proof::<Bn254>::deserialize_compressed(proof).ok()?;
        let inputs = G1Projective::deserialize_compressed(inputs).ok()?;
        Some((key, proof, inputs))
    };
    let Some((key, proof, inputs)) = parse() else { return Ok(false) };
    let whole = *PAIRING_COEFFICIENTS.get_or_init(|| default_like(&key.gamma_g2_neg_pc).ell_coeffs.len());
    let gamma_lacks = !key.gamma_g2_neg_pc.infinity && key.gamma_g2_neg_pc.ell_coeffs.len() < whole;
    let delta_lacks = !key.delta_g2_neg_pc.infinity && key.delta_g2_neg_pc.ell_coeffs.len() < whole;
    // A pair with the point at infinity is left out of the pairing.
    if gamma_lacks && inputs != G1Projective::default() || delta_lacks && !proof.c.infinity {
        let reason = "the prepared verifying key is cut off";
        return Err(VmError::NoAnswer { query: Name::VERIFY_GROTH16_BN254, reason });
    }
    Ok(Groth16::<Bn254>::verify_proof_with_prepared_inputs(&key, &proof, &inputs).unwrap_or(false))
}

/// The coefficients that a prepared point of BN254 has.
static PAIRING_COEFFICIENTS: OnceLock<usize> = OnceLock::new();

/// The default of a type that has no name here.
fn default_like<T: Default>(_: &T) -> T {
    T::default()
}

/// An error where a point has no affine form, which production asks for with a panic.
fn verify_schnorr(
    message: BlsScalar,
    key: &schnorr::PublicKey,
    signature: &schnorr::Signature,
) -> Result<bool, VmError> {
    let undefined = |point: &JubJubExtended| point.get_z() == BlsScalar::zero() && bool::from(point.is_torsion_free());
    if undefined(key.as_ref()) || undefined(signature.R()) && key.is_valid() {
        return Err(VmError::NoAnswer { query: Name::VERIFY_SCHNORR, reason: "one of its points has no affine form" });
    }
    Ok(key.verify(signature, message).is_ok())
}

fn verify_multisig(message: &[u8], keys: &[PublicKey], signature: &MultisigSignature, version: BlsVersion) -> bool {
    if keys.is_empty() {
        return false;
    }
    bls::aggregate(keys, version).is_ok_and(|key| bls::verify_multisig(&key, signature, message, version).is_ok())
}

type KzgInput = ([u8; 48], [u8; 32], [u8; 32], [u8; 48]);

fn verify_kzg((commitment, z, y, proof): KzgInput) -> bool {
    let settings = BlobData::eth_kzg_settings(None);
    settings.verify_kzg_proof(&commitment.into(), &z.into(), &y.into(), &proof.into()).unwrap_or(false)
}

/// The key whose owner signed the hash, uncompressed. The signature is r, s and the recovery id, which may stand as 0
/// and 1 or as 27 and 28.
fn recover(hash: [u8; 32], signature: &[u8; 65]) -> Option<[u8; 65]> {
    let (compact, &[id]) = signature.split_at(64) else { return None };
    let id = match id {
        0 | 1 => id,
        27 | 28 => id - 27,
        _ => return None,
    };
    let id = RecoveryId::try_from(i32::from(id)).ok()?;
    let signature = RecoverableSignature::from_compact(compact, id).ok()?;
    let key = signature.recover(Message::from_digest(hash)).ok()?;
    Some(key.serialize_uncompressed())
}

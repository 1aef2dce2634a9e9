//! The script that asks every host query: with good arguments, with bad ones, and with every gas limit around its
//! price.

use anyhow::{Context, Result, anyhow};
use dusk_bytes::Serializable;
use dusk_core::abi::ContractId;
use dusk_core::groth16::bn254::g1::{G1_GENERATOR_X, G1_GENERATOR_Y};
use dusk_core::groth16::bn254::g2::{G2_GENERATOR_X, G2_GENERATOR_Y};
use dusk_core::groth16::bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use dusk_core::groth16::serialize::CanonicalSerialize;
use dusk_core::groth16::{Proof as Groth16Proof, VerifyingKey, prepare_verifying_key};
use dusk_core::plonk::{Circuit, Compiler, Composer, Constraint, Error as PlonkError, PublicParameters};
use dusk_core::signatures::{bls, schnorr};
use dusk_core::transfer::data::BlobData;
use dusk_core::{BlsScalar, JubJubScalar};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::contracts::{asker, question};
use crate::protocol::Command;
use crate::scripts::{PLENTY, TODAY, call, deploy, encoded, keys};

const ASKER: ContractId = ContractId::from_bytes([12; 32]);

/// A query, an argument, and the price that the argument has.
struct Case {
    query: &'static str,
    argument: Vec<u8>,
    price: u64,
}

pub(crate) fn script() -> Result<Vec<Command>> {
    let mut script = vec![TODAY, deploy(ASKER, asker())];
    let ask = |query: &str, argument: &[u8], gas| call(ASKER, "ask", question(query, argument), gas);
    for Case { query, argument, price } in cases()? {
        script.push(ask(query, &argument, PLENTY));
        // The contract's own code costs less than 60.
        for gas in [1, price - 1, price].into_iter().chain(price + 1..price + 60) {
            script.push(ask(query, &argument, gas));
        }
        for wrong in wrong(&argument) {
            script.push(ask(query, &wrong, PLENTY));
        }
    }
    script.push(ask("no_such_query", &[], PLENTY));
    // Before the forks queries are free, and signatures and proofs are of other versions.
    script.extend([Command::Root, Command::Commit, Command::Session { chain_id: 0, height: 0 }]);
    for Case { query, argument, .. } in cases()? {
        script.push(ask(query, &argument, PLENTY));
    }
    Ok(script)
}

/// The argument with each of some bytes changed, cut off, and prolonged.
fn wrong(argument: &[u8]) -> Vec<Vec<u8>> {
    let mut all =
        vec![vec![], argument[1..].to_vec(), argument[..argument.len() - 1].to_vec(), [argument, &[0]].concat()];
    for at in (0..argument.len()).step_by(argument.len() / 12 + 1) {
        let mut changed = argument.to_vec();
        changed[at] ^= 1;
        all.push(changed);
    }
    all
}

/// A good argument for every query, by the query's name.
///
/// # Errors
/// When one cannot be made.
pub fn good_arguments() -> Result<Vec<(&'static str, Vec<u8>)>> {
    Ok(cases()?.into_iter().map(|case| (case.query, case.argument)).collect())
}

fn cases() -> Result<Vec<Case>> {
    let case = |query, argument, price| Case { query, argument, price };
    let bytes = vec![7_u8; 100];
    let scalars: Vec<_> = (1..6_u64).map(BlsScalar::from).collect();
    Ok(vec![
        case("hash", encoded(&bytes), 4_000),
        case("keccak256", encoded(&bytes), 4_600),
        case("sha256", encoded(&bytes), 3_800),
        case("poseidon_hash", encoded(&scalars), 80_000),
        case("verify_bls", bls_signature(), 1_750_000),
        case("verify_bls_multisig", bls_multisignature()?, 2_900_000),
        case("verify_schnorr", schnorr_signature(), 1_000_000),
        case("verify_plonk", plonk_proof()?, 10_000_000),
        case("verify_groth16_bn254", groth16_proof()?, 4_500_000),
        case("verify_kzg_proof", kzg_proof()?, 2_000_000),
        case("secp256k1_recover", secp256k1_signature()?, 200_000),
    ])
}

fn bls_signature() -> Vec<u8> {
    let (secret, public) = keys(1);
    let message = b"a message".to_vec();
    let signature = secret.sign(&message);
    encoded(&(message, public, signature))
}

fn bls_multisignature() -> Result<Vec<u8>> {
    let message = b"a message".to_vec();
    let pairs = [keys(2), keys(3)];
    let signatures = pairs.iter().map(|(secret, public)| secret.sign_multisig(public, &message));
    let signature = signatures.reduce(|all, one| all.aggregate(&[one])).context("there are two signatures")?;
    let publics: Vec<bls::PublicKey> = pairs.iter().map(|(_, public)| *public).collect();
    Ok(encoded(&(message, publics, signature)))
}

fn schnorr_signature() -> Vec<u8> {
    let secret = schnorr::SecretKey::from(JubJubScalar::from(9_u64));
    let message = BlsScalar::from(11_u64);
    let signature = secret.sign(&mut StdRng::seed_from_u64(1), message);
    encoded(&(message, schnorr::PublicKey::from(&secret), signature))
}

/// Knowledge of two numbers with a given sum and product.
#[derive(Default)]
struct SumAndProduct {
    a: BlsScalar,
    b: BlsScalar,
}

impl Circuit for SumAndProduct {
    fn circuit(&self, composer: &mut Composer) -> Result<(), PlonkError> {
        let (a, b) = (composer.append_witness(self.a), composer.append_witness(self.b));
        let sum = Constraint::new().left(1).right(1).a(a).b(b).public(-(self.a + self.b));
        let product = Constraint::new().mult(1).a(a).b(b).public(-(self.a * self.b));
        composer.append_gate(sum);
        composer.append_gate(product);
        Ok(())
    }
}

fn plonk_proof() -> Result<Vec<u8>> {
    let failed = |error: PlonkError| anyhow!("{error:?}");
    let mut rng = StdRng::seed_from_u64(1);
    let parameters = PublicParameters::setup(1 << 6, &mut rng).map_err(failed)?;
    let (prover, verifier) = Compiler::compile::<SumAndProduct>(&parameters, b"parity").map_err(failed)?;
    let circuit = SumAndProduct { a: BlsScalar::from(3_u64), b: BlsScalar::from(4_u64) };
    let (proof, inputs) = prover.prove(&mut rng, &circuit).map_err(failed)?;
    Ok(encoded(&(verifier.to_bytes(), proof.to_bytes().to_vec(), inputs)))
}

/// A proof without a circuit: a prover that knows the discrete logarithms in the key can solve the verifier's equation
/// `ab = αβ + iγ + cδ` for `c`.
fn groth16_proof() -> Result<Vec<u8>> {
    let [alpha, beta, gamma, delta, input, a, b] = [2_u64, 3, 5, 7, 11, 13, 17].map(Fr::from);
    let c = (a * b - alpha * beta - input * gamma) / delta;
    let g1 = |scalar: Fr| G1Affine::from(G1Projective::from(G1Affine::new(G1_GENERATOR_X, G1_GENERATOR_Y)) * scalar);
    let g2 = |scalar: Fr| G2Affine::from(G2Projective::from(G2Affine::new(G2_GENERATOR_X, G2_GENERATOR_Y)) * scalar);
    let key = VerifyingKey::<Bn254> {
        alpha_g1: g1(alpha),
        beta_g2: g2(beta),
        gamma_g2: g2(gamma),
        delta_g2: g2(delta),
        gamma_abc_g1: vec![g1(input)],
    };
    let proof = Groth16Proof::<Bn254> { a: g1(a), b: g2(b), c: g1(c) };
    let (mut key_bytes, mut proof_bytes, mut input_bytes) = (Vec::new(), Vec::new(), Vec::new());
    let failed = |error| anyhow!("{error:?}");
    prepare_verifying_key(&key).serialize_uncompressed(&mut key_bytes).map_err(failed)?;
    proof.serialize_compressed(&mut proof_bytes).map_err(failed)?;
    G1Projective::from(g1(input)).serialize_compressed(&mut input_bytes).map_err(failed)?;
    Ok(encoded(&(key_bytes, proof_bytes, input_bytes)))
}

fn kzg_proof() -> Result<Vec<u8>> {
    let settings = BlobData::eth_kzg_settings(None);
    let mut blob = vec![0; c_kzg::BYTES_PER_BLOB];
    blob.iter_mut().skip(31).step_by(32).zip(1_u8..=250).for_each(|(byte, value)| *byte = value);
    let blob = c_kzg::Blob::from_bytes(&blob)?;
    let z = c_kzg::Bytes32::new([9; 32]);
    let commitment = settings.blob_to_kzg_commitment(&blob)?.to_bytes().into_inner();
    let (proof, y) = settings.compute_kzg_proof(&blob, &z)?;
    Ok(encoded(&(commitment, *z, *y, proof.to_bytes().into_inner())))
}

/// The transaction that EIP-155 gives as its example.
fn secp256k1_signature() -> Result<Vec<u8>> {
    let hash: [u8; 32] = digits("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53")?;
    let r: [u8; 32] = digits("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276")?;
    let s: [u8; 32] = digits("67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83")?;
    let mut signature = [0_u8; 65];
    signature[..32].copy_from_slice(&r);
    signature[32..64].copy_from_slice(&s);
    Ok(encoded(&(hash, signature)))
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)?;
    Ok(bytes)
}

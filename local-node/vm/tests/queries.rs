//! Host queries: answers, prices, and when they exist.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::contracts::module_32;
use common::{PLENTY, encoded, keys};
use dusk_core::abi::ContractId;
use dusk_core::signatures::{bls, schnorr};
use dusk_core::{BlsScalar, JubJubScalar};
use local_node_types::rules::{Profile, Rules};
use local_node_vm::{Env, Session, Vm, VmError};
use rand::SeedableRng;
use rand::rngs::StdRng;

const A: ContractId = ContractId::from_bytes([10; 32]);

/// A contract that asks a query: the argument is the length of a name, the name, padding to 36 bytes, and the query's
/// argument.
fn session(rules: Rules) -> Session {
    let asker = module_32(
        r#"(func (export "ask") (param i32) (result i32)
              (memory.copy (i32.const 64) (i32.const 4100) (i32.const 32))
              (i32.store (i32.const 32) (i32.load (i32.const 4096)))
              (memory.copy (i32.const 4096) (i32.const 4132) (i32.sub (local.get 0) (i32.const 36)))
              (call $hq (i32.const 64) (i32.load (i32.const 32)) (i32.sub (local.get 0) (i32.const 36))))"#,
    );
    let mut session = Vm::in_memory().unwrap().session(None, Env { chain_id: 0, rules }).unwrap();
    session.deploy(A, &asker, None, &[], PLENTY).unwrap();
    session
}

/// The answer and what it cost beside the contract's own code.
fn ask(session: &mut Session, query: &str, argument: &[u8]) -> Result<(Vec<u8>, u64), VmError> {
    ask_with(session, query, argument, PLENTY)
}

fn ask_with(session: &mut Session, query: &str, argument: &[u8], gas: u64) -> Result<(Vec<u8>, u64), VmError> {
    let mut name = [0; 32];
    name[..query.len()].copy_from_slice(query.as_bytes());
    let length = u32::try_from(query.len()).unwrap().to_le_bytes();
    let receipt = session.call(A, "ask", &[&length, name.as_slice(), argument].concat(), gas)?;
    Ok((receipt.data, receipt.gas_spent))
}

fn today() -> Session {
    session(Profile::Local.at(1))
}

#[test]
fn hashes_are_priced_by_their_input() {
    let mut session = today();
    let (_, empty) = ask(&mut session, "sha256", &encoded(&Vec::<u8>::new())).unwrap();
    let own = empty - 3_000;
    assert!(own < 60, "{own}");
    let input = vec![7_u8; 100];
    let argument = encoded(&input);
    for (query, price, answer) in [
        ("sha256", 3_000 + 8 * 100, None),
        ("keccak256", 3_000 + 16 * 100, None),
        ("hash", 3_000 + 10 * 100, Some(encoded(&BlsScalar::hash_to_scalar(&input)))),
    ] {
        let (data, gas) = ask(&mut session, query, &argument).unwrap();
        assert_eq!(gas - own, price, "{query}");
        assert_eq!(data.len(), 32);
        assert!(answer.is_none_or(|answer| answer == data), "{query}");
    }
    let known = ask(&mut session, "sha256", &encoded(&b"abc".to_vec())).unwrap().0;
    assert_eq!(hex::encode(known), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let known = ask(&mut session, "keccak256", &encoded(&b"abc".to_vec())).unwrap().0;
    assert_eq!(hex::encode(known), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    let scalars = vec![BlsScalar::from(3_u64), BlsScalar::from(4_u64)];
    let (data, gas) = ask(&mut session, "poseidon_hash", &encoded(&scalars)).unwrap();
    assert_eq!((gas - own, data.len()), (50_000, 32));
    let too_little = ask_with(&mut session, "poseidon_hash", &encoded(&scalars), 50_000);
    assert!(matches!(too_little, Err(VmError::OutOfGas)));
}

#[test]
fn queries_are_free_before_boreas() {
    let mut session = session(Profile::Mainnet.at(3_590_904));
    let (_, gas) = ask(&mut session, "hash", &encoded(&vec![7_u8; 100])).unwrap();
    assert!(gas < 60, "{gas}");
}

#[test]
fn queries_exist_from_their_height_on() {
    let mut before = session(Profile::Mainnet.at(4_414_094));
    let mut after = session(Profile::Mainnet.at(4_414_095));
    for query in ["keccak256", "sha256"] {
        let missing = ask(&mut before, query, &encoded(&vec![1_u8]));
        assert!(matches!(missing, Err(VmError::MissingHostQuery(name)) if name == query));
        ask(&mut after, query, &encoded(&vec![1_u8])).unwrap();
    }
    assert!(matches!(ask(&mut after, "verify_nothing", &[]), Err(VmError::MissingHostQuery(_))));
}

#[test]
fn signatures_are_verified_by_the_rules_in_force() {
    let (secret, public) = keys(5);
    let message = b"a message".to_vec();
    let yes = vec![1];
    let no = vec![0];
    let mut session_today = today();
    let good = encoded(&(message.clone(), public, secret.sign(&message)));
    let bad = encoded(&(b"another".to_vec(), public, secret.sign(&message)));
    for _ in 0..2 {
        assert_eq!(ask(&mut session_today, "verify_bls", &good).unwrap().0, yes);
        assert_eq!(ask(&mut session_today, "verify_bls", &bad).unwrap().0, no);
    }
    let mut old = session(Profile::Mainnet.at(1));
    assert_eq!(ask(&mut old, "verify_bls", &good).unwrap().0, no, "before Aegis signatures were of version 1");

    let pairs = [keys(6), keys(7)];
    let publics: Vec<_> = pairs.iter().map(|(_, public)| *public).collect();
    let signatures = pairs.iter().map(|(secret, public)| secret.sign_multisig(public, &message));
    let signature = signatures.reduce(|all, one| all.aggregate(&[one])).unwrap();
    let (answer, gas) =
        ask(&mut session_today, "verify_bls_multisig", &encoded(&(message.clone(), publics, signature))).unwrap();
    assert_eq!(answer, yes);
    assert_eq!(gas / 1_000, 2_900);
    let none: (Vec<u8>, Vec<bls::PublicKey>, bls::MultisigSignature) = (message, vec![], signature);
    assert_eq!(ask(&mut session_today, "verify_bls_multisig", &encoded(&none)).unwrap().0, no);

    let secret = schnorr::SecretKey::from(JubJubScalar::from(9_u64));
    let public = schnorr::PublicKey::from(&secret);
    let text = BlsScalar::from(11_u64);
    let signature = secret.sign(&mut StdRng::seed_from_u64(1), text);
    let (answer, gas) = ask(&mut session_today, "verify_schnorr", &encoded(&(text, public, signature))).unwrap();
    assert_eq!((answer, gas / 1_000), (yes, 1_000));
}

#[test]
fn what_cannot_be_decoded_gets_a_fixed_answer() {
    let mut session = today();
    for (query, answer) in [
        ("hash", vec![0; 32]),
        ("poseidon_hash", vec![0; 32]),
        ("sha256", vec![0; 32]),
        ("verify_bls", vec![0]),
        ("verify_bls_multisig", vec![0]),
        ("verify_schnorr", vec![0]),
        ("verify_plonk", vec![0]),
        ("verify_groth16_bn254", vec![0]),
        ("verify_kzg_proof", vec![0]),
    ] {
        assert_eq!(ask(&mut session, query, &[0xff; 13]).unwrap().0, answer, "{query}");
    }
    let nonsense = encoded(&(vec![1_u8; 40], vec![2_u8; 40], vec![BlsScalar::from(1_u64)]));
    assert_eq!(ask(&mut session, "verify_plonk", &nonsense).unwrap().0, [0]);
    let nonsense = encoded(&([1_u8; 48], [2_u8; 32], [3_u8; 32], [4_u8; 48]));
    assert_eq!(ask(&mut session, "verify_kzg_proof", &nonsense).unwrap().0, [0]);
}

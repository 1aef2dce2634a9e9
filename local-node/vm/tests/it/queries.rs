//! Host queries: answers, prices, and when they exist.

use dusk_core::abi::ContractId;
use dusk_core::signatures::{bls, schnorr};
use dusk_core::{BlsScalar, JubJubScalar};
use dusk_sdk_circuit::{ConstraintSystem, Gate};
use dusk_sdk_prover::{Keys, Parameters, SILENT};
use local_node_types::rules::{Profile, Rules};
use local_node_vm::{BlockEnv, MockKey, Session, Vm, VmError};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::common::contracts::{asker, question};
use super::common::{PLENTY, encoded, keys, new_vm};

const A: ContractId = ContractId::from_bytes([10; 32]);

/// A session in which a contract asks queries.
fn session(rules: Rules) -> Session {
    session_on(&new_vm(), rules)
}

fn session_on(vm: &Vm, rules: Rules) -> Session {
    let mut session = vm.session(None, BlockEnv { chain_id: 0, rules }).unwrap();
    session.deploy(A, &asker(), None, &[], PLENTY).unwrap();
    session
}

/// The answer and what it cost beside the contract's own code.
fn ask(session: &mut Session, query: &str, argument: &[u8]) -> Result<(Vec<u8>, u64), VmError> {
    ask_with(session, query, argument, PLENTY)
}

fn ask_with(session: &mut Session, query: &str, argument: &[u8], gas: u64) -> Result<(Vec<u8>, u64), VmError> {
    let receipt = session.call(A, "ask", &question(query, argument), gas)?;
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
    for query in ["keccak256", "sha256", "verify_kzg_proof", "secp256k1_recover"] {
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
        ("secp256k1_recover", vec![0; 66]),
    ] {
        assert_eq!(ask(&mut session, query, &[0xff; 13]).unwrap().0, answer, "{query}");
    }
    let nonsense = encoded(&(vec![1_u8; 40], vec![2_u8; 40], vec![BlsScalar::from(1_u64)]));
    assert_eq!(ask(&mut session, "verify_plonk", &nonsense).unwrap().0, [0]);
    let nonsense = encoded(&([1_u8; 48], [2_u8; 32], [3_u8; 32], [4_u8; 48]));
    assert_eq!(ask(&mut session, "verify_kzg_proof", &nonsense).unwrap().0, [0]);
}

#[test]
fn only_a_machine_with_the_key_takes_mock_proofs() {
    let key = MockKey::new([7; 32]);
    let (verifier, inputs) = (vec![3_u8; 1300], vec![BlsScalar::from(1), BlsScalar::from(2)]);
    let mock = key.issue(&verifier, &inputs);
    let argument = |proof: &[u8], inputs: &[BlsScalar]| encoded(&(verifier.clone(), proof.to_vec(), inputs.to_vec()));
    let on = |vm: Vm| {
        let mut session = session_on(&vm, Profile::Local.at(1));
        move |proof: &[u8], inputs: &[BlsScalar]| ask(&mut session, "verify_plonk", &argument(proof, inputs)).unwrap()
    };
    let mut ordinary = on(new_vm());
    let mut stranger = on(new_vm().accepting_mocks(MockKey::new([8; 32])));
    let mut tests = on(new_vm().accepting_mocks(key));
    assert_eq!(tests(&mock, &inputs).0, [1]);
    assert_eq!(ordinary(&mock, &inputs).0, [0], "a node takes no mock");
    assert_eq!(stranger(&mock, &inputs).0, [0]);
    // It costs what a proof costs.
    assert_eq!(tests(&mock, &inputs).1, ordinary(&mock, &inputs).1);
    assert_eq!(tests(&mock, &[inputs[1], inputs[0]]).0, [0], "inputs in another order");
    assert_eq!(tests(&mock[..1007], &inputs).0, [0]);
    let mut flipped = mock.clone();
    flipped[1007] ^= 1;
    assert_eq!(tests(&flipped, &inputs).0, [0]);
}

#[test]
fn proofs_of_circuits_are_verified_bit_for_bit() {
    // Three numbers of which the last is the product of the others; the last two are public.
    let build = |mut cs: ConstraintSystem| {
        let [x, y] = [6, 7].map(|number| cs.input_wire(Some(BlsScalar::from(number))));
        let product = cs.hint([x, y], |[x, y]| x * y);
        cs.gate("product", Gate::new().ab(x, y, BlsScalar::one()).c(product, -BlsScalar::one()));
        cs.expose(y);
        cs.expose(product);
        cs.finish()
    };
    let (layout, _) = build(ConstraintSystem::new("product"));
    let (_, assignment) = build(ConstraintSystem::with_witness("product"));
    let parameters = Parameters::development(layout.gates(), SILENT).unwrap();
    let keys: Keys = Keys::compile(&layout, &parameters, SILENT).unwrap();
    let proof = keys.prove(&layout, &assignment, SILENT).unwrap();

    let mut session = today();
    let mut accepts = |key: &[u8], proof: &[u8], inputs: &[BlsScalar]| {
        ask(&mut session, "verify_plonk", &encoded(&(key.to_vec(), proof.to_vec(), inputs.to_vec()))).unwrap().0 == [1]
    };
    let (key, inputs) = (keys.verifier_key(), assignment.public());
    assert_eq!(inputs, [BlsScalar::from(7), BlsScalar::from(42)]);
    assert!(accepts(key, proof.as_bytes(), inputs));
    assert!(!accepts(key, proof.as_bytes(), &[inputs[1], inputs[0]]));
    assert!(!accepts(key, proof.as_bytes(), &inputs[..1]));
    let flipped = |bytes: &[u8], at: usize, bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << (bit % 8);
        bytes
    };
    // In each commitment and each evaluation.
    for (bit, at) in (0..11 * 48).step_by(48).chain((11 * 48..1008).step_by(32)).enumerate() {
        assert!(!accepts(key, &flipped(proof.as_bytes(), at + bit, bit), inputs), "byte {}", at + bit);
    }
    for bit in 0..64 {
        let mut other = inputs.to_vec();
        other[bit / 32] += BlsScalar::pow_of_2(bit as u64);
        assert!(!accepts(key, proof.as_bytes(), &other), "2^{bit} more");
    }
    for length in [0, 1, 1007] {
        assert!(!accepts(key, &proof.as_bytes()[..length], inputs));
    }
}

#[test]
fn the_signer_of_a_hash_is_recovered() {
    // The pair of EIP-155's example: a private key of 32 times 0x46, and the hash and signature of its transaction.
    let hash = bytes::<32>("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    let r = "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276";
    let s = "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
    let key = "044bc2a31265153f07e70e0bab08724e6b85e217f8cd628ceb62974247bb493382\
               ce28cab79ad7119ee1ad3ebcdb98a16805211530ecc6cfefa1b88e6dff99232a";
    let mut session = today();
    let mut recovered = |r: &str, s: &str, id: u8| {
        let signature: [u8; 65] = [bytes::<32>(r).as_slice(), &bytes::<32>(s), &[id]].concat().try_into().unwrap();
        ask(&mut session, "secp256k1_recover", &encoded(&(hash, signature))).unwrap()
    };
    for id in [0, 27] {
        let (answer, gas) = recovered(r, s, id);
        assert_eq!((answer, gas / 1_000), (encoded(&Some(bytes::<65>(key))), 200), "{id}");
    }
    for id in [1, 28] {
        let answer = recovered(r, s, id).0;
        assert!(answer[0] == 1 && answer != encoded(&Some(bytes::<65>(key))), "{id}: the other key");
    }
    let none = encoded(&None::<[u8; 65]>);
    for id in [2, 3, 26, 29, 255] {
        assert_eq!(recovered(r, s, id).0, none, "{id}");
    }
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let zero = "0000000000000000000000000000000000000000000000000000000000000000";
    for (r, s) in [(zero, s), (r, zero), (order, s), (r, order)] {
        assert_eq!(recovered(r, s, 0).0, none, "{r} {s}");
    }
}

fn bytes<const N: usize>(digits: &str) -> [u8; N] {
    hex::decode(digits).unwrap().try_into().unwrap()
}

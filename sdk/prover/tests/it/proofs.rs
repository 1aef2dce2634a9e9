//! Keys and proofs: keys the same as the stock crate's, proofs accepted and refused by it as they must be.

use std::sync::{LazyLock, Mutex};

use dusk_sdk_circuit::{Assignment, BlsScalar, CheckError, ConstraintSystem, Gate, Layout, PROOF_BYTES, Wire, check};
use dusk_sdk_prover::{
    Backend, CompileError, Keys, MAX_GATES, Parameters, ParametersId, Plonk, Proof, ProofError, ProveError, SILENT,
    Stage, VerifyError, verify,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::circuits::every_kind;
use crate::stock;

static PARAMETERS: LazyLock<Parameters> = LazyLock::new(|| Parameters::development(256, SILENT).unwrap());

/// A proof that holds.
struct Proved {
    layout: Layout,
    assignment: Assignment,
    keys: Keys,
    proof: Proof,
}

static PROVED: LazyLock<Proved> = LazyLock::new(|| {
    let (layout, assignment) = every_kind(11, 40);
    let keys = Keys::compile(&layout, &PARAMETERS, SILENT).unwrap();
    let proof = keys.prove(&layout, &assignment, SILENT).unwrap();
    Proved { layout, assignment, keys, proof }
});

/// The bytes of its key.
static ENCODED: LazyLock<Vec<u8>> =
    LazyLock::new(|| Plonk::encode(&Plonk::compile(&PROVED.layout, &PARAMETERS, SILENT).unwrap().key));

#[test]
fn keys_are_those_of_the_stock_crate_and_it_takes_the_proofs() {
    // Rows that fill half of a domain, all of it, and all but a few, where the stock crate asks for twice the
    // parameters.
    for rows in [0, 60, 57, 70] {
        let (layout, assignment) = every_kind(5, rows);
        assert_eq!(check(&layout, &assignment), Ok(()));
        let (prover, verifier) = stock::compile(&layout, &PARAMETERS);
        let compiled = Plonk::compile(&layout, &PARAMETERS, SILENT).unwrap();
        assert_eq!(compiled.verifier_key, verifier.to_bytes(), "{rows} rows");

        let seeded = || ChaCha20Rng::from_seed([9; 32]);
        let proof = Plonk::prove(&compiled, &PARAMETERS, (&layout, &assignment), &mut seeded(), &|_| ()).unwrap();
        assert_eq!(verify(&compiled.verifier_key, &proof, assignment.public()), Ok(()));
        // And ours takes those of the stock prover, which hide less.
        let theirs = stock::prove(&prover, &layout, &assignment, &mut seeded());
        let theirs = Proof::try_from(theirs.as_slice()).unwrap();
        assert_ne!(proof, theirs, "{rows} rows");
        assert_eq!(verify(&compiled.verifier_key, &theirs, assignment.public()), Ok(()));

        let read = Plonk::decode(&Plonk::encode(&compiled.key)).unwrap();
        assert!(read == compiled.key, "keys survive the way to a file");
    }
}

#[test]
fn circuits_of_few_rows_and_without_public_inputs_are_proved() {
    let number = BlsScalar::from;
    for rows in 1..6 {
        let build = |mut cs: ConstraintSystem| {
            for _ in 0..rows {
                let wire = cs.hint([], |[]| number(3));
                cs.gate("is three", Gate::new().a(wire, number(1)).constant(-number(3)));
            }
            cs.finish()
        };
        let (layout, assignment) =
            (build(ConstraintSystem::new("few")).0, build(ConstraintSystem::with_witness("few")).1);
        let keys: Keys = Keys::compile(&layout, &PARAMETERS, SILENT).unwrap();
        let proof = keys.prove(&layout, &assignment, SILENT).unwrap();
        assert_eq!(verify(keys.verifier_key(), &proof, &[]), Ok(()), "{rows} rows");
        assert_eq!(stock::compile(&layout, &PARAMETERS).1.to_bytes(), keys.verifier_key(), "{rows} rows");
    }
}

#[test]
fn a_key_names_its_parameters() {
    assert_eq!(ParametersId::of_verifier_key(PROVED.keys.verifier_key()), Some(ParametersId::development()));
    assert_eq!(PROVED.keys.parameters(), ParametersId::development());
    assert_eq!(ParametersId::of_verifier_key(&[0; 1300]), None);
}

#[test]
fn proofs_of_one_witness_differ_and_those_with_known_randomness_do_not() {
    let Proved { layout, assignment, keys, proof } = &*PROVED;
    let prove = |entropy: u8| keys.prove_with(layout, assignment, &[entropy; 32], SILENT).unwrap();
    assert_ne!(*proof, keys.prove(layout, assignment, SILENT).unwrap());
    assert_eq!(prove(1), prove(1));
    assert_ne!(prove(1), prove(2));
    // With the same bad randomness, another witness has other blinding: no commitment is shared.
    let (_, other) = every_kind(12, 40);
    let other = keys.prove_with(layout, &other, &[1; 32], SILENT).unwrap();
    let (one, two) = (prove(1), other);
    assert!(commitments(&one).iter().all(|it| !commitments(&two).contains(it)));
}

fn commitments(proof: &Proof) -> Vec<[u8; 48]> {
    proof.as_bytes()[..11 * 48].as_chunks::<48>().0.to_vec()
}

#[test]
fn a_witness_that_does_not_satisfy_is_refused_by_name() {
    let Proved { layout, assignment, keys, .. } = &*PROVED;
    let mut assignment = assignment.clone();
    let square = layout.rows[0].wires[2];
    assignment.replace(square, BlsScalar::from(3));
    let error = keys.prove(layout, &assignment, SILENT).unwrap_err();
    let ProveError::Unsatisfied(CheckError::Unsatisfied(fault)) = error else { panic!("{error}") };
    assert_eq!(fault.constraint, "square");
    // The backend alone makes nothing of it either.
    let compiled = Plonk::compile(layout, &PARAMETERS, SILENT).unwrap();
    let rng = &mut ChaCha20Rng::from_seed([1; 32]);
    assert!(Plonk::prove(&compiled, &PARAMETERS, (layout, &assignment), rng, &|_| ()).is_none());
}

#[test]
fn keys_of_another_circuit_are_refused() {
    let (layout, assignment) = every_kind(11, 41);
    let error = PROVED.keys.prove(&layout, &assignment, SILENT).unwrap_err();
    let other = |keys, circuit| keys == PROVED.layout.digest() && circuit == layout.digest();
    assert!(matches!(error, ProveError::OtherCircuit { keys, circuit } if other(keys, circuit)), "{error}");
    let verifier = Keys::<Plonk>::compile(&layout, &PARAMETERS, SILENT).unwrap();
    assert_eq!(verify(verifier.verifier_key(), &PROVED.proof, PROVED.assignment.public()), Err(VerifyError::Refused));
    // A circuit of another name has the same rows, but no proof is one for both.
    let mut renamed = PROVED.layout.clone();
    renamed.name.push('!');
    let renamed = Keys::<Plonk>::compile(&renamed, &PARAMETERS, SILENT).unwrap();
    assert_eq!(verify(renamed.verifier_key(), &PROVED.proof, PROVED.assignment.public()), Err(VerifyError::Refused));
}

#[test]
fn circuits_beyond_the_parameters_are_refused() {
    let small = Parameters::development(32, SILENT).unwrap();
    let error = Keys::<Plonk>::compile(&PROVED.layout, &small, SILENT).unwrap_err();
    assert!(matches!(error, CompileError::TooLarge { gates: 44, parameters: 32 }), "{error}");
    let mut large = PROVED.layout.clone();
    large.rows.resize(MAX_GATES - 3, large.rows[0]);
    assert!(matches!(Keys::<Plonk>::compile(&large, &PARAMETERS, SILENT), Err(CompileError::Layout(_))));
}

#[test]
fn damaged_layouts_are_refused() {
    let mut damaged = PROVED.layout.clone();
    damaged.rows[3].selectors = 1000;
    assert!(matches!(Keys::<Plonk>::compile(&damaged, &PARAMETERS, SILENT), Err(CompileError::Layout(_))));
    let empty = ConstraintSystem::new("empty").finish().0;
    assert!(matches!(Keys::<Plonk>::compile(&empty, &PARAMETERS, SILENT), Err(CompileError::Empty)));
    // `check` evaluates public inputs on polynomials only.
    let mut cs = ConstraintSystem::new("misplaced");
    cs.gate("range", Gate::range([Wire::ZERO; 4]));
    let (mut layout, _) = cs.finish();
    layout.public_rows.push(0);
    let error = Keys::<Plonk>::compile(&layout, &PARAMETERS, SILENT).unwrap_err();
    assert!(matches!(error, CompileError::PublicInput { row: 0 }), "{error}");
}

#[test]
fn public_inputs_are_bound_in_number_and_order() {
    let Proved { assignment, keys, proof, .. } = &*PROVED;
    let public = assignment.public();
    for given in [0, 1, 3] {
        let mut other = public.to_vec();
        other.resize(given, BlsScalar::zero());
        let expected = Err(VerifyError::PublicInputs { expected: 2, given });
        assert_eq!(verify(keys.verifier_key(), proof, &other), expected);
    }
    let swapped = [public[1], public[0]];
    assert_eq!(verify(keys.verifier_key(), proof, &swapped), Err(VerifyError::Refused));
}

#[test]
fn damaged_verifier_keys_are_refused() {
    let Proved { assignment, keys, proof, .. } = &*PROVED;
    let key = keys.verifier_key();
    for length in (0..key.len()).step_by(7) {
        assert_eq!(verify(&key[..length], proof, assignment.public()), Err(VerifyError::Key), "{length} bytes");
    }
    let longer = [key, &[0; 8]].concat();
    assert_eq!(verify(&longer, proof, assignment.public()), Err(VerifyError::Key));
    // The row of the first public input, plus a multiple of the size of the domain: the stock verifier takes it for the
    // same.
    let mut moved = key.to_vec();
    moved[key.len() - 16] = 1;
    assert_eq!(verify(&moved, proof, assignment.public()), Err(VerifyError::Key));
    // Rows of public inputs far outside of the circuit, and sizes that no circuit has.
    for place in [0, 8, 16, 24, 32, 40] {
        let mut damaged = key.to_vec();
        damaged[place..place + 8].fill(0xff);
        assert_eq!(verify(&damaged, proof, assignment.public()), Err(VerifyError::Key), "number at {place}");
    }
}

#[test]
fn proofs_are_read_from_bytes_and_text() {
    let proof = &PROVED.proof;
    assert_eq!(proof.to_string().parse(), Ok(proof.clone()));
    assert_eq!(Proof::try_from(&proof.as_bytes()[..1007]), Err(ProofError::Length(1007)));
    assert_eq!("0g".parse::<Proof>(), Err(ProofError::Hexadecimal));
    assert_eq!("00".parse::<Proof>(), Err(ProofError::Length(1)));
    assert_eq!(
        verify(PROVED.keys.verifier_key(), &Proof::from_bytes([0; PROOF_BYTES]), PROVED.assignment.public()),
        Err(VerifyError::Malformed)
    );
}

#[test]
fn progress_goes_forward_and_ends() {
    let seen: Mutex<Vec<(Stage, f32)>> = Mutex::new(Vec::new());
    let progress = |stage, share| seen.lock().unwrap().push((stage, share));
    let keys: Keys = Keys::compile(&PROVED.layout, &PARAMETERS, &progress).unwrap();
    keys.prove(&PROVED.layout, &PROVED.assignment, &progress).unwrap();
    let seen = seen.into_inner().unwrap();
    let mut stages: Vec<Stage> = seen.iter().map(|it| it.0).collect();
    stages.dedup();
    assert_eq!(stages, [Stage::Keys, Stage::Check, Stage::Prove, Stage::Verify]);
    for stage in stages {
        let shares: Vec<f32> = seen.iter().filter(|it| it.0 == stage).map(|it| it.1).collect();
        assert!(
            shares.is_sorted() && shares.first() == Some(&0.0) && shares.last() == Some(&1.0),
            "{stage:?}: {shares:?}"
        );
    }
}

#[test]
fn nothing_secret_is_printed() {
    let Proved { keys, proof, .. } = &*PROVED;
    let text = format!("{keys:?} {proof:?}");
    assert!(text.len() < 400, "keys are not spelled out: {} characters", text.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Each of the 26 parts of a proof is hit; verification takes milliseconds, so bits are sampled.
    #[test]
    fn a_bit_flipped_in_a_proof_is_refused(byte in 0..PROOF_BYTES, bit in 0u8..8) {
        let Proved { assignment, keys, proof, .. } = &*PROVED;
        let mut bytes = *proof.as_bytes();
        bytes[byte] ^= 1 << bit;
        let result = verify(keys.verifier_key(), &Proof::from_bytes(bytes), assignment.public());
        prop_assert!(matches!(result, Err(VerifyError::Refused | VerifyError::Malformed)), "{result:?}");
    }

    #[test]
    fn a_bit_flipped_in_a_public_input_is_refused(input in 0usize..2, byte in 0usize..32, bit in 0u8..8) {
        let Proved { assignment, keys, proof, .. } = &*PROVED;
        let mut public = assignment.public().to_vec();
        let mut bytes = public[input].to_bytes();
        bytes[byte] ^= 1 << bit;
        let flipped = Option::<BlsScalar>::from(BlsScalar::from_bytes(&bytes));
        // Beyond the modulus there is no such public input.
        prop_assume!(flipped.is_some());
        public[input] = flipped.unwrap();
        prop_assert_eq!(verify(keys.verifier_key(), proof, &public), Err(VerifyError::Refused));
    }

    #[test]
    fn a_bit_flipped_in_a_verifier_key_is_refused(byte in 0usize..1256, bit in 0u8..8) {
        let Proved { assignment, keys, proof, .. } = &*PROVED;
        let mut key = keys.verifier_key().to_vec();
        key[byte] ^= 1 << bit;
        prop_assert!(verify(&key, proof, assignment.public()).is_err());
    }

    /// Bytes from outside are refused or read, and nothing else happens.
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        place in 0usize..1300,
        length in 0usize..16,
    ) {
        let Proved { assignment, keys, proof, .. } = &*PROVED;
        prop_assert_eq!(verify(&bytes, proof, assignment.public()), Err(VerifyError::Key));
        prop_assert!(Parameters::from_bytes(&bytes, None, SILENT).is_err());
        prop_assert!(Plonk::decode(&bytes).is_none());
        // And sound bytes with a part overwritten.
        let overwrite = |sound: &[u8]| {
            let mut damaged = sound.to_vec();
            damaged.iter_mut().skip(place).zip(bytes.iter().take(length)).for_each(|(to, from)| *to = *from);
            damaged
        };
        let damaged = overwrite(keys.verifier_key());
        prop_assert!(damaged == keys.verifier_key() || verify(&damaged, proof, assignment.public()).is_err());
        let key = &*ENCODED;
        if let Some(read) = Plonk::decode(&overwrite(key)) {
            prop_assert_eq!(Plonk::encode(&read).len(), key.len());
        }
    }
}

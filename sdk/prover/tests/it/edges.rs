//! Circuits at the borders: that fill a domain to the last row, end with a row that looks ahead, or have nothing but
//! public inputs.

use dusk_sdk_circuit::{Assignment, BlsScalar, ConstraintSystem, Gate, Layout, RESERVED_ROWS, Wire, check};
use dusk_sdk_prover::{Backend, Keys, Parameters, Plonk, SILENT, VerifyError, verify};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::stock;

/// The rows of a domain of 2^6 that a circuit may have.
const FULL: usize = (1 << 6) - RESERVED_ROWS;

fn number(number: u64) -> BlsScalar {
    BlsScalar::from(number)
}

fn built(build: impl Fn(&mut ConstraintSystem)) -> (Layout, Assignment) {
    let [mut plain, mut witness] = [ConstraintSystem::new("edge"), ConstraintSystem::with_witness("edge")];
    build(&mut plain);
    build(&mut witness);
    let (layout, assignment) = witness.finish();
    assert_eq!(plain.finish().0, layout);
    (layout, assignment)
}

/// Proves, and lets the stock verifier judge.
#[track_caller]
fn is_proved(layout: &Layout, assignment: &Assignment) {
    let parameters = Parameters::development(256, SILENT).unwrap();
    assert_eq!(check(layout, assignment), Ok(()));
    let keys: Keys = Keys::compile(layout, &parameters, SILENT).unwrap();
    assert_eq!(keys.verifier_key(), stock::compile(layout, &parameters).1.to_bytes());
    let proof = keys.prove(layout, assignment, SILENT).unwrap();
    assert_eq!(verify(keys.verifier_key(), &proof, assignment.public()), Ok(()));
}

/// Neither the check nor the prover takes these values.
#[track_caller]
fn is_refused(layout: &Layout, assignment: &Assignment) {
    let parameters = Parameters::development(256, SILENT).unwrap();
    assert!(check(layout, assignment).is_err());
    let compiled = Plonk::compile(layout, &parameters, SILENT).unwrap();
    let rng = &mut ChaCha20Rng::from_seed([3; 32]);
    assert!(Plonk::prove(&compiled, &parameters, (layout, assignment), rng, &|_| ()).is_none());
}

/// The last row of each kind that looks ahead: `finish` adds an idle row of zeros, which it reads in the check and in
/// the proof.
#[test]
fn the_last_row_looks_ahead_to_zeros() {
    let ends: [fn([Wire; 4]) -> Gate; 3] = [Gate::range, Gate::and, Gate::xor];
    for end in ends {
        for rows in [1, FULL - 2, FULL - 1, FULL, FULL + 1, FULL + 2] {
            let (layout, assignment) = built(|cs| {
                let zero = cs.input_wire(Some(BlsScalar::zero()));
                while cs.rows() < rows - 1 {
                    let wire = cs.hint([], |[]| number(3));
                    cs.gate("three", Gate::new().a(wire, number(1)).constant(-number(3)));
                }
                cs.gate("the last", end([zero; 4]));
            });
            assert_eq!(layout.rows.len(), rows + 1);
            is_proved(&layout, &assignment);
            let mut other = assignment.clone();
            other.replace(layout.rows[rows - 1].wires[0], number(7));
            is_refused(&layout, &other);
        }
    }
}

#[test]
fn circuits_of_public_inputs_alone_are_proved() {
    for count in [1, FULL - 1, FULL, FULL + 1] {
        for equal in [false, true] {
            let (layout, assignment) = built(|cs| {
                for place in 0..count {
                    let wire = cs.input_wire(Some(if equal { BlsScalar::zero() } else { number(place as u64) }));
                    cs.expose(wire);
                }
            });
            assert_eq!(layout.public_rows.len(), count);
            is_proved(&layout, &assignment);
        }
    }
}

#[test]
fn one_wire_may_be_shown_as_many_public_inputs() {
    let (layout, assignment) = built(|cs| {
        let wire = cs.input_wire(Some(number(5)));
        (0..10).for_each(|_| cs.expose(wire));
    });
    is_proved(&layout, &assignment);
    let parameters = Parameters::development(256, SILENT).unwrap();
    let keys: Keys = Keys::compile(&layout, &parameters, SILENT).unwrap();
    let proof = keys.prove(&layout, &assignment, SILENT).unwrap();
    for place in 0..10 {
        let mut public = assignment.public().to_vec();
        public[place] = number(6);
        assert_eq!(verify(keys.verifier_key(), &proof, &public), Err(VerifyError::Refused), "input {place}");
    }
}

#[test]
fn rows_of_constants_alone_are_proved() {
    let (layout, assignment) = built(|cs| {
        cs.gate("one", Gate::new().ab(Wire::ONE, Wire::ONE, number(1)).constant(-number(1)));
        cs.gate("nothing", Gate::idle([Wire::ZERO; 4]));
        cs.gate("zero", Gate::new().a(Wire::ZERO, number(9)).b(Wire::ZERO, number(1)));
    });
    is_proved(&layout, &assignment);
}

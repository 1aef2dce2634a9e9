//! Guessing a column: an attacker learns nothing with the random terms of this prover, and everything with those of
//! `dusk-plonk` 0.22.1.

use std::collections::BTreeMap;

use dusk_sdk_circuit::{Assignment, ConstraintSystem, Gate, Layout};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::super::domain::{inverse, value_at};
use super::super::key::column_values;
use super::super::{Plonk, VerifierParts, prover};
use super::*;
use crate::backend::{Backend, Compiled};
use crate::native::commit;
use crate::parameters::Parameters;
use crate::progress::SILENT;
use crate::proof::Proof;
use crate::{circuits, stock};

/// The random terms of `dusk-plonk` 0.22.1.
const STOCK: Blinding = Blinding { wires: [2; 4], accumulator: 3 };

/// A field of 41 elements, and in it a domain of the eight powers of 3.
mod toy {
    pub(super) const P: u32 = 41;
    pub(super) const SIZE: u32 = 8;
    pub(super) const GENERATOR: u32 = 3;

    pub(super) fn power(base: u32, exponent: u32) -> u32 {
        (0..exponent).fold(1, |product, _| product * base % P)
    }

    /// The value at `x` of the polynomial with these values on the domain.
    pub(super) fn interpolated(values: &[u32], x: u32) -> u32 {
        let scale = |at: u32| {
            let others = (0..SIZE).map(|other| power(GENERATOR, other)).filter(|other| *other != at);
            others.fold(1, |product, other| product * (x + P - other) % P * power(at + P - other, P - 2) % P)
        };
        (0..SIZE).zip(values).fold(0, |sum, (place, value)| (sum + value * scale(power(GENERATOR, place))) % P)
    }
}

/// The number of times that each triple of values at τ, z and zω is revealed, over all choices of this number of random
/// terms.
fn views(column: &[u32], terms: usize) -> BTreeMap<[u32; 3], u32> {
    let (tau, z) = (5, 11);
    let places = [tau, z, z * toy::GENERATOR % toy::P];
    let plain = places.map(|x| toy::interpolated(column, x));
    let vanishing = places.map(|x| (toy::power(x, toy::SIZE) + toy::P - 1) % toy::P);
    assert!(vanishing.iter().all(|it| *it != 0), "the places are outside of the domain");
    let mut views = BTreeMap::new();
    for choice in 0..toy::P.pow(u32::try_from(terms).unwrap()) {
        let term = |place: u32| choice / toy::P.pow(place) % toy::P;
        let shown = std::array::from_fn(|at| {
            let multiple = (0..u32::try_from(terms).unwrap())
                .fold(0, |sum, place| (sum + term(place) * toy::power(places[at], place)) % toy::P);
            (plain[at] + multiple * vanishing[at]) % toy::P
        });
        *views.entry(shown).or_insert(0) += 1;
    }
    views
}

#[test]
fn in_a_small_field_three_values_fit_every_column_only_with_three_terms() {
    assert_eq!(toy::power(toy::GENERATOR, toy::SIZE), 1);
    assert_ne!(toy::power(toy::GENERATOR, toy::SIZE / 2), 1);
    let columns = [[1, 7, 13, 17, 0, 0, 0, 0], [2, 7, 13, 17, 0, 0, 0, 0]];
    let [one, other] = columns.map(|column| views(&column, Blinding::HIDING.wires[0]));
    // Each column reveals each of all triples, for exactly one choice of the terms.
    assert_eq!(one.len(), 41 * 41 * 41);
    assert!(one.values().all(|count| *count == 1));
    assert_eq!(one, other);
    // With two terms the two columns have no triple in common: a guess is confirmed or refuted.
    let [one, other] = columns.map(|column| views(&column, STOCK.wires[0]));
    assert!(one.keys().all(|shown| !other.contains_key(shown)));
}

/// The revealed values of each polynomial, as the documentation counts them.
#[test]
fn there_are_as_many_terms_as_values_shown() {
    let commitment = 1;
    let at_challenge = [1, 1, 1, 1];
    let at_next = [1, 1, 0, 1];
    let shown: [usize; 4] = std::array::from_fn(|wire| commitment + at_challenge[wire] + at_next[wire]);
    assert_eq!(Blinding::HIDING.wires, shown);
    assert_eq!(Blinding::HIDING.accumulator, 3);
}

/// A circuit with one secret of few possible values on the wire `a`: a vote.
fn ballot(vote: u64) -> (Layout, Assignment) {
    let build = |mut cs: ConstraintSystem| {
        let number = BlsScalar::from;
        let one = number(1);
        let vote = cs.input_wire(Some(number(vote)));
        let square = cs.hint([vote], |[vote]| vote.square());
        cs.gate("square", Gate::new().ab(vote, vote, one).c(square, -one));
        let cube = cs.hint([vote, square], |[vote, square]| vote * square);
        cs.gate("cube", Gate::new().ab(vote, square, one).c(cube, -one));
        // 0, 1 or 2
        cs.gate("a vote", Gate::new().a(cube, one).b(square, -number(3)).c(vote, number(2)));
        cs.finish()
    };
    (build(ConstraintSystem::new("ballot")).0, build(ConstraintSystem::with_witness("ballot")).1)
}

fn proof(blinding: &Blinding, compiled: &Compiled<super::super::PlonkKey>, ballot: (&Layout, &Assignment)) -> Proof {
    let parameters = Parameters::development(16, SILENT).unwrap();
    let verifier = VerifierParts::parse(&compiled.verifier_key).unwrap();
    let rng = &mut ChaCha20Rng::from_seed([4; 32]);
    let proof = prover::prove(blinding, &compiled.key, &verifier, parameters.points(), ballot, rng, &|_| ()).unwrap();
    assert_eq!(Plonk::verify(&compiled.verifier_key, &proof, &[]), Ok(()), "the stock verifier takes it");
    proof
}

/// The challenge of a proof, computed as its verifier does.
fn challenge(compiled: &Compiled<super::super::PlonkKey>, proof: &Proof) -> BlsScalar {
    let verifier = VerifierParts::parse(&compiled.verifier_key).unwrap();
    prover::challenge_of(&verifier, &[], proof)
}

/// Whether a guess of the column `a` is consistent with a proof: computes two random terms from the two openings, and
/// compares the commitment.
fn fits(guess: &Assignment, layout: &Layout, compiled: &Compiled<super::super::PlonkKey>, proof: &Proof) -> bool {
    let domain = Domain::new(layout.gates().next_power_of_two());
    let size = domain.size() as u64;
    let [column, ..] = column_values(layout, guess.values(), domain.size());
    let mut guess = domain.interpolate(column);
    let scalar = |place: usize| {
        let bytes = proof.as_bytes()[11 * 48 + 32 * place..].first_chunk().unwrap();
        Option::<BlsScalar>::from(BlsScalar::from_bytes(bytes)).unwrap()
    };
    // The format has the four openings at the challenge first, followed by those at the next element.
    let (at_z, at_next) = (scalar(0), scalar(4));
    let z = challenge(compiled, proof);
    let next = z * domain.generator();
    let vanishing = inverse(&(z.pow(&[size, 0, 0, 0]) - BlsScalar::one()));
    let (s, t) = ((at_z - value_at(&guess, &z)) * vanishing, (at_next - value_at(&guess, &next)) * vanishing);
    let second = (t - s) * inverse(&(next - z));
    for (place, term) in [s - second * z, second].into_iter().enumerate() {
        guess[place] -= term;
        guess.push(term);
    }
    let parameters = Parameters::development(16, SILENT).unwrap();
    commit(parameters.points(), &guess) == proof.as_bytes()[..48]
}

#[test]
fn a_guess_of_a_vote_cannot_be_confirmed() {
    let (layout, assignment) = ballot(1);
    let parameters = Parameters::development(16, SILENT).unwrap();
    let compiled = Plonk::compile(&layout, &parameters, SILENT).unwrap();
    let guesses = |proof: &Proof| [0, 1, 2].map(|vote| fits(&ballot(vote).1, &layout, &compiled, proof));
    // With the terms of `dusk-plonk` 0.22.1 one multiplication reveals the vote.
    assert_eq!(guesses(&proof(&STOCK, &compiled, (&layout, &assignment))), [false, true, false]);
    // Now the right guess is no more consistent than the others.
    assert_eq!(guesses(&proof(&Blinding::HIDING, &compiled, (&layout, &assignment))), [false; 3]);
}

/// Everything except the number of random terms equals the prover of `dusk-plonk`: with its number the bytes are the
/// same.
#[test]
fn with_as_few_terms_proofs_are_those_of_the_stock_prover() {
    for (layout, assignment) in
        [ballot(2), circuits::every_kind(5, 60), circuits::every_kind(5, 57), circuits::every_kind(5, 70)]
    {
        let parameters = Parameters::development(128, SILENT).unwrap();
        let compiled = Plonk::compile(&layout, &parameters, SILENT).unwrap();
        let verifier = VerifierParts::parse(&compiled.verifier_key).unwrap();
        let (stock, _) = stock::compile(&layout, &parameters);
        let seeded = || ChaCha20Rng::from_seed([9; 32]);
        let expected = stock::prove(&stock, &layout, &assignment, &mut seeded());
        let (points, rng) = (parameters.points(), &mut seeded());
        let ours =
            prover::prove(&STOCK, &compiled.key, &verifier, points, (&layout, &assignment), rng, &|_| ()).unwrap();
        assert_eq!(ours.as_bytes(), expected.as_slice(), "{} gates", layout.gates());
    }
}

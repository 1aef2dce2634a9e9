//! The prover: the protocol of `dusk-plonk` 0.22.1 with the third version of the transcript, round by round. Its proofs
//! have more random terms than those of that crate ([`Blinding`] explains why). With the same number of terms and the
//! same random source the proofs are equal, byte for byte; a test compares them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::{Assignment, Layout, PROOF_BYTES, RESERVED_ROWS};
use merlin::Transcript;
use rand_core::CryptoRngCore;

use super::blinding::{Blinding, blind_parts, blinded};
use super::domain::{Domain, add_scaled, divide, inverse, invert_all, value_at};
use super::identity::{Challenges, RowValues};
use super::key::{PlonkKey, at, column_values, columns};
use super::quotient::quotient;
use super::verifier::VerifierParts;
use super::{POLYNOMIALS, Secret};
use crate::native::{Point, commit};
use crate::proof::Proof;

/// The data that prover and verifier share, and the challenges derived from it.
struct Session<'a> {
    transcript: Transcript,
    points: &'a [Point],
    commitments: Vec<[u8; 48]>,
    evaluations: Vec<BlsScalar>,
}

impl<'a> Session<'a> {
    fn new(key: &VerifierParts, points: &'a [Point], public: &[BlsScalar]) -> Self {
        let mut transcript = Transcript::new(kept(&key.label));
        domain_separator(&mut transcript, key.gates);
        for (label, place) in KEY_ORDER {
            transcript.append_message(label, &key.commitments[place]);
        }
        domain_separator(&mut transcript, key.gates);
        let mut session = Self { transcript, points, commitments: Vec::new(), evaluations: Vec::new() };
        public.iter().for_each(|it| session.append(b"pi", it));
        session
    }

    fn append(&mut self, label: &'static [u8], scalar: &BlsScalar) {
        self.transcript.append_message(label, &scalar.to_bytes());
    }

    fn challenge(&mut self, label: &'static [u8]) -> BlsScalar {
        let mut bytes = [0; 64];
        self.transcript.challenge_bytes(label, &mut bytes);
        BlsScalar::from_bytes_wide(&bytes)
    }

    /// Commits to a polynomial, and appends the commitment to the proof.
    fn commit(&mut self, label: &'static [u8], polynomial: &[BlsScalar]) {
        let commitment = commit(self.points, polynomial);
        self.transcript.append_message(label, &commitment);
        self.commitments.push(commitment);
    }

    /// The proof: all commitments, and the evaluations in the order of the format.
    fn proof(&self) -> Proof {
        /// The index of each evaluation of the format among the computed ones.
        const ORDER: [usize; 15] = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 4, 5, 6, 7];
        let mut bytes = Vec::with_capacity(PROOF_BYTES);
        self.commitments.iter().for_each(|it| bytes.extend_from_slice(it));
        ORDER.iter().for_each(|place| bytes.extend_from_slice(&self.evaluations[*place].to_bytes()));
        Proof::try_from(bytes.as_slice()).expect("eleven commitments and fifteen evaluations")
    }
}

/// The challenge at which a proof opens its polynomials, computed from public data.
#[cfg(test)]
pub(super) fn challenge_of(key: &VerifierParts, public: &[BlsScalar], proof: &Proof) -> BlsScalar {
    let mut session = Session::new(key, &[], public);
    let mut commitments = proof.as_bytes().chunks_exact(48);
    let mut append = |session: &mut Session<'_>, labels: &[&'static [u8]]| {
        for (label, commitment) in labels.iter().zip(&mut commitments) {
            session.transcript.append_message(label, commitment);
        }
    };
    append(&mut session, &[b"a_comm", b"b_comm", b"c_comm", b"d_comm"]);
    let beta = session.challenge(b"beta");
    session.append(b"beta", &beta);
    session.challenge(b"gamma");
    append(&mut session, &[b"z_comm"]);
    session.challenge(b"alpha");
    for kind in [&b"range"[..], b"logic", b"fixed base", b"variable base"] {
        session.challenge(kept(&[kind, b" separation challenge"].concat()));
    }
    append(&mut session, &[b"t_low_comm", b"t_mid_comm", b"t_high_comm", b"t_fourth_comm"]);
    session.challenge(b"z_challenge")
}

/// The commitments of a key in the order of the transcript.
const KEY_ORDER: [(&[u8], usize); POLYNOMIALS] = [
    (b"q_m", at::MULTIPLY),
    (b"q_l", at::LEFT),
    (b"q_r", at::RIGHT),
    (b"q_o", at::OUTPUT),
    (b"q_c", at::CONSTANT),
    (b"q_f", at::FOURTH),
    (b"q_arith", at::ARITHMETIC),
    (b"q_range", at::RANGE),
    (b"q_logic", at::LOGIC),
    (b"q_variable_group_add", at::CURVE_ADD),
    (b"q_fixed_group_add", at::FIXED_ADD),
    (b"s_sigma_1", at::SIGMA),
    (b"s_sigma_2", at::SIGMA + 1),
    (b"s_sigma_3", at::SIGMA + 2),
    (b"s_sigma_4", at::SIGMA + 3),
];

fn domain_separator(transcript: &mut Transcript, gates: u64) {
    transcript.append_message(b"dom-sep", b"circuit_size");
    transcript.append_u64(b"n", gates);
}

/// The label with the static lifetime that the transcript requires. Each different label is leaked once.
fn kept(label: &[u8]) -> &'static [u8] {
    static LABELS: Mutex<BTreeSet<&'static [u8]>> = Mutex::new(BTreeSet::new());
    let mut labels = LABELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(label) = labels.get(label) {
        return label;
    }
    let label: &'static [u8] = Box::leak(label.to_vec().into_boxed_slice());
    labels.insert(label);
    label
}

/// Makes a proof with this number of random terms. `None` if the values do not satisfy the circuit.
pub(super) fn prove(
    blinding: &Blinding,
    key: &PlonkKey,
    verifier: &VerifierParts,
    points: &[Point],
    (layout, assignment): (&Layout, &Assignment),
    rng: &mut dyn CryptoRngCore,
    progress: &dyn Fn(f32),
) -> Option<Proof> {
    let domain = Domain::new(key.size());
    let mut session = Session::new(verifier, points, assignment.public());

    // Round 1: the wires.
    let values = column_values(layout, assignment.values(), domain.size()).map(Secret);
    let polynomials: [Secret; 4] =
        std::array::from_fn(|column| blinded(&domain, &values[column], blinding.wires[column], rng));
    for (label, polynomial) in [&b"a_comm"[..], b"b_comm", b"c_comm", b"d_comm"].into_iter().zip(&polynomials) {
        session.commit(label, &polynomial.0);
    }
    progress(0.2);

    // Round 2: the accumulator of the permutation.
    let beta = session.challenge(b"beta");
    session.append(b"beta", &beta);
    let gamma = session.challenge(b"gamma");
    let accumulated = accumulate(key, &domain, &values, beta, gamma);
    drop(values);
    let accumulator = blinded(&domain, &accumulated, blinding.accumulator, rng);
    session.commit(b"z_comm", &accumulator.0);
    progress(0.3);

    // Round 3: the quotient.
    let challenges = Challenges {
        beta,
        gamma,
        alpha: session.challenge(b"alpha"),
        range: session.challenge(b"range separation challenge"),
        logic: session.challenge(b"logic separation challenge"),
        fixed_add: session.challenge(b"fixed base separation challenge"),
        curve_add: session.challenge(b"variable base separation challenge"),
    };
    let public = domain.interpolate(public_values(layout, assignment, domain.size()));
    let report = |share: f32| progress(0.3 + 0.3 * share);
    let mut parts = quotient(key, &domain, &polynomials, &accumulator, &public, &challenges, &report)?;
    blind_parts(&mut parts, rng);
    for (label, part) in [&b"t_low_comm"[..], b"t_mid_comm", b"t_high_comm", b"t_fourth_comm"].into_iter().zip(&parts) {
        session.commit(label, &part.0);
    }
    progress(0.8);

    // Rounds 4 and 5: the openings at the challenge, and for some polynomials at the next element.
    let point = session.challenge(b"z_challenge");
    let next = point * domain.generator();
    let [a, b, c, d] = polynomials.each_ref().map(|it| it.0.as_slice());
    let fixed = |place: usize| key.polynomials[place].as_slice();
    let mut open = |label: &'static [u8], polynomial: &[BlsScalar], at: &BlsScalar| {
        let value = value_at(polynomial, at);
        session.append(label, &value);
        session.evaluations.push(value);
        value
    };
    let row = [(&b"a_eval"[..], a), (b"b_eval", b), (b"c_eval", c), (b"d_eval", d)];
    let row = row.map(|(label, it)| open(label, it, &point));
    let sigma = [(&b"s_sigma_1_eval"[..], 0), (b"s_sigma_2_eval", 1), (b"s_sigma_3_eval", 2)];
    let sigma = sigma.map(|(label, column)| open(label, fixed(at::SIGMA + column), &point));
    let next_accumulator = open(b"z_eval", &accumulator.0, &next);
    let ahead = [(&b"a_w_eval"[..], a), (b"b_w_eval", b), (b"d_w_eval", d)];
    let ahead = ahead.map(|(label, it)| open(label, it, &next));
    let selectors = [
        (&b"q_arith_eval"[..], at::ARITHMETIC),
        (b"q_c_eval", at::CONSTANT),
        (b"q_l_eval", at::LEFT),
        (b"q_r_eval", at::RIGHT),
    ];
    let selectors = selectors.map(|(label, place)| open(label, fixed(place), &point));
    let at_challenge = AtChallenge {
        point,
        row: RowValues {
            a: row[0],
            b: row[1],
            c: row[2],
            d: row[3],
            next_a: ahead[0],
            next_b: ahead[1],
            next_d: ahead[2],
        },
        sigma,
        next_accumulator,
        selectors,
    };
    let first = session.challenge(b"v_challenge");
    let second = session.challenge(b"v_w_challenge");
    let mut opened = at_challenge.linearisation(key, &domain, &accumulator, &parts, &challenges);
    let sigmas =
        [at::SIGMA, at::SIGMA + 1, at::SIGMA + 2, at::ARITHMETIC, at::CONSTANT, at::LEFT, at::RIGHT].map(fixed);
    fold(&mut opened, [a, b, c, d].into_iter().chain(sigmas), &first);
    session.commit(b"w_z_chall_comm", &Secret(divide(&opened.0, &point)).0);
    progress(0.9);
    let mut opened = Secret(accumulator.0.clone());
    fold(&mut opened, [a, b, d].into_iter(), &second);
    session.commit(b"w_z_chall_w_comm", &Secret(divide(&opened.0, &next)).0);
    progress(1.0);
    Some(session.proof())
}

/// The values of the permutation's accumulator on the domain, starting at one.
fn accumulate(key: &PlonkKey, domain: &Domain, wires: &[Secret; 4], beta: BlsScalar, gamma: BlsScalar) -> Secret {
    let size = domain.size();
    let one = BlsScalar::one();
    let sigma: [Vec<BlsScalar>; 4] =
        std::array::from_fn(|column| domain.evaluate(&key.polynomials[at::SIGMA + column], &one));
    let product = |index: usize, name: &dyn Fn(usize) -> BlsScalar| -> BlsScalar {
        (0..4).map(|column| wires[column].0[index] + beta * name(column) + gamma).product()
    };
    let mut quotients = Secret((0..size).map(|index| product(index, &|column| sigma[column][index])).collect());
    invert_all(&mut quotients.0);
    let columns = columns();
    let mut state = one;
    for (index, quotient) in quotients.0.iter_mut().enumerate() {
        let step = *quotient * product(index, &|column| columns[column] * domain.elements[index]);
        *quotient = state;
        state *= step;
    }
    quotients
}

/// The public inputs on the domain.
fn public_values(layout: &Layout, assignment: &Assignment, size: usize) -> Vec<BlsScalar> {
    let mut values = vec![BlsScalar::zero(); size];
    for (row, value) in layout.public_rows.iter().zip(assignment.public()) {
        values[*row as usize + RESERVED_ROWS] = *value;
    }
    values
}

/// Adds polynomials times the powers of a challenge, from power zero.
fn fold<'a>(to: &mut Secret, polynomials: impl Iterator<Item = &'a [BlsScalar]>, challenge: &BlsScalar) {
    let mut power = *challenge;
    for polynomial in polynomials {
        if to.0.len() < polynomial.len() {
            to.0.resize(polynomial.len(), BlsScalar::zero());
        }
        add_scaled(&mut to.0, polynomial, &power);
        power *= challenge;
    }
}

/// The opened values at the challenge.
struct AtChallenge {
    point: BlsScalar,
    row: RowValues,
    sigma: [BlsScalar; 3],
    next_accumulator: BlsScalar,
    /// The arithmetic selector, the constant, left and right.
    selectors: [BlsScalar; 4],
}

impl AtChallenge {
    /// The combined statements of the rows, minus the quotient times the vanishing polynomial of the domain, with the
    /// opened values in place of all polynomials except one of each product. It vanishes at the challenge, up to a
    /// constant that no opening reveals.
    fn linearisation(
        &self,
        key: &PlonkKey,
        domain: &Domain,
        accumulator: &Secret,
        parts: &[Secret; 4],
        challenges: &Challenges,
    ) -> Secret {
        let (row, [arithmetic, constant, left, right]) = (&self.row, self.selectors);
        let one = BlsScalar::one();
        let factors = [
            (at::MULTIPLY, row.a * row.b * arithmetic),
            (at::LEFT, row.a * arithmetic),
            (at::RIGHT, row.b * arithmetic),
            (at::OUTPUT, row.c * arithmetic),
            (at::FOURTH, row.d * arithmetic),
            (at::CONSTANT, arithmetic),
            (at::RANGE, row.range(challenges.range)),
            (at::LOGIC, row.logic(constant, challenges.logic)),
            (at::FIXED_ADD, row.fixed_add((left, right, constant), challenges.fixed_add)),
            (at::CURVE_ADD, row.curve_add(challenges.curve_add)),
            (at::SIGMA + 3, self.last_permutation(challenges)),
        ];
        let longest = parts.iter().chain([accumulator]).map(|it| it.0.len()).max().unwrap_or_default();
        let mut sum = Secret(vec![BlsScalar::zero(); longest]);
        for (place, factor) in factors {
            add_scaled(&mut sum.0, &key.polynomials[place], &factor);
        }
        let power = self.point.pow(&[domain.size() as u64, 0, 0, 0]);
        let vanishing = power - one;
        let first = vanishing * inverse(&(BlsScalar::from(domain.size() as u64) * (self.point - one)));
        let factor = row.accumulator(self.point, challenges) + first * challenges.alpha.square();
        add_scaled(&mut sum.0, &accumulator.0, &factor);
        let mut factor = -vanishing;
        for part in parts {
            add_scaled(&mut sum.0, &part.0, &factor);
            factor *= power;
        }
        sum
    }

    /// The factor of the last permutation.
    fn last_permutation(&self, challenges: &Challenges) -> BlsScalar {
        let wires = [self.row.a, self.row.b, self.row.c];
        let product: BlsScalar = wires
            .iter()
            .zip(self.sigma)
            .map(|(wire, sigma)| wire + challenges.beta * sigma + challenges.gamma)
            .product();
        -(product * challenges.alpha * challenges.beta * self.next_accumulator)
    }
}

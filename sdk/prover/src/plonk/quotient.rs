//! The quotient: the combined statements of the rows, divided by the vanishing polynomial of the domain.
//!
//! The product of four wires and the accumulator has the highest degree, `5n + 9`: three wires and the accumulator have
//! three random terms, and one wire has two ([`super::blinding`]). So the quotient has a degree of at most `4n + 9`,
//! and its values on five cosets determine it, if the domain has at least 16 elements. For a smaller domain, eight
//! cosets do. On a coset, `X^n` is constant, so the quotient equals a polynomial of degree below `n` there: the sum of
//! its parts times the powers of this constant.

use dusk_bls12_381::BlsScalar;
use rayon::prelude::*;

use super::Secret;
use super::domain::{Domain, inverse, invert_all, shift};
use super::identity::{Challenges, RowValues};
use super::key::{PlonkKey, at};

/// The number of coefficients of the quotient from the `4n`-th on that may be nonzero.
const TAIL: usize = 10;
/// The smallest domain with five cosets that determine a quotient with its tail.
const MIN_SIZE_FOR_FIVE: usize = 16;

/// The four parts of the quotient, each with its own commitment; the last one includes the tail. `None` if the dividend
/// does not vanish on the domain, that is, the values do not satisfy the circuit.
pub(super) fn quotient(
    key: &PlonkKey,
    domain: &Domain,
    columns: &[Secret; 4],
    accumulator: &Secret,
    public: &[BlsScalar],
    challenges: &Challenges,
    progress: &dyn Fn(f32),
) -> Option<[Secret; 4]> {
    if domain.size() < MIN_SIZE_FOR_FIVE {
        on_cosets::<6>(key, domain, columns, accumulator, public, challenges, progress)
    } else {
        on_cosets::<5>(key, domain, columns, accumulator, public, challenges, progress)
    }
}

/// The quotient, in as many parts as there are evaluated cosets.
fn on_cosets<const PARTS: usize>(
    key: &PlonkKey,
    domain: &Domain,
    columns: &[Secret; 4],
    accumulator: &Secret,
    public: &[BlsScalar],
    challenges: &Challenges,
    progress: &dyn Fn(f32),
) -> Option<[Secret; 4]> {
    let size = domain.size();
    let shifts: [BlsScalar; PARTS] = std::array::from_fn(|coset| shift(size, coset as u64));
    let powers = shifts.map(|it| it.pow(&[size as u64, 0, 0, 0]));
    let mut parts: [Secret; PARTS] = std::array::from_fn(|_| zeros(size));
    for (coset, weights) in vandermonde_inverse(&powers).into_iter().enumerate() {
        let shift = &shifts[coset];
        let values = Coset::new(key, domain, columns, accumulator, public, shift);
        let values = values.quotient(domain, shift, &powers[coset], challenges);
        let mut remainder = Secret(domain.interpolate(values));
        let mut power = BlsScalar::one();
        let back = inverse(shift);
        for value in &mut remainder.0 {
            *value *= power;
            power *= back;
        }
        parts.par_iter_mut().zip(weights).for_each(|(part, weight)| {
            part.0.iter_mut().zip(&remainder.0).for_each(|(to, from)| *to += weight * from);
        });
        #[allow(clippy::cast_precision_loss, reason = "a share for people")]
        progress((coset + 1) as f32 / PARTS as f32);
    }
    let mut parts = parts.into_iter();
    let [low, middle, high, mut fourth] = std::array::from_fn(|_| parts.next().unwrap_or_else(|| zeros(size)));
    let tail: Vec<Secret> = parts.collect();
    let mut rest = tail.iter().flat_map(|part| &part.0);
    fourth.0.extend(rest.by_ref().take(TAIL));
    if rest.any(|it| *it != BlsScalar::zero()) {
        return None;
    }
    // Drop leading zeros: the random terms of a part follow its last coefficient.
    let used = fourth.0.iter().rposition(|it| *it != BlsScalar::zero()).map_or(size, |last| (last + 1).max(size));
    fourth.0.truncate(used);
    Some([low, middle, high, fourth])
}

/// A zero part of the quotient, with capacity for the tail: growing would leave a copy.
fn zeros(size: usize) -> Secret {
    let mut values = Vec::with_capacity(size + TAIL);
    values.resize(size, BlsScalar::zero());
    Secret(values)
}

/// The values on a coset of all polynomials in the quotient.
struct Coset {
    /// The polynomials of the key; empty for zero polynomials.
    fixed: Vec<Vec<BlsScalar>>,
    columns: Vec<Secret>,
    accumulator: Secret,
    public: Vec<BlsScalar>,
}

impl Coset {
    fn new(
        key: &PlonkKey,
        domain: &Domain,
        columns: &[Secret; 4],
        accumulator: &Secret,
        public: &[BlsScalar],
        shift: &BlsScalar,
    ) -> Self {
        let fixed = key.polynomials.iter().map(Vec::as_slice);
        let others = columns.iter().chain([accumulator]).map(|it| it.0.as_slice()).chain([public]);
        let all: Vec<&[BlsScalar]> = fixed.chain(others).collect();
        let evaluate = |it: &&[BlsScalar]| if it.is_empty() { Vec::new() } else { domain.evaluate(it, shift) };
        let mut fixed: Vec<_> = all.par_iter().map(evaluate).collect();
        let public = fixed.pop().unwrap_or_default();
        let accumulator = Secret(fixed.pop().unwrap_or_default());
        let columns = fixed.split_off(fixed.len() - 4).into_iter().map(Secret).collect();
        Self { fixed, columns, accumulator, public }
    }

    /// The values of the quotient. `power` is the `size`-th power of each element of the coset.
    fn quotient(
        &self,
        domain: &Domain,
        shift: &BlsScalar,
        power: &BlsScalar,
        challenges: &Challenges,
    ) -> Vec<BlsScalar> {
        let one = BlsScalar::one();
        let vanishing = inverse(&(power - one));
        // The first Lagrange polynomial is (X^n − 1) / (n (X − 1)). This is its quotient by X^n − 1.
        let mut first: Vec<BlsScalar> = domain.elements.iter().map(|it| shift * it - one).collect();
        invert_all(&mut first);
        let first_factor = challenges.alpha.square() * inverse(&BlsScalar::from(domain.size() as u64));
        let value = |(index, first): (usize, BlsScalar)| {
            let sum =
                self.rows(index, challenges) + self.permutation(index, shift * domain.elements[index], challenges);
            sum * vanishing + first * first_factor * (self.accumulator.0[index] - one)
        };
        first.into_par_iter().enumerate().map(value).collect()
    }

    fn row(&self, index: usize) -> RowValues {
        let next = (index + 1) % self.accumulator.0.len();
        let [a, b, c, d] = std::array::from_fn(|column| self.columns[column].0.as_slice());
        RowValues {
            a: a[index],
            b: b[index],
            c: c[index],
            d: d[index],
            next_a: a[next],
            next_b: b[next],
            next_d: d[next],
        }
    }

    /// The statements of the gates.
    fn rows(&self, index: usize, challenges: &Challenges) -> BlsScalar {
        let row = self.row(index);
        let selector = |place: usize| self.fixed[place].get(index).copied();
        let or_zero = |place: usize| selector(place).unwrap_or_default();
        let mut sum = self.public[index];
        let constant = or_zero(at::CONSTANT);
        let (left, right) = (or_zero(at::LEFT), or_zero(at::RIGHT));
        if let Some(switch) = selector(at::ARITHMETIC) {
            let linear = left * row.a + right * row.b + or_zero(at::OUTPUT) * row.c + or_zero(at::FOURTH) * row.d;
            sum += (or_zero(at::MULTIPLY) * row.a * row.b + linear + constant) * switch;
        }
        if let Some(switch) = selector(at::RANGE) {
            sum += row.range(challenges.range) * switch;
        }
        if let Some(switch) = selector(at::LOGIC) {
            sum += row.logic(constant, challenges.logic) * switch;
        }
        if let Some(switch) = selector(at::FIXED_ADD) {
            sum += row.fixed_add((left, right, constant), challenges.fixed_add) * switch;
        }
        if let Some(switch) = selector(at::CURVE_ADD) {
            sum += row.curve_add(challenges.curve_add) * switch;
        }
        sum
    }

    /// The statement that the wires follow the circuit's permutation.
    fn permutation(&self, index: usize, x: BlsScalar, challenges: &Challenges) -> BlsScalar {
        let row = self.row(index);
        let next = (index + 1) % self.accumulator.0.len();
        let sigma = std::array::from_fn(|column| self.fixed[at::SIGMA + column][index]);
        row.accumulator(x, challenges) * self.accumulator.0[index]
            - row.next_accumulator(sigma, challenges) * self.accumulator.0[next]
    }
}

/// For each point, the coefficients of the polynomial that is one there and zero at the others: the columns of the
/// inverse Vandermonde matrix of the points.
fn vandermonde_inverse<const PARTS: usize>(points: &[BlsScalar; PARTS]) -> [[BlsScalar; PARTS]; PARTS] {
    std::array::from_fn(|chosen| {
        let mut polynomial = [BlsScalar::zero(); PARTS];
        polynomial[0] = BlsScalar::one();
        for point in points.iter().filter(|point| **point != points[chosen]) {
            let scale = inverse(&(points[chosen] - point));
            // Multiplies by (X − point) · scale.
            for place in (0..PARTS).rev() {
                let lower = if place == 0 { BlsScalar::zero() } else { polynomial[place - 1] };
                polynomial[place] = (lower - point * polynomial[place]) * scale;
            }
        }
        polynomial
    })
}

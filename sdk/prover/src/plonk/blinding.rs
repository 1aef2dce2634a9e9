//! How many random terms hide each polynomial of a proof.
//!
//! A column of a circuit is a polynomial by its values on the domain. To hide it, a random multiple of the polynomial that vanishes
//! on the domain is added, which has as many coefficients as there are *random terms*. A proof shows values of the sum: each
//! commitment is its value at the secret point τ of the parameters, as a point of the group; each opening is its value at the
//! challenge z, or at the element after it, zω. With as many random terms as values, every column with these values on the
//! domain fits what is shown, each with one choice of the terms. With fewer, somebody who guesses a column can compute the terms from
//! some of the values, and compare the rest.
//!
//! | polynomial | shown | values | random terms |
//! |---|---|---|---|
//! | wires a, b and d | commitment, at z, at zω | 3 | 3 |
//! | wire c | commitment, at z | 2 | 2 |
//! | accumulator of the permutation | commitment, at zω; at τω in the sum of the quotient's parts | 3 | 3 |
//! | the four parts of the quotient | four commitments, of which one follows from the sum of the parts | 3 | 3 |
//!
//! The value of the accumulator at z and the quotient at z appear only in the one equation that the verifier checks, and it holds for
//! every witness. The two commitments to the openings are quotients by `X − z` and `X − zω`, so they follow from all of the
//! above. In all there are seventeen independent values and seventeen random terms.
//!
//! **Statistical or computational?** Statistical, in that the terms of each polynomial make its values uniform and independent of the
//! witness, up to a chance of about 2^-230 that z, zω and τ are no three different elements outside of the domain. What they
//! are drawn from is computational: the random source is BLAKE3 of the system's randomness and the witness
//! ([`Keys::prove`](crate::Keys::prove)). The selectors and permutations of the key are public, and are not hidden.
//!
//! `dusk-plonk` 0.22.1 had two terms for a, b and d (mended upstream in September 2026, issue 975).

use dusk_bls12_381::BlsScalar;
use ff::Field;
use rand_core::CryptoRngCore;

use super::Secret;
use super::domain::Domain;

/// Random terms of the polynomials that tell of the witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blinding {
    /// Those of the wires a, b, c and d.
    pub(super) wires: [usize; 4],
    /// Those of the accumulator of the permutation.
    pub(super) accumulator: usize,
}

impl Blinding {
    /// As many as a proof shows values of each.
    pub(super) const HIDING: Self = Self { wires: [3, 3, 2, 3], accumulator: 3 };
}

/// The polynomial that has these values on the domain, plus a random multiple, of that many coefficients, of the one that
/// vanishes there.
pub(super) fn blinded(domain: &Domain, values: &Secret, count: usize, rng: &mut dyn CryptoRngCore) -> Secret {
    // There is room from the start: growing would leave a copy behind that nobody wipes.
    let mut polynomial = Vec::with_capacity(values.0.len() + count);
    polynomial.extend_from_slice(&values.0);
    let mut polynomial = Secret(domain.interpolate(polynomial));
    for place in 0..count {
        let random = BlsScalar::random(&mut *rng);
        polynomial.0[place] -= random;
        polynomial.0.push(random);
    }
    polynomial
}

/// Blinds the parts of the quotient, so that their sum stays.
pub(super) fn blind_parts(parts: &mut [Secret; 4], rng: &mut dyn CryptoRngCore) {
    let random: [BlsScalar; 3] = std::array::from_fn(|_| BlsScalar::random(&mut *rng));
    for (place, random) in random.into_iter().enumerate() {
        // The first three have the size of the domain: what is pushed stands for the size-th power.
        parts[place].0.push(random);
        parts[place + 1].0[0] -= random;
    }
}

#[cfg(test)]
mod tests;

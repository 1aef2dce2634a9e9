//! The random terms that hide the polynomials of a proof: [`Plonk`](super::Plonk) counts them.

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

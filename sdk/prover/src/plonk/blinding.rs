//! The random terms that hide the polynomials of a proof; [`Plonk`](super::Plonk) counts them.

use dusk_bls12_381::BlsScalar;
use ff::Field;
use rand_core::CryptoRngCore;

use super::Secret;
use super::domain::Domain;

/// The numbers of random terms of the polynomials that depend on the witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blinding {
    /// For the wires a, b, c and d.
    pub(super) wires: [usize; 4],
    /// For the accumulator of the permutation.
    pub(super) accumulator: usize,
}

impl Blinding {
    /// As many as the values that a proof reveals of each.
    pub(super) const HIDING: Self = Self { wires: [3, 3, 2, 3], accumulator: 3 };
}

/// The polynomial with these values on the domain, plus a random multiple of the vanishing polynomial; the multiple has
/// this number of coefficients.
pub(super) fn blinded(domain: &Domain, values: &Secret, count: usize, rng: &mut dyn CryptoRngCore) -> Secret {
    // Sufficient capacity from the start: growing would leave a copy that is not wiped.
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

/// Blinds the parts of the quotient without changing their sum.
pub(super) fn blind_parts(parts: &mut [Secret; 4], rng: &mut dyn CryptoRngCore) {
    let random: [BlsScalar; 3] = std::array::from_fn(|_| BlsScalar::random(&mut *rng));
    for (place, random) in random.into_iter().enumerate() {
        // The first three parts have the size of the domain, so the pushed coefficient is that of the `size`-th power.
        parts[place].0.push(random);
        parts[place + 1].0[0] -= random;
    }
}

#[cfg(test)]
mod tests;

//! The development parameters: made from a public seed, so that tests and local chains need no ceremony.

use std::sync::{Arc, OnceLock};

use dusk_bls12_381::{BlsScalar, G1Affine, G2Affine};
use dusk_bytes::Serializable;
use ff::Field;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{EXTRA_POWERS, MAX_GATES, OPENING_BYTES, Parameters, ParametersError, ParametersId, Points};
use crate::native::multiples_of_generator;
use crate::progress::{Progress, Stage};

/// The seed of the random source for the development parameters: BLAKE3 of a sentence.
fn seed() -> [u8; 32] {
    blake3::hash(b"cargo dusk development parameters: anyone can forge proofs under them").into()
}

impl Parameters {
    /// The development parameters for circuits of up to `gates` gates.
    ///
    /// **Anyone can forge proofs under them**: their secret follows from a public seed, the same on every machine. They
    /// equal those of `PublicParameters::setup` in `dusk-plonk` with that seed, but have three more powers than those
    /// of 0.22.1, because proofs here have more random terms.
    ///
    /// # Errors
    /// [`ParametersError::TooLarge`].
    pub fn development(gates: usize, progress: Progress<'_>) -> Result<Self, ParametersError> {
        if gates > MAX_GATES {
            return Err(ParametersError::TooLarge { gates });
        }
        Self::seeded(&mut ChaCha20Rng::from_seed(seed()), gates.next_power_of_two(), progress)
    }

    /// Parameters with a secret from this random source, for circuits of up to `gates` gates, a power of two.
    fn seeded(rng: &mut ChaCha20Rng, gates: usize, progress: Progress<'_>) -> Result<Self, ParametersError> {
        let (secret, g, h) = (BlsScalar::random(&mut *rng), BlsScalar::random(&mut *rng), BlsScalar::random(&mut *rng));
        let powers: Vec<BlsScalar> =
            std::iter::successors(Some(g), |power| Some(power * secret)).take(gates + EXTRA_POWERS).collect();
        let points = multiples_of_generator(&powers, &|share| progress(Stage::Parameters, share));
        Self::new(opening(secret, g, h), Points::Made(Arc::new(points)))
    }
}

fn opening(secret: BlsScalar, g: BlsScalar, h: BlsScalar) -> [u8; OPENING_BYTES] {
    let g = G1Affine::from(G1Affine::generator() * g);
    let h = G2Affine::from(G2Affine::generator() * h);
    let mut opening = [0; OPENING_BYTES];
    opening[..48].copy_from_slice(&g.to_bytes());
    opening[48..144].copy_from_slice(&h.to_bytes());
    opening[144..].copy_from_slice(&G2Affine::from(h * secret).to_bytes());
    opening
}

/// The id of the development parameters.
pub(super) fn id() -> ParametersId {
    static ID: OnceLock<ParametersId> = OnceLock::new();
    *ID.get_or_init(|| {
        let rng = &mut ChaCha20Rng::from_seed(seed());
        let (secret, g, h) = (BlsScalar::random(&mut *rng), BlsScalar::random(&mut *rng), BlsScalar::random(rng));
        ParametersId::of_opening(&opening(secret, g, h))
    })
}

#[cfg(test)]
mod tests {
    use dusk_plonk::prelude::PublicParameters;

    use super::*;

    #[test]
    fn they_are_those_of_the_stock_setup_with_the_same_seed() {
        for gates in [1, 8, 256] {
            let ours = Parameters::development(gates, &|_, _| ()).unwrap();
            // The setup of `dusk-plonk` adds seven powers where this one adds ten.
            let stock = PublicParameters::setup(gates + 3, &mut ChaCha20Rng::from_seed(seed())).unwrap();
            assert_eq!(ours.to_bytes(), stock.to_raw_var_bytes(), "{gates} gates");
            assert_eq!((ours.id(), ours.max_gates()), (id(), gates));
        }
    }
}

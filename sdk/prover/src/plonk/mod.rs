//! The backend of the chain's proof system: PLONK as in `dusk-plonk` 0.22.1.
//!
//! This module makes keys and proofs on `blst`, and verifies with `dusk-plonk`. Both loading a key and proving are
//! faster this way: the prover of `dusk-plonk` checks 2^14 points for more than a second before it can use them. Tests
//! compare keys with those of `dusk-plonk`, byte for byte. Proofs have more random terms than those of 0.22.1;
//! [`Plonk`] counts them for each polynomial.

mod blinding;
mod domain;
mod identity;
mod key;
mod prover;
mod quotient;
mod verifier;

use dusk_bls12_381::BlsScalar;
use dusk_plonk::prelude::Error;
use dusk_sdk_circuit::{Assignment, GateKind, Layout};
use rand_core::CryptoRngCore;
use zeroize::Zeroize;

use crate::backend::{Backend, CompileError, Compiled, VerifyError};
use crate::native::commit;
use crate::parameters::{EXTRA_POWERS, Parameters, ParametersId};
use crate::progress::{Progress, Stage};
use crate::proof::Proof;

use blinding::Blinding;
pub use key::PlonkKey;
use verifier::VerifierParts;

/// The number of polynomials of a key: eleven selectors and four permutations.
const POLYNOMIALS: usize = 15;

/// The prefix of labels; the name of the circuit follows.
const LABEL: &str = "cargo-dusk circuit ";

/// The proof system of the chain.
///
/// # Blinding
///
/// A column of a circuit is a polynomial, given by its values on the domain. To hide it, the prover adds a random
/// multiple of the vanishing polynomial of the domain; the multiple has as many coefficients as there are *random
/// terms*. A proof reveals values of the sum: each commitment is its value at the secret point τ of the parameters, as
/// a point of the group; each opening is its value at the challenge z, or at the next element zω. If there are as many
/// random terms as revealed values, every column is consistent with the revealed values, for exactly one choice of the
/// terms. With fewer terms, an attacker who guesses a column can compute the terms from some of the values, and compare
/// the others.
///
/// | polynomial | revealed | values | random terms |
/// |---|---|---|---|
/// | wires a, b and d | commitment, at z, at zω | 3 | 3 |
/// | wire c | commitment, at z | 2 | 2 |
/// | accumulator of the permutation | commitment, at zω; at τω in the sum of the quotient's parts | 3 | 3 |
/// | the four parts of the quotient | four commitments, of which one follows from the sum of the parts | 3 | 3 |
///
/// The values of the accumulator and of the quotient at z appear only in the one equation that the verifier checks, and
/// it holds for every witness. The two commitments to the openings are quotients by `X − z` and `X − zω`, so they
/// follow from all of the above. In total there are seventeen independent values and seventeen random terms.
///
/// **Statistical or computational?** Hiding is statistical: the terms of each polynomial make its values uniform and
/// independent of the witness, except with a probability of about 2^-230 that z, zω and τ are not three different
/// elements outside of the domain. The source of the terms is computational: BLAKE3 of the system's randomness, the
/// keys and the witness ([`Keys::prove`](crate::Keys::prove)). The selectors and permutations of the key are public,
/// and are not hidden.
///
/// `dusk-plonk` 0.22.1 had two terms for a, b and d (fixed upstream in September 2026, issue 975).
#[derive(Debug, Clone, Copy)]
pub struct Plonk;

impl Backend for Plonk {
    type Key = PlonkKey;

    const NAME: &'static str = "dusk-plonk-0.22";

    fn compile(
        layout: &Layout,
        parameters: &Parameters,
        progress: Progress<'_>,
    ) -> Result<Compiled<PlonkKey>, CompileError> {
        layout.validate().map_err(CompileError::Layout)?;
        if layout.rows.is_empty() {
            return Err(CompileError::Empty);
        }
        let kind = |row: &u32| layout.selectors[layout.rows[*row as usize].selectors as usize].kind;
        if let Some(row) = layout.public_rows.iter().find(|row| kind(row) != GateKind::Arithmetic) {
            return Err(CompileError::PublicInput { row: *row });
        }
        progress(Stage::Keys, 0.0);
        let key = PlonkKey::new(layout);
        let points = parameters.points().get(..key.size() + EXTRA_POWERS);
        let points = points.ok_or(CompileError::TooLarge { gates: key.gates, parameters: parameters.max_gates() })?;
        progress(Stage::Keys, 0.1);
        let commitments = std::array::from_fn(|place| {
            let commitment = commit(points, &key.polynomials[place]);
            #[allow(clippy::cast_precision_loss, reason = "a share for people")]
            progress(Stage::Keys, 0.1 + 0.9 * (place + 1) as f32 / POLYNOMIALS as f32);
            commitment
        });
        let reserved = dusk_sdk_circuit::RESERVED_ROWS as u64;
        let verifier = VerifierParts {
            label: [LABEL.as_bytes(), layout.name.as_bytes()].concat(),
            commitments,
            opening: *parameters.opening(),
            public_rows: layout.public_rows.iter().map(|row| u64::from(*row) + reserved).collect(),
            gates: key.gates as u64,
        };
        Ok(Compiled { key, verifier_key: verifier.to_bytes() })
    }

    fn prove(
        compiled: &Compiled<PlonkKey>,
        parameters: &Parameters,
        (layout, assignment): (&Layout, &Assignment),
        rng: &mut dyn CryptoRngCore,
        progress: &dyn Fn(f32),
    ) -> Option<Proof> {
        let verifier = VerifierParts::parse(&compiled.verifier_key)?;
        let fits = verifier.gates == layout.gates() as u64
            && compiled.key.gates == layout.gates()
            && parameters.points().len() >= compiled.key.size() + EXTRA_POWERS;
        fits.then_some(())?;
        let points = parameters.points();
        prover::prove(&Blinding::HIDING, &compiled.key, &verifier, points, (layout, assignment), rng, progress)
    }

    fn verify(verifier_key: &[u8], proof: &Proof, public: &[BlsScalar]) -> Result<(), VerifyError> {
        let parts = VerifierParts::parse(verifier_key).ok_or(VerifyError::Key)?;
        if parts.public_rows.len() != public.len() {
            return Err(VerifyError::PublicInputs { expected: parts.public_rows.len(), given: public.len() });
        }
        match verifier::verify(verifier_key, proof, public).ok_or(VerifyError::Key)? {
            Ok(()) => Ok(()),
            Err(Error::BytesError(_) | Error::PointMalformed | Error::BlsScalarMalformed) => {
                Err(VerifyError::Malformed)
            }
            Err(_) => Err(VerifyError::Refused),
        }
    }

    fn parameters_of(verifier_key: &[u8]) -> Option<ParametersId> {
        ParametersId::of_verifier_key(verifier_key)
    }

    fn encode(key: &PlonkKey) -> Vec<u8> {
        key.to_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<PlonkKey> {
        PlonkKey::from_bytes(bytes)
    }
}

/// Values that depend on the witness; they are wiped when dropped.
struct Secret(Vec<BlsScalar>);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|it| it.0.zeroize());
    }
}

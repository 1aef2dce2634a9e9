//! The bytes of a verifier key, in the format of `verify_plonk`.

use dusk_bls12_381::BlsScalar;
use dusk_bytes::Serializable;
use dusk_plonk::prelude::{Error, Proof as StockProof, Verifier};
use dusk_sdk_circuit::PROOF_BYTES;

use super::POLYNOMIALS;
use crate::parameters::{OPENING_BYTES, ParametersId};
use crate::proof::Proof;

/// Bytes of the commitments: the format has space for twenty after the number of gates.
const KEY_BYTES: usize = 8 + 20 * 48;
const HEADER_BYTES: usize = 48;

const _: () = assert!(StockProof::SIZE == PROOF_BYTES, "the stock crate's proofs have another size");

/// The parts of a verifier key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VerifierParts {
    /// The label at the start of the transcript.
    pub(crate) label: Vec<u8>,
    /// The commitments to the polynomials of the key, in order.
    pub(crate) commitments: [[u8; 48]; POLYNOMIALS],
    /// The points of the pairings.
    pub(crate) opening: [u8; OPENING_BYTES],
    /// The rows of the public inputs.
    pub(crate) public_rows: Vec<u64>,
    /// The number of gates without padding.
    pub(crate) gates: u64,
}

impl ParametersId {
    /// The parameters that a verifier key belongs to; none where the bytes are no verifier key.
    #[must_use]
    pub fn of_verifier_key(bytes: &[u8]) -> Option<Self> {
        Some(Self::of_opening(&VerifierParts::parse(bytes)?.opening))
    }
}

impl VerifierParts {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let lengths = [self.label.len(), KEY_BYTES, OPENING_BYTES, self.public_rows.len()].map(|it| it as u64);
        for number in lengths.into_iter().chain([self.gates.next_power_of_two(), self.gates]) {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.label);
        let key = bytes.len();
        bytes.extend_from_slice(&self.gates.to_le_bytes());
        self.commitments.iter().for_each(|it| bytes.extend_from_slice(it));
        bytes.resize(key + KEY_BYTES, 0);
        bytes.extend_from_slice(&self.opening);
        self.public_rows.iter().for_each(|row| bytes.extend_from_slice(&row.to_be_bytes()));
        bytes
    }

    /// Decodes a key; `None` if the bytes are not exactly the result of [`VerifierParts::to_bytes`].
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let number = |index: usize| Some(u64::from_be_bytes(header[8 * index..].first_chunk().copied()?));
        let (label, rest) = rest.split_at_checked(usize::try_from(number(0)?).ok()?)?;
        let (key, rest) = rest.split_at_checked(KEY_BYTES)?;
        let (opening, rest) = rest.split_first_chunk()?;
        let mut commitments = [[0; 48]; POLYNOMIALS];
        commitments.iter_mut().zip(key[8..].as_chunks::<48>().0).for_each(|(to, from)| *to = *from);
        let parts = Self {
            label: label.to_vec(),
            commitments,
            opening: *opening,
            public_rows: rest.as_chunks().0.iter().map(|row| u64::from_be_bytes(*row)).collect(),
            gates: number(5)?,
        };
        // The verifier of `dusk-plonk` takes rows modulo the size of the domain, so there each row has several
        // representations.
        let rows = parts.public_rows.is_sorted_by(|a, b| a < b) && parts.public_rows.last() < Some(&parts.gates);
        // All fields that are not stored must have their fixed values.
        (parts.gates <= crate::MAX_GATES as u64 && rows && parts.to_bytes() == bytes).then_some(parts)
    }
}

/// Verifies with `dusk-plonk`. `None` if the key is invalid.
pub(super) fn verify(key: &[u8], proof: &Proof, public: &[BlsScalar]) -> Option<Result<(), Error>> {
    let verifier = Verifier::try_from_bytes(key).ok()?;
    Some(StockProof::from_bytes(proof.as_bytes()).map_err(Error::from).and_then(|it| verifier.verify(&it, public)))
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::verifier_key::{stored, unpacked};

    use super::*;

    #[test]
    fn contracts_store_what_the_circuit_does_not_determine_apart() {
        let opening = [9; OPENING_BYTES];
        let key = |label: &[u8], public_rows: Vec<u64>, gates: u64| {
            let commitments = [[7; 48]; POLYNOMIALS];
            VerifierParts { label: label.to_vec(), commitments, opening, public_rows, gates }.to_bytes()
        };
        for key in [key(b"send", vec![0, 1, 5], 100), key(b"", vec![], 7), key(&[1; 300], vec![2], 1 << 16)] {
            let (packed, common) = stored(&key).expect("it is a key");
            assert_eq!(common[..], [[0; (20 - POLYNOMIALS) * 48].as_slice(), &opening].concat());
            assert_eq!(unpacked([&packed, &common]), key);
        }
    }
}

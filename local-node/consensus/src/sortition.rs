//! The sortition of a step's committee.
//!
//! Source: the book, "Consensus", section "Sortition", with its oddities: the comparison is "≥", and the total shrinks
//! by what the drawn weight lost.

use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Hash, Seed};
use sha3::{Digest, Sha3_256};

use crate::parameters::CREDIT_WEIGHT;
use crate::provisioners::Provisioners;

/// The inputs of a draw.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// The seed of the tip.
    pub seed: &'a Seed,
    /// The round. It is not hashed; it only decides whose stake counts.
    pub round: u64,
    /// The number of the step within the round.
    pub step: u8,
    /// How many credits are drawn.
    pub credits: u32,
    /// The excluded provisioners.
    pub excluded: &'a [BlsKey],
}

impl Draw<'_> {
    /// The drawn provisioners, one for each credit, in the order in which they were drawn. Fewer than asked for when
    /// the weights run out, none when nobody is eligible.
    ///
    /// A single eligible provisioner cannot be excluded. Where production would stop with an error because everyone is
    /// excluded, the exclusions are ignored.
    #[must_use]
    pub fn extract(&self, provisioners: &Provisioners) -> Vec<BlsKey> {
        let weights = |excluded: &[BlsKey]| -> Vec<(BlsKey, u64)> {
            let eligible = provisioners.eligible(self.round).filter(|(key, _)| !excluded.contains(key));
            eligible.map(|(key, provisioner)| (*key, provisioner.stake.value)).collect()
        };
        let mut weights = match weights(&[]) {
            all if all.len() <= 1 || self.excluded.is_empty() => all,
            all => Some(weights(self.excluded)).filter(|rest| !rest.is_empty()).unwrap_or(all),
        };
        let mut total: u128 = weights.iter().map(|(_, weight)| u128::from(*weight)).sum();
        let mut drawn = Vec::new();
        for credit in 0..self.credits {
            if total == 0 {
                break;
            }
            let mut score = remainder(&self.hash(credit), total);
            let Some((key, weight)) = weights.iter_mut().find(|(_, weight)| {
                let weight = u128::from(*weight);
                let found = weight >= score;
                if !found {
                    score -= weight;
                }
                found
            }) else {
                unreachable!("the score is below the sum of the weights");
            };
            let lost = (*weight).min(CREDIT_WEIGHT);
            *weight -= lost;
            total -= u128::from(lost);
            drawn.push(*key);
        }
        drawn
    }

    /// The hash from which the score of a credit is taken.
    fn hash(&self, credit: u32) -> Hash {
        let hasher = Sha3_256::new().chain_update(self.seed.as_bytes()).chain_update([self.step]);
        hasher.chain_update(credit.to_le_bytes()).finalize().into()
    }
}

/// The hash as a big-endian number, modulo `modulus`.
fn remainder(hash: &Hash, modulus: u128) -> u128 {
    debug_assert!(modulus <= u128::MAX >> 8, "the sum of all stakes is far below");
    if modulus > u128::from(u64::MAX) {
        return hash.iter().fold(0, |rest, byte| (rest << 8 | u128::from(*byte)) % modulus);
    }
    // All stakes together fit in a word, so far fewer divisions do.
    let (words, _) = hash.as_chunks();
    words.iter().fold(0, |rest, word| (rest << 64 | u128::from(u64::from_be_bytes(*word))) % modulus)
}

#[cfg(test)]
mod tests {
    use local_node_types::keys::BlsSignature;

    use super::*;

    fn draw(seed: &Seed, step: u8) -> Draw<'_> {
        Draw { seed, round: 1, step, credits: 64, excluded: &[] }
    }

    #[test]
    fn hashes_and_remainders_match_known_vectors() {
        let (three, four) = (BlsSignature([3; 48]), BlsSignature([4; 48]));
        let hash = draw(&three, 3).hash(1);
        let expected: Vec<u8> = (0..32)
            .map(|at| {
                let text = "4a40eeaee2340b695dfbcc0689b00e604d8b5c4c07b2261084e90db44ececc1f";
                u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()
            })
            .collect();
        assert_eq!(hash.as_slice(), expected);
        assert_eq!(remainder(&hash, 123_342_342), 80_689_917);
        assert_eq!(remainder(&draw(&four, 3).hash(1), 44_443_333), 20_330_495);
    }

    #[test]
    fn remainders_by_words_are_those_by_bytes() {
        for number in 0..200_u32 {
            let hash = draw(&BlsSignature([7; 48]), 1).hash(number);
            let modulus = u128::from(u64::MAX) - u128::from(number).pow(8);
            let bytewise = hash.iter().fold(0, |rest, byte| (rest << 8 | u128::from(*byte)) % modulus);
            assert_eq!(remainder(&hash, modulus), bytewise);
        }
    }

    #[test]
    fn nobody_is_drawn_when_nobody_is_eligible() {
        assert!(draw(&BlsSignature([0; 48]), 1).extract(&Provisioners::new()).is_empty());
    }
}

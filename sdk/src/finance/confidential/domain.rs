//! The domains: constants that keep hashes of different purposes apart.
//!
//! Each domain is an ASCII word as a number, and a part of the first element of a hash. If this element also holds a
//! number of up to 64 or 128 bits, such as a value, the word is in the bits above it. So two hashes of different
//! purposes never have the same first element.

use dusk_bls12_381::BlsScalar;

/// Keys from the spend secret.
pub(super) const KEYS: BlsScalar = word(b"keys", 0);
/// The owner from the keys.
pub(super) const OWNER: BlsScalar = word(b"owner", 0);
/// The masks of what the auditor reads.
pub(super) const AUDIT: BlsScalar = word(b"audit", 0);
/// The masks of the keys that the auditor is told.
pub(super) const VIEW: BlsScalar = word(b"view", 0);
/// The hand-over of the auditor's office.
pub(super) const HANDOVER: BlsScalar = word(b"handover", 0);
/// A note, above its value.
pub(super) const NOTE: BlsScalar = word(b"note", 1);
/// A nullifier, above the position.
pub(super) const NULLIFIER: BlsScalar = word(b"spent", 1);
/// The nullifier of an act, above the position.
pub(super) const ACT: BlsScalar = word(b"act", 1);
/// A leg of an instruction, above its value.
pub(super) const LEG: BlsScalar = word(b"leg", 1);
/// A holder, above its attributes.
pub(super) const HOLDER: BlsScalar = word(b"holder", 2);

/// A word of up to eight characters as the limb with this index.
const fn word(text: &[u8], limb: usize) -> BlsScalar {
    assert!(text.len() <= 8 && limb < 3, "the word has one limb below the highest");
    let (mut limbs, mut number, mut at) = ([0; 4], 0, text.len());
    while at > 0 {
        at -= 1;
        number = (number << 8) | text[at] as u64;
    }
    limbs[limb] = number;
    BlsScalar::from_raw(limbs)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn domains_differ_whatever_the_number_below_them() {
        let all = [KEYS, OWNER, AUDIT, VIEW, HANDOVER, NOTE, NULLIFIER, ACT, LEG, HOLDER];
        // A number of 64 bits cannot reach the limbs above; attributes take 128 bits at most.
        let upper: BTreeSet<[u8; 24]> = all.iter().map(|it| it.to_bytes()[8..].try_into().unwrap()).collect();
        assert_eq!(upper.len(), 1 + 5, "words in the lowest limb have no number below them");
        let lowest: BTreeSet<[u8; 32]> = all[..5].iter().map(BlsScalar::to_bytes).collect();
        assert_eq!(lowest.len(), 5);
        assert_eq!(&NOTE.to_bytes()[8..12], b"note");
        assert_eq!(&HOLDER.to_bytes()[16..22], b"holder");
    }
}

//! The iterations that the other provisioners have reached in a round, by the messages that they signed.
//!
//! After a partition, groups of nodes may be in different iterations. Two rules bring them together: a node whose step
//! times out goes on to a later iteration that provisioners with more than a third of the stake have reached, and a
//! node waits for a while if provisioners with more than a third of the stake are behind it. If more than two thirds of
//! the stake take part, then of any two groups one has more than a third, so one of the rules applies to the other.

use std::collections::{BTreeMap, BTreeSet};

use local_node_types::keys::BlsKey;

use crate::provisioners::Provisioners;

/// This node's data about the other provisioners. At most one entry for each that was drawn in the round.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The highest iteration of each provisioner.
    heard: BTreeMap<BlsKey, u8>,
    /// Those that were heard since this node's iteration began, and only in earlier ones.
    behind: BTreeSet<BlsKey>,
}

impl Progress {
    /// This node begins an iteration.
    pub(crate) fn begin(&mut self) {
        self.behind.clear();
    }

    /// Takes note of a provisioner's verified message; `current` is the iteration of this node.
    pub(crate) fn note(&mut self, signer: BlsKey, iteration: u8, current: u8) {
        let highest = self.heard.entry(signer).or_insert(iteration);
        *highest = iteration.max(*highest);
        if *highest < current {
            self.behind.insert(signer);
        } else {
            self.behind.remove(&signer);
        }
    }

    /// The highest iteration after `current` that provisioners with more than a third of the stake have reached.
    pub(crate) fn reached(&self, current: u8, provisioners: &Provisioners, round: u64) -> Option<u8> {
        let mut ahead: Vec<(u8, &BlsKey)> =
            self.heard.iter().filter(|(_, iteration)| **iteration > current).map(|(key, at)| (*at, key)).collect();
        if ahead.is_empty() {
            return None;
        }
        ahead.sort_unstable_by_key(|(iteration, _)| std::cmp::Reverse(*iteration));
        let (total, mut stake) = (total(provisioners, round), 0);
        ahead.into_iter().find_map(|(iteration, key)| {
            stake += stake_of(key, provisioners, round);
            (3 * stake > total).then_some(iteration)
        })
    }

    /// Whether provisioners with more than a third of the stake are behind.
    pub(crate) fn are_behind(&self, provisioners: &Provisioners, round: u64) -> bool {
        let stake: u128 = self.behind.iter().map(|key| stake_of(key, provisioners, round)).sum();
        stake > 0 && 3 * stake > total(provisioners, round)
    }
}

fn stake_of(key: &BlsKey, provisioners: &Provisioners, round: u64) -> u128 {
    let found = provisioners.get(key).filter(|found| found.stake.is_eligible(round));
    found.map_or(0, |found| found.stake.value.into())
}

fn total(provisioners: &Provisioners, round: u64) -> u128 {
    provisioners.eligible(round).map(|(_, found)| u128::from(found.stake.value)).sum()
}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::PublicKey;

    use super::*;
    use crate::provisioners::Stake;
    use crate::testing::secret;

    const DUSK: u64 = 1_000_000_000;

    /// Provisioners 1, 2, 3, … with these stakes in DUSK, and their keys.
    fn provisioners(stakes: &[u64]) -> (Provisioners, Vec<BlsKey>) {
        let points: Vec<_> = (1..).take(stakes.len()).map(|number| PublicKey::from(&secret(number))).collect();
        let stake = |dusk: &u64| Stake { value: dusk * DUSK, eligible_since: 0 };
        let provisioners = points.iter().copied().zip(stakes.iter().map(stake)).collect();
        (provisioners, points.iter().map(BlsKey::from).collect())
    }

    #[test]
    fn more_than_a_third_of_the_stake_shows_an_iteration_and_a_third_does_not() {
        let (provisioners, keys) = provisioners(&[1000, 1000, 1000]);
        let mut progress = Progress::default();
        progress.note(keys[0], 9, 2);
        assert_eq!(progress.reached(2, &provisioners, 1), None);
        progress.note(keys[1], 5, 2);
        // One of the two is at iteration 9, but both of them have come to iteration 5.
        assert_eq!(progress.reached(2, &provisioners, 1), Some(5));
        assert_eq!(progress.reached(5, &provisioners, 1), None);
        progress.note(keys[1], 9, 2);
        progress.note(keys[1], 3, 2);
        assert_eq!(progress.reached(5, &provisioners, 1), Some(9));
    }

    #[test]
    fn many_keys_count_by_their_stake() {
        // Seven keys with less than a third of the stake.
        let (provisioners, keys) = provisioners(&[1000, 1000, 1000, 1000, 1000, 1000, 1000, 15_000]);
        let mut progress = Progress::default();
        keys[..7].iter().for_each(|key| progress.note(*key, 49, 0));
        assert_eq!(progress.reached(0, &provisioners, 1), None);
        progress.note(keys[7], 1, 0);
        assert_eq!(progress.reached(0, &provisioners, 1), Some(1));
    }

    #[test]
    fn those_that_fell_silent_are_not_behind() {
        let (provisioners, keys) = provisioners(&[1000, 1000, 1000]);
        let mut progress = Progress::default();
        progress.note(keys[0], 1, 2);
        assert!(!progress.are_behind(&provisioners, 1));
        progress.note(keys[1], 1, 2);
        assert!(progress.are_behind(&provisioners, 1));
        progress.note(keys[1], 2, 2);
        assert!(!progress.are_behind(&provisioners, 1));
        progress.note(keys[0], 1, 3);
        progress.note(keys[1], 2, 3);
        assert!(progress.are_behind(&provisioners, 1));
        progress.begin();
        assert!(!progress.are_behind(&provisioners, 1));
    }
}

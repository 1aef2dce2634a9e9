//! Changes of stakes by blocks in the model: punishments as in the stake contract, and changes by transactions.
//!
//! Source of the punishments: the book, "Consensus", section "Faults and slashes". Two things differ: an epoch is
//! shorter, and nobody is suspended when fewer than [`MIN_ELIGIBLE`] provisioners would be left. Of those a network
//! could not draw committees, whatever its nodes do.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_node_consensus::faults::Slash;
use local_node_consensus::{MIN_STAKE, Provisioners, Stake};
use local_node_types::keys::BlsKey;
use local_node_types::rules::LUX_PER_DUSK;

use crate::keys::point;

/// Blocks of an epoch in the model (2160 on the chain).
pub const EPOCH_BLOCKS: u64 = 16;
/// Faults that are only noted.
const WARNINGS: u64 = 1;
/// The fewest provisioners that suspensions leave: two generators do not vote in an iteration, and one has to.
const MIN_ELIGIBLE: usize = 3;
/// Each transaction whose nonce is a multiple of this changes a stake, where transactions do.
const RESTAKE_EVERY: u64 = 3;
/// The stake of the newcomer, in DUSK.
const NEWCOMER_DUSK: u64 = 2500;

/// Rules of a model ledger beyond blocks and transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether provisioners that fail are suspended, as on the chain.
    pub suspends: bool,
    /// Whether some transactions change stakes: the first one is the newcomer's, the others raise and lower those that
    /// there are.
    pub restakes: bool,
    /// The number of the provisioner that stakes by a transaction.
    pub newcomer: u64,
}

impl Rules {
    /// The chain's punishments, and no changes by transactions.
    pub const CHAIN: Self = Self { suspends: true, restakes: false, newcomer: 0 };
}

/// The stakes after a block.
#[derive(Debug, Clone)]
pub struct Stakes {
    /// The provisioners that may take part, and their weights.
    pub provisioners: Arc<Provisioners>,
    /// How often each of them has failed since it last earned a reward.
    pub failures: Arc<BTreeMap<BlsKey, u64>>,
}

/// The first block of the epoch after the one of `height`.
const fn next_epoch(height: u64) -> u64 {
    height + EPOCH_BLOCKS - height % EPOCH_BLOCKS
}

impl Stakes {
    /// Stakes of provisioners who have never failed.
    #[must_use]
    pub fn new(provisioners: Arc<Provisioners>) -> Self {
        Self { provisioners, failures: Arc::default() }
    }

    /// The stakes after a block at `height` that punishes, executes transactions with these nonces, and then rewards.
    #[must_use]
    pub fn after(
        &self,
        height: u64,
        punished: &[Slash],
        nonces: std::ops::Range<u64>,
        rewarded: &[BlsKey],
        rules: Rules,
    ) -> Self {
        let forgiven = rewarded.iter().any(|key| self.failures.contains_key(key));
        let restakes = rules.restakes && nonces.clone().any(|nonce| nonce.is_multiple_of(RESTAKE_EVERY));
        if punished.is_empty() && !forgiven && !restakes {
            return self.clone();
        }
        let mut after = self.clone();
        for slash in punished {
            after.punish(&slash.provisioner, height, rules);
        }
        for nonce in nonces.filter(|nonce| rules.restakes && nonce.is_multiple_of(RESTAKE_EVERY)) {
            after.restake(nonce / RESTAKE_EVERY, height, rules);
        }
        let failures = Arc::make_mut(&mut after.failures);
        rewarded.iter().for_each(|key| _ = failures.remove(key));
        after
    }

    fn punish(&mut self, key: &BlsKey, height: u64, rules: Rules) {
        let Some(found) = self.provisioners.get(key).copied() else { return };
        let failures = Arc::make_mut(&mut self.failures).entry(*key).or_default();
        *failures += 1;
        let counted = failures.saturating_sub(WARNINGS);
        let others = self.provisioners.eligible(height + 1).filter(|(other, _)| *other != key).count();
        if counted == 0 || !rules.suspends || others < MIN_ELIGIBLE {
            return;
        }
        let value = (found.stake.value - found.stake.value / 100 * counted.min(10) * 10).max(MIN_STAKE);
        let eligible_since = next_epoch(height) + counted * EPOCH_BLOCKS;
        Arc::make_mut(&mut self.provisioners).insert(found.point, Stake { value, eligible_since });
    }

    fn restake(&mut self, turn: u64, height: u64, rules: Rules) {
        let provisioners = Arc::make_mut(&mut self.provisioners);
        if turn == 1 {
            let stake =
                Stake { value: NEWCOMER_DUSK * LUX_PER_DUSK, eligible_since: next_epoch(height) + EPOCH_BLOCKS };
            return provisioners.insert(point(rules.newcomer), stake);
        }
        let count = provisioners.iter().count().max(1);
        let place = usize::try_from(turn).unwrap_or_default() % count;
        let Some((_, found)) = provisioners.iter().nth(place) else { return };
        let (point, stake) = (found.point, found.stake);
        let quarter = stake.value / 4;
        let value = if turn.is_multiple_of(2) { stake.value + quarter } else { (stake.value - quarter).max(MIN_STAKE) };
        provisioners.insert(point, Stake { value, ..stake });
    }
}

#[cfg(test)]
mod tests {
    use local_node_consensus::faults::SlashKind;

    use super::*;
    use crate::keys::{Scheme, key};

    fn slash(number: u64) -> Slash {
        Slash { provisioner: key(number), kind: SlashKind::Soft }
    }

    fn eligible_since(stakes: &Stakes, number: u64) -> u64 {
        stakes.provisioners.get(&key(number)).map_or(u64::MAX, |found| found.stake.eligible_since)
    }

    #[test]
    fn the_second_failure_in_a_row_suspends_and_a_reward_makes_it_the_first_again() {
        let stakes = Stakes::new(Scheme::Ideal.provisioners(&[2000; 5]));
        let once = stakes.after(3, &[slash(1)], 0..0, &[], Rules::CHAIN);
        assert_eq!(eligible_since(&once, 1), 0);
        let twice = once.after(4, &[slash(1)], 0..0, &[], Rules::CHAIN);
        assert_eq!(eligible_since(&twice, 1), 2 * EPOCH_BLOCKS);
        let thrice = twice.after(4, &[slash(1)], 0..0, &[], Rules::CHAIN);
        assert_eq!(eligible_since(&thrice, 1), 3 * EPOCH_BLOCKS);
        let forgiven = once.after(4, &[], 0..0, &[key(1)], Rules::CHAIN).after(5, &[slash(1)], 0..0, &[], Rules::CHAIN);
        assert_eq!(eligible_since(&forgiven, 1), 0);
    }

    #[test]
    fn suspensions_leave_enough_provisioners_for_a_committee() {
        let stakes = Stakes::new(Scheme::Ideal.provisioners(&[2000; 5]));
        let all: Vec<_> = (1..=5).chain(1..=5).map(slash).collect();
        let after = stakes.after(3, &all, 0..0, &[], Rules::CHAIN);
        assert_eq!(after.provisioners.eligible(4).count(), MIN_ELIGIBLE);
    }

    #[test]
    fn transactions_bring_a_newcomer_and_change_stakes() {
        let stakes = Stakes::new(Scheme::Ideal.provisioners(&[2000; 4]));
        let rules = Rules { restakes: true, newcomer: 9, ..Rules::CHAIN };
        let after = stakes.after(5, &[], 1..13, &[], rules);
        assert_eq!(eligible_since(&after, 9), 2 * EPOCH_BLOCKS);
        let changed = after.provisioners.iter().filter(|(key, it)| {
            stakes.provisioners.get(key).is_some_and(|before| before.stake.value != it.stake.value)
        });
        // Of the three other changes, one may be the newcomer's.
        assert!(changed.count() >= 2);
        assert_eq!(stakes.after(5, &[], 1..13, &[], Rules::CHAIN).provisioners, stakes.provisioners);
    }
}

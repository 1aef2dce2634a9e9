//! The votes of this node's keys on the latest tips, so that they never contradict themselves.
//!
//! A tip can come back: by a revert, or by a restart. Then the round on it goes on after the last iteration that was
//! begun, and a vote that was cast is at most repeated.

use std::collections::BTreeMap;

use local_node_types::ledger::{ConsensusHeader, Hash, StepName, Vote};

use crate::interface::Persist;

/// The most tips that are remembered; the lowest one is forgotten first. Each of them is a block that this node built
/// on, so only a chain that settles nothing for so many blocks reaches it.
const MAX_REMEMBERED_TIPS: usize = 1024;

/// The rounds that this node has taken part in, by the tip on which they build.
#[derive(Debug, Default)]
pub(crate) struct Memory(BTreeMap<Hash, Begun>);

/// A round that has begun.
#[derive(Debug, Default)]
struct Begun {
    round: u64,
    /// The last iteration that was begun.
    iteration: Option<u8>,
    /// The votes that were cast: at most two for each of 50 iterations.
    cast: BTreeMap<(u8, StepName), Vote>,
}

impl Memory {
    /// The last iteration that was begun on a tip.
    pub(crate) fn iteration(&self, tip: &Hash) -> Option<u8> {
        self.0.get(tip)?.iteration
    }

    /// The vote of a step.
    pub(crate) fn cast(&self, header: &ConsensusHeader, step: StepName) -> Option<Vote> {
        self.0.get(&header.prev_block_hash)?.cast.get(&(header.iteration, step)).copied()
    }

    /// All votes that were cast, each with its step.
    pub(crate) fn votes(&self) -> impl Iterator<Item = (ConsensusHeader, StepName, Vote)> {
        self.0.iter().flat_map(|(tip, begun)| {
            let header = move |iteration| ConsensusHeader { prev_block_hash: *tip, round: begun.round, iteration };
            begun.cast.iter().map(move |((iteration, step), vote)| (header(*iteration), *step, *vote))
        })
    }

    /// Takes note of an iteration or a vote. Of two votes in a step the first one counts.
    pub(crate) fn note(&mut self, record: &Persist) {
        match record {
            Persist::Iteration { prev_block_hash, round, iteration } => {
                let begun = self.begun(*prev_block_hash, *round);
                begun.iteration = begun.iteration.max(Some(*iteration));
            }
            Persist::Vote { header, step, vote } => {
                let begun = self.begun(header.prev_block_hash, header.round);
                begun.cast.entry((header.iteration, *step)).or_insert(*vote);
            }
            Persist::Candidate(_) | Persist::ValidationResult(..) => {}
        }
    }

    /// Forgets the rounds up to one that is decided for good.
    pub(crate) fn forget_to(&mut self, round: u64) {
        self.0.retain(|_, begun| begun.round > round);
    }

    fn begun(&mut self, tip: Hash, round: u64) -> &mut Begun {
        if !self.0.contains_key(&tip)
            && self.0.len() >= MAX_REMEMBERED_TIPS
            && let Some(lowest) = self.0.iter().min_by_key(|(_, begun)| begun.round).map(|(tip, _)| *tip)
        {
            self.0.remove(&lowest);
        }
        let begun = self.0.entry(tip).or_default();
        begun.round = round;
        begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(tip: u8, iteration: u8, vote: Vote) -> Persist {
        let header = ConsensusHeader { prev_block_hash: [tip; 32], round: u64::from(tip), iteration };
        Persist::Vote { header, step: StepName::Validation, vote }
    }

    #[test]
    fn the_first_vote_of_a_step_is_the_one_that_counts() {
        let mut memory = Memory::default();
        memory.note(&vote(1, 20, Vote::Valid([1; 32])));
        memory.note(&vote(1, 20, Vote::Valid([2; 32])));
        let header = ConsensusHeader { prev_block_hash: [1; 32], round: 1, iteration: 20 };
        assert_eq!(memory.cast(&header, StepName::Validation), Some(Vote::Valid([1; 32])));
        assert_eq!(memory.cast(&header, StepName::Ratification), None);
        memory.forget_to(1);
        assert_eq!(memory.cast(&header, StepName::Validation), None);
    }

    #[test]
    fn iterations_only_grow_and_the_lowest_tip_goes_first() {
        let mut memory = Memory::default();
        let begun = |round: u64, iteration| {
            let mut prev_block_hash = [0; 32];
            prev_block_hash[..8].copy_from_slice(&round.to_le_bytes());
            (prev_block_hash, Persist::Iteration { prev_block_hash, round, iteration })
        };
        memory.note(&begun(5, 3).1);
        memory.note(&begun(5, 2).1);
        assert_eq!(memory.iteration(&begun(5, 0).0), Some(3));
        for round in 6..=5 + MAX_REMEMBERED_TIPS as u64 {
            memory.note(&begun(round, 0).1);
        }
        assert_eq!((memory.0.len(), memory.iteration(&begun(5, 0).0)), (MAX_REMEMBERED_TIPS, None));
        assert_eq!(memory.iteration(&begun(6, 0).0), Some(0));
    }
}

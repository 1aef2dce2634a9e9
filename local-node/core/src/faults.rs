//! Proofs of misbehaviour that wait for a block, and the check of those that blocks hold.

use std::collections::BTreeMap;

use local_node_consensus::faults::{FaultError, check_fault_by};
use local_node_consensus::{Config, EPOCH};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, ConsensusHeader, Fault, MAX_FAULTS};

use crate::chain::Chain;

/// The most faults that wait. As many fit in a block; those of the oldest rounds are dropped first.
const MAX_POOLED_FAULTS: usize = MAX_FAULTS;

/// Which step a fault is about.
type Step = u8;
/// One contradiction of a signer in a step is enough: a second one is not kept.
type Key = (ConsensusHeader, BlsKey, Step);

/// A fault that a block must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultProblem {
    /// It proves nothing.
    #[error(transparent)]
    Unproven(#[from] FaultError),
    /// It is about a round on another branch of the chain.
    #[error("its votes of round {0} belong to another branch of the chain")]
    OtherBranch(u64),
}

/// Faults that wait for a block.
#[derive(Debug, Default)]
pub(crate) struct FaultPool(BTreeMap<Key, Fault>);

fn key(fault: &Fault) -> Key {
    let step = match fault {
        Fault::DoubleCandidate(_) => 0,
        Fault::DoubleRatificationVote(_) => 1,
        Fault::DoubleValidationVote(_) => 2,
    };
    (fault.headers()[0], fault.signatures()[0].0, step)
}

impl FaultPool {
    /// Adds a fault that has been proven; false when one like it waits already.
    pub(crate) fn add(&mut self, fault: Fault) -> bool {
        let new = self.0.insert(key(&fault), fault).is_none();
        while self.0.len() > MAX_POOLED_FAULTS
            && let Some(oldest) = self.0.keys().min_by_key(|(header, ..)| header.round).copied()
        {
            self.0.remove(&oldest);
        }
        new
    }

    /// Those that a block after the tip may hold, as far as the core can tell. They have been proven before.
    pub(crate) fn fit(&self, chain: &Chain) -> Vec<Fault> {
        let (height, place) = (chain.height() + 1, chain.links().len() - 1);
        let fits = |fault: &&Fault| {
            let about = fault.headers()[0];
            about.round <= height
                && about.round >= height.saturating_sub(EPOCH)
                && check_branch(&about, chain, place).is_ok()
        };
        self.0.values().filter(fits).cloned().collect()
    }

    /// A block holds these now.
    pub(crate) fn remove(&mut self, block: &Block) {
        for fault in &block.faults {
            self.0.remove(&key(fault));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Checks the faults of a block that follows the block at `place`. That no block holds them already is for the ledger.
pub(crate) fn check_all(block: &Block, chain: &Chain, place: usize, config: &Config) -> Result<(), FaultProblem> {
    block.faults.iter().try_for_each(|fault| check(fault, block.header.height, chain, place, config))
}

fn check(fault: &Fault, height: u64, chain: &Chain, place: usize, config: &Config) -> Result<(), FaultProblem> {
    let signatures = chain.provisioners().signatures();
    let about = check_fault_by(fault, height, config.profile, signatures.as_ref())?;
    check_branch(&about, chain, place)
}

/// The votes of a fault belong to the branch that ends at `place`, as far as the core knows it.
fn check_branch(about: &ConsensusHeader, chain: &Chain, place: usize) -> Result<(), FaultProblem> {
    if about.round <= chain.final_height() {
        return Ok(());
    }
    let built_on = chain.place(&about.prev_block_hash).filter(|found| *found <= place);
    let on_chain = built_on.is_some_and(|found| chain.links()[found].header.height + 1 == about.round);
    if on_chain { Ok(()) } else { Err(FaultProblem::OtherBranch(about.round)) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use local_node_consensus::Provisioners;
    use local_node_types::keys::BlsSignature;
    use local_node_types::ledger::{Hash, Header, Statement, Vote};

    use super::*;
    use crate::interface::{ChainBlock, Position, Restart};

    fn about(prev_block_hash: Hash, round: u64) -> ConsensusHeader {
        ConsensusHeader { prev_block_hash, round, iteration: 0 }
    }

    /// Two votes that nobody has signed.
    fn pair(header: ConsensusHeader, signer: u8, second: Vote) -> Box<[Statement<Vote>; 2]> {
        let (signer, signature) = (BlsKey([signer; 96]), BlsSignature([0; 48]));
        Box::new([Vote::NoCandidate, second].map(|payload| Statement { header, signer, signature, payload }))
    }

    fn fault(header: ConsensusHeader, signer: u8) -> Fault {
        Fault::DoubleValidationVote(pair(header, signer, Vote::Valid([1; 32])))
    }

    /// A chain with a final block at a height, and three blocks after it of which none is final; with their headers.
    fn chain(height: u64) -> (Chain, Vec<Header>) {
        let hashed = |header: Header| Header { hash: header.compute_hash(), ..header };
        let mut headers = vec![hashed(Header { height, ..Header::default() })];
        // The first block leaves three iterations unaccounted for.
        for iteration in [3, 0, 0] {
            let (height, prev_block_hash) = (height + headers.len() as u64, headers[headers.len() - 1].hash);
            headers.push(hashed(Header { height, prev_block_hash, iteration, ..Header::default() }));
        }
        let known =
            |header: &Header| ChainBlock { header: header.clone(), provisioners: Arc::new(Provisioners::default()) };
        let (last_final, unsettled) = (known(&headers[0]), headers[1..].iter().map(known).collect());
        let restart = Restart { before: None, last_final, unsettled, records: Vec::new(), position: Position(0) };
        (Chain::new(restart), headers)
    }

    #[test]
    fn of_each_signer_and_step_one_contradiction_waits() {
        let mut pool = FaultPool::default();
        let header = about([1; 32], 5);
        assert!(pool.add(fault(header, 1)));
        assert!(!pool.add(Fault::DoubleValidationVote(pair(header, 1, Vote::Invalid([2; 32])))));
        assert_eq!(pool.len(), 1);
        assert!(pool.add(fault(header, 2)));
        assert!(pool.add(Fault::DoubleRatificationVote(pair(header, 1, Vote::NoQuorum))));
        assert!(pool.add(fault(about([1; 32], 6), 1)));
        assert_eq!(pool.len(), 4);
        // The one in the block is another one of the same step; the block is as good.
        let held = Fault::DoubleValidationVote(pair(header, 1, Vote::Invalid([3; 32])));
        pool.remove(&Block { faults: vec![held], ..Block::default() });
        assert_eq!(pool.len(), 3);
    }

    #[test]
    fn faults_of_the_oldest_rounds_give_way() {
        let mut pool = FaultPool::default();
        for round in 1..=150 {
            pool.add(fault(about([1; 32], round), 1));
        }
        pool.add(fault(about([1; 32], 2), 2));
        let rounds: Vec<u64> = pool.0.keys().map(|(header, ..)| header.round).collect();
        assert_eq!(rounds, (51..=150).collect::<Vec<_>>());
    }

    #[test]
    fn a_block_gets_the_faults_of_its_own_branch_and_epoch() {
        let base = 2 * EPOCH;
        let (chain, headers) = chain(base);
        let next = base + 4;
        let cases = [
            (about(headers[0].hash, base + 1), true),
            (about(headers[1].hash, base + 2), true),
            (about(headers[3].hash, next), true),
            // A round that has not come, another branch, and a block that lies at another height.
            (about(headers[3].hash, next + 1), false),
            (about([9; 32], base + 2), false),
            (about(headers[0].hash, base + 2), false),
            // What is final is for the ledger to look up, as far back as a fault counts.
            (about([9; 32], base), true),
            (about([9; 32], next - EPOCH), true),
            (about([9; 32], next - EPOCH - 1), false),
        ];
        for (header, fits) in cases {
            let mut pool = FaultPool::default();
            pool.add(fault(header, 1));
            assert_eq!(pool.fit(&chain).len(), usize::from(fits), "{header:?}");
        }
        // A block that follows an earlier one knows nothing of those after it.
        let later = about(headers[2].hash, base + 3);
        assert_eq!(check_branch(&later, &chain, 2), Ok(()));
        assert_eq!(check_branch(&later, &chain, 1), Err(FaultProblem::OtherBranch(base + 3)));
    }
}

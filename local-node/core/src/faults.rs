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

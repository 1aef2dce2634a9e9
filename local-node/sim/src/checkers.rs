//! What must never happen. Each checker says what it saw, in one sentence.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_node_consensus::committee::Committees;
use local_node_consensus::faults::check_fault_by;
use local_node_consensus::finality::roll;
use local_node_consensus::{EMERGENCY_BLOCK_ITERATION, MAX_ITERATIONS, Provisioners};
use local_node_core::Load;
use local_node_core::mempool::ValidTransaction;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, Hash, Header, Label, RatificationResult, StepName, StepVotes, Vote,
};
use local_node_types::message::{ratification_bytes, validation_bytes};
use local_node_types::rules::Profile;

use crate::adversary::version;
use crate::clients::Accounts;
use crate::keys::{EMERGENCY_KEY, key, point};
use crate::ledger::{Ledger, Stored};

/// The credits that make a candidate valid: written here again, so that a wrong quorum in the consensus is seen.
const CREDITS_FOR_VALID: u32 = 43;
/// All steps of 51 iterations at their longest in a chain with blocks of a second: written here again as well.
const SECONDS_TO_EMERGENCY_BLOCK: u64 = 51 * 3 * 4;

/// What the checkers remember over a run.
#[derive(Debug, Default)]
pub(crate) struct Checkers {
    votes: BTreeMap<(BlsKey, ConsensusHeader, StepName), Vote>,
    finals: BTreeMap<u64, (Hash, usize)>,
    /// The first block that an honest node has accepted of each iteration.
    decided: BTreeMap<ConsensusHeader, Hash>,
    /// Blocks whose attestation has been checked, with the stakes after them.
    attested: BTreeMap<Hash, Arc<Provisioners>>,
}

/// Two final blocks at one height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The height.
    pub(crate) height: u64,
    /// The node that had the other block first.
    pub(crate) first: usize,
}

impl Checkers {
    /// A key signs one vote in a step, over all its lives.
    pub(crate) fn vote(
        &mut self,
        signer: BlsKey,
        header: ConsensusHeader,
        step: StepName,
        vote: Vote,
    ) -> Result<(), String> {
        let earlier = *self.votes.entry((signer, header, step)).or_insert(vote);
        if earlier == vote {
            return Ok(());
        }
        Err(format!("{signer:?} signed {earlier:?} and {vote:?} in {step:?} of {header:?}"))
    }

    /// Whether a key has signed a vote in a step.
    pub(crate) fn has_signed(&self, signer: BlsKey, header: ConsensusHeader, step: StepName) -> bool {
        self.votes.contains_key(&(signer, header, step))
    }

    /// There is one final block at each height; `to` is the new final height of the node.
    pub(crate) fn finals(&mut self, node: usize, ledger: &Ledger, from: u64, to: u64) -> Option<Conflict> {
        for height in from + 1..=to {
            let Some(stored) = ledger.at(height) else { continue };
            let hash = stored.block.header.hash;
            let (known, first) = *self.finals.entry(height).or_insert((hash, node));
            if known != hash {
                return Some(Conflict { height, first });
            }
        }
        None
    }

    /// Whether an honest node accepts a block beside another one of its iteration. An iteration without committees has
    /// no rivals.
    pub(crate) fn has_rival(&mut self, header: &Header) -> bool {
        let first = *self.decided.entry(header.consensus_header()).or_insert(header.hash);
        first != header.hash && header.iteration != EMERGENCY_BLOCK_ITERATION
    }

    /// A block that a node accepts rests on two quorums, and its faults are proven.
    pub(crate) fn block(&mut self, ledger: &Ledger) -> Result<(), String> {
        let blocks = ledger.blocks();
        let [.., before, Stored { block, provisioners, .. }] = blocks else { return Ok(()) };
        let header = &block.header;
        for fault in &block.faults {
            let signatures = before.provisioners.signatures();
            if let Err(problem) = check_fault_by(fault, header.height, Profile::Local, signatures.as_ref()) {
                return Err(format!("block {} holds a fault that proves nothing: {problem}", header.height));
            }
        }
        money(before, block, blocks)?;
        if let Some(known) = self.attested.get(&header.hash) {
            let same = known == provisioners;
            return if same { Ok(()) } else { Err(format!("block {} leads to other stakes", header.height)) };
        }
        attestation(before, block).map_err(|problem| format!("block {}: {problem}", header.height))?;
        self.attested.insert(header.hash, Arc::clone(provisioners));
        Ok(())
    }
}

/// The labels of a chain are those that a fold over the blocks after the last final one gives; `from` is the height of
/// the block that was the last final one before the chain changed.
pub(crate) fn labels(ledger: &Ledger, from: u64) -> Result<(), String> {
    let mut labels = BTreeMap::<u64, Label>::new();
    for stored in ledger.blocks().iter().skip_while(|stored| stored.block.header.height <= from) {
        let header = &stored.block.header;
        let open: Vec<_> =
            labels.iter().filter(|(_, label)| !label.is_final()).map(|(height, label)| (*height, *label)).collect();
        let proven = header.failed_iterations.proven().count();
        // An emergency block accounts for no iteration.
        let tried = header.iteration.min(MAX_ITERATIONS);
        let rolled = roll(&open, header.height, tried - u8::try_from(proven).unwrap_or(u8::MAX));
        labels.extend(rolled.changed);
        labels.insert(header.height, rolled.label);
    }
    for (height, expected) in labels {
        let found = ledger.at(height).map(|stored| stored.label);
        if found != Some(expected) {
            return Err(format!("block {height} has the label {found:?}, a fold gives {expected:?}"));
        }
    }
    Ok(())
}

/// What a core holds is within its documented bounds.
pub(crate) fn load(load: &Load) -> Result<(), String> {
    const MIB: usize = 1024 * 1024;
    let within = load.pooled.0 <= 1000
        && load.pooled.1 <= 64 * MIB
        && load.held.0 <= 1024
        && load.held.1 <= 16 * MIB
        && load.wanted <= 1000
        && load.faults <= 100
        && load.peers <= 1024
        && load.forks <= 64
        && load.passed_on <= 11 * 8192 + 1024
        && load.requests <= 128
        && load.timers <= 2
        && load.waiting <= 10_000
        && load.parked <= 2000;
    if within { Ok(()) } else { Err(format!("a core holds more than it may: {load:?}")) }
}

/// Of the messages that have come in, those without a verdict are the ones that the core holds.
pub(crate) fn verdicts(open: usize, load: &Load) -> Result<(), String> {
    let held = load.held.0;
    if open == held { Ok(()) } else { Err(format!("{open} messages have no verdict, and {held} are held")) }
}

/// A block's transfers are the next ones of their accounts, and no money comes or goes.
fn money(before: &Stored, block: &Block, blocks: &[Stored]) -> Result<(), String> {
    let mut nonces = BTreeMap::new();
    for transaction in &block.transactions {
        let Ok(transfer) = ValidTransaction::of_block(transaction.clone()) else {
            return Err("a block holds what is no transfer".to_owned());
        };
        let (sender, nonce) = (transfer.sender(), transfer.nonce());
        let used = nonces.entry(sender).or_insert_with(|| before.accounts.get(&sender).nonce);
        if nonce != *used + 1 {
            return Err(format!("block {} runs nonce {nonce} after {used}", block.header.height));
        }
        *used = nonce;
    }
    let supply = blocks.last().map(|stored| stored.accounts.supply());
    if supply == Some(Accounts::first_supply()) {
        Ok(())
    } else {
        Err(format!("there are {supply:?} LUX after block {}", block.header.height))
    }
}

/// An emergency block rests on the one key that may make it, and comes when all iterations have ended.
fn emergency(before: &Stored, header: &Header) -> Result<(), String> {
    if header.generator != key(EMERGENCY_KEY) {
        return Err("it is an emergency block of another key".to_owned());
    }
    let signatures = before.provisioners.signatures();
    signatures
        .verify(&[point(EMERGENCY_KEY)], &header.signature, &header.hash, version(header.height))
        .map_err(|problem| format!("an emergency block: {problem}"))?;
    let wait = header.timestamp.saturating_sub(before.block.header.timestamp);
    if wait < SECONDS_TO_EMERGENCY_BLOCK {
        return Err(format!("an emergency block after {wait} seconds"));
    }
    if header.attestation != Attestation::default() || header.failed_iterations.proven().next().is_some() {
        return Err("an emergency block names votes".to_owned());
    }
    Ok(())
}

/// Both committees reached their quorums, by signatures that hold.
fn attestation(before: &Stored, block: &Block) -> Result<(), String> {
    let header = &block.header;
    if header.iteration == EMERGENCY_BLOCK_ITERATION {
        return emergency(before, header);
    }
    let attestation = &header.attestation;
    if attestation.result != RatificationResult::Success(Vote::Valid(header.hash)) {
        return Err(format!("its attestation says {:?}", attestation.result));
    }
    let mut committees = committees(before, header.height);
    let (about, vote) = (header.consensus_header(), Vote::Valid(header.hash));
    let steps: [(StepName, StepVotes, Vec<u8>); 2] = [
        (StepName::Validation, attestation.validation, validation_bytes(&about, &vote)),
        (StepName::Ratification, attestation.ratification, ratification_bytes(&about, &vote)),
    ];
    for (step, votes, bytes) in steps {
        let committee = committees.voting(header.iteration, step);
        let credits: u32 = committee.named(votes.bitset).map(|member| member.credits).sum();
        if credits < CREDITS_FOR_VALID {
            return Err(format!("{credits} credits in {step:?} of iteration {}", header.iteration));
        }
        let signers: Vec<_> = committee.named(votes.bitset).map(|member| member.point).collect();
        let signatures = before.provisioners.signatures();
        signatures
            .verify(&signers, &votes.signature, &bytes, version(header.height))
            .map_err(|problem| format!("{step:?}: {problem}"))?;
    }
    Ok(())
}

/// The committees that decide the block after one.
pub(crate) fn committees(before: &Stored, round: u64) -> Committees {
    Committees::new(before.provisioners.clone(), before.block.header.seed, round)
}

/// Who ratified the block at a height of a chain.
pub(crate) fn ratifiers(ledger: &Ledger, height: u64) -> Vec<BlsKey> {
    let (Some(before), Some(stored)) = (ledger.at(height - 1), ledger.at(height)) else { return Vec::new() };
    let header = &stored.block.header;
    let committee = committees(before, height).voting(header.iteration, StepName::Ratification);
    committee.named(header.attestation.ratification.bitset).map(|member| member.key).collect()
}

#[cfg(test)]
mod tests {
    use local_node_core::{Answer, LedgerRequest};
    use local_node_types::ledger::Header;

    use super::*;
    use crate::keys::Scheme;
    use crate::ledger::Rules;

    fn accept(ledger: &mut Ledger, iteration: u8) {
        let tip = &ledger.tip().block.header;
        let (height, prev_block_hash) = (tip.height + 1, tip.hash);
        let header = Header { height, iteration, prev_block_hash, ..Header::default() };
        let mut block = Box::new(Block { header, ..Block::default() });
        block.header.state_root = ledger.root_after(&block);
        block.header.hash = block.header.compute_hash();
        let open: Vec<_> = ledger
            .blocks()
            .iter()
            .filter(|stored| !stored.label.is_final())
            .map(|stored| (stored.block.header.height, stored.label))
            .collect();
        let rolled = roll(&open, height, iteration);
        let (label, relabelled) = (rolled.label, rolled.changed);
        let answer = ledger.carry_out(LedgerRequest::Accept { block, executed: None, label, relabelled });
        assert!(matches!(answer, Answer::Accepted { .. }));
    }

    #[test]
    fn labels_that_reverted_blocks_have_set_are_seen() {
        let mut ledger = Ledger::new(Scheme::Ideal.provisioners(&[2000]), Rules::CHAIN);
        // The first block has three unaccounted iterations, so the second one is confirmed and not final.
        [3, 0, 0].into_iter().for_each(|iteration| accept(&mut ledger, iteration));
        assert_eq!(ledger.at(2).map(|stored| stored.label), Some(Label::Confirmed(1)));
        assert_eq!(labels(&ledger, 0), Ok(()));
        let mut wrong = ledger.clone();
        let _ = wrong.carry_out(LedgerRequest::Revert { height: 2, relabelled: vec![(2, Label::Confirmed(1))] });
        assert!(labels(&wrong, 0).is_err_and(|what| what.contains("a fold gives")));
        let _ = ledger.carry_out(LedgerRequest::Revert { height: 2, relabelled: vec![(2, Label::Attested(1))] });
        assert_eq!(labels(&ledger, 0), Ok(()));
    }

    #[test]
    fn two_votes_of_a_key_in_a_step_are_seen() {
        let mut checkers = Checkers::default();
        let header = ConsensusHeader::default();
        let mut vote = |vote| checkers.vote(BlsKey::default(), header, StepName::Validation, vote);
        assert_eq!(vote(Vote::NoCandidate), Ok(()));
        assert_eq!(vote(Vote::NoCandidate), Ok(()));
        assert!(vote(Vote::Valid([1; 32])).is_err());
    }

    #[test]
    fn a_message_that_has_no_verdict_and_is_not_held_is_seen() {
        let one = Load { held: (1, 100), ..Load::default() };
        assert_eq!((verdicts(0, &Load::default()), verdicts(1, &one)), (Ok(()), Ok(())));
        assert!(verdicts(2, &one).is_err() && verdicts(0, &one).is_err());
    }

    #[test]
    fn a_core_that_holds_too_much_is_seen() {
        assert_eq!(load(&Load::default()), Ok(()));
        assert!(load(&Load { wanted: 1001, ..Load::default() }).is_err());
    }
}

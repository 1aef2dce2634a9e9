//! Changing the chain: the fork choice, and the requests by which the ledger follows it, one at a time.

use std::collections::VecDeque;

use local_node_consensus::header::HeaderError;
use local_node_consensus::{Input as ConsensusInput, Millis, Offence, Verdict};
use local_node_types::ledger::{Block, Hash, Header, Label};
use tracing::{debug, warn};

use super::Core;
use super::consensus::Purpose;
use crate::faults::check_all;
use crate::interface::{Answer, Cause, Event, LedgerId, LedgerRequest, Output, PeerId, Planted};

/// The ledger's running change of the chain.
#[derive(Debug)]
pub(super) enum Job {
    Accept { id: LedgerId, step: Step },
    Revert { id: LedgerId, place: usize, labels: Vec<(u64, Label)> },
}

impl Job {
    const fn id(&self) -> LedgerId {
        match self {
            Self::Accept { id, .. } | Self::Revert { id, .. } => *id,
        }
    }
}

/// A block to accept.
#[derive(Debug)]
pub(super) struct Step {
    block: Box<Block>,
    from: Option<PeerId>,
    verified: bool,
    executed: Option<LedgerId>,
}

impl Step {
    /// The step, for whose failure its sender is not to blame: two committees have agreed on the block.
    fn blameless(mut self) -> Self {
        self.from = None;
        self
    }
}

/// The fault of a block that cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// The block itself: it is not tried again.
    Block,
    /// Data outside its hash, such as its attestation: another copy may be good. If the hash were refused,
    /// anybody could keep the good copy out.
    Copy,
    /// It is ahead of this node's clock.
    Early,
}

impl Refusal {
    const fn of(problem: &HeaderError) -> Self {
        match problem {
            HeaderError::FromTheFuture { .. } => Self::Early,
            HeaderError::Signature | HeaderError::Attestation(_) => Self::Copy,
            _ => Self::Block,
        }
    }
}

/// A change to another branch.
#[derive(Debug)]
pub(super) struct Plan {
    cause: Cause,
    /// The block at which the branches part.
    ancestor: Hash,
    /// The blocks that are still to be accepted.
    steps: VecDeque<Step>,
    /// The blocks that were taken back, lowest first.
    old: Vec<Block>,
}

impl Core {
    /// Looks whether a pooled block changes the chain: by a better branch, or by what follows the tip.
    pub(super) fn consider(&mut self, now: Millis, out: &mut Vec<Output>) {
        while self.job.is_none() && self.plan.is_none() && !self.broken {
            // A block that does not hold leaves the pool, so this comes to an end.
            if let Some((place, first, cause)) = self.better_branch() {
                if self.holds(place, &first, now, out) {
                    self.begin_change(place, &first, cause, out);
                }
                continue;
            }
            let Some(next) = self.next_block() else { break };
            let place = self.chain.links().len() - 1;
            if self.holds(place, &next, now, out)
                && let Some(step) = self.take(&next)
            {
                self.accept(now, step, out);
            }
        }
    }

    fn take(&mut self, hash: &Hash) -> Option<Step> {
        let pooled = self.pool.remove(hash)?;
        let (from, verified, executed) = (pooled.from, pooled.verified, pooled.executed);
        Some(Step { block: pooled.block, from, verified, executed })
    }

    /// The best block in the pool that follows the tip.
    fn next_block(&self) -> Option<Hash> {
        let tip = self.chain.tip().header.hash;
        let place = self.chain.links().len() - 1;
        let rank = |header: &Header| {
            let settled = self.final_line(place, header).is_some();
            (!settled, header.iteration, header.hash)
        };
        let mut children = self.pool.children(&tip);
        let first = children.next()?;
        let best = children.fold(first, |best, next| if rank(next) < rank(best) { next } else { best });
        Some(best.hash)
    }

    /// A branch in the pool that beats this node's own, by the rules of the crate's documentation: where it parts, its
    /// first block, and why.
    fn better_branch(&self) -> Option<(usize, Hash, Cause)> {
        let links = self.chain.links();
        for place in 0..links.len() - 1 {
            let (ancestor, ours) = (&links[place].header.hash, &links[place + 1].header);
            for first in self.pool.children(ancestor).filter(|first| first.hash != ours.hash) {
                if self.final_line(place, first).is_some() {
                    return Some((place, first.hash, Cause::Final));
                }
                let rank = |header: &Header| (header.iteration, header.hash);
                let turned = self.config.planted == Some(Planted::ForkChoiceTurned);
                if (rank(first) < rank(ours)) == turned {
                    continue;
                }
                let is_tip = place + 2 == links.len();
                if is_tip && !self.ratified.contains_key(&ours.hash) {
                    return Some((place, first.hash, Cause::BetterTip));
                }
                if self.stalled {
                    return Some((place, first.hash, Cause::Stall));
                }
            }
        }
        None
    }

    /// The pooled blocks that make `first` final after the block at `place`, itself included.
    fn final_line(&self, place: usize, first: &Header) -> Option<Vec<Hash>> {
        let first = &self.pool.get(&first.hash)?.block.header;
        self.chain.final_line(place, first, |parent| self.pool.children(parent))
    }

    /// Whether a pooled block is known to hold after the block at `place`. One that does not leaves the pool.
    fn holds(&mut self, place: usize, hash: &Hash, now: Millis, out: &mut Vec<Output>) -> bool {
        let Some(pooled) = self.pool.get(hash) else { return false };
        if pooled.verified {
            return true;
        }
        if pooled.ahead.as_ref().is_some_and(|ahead| ahead.holds_after(&self.chain.context(place))) {
            self.pool.set_verified(hash);
            return true;
        }
        let (header, from) = (pooled.block.header.clone(), pooled.from);
        match self.verify_at(place, &header, now) {
            Ok(()) => {
                self.pool.set_verified(hash);
                true
            }
            Err(problem) => {
                debug!(%problem, height = header.height, "a block that does not hold");
                self.refuse(now, &header, Refusal::of(&problem), from, out);
                false
            }
        }
    }

    fn refuse(&mut self, now: Millis, header: &Header, refusal: Refusal, from: Option<PeerId>, out: &mut Vec<Output>) {
        if refusal == Refusal::Block {
            self.pool.refuse(&header.hash, header.height);
        } else {
            self.pool.remove(&header.hash);
            if let Some(peer) = from {
                // Others may have a good copy.
                self.note_hint(now, header.height, true, peer);
            }
        }
        if let Some(peer) = from.filter(|_| refusal != Refusal::Early) {
            self.blame(now, peer, Offence::Proof, out);
        }
    }

    fn begin_change(&mut self, place: usize, first: &Hash, cause: Cause, out: &mut Vec<Output>) {
        // Only a final block rests on what follows it; otherwise the rest comes when the first block is the tip.
        let line = match (cause, self.pool.get(first)) {
            (Cause::Final, Some(pooled)) => self.final_line(place, &pooled.block.header),
            _ => None,
        };
        let hashes = line.unwrap_or_else(|| vec![*first]);
        let steps: VecDeque<Step> = hashes.iter().filter_map(|hash| self.take(hash)).collect();
        let ancestor = self.chain.links()[place].header.hash;
        debug!(height = self.chain.links()[place].header.height, blocks = steps.len(), ?cause, "another branch");
        self.plan = Some(Plan { cause, ancestor, steps, old: Vec::new() });
        self.revert(place, out);
    }

    fn revert(&mut self, place: usize, out: &mut Vec<Output>) {
        self.cancel_requests(out);
        let labels = if self.config.planted == Some(Planted::LabelsKept) {
            self.chain.links()[1..=place].iter().map(|link| (link.header.height, link.label)).collect()
        } else {
            self.chain.fold(place)
        };
        let height = self.chain.links()[place].header.height;
        let id = self.ledger(LedgerRequest::Revert { height, relabelled: labels.clone() }, out);
        self.job = Some(Job::Revert { id, place, labels });
    }

    /// Asks the ledger to accept a block after the tip, if all holds that the core can tell.
    fn accept(&mut self, now: Millis, step: Step, out: &mut Vec<Output>) {
        let place = self.chain.links().len() - 1;
        let header = &step.block.header;
        let verified = if step.verified { Ok(()) } else { self.verify_at(place, header, now) };
        if let Err(problem) = verified {
            debug!(%problem, height = header.height, "a block of another branch does not hold");
            return self.on_refused(now, &step, Refusal::of(&problem), out);
        }
        if self.config.planted != Some(Planted::FaultUnchecked)
            && let Err(problem) = check_all(&step.block, &self.chain, place, &self.config.consensus)
        {
            warn!(%problem, height = header.height, "a decided block holds a fault that does not hold");
            return self.on_refused(now, &step.blameless(), Refusal::Block, out);
        }
        let rolled = self.chain.roll(header);
        let request = LedgerRequest::Accept {
            block: step.block.clone(),
            executed: step.executed,
            label: rolled.label,
            relabelled: rolled.changed,
        };
        let id = self.ledger(request, out);
        self.job = Some(Job::Accept { id, step });
        self.note_ahead(now);
    }

    /// Whether a block is in the chain, on the way into it, in the pool, or refused.
    pub(super) fn knows(&self, hash: &Hash) -> bool {
        let is_at_ledger = self.accepting().is_some_and(|header| header.hash == *hash);
        let is_planned = || self.plan.iter().flat_map(|plan| &plan.steps).any(|step| step.block.header.hash == *hash);
        let is_pooled = self.pool.contains(hash) || self.pool.is_refused(hash);
        is_pooled || is_at_ledger || self.chain.place(hash).is_some() || is_planned()
    }

    /// The header of the block that the ledger is to append to the tip.
    pub(super) fn accepting(&self) -> Option<&Header> {
        match &self.job {
            Some(Job::Accept { step, .. }) => Some(&step.block.header),
            _ => None,
        }
    }

    /// A block cannot be accepted. In a change of branches, the old one comes back.
    fn on_refused(&mut self, now: Millis, step: &Step, refusal: Refusal, out: &mut Vec<Output>) {
        self.refuse(now, &step.block.header, refusal, step.from, out);
        let Some(plan) = self.plan.take() else { return };
        if plan.cause == Cause::Rollback {
            warn!("the ledger can neither accept the new branch nor return to the old one");
            self.broken = true;
            return out.push(Output::Event(Event::Broken));
        }
        let Some(place) = self.chain.place(&plan.ancestor) else {
            // The other branch is final below the broken block.
            return self.end_change(now, out);
        };
        let old = |block: Block| Step { block: Box::new(block), from: None, verified: true, executed: None };
        let steps = plan.old.into_iter().map(old).collect();
        let has_more = place + 1 < self.chain.links().len();
        self.plan = Some(Plan { cause: Cause::Rollback, ancestor: plan.ancestor, steps, old: Vec::new() });
        if has_more { self.revert(place, out) } else { self.go_on(now, out) }
    }

    /// Accepts the next block of the branch that the chain changes to.
    fn go_on(&mut self, now: Millis, out: &mut Vec<Output>) {
        match self.plan.as_mut().and_then(|plan| plan.steps.pop_front()) {
            Some(step) => self.accept(now, step, out),
            None => self.end_change(now, out),
        }
    }

    fn end_change(&mut self, now: Millis, out: &mut Vec<Output>) {
        let plan = self.plan.take();
        if let Some(plan) = plan.filter(|plan| plan.cause != Cause::Rollback) {
            for block in plan.old {
                // It may become final elsewhere.
                if block.header.height > self.chain.final_height() {
                    self.pool.add(Box::new(block), None, true, None);
                }
            }
        }
        self.after_change(now, out);
    }

    /// The chain has changed: it changes once more, or a round begins.
    fn after_change(&mut self, now: Millis, out: &mut Vec<Output>) {
        self.note_progress(now);
        self.consider(now, out);
        if self.job.is_none() && self.plan.is_none() && !self.broken {
            self.begin_round(now, out);
        }
    }

    // ---- Answers ---------------------------------------------------------------------------------------------------

    pub(super) fn on_answer(&mut self, now: Millis, id: LedgerId, answer: Answer, out: &mut Vec<Output>) {
        if let Some(job) = self.job.take_if(|job| job.id() == id) {
            return match job {
                Job::Accept { step, .. } => self.on_accept_answered(now, step, answer, out),
                Job::Revert { place, labels, .. } => self.on_revert_answered(now, place, labels, answer, out),
            };
        }
        let Some(purpose) = self.requests.remove(&id) else { return };
        let input = match (purpose, answer) {
            (Purpose::Build(request), Answer::Built { body, unfit, postponed }) => {
                self.on_unfit(unfit, postponed, out);
                self.executions.insert(request, id);
                ConsensusInput::Built { request, body }
            }
            (Purpose::Build(request), _) => ConsensusInput::BuildFailed { request },
            (Purpose::Verify(request), Answer::Verified(verdict)) => {
                self.executions.insert(request, id);
                ConsensusInput::Verified { request, verdict }
            }
            (Purpose::Verify(request), _) => ConsensusInput::Verified { request, verdict: Verdict::Abstain },
        };
        let wishes = self.consensus.step(now, input);
        self.carry_out(now, wishes, out);
    }

    fn on_accept_answered(&mut self, now: Millis, step: Step, answer: Answer, out: &mut Vec<Output>) {
        match answer {
            Answer::Accepted { provisioners, accounts } => {
                let header = step.block.header.clone();
                self.faults.remove(&step.block);
                self.forget_included(&step.block, &accounts, out);
                self.sync.forget(&header.hash);
                let rolled = self.chain.append(header.clone(), provisioners);
                let (label, relabelled) = (rolled.label, rolled.changed);
                out.push(Output::Event(Event::Accepted { header: Box::new(header), label, relabelled }));
                if let Some(height) = rolled.final_height {
                    self.forget_to(height);
                    let hash = self.chain.last_final().header.hash;
                    out.push(Output::Event(Event::Final { height, hash }));
                }
                if self.plan.is_some() { self.go_on(now, out) } else { self.after_change(now, out) }
            }
            Answer::NotAccepted => {
                warn!(height = step.block.header.height, "a decided block does not lead to what its header states");
                self.on_refused(now, &step.blameless(), Refusal::Block, out);
                self.consider(now, out);
            }
            Answer::Altered => {
                self.on_refused(now, &step, Refusal::Copy, out);
                self.consider(now, out);
            }
            _ if self.plan.is_some() => self.on_refused(now, &step.blameless(), Refusal::Copy, out),
            _ => {
                // The fault lies in this node: the block stays, and is tried again when something happens.
                self.pool.add(step.block, step.from, step.verified, step.executed);
            }
        }
    }

    fn on_revert_answered(
        &mut self,
        now: Millis,
        place: usize,
        labels: Vec<(u64, Label)>,
        answer: Answer,
        out: &mut Vec<Output>,
    ) {
        let Some(plan) = &mut self.plan else { return };
        let Answer::Reverted { blocks, accounts } = answer else {
            // Nothing has changed; the branch is looked at again when something happens.
            let rollback = plan.cause == Cause::Rollback;
            let plan = self.plan.take();
            if rollback {
                self.broken = true;
                return out.push(Output::Event(Event::Broken));
            }
            for step in plan.into_iter().flat_map(|plan| plan.steps) {
                self.pool.add(step.block, step.from, step.verified, step.executed);
            }
            return self.begin_round(now, out);
        };
        let cause = plan.cause;
        if cause == Cause::Rollback {
            // These have been verified, and may win yet.
            blocks.iter().for_each(|block| self.pool.add(Box::new(block.clone()), None, true, None));
        } else {
            plan.old.clone_from(&blocks);
        }
        self.chain.revert(place, &labels);
        for fault in blocks.iter().flat_map(|block| &block.faults) {
            self.faults.add(fault.clone());
        }
        self.bring_back(now, &blocks, &accounts, out);
        out.push(Output::Event(Event::Reverted { blocks, cause, labels }));
        self.go_on(now, out);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::{PublicKey, SecretKey};
    use local_node_consensus::signing::Keyring;
    use local_node_consensus::{Config, MIN_STAKE, Provisioners, Stake};
    use local_node_types::ledger::{Attestation, ConsensusHeader, RatificationResult, Vote};
    use local_node_types::message::{Message, Quorum, SignedBy, Validation};

    use super::*;
    use crate::interface::{ChainBlock, CoreConfig, IngressId, Input, Position, Restart, Target};

    const NOW: Millis = Millis::from_secs(1_000_000);

    fn provisioners() -> Arc<Provisioners> {
        let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
        let points = (1..5_u64).map(|number| PublicKey::from(&SecretKey::from(BlsScalar::from(number))));
        Arc::new(points.map(|point| (point, stake)).collect())
    }

    /// A block with an attestation that nobody has signed; `salt` makes its hash another one.
    fn block(parent: &Header, iteration: u8, salt: u64) -> Block {
        let (height, prev_block_hash) = (parent.height + 1, parent.hash);
        let header = Header { height, iteration, prev_block_hash, gas_limit: salt, ..Header::default() };
        let hash = header.compute_hash();
        let result = RatificationResult::Success(Vote::Valid(hash));
        let attestation = Attestation { result, ..Attestation::default() };
        Block { header: Header { hash, attestation, ..header }, ..Block::default() }
    }

    /// A node without keys that has these blocks after genesis.
    struct Case {
        core: Core,
        genesis: Header,
        ours: Vec<Block>,
    }

    impl Case {
        fn new(iterations: &[u8]) -> Self {
            let genesis = Header { hash: Header::default().compute_hash(), ..Header::default() };
            let mut ours = Vec::new();
            for iteration in iterations {
                ours.push(block(ours.last().map_or(&genesis, |last: &Block| &last.header), *iteration, 0));
            }
            let known = |header: &Header| ChainBlock { header: header.clone(), provisioners: provisioners() };
            let restart = Restart {
                before: None,
                last_final: known(&genesis),
                unsettled: ours.iter().map(|block| known(&block.header)).collect(),
                records: Vec::new(),
                position: Position(0),
            };
            let config = CoreConfig::new(Config::local(Millis(0)));
            let core = Core::new(config, Box::new(Keyring::new(Vec::new())), restart, NOW, &mut Vec::new());
            Self { core, genesis, ours }
        }

        /// Puts a branch into the pool as if its blocks had been verified.
        fn pool(&mut self, blocks: &[&Block]) {
            for block in blocks {
                self.core.pool.add(Box::new((*block).clone()), None, true, None);
            }
        }

        fn better(&self) -> Option<(usize, Cause)> {
            self.core.better_branch().map(|(place, _, cause)| (place, cause))
        }

        /// Answers the one request that changes the chain.
        fn answer(&mut self, out: &mut Vec<Output>, answer: impl Fn(&LedgerRequest) -> Answer) {
            let pending = out.iter().rev().find_map(|output| match output {
                Output::Ledger {
                    id,
                    request: request @ (LedgerRequest::Accept { .. } | LedgerRequest::Revert { .. }),
                } => Some((*id, answer(request))),
                _ => None,
            });
            let (id, answer) = pending.expect("the ledger was asked for something");
            out.clear();
            self.core.handle(NOW, Input::Ledger { id, answer }, out);
        }
    }

    #[test]
    fn a_lower_iteration_replaces_a_tip_that_nobody_here_has_built_on() {
        let mut case = Case::new(&[1]);
        let lower = block(&case.genesis, 0, 1);
        case.pool(&[&lower]);
        assert_eq!(case.better(), Some((0, Cause::BetterTip)));
        let mut case = Case::new(&[1]);
        let higher = block(&case.genesis, 2, 1);
        case.pool(&[&higher]);
        assert_eq!(case.better(), None);
    }

    #[test]
    fn a_block_of_committees_beats_an_emergency_block() {
        for (ours, theirs, cause) in [(255, 49, Some(Cause::BetterTip)), (49, 255, None)] {
            let mut case = Case::new(&[ours]);
            let rival = block(&case.genesis, theirs, 1);
            case.pool(&[&rival]);
            assert_eq!(case.better(), cause.map(|cause| (0, cause)));
        }
    }

    #[test]
    fn of_equal_iterations_the_lower_hash_stays() {
        for salt in 1..9 {
            let mut case = Case::new(&[17]);
            let rival = block(&case.genesis, 17, salt);
            case.pool(&[&rival]);
            let is_lower = rival.header.hash < case.ours[0].header.hash;
            assert_eq!(case.better(), is_lower.then_some((0, Cause::BetterTip)), "salt {salt}");
        }
    }

    #[test]
    fn what_this_node_has_ratified_on_gives_way_in_a_stall_only() {
        let mut case = Case::new(&[1]);
        let lower = block(&case.genesis, 0, 1);
        case.pool(&[&lower]);
        case.core.ratified.insert(case.ours[0].header.hash, 2);
        assert_eq!(case.better(), None);
        case.core.stalled = true;
        assert_eq!(case.better(), Some((0, Cause::Stall)));
    }

    #[test]
    fn a_deep_fork_gives_way_in_a_stall_only() {
        let mut case = Case::new(&[1, 1]);
        let lower = block(&case.genesis, 0, 1);
        case.pool(&[&lower]);
        assert_eq!(case.better(), None);
        case.core.stalled = true;
        assert_eq!(case.better(), Some((0, Cause::Stall)));
    }

    #[test]
    fn of_equal_iterations_the_lower_hash_wins_in_a_stall_and_a_final_block_at_once() {
        // A tip that this node has ratified on, and a block under another one that leaves iterations unaccounted for.
        for (iterations, ratified) in [(&[0][..], true), (&[0, 2][..], false)] {
            for salt in 1..9 {
                let mut case = Case::new(iterations);
                let rival = block(&case.genesis, 0, salt);
                case.pool(&[&rival]);
                let ours = case.ours[0].header.hash;
                if ratified {
                    case.core.ratified.insert(ours, 2);
                }
                assert_eq!(case.better(), None, "{iterations:?}, salt {salt}");
                case.core.stalled = true;
                let in_stall = (rival.header.hash < ours).then_some((0, Cause::Stall));
                assert_eq!(case.better(), in_stall, "{iterations:?}, salt {salt}");
                case.core.stalled = false;
                let child = block(&rival.header, 0, 0);
                case.pool(&[&child]);
                assert_eq!(case.better(), Some((0, Cause::Final)), "{iterations:?}, salt {salt}");
            }
        }
    }

    #[test]
    fn a_final_block_beats_a_lower_iteration() {
        // The minority holds iteration 0; the majority went on with iteration 1, which is unaccounted for and final
        // after two stable blocks.
        let mut case = Case::new(&[0]);
        let first = block(&case.genesis, 1, 1);
        let second = block(&first.header, 0, 0);
        let third = block(&second.header, 0, 0);
        case.pool(&[&first, &second]);
        assert_eq!(case.better(), None);
        case.pool(&[&third]);
        assert_eq!(case.better(), Some((0, Cause::Final)));
    }

    #[test]
    fn a_longer_end_that_is_not_final_hides_no_final_one() {
        // This node left the branch with its two last blocks, and the first of these has unaccounted iterations. Others
        // have decided an earlier iteration in its place, which makes the branch final.
        let mut case = Case::new(&[0]);
        let first = block(&case.genesis, 1, 1);
        let second = block(&first.header, 0, 0);
        let left = block(&second.header, 4, 0);
        let last = block(&left.header, 0, 0);
        let third = block(&second.header, 0, 0);
        case.pool(&[&first, &second, &left, &last]);
        assert_eq!(case.better(), None);
        case.pool(&[&third]);
        assert_eq!(case.better(), Some((0, Cause::Final)));
        let line = case.core.final_line(0, &first.header).unwrap();
        assert_eq!(line, [&first, &second, &third].map(|block| block.header.hash));
    }

    #[test]
    fn what_is_final_here_has_no_rivals() {
        // The second block makes the first one final.
        let mut case = Case::new(&[0, 0]);
        assert_eq!(case.core.last_final().height, 1);
        let first = block(&case.genesis, 0, 1);
        let second = block(&first.header, 0, 1);
        let third = block(&second.header, 0, 1);
        case.pool(&[&first, &second, &third]);
        case.core.stalled = true;
        assert_eq!(case.better(), None);
    }

    #[test]
    fn labels_are_folded_anew_without_what_was_taken_back() {
        // The first block has three unaccounted iterations; the third makes the second confirmed.
        let case = Case::new(&[3, 0, 0]);
        let labels: Vec<_> = case.core.unsettled().map(|(_, label)| label).collect();
        assert_eq!(labels, [Label::Accepted(6), Label::Confirmed(1), Label::Attested(1)]);
        let folded = [(1, Label::Accepted(6)), (2, Label::Attested(1))];
        let kept = [(1, Label::Accepted(6)), (2, Label::Confirmed(1))];
        for (planted, expected) in [(None, folded), (Some(Planted::LabelsKept), kept)] {
            let (mut case, mut out) = (Case::new(&[3, 0, 0]), Vec::new());
            case.core.config.planted = planted;
            case.core.revert(2, &mut out);
            let request = out.iter().find_map(|output| match output {
                Output::Ledger { request: LedgerRequest::Revert { relabelled, .. }, .. } => Some(relabelled.clone()),
                _ => None,
            });
            assert_eq!(request.as_deref(), Some(expected.as_slice()));
        }
    }

    #[test]
    fn a_peer_that_goes_on_with_a_decided_round_gets_its_quorum() {
        let mut case = Case::new(&[0]);
        let (genesis, decided) = (case.genesis.clone(), case.ours[0].header.clone());
        let mut helped = |iteration| {
            let header = ConsensusHeader { prev_block_hash: genesis.hash, round: 1, iteration };
            let (vote, signed) = (Vote::NoCandidate, SignedBy::default());
            let message = Box::new(Message::Validation(Box::new(Validation { header, vote, signed })));
            let mut out = Vec::new();
            let ingress = IngressId(u64::from(iteration));
            case.core.handle(NOW, Input::Message { ingress, from: PeerId(5), message }, &mut out);
            out.into_iter().find_map(|output| match output {
                Output::Send { to, message, .. } => Some((to, *message)),
                _ => None,
            })
        };
        let quorum = Quorum { header: decided.consensus_header(), attestation: decided.attestation };
        assert_eq!(helped(1), Some((Target::Peer(PeerId(5)), Message::Quorum(Box::new(quorum)))));
        // A late vote of the iteration that decided says nothing.
        assert_eq!(helped(0), None);
    }

    #[test]
    fn a_branch_that_breaks_a_rule_is_taken_back() {
        let mut case = Case::new(&[0]);
        let first = block(&case.genesis, 1, 1);
        let (second, third) = (block(&first.header, 0, 0), block(&first.header, 0, 0));
        let third = block(&third.header, 0, 0);
        case.pool(&[&first]);
        // Nobody has verified these, and they do not hold.
        for block in [&second, &third] {
            case.core.pool.add(Box::new(block.clone()), Some(PeerId(7)), false, None);
        }
        let (mut out, old) = (Vec::new(), case.ours[0].clone());
        case.core.consider(NOW, &mut out);
        let accepted = |request: &LedgerRequest| match request {
            LedgerRequest::Revert { height: 0, .. } => {
                Answer::Reverted { blocks: vec![old.clone()], accounts: Vec::new() }
            }
            _ => Answer::Accepted { provisioners: provisioners(), accounts: Vec::new() },
        };
        case.answer(&mut out, accepted);
        case.answer(&mut out, accepted);
        // The first block is in the chain; the second one breaks a rule, so all of it is taken back.
        assert_eq!(case.core.tip().0.hash, first.header.hash);
        assert!(case.core.pool.is_refused(&second.header.hash));
        let first_again = |_: &LedgerRequest| Answer::Reverted { blocks: vec![first.clone()], accounts: Vec::new() };
        case.answer(&mut out, first_again);
        assert!(
            out.iter()
                .any(|output| { matches!(output, Output::Event(Event::Reverted { cause: Cause::Rollback, .. })) })
        );
        case.answer(&mut out, accepted);
        assert_eq!(case.core.tip().0.hash, old.header.hash);
        assert!(!case.core.is_paused() && case.core.plan.is_none());
    }

    #[test]
    fn a_ledger_that_can_go_neither_on_nor_back_breaks_the_node() {
        let mut case = Case::new(&[1]);
        let lower = block(&case.genesis, 0, 1);
        case.pool(&[&lower]);
        let (mut out, old) = (Vec::new(), case.ours[0].clone());
        case.core.consider(NOW, &mut out);
        case.answer(&mut out, |_| Answer::Reverted { blocks: vec![old.clone()], accounts: Vec::new() });
        case.answer(&mut out, |_| Answer::NotAccepted);
        case.answer(&mut out, |_| Answer::NotAccepted);
        assert!(out.iter().any(|output| matches!(output, Output::Event(Event::Broken))));
        assert_eq!(case.core.deadline(), None);
    }
}

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

/// What the ledger is doing to the chain.
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

/// A change to another branch.
#[derive(Debug)]
pub(super) struct Plan {
    cause: Cause,
    /// The block at which the branches part.
    ancestor: Hash,
    /// What is still to be accepted.
    steps: VecDeque<Step>,
    /// The blocks that were taken back, lowest first.
    old: Vec<Block>,
}

impl Core {
    /// Looks whether a pooled block changes the chain: by a better branch, or by what follows the tip.
    pub(super) fn consider(&mut self, now: Millis, out: &mut Vec<Output>) {
        while self.job.is_none() && self.plan.is_none() && !self.broken {
            if let Some((place, first, cause)) = self.better_branch() {
                if self.holds(place, &first, now, out) {
                    self.begin_change(place, &first, cause, out);
                } else if self.pool.contains(&first) {
                    // It may hold later.
                    break;
                }
                continue;
            }
            let Some(next) = self.next_block() else { break };
            let place = self.chain.links().len() - 1;
            if !self.holds(place, &next, now, out) {
                if self.pool.contains(&next) {
                    break;
                }
                continue;
            }
            if let Some(step) = self.take(&next) {
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
            let settled = self.chain.is_final_on(place, &self.pool.branch(&header.hash));
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
                if self.chain.is_final_on(place, &self.pool.branch(&first.hash)) {
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

    /// Whether a pooled block is known to hold after the block at `place`. One that breaks a rule leaves the pool.
    fn holds(&mut self, place: usize, hash: &Hash, now: Millis, out: &mut Vec<Output>) -> bool {
        let Some(pooled) = self.pool.get(hash) else { return false };
        if pooled.verified {
            return true;
        }
        let (header, from) = (pooled.block.header.clone(), pooled.from);
        match self.verify_at(place, &header, now) {
            Ok(()) => {
                self.pool.set_verified(hash);
                true
            }
            Err(HeaderError::FromTheFuture { .. }) => false,
            Err(problem) => {
                debug!(%problem, height = header.height, "a block that breaks a rule");
                self.refuse(now, &header, from, out);
                false
            }
        }
    }

    fn refuse(&mut self, now: Millis, header: &Header, from: Option<PeerId>, out: &mut Vec<Output>) {
        self.pool.refuse(&header.hash, header.height);
        if let Some(peer) = from {
            self.blame(now, peer, Offence::Proof, out);
        }
    }

    fn begin_change(&mut self, place: usize, first: &Hash, cause: Cause, out: &mut Vec<Output>) {
        let hashes: Vec<Hash> = self.pool.branch(first).iter().map(|header| header.hash).collect();
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
            debug!(%problem, height = header.height, "a block of another branch breaks a rule");
            return self.on_refused(now, &step, true, out);
        }
        if self.config.planted != Some(Planted::FaultUnchecked)
            && let Err(problem) = check_all(&step.block, &self.chain, place, &self.config.consensus)
        {
            warn!(%problem, height = header.height, "a decided block holds a fault that does not hold");
            return self.on_refused(now, &step, false, out);
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
    }

    /// A block cannot be accepted. In a change of branches, the old one comes back.
    fn on_refused(&mut self, now: Millis, step: &Step, blame: bool, out: &mut Vec<Output>) {
        self.refuse(now, &step.block.header, step.from.filter(|_| blame), out);
        let Some(plan) = self.plan.take() else { return };
        if plan.cause == Cause::Rollback {
            warn!("the ledger can go neither on nor back");
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
            (Purpose::Build(request), Answer::Built(body)) => {
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
            Answer::Accepted { provisioners } => {
                let header = step.block.header.clone();
                self.faults.remove(&step.block);
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
                self.on_refused(now, &step, false, out);
                self.consider(now, out);
            }
            _ if self.plan.is_some() => self.on_refused(now, &step, false, out),
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
        let Answer::Reverted { blocks } = answer else {
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
        if cause != Cause::Rollback {
            plan.old.clone_from(&blocks);
        }
        self.chain.revert(place, &labels);
        for fault in blocks.iter().flat_map(|block| &block.faults) {
            self.faults.add(fault.clone());
        }
        out.push(Output::Event(Event::Reverted { blocks, cause, labels }));
        self.go_on(now, out);
    }
}

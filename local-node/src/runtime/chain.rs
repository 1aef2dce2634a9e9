//! The requests of the core, and the answers of the ledger and the network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use local_node_consensus::{BuildRequest, Decision, Verdict};
use local_node_core::mempool::Removal;
use local_node_core::{
    Accounts, Answer, Event, IngressId, Input, LedgerId, LedgerRequest, MAX_SERVED_ITEMS, Output, PeerId, Serve,
    Verdict as MessageVerdict,
};
use local_node_types::ledger::{Block, ConsensusHeader, Hash, Label};
use local_node_types::message::{InventoryItem, Message};
use tracing::{debug, error, info, warn};

use super::node::{Node, Running};
use super::peers::Incoming;
use super::worker::{Done, Job, NewTip};
use crate::block::TxId;
use crate::end::End;
use crate::events::NodeEvent;
use crate::executor::ExecutorError;
use crate::ledger::{Accepted, BuildLimits, BuildTime, Built, InvalidBlock, LedgerError, Unfit};
use crate::work::{Cancel, shortened};

/// The most executions that are remembered by their requests.
const MAX_EXECUTED: usize = 64;

impl Node {
    /// Tells the core what happened, and does what it wants.
    pub(super) fn drive(&mut self, input: Input) {
        self.feed(input);
        self.carry_out();
    }

    /// Tells the core what happened. Somebody else does what it wants.
    pub(super) fn feed(&mut self, input: Input) {
        let now = self.now();
        self.core.handle(now, input, &mut self.outputs);
    }

    /// Does what the core wants, until it wants nothing more.
    pub(super) fn carry_out(&mut self) {
        while !self.outputs.is_empty() {
            for output in std::mem::take(&mut self.outputs) {
                self.carry_out_one(output);
            }
        }
    }

    fn carry_out_one(&mut self, output: Output) {
        let now = self.now();
        match output {
            Output::Persist { position, record } => self.persist(position, record),
            Output::Ledger { id, request } => self.ask_ledger(id, request),
            Output::Cancel(id) => {
                if let Some(running) = self.jobs.get(&id) {
                    running.cancel();
                }
            }
            Output::Event(event) => self.on_event(event),
            Output::Send { after, to, message } => {
                if let Some(peers) = &mut self.peers {
                    peers.send_after(after, to, message);
                }
            }
            Output::Judge { ingress, verdict } => {
                if let Some(peers) = &mut self.peers {
                    peers.judge(ingress, verdict, now);
                }
            }
            Output::Ask { to, want } => {
                if let Some(peers) = &mut self.peers {
                    peers.ask(to, want, now.as_secs(), now.0);
                }
            }
            Output::Serve { ingress, to, serve } => self.serve(ingress, to, serve),
            Output::Drop(peer) => {
                if let Some(peers) = &mut self.peers {
                    peers.drop_peer(peer);
                }
            }
            Output::Taken { taken, .. } => self.taken = Some(taken),
            Output::ReadAccount(transaction) => self.read_parked(&transaction),
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            // Told when the ledger answered.
            Event::Accepted { .. } => {}
            Event::Reverted { cause, labels, blocks } => {
                warn!(blocks = blocks.len(), ?cause, "the chain changed to another branch");
                let height = self.tip.height;
                labels.into_iter().for_each(|(changed, label)| self.tell_label(changed, label, height));
            }
            Event::Final { height, hash } => {
                debug!(height, hash = hex::encode(hash), "final");
                self.log.settle(height);
                if let Some(peers) = &mut self.peers {
                    peers.settle(height);
                }
            }
            Event::Parted { height, theirs } => error!(
                height,
                theirs = hex::encode(theirs),
                "a peer has another final block at this height; neither is ever reverted, so the chains stay different"
            ),
            Event::Admitted(transaction) => self.on_admitted(transaction),
            Event::Deferred(id) => self.tell(NodeEvent::TransactionDeferred { id }),
            Event::Removed { id, reason } => self.tell_removed([(id, reason)]),
            Event::Stalled => warn!(height = self.tip.height, "the chain has stalled: no block for a long time"),
            Event::Broken => {
                error!("the ledger can neither accept the new branch nor return to the old one");
                let text = "the chain could neither change to another branch nor return to its own";
                self.end.get_or_insert(End::Panicked(text.into()));
            }
        }
    }

    // ---- The ledger ------------------------------------------------------------------------------------------------

    fn ask_ledger(&mut self, id: LedgerId, request: LedgerRequest) {
        let cancel = Cancel::default();
        let (running, job) = match request {
            LedgerRequest::Build { request, faults, queue } => {
                let limits = self.build_limits(&request, cancel.clone());
                (Running::Candidate(request.id, cancel), Job::Build { id, request, faults, queue, limits })
            }
            LedgerRequest::Verify(request) => {
                (Running::Candidate(request.id, cancel.clone()), Job::Verify { id, request, cancel })
            }
            LedgerRequest::Accept { block, executed, label, relabelled } => {
                self.cancel_candidates();
                let request = executed.and_then(|id| self.executed.get(&id).copied());
                let decision = Box::new(Decision { block: *block, request });
                (Running::Change, Job::Accept { id, decision, label, relabelled })
            }
            LedgerRequest::Revert { height, relabelled } => {
                self.cancel_candidates();
                (Running::Change, Job::Revert { id, height, relabelled })
            }
        };
        if self.worker.give(job) {
            self.jobs.insert(id, running);
        } else {
            self.feed(Input::Ledger { id, answer: Answer::Failed });
        }
    }

    /// The tip is about to change: candidates for the present one are of no use.
    fn cancel_candidates(&self) {
        self.jobs.values().for_each(Running::cancel);
    }

    fn build_limits(&self, request: &BuildRequest, cancel: Cancel) -> BuildLimits {
        let slot = request.deadline.map(|at| Duration::from_millis(at.since(self.now()).0));
        BuildLimits { cancel, ..BuildLimits::new(Some(build_time(slot, self.build_time, self.call_time))) }
    }

    /// Takes in what came of a job.
    pub(super) fn on_done(&mut self, done: Done) {
        let (id, answer) = match done {
            Done::Built { id, built } => (id, self.on_built(id, *built)),
            Done::Verified { id, verified } => (id, self.on_verified(id, &verified)),
            Done::Accepted { id, accepted } => (id, self.on_accepted(*accepted)),
            Done::Reverted { id, reverted } => (id, self.on_reverted(reverted)),
            Done::Panicked(text) => {
                error!(%text, "the ledger panicked");
                self.end.get_or_insert(End::Panicked(text));
                return;
            }
        };
        self.jobs.remove(&id);
        self.drive(Input::Ledger { id, answer });
        self.fresh |= std::mem::take(&mut self.more) && !self.core.mempool().is_empty();
        self.answer_mine_waiters();
    }

    fn note_executed(&mut self, id: LedgerId) {
        if let Some(Running::Candidate(request, _)) = self.jobs.get(&id) {
            self.executed.insert(id, *request);
            while self.executed.len() > MAX_EXECUTED {
                self.executed.pop_first();
            }
        }
    }

    fn on_built(&mut self, id: LedgerId, built: Result<Built, LedgerError>) -> Answer {
        match built {
            Ok(Built { body, unfit, postponed, is_cut }) => {
                self.note_executed(id);
                // Transactions that this block has not tried are for the next one, also if this one is empty.
                self.more |= is_cut || postponed.is_some();
                let unfit = unfit.into_iter().map(|(id, reason)| (id, removal(reason))).collect();
                Answer::Built { body: Box::new(body), unfit, postponed }
            }
            Err(LedgerError::Cancelled | LedgerError::Executor(ExecutorError::Cancelled)) => Answer::NotBuilt,
            Err(error) => {
                error!(height = self.tip.height + 1, %error, "no block can be built");
                Answer::NotBuilt
            }
        }
    }

    fn on_verified(&mut self, id: LedgerId, verified: &Result<(), LedgerError>) -> Answer {
        self.note_executed(id);
        Answer::Verified(verdict(verified))
    }

    fn on_accepted(&mut self, accepted: Result<NewTip, LedgerError>) -> Answer {
        let NewTip { accepted: Accepted { block, relabelled, .. }, provisioners, accounts } = match accepted {
            Ok(accepted) => accepted,
            Err(LedgerError::Store(error)) => {
                self.fail(error);
                return Answer::Failed;
            }
            Err(LedgerError::Invalid { height, problem: problem @ InvalidBlock::Blob { .. } }) => {
                warn!(height, %problem, "a decided block was altered on its way");
                return Answer::Altered;
            }
            Err(error @ LedgerError::Invalid { .. }) => {
                error!(%error, "the decided block cannot be accepted");
                return Answer::NotAccepted;
            }
            Err(error) => {
                error!(%error, "the decided block cannot be accepted now");
                return Answer::Failed;
            }
        };
        let height = block.header().height;
        info!(height, transactions = block.transactions.len(), gas = block.gas_spent(), "block");
        self.set_tip();
        self.tell(NodeEvent::BlockAccepted(Arc::clone(&block)));
        relabelled.into_iter().for_each(|(changed, label)| self.tell_label(changed, label, height));
        self.stalled = false;
        if !block.transactions.is_empty() {
            self.last_full = height;
        }
        // Transactions that did not fit may fit the next block; after a block that took none they would not.
        self.more |= !block.transactions.is_empty();
        Answer::Accepted { provisioners, accounts }
    }

    fn on_reverted(&mut self, reverted: Result<(Vec<Block>, Accounts), LedgerError>) -> Answer {
        let (blocks, accounts) = match reverted {
            Ok(reverted) => reverted,
            Err(LedgerError::Store(error)) => {
                self.fail(error);
                return Answer::Failed;
            }
            Err(error) => {
                error!(%error, "the chain cannot change to another branch now");
                return Answer::Failed;
            }
        };
        self.set_tip();
        for block in blocks.iter().rev() {
            self.tell(NodeEvent::BlockReverted { hash: block.header.hash, height: block.header.height });
        }
        self.last_full = self.last_full.min(self.tip.height);
        Answer::Reverted { blocks, accounts }
    }

    /// The chain in the store has another end.
    pub(super) fn set_tip(&mut self) {
        self.tip = Arc::new(self.store.tip().header().clone());
        self.tip_sender.send_replace(Arc::clone(&self.tip));
    }

    fn tell_label(&mut self, changed: u64, label: Label, at_height: u64) {
        match self.store.block(changed) {
            Ok(Some((changed, _))) => {
                let (hash, height) = (changed.header().hash, changed.header().height);
                self.tell(NodeEvent::BlockLabelled { hash, height, label, at_height });
            }
            Ok(None) => {}
            Err(error) => self.fail(error),
        }
    }

    // ---- The network -----------------------------------------------------------------------------------------------

    /// Takes in what came from the network.
    pub(super) fn on_incoming(&mut self, incoming: Incoming) {
        let now = self.now();
        let running = self.running_iteration();
        let Some(peers) = &mut self.peers else { return };
        match incoming {
            Incoming::Joined(peer) => peers.join(peer, running, now),
            Incoming::Left(peer) => peers.leave(&peer),
            Incoming::Message { ingress, from, .. } if !peers.hears(ingress, from, now) => {}
            Incoming::Message { ingress, from, message } => {
                let number = peers.number(from);
                peers.note_ingress(ingress, from, &message);
                match &*message {
                    Message::GetMempool(_) => return self.name_transactions(ingress, from),
                    Message::Inventory(inventory) => {
                        let unknown = self.unknown_transactions(&inventory.items);
                        if let Some(peers) = &mut self.peers {
                            peers.fetch_transactions(from, unknown, now.as_secs());
                        }
                    }
                    _ => {}
                }
                self.drive(Input::Message { ingress, from: number, message });
            }
        }
    }

    /// The iteration that runs on the tip; nothing while the chain changes.
    fn running_iteration(&self) -> Option<ConsensusHeader> {
        let (tip, _) = self.core.tip();
        let (round, iteration) = self.core.position().filter(|(round, _)| *round == tip.height + 1)?;
        Some(ConsensusHeader { prev_block_hash: tip.hash, round, iteration })
    }

    /// The transactions among the items that this node does not know, as many as a peer is asked for in one go.
    fn unknown_transactions(&mut self, items: &[InventoryItem]) -> Vec<InventoryItem> {
        let mut unknown = Vec::new();
        for item in items.iter().take(MAX_SERVED_ITEMS) {
            let InventoryItem::MempoolTransaction(id) = item else { continue };
            let id = TxId(*id);
            if self.core.mempool().transaction(&id).is_some() || self.core.prequeue().transaction(&id).is_some() {
                continue;
            }
            match self.store.has_transaction(&id) {
                Ok(false) => unknown.push(*item),
                Ok(true) => {}
                Err(error) => self.fail(error),
            }
        }
        unknown
    }

    fn name_transactions(&mut self, ingress: IngressId, from: SocketAddr) {
        let now = self.now();
        let ids = self.core.mempool().iter().take(MAX_SERVED_ITEMS).map(|waiting| waiting.id().0).collect();
        if let Some(peers) = &mut self.peers {
            if peers.may_ask_for_mempool(from, now.as_secs()) {
                peers.name_transactions(from, ids);
            }
            peers.judge(ingress, MessageVerdict::Ignore, now);
        }
    }

    fn serve(&mut self, ingress: IngressId, to: PeerId, serve: Serve) {
        let now = self.now().as_secs();
        let mempool = self.core.mempool();
        let transaction = |id: &Hash| {
            mempool.transaction(&TxId(*id)).map(|waiting| Message::Transaction(waiting.transaction().clone()))
        };
        if let Some(peers) = &mut self.peers {
            peers.serve((ingress, to), serve, now, transaction);
        }
    }
}

/// How long a candidate is filled, and how long its first transaction may run, where the others wait for it during
/// `slot`.
///
/// The other nodes refuse a candidate that comes later. Filling takes half of the slot: in the other half the block is
/// closed, signed and stored, and reaches the others. The first transaction may need more time than that to run at all.
fn build_time(slot: Option<Duration>, most: Duration, most_of_first: Duration) -> BuildTime {
    let within = |time: Duration, part: u32| slot.map_or(time, |slot| time.min(slot / part));
    BuildTime { begun: Instant::now(), most: within(most, 2), most_of_first: within(most_of_first, 1) }
}

/// The verdict on a candidate for the consensus.
pub fn verdict(verified: &Result<(), LedgerError>) -> Verdict {
    match verified {
        Ok(()) => Verdict::Valid,
        Err(error @ LedgerError::Invalid { problem: InvalidBlock::Blob { .. }, .. }) => {
            warn!(%error, "candidate dropped");
            Verdict::Altered
        }
        Err(error @ LedgerError::Invalid { .. }) => {
            warn!(%error, "candidate refused");
            Verdict::Invalid
        }
        Err(LedgerError::Cancelled) => Verdict::Abstain,
        Err(error) => {
            error!(%error, "candidate cannot be judged");
            Verdict::Abstain
        }
    }
}

/// The error for a transaction that no block can take. Contracts determine parts of some texts.
#[must_use]
pub fn removal(reason: Unfit) -> Removal {
    match reason {
        Unfit::TooLong(most) => Removal::TooLong(most),
        Unfit::CannotRun(reason) => Removal::CannotRun(shortened(reason.to_string())),
        reason @ (Unfit::Machine(_) | Unfit::Panicked(_)) => Removal::Failed(shortened(reason.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A candidate that is filled until the others give up comes too late, and the iteration fails.
    #[test]
    fn a_candidate_leaves_time_to_reach_the_others() {
        let millis = Duration::from_millis;
        let times = |slot| {
            let BuildTime { most, most_of_first, .. } = build_time(slot, millis(3_000), millis(10_000));
            (most, most_of_first)
        };
        assert_eq!(times(None), (millis(3_000), millis(10_000)), "a lone node waits as long as it takes");
        assert_eq!(times(Some(millis(700))), (millis(350), millis(700)));
        assert_eq!(times(Some(millis(7_000))), (millis(3_000), millis(7_000)), "production builds for 3 s of 7 s");
        assert_eq!(times(Some(millis(40_000))), (millis(3_000), millis(10_000)));
        assert_eq!(times(Some(Duration::ZERO)), (Duration::ZERO, Duration::ZERO));
    }

    /// The signature of a block does not cover the data of its blobs: whoever passes it on can alter them, and must not
    /// be able to have its generator punished for that.
    #[test]
    fn nobody_is_to_blame_for_altered_blobs() {
        let invalid = |problem| Err(LedgerError::Invalid { height: 1, problem });
        let blob = InvalidBlock::Blob { id: TxId([1; 32]), problem: local_node_vm::BlobError::Proof([2; 32]) };
        assert_eq!(verdict(&invalid(blob)), Verdict::Altered);
        assert_eq!(verdict(&invalid(InvalidBlock::Outcome)), Verdict::Invalid);
        assert_eq!(verdict(&Err(LedgerError::Stakes)), Verdict::Abstain);
        assert_eq!(verdict(&Ok(())), Verdict::Valid);
    }
}

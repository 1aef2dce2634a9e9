//! The ledger's worker, and what the chain tells.

use local_node_consensus::{EMERGENCY_BLOCK_ITERATION, Persist};
use local_node_core::{Answer, Cause, Event as CoreEvent, Input, LedgerId, LedgerRequest, Record};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{RatificationResult, Vote};

use super::{Bug, World};
use crate::checkers;
use crate::clients::account;
use crate::marks::Mark;
use crate::trace::{Change, Item};

/// Iterations of emergency mode begin here.
const EMERGENCY: u8 = local_node_consensus::EMERGENCY_ITERATION;

impl World {
    pub(super) fn worked(&mut self, node: usize, life: u64, id: LedgerId) {
        if self.nodes[node].life != life {
            return;
        }
        let Some(mut request) = self.nodes[node].pending.remove(&id) else { return };
        let settled = self.nodes[node].settled;
        let changes = matches!(request, LedgerRequest::Accept { .. } | LedgerRequest::Revert { .. });
        if let LedgerRequest::Revert { height, .. } = &mut request
            && self.options.bug == Some(Bug::FinalReverted)
        {
            *height = settled.saturating_sub(1);
        }
        let answer = if self.nodes[node].full && changes {
            self.marks.note(Mark::FullDisk);
            Answer::Failed
        } else {
            let (answer, sound) = self.nodes[node].work(id, request);
            self.check(node, sound);
            answer
        };
        let misbooks = self.options.bug == Some(Bug::Misbooked) && node == 0 && self.is_honest(node);
        if misbooks && matches!(answer, Answer::Accepted { .. }) {
            self.nodes[node].ledger.misbook();
        }
        if let Answer::Reverted { blocks, .. } = &answer
            && let Some(block) = blocks.iter().find(|block| block.header.height <= settled)
        {
            let height = block.header.height;
            self.check(node, Err(format!("block {height} is taken back, and {settled} was final")));
        }
        if changes && self.ended.is_none() {
            let result = checkers::labels(&self.nodes[node].ledger, settled);
            self.check(node, result);
            if matches!(answer, Answer::Accepted { .. }) {
                self.cut_off(node);
                self.on_accepted(node);
            }
        }
        let reverted = match &answer {
            Answer::Reverted { blocks, .. } => {
                self.note_owed(node, blocks);
                Some(blocks.iter().map(|block| block.header.height).collect::<Vec<_>>())
            }
            _ => None,
        };
        let has_reverted = reverted.is_some();
        if changes && self.nodes[node].stops_in_ledger {
            self.marks.note(Mark::CrashInLedger);
            self.tell(|| format!("node {node} stops after a change of its ledger"));
            self.stop_node(node);
        } else {
            self.handle(node, Input::Ledger { id, answer });
        }
        if self.nodes[node].life != life {
            // The event that states the cause may be lost with the node's memory: it may have been a stall.
            self.nodes[node].yielded.extend(reverted.into_iter().flatten());
        } else if changes {
            self.check_mempool(node, has_reverted);
        }
    }

    fn on_accepted(&mut self, node: usize) {
        let honest = self.is_honest(node);
        if honest {
            self.check_lie(node);
            let state = &self.nodes[node];
            let result = self.checkers.block(&state.ledger, state.latest);
            self.check(node, result);
            self.check_finality(node);
        }
        let header = self.nodes[node].ledger.tip().block.header.clone();
        let faults = self.nodes[node].ledger.tip().block.faults.len();
        let proven = header.failed_iterations.proven().filter(|(iteration, _)| *iteration < header.iteration).count();
        let first = account(0);
        let senders = self.nodes[node].ledger.tip().block.transactions.iter();
        let sent_by_client =
            senders.filter_map(|it| it.protocol().moonlight_sender()).any(|sender| BlsKey::from(sender) != first);
        let blocks = self.nodes[node].ledger.blocks();
        let (mut epoch, mut suspended, mut restaked, mut rescued) = (false, false, false, false);
        if let [.., before, after] = blocks {
            rescued = before.block.header.iteration == EMERGENCY_BLOCK_ITERATION;
            let (old, height) = (&before.provisioners, header.height);
            epoch = after.provisioners.iter().any(|(_, it)| {
                let since = it.stake.eligible_since;
                since == height + 1 && height > 0
            });
            let changed = |(key, it): (&_, &local_node_consensus::Provisioner)| {
                let was = old.get(key).map(|it| it.stake);
                was.map_or((false, true), |was| {
                    let is_suspended = was.eligible_since < it.stake.eligible_since;
                    (is_suspended, !is_suspended && was.value != it.stake.value)
                })
            };
            for (is_suspended, is_restaked) in after.provisioners.iter().map(changed) {
                (suspended, restaked) = (suspended || is_suspended, restaked || is_restaked);
            }
        }
        let is_rescue = header.iteration == EMERGENCY_BLOCK_ITERATION;
        let has_rival = honest && self.checkers.has_rival(&header);
        let found = [
            (Mark::EqualIterations, has_rival),
            (Mark::EpochChanged, epoch),
            (Mark::Suspended, suspended),
            (Mark::Restaked, restaked),
            (Mark::LaterIteration, header.iteration > 0 && !is_rescue),
            (Mark::Emergency, header.iteration >= EMERGENCY && !is_rescue),
            (Mark::EmergencyBlock, is_rescue),
            (Mark::EmergencyBlockFollowed, rescued && !is_rescue),
            (Mark::FaultInBlock, faults > 0),
            (Mark::Accepted, usize::from(header.iteration) > proven),
            (Mark::Transferred, sent_by_client),
        ];
        found.into_iter().filter(|(_, found)| *found).for_each(|(mark, _)| self.marks.note(mark));
        for (_, failed) in header.failed_iterations.proven() {
            match failed.attestation.result {
                RatificationResult::Fail(Vote::NoCandidate) => self.marks.note(Mark::NoCandidate),
                RatificationResult::Fail(Vote::NoQuorum) => self.marks.note(Mark::NoQuorum),
                _ => {}
            }
        }
    }

    pub(super) fn on_event(&mut self, node: usize, event: CoreEvent) {
        match event {
            CoreEvent::Accepted { header, label, .. } => {
                self.note_progress();
                self.note_height(header.height);
                self.note_included(node);
                if std::mem::take(&mut self.nodes[node].stalled) {
                    self.marks.note(Mark::StallRecovery);
                }
                let (height, iteration, hash) = (header.height, header.iteration, header.hash);
                if let Some(proposed) = self.proposed.get(&hash) {
                    self.decided.push(self.now.since(*proposed).0);
                }
                if let Some((cause, left)) = self.nodes[node].left.take() {
                    let better = cause == Cause::Final || cause == Cause::Rollback || (iteration, hash) < left;
                    let leaves =
                        || format!("it leaves {:02x?} of iteration {} for a worse branch", &left.1[..3], left.0);
                    let result = if better { Ok(()) } else { Err(leaves()) };
                    self.check(node, result);
                }
                self.trace(|| Item::Chain {
                    node,
                    change: Change::Accepted,
                    what: format!("{height} {:02x}{:02x}, iteration {iteration}", hash[0], hash[1]),
                });
                self.tell(|| {
                    let short = &hash[..3];
                    format!("node {node} accepts {height} {short:02x?}, iteration {iteration}, {label:?}")
                });
            }
            CoreEvent::Reverted { blocks, cause, .. } => {
                self.note_progress();
                self.marks.note(match cause {
                    Cause::Final => Mark::ChangedToFinal,
                    Cause::BetterTip => Mark::ChangedToBetterTip,
                    Cause::Stall => Mark::ChangedInStall,
                    Cause::Rollback => Mark::Rollback,
                });
                let state = &mut self.nodes[node];
                if cause == Cause::Stall {
                    state.yielded.extend(blocks.iter().map(|block| block.header.height));
                }
                // It begins earlier rounds anew: messages that it has passed on there may come and go once more.
                state.forwarded.clear();
                if blocks.len() > 1 && cause != Cause::Rollback {
                    self.marks.note(Mark::DeepFallback);
                }
                self.nodes[node].left =
                    blocks.first().map(|block| (cause, (block.header.iteration, block.header.hash)));
                self.tell(|| format!("node {node} takes {} blocks back: {cause:?}", blocks.len()));
                let what = || format!("{} taken back: {cause:?}", blocks.len());
                self.trace(|| Item::Chain { node, change: Change::Reverted, what: what() });
            }
            CoreEvent::Final { height, .. } => {
                self.tell(|| format!("node {node}: {height} is final"));
                self.trace(|| Item::Chain { node, change: Change::Final, what: format!("{height} is final") });
            }
            CoreEvent::Parted { height, .. } => self.tell(|| format!("node {node} hears of another final {height}")),
            CoreEvent::Admitted(transfer) => _ = self.nodes[node].admitted.insert(transfer.id()),
            CoreEvent::Deferred(_) => {}
            CoreEvent::Removed { id, reason } => {
                if self.options.bug != Some(Bug::RemovalsHidden) {
                    self.nodes[node].admitted.remove(&id);
                }
                self.tell(|| format!("node {node} drops transfer {id}: {reason}"));
            }
            CoreEvent::Stalled => {
                self.marks.note(Mark::Stalled);
                self.nodes[node].stalled = true;
                let position = self.nodes[node].core.as_ref().and_then(local_node_core::Core::position);
                if position.is_some_and(|(_, iteration)| iteration + 1 == local_node_consensus::MAX_ITERATIONS) {
                    self.marks.note(Mark::Open);
                }
                self.tell(|| format!("node {node} stalls at {position:?}"));
            }
            // Its driver stops it; it starts again when the disk has room.
            CoreEvent::Broken if self.nodes[node].full => self.nodes[node].stops_in_outputs = Some(0),
            CoreEvent::Broken => self
                .check(node, Err("its ledger can neither accept the new branch nor return to the old one".to_owned())),
        }
    }

    /// Whether a node has voted in the round on its tip, by what is on its disk.
    pub(super) fn has_voted(&self, node: usize) -> bool {
        let tip = self.nodes[node].ledger.tip().block.header.hash;
        self.nodes[node].log.records().iter().any(
            |record| matches!(record, Record::Consensus(Persist::Vote { header, .. }) if header.prev_block_hash == tip),
        )
    }
}

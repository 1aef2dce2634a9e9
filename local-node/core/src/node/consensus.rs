//! The outputs of the consensus.

use std::collections::{BTreeMap, VecDeque};

use local_node_consensus::{Decision, Input as ConsensusInput, Millis, Output as Wish, Persist, RequestId, Verdict};
use local_node_types::ledger::{Hash, StepName};
use local_node_types::message::Message;
use tracing::debug;

use super::{ASKED_PEERS, Core};
use crate::faults::check_all;
use crate::interface::{LedgerRequest, Output, Planted, Record, Target, Want};

/// The requests to the ledger on behalf of the consensus.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Build(RequestId),
    Verify(RequestId),
}

/// Takes note of a ratification, by which this node stands by its tip.
pub(super) fn note_ratified(ratified: &mut BTreeMap<Hash, u64>, record: &Persist) {
    if let Persist::Vote { header, step: StepName::Ratification, vote } = record
        && vote.is_valid()
    {
        ratified.insert(header.prev_block_hash, header.round);
    }
}

impl Core {
    /// Begins the round on the tip, and judges what has been held for it.
    pub(super) fn begin_round(&mut self, now: Millis, out: &mut Vec<Output>) {
        self.note_progress(now);
        self.begin_consensus(now, out);
        self.record_step_times(out);
        for waiting in self.held.release() {
            self.on_message(now, waiting.ingress, waiting.from, waiting.message, out);
        }
    }

    /// Keeps how long steps take. A node that began with the longest timeouts after a restart would be slower than the
    /// others for as long as no block comes, and come apart from them.
    fn record_step_times(&mut self, out: &mut Vec<Output>) {
        let times = self.consensus.step_times();
        if !self.config.consensus.alone && self.times != *times {
            self.times = times.clone();
            self.log.append(Record::StepTimes(times.clone()), out);
        }
    }

    pub(super) fn begin_consensus(&mut self, now: Millis, out: &mut Vec<Output>) {
        self.cancel_requests(out);
        let context = self.chain.context(self.chain.links().len() - 1);
        self.passed_on.begin(context.header.hash, context.header.height.saturating_add(1));
        let wishes = self.consensus.step(now, ConsensusInput::NewTip(Box::new(context)));
        self.carry_out(now, wishes, out);
    }

    /// The running build or verification is for another tip.
    pub(super) fn cancel_requests(&mut self, out: &mut Vec<Output>) {
        self.executions.clear();
        while let Some((id, _)) = self.requests.pop_first() {
            out.push(Output::Cancel(id));
        }
    }

    /// Carries out what the consensus wants. Returns the message that it passes on, if it does.
    pub(super) fn carry_out(&mut self, now: Millis, wishes: Vec<Wish>, out: &mut Vec<Output>) -> Option<Message> {
        let mut relayed = None;
        let mut decided = false;
        let mut wishes = VecDeque::from(wishes);
        while let Some(wish) = wishes.pop_front() {
            match wish {
                Wish::Broadcast(message) => {
                    let after = self.log.last();
                    out.push(Output::Send { after, to: Target::All, message: Box::new(message) });
                }
                Wish::Relay(message) => relayed = Some(message),
                Wish::Request(inventory) => {
                    self.ask(Target::Some(ASKED_PEERS), Want::Items(inventory), out);
                }
                Wish::SetTimer { id, at } => _ = self.timers.insert(id, at),
                Wish::CancelTimer(id) => _ = self.timers.remove(&id),
                Wish::Persist(record) => {
                    note_ratified(&mut self.ratified, &record);
                    self.log.append(Record::Consensus(record), out);
                }
                Wish::Build(request) => {
                    let purpose = Purpose::Build(request.id);
                    let faults = self.faults.fit(&self.chain);
                    let queue = self.mempool.queue();
                    let id = self.ledger(LedgerRequest::Build { request, faults, queue }, out);
                    self.requests.insert(id, purpose);
                }
                Wish::Verify(request) => {
                    let place = self.chain.links().len() - 1;
                    let unchecked = self.config.planted == Some(Planted::FaultUnchecked);
                    match check_all(&request.block, &self.chain, place, &self.config.consensus) {
                        Err(problem) if !unchecked => {
                            debug!(%problem, "a candidate holds a fault that does not hold");
                            let input = ConsensusInput::Verified { request: request.id, verdict: Verdict::Invalid };
                            wishes.extend(self.consensus.step(now, input));
                        }
                        _ => {
                            let purpose = Purpose::Verify(request.id);
                            let id = self.ledger(LedgerRequest::Verify(request), out);
                            self.requests.insert(id, purpose);
                        }
                    }
                }
                Wish::Decide(decision) => {
                    let Decision { block, request } = *decision;
                    let executed = request.and_then(|request| self.executions.get(&request).copied());
                    if !self.pool.is_refused(&block.header.hash) && self.chain.place(&block.header.hash).is_none() {
                        self.pool.add(Box::new(block), None, true, executed);
                        decided = true;
                    }
                }
                Wish::Misbehaviour(fault) => {
                    if self.faults.add(fault.as_ref().clone()) {
                        self.log.append(Record::Fault(fault), out);
                    }
                }
            }
        }
        if decided {
            self.consider(now, out);
        }
        relayed
    }
}

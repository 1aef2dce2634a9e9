//! Effects of time: timers, stalls, and signs that other nodes are ahead.

use local_node_consensus::{Input as ConsensusInput, Millis};

use super::{ASKED_PEERS, Core};
use crate::interface::{Event, Output, PeerId, Target, Verdict, Want};

/// The most timers that fire in one call. More of them fire in the next one.
const MAX_FIRED: usize = 16;

/// A sign that this node is behind, or on another branch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    /// When to ask, if the sign still holds then.
    pub(super) until: Millis,
    /// The highest round that was heard of.
    round: u64,
    /// Whether somebody builds on another block than this node's tip.
    other_branch: bool,
    from: PeerId,
}

impl Core {
    pub(super) fn on_timer(&mut self, now: Millis, out: &mut Vec<Output>) {
        if self.broken {
            return;
        }
        self.on_pool_timer(now, out);
        for ingress in self.held.expired(now) {
            out.push(Output::Judge { ingress, verdict: Verdict::Ignore });
        }
        for _ in 0..MAX_FIRED {
            let due = self.timers.iter().map(|(id, at)| (*at, *id)).min().filter(|(at, _)| *at <= now);
            let Some((_, id)) = due.filter(|_| !self.is_paused()) else { break };
            self.timers.remove(&id);
            let outputs = self.consensus.step(now, ConsensusInput::Timer(id));
            self.carry_out(now, outputs, out);
        }
        if self.sync.deadline().is_some_and(|at| at <= now) {
            self.sync.ask(now, &self.pool, out);
        }
        if let Some(hint) = self.hint.take_if(|hint| hint.until <= now)
            && (hint.other_branch || hint.round > self.chain.height() + 1)
        {
            let want = Want::HashesAfter(self.chain.last_final().header.hash);
            self.ask(Target::Peer(hint.from), want.clone(), out);
            self.ask(Target::Some(2), want, out);
        }
        if self.can_stall() && self.stalls_at <= now {
            self.on_stall(now, out);
        }
        if self.ahead_at.take_if(|at| *at <= now).is_some() {
            self.verify_ahead(now);
        }
    }

    fn on_stall(&mut self, now: Millis, out: &mut Vec<Output>) {
        self.stalled = true;
        self.stalls_at = now.plus(Millis(self.stall_time().0 / 2));
        out.push(Output::Event(Event::Stalled));
        self.ask(Target::Some(ASKED_PEERS), Want::HashesAfter(self.chain.last_final().header.hash), out);
        self.consider(now, out);
        if !self.is_paused() && self.consensus.is_open() {
            // The round waits for votes that nobody sends any more: it begins anew where several iterations are open.
            self.begin_consensus(now, out);
        }
    }

    /// The chain has changed: it has not stalled.
    pub(super) fn note_progress(&mut self, now: Millis) {
        self.stalled = false;
        self.stalls_at = now.plus(self.stall_time());
    }

    /// Somebody speaks of a round, or of a branch, that is not this node's. Most often this node is about to come there
    /// by itself, so it asks after a while.
    pub(super) fn note_hint(&mut self, now: Millis, round: u64, other_branch: bool, from: PeerId) {
        let until = now.plus(self.config.consensus.timeouts.min);
        let hint = self.hint.get_or_insert(Hint { until, round, other_branch, from });
        if round > hint.round {
            (hint.round, hint.from) = (round, from);
        }
        hint.other_branch |= other_branch;
    }
}

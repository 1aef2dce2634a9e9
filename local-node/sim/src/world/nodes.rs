//! The lives of nodes: they start, are given inputs, write their logs, and stop.

use local_node_consensus::Config;
use local_node_core::{Core, CoreConfig, Input, Output, Position};

use super::{Bug, Event, World};
use crate::adversary::Attack;
use crate::checkers;
use crate::ledger::real::RealLedger;
use crate::marks::Mark;

impl World {
    /// How a node's core runs: by the rules, except a planted bug.
    fn config_of(&self, node: usize) -> CoreConfig {
        let planted = match self.options.bug {
            Some(Bug::Core(planted)) if self.is_honest(node) => Some(planted),
            _ => None,
        };
        let planted_quorum = (self.options.bug == Some(Bug::WrongQuorum)).then_some(22);
        let planted_drift = self.options.bug == Some(Bug::Drift);
        let planted_header = self.options.bug == Some(Bug::HeaderUnchecked);
        let consensus = Config { planted_quorum, planted_drift, planted_header, ..self.config };
        CoreConfig { planted, ..CoreConfig::new(consensus) }
    }

    pub(super) fn start_node(&mut self, node: usize) {
        let config = self.config_of(node);
        let now = self.clock(node);
        let state = &mut self.nodes[node];
        let (chain, sound) = match &mut state.real {
            Some(real) => {
                real.restart(&state.ledger).map_or_else(|what| (state.ledger.restart(), Err(what)), |it| (it, Ok(())))
            }
            None => (state.ledger.restart(), Ok(())),
        };
        let (before, last_final, unsettled) = chain;
        let records = match self.options.bug {
            Some(Bug::RecordsForgotten) => Vec::new(),
            _ => state.log.records().to_vec(),
        };
        let position = state.log.last();
        let restart = local_node_core::Restart { before, last_final, unsettled, records, position };
        let mut out = Vec::new();
        let signer = self.options.scheme.signer(&state.keys);
        let core = Core::new(config, signer, restart, now, &mut out);
        let same = core.unsettled().all(|(header, label)| {
            state.ledger.at(header.height).is_some_and(|it| it.label == label && it.block.header.hash == header.hash)
        });
        state.core = Some(core);
        self.check(node, if same { Ok(()) } else { Err("a restart gives other labels".to_owned()) });
        self.check(node, sound);
        self.carry_out(node, out);
    }

    /// A node stops in between two events.
    pub(super) fn crash_node(&mut self, node: usize) {
        self.check_log(node);
        self.stop_node(node);
    }

    /// A core that starts from all records of a log remembers what the core that wrote them does.
    pub(super) fn check_log(&mut self, node: usize) {
        // The checker of votes sees what happens when nobody reads the log.
        if !self.is_honest(node) || self.options.bug == Some(Bug::RecordsForgotten) {
            return;
        }
        let state = &self.nodes[node];
        let Some(core) = &state.core else { return };
        let (before, last_final, unsettled) = state.ledger.restart();
        let (records, position) = (state.log.all().to_vec(), state.log.last());
        let restart = local_node_core::Restart { before, last_final, unsettled, records, position };
        let signer = self.options.scheme.signer(&state.keys);
        let replayed = Core::new(self.config_of(node), signer, restart, self.clock(node), &mut Vec::new());
        let settled = state.ledger.final_height();
        let result = checkers::replay(&core.remembered(settled), &replayed.remembered(settled));
        self.check(node, result);
    }

    pub(super) fn stop_node(&mut self, node: usize) {
        let kept = if self.rng.percent(50) { 0 } else { self.rng.place(4) };
        let state = &mut self.nodes[node];
        state.core = None;
        state.life += 1;
        state.syncing = false;
        state.timer = None;
        state.outbox.clear();
        state.pending.clear();
        state.open.clear();
        state.seen.clear();
        state.forwarded.clear();
        state.begun.clear();
        state.dropped.clear();
        state.owed.clear();
        state.admitted.clear();
        state.sources.clear();
        state.left = None;
        state.real.iter_mut().for_each(RealLedger::close);
        (state.stops_in_ledger, state.stops_in_outputs) = (false, None);
        if self.plan.adversary == Some((node, Attack::ForgetVotes)) && self.healing.is_none() {
            if state.log.forget() {
                self.marks.note(Mark::ForgotVotes);
            }
        } else if state.log.crash(kept) > 0 {
            self.marks.note(Mark::LostTail);
        }
    }

    pub(super) fn handle(&mut self, node: usize, input: Input) {
        let now = self.clock(node);
        let mut out: Vec<Output> = Vec::new();
        let state = &mut self.nodes[node];
        let Some(core) = &mut state.core else { return };
        core.handle(now, input, &mut out);
        let load = core.load();
        state.latest = state.latest.max(now);
        if load.wanted == 0 {
            state.sources.clear();
        }
        self.check(node, checkers::load(&load));
        self.carry_out(node, out);
    }

    /// Each message that has come to a node and has no verdict is held by its core.
    pub(super) fn check_verdicts(&mut self, node: usize) {
        let state = &self.nodes[node];
        if let Some(core) = &state.core {
            let result = checkers::verdicts(state.open.len(), &core.load());
            self.check(node, result);
        }
    }

    /// Sets the timer of a node to when its core wants to be called.
    pub(super) fn set_timer(&mut self, node: usize) {
        let deadline = self.nodes[node].core.as_ref().and_then(Core::deadline);
        let at = deadline.map(|at| self.nodes[node].clock.when(at).max(self.now));
        if self.nodes[node].timer == at {
            return;
        }
        self.nodes[node].timer = at;
        if let Some(at) = at {
            let life = self.nodes[node].life;
            self.schedule(at.since(self.now).0, Event::Timer { node, life });
        }
    }

    pub(super) fn fire(&mut self, node: usize, life: u64) {
        if self.nodes[node].life == life && self.nodes[node].timer == Some(self.now) {
            self.nodes[node].timer = None;
            self.handle(node, Input::Timer);
        }
    }

    pub(super) fn synced(&mut self, node: usize, life: u64, position: Position) {
        if self.nodes[node].life != life {
            return;
        }
        let state = &mut self.nodes[node];
        state.syncing = false;
        state.log.sync(position);
        let durable = state.log.durable();
        let ready: Vec<_> = state.outbox.extract_if(.., |waiting| waiting.after <= durable).collect();
        for waiting in ready {
            self.send(node, waiting.to, *waiting.message);
        }
        self.write(node);
        self.handle(node, Input::Durable(position));
    }

    /// Writes what is not on disk, unless the disk is writing.
    pub(super) fn write(&mut self, node: usize) {
        let delay = 1 + self.rng.below(self.nodes[node].disk);
        let state = &mut self.nodes[node];
        if !state.syncing && !state.full && state.log.durable() < state.log.last() {
            state.syncing = true;
            let (life, position) = (state.life, state.log.last());
            self.schedule(delay, Event::Synced { node, life, position });
        }
    }
}

//! State control of a development chain: snapshot, revert, warp, reset.
//!
//! Going back makes the chain what it was: later blocks are gone with their transactions, and so are the waiting ones,
//! because they would be mined again at once. The clock goes back as well. The consensus begins anew at the old tip;
//! that it has voted on this height before does not matter, because nobody else has heard of these votes.

use local_node_core::Position;
use local_node_core::mempool::Removal;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::node::{Node, Running};
use super::worker::{Job, Target, WentBack};
use super::{core, last_full};
use crate::events::NodeEvent;
use crate::handle::{Control, ControlError, MAX_WARP_SECONDS, Reverted, TakenSnapshot};
use crate::ledger::LedgerError;
use crate::transaction::ValidTransaction;

impl Node {
    /// Carries out a command. Send errors are ignored: the caller may be gone.
    pub(super) async fn control(&mut self, control: Control) {
        let alone = self.peers.is_none();
        match control {
            Control::Snapshot { reply } => {
                let _ = reply.send(if alone { self.snapshot().await } else { Err(ControlError::InNetwork) });
            }
            Control::Revert { snapshot, reply } => {
                let _ = reply.send(self.go_back(Target::Snapshot(snapshot)).await);
            }
            Control::Reset { reply } => {
                let _ = reply.send(self.go_back(Target::Genesis).await);
            }
            Control::Warp { seconds, reply } => {
                let _ = reply.send(if alone { self.warp(seconds) } else { Err(ControlError::InNetwork) });
            }
        }
    }

    async fn snapshot(&mut self) -> Result<TakenSnapshot, ControlError> {
        let clock = self.clock.ahead;
        let taken = self.ask_worker(|reply| Job::Snapshot { clock, reply }).await?;
        info!(snapshot = taken.id, height = taken.height, "snapshot");
        Ok(TakenSnapshot { snapshot: taken.id, height: taken.height })
    }

    /// Gives the ledger a job between two changes of the chain, and waits for it.
    async fn ask_worker<T>(
        &mut self,
        job: impl FnOnce(oneshot::Sender<Result<T, LedgerError>>) -> Job,
    ) -> Result<T, ControlError> {
        self.jobs.values().for_each(Running::cancel);
        // A change that has begun comes to its end, and is told of.
        while self.jobs.values().any(|running| matches!(running, Running::Change)) && self.end.is_none() {
            let Some(done) = self.done.recv().await else { break };
            self.on_done(done);
        }
        let (sender, answer) = oneshot::channel();
        if self.end.is_some() || !self.worker.give(job(sender)) {
            return Err(ControlError::State("the node cannot go on".into()));
        }
        let answer = answer.await.unwrap_or_else(|_| Err(LedgerError::Panicked("the ledger has ended".into())));
        self.controlled(answer)
    }

    async fn go_back(&mut self, to: Target) -> Result<Reverted, ControlError> {
        if self.peers.is_some() {
            return Err(ControlError::InNetwork);
        }
        let WentBack { to, reverted, chain } = self.ask_worker(|reply| Job::GoBack { to, reply }).await?;
        // The core that follows knows nothing of what this one asked for.
        while !self.jobs.is_empty() && self.end.is_none() {
            let Some(done) = self.done.recv().await else { break };
            match done.id() {
                Some(id) => drop(self.jobs.remove(&id)),
                None => self.on_done(done),
            }
        }
        self.executed.clear();
        let (height, count) = (to.height, reverted.len() as u64);
        warn!(height, blocks = count, "the chain was reverted");
        let mut waiting: Vec<_> = self.core.mempool().iter().map(ValidTransaction::id).collect();
        waiting.extend(self.core.prequeue().ids());
        self.tell_removed(waiting.into_iter().map(|id| (id, Removal::TakenBack)));
        self.clock.ahead = to.clock;
        self.set_tip();
        for (height, hash) in reverted {
            self.tell(NodeEvent::BlockReverted { hash, height });
        }
        for waiter in std::mem::take(&mut self.mine_waiters) {
            let _ = waiter.reply.send(Ok(height));
        }
        (self.fresh, self.more, self.stalled) = (false, false, false);
        match last_full(&self.store) {
            Ok(height) => self.last_full = height,
            Err(error) => self.fail(error),
        }
        let now = self.now();
        (self.core, self.outputs) = core(self.core_config, &self.voters, chain, Vec::new(), Position(0), now);
        self.carry_out();
        Ok(Reverted { height, reverted: count })
    }

    fn warp(&mut self, seconds: u64) -> Result<u64, ControlError> {
        let clock = self.clock.ahead.saturating_add(seconds);
        if clock > MAX_WARP_SECONDS {
            return Err(ControlError::TooFar { seconds });
        }
        if let Err(error) = self.store.set_clock(clock) {
            return self.controlled(Err(error.into()));
        }
        self.clock.ahead = clock;
        info!(seconds, "the clock was set forward");
        Ok(self.now().as_secs())
    }

    /// The error for the caller. A chain that cannot be written any more ends the node.
    fn controlled<T>(&mut self, outcome: Result<T, LedgerError>) -> Result<T, ControlError> {
        outcome.map_err(|error| match error {
            LedgerError::Store(error) => {
                if error.is_fatal() {
                    self.fail(error.clone());
                }
                ControlError::Store(error)
            }
            other => ControlError::State(other.to_string()),
        })
    }
}

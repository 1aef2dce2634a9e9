//! State control of a development chain: snapshot, revert, warp, reset.
//!
//! Going back makes the chain what it was: later blocks are gone with their transactions, and so are the waiting ones,
//! because they would be mined again at once. The clock goes back as well. The consensus begins anew at the old tip;
//! that it has voted on this height before does not matter, because nobody else has heard of these votes.

use local_node_consensus::Input;
use tracing::{info, warn};

use super::{Node, consensus, last_full};
use crate::events::NodeEvent;
use crate::handle::{Control, ControlError, MAX_WARP_SECONDS, Reverted, TakenSnapshot};
use crate::ledger::LedgerError;
use crate::mempool::Removal;
use crate::store::Snapshot;
use crate::transaction::ValidTransaction;

impl Node {
    /// Carries out a command. Send errors are ignored: the caller may be gone.
    pub(super) fn control(&mut self, control: Control) {
        match control {
            Control::Snapshot { reply } => {
                let taken = self.ledger.snapshot(self.clock).map(|snapshot| {
                    info!(snapshot = snapshot.id, height = snapshot.height, "snapshot");
                    TakenSnapshot { snapshot: snapshot.id, height: snapshot.height }
                });
                let _ = reply.send(self.controlled(taken));
            }
            Control::Revert { snapshot, reply } => {
                let reverted = match self.ledger.find_snapshot(snapshot) {
                    Ok(to) => self.go_back(&to),
                    Err(error) => Err(error.into()),
                };
                let _ = reply.send(self.controlled(reverted));
            }
            Control::Reset { reply } => {
                let reverted = self.go_back(&Snapshot::default());
                let _ = reply.send(self.controlled(reverted));
            }
            Control::Warp { seconds, reply } => {
                let _ = reply.send(self.warp(seconds));
            }
        }
    }

    fn go_back(&mut self, to: &Snapshot) -> Result<Reverted, LedgerError> {
        let reverted = self.ledger.revert(to)?;
        let (height, count) = (to.height, reverted.len() as u64);
        warn!(height, blocks = count, "the chain was reverted");
        let waiting: Vec<_> = self.mempool.iter().map(ValidTransaction::id).collect();
        for id in waiting {
            let gone = self.mempool.remove(&id);
            self.tell_removed(gone.into_iter().map(|id| (id, Removal::TakenBack)));
        }
        let parked = self.prequeue.drain();
        self.tell_removed(parked.into_iter().map(|id| (id, Removal::TakenBack)));
        self.clock = to.clock;
        self.tip.send_replace(self.ledger.tip().clone().into());
        for (height, hash) in reverted {
            self.tell(NodeEvent::BlockReverted { hash, height });
        }
        for waiter in std::mem::take(&mut self.mine_waiters) {
            let _ = waiter.reply.send(Ok(height));
        }
        (self.fresh, self.stalled) = (false, false);
        match last_full(&self.ledger) {
            Ok(height) => self.last_full = height,
            Err(error) => self.fail(error),
        }
        self.timers.clear();
        match consensus(self.block_time, &self.voters) {
            Ok(consensus) => self.consensus = consensus,
            Err(error) => unreachable!("the node has started with this configuration: {error}"),
        }
        let tip = self.ledger.tip_context();
        self.step(Input::NewTip(Box::new(tip)));
        Ok(Reverted { height, reverted: count })
    }

    fn warp(&mut self, seconds: u64) -> Result<u64, ControlError> {
        let clock = self.clock.saturating_add(seconds);
        if clock > MAX_WARP_SECONDS {
            return Err(ControlError::TooFar { seconds });
        }
        if let Err(error) = self.ledger.store().set_clock(clock) {
            return self.controlled(Err(error.into()));
        }
        self.clock = clock;
        info!(seconds, "the clock was set forward");
        Ok(self.now().as_secs())
    }

    /// What of a failure whoever asked is told. A chain that cannot be written any more ends the node.
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

//! Verifying blocks together while the ledger executes the one before them.

use local_node_consensus::header::verify_together;
use local_node_consensus::{BeforeTip, Millis, TipContext};
use local_node_types::ledger::{Hash, Header};
use tracing::debug;

use super::Core;
use crate::ahead::Ahead;
use crate::interface::Planted;

/// The most blocks that are verified in one go, in which the core does nothing else: about 35 ms of work. Each of 64
/// blocks would cost 2 % less.
const MAX_BATCH_BLOCKS: usize = 16;
/// The most blocks that are looked at.
const MAX_LINE_BLOCKS: usize = 2 * MAX_BATCH_BLOCKS;

/// A block as a tip, if it changes no stake.
fn after(parent: &TipContext, header: &Header) -> TipContext {
    let before = BeforeTip { seed: parent.header.seed, provisioners: parent.provisioners.clone() };
    let (header, provisioners) = (header.clone(), parent.provisioners.clone());
    TipContext { header, provisioners, before: Some(before), resume: None }
}

impl Core {
    /// Plans to verify what follows the block that the ledger executes, if something does that is not verified. It
    /// happens in a call of its own, so that the ledger's thread works meanwhile.
    pub(super) fn note_ahead(&mut self, now: Millis) {
        let is_open =
            |parent: &TipContext| self.best_child(&parent.header.hash).is_some_and(|it| self.is_open(parent, it));
        if self.accepted_tip().is_some_and(|parent| is_open(&parent)) {
            self.ahead_at.get_or_insert(now);
        }
    }

    /// Verifies blocks that follow the one that the ledger executes. A failing one is verified again in its turn.
    pub(super) fn verify_ahead(&mut self, now: Millis) {
        let Some(mut parent) = self.accepted_tip() else { return };
        let mut open = Vec::new();
        for _ in 0..MAX_LINE_BLOCKS {
            let Some(child) = self.best_child(&parent.header.hash) else { break };
            let next = after(&parent, child);
            if self.is_open(&parent, child) {
                open.push((parent, child));
            }
            if open.len() == MAX_BATCH_BLOCKS {
                break;
            }
            parent = next;
        }
        let verdicts = verify_together(self.config.consensus, &open, now);
        debug!(blocks = open.len(), good = verdicts.iter().filter(|holds| **holds).count(), "verified ahead");
        let found: Vec<_> = open
            .iter()
            .zip(verdicts)
            .map(|((parent, header), holds)| (header.hash, Ahead::new(parent, holds)))
            .collect();
        for (hash, ahead) in found {
            self.pool.set_ahead(&hash, ahead);
        }
    }

    /// The tip as it will be when the ledger has accepted its block, if that changes no stake.
    fn accepted_tip(&self) -> Option<TipContext> {
        let unchecked = self.config.planted == Some(Planted::QuorumUnchecked);
        let header = self.accepting().filter(|_| self.plan.is_none() && !unchecked)?;
        Some(after(&self.chain.context(self.chain.links().len() - 1), header))
    }

    /// The pooled block that most likely follows a block. The others have to wait for their turn.
    fn best_child(&self, parent: &Hash) -> Option<&Header> {
        self.pool.children(parent).min_by_key(|child| (child.iteration, child.hash))
    }

    /// Whether nothing is known of a pooled block after this parent.
    fn is_open(&self, parent: &TipContext, header: &Header) -> bool {
        let Some(pooled) = self.pool.get(&header.hash) else { return false };
        !pooled.verified && pooled.ahead.as_ref().is_none_or(|ahead| !ahead.is_about(parent))
    }
}

//! The results of a block and its transactions.

use dusk_core::stake::Reward;
use dusk_sdk_protocol::execution::Event;
use local_node_types::bloom::Bloom;
use local_node_types::ledger::LedgerTransaction;
use local_node_vm::{Executed, Session, StateChanges, StateRoot};

use super::ExecutorError;
use crate::block::event_bytes;

/// The result of a transaction in a block.
#[derive(Debug, Clone)]
pub struct TransactionReceipt {
    /// The transaction.
    pub transaction: LedgerTransaction,
    /// Its result. Its events are those that the block counts.
    pub executed: Executed,
}

impl TransactionReceipt {
    /// The bytes of its events, about.
    pub(crate) fn event_bytes(&self) -> usize {
        event_bytes(&self.executed.events)
    }
}

/// The result of a block's execution.
#[derive(Debug)]
pub struct ExecutedBlock {
    /// The block's height.
    pub height: u64,
    /// The gas limit that it was executed under.
    pub gas_limit: u64,
    /// The state root after it.
    pub root: StateRoot,
    /// The filter over its events.
    pub bloom: Bloom,
    /// The results of its transactions.
    pub receipts: Vec<TransactionReceipt>,
    /// The events of the chain's own part: slashes, rewards.
    pub events: Vec<Event>,
    /// The paid rewards.
    pub rewards: Vec<Reward>,
    /// The fees of all transactions together, in LUX.
    pub fees: u64,
    pub(super) session: Session,
    pub(super) held_bytes: usize,
}

impl ExecutedBlock {
    /// Bytes that its session holds, at most ([`Session::held_bytes`]).
    pub(crate) const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Keeps the state, so that blocks can be built on its root. On request it says what changed, for a store.
    ///
    /// # Errors
    /// When the machine fails.
    ///
    /// # Panics
    /// When the machine commits another state than it announced: it is broken then.
    pub fn commit(self, with_changes: bool) -> Result<Committed, ExecutorError> {
        let Self { height, root, receipts, events, rewards, fees, session, .. } = self;
        let (committed, changes) = if with_changes {
            let (committed, changes) = session.commit_with_changes()?;
            (committed, Some(changes))
        } else {
            (session.commit()?, None)
        };
        assert_eq!(committed, root, "the state root changed between the end of block {height} and its commit");
        Ok(Committed { root, changes, receipts, events, rewards, fees })
    }
}

/// The parts of an [`ExecutedBlock`] that remain after its state is stored.
#[derive(Debug)]
pub struct Committed {
    /// The state root.
    pub root: StateRoot,
    /// The changes of the state, if they were requested.
    pub changes: Option<StateChanges>,
    /// The results of the transactions.
    pub receipts: Vec<TransactionReceipt>,
    /// The events of the chain's own part.
    pub events: Vec<Event>,
    /// The paid rewards.
    pub rewards: Vec<Reward>,
    /// The fees of all transactions together, in LUX.
    pub fees: u64,
}

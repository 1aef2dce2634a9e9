//! The events of a node for its listeners.

mod listeners;

use std::sync::Arc;

use dusk_sdk_protocol::execution::Event;
use local_node_core::mempool::Removal;
use local_node_types::ledger::{Hash, Label};

pub(crate) use self::listeners::{Announcer, Audience, announcer};
pub use self::listeners::{ListenError, Listener};
use crate::block::{SpentTransaction, StoredBlock, TxId};
use crate::transaction::ValidTransaction;
use crate::weight;

/// How many events a listener may be behind before it loses the oldest.
pub const MAX_EVENTS_BEHIND: usize = 1024;
/// How many bytes the events that listeners have not heard yet may take together, about, where there is more than one.
pub const MAX_BYTES_BEHIND: usize = 64 << 20;
/// The bytes of an event besides blocks and transactions.
const EVENT_BYTES: usize = 1024;

/// Something that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NodeEvent {
    /// The chain has a new block.
    BlockAccepted(Arc<StoredBlock>),
    /// A block became confirmed or final.
    BlockLabelled {
        /// The block's hash.
        hash: Hash,
        /// The block's height.
        height: u64,
        /// Its new label.
        label: Label,
        /// The height of the block that did it.
        at_height: u64,
    },
    /// A block is not part of the chain any more.
    BlockReverted {
        /// The block's hash.
        hash: Hash,
        /// The block's height.
        height: u64,
    },
    /// A transaction waits in the mempool now.
    TransactionAdmitted(ValidTransaction),
    /// A transaction is in a block now. It comes with the block ([`contents`](Self::contents)).
    TransactionExecuted(Arc<SpentTransaction>),
    /// A transaction waits outside the mempool for one that must come before it.
    TransactionDeferred {
        /// The transaction.
        id: TxId,
    },
    /// A transaction has left the mempool without a block, or was given up before it entered it.
    TransactionRemoved {
        /// The transaction.
        id: TxId,
        /// Why.
        reason: Removal,
    },
    /// A contract made something known. It comes with the block ([`contents`](Self::contents)).
    Contract {
        /// The event.
        event: Event,
        /// The transaction in which it did, or the block if the chain itself called it.
        origin: Hash,
    },
}

impl NodeEvent {
    /// The events of a new block, in order: each transaction with its events, and then the events of the chain's own
    /// part. Any other event brings nothing.
    ///
    /// The node tells of the block alone. Contracts decide how many events there are, and each by itself would count as
    /// one that a listener is behind.
    pub fn contents(&self) -> impl Iterator<Item = Self> {
        let block = match self {
            Self::BlockAccepted(block) => Some(block),
            _ => None,
        };
        let mut place = Place::default();
        std::iter::from_fn(move || place.next(block?))
    }

    /// The bytes that it takes while a listener has not heard it, about.
    fn bytes(&self) -> usize {
        let carried = match self {
            Self::BlockAccepted(block) => weight::block(block),
            Self::TransactionAdmitted(transaction) => weight::transaction(transaction.protocol()),
            Self::TransactionExecuted(spent) => weight::spent(spent),
            Self::Contract { event, .. } => event.topic.len() + event.data.len(),
            Self::BlockLabelled { .. }
            | Self::BlockReverted { .. }
            | Self::TransactionDeferred { .. }
            | Self::TransactionRemoved { .. } => 0,
        };
        EVENT_BYTES + carried
    }
}

/// A place among what a block brings, for whoever does not hold the block in between.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// The transaction; as many as there are for the chain's own part.
    transaction: usize,
    /// The event of that part; for a transaction 0 stands for the transaction itself.
    event: usize,
}

impl Place {
    /// The event at this place, and the next place.
    pub(crate) fn next(&mut self, block: &StoredBlock) -> Option<NodeEvent> {
        let told = |event: &Event, origin| NodeEvent::Contract { event: event.clone(), origin };
        let event = self.event;
        self.event += 1;
        let Some(spent) = block.transactions.get(self.transaction) else {
            return block.events.get(event).map(|event| told(event, block.header().hash));
        };
        match event.checked_sub(1) {
            None => Some(NodeEvent::TransactionExecuted(Arc::clone(spent))),
            Some(event) => match spent.events.get(event) {
                Some(event) => Some(told(event, spent.id().0)),
                None => {
                    *self = Self { transaction: self.transaction + 1, event: 0 };
                    self.next(block)
                }
            },
        }
    }
}

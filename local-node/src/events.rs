//! What a node tells those who listen.

use std::sync::Arc;

use dusk_sdk_protocol::execution::Event;
use local_node_types::ledger::{Hash, Label};

use crate::block::{SpentTransaction, StoredBlock, TxId};
use crate::mempool::Removal;
use crate::transaction::Checked;

/// How many events a listener may be behind before it loses the oldest.
pub const MAX_EVENTS_BEHIND: usize = 1024;

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
    TransactionIncluded(Checked),
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
        /// What.
        event: Event,
        /// The transaction in which it did, or the block if the chain itself called it.
        origin: Hash,
    },
}

impl NodeEvent {
    /// What a new block brings, in order: each transaction with its events, and then the events of the chain's own part.
    /// Any other event brings nothing.
    ///
    /// The node tells of the block alone. Contracts decide how many events there are, and each by itself would count as one
    /// that a listener is behind.
    pub fn contents(&self) -> impl Iterator<Item = Self> {
        let block = match self {
            Self::BlockAccepted(block) => Some(block),
            _ => None,
        };
        let told = |event: &Event, origin| Self::Contract { event: event.clone(), origin };
        block.into_iter().flat_map(move |block| {
            let executed = block.transactions.iter().flat_map(move |spent| {
                let events = spent.events.iter().map(move |event| told(event, spent.id().0));
                std::iter::once(Self::TransactionExecuted(Arc::clone(spent))).chain(events)
            });
            executed.chain(block.events.iter().map(move |event| told(event, block.header().hash)))
        })
    }
}

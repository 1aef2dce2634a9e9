//! What a node tells those who listen.

use std::sync::Arc;

use local_node_types::execution::{Event, HexId};
use local_node_types::ledger::{Hash, Label};

use crate::mempool::Removal;
use crate::store::{SpentTransaction, StoredBlock};
use crate::transaction::{Checked, TxId};

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
    /// A transaction is in a block now.
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
    /// A contract made something known.
    Contract {
        /// What.
        event: Event,
        /// The transaction in which it did, or the block if the chain itself called it.
        origin: Hash,
    },
}

impl NodeEvent {
    /// The path under which the event is published, `/on/component:entity/topic` (sheet `protocol/http-api.md`,
    /// section 3).
    #[must_use]
    pub fn location(&self) -> String {
        match self {
            Self::BlockAccepted(block) => format!("/on/blocks:{}/accepted", hex::encode(block.header().hash)),
            Self::BlockLabelled { hash, .. } => format!("/on/blocks:{}/statechange", hex::encode(hash)),
            Self::BlockReverted { hash, .. } => format!("/on/blocks:{}/reverted", hex::encode(hash)),
            Self::TransactionIncluded(transaction) => format!("/on/transactions:{}/included", transaction.id()),
            Self::TransactionExecuted(transaction) => format!("/on/transactions:{}/executed", transaction.id()),
            Self::TransactionDeferred { id } => format!("/on/transactions:{id}/deferred"),
            Self::TransactionRemoved { id, reason: Removal::GivenUp(_) } => format!("/on/transactions:{id}/dropped"),
            Self::TransactionRemoved { id, .. } => format!("/on/transactions:{id}/removed"),
            Self::Contract { event, .. } => format!("/on/contracts:{}/{}", HexId(&event.source), event.topic),
        }
    }
}

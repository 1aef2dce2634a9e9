//! Why a node does not do what it was asked.

use local_node_core::mempool::{PoolError, Removal};
use local_node_types::rules::Profile;

use super::{MAX_CHECKS, MAX_COMPILATIONS, MAX_COMPILATIONS_PER_SENDER, MAX_MINE_WAITERS, MAX_WARP_SECONDS};
use crate::block::TxId;
use crate::end::Stopped;
use crate::reader::QueryError;
use crate::store::StoreError;
use crate::transaction::TransactionError;

/// Why a transaction is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// It is not well-formed, or not for this chain.
    #[error(transparent)]
    Invalid(#[from] TransactionError),
    /// The state or the mempool does not allow it.
    #[error(transparent)]
    Refused(#[from] PoolError),
    /// The sender's account cannot be read.
    #[error("the sender's account cannot be read: {0}")]
    State(String),
    /// Too many concurrent checks of transactions.
    #[error("the node is checking {MAX_CHECKS} transactions: send it again later")]
    Busy,
    /// Too many concurrent deployments.
    #[error(
        "the node is compiling contracts, {MAX_COMPILATIONS} in all or {MAX_COMPILATIONS_PER_SENDER} of this sender: send \
         it again later"
    )]
    Compiling,
    /// The node panicked during the check.
    #[error("the node panicked while it checked the transaction: {0}; please report this fault of the node")]
    Failed(String),
    /// The node no longer answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why waiting for a transaction has no end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// It has left the mempool without a block.
    #[error("transaction {id} has left the mempool without a block: {reason}")]
    Removed {
        /// The transaction.
        id: TxId,
        /// Why.
        reason: Removal,
    },
    /// The node does not know of it.
    #[error("transaction {0} is neither in a block nor in the mempool")]
    Unknown(TxId),
    /// The node no longer answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why no blocks are made on request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MineError {
    /// Too many requests wait.
    #[error("{MAX_MINE_WAITERS} requests for blocks already wait: ask again later")]
    Busy,
    /// The node no longer answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why a transaction cannot be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// It is not well-formed, or not for this chain; or the node is too busy, or was shut down.
    #[error(transparent)]
    Refused(#[from] SubmitError),
    /// The state cannot be queried.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Why the state of a chain is not controlled as asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The chain is shared with other nodes.
    #[error("this node is part of a network: its chain and clock cannot be set back or forward")]
    InNetwork,
    /// The chain follows the rules of a public network, where nobody can do this.
    #[error("the chain follows the rules of {0}: only a chain with local rules can be reverted or warped")]
    NotLocal(Profile),
    /// There is no such snapshot, there are too many, or the chain cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The earlier state cannot be read.
    #[error("the earlier state cannot be read: {0}")]
    State(String),
    /// The clock would be too far ahead.
    #[error("{seconds} seconds are too many: the clock may be at most {MAX_WARP_SECONDS} ahead")]
    TooFar {
        /// The seconds asked for.
        seconds: u64,
    },
    /// The node no longer answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

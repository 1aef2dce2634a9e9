//! The ledger: blocks and what they are made of, in the production chain's layout.
//!
//! Source: the book, "Consensus", sections "Votes and signatures", "Structures", "Finality" and "Faults and slashes",
//! and "Transactions and fees", section "Envelopes".

mod attestation;
mod block;
mod fault;
mod header;
mod label;
mod transaction;

pub use attestation::{
    Attestation, FailedIteration, IterationsInfo, MAX_FAILED_ITERATIONS, RatificationResult, StepVotes,
    TooManyIterations, Vote,
};
pub use block::{Block, MAX_BLOCK_BLOBS, MAX_FAULTS, MAX_TRANSACTIONS};
pub use fault::{Fault, Statement};
pub use header::{BLOCK_VERSION, ConsensusHeader, Header, StepName};
pub use label::Label;
pub use transaction::{KnownTransactions, LedgerTransaction, MAX_BLOBS, MAX_ENCODED_TRANSACTION_BYTES};

/// A 32-byte digest.
pub type Hash = [u8; 32];

/// The signature that a block's generator made of the previous block's seed. Sortition draws from it.
pub type Seed = crate::keys::BlsSignature;

//! Why a transaction is refused before the chain's state is asked.

use local_node_core::mempool::TermsError;
use local_node_vm::{BlobError, ModuleError};

use super::{MAX_ARGUMENT_BYTES, MAX_TRANSACTION_BYTES};

/// Why a transaction is refused before the chain's state is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// It cannot fit into a block.
    #[error("the transaction has {bytes} bytes, but a block takes at most {MAX_TRANSACTION_BYTES}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
    },
    /// It does not fit into the argument buffer of the transfer contract.
    #[error(
        "the transaction's arguments have {bytes} bytes when encoded for the transfer contract, \
         which takes {MAX_ARGUMENT_BYTES}: pass less data in one call"
    )]
    ArgumentsTooLarge {
        /// The bytes of its encoding without bytecode.
        bytes: usize,
    },
    /// The bytes are not a transaction.
    #[error("the bytes are not a transaction: {0}")]
    Malformed(String),
    /// It was signed for another chain.
    #[error("the transaction is for chain {found}, but this is chain {expected}: sign it with chain id {expected}")]
    WrongChain {
        /// This chain's id.
        expected: u8,
        /// The transaction's.
        found: u8,
    },
    /// This node does not support the kind of transaction.
    #[error("this node does not support {0} transactions yet: use a public (Moonlight) transaction")]
    Unsupported(&'static str),
    /// The number of its blobs is invalid.
    #[error("the transaction carries {count} blobs: the valid number is 1 to 6")]
    BlobCount {
        /// Number of blocks.
        count: usize,
    },
    /// One of its blobs is not acceptable.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The gas price is too low.
    #[error("the gas price is {price} LUX, but at least {least} is needed")]
    GasPriceTooLow {
        /// The transaction's.
        price: u64,
        /// The least possible.
        least: u64,
    },
    /// The gas limit is too low.
    #[error("the gas limit is {limit}, but this transaction needs at least {least}")]
    GasLimitTooLow {
        /// The transaction's.
        limit: u64,
        /// The least possible.
        least: u64,
    },
    /// The gas limit exceeds that of a block.
    #[error("the gas limit is {limit}, but a block has at most {most}")]
    GasLimitTooHigh {
        /// The transaction's.
        limit: u64,
        /// The most possible.
        most: u64,
    },
    /// The sum of value, deposit and fee overflows 64 bits.
    #[error("value, deposit and highest fee overflow 64 bits: lower the gas price or the gas limit")]
    Overflow,
    /// The rules in force forbid the operation.
    #[error("the rules of {profile} at height {height} do not allow it: {what}")]
    Forbidden {
        /// The forbidden feature.
        what: String,
        /// The name of the rule profile.
        profile: &'static str,
        /// The height.
        height: u64,
    },
    /// The virtual machine would refuse the module to deploy.
    #[error("the contract cannot be deployed: {0}; build it with `cargo dusk build`")]
    BadModule(#[from] ModuleError),
    /// The module to deploy differs from the signed one.
    #[error("the contract cannot be deployed: its bytecode does not have the hash that the transaction states")]
    BytecodeHash,
    /// The signature is not the sender's.
    #[error("the signature is not valid: the sender must sign the whole transaction with scheme V2")]
    BadSignature,
}

impl From<TermsError> for TransactionError {
    fn from(problem: TermsError) -> Self {
        match problem {
            TermsError::Overflow => Self::Overflow,
            TermsError::Shielded => Self::Unsupported("shielded (Phoenix)"),
        }
    }
}

//! Why a block or a transaction cannot be executed.

use dusk_core::transfer::TransactionFormat;
use local_node_consensus::rewards::NoVoters;
use local_node_vm::{ExecutionError, VmError};

/// Why the chain's own part of a block failed, as opposed to a transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutorError {
    /// The virtual machine failed.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// A genesis contract refused what the chain itself asked of it.
    #[error("the genesis contract did not carry out `{function}`")]
    Refused {
        /// The function.
        function: &'static str,
        /// Why.
        #[source]
        error: VmError,
    },
    /// The rewards cannot be computed.
    #[error(transparent)]
    Reward(#[from] NoVoters),
    /// A value for a genesis contract, or its answer, does not encode.
    #[error("a value of `{0}` does not encode")]
    Encoding(&'static str),
    /// Nobody needs the block any more.
    #[error("the block was cancelled")]
    Cancelled,
}

/// Why a transaction does not run in a block. The block is then as if it had not been tried, unless
/// [the block is broken](Self::breaks_block).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The state does not allow it, now or ever.
    #[error(transparent)]
    Unspendable(ExecutionError),
    /// It was still running when its time was over.
    #[error("it takes longer than the time that it was given")]
    TooLong,
    /// The machine failed; this may say nothing about the transaction.
    #[error("the machine failed: {0}")]
    Machine(#[source] VmError),
    /// The machine panicked.
    #[error("the machine panicked: {0}")]
    Panicked(String),
    /// It spends more gas than the block has left.
    #[error("it spends {spent} gas, but the block has only {left} left")]
    BlockGas {
        /// The spent gas.
        spent: u64,
        /// The gas that remains for the block.
        left: u64,
    },
    /// The block holds transactions of another form at this height.
    #[error("it has the form {found:?}, but blocks at this height hold {expected:?}")]
    Format {
        /// The transaction's.
        found: TransactionFormat,
        /// The height's.
        expected: TransactionFormat,
    },
}

impl RunError {
    /// Whether the open block is of no use any more and has to be begun anew.
    #[must_use]
    pub const fn breaks_block(&self) -> bool {
        matches!(self, Self::Machine(_) | Self::Panicked(_))
    }
}

impl From<ExecutionError> for RunError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Unspendable(VmError::TimeLimit) | ExecutionError::FailedRefund(VmError::TimeLimit) => {
                Self::TooLong
            }
            ExecutionError::Unspendable(error) | ExecutionError::FailedRefund(error) if is_of_the_machine(&error) => {
                Self::Machine(error)
            }
            error => Self::Unspendable(error),
        }
    }
}

/// Whether an error says something about the machine, not about the call.
const fn is_of_the_machine(error: &VmError) -> bool {
    matches!(error, VmError::Unusable | VmError::System(_) | VmError::Engine(_) | VmError::Interrupted)
}

//! Filling a candidate with waiting transactions.

use std::fmt;

use local_node_consensus::BlockBody;
use local_node_types::ledger::MAX_TRANSACTIONS;
use local_node_vm::ExecutionError;

use crate::executor::{ExecutorError, OpenBlock, RunError, Transition};
use crate::mempool::Queue;

use crate::transaction::TxId;

/// Bytes that a block takes for counting its transactions.
const COUNT_BYTES: usize = 4;

/// What bounds the making of a candidate besides bytes and gas.
pub struct BuildLimits<'a> {
    /// The most transactions.
    pub transactions: usize,
    /// Whether the time is up; asked before each transaction.
    pub expired: &'a mut dyn FnMut() -> bool,
}

impl<'a> BuildLimits<'a> {
    /// The protocol's most transactions, and a limit of time.
    pub fn new(expired: &'a mut dyn FnMut() -> bool) -> Self {
        Self { transactions: MAX_TRANSACTIONS, expired }
    }
}

impl fmt::Debug for BuildLimits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildLimits").field("transactions", &self.transactions).finish_non_exhaustive()
    }
}

/// A body, and what is of no use to any block.
#[derive(Debug)]
pub struct Built {
    /// What the block holds.
    pub body: BlockBody,
    /// Transactions that can never run, with the reason. The mempool should forget them.
    pub refused: Vec<(TxId, ExecutionError)>,
}

type Refused = Vec<(TxId, ExecutionError)>;

/// Runs transactions from the queue until nothing more fits, and ends the block.
pub(super) fn fill(
    mut block: OpenBlock,
    mut queue: Queue,
    limits: &mut BuildLimits<'_>,
    max_bytes: usize,
) -> Result<(Transition, Refused), ExecutorError> {
    let mut bytes_left = max_bytes.saturating_sub(2 * COUNT_BYTES);
    let mut refused = Vec::new();
    while block.receipts().len() < limits.transactions && !(limits.expired)() {
        let Some(transaction) = queue.next() else { break };
        if transaction.ledger_bytes() > bytes_left {
            continue;
        }
        let format = block.ledger_format();
        match block.run(&transaction.transaction().reformatted(format)) {
            Ok(_) => {
                bytes_left -= transaction.ledger_bytes();
                queue.ran(&transaction);
            }
            // The nonce may become right, or the next block has the gas for it.
            Err(RunError::BlockGas { .. } | RunError::Unspendable(ExecutionError::NotReady)) => {}
            Err(RunError::Machine(error)) => return Err(error.into()),
            Err(RunError::Unspendable(reason)) => refused.push((transaction.id(), reason)),
            Err(RunError::Format { .. }) => unreachable!("the transaction was brought to the block's format"),
        }
    }
    Ok((block.close()?, refused))
}

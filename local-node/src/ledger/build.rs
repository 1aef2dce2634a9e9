//! Filling a candidate with waiting transactions.
//!
//! No transaction can keep the others out of blocks for long. A transaction that still runs when the time is up waits
//! for the next block and is its first; one that has used a block's whole time leaves the mempool. The same holds for
//! one that meets a bound of the machine, because the transactions before it in the block have used a part of what is
//! bounded, and one that makes the machine fail or panic; the candidate is then begun anew without it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use local_node_consensus::BlockBody;
use local_node_core::mempool::Queue;
use local_node_types::ledger::MAX_TRANSACTIONS;
use local_node_vm::{ExecutionError, VmError};

use crate::block::TxId;
use crate::executor::{BlockExecution, ExecutedBlock, ExecutorError, RunError, TransactionReceipt};
use crate::store::{Slot, Store};
use crate::transaction::ValidTransaction;
use crate::work::Cancel;

/// Bytes that a block takes for counting its transactions.
const COUNT_BYTES: usize = 4;
/// When the events of a block have so many bytes, it takes no further transaction: gas bounds them only at 750 MB, and
/// blocks are held by all who look at them.
const ENOUGH_EVENT_BYTES: usize = 64 << 20;
/// How often a candidate is begun anew because a transaction has broken it. After that it stays empty.
const MAX_RESTARTS: usize = 4;

/// The limits of building a candidate besides bytes and gas.
#[derive(Debug, Clone)]
pub struct BuildLimits {
    /// The most transactions.
    pub transactions: usize,
    /// The time, where there is a limit of time.
    pub time: Option<BuildTime>,
    /// The signal that ends the build early.
    pub(crate) cancel: Cancel,
}

/// The time for making a candidate.
#[derive(Debug, Clone, Copy)]
pub struct BuildTime {
    /// When it began.
    pub begun: Instant,
    /// How long transactions are taken, and how long each but the first may run.
    pub most: Duration,
    /// How long the first transaction may run.
    pub most_of_first: Duration,
}

impl BuildTime {
    fn is_up(&self) -> bool {
        self.begun.elapsed() > self.most
    }

    /// Until when a transaction may run.
    fn until(&self, is_first: bool) -> Option<Instant> {
        self.begun.checked_add(if is_first { self.most_of_first.max(self.most) } else { self.most })
    }
}

impl BuildLimits {
    /// The protocol's most transactions, and a limit of time.
    #[must_use]
    pub fn new(time: Option<BuildTime>) -> Self {
        Self { transactions: MAX_TRANSACTIONS, time, cancel: Cancel::default() }
    }
}

/// A body, and what is of no use to any block.
#[derive(Debug)]
pub struct Built {
    /// The contents of the block.
    pub body: BlockBody,
    /// Transactions that can never run here, with the reason. The mempool should forget them.
    pub unfit: Vec<(TxId, Unfit)>,
    /// A transaction that has to be the first one of the next block, because nothing else may take of its time.
    pub postponed: Option<TxId>,
    /// Whether there was no time, or no room for events, to look at all transactions.
    pub is_cut: bool,
}

/// Why a transaction is of no use to any block of this node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// The state does not allow it, now or ever.
    #[error(transparent)]
    CannotRun(ExecutionError),
    /// It was the first one of a block and still did not come to its end.
    #[error("it takes longer than {0:?}")]
    TooLong(Duration),
    /// The machine failed at it, as the first one of a block.
    #[error("the machine failed: {0}")]
    Machine(VmError),
    /// The machine panicked at it, as the first one of a block.
    #[error("the machine panicked: {0}")]
    Panicked(String),
}

/// A candidate that is being made.
pub(super) struct Filling<'a> {
    store: &'a Store,
    limits: BuildLimits,
    max_bytes: usize,
    has_tried: bool,
    /// The transactions that are not tried again for this candidate.
    skipped: BTreeSet<TxId>,
    unfit: Vec<(TxId, Unfit)>,
    postponed: Option<TxId>,
    is_cut: bool,
}

/// A block with all its transactions, and what did not find a place in it.
pub(super) struct Filled {
    pub(super) executed: ExecutedBlock,
    pub(super) unfit: Vec<(TxId, Unfit)>,
    pub(super) postponed: Option<TxId>,
    pub(super) is_cut: bool,
}

impl<'a> Filling<'a> {
    pub(super) fn new(store: &'a Store, limits: BuildLimits, max_bytes: usize) -> Self {
        Self {
            store,
            limits,
            max_bytes,
            has_tried: false,
            skipped: BTreeSet::new(),
            unfit: Vec::new(),
            postponed: None,
            is_cut: false,
        }
    }

    /// Runs transactions from the queue until nothing more fits, and ends the block.
    pub(super) fn run(
        mut self,
        queue: &Queue,
        open: impl Fn() -> Result<BlockExecution, ExecutorError>,
    ) -> Result<Filled, ExecutorError> {
        let mut restarts = 0;
        let block = loop {
            if restarts > MAX_RESTARTS {
                self.is_cut = true;
                break open()?;
            }
            if let Some(block) = self.fill(open()?, queue.clone())? {
                break block;
            }
            restarts += 1;
        };
        let Self { unfit, postponed, is_cut, .. } = self;
        Ok(Filled { executed: block.close()?, unfit, postponed, is_cut })
    }

    /// Fills an open block. Gives nothing when a transaction has broken it.
    fn fill(&mut self, mut block: BlockExecution, mut queue: Queue) -> Result<Option<BlockExecution>, ExecutorError> {
        let mut bytes_left = self.max_bytes.saturating_sub(2 * COUNT_BYTES);
        let mut event_bytes = 0;
        while block.receipts().len() < self.limits.transactions {
            let Some(transaction) = queue.next() else { break };
            if self.limits.cancel.is_cancelled() {
                return Err(ExecutorError::Cancelled);
            }
            if event_bytes >= ENOUGH_EVENT_BYTES || self.limits.time.is_some_and(|time| time.is_up()) {
                self.is_cut = true;
                break;
            }
            if transaction.ledger_bytes() > bytes_left || self.skipped.contains(&transaction.id()) {
                continue;
            }
            match self.try_one(&mut block, &transaction)? {
                Tried::Ran => {
                    bytes_left -= transaction.ledger_bytes();
                    event_bytes += block.receipts().last().map_or(0, TransactionReceipt::event_bytes);
                    queue.ran(&transaction);
                }
                Tried::LeftOut => {}
                Tried::Broke => return Ok(None),
            }
        }
        Ok(Some(block))
    }

    /// Runs a transaction, and decides what is to become of it if it does not come into the block.
    fn try_one(&mut self, block: &mut BlockExecution, transaction: &ValidTransaction) -> Result<Tried, ExecutorError> {
        let (id, is_first) = (transaction.id(), !std::mem::replace(&mut self.has_tried, true));
        block.set_deadline(self.limits.time.and_then(|time| time.until(is_first)));
        block.set_cancel(&self.limits.cancel);
        self.store.mark_running(Slot::Block, Some(&id));
        let ran = block.run(&transaction.transaction().reformatted(block.ledger_format())).map(drop);
        self.store.mark_running(Slot::Block, None);
        let Err(error) = ran else { return Ok(Tried::Ran) };
        if self.limits.cancel.is_cancelled() {
            return Err(ExecutorError::Cancelled);
        }
        let tried = if error.breaks_block() { Tried::Broke } else { Tried::LeftOut };
        match error {
            // The nonce may become right, or the next block has the gas for it.
            RunError::BlockGas { .. } | RunError::Unspendable(ExecutionError::NotReady) => {}
            RunError::Machine(error @ VmError::Interrupted) => return Err(error.into()),
            // The writes of the transactions before it count as well.
            RunError::Unspendable(reason @ ExecutionError::Unspendable(VmError::MachineLimit(_))) => {
                self.put_off(id, is_first, Unfit::CannotRun(reason));
            }
            RunError::Unspendable(reason) => self.give_up(id, Unfit::CannotRun(reason)),
            RunError::TooLong => {
                let most = self.limits.time.map_or(Duration::ZERO, |time| time.most_of_first);
                self.put_off(id, is_first, Unfit::TooLong(most));
            }
            RunError::Machine(error) => self.put_off(id, is_first, Unfit::Machine(error)),
            RunError::Panicked(text) => self.put_off(id, is_first, Unfit::Panicked(text)),
            RunError::Format { .. } => unreachable!("the transaction was brought to the block's format"),
        }
        Ok(tried)
    }

    fn give_up(&mut self, id: TxId, reason: Unfit) {
        self.skipped.insert(id);
        self.unfit.push((id, reason));
    }

    /// Gives a transaction up if nothing else can be to blame, and lets it begin the next block otherwise.
    fn put_off(&mut self, id: TxId, is_first: bool, reason: Unfit) {
        if is_first {
            return self.give_up(id, reason);
        }
        self.skipped.insert(id);
        self.postponed.get_or_insert(id);
    }
}

/// The result of a transaction.
#[derive(Debug, Clone, Copy)]
enum Tried {
    /// It is in the block.
    Ran,
    /// It is not in the block, which is as before.
    LeftOut,
    /// It is not in the block, which has to be begun anew.
    Broke,
}

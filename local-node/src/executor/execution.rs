//! A block under construction or verification.

use std::time::Instant;

use dusk_core::stake::{Reward, STAKE_CONTRACT};
use dusk_core::transfer::{TRANSFER_CONTRACT, TransactionFormat};
use dusk_sdk_protocol::execution::Event;
use local_node_types::bloom::Bloom;
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::{Fork, Rules};
use local_node_vm::{Mark, Receipt, Session, VmError};

use super::{BlockParams, Committed, ExecutedBlock, ExecutorError, RunError, TransactionReceipt, host_call};
use crate::work::{Cancel, contained};

/// A block under construction or verification.
#[derive(Debug)]
pub struct BlockExecution {
    session: Session,
    keeps_traces: bool,
    rules: Rules,
    params: BlockParams,
    deadline: Option<Instant>,
    cancel: Option<Cancel>,
    gas_left: u64,
    fees: u64,
    bloom: Bloom,
    receipts: Vec<TransactionReceipt>,
    events: Vec<Event>,
}

impl BlockExecution {
    /// Begins a block in a session on the state before it.
    pub(super) fn begin(mut session: Session, rules: Rules, params: BlockParams) -> Result<Self, ExecutorError> {
        host_call(&mut session, STAKE_CONTRACT, "before_state_transition", &())?;
        let mut block = Self {
            gas_left: params.gas_limit,
            keeps_traces: false,
            session,
            rules,
            params,
            deadline: None,
            cancel: None,
            fees: 0,
            bloom: Bloom::default(),
            receipts: Vec::new(),
            events: Vec::new(),
        };
        if rules.fork() >= Fork::Boreas {
            block.slash()?;
        }
        Ok(block)
    }

    /// Until when the next transactions may run; `None` where only gas bounds them, as in verification. One that has
    /// not ended by then is not in the block ([`RunError::TooLong`]); for those that are in it the time makes no
    /// difference.
    pub const fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Ends the transaction that runs, and all later ones, as soon as the block is cancelled. It is of no use then.
    pub(crate) fn set_cancel(&mut self, cancel: &Cancel) {
        self.cancel = Some(cancel.clone());
    }

    /// Keeps the calls of each transaction in its receipt. They can be larger than all else that a block has, and only
    /// tests of contracts look at them.
    #[must_use]
    pub const fn keeping_traces(mut self) -> Self {
        self.keeps_traces = true;
        self
    }

    /// The transactions that have run.
    #[must_use]
    pub fn receipts(&self) -> &[TransactionReceipt] {
        &self.receipts
    }

    /// The form of transactions that the block holds.
    #[must_use]
    pub const fn ledger_format(&self) -> TransactionFormat {
        self.rules.fork().ledger_format()
    }

    /// Gas that the next transactions may spend.
    #[must_use]
    pub const fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Runs a transaction. A call that fails is no error: it is paid for, and the receipt says so.
    ///
    /// # Errors
    /// When the transaction cannot be in the block at this place. The block goes on without it, unless the error
    /// [breaks it](RunError::breaks_block).
    pub fn run(&mut self, transaction: &LedgerTransaction) -> Result<&TransactionReceipt, RunError> {
        let (found, expected) = (transaction.format(), self.ledger_format());
        if found != expected {
            return Err(RunError::Format { found, expected });
        }
        let before = self.session.mark().map_err(RunError::Machine)?;
        self.session.set_deadline(self.deadline);
        self.session.set_cancel(self.cancel.as_ref().map(Cancel::switch));
        let ran = contained(|| local_node_vm::execute(&mut self.session, transaction.protocol()));
        let mut executed = match ran {
            Ok(Ok(executed)) => executed,
            Ok(Err(error)) => return Err(self.undo(before, error.into())),
            Err(panic) => return Err(RunError::Panicked(panic)),
        };
        self.session.set_deadline(None);
        self.session.set_cancel(None);
        let (spent, left) = (executed.gas_spent, self.gas_left);
        let fee = spent.checked_mul(transaction.protocol().gas_price()).and_then(|fee| self.fees.checked_add(fee));
        let (Some(gas_left), Some(fees)) = (left.checked_sub(spent), fee) else {
            return Err(self.undo(before, RunError::BlockGas { spent, left }));
        };
        (self.gas_left, self.fees) = (gas_left, fees);
        if !self.keeps_traces {
            executed.traces = Vec::new();
        }
        executed.events = executed.ledger_events(self.rules);
        executed.events.iter().for_each(|event| self.bloom.add_event(event));
        self.receipts.push(TransactionReceipt { transaction: transaction.clone(), executed });
        Ok(&self.receipts[self.receipts.len() - 1])
    }

    /// Pays the rewards and ends the block, but keeps nothing yet.
    ///
    /// # Errors
    /// When the chain's own part of the block fails.
    pub fn close(mut self) -> Result<ExecutedBlock, ExecutorError> {
        let rewards = self.end()?;
        let root = self.session.root()?;
        let held_bytes = self.session.held_bytes()?;
        let Self { session, params, fees, bloom, receipts, events, .. } = self;
        let BlockParams { height, gas_limit, .. } = params;
        Ok(ExecutedBlock { height, gas_limit, root, bloom, receipts, events, rewards, fees, session, held_bytes })
    }

    /// Pays the rewards, ends the block, and keeps its state: for a block that nobody has to agree to. On request it
    /// says what changed.
    ///
    /// # Errors
    /// When the chain's own part of the block fails.
    pub fn commit(mut self, with_changes: bool) -> Result<Committed, ExecutorError> {
        let rewards = self.end()?;
        let Self { session, fees, receipts, events, .. } = self;
        let (root, changes) = if with_changes {
            let (root, changes) = session.commit_with_changes()?;
            (root, Some(changes))
        } else {
            (session.commit()?, None)
        };
        Ok(Committed { root, changes, receipts, events, rewards, fees })
    }

    /// Runs the calls after the transactions. Gives the rewards.
    fn end(&mut self) -> Result<Vec<Reward>, ExecutorError> {
        let mut rewards = Vec::new();
        if let Some(payees) = &self.params.payees {
            rewards = payees.rewards(self.params.height, self.fees)?;
            let receipt = host_call(&mut self.session, STAKE_CONTRACT, "reward", &rewards)?;
            self.count(receipt);
        }
        if self.rules.fork() < Fork::Boreas {
            self.slash()?;
        }
        let receipt = host_call(&mut self.session, TRANSFER_CONTRACT, "update_root", &())?;
        self.count(receipt);
        Ok(rewards)
    }

    fn undo(&mut self, mark: Mark, error: RunError) -> RunError {
        self.session.set_deadline(None);
        self.session.set_cancel(None);
        match self.session.rewind(mark) {
            Ok(()) => error,
            Err(failure) => RunError::Machine(failure),
        }
    }

    fn count(&mut self, receipt: Receipt) {
        receipt.events.iter().for_each(|event| self.bloom.add_event(event));
        self.events.extend(receipt.events);
    }

    /// Slashes as the production chain does today: every kind of misbehaviour softly, and those without a stake not.
    fn slash(&mut self) -> Result<(), ExecutorError> {
        for provisioner in std::mem::take(&mut self.params.slashed) {
            match host_call(&mut self.session, STAKE_CONTRACT, "slash", &(provisioner, None::<u64>)) {
                Ok(receipt) => self.count(receipt),
                Err(ExecutorError::Refused { error: VmError::Panic(text), .. })
                    if text.contains("The stake to slash should exist") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

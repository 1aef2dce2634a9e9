//! What the core's mempool is asked, what it needs of the ledger, and what it tells.

use dusk_core::transfer::moonlight::AccountData;
use local_node_consensus::Millis;
use local_node_core::mempool::PoolError;
use local_node_core::{Input, Origin};

use super::node::Node;
use crate::block::TxId;
use crate::events::NodeEvent;
use crate::handle::{SubmitError, TransactionStatus};
use crate::reader::read_account;
use crate::store::StoreError;
use crate::transaction::ValidTransaction;
use crate::work::contained;

/// How long a waiting transaction may be in memory only, in milliseconds, where no block comes first.
const JOURNAL_DELAY_MILLIS: u64 = 100;

impl Node {
    pub(super) fn submit(&mut self, transaction: ValidTransaction, origin: Origin) -> Result<TxId, SubmitError> {
        let (id, account) = (transaction.id(), self.account_of(&transaction)?);
        self.taken = None;
        self.drive(Input::Transaction { transaction, account, origin });
        match self.taken.take() {
            Some(taken) => Ok(taken.map(|()| id)?),
            None => unreachable!("the core answers each transaction at once"),
        }
    }

    /// A transaction waits in the mempool now.
    pub(super) fn on_admitted(&mut self, transaction: ValidTransaction) {
        self.store.note_waiting(transaction.id(), || transaction.protocol().to_network_bytes());
        self.journal_due.get_or_insert(self.now().plus(Millis(JOURNAL_DELAY_MILLIS)));
        self.tell(NodeEvent::TransactionAdmitted(transaction));
        self.fresh = true;
    }

    /// Tells the core the account of a parked transaction.
    pub(super) fn read_parked(&mut self, transaction: &ValidTransaction) {
        let account = match self.account_of(transaction) {
            Ok(account) => Some(Ok(account)),
            Err(SubmitError::Refused(refusal)) => Some(Err(refusal)),
            Err(_) => None,
        };
        self.feed(Input::Account { id: transaction.id(), account });
    }

    pub(super) fn transaction_status(&self, id: &TxId) -> Result<TransactionStatus, StoreError> {
        let removed = || self.removals.iter().rev().find(|(removed, _)| removed == id);
        Ok(if let Some(transaction) = self.store.transaction(id)? {
            TransactionStatus::Executed(transaction)
        } else if let Some(transaction) = self.core.mempool().transaction(id) {
            TransactionStatus::Waiting(transaction.clone())
        } else if let Some(transaction) = self.core.prequeue().transaction(id) {
            TransactionStatus::Deferred(transaction.clone())
        } else {
            removed().map_or(TransactionStatus::Unknown, |(_, reason)| TransactionStatus::Removed(reason.clone()))
        })
    }

    pub(super) fn check(&self, transaction: &ValidTransaction) -> Result<TxId, SubmitError> {
        let account = self.account_of(transaction)?;
        self.core.mempool().check(transaction, &account)?;
        Ok(transaction.id())
    }

    /// The sender's account, unless a block holds the transaction already.
    fn account_of(&self, transaction: &ValidTransaction) -> Result<AccountData, SubmitError> {
        if self.store.has_transaction(&transaction.id()).map_err(|error| SubmitError::State(error.to_string()))? {
            return Err(PoolError::Included(transaction.id()).into());
        }
        let state = |error: &dyn std::fmt::Display| SubmitError::State(error.to_string());
        let tip = &self.tip;
        let read = contained(|| {
            let mut session = self.executor.view(tip.state_root, tip.height).map_err(|error| state(&error))?;
            read_account(&mut session, transaction.sender_key()).map_err(|error| state(&error))
        });
        read.unwrap_or_else(|text| Err(SubmitError::Failed(text)))
    }
}

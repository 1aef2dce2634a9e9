//! Requests to the core's mempool, its requests to the ledger, and its events.

use std::collections::BTreeMap;

use dusk_core::transfer::moonlight::AccountData;
use local_node_consensus::Millis;
use local_node_core::mempool::PoolError;
use local_node_core::{Input, Origin};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Hash;

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
/// The most accounts of the present state that are kept.
const MAX_READ_ACCOUNTS: usize = 4096;

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

    pub(super) fn check(&mut self, transaction: &ValidTransaction) -> Result<TxId, SubmitError> {
        let account = self.account_of(transaction)?;
        self.core.mempool().check(transaction, &account)?;
        Ok(transaction.id())
    }

    /// The sender's account, unless a block holds the transaction already.
    fn account_of(&mut self, transaction: &ValidTransaction) -> Result<AccountData, SubmitError> {
        if self.store.has_transaction(&transaction.id()).map_err(|error| SubmitError::State(error.to_string()))? {
            return Err(PoolError::Included(transaction.id()).into());
        }
        if let Some(known) = self.accounts.find(&self.tip.state_root, &transaction.sender()) {
            return Ok(known);
        }
        let state = |error: &dyn std::fmt::Display| SubmitError::State(error.to_string());
        let tip = &self.tip;
        let read = contained(|| {
            let mut session = self.executor.view(tip.state_root, tip.height).map_err(|error| state(&error))?;
            read_account(&mut session, transaction.sender_key()).map_err(|error| state(&error))
        });
        let account = read.unwrap_or_else(|text| Err(SubmitError::Failed(text)))?;
        self.accounts.keep(self.tip.state_root, transaction.sender(), &account);
        Ok(account)
    }
}

/// Accounts in the state of the tip. Reading one takes a session of the virtual machine, and senders come again.
#[derive(Debug, Default)]
pub(super) struct ReadAccounts {
    state_root: Hash,
    accounts: BTreeMap<BlsKey, AccountData>,
}

impl ReadAccounts {
    fn find(&self, state_root: &Hash, sender: &BlsKey) -> Option<AccountData> {
        if self.state_root == *state_root { self.accounts.get(sender).cloned() } else { None }
    }

    fn keep(&mut self, state_root: Hash, sender: BlsKey, account: &AccountData) {
        if self.state_root != state_root || self.accounts.len() >= MAX_READ_ACCOUNTS {
            self.accounts.clear();
            self.state_root = state_root;
        }
        self.accounts.insert(sender, account.clone());
    }
}

//! Transactions into the mempool, and out of it.

use std::collections::{BTreeMap, BTreeSet};

use dusk_core::transfer::moonlight::AccountData;
use local_node_consensus::Millis;
use local_node_core::Target;
use local_node_types::ledger::Block;
use local_node_types::message::Message;
use tracing::{debug, error, info};

use super::node::Node;
use super::worker::Accounts;
use crate::block::{StoredBlock, TxId};
use crate::events::NodeEvent;
use crate::executor::rules_at;
use crate::handle::{Origin, SubmitError, TransactionStatus};
use crate::mempool::{GivenUp, Parked, PoolError, Removal};
use crate::reader::read_account;
use crate::store::StoreError;
use crate::transaction::ValidTransaction;
use crate::work::contained;

/// How long a waiting transaction may be in memory only, in milliseconds, where no block comes first.
const JOURNAL_DELAY_MILLIS: u64 = 100;

impl Node {
    pub(super) fn submit(&mut self, transaction: ValidTransaction, origin: Origin) -> Result<TxId, SubmitError> {
        match self.admit(transaction.clone(), origin) {
            Ok(()) => {
                self.admit_successors(&transaction);
                Ok(transaction.id())
            }
            Err(SubmitError::Refused(PoolError::NonceGap { .. })) => self.park(transaction),
            Err(refused) => Err(refused),
        }
    }

    fn admit(&mut self, transaction: ValidTransaction, origin: Origin) -> Result<(), SubmitError> {
        let account = self.account_of(&transaction)?;
        let now = self.now();
        let removed = self.mempool.insert(transaction.clone(), &account, now.as_secs())?;
        self.tell_removed(removed);
        let id = transaction.id();
        self.store.note_waiting(id, || transaction.protocol().to_network_bytes());
        self.journal_due.get_or_insert(Millis(now.0.saturating_add(JOURNAL_DELAY_MILLIS)));
        debug!(%id, waiting = self.mempool.len(), "transaction taken");
        if origin == Origin::Client
            && let Some(peers) = &mut self.peers
        {
            let message = Message::Transaction(transaction.transaction().clone());
            peers.send(Target::All, Box::new(message));
        }
        self.tell(NodeEvent::TransactionAdmitted(transaction));
        self.fresh = true;
        Ok(())
    }

    /// Lets those in that were parked for this transaction.
    fn admit_successors(&mut self, transaction: &ValidTransaction) {
        let (sender, mut nonce) = (transaction.sender(), transaction.nonce());
        while let Some(next) = nonce.checked_add(1)
            && let Some(parked) = self.prequeue.take_nonce(&sender, next)
        {
            if !self.try_parked(parked) {
                break;
            }
            nonce = next;
        }
    }

    fn park(&mut self, transaction: ValidTransaction) -> Result<TxId, SubmitError> {
        let id = transaction.id();
        let now = self.now().0;
        let replaced = self.prequeue.park(transaction, now)?;
        debug!(%id, parked = self.prequeue.len(), "transaction parked");
        self.tell_removed(replaced.map(|replaced| (replaced, GivenUp::Replaced.into())));
        self.tell(NodeEvent::TransactionDeferred { id });
        Ok(id)
    }

    /// Tries a parked transaction again. Says whether it was let in.
    fn try_parked(&mut self, parked: Parked) -> bool {
        let id = parked.transaction().id();
        let given_up = match self.admit(parked.transaction().clone(), Origin::Client) {
            Ok(()) => return true,
            Err(SubmitError::Refused(refusal)) if !matches!(refusal, PoolError::NonceGap { .. }) => {
                Some(GivenUp::Refused(refusal))
            }
            Err(_) => {
                let now = self.now().0;
                self.prequeue.put_back(parked, now).err()
            }
        };
        self.tell_removed(given_up.map(|reason| (id, reason.into())));
        false
    }

    pub(super) fn retry_parked(&mut self) {
        let now = self.now().0;
        for parked in self.prequeue.take_due(now) {
            let transaction = parked.transaction().clone();
            if self.try_parked(parked) {
                self.admit_successors(&transaction);
            }
        }
    }

    pub(super) fn transaction_status(&self, id: &TxId) -> Result<TransactionStatus, StoreError> {
        let removed = || self.removals.iter().rev().find(|(removed, _)| removed == id);
        Ok(if let Some(transaction) = self.store.transaction(id)? {
            TransactionStatus::Executed(transaction)
        } else if let Some(transaction) = self.mempool.transaction(id) {
            TransactionStatus::Waiting(transaction.clone())
        } else if let Some(transaction) = self.prequeue.transaction(id) {
            TransactionStatus::Deferred(transaction.clone())
        } else {
            removed().map_or(TransactionStatus::Unknown, |(_, reason)| TransactionStatus::Removed(reason.clone()))
        })
    }

    pub(super) fn check(&self, transaction: &ValidTransaction) -> Result<TxId, SubmitError> {
        let account = self.account_of(transaction)?;
        self.mempool.check(transaction, &account)?;
        Ok(transaction.id())
    }

    /// The sender's account, unless a block holds the transaction already.
    fn account_of(&self, transaction: &ValidTransaction) -> Result<AccountData, SubmitError> {
        if self.store.has_transaction(&transaction.id()).map_err(|error| SubmitError::State(error.to_string()))? {
            return Err(PoolError::Included(transaction.id()).into());
        }
        self.account_of_sender(transaction)
    }

    fn account_of_sender(&self, transaction: &ValidTransaction) -> Result<AccountData, SubmitError> {
        let state = |error: &dyn std::fmt::Display| SubmitError::State(error.to_string());
        let tip = &self.tip;
        let read = contained(|| {
            let mut session = self.executor.view(tip.state_root, tip.height).map_err(|error| state(&error))?;
            read_account(&mut session, transaction.sender_key()).map_err(|error| state(&error))
        });
        read.unwrap_or_else(|text| Err(SubmitError::Failed(text)))
    }

    /// Forgets what a new block makes impossible, given the accounts of its senders after it.
    pub(super) fn forget_included(&mut self, block: &StoredBlock, accounts: &Accounts) {
        let included: BTreeSet<TxId> = block.transactions.iter().map(|spent| spent.id()).collect();
        for (sender, account) in accounts {
            let gone = self.mempool.account_changed(sender, account);
            let lost = gone.into_iter().filter(|id| !included.contains(id));
            self.tell_removed(lost.map(|id| (id, Removal::Nonce)));
        }
    }

    /// Lets the transactions of reverted blocks, lowest first, wait again.
    pub(super) fn bring_back(&mut self, blocks: &[Block]) {
        let rules = rules_at(self.rules, self.tip.height + 1);
        let mut senders = BTreeMap::new();
        for transaction in blocks.iter().flat_map(|block| &block.transactions) {
            let id = TxId::of(transaction);
            let Ok(back) = ValidTransaction::trusted(transaction.protocol().clone(), rules) else {
                debug!(%id, "a transaction of a reverted block cannot wait here");
                self.tell_removed([(id, Removal::TakenBack)]);
                continue;
            };
            senders.insert(back.sender(), back.clone());
            match self.admit(back, Origin::Peer) {
                Ok(()) | Err(SubmitError::Refused(PoolError::Waiting(_))) => {}
                Err(reason) => {
                    info!(%id, %reason, "a transaction of a reverted block does not wait again");
                    self.tell_removed([(id, Removal::TakenBack)]);
                }
            }
        }
        // What came after one that does not wait again cannot run.
        for (sender, transaction) in senders {
            match self.account_of_sender(&transaction) {
                Ok(account) => {
                    let gone = self.mempool.account_changed(&sender, &account);
                    self.tell_removed(gone.into_iter().map(|id| (id, Removal::Nonce)));
                }
                Err(error) => error!(%error, account = %sender, "an account cannot be read"),
            }
        }
    }
}

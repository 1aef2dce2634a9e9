//! Transactions into the mempool, and out of it.

use std::collections::BTreeSet;

use dusk_core::transfer::moonlight::AccountData;
use local_node_consensus::Millis;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Block;
use local_node_types::message::Message;
use tracing::{debug, info};

use super::Core;
use crate::interface::{Accounts, Event, Origin, Output, Planted, Position, Target};
use crate::mempool::{GivenUp, Mempool, Parked, PoolError, Prequeue, Removal, TxId, ValidTransaction};

/// How often transactions are looked for that have waited too long.
const EXPIRY_INTERVAL: Millis = Millis::from_secs(60);

impl Core {
    /// The transactions that wait for a block.
    #[must_use]
    pub const fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    /// The transactions that wait for others which have to come before them.
    #[must_use]
    pub const fn prequeue(&self) -> &Prequeue {
        &self.prequeue
    }

    pub(super) fn on_transaction(
        &mut self,
        now: Millis,
        transaction: ValidTransaction,
        account: &AccountData,
        origin: Origin,
        out: &mut Vec<Output>,
    ) {
        let id = transaction.id();
        let taken = match self.admit(now, transaction.clone(), account, origin, out) {
            Ok(()) => {
                self.admit_successors(now, &transaction, account, out);
                Ok(())
            }
            Err(PoolError::NonceGap { .. }) => self.park(now, transaction, out),
            Err(refused) => Err(refused),
        };
        out.push(Output::Taken { id, taken });
    }

    fn admit(
        &mut self,
        now: Millis,
        transaction: ValidTransaction,
        account: &AccountData,
        origin: Origin,
        out: &mut Vec<Output>,
    ) -> Result<(), PoolError> {
        let was_empty = self.mempool.is_empty();
        let removed = self.mempool.insert(transaction.clone(), account, now.as_secs())?;
        if was_empty {
            self.expires_at = now.plus(EXPIRY_INTERVAL);
        }
        self.unpark(&transaction.id());
        tell_removed(removed, out);
        debug!(id = %transaction.id(), waiting = self.mempool.len(), "transaction taken");
        if origin == Origin::Client && !self.config.consensus.alone {
            let message = Box::new(Message::Transaction(transaction.transaction().clone()));
            out.push(Output::Send { after: Position::default(), to: Target::All, message });
        }
        out.push(Output::Event(Event::Admitted(transaction)));
        Ok(())
    }

    /// A transaction that waits in the mempool, or that a block holds, is not parked as well.
    fn unpark(&mut self, id: &TxId) {
        self.prequeue.forget(id);
        self.trying.remove(id);
    }

    /// Lets those in that were parked for this transaction.
    fn admit_successors(
        &mut self,
        now: Millis,
        transaction: &ValidTransaction,
        account: &AccountData,
        out: &mut Vec<Output>,
    ) {
        let (sender, mut nonce) = (transaction.sender(), transaction.nonce());
        while let Some(next) = nonce.checked_add(1)
            && let Some(parked) = self.prequeue.take_nonce(&sender, next)
        {
            if !self.try_parked(now, parked, account, out) {
                break;
            }
            nonce = next;
        }
    }

    fn park(&mut self, now: Millis, transaction: ValidTransaction, out: &mut Vec<Output>) -> Result<(), PoolError> {
        let id = transaction.id();
        // One that is being tried again has its place still: the two compete for it.
        let place = |it: &ValidTransaction| (it.sender(), it.nonce());
        let same = |parked: &Parked| place(parked.transaction()) == place(&transaction);
        let tried = self.trying.iter().find(|(_, parked)| same(parked)).map(|(tried, _)| *tried);
        if let Some((tried, parked)) = tried.and_then(|tried| self.trying.remove_entry(&tried)) {
            let given_up = self.prequeue.put_back(parked, now.0).err();
            tell_removed(given_up.map(|reason| (tried, reason.into())), out);
        }
        let replaced = self.prequeue.park(transaction, now.0)?;
        debug!(%id, parked = self.prequeue.len(), "transaction parked");
        tell_removed(replaced.map(|replaced| (replaced, GivenUp::Replaced.into())), out);
        out.push(Output::Event(Event::Deferred(id)));
        Ok(())
    }

    /// Tries a parked transaction again. Says whether it was let in.
    fn try_parked(&mut self, now: Millis, parked: Parked, account: &AccountData, out: &mut Vec<Output>) -> bool {
        let id = parked.transaction().id();
        let given_up = match self.admit(now, parked.transaction().clone(), account, Origin::Client, out) {
            Ok(()) => return true,
            Err(PoolError::NonceGap { .. }) => self.prequeue.put_back(parked, now.0).err(),
            Err(refusal) => Some(GivenUp::Refused(refusal)),
        };
        tell_removed(given_up.map(|reason| (id, reason.into())), out);
        false
    }

    /// Asks for the accounts of parked transactions whose time to be tried again has come.
    pub(super) fn retry_parked(&mut self, now: Millis, out: &mut Vec<Output>) {
        for parked in self.prequeue.take_due(now.0) {
            let transaction = parked.transaction().clone();
            self.trying.insert(transaction.id(), parked);
            out.push(Output::ReadAccount(transaction));
        }
    }

    /// The account of a parked transaction as it is now; `None` when it cannot be told.
    pub(super) fn on_account(
        &mut self,
        now: Millis,
        id: TxId,
        account: Option<Result<AccountData, PoolError>>,
        out: &mut Vec<Output>,
    ) {
        let Some(parked) = self.trying.remove(&id) else { return };
        match account {
            Some(Ok(account)) => {
                let transaction = parked.transaction().clone();
                if self.try_parked(now, parked, &account, out) {
                    self.admit_successors(now, &transaction, &account, out);
                }
            }
            Some(Err(refusal)) => tell_removed([(id, GivenUp::Refused(refusal).into())], out),
            None => {
                let given_up = self.prequeue.put_back(parked, now.0).err();
                tell_removed(given_up.map(|reason| (id, reason.into())), out);
            }
        }
    }

    /// When the mempool has something to do.
    pub(super) fn pool_deadline(&self) -> Option<Millis> {
        let expiry = (!self.mempool.is_empty()).then_some(self.expires_at);
        let parked = self.prequeue.next_try().filter(|_| self.trying.is_empty()).map(Millis);
        [expiry, parked].into_iter().flatten().min()
    }

    pub(super) fn on_pool_timer(&mut self, now: Millis, out: &mut Vec<Output>) {
        if self.expires_at <= now && !self.mempool.is_empty() {
            self.expires_at = now.plus(EXPIRY_INTERVAL);
            let expired = self.mempool.expire(now.as_secs());
            tell_removed(expired.into_iter().map(|id| (id, Removal::Expired)), out);
        }
        if self.trying.is_empty() {
            self.retry_parked(now, out);
        }
    }

    /// Forgets what no block can take, and lets one begin the next block.
    pub(super) fn on_unfit(&mut self, unfit: Vec<(TxId, Removal)>, postponed: Option<TxId>, out: &mut Vec<Output>) {
        for (id, reason) in unfit {
            debug!(%id, %reason, "transaction can never run");
            let gone = self.mempool.remove(&id).into_iter();
            let why = |gone: TxId| if gone == id { reason.clone() } else { Removal::Displaced };
            tell_removed(gone.map(|gone| (gone, why(gone))), out);
        }
        if let Some(id) = postponed {
            debug!(%id, "transaction begins the next block");
            self.mempool.prefer(id);
        }
    }

    /// Forgets what a new block makes impossible, given the accounts of its senders after it.
    pub(super) fn forget_included(&mut self, block: &Block, accounts: &Accounts, out: &mut Vec<Output>) {
        let included: BTreeSet<TxId> = block.transactions.iter().map(TxId::of).collect();
        included.iter().for_each(|id| self.unpark(id));
        for (sender, account) in accounts {
            let gone = self.mempool.account_changed(sender, account);
            let lost = gone.into_iter().filter(|id| !included.contains(id));
            tell_removed(lost.map(|id| (id, Removal::Nonce)), out);
        }
    }

    /// Lets the transactions of reverted blocks, lowest first, wait again, given the accounts of their senders.
    pub(super) fn bring_back(&mut self, now: Millis, blocks: &[Block], accounts: &Accounts, out: &mut Vec<Output>) {
        if self.config.planted == Some(Planted::TransactionsLost) {
            return;
        }
        for transaction in blocks.iter().flat_map(|block| &block.transactions) {
            let id = TxId::of(transaction);
            let Ok(back) = ValidTransaction::of_block(transaction.clone()) else {
                debug!(%id, "a transaction of a reverted block cannot wait here");
                tell_removed([(id, Removal::TakenBack)], out);
                continue;
            };
            let taken = match account_of(&back.sender(), accounts) {
                Some(account) => self.admit(now, back, account, Origin::Peer, out).map_err(|reason| reason.to_string()),
                None => Err("its account cannot be read".to_owned()),
            };
            match taken {
                Ok(()) => {}
                Err(_) if self.mempool.transaction(&id).is_some() => {}
                Err(reason) => {
                    info!(%id, %reason, "a transaction of a reverted block does not wait again");
                    tell_removed([(id, Removal::TakenBack)], out);
                }
            }
        }
        // The successors of a transaction that does not wait again cannot run.
        for (sender, account) in accounts {
            let gone = self.mempool.account_changed(sender, account);
            tell_removed(gone.into_iter().map(|id| (id, Removal::Nonce)), out);
        }
    }
}

fn account_of<'a>(sender: &BlsKey, accounts: &'a Accounts) -> Option<&'a AccountData> {
    accounts.iter().find(|(key, _)| key == sender).map(|(_, account)| account)
}

fn tell_removed(removed: impl IntoIterator<Item = (TxId, Removal)>, out: &mut Vec<Output>) {
    out.extend(removed.into_iter().map(|(id, reason)| Output::Event(Event::Removed { id, reason })));
}

#[cfg(test)]
mod model;

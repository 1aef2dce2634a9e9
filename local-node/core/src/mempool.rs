//! Transactions that wait for a block.
//!
//! The core owns the pool. The pool is deterministic: time and account states are arguments. It holds at most one
//! transaction for each account and nonce, and the nonces of an account have no gaps, so that every transaction in it
//! can be executed. Transactions whose predecessors have not arrived yet are parked in the [`Prequeue`] for some
//! seconds. Rules: the book, "Transactions and fees", section "Mempool".

mod prequeue;
mod queue;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dusk_core::transfer::moonlight::AccountData;
use local_node_types::keys::BlsKey;

pub use self::prequeue::{GivenUp, MAX_TRIES, Parked, Prequeue, RETRY_MILLIS};
pub use self::queue::Queue;
pub use self::transaction::{TermsError, TxId, ValidTransaction, most_spent};

/// How far the nonce of a transaction may be ahead of the first nonce of its account that is missing.
pub const MAX_NONCES_AHEAD: u64 = 64;

/// The bounds of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most transactions.
    pub max_transactions: usize,
    /// The most bytes of all transactions together.
    pub max_bytes: usize,
    /// How long a transaction may wait, in seconds.
    pub expiry_seconds: u64,
    /// The most transactions that are parked until their predecessors arrive.
    pub max_parked: usize,
    /// The most of them of one account.
    pub max_parked_per_account: usize,
    /// The most bytes of all of them together.
    pub max_parked_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_transactions: 10_000,
            max_bytes: 256 * 1024 * 1024,
            expiry_seconds: 3 * 24 * 60 * 60,
            max_parked: 1000,
            max_parked_per_account: 64,
            max_parked_bytes: 32 * 1024 * 1024,
        }
    }
}

/// Why a transaction has left the pool without a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Removal {
    /// A transaction of its sender with the same nonce replaced it, or one with an earlier nonce left the mempool.
    #[error("a transaction with a higher gas price replaced it, or one that it depends on left")]
    Displaced,
    /// Transactions with higher gas prices displaced it.
    #[error("the mempool was full of transactions with higher gas prices")]
    Evicted,
    /// It waited longer than the mempool keeps transactions.
    #[error("it waited longer than the mempool keeps transactions")]
    Expired,
    /// Another transaction used its nonce, or a predecessor is gone.
    #[error("its nonce can no longer become the next one")]
    Nonce,
    /// It waited outside the pool for a predecessor, which did not arrive in time.
    #[error(transparent)]
    GivenUp(#[from] GivenUp),
    /// The chain reverted to an earlier block.
    #[error("the chain reverted to an earlier block")]
    TakenBack,
    /// Its execution in a block is impossible.
    #[error("it cannot run: {0}")]
    CannotRun(String),
    /// As the first transaction of a block, it exceeded the time limit.
    #[error(
        "it takes longer than {} milliseconds, the limit of this node for a transaction: divide its work between \
         several transactions",
        .0.as_millis()
    )]
    TooLong(Duration),
    /// The virtual machine failed during its execution.
    #[error("the virtual machine failed while it ran the transaction: {0}; please report this fault of the node")]
    Failed(String),
    /// The process ended during its execution.
    #[error(
        "the node's process ended while it ran this transaction, so the next start did not run it again: send it \
         again if something else ended the process"
    )]
    EndedProcess,
}

/// Why a transaction is refused although it is well-formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The mempool already holds it.
    #[error("transaction {0} is already in the mempool")]
    Waiting(TxId),
    /// A block already holds it.
    #[error("transaction {0} is already in a block")]
    Included(TxId),
    /// Another transaction used the nonce.
    #[error("nonce {nonce} is already used: the account's next nonce is {next}")]
    NonceUsed {
        /// The transaction's.
        nonce: u64,
        /// The one that could be next.
        next: u64,
    },
    /// The nonce is too far ahead for the mempool.
    #[error(
        "nonce {nonce} is too far ahead: the account's next nonce is {next}, and a nonce may be at most \
         {MAX_NONCES_AHEAD} ahead of it"
    )]
    NonceTooFarAhead {
        /// The transaction's.
        nonce: u64,
        /// The one that could be next.
        next: u64,
    },
    /// It is already parked until its predecessors arrive.
    #[error("transaction {0} already waits for its predecessors")]
    Parked(TxId),
    /// The account has reached its limit of parked transactions.
    #[error("{most} transactions of the account already wait for their predecessors: send the missing ones first")]
    TooManyParkedOfAccount {
        /// The most.
        most: usize,
    },
    /// The node has reached its limit of parked transactions.
    #[error("{most} transactions already wait for their predecessors: send the missing ones first, or try later")]
    TooManyParked {
        /// The most.
        most: usize,
    },
    /// The node has reached its limit of bytes in parked transactions.
    #[error("{most} bytes of transactions already wait for their predecessors: send the missing ones first")]
    TooManyParkedBytes {
        /// The most.
        most: usize,
    },
    /// A predecessor is missing.
    #[error("nonce {nonce} cannot be next: no transaction with nonce {missing} is pending; send that one first")]
    NonceGap {
        /// The transaction's.
        nonce: u64,
        /// The first missing one.
        missing: u64,
    },
    /// The account cannot pay for it.
    #[error(
        "the account has {balance} LUX, but the transaction may cost {needed} (value, deposit and the fee of its whole \
         gas limit): lower the gas limit or the value, or fund the account"
    )]
    NotEnoughMoney {
        /// The account's balance.
        balance: u64,
        /// The most that the transaction may spend.
        needed: u64,
    },
    /// A pending transaction of the account has the same nonce, and its gas price is not lower.
    #[error("a transaction with nonce {nonce} is pending at a gas price of {price}: only a higher price replaces it")]
    NotReplaced {
        /// The nonce of both.
        nonce: u64,
        /// The price of the one that waits.
        price: u64,
    },
    /// The mempool is full, and no transaction in it has a lower gas price.
    #[error("the mempool is full: use a gas price above {price}")]
    Full {
        /// The lowest price that could be displaced.
        price: u64,
    },
}

/// The transactions that wait.
#[derive(Debug)]
pub struct Mempool {
    limits: Limits,
    entries: BTreeMap<TxId, Entry>,
    by_price: BTreeSet<(u64, TxId)>,
    by_account: BTreeMap<BlsKey, BTreeMap<u64, TxId>>,
    bytes: usize,
    /// The transaction that is to be first in the next block.
    preferred: Option<TxId>,
}

#[derive(Debug)]
struct Entry {
    transaction: ValidTransaction,
    since: u64,
}

/// The transactions that must leave the pool for a new one.
struct Displaced {
    replaced: Option<TxId>,
    victims: Vec<TxId>,
}

impl Mempool {
    /// An empty pool.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            by_price: BTreeSet::new(),
            by_account: BTreeMap::new(),
            bytes: 0,
            preferred: None,
        }
    }

    /// How many transactions wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The bytes of the transactions that wait.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A waiting transaction.
    #[must_use]
    pub fn transaction(&self, id: &TxId) -> Option<&ValidTransaction> {
        self.entries.get(id).map(|entry| &entry.transaction)
    }

    /// The waiting transactions, the best paying first.
    pub fn iter(&self) -> impl Iterator<Item = &ValidTransaction> {
        self.by_price.iter().rev().filter_map(|(_, id)| self.transaction(id))
    }

    /// The waiting transactions in the order in which a block takes them.
    #[must_use]
    pub fn queue(&self) -> Queue {
        let preferred = self.preferred.and_then(|id| self.transaction(&id));
        let others = self.iter().filter(|other| Some(other.id()) != self.preferred);
        Queue::new(preferred.into_iter().chain(others).cloned())
    }

    /// Puts a waiting transaction before all others, whatever it pays, for as long as it waits or until another one is
    /// put there.
    pub fn prefer(&mut self, id: TxId) {
        self.preferred = Some(id).filter(|id| self.entries.contains_key(id));
    }

    /// The accounts that have transactions waiting.
    pub fn senders(&self) -> impl Iterator<Item = BlsKey> {
        self.by_account.keys().copied()
    }

    /// The nonce that the next transaction of an account should have, given the account's state.
    #[must_use]
    pub fn next_nonce(&self, sender: &BlsKey, account: &AccountData) -> u64 {
        let waiting = self.by_account.get(sender).and_then(|nonces| nonces.keys().next_back().copied());
        waiting.unwrap_or(0).max(account.nonce).saturating_add(1)
    }

    /// Says whether [`insert`](Self::insert) would take a transaction.
    ///
    /// # Errors
    /// Why it would not.
    pub fn check(&self, transaction: &ValidTransaction, account: &AccountData) -> Result<(), PoolError> {
        self.displaced(transaction, account).map(|_| ())
    }

    /// Takes a transaction, given its sender's state and the time in seconds. Gives those that had to leave for it.
    ///
    /// # Errors
    /// Why it is not taken. The pool is then as it was.
    pub fn insert(
        &mut self,
        transaction: ValidTransaction,
        account: &AccountData,
        now: u64,
    ) -> Result<Vec<(TxId, Removal)>, PoolError> {
        let Displaced { replaced, victims } = self.displaced(&transaction, account)?;
        let mut removed = Vec::new();
        if let Some(id) = replaced {
            self.take(&id);
            removed.push((id, Removal::Displaced));
        }
        for id in victims {
            removed.extend(self.remove(&id).into_iter().map(|id| (id, Removal::Evicted)));
        }
        self.bytes += transaction.ledger_bytes();
        self.by_price.insert((transaction.gas_price(), transaction.id()));
        self.by_account.entry(transaction.sender()).or_default().insert(transaction.nonce(), transaction.id());
        self.entries.insert(transaction.id(), Entry { transaction, since: now });
        Ok(removed)
    }

    /// Removes a transaction and those of its sender that cannot run without it. Gives the ids of all that are gone.
    pub fn remove(&mut self, id: &TxId) -> Vec<TxId> {
        let Some(transaction) = self.take(id) else { return Vec::new() };
        let dependents: Vec<TxId> = self
            .by_account
            .get(&transaction.sender())
            .map(|nonces| nonces.range(transaction.nonce()..).map(|(_, id)| *id).collect())
            .unwrap_or_default();
        dependents.iter().for_each(|id| {
            self.take(id);
        });
        std::iter::once(*id).chain(dependents).collect()
    }

    /// Forgets the transactions of an account that its new state makes impossible: the nonces that are used, and those
    /// that would leave a gap. Gives the ids of all that are gone.
    pub fn account_changed(&mut self, sender: &BlsKey, account: &AccountData) -> Vec<TxId> {
        let Some(nonces) = self.by_account.get(sender) else { return Vec::new() };
        let mut next = account.nonce.saturating_add(1);
        let mut gone = Vec::new();
        for (nonce, id) in nonces {
            if *nonce == next {
                next = next.saturating_add(1);
            } else {
                gone.push(*id);
            }
        }
        gone.iter().for_each(|id| {
            self.take(id);
        });
        gone
    }

    /// Removes what waited too long, given the time in seconds, with all that depends on it.
    pub fn expire(&mut self, now: u64) -> Vec<TxId> {
        let Some(deadline) = now.checked_sub(self.limits.expiry_seconds) else { return Vec::new() };
        let old: Vec<TxId> =
            self.entries.iter().filter(|(_, entry)| entry.since <= deadline).map(|(id, _)| *id).collect();
        old.iter().flat_map(|id| self.remove(id)).collect()
    }

    fn displaced(&self, transaction: &ValidTransaction, account: &AccountData) -> Result<Displaced, PoolError> {
        if self.entries.contains_key(&transaction.id()) {
            return Err(PoolError::Waiting(transaction.id()));
        }
        let next = account.nonce.saturating_add(1);
        if transaction.nonce() <= account.nonce {
            return Err(PoolError::NonceUsed { nonce: transaction.nonce(), next });
        }
        let (balance, needed) = (account.balance, transaction.most_spent());
        if needed > balance {
            return Err(PoolError::NotEnoughMoney { balance, needed });
        }
        self.check_predecessors(transaction, next)?;
        let replaced = self.check_replacement(transaction)?;
        Ok(Displaced { replaced, victims: self.victims(transaction, replaced)? })
    }

    fn check_predecessors(&self, transaction: &ValidTransaction, next: u64) -> Result<(), PoolError> {
        let nonce = transaction.nonce();
        match self.first_missing(&transaction.sender(), next, nonce) {
            None => Ok(()),
            Some(missing) if nonce - missing > MAX_NONCES_AHEAD => {
                Err(PoolError::NonceTooFarAhead { nonce, next: missing })
            }
            Some(missing) => Err(PoolError::NonceGap { nonce, missing }),
        }
    }

    /// The first nonce from `next` on and below `nonce` with which no transaction of the account waits. Walks along the
    /// waiting ones: an account with many of them sends one after the other.
    fn first_missing(&self, sender: &BlsKey, next: u64, nonce: u64) -> Option<u64> {
        let mut expected = next;
        for (waiting, _) in self.by_account.get(sender).into_iter().flat_map(|nonces| nonces.range(next..nonce)) {
            if *waiting != expected {
                break;
            }
            expected += 1;
        }
        (expected < nonce).then_some(expected)
    }

    fn check_replacement(&self, transaction: &ValidTransaction) -> Result<Option<TxId>, PoolError> {
        let nonce = transaction.nonce();
        let rival = self.by_account.get(&transaction.sender()).and_then(|nonces| nonces.get(&nonce));
        let Some(rival) = rival.and_then(|id| self.transaction(id)) else { return Ok(None) };
        if transaction.gas_price() <= rival.gas_price() {
            return Err(PoolError::NotReplaced { nonce, price: rival.gas_price() });
        }
        Ok(Some(rival.id()))
    }

    /// The transactions that leave so that `transaction` fits: those of the lowest price, but none that it depends on.
    fn victims(&self, transaction: &ValidTransaction, replaced: Option<TxId>) -> Result<Vec<TxId>, PoolError> {
        let freed = replaced.and_then(|id| self.transaction(&id)).map_or(0, ValidTransaction::ledger_bytes);
        let mut count = self.entries.len() - usize::from(replaced.is_some());
        let mut bytes = self.bytes - freed;
        let mut victims = Vec::new();
        let mut candidates = self
            .by_price
            .iter()
            .filter_map(|(_, id)| self.transaction(id))
            .filter(|other| other.sender() != transaction.sender());
        while count >= self.limits.max_transactions || bytes + transaction.ledger_bytes() > self.limits.max_bytes {
            let price = self.by_price.first().map_or(0, |(price, _)| *price);
            let victim = candidates.next().ok_or(PoolError::Full { price })?;
            if victim.gas_price() >= transaction.gas_price() {
                return Err(PoolError::Full { price: victim.gas_price() });
            }
            count -= 1;
            bytes -= victim.ledger_bytes();
            victims.push(victim.id());
        }
        Ok(victims)
    }

    fn take(&mut self, id: &TxId) -> Option<ValidTransaction> {
        let Entry { transaction, .. } = self.entries.remove(id)?;
        self.preferred = self.preferred.filter(|preferred| preferred != id);
        self.bytes -= transaction.ledger_bytes();
        self.by_price.remove(&(transaction.gas_price(), *id));
        if let Some(nonces) = self.by_account.get_mut(&transaction.sender()) {
            nonces.remove(&transaction.nonce());
            if nonces.is_empty() {
                self.by_account.remove(&transaction.sender());
            }
        }
        Some(transaction)
    }
}

#[cfg(test)]
pub(crate) mod tests;

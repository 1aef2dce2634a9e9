//! Transactions whose predecessors have not arrived yet.
//!
//! A transaction whose nonce leaves a gap cannot wait in the pool, which holds only transactions that can be executed.
//! It is parked here and tried again every [`RETRY_MILLIS`], and as soon as the pool takes its direct predecessor.
//! After [`MAX_TRIES`] tries it is given up. Parked transactions reserve no money of their account and no place in the
//! pool. Source: the book, "Transactions and fees", section "Mempool".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use local_node_types::keys::BlsKey;

use super::{Limits, PoolError, TxId, ValidTransaction};

/// How long a parked transaction rests between two tries, in milliseconds.
pub const RETRY_MILLIS: u64 = 500;
/// How often it is tried.
pub const MAX_TRIES: u8 = 10;

/// Why a parked transaction was given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GivenUp {
    /// The same nonce came again at a higher price.
    #[error("a transaction with the same nonce and a higher gas price replaced it")]
    Replaced,
    /// Its predecessor did not come.
    #[error("the transactions that must come before it did not arrive within {} seconds", seconds())]
    Exhausted,
    /// It could not enter the pool when its turn came.
    #[error("{0}")]
    Refused(PoolError),
}

const fn seconds() -> u64 {
    RETRY_MILLIS * MAX_TRIES as u64 / 1000
}

/// A transaction that is parked.
#[derive(Clone)]
pub struct Parked {
    transaction: ValidTransaction,
    tries_left: u8,
}

impl Parked {
    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &ValidTransaction {
        &self.transaction
    }
}

impl fmt::Debug for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").field("id", &self.transaction.id()).field("tries_left", &self.tries_left).finish()
    }
}

type Place = (BlsKey, u64);

/// The parked transactions. Times are in milliseconds.
#[derive(Debug)]
pub struct Prequeue {
    limits: Limits,
    parked: BTreeMap<Place, (u64, Parked)>,
    due: BTreeSet<(u64, Place)>,
    places: BTreeMap<TxId, Place>,
    bytes: usize,
}

impl Prequeue {
    /// With the bounds of a pool.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, parked: BTreeMap::new(), due: BTreeSet::new(), places: BTreeMap::new(), bytes: 0 }
    }

    /// How many transactions are parked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parked.len()
    }

    /// Whether none is parked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }

    /// A parked transaction.
    #[must_use]
    pub fn transaction(&self, id: &TxId) -> Option<&ValidTransaction> {
        let (_, parked) = self.parked.get(self.places.get(id)?)?;
        Some(&parked.transaction)
    }

    /// Parks a transaction. Gives the one whose place it took.
    ///
    /// # Errors
    /// When it is parked already, another one with its nonce pays as well, or there is no room.
    pub fn park(&mut self, transaction: ValidTransaction, now: u64) -> Result<Option<TxId>, PoolError> {
        let place = (transaction.sender(), transaction.nonce());
        if self.places.contains_key(&transaction.id()) {
            return Err(PoolError::Parked(transaction.id()));
        }
        let rival = self.parked.get(&place).map(|(_, rival)| rival.transaction.clone());
        match &rival {
            Some(rival) if transaction.gas_price() <= rival.gas_price() => {
                return Err(PoolError::NotReplaced { nonce: rival.nonce(), price: rival.gas_price() });
            }
            Some(_) => {}
            None => self.check_room(&transaction)?,
        }
        let freed = rival.as_ref().map_or(0, ValidTransaction::ledger_bytes);
        if self.bytes - freed + transaction.ledger_bytes() > self.limits.max_parked_bytes {
            return Err(PoolError::TooManyParkedBytes { most: self.limits.max_parked_bytes });
        }
        self.take(&place);
        self.put(place, Parked { transaction, tries_left: MAX_TRIES }, now);
        Ok(rival.map(|rival| rival.id()))
    }

    /// Takes the transaction of an account with this nonce out, because its turn has come.
    pub fn take_nonce(&mut self, sender: &BlsKey, nonce: u64) -> Option<Parked> {
        self.take(&(*sender, nonce))
    }

    /// Forgets a transaction that waits elsewhere, or that a block holds.
    pub fn forget(&mut self, id: &TxId) {
        if let Some(place) = self.places.get(id).copied() {
            self.take(&place);
        }
    }

    /// Takes a transaction out whose time to be tried again has come, by account and nonce.
    pub fn take_due(&mut self, now: u64) -> Vec<Parked> {
        let due: BTreeSet<Place> = self.due.range(..=(now, LAST_PLACE)).map(|(_, place)| *place).collect();
        due.iter().filter_map(|place| self.take(place)).collect()
    }

    /// Puts a transaction back whose admission failed.
    ///
    /// # Errors
    /// [`GivenUp::Exhausted`] after the last try.
    pub fn put_back(&mut self, mut parked: Parked, now: u64) -> Result<(), GivenUp> {
        parked.tries_left = parked.tries_left.saturating_sub(1);
        if parked.tries_left == 0 {
            return Err(GivenUp::Exhausted);
        }
        let place = (parked.transaction.sender(), parked.transaction.nonce());
        self.put(place, parked, now);
        Ok(())
    }

    /// When the next transaction is to be tried again.
    #[must_use]
    pub fn next_try(&self) -> Option<u64> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The ids of the parked transactions.
    pub fn ids(&self) -> impl Iterator<Item = TxId> {
        self.places.keys().copied()
    }

    /// The bytes of the parked transactions.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn check_room(&self, transaction: &ValidTransaction) -> Result<(), PoolError> {
        let sender = transaction.sender();
        let own = self.parked.range((sender, 0)..=(sender, u64::MAX)).count();
        if own >= self.limits.max_parked_per_account {
            return Err(PoolError::TooManyParkedOfAccount { most: self.limits.max_parked_per_account });
        }
        if self.parked.len() >= self.limits.max_parked {
            return Err(PoolError::TooManyParked { most: self.limits.max_parked });
        }
        Ok(())
    }

    fn put(&mut self, place: Place, parked: Parked, now: u64) {
        let at = now.saturating_add(RETRY_MILLIS);
        self.bytes += parked.transaction.ledger_bytes();
        self.places.insert(parked.transaction.id(), place);
        self.due.insert((at, place));
        self.parked.insert(place, (at, parked));
    }

    fn take(&mut self, place: &Place) -> Option<Parked> {
        let (at, parked) = self.parked.remove(place)?;
        self.bytes -= parked.transaction.ledger_bytes();
        self.due.remove(&(at, *place));
        self.places.remove(&parked.transaction.id());
        Some(parked)
    }
}

/// No place comes after this one.
const LAST_PLACE: Place = (BlsKey([u8::MAX; 96]), u64::MAX);

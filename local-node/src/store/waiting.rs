//! Transactions that no block holds yet.
//!
//! The mempool itself is a value in memory. The store is told of its changes, and writes them with the next block or
//! when it is asked to, in the order in which they came; so a pool that thousands of transactions pass through costs no
//! more writes than there are blocks.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use redb::{ReadTransaction, ReadableTable, WriteTransaction};

use super::tables::{WAITING, WAITING_PLACES};
use super::{Store, StoreError};
use crate::block::TxId;

/// Changes of the mempool that are not written yet.
#[derive(Debug)]
pub(super) struct MempoolJournal {
    next: u64,
    /// The bytes and the place of a transaction that came; nothing for one that left.
    changes: BTreeMap<TxId, Option<(u64, Vec<u8>)>>,
}

impl MempoolJournal {
    /// No changes, after those that are written.
    pub(super) fn after(transaction: &ReadTransaction) -> Result<Self, StoreError> {
        let last = transaction.open_table(WAITING)?.last()?.map_or(0, |(place, _)| place.value());
        Ok(Self { next: last + 1, changes: BTreeMap::new() })
    }

    /// Writes the changes, without forgetting them.
    pub(super) fn write(&self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        for (id, change) in &self.changes {
            let Some((place, bytes)) = change else {
                remove(transaction, id)?;
                continue;
            };
            let mut places = transaction.open_table(WAITING_PLACES)?;
            // A transaction that the restarted node takes again keeps its place: the node may end before it has taken
            // those that come after it.
            let kept = places.get(&id.0)?.map(|kept| kept.value());
            let place = kept.unwrap_or(*place);
            places.insert(&id.0, place)?;
            transaction.open_table(WAITING)?.insert(place, (&id.0, bytes.as_slice()))?;
        }
        Ok(())
    }

    /// Forgets the changes: they are written.
    pub(super) fn clear(&mut self) {
        self.changes.clear();
    }
}

/// Removes a transaction, if it is there.
pub(super) fn remove(transaction: &WriteTransaction, id: &TxId) -> Result<(), StoreError> {
    if let Some(place) = transaction.open_table(WAITING_PLACES)?.remove(&id.0)? {
        transaction.open_table(WAITING)?.remove(place.value())?;
    }
    Ok(())
}

/// Removes all transactions.
pub(super) fn clear(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(WAITING)?.retain(|_, _| false)?;
    transaction.open_table(WAITING_PLACES)?.retain(|_, _| false)?;
    Ok(())
}

impl Store {
    /// Takes note that a transaction waits. A store in memory has no use for that.
    pub fn note_waiting(&self, id: TxId, bytes: impl FnOnce() -> Vec<u8>) {
        if self.is_durable() {
            let mut journal = self.0.journal.lock().unwrap_or_else(PoisonError::into_inner);
            let place = journal.next;
            journal.next += 1;
            journal.changes.insert(id, Some((place, bytes())));
        }
    }

    /// Takes note that a transaction has left the mempool.
    pub fn note_gone(&self, id: TxId) {
        if self.is_durable() {
            self.0.journal.lock().unwrap_or_else(PoisonError::into_inner).changes.insert(id, None);
        }
    }

    /// Whether the journal has entries that are not written.
    #[must_use]
    pub fn has_journal_entries(&self) -> bool {
        !self.0.journal.lock().unwrap_or_else(PoisonError::into_inner).changes.is_empty()
    }

    /// Writes the journal, if it has entries.
    ///
    /// # Errors
    /// When the medium does not take them.
    pub fn write_journal(&self) -> Result<(), StoreError> {
        if self.has_journal_entries() { self.0.write(|_| Ok(())) } else { Ok(()) }
    }

    /// The transactions that waited when they were last written, in the order in which they came.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn waiting(&self) -> Result<Vec<(TxId, Vec<u8>)>, StoreError> {
        let transaction = self.0.begin_read()?;
        let mut found = Vec::new();
        for row in transaction.open_table(WAITING)?.iter()? {
            let (_, row) = row?;
            let (id, bytes) = row.value();
            found.push((TxId(*id), bytes.to_vec()));
        }
        Ok(found)
    }
}

//! The transactions that were running when the process ended.
//!
//! A transaction that ends the process (an abort, an exhausted stack, memory that the system takes back) would end it
//! again at every start if it came back from the store. So the folder holds a small file with the ids of the running
//! transactions. The node writes it without waiting for the medium: the system keeps it when a process ends, and a loss
//! of power is no transaction's fault. At the next start the node drops the transaction that the maker of blocks ran,
//! and remembers the reason for its sender. A starting node checks its waiting transactions one after the other, so
//! a kill hits one of them: that one is dropped only when a second process ends at it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use redb::{ReadableTable as _, WriteTransaction};
use tracing::{debug, warn};

use super::tables::{META, TX_LOCATIONS};
use super::{Store, StoreError, waiting};
use crate::block::TxId;

/// The file in the folder.
const FILE: &str = "running";
/// The name of the list among the facts about the chain.
const ENDED: &str = "ended processes";
/// The name of the list of transactions whose check one process did not outlive, among the facts about the chain.
const SUSPECTS: &str = "suspects";
/// How many transactions each of the two lists holds, the last ones.
const MAX_LISTED: usize = 64;
/// The bytes of an id. An id of zeros stands for none.
const ID_BYTES: usize = 32;

/// The worker on a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The maker of blocks.
    Block = 0,
    /// The check of the transactions that waited when the node stopped.
    Return = 1,
}

/// The number of slots.
const SLOTS: usize = 2;

/// The file of a durable chain.
#[derive(Debug)]
pub(super) struct Running(Mutex<File>);

impl Running {
    /// Opens the file, which is made if there is none. Gives the transactions that it names as well.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<(Slot, TxId)>)> {
        let path = folder.join(FILE);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        // Only so much is ever written; a longer rest is not read.
        (&mut file).take((SLOTS * ID_BYTES) as u64).read_to_end(&mut bytes)?;
        let (ids, _) = bytes.as_chunks::<ID_BYTES>();
        let slots = [Slot::Block, Slot::Return].into_iter().zip(ids);
        let named = slots.filter(|(_, id)| **id != [0; ID_BYTES]).map(|(slot, id)| (slot, TxId(*id))).collect();
        Ok((Self(Mutex::new(file)), named))
    }

    fn write(&self, slot: Slot, id: Option<&TxId>) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start((slot as usize * ID_BYTES) as u64))?;
        file.write_all(id.map_or(&[0; ID_BYTES], |id| &id.0))
    }
}

impl Store {
    /// Says which transaction is being worked on, so that it is not tried again at the next start if it ends the
    /// process. A store in memory has no use for that.
    pub fn mark_running(&self, slot: Slot, id: Option<&TxId>) {
        let Some(running) = &self.0.running else { return };
        if let Err(error) = running.write(slot, id) {
            // The node can do without. A full disk shows at the next block.
            debug!(%error, "the file of running transactions cannot be written");
        }
    }

    /// The transactions that were running when an earlier process ended, the last ones. They do not wait any more.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn ended_processes(&self) -> Result<Vec<TxId>, StoreError> {
        let transaction = self.0.begin_read()?;
        let stored = transaction.open_table(META)?.get(ENDED)?.map(|bytes| bytes.value().to_vec());
        Ok(ids(&stored.unwrap_or_default()))
    }

    /// Takes out of the waiting transactions those that ended a process, and remembers them.
    pub(super) fn settle_running(&self, named: &[(Slot, TxId)]) -> Result<(), StoreError> {
        if !named.is_empty() {
            self.0.write(|transaction| {
                let (mut ended, mut suspects) = (list(transaction, ENDED)?, list(transaction, SUSPECTS)?);
                for (slot, id) in named {
                    // One that is in a block had come to its end.
                    if transaction.open_table(TX_LOCATIONS)?.get(&id.0)?.is_some() {
                        continue;
                    }
                    if *slot == Slot::Return && !suspects.contains(id) {
                        debug!(%id, "the last process ended while it checked this transaction; it is tried once more");
                        suspects.push(*id);
                    } else {
                        warn!(%id, "the last process ended while it ran this transaction; it is not run again");
                        waiting::remove(transaction, id)?;
                        ended.push(*id);
                    }
                }
                put_list(transaction, ENDED, &ended)?;
                put_list(transaction, SUSPECTS, &suspects)
            })?;
        }
        self.mark_running(Slot::Block, None);
        self.mark_running(Slot::Return, None);
        Ok(())
    }
}

fn list(transaction: &WriteTransaction, name: &str) -> Result<Vec<TxId>, StoreError> {
    Ok(transaction.open_table(META)?.get(name)?.map(|bytes| ids(bytes.value())).unwrap_or_default())
}

fn put_list(transaction: &WriteTransaction, name: &str, all: &[TxId]) -> Result<(), StoreError> {
    let last = &all[all.len().saturating_sub(MAX_LISTED)..];
    let bytes: Vec<u8> = last.iter().flat_map(|id| id.0).collect();
    transaction.open_table(META)?.insert(name, bytes.as_slice())?;
    Ok(())
}

fn ids(bytes: &[u8]) -> Vec<TxId> {
    bytes.as_chunks::<ID_BYTES>().0.iter().map(|id| TxId(*id)).collect()
}

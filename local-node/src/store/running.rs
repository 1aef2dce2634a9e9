//! The transactions that were running when the process ended.
//!
//! A transaction that ends the process (an abort, an exhausted stack, memory that the system takes back) would end it
//! again at every start if it came back from the store. So the folder holds a small file with the ids of the running
//! transactions. The node writes it without waiting for the medium: the system keeps it when a process ends, and a loss
//! of power is no transaction's fault. At the next start the node drops the transactions that the file names, and
//! remembers the reason for their senders.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use redb::ReadableTable as _;
use tracing::{debug, warn};

use super::tables::{META, TX_LOCATIONS};
use super::{Store, StoreError, waiting};
use crate::block::TxId;

/// The file in the folder.
const FILE: &str = "running";
/// The name of the list among the facts about the chain.
const ENDED: &str = "ended processes";
/// How many transactions that ended a process are remembered.
const MAX_ENDED: usize = 64;
/// The bytes of an id. An id of zeros stands for none.
const ID_BYTES: usize = 32;

/// Who works on a transaction.
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
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<TxId>)> {
        let path = folder.join(FILE);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        // Only so much is ever written; whatever else is there is not looked at.
        (&mut file).take((SLOTS * ID_BYTES) as u64).read_to_end(&mut bytes)?;
        let (ids, _) = bytes.as_chunks::<ID_BYTES>();
        let named = ids.iter().filter(|id| **id != [0; ID_BYTES]).map(|id| TxId(*id)).collect();
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

    /// Takes out of the waiting transactions those that were running when the last process ended, and remembers them.
    pub(super) fn settle_running(&self, named: &[TxId]) -> Result<(), StoreError> {
        if !named.is_empty() {
            self.0.write(|transaction| {
                let mut ended = Vec::new();
                for id in named {
                    // One that is in a block had come to its end.
                    if transaction.open_table(TX_LOCATIONS)?.get(&id.0)?.is_none() {
                        warn!(%id, "the last process ended while it ran this transaction; it is not run again");
                        waiting::remove(transaction, id)?;
                        ended.push(*id);
                    }
                }
                let mut meta = transaction.open_table(META)?;
                let mut all = meta.get(ENDED)?.map(|bytes| ids(bytes.value())).unwrap_or_default();
                all.extend(ended);
                let last = &all[all.len().saturating_sub(MAX_ENDED)..];
                meta.insert(ENDED, last.iter().flat_map(|id| id.0).collect::<Vec<u8>>().as_slice())?;
                Ok(())
            })?;
        }
        self.mark_running(Slot::Block, None);
        self.mark_running(Slot::Return, None);
        Ok(())
    }
}

fn ids(bytes: &[u8]) -> Vec<TxId> {
    bytes.as_chunks::<ID_BYTES>().0.iter().map(|id| TxId(*id)).collect()
}

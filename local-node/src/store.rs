//! The stored chain: blocks, the results of their transactions, labels, the waiting transactions, the
//! data drivers of contracts, and, where there is a data folder, the contracts' memories.
//!
//! All of it is one [redb] database, in memory or in a file. A block enters it in one transaction, with its
//! transactions, events, indexes, labels and everything that it changed of the state; so there is no half of a block,
//! whatever happens meanwhile. In a file the transaction is on the medium (`fsync`) before anybody hears of the block:
//! after the end of the process at any moment, and after a loss of power as far as the medium keeps its promises, the
//! next start finds every block that was ever announced.
//!
//! One writer, the node's loop; any number of readers, each of which sees whole blocks. The store grows with the chain.
//!
//! | module | is |
//! |---|---|
//! | `folder` | the file, and which chain is in it |
//! | `tables` | the tables |
//! | `blocks` | reading and writing blocks |
//! | `record` | the form of blocks and transactions |
//! | `index` | blocks by contract, account, memo and blob |
//! | `states` | the contracts' memories at the heights that are kept |
//! | `snapshots` | points to go back to |
//! | `waiting` | transactions that no block holds yet |
//! | `drivers` | uploaded data drivers |
//! | `faults` | proofs of misbehaviour in blocks |
//! | `running` | transactions that may end the process |

mod blocks;
mod drivers;
mod error;
mod faults;
mod folder;
mod index;
mod record;
mod running;
mod snapshots;
mod states;
mod tables;
mod waiting;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use local_node_types::codec::Decode as _;
use local_node_types::ledger::{Block, Hash, Label};
use local_node_vm::{StateChanges, StateRoot, StoredContract};
use redb::backends::InMemoryBackend;
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, WriteTransaction};

pub(crate) use self::blocks::BlockHead;
use self::blocks::{load_all, put_block};
pub use self::drivers::{DriverSignature, KeptDriver, MAX_DRIVERS_BYTES};
pub use self::error::StoreError;
pub use self::faults::fault_identity;
use self::folder::Folder;
pub use self::folder::Identity;
pub use self::index::{IndexKey, index_keys};
use self::record::label_bytes;
use self::running::Running;
pub use self::running::Slot;
pub use self::snapshots::Snapshot;
use self::tables::{
    BLOCK_INDEX, BLOCKS, CELLS, CONTRACTS, DEPLOYMENTS, DRIVERS, HEIGHTS, LABELS, META, MODULES, SNAPSHOTS, STATES,
    TRANSACTIONS, TX_LOCATIONS, WAITING, WAITING_PLACES, WRITTEN,
};
use self::waiting::MempoolJournal;
use crate::block::{StoredBlock, TxId};
use crate::weight;

/// The version of the form in which this program stores a chain.
pub const FORMAT: u32 = 2;
/// The most snapshots that are kept.
pub const MAX_SNAPSHOTS: usize = 64;
/// The most bytes that the states below the tip take. The oldest ones of final blocks are forgotten beyond it, and no
/// further snapshot is taken.
pub const MAX_KEPT_BYTES: usize = 512 << 20;
/// How many of the last blocks are kept at hand, at most.
const RECENT_BLOCKS: usize = 64;
/// How many bytes the blocks at hand take together, about, where there is more than one.
const RECENT_BYTES: usize = 128 << 20;

/// In which order answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// By ascending height.
    #[default]
    OldestFirst,
    /// By descending height.
    NewestFirst,
}

/// A block for the chain, with all that belongs to it.
#[derive(Debug)]
pub struct Acceptance<'a> {
    /// The block.
    pub block: Arc<StoredBlock>,
    /// Its label.
    pub label: Label,
    /// New labels of earlier blocks, by height.
    pub relabelled: &'a [(u64, Label)],
    /// Its changes of the state; needed if the chain is durable.
    pub changes: Option<&'a StateChanges>,
    /// The heights of the blocks whose states nobody needs any more.
    pub forgotten: &'a [u64],
}

/// The chain's memory. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Gone when the store was closed.
    database: RwLock<Option<Arc<Database>>>,
    durable: bool,
    /// There is one where the chain lives in a folder.
    running: Option<Running>,
    recent: RwLock<Recent>,
    journal: Mutex<MempoolJournal>,
    /// Whether a change has failed for want of space. Later ones fail because the database remembers that.
    lacks_space: AtomicBool,
}

/// The end of the chain, at hand.
#[derive(Debug)]
struct Recent {
    tip: Arc<StoredBlock>,
    blocks: BTreeMap<u64, AtHand>,
    last_final: u64,
    /// The labels of the blocks after the last final one.
    pending: BTreeMap<u64, Label>,
}

/// A block that need not be read.
#[derive(Debug)]
struct AtHand {
    block: Arc<StoredBlock>,
    bytes: usize,
}

impl AtHand {
    fn new(block: &Arc<StoredBlock>) -> Self {
        Self { block: Arc::clone(block), bytes: weight::block(block) }
    }
}

impl Recent {
    fn push(&mut self, block: &Arc<StoredBlock>) {
        self.tip = Arc::clone(block);
        self.blocks.insert(block.header().height, AtHand::new(block));
        while self.blocks.len() > RECENT_BLOCKS || self.blocks.len() > 1 && self.bytes() > RECENT_BYTES {
            self.blocks.pop_first();
        }
    }

    fn bytes(&self) -> usize {
        self.blocks.values().map(|at_hand| at_hand.bytes).sum()
    }

    fn label(&mut self, height: u64, label: Label) {
        if label.is_final() {
            self.last_final = self.last_final.max(height);
            self.pending.retain(|pending, _| *pending > height);
        } else {
            self.pending.insert(height, label);
        }
    }
}

impl Store {
    /// A store in memory that holds block 0 only.
    ///
    /// # Errors
    /// When the database does not take it.
    pub fn in_memory(genesis: &StoredBlock) -> Result<Self, StoreError> {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).map_err(redb::Error::from)?;
        begin(&database, genesis, None, &[])?;
        Self::resume(database, false, None)
    }

    /// The store in a folder. Where there is no chain yet, `genesis` makes block 0 and its whole state.
    ///
    /// # Errors
    /// When the folder cannot be used, is in use, holds another chain or another version's, or is damaged; and what
    /// `genesis` gives.
    pub fn open<E: From<StoreError>>(
        folder: &Path,
        identity: &Identity,
        genesis: impl FnOnce() -> Result<(StoredBlock, StateChanges), E>,
    ) -> Result<Self, E> {
        let mut folder = Folder::open(folder)?;
        if folder.is_new {
            let (block, state) = genesis()?;
            begin(&folder.database, &block, Some(&state), &identity.statements())?;
            folder.is_begun()?;
        }
        let genesis_time = block_0(&folder.database)?.header.timestamp;
        folder.check_identity(identity, genesis_time)?;
        let (running, named) = folder.running()?;
        let store = Self::resume(folder.database, true, Some(running))?;
        store.settle_running(&named)?;
        Ok(store)
    }

    fn resume(database: Database, durable: bool, running: Option<Running>) -> Result<Self, StoreError> {
        let transaction = database.begin_read()?;
        let blocks = transaction.open_table(BLOCKS)?;
        let height = blocks.last()?.map(|(height, _)| height.value());
        let height = height.ok_or_else(|| StoreError::Damaged("there is no block 0".into()))?;
        let tip = Arc::new(load_all(&transaction, height)?.ok_or_else(|| missing(height))?);
        let (mut last_final, mut pending) = (0, BTreeMap::new());
        for row in transaction.open_table(LABELS)?.iter()?.rev() {
            let (height, label) = row?;
            let label = Label::decode_all(label.value())?;
            if label.is_final() {
                last_final = height.value();
                break;
            }
            pending.insert(height.value(), label);
        }
        let journal = MempoolJournal::after(&transaction)?;
        let recent = Recent { blocks: BTreeMap::from([(height, AtHand::new(&tip))]), tip, last_final, pending };
        drop(transaction);
        Ok(Self(Arc::new(Inner {
            database: RwLock::new(Some(Arc::new(database))),
            durable,
            running,
            recent: RwLock::new(recent),
            journal: Mutex::new(journal),
            lacks_space: AtomicBool::new(false),
        })))
    }

    /// Whether the chain outlives the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.0.durable
    }

    /// Adds the block after the tip. When this fails, the chain is as it was.
    ///
    /// # Errors
    /// When the medium does not take it.
    ///
    /// # Panics
    /// When the block's height is not the next one.
    pub fn append(&self, acceptance: &Acceptance<'_>) -> Result<(), StoreError> {
        let Acceptance { block, label, relabelled, changes, forgotten } = acceptance;
        let height = block.header().height;
        assert_eq!(height, self.tip().header().height + 1, "blocks are appended in the order of their heights");
        self.0.write(|transaction| {
            put_block(transaction, block)?;
            put_labels(transaction, relabelled.iter().copied().chain([(height, *label)]))?;
            let root = &block.header().state_root;
            match changes {
                Some(changes) => states::write(transaction, height, root, changes)?,
                None => {
                    transaction.open_table(STATES)?.insert(height, root)?;
                }
            }
            forgotten.iter().try_for_each(|height| states::forget(transaction, *height))?;
            block.transactions.iter().try_for_each(|spent| waiting::remove(transaction, &spent.id()))
        })?;
        let mut recent = self.0.recent.write().unwrap_or_else(PoisonError::into_inner);
        recent.push(block);
        recent.label(height, *label);
        relabelled.iter().for_each(|(height, label)| recent.label(*height, *label));
        Ok(())
    }

    /// The last block.
    #[must_use]
    pub fn tip(&self) -> Arc<StoredBlock> {
        self.0.recent(|recent| Arc::clone(&recent.tip))
    }

    /// The height of the last block that cannot be reverted.
    #[must_use]
    pub fn last_final(&self) -> u64 {
        self.0.recent(|recent| recent.last_final)
    }

    /// The blocks that are not final, as heights and labels, in ascending order.
    #[must_use]
    pub fn pending(&self) -> Vec<(u64, Label)> {
        self.0.recent(|recent| recent.pending.iter().map(|(height, label)| (*height, *label)).collect())
    }

    /// The height of the block with this hash.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn height_of(&self, hash: &Hash) -> Result<Option<u64>, StoreError> {
        Ok(self.0.begin_read()?.open_table(HEIGHTS)?.get(hash)?.map(|height| height.value()))
    }

    /// Whether a transaction is in a block.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn has_transaction(&self, id: &TxId) -> Result<bool, StoreError> {
        Ok(self.0.begin_read()?.open_table(TX_LOCATIONS)?.get(&id.0)?.is_some())
    }

    /// The heights of the blocks under a key of the index in a range, at most so many, in ascending order or the
    /// highest first.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn heights_about(
        &self,
        key: IndexKey,
        range: RangeInclusive<u64>,
        order: SortOrder,
        most: usize,
    ) -> Result<Vec<u64>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let transaction = self.0.begin_read()?;
        let index = transaction.open_table(BLOCK_INDEX)?;
        let mut found = index.range((&key.0, *range.start())..=(&key.0, *range.end()))?;
        let next = || match order {
            SortOrder::OldestFirst => found.next(),
            SortOrder::NewestFirst => found.next_back(),
        };
        let mut heights = Vec::new();
        for row in std::iter::from_fn(next).take(most) {
            heights.push(row?.0.value().1);
        }
        Ok(heights)
    }

    /// How many transactions are in blocks.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn transaction_count(&self) -> Result<u64, StoreError> {
        Ok(self.0.begin_read()?.open_table(TRANSACTIONS)?.len()?)
    }

    /// The heights of the blocks whose states are kept, with their roots.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn kept_states(&self) -> Result<BTreeMap<u64, StateRoot>, StoreError> {
        let transaction = self.0.begin_read()?;
        let mut kept = BTreeMap::new();
        for row in transaction.open_table(STATES)?.iter()? {
            let (height, root) = row?;
            kept.insert(height.value(), *root.value());
        }
        Ok(kept)
    }

    /// The contracts of a kept state, for a machine that does not have it. Only a durable store has them.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn contracts(&self, height: u64) -> Result<Vec<StoredContract>, StoreError> {
        states::contracts(&self.0, height)
    }

    /// Seconds by which the node's clock is ahead of the system's.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn clock(&self) -> Result<u64, StoreError> {
        let transaction = self.0.begin_read()?;
        let stored = transaction.open_table(META)?.get(CLOCK)?.map(|bytes| bytes.value().try_into());
        stored.map_or(Ok(0), |bytes| {
            bytes.map(u64::from_le_bytes).map_err(|_| StoreError::Damaged("the clock does not decode".into()))
        })
    }

    /// Sets the clock.
    ///
    /// # Errors
    /// When the medium does not take it.
    pub fn set_clock(&self, seconds: u64) -> Result<(), StoreError> {
        self.0.write(|transaction| put_clock(transaction, seconds))
    }

    /// Ends all access to a durable chain, so that another process can open it. A store in memory stays readable.
    pub fn close(&self) {
        if self.0.durable {
            self.0.database.write().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

/// The name of the clock's offset among the facts about the chain.
const CLOCK: &str = "clock";

impl Inner {
    fn recent<T>(&self, look: impl FnOnce(&Recent) -> T) -> T {
        // A thread that panicked while it held the lock left whole entries behind.
        look(&self.recent.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn database(&self) -> Result<Arc<Database>, StoreError> {
        self.database.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
    }

    fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        Ok(self.database()?.begin_read()?)
    }

    /// Changes the database as a whole or not at all, and brings the noted changes of the mempool along.
    fn write<T>(&self, change: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let database = self.database()?;
        let written = self.write_to(&database, change);
        if let Err(StoreError::Database(error)) = &written
            && matches!(**error, redb::Error::PreviousIo)
        {
            // A change on another thread has failed before. It holds the journal until it has noted why.
            let _journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            if self.lacks_space.load(Ordering::Acquire) {
                return Err(StoreError::NoSpace);
            }
        }
        written
    }

    fn write_to<T>(
        &self,
        database: &Database,
        change: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = database.begin_write()?;
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let write = || {
            journal.write(&transaction)?;
            let done = change(&transaction)?;
            transaction.commit()?;
            journal.clear();
            Ok(done)
        };
        let written = write();
        if matches!(written, Err(StoreError::NoSpace)) {
            self.lacks_space.store(true, Ordering::Release);
        }
        written
    }
}

fn missing(height: u64) -> StoreError {
    StoreError::Damaged(format!("a part of block {height} is missing"))
}

/// Begins a chain with block 0, in a database that may hold an attempt that came to no end.
fn begin(
    database: &Database,
    genesis: &StoredBlock,
    state: Option<&StateChanges>,
    statements: &[(&str, Vec<u8>)],
) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    let earlier: Vec<_> = transaction.list_tables()?.collect();
    for table in earlier {
        transaction.delete_table(table)?;
    }
    // Readers expect every table to be there.
    transaction.open_table(TRANSACTIONS)?;
    transaction.open_table(TX_LOCATIONS)?;
    transaction.open_table(DEPLOYMENTS)?;
    transaction.open_table(WAITING)?;
    transaction.open_table(WAITING_PLACES)?;
    transaction.open_table(SNAPSHOTS)?;
    transaction.open_table(DRIVERS)?;
    transaction.open_table(CONTRACTS)?;
    transaction.open_table(MODULES)?;
    transaction.open_table(CELLS)?;
    transaction.open_table(WRITTEN)?;
    put_block(&transaction, genesis)?;
    put_labels(&transaction, [(0, Label::Final(0))])?;
    let root = &genesis.header().state_root;
    match state {
        Some(state) => states::write(&transaction, 0, root, state)?,
        None => {
            transaction.open_table(STATES)?.insert(0, root)?;
        }
    }
    let mut meta = transaction.open_table(META)?;
    for (name, value) in statements {
        meta.insert(*name, value.as_slice())?;
    }
    drop(meta);
    Ok(transaction.commit()?)
}

fn put_labels(
    transaction: &WriteTransaction,
    labels: impl IntoIterator<Item = (u64, Label)>,
) -> Result<(), StoreError> {
    let mut table = transaction.open_table(LABELS)?;
    for (height, label) in labels {
        table.insert(height, &label_bytes(label))?;
    }
    Ok(())
}

fn put_clock(transaction: &WriteTransaction, seconds: u64) -> Result<(), StoreError> {
    transaction.open_table(META)?.insert(CLOCK, seconds.to_le_bytes().as_slice())?;
    Ok(())
}

fn block_0(database: &Database) -> Result<Block, StoreError> {
    Ok(load_all(&database.begin_read()?, 0)?.ok_or_else(|| missing(0))?.block)
}

#[cfg(test)]
mod model;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests fail by it; their numbers are small")]
mod tests;

//! The contracts' memories in the database, as the kept states see them.
//!
//! A contract's memory is a set of *cells*: its blocks of 4 KiB, the hash of each page, its length. A cell has a
//! version for each height at which a block wrote it; the state at a height consists of the latest versions up to
//! there. So a block costs what it writes, and every kept state can be read without undoing anything.
//!
//! A version that a later block has replaced is removed as soon as no kept state sees it. For each block it is written
//! down which cells it wrote and when each was written before ([`WRITTEN`]). When the state at height *s* is forgotten,
//! and *p* and *n* are the kept heights before and after it, the versions to remove are those that were born in
//! (*p*, *s*] and replaced in (*s*, *n*].

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use local_node_vm::{
    BLOCK_BYTES, BLOCKS_PER_PAGE, ContractChange, PAGE_BYTES, StateChanges, StoredContract, StoredPages,
};
use redb::{ReadableTable, Table, WriteTransaction};

use super::tables::{CELLS, CONTRACTS, MODULES, STATES, WRITTEN};
use super::{Inner, StoreError};

/// The cell of the memory's length.
const LENGTH: u32 = 0;
/// The cells of pages' hashes; the page index is added.
const PAGES: u32 = 1 << 24;
/// The cells of blocks; the block index is added.
const BLOCKS: u32 = 1 << 28;
/// The end of the cells of blocks.
const END: u32 = 1 << 29;
/// Stands for "never" where a height is written down.
const NEVER: u64 = u64::MAX;
/// Bytes of an entry in a row of [`WRITTEN`].
const ENTRY_BYTES: usize = 12;

type Key = [u8; 44];
type Cells<'txn> = Table<'txn, &'static Key, &'static [u8]>;

fn key(id: &[u8; 32], cell: u32, height: u64) -> Key {
    let mut key = [0; 44];
    key[..32].copy_from_slice(id);
    key[32..36].copy_from_slice(&cell.to_be_bytes());
    key[36..].copy_from_slice(&height.to_be_bytes());
    key
}

fn parts(key: &Key) -> (u32, u64) {
    let (mut cell, mut height) = ([0; 4], [0; 8]);
    cell.copy_from_slice(&key[32..36]);
    height.copy_from_slice(&key[36..]);
    (u32::from_be_bytes(cell), u64::from_be_bytes(height))
}

/// Writes what the block at a height changed, as the state after it.
pub(super) fn write(
    transaction: &WriteTransaction,
    height: u64,
    root: &[u8; 32],
    changes: &StateChanges,
) -> Result<(), StoreError> {
    let mut cells = transaction.open_table(CELLS)?;
    let mut written = transaction.open_table(WRITTEN)?;
    for change in &changes.contracts {
        let id = change.id.to_bytes();
        deploy(transaction, height, change)?;
        let mut row = Vec::new();
        put(&mut cells, &mut row, (&id, LENGTH, height), &change.length.to_le_bytes())?;
        for page in &change.pages {
            put(&mut cells, &mut row, (&id, PAGES + page.index, height), &page.hash)?;
            for block in &page.blocks {
                // Zeros are not worth a place.
                let zero = block.bytes.iter().all(|byte| *byte == 0);
                let bytes = if zero { &[] } else { &*block.bytes };
                put(&mut cells, &mut row, (&id, BLOCKS + block.index, height), bytes)?;
            }
        }
        written.insert((height, &id), row.as_slice())?;
    }
    transaction.open_table(STATES)?.insert(height, root)?;
    Ok(())
}

fn deploy(transaction: &WriteTransaction, height: u64, change: &ContractChange) -> Result<(), StoreError> {
    let Some(deployed) = &change.deployed else { return Ok(()) };
    let hash: [u8; 32] = blake3::hash(&deployed.bytecode).into();
    transaction.open_table(MODULES)?.insert(&hash, deployed.bytecode.as_slice())?;
    let row = (height, &hash, deployed.owner.as_slice());
    transaction.open_table(CONTRACTS)?.insert(&change.id.to_bytes(), row)?;
    Ok(())
}

fn put(
    cells: &mut Cells<'_>,
    row: &mut Vec<u8>,
    (id, cell, height): (&[u8; 32], u32, u64),
    bytes: &[u8],
) -> Result<(), StoreError> {
    let last = cells.range::<&Key>(&key(id, cell, 0)..&key(id, cell, height))?.next_back();
    let before = last.transpose()?.map_or(NEVER, |(key, _)| parts(key.value()).1);
    row.extend(cell.to_le_bytes());
    row.extend(before.to_le_bytes());
    cells.insert(&key(id, cell, height), bytes)?;
    Ok(())
}

/// The entries of a row: cells, and when they were written before.
fn entries(row: &[u8]) -> impl Iterator<Item = (u32, u64)> {
    row.chunks_exact(ENTRY_BYTES).map(|entry| {
        let (mut cell, mut before) = ([0; 4], [0; 8]);
        cell.copy_from_slice(&entry[..4]);
        before.copy_from_slice(&entry[4..]);
        (u32::from_le_bytes(cell), u64::from_le_bytes(before))
    })
}

/// Forgets the state at a height: pages that no other kept state uses are removed.
pub(super) fn forget(transaction: &WriteTransaction, height: u64) -> Result<(), StoreError> {
    let mut states = transaction.open_table(STATES)?;
    if states.remove(height)?.is_none() {
        return Ok(());
    }
    let before = states.range(..height)?.next_back().transpose()?.map(|(height, _)| height.value());
    let Some(after) = states.range(height..)?.next().transpose()?.map(|(height, _)| height.value()) else {
        return Err(StoreError::Damaged(format!("the state at height {height} is forgotten, but none follows it")));
    };
    let mut cells = transaction.open_table(CELLS)?;
    let written = transaction.open_table(WRITTEN)?;
    for row in written.range((height + 1, &[0; 32])..=(after, &[255; 32]))? {
        let (place, row) = row?;
        let (_, id) = place.value();
        for (cell, born) in entries(row.value()) {
            if born <= height && before.is_none_or(|before| born > before) {
                cells.remove(&key(id, cell, born))?;
            }
        }
    }
    Ok(())
}

/// Goes back to the state at a height, which must be kept.
pub(super) fn revert(transaction: &WriteTransaction, height: u64) -> Result<(), StoreError> {
    let mut cells = transaction.open_table(CELLS)?;
    let mut written = transaction.open_table(WRITTEN)?;
    for row in written.extract_from_if((height + 1, &[0; 32]).., |_, _| true)? {
        let (place, row) = row?;
        let (born, id) = place.value();
        for (cell, _) in entries(row.value()) {
            cells.remove(&key(id, cell, born))?;
        }
    }
    transaction.open_table(STATES)?.retain_in(height + 1.., |_, _| false)?;
    let mut contracts = transaction.open_table(CONTRACTS)?;
    contracts.retain(|_, (deployed, _, _)| deployed <= height)?;
    let mut used = BTreeSet::new();
    for contract in contracts.iter()? {
        used.insert(*contract?.1.value().1);
    }
    transaction.open_table(MODULES)?.retain(|hash, _| used.contains(hash))?;
    Ok(())
}

/// The contracts of the state at a height, which must be kept.
pub(super) fn contracts(inner: &Arc<Inner>, height: u64) -> Result<Vec<StoredContract>, StoreError> {
    let transaction = inner.begin_read()?;
    let modules = transaction.open_table(MODULES)?;
    let cells = transaction.open_table(CELLS)?;
    let mut found = Vec::new();
    for contract in transaction.open_table(CONTRACTS)?.iter()? {
        let (id, contract) = contract?;
        let (id, (deployed, hash, owner)) = (*id.value(), contract.value());
        if deployed > height {
            continue;
        }
        let missing = |what: &str| StoreError::Damaged(format!("{what} of contract {} is missing", hex::encode(id)));
        let module = modules.get(hash)?.ok_or_else(|| missing("the module"))?;
        let mut length = None;
        latest(&cells, (&id, LENGTH, PAGES), height, |_, changed, bytes| length = Some((changed, bytes.try_into())))?;
        let Some((changed, Ok(length))) = length else { return Err(missing("the length")) };
        let mut pages = Vec::new();
        latest(&cells, (&id, PAGES, BLOCKS), height, |cell, _, hash| {
            pages.push((cell - PAGES, hash.try_into().unwrap_or_default()));
        })?;
        let indices = pages.iter().map(|(index, _)| *index).collect();
        let source = ContractPages { inner: Arc::clone(inner), id, height, indices };
        found.push(StoredContract {
            id: ContractId::from_bytes(id),
            deployed,
            changed,
            bytecode: module.value().to_vec(),
            owner: owner.to_vec(),
            length: u64::from_le_bytes(length),
            pages,
            source: Arc::new(source),
        });
    }
    Ok(found)
}

/// Gives the latest version up to a height of each cell in a range, in ascending order: cell, birth, content.
fn latest(
    cells: &impl ReadableTable<&'static Key, &'static [u8]>,
    (id, first, end): (&[u8; 32], u32, u32),
    height: u64,
    mut give: impl FnMut(u32, u64, &[u8]),
) -> Result<(), StoreError> {
    let mut last: Option<(u32, u64, redb::AccessGuard<'_, &'static [u8]>)> = None;
    for version in cells.range::<&Key>(&key(id, first, 0)..&key(id, end, 0))? {
        let (key, content) = version?;
        let (cell, born) = parts(key.value());
        if born > height {
            continue;
        }
        if let Some((before, born, content)) = last.take().filter(|(before, ..)| *before != cell) {
            give(before, born, content.value());
        }
        last = Some((cell, born, content));
    }
    if let Some((cell, born, content)) = last {
        give(cell, born, content.value());
    }
    Ok(())
}

/// The pages of a contract in the state at a height.
#[derive(Debug)]
struct ContractPages {
    inner: Arc<Inner>,
    id: [u8; 32],
    height: u64,
    /// The pages that there are, in ascending order.
    indices: Vec<u32>,
}

impl StoredPages for ContractPages {
    fn read(&self, give: &mut dyn FnMut(u32, &[u8])) -> io::Result<()> {
        let transaction = self.inner.begin_read().map_err(io::Error::other)?;
        let cells = transaction.open_table(CELLS).map_err(io::Error::other)?;
        let (mut page, mut pages) = (vec![0; PAGE_BYTES], self.indices.iter().copied().peekable());
        latest(&cells, (&self.id, BLOCKS, END), self.height, |cell, _, bytes| {
            let block = cell - BLOCKS;
            while let Some(before) = pages.next_if(|index| *index < block / BLOCKS_PER_PAGE) {
                give(before, &page);
                page.fill(0);
            }
            if bytes.len() == BLOCK_BYTES {
                page[(block % BLOCKS_PER_PAGE) as usize * BLOCK_BYTES..][..BLOCK_BYTES].copy_from_slice(bytes);
            }
        })
        .map_err(io::Error::other)?;
        for last in pages {
            give(last, &page);
            page.fill(0);
        }
        Ok(())
    }
}

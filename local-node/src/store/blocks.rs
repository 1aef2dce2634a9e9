//! Reading and writing blocks.
//!
//! Contracts decide how large a block is. A reader of blocks for clients is asked before each part of one is decoded
//! ([`Allow`]), and can stop there.

use std::sync::Arc;

use dusk_core::abi::ContractId;
use local_node_types::codec::Decode as _;
use local_node_types::ledger::{Header, Label};
use redb::{ReadTransaction, ReadableTable as _, WriteTransaction};

use super::index::index_keys;
use super::record::{BlockRecord, SpentRecord, archived, read};
use super::tables::{BLOCK_INDEX, BLOCKS, DEPLOYMENTS, HEIGHTS, LABELS, TRANSACTIONS, TX_LOCATIONS};
use super::{AtHand, Inner, Store, StoreError, faults, missing};
use crate::block::{SpentTransaction, StoredBlock, TxId};
use crate::weight;

/// The parts of a block without its transactions.
#[derive(Debug, Clone)]
pub(crate) struct BlockHead {
    /// Its header.
    pub(crate) header: Header,
    /// The fees of all transactions together, in LUX.
    pub(crate) fees: u64,
    /// Its label.
    pub(crate) label: Label,
}

/// Is told the bytes of what is to be read next, and says whether that may be.
pub(crate) type Allow<'a> = &'a mut dyn FnMut(usize) -> bool;

impl Store {
    /// A block by its height.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn block(&self, height: u64) -> Result<Option<(Arc<StoredBlock>, Label)>, StoreError> {
        self.block_if(height, &mut |_| true)
    }

    /// A block by its height, if all of it may be read.
    ///
    /// # Errors
    /// When the chain cannot be read; [`StoreError::TooMuch`] when it may not.
    pub(crate) fn block_if(
        &self,
        height: u64,
        allow: Allow<'_>,
    ) -> Result<Option<(Arc<StoredBlock>, Label)>, StoreError> {
        let at_hand = self.0.recent(|recent| recent.blocks.get(&height).map(|it| (Arc::clone(&it.block), it.bytes)));
        let transaction = self.0.begin_read()?;
        let Some(label) = label(&transaction, height)? else { return Ok(None) };
        let block = match at_hand {
            Some((block, bytes)) => {
                check(allow, bytes)?;
                block
            }
            None => Arc::new(load(&transaction, height, allow)?.ok_or_else(|| missing(height))?),
        };
        Ok(Some((block, label)))
    }

    /// The parts of a block without its transactions, if they may be read.
    ///
    /// # Errors
    /// When the chain cannot be read; [`StoreError::TooMuch`] when it may not.
    pub(crate) fn head_if(&self, height: u64, allow: Allow<'_>) -> Result<Option<BlockHead>, StoreError> {
        let at_hand = self.0.recent(|recent| recent.blocks.get(&height).map(|it| Arc::clone(&it.block)));
        let transaction = self.0.begin_read()?;
        let Some(label) = label(&transaction, height)? else { return Ok(None) };
        if let Some(block) = at_hand {
            check(allow, size_of::<BlockHead>())?;
            return Ok(Some(BlockHead { header: block.header().clone(), fees: block.fees, label }));
        }
        let record = transaction.open_table(BLOCKS)?.get(height)?.ok_or_else(|| missing(height))?;
        check(allow, record.value().len())?;
        let bare = read::<BlockRecord>(record.value())?.with(Vec::new())?;
        Ok(Some(BlockHead { header: bare.block.header, fees: bare.fees, label }))
    }

    /// A transaction that is in a block.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn transaction(&self, id: &TxId) -> Result<Option<Arc<SpentTransaction>>, StoreError> {
        self.transaction_if(id, &mut |_| true)
    }

    /// A transaction that is in a block, if it may be read.
    ///
    /// # Errors
    /// When the chain cannot be read; [`StoreError::TooMuch`] when it may not.
    pub(crate) fn transaction_if(
        &self,
        id: &TxId,
        allow: Allow<'_>,
    ) -> Result<Option<Arc<SpentTransaction>>, StoreError> {
        let transaction = self.0.begin_read()?;
        let place = transaction.open_table(TX_LOCATIONS)?.get(&id.0)?.map(|place| place.value());
        place.map(|place| self.0.spent(&transaction, place, allow)).transpose()
    }

    /// The transaction that deployed a contract. Genesis contracts have none.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn deployment(&self, contract: &ContractId) -> Result<Option<Arc<SpentTransaction>>, StoreError> {
        let transaction = self.0.begin_read()?;
        let place = transaction.open_table(DEPLOYMENTS)?.get(&contract.to_bytes())?.map(|place| place.value());
        place.map(|place| self.0.spent(&transaction, place, &mut |_| true)).transpose()
    }

    /// The height of the block in which a contract was deployed, unless it is a genesis contract.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn deployment_height(&self, contract: &ContractId) -> Result<Option<u64>, StoreError> {
        let deployments = self.0.begin_read()?.open_table(DEPLOYMENTS)?;
        Ok(deployments.get(&contract.to_bytes())?.map(|place| place.value().0))
    }

    /// The last transactions, the newest first.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn last_transactions(&self, count: usize) -> Result<Vec<Arc<SpentTransaction>>, StoreError> {
        self.last_transactions_if(count, &mut |_| true)
    }

    /// The last transactions, the newest first, if they may all be read.
    ///
    /// # Errors
    /// When the chain cannot be read; [`StoreError::TooMuch`] when it may not.
    pub(crate) fn last_transactions_if(
        &self,
        count: usize,
        allow: Allow<'_>,
    ) -> Result<Vec<Arc<SpentTransaction>>, StoreError> {
        let transaction = self.0.begin_read()?;
        let mut found = Vec::new();
        for row in transaction.open_table(TRANSACTIONS)?.iter()?.rev().take(count) {
            let (_, record) = row?;
            check(allow, record.value().len())?;
            found.push(Arc::new(read::<SpentRecord>(record.value())?.open()?));
        }
        Ok(found)
    }
}

impl Inner {
    fn spent(
        &self,
        transaction: &ReadTransaction,
        place: (u64, u32),
        allow: Allow<'_>,
    ) -> Result<Arc<SpentTransaction>, StoreError> {
        let at_hand = self.recent(|recent| {
            let AtHand { block, .. } = recent.blocks.get(&place.0)?;
            block.transactions.get(usize::try_from(place.1).ok()?).cloned()
        });
        if let Some(spent) = at_hand {
            check(allow, weight::spent(&spent))?;
            return Ok(spent);
        }
        let table = transaction.open_table(TRANSACTIONS)?;
        let record = table.get(place)?.ok_or_else(|| missing(place.0))?;
        check(allow, record.value().len())?;
        Ok(Arc::new(read::<SpentRecord>(record.value())?.open()?))
    }
}

pub(super) fn put_block(transaction: &WriteTransaction, stored: &StoredBlock) -> Result<(), StoreError> {
    let (height, hash) = (stored.header().height, stored.header().hash);
    transaction.open_table(BLOCKS)?.insert(height, archived(&BlockRecord::of(stored))?.as_slice())?;
    transaction.open_table(HEIGHTS)?.insert(&hash, height)?;
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    let mut places = transaction.open_table(TX_LOCATIONS)?;
    let mut deployments = transaction.open_table(DEPLOYMENTS)?;
    for (index, spent) in (0..).zip(&stored.transactions) {
        transactions.insert((height, index), archived(&SpentRecord::of(spent))?.as_slice())?;
        places.insert(&spent.id().0, (height, index))?;
        if let Some(contract) = spent.deployed {
            deployments.insert(&contract.to_bytes(), (height, index))?;
        }
    }
    faults::put(transaction, height, &stored.block.faults)?;
    let mut index = transaction.open_table(BLOCK_INDEX)?;
    for key in index_keys(stored) {
        index.insert((&key.0, height), ())?;
    }
    Ok(())
}

pub(super) fn load_all(transaction: &ReadTransaction, height: u64) -> Result<Option<StoredBlock>, StoreError> {
    load(transaction, height, &mut |_| true)
}

/// Reads a block. Whether each of its records may be read is asked before that is decoded.
fn load(transaction: &ReadTransaction, height: u64, allow: Allow<'_>) -> Result<Option<StoredBlock>, StoreError> {
    let blocks = transaction.open_table(BLOCKS)?;
    let Some(record) = blocks.get(height)? else { return Ok(None) };
    check(allow, record.value().len())?;
    let mut transactions = Vec::new();
    for row in transaction.open_table(TRANSACTIONS)?.range((height, 0)..=(height, u32::MAX))? {
        let (_, record) = row?;
        check(allow, record.value().len())?;
        transactions.push(Arc::new(read::<SpentRecord>(record.value())?.open()?));
    }
    read::<BlockRecord>(record.value())?.with(transactions).map(Some)
}

fn check(allow: Allow<'_>, bytes: usize) -> Result<(), StoreError> {
    if allow(bytes) { Ok(()) } else { Err(StoreError::TooMuch) }
}

fn label(transaction: &ReadTransaction, height: u64) -> Result<Option<Label>, StoreError> {
    let label = transaction.open_table(LABELS)?.get(height)?;
    Ok(label.map(|label| Label::decode_all(label.value())).transpose()?)
}

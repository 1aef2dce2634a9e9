//! Points of a development chain to go back to.

use std::sync::{Arc, PoisonError};

use local_node_types::codec::{Decode as _, Encode as _, Reader};
use local_node_types::ledger::{Block, Hash, Label};
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::blocks::load_all;
use super::record::{BlockRecord, SpentRecord, read};
use super::tables::{BLOCK_INDEX, BLOCKS, DEPLOYMENTS, HEIGHTS, LABELS, SNAPSHOTS, TRANSACTIONS, TX_LOCATIONS};
use super::{
    AtHand, MAX_SNAPSHOTS, Recent, Store, StoreError, drivers, faults, index_keys, missing, put_clock, put_labels,
    states, waiting,
};

/// A point to go back to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Its number, from 1; 0 stands for genesis, which is always there.
    pub id: u64,
    /// The height of the chain.
    pub height: u64,
    /// Seconds by which the node's clock was ahead of the system's.
    pub clock: u64,
    /// The blocks that were not final, with their labels.
    labels: Vec<(u64, Label)>,
}

impl Snapshot {
    /// A point that was not marked.
    #[cfg(test)]
    pub(super) fn at(height: u64, labels: &[(u64, Label)]) -> Self {
        Self { id: 0, height, clock: 0, labels: labels.to_vec() }
    }
}

impl Store {
    /// Takes a snapshot of the chain as it is.
    ///
    /// # Errors
    /// [`StoreError::TooManySnapshots`], and when the medium does not take it.
    pub fn take_snapshot(&self, clock: u64) -> Result<Snapshot, StoreError> {
        let (height, labels) = (self.tip().header().height, self.pending());
        self.0.write(|transaction| {
            let mut table = transaction.open_table(SNAPSHOTS)?;
            if table.len()? >= MAX_SNAPSHOTS as u64 {
                return Err(StoreError::TooManySnapshots);
            }
            let id = table.last()?.map_or(0, |(id, _)| id.value()) + 1;
            table.insert(id, (height, clock, label_list(&labels).as_slice()))?;
            Ok(Snapshot { id, height, clock, labels: labels.clone() })
        })
    }

    /// The snapshots, in the order of their numbers.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, StoreError> {
        let transaction = self.0.begin_read()?;
        let mut found = Vec::new();
        for row in transaction.open_table(SNAPSHOTS)?.iter()? {
            let (id, row) = row?;
            let (height, clock, mut labels) = row.value();
            let mut snapshot = Snapshot { id: id.value(), height, clock, labels: Vec::new() };
            while !labels.is_empty() {
                let mut reader = Reader::new(labels);
                snapshot.labels.push((reader.u64()?, Label::decode(&mut reader)?));
                labels = &labels[reader.position()..];
            }
            found.push(snapshot);
        }
        Ok(found)
    }

    /// Reverts the chain to a snapshot, whose state must be kept: later blocks, later snapshots, all waiting
    /// transactions and the data drivers of contracts that are gone are forgotten. Gives the blocks that were taken
    /// back, the last one first.
    ///
    /// # Errors
    /// When the chain cannot be read, or the medium does not take the change. The chain is then as it was.
    pub fn revert(&self, to: &Snapshot) -> Result<Vec<(u64, Hash)>, StoreError> {
        let reverted = self.0.write(|transaction| {
            let reverted = remove_blocks(transaction, to.height)?;
            put_labels(transaction, to.labels.iter().copied())?;
            states::revert(transaction, to.height)?;
            transaction.open_table(SNAPSHOTS)?.retain_in(to.id + 1.., |_, _| false)?;
            put_clock(transaction, to.clock)?;
            waiting::clear(transaction)?;
            Ok(reverted)
        })?;
        self.now_ends_at(to.height, &to.labels)?;
        Ok(reverted.into_iter().map(|block| (block.header.height, block.header.hash)).collect())
    }

    /// Takes back all blocks above a height, whose state must be kept, and gives them, lowest first. `labels` are those
    /// of all blocks that are not final then. The transactions of the blocks wait again, in the same change of the
    /// database; snapshots above the height are gone.
    ///
    /// # Errors
    /// When the chain cannot be read, or the medium does not take the change. The chain is then as it was.
    pub(crate) fn revert_to(&self, height: u64, labels: &[(u64, Label)]) -> Result<Vec<Block>, StoreError> {
        for above in height + 1..=self.tip().header().height {
            let (block, _) = self.block(above)?.ok_or_else(|| missing(above))?;
            for spent in &block.transactions {
                self.note_waiting(spent.id(), || spent.transaction.protocol().to_network_bytes());
            }
        }
        let mut reverted = self.0.write(|transaction| {
            let reverted = remove_blocks(transaction, height)?;
            put_labels(transaction, labels.iter().copied())?;
            states::revert(transaction, height)?;
            transaction.open_table(SNAPSHOTS)?.retain(|_, (at, ..)| at <= height)?;
            Ok(reverted)
        })?;
        self.now_ends_at(height, labels)?;
        reverted.reverse();
        Ok(reverted)
    }

    fn now_ends_at(&self, height: u64, labels: &[(u64, Label)]) -> Result<(), StoreError> {
        let tip = load_all(&self.0.begin_read()?, height)?.ok_or_else(|| missing(height))?;
        let last_final = labels.first().map_or(height, |(height, _)| height.saturating_sub(1));
        let mut recent = self.0.recent.write().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = std::mem::take(&mut recent.blocks);
        blocks.retain(|at, _| *at <= height);
        let at_hand = blocks.entry(height).or_insert_with(|| AtHand::new(&tip.into()));
        let tip = Arc::clone(&at_hand.block);
        *recent = Recent { tip, blocks, last_final, pending: labels.iter().copied().collect() };
        Ok(())
    }
}

fn label_list(labels: &[(u64, Label)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (height, label) in labels {
        bytes.extend(height.to_le_bytes());
        label.encode(&mut bytes);
    }
    bytes
}

/// Removes the blocks above a height, the last one first.
fn remove_blocks(transaction: &WriteTransaction, height: u64) -> Result<Vec<Block>, StoreError> {
    let mut reverted = Vec::new();
    let mut blocks = transaction.open_table(BLOCKS)?;
    let mut heights = transaction.open_table(HEIGHTS)?;
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    let mut places = transaction.open_table(TX_LOCATIONS)?;
    let mut deployments = transaction.open_table(DEPLOYMENTS)?;
    let mut index = transaction.open_table(BLOCK_INDEX)?;
    loop {
        let last = blocks.last()?.map(|(at, record)| (at.value(), record.value().to_vec()));
        let Some((at, record)) = last.filter(|(at, _)| *at > height) else { break };
        let mut spent = Vec::new();
        for row in transactions.extract_from_if((at, 0)..=(at, u32::MAX), |_, _| true)? {
            spent.push(Arc::new(read::<SpentRecord>(row?.1.value())?.open()?));
        }
        for spent in &spent {
            places.remove(&spent.id().0)?;
            if let Some(contract) = spent.deployed {
                deployments.remove(&contract.to_bytes())?;
                drivers::remove(transaction, &contract)?;
            }
        }
        let block = read::<BlockRecord>(&record)?.with(spent)?;
        for key in index_keys(&block) {
            index.remove((&key.0, at))?;
        }
        faults::remove(transaction, &block.block.faults)?;
        heights.remove(&block.header().hash)?;
        blocks.remove(at)?;
        reverted.push(block.block);
    }
    transaction.open_table(LABELS)?.retain_in(height + 1.., |_, _| false)?;
    Ok(reverted)
}

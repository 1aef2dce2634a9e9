//! What the node remembers of the chain: blocks, what their transactions did, and the labels.
//!
//! In memory for now. The type is the wall behind which a durable store will stand: one writer (the node's loop), any
//! number of readers, each call sees whole blocks only. It grows with the chain; nothing is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dusk_core::abi::ContractId;
use dusk_core::stake::Reward;
use local_node_types::execution::{CallError, Event};
use local_node_types::ledger::{Block, Hash, Header, Label, LedgerTransaction};

use crate::history::{Subject, subjects};
use crate::transaction::TxId;

/// A transaction in a block, and what came of it.
#[derive(Debug, Clone)]
pub struct SpentTransaction {
    /// The transaction.
    pub transaction: LedgerTransaction,
    /// The hash of its block.
    pub block_hash: Hash,
    /// The height of its block.
    pub height: u64,
    /// The time of its block, in seconds since 1970.
    pub timestamp: u64,
    /// Gas that it paid for.
    pub gas_spent: u64,
    /// What the call or deployment returned, or why it failed.
    pub result: Result<Vec<u8>, CallError>,
    /// The contract that it deployed.
    pub deployed: Option<ContractId>,
    /// What it emitted.
    pub events: Vec<Event>,
}

impl SpentTransaction {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> TxId {
        TxId::of(&self.transaction)
    }

    /// What it cost its sender besides the value: gas spent times gas price, in LUX.
    #[must_use]
    pub fn fee(&self) -> u64 {
        self.gas_spent.saturating_mul(self.transaction.protocol().gas_price())
    }
}

/// A block of the chain.
#[derive(Debug)]
pub struct StoredBlock {
    /// The block, with its attestation.
    pub block: Block,
    /// Its transactions with what came of them, in their order.
    pub transactions: Vec<Arc<SpentTransaction>>,
    /// The events of the chain's own part: slashes, rewards.
    pub events: Vec<Event>,
    /// Who was paid.
    pub rewards: Vec<Reward>,
    /// The fees of all transactions together, in LUX.
    pub fees: u64,
}

impl StoredBlock {
    /// Block 0.
    #[must_use]
    pub fn genesis(header: Header) -> Self {
        let block = Block { header, ..Block::default() };
        Self { block, transactions: Vec::new(), events: Vec::new(), rewards: Vec::new(), fees: 0 }
    }

    /// Its header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.block.header
    }

    /// Gas that its transactions spent together.
    #[must_use]
    pub fn gas_spent(&self) -> u64 {
        self.transactions.iter().map(|transaction| transaction.gas_spent).sum()
    }
}

/// In which order answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By ascending height.
    #[default]
    OldestFirst,
    /// By descending height.
    NewestFirst,
}

/// The chain's memory. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<RwLock<Chain>>);

#[derive(Debug)]
struct Chain {
    blocks: Vec<(Arc<StoredBlock>, Label)>,
    heights: BTreeMap<Hash, u64>,
    transactions: BTreeMap<TxId, Arc<SpentTransaction>>,
    deployments: BTreeMap<ContractId, TxId>,
    /// Which blocks are about what.
    subjects: BTreeSet<(Subject, u64)>,
    last_final: u64,
}

impl Store {
    /// A store that holds block 0 only.
    #[must_use]
    pub fn new(genesis: StoredBlock) -> Self {
        let heights = BTreeMap::from([(genesis.header().hash, 0)]);
        let blocks = vec![(Arc::new(genesis), Label::Final(0))];
        let (transactions, deployments, subjects) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self(Arc::new(RwLock::new(Chain { blocks, heights, transactions, deployments, subjects, last_final: 0 })))
    }

    /// Adds the block after the tip with its label, and changes the labels of others.
    ///
    /// # Panics
    /// When the block's height is not the next one, or a changed label belongs to no block.
    pub fn append(&self, block: Arc<StoredBlock>, label: Label, changes: &[(u64, Label)]) {
        let subjects = subjects(&block);
        let mut chain = self.write();
        let height = block.header().height;
        assert_eq!(height, chain.blocks.len() as u64, "blocks are appended in the order of their heights");
        chain.heights.insert(block.header().hash, height);
        for transaction in &block.transactions {
            let id = transaction.id();
            chain.transactions.insert(id, Arc::clone(transaction));
            if let Some(contract) = transaction.deployed {
                chain.deployments.insert(contract, id);
            }
        }
        chain.subjects.extend(subjects.into_iter().map(|subject| (subject, height)));
        chain.blocks.push((block, label));
        for (height, label) in changes {
            let at = usize::try_from(*height).unwrap_or(usize::MAX);
            chain.blocks[at].1 = *label;
            if label.is_final() {
                chain.last_final = chain.last_final.max(*height);
            }
        }
    }

    /// The last block.
    #[must_use]
    pub fn tip(&self) -> Arc<StoredBlock> {
        let chain = self.read();
        match chain.blocks.last() {
            Some((block, _)) => Arc::clone(block),
            None => unreachable!("a store holds block 0 from the beginning"),
        }
    }

    /// The height of the last block that cannot be reverted.
    #[must_use]
    pub fn last_final(&self) -> u64 {
        self.read().last_final
    }

    /// A block by its height.
    #[must_use]
    pub fn block(&self, height: u64) -> Option<(Arc<StoredBlock>, Label)> {
        self.read().blocks.get(usize::try_from(height).ok()?).cloned()
    }

    /// The height of the block with this hash.
    #[must_use]
    pub fn height_of(&self, hash: &Hash) -> Option<u64> {
        self.read().heights.get(hash).copied()
    }

    /// The blocks that are not final, as heights and labels, in ascending order.
    #[must_use]
    pub fn pending(&self) -> Vec<(u64, Label)> {
        let chain = self.read();
        (chain.last_final + 1..)
            .zip(chain.blocks.iter().skip(usize::try_from(chain.last_final + 1).unwrap_or(usize::MAX)))
            .map(|(height, (_, label))| (height, *label))
            .collect()
    }

    /// A transaction that is in a block.
    #[must_use]
    pub fn transaction(&self, id: &TxId) -> Option<Arc<SpentTransaction>> {
        self.read().transactions.get(id).cloned()
    }

    /// The transaction that deployed a contract. Genesis contracts have none.
    #[must_use]
    pub fn deployment(&self, contract: &ContractId) -> Option<Arc<SpentTransaction>> {
        let chain = self.read();
        chain.deployments.get(contract).and_then(|id| chain.transactions.get(id)).cloned()
    }

    /// The last transactions, the newest first.
    #[must_use]
    pub fn last_transactions(&self, count: usize) -> Vec<Arc<SpentTransaction>> {
        let chain = self.read();
        let newest_first = chain.blocks.iter().rev().flat_map(|(block, _)| block.transactions.iter().rev());
        newest_first.take(count).cloned().collect()
    }

    /// The heights of the blocks about a subject in a range, at most so many, in ascending order or the highest first.
    #[must_use]
    pub fn heights_about(&self, subject: Subject, range: RangeInclusive<u64>, order: Order, most: usize) -> Vec<u64> {
        if range.is_empty() {
            return Vec::new();
        }
        let chain = self.read();
        let found = chain.subjects.range((subject, *range.start())..=(subject, *range.end()));
        let heights = found.map(|(_, height)| *height);
        match order {
            Order::OldestFirst => heights.take(most).collect(),
            Order::NewestFirst => heights.rev().take(most).collect(),
        }
    }

    /// How many transactions are in blocks.
    #[must_use]
    pub fn transaction_count(&self) -> usize {
        self.read().transactions.len()
    }

    // A thread that panicked while it held the lock left whole entries behind: every change is one insertion after
    // another, and readers only look entries up.
    fn read(&self) -> RwLockReadGuard<'_, Chain> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Chain> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Blocks of the chain, the transactions in them, and what these did.
//!
//! These are the values that the ledger makes, the store keeps, and everybody else reads.

mod flows;

use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_core::stake::Reward;
use dusk_sdk_protocol::execution::{CallError, Event};
use local_node_types::ledger::{Block, Hash, Header, LedgerTransaction};
use local_node_vm::EVENT_OVERHEAD_BYTES;

pub use local_node_core::mempool::TxId;

pub use self::flows::Flows;

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
    /// The result of the call or deployment, or its error.
    pub result: Result<Vec<u8>, CallError>,
    /// The contract that it deployed.
    pub deployed: Option<ContractId>,
    /// Its events.
    pub events: Vec<Event>,
}

impl SpentTransaction {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> TxId {
        TxId::of(&self.transaction)
    }

    /// Its cost for the sender besides the value: gas spent times gas price, in LUX.
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
    /// The paid rewards.
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

/// The bytes of events, about.
pub(crate) fn event_bytes(events: &[Event]) -> usize {
    events.iter().map(|event| event.topic.len() + event.data.len() + EVENT_OVERHEAD_BYTES).sum()
}

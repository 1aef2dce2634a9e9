//! How blocks and transactions lie in the database.
//!
//! Values of protocol types are archived with rkyv, as the contracts do it: reading a key back then needs no
//! decompression, which would take a millisecond for each. The header and the faults have the form in which blocks
//! travel.

use std::sync::Arc;

use bytecheck::CheckBytes;
use dusk_core::abi::ContractId;
use dusk_core::stake::Reward;
use dusk_core::transfer::{Transaction, TransactionFormat};
use dusk_sdk_protocol::execution::{CallError, Event};
use local_node_types::codec::{Decode, Encode};
use local_node_types::ledger::{Block, Label, LedgerTransaction};
use rkyv::ser::serializers::AllocSerializer;
use rkyv::validation::validators::DefaultValidator;
use rkyv::{Archive, Deserialize, Infallible, Serialize};

use super::StoreError;
use crate::archive::decode;
use crate::block::{SpentTransaction, StoredBlock};

/// A block without its transactions.
#[derive(Archive, Serialize, Deserialize)]
#[archive_attr(derive(CheckBytes))]
pub(super) struct BlockRecord {
    /// Header and faults.
    block: Vec<u8>,
    events: Vec<EventRecord>,
    rewards: Vec<Reward>,
    fees: u64,
}

/// A transaction in a block.
#[derive(Archive, Serialize, Deserialize)]
#[archive_attr(derive(CheckBytes))]
pub(super) struct SpentRecord {
    format: u8,
    transaction: Transaction,
    block_hash: [u8; 32],
    height: u64,
    timestamp: u64,
    gas_spent: u64,
    /// Its result, or the text of its panic.
    output: Vec<u8>,
    failure: u8,
    deployed: Option<[u8; 32]>,
    events: Vec<EventRecord>,
}

#[derive(Archive, Serialize, Deserialize)]
#[archive_attr(derive(CheckBytes))]
struct EventRecord {
    source: [u8; 32],
    topic: String,
    data: Vec<u8>,
    reverted: bool,
}

impl BlockRecord {
    pub(super) fn of(stored: &StoredBlock) -> Self {
        let StoredBlock { block, events, rewards, fees, .. } = stored;
        let bare = Block { header: block.header.clone(), transactions: Vec::new(), faults: block.faults.clone() };
        let events = events.iter().map(EventRecord::of).collect();
        Self { block: bare.encoded(), events, rewards: rewards.clone(), fees: *fees }
    }

    pub(super) fn with(self, transactions: Vec<Arc<SpentTransaction>>) -> Result<StoredBlock, StoreError> {
        let mut block = Block::decode_all(&self.block)?;
        block.transactions = transactions.iter().map(|spent| spent.transaction.clone()).collect();
        let events = self.events.into_iter().map(Event::from).collect();
        Ok(StoredBlock { block, transactions, events, rewards: self.rewards, fees: self.fees })
    }
}

impl SpentRecord {
    pub(super) fn of(spent: &SpentTransaction) -> Self {
        let (failure, output) = match &spent.result {
            Ok(output) => (0, output.clone()),
            Err(CallError::Panic(text)) => (1, text.clone().into_bytes()),
            Err(CallError::OutOfGas) => (2, Vec::new()),
            Err(CallError::DoesNotExist) => (3, Vec::new()),
            Err(CallError::Unknown) => (4, Vec::new()),
        };
        Self {
            format: match spent.transaction.format() {
                TransactionFormat::PreAegis => 0,
                TransactionFormat::Aegis => 1,
                TransactionFormat::Boreas => 2,
            },
            transaction: spent.transaction.protocol().clone(),
            block_hash: spent.block_hash,
            height: spent.height,
            timestamp: spent.timestamp,
            gas_spent: spent.gas_spent,
            output,
            failure,
            deployed: spent.deployed.map(ContractId::to_bytes),
            events: spent.events.iter().map(EventRecord::of).collect(),
        }
    }

    pub(super) fn open(self) -> Result<SpentTransaction, StoreError> {
        let format = match self.format {
            0 => TransactionFormat::PreAegis,
            1 => TransactionFormat::Aegis,
            2 => TransactionFormat::Boreas,
            other => return Err(StoreError::Damaged(format!("{other} is not a form of transactions"))),
        };
        let result = match self.failure {
            0 => Ok(self.output),
            1 => Err(CallError::Panic(String::from_utf8_lossy(&self.output).into_owned())),
            2 => Err(CallError::OutOfGas),
            3 => Err(CallError::DoesNotExist),
            4 => Err(CallError::Unknown),
            other => return Err(StoreError::Damaged(format!("{other} is not an outcome of a transaction"))),
        };
        Ok(SpentTransaction {
            transaction: LedgerTransaction::new(self.transaction, format),
            block_hash: self.block_hash,
            height: self.height,
            timestamp: self.timestamp,
            gas_spent: self.gas_spent,
            result,
            deployed: self.deployed.map(ContractId::from_bytes),
            events: self.events.into_iter().map(Event::from).collect(),
        })
    }
}

impl EventRecord {
    fn of(event: &Event) -> Self {
        let Event { source, topic, data, reverted } = event;
        Self { source: source.to_bytes(), topic: topic.clone(), data: data.clone(), reverted: *reverted }
    }
}

impl From<EventRecord> for Event {
    fn from(record: EventRecord) -> Self {
        let EventRecord { source, topic, data, reverted } = record;
        Self { source: ContractId::from_bytes(source), topic, data, reverted }
    }
}

/// A value's archived bytes.
pub(super) fn archived<T: Serialize<AllocSerializer<4096>>>(value: &T) -> Result<Vec<u8>, StoreError> {
    match rkyv::to_bytes::<_, 4096>(value) {
        Ok(bytes) => Ok(bytes.into_vec()),
        Err(error) => Err(StoreError::Damaged(format!("a record does not encode: {error}"))),
    }
}

/// Reads what [`archived`] wrote.
pub(super) fn read<T: Archive>(bytes: &[u8]) -> Result<T, StoreError>
where
    T::Archived: for<'a> CheckBytes<DefaultValidator<'a>> + Deserialize<T, Infallible>,
{
    decode(bytes).map_err(|error| StoreError::Damaged(format!("a record does not decode: {error}")))
}

/// A label's bytes, which have a fixed length.
pub(super) fn label_bytes(label: Label) -> [u8; 9] {
    let mut bytes = [0; 9];
    bytes.copy_from_slice(&label.encoded());
    bytes
}

//! Blocks and transactions as GraphQL shows them.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, Error, Json, Object, Result, SimpleObject};
use dusk_core::transfer::data::gen_contract_id;
use dusk_core::transfer::{Transaction as Protocol, TransactionFormat};
use dusk_sdk_protocol::execution::HexId;
use local_node_consensus::rewards::emission;
use local_node_types::ledger::{Header, LedgerTransaction};
use serde_json::Value;

use super::budget::Budget;
use crate::block::{SpentTransaction, TxId};
use crate::http::documents;
use crate::store::{BlockHead, Store};
use crate::transaction::ValidTransaction;

/// A block of the chain. Its transactions are read when they are asked for.
pub(super) struct Block {
    store: Store,
    height: u64,
    head: OnceLock<BlockHead>,
}

impl Block {
    /// A block whose head was read.
    pub(super) fn of(store: Store, head: BlockHead) -> Self {
        Self { store, height: head.header.height, head: head.into() }
    }

    /// A block that is read when it is asked for a field.
    pub(super) const fn later(store: Store, height: u64) -> Self {
        Self { store, height, head: OnceLock::new() }
    }

    fn head(&self, context: &Context<'_>) -> Result<&BlockHead> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let head = Budget::of(context)?.head(&self.store, self.height)?.ok_or_else(|| self.is_gone())?;
        Ok(self.head.get_or_init(|| head))
    }

    fn is_gone(&self) -> Error {
        Error::new(format!("the chain has just reverted block {}: ask again", self.height))
    }
}

#[Object]
impl Block {
    async fn header(&self, context: &Context<'_>) -> Result<BlockHeader<'_>> {
        Ok(BlockHeader(&self.head(context)?.header))
    }

    async fn status(&self, context: &Context<'_>) -> Result<Json<Value>> {
        Ok(Json(documents::label(self.head(context)?.label)))
    }

    async fn transactions(&self, context: &Context<'_>) -> Result<Vec<Spent>> {
        let read = Budget::of(context)?.block(&self.store, self.height)?;
        let (block, _) = read.ok_or_else(|| self.is_gone())?;
        Ok(block.transactions.iter().cloned().map(Spent).collect())
    }

    async fn reward(&self) -> u64 {
        emission(self.height)
    }

    async fn fees(&self, context: &Context<'_>) -> Result<u64> {
        Ok(self.head(context)?.fees)
    }

    async fn gas_spent(&self, context: &Context<'_>) -> Result<u64> {
        let read = Budget::of(context)?.look_at(&self.store, self.height)?;
        let (block, _) = read.ok_or_else(|| self.is_gone())?;
        Ok(block.gas_spent())
    }
}

/// A block's header.
pub(super) struct BlockHeader<'a>(&'a Header);

#[Object(name = "Header")]
impl BlockHeader<'_> {
    async fn version(&self) -> u8 {
        self.0.version
    }

    async fn height(&self) -> u64 {
        self.0.height
    }

    async fn prev_block_hash(&self) -> String {
        hex::encode(self.0.prev_block_hash)
    }

    async fn timestamp(&self) -> u64 {
        self.0.timestamp
    }

    async fn hash(&self) -> String {
        hex::encode(self.0.hash)
    }

    async fn state_hash(&self) -> String {
        hex::encode(self.0.state_root)
    }

    async fn generator_bls_pubkey(&self) -> String {
        self.0.generator.to_string()
    }

    async fn tx_root(&self) -> String {
        hex::encode(self.0.tx_root)
    }

    async fn gas_limit(&self) -> u64 {
        self.0.gas_limit
    }

    async fn seed(&self) -> String {
        hex::encode(self.0.seed.as_bytes())
    }

    async fn iteration(&self) -> u8 {
        self.0.iteration
    }

    /// The whole header, as a JSON text.
    async fn json(&self) -> String {
        documents::header(self.0).to_string()
    }
}

/// A transaction in a block.
pub(super) struct Spent(pub(super) Arc<SpentTransaction>);

#[Object(name = "SpentTransaction")]
impl Spent {
    async fn tx(&self) -> Transaction {
        Transaction::Spent(Arc::clone(&self.0))
    }

    async fn err(&self) -> Option<String> {
        self.0.result.as_ref().err().map(documents::call_error)
    }

    async fn gas_spent(&self) -> u64 {
        self.0.gas_spent
    }

    /// The bytes that the call returned, in hexadecimal digits. Production nodes do not keep them.
    async fn output(&self) -> Option<String> {
        self.0.result.as_ref().ok().map(hex::encode)
    }

    async fn block_hash(&self) -> String {
        hex::encode(self.0.block_hash)
    }

    async fn block_height(&self) -> u64 {
        self.0.height
    }

    async fn block_timestamp(&self) -> u64 {
        self.0.timestamp
    }

    async fn id(&self) -> String {
        self.0.id().to_string()
    }

    async fn raw(&self) -> String {
        raw(&self.0.transaction)
    }
}

/// A transaction.
pub(super) enum Transaction {
    Spent(Arc<SpentTransaction>),
    Waiting(ValidTransaction),
}

impl Transaction {
    fn ledger(&self) -> &LedgerTransaction {
        match self {
            Self::Spent(spent) => &spent.transaction,
            Self::Waiting(waiting) => waiting.transaction(),
        }
    }
}

#[Object]
impl Transaction {
    async fn raw(&self) -> String {
        raw(self.ledger())
    }

    /// The whole transaction, as a JSON text.
    async fn json(&self) -> String {
        documents::transaction(self.ledger()).to_string()
    }

    async fn id(&self) -> String {
        TxId::of(self.ledger()).to_string()
    }

    async fn gas_limit(&self) -> u64 {
        self.ledger().protocol().gas_limit()
    }

    async fn gas_price(&self) -> u64 {
        self.ledger().protocol().gas_price()
    }

    async fn tx_type(&self) -> &'static str {
        match self.ledger().protocol() {
            Protocol::Phoenix(_) => "Phoenix",
            Protocol::Moonlight(_) => "Moonlight",
        }
    }

    async fn call_data(&self) -> Option<CallData> {
        self.ledger().protocol().call().map(|call| CallData {
            contract_id: HexId(&call.contract).to_string(),
            fn_name: call.fn_name.clone(),
            data: hex::encode(&call.fn_args),
        })
    }

    async fn blob_hashes(&self) -> Option<Vec<String>> {
        self.ledger().protocol().blob().map(|blobs| blobs.iter().map(|blob| hex::encode(blob.hash)).collect())
    }

    async fn is_deploy(&self) -> bool {
        self.ledger().protocol().deploy().is_some()
    }

    /// The contract that it deploys.
    async fn contract_id(&self) -> Option<String> {
        let deploy = self.ledger().protocol().deploy()?;
        let id = gen_contract_id(&deploy.bytecode.bytes, deploy.nonce, &deploy.owner);
        Some(HexId(&id).to_string())
    }

    async fn memo(&self) -> Option<String> {
        self.ledger().protocol().memo().map(hex::encode)
    }
}

/// The bytes of a transaction, in the form that wallets send and can read. Since Boreas blocks hold another form, which
/// released wallets cannot read; the id is the same in both.
fn raw(transaction: &LedgerTransaction) -> String {
    let mut protocol = transaction.protocol().clone();
    // Blobs are beside a transaction; `/on/blobs:…` has them.
    let _ = protocol.strip_blobs();
    hex::encode(protocol.encode_for_format(TransactionFormat::Aegis))
}

/// The call of a transaction.
#[derive(SimpleObject)]
pub(super) struct CallData {
    contract_id: String,
    fn_name: String,
    data: String,
}

/// Two blocks of interest.
pub(super) struct BlockPair(pub(super) Value);

#[Object]
impl BlockPair {
    async fn json(&self) -> Json<Value> {
        Json(self.0.clone())
    }
}

/// Events of contracts.
pub(super) struct ContractEvents(pub(super) Value);

#[Object]
impl ContractEvents {
    async fn json(&self) -> Json<Value> {
        Json(self.0.clone())
    }
}

/// Transactions that moved public money, with their events.
pub(super) struct MoonlightTransfers(pub(super) Vec<Value>);

#[Object]
impl MoonlightTransfers {
    async fn json(&self) -> Json<Value> {
        Json(Value::Array(self.0.clone()))
    }
}

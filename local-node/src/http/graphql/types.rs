//! Blocks and transactions as GraphQL shows them.

use std::sync::Arc;

use async_graphql::{Json, Object, SimpleObject};
use dusk_core::transfer::data::gen_contract_id;
use dusk_core::transfer::{Transaction as Protocol, TransactionFormat};
use local_node_consensus::rewards::emission;
use local_node_types::execution::HexId;
use local_node_types::ledger::{Header, Label, LedgerTransaction};
use serde_json::Value;

use crate::http::documents;
use crate::store::{SpentTransaction, StoredBlock};
use crate::transaction::TxId;

/// A block of the chain.
pub(super) struct Block(pub(super) Arc<StoredBlock>, Label);

impl From<(Arc<StoredBlock>, Label)> for Block {
    fn from((block, label): (Arc<StoredBlock>, Label)) -> Self {
        Self(block, label)
    }
}

#[Object]
impl Block {
    async fn header(&self) -> BlockHeader<'_> {
        BlockHeader(self.0.header())
    }

    async fn status(&self) -> Json<Value> {
        Json(documents::label(self.1))
    }

    async fn transactions(&self) -> Vec<Spent> {
        self.0.transactions.iter().cloned().map(Spent).collect()
    }

    async fn reward(&self) -> u64 {
        emission(self.0.header().height)
    }

    async fn fees(&self) -> u64 {
        self.0.fees
    }

    async fn gas_spent(&self) -> u64 {
        self.0.gas_spent()
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
        Transaction(self.0.transaction.clone())
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
pub(super) struct Transaction(pub(super) LedgerTransaction);

#[Object]
impl Transaction {
    async fn raw(&self) -> String {
        raw(&self.0)
    }

    /// The whole transaction, as a JSON text.
    async fn json(&self) -> String {
        documents::transaction(&self.0).to_string()
    }

    async fn id(&self) -> String {
        TxId::of(&self.0).to_string()
    }

    async fn gas_limit(&self) -> u64 {
        self.0.protocol().gas_limit()
    }

    async fn gas_price(&self) -> u64 {
        self.0.protocol().gas_price()
    }

    async fn tx_type(&self) -> &'static str {
        match self.0.protocol() {
            Protocol::Phoenix(_) => "Phoenix",
            Protocol::Moonlight(_) => "Moonlight",
        }
    }

    async fn call_data(&self) -> Option<CallData> {
        self.0.protocol().call().map(|call| CallData {
            contract_id: HexId(&call.contract).to_string(),
            fn_name: call.fn_name.clone(),
            data: hex::encode(&call.fn_args),
        })
    }

    async fn blob_hashes(&self) -> Option<Vec<String>> {
        self.0.protocol().blob().map(|blobs| blobs.iter().map(|blob| hex::encode(blob.hash)).collect())
    }

    async fn is_deploy(&self) -> bool {
        self.0.protocol().deploy().is_some()
    }

    /// The contract that it deploys.
    async fn contract_id(&self) -> Option<String> {
        let deploy = self.0.protocol().deploy()?;
        let id = gen_contract_id(&deploy.bytecode.bytes, deploy.nonce, &deploy.owner);
        Some(HexId(&id).to_string())
    }

    async fn memo(&self) -> Option<String> {
        self.0.protocol().memo().map(hex::encode)
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

/// What a transaction calls.
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

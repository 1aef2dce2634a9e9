//! Blocks, transactions, accounts and contracts, as a node tells them.

use dusk_core::transfer::Transaction;
use serde::Deserialize;
use serde_json::Value;

use super::{BlockEvent, Client, ClientError, number};
use crate::ops::hash;

/// The most blocks whose events one request asks for.
const MAX_BLOCKS_AT_ONCE: u64 = 50;

/// A block.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Block {
    /// Its header.
    pub(crate) header: Header,
    /// Its label, as nodes write it: `{"Final": 1}`.
    pub(crate) status: Value,
    /// LUX that were made with it.
    #[serde(deserialize_with = "number")]
    pub(crate) reward: u64,
    /// LUX that its transactions paid for gas.
    #[serde(deserialize_with = "number")]
    pub(crate) fees: u64,
    /// Gas that its transactions were charged.
    #[serde(deserialize_with = "number")]
    pub(crate) gas_spent: u64,
    /// Its transactions, in their order.
    pub(crate) transactions: Vec<BlockTransaction>,
}

/// A block's header.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    /// Blocks before it.
    #[serde(deserialize_with = "number")]
    pub(crate) height: u64,
    /// Its hash, in hexadecimal.
    pub(crate) hash: String,
    /// The hash of the block before it.
    pub(crate) prev_block_hash: String,
    /// Seconds since 1970.
    #[serde(deserialize_with = "number")]
    pub(crate) timestamp: u64,
    /// The root of the state after it.
    pub(crate) state_hash: String,
    /// The key that made it.
    pub(crate) generator_bls_pubkey: String,
    /// Gas that its transactions may use.
    #[serde(deserialize_with = "number")]
    pub(crate) gas_limit: u64,
    /// The iteration in which it was made.
    #[serde(deserialize_with = "number")]
    pub(crate) iteration: u64,
    /// All fields, as JSON or its text.
    json: Value,
}

/// A transaction in a block, without what it carries.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockTransaction {
    /// Its id, in hexadecimal.
    pub(crate) id: String,
    /// Why it failed.
    pub(crate) err: Option<String>,
    /// Gas that it was charged.
    #[serde(deserialize_with = "number")]
    pub(crate) gas_spent: u64,
    tx: Outline,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    json: Value,
    #[serde(default)]
    contract_id: Option<String>,
}

impl BlockTransaction {
    /// Its fields, as nodes write them in JSON.
    pub(crate) fn fields(&self) -> Value {
        document(&self.tx.json)
    }

    /// The contract that it deploys.
    pub(crate) fn deploys(&self) -> Option<&str> {
        self.tx.contract_id.as_deref()
    }
}

/// A committee's decision on a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attestation {
    /// `Valid`, `Invalid`, `NoCandidate` or `NoQuorum`.
    pub(crate) result: String,
    /// Members of the validation committee who voted so.
    pub(crate) validation: u32,
    /// Members of the ratification committee who voted so.
    pub(crate) ratification: u32,
}

impl Attestation {
    fn read(document: &Value) -> Option<Self> {
        let result = document.get("result")?;
        let name = result.as_str().or_else(|| result.as_object()?.keys().next().map(String::as_str))?;
        let voters = |step: &str| Some(document.get(step)?.get("bitset")?.as_u64()?.count_ones());
        Some(Self { result: name.to_owned(), validation: voters("validation")?, ratification: voters("ratification")? })
    }
}

impl Block {
    /// The committees' decision on the previous block, which this block contains.
    pub(crate) fn attestation_of_parent(&self) -> Option<Attestation> {
        Attestation::read(document(&self.header.json).get("prev_block_cert")?)
    }

    /// Iterations of its round that failed before it was made.
    pub(crate) fn failed_iterations(&self) -> usize {
        document(&self.header.json)["failed_iterations"].as_array().map_or(0, Vec::len)
    }

    /// Its label in a word: accepted, attested, confirmed, final.
    pub(crate) fn label(&self) -> String {
        let name = self.status.as_object().and_then(|label| label.keys().next().cloned());
        name.or_else(|| self.status.as_str().map(str::to_owned)).unwrap_or_default().to_lowercase()
    }
}

/// A transaction that a node knows.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The transaction.
    pub(crate) transaction: Transaction,
    /// Where it is; `None` while it waits.
    pub(crate) place: Option<Place>,
}

/// The result of a transaction, and its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    /// Why it failed.
    pub(crate) err: Option<String>,
    /// Gas that it was charged.
    #[serde(deserialize_with = "number")]
    pub(crate) gas_spent: u64,
    /// The hash of its block.
    pub(crate) block_hash: String,
    /// The height of its block.
    #[serde(deserialize_with = "number")]
    pub(crate) block_height: u64,
    /// The time of its block, in seconds since 1970.
    #[serde(deserialize_with = "number")]
    pub(crate) block_timestamp: u64,
}

/// An account, with what waits in the node's mempool taken into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct AccountState {
    /// LUX.
    pub(crate) balance: u64,
    /// The nonce of its last transaction.
    pub(crate) nonce: u64,
    /// The nonce that its next transaction should have.
    pub(crate) next_nonce: u64,
}

/// A transaction that waits.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// Its id, in hexadecimal.
    pub(crate) id: String,
    /// Its fields, as nodes write them in JSON.
    pub(crate) fields: Value,
}

/// A node's data about a contract.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    /// Its owner, in base58.
    pub(crate) owner: String,
    /// Whether the node has its data driver.
    #[serde(default)]
    pub(crate) driver_available: bool,
    /// The block in which it was deployed.
    #[serde(default)]
    pub(crate) created_at: Option<u64>,
}

/// The events of one block.
#[derive(Debug, Clone)]
pub(crate) struct BlockEvents {
    /// The block's height.
    pub(crate) height: u64,
    /// The block's hash.
    pub(crate) hash: String,
    /// The block's time, in seconds since 1970.
    pub(crate) timestamp: u64,
    /// Its events, in their order.
    pub(crate) events: Vec<BlockEvent>,
}

/// The transactions among which one is found by the first digits of its id. Nodes list no more at once.
pub(crate) const MAX_RECENT: usize = 200;
const BLOCK_FIELDS: &str = "header { height hash prevBlockHash timestamp stateHash generatorBlsPubkey gasLimit iteration \
     json } status reward fees gasSpent transactions { id err gasSpent tx { json contractId } }";

impl Client {
    /// The block at this height.
    pub(crate) fn block_at(&self, height: u64) -> Result<Option<Block>, ClientError> {
        self.block(&format!("height: {height}"))
    }

    /// The block with this hash.
    pub(crate) fn block_with(&self, hash: &str) -> Result<Option<Block>, ClientError> {
        self.block(&format!("hash: \"{hash}\""))
    }

    fn block(&self, which: &str) -> Result<Option<Block>, ClientError> {
        let data = self.graphql(&format!("query {{ block({which}) {{ {BLOCK_FIELDS} }} }}"))?;
        self.found("block", &data)
    }

    /// Height and hash of the last block.
    pub(crate) fn tip(&self) -> Result<(u64, String), ClientError> {
        let data = self.graphql("query { block(height: -1) { header { height hash } } }")?;
        let header = &data["block"]["header"];
        let height = number(&header["height"]).map_err(|error| self.strange("block", error))?;
        let hash = header["hash"].as_str().ok_or_else(|| self.strange("block", "the last block has no hash"))?;
        Ok((height, hash.to_owned()))
    }

    /// The transaction with this id, in a block or waiting.
    pub(crate) fn seen(&self, id: &str) -> Result<Option<Seen>, ClientError> {
        let data = self.graphql(&format!(
            "query {{ tx(hash: \"{id}\") {{ err gasSpent blockHash blockHeight blockTimestamp tx {{ raw }} }} }}"
        ))?;
        if let Some(place) = self.found::<Place>("tx", &data)? {
            let transaction = self.read_transaction(id, &data["tx"]["tx"]["raw"])?;
            return Ok(Some(Seen { transaction, place: Some(place) }));
        }
        let data = self.graphql(&format!("query {{ mempoolTx(hash: \"{id}\") {{ raw }} }}"))?;
        match data.pointer("/mempoolTx/raw") {
            None | Some(Value::Null) => Ok(None),
            Some(raw) => Ok(Some(Seen { transaction: self.read_transaction(id, raw)?, place: None })),
        }
    }

    fn read_transaction(&self, id: &str, raw: &Value) -> Result<Transaction, ClientError> {
        let bytes = raw.as_str().map(hex::decode).and_then(Result::ok);
        let bytes = bytes.ok_or_else(|| self.strange("tx", "its bytes are not hexadecimal"))?;
        let transaction = Transaction::from_slice(&bytes)
            .map_err(|error| self.strange("tx", format!("its bytes are not a transaction: {error:?}")))?;
        let found = hex::encode(transaction.hash().to_bytes());
        if found == id {
            Ok(transaction)
        } else {
            Err(self.strange("tx", format!("it is for another transaction, {found}")))
        }
    }

    /// The transaction that deployed a contract in this block.
    pub(crate) fn deployment(&self, contract: &str, height: u64) -> Result<Option<Seen>, ClientError> {
        let block = self.block_at(height)?;
        let found = block.and_then(|block| {
            block
                .transactions
                .iter()
                .find(|it| it.deploys() == Some(contract) && it.err.is_none())
                .map(|it| it.id.clone())
        });
        found.map_or(Ok(None), |id| self.seen(&id))
    }

    /// The ids of the last [`MAX_RECENT`] transactions in blocks, and of those that wait.
    pub(crate) fn recent(&self) -> Result<Vec<String>, ClientError> {
        let data =
            self.graphql(&format!("query {{ transactions(last: {MAX_RECENT}) {{ id }} mempoolTxs {{ id }} }}"))?;
        let lists = [&data["transactions"], &data["mempoolTxs"]].into_iter().filter_map(Value::as_array).flatten();
        Ok(lists.filter_map(|one| hash::normalized(one["id"].as_str()?)).collect())
    }

    /// Balance and nonces of an account, by its address.
    pub(crate) fn account_state(&self, address: &str) -> Result<AccountState, ClientError> {
        let answer = self.post(&format!("account:{address}/status"), &[])?;
        serde_json::from_slice(&answer).map_err(|error| self.strange("account", error))
    }

    /// All transactions that wait.
    pub(crate) fn pending(&self) -> Result<Vec<Pending>, ClientError> {
        let data = self.graphql("query { mempoolTxs { id json } }")?;
        let waiting = data["mempoolTxs"].as_array().ok_or_else(|| self.strange("mempoolTxs", "there is no list"))?;
        let pending = waiting
            .iter()
            .filter_map(|one| Some(Pending { id: one["id"].as_str()?.to_owned(), fields: document(one.get("json")?) }));
        Ok(pending.collect())
    }

    /// All who have a stake, as nodes write them in JSON.
    pub(crate) fn provisioners(&self) -> Result<Vec<Value>, ClientError> {
        let answer = self.post("node/provisioners", &[])?;
        serde_json::from_slice(&answer).map_err(|error| self.strange("provisioners", error))
    }

    /// The node's data about a contract; `None` if there is no such contract.
    pub(crate) fn metadata(&self, contract: &str) -> Result<Option<Metadata>, ClientError> {
        match self.post(&format!("contract:{contract}/metadata"), &[]) {
            Err(ClientError::Refused { status: 404, .. }) => Ok(None),
            answer => serde_json::from_slice(&answer?).map(Some).map_err(|error| self.strange("metadata", error)),
        }
    }

    /// A contract's data driver, where the node has one.
    pub(crate) fn driver(&self, contract: &str) -> Result<Option<Vec<u8>>, ClientError> {
        match self.post(&format!("contract:{contract}/download_driver"), &[]) {
            Err(ClientError::Refused { status, .. }) if status != 429 => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// An event's data as JSON, from a driver that is part of the node.
    pub(crate) fn decode_event(&self, contract: &str, topic: &str, data: &[u8]) -> Result<Option<Value>, ClientError> {
        self.decode(contract, "decode_event", topic, data)
    }

    /// A function's argument as JSON, from a driver that is part of the node.
    pub(crate) fn decode_input(&self, contract: &str, name: &str, data: &[u8]) -> Result<Option<Value>, ClientError> {
        self.decode(contract, "decode_input_fn", name, data)
    }

    fn decode(&self, contract: &str, operation: &str, name: &str, data: &[u8]) -> Result<Option<Value>, ClientError> {
        // A name from the chain goes into an address only if it cannot change it.
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(None);
        }
        match self.post(&format!("driver:{contract}/{operation}:{name}"), data) {
            Err(ClientError::Refused { status, .. }) if status != 429 => Ok(None),
            answer => Ok(serde_json::from_slice(&answer?).ok()),
        }
    }

    /// Whether the node keeps events.
    pub(crate) fn tells_events(&self) -> Result<bool, ClientError> {
        match self.graphql("query { contractEvents(height: 0) { json } }") {
            Err(ClientError::Refused { message, .. }) if message.contains("Unknown field") => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// The events of the blocks from one height to another, both included, as far as there are blocks.
    pub(crate) fn events_between(&self, from: u64, to: u64) -> Result<Vec<BlockEvents>, ClientError> {
        let mut found = Vec::new();
        let mut next = from;
        while next <= to {
            let last = to.min(next.saturating_add(MAX_BLOCKS_AT_ONCE - 1));
            self.events_of(next, last, &mut found)?;
            next = last + 1;
        }
        Ok(found)
    }

    fn events_of(&self, from: u64, to: u64, found: &mut Vec<BlockEvents>) -> Result<(), ClientError> {
        let parts = (from..=to).map(|height| {
            format!(
                "b{height}: block(height: {height}) {{ header {{ hash timestamp }} }} \
                 e{height}: contractEvents(height: {height}) {{ json }} "
            )
        });
        let data = match self.graphql(&format!("query {{ {} }}", parts.collect::<String>())) {
            // Too much for one answer: in two halves.
            Err(ClientError::Strange { .. }) if from < to => {
                let middle = from + (to - from) / 2;
                self.events_of(from, middle, found)?;
                return self.events_of(middle + 1, to, found);
            }
            data => data?,
        };
        for height in from..=to {
            let header = &data[format!("b{height}")]["header"];
            let Some(hash) = header["hash"].as_str() else {
                continue;
            };
            let timestamp = number(&header["timestamp"]).map_err(|error| self.strange("block", error))?;
            let events = match data.pointer(&format!("/e{height}/json")) {
                None | Some(Value::Null) => Vec::new(),
                Some(events) => Vec::deserialize(events).map_err(|error| self.strange("contractEvents", error))?,
            };
            found.push(BlockEvents { height, hash: hash.to_owned(), timestamp, events });
        }
        Ok(())
    }

    /// The value of a key of an answer, unless it is null.
    fn found<T: for<'de> Deserialize<'de>>(&self, key: &str, data: &Value) -> Result<Option<T>, ClientError> {
        match data.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(found) => T::deserialize(found).map(Some).map_err(|error| self.strange(key, error)),
        }
    }
}

/// JSON that comes as itself or as its text.
fn document(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn voters_are_counted_by_their_bits() {
        let attestation = json!({
            "result": { "Valid": "ab" },
            "validation": { "bitset": 0b1011, "aggregate_signature": "" },
            "ratification": { "bitset": 0b1, "aggregate_signature": "" },
        });
        let read = Attestation { result: "Valid".into(), validation: 3, ratification: 1 };
        assert_eq!(Attestation::read(&attestation), Some(read));
        assert_eq!(Attestation::read(&json!({ "result": "NoQuorum" })), None);
    }

    #[test]
    fn documents_come_as_json_or_as_text() {
        assert_eq!(document(&json!("{\"a\":1}")), json!({ "a": 1 }));
        assert_eq!(document(&json!({ "a": 1 })), json!({ "a": 1 }));
        assert_eq!(document(&json!("no json")), json!("no json"));
    }
}

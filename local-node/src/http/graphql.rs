//! GraphQL over blocks and transactions: names, arguments and bounds as production's (sheet `protocol/http-api.md`,
//! section 4), without what only archive nodes offer.

use std::sync::Arc;

use async_graphql::http::parse_query_string;
use async_graphql::{
    BatchRequest, Context, EmptyMutation, EmptySubscription, Error, Json, Name, Object, Request, Result,
    Schema as GraphqlSchema, SimpleObject, Value as GraphqlValue, Variables,
};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use dusk_core::transfer::data::gen_contract_id;
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction as Protocol, TransactionFormat};
use local_node_consensus::rewards::emission;
use local_node_types::execution::HexId;
use local_node_types::ledger::{Header, Label, LedgerTransaction};
use serde_json::{Value, json};

use super::rues::{Error as RuesError, Reply, Request as RuesRequest, error_response};
use super::{Answer, App, documents};
use crate::handle::NodeHandle;
use crate::store::{SpentTransaction, Store, StoredBlock};
use crate::transaction::TxId;

/// The most blocks one query may ask for.
const MAX_BLOCKS: u64 = 200;
/// The most transactions one query may ask for.
const MAX_TRANSACTIONS: u64 = 200;
/// The most waiting transactions that one query is shown.
const MAX_WAITING: usize = 1000;
const MAX_DEPTH: usize = 16;
const MAX_COMPLEXITY: usize = 20_000;
/// The most queries in one request.
const MAX_BATCH: usize = 16;
/// Headers that carry a variable of a query begin with this.
const VARIABLE_PREFIX: &str = "rusk-gqlvar-";

pub(super) type Schema = GraphqlSchema<Query, EmptyMutation, EmptySubscription>;

/// The schema of a node.
pub(super) fn schema(node: NodeHandle) -> Schema {
    GraphqlSchema::build(Query, EmptyMutation, EmptySubscription)
        .data(node)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .finish()
}

/// `GET /graphql?query=…`.
pub(super) async fn get(State(app): State<App>, uri: Uri) -> Response {
    match parse_query_string(uri.query().unwrap_or_default()) {
        Ok(request) => json_response(&app.schema.execute(request).await),
        Err(error) => error_response(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// `POST /graphql`: one query, or a list of them, as JSON.
pub(super) async fn post(State(app): State<App>, body: Bytes) -> Response {
    match serde_json::from_slice::<BatchRequest>(&body) {
        Ok(BatchRequest::Batch(requests)) if requests.len() > MAX_BATCH => {
            error_response(StatusCode::BAD_REQUEST, &format!("more than {MAX_BATCH} queries in one request"))
        }
        Ok(request) => json_response(&app.schema.execute_batch(request).await),
        Err(error) => error_response(StatusCode::BAD_REQUEST, &format!("the body is no GraphQL request: {error}")),
    }
}

/// `POST /on/graphql/query`: the text of a query gives its data without a wrapper; no text gives the schema.
pub(super) async fn query(schema: &Schema, headers: &HeaderMap, request: &RuesRequest) -> Answer {
    let text = request.body.text()?;
    if text.trim().is_empty() {
        return Ok(Reply::Text(schema.sdl()));
    }
    let variables = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(VARIABLE_PREFIX)?;
        Some((Name::new(name), GraphqlValue::from(value.to_str().ok()?)))
    });
    let variables = variables.fold(Variables::default(), |mut all, (name, value)| {
        all.insert(name, value);
        all
    });
    let answer = schema.execute(Request::new(text).variables(variables)).await;
    let failed = |error: serde_json::Error| RuesError::Internal(error.to_string());
    if answer.errors.is_empty() {
        return Ok(Reply::Json(serde_json::to_value(&answer.data).map_err(failed)?));
    }
    Ok(Reply::Json(json!({ "data": answer.data, "errors": answer.errors })))
}

fn json_response(answer: &impl serde::Serialize) -> Response {
    match serde_json::to_string(answer) {
        Ok(text) => ([("content-type", "application/json")], text).into_response(),
        Err(error) => error_response(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn node<'a>(context: &Context<'a>) -> Result<&'a NodeHandle> {
    context.data::<NodeHandle>()
}

fn store(context: &Context<'_>) -> Result<Store> {
    Ok(node(context)?.store().clone())
}

pub(super) struct Query;

#[Object]
impl Query {
    /// A block by its height (negative heights count from the tip: -1 is the tip) or by its hash.
    async fn block(&self, context: &Context<'_>, height: Option<f64>, hash: Option<String>) -> Result<Option<Block>> {
        let store = store(context)?;
        let height = match (height, hash) {
            (Some(height), None) => resolve_height(height, store.tip().header().height)?,
            (None, Some(hash)) => store.height_of(&parse_hash(&hash)?),
            _ => return Err(Error::new("give either a height or a hash")),
        };
        Ok(height.and_then(|height| store.block(height)).map(Block::from))
    }

    /// The last blocks, or those of a range of heights (both ends included).
    async fn blocks(&self, context: &Context<'_>, last: Option<u64>, range: Option<[u64; 2]>) -> Result<Vec<Block>> {
        let store = store(context)?;
        blocks(&store, last, range)
    }

    /// A transaction that is in a block.
    async fn tx(&self, context: &Context<'_>, hash: String) -> Result<Option<Spent>> {
        let id = TxId(parse_hash(&hash)?);
        Ok(store(context)?.transaction(&id).map(Spent))
    }

    /// The last transactions, the newest first.
    async fn transactions(&self, context: &Context<'_>, last: u64) -> Result<Vec<Spent>> {
        let count = bounded(last, MAX_TRANSACTIONS)?;
        Ok(store(context)?.last_transactions(count).into_iter().map(Spent).collect())
    }

    /// The transactions of blocks, all or those that call one contract.
    async fn block_txs(
        &self,
        context: &Context<'_>,
        last: Option<u64>,
        range: Option<[u64; 2]>,
        contract: Option<String>,
    ) -> Result<Vec<Spent>> {
        let contract = contract.as_deref().map(parse_hash).transpose()?;
        let called = |spent: &SpentTransaction| {
            let called = spent.transaction.protocol().call().map_or(TRANSFER_CONTRACT, |call| call.contract);
            contract.as_ref().is_none_or(|wanted| called.as_bytes() == wanted)
        };
        let blocks = blocks(&store(context)?, last, range)?;
        let all = blocks.iter().flat_map(|block| &block.0.transactions);
        Ok(all.filter(|spent| called(spent)).cloned().map(Spent).collect())
    }

    /// The transactions that wait.
    async fn mempool_txs(&self, context: &Context<'_>) -> Result<Vec<Transaction>> {
        let waiting = node(context)?.mempool(MAX_WAITING).await?;
        Ok(waiting.iter().map(|waiting| Transaction(waiting.transaction().clone())).collect())
    }

    /// A transaction that waits.
    async fn mempool_tx(&self, context: &Context<'_>, hash: String) -> Result<Option<Transaction>> {
        let id = TxId(parse_hash(&hash)?);
        let waiting = node(context)?.mempool_transaction(id).await?;
        Ok(waiting.map(|waiting| Transaction(waiting.transaction().clone())))
    }

    /// Height and hash of the last block and of the last final block.
    async fn last_block_pair(&self, context: &Context<'_>) -> Result<BlockPair> {
        let store = store(context)?;
        let pair = |block: &StoredBlock| json!([block.header().height, hex::encode(block.header().hash)]);
        let (last_final, _) =
            store.block(store.last_final()).ok_or_else(|| Error::new("the chain has no final block"))?;
        Ok(BlockPair(json!({ "last_block": pair(&store.tip()), "last_finalized_block": pair(&last_final) })))
    }

    /// What contracts made known in one block: by its height (negative: the tip) or its hash.
    async fn contract_events(
        &self,
        context: &Context<'_>,
        height: Option<i64>,
        hash: Option<String>,
    ) -> Result<Option<ContractEvents>> {
        let store = store(context)?;
        let height = match (height, hash) {
            (Some(height), None) => u64::try_from(height).ok().or_else(|| Some(store.tip().header().height)),
            (None, Some(hash)) => store.height_of(&parse_hash(&hash)?),
            _ => return Err(Error::new("give either a height or a hash")),
        };
        Ok(height.and_then(|height| store.block(height)).map(|(block, _)| ContractEvents(documents::events(&block))))
    }

    /// Whether the chain has the block with this hash at this height.
    async fn check_block(
        &self,
        context: &Context<'_>,
        height: u64,
        hash: String,
        only_finalized: Option<bool>,
    ) -> Result<bool> {
        let hash = parse_hash(&hash)?;
        Ok(store(context)?.block(height).is_some_and(|(block, label)| {
            block.header().hash == hash && (label.is_final() || !only_finalized.unwrap_or_default())
        }))
    }
}

fn blocks(store: &Store, last: Option<u64>, range: Option<[u64; 2]>) -> Result<Vec<Block>> {
    let tip = store.tip().header().height;
    let (heights, newest_first) = match (last, range) {
        (Some(0), None) => return Err(Error::new("count must be positive")),
        (Some(count), None) => {
            bounded(count, MAX_BLOCKS)?;
            (tip.saturating_sub(count - 1)..=tip, true)
        }
        (None, Some([from, to])) if from <= to => {
            bounded(to - from, MAX_BLOCKS - 1)?;
            (from..=to.min(tip), false)
        }
        (None, Some(_)) => return Err(Error::new("the range ends before it begins")),
        _ => return Err(Error::new("give either `last` or `range`")),
    };
    let mut found: Vec<_> = heights.filter_map(|height| store.block(height)).map(Block::from).collect();
    if newest_first {
        found.reverse();
    }
    Ok(found)
}

fn bounded(count: u64, most: u64) -> Result<usize> {
    match usize::try_from(count) {
        Ok(small) if count <= most => Ok(small),
        _ => Err(Error::new(format!("too many at once: at most {most}"))),
    }
}

fn parse_hash(text: &str) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Error::new(format!("`{text}` is not a hash: 64 hexadecimal digits")))?;
    Ok(bytes)
}

/// A height as GraphQL's only number of enough range carries it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and in range before")]
fn resolve_height(height: f64, tip: u64) -> Result<Option<u64>> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    if height.fract() != 0.0 || height.abs() > MOST {
        return Err(Error::new("a height is a whole number"));
    }
    if height >= 0.0 {
        return Ok(Some(height as u64));
    }
    Ok((tip + 1).checked_sub(-height as u64))
}

/// A block of the chain.
pub(super) struct Block(Arc<StoredBlock>, Label);

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
pub(super) struct Spent(Arc<SpentTransaction>);

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
pub(super) struct Transaction(LedgerTransaction);

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
    hex::encode(transaction.reformatted(TransactionFormat::Aegis).protocol_bytes())
}

/// What a transaction calls.
#[derive(SimpleObject)]
pub(super) struct CallData {
    contract_id: String,
    fn_name: String,
    data: String,
}

/// Two blocks of interest.
pub(super) struct BlockPair(Value);

#[Object]
impl BlockPair {
    async fn json(&self) -> Json<Value> {
        Json(self.0.clone())
    }
}

/// The events of a block.
pub(super) struct ContractEvents(Value);

#[Object]
impl ContractEvents {
    async fn json(&self) -> Json<Value> {
        Json(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_heights_count_from_the_tip() {
        assert_eq!(resolve_height(-1.0, 7).unwrap(), Some(7));
        assert_eq!(resolve_height(-8.0, 7).unwrap(), Some(0));
        assert_eq!(resolve_height(-9.0, 7).unwrap(), None);
        assert_eq!(resolve_height(3.0, 7).unwrap(), Some(3));
        for bad in [0.5, f64::NAN, f64::INFINITY, 1e300] {
            assert!(resolve_height(bad, 7).is_err(), "{bad}");
        }
    }
}

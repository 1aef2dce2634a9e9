//! GraphQL over blocks and transactions: names, arguments and bounds as production's (the book, "The HTTP interface",
//! section "GraphQL"), with what production offers only on archive nodes.
//!
//! A query is bounded before it is read (`guard`), before it is run (depth, complexity) and while its answer is made
//! (`budget`).

mod budget;
mod guard;
mod history;
mod types;

use std::sync::Arc;

use async_graphql::http::parse_query_string;
use async_graphql::{
    BatchRequest, Context, EmptyMutation, EmptySubscription, Error, Name, Object, Request, Response as GraphqlResponse,
    Result, ServerError, Value as GraphqlValue, Variables,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use dusk_core::transfer::TRANSFER_CONTRACT;
use local_node_types::ledger::Header;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use self::budget::{Budget, Charging, TypeNames, event_weight};
pub use self::budget::{MAX_ANSWER_BYTES, MAX_ANSWER_FIELDS};
use self::history::{MAX_HISTORIES_AT_ONCE, MoonlightFilter};
use self::types::{Block, BlockPair, ContractEvents, MoonlightTransfers, Spent, Transaction};
use super::documents;
use super::error::{Error as RuesError, error_response};
use super::memory::Received;
use super::rues::{Answer, Reply, Request as RuesRequest};
use crate::block::{SpentTransaction, TxId};
use crate::handle::NodeHandle;
use crate::store::{IndexKey, SortOrder, Store};
use crate::weight;

/// The most blocks one query may ask for.
const MAX_BLOCKS: u64 = 200;
/// The most transactions one query may ask for.
const MAX_TRANSACTIONS: u64 = 200;
/// The most waiting transactions that one query is shown.
const MAX_WAITING: usize = 1000;
/// How deep a query may nest.
const MAX_DEPTH: usize = 16;
/// The most fields that an answer may have, counted before it is made: a list counts its fields for each element that
/// was asked for.
const MAX_COMPLEXITY: usize = 20_000;
/// As what a question about the past of an account or a contract counts, besides the answer.
const HISTORY_COMPLEXITY: usize = 2000;
/// The most queries in one request. They share the bounds of one answer.
const MAX_BATCH: usize = 16;
/// The most requests that are being answered at a time; others wait.
const MAX_QUERIES_AT_ONCE: usize = 4;
/// The most errors that an answer tells of.
const MAX_ERRORS: usize = 20;
/// The longest text of an error.
const MAX_ERROR_BYTES: usize = 1024;
/// Headers that carry a variable of a query begin with this.
const VARIABLE_PREFIX: &str = "rusk-gqlvar-";

/// The server of queries. Clones share the bounds.
#[derive(Clone)]
pub(super) struct Schema {
    schema: async_graphql::Schema<Query, EmptyMutation, EmptySubscription>,
    at_once: Arc<Semaphore>,
}

/// The schema of a node.
pub(super) fn schema(node: NodeHandle) -> Schema {
    let schema = async_graphql::Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(node)
        .data(Arc::new(Semaphore::new(MAX_HISTORIES_AT_ONCE)))
        .extension(Charging)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .finish();
    Schema { schema, at_once: Arc::new(Semaphore::new(MAX_QUERIES_AT_ONCE)) }
}

impl Schema {
    /// Answers requests in their order, all within one budget, and writes the answers as `write` says. It does so on a
    /// thread that may be busy for a while, so that long answers hold nobody else up.
    async fn answer(
        &self,
        requests: Vec<Request>,
        write: fn(&[GraphqlResponse]) -> serde_json::Result<String>,
    ) -> Result<String, RuesError> {
        let failed = |error: String| RuesError::Internal(format!("the query cannot be answered: {error}"));
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let (schema, runtime) = (self.clone(), Handle::current());
        let written = tokio::task::spawn_blocking(move || {
            // The caller may stop waiting; the work still counts until it is done.
            let _turn = turn;
            let budget = Budget::new();
            let answers = requests.into_iter().map(|request| runtime.block_on(schema.run(request, &budget)));
            write(&answers.collect::<Vec<_>>())
        });
        let written = written.await.map_err(|error| failed(error.to_string()))?;
        written.map_err(|error| failed(error.to_string()))
    }

    async fn run(&self, mut request: Request, budget: &Budget) -> GraphqlResponse {
        let mut answer = match guard::read(&mut request) {
            Ok(document) => {
                let names = TypeNames::of(document);
                tokio::select! {
                    biased;
                    answer = self.schema.execute(request.data(budget.clone()).data(names)) => answer,
                    error = budget.exceeded() => GraphqlResponse::from_errors(vec![error]),
                }
            }
            Err(error) => GraphqlResponse::from_errors(vec![error]),
        };
        answer.errors.truncate(MAX_ERRORS);
        answer.errors.iter_mut().for_each(shorten);
        answer
    }
}

/// Errors quote the query, which may be long.
fn shorten(error: &mut ServerError) {
    if error.message.len() > MAX_ERROR_BYTES {
        let end = (0..=MAX_ERROR_BYTES).rev().find(|end| error.message.is_char_boundary(*end)).unwrap_or_default();
        error.message.truncate(end);
        error.message.push('…');
    }
}

/// `GET /graphql?query=…`.
pub(super) async fn get(State(schema): State<Schema>, uri: Uri) -> Response {
    match parse_query_string(uri.query().unwrap_or_default()) {
        Ok(request) => json_response(schema.answer(vec![request], first_text).await),
        Err(error) => error_response(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// `POST /graphql`: one query, or a list of them, as JSON.
pub(super) async fn post(State(schema): State<Schema>, received: Received) -> Response {
    match serde_json::from_slice::<BatchRequest>(&received.bytes) {
        Ok(BatchRequest::Batch(requests)) if requests.len() > MAX_BATCH => {
            error_response(StatusCode::BAD_REQUEST, &format!("more than {MAX_BATCH} queries in one request"))
        }
        Ok(BatchRequest::Batch(requests)) => json_response(schema.answer(requests, all_texts).await),
        Ok(BatchRequest::Single(request)) => json_response(schema.answer(vec![request], first_text).await),
        Err(error) => error_response(StatusCode::BAD_REQUEST, &format!("the body is not a GraphQL request: {error}")),
    }
}

/// The text of all answers.
fn all_texts(answers: &[GraphqlResponse]) -> serde_json::Result<String> {
    serde_json::to_string(answers)
}

/// The text of the only answer.
fn first_text(answers: &[GraphqlResponse]) -> serde_json::Result<String> {
    answers.first().map_or_else(|| serde_json::to_string(&GraphqlResponse::default()), serde_json::to_string)
}

/// `POST /on/graphql/query`: the text of a query gives its data without a wrapper; no text gives the schema.
pub(super) async fn query(schema: &Schema, headers: &HeaderMap, request: &RuesRequest) -> Answer {
    let text = request.body.text()?;
    if text.trim().is_empty() {
        return Ok(Reply::Text(schema.schema.sdl()));
    }
    let variables = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(VARIABLE_PREFIX)?;
        let text = value.to_str().ok()?;
        // A body that is JSON is read as JSON, as in production.
        let value = serde_json::from_str::<Value>(text).ok().and_then(|json| GraphqlValue::from_json(json).ok());
        Some((Name::new(name), value.unwrap_or_else(|| GraphqlValue::from(text))))
    });
    let variables = variables.fold(Variables::default(), |mut all, (name, value)| {
        all.insert(name, value);
        all
    });
    let request = Request::new(text).variables(variables);
    schema.answer(vec![request], unwrapped_text).await.map(Reply::JsonText)
}

/// The text of the only answer: its data alone, unless there are errors.
fn unwrapped_text(answers: &[GraphqlResponse]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Failed<'a> {
        data: &'a GraphqlValue,
        errors: &'a [ServerError],
    }
    let Some(GraphqlResponse { data, errors, .. }) = answers.first() else {
        return serde_json::to_string(&GraphqlValue::Null);
    };
    if errors.is_empty() {
        return serde_json::to_string(data);
    }
    serde_json::to_string(&Failed { data, errors })
}

fn json_response(answer: Result<String, RuesError>) -> Response {
    match answer {
        Ok(text) => ([("content-type", "application/json")], text).into_response(),
        Err(error) => error.into_response(),
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
            (None, Some(hash)) => store.height_of(&parse_hash(&hash)?)?,
            _ => return Err(Error::new("give either a height or a hash")),
        };
        let Some(height) = height else { return Ok(None) };
        Ok(Budget::of(context)?.head(&store, height)?.map(|head| Block::of(store, head)))
    }

    /// The last blocks, or those of a range of heights (both ends included).
    #[graphql(complexity = "blocks_shown(last, range) * child_complexity")]
    async fn blocks(&self, context: &Context<'_>, last: Option<u64>, range: Option<[u64; 2]>) -> Result<Vec<Block>> {
        let store = store(context)?;
        blocks(&store, last, range)
    }

    /// A transaction that is in a block.
    async fn tx(&self, context: &Context<'_>, hash: String) -> Result<Option<Spent>> {
        let id = TxId(parse_hash(&hash)?);
        // A block is in the store a moment before questions are answered on its state.
        let tip = node(context)?.tip().height;
        let spent = Budget::of(context)?.transaction(&store(context)?, &id)?;
        Ok(spent.filter(|spent| spent.height <= tip).map(Spent))
    }

    /// The last transactions, the newest first.
    #[graphql(complexity = "shown(last, MAX_TRANSACTIONS) * child_complexity")]
    async fn transactions(&self, context: &Context<'_>, last: u64) -> Result<Vec<Spent>> {
        let count = bounded(last, MAX_TRANSACTIONS)?;
        let found = Budget::of(context)?.last_transactions(&store(context)?, count)?;
        Ok(found.into_iter().map(Spent).collect())
    }

    /// The transactions of blocks, all or those that call one contract.
    #[graphql(complexity = "blocks_shown(last, range) * child_complexity")]
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
        let (store, budget) = (store(context)?, Budget::of(context)?);
        let mut found = Vec::new();
        for height in heights(&store, last, range)? {
            let Some((block, _)) = budget.look_at(&store, height)? else { continue };
            for spent in block.transactions.iter().filter(|spent| called(spent)) {
                budget.hold(weight::spent(spent))?;
                found.push(Spent(Arc::clone(spent)));
            }
        }
        Ok(found)
    }

    /// The transactions in the mempool.
    #[graphql(complexity = "MAX_WAITING / 100 * child_complexity")]
    async fn mempool_txs(&self, context: &Context<'_>) -> Result<Vec<Transaction>> {
        let waiting = node(context)?.mempool(MAX_WAITING).await?;
        Ok(waiting.into_iter().map(Transaction::Waiting).collect())
    }

    /// A transaction in the mempool.
    async fn mempool_tx(&self, context: &Context<'_>, hash: String) -> Result<Option<Transaction>> {
        let id = TxId(parse_hash(&hash)?);
        let waiting = node(context)?.mempool_transaction(id).await?;
        Ok(waiting.map(Transaction::Waiting))
    }

    /// Height and hash of the last block and of the last final block.
    async fn last_block_pair(&self, context: &Context<'_>) -> Result<BlockPair> {
        let store = store(context)?;
        let pair = |header: &Header| json!([header.height, hex::encode(header.hash)]);
        let last_final = Budget::of(context)?.head(&store, store.last_final())?;
        let last_final = last_final.ok_or_else(|| Error::new("the chain has no final block"))?;
        Ok(BlockPair(json!({
            "last_block": pair(store.tip().header()), "last_finalized_block": pair(&last_final.header),
        })))
    }

    /// The events of contracts in one block, given by its height (negative: the tip) or its hash.
    async fn contract_events(
        &self,
        context: &Context<'_>,
        height: Option<i64>,
        hash: Option<String>,
    ) -> Result<Option<ContractEvents>> {
        let store = store(context)?;
        let height = match (height, hash) {
            (Some(height), None) => u64::try_from(height).ok().or_else(|| Some(store.tip().header().height)),
            (None, Some(hash)) => store.height_of(&parse_hash(&hash)?)?,
            _ => return Err(Error::new("give either a height or a hash")),
        };
        let (budget, Some(height)) = (Budget::of(context)?, height) else { return Ok(None) };
        let Some((block, _)) = budget.look_at(&store, height)? else { return Ok(None) };
        budget.hold(documents::origins(&block).map(|(_, event)| event_weight(event)).sum())?;
        Ok(Some(ContractEvents(documents::events(&block))))
    }

    /// The events of a contract in final blocks, oldest first: at most `limit` (1 to 200, by default 50), after the
    /// `cursor` of an earlier answer.
    #[graphql(complexity = "HISTORY_COMPLEXITY + child_complexity")]
    async fn finalized_events(
        &self,
        context: &Context<'_>,
        contract_id: String,
        limit: Option<i64>,
        cursor: Option<String>,
    ) -> Result<Option<ContractEvents>> {
        let contract = parse_hash(&contract_id)?.into();
        let (store, budget) = (store(context)?, Budget::of(context)?.clone());
        history::aside(context, move || history::finalized_events(&store, &budget, contract, limit, cursor.as_deref()))
            .await
            .map(|page| Some(ContractEvents(page)))
    }

    /// All transactions in final blocks that moved public money of an account. `ord` is `asc` or `desc`.
    #[graphql(complexity = "HISTORY_COMPLEXITY + child_complexity")]
    async fn full_moonlight_history(
        &self,
        context: &Context<'_>,
        address: String,
        ord: Option<String>,
        from_block: Option<u64>,
        to_block: Option<u64>,
    ) -> Result<Option<MoonlightTransfers>> {
        let filter = MoonlightFilter::touching(&address)?.between(from_block, to_block);
        let order = if ord.as_deref() == Some("desc") { SortOrder::NewestFirst } else { SortOrder::OldestFirst };
        let (store, budget) = (store(context)?, Budget::of(context)?.clone());
        history::aside(context, move || filter.find(&store, &budget, order)).await.map(transfers)
    }

    /// Transactions in final blocks that moved public money from or to accounts, oldest first, in pages of `maxCount`;
    /// the first page is 1.
    #[allow(clippy::too_many_arguments, reason = "they are the query's arguments")]
    #[graphql(complexity = "HISTORY_COMPLEXITY + child_complexity")]
    async fn moonlight_history(
        &self,
        context: &Context<'_>,
        sender: Option<String>,
        receiver: Option<String>,
        from_block: Option<u64>,
        to_block: Option<u64>,
        max_count: Option<usize>,
        page_count: Option<usize>,
    ) -> Result<Option<MoonlightTransfers>> {
        let filter = MoonlightFilter::flow(sender.as_deref(), receiver.as_deref())?.between(from_block, to_block);
        let (store, budget) = (store(context)?, Budget::of(context)?.clone());
        let found = history::aside(context, move || filter.find(&store, &budget, SortOrder::OldestFirst)).await?;
        history::page(found, max_count, page_count).map(transfers)
    }

    /// Transactions in final blocks with this memo, oldest first.
    #[graphql(complexity = "HISTORY_COMPLEXITY + child_complexity")]
    async fn transactions_by_memo(&self, context: &Context<'_>, memo: String) -> Result<Option<MoonlightTransfers>> {
        let filter = MoonlightFilter::memo(memo.into_bytes());
        let (store, budget) = (store(context)?, Budget::of(context)?.clone());
        history::aside(context, move || filter.find(&store, &budget, SortOrder::OldestFirst)).await.map(transfers)
    }

    /// The height of the next final block after this height that holds a shielded transaction.
    async fn next_phoenix(&self, context: &Context<'_>, height: i64) -> Result<Option<u64>> {
        let store = store(context)?;
        let from = u64::try_from(height.saturating_add(1)).unwrap_or(0);
        let heights = store.heights_about(IndexKey::phoenix(), from..=store.last_final(), SortOrder::OldestFirst, 1)?;
        Ok(heights.first().copied())
    }

    /// Whether the chain has the block with this hash at this height.
    async fn check_block(
        &self,
        context: &Context<'_>,
        height: u64,
        hash: String,
        only_finalized: Option<bool>,
    ) -> Result<bool> {
        let store = store(context)?;
        let is_there = store.height_of(&parse_hash(&hash)?)? == Some(height);
        Ok(is_there && (height <= store.last_final() || !only_finalized.unwrap_or_default()))
    }
}

/// Production answers with nothing rather than with an empty list.
fn transfers(found: Vec<Value>) -> Option<MoonlightTransfers> {
    (!found.is_empty()).then_some(MoonlightTransfers(found))
}

fn shown(count: u64, most: u64) -> usize {
    usize::try_from(count.min(most)).unwrap_or(usize::MAX)
}

fn blocks_shown(last: Option<u64>, range: Option<[u64; 2]>) -> usize {
    let span = range.map_or(0, |[from, to]| to.saturating_sub(from).saturating_add(1));
    shown(last.unwrap_or(span), MAX_BLOCKS)
}

/// The blocks that are meant. Each is read when the answer comes to it, so that one that is refused reads no more.
fn blocks(store: &Store, last: Option<u64>, range: Option<[u64; 2]>) -> Result<Vec<Block>> {
    Ok(heights(store, last, range)?.into_iter().map(|height| Block::later(store.clone(), height)).collect())
}

/// The heights of the blocks that are meant.
fn heights(store: &Store, last: Option<u64>, range: Option<[u64; 2]>) -> Result<Vec<u64>> {
    let tip = store.tip().header().height;
    Ok(match (last, range) {
        (Some(0), None) => return Err(Error::new("count must be positive")),
        (Some(count), None) => {
            bounded(count, MAX_BLOCKS)?;
            (tip.saturating_sub(count - 1)..=tip).rev().collect()
        }
        (None, Some([from, to])) if from <= to => {
            bounded((to - from).saturating_add(1), MAX_BLOCKS)?;
            (from..=to.min(tip)).collect()
        }
        (None, Some(_)) => return Err(Error::new("the range ends before it begins")),
        _ => return Err(Error::new("give either `last` or `range`")),
    })
}

fn bounded(count: u64, most: u64) -> Result<usize> {
    match usize::try_from(count) {
        Ok(small) if count <= most => Ok(small),
        _ => Err(Error::new(format!("too large (max {most})"))),
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

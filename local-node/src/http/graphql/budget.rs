//! The budget of an answer: fields and bytes, counted while it is made.
//!
//! Every field is charged when it begins, every value with its length when it is there. An answer that exceeds its
//! budget is not finished: nothing more is resolved or read, and the client hears why.
//!
//! Stored data is charged before it is read: the parts of the answer (transactions, events) against one bound, data
//! that is only searched against another.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo};
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Context, Error, Name, Result, ServerError, ServerResult, Value};
use dusk_sdk_protocol::execution::Event;
use local_node_types::ledger::Label;
use tokio::sync::Notify;

use crate::block::{SpentTransaction, StoredBlock, TxId};
use crate::store::{BlockHead, Store, StoreError};

/// The most bytes of an answer, about as its JSON text has them.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The most fields and list elements of an answer.
pub const MAX_ANSWER_FIELDS: usize = 100_000;
/// The most bytes of blocks, transactions and events that are held for an answer, as they are stored.
pub(super) const MAX_HELD_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes of blocks that are looked through for an answer, one after the other, as they are stored.
pub(super) const MAX_READ_BYTES: usize = 512 * 1024 * 1024;
/// The bytes of a field besides its name and value.
const FIELD_BYTES: usize = 8;
/// The field that the library answers by itself.
const TYPE_NAME: &str = "__typename";
/// The bytes of an event's document besides topic and data: its JSON has other parts, each an allocation.
const EVENT_DOCUMENT_BYTES: usize = 1024;

/// The rest of an answer's budget. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Left>);

#[derive(Debug)]
struct Left {
    bytes: AtomicUsize,
    fields: AtomicUsize,
    held: AtomicUsize,
    read: AtomicUsize,
    exceeded: Notify,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Left {
            bytes: AtomicUsize::new(MAX_ANSWER_BYTES),
            fields: AtomicUsize::new(MAX_ANSWER_FIELDS),
            held: AtomicUsize::new(MAX_HELD_BYTES),
            read: AtomicUsize::new(MAX_READ_BYTES),
            exceeded: Notify::new(),
        }))
    }

    /// Of the query that is being answered.
    pub(super) fn of<'a>(context: &Context<'a>) -> Result<&'a Self> {
        context.data::<Self>()
    }

    /// A block that the answer holds.
    ///
    /// # Errors
    /// When it would hold too much, or the chain cannot be read.
    pub(super) fn block(&self, store: &Store, height: u64) -> Result<Option<(Arc<StoredBlock>, Label)>> {
        refused(store.block_if(height, &mut |bytes| take(&self.0.held, bytes)))
    }

    /// A block that is only looked through.
    ///
    /// # Errors
    /// When too much is looked through, or the chain cannot be read.
    pub(super) fn look_at(&self, store: &Store, height: u64) -> Result<Option<(Arc<StoredBlock>, Label)>> {
        refused(store.block_if(height, &mut |bytes| take(&self.0.read, bytes)))
    }

    /// The parts of a block without its transactions.
    ///
    /// # Errors
    /// When the answer would hold too much, or the chain cannot be read.
    pub(super) fn head(&self, store: &Store, height: u64) -> Result<Option<BlockHead>> {
        refused(store.head_if(height, &mut |bytes| take(&self.0.held, bytes)))
    }

    /// A transaction that is in a block.
    ///
    /// # Errors
    /// When the answer would hold too much, or the chain cannot be read.
    pub(super) fn transaction(&self, store: &Store, id: &TxId) -> Result<Option<Arc<SpentTransaction>>> {
        refused(store.transaction_if(id, &mut |bytes| take(&self.0.held, bytes)))
    }

    /// The last transactions, the newest first.
    ///
    /// # Errors
    /// When the answer would hold too much, or the chain cannot be read.
    pub(super) fn last_transactions(&self, store: &Store, count: usize) -> Result<Vec<Arc<SpentTransaction>>> {
        refused(store.last_transactions_if(count, &mut |bytes| take(&self.0.held, bytes)))
    }

    /// Charges what else the answer holds.
    ///
    /// # Errors
    /// When it is too much.
    pub(super) fn hold(&self, bytes: usize) -> Result<()> {
        if take(&self.0.held, bytes) { Ok(()) } else { Err(too_much()) }
    }

    /// Charges a field or a value of the answer. Does not return when it is too much.
    async fn spend(&self, fields: usize, bytes: usize) {
        if !take(&self.0.fields, fields) || !take(&self.0.bytes, bytes) {
            // Nobody needs the reads that run on other threads.
            self.0.held.store(0, Ordering::Relaxed);
            self.0.read.store(0, Ordering::Relaxed);
            self.0.exceeded.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the answer exceeds its budget, and says so.
    pub(super) async fn exceeded(&self) -> ServerError {
        self.0.exceeded.notified().await;
        let message = format!(
            "The answer is too large: it has more than {MAX_ANSWER_BYTES} bytes or {MAX_ANSWER_FIELDS} fields. Ask for \
             fewer blocks, transactions or fields."
        );
        ServerError::new(message, None)
    }
}

/// Takes so much, or everything where there is less.
fn take(left: &AtomicUsize, amount: usize) -> bool {
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(amount)));
    before.is_ok_and(|before| before >= amount)
}

fn refused<T>(read: Result<T, StoreError>) -> Result<T> {
    read.map_err(|error| match error {
        StoreError::TooMuch => too_much(),
        other => other.into(),
    })
}

fn too_much() -> Error {
    Error::new(format!(
        "the answer would be made from more than {MAX_HELD_BYTES} bytes, or {MAX_READ_BYTES} would be looked through for \
         it: ask for fewer blocks or transactions"
    ))
}

/// The bytes that an event takes as a document, about.
pub(super) fn event_weight(event: &Event) -> usize {
    EVENT_DOCUMENT_BYTES + event.topic.len() + 2 * event.data.len()
}

/// The fields `__typename` of a query, which no extension hears of: how many each fragment selects, and the bytes of
/// their names in the answer.
#[derive(Debug, Default)]
pub(super) struct TypeNames(HashMap<Name, (usize, usize)>);

impl TypeNames {
    /// Those of a query, whose fragments do not contain themselves.
    pub(super) fn of(document: &ExecutableDocument) -> Self {
        let mut all = Self::default();
        for name in document.fragments.keys() {
            all.fragment(document, name);
        }
        all
    }

    fn fragment(&mut self, document: &ExecutableDocument, name: &Name) {
        let Some(fragment) = document.fragments.get(name).filter(|_| !self.0.contains_key(name)) else { return };
        let set = &fragment.node.selection_set.node;
        spreads(set, &mut |other| self.fragment(document, other));
        let selected = self.selected(set);
        self.0.insert(name.clone(), selected);
    }

    /// How many of them an object with these fields has, and the bytes that they take in the answer.
    fn selected(&self, set: &SelectionSet) -> (usize, usize) {
        let selected = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) if field.node.name.node == TYPE_NAME => {
                (1, FIELD_BYTES + 2 * field.node.response_key().node.len())
            }
            Selection::Field(_) => (0, 0),
            Selection::InlineFragment(fragment) => self.selected(&fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                self.0.get(&spread.node.fragment_name.node).copied().unwrap_or_default()
            }
        });
        selected.fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1))
    }
}

/// Tells of every fragment that is spread in a set of fields itself.
fn spreads(set: &SelectionSet, tell: &mut dyn FnMut(&Name)) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(_) => {}
            Selection::InlineFragment(fragment) => spreads(&fragment.node.selection_set.node, tell),
            Selection::FragmentSpread(spread) => tell(&spread.node.fragment_name.node),
        }
    }
}

/// Charges the fields of every answer.
pub(super) struct Charging;

impl ExtensionFactory for Charging {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Charging {
    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let Some(budget) = context.data_opt::<Budget>() else {
            return next.run(context, info).await;
        };
        // A value without fields is charged here; the others are charged field by field.
        let set = &info.field.selection_set.node;
        let is_value = set.items.is_empty();
        let (named, name_bytes) = context.data_opt::<TypeNames>().map(|names| names.selected(set)).unwrap_or_default();
        budget.spend(1 + named, FIELD_BYTES + info.alias.unwrap_or(info.name).len() + name_bytes).await;
        let answer = next.run(context, info).await;
        match &answer {
            Ok(Some(value)) if is_value => budget.spend(0, length(value)).await,
            Ok(_) => {}
            Err(error) => budget.spend(1, error.message.len()).await,
        }
        answer
    }
}

/// The length of a value as JSON, about.
fn length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Boolean(_) => 5,
        Value::Number(_) => 20,
        Value::String(text) => text_length(text),
        Value::Enum(name) => name.len() + 2,
        Value::Binary(bytes) => bytes.len() * 4,
        Value::List(values) => values.iter().map(|value| length(value) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| text_length(name) + length(value) + 2).sum::<usize>() + 2
        }
    }
}

fn text_length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        0..0x20 => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_value_is_about_that_of_its_text() {
        let document = serde_json::json!({
            "text": "quoted \" and \n", "list": [1, 2, null, true], "object": { "deep": [{ "er": "ü" }] },
        });
        let text = document.to_string();
        let length = length(&Value::from_json(document).unwrap());
        assert!(length >= text.len() && length < 2 * text.len() + 80, "{length} for {}", text.len());
    }

    #[test]
    fn what_is_taken_is_gone() {
        let budget = Budget::new();
        assert!(budget.hold(MAX_HELD_BYTES - 1).is_ok());
        assert!(budget.hold(1).is_ok());
        assert!(budget.hold(1).is_err());
        assert!(budget.hold(0).is_ok());
    }

    #[tokio::test]
    async fn an_answer_that_is_given_up_reads_nothing_more() {
        let budget = Budget::new();
        let spending = tokio::time::timeout(std::time::Duration::ZERO, budget.spend(MAX_ANSWER_FIELDS + 1, 0));
        assert!(spending.await.is_err(), "it does not return");
        assert!(budget.exceeded().await.message.contains("too large"));
        assert!(budget.hold(1).is_err() && !take(&budget.0.read, 1));
    }

    #[test]
    fn type_names_are_counted_through_fragments() {
        let document = async_graphql::parser::parse_query(
            "{ a { __typename ...f ... on A { b: __typename } c { __typename } } }
            fragment f on A { long: __typename ...g ...g } fragment g on A { __typename d }",
        );
        let document = document.unwrap();
        let names = TypeNames::of(&document);
        let (_, operation) = document.operations.iter().next().unwrap();
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { unreachable!() };
        let lengths = [10, 1, 4, 10, 10];
        let bytes = lengths.iter().map(|length| FIELD_BYTES + 2 * length).sum();
        assert_eq!(names.selected(&field.node.selection_set.node), (lengths.len(), bytes));
    }
}

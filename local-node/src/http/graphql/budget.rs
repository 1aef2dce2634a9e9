//! What an answer may take: fields and bytes, counted while it is made.
//!
//! Every field is charged when it begins, every value with its length when it is there. An answer that exceeds its budget
//! is not finished: nothing more is resolved, and the client hears why. What an answer is made of (blocks, events) is
//! charged when it is loaded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo};
use async_graphql::{Context, Error, Result, ServerError, ServerResult, Value};
use dusk_core::transfer::Transaction;
use dusk_sdk_protocol::execution::Event;
use tokio::sync::Notify;

use crate::block::SpentTransaction;

/// The most bytes of an answer, about as its JSON text has them.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The most fields and list elements of an answer.
pub const MAX_ANSWER_FIELDS: usize = 100_000;
/// The most bytes of transactions and events that one answer is made from.
pub(super) const MAX_LOADED_BYTES: usize = 64 * 1024 * 1024;
/// What a field takes besides its name and value.
const FIELD_BYTES: usize = 8;
/// What a transaction or an event takes besides its variable parts.
const RECORD_BYTES: usize = 512;

/// What is left for an answer. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Left>);

#[derive(Debug)]
struct Left {
    bytes: AtomicUsize,
    fields: AtomicUsize,
    loaded: AtomicUsize,
    exceeded: Notify,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Left {
            bytes: AtomicUsize::new(MAX_ANSWER_BYTES),
            fields: AtomicUsize::new(MAX_ANSWER_FIELDS),
            loaded: AtomicUsize::new(MAX_LOADED_BYTES),
            exceeded: Notify::new(),
        }))
    }

    /// Of the query that is being answered.
    pub(super) fn of<'a>(context: &Context<'a>) -> Result<&'a Self> {
        context.data::<Self>()
    }

    /// Charges what an answer is made from.
    ///
    /// # Errors
    /// When it is too much.
    pub(super) fn load(&self, bytes: usize) -> Result<()> {
        let message = || {
            Error::new(format!(
                "the answer would be made from more than {MAX_LOADED_BYTES} bytes: ask for fewer blocks or transactions"
            ))
        };
        if take(&self.0.loaded, bytes) { Ok(()) } else { Err(message()) }
    }

    /// Charges a field or a value of the answer. Does not return when it is too much.
    async fn spend(&self, fields: usize, bytes: usize) {
        if !take(&self.0.fields, fields) || !take(&self.0.bytes, bytes) {
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

/// The bytes that a transaction in a block takes, about.
pub(super) fn weight(spent: &SpentTransaction) -> usize {
    let protocol = spent.transaction.protocol();
    let result = spent.result.as_ref().map_or(0, Vec::len);
    let events: usize = spent.events.iter().map(event_weight).sum();
    RECORD_BYTES + carried(protocol) + result + events
}

fn carried(transaction: &Transaction) -> usize {
    let call = transaction.call().map_or(0, |call| call.fn_name.len() + call.fn_args.len());
    let deploy = transaction.deploy().map_or(0, |deploy| {
        deploy.bytecode.bytes.len() + deploy.owner.len() + deploy.init_args.as_ref().map_or(0, Vec::len)
    });
    call + deploy + transaction.memo().map_or(0, <[u8]>::len)
}

/// The bytes that an event takes, about.
pub(super) fn event_weight(event: &Event) -> usize {
    RECORD_BYTES + event.topic.len() + 2 * event.data.len()
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
        // What has no fields of its own is a value; the others are charged field by field.
        let is_value = info.field.selection_set.node.items.is_empty();
        budget.spend(1, FIELD_BYTES + info.alias.unwrap_or(info.name).len()).await;
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
        assert!(budget.load(MAX_LOADED_BYTES - 1).is_ok());
        assert!(budget.load(1).is_ok());
        assert!(budget.load(1).is_err());
        assert!(budget.load(0).is_ok());
    }
}

//! What several commands show in the same way.

use serde_json::{Value, json};

use crate::escape::harmless;
use crate::ops::chain::client::BlockEvent;
use crate::ops::chain::labels::Book;
use crate::ops::chain::readers::{Read, Readers};
use crate::output::{Tone, Ui};

/// Letters of a value that is shown on one line.
const MAX_LETTERS: usize = 2_000;

/// Bytes that are shown of what nobody could read.
const MAX_BYTES: usize = 64;

/// A value on one line, with names in place of addresses and ids. Bytes that nobody could read are hexadecimal.
pub(super) fn value(book: &Book, read: &Read) -> String {
    let text = match read {
        Read::Value(value) => book.named(value).to_string(),
        Read::Bytes(bytes) if bytes.is_empty() => "(nothing)".to_owned(),
        Read::Bytes(bytes) if bytes.len() <= MAX_BYTES => format!("0x{}", hex::encode(bytes)),
        Read::Bytes(bytes) => format!("0x{}… ({} bytes)", hex::encode(&bytes[..MAX_BYTES]), bytes.len()),
    };
    let text = harmless(&text);
    if text.chars().count() <= MAX_LETTERS {
        return text.into_owned();
    }
    format!(
        "{}… ({} letters; --json has all)",
        text.chars().take(MAX_LETTERS).collect::<String>(),
        text.chars().count()
    )
}

/// An event on one line: its contract, its topic, its data.
pub(super) fn event(ui: &Ui, book: &Book, event: &BlockEvent, read: &Read) -> String {
    let undone = if event.reverted { ui.toned(Tone::Faint, " (undone)") } else { String::new() };
    format!(
        "{} {} {}{undone}",
        book.contract_in_short(&event.source),
        ui.toned(Tone::Hint, &harmless(&event.topic)),
        value(book, read)
    )
}

/// An event as a document.
pub(super) fn event_document(book: &Book, event: &BlockEvent, read: &Read) -> Value {
    json!({
        "contract": event.source,
        "contract_name": book.contract(&event.source),
        "topic": event.topic,
        "data": read.document(),
        "decoded": read.is_decoded(),
        "reverted": event.reverted,
    })
}

/// Events with what they say.
pub(super) fn read_all<'e>(readers: &Readers, events: &'e [BlockEvent]) -> Vec<(&'e BlockEvent, Read)> {
    events.iter().map(|event| (event, readers.event(event))).collect()
}

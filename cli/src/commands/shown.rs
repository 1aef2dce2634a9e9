//! Output that several commands share.

use std::borrow::Cow;

use dusk_core::transfer::{CONVERT_TOPIC, DEPOSIT_TOPIC, TRANSFER_CONTRACT};
use serde_json::{Value, json};

use crate::escape::harmless;
use crate::figures::{exact_money, grouped};
use crate::ops::chain::client::BlockEvent;
use crate::ops::chain::labels::ChainLabels;
use crate::ops::chain::readers::{Read, Readers};
use crate::output::{Tone, Ui};

/// Characters that are shown of a long text, of bytes in hexadecimal, and of a list.
const SHOWN_CHARACTERS: usize = 120;
/// A text up to this length is whole: an address has 132 characters at most, a number 78.
const MAX_WHOLE_CHARACTERS: usize = 140;
/// Entries of a list that are shown whatever their length: on one line, and laid out on a line each.
const LEAST_ENTRIES: [usize; 2] = [1, 8];
/// Fields of an object that are shown.
const MAX_FIELDS: usize = 64;
/// Characters of a value that is shown on one line.
const MAX_LINE_CHARACTERS: usize = 2_000;
/// Bytes of a value that is laid out on several lines. A longer one is shown on one line.
const MAX_LAID_OUT_BYTES: usize = 64 << 10;

/// A value on one line, with names in place of addresses and ids. Bytes that nobody could read are hexadecimal.
pub(super) fn value(labels: &ChainLabels, read: &Read) -> String {
    match read {
        Read::Value(value) => line(&labels.named(value)),
        Read::Bytes(bytes) if bytes.is_empty() => "(nothing)".to_owned(),
        Read::Bytes(bytes) => text(&format!("0x{}", hex::encode(bytes))).into_owned(),
    }
}

/// A value as JSON on one line, its long parts cut.
pub(super) fn line(value: &Value) -> String {
    let whole = cut(value, LEAST_ENTRIES[0]).to_string();
    let harmless = harmless(&whole);
    let length = harmless.chars().count();
    if length <= MAX_LINE_CHARACTERS {
        return harmless.into_owned();
    }
    with_remark(&harmless, MAX_LINE_CHARACTERS, &format!("{} characters", grouped(length as u64)))
}

/// A value as JSON, a field or an entry on each line, its long parts cut.
pub(super) fn laid_out(value: &Value) -> String {
    let text = format!("{:#}", cut(value, LEAST_ENTRIES[1]));
    if text.len() <= MAX_LAID_OUT_BYTES { text } else { line(value) }
}

/// A text, or bytes in hexadecimal, cut where it is long.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= MAX_WHOLE_CHARACTERS {
        return text.into();
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let is_bytes = digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (number, unit) = if is_bytes { (digits.len() / 2, "bytes") } else { (length, "characters") };
    with_remark(text, SHOWN_CHARACTERS, &format!("{} {unit}", grouped(number as u64))).into()
}

/// The value with each long part of it cut. `least`: how many entries of a list are shown whatever their length.
fn cut(value: &Value, least: usize) -> Value {
    match value {
        Value::String(whole) => Value::String(text(whole).into_owned()),
        Value::Array(entries) => {
            let mut shown = Vec::new();
            let mut characters = 0;
            for entry in entries {
                let entry = cut(entry, least);
                characters += entry.to_string().chars().count() + 1;
                if characters > SHOWN_CHARACTERS && shown.len() >= least {
                    shown.push(Value::String(with_remark(
                        "",
                        0,
                        &format!("{} entries", grouped(entries.len() as u64)),
                    )));
                    break;
                }
                shown.push(entry);
            }
            Value::Array(shown)
        }
        Value::Object(fields) => {
            let shown = fields.iter().take(MAX_FIELDS).map(|(name, value)| (name.clone(), cut(value, least)));
            let mut shown: serde_json::Map<_, _> = shown.collect();
            if fields.len() > MAX_FIELDS {
                shown.insert(with_remark("", 0, &format!("{} fields", grouped(fields.len() as u64))), Value::Null);
            }
            Value::Object(shown)
        }
        other => other.clone(),
    }
}

/// The first characters of a text, and how much there is.
fn with_remark(text: &str, characters: usize, all: &str) -> String {
    let first: String = text.chars().take(characters).collect();
    format!("{first}… ({all}; --json shows all)")
}

/// Whether an event says that a contract has taken the deposit of its transaction. The chain returns a deposit that no
/// contract takes.
pub(super) fn takes_deposit(contract: &str, topic: &str) -> bool {
    [DEPOSIT_TOPIC, CONVERT_TOPIC].contains(&topic) && contract == hex::encode(TRANSFER_CONTRACT.as_bytes())
}

/// The deposit of a transaction in a block.
pub(super) fn deposit(lux: u64, is_taken: bool) -> String {
    let amount = exact_money(lux);
    if is_taken { amount } else { format!("{amount}, returned: no contract took it") }
}

/// An event on one line: its contract, its topic, its data.
pub(super) fn event(ui: &Ui, labels: &ChainLabels, event: &BlockEvent, read: &Read) -> String {
    let undone = if event.reverted { ui.toned(Tone::Faint, " (undone)") } else { String::new() };
    format!(
        "{} {} {}{undone}",
        labels.contract_in_short(&event.source),
        ui.toned(Tone::Hint, &harmless(&event.topic)),
        value(labels, read)
    )
}

/// An event as a document.
pub(super) fn event_document(labels: &ChainLabels, event: &BlockEvent, read: &Read) -> Value {
    json!({
        "contract": event.source,
        "contract_name": labels.contract(&event.source),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_say_how_long_they_are() {
        let proof = json!({ "proof": "ab".repeat(1_008), "to": "@bob" });
        let expected =
            format!("{{\"proof\":\"{}… (1,008 bytes; --json shows all)\",\"to\":\"@bob\"}}", "ab".repeat(60));
        assert_eq!(line(&proof), expected);
        assert!(laid_out(&proof).contains("ab… (1,008 bytes; --json shows all)\",\n"), "{}", laid_out(&proof));
        let words = "a word ".repeat(300);
        assert_eq!(text(&words), format!("{}… (2,100 characters; --json shows all)", &words[..120]));
        let bytes = value(&ChainLabels::default(), &Read::Bytes(vec![7; 1_040]));
        assert_eq!(bytes, format!("0x{}… (1,040 bytes; --json shows all)", "07".repeat(59)));

        let list = line(&json!((0..1_000).collect::<Vec<u32>>()));
        assert!(list.starts_with("[0,1,2,") && list.ends_with(",\"… (1,000 entries; --json shows all)\"]"), "{list}");
        assert!(list.chars().count() < 170, "{list}");
        let nested = line(&json!({ "lists": vec![vec!["ab".repeat(1_008); 50]; 50] }));
        assert!(
            nested.contains("(1,008 bytes; ") && nested.ends_with("\"… (50 entries; --json shows all)\"]}"),
            "{nested}"
        );
        let strangers: serde_json::Map<_, _> = (0..1_000).map(|name| (name.to_string(), Value::Null)).collect();
        assert!(laid_out(&strangers.into()).contains("… (1,000 fields; --json shows all)"));
        let many = |inner: &Value| (0..64).map(|name| (name.to_string(), inner.clone())).collect::<Value>();
        let wide = laid_out(&many(&many(&many(&json!(1)))));
        assert!(wide.chars().count() < 2 * MAX_LINE_CHARACTERS && wide.contains("--json shows all"), "{wide}");
    }

    #[test]
    fn addresses_ids_and_numbers_are_never_cut() {
        let address = local_node::accounts::dev_accounts()[0].id().to_string();
        let largest = "52435875175126190479447740508185965837690552500527637822603658699938581184512";
        let short = json!({ "by": address, "id": "ab".repeat(32), "n": largest, "list": [1, 2, 3], "none": null });
        assert_eq!(line(&short), short.to_string());
        assert_eq!(laid_out(&short), format!("{short:#}"));
        let holders = json!(vec![address; 8]);
        assert_eq!(laid_out(&holders), format!("{holders:#}"));
    }
}

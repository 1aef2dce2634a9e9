//! The differences between two documents.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::document::Evidence;

/// The most differences that are listed; the others are only counted.
const MAX_DIFFERENCES: usize = 1_000;
/// The longest value that is shown whole, in characters.
const MAX_VALUE: usize = 120;

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// Where it is: `contracts vault, wasm`.
    pub(crate) place: String,
    /// The value in the file, if any.
    pub(crate) file: Option<String>,
    /// The value of the project now, if any.
    pub(crate) now: Option<String>,
}

/// All differences, in the order of the document, and how many more there are.
pub(crate) fn differences(file: &Evidence, now: &Evidence) -> Result<(Vec<Difference>, usize)> {
    let mut found = Found::default();
    found.compare("", &serde_json::to_value(file)?, &serde_json::to_value(now)?);
    Ok((found.all, found.more))
}

#[derive(Default)]
struct Found {
    all: Vec<Difference>,
    more: usize,
}

impl Found {
    fn compare(&mut self, place: &str, file: &Value, now: &Value) {
        match (file, now) {
            _ if file == now => {}
            (Value::Object(one), Value::Object(other)) => {
                for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                    let none = Value::Null;
                    let (one, other) = (one.get(key).unwrap_or(&none), other.get(key).unwrap_or(&none));
                    self.compare(&below(place, key), one, other);
                }
            }
            (Value::Array(one), Value::Array(other)) => self.lists(place, one, other),
            _ => self.add(place, Some(file), Some(now)),
        }
    }

    /// Elements with a name are compared with those of the same name, others with those at their place.
    fn lists(&mut self, place: &str, one: &[Value], other: &[Value]) {
        let (names, others) = (names(one), names(other));
        let (Some(names), Some(others)) = (names, others) else {
            for index in 0..one.len().max(other.len()) {
                let place = format!("{place} {}", index + 1);
                match (one.get(index), other.get(index)) {
                    (Some(one), Some(other)) => self.compare(&place, one, other),
                    (one, other) => self.add(&place, one, other),
                }
            }
            return;
        };
        for (name, value) in names.iter().zip(one) {
            let place = format!("{place} {name}");
            match others.iter().position(|it| it == name) {
                Some(index) => self.compare(&place, value, &other[index]),
                None => self.add(&place, Some(value), None),
            }
        }
        for (name, value) in others.iter().zip(other).filter(|(name, _)| !names.contains(name)) {
            self.add(&format!("{place} {name}"), None, Some(value));
        }
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<String>>();
        if names != others && set(&names) == set(&others) {
            self.add(&format!("{place}, order"), Some(&names.join(", ").into()), Some(&others.join(", ").into()));
        }
    }

    fn add(&mut self, place: &str, file: Option<&Value>, now: Option<&Value>) {
        if self.all.len() >= MAX_DIFFERENCES {
            self.more += 1;
            return;
        }
        let [file, now] = [file, now].map(|value| value.map(short));
        self.all.push(Difference { place: place.to_owned(), file, now });
    }
}

/// The names of all elements, if each has one of its own.
fn names(list: &[Value]) -> Option<Vec<String>> {
    let name = |value: &Value| value.get("name").or_else(|| value.get("threat"))?.as_str().map(str::to_owned);
    let names: Vec<String> = list.iter().map(name).collect::<Option<_>>()?;
    let is_unique = names.iter().collect::<BTreeSet<_>>().len() == names.len();
    is_unique.then_some(names)
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}, {key}") }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= MAX_VALUE {
        return text;
    }
    text.chars().take(MAX_VALUE).collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::sample;
    use super::*;

    #[test]
    fn each_difference_is_told_with_its_place() {
        let (file, mut now) = (sample(), sample());
        assert_eq!(differences(&file, &now).unwrap(), (Vec::new(), 0));
        now.sources[1].blake3 = "00".repeat(32);
        now.sources.remove(0);
        now.contracts[0].bytes = 6;
        now.remarks.push("new".to_owned());
        let (found, more) = differences(&file, &now).unwrap();
        let places: Vec<_> = found.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(places, ["contracts vault, bytes", "remarks 1", "sources Cargo.toml", "sources src/lib.rs, blake3"]);
        assert_eq!((found[0].file.as_deref(), found[0].now.as_deref()), (Some("5"), Some("6")));
        assert_eq!((found[1].file.as_deref(), found[1].now.as_deref()), (None, Some("new")));
        assert!(found[2].file.is_some() && found[2].now.is_none());
        assert_eq!(more, 0);
    }

    #[test]
    fn many_differences_are_counted() {
        let (file, mut now) = (sample(), sample());
        now.remarks = vec!["x".to_owned(); MAX_DIFFERENCES + 5];
        let (found, more) = differences(&file, &now).unwrap();
        assert_eq!((found.len(), more), (MAX_DIFFERENCES, 5));
    }
}

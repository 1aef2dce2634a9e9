//! JSON as it was written: no number is rounded, no key is lost.
//!
//! The usual reader keeps integers of 64 bits; it makes larger ones floating-point numbers, and of two equal keys it
//! keeps the last. This one refuses the second key, and gives larger integers as text: see [`Large`].

use std::fmt;

use dusk_sdk_circuit::runner::Members;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// How deep documents may nest.
const MAX_DEPTH: usize = 128;
/// The mark before a large integer in a text. A text that begins with the mark has it twice.
const MARK: char = '\0';
/// The key under which the reader of TOML gives a date.
const TOML_DATE: &str = "$__toml_private_datetime";

/// The treatment of integers beyond 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Large {
    /// Text with a mark, which [`digits`] knows: for values that are checked against a type.
    Marked,
    /// Text: for values that are shown, or written into files.
    Text,
}

/// Reads a document.
///
/// # Errors
/// The fault, for people; for a key that stands twice, its path.
pub(crate) fn read(text: &str, large: Large) -> Result<Value, String> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
    value(raw, large, &Path::Root, MAX_DEPTH)
}

/// How deep a text nests lists and objects, whether or not it is a document.
pub(crate) fn levels(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Reads a value of TOML, which has numbers and dates that JSON has not.
///
/// # Errors
/// Where there is one of these.
pub(crate) fn of_toml<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    struct Toml(Value);

    impl<'de> Deserialize<'de> for Toml {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Any).map(Self)
        }
    }

    struct Any;

    impl<'de> Visitor<'de> for Any {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
            Ok(number.into())
        }

        fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
            Ok(number.into())
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
            let number =
                Number::from_f64(number).ok_or_else(|| E::custom(format_args!("`{number}` is not an argument")))?;
            Ok(Value::Number(number))
        }

        fn visit_str<E>(self, text: &str) -> Result<Value, E> {
            Ok(Value::String(guarded(text.to_owned())))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
            let mut list = Vec::new();
            while let Some(Toml(item)) = items.next_element()? {
                list.push(item);
            }
            Ok(Value::Array(list))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
            let mut object = Map::new();
            while let Some(name) = members.next_key::<String>()? {
                if name == TOML_DATE {
                    return Err(A::Error::custom("a date is not an argument: write it as a text"));
                }
                let Toml(member) = members.next_value()?;
                object.insert(name, member);
            }
            Ok(Value::Object(object))
        }
    }

    Toml::deserialize(deserializer).map(|Toml(value)| Some(value))
}

/// The digits of a marked integer.
pub(crate) fn digits(text: &str) -> Option<&str> {
    text.strip_prefix(MARK).filter(|rest| !rest.starts_with(MARK))
}

/// A value without marked integers, with its texts as they were written.
pub(crate) fn plain(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.strip_prefix(MARK).map_or_else(|| text.clone(), str::to_owned)),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, member)| (name, plain(member))).collect(),
        other => other,
    }
}

/// A text that is not taken for a marked integer.
fn guarded(text: String) -> String {
    if text.starts_with(MARK) { format!("{MARK}{text}") } else { text }
}

/// Whether a marked integer is anywhere in the value.
pub(crate) fn has_marks(value: &Value) -> bool {
    match value {
        Value::String(text) => digits(text).is_some(),
        Value::Array(items) => items.iter().any(has_marks),
        Value::Object(members) => members.values().any(has_marks),
        _ => false,
    }
}

/// The value as a message shows it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => {
            digits(text).map_or_else(|| Value::from(text.strip_prefix(MARK).unwrap_or(text)).to_string(), str::to_owned)
        }
        other => other.to_string().replace("\"\\u0000", "\""),
    }
}

/// Where a value is in a document. Written only where something is wrong there: names can be long.
enum Path<'a> {
    /// The document itself.
    Root,
    /// The member of this name.
    Member(&'a Path<'a>, &'a str),
    /// The item at this place.
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(outer, place) => write!(f, "{outer}[{place}]"),
        }
    }
}

fn value(raw: &RawValue, large: Large, path: &Path<'_>, depth: usize) -> Result<Value, String> {
    let text = raw.get();
    let told = |error: serde_json::Error| error.to_string();
    match text.as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 => Err(format!("it nests deeper than {MAX_DEPTH} levels")),
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(text).map_err(told)?;
            if let Some(name) = members.repeated() {
                return Err(format!("`{}` is given twice", Path::Member(path, name)));
            }
            let members = members.0.into_iter().map(|(name, member)| {
                let inner = value(member, large, &Path::Member(path, &name), depth - 1)?;
                Ok::<_, String>((name, inner))
            });
            members.collect()
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(told)?;
            let items = items.into_iter().enumerate();
            items.map(|(place, item)| value(item, large, &Path::Item(path, place), depth - 1)).collect()
        }
        Some(b'-' | b'0'..=b'9') if is_large(text) => Ok(Value::String(match large {
            Large::Marked => format!("{MARK}{text}"),
            Large::Text => text.to_owned(),
        })),
        Some(b'"') if large == Large::Marked => {
            serde_json::from_str(text).map(|text| Value::String(guarded(text))).map_err(told)
        }
        _ => serde_json::from_str(text).map_err(told),
    }
}

/// Whether it is an integer that 64 bits do not hold.
fn is_large(number: &str) -> bool {
    let magnitude = number.strip_prefix('-').unwrap_or(number);
    magnitude.bytes().all(|digit| digit.is_ascii_digit())
        && number.parse::<u64>().is_err()
        && number.parse::<i64>().is_err()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_shown_as_it_was_written() {
        for text in ["plain", "\0", "\0 and more", "\0\0"] {
            let json = Value::from(text).to_string();
            assert_eq!(shown(&read(&json, Large::Marked).unwrap()), json);
        }
    }

    #[test]
    fn integers_of_any_size_stay_exact() {
        let text = r#"{"a":[340282366920938463463374607431768211455,{"b":-9223372036854775809}],"c":18446744073709551615,"d":1.5}"#;
        let expected = json!({
            "a": ["340282366920938463463374607431768211455", { "b": "-9223372036854775809" }], "c": u64::MAX, "d": 1.5,
        });
        assert_eq!(read(text, Large::Text).unwrap(), expected);
        let marked = read(text, Large::Marked).unwrap();
        assert_eq!(marked["a"][0].as_str().and_then(digits), Some("340282366920938463463374607431768211455"));
        assert!(has_marks(&marked) && !has_marks(&expected));
        assert!(shown(&marked).contains("\"340282366920938463463374607431768211455\""), "{}", shown(&marked));
        assert_eq!(read("18446744073709551616", Large::Text).unwrap(), json!("18446744073709551616"));
    }

    #[test]
    fn a_text_is_not_taken_for_an_integer() {
        let nul = json!("\u{0}18446744073709551616");
        let read = read(&nul.to_string(), Large::Marked).unwrap();
        assert!(!has_marks(&read));
        assert_eq!(digits(read.as_str().unwrap()), None);
        assert_eq!(plain(json!([read])), json!([nul]));
        assert_eq!(super::read(&nul.to_string(), Large::Text).unwrap(), nul);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        assert_eq!(read(r#"{"a":1,"b":{"c":1,"c":2}}"#, Large::Text).unwrap_err(), "`b.c` is given twice");
        assert_eq!(read(r#"[{"a":1,"\u0061":2}]"#, Large::Text).unwrap_err(), "`[0].a` is given twice");
        assert_eq!(read(r#"{"a":[0,{"b":1,"b":2}]}"#, Large::Text).unwrap_err(), "`a[1].b` is given twice");
        for text in ["", "{", "{}}", "01", "[1,]", "'a'"] {
            assert!(read(text, Large::Text).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        assert!(read(&deep, Large::Text).is_err());
    }

    #[test]
    fn levels_are_counted_outside_of_texts() {
        for (text, expected) in
            [("1", 0), ("[]", 1), (r#"{"a":[1],"b":{}}"#, 2), (r#"["[[\"[{"]"#, 1), (r#"["\\",[[]]]"#, 3), ("]][", 1)]
        {
            assert_eq!(levels(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_name_is_not_repeated_for_each_value_below_it() {
        const MAX_SECONDS: u64 = 100;
        // A copy of the name for each value would make 3.4 TB. No machine writes so much within that time.
        const NAME_BYTES: usize = 16 << 20;
        const ITEMS: usize = 200_000;
        let begun = std::time::Instant::now();
        let (name, items) = ("n".repeat(NAME_BYTES), vec!["1"; ITEMS].join(","));
        let document = read(&format!(r#"{{"{name}":[{items}]}}"#), Large::Text).unwrap();
        assert_eq!(document[&name].as_array().map(Vec::len), Some(ITEMS));
        assert!(begun.elapsed().as_secs() < MAX_SECONDS, "{:?}", begun.elapsed());
    }

    #[test]
    fn everything_else_is_as_the_usual_reader_has_it() {
        for text in ["null", "true", "\"a\\u00e4\"", "[]", "{}", "-3", "1e3", " [ 1 , { \"a\" : null } ] "] {
            assert_eq!(read(text, Large::Marked).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }
}

//! Contracts whose data drivers were not made with our SDK: functions with the names of their types, and arguments that
//! nothing but the driver checks.
//!
//! This is the form in which the drivers of genesis contracts and those of dusk-forge describe a contract. It does not
//! tell queries from transactions.

use std::borrow::Cow;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::arguments::Names;
use crate::error::{Fault, nearest};
use crate::figures::listed;
use crate::ops::exact;

/// The most digits of an integer of 128 bits. A longer word is no number.
const MAX_DIGITS: usize = 39;
/// How such descriptions write the type without values.
const UNIT: &str = "()";

/// A contract as its data driver describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plain {
    /// The contract's name.
    #[serde(default)]
    pub(crate) name: String,
    /// Its functions. None where the driver describes nothing.
    #[serde(default)]
    pub(crate) functions: Vec<PlainFunction>,
}

/// A function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlainFunction {
    /// Its name.
    pub(crate) name: String,
    /// Its documentation.
    #[serde(default)]
    pub(crate) doc: String,
    /// The name of its argument's type. Empty where it is not known.
    #[serde(default)]
    pub(crate) input: String,
    /// The name of its result's type. Empty where it is not known.
    #[serde(default)]
    pub(crate) output: String,
}

impl Plain {
    /// Reads a description. An unreadable one describes nothing.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The function of this name. Where no function is described, nothing is known of it but the name.
    ///
    /// # Errors
    /// A usage fault that offers the nearest name.
    pub(crate) fn function(&self, name: &str) -> Result<Cow<'_, PlainFunction>> {
        if self.functions.is_empty() {
            return Ok(Cow::Owned(PlainFunction { name: name.to_owned(), ..PlainFunction::default() }));
        }
        self.functions.iter().find(|function| function.name == name).map(Cow::Borrowed).ok_or_else(|| {
            let names = || self.functions.iter().map(|function| function.name.as_str());
            let hint = nearest(name, names()).map_or_else(
                || format!("it has {}", listed(names())),
                |near| format!("did you mean `{near}`? It has {}", listed(names())),
            );
            Fault::usage(format!("`{}` has no function `{name}`", self.name), hint)
        })
    }
}

impl PlainFunction {
    /// Whether it takes no argument.
    pub(crate) fn takes_nothing(&self) -> bool {
        self.input == UNIT
    }

    /// Whether it is known to return nothing.
    pub(crate) fn returns_nothing(&self) -> bool {
        self.output == UNIT
    }

    /// `account(AccountPublicKey) -> AccountData`, as far as the types are known.
    pub(crate) fn signature(&self) -> String {
        let input = if self.input == UNIT { "" } else { self.input.as_str() };
        let output = if self.output.is_empty() || self.returns_nothing() {
            String::new()
        } else {
            format!(" -> {}", self.output)
        };
        format!("{}({input}){output}", self.name)
    }

    /// The argument as JSON: no word is `null`, one is itself, several are an array, and words with names an object.
    ///
    /// # Errors
    /// A usage fault for words that cannot be what the function takes.
    pub(crate) fn argument(&self, named: &[(String, String)], in_order: &[String], names: &dyn Names) -> Result<Value> {
        let takes_nothing = self.takes_nothing();
        match (named, in_order) {
            ([], []) if takes_nothing || self.input.is_empty() => Ok(Value::Null),
            ([], []) => Err(Fault::usage(
                format!("`{}` takes an argument of the type {}", self.name, self.input),
                "give it after the function, or as JSON with `--args`",
            )),
            _ if takes_nothing => Err(Fault::usage(format!("`{}` takes no arguments", self.name), "leave them out")),
            ([], [word]) => value(word, names),
            ([], words) => words.iter().map(|word| value(word, names)).collect::<Result<_>>().map(Value::Array),
            (fields, []) => {
                let mut object = Map::new();
                for (name, word) in fields {
                    if object.insert(name.clone(), value(word, names)?).is_some() {
                        return Err(Fault::usage(
                            format!("the argument `--{name}` is given twice"),
                            "leave one of them out",
                        ));
                    }
                }
                Ok(Value::Object(object))
            }
            _ => Err(Fault::usage(
                format!("`{}` got some arguments by name and others by position", self.name),
                "give all of them by name, or all by position",
            )),
        }
    }
}

/// A word as JSON: numbers, truth values and documents are what they look like, names are addresses and ids, all else
/// is text.
fn value(word: &str, names: &dyn Names) -> Result<Value> {
    if let Some(name) = word.strip_prefix('@') {
        let known = names.account(name).or_else(|problem| names.contract(name).map_err(|_| problem));
        return known.map(Value::String).map_err(|problem| {
            Fault::usage(problem, "text that begins with `@` is written as JSON: `--args '\"@text\"'`")
        });
    }
    let digits = word.strip_prefix('-').unwrap_or(word);
    let is_number = (1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_json = is_number || word.starts_with(['{', '[', '"']) || ["true", "false", "null"].contains(&word);
    if !is_json {
        return Ok(Value::String(word.to_owned()));
    }
    exact::read(word, exact::Large::Text).map_err(|problem| {
        Fault::usage(format!("`{word}` is not JSON: {problem}"), "give text that looks like JSON in quotes: '\"{\"'")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Known;

    impl Names for Known {
        fn account(&self, name: &str) -> Result<String, String> {
            if name == "alice" { Ok("2abc".to_owned()) } else { Err(format!("there is no account `{name}`")) }
        }

        fn contract(&self, name: &str) -> Result<String, String> {
            if name == "token" { Ok("00ff".to_owned()) } else { Err(String::new()) }
        }
    }

    const FORGE: &str = r#"{"name":"Names","imports":[],"functions":[
        {"name":"owner","doc":"Who has it.","input":"String","output":"Option<Key>","custom":false},
        {"name":"give","doc":"","input":"(Key, u64)","output":"()","custom":false},
        {"name":"clear","doc":"","input":"()","output":"()","custom":false}],"events":[{"topic":"given","data":"Given"}]}"#;

    #[test]
    fn functions_are_known_by_the_names_of_their_types() {
        let plain = Plain::read(FORGE);
        let signatures: Vec<String> = plain.functions.iter().map(PlainFunction::signature).collect();
        assert_eq!(signatures, ["owner(String) -> Option<Key>", "give((Key, u64))", "clear()"]);
        assert!(plain.function("give").unwrap().returns_nothing());
        assert!(!plain.function("owner").unwrap().returns_nothing());
        let unknown = plain.function("ownr").unwrap_err();
        assert_eq!(unknown.to_string(), "`Names` has no function `ownr`");
    }

    #[test]
    fn a_driver_that_describes_nothing_leaves_the_names_to_the_caller() {
        for text in ["", "{}", "no JSON", r#"{"functions":[]}"#, r#"{"functions":7}"#] {
            let plain = Plain::read(text);
            let function = plain.function("anything").unwrap();
            assert_eq!(function.signature(), "anything()", "{text}");
            assert!(!function.returns_nothing());
            assert_eq!(function.argument(&[], &[], &Known).unwrap(), Value::Null);
            assert_eq!(function.argument(&[], &["7".to_owned()], &Known).unwrap(), json!(7));
        }
    }

    #[test]
    fn words_become_one_json_value() {
        let function = PlainFunction { name: "f".into(), input: "T".into(), ..PlainFunction::default() };
        let in_order = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            function.argument(&[], &words, &Known)
        };
        let id = "7".repeat(64);
        for (words, expected) in [
            (&["7"][..], json!(7)),
            (&["-7"], json!(-7)),
            (&["340282366920938463463374607431768211455"], json!("340282366920938463463374607431768211455")),
            (&["@alice"], json!("2abc")),
            (&["@token"], json!("00ff")),
            (&["true"], json!(true)),
            (&["[1, \"a\"]"], json!([1, "a"])),
            (&["text", "1e5", &id], json!(["text", "1e5", id])),
        ] {
            assert_eq!(in_order(words).unwrap(), expected, "{words:?}");
        }
        for words in [&["@alic"][..], &["{"], &[]] {
            assert!(in_order(words).is_err(), "{words:?}");
        }
        let field = |name: &str| (name.to_owned(), "1".to_owned());
        assert_eq!(function.argument(&[field("a"), field("b")], &[], &Known).unwrap(), json!({ "a": 1, "b": 1 }));
        assert!(function.argument(&[field("a"), field("a")], &[], &Known).is_err());
        assert!(function.argument(&[field("a")], &["1".to_owned()], &Known).is_err());
        let none = PlainFunction { input: UNIT.into(), ..function };
        assert!(none.argument(&[], &["1".to_owned()], &Known).is_err());
    }
}

//! The words behind the contract of a call: a function, options of the command, and the function's arguments.
//!
//! Only the chain knows the function's arguments, and the words say which chain. So their form alone decides what each
//! is, and nothing is guessed from beginnings of names:
//!
//! | words | are |
//! |---|---|
//! | `--dry-run` | the option of the command that has this whole name |
//! | `--network VALUE`, `--network=VALUE` | such an option with its value |
//! | `--by VALUE`, `--by=VALUE` | the function's argument of this name |
//! | `--arg.network VALUE`, `--arg.network=VALUE` | the function's argument, also where the command has an option of its name |
//! | `--` | the end of names: only values follow |
//! | `10`, `-5` | the value of the next argument that was not named |
//!
//! A word with two hyphens is never a value without `=` or `--` before it. A name that the function and the
//! command share is refused later, when the function is known: see `ops::contract::flags`.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::error::{Fault, nearest};

/// The mark of an argument's name, which no option has: no name of Rust has a dot.
pub(crate) const ARGUMENT_PREFIX: &str = "arg.";
/// The option for help has a short form, as no other.
const HELP: [&str; 2] = ["help", "-h"];

/// The options of the command by name, and whether they take a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options(BTreeMap<String, bool>);

impl Options {
    /// Those of a grammar.
    pub(crate) fn of(grammar: &clap::Command) -> Self {
        let long = |argument: &clap::Arg| {
            let name = argument.get_long()?.to_owned();
            Some((name, argument.get_action().takes_values()))
        };
        Self(grammar.get_arguments().filter_map(long).collect())
    }

    /// Whether there is one of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The words after the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The function.
    pub(crate) function: Option<String>,
    /// Names of options of the command that stand behind the function.
    pub(crate) late: Vec<String>,
    /// Arguments by name, without the hyphens.
    pub(crate) named: Vec<(String, String)>,
    /// Arguments in their order.
    pub(crate) in_order: Vec<String>,
    /// The options as words for the grammar: `--network=URL`.
    pub(crate) options: Vec<String>,
}

impl Words {
    /// Takes the words apart.
    ///
    /// # Errors
    /// A usage fault for what could be read in two ways.
    pub(crate) fn read(words: &[String], options: &Options) -> Result<Self> {
        let Some((function, rest)) = words.split_first() else { return Ok(Self::default()) };
        if function.starts_with('-') {
            return Err(no_option(function, options));
        }
        let mut read = Self { function: Some(function.clone()), ..Self::default() };
        let mut rest = rest.iter().peekable();
        while let Some(word) = rest.next() {
            let Some(name) = word.strip_prefix("--") else {
                if word == HELP[1] {
                    read.option(HELP[0], None);
                } else if is_value(word) {
                    read.in_order.push(word.clone());
                } else {
                    return Err(Fault::usage(
                        format!("`{word}` is neither a value nor an option"),
                        format!(
                            "to pass it as a value, write `-- {word}` at the end, or give it by its argument's name and `=`"
                        ),
                    ));
                }
                continue;
            };
            if name.is_empty() {
                read.in_order.extend(rest.by_ref().cloned());
                break;
            }
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, None),
            };
            let of_command = options.0.get(name).copied();
            if of_command == Some(false) {
                if value.is_some() {
                    return Err(Fault::usage(
                        format!("`--{name}` takes no value"),
                        format!("to set an argument of this name, write `--{ARGUMENT_PREFIX}{name} VALUE`"),
                    ));
                }
                read.option(name, None);
                continue;
            }
            let value = match value {
                Some(value) => value,
                None => match rest.next() {
                    Some(next) if !next.starts_with("--") && next != HELP[1] => next.clone(),
                    next => return Err(without_value(name, next)),
                },
            };
            if of_command.is_some() {
                read.option(name, Some(&value));
            } else {
                let name = name.strip_prefix(ARGUMENT_PREFIX).unwrap_or(name);
                read.named.push((name.to_owned(), value));
            }
        }
        Ok(read)
    }

    fn option(&mut self, name: &str, value: Option<&str>) {
        self.late.push(name.to_owned());
        self.options.push(value.map_or_else(|| format!("--{name}"), |value| format!("--{name}={value}")));
    }
}

/// Whether a word without a name is a value: a number below zero is, an unknown option is not.
fn is_value(word: &str) -> bool {
    match word.strip_prefix('-') {
        None | Some("") => true,
        Some(rest) => rest.starts_with(|first: char| first.is_ascii_digit()),
    }
}

fn no_option(word: &str, options: &Options) -> anyhow::Error {
    let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    let hint = nearest(name, options.names()).map_or_else(
        || "the function comes before its arguments; `cargo dusk call --help` shows the options".to_owned(),
        |near| format!("did you mean `--{near}`? Arguments of the function follow its name"),
    );
    Fault::usage(format!("unexpected argument '{word}' before the function"), hint)
}

fn without_value(name: &str, next: Option<&String>) -> anyhow::Error {
    match next {
        None => Fault::usage(
            format!("`--{name}` has no value"),
            format!("write `--{name} VALUE`, or `--{name}=` for an empty text"),
        ),
        Some(next) => Fault::usage(
            format!("`--{name}` has no value: `{next}` follows"),
            format!("if that is its value, write `--{name}={next}`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        let known =
            [("network", true), ("from", true), ("args", true), ("json", false), ("dry-run", false), ("help", false)];
        Options(known.map(|(name, takes)| (name.to_owned(), takes)).into())
    }

    fn read(line: &[&str]) -> Result<Words, String> {
        let words: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        Words::read(&words, &options()).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_names_alone_are_options() {
        let read =
            read(&["set", "--network-id", "5", "--network", "b", "--from=carol", "--json", "--jso", "1"]).unwrap();
        assert_eq!(read.late, ["network", "from", "json"]);
        assert_eq!(read.options, ["--network=b", "--from=carol", "--json"]);
        assert_eq!(read.named, [("network-id".to_owned(), "5".to_owned()), ("jso".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn values_are_never_taken_for_options() {
        for line in [
            &["say", "--text", "--network=http://127.0.0.1:1"][..],
            &["say", "--text", "--json"],
            &["say", "--text", "--"],
            &["say", "--text", "-h"],
            &["say", "--text"],
            &["say", "--network", "--json"],
        ] {
            assert!(read(line).unwrap_err().contains("has no value"), "{line:?}");
        }
        let text = |line: &[&str]| read(line).unwrap().named;
        for value in ["--network=http://127.0.0.1:1", "--json", "--", "", "a=b"] {
            assert_eq!(text(&["say", &format!("--text={value}")]), [("text".to_owned(), value.to_owned())]);
        }
        assert_eq!(text(&["say", "--text", "-dash"])[0].1, "-dash");
        assert_eq!(text(&["say", "--arg.network", "5"]), [("network".to_owned(), "5".to_owned())]);
        assert_eq!(text(&["say", "--arg.json=5"]), [("json".to_owned(), "5".to_owned())]);
    }

    #[test]
    fn values_in_order_may_be_negative_and_anything_behind_two_hyphens() {
        let values = |line: &[&str]| read(line).map(|read| read.in_order);
        assert_eq!(values(&["f", "1", "-5", "-", "x"]).unwrap(), ["1", "-5", "-", "x"]);
        assert_eq!(values(&["f", "--", "-dash", "--json", "--", "-h"]).unwrap(), ["-dash", "--json", "--", "-h"]);
        assert!(values(&["f", "-dash"]).unwrap_err().contains("neither a value nor an option"));
        assert!(read(&["f", "--json=1"]).unwrap_err().contains("takes no value"));
        assert!(read(&["--netwrk", "x", "f"]).unwrap_err().contains("before the function"));
        assert_eq!(read(&[]).unwrap(), Words::default());
    }
}

//! Why a call was refused, in the contract's own words.

use dusk_sdk_protocol::abi::ContractAbi;

use super::names::Labels;
use crate::ops::exact;

/// A call that did not go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The contract returned one of its errors.
    Error {
        /// Its name.
        name: String,
        /// Its code.
        code: u32,
        /// Its documentation.
        doc: String,
        /// Its fields as JSON; empty where it has none.
        fields: String,
    },
    /// The contract panicked with this text.
    Panic(String),
    /// The gas did not suffice.
    OutOfGas,
    /// Anything else, in the node's words.
    Other(String),
}

impl Refusal {
    /// Reads the node's text: `Panic("…")`, `OutOfGas`, ….
    pub(crate) fn read(text: &str, abi: Option<&ContractAbi>) -> Self {
        let text = text.trim();
        let text = text.strip_prefix("VM error: ").unwrap_or(text);
        let panic = panic_text(text);
        // A contract may panic with these words, too.
        let is_out_of_gas =
            panic.is_none() && (text.contains("OutOfGas") || text.to_ascii_lowercase().ends_with("out of gas"));
        if is_out_of_gas {
            return Self::OutOfGas;
        }
        // A constructor's own text stands behind these words.
        let panic = panic.map(|text| match text.strip_prefix("failed deployment: panic: ") {
            Some(own) => own.to_owned(),
            None => text,
        });
        let Some((error, rest)) = abi.and_then(|abi| abi.error_of(panic.as_deref().unwrap_or(text))) else {
            return panic.map_or_else(|| Self::Other(text.to_owned()), Self::Panic);
        };
        let fields = rest.strip_prefix(error.name.as_str()).unwrap_or_default().trim().to_owned();
        Self::Error { name: error.name.clone(), code: error.code, doc: error.doc.clone(), fields }
    }

    /// The same with names in place of the addresses and ids in its fields.
    pub(crate) fn named(mut self, labels: &Labels) -> Self {
        if let Self::Error { fields, .. } = &mut self
            && let Ok(value) = exact::read(fields, exact::Large::Text)
        {
            let named = labels.applied(value.clone());
            if named != value {
                *fields = named.to_string();
            }
        }
        self
    }
}

/// When a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It was a query.
    Query,
    /// It was simulated, and nothing was sent.
    Simulation,
    /// It is in a block, and its gas is spent.
    Block,
}

/// The panic of the SDK's `sender` and `caller` if there is none.
const NO_SENDER: &str = "the call has no public sender";
/// The hint if a call fails in the simulation.
const HINT_SIMULATION: &str =
    "nothing was sent, because the simulation failed: check the arguments and the contract's state";

impl Refusal {
    /// The remedy.
    pub(crate) fn advice(&self, stage: Stage) -> &'static str {
        let bound = |name: &str| matches!(self, Self::Other(text) if text.to_ascii_lowercase().contains(name));
        match (self, stage) {
            (Self::OutOfGas, Stage::Query) => "a query has at most the gas of a block: request less at a time",
            (Self::OutOfGas, Stage::Simulation) => {
                "nothing was sent; raise `--gas-limit`, or omit it: the simulation determines the gas"
            }
            (Self::OutOfGas, Stage::Block) => "call again with a higher `--gas-limit`, or without one",
            _ if bound("machine limit") && bound("ask again") => "all queries share the limit: try again later",
            _ if bound("machine limit") && bound("states of all contracts") => {
                "the chain has reached the limit of this node: start a new chain with `cargo dusk node reset`"
            }
            _ if bound("machine limit") => {
                "only this node has that limit, not the public network: request less at a time"
            }
            _ if bound("time limit") => "the call reached the time limit of this node: request less at a time",
            (Self::Panic(text), Stage::Query) if text.contains(NO_SENDER) => {
                "a query has no sender: let the function take the account as an argument"
            }
            (_, Stage::Query) => "check the arguments of the query and the contract's state",
            (_, Stage::Simulation) => HINT_SIMULATION,
            (_, Stage::Block) => "the state changed between simulation and block: check it, and try again",
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error { name, code, doc, fields } => {
                write!(f, "refused: {name} ({code})")?;
                let doc = sentence(doc);
                if !doc.is_empty() {
                    write!(f, ": {doc}")?;
                }
                if fields.is_empty() { Ok(()) } else { write!(f, " {fields}") }
            }
            Self::Panic(text) => write!(f, "refused: the contract panicked: {text}"),
            Self::OutOfGas => f.write_str("refused: out of gas"),
            Self::Other(text) => write!(f, "refused: {text}"),
        }
    }
}

/// The first paragraph of a documentation as one clause.
fn sentence(doc: &str) -> String {
    let first = doc.trim().split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

/// The text in `Panic("…")`, or after `panic: `.
pub(crate) fn panic_text(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("panic: ").or_else(|| text.strip_prefix("Panic: ")) {
        return Some(rest.to_owned());
    }
    let start = text.find("Panic(\"")? + "Panic(\"".len();
    let end = text.rfind("\")").filter(|end| *end >= start)?;
    Some(unescaped(&text[start..end]))
}

/// Undoes the escapes of Rust's debug form.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match rest.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('0') => plain.push('\0'),
            Some('u') => {
                let digits: String = rest.by_ref().skip(1).take_while(|letter| *letter != '}').collect();
                plain.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use dusk_sdk_protocol::abi::{ErrorVariant, SCHEMA_VERSION};
    use local_node_vm::{MachineLimit, VmError};

    use super::*;

    fn abi() -> ContractAbi {
        let error =
            |code, name: &str, doc: &str| ErrorVariant { code, name: name.into(), doc: doc.into(), fields: vec![] };
        ContractAbi {
            schema: SCHEMA_VERSION,
            name: "register".into(),
            doc: String::new(),
            sdk: "0.1.0".into(),
            init: None,
            functions: vec![],
            events: vec![],
            errors: vec![
                error(1, "Insufficient", "The sender holds only `held`.\n\nMore."),
                error(3, "AlreadyUsed", "This was used\nbefore."),
            ],
            types: Default::default(),
            circuits: vec![],
        }
    }

    #[test]
    fn errors_are_told_in_the_contracts_words() {
        let cases = [
            (r#"Panic("E3: AlreadyUsed")"#, "refused: AlreadyUsed (3): This was used before"),
            ("panic: E3: AlreadyUsed", "refused: AlreadyUsed (3): This was used before"),
            (r#"Panic("failed deployment: panic: E3: AlreadyUsed")"#, "refused: AlreadyUsed (3): This was used before"),
            (
                r#"Panic("E1: Insufficient {\"held\":3}")"#,
                r#"refused: Insufficient (1): The sender holds only `held` {"held":3}"#,
            ),
            (
                r#"Panic("attempt to add with overflow")"#,
                "refused: the contract panicked: attempt to add with overflow",
            ),
            (r#"Panic("E9: Unlisted")"#, "refused: the contract panicked: E9: Unlisted"),
            (r#"Panic("line\none \u{e4} \"x\"")"#, "refused: the contract panicked: line\none ä \"x\""),
            ("VM error: panic: E3: AlreadyUsed", "refused: AlreadyUsed (3): This was used before"),
            ("OutOfGas", "refused: out of gas"),
            ("VM error: out of gas", "refused: out of gas"),
            ("the transaction cannot be spent: out of gas", "refused: out of gas"),
            (r#"Panic("x OutOfGas y")"#, "refused: the contract panicked: x OutOfGas y"),
            ("panic: OutOfGas", "refused: the contract panicked: OutOfGas"),
            ("DoesNotExist", "refused: DoesNotExist"),
            ("Panic(\")", "refused: Panic(\")"),
        ];
        for (text, expected) in cases {
            assert_eq!(Refusal::read(text, Some(&abi())).to_string(), expected);
        }
        let stages = [Stage::Query, Stage::Simulation, Stage::Block];
        let hints = |text: &str| stages.map(|stage| Refusal::read(text, None).advice(stage));
        let limits = [MachineLimit::Memory, MachineLimit::Queries, MachineLimit::States].map(|limit| {
            let text = VmError::MachineLimit(limit).to_string();
            hints(&text)
        });
        let other = ["OutOfGas", "Panic(\"x\")", "time limit"].map(hints);
        let different: std::collections::BTreeSet<&str> = limits.iter().chain(&other).flatten().copied().collect();
        assert_eq!(different.len(), 10, "each cause has a hint of its own: {different:#?}");
        assert!(hints("Panic(\"sender: the call has no public sender\")")[0].starts_with("a query has no sender"));
        let mut labels = Labels::default();
        labels.insert("2abc", "@bob".to_owned());
        let by_name = |text: &str| Refusal::read(text, Some(&abi())).named(&labels).to_string();
        assert!(by_name("panic: E1: Insufficient {\"of\":\"2abc\"}").ends_with(r#"held` {"of":"@bob"}"#));
        assert!(by_name("panic: E1: Insufficient {\"b\":1,\"a\":2}").ends_with(r#"held` {"b":1,"a":2}"#));
        let expected = Refusal::Panic("E3: AlreadyUsed".into());
        assert_eq!(Refusal::read(r#"Panic("E3: AlreadyUsed")"#, None), expected);
    }
}

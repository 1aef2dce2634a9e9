//! The interface of a contract, for its data driver and for the decoding of results in tests.
//!
//! The macros write an [`Interface`] for each contract: a table of names, documentation and conversion functions. The
//! schema ([`Interface::schema`]) is the document `abi.json`, which tools read.

mod schema;

use alloc::string::String;
use alloc::vec::Vec;

use crate::__private::Json;
use crate::arguments::Arguments;
use crate::contract::{Contract, Refusal};
use crate::json::Document;
pub use crate::json::{Field, Given, Items, JsonError, Shape, Type, Types, Variant, VariantJson};
use crate::value::Value;
use crate::wire::Malformed;

/// A contract with a description. [`#[contract]`](macro@crate::contract) implements it.
pub trait Described: Contract {
    /// The description.
    const INTERFACE: Interface;
}

/// The description of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Interface {
    /// The name of the contract's package.
    pub package: &'static str,
    /// The documentation of the contract.
    pub doc: &'static str,
    /// The constructor. `None`: the first state is the state's default.
    pub init: Option<Function>,
    /// All functions, in the order of the source.
    pub functions: &'static [Function],
    /// All events.
    pub events: &'static [Event],
    /// The errors of all enums.
    pub refusals: &'static [Refusals],
}

/// The access of a function to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Creates it.
    Init,
    /// Reads it.
    Query,
    /// Changes it.
    Transaction,
}

/// A function of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The exported name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its access to the state.
    pub kind: Kind,
    /// The names of its arguments.
    pub names: &'static [&'static str],
    /// Its arguments.
    pub input: Input,
    /// Its result.
    pub output: Output,
    /// Whether it may revert with an error.
    pub fallible: bool,
    /// The items that it feeds, for a feeder.
    pub feeds: Option<Output>,
}

/// Converts the arguments of a function.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    describe: fn(&mut Types) -> Vec<Type>,
    encode: fn(&[&str], &Json) -> Result<Vec<u8>, ConversionError>,
    decode: fn(&[&str], &[u8]) -> Result<String, Malformed>,
}

impl Input {
    /// The conversion of these arguments.
    #[must_use]
    pub const fn of<A: Arguments>() -> Self {
        Self {
            describe: A::describe,
            encode: |names, json| {
                let arguments = A::read_json(names, json).map_err(ConversionError::Json)?;
                arguments.encode().map_err(|_| ConversionError::TooLarge)
            },
            decode: |names, bytes| {
                let mut out = String::new();
                A::decode(bytes)?.write_json(names, &mut out);
                Ok(out)
            },
        }
    }
}

/// Converts a result, or the data of an event.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    describe: fn(&mut Types) -> Type,
    decode: fn(&[u8]) -> Result<String, Malformed>,
}

impl Output {
    /// The conversion of this type.
    #[must_use]
    pub const fn of<T: Value>() -> Self {
        Self {
            describe: T::describe,
            decode: |bytes| {
                let mut out = String::new();
                T::decode(bytes)?.write_json(&mut out);
                Ok(out)
            },
        }
    }
}

/// An event of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Its topic.
    pub topic: &'static str,
    data: Output,
}

impl Event {
    /// The description of this event.
    #[must_use]
    pub const fn of<E: crate::contract::Event>() -> Self {
        Self { topic: E::TOPIC, data: Output::of::<E>() }
    }
}

/// The errors of one enum.
#[derive(Debug, Clone, Copy)]
pub struct Refusals {
    codes: &'static [(u32, &'static str)],
    describe: fn(&mut Types) -> Vec<Variant>,
}

impl Refusals {
    /// The description of these errors.
    #[must_use]
    pub const fn of<R: Refusal>() -> Self {
        Self { codes: R::CODES, describe: R::describe }
    }
}

/// The reason why a conversion failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConversionError {
    /// The text is not JSON.
    Syntax(String),
    /// The document does not have the expected form.
    Json(JsonError),
    /// The bytes are not a value of the type.
    Malformed,
    /// The value is larger than the argument buffer.
    TooLarge,
    /// The contract has no function or event of this name.
    Unknown {
        /// `function` or `event`.
        what: &'static str,
        /// The requested name.
        name: String,
        /// The existing names.
        known: Vec<&'static str>,
    },
}

impl core::fmt::Display for ConversionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Syntax(message) => write!(f, "not JSON: {message}"),
            Self::Json(error) => error.fmt(f),
            Self::Malformed => Malformed.fmt(f),
            Self::TooLarge => crate::wire::Overflow.fmt(f),
            Self::Unknown { what, name, known } => {
                write!(f, "the contract has no {what} `{name}`; it has ")?;
                match known.as_slice() {
                    [] => f.write_str("none"),
                    known => f.write_str(&known.join(", ")),
                }
            }
        }
    }
}

impl core::error::Error for ConversionError {}

impl Interface {
    /// Encodes the arguments of a function, given in JSON.
    ///
    /// # Errors
    /// If there is no such function, or the JSON does not fit its arguments.
    pub fn encode_input(&self, function: &str, json: &str) -> Result<Vec<u8>, ConversionError> {
        let function = self.function(function)?;
        // An empty text means no arguments.
        let json = if json.trim().is_empty() { "null" } else { json };
        let document: Document =
            serde_json::from_str(json).map_err(|e| ConversionError::Syntax(alloc::format!("{e}")))?;
        (function.input.encode)(function.names, &document.0)
    }

    /// Decodes the arguments of a function to a JSON object.
    ///
    /// # Errors
    /// If there is no such function, or the bytes do not encode its arguments.
    pub fn decode_input(&self, function: &str, bytes: &[u8]) -> Result<String, ConversionError> {
        let function = self.function(function)?;
        (function.input.decode)(function.names, bytes).map_err(|_| ConversionError::Malformed)
    }

    /// Decodes the result of a function, or one item of a feeder, to JSON.
    ///
    /// # Errors
    /// If there is no such function, or the bytes do not encode its result.
    pub fn decode_output(&self, function: &str, bytes: &[u8]) -> Result<String, ConversionError> {
        let function = self.function(function)?;
        (function.feeds.unwrap_or(function.output).decode)(bytes).map_err(|_| ConversionError::Malformed)
    }

    /// Decodes the data of an event to JSON.
    ///
    /// # Errors
    /// If there is no such event, or the bytes do not encode its data.
    pub fn decode_event(&self, topic: &str, bytes: &[u8]) -> Result<String, ConversionError> {
        let event = self.events.iter().find(|event| event.topic == topic).ok_or_else(|| ConversionError::Unknown {
            what: "event",
            name: topic.into(),
            known: self.events.iter().map(|event| event.topic).collect(),
        })?;
        (event.data.decode)(bytes).map_err(|_| ConversionError::Malformed)
    }

    /// The names and types of a function's arguments.
    #[cfg(feature = "testing")]
    pub(crate) fn input_types(&self, function: &str, types: &mut Types) -> Option<Vec<(&'static str, Type)>> {
        let function = self.function(function).ok()?;
        Some(function.names.iter().copied().zip((function.input.describe)(types)).collect())
    }

    /// The type of a function's result.
    #[cfg(feature = "testing")]
    pub(crate) fn output_type(&self, function: &str, types: &mut Types) -> Option<Type> {
        let function = self.function(function).ok()?;
        Some((function.feeds.unwrap_or(function.output).describe)(types))
    }

    /// The type of an event.
    #[cfg(feature = "testing")]
    pub(crate) fn event_type(&self, topic: &str, types: &mut Types) -> Option<Type> {
        let event = self.events.iter().find(|event| event.topic == topic)?;
        Some((event.data.describe)(types))
    }

    fn function(&self, name: &str) -> Result<&Function, ConversionError> {
        let all = || self.init.iter().chain(self.functions);
        all().find(|function| function.name == name).ok_or_else(|| ConversionError::Unknown {
            what: "function",
            name: name.into(),
            known: all().map(|function| function.name).collect(),
        })
    }
}

//! Contracts and data drivers are untrusted code: only the virtual machine reads and runs them. The drivers of genesis
//! contracts are not modules; the node's crate has them.

use std::fmt;

use anyhow::{Context, Result};
use dusk_core::abi::ContractId;
use dusk_sdk_protocol::abi::{ContractAbi, SCHEMA_VERSION};
use local_node::drivers::{Codec, CodecError, Drivers};
use local_node::transaction::MAX_ARGUMENT_BYTES;
use local_node_types::rules::Profile;
use local_node_vm::driver::{self, DriverError};
use local_node_vm::{ModuleError, validate as validate_module};
use serde_json::Value;

use super::plain::Plain;
use crate::error::Fault;
use crate::figures::grouped;
use crate::ops::exact;
use crate::ops::project::folders;
use crate::ops::report;

/// The height whose rules a build answers to: on local chains all of today's are in force from here on.
const RULES_HEIGHT: u64 = 1;
/// The error of the SDK's drivers for a value that no call can carry.
const OVERFLOW: &str = "larger than the argument buffer";
/// How many lists and objects a driver's answer may nest: each level is parsed again, and set in further.
const MAX_ANSWER_LEVELS: usize = 32;
const LESS_DATA_HINT: &str =
    "pass less data in one call: shorten the longest text, bytes or list, or split it over several calls";

/// Whether the chain would take the module as a contract.
///
/// # Errors
/// The obstacle.
pub(crate) fn validate(contract: &[u8]) -> Result<(), ModuleError> {
    validate_module(contract, Profile::Local.at(RULES_HEIGHT)).map(|_| ())
}

/// The contract's description, as its data driver gives it.
pub(crate) fn schema(driver: &[u8]) -> Result<ContractAbi> {
    described(&driver::Driver::load(driver)?)
}

fn described(driver: &driver::Driver) -> Result<ContractAbi> {
    read_abi(&driver.schema()?)
}

fn read_abi(text: &str) -> Result<ContractAbi> {
    let abi: ContractAbi = serde_json::from_str(text).context("its description cannot be read")?;
    anyhow::ensure!(
        abi.schema == SCHEMA_VERSION,
        "its description has version {}, but this cargo-dusk reads {SCHEMA_VERSION}",
        abi.schema
    );
    Ok(abi)
}

/// The answer of a driver, without a rounded number.
fn document(text: &str, what: fmt::Arguments<'_>) -> Result<Value> {
    if exact::levels(text) > MAX_ANSWER_LEVELS {
        return Err(Fault::failed(
            format!("the data driver nests {what} deeper than {MAX_ANSWER_LEVELS} levels"),
            "the driver's owner must fix it; other tools can still call the contract",
        ));
    }
    exact::read(text, exact::Large::Text).map_err(|reason| {
        Fault::failed(
            format!("the data driver gives no JSON for {what}: {reason}"),
            "the driver's owner must fix it; other tools can still call the contract",
        )
    })
}

/// Whether a driver did not finish within the bounds of one operation.
pub(crate) fn is_too_slow(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref::<DriverError>(), Some(DriverError::TooSlow(_))))
}

/// A contract's data driver.
pub(crate) struct Driver(Kind);

enum Kind {
    /// A module, which came from the contract's owner.
    Module(driver::Driver),
    /// A genesis contract's.
    BuiltIn(Codec),
}

/// How a contract's data driver describes the contract.
pub(crate) enum Description {
    /// As those of our SDK do, with the types of all values.
    Typed(Box<ContractAbi>),
    /// As others do.
    Plain(Plain),
}

impl Driver {
    /// Compiles it, or takes it from the folder for compiled modules.
    pub(crate) fn load(wasm: &[u8]) -> Result<Self> {
        let driver = match folders::modules() {
            Some(folder) => driver::Driver::load_cached(wasm, &folder),
            None => driver::Driver::load(wasm),
        };
        driver.map(|driver| Self(Kind::Module(driver))).context("the contract's data driver cannot be used")
    }

    /// The driver of a genesis contract: the one that nodes have.
    pub(crate) fn built_in(contract: &ContractId) -> Option<Self> {
        Drivers::built_in(contract).map(|codec| Self(Kind::BuiltIn(codec)))
    }

    /// The contract's description.
    ///
    /// # Errors
    /// When the driver describes itself in another form than those of our SDK.
    pub(crate) fn schema(&self) -> Result<ContractAbi> {
        read_abi(&self.text_of_schema()?)
    }

    /// The contract's description, in whichever form. A driver may give none: then nothing is known of its functions.
    ///
    /// # Errors
    /// When it is one of our SDK, of a form that is not known here.
    pub(crate) fn description(&self) -> Result<Description> {
        let text = self.text_of_schema().unwrap_or_else(|error| {
            let gives_none = error
                .downcast_ref::<DriverError>()
                .is_none_or(|error| matches!(error, DriverError::Refused { .. } | DriverError::Export(_)));
            if let Some(report) = report::of_process().filter(|_| !gives_none) {
                report.warn(&format_args!("the data driver fails to describe the contract: {error:#}"));
            }
            String::new()
        });
        let is_of_our_sdk = serde_json::from_str::<Value>(&text).is_ok_and(|document| document.get("schema").is_some());
        if is_of_our_sdk {
            return read_abi(&text).map(|abi| Description::Typed(Box::new(abi)));
        }
        Ok(Description::Plain(Plain::read(&text)))
    }

    fn text_of_schema(&self) -> Result<String> {
        Ok(match &self.0 {
            Kind::Module(driver) => driver.schema()?,
            Kind::BuiltIn(codec) => codec.schema()?,
        })
    }

    /// A function's argument, encoded. `help`: the command that shows what the function takes.
    ///
    /// # Errors
    /// A usage fault when the driver refuses the value, or it is longer than a call can carry.
    pub(crate) fn encode_input(&self, function: &str, value: &Value, help: &str) -> Result<Vec<u8>> {
        let json = value.to_string();
        let encoded = match &self.0 {
            Kind::Module(driver) => driver.encode_input(function, &json).map_err(CodecError::from),
            Kind::BuiltIn(codec) => codec.encode_input(function, &json),
        };
        let encoded = encoded.map_err(|error| match error {
            CodecError::Refused(message) | CodecError::Driver(DriverError::Refused { message, .. }) => {
                let hint = if message.contains(OVERFLOW) {
                    LESS_DATA_HINT.to_owned()
                } else {
                    format!("`{help}` shows the arguments")
                };
                Fault::usage(format!("the arguments of `{function}` do not fit: {message}"), hint)
            }
            CodecError::Driver(error) => {
                anyhow::Error::from(error).context(format!("cannot encode the arguments of `{function}`"))
            }
            other => anyhow::Error::from(other),
        })?;
        if encoded.len() > MAX_ARGUMENT_BYTES {
            let bytes = grouped(encoded.len() as u64);
            let most = grouped(MAX_ARGUMENT_BYTES as u64);
            return Err(Fault::usage(
                format!("the arguments of `{function}` have {bytes} bytes, and a call carries {most} at most"),
                LESS_DATA_HINT,
            ));
        }
        Ok(encoded)
    }

    /// A function's argument as JSON.
    pub(crate) fn decode_input(&self, function: &str, argument: &[u8]) -> Result<Value> {
        self.decoded(
            format_args!("the arguments of `{function}`"),
            |driver| driver.decode_input(function, argument),
            |codec| codec.decode_input(function, argument),
        )
    }

    /// A function's result as JSON.
    pub(crate) fn decode_output(&self, function: &str, result: &[u8]) -> Result<Value> {
        self.decoded(
            format_args!("the result of `{function}`"),
            |driver| driver.decode_output(function, result),
            |codec| codec.decode_output(function, result),
        )
    }

    /// An event's data as JSON.
    pub(crate) fn decode_event(&self, topic: &str, data: &[u8]) -> Result<Value> {
        self.decoded(
            format_args!("the event `{topic}`"),
            |driver| driver.decode_event(topic, data),
            |codec| codec.decode_event(topic, data),
        )
    }

    fn decoded(
        &self,
        what: fmt::Arguments<'_>,
        by_module: impl FnOnce(&driver::Driver) -> Result<String, DriverError>,
        built_in: impl FnOnce(&Codec) -> Result<Value, CodecError>,
    ) -> Result<Value> {
        match &self.0 {
            Kind::Module(driver) => {
                document(&by_module(driver).with_context(|| format!("cannot decode {what}"))?, what)
            }
            Kind::BuiltIn(codec) => built_in(codec).map_err(|error| {
                Fault::failed(
                    format!("cannot decode {what}: {error}"),
                    "the genesis contract's own data driver does not read it; other tools may",
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_nest_to_a_limit() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(document(&nested(MAX_ANSWER_LEVELS), format_args!("the result of `say`")).is_ok());
        let refused = document(&nested(MAX_ANSWER_LEVELS + 1), format_args!("the result of `say`")).unwrap_err();
        assert_eq!(refused.to_string(), "the data driver nests the result of `say` deeper than 32 levels");
        assert!(document(&nested(1 << 20), format_args!("the result of `say`")).is_err());
    }
}

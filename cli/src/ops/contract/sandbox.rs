//! Contracts and data drivers, looked at and run in the virtual machine only: they are code of strangers.

use anyhow::{Context, Result};
use dusk_sdk_protocol::abi::{ContractAbi, SCHEMA_VERSION};
use local_node_types::rules::Profile;
use local_node_vm::driver::{self, DriverError};
use local_node_vm::{ModuleError, validate as validate_module};
use serde_json::Value;

use crate::error::Fault;
use crate::ops::exact;
use crate::ops::project::folders;

/// The height whose rules a build answers to: on local chains all of today's are in force from here on.
const RULES_HEIGHT: u64 = 1;

/// Whether the chain would take the module as a contract.
///
/// # Errors
/// What stands in the way.
pub(crate) fn validate(contract: &[u8]) -> Result<(), ModuleError> {
    validate_module(contract, Profile::Local.at(RULES_HEIGHT)).map(|_| ())
}

/// The contract's description, as its data driver gives it.
pub(crate) fn schema(driver: &[u8]) -> Result<ContractAbi> {
    described(&driver::Driver::load(driver)?)
}

fn described(driver: &driver::Driver) -> Result<ContractAbi> {
    let text = driver.schema()?;
    let abi: ContractAbi = serde_json::from_str(&text).context("its description cannot be read")?;
    anyhow::ensure!(
        abi.schema == SCHEMA_VERSION,
        "its description has version {}, but this cargo-dusk reads {SCHEMA_VERSION}",
        abi.schema
    );
    Ok(abi)
}

/// What a driver answers, without a rounded number.
fn document(text: &str, what: std::fmt::Arguments<'_>) -> Result<Value> {
    exact::read(text, exact::Large::Text).map_err(|reason| {
        Fault::failed(
            format!("the data driver gives no JSON for {what}: {reason}"),
            "the driver's owner must fix it; other tools can still call the contract",
        )
    })
}

/// A contract's data driver.
pub(crate) struct Driver(driver::Driver);

impl Driver {
    /// Compiles it, or takes it from the folder for compiled modules.
    pub(crate) fn load(wasm: &[u8]) -> Result<Self> {
        let driver = match folders::modules() {
            Some(folder) => driver::Driver::load_cached(wasm, &folder),
            None => driver::Driver::load(wasm),
        };
        driver.map(Self).context("the contract's data driver cannot be used")
    }

    /// The contract's description.
    ///
    /// # Errors
    /// When the driver describes itself in another form than those of our SDK.
    pub(crate) fn schema(&self) -> Result<ContractAbi> {
        described(&self.0)
    }

    /// A function's argument, encoded.
    ///
    /// # Errors
    /// A usage fault when the driver refuses the value.
    pub(crate) fn encode_input(&self, function: &str, value: &Value) -> Result<Vec<u8>> {
        self.0.encode_input(function, &value.to_string()).map_err(|error| match error {
            DriverError::Refused { message, .. } => Fault::usage(
                format!("the arguments of `{function}` do not fit: {message}"),
                "`cargo dusk call CONTRACT FUNCTION --help` shows the arguments of a function, `cargo dusk inspect \
                 CONTRACT` those of a constructor",
            ),
            other => anyhow::Error::from(other).context(format!("cannot encode the arguments of `{function}`")),
        })
    }

    /// A function's argument as JSON.
    pub(crate) fn decode_input(&self, function: &str, argument: &[u8]) -> Result<Value> {
        let text = self
            .0
            .decode_input(function, argument)
            .with_context(|| format!("cannot decode the arguments of `{function}`"))?;
        document(&text, format_args!("the arguments of `{function}`"))
    }

    /// A function's result as JSON.
    pub(crate) fn decode_output(&self, function: &str, result: &[u8]) -> Result<Value> {
        let text = self
            .0
            .decode_output(function, result)
            .with_context(|| format!("cannot decode the result of `{function}`"))?;
        document(&text, format_args!("the result of `{function}`"))
    }

    /// An event's data as JSON.
    pub(crate) fn decode_event(&self, topic: &str, data: &[u8]) -> Result<Value> {
        let text = self.0.decode_event(topic, data).with_context(|| format!("cannot decode the event `{topic}`"))?;
        document(&text, format_args!("the event `{topic}`"))
    }
}

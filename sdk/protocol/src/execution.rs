//! The outcome of a call.

use std::fmt;

use piecrust_uplink::ContractId;
use serde::{Deserialize, Serialize};

/// An event that a contract emitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The contract that emitted it.
    #[serde(with = "hex_id")]
    pub source: ContractId,
    /// Its topic.
    pub topic: String,
    /// Its data, as the contract encoded it (rkyv).
    #[serde(with = "crate::bytes")]
    pub data: Vec<u8>,
    /// Whether the call that emitted it was undone afterwards.
    pub reverted: bool,
}

/// The reason why a call failed, as the caller of the contract sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum CallError {
    /// The contract panicked with this text.
    #[error("panic: {0}")]
    Panic(String),
    /// The call ran out of gas.
    #[error("out of gas")]
    OutOfGas,
    /// There is no such contract.
    #[error("no such contract")]
    DoesNotExist,
    /// The contract trapped for another reason.
    #[error("the contract trapped")]
    Unknown,
}

/// One frame of the tree of calls that a transaction or query caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The contract that was called.
    #[serde(with = "hex_id")]
    pub contract: ContractId,
    /// The function that was called.
    pub function: String,
    /// The argument, as the callee received it.
    #[serde(with = "crate::bytes")]
    pub argument: Vec<u8>,
    /// Gas that was given to the frame.
    pub gas_limit: u64,
    /// Gas that the frame was charged, with its callees.
    pub gas_spent: u64,
    /// Its outcome.
    pub outcome: Result<(), CallError>,
    /// The virtual machine's text for a failure that callers see only as [`CallError::Unknown`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The bytes that it returned. Empty if it failed.
    #[serde(with = "crate::bytes")]
    pub output: Vec<u8>,
    /// The lines that it logged, in order. Contracts log only in builds for tests, and only test hosts record logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// The calls that it made, in order.
    pub calls: Vec<Frame>,
    /// The events that it emitted itself, in order.
    pub events: Vec<Emitted>,
    /// Its calls, events and logged lines in their common order.
    pub steps: Vec<Step>,
}

impl Frame {
    /// Gas that the frame was charged without its callees.
    #[must_use]
    pub fn own_gas(&self) -> u64 {
        self.calls.iter().fold(self.gas_spent, |rest, call| rest.saturating_sub(call.gas_spent))
    }

    /// Everything that the frame and its callees logged, in order.
    #[must_use]
    pub fn logged(&self) -> Vec<Logged> {
        let mut all = Vec::new();
        self.add_logged(&mut all);
        all
    }

    fn add_logged(&self, all: &mut Vec<Logged>) {
        let (mut calls, mut lines) = (self.calls.iter(), self.logs.iter());
        for step in &self.steps {
            match step {
                Step::Call => calls.by_ref().take(1).for_each(|call| call.add_logged(all)),
                Step::Log => {
                    let logged = |line: &String| Logged { function: self.function.clone(), line: line.clone() };
                    all.extend(lines.by_ref().take(1).map(logged));
                }
                Step::Event => {}
            }
        }
    }
}

/// A line that a call logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// The function that logged it.
    pub function: String,
    /// The line.
    pub line: String,
}

/// An event in the frame that emitted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emitted {
    /// Its topic.
    pub topic: String,
    /// Its data, as the contract encoded it (rkyv).
    #[serde(with = "crate::bytes")]
    pub data: Vec<u8>,
}

/// The next step of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// It made the next of its calls.
    Call,
    /// It emitted the next of its events.
    Event,
    /// It logged the next of its lines.
    Log,
}

/// A contract id for readers: 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexId<'a>(pub &'a ContractId);

impl fmt::Display for HexId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Contract ids in documents: 64 hexadecimal digits.
pub mod hex_id {
    use piecrust_uplink::{CONTRACT_ID_BYTES, ContractId};
    use serde::{Deserializer, Serializer};

    /// Writes the id.
    ///
    /// # Errors
    /// As the serializer.
    pub fn serialize<S: Serializer>(id: &ContractId, to: S) -> Result<S::Ok, S::Error> {
        hex::serde::serialize(id.as_bytes(), to)
    }

    /// Reads an id.
    ///
    /// # Errors
    /// If the text is not 64 hexadecimal digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ContractId, D::Error> {
        let bytes: [u8; CONTRACT_ID_BYTES] = hex::serde::deserialize(from)?;
        Ok(ContractId::from_bytes(bytes))
    }
}

//! What came of a call.

use std::fmt;

use piecrust_uplink::ContractId;
use serde::{Deserialize, Serialize};

/// Something a contract made known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The contract that emitted it.
    #[serde(with = "hex_id")]
    pub source: ContractId,
    /// Its topic.
    pub topic: String,
    /// Its data, as the contract encoded it (rkyv).
    #[serde(with = "hex::serde")]
    pub data: Vec<u8>,
    /// Whether the call that emitted it was undone afterwards.
    pub reverted: bool,
}

/// Why a call did not end well, as the caller of the contract sees it.
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
    #[serde(with = "hex::serde")]
    pub argument: Vec<u8>,
    /// Gas that was given to the frame.
    pub gas_limit: u64,
    /// Gas that the frame was charged, with its callees.
    pub gas_spent: u64,
    /// What came of it.
    pub outcome: Result<(), CallError>,
    /// What the machine says of a failure for which callers have no name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it returned, as it encoded it. Empty where it failed.
    #[serde(with = "hex::serde")]
    pub output: Vec<u8>,
    /// What it logged, in order. Contracts log only in builds for tests, and only machines for tests record it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// The calls that it made, in order.
    pub calls: Vec<Frame>,
    /// What it emitted itself, in order.
    pub events: Vec<Emitted>,
    /// The order of its calls, events and logged lines among each other.
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

/// An event, as the frame that emitted it remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emitted {
    /// Its topic.
    pub topic: String,
    /// Its data, as the contract encoded it (rkyv).
    #[serde(with = "hex::serde")]
    pub data: Vec<u8>,
}

/// What a frame did next.
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

/// A contract id as people read it: 64 hexadecimal digits.
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
    /// When the text is not 64 hexadecimal digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ContractId, D::Error> {
        let bytes: [u8; CONTRACT_ID_BYTES] = hex::serde::deserialize(from)?;
        Ok(ContractId::from_bytes(bytes))
    }
}

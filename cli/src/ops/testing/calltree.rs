//! The trace of a transaction or query with names of the contracts: a tree of calls with decoded arguments, results
//! and events.

use std::collections::BTreeMap;

use dusk_core::abi::ContractId;
use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_sdk_protocol::abi::{ContractAbi, Function};
use dusk_sdk_protocol::execution::{CallError, Frame, HexId, Step as FrameStep};
use local_node::test_host::{Action, Entry, TestReport};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::ops::build::artifact::Artifact;
use crate::ops::chain::names::Labels;
use crate::ops::chain::refusal::Refusal;
use crate::ops::contract::sandbox::Driver;

/// The reader of one contract's bytes.
pub(crate) struct Reader {
    abi: ContractAbi,
    driver: Driver,
}

impl Reader {
    /// From what a build left.
    pub(crate) fn of(artifact: &Artifact) -> anyhow::Result<Self> {
        Ok(Self { abi: artifact.abi()?, driver: Driver::load(&artifact.driver()?)? })
    }

    /// The function of this name, the constructor included.
    fn function(&self, name: &str) -> Option<&Function> {
        let init = self.abi.init.as_ref().filter(|_| name == "init");
        init.or_else(|| self.abi.function(name))
    }
}

/// One transaction or query of a test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Deed {
    /// The kind of action.
    pub(crate) action: Action,
    /// The account that signed; empty for a query.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) from: String,
    /// The block, or the height at which was asked.
    pub(crate) block: u64,
    /// Gas that was paid for, or spent by the query.
    pub(crate) gas: u64,
    /// The call; `None` for a transfer, or where no more traces were kept.
    pub(crate) call: Option<Call>,
}

/// A call with everything that it led to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Call {
    /// The contract's name, or its id where it has none.
    pub(crate) contract: String,
    /// The function.
    pub(crate) function: String,
    /// The arguments: by name where they could be read, else in hexadecimal.
    pub(crate) arguments: Value,
    /// Gas that it was charged, with its callees.
    pub(crate) gas: u64,
    /// Gas that it was charged without its callees.
    pub(crate) own_gas: u64,
    /// Its result; absent if it has none or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<Value>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// The place in the sources where it panicked. Only builds with logs tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// Its actions, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<Step>,
}

/// The next action of a call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// It called.
    Call(Call),
    /// It emitted an event.
    Event {
        /// Its topic.
        topic: String,
        /// Its data, decoded where possible, else in hexadecimal.
        data: Value,
    },
    /// It logged a line.
    Log(String),
}

/// The SDK's log line before a panic; the place follows.
const PANIC_PLACE: &str = "panicked at ";

/// Reads what tests did.
pub(crate) struct Teller<'a> {
    /// By package.
    readers: &'a BTreeMap<String, Reader>,
    packages: BTreeMap<ContractId, &'a str>,
    labels: Labels,
}

impl<'a> Teller<'a> {
    /// For what one test did.
    pub(crate) fn new(readers: &'a BTreeMap<String, Reader>, report: &'a TestReport) -> Self {
        let mut labels = Labels::default();
        for (name, address) in &report.accounts {
            labels.insert(address, format!("@{name}"));
        }
        let mut packages = BTreeMap::new();
        for entry in &report.entries {
            if let Some(package) = &entry.package {
                packages.insert(entry.contract, package.as_str());
                labels.insert(&HexId(&entry.contract).to_string(), format!("@{package}"));
            }
        }
        Self { readers, packages, labels }
    }

    /// All transactions and queries, in order.
    pub(crate) fn deeds(&self, report: &TestReport) -> Vec<Deed> {
        report.entries.iter().map(|entry| self.deed(entry)).collect()
    }

    fn deed(&self, entry: &Entry) -> Deed {
        let call = principal(entry).map(|frame| self.call(frame));
        Deed { action: entry.action, from: entry.from.clone(), block: entry.height, gas: entry.gas_spent, call }
    }

    /// A frame in the contracts' own words.
    pub(crate) fn call(&self, frame: &Frame) -> Call {
        let reader = self.packages.get(&frame.contract).and_then(|package| self.readers.get(*package));
        let error = frame.outcome.as_ref().err().map(|error| explained(error, frame, reader));
        let (mut calls, mut events, mut logs) = (frame.calls.iter(), frame.events.iter(), frame.logs.iter());
        let place = frame.logs.iter().find_map(|line| line.strip_prefix(PANIC_PLACE)).map(str::to_owned);
        let steps = frame.steps.iter().filter_map(|step| match step {
            FrameStep::Call => calls.next().map(|call| Step::Call(self.call(call))),
            FrameStep::Event => events.next().map(|event| Step::Event {
                topic: event.topic.clone(),
                data: self.read(&event.data, |bytes| reader?.driver.decode_event(&event.topic, bytes).ok()),
            }),
            FrameStep::Log => logs.next().filter(|line| !line.starts_with(PANIC_PLACE)).cloned().map(Step::Log),
        });
        Call {
            contract: self.name(&frame.contract),
            function: frame.function.clone(),
            arguments: self.arguments(frame, reader),
            gas: frame.gas_spent,
            own_gas: frame.own_gas(),
            result: self.result(frame, reader),
            error,
            place,
            steps: steps.collect(),
        }
    }

    fn name(&self, id: &ContractId) -> String {
        match self.packages.get(id) {
            Some(package) => (*package).to_owned(),
            None if *id == TRANSFER_CONTRACT => "transfer".to_owned(),
            None if *id == STAKE_CONTRACT => "stake".to_owned(),
            None => HexId(id).to_string(),
        }
    }

    /// Bytes as a value: decoded where that works, else in hexadecimal.
    fn read(&self, bytes: &[u8], decode: impl FnOnce(&[u8]) -> Option<Value>) -> Value {
        match decode(bytes) {
            Some(value) => self.labels.applied(value),
            None => Value::String(hex::encode(bytes)),
        }
    }

    fn arguments(&self, frame: &Frame, reader: Option<&Reader>) -> Value {
        let decode = |bytes: &[u8]| {
            let reader = reader?;
            let inputs = &reader.function(&frame.function)?.inputs;
            let value = reader.driver.decode_input(&frame.function, bytes).ok()?;
            let values = match (inputs.len(), value) {
                (0, _) => Vec::new(),
                (count, Value::Object(named))
                    if named.len() == count && inputs.iter().all(|input| named.contains_key(&input.name)) =>
                {
                    return Some(Value::Object(named));
                }
                (1, value) => vec![value],
                (_, Value::Array(values)) => values,
                _ => return None,
            };
            Some(Value::Object(inputs.iter().map(|input| input.name.clone()).zip(values).collect::<Map<_, _>>()))
        };
        self.read(&frame.argument, decode)
    }

    fn result(&self, frame: &Frame, reader: Option<&Reader>) -> Option<Value> {
        if frame.outcome.is_err() || frame.output.is_empty() {
            return None;
        }
        let decode = |bytes: &[u8]| reader?.driver.decode_output(&frame.function, bytes).ok();
        Some(self.read(&frame.output, decode))
    }
}

/// Of a transaction's frames the one that it was sent for.
fn principal(entry: &Entry) -> Option<&Frame> {
    if entry.action == Action::Transfer {
        return None;
    }
    let found = entry.traces.iter().find_map(|frame| find(frame, entry));
    found.or_else(|| entry.traces.first())
}

fn find<'f>(frame: &'f Frame, entry: &Entry) -> Option<&'f Frame> {
    if frame.contract == entry.contract && frame.function == entry.function {
        return Some(frame);
    }
    frame.calls.iter().find_map(|call| find(call, entry))
}

/// Why a call failed, in the contract's own words.
fn explained(error: &CallError, frame: &Frame, reader: Option<&Reader>) -> String {
    let text = match error {
        CallError::Unknown => frame.reason.clone().unwrap_or_else(|| error.to_string()),
        other => other.to_string(),
    };
    Refusal::read(&text, reader.map(|reader| &reader.abi)).to_string()
}

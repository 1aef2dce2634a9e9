//! The report of the tests.

use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{CallError, Emitted, Event, Frame};
use dusk_sdk_protocol::observation::Compared;
use serde::Serialize;

/// The most entries that are kept of one test.
pub const MAX_ENTRIES: usize = 10_000;
/// The most bytes of traces and events that are kept of one test. Later entries come without them.
pub const MAX_TRACE_BYTES: usize = 16 * 1024 * 1024;
/// The most tests that are kept.
pub(super) const MAX_TESTS: usize = 100_000;

/// The reports of all tests, in the order in which they ended.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The tests.
    pub tests: Vec<TestReport>,
}

impl Report {
    pub(super) fn push(&mut self, test: TestReport) {
        if self.tests.len() < MAX_TESTS {
            self.tests.push(test);
        }
    }
}

/// The report of one test.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// Its name.
    pub test: String,
    /// Its transactions and queries in order.
    pub entries: Vec<Entry>,
    /// How many more there were than are kept.
    pub dropped: usize,
    /// How long its connection was open.
    pub elapsed: Duration,
    /// The proofs that it used: how many mock ones, how many real ones.
    pub proofs: (usize, usize),
    /// The accounts that it asked for: name, and address in base58.
    pub accounts: Vec<(String, String)>,
    /// Whether another chain of the test had the same transactions before: the report of that one has them.
    pub is_again: bool,
    /// The result of comparing the test's runs, if it compares any.
    pub compared: Option<Compared>,
    trace_bytes: usize,
}

impl TestReport {
    /// Of a test that has done nothing yet.
    #[must_use]
    pub fn new(test: String) -> Self {
        Self { test, ..Self::default() }
    }

    /// Counts a proof that the test used, if this is the first of its chains.
    pub const fn count_proof(&mut self, mock: bool) {
        if self.is_again {
            return;
        }
        if mock { self.proofs.0 += 1 } else { self.proofs.1 += 1 }
    }

    /// Gas that its transactions paid for.
    #[must_use]
    pub fn gas_spent(&self) -> u64 {
        let paid = self.entries.iter().filter(|entry| entry.action != Action::Query);
        paid.map(|entry| entry.gas_spent).sum()
    }

    /// Adds what the test has done, without its traces where there are too many, or only counts it.
    pub fn push(&mut self, mut entry: Entry) {
        if self.is_again {
            return;
        }
        if self.entries.len() >= MAX_ENTRIES {
            self.dropped += 1;
            return;
        }
        let bytes =
            entry.traces.iter().map(frame_bytes).sum::<usize>() + entry.events.iter().map(event_bytes).sum::<usize>();
        if self.trace_bytes.saturating_add(bytes) > MAX_TRACE_BYTES {
            (entry.traces, entry.events) = (Vec::new(), Vec::new());
        } else {
            self.trace_bytes += bytes;
        }
        self.entries.push(entry);
    }
}

/// The kind of an action of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It deployed a contract.
    Deploy,
    /// It sent a transaction with a call.
    Call,
    /// It moved money.
    Transfer,
    /// It asked a contract.
    Query,
}

/// One thing that a test did.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The kind of action.
    pub action: Action,
    /// The package of the contract, where it is one of the project's.
    pub package: Option<String>,
    /// The contract.
    pub contract: ContractId,
    /// The function: `init` for a deployment, empty for a transfer.
    pub function: String,
    /// The name of the account that signed; empty for a query.
    pub from: String,
    /// The height of the block, or at which was asked.
    pub height: u64,
    /// Gas that was paid for, or spent by the query.
    pub gas_spent: u64,
    /// The result, or the error.
    pub result: Result<Vec<u8>, CallError>,
    /// The emitted events.
    pub events: Vec<Event>,
    /// The top-level calls with all that they led to: of a transaction `spend_and_execute`, `init` for a deployment,
    /// and `refund`; of a query the one call.
    pub traces: Vec<Frame>,
}

pub(super) fn frame_bytes(frame: &Frame) -> usize {
    size_of::<Frame>()
        + frame.function.len()
        + frame.argument.len()
        + frame.output.len()
        + frame.reason.as_ref().map_or(0, String::len)
        + frame.events.iter().map(|event| size_of::<Emitted>() + event.topic.len() + event.data.len()).sum::<usize>()
        + frame.steps.len()
        + frame.logs.iter().map(|line| size_of::<String>() + line.len()).sum::<usize>()
        + frame.calls.iter().map(frame_bytes).sum::<usize>()
}

pub(super) fn event_bytes(event: &Event) -> usize {
    size_of::<Event>() + event.topic.len() + event.data.len()
}

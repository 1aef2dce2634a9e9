//! The data that the chain shows of a transaction, for tests that compare runs with different private values.

use piecrust_uplink::ContractId;
use serde::{Deserialize, Serialize};

use crate::execution::{CallError, Event, Frame, hex_id};
use crate::host::{Attached, HexBytes};

/// All data of one transaction that the holder of a copy of the chain can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The kind of transaction.
    pub action: Action,
    /// The name of the account that signed.
    pub from: String,
    /// The contract that it deployed or called; the transfer contract for a transfer.
    #[serde(with = "hex_id")]
    pub contract: ContractId,
    /// The function: `init` for a deployment, empty for a transfer.
    pub function: String,
    /// The argument, as the contract receives it; for a transfer, the receiver.
    #[serde(with = "crate::bytes")]
    pub argument: Vec<u8>,
    /// LUX that a transfer moves.
    pub value: u64,
    /// LUX that were deposited with a call.
    pub deposit: u64,
    /// The gas limit that the transaction states.
    pub gas_limit: u64,
    /// The height of its block.
    pub height: u64,
    /// Gas that was paid for.
    pub gas_spent: u64,
    /// The returned bytes (rkyv), or the reason why there are none.
    pub result: Result<HexBytes, CallError>,
    /// The events that it emitted, in order, including reverted ones.
    pub events: Vec<Event>,
    /// The call that the transaction was sent for, with the calls that it made. `None` for a transfer.
    pub call: Option<Frame>,
    /// The contracts whose state its block changed, in ascending order of their ids. Empty unless it is the last
    /// transaction of its block, because the changes are known for the whole block only.
    pub changes: Vec<Changed>,
}

/// The kind of an observed transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A deployment.
    Deploy,
    /// A call.
    Call,
    /// A transfer of DUSK.
    Transfer,
}

/// The changes of one contract's state by a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The contract.
    #[serde(with = "hex_id")]
    pub contract: ContractId,
    /// The length of its memory afterwards, in bytes.
    pub length: u64,
    /// The pages that were written, in ascending order.
    pub pages: Vec<Page>,
}

/// A page of a contract's memory that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its number: its offset divided by the length of a page.
    pub index: u32,
    /// BLAKE3 of its content.
    #[serde(with = "hex::serde")]
    pub hash: [u8; 32],
    /// The parts of it that may have changed, in ascending order.
    pub parts: Vec<Part>,
}

/// A part of a page that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its offset in the contract's memory.
    pub offset: u64,
    /// Its bytes, which follow the line of the answer.
    pub bytes: Attached,
}

/// The result of comparing the runs of a test. The test sends it to the host, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Compared {
    /// The number of runs.
    pub runs: u32,
    /// The number of compared transactions.
    pub calls: u32,
    /// The number of compared events.
    pub events: u32,
    /// The number of compared pages that changed.
    pub pages: u32,
    /// The number of private values that the test drew.
    pub private_values: u32,
    /// The declarations of the test: random places, public places, and ranges of gas.
    pub declared: Vec<String>,
    /// The first places where private data shows.
    pub findings: Vec<Finding>,
    /// The number of further places.
    pub more_findings: u32,
}

/// A place where private data shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its kind.
    pub kind: FindingKind,
    /// The transaction, counted from 1.
    pub call: u32,
    /// The transaction and the place in it: `call 3, leaks.store: argument amount`.
    pub place: String,
    /// A description of the difference.
    pub text: String,
}

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// The transactions themselves: their number, senders and amounts.
    Transaction,
    /// An argument.
    Argument,
    /// A call from contract to contract.
    InnerCall,
    /// An event.
    Event,
    /// A result.
    Result,
    /// An error, or its text.
    Error,
    /// Gas.
    Gas,
    /// The set of changed pages.
    Pages,
    /// The content of a page.
    Content,
    /// The length of something.
    Size,
    /// A place that was declared random is not.
    NotRandom,
    /// A needless declaration, or one that matches no place.
    Declaration,
}

/// The most findings that a comparison lists; it only counts the others.
pub const MAX_FINDINGS: usize = 64;

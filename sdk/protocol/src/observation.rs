//! What the chain shows of a transaction, for tests that compare it between runs with other private values.

use piecrust_uplink::ContractId;
use serde::{Deserialize, Serialize};

use crate::execution::{CallError, Event, Frame, hex_id};
use crate::host::HexBytes;

/// Everything that somebody with a copy of the chain sees of one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// What kind of transaction.
    pub action: Action,
    /// The name of the account that signed.
    pub from: String,
    /// The contract that it deployed or called; the transfer contract for a transfer.
    #[serde(with = "hex_id")]
    pub contract: ContractId,
    /// The function: `init` for a deployment, empty for a transfer.
    pub function: String,
    /// The argument, as the contract receives it; of a transfer the receiver.
    #[serde(with = "hex::serde")]
    pub argument: Vec<u8>,
    /// LUX that a transfer moves.
    pub value: u64,
    /// LUX that were deposited with a call.
    pub deposit: u64,
    /// The gas limit that the transaction states.
    pub gas_limit: u64,
    /// The block that it is in.
    pub height: u64,
    /// Gas that was paid for.
    pub gas_spent: u64,
    /// The returned bytes (rkyv), or why there are none.
    pub result: Result<HexBytes, CallError>,
    /// What it emitted, in order, events that were undone included.
    pub events: Vec<Event>,
    /// The call that the transaction was sent for, with the calls that it made. `None` for a transfer.
    pub call: Option<Frame>,
    /// The contracts whose state its block changed, in ascending order of their ids. Empty if the block has a later
    /// transaction: that one has the changes.
    pub changes: Vec<Changed>,
}

/// What kind of transaction was observed.
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

/// What a transaction changed of one contract's state.
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
    /// Which one: its offset divided by the length of a page.
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
    /// Its bytes.
    pub bytes: HexBytes,
}

/// What the comparison of a test's runs gave. The test tells it the host, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Compared {
    /// How often the test ran.
    pub runs: u32,
    /// Transactions that were compared.
    pub calls: u32,
    /// Events that were compared.
    pub events: u32,
    /// Changed pages that were compared.
    pub pages: u32,
    /// The private values that the test drew.
    pub private_values: u32,
    /// What the test declared: as random, as public, or a range of gas.
    pub declared: Vec<String>,
    /// The places where private data shows, the first ones.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more_findings: u32,
}

/// A place where private data shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What shows it.
    pub kind: FindingKind,
    /// The transaction, counted from 1.
    pub call: u32,
    /// The transaction and the place in it: `call 3, leaks.store: argument amount`.
    pub place: String,
    /// What differs there.
    pub text: String,
}

/// What shows private data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Which transactions there are, by whom, with which money.
    Transaction,
    /// An argument.
    Argument,
    /// A call from contract to contract.
    InnerCall,
    /// An event.
    Event,
    /// A result.
    Result,
    /// The text of an error, or that there is one.
    Error,
    /// Gas.
    Gas,
    /// Which pages of the state changed.
    Pages,
    /// The content of a page.
    Content,
    /// The length of something.
    Size,
    /// A place that was declared random is not.
    NotRandom,
    /// A declaration that nothing needs, or that fits no place.
    Declaration,
}

/// The most findings that a comparison tells; the others are counted.
pub const MAX_FINDINGS: usize = 64;

//! The questions to a machine, and its answers. Both programs include this file; they exchange one JSON document
//! a line.

use serde::{Deserialize, Serialize};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Command {
    /// Begins a session on the last commit, or on the empty state. Uncommitted changes of the session before
    /// are lost. Height 0 has the rules before all forks, other heights those after.
    Session {
        /// The chain id that contracts see.
        chain_id: u8,
        /// The block height that contracts see.
        height: u64,
    },
    /// Deploys a contract.
    Deploy {
        /// Its id.
        #[serde(with = "hex")]
        id: [u8; 32],
        /// Its module.
        #[serde(with = "hex")]
        bytecode: Vec<u8>,
        /// The argument of `init`.
        #[serde(with = "hex")]
        init: Vec<u8>,
        /// Its owner.
        #[serde(with = "hex")]
        owner: Vec<u8>,
        /// Gas for `init`.
        gas: u64,
    },
    /// Calls a contract.
    Call {
        /// Its id.
        #[serde(with = "hex")]
        id: [u8; 32],
        /// The function.
        function: String,
        /// Its argument.
        #[serde(with = "hex")]
        argument: Vec<u8>,
        /// Gas for the call.
        gas: u64,
    },
    /// Runs a transaction, given in its network form.
    Execute {
        /// The transaction.
        #[serde(with = "hex")]
        transaction: Vec<u8>,
    },
    /// Asks for the state root.
    Root,
    /// Commits the session.
    Commit,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done, and there is nothing to say.
    Done,
    /// A root.
    Root(#[serde(with = "hex")] [u8; 32]),
    /// A call's receipt.
    Receipt {
        /// The returned bytes.
        #[serde(with = "hex")]
        data: Vec<u8>,
        /// Gas spent.
        gas_spent: u64,
        /// The events.
        events: Vec<EventRecord>,
    },
    /// A transaction's receipt.
    Executed {
        /// The call's result.
        result: Result<Bytes, Failure>,
        /// Gas paid for.
        gas_spent: u64,
        /// The events.
        events: Vec<EventRecord>,
    },
    /// It failed.
    Failed(Failure),
    /// The transaction cannot be included.
    Refused(TransactionError),
}

/// Bytes as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes(#[serde(with = "hex")] pub Vec<u8>);

/// Why a call failed, as contracts tell it apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A panic with its text.
    Panic(String),
    /// A deployment that failed. The two machines give different texts.
    Deployment,
    /// Out of gas.
    OutOfGas,
    /// No such contract.
    DoesNotExist,
    /// Anything else.
    Unknown,
}

impl Failure {
    /// A panic, except that the text of a failed deployment is left out.
    pub fn panic(text: String) -> Self {
        if text.starts_with("failed deployment") { Self::Deployment } else { Self::Panic(text) }
    }
}

/// Why a transaction cannot be included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionError {
    /// A precondition, with its text.
    Precondition(String),
    /// The nonce's turn has not come.
    NotReady,
    /// It cannot be paid for.
    Unspendable(Failure),
    /// The refund failed.
    FailedRefund(Failure),
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The contract that emitted it.
    #[serde(with = "hex")]
    pub source: [u8; 32],
    /// Its topic.
    pub topic: String,
    /// Its data.
    #[serde(with = "hex")]
    pub data: Vec<u8>,
    /// Whether its call was undone.
    pub reverted: bool,
}

//! Errors of the virtual machine.

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{CallError, HexId};

use crate::abi::{ARGUMENT_BYTES, MAX_CALL_DEPTH, MAX_OWNER_BYTES};
use crate::limits::MachineLimit;
use crate::module::ModuleError;

/// Why a call, a deployment or a commit did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// The gas given did not suffice.
    #[error("out of gas")]
    OutOfGas,
    /// The contract panicked with this text.
    #[error("panic: {0}")]
    Panic(String),
    /// There is no such contract.
    #[error("there is no contract {}", HexId(.0))]
    NoSuchContract(ContractId),
    /// The contract has no such function.
    #[error("contract {} has no function `{function}`", HexId(.contract))]
    NoSuchFunction {
        /// The contract.
        contract: ContractId,
        /// The name that was called.
        function: String,
    },
    /// `init` was called; it runs at deployment only.
    #[error("`init` runs once, at deployment, and cannot be called")]
    InitCalled,
    /// The contract exists already.
    #[error("contract {} exists already", HexId(.0))]
    AlreadyDeployed(ContractId),
    /// The module cannot be a contract.
    #[error("the module cannot be a contract: {0}")]
    Module(#[from] ModuleError),
    /// A data segment of the module does not fit into its memory.
    #[error("a data segment of {length} bytes at {offset:#x} lies outside the contract's memory")]
    DataOutside {
        /// Where the segment begins.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// The argument is longer than the argument buffer.
    #[error("the argument has {length} bytes, but the argument buffer holds {ARGUMENT_BYTES}")]
    ArgumentTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The owner is longer than a contract's metadata may be.
    #[error("the owner has {length} bytes, but the maximum is {MAX_OWNER_BYTES}")]
    OwnerTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The contract asked for something outside its memory or the argument buffer.
    #[error("{length} bytes at {offset:#x} lie outside the contract's memory or argument buffer")]
    MemoryAccess {
        /// Where the access begins.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// The contract asked for a host query that does not exist, or not yet.
    #[error("there is no host query `{0}`")]
    MissingHostQuery(String),
    /// The contract asked a host query that has no answer to this argument. The gas of the query is charged.
    #[error("the host query `{query}` has no answer: {reason}")]
    NoAnswer {
        /// The query's name.
        query: &'static str,
        /// The missing part of the argument.
        reason: &'static str,
    },
    /// The contract fed data outside a feeder query.
    #[error("the contract feeds data, but the call is not a feeder query")]
    MissingFeed,
    /// The receiver of the fed items stopped taking them.
    #[error("the receiver of the feed is gone")]
    FeedStopped,
    /// A text that the contract passed is not UTF-8.
    #[error("the contract passed a text that is not UTF-8")]
    NotUtf8,
    /// Calls are nested too deeply.
    #[error("calls are nested more than {MAX_CALL_DEPTH} deep")]
    TooDeep,
    /// The contract's code trapped.
    #[error("the contract trapped: {0}")]
    Trap(wasmtime::Trap),
    /// The call met a bound of this machine that production does not have. This ends the whole top-level call.
    #[error("machine limit: {0}")]
    MachineLimit(#[from] MachineLimit),
    /// The deadline of the session passed ([`Session::set_deadline`](crate::Session::set_deadline)). It ends the whole
    /// top-level call.
    #[error("time limit: the call did not end by the deadline that this machine sets for it")]
    TimeLimit,
    /// The machine was told to stop ([`Vm::interrupt`](crate::Vm::interrupt)), or the session
    /// ([`Session::set_cancel`](crate::Session::set_cancel)). It ends the whole top-level call.
    #[error("interrupted: the node is stopping, or does not need the result any more")]
    Interrupted,
    /// A function of the machine panicked. The call fails; the session is unusable if the panic left it half changed.
    #[error("a function of the machine panicked: {0}")]
    HostPanic(String),
    /// The session was given up after a failure of the machine itself.
    #[error("the session was left unusable by an earlier failure; begin a new one")]
    Unusable,
    /// A genesis contract answered with a value of another type.
    #[error("`{0}` of a genesis contract gave a value of another type")]
    UnexpectedReply(&'static str),
    /// There is no state with this root.
    #[error("there is no state with the root {}", hex::encode(.0))]
    NoSuchState([u8; 32]),
    /// A state that was stored comes back as another one.
    #[error("the stored state has the root {}, but should have {}", hex::encode(.found), hex::encode(.expected))]
    WrongState {
        /// The root that it should have.
        expected: [u8; 32],
        /// The root that its contracts have.
        found: [u8; 32],
    },
    /// The mark does not belong to the session's present.
    #[error("the mark was replaced by a later one or used already")]
    StaleMark,
    /// The operating system refused memory or storage.
    #[error("the operating system refused: {0}")]
    System(#[from] std::io::Error),
    /// The engine failed in a way that is neither the contract's nor the caller's fault.
    #[error("the engine failed: {0}")]
    Engine(wasmtime::Error),
}

impl VmError {
    /// The form of it for contracts and receipts.
    #[must_use]
    pub fn as_call_error(&self) -> CallError {
        match self {
            Self::OutOfGas => CallError::OutOfGas,
            Self::Panic(text) => CallError::Panic(text.clone()),
            Self::NoSuchContract(_) => CallError::DoesNotExist,
            _ => CallError::Unknown,
        }
    }

    /// Whether it ends the whole top-level call, because it is not safe to continue. No contract can catch it.
    #[must_use]
    pub fn ends_top_level_call(&self) -> bool {
        matches!(
            self,
            Self::System(_) | Self::FeedStopped | Self::MachineLimit(_) | Self::TimeLimit | Self::Interrupted
        )
    }

    /// Brings an error that passed through the engine back.
    pub(crate) fn from_engine(error: wasmtime::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => match error.downcast::<wasmtime::Trap>() {
                Ok(trap) => Self::Trap(trap),
                Err(error) => Self::Engine(error),
            },
        }
    }
}

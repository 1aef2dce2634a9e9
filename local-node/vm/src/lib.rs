//! The WASM virtual machine of the chain, equal to production to the unit of gas.
//!
//! A [`Vm`] holds committed states. A [`Session`] is a view of one of them: it deploys and calls contracts, and what it
//! has made of the state can be committed. [`execute()`] runs a transaction in a session.
//!
//! | module | does |
//! |---|---|
//! | `vm` | the machine and its committed states |
//! | `execute` | transactions |
//! | [`driver`] | data drivers, in a sandbox |
//! | [`genesis`] | the genesis contracts |
//! | `session` | one block's view: calls, marks, the root |
//! | `host` | the engine, the functions that contracts import, the stack of calls |
//! | `queries` | what the machine computes for contracts: hashes, signatures, proofs |
//! | `module` | what is required of a module, its preparation, compiled modules |
//! | `memory` | contract memories over committed pages, with rollback |
//! | `state` | committed states and the state root |
//!
//! # Invariants
//!
//! - Gas, results, events, errors and the state root of a call are those of production (`piecrust` 0.31, `dusk-vm`
//!   1.7); the sheet `protocol/vm.md` says what they are.
//! - A call that fails leaves no state behind, whatever it called.
//! - A contract can neither leave its sandbox nor end the process; all that it can make grow is bounded by its gas or
//!   by a constant.
//!
//! # Differences from production
//!
//! Known, and none of them within reach of what compilers of contracts emit:
//!
//! - Operators that grow, copy or fill tables check the gas; production lets them run on until the next check.
//! - One stack serves all nested calls. Production gives each a stack of its own, so a recursion that overflows it there
//!   may overflow earlier here when it begins deep in a tree of calls; either way the call fails.
//! - Modules longer than [`MAX_MODULE_BYTES`] are refused. No transaction can carry a longer one.
//! - An argument buffer above 4 GiB, and more than one memory, are refused at deployment instead of at the first call.
//! - Where the kernel has no `memfd`, memories are ordinary ones that are copied, with the same results.
//!
//! Deliberately absent: contract migration and page openings.

#![deny(unsafe_code)]

mod blobs;
pub mod driver;
mod error;
mod execute;
pub mod genesis;
mod host;
mod limits;
#[allow(unsafe_code, reason = "mappings, and the engine's view of them; each use says why it is sound")]
mod memory;
mod mocks;
mod module;
mod queries;
mod session;
mod state;
mod vm;

pub use blobs::{BlobError, verify_blobs};
pub use error::VmError;
pub use execute::{Executed, ExecutionError, Precondition, check_preconditions, execute};
pub use host::FeedSink;
pub use limits::{
    EVENT_OVERHEAD_BYTES, FEED_OVERHEAD_BYTES, MAX_CALL_EVENT_BYTES, MAX_CALL_EVENTS, MAX_CALL_TABLE_ELEMENTS,
    MAX_CONTRACT_PAGES, MAX_FEED_BYTES, MAX_SESSION_CONTRACTS, MAX_SESSION_MEMORY_BYTES, MachineLimit,
};
pub use mocks::MockKey;
pub use module::{MAX_MODULE_BYTES, MAX_TABLE_ELEMENTS, ModuleError, ModuleInfo, validate, validate_for_tests};
pub use session::{CallHook, Env, Mark, Receipt, Session};
pub use state::{
    BLOCK_BYTES, BLOCKS_PER_PAGE, BlockChange, ContractChange, Deployed, PAGE_BYTES, PageChange, StateChanges,
    StateRoot, StoredContract, StoredPages,
};
pub use vm::{Compiled, Vm};

/// Bytes of the argument buffer, through which all arguments and results pass.
pub const ARGUMENT_BYTES: usize = 0x1_0000;
/// The most calls that may be nested.
pub const MAX_CALL_DEPTH: usize = 48;
/// The longest owner of a contract, in bytes: what production's metadata buffer holds beside the contract's id.
pub const MAX_OWNER_BYTES: usize = ARGUMENT_BYTES - 40;

//! The WASM virtual machine of the chain, equal to production to the unit of gas.
//!
//! A [`Vm`] holds committed states. A [`Session`] is a view of one of them: it deploys and calls contracts, and what it
//! has made of the state can be committed. [`execute()`] runs a transaction in a session.
//!
//! | module | does |
//! |---|---|
//! | `vm` | the machine and its committed states |
//! | `execute` | transactions |
//! | [`genesis`] | the genesis contracts |
//! | `session` | one block's view: calls, marks, the root |
//! | `host` | the engine, compiled modules, the functions that contracts import, the stack of calls, a session's state |
//! | `state` | committed states and the state root |
//! | `queries` | computations of the machine for contracts: hashes, signatures, proofs |
//! | `share` | the memory of the sessions of all queries together |
//! | [`driver`] | data drivers, in a sandbox |
//! | `error` | errors of calls, deployments and commits |
//! | `module` | the requirements of a module, and its preparation |
//! | `memory` | contract memories over committed pages, with rollback |
//! | `mocks`, `blobs` | mock proofs for tests of contracts; the proofs of a transaction's blobs |
//! | `abi`, `limits` | bounds that production shares, and bounds of this machine |
//!
//! A module imports only modules further down; `cli/tests/house/walls.rs` has the order.
//!
//! # Invariants
//!
//! - Gas, results, events, errors and the state root of a call are those of production (`piecrust` 0.31, `dusk-vm`
//!   1.7); the book's chapter "The virtual machine" says what they are.
//! - A call that fails leaves no state behind, whatever it called.
//! - A contract can neither leave its sandbox nor end the process. A panic in a function of the machine fails the call
//!   ([`VmError::HostPanic`]); where it may have left the session half changed, the session is unusable afterwards.
//! - All that a contract can make grow is bounded by a constant, also where production bounds it by gas alone.
//! - A call ends when its session's deadline passes ([`Session::set_deadline`]), when nobody needs it any more
//!   ([`Session::set_cancel`]) or when the machine stops ([`Vm::interrupt`]), whatever it does. None of these changes
//!   the gas of a call that succeeds.
//! - The result of a transaction in a block follows from the state before it, the transactions before it in the block
//!   and the rules: not from the clock, from queries or from the memory that the system has.
//!
//! # Bounds
//!
//! One session holds less than 720 MiB, whatever its contracts do:
//!
//! | what | at most | constant |
//! |---|---|---|
//! | written pages of 64 KiB with a copy of each, and further copies to undo calls and transactions | 512 MiB | [`MAX_SESSION_MEMORY_BYTES`] |
//! | tables, 8 bytes for each element | 77 MiB | [`MAX_CALL_TABLE_ELEMENTS`] |
//! | the items that a query feeds, where they are kept | 64 MiB | [`MAX_FEED_BYTES`] |
//! | events | 33 MiB | [`MAX_CALL_EVENTS`], [`MAX_CALL_EVENT_BYTES`], [`RESERVED_EVENT_BYTES`] |
//! | arguments, names and results on the way through 48 nested calls | 12 MiB | [`MAX_CALL_DEPTH`], [`ARGUMENT_BYTES`] |
//! | the recorded tree of calls, with its events, texts and logs | 10 MiB | 4096 frames, 5 MiB of data |
//! | the stack of the code | 0.5 MiB | |
//!
//! Where memories are copied, the pages of the contracts that the session opens come on top: at most 1.5 GiB
//! ([`MAX_SESSION_MAPPINGS`]).
//!
//! All sessions and states together:
//!
//! | what | at most | constant |
//! |---|---|---|
//! | sessions of queries and simulations | 1 GiB, and 16 MiB for each | [`MAX_QUERY_BYTES`], [`FREE_QUERY_BYTES`] |
//! | states that queries read and that are forgotten otherwise | 512 MiB | [`MAX_QUERY_LAG_BYTES`] |
//! | a committed state, without the genesis contracts | 2 GiB | [`MAX_STATE_PAGES`] |
//! | pages that are free for the next commit | 64 MiB | |
//! | answers of host queries | 6 MiB | 32,768 answers |
//!
//! A caller that holds several committed states or sessions of blocks bounds them ([`Vm::own_pages`],
//! [`Session::held_bytes`]). Queries take nothing from the sessions of blocks, neither memory nor mappings of the
//! process.
//!
//! # Decisions by the clock
//!
//! Memory is measured at fixed points of a call: when it fails or succeeds, when a nested call fails, and whenever
//! operations and snapshots that copy have written 32 MiB. The same points come on every node, and the count is the
//! same: it is one of pages, whose number does not depend on how a memory is made. Every ten milliseconds the clock
//! looks as well, because a loop of stores meets no fixed point. It looks only at pages that are written. Those only
//! become more until the next fixed point, so the clock ends early what would end there, and nothing else. In between,
//! a contract can touch what the kernel hands out in that time.
//!
//! A deadline ends the whole top-level call with [`VmError::TimeLimit`], and a transaction that it ends is in no block.
//! The builder of a block sets deadlines; verification and acceptance set none. So time decides what a builder
//! leaves out, and never what a transaction in a block has done.
//!
//! One thing depends on the processor and on how this machine was compiled, as in production: how deep a recursion goes
//! before it overflows the stack.
//!
//! # Differences from production
//!
//! Known, and none of them within reach of what compilers of contracts emit:
//!
//! - Operators that grow, copy or fill tables check the gas; production lets them run on until the next check.
//! - One stack serves all nested calls. Production gives each a stack of its own, so a recursion that overflows it
//!   there may overflow earlier here when it begins deep in a tree of calls; either way the call fails.
//! - `poseidon_hash` of an empty list, `verify_groth16_bn254` with a prepared key that is cut off, and `verify_schnorr`
//!   with a point that has no affine form fail the call with [`VmError::NoAnswer`] and cost what the query costs.
//!   Production's node panics.
//! - A session that would hold more than the bounds above ends its top-level call with [`VmError::MachineLimit`], which
//!   no contract can catch. Production goes on as long as there is gas and memory. The bounds count what all calls of
//!   the session have written; a transaction that meets one in a full block may fit into an empty one. Transactions
//!   leave [`RESERVED_MEMORY_BYTES`] of it to the end of the block, so those of one block write at most 240 MiB.
//! - A session opens at most [`MAX_SESSION_CONTRACTS`] contracts, with at most [`MAX_SESSION_MAPPINGS`] pages of 64 KiB
//!   and gaps between pages together. A contract's state has at most [`MAX_CONTRACT_PAGES`] pages (1 GiB), and those of
//!   all contracts but the genesis contracts at most [`MAX_STATE_PAGES`]; beyond that, only pages that exist can be
//!   written.
//! - Calls can have a deadline. Production's queries run until their gas is used up.
//! - Modules longer than [`MAX_MODULE_BYTES`] are refused. No transaction can carry a longer one.
//! - Modules that ask for far more of the compiler, or of every instance, than compilers emit are refused:
//!   [`module_limits`].
//! - An argument buffer above 4 GiB, and more than one memory, are refused at deployment instead of at the first call.
//! - Where the kernel has no `memfd`, or cannot tell which pages were written (`PAGEMAP_SCAN`, since Linux 6.7),
//!   memories are copied when they are opened, with the same results.
//!
//! Deliberately absent: contract migration and page openings.

#![deny(unsafe_code)]

mod abi;
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
mod share;
mod state;
mod vm;

pub use abi::{ARGUMENT_BYTES, MAX_CALL_DEPTH, MAX_OWNER_BYTES};
pub use blobs::{BlobError, verify_blobs};
pub use error::VmError;
pub use execute::{Executed, ExecutionError, Precondition, check_preconditions, execute};
pub use host::{CallHook, FeedSink, answers_question, as_question};
pub use limits::{
    EVENT_OVERHEAD_BYTES, FEED_OVERHEAD_BYTES, FREE_QUERY_BYTES, MAX_CALL_EVENT_BYTES, MAX_CALL_EVENTS,
    MAX_CALL_TABLE_ELEMENTS, MAX_CONTRACT_PAGES, MAX_FEED_BYTES, MAX_QUERY_BYTES, MAX_QUERY_LAG_BYTES,
    MAX_SESSION_CONTRACTS, MAX_SESSION_MAPPINGS, MAX_SESSION_MEMORY_BYTES, MAX_STATE_PAGES, MachineLimit,
    RESERVED_EVENT_BYTES, RESERVED_EVENTS, RESERVED_MEMORY_BYTES,
};
pub use mocks::MockKey;
pub use module::{
    LimitError, MAX_MODULE_BYTES, MAX_TABLE_ELEMENTS, ModuleError, ModuleInfo, limits as module_limits, validate,
    validate_for_tests,
};
pub use session::{BlockEnv, Mark, Receipt, Session};
pub use share::Lag;
pub use state::{
    BLOCK_BYTES, BLOCKS_PER_PAGE, BlockChange, ContractChange, Deployed, PAGE_BYTES, PageChange, StateChanges,
    StateRoot, StoredContract, StoredPages,
};
pub use vm::{Compiled, Vm};

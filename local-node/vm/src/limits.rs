//! Bounds of this machine that production does not have.
//!
//! Gas bounds the work of a call, but not its memory: growing and filling a memory, empty events and tables cost next to
//! nothing. A call that meets one of these bounds ends as a whole with [`VmError::MachineLimit`](crate::VmError), and no
//! contract can catch that. The bounds are so wide that contracts from compilers do not come near them.

/// Bytes of contract memory that one session may hold.
///
/// Counted are each page of 64 KiB that was written since the session began, and each block of 4 KiB that is kept to
/// undo a call, a transaction or the session.
pub const MAX_SESSION_MEMORY_BYTES: usize = 512 << 20;
/// What a transaction leaves of [`MAX_SESSION_MEMORY_BYTES`] to the calls with which the chain itself ends a block, so that
/// no transaction can keep a block from being ended.
pub const RESERVED_MEMORY_BYTES: usize = 16 << 20;
/// Contracts that one session may open.
pub const MAX_SESSION_CONTRACTS: usize = 2048;
/// Pages of 64 KiB that the memory of one contract may have in a committed state.
pub const MAX_CONTRACT_PAGES: usize = 1 << 14;
/// Events that one top-level call may emit, those of undone calls and of failed calls right before it included.
pub const MAX_CALL_EVENTS: usize = 1 << 16;
/// Bytes of the events of one top-level call: their topics and data, and [`EVENT_OVERHEAD_BYTES`] for each.
pub const MAX_CALL_EVENT_BYTES: usize = 32 << 20;
/// Bytes that an event counts beside its topic and data.
pub const EVENT_OVERHEAD_BYTES: usize = 128;
/// Bytes that one feeding query may feed: its items, and [`FEED_OVERHEAD_BYTES`] for each.
pub const MAX_FEED_BYTES: usize = 64 << 20;
/// Bytes that an item of a feeding query counts beside its content.
pub const FEED_OVERHEAD_BYTES: usize = 64;
/// Elements that the tables of all contracts may have together in one top-level call.
pub const MAX_CALL_TABLE_ELEMENTS: usize = 10_000_000;

const MIB: usize = 1 << 20;

/// A bound of this machine that production does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MachineLimit {
    /// The session's contracts have written more memory than [`MAX_SESSION_MEMORY_BYTES`], in a transaction less
    /// [`RESERVED_MEMORY_BYTES`].
    #[error("the contracts of one session may hold at most {} MiB of written memory, with the copies kept to undo it", MAX_SESSION_MEMORY_BYTES / MIB)]
    Memory,
    /// The session has opened more contracts than [`MAX_SESSION_CONTRACTS`].
    #[error("one session may open at most {MAX_SESSION_CONTRACTS} contracts")]
    Contracts,
    /// A contract's state has more pages than [`MAX_CONTRACT_PAGES`].
    #[error("the state of one contract may have at most {MAX_CONTRACT_PAGES} pages of 64 KiB")]
    State,
    /// The call has emitted more events than [`MAX_CALL_EVENTS`].
    #[error("one call may emit at most {MAX_CALL_EVENTS} events")]
    Events,
    /// The call's events have more bytes than [`MAX_CALL_EVENT_BYTES`].
    #[error(
        "the events of one call may have at most {} MiB; each counts {EVENT_OVERHEAD_BYTES} bytes beside its topic and data",
        MAX_CALL_EVENT_BYTES / MIB
    )]
    EventBytes,
    /// The call has fed more bytes than [`MAX_FEED_BYTES`].
    #[error(
        "one query may feed at most {} MiB; each item counts {FEED_OVERHEAD_BYTES} bytes beside its content",
        MAX_FEED_BYTES / MIB
    )]
    Feed,
    /// The tables of the call's contracts have more elements than [`MAX_CALL_TABLE_ELEMENTS`].
    #[error("the tables of all contracts in one call may have at most {MAX_CALL_TABLE_ELEMENTS} elements together")]
    Tables,
}

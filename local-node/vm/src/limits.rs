//! Bounds of this machine that production does not have.
//!
//! Gas bounds the work of a call, but not its memory: growing and filling a memory, empty events and tables cost next
//! to nothing. A call that meets one of these bounds ends as a whole with [`VmError::MachineLimit`](crate::VmError),
//! and no contract can catch that. The bounds are so wide that contracts from compilers do not come near them.
//!
//! Those that a transaction can meet are rules of the local chain. Whether it meets one depends on the state before it
//! and on the transactions before it in its block, and on nothing else: all nodes of a chain come to the same answer.
//! Limits of all queries together ([`MachineLimit::is_of_all_queries`]) depend on the moment.

/// Bytes of contract memory that one session may hold.
///
/// Counted are pages of 64 KiB. A page that was written since the session began counts twice: itself, and the copy from
/// which later changes of it are undone. Each further copy that is kept to undo a call or a transaction counts once.
pub const MAX_SESSION_MEMORY_BYTES: usize = 512 << 20;
/// The part of [`MAX_SESSION_MEMORY_BYTES`] that is left for the calls with which the chain itself ends a block, so
/// that no transaction can keep a block from being ended.
pub const RESERVED_MEMORY_BYTES: usize = 32 << 20;
/// Bytes of contract memory, tables, events and fed items that the sessions of all queries may hold together, without
/// [`FREE_QUERY_BYTES`] of each. Blocks do not count, so queries take nothing from them.
pub const MAX_QUERY_BYTES: usize = 1 << 30;
/// Bytes that the session of a query may hold whatever others hold.
pub const FREE_QUERY_BYTES: usize = 16 << 20;
/// Bytes of pages that may be committed while a query runs. All that queries keep of states that are forgotten is no
/// more.
pub const MAX_QUERY_LAG_BYTES: usize = 512 << 20;
/// Contracts that one session may open.
pub const MAX_SESSION_CONTRACTS: usize = 2048;
/// Mappings that the committed pages of all contracts in one session may need: one for each page of 64 KiB, one for
/// each gap between pages, and two for each contract. Those of the genesis contracts do not count.
pub const MAX_SESSION_MAPPINGS: usize = 24_576;
/// Pages of 64 KiB that the memory of one contract may have in a committed state.
pub const MAX_CONTRACT_PAGES: usize = 1 << 14;
/// Pages of 64 KiB that the memories of all contracts but the genesis contracts may have together in a committed state.
pub const MAX_STATE_PAGES: usize = 1 << 15;
/// Events that contracts may emit in one top-level call, those of undone calls and of failed calls right before it
/// included.
pub const MAX_CALL_EVENTS: usize = 1 << 16;
/// Events that a genesis contract may emit beyond [`MAX_CALL_EVENTS`] when the chain itself calls it. With them it
/// tells of a transaction that has used up all others.
pub const RESERVED_EVENTS: usize = 64;
/// Bytes of the events of one top-level call: their topics and data, and [`EVENT_OVERHEAD_BYTES`] for each.
pub const MAX_CALL_EVENT_BYTES: usize = 32 << 20;
/// Bytes of events that a genesis contract may emit beyond [`MAX_CALL_EVENT_BYTES`] when the chain itself calls it.
pub const RESERVED_EVENT_BYTES: usize = 1 << 20;
/// Bytes that an event counts beside its topic and data.
pub const EVENT_OVERHEAD_BYTES: usize = 128;
/// Bytes that one feeding query may feed: its items, and [`FEED_OVERHEAD_BYTES`] for each.
pub const MAX_FEED_BYTES: usize = 64 << 20;
/// Bytes that an item of a feeding query counts beside its content.
pub const FEED_OVERHEAD_BYTES: usize = 64;
/// Elements that the tables of all contracts may have together in one top-level call.
pub const MAX_CALL_TABLE_ELEMENTS: usize = 10_000_000;
/// Bytes that an element of a table takes.
pub(crate) const TABLE_ELEMENT_BYTES: usize = 8;

const MIB: usize = 1 << 20;

/// A bound of this machine that production does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MachineLimit {
    /// The session's contracts have written more memory than [`MAX_SESSION_MEMORY_BYTES`], in a transaction less
    /// [`RESERVED_MEMORY_BYTES`].
    #[error("the contracts of one session may hold at most {} MiB of written memory, with the copies kept to undo it", MAX_SESSION_MEMORY_BYTES / MIB)]
    Memory,
    /// The sessions of all queries hold more than [`MAX_QUERY_BYTES`].
    #[error("all queries that run now may hold at most {} MiB together: ask again later", MAX_QUERY_BYTES / MIB)]
    Queries,
    /// The memories of all queries are made of too many mappings.
    #[error("the contracts of all queries that run now have too many pages together: ask again later")]
    QueryMappings,
    /// More than [`MAX_QUERY_LAG_BYTES`] were committed since the query began.
    #[error("blocks have written more than {} MiB since the query began: ask again", MAX_QUERY_LAG_BYTES / MIB)]
    QueryLag,
    /// The session has opened more contracts than [`MAX_SESSION_CONTRACTS`].
    #[error("one session may open at most {MAX_SESSION_CONTRACTS} contracts")]
    Contracts,
    /// The contracts that the session has opened need more mappings than [`MAX_SESSION_MAPPINGS`].
    #[error(
        "the contracts that one session opens may have at most {MAX_SESSION_MAPPINGS} pages of 64 KiB and gaps between pages together"
    )]
    Opened,
    /// A contract's state has more pages than [`MAX_CONTRACT_PAGES`].
    #[error("the state of one contract may have at most {MAX_CONTRACT_PAGES} pages of 64 KiB")]
    State,
    /// The states of all contracts have more pages than [`MAX_STATE_PAGES`].
    #[error(
        "the states of all contracts of a chain may have at most {MAX_STATE_PAGES} pages of 64 KiB together, and no more pages can be added"
    )]
    States,
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

impl MachineLimit {
    /// Whether it says something about the moment, and not about the call: only queries and simulations meet it.
    #[must_use]
    pub const fn is_of_all_queries(self) -> bool {
        matches!(self, Self::Queries | Self::QueryMappings | Self::QueryLag)
    }
}

//! Bounds of the contract ABI: the same in production.

/// Bytes of the argument buffer, through which all arguments and results pass.
pub const ARGUMENT_BYTES: usize = 0x1_0000;
/// The most calls that may be nested.
pub const MAX_CALL_DEPTH: usize = 48;
/// The longest owner of a contract, in bytes: the room of production's metadata buffer beside the contract's id.
pub const MAX_OWNER_BYTES: usize = ARGUMENT_BYTES - 40;

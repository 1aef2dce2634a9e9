//! The size of a proof, for contracts, tests and tools alike. No feature is needed for it.

/// The size of a proof of any circuit, in bytes: eleven commitments of 48 bytes and fifteen evaluations of 32.
pub const PROOF_BYTES: usize = 11 * 48 + 15 * 32;

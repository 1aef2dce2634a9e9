//! The ledger.

pub mod rewards;

//! The machine beside production's: recorded answers, questions of parity, and arguments that nobody recorded.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../vm/tests/it/common/contracts.rs"]
#[allow(dead_code, reason = "one of the contracts is used")]
mod contracts;
mod hostile_queries;
mod questions;
mod recorded;

//! The SDK as authors of contracts use it: the macros' expansion of their source, natively and in wasm.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::return_self_not_must_use,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "the contracts are made to be converted and run, not read"
)]

mod chain_types;
mod circuit_names;
mod codec;
mod contract;
#[path = "../everything/contract.rs"]
pub mod everything_package;
mod hygiene;
#[allow(dead_code, reason = "the tests of two packages share it")]
mod names;
#[path = "../strange/contract.rs"]
#[allow(non_snake_case, deprecated, reason = "these names are the point")]
pub mod strange_package;
mod templates;
mod wasm;

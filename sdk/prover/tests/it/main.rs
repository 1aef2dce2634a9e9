//! The crate as its users see it, and beside the stock crate.
#![allow(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

mod circuits;
mod edges;
mod parameters;
mod proofs;
mod stock;
mod store;

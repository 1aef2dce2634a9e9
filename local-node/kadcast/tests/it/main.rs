//! Tests of the network from outside.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers, and bytes of patterns")]
#![allow(clippy::print_stdout, reason = "figures, and what led to a failure")]

mod driver;
mod hostile;
mod interop;
mod network;
mod simulated;
mod support;

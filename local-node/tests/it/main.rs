//! The node as its users meet it: in the process, over sockets, across restarts, and from other ledgers.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod agreement;
mod bounds;
#[path = "../common/mod.rs"]
mod common;
mod control;
mod crash;
mod durable;
mod forge;
mod full_blocks;
mod http;
mod network;
mod node;
mod service;
mod test_host;
mod told;
mod verdicts;

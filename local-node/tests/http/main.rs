//! The node's interface over real sockets, as clients use it.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod basics;
mod drivers;
mod feeders;
mod history;
mod pages;
mod raw;
mod served;
mod sizes;
mod slow;

//! All tests of contracts again, over the memory of systems without a page map that tells written pages.
#![allow(clippy::duplicate_mod, reason = "each file of tests is a test of its own as well, with its own common part")]

#[path = "bulk.rs"]
mod bulk;
#[path = "calls.rs"]
mod calls;
#[path = "commits.rs"]
mod commits;
#[path = "genesis.rs"]
mod genesis;
#[path = "hostile.rs"]
mod hostile;
#[path = "queries.rs"]
mod queries;
#[path = "transactions.rs"]
mod transactions;

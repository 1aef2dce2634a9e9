//! All tests of contracts again, over the memory of systems without a page map that tells written pages.
#![allow(clippy::duplicate_mod, reason = "each file of tests runs over both memories")]

#[path = "bulk.rs"]
mod bulk;
#[path = "calls.rs"]
mod calls;
#[path = "commits.rs"]
mod commits;
#[path = "common/mod.rs"]
mod common;
#[path = "genesis.rs"]
mod genesis;
#[path = "hostile.rs"]
mod hostile;
#[path = "limits.rs"]
mod limits;
#[path = "queries.rs"]
mod queries;
#[path = "transactions.rs"]
mod transactions;

use local_node_vm::Vm;

/// A machine that holds nothing, over that memory.
pub(crate) fn new_vm() -> Vm {
    Vm::in_portable_memory().unwrap()
}

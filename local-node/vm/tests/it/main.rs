//! The virtual machine as the node meets it: deployments, calls, transactions, commits, and what hostile code cannot
//! do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bulk;
mod calls;
mod commits;
mod common;
mod driver;
mod genesis;
mod hostile;
mod limits;
mod module_limits;
mod portable;
mod queries;
mod session_bounds;
mod transactions;

use local_node_vm::Vm;

/// A machine that holds nothing.
pub(crate) fn new_vm() -> Vm {
    Vm::in_memory().unwrap()
}

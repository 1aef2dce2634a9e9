//! The tests of contracts, and what they did.
//!
//! | file | about |
//! |---|---|
//! | `runs` | test programs listed and run against a test host |
//! | `network` | the answers to tests that run on a network |
//! | `treasury` | accounts for these tests |
//! | `proofs` | proofs for tests: mock or real |
//! | `proof_times` | how long real ones take |
//! | `calltree` | calls as a tree, with decoded arguments, results and events |
//! | `gas` | gas by contract and function, and a saved record |

pub(crate) mod calltree;
pub(crate) mod gas;
pub(crate) mod network;
pub(crate) mod proof_times;
pub(crate) mod proofs;
pub(crate) mod runs;
mod treasury;

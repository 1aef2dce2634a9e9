//! The work of the commands.
//!
//! Each folder imports only folders above it in this table; `cli/tests/house/walls.rs` tests it.
//!
//! | module | about |
//! |---|---|
//! | [`report`] | how work tells of itself while it runs; the terminal implements it |
//! | [`exact`] | JSON without rounded numbers |
//! | [`hash`] | the hash of code and of built files |
//! | [`interrupt`] | the signals that ask the process to end |
//! | [`tls`] | the certificates that connections trust, and downloads |
//! | [`cargo`] | cargo and the compilers of this machine |
//! | [`project`] | a project, its settings, and the folders of `cargo dusk` |
//! | [`contract`] | a contract by itself: its module, its description, its arguments |
//! | [`circuits`] | circuits, witnesses, parameters, keys and proofs |
//! | [`build`] | from sources to artefacts, and only when needed |
//! | [`node`] | a node in this process |
//! | [`chain`] | a chain, reached through a node: deployments, calls, and what happened |
//! | [`devnet`] | a network of nodes on this machine |
//! | [`testing`] | the tests of contracts, and what they did |
//! | [`evidence`] | a document about a project that others can check |

pub(crate) mod build;
pub(crate) mod cargo;
pub(crate) mod chain;
pub(crate) mod circuits;
pub(crate) mod contract;
pub(crate) mod devnet;
pub(crate) mod evidence;
pub(crate) mod exact;
pub(crate) mod hash;
pub(crate) mod interrupt;
pub(crate) mod node;
pub(crate) mod project;
pub(crate) mod report;
pub(crate) mod testing;
pub(crate) mod tls;

//! Shows that the virtual machine does what the production machine does.
//!
//! A *script* is a list of commands: deployments, calls, transactions, commits. Two machines run it: the one under test
//! ([`ours`]), and the production one, which is a program of its own in `reference/` ([`mod@reference`]). Their answers
//! must be equal, command for command: results, gas, events, errors, state roots.
//!
//! The production machine's answers are recorded in `records/`, and a test compares against them. `parity live` builds
//! and runs the production machine; `parity record` does so and writes the records anew.
//!
//! Data drivers are compared in the same way ([`drivers`]), with `drivers` after the word: production's reader of them
//! and ours ask the drivers that `cargo dusk build` makes.
//!
//! [`hostile`] measures what contracts cost that try to stop or to bloat a node, and [`clock`] what it costs that their
//! code can be stopped.

pub mod clock;
pub mod drivers;
pub mod hostile;
pub mod ours;
pub mod protocol;
pub mod records;
pub mod reference;
pub mod scripts;

#[path = "../../vm/tests/it/common/contracts.rs"]
mod contracts;
mod generated;
mod growth;
mod host_queries;
mod question;
mod stakes;

pub use host_queries::good_arguments;

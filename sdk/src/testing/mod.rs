//! Testing contracts: typed calls of the compiled contract on a real chain.
//!
//! ```text
//! use dusk_sdk::testing::*;
//! use counter::Refused;
//!
//! #[dusk_sdk::test]
//! fn only_the_owner_resets(chain: Chain) -> TestResult {
//!     let [owner, mallory] = chain.accounts(["owner", "mallory"]);
//!     let counter = chain.deploy(&owner, counter::init(10))?;
//!     counter.by(&mallory).reset().refused(Refused::NotOwner);
//!     counter.by(&owner).reset().succeeds();
//!     assert_eq!(counter.value()?, 0);
//!     Ok(())
//! }
//! ```
//!
//! Each test has a chain of its own, with funded accounts, on a *test host*. `cargo dusk test` starts one host for all
//! tests; plain `cargo test` starts one for each test program. The host first builds the contracts that have changed.
//! The host keeps the keys: a test names accounts, and the host signs. If a contract verifies signatures itself, the
//! test signs with keys of its own ([`BlsKey`], [`SchnorrKey`]).
//!
//! A transaction gets a block of its own. [`Chain::in_one_block`] makes one block of several calls, which are prepared
//! with [`Signer::later`].
//!
//! [`refusals_are_provoked`] finds the errors of a contract that no test names.
//!
//! A failed assertion panics at its line in the test and prints the actual outcome, with the names of events and
//! errors.
//!
//! A call that takes longer than a node allows ends with an error. Under `cargo dusk test` each test has a time limit
//! as well (`--timeout`): a test that exceeds it fails, and the others continue.

mod block;
mod chain;
#[cfg(feature = "wallet")]
pub mod confidential;
pub mod conform;
mod connection;
mod failure;
#[cfg(feature = "signatures")]
mod keys;
mod observer;
mod outcome;
#[cfg(feature = "zk")]
mod proofs;
mod refusals;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the public parts of a contract are public, wherever it stands")]
mod tests;
mod timeout;
#[cfg(feature = "wallet")]
mod wallets;

use std::process::{ExitCode, Termination};

pub use block::{Calls, Later, SignedLater, Unsent};
pub use chain::{Caller, Chain, Deployable, Deployed, Signed, Signer, Snapshot};
use connection::Connection;
pub use failure::{Failure, TestResult};
#[cfg(feature = "signatures")]
pub use keys::{BlsKey, SchnorrKey};
pub use observer::Private;
#[doc(hidden)]
pub use observer::run_observer;
pub use outcome::{Accepted, Rejected, Sent, Stated};
#[cfg(feature = "zk")]
pub use proofs::ProveError;
pub use refusals::refusals_are_provoked;

/// Runs a test on a chain of its own. `#[dusk_sdk::test]` calls it.
///
/// # Panics
/// If there is no test host and none can be started, or if the test exceeds its time; the text has a hint.
#[doc(hidden)]
#[track_caller]
pub fn run<R: Termination + 'static>(test: &str, manifest_folder: &str, body: fn(Chain) -> R) -> ExitCode {
    let connection = match Connection::open(test, manifest_folder) {
        Ok(connection) => connection,
        Err(error) => panic!("{test} has no chain to run on: {error}"),
    };
    timeout::within(timeout::most(), test, move || body(Chain::new(connection)).report())
}

//! Observer tests: they fail if what the chain shows depends on private data.
//!
//! A test with `#[dusk_sdk::test(observer)]` runs four times, each on a fresh chain: with two sets of private values,
//! and for each with two sets of random values. The test host records everything that the chain shows of each
//! transaction, and the runs are compared. Where a place could follow from the private values by chance alone, further
//! sets of random values decide.
//!
//! | module | contents |
//! |---|---|
//! | `private` | the values that a test draws, and its declarations |
//! | `compare` | the comparison, transaction by transaction |
//! | `values` | the comparison of arguments, inner calls, events, results, errors and gas |
//! | `pages` | the comparison of the memory pages that changed |
//! | `contracts`, `leaves` | decoding of values, and their parts with a place each |

mod compare;
mod contracts;
mod leaves;
mod pages;
mod private;
#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "only the interface of a contract is used, which has public parts")]
mod tests;
mod values;

use alloc::format;
use alloc::string::String;

use dusk_sdk_protocol::host::{Request, Response};
use dusk_sdk_protocol::observation::Compared;

use self::compare::{Shown, compare};
use self::contracts::Contracts;
pub use self::private::Private;
use self::private::{RUNS, Run};
use super::chain::{Chain, unexpected};
use super::connection::Connection;
use super::failure::TestResult;
use super::timeout;

/// Runs an observer test. `#[dusk_sdk::test(observer)]` calls it.
///
/// # Panics
/// If there is no test host, a run fails, or private data shows.
#[doc(hidden)]
#[track_caller]
pub fn run_observer(test: &'static str, manifest_folder: &'static str, body: fn(Chain, &Private) -> TestResult) {
    timeout::within(timeout::most(), test, move || {
        let mut last = None;
        let compared = compare(|run| {
            let connection = match Connection::open(test, manifest_folder) {
                Ok(connection) => connection,
                Err(error) => panic!("{test} has no chain to run on: {error}"),
            };
            let chain = last.insert(Chain::new(connection));
            observe(test, chain, run, body)
        });
        let Some(chain) = last else { return };
        match chain.try_ask(&Request::Compared { compared: compared.clone() }) {
            Ok(Response::Done) => {}
            Ok(other) => unexpected(&other),
            Err(error) => panic!("{error}"),
        }
        assert!(compared.findings.is_empty(), "{}", told(test, &compared));
    });
}

/// One run of the test, and what the chain has shown of it.
fn observe(test: &str, chain: &Chain, run: Run, body: fn(Chain, &Private) -> TestResult) -> Shown {
    chain.observe(run != RUNS[0]);
    let private = Private::new(run);
    if let Err(failure) = body(chain.clone(), &private) {
        panic!("{test} fails with {run}: {failure}");
    }
    let (drawn, declared) = private.taken();
    Shown { seen: chain.observed(), drawn, declared, contracts: Contracts(chain.deployed()) }
}

/// The message of a test that has found private data.
fn told(test: &str, compared: &Compared) -> String {
    let mut text = format!("{test} shows private data, or what it declares does not hold:");
    for finding in &compared.findings {
        text.push_str(&format!("\n    {}: {}", finding.place, finding.text));
    }
    if compared.more_findings > 0 {
        text.push_str(&format!("\n    and {} more places", compared.more_findings));
    }
    text.push_str(
        "\nhint: mend the contract or the test at the first place; what follows from it differs as well. Declare only \
         what is random or public: `private.declare_random(…)`, `private.declare_public(…)`",
    );
    text
}

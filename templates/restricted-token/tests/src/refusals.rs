//! Every refusal of the register is provoked by a test on a chain.

use ::register::Refused;
use dusk_sdk::testing::{TestResult, refusals_are_provoked};

/// The tests that provoke them.
const TESTS: [&str; 8] = [
    include_str!("attesters.rs"),
    include_str!("bounds.rs"),
    include_str!("eligibility.rs"),
    include_str!("life.rs"),
    include_str!("officers.rs"),
    include_str!("recovery.rs"),
    include_str!("register.rs"),
    include_str!("threats.rs"),
];

#[test]
fn every_refusal_is_provoked() -> TestResult {
    refusals_are_provoked::<Refused>(&TESTS, &[])
}

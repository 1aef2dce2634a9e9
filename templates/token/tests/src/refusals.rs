//! Every refusal of the token is provoked by a test on a chain.

use dusk_sdk::testing::{TestResult, refusals_are_provoked};
use token::Refused;

#[test]
fn every_refusal_is_provoked() -> TestResult {
    refusals_are_provoked::<Refused>(&[include_str!("token.rs")], &[])
}

//! Every refusal of the register is provoked by a test on a chain.

use ::register::Refused;
use dusk_sdk::contract::Refusal as _;

/// The tests that provoke them.
const TESTS: [&str; 4] = [
    include_str!("eligibility.rs"),
    include_str!("life.rs"),
    include_str!("register.rs"),
    include_str!("threats.rs"),
];
/// Refusals that no test on a chain can provoke, and where they are tested.
const ELSEWHERE: [(&str, &str); 2] = [
    ("AlreadyTaken", "each call of a test has a block of its own; a unit test of `finance::snapshots`"),
    ("TooManyCountries", "it takes 300 calls; a unit test of `finance::caps`"),
];

#[test]
fn every_refusal_is_provoked() {
    let provoked = |name: &str| {
        let variant = format!("Refused::{name}");
        TESTS.iter().any(|test| {
            test.match_indices(&variant).any(|(at, found)| {
                !test[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    let missing: Vec<_> = Refused::CODES
        .iter()
        .filter(|(_, name)| !provoked(name) && !ELSEWHERE.iter().any(|(other, _)| other == name))
        .collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
    let codes: std::collections::BTreeSet<_> = Refused::CODES.iter().map(|(code, _)| code).collect();
    assert!(codes.len() == Refused::CODES.len() && codes.len() > 60, "there are {} refusals", codes.len());
}

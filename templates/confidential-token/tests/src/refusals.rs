//! Every refusal of both contracts is provoked by a test on a chain.

use dusk_sdk::contract::Refusal;

/// The tests that provoke them.
const TESTS: [&str; 5] = [
    include_str!("asset.rs"),
    include_str!("cash.rs"),
    include_str!("locks.rs"),
    include_str!("officers.rs"),
    include_str!("threats.rs"),
];
/// Refusals that no test on a chain can provoke, and where they are tested.
const ELSEWHERE: [(&str, &str); 5] = [
    ("NotesFull", "it takes 67 million notes; a unit test of `confidential::notes`"),
    ("NullifiersFull", "the same of `confidential::nullifiers`"),
    ("RegistryFull", "it takes 65,536 holders"),
    ("AlreadyPinned", "each call of a test has a block of its own; a unit test of `confidential::snapshots`"),
    ("AlreadyActed", "disclosures may be repeated; no act of the asset counts once a note"),
];

/// That the tests name each of these refusals.
fn provoked<R: Refusal>(contract: &str, fewest: usize) {
    let provoked = |name: &str| {
        let variant = format!("Refused::{name}");
        TESTS.iter().any(|test| {
            test.match_indices(&variant).any(|(at, found)| {
                !test[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    let missing: Vec<_> = R::CODES
        .iter()
        .filter(|(_, name)| !provoked(name) && !ELSEWHERE.iter().any(|(other, _)| other == name))
        .collect();
    assert!(missing.is_empty(), "no test provokes {missing:?} of `{contract}`");
    let codes: std::collections::BTreeSet<_> = R::CODES.iter().map(|(code, _)| code).collect();
    assert!(codes.len() == R::CODES.len() && codes.len() >= fewest, "there are {} refusals", codes.len());
}

#[test]
fn every_refusal_is_provoked() {
    provoked::<::asset::Refused>("asset", 20);
    provoked::<::cash::Refused>("cash", 10);
}

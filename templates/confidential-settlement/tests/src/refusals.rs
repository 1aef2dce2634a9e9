//! Every refusal of the contracts is provoked by a test on a chain.

use dusk_sdk::contract::Refusal;

/// The tests that provoke them.
const TESTS: [&str; 5] = [
    include_str!("assets.rs"),
    include_str!("attested.rs"),
    include_str!("cash.rs"),
    include_str!("settlement.rs"),
    include_str!("threats.rs"),
];
/// Refusals that no test on a chain can provoke, and why. Unit tests of the parts provoke them.
const ELSEWHERE: [(&str, &str); 18] = [
    (
        "NotIssuer",
        "the asset has one officer, the issuer, for ever: it leaves out what `Offices` can do more",
    ),
    ("AlreadyOfficer", "as above"),
    ("UnknownOfficer", "as above"),
    ("TooManyOfficers", "as above"),
    ("NotOffered", "as above"),
    ("SameAuditorKey", "the asset leaves out the hand-over of the auditor"),
    ("AuditorNotOffered", "as above"),
    ("AuditorKeyUnproven", "as above"),
    ("AuditorConsentMissing", "as above"),
    ("AuditorConsentInvalid", "as above"),
    ("AuditorNotYetLost", "as above"),
    ("NotRegistered", "the asset registers and admits in one call"),
    ("AlreadyAdmitted", "as above"),
    ("RegistryFull", "it takes 65,536 holders"),
    ("NotesFull", "it takes 67,108,864 notes"),
    ("NullifiersFull", "as above"),
    ("AlreadyPinned", "the asset takes no snapshots"),
    ("NothingPinned", "as above"),
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
    provoked::<::cash::Refused>("cash", 20);
    provoked::<::settlement::Refused>("settlement", 13);
}

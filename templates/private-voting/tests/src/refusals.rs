//! Every refusal of the contract is provoked by a test on a chain.

use dusk_sdk::contract::Refusal;

/// The tests that provoke them.
const TESTS: [&str; 3] = [include_str!("payouts.rs"), include_str!("threats.rs"), include_str!("votes.rs")];
/// Refusals that no test on a chain can provoke, and why. Unit tests of the parts provoke them.
const ELSEWHERE: [(&str, &str); 31] = [
    (
        "NotIssuer",
        "there is one officer, the issuer, for ever: the contract leaves out what `Offices` can do more",
    ),
    ("AlreadyOfficer", "as above"),
    ("UnknownOfficer", "as above"),
    ("TooManyOfficers", "as above"),
    ("NotOffered", "as above"),
    ("SameAuditorKey", "the contract leaves out the hand-over of the auditor"),
    ("AuditorNotOffered", "as above"),
    ("AuditorKeyUnproven", "as above"),
    ("AuditorConsentMissing", "as above"),
    ("AuditorConsentInvalid", "as above"),
    ("AuditorNotYetLost", "as above"),
    ("NotesFull", "it takes 67,108,864 notes"),
    ("NullifiersFull", "as above"),
    ("SupplyTooSmall", "nothing leaves the asset but what came with a dividend"),
    ("MoreThanThePot", "no sum of right claims is larger"),
    ("UnknownLock", "the contract leaves out locks"),
    ("AlreadyLocked", "as above"),
    ("NotTheAgent", "as above"),
    ("DeadlinePassed", "as above"),
    ("BeforeDeadline", "as above"),
    ("DeadlineTooFar", "as above"),
    ("UnknownRegistryRoot", "the contract leaves out the registry"),
    ("AlreadyRegistered", "as above"),
    ("NotRegistered", "as above"),
    ("AlreadyAdmitted", "as above"),
    ("NotAdmitted", "as above"),
    ("SameEntry", "as above"),
    ("RegistryFull", "as above"),
    ("ReasonLength", "as above"),
    ("NotActive", "as above"),
    ("TagUsed", "as above"),
];

#[test]
fn every_refusal_is_provoked() {
    let provoked = |name: &str| {
        let variant = format!("::{name}");
        TESTS.iter().any(|test| {
            test.match_indices(&variant).any(|(at, found)| {
                !test[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    let codes = ::holdings::Refused::CODES;
    let missing: Vec<_> = codes
        .iter()
        .filter(|(_, name)| !provoked(name) && !ELSEWHERE.iter().any(|(other, _)| other == name))
        .collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
    let distinct: std::collections::BTreeSet<_> = codes.iter().map(|(code, _)| code).collect();
    assert!(distinct.len() == codes.len() && codes.len() >= 40, "there are {} refusals", codes.len());
}

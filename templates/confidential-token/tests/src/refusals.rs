//! Every refusal of each contract is provoked by a test that calls this contract on a chain.

use std::collections::BTreeSet;

use dusk_sdk::contract::Refusal;

/// The tests that call the asset.
const OF_ASSET: [&str; 4] = [
    include_str!("asset.rs"),
    include_str!("locks.rs"),
    include_str!("officers.rs"),
    include_str!("threats.rs"),
];
/// The tests that call the cash.
const OF_CASH: [&str; 1] = [include_str!("cash.rs")];
/// The tests that call the agent.
const OF_AGENT: [&str; 1] = [include_str!("threats.rs")];
/// Refusals of the asset that no test on a chain can provoke.
const UNREACHED: [(&str, &str); 4] = [
    ("NotesFull", "it takes 67 million notes; a unit test of `confidential::notes`"),
    ("NullifiersFull", "it takes as many nullifiers"),
    ("RegistryFull", "it takes 65,536 holders"),
    ("AlreadyActed", "disclosures may be repeated; no act of the asset counts once a note"),
];
/// The same of the cash, whose pool has the refusals of parts that the cash does not have.
const UNREACHED_OF_CASH: [(&str, &str); 18] = [
    ("NotesFull", "as of the asset"),
    ("NullifiersFull", "as of the asset"),
    ("UnknownRegistryRoot", NO_REGISTRY),
    ("AlreadyRegistered", NO_REGISTRY),
    ("NotRegistered", NO_REGISTRY),
    ("AlreadyAdmitted", NO_REGISTRY),
    ("NotAdmitted", NO_REGISTRY),
    ("SameEntry", NO_REGISTRY),
    ("RegistryFull", NO_REGISTRY),
    ("ReasonLength", NO_REGISTRY),
    ("NotActive", NO_REGISTRY),
    ("TagUsed", NO_REGISTRY),
    ("SameAuditorKey", NO_HANDOVER),
    ("AuditorNotOffered", NO_HANDOVER),
    ("AuditorKeyUnproven", NO_HANDOVER),
    ("AuditorConsentMissing", NO_HANDOVER),
    ("AuditorConsentInvalid", NO_HANDOVER),
    ("AuditorNotYetLost", NO_HANDOVER),
];
const NO_REGISTRY: &str = "the cash has no registry, and nobody who acts for a reason";
const NO_HANDOVER: &str = "the auditor of the cash stays";

/// That the tests of a contract name each of its refusals, except for those that none can provoke.
fn provoked<R: Refusal>(contract: &str, tests: &[&str], unreached: &[(&str, &str)], fewest: usize) {
    let is_provoked = |name: &str| {
        let variant = format!("Refused::{name}");
        tests.iter().any(|test| {
            test.match_indices(&variant).any(|(at, found)| {
                !test[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    let is_unreached = |name: &str| unreached.iter().any(|(other, _)| *other == name);
    let names: Vec<&str> = R::CODES.iter().map(|(_, name)| *name).collect();
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| !is_provoked(name) && !is_unreached(name)).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?} of `{contract}`");
    let stale: Vec<_> =
        unreached.iter().filter(|(name, _)| is_provoked(name) || !names.contains(name)).collect();
    assert!(stale.is_empty(), "`{contract}` does not have these, or a test provokes them: {stale:?}");
    let codes: BTreeSet<u32> = R::CODES.iter().map(|(code, _)| *code).collect();
    assert!(codes.len() == R::CODES.len() && codes.len() >= fewest, "there are {} refusals", codes.len());
}

#[test]
fn every_refusal_is_provoked() {
    provoked::<::asset::Refused>("asset", &OF_ASSET, &UNREACHED, 20);
    provoked::<::cash::Refused>("cash", &OF_CASH, &UNREACHED_OF_CASH, 10);
    provoked::<::agent::Refused>("agent", &OF_AGENT, &[], 1);
}

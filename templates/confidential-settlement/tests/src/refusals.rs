//! Every refusal of each contract is provoked by a test that calls this contract on a chain.

use std::collections::BTreeSet;

use dusk_sdk::contract::Refusal;

/// The tests that call the asset.
const OF_ASSET: [&str; 4] = [
    include_str!("assets.rs"),
    include_str!("attested.rs"),
    include_str!("foreign.rs"),
    include_str!("threats.rs"),
];
/// The tests that call the cash.
const OF_CASH: [&str; 2] = [include_str!("cash.rs"), include_str!("cash_threats.rs")];
/// The tests that call the settlement.
const OF_SETTLEMENT: [&str; 2] = [include_str!("settlement.rs"), include_str!("threats.rs")];
/// Refusals of the asset that no test on a chain can provoke, and why. Unit tests of the parts provoke them.
const UNREACHED: [(&str, &str); 17] = [
    ("NotIssuer", ONE_OFFICER),
    ("AlreadyOfficer", ONE_OFFICER),
    ("UnknownOfficer", ONE_OFFICER),
    ("TooManyOfficers", ONE_OFFICER),
    ("NotOffered", ONE_OFFICER),
    ("SameAuditorKey", NO_HANDOVER),
    ("AuditorNotOffered", NO_HANDOVER),
    ("AuditorKeyUnproven", NO_HANDOVER),
    ("AuditorConsentMissing", NO_HANDOVER),
    ("AuditorConsentInvalid", NO_HANDOVER),
    ("AuditorNotYetLost", NO_HANDOVER),
    ("NotRegistered", "the asset registers and admits in one call"),
    ("AlreadyAdmitted", "as above"),
    ("RegistryFull", "it takes 65,536 holders"),
    ("NotesFull", "it takes 67,108,864 notes"),
    ("NullifiersFull", "as above"),
    ("SupplyTooSmall", "nothing leaves the asset"),
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
const ONE_OFFICER: &str =
    "the asset has one officer, the issuer, for ever: it leaves out what `Offices` can do more";
const NO_HANDOVER: &str = "the contract leaves out the hand-over of the auditor";
const NO_REGISTRY: &str = "the cash has no registry, and nobody who acts for a reason";

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
    provoked::<::cash::Refused>("cash", &OF_CASH, &UNREACHED_OF_CASH, 20);
    provoked::<::settlement::Refused>("settlement", &OF_SETTLEMENT, &[], 13);
}

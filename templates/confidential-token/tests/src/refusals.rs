//! Every refusal of each contract is provoked by a test that calls this contract on a chain.

use dusk_sdk::testing::{TestResult, refusals_are_provoked};

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
    ("notes::Refused::NotesFull", "it takes 67 million notes; a unit test of `confidential::notes`"),
    ("nullifiers::Refused::NullifiersFull", "it takes as many nullifiers"),
    ("registry::Refused::RegistryFull", "it takes 65,536 holders"),
    (
        "snapshots::Refused::AlreadyActed",
        "disclosures may be repeated; no act of the asset counts once a note",
    ),
];
/// The same of the cash, whose pool has the refusals of parts that the cash does not have.
const UNREACHED_OF_CASH: [(&str, &str); 18] = [
    ("notes::Refused::NotesFull", "as of the asset"),
    ("nullifiers::Refused::NullifiersFull", "as of the asset"),
    ("registry::Refused::UnknownRegistryRoot", NO_REGISTRY),
    ("registry::Refused::AlreadyRegistered", NO_REGISTRY),
    ("registry::Refused::NotRegistered", NO_REGISTRY),
    ("registry::Refused::AlreadyAdmitted", NO_REGISTRY),
    ("registry::Refused::NotAdmitted", NO_REGISTRY),
    ("registry::Refused::SameEntry", NO_REGISTRY),
    ("registry::Refused::RegistryFull", NO_REGISTRY),
    ("registry::Refused::ReasonLength", NO_REGISTRY),
    ("registry::Refused::NotActive", NO_REGISTRY),
    ("registry::Refused::TagUsed", NO_REGISTRY),
    ("auditor::Refused::SameAuditorKey", NO_HANDOVER),
    ("auditor::Refused::AuditorNotOffered", NO_HANDOVER),
    ("auditor::Refused::AuditorKeyUnproven", NO_HANDOVER),
    ("auditor::Refused::AuditorConsentMissing", NO_HANDOVER),
    ("auditor::Refused::AuditorConsentInvalid", NO_HANDOVER),
    ("auditor::Refused::AuditorNotYetLost", NO_HANDOVER),
];
const NO_REGISTRY: &str = "the cash has no registry, and nobody who acts for a reason";
const NO_HANDOVER: &str = "the auditor of the cash stays";

#[test]
fn every_refusal_of_the_asset_is_provoked() -> TestResult {
    refusals_are_provoked::<::asset::Refused>(&OF_ASSET, &UNREACHED)
}

#[test]
fn every_refusal_of_the_cash_is_provoked() -> TestResult {
    refusals_are_provoked::<::cash::Refused>(&OF_CASH, &UNREACHED_OF_CASH)
}

#[test]
fn every_refusal_of_the_agent_is_provoked() -> TestResult {
    refusals_are_provoked::<::agent::Refused>(&OF_AGENT, &[])
}

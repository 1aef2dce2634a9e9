//! Every refusal of each contract is provoked by a test that calls this contract on a chain.

use dusk_sdk::testing::{TestResult, refusals_are_provoked};

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
    ("offices::Refused::NotIssuer", ONE_OFFICER),
    ("offices::Refused::AlreadyOfficer", ONE_OFFICER),
    ("offices::Refused::UnknownOfficer", ONE_OFFICER),
    ("offices::Refused::TooManyOfficers", ONE_OFFICER),
    ("offices::Refused::NotOffered", ONE_OFFICER),
    ("auditor::Refused::SameAuditorKey", NO_HANDOVER),
    ("auditor::Refused::AuditorNotOffered", NO_HANDOVER),
    ("auditor::Refused::AuditorKeyUnproven", NO_HANDOVER),
    ("auditor::Refused::AuditorConsentMissing", NO_HANDOVER),
    ("auditor::Refused::AuditorConsentInvalid", NO_HANDOVER),
    ("auditor::Refused::AuditorNotYetLost", NO_HANDOVER),
    ("registry::Refused::NotRegistered", NO_TWO_STEPS),
    ("registry::Refused::AlreadyAdmitted", NO_TWO_STEPS),
    ("registry::Refused::RegistryFull", "it takes 65,536 holders"),
    ("notes::Refused::NotesFull", "it takes 67,108,864 notes"),
    ("nullifiers::Refused::NullifiersFull", "it takes as many nullifiers"),
    ("pool::Refused::SupplyTooSmall", "nothing leaves the asset"),
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
const ONE_OFFICER: &str =
    "the asset has one officer, the issuer, for ever: it leaves out what `Offices` can do more";
const NO_HANDOVER: &str = "the contract leaves out the hand-over of the auditor";
const NO_TWO_STEPS: &str = "the asset registers and admits in one call";
const NO_REGISTRY: &str = "the cash has no registry, and nobody who acts for a reason";

#[test]
fn every_refusal_of_the_asset_is_provoked() -> TestResult {
    refusals_are_provoked::<::asset::Refused>(&OF_ASSET, &UNREACHED)
}

#[test]
fn every_refusal_of_the_cash_is_provoked() -> TestResult {
    refusals_are_provoked::<::cash::Refused>(&OF_CASH, &UNREACHED_OF_CASH)
}

#[test]
fn every_refusal_of_the_settlement_is_provoked() -> TestResult {
    refusals_are_provoked::<::settlement::Refused>(&OF_SETTLEMENT, &[])
}

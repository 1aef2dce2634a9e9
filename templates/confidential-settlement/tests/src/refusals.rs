//! Every refusal of the contracts is provoked by a test on a chain.

use dusk_sdk::testing::{TestResult, refusals_are_provoked};

/// The tests that provoke them.
const TESTS: [&str; 5] = [
    include_str!("assets.rs"),
    include_str!("attested.rs"),
    include_str!("cash.rs"),
    include_str!("settlement.rs"),
    include_str!("threats.rs"),
];
/// Refusals of the asset that no test on a chain can provoke, and why. Unit tests of the parts provoke them.
const UNREACHED: [(&str, &str); 16] = [
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
];
/// The same of the cash, which has the pool of the asset.
const UNREACHED_OF_CASH: [(&str, &str); 11] = [
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
];
const ONE_OFFICER: &str =
    "the asset has one officer, the issuer, for ever: it leaves out what `Offices` can do more";
const NO_HANDOVER: &str = "the contract leaves out the hand-over of the auditor";
const NO_TWO_STEPS: &str = "the asset registers and admits in one call";

#[test]
fn every_refusal_is_provoked() -> TestResult {
    refusals_are_provoked::<::asset::Refused>(&TESTS, &UNREACHED)?;
    refusals_are_provoked::<::cash::Refused>(&TESTS, &UNREACHED_OF_CASH)?;
    refusals_are_provoked::<::settlement::Refused>(&TESTS, &[])
}

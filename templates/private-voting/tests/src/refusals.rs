//! Every refusal of the contract is provoked by a test on a chain.

use ::holdings::Refused;
use dusk_sdk::testing::{TestResult, refusals_are_provoked};

/// The tests that provoke them.
const TESTS: [&str; 3] = [include_str!("payouts.rs"), include_str!("threats.rs"), include_str!("votes.rs")];
/// Refusals that no test on a chain can provoke, and why. Unit tests of the parts provoke them.
const UNREACHED: [(&str, &str); 31] = [
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
    ("notes::Refused::NotesFull", "it takes 67,108,864 notes"),
    ("nullifiers::Refused::NullifiersFull", "it takes as many nullifiers"),
    ("pool::Refused::SupplyTooSmall", "nothing leaves the asset but what came with a dividend"),
    ("dividends::Refused::MoreThanThePot", "no sum of right claims is larger"),
    ("locks::Refused::UnknownLock", NO_LOCKS),
    ("locks::Refused::AlreadyLocked", NO_LOCKS),
    ("locks::Refused::NotTheAgent", NO_LOCKS),
    ("locks::Refused::DeadlinePassed", NO_LOCKS),
    ("locks::Refused::BeforeDeadline", NO_LOCKS),
    ("locks::Refused::DeadlineTooFar", NO_LOCKS),
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
];
const ONE_OFFICER: &str =
    "there is one officer, the issuer, for ever: the contract leaves out what `Offices` can do more";
const NO_HANDOVER: &str = "the contract leaves out the hand-over of the auditor";
const NO_LOCKS: &str = "the contract leaves out locks";
const NO_REGISTRY: &str = "the contract leaves out the registry";

#[test]
fn every_refusal_is_provoked() -> TestResult {
    refusals_are_provoked::<Refused>(&TESTS, &UNREACHED)
}

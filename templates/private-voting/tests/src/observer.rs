//! The chain shows neither weights, nor choices, nor parts: each test runs with other ones, and everything that the
//! chain shows must be the same but for random elements.

use dusk_sdk::testing::*;

use crate::company::{ALICE, BOB, Company};

/// By how much the order of two nullifiers changes the gas of a transfer of more than 14,000,000.
const MOST_GAS: u64 = 1_000;

/// Ciphertexts, commitments and nullifiers of issues, transfers and snapshots.
fn declare(private: &Private) {
    for name in ["AuditCipher", "NoteCipher"] {
        private.declare_random_type(name);
    }
    for place in [
        "holdings.issue.order.commitment",
        "holdings.confidential_transfer.order.note_root",
        "holdings.confidential_transfer.order.nullifiers",
        "holdings.confidential_transfer.order.commitments",
        "holdings.take_snapshot().note_root",
        "holdings.take_snapshot().nullifier_root",
        "holdings.HoldingsPinned.snapshot.note_root",
        "holdings.HoldingsPinned.snapshot.nullifier_root",
        "holdings.ConfidentialTransfer.nullifiers",
        "holdings.NoteAdded.commitment",
        "holdings.NullifierSpent.nullifier",
    ] {
        private.declare_random(place);
    }
    // Nullifiers come to random places of their tree.
    private.declare_random_gas("holdings.confidential_transfer", MOST_GAS);
}

/// Alice has 100 shares, and sends bob a number that nobody else knows.
fn divided(chain: &Chain, private: &Private) -> Result<Company, Failure> {
    declare(private);
    let mut company = Company::new(chain)?;
    company.issue(ALICE, 100)?;
    company.send([ALICE, BOB], private.between(20, 80))?;
    Ok(company)
}

#[dusk_sdk::test(observer)]
fn nobody_learns_how_somebody_votes(chain: Chain, private: &Private) -> TestResult {
    private.declare_random_type("Ballot");
    let company = divided(&chain, private)?;
    let (number, poll) = company.poll()?;
    for who in [ALICE, BOB] {
        company.vote(who, number, &poll, private.one_of(&[0, 1, 2]))?;
    }
    Ok(())
}

#[dusk_sdk::test(observer)]
fn nobody_learns_what_somebody_is_paid(chain: Chain, private: &Private) -> TestResult {
    private.declare_random_type("Counted");
    private.declare_random("holdings.claim.claim.commitment");
    let mut company = divided(&chain, private)?;
    let (number, dividend) = company.declare()?;
    for who in [ALICE, BOB] {
        company.claim(who, number, &dividend)?;
    }
    Ok(())
}

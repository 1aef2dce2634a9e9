//! The chain shows neither weights, nor choices, nor parts: each test runs with other ones, and everything that the
//! chain shows must be the same but for random elements.

use dusk_sdk::testing::*;

use crate::company::{ALICE, BOB, Company};

/// Ciphertexts and commitments of issues, and roots of snapshots.
fn declare(private: &Private) {
    for name in ["AuditCipher", "NoteCipher"] {
        private.declare_random_type(name);
    }
    for place in [
        "holdings.issue.order.commitment",
        "holdings.take_snapshot().note_root",
        "holdings.HoldingsPinned.snapshot.note_root",
        "holdings.NoteAdded.commitment",
    ] {
        private.declare_random(place);
    }
    // Issues are public. So weights that differ between the runs need no transfer, whose nullifiers would come to
    // other places of their tree by chance. The transfer contract keeps arguments of calls in its memory.
    for place in
        ["holdings.issue.order.value", "holdings.ConfidentialMint.value", "holdings.state", "transfer.state"]
    {
        private.declare_public(place, "issues and the supply are public");
    }
}

/// Alice and bob have 100 shares together.
fn divided(chain: &Chain, private: &Private) -> Result<Company, Failure> {
    declare(private);
    let mut company = Company::new(chain, private.random_bytes())?;
    let shares = private.between(20, 80);
    company.issue(ALICE, shares)?;
    company.issue(BOB, 100 - shares)?;
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

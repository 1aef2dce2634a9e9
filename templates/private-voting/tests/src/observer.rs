//! The chain shows neither holders, nor weights, nor choices, nor parts: each test runs with other ones, and everything
//! that the chain shows must be the same except random elements. Refused calls are among them, with their errors.

use ::holdings::Refused as Refusal;
use circuits::{SendPrivate, SendPublic};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::dividends::{self, Claiming, Dividend};
use dusk_sdk::finance::confidential::polls::{self, Poll, Voting};
use dusk_sdk::finance::confidential::pool::{self, Spending};
use dusk_sdk::testing::confidential::ordered;
use dusk_sdk::testing::*;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{ALICE, BOB, CAROL, Company, Proven, failing};

/// Commitments to notes that are issued, and to all notes.
const NOTES: [&str; 2] = ["holdings.issue.order.commitment", "holdings.NoteAdded.commitment"];
/// The root of commitments, two nullifiers, and two commitments.
const TRANSFER: [&str; 5] = [
    "holdings.confidential_transfer.order.note_root",
    "holdings.confidential_transfer.order.nullifiers",
    "holdings.confidential_transfer.order.commitments",
    "holdings.ConfidentialTransfer.nullifiers",
    "holdings.NullifierSpent.nullifier",
];
/// Roots of snapshots.
const SNAPSHOT: [&str; 2] =
    ["holdings.take_snapshot().note_root", "holdings.HoldingsPinned.snapshot.note_root"];

/// How many blocks a poll and a dividend have, the snapshot's included: more than there are calls.
const BLOCKS: u64 = 20;

/// Declares that ciphertexts and these places are random.
fn declare(private: &Private, places: &[&[&str]]) {
    for name in ["AuditCipher", "NoteCipher"] {
        private.declare_random_type(name);
    }
    for place in places.iter().copied().flatten() {
        private.declare_random(place);
    }
}

/// Alice and bob have 100 shares together.
fn divided(chain: &Chain, private: &Private) -> Result<Company, Failure> {
    declare(private, &[&NOTES, &SNAPSHOT]);
    // Issues are public. So weights that differ between the runs need no transfer, whose nullifiers would come to
    // other places of their tree by chance. The transfer contract keeps arguments of calls in its memory.
    for place in
        ["holdings.issue.order.value", "holdings.ConfidentialMint.value", "holdings.state", "transfer.state"]
    {
        private.declare_public(place, "issues and the supply are public");
    }
    let mut company = Company::new(chain, private.random_bytes())?;
    let shares = private.between(20, 80);
    company.issue(ALICE, shares)?;
    company.issue(BOB, 100 - shares)?;
    Ok(company)
}

/// No observer learns sender, receiver and amount. A transfer with exchanged ciphertexts is refused.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_to_whom_how_much(chain: Chain, private: &Private) -> TestResult {
    declare(private, &[&NOTES, &TRANSFER]);
    let mut company = Company::new(&chain, private.random_bytes())?;
    let (from, to) = (private.one_of(&[ALICE, BOB, CAROL]), private.one_of(&[ALICE, BOB, CAROL]));
    let (amount, memo) = (private.between(1, 100), private.field());
    company.issue(from, 100)?;
    let (key, address) = (company.auditor.key(), company.wallets[to].address());
    let wallet = &mut company.wallets[from];
    let propose = || {
        wallet.release();
        failing(wallet.transfer(&key, address, amount, memo))
    };
    let made = ordered(propose, |made| made.order.nullifiers)?;
    let order = made.order;
    let public = SendPublic { act: made.act, bound: order.bound(Field::default()) };
    let proof = chain.prove_once::<circuits::Send>(&public, &SendPrivate { secret: made.secret })?;
    let by = company.holdings.by(&company.relayer);
    let exchanged = Spending { notes: [order.notes[1], order.notes[0]], ..order };
    let sent = by.confidential_transfer(exchanged, proof);
    sent.refused(Refusal::Pool(pool::Refused::ProofInvalid));
    by.confidential_transfer(order, proof).succeeds();
    Ok(())
}

/// The tally is public, and nothing else. A vote under another nullifier is refused, and so is a late one.
#[dusk_sdk::test(observer)]
fn nobody_learns_how_somebody_votes(chain: Chain, private: &Private) -> TestResult {
    private.declare_random_type("Ballot");
    for place in ["holdings.tally.counts", "holdings.tally().counts", "holdings.PollTallied.outcome.counts"] {
        private.declare_public(place, "the result of a poll is public");
    }
    let company = divided(&chain, private)?;
    let poll = Poll { ends: chain.height() + BLOCKS, ..company.asked(&company.pin()?) };
    let number = company.holdings.by(&company.issuer).open_poll(poll).into_result()?;
    let by = company.holdings.by(&company.relayer);
    for who in [ALICE, BOB] {
        for Proven { call, proof } in company.ballots(who, number, &poll, private.one_of(&[0, 1, 2]))? {
            let changed = Voting { act_nullifier: Field::from(1), ..call };
            by.vote(changed, proof).refused(Refusal::Polls(polls::Refused::BallotNotProven));
            by.vote(call, proof).succeeds();
        }
    }
    company.pass(poll.ends);
    let ballot = company.holdings.poll(number)?.ballots;
    let late = Voting { poll: number, act_nullifier: Field::from(1), ballot };
    let ended = polls::Refused::PollEnded { ends: poll.ends };
    by.vote(late, Proof::from_bytes([0; PROOF_BYTES])).refused(Refusal::Polls(ended));
    let Proven { call: counts, proof } = company.count(number)?;
    by.tally(number, counts, proof).succeeds();
    Ok(())
}

/// The sum of a dividend is public, and nothing else. A claim under another nullifier is refused, and so is a late one.
#[dusk_sdk::test(observer)]
fn nobody_learns_what_somebody_is_paid(chain: Chain, private: &Private) -> TestResult {
    private.declare_random_type("Counted");
    private.declare_random("holdings.claim.claim.commitment");
    for place in [
        "holdings.close.paid",
        "holdings.close()",
        "holdings.DividendClosed.paid",
        "holdings.DividendClosed.returned",
    ] {
        private.declare_public(place, "the sum of a dividend is public");
    }
    let mut company = divided(&chain, private)?;
    let dividend = Dividend { ends: chain.height() + BLOCKS, ..company.planned(&company.pin()?) };
    let number = company.holdings.by(&company.issuer).declare_dividend(dividend).into_result()?;
    let mut last = None;
    for who in [ALICE, BOB] {
        for Proven { call, proof } in company.claims(who, number, &dividend)? {
            let by = company.holdings.by(&company.relayer);
            let changed = Claiming { act_nullifier: Field::from(1), ..call };
            by.claim(changed, proof).refused(Refusal::Pool(pool::Refused::ProofInvalid));
            by.claim(call, proof).succeeds();
            company.read(&[], &[(call.commitment, call.note)], Some(call.cipher))?;
            last = Some((call, proof));
        }
    }
    company.pass(dividend.ends);
    let (call, proof) = last.expect("both have a part");
    let by = company.holdings.by(&company.relayer);
    let ended = dividends::Refused::DividendEnded { ends: dividend.ends };
    by.claim(call, proof).refused(Refusal::Dividends(ended));
    let Proven { call: paid, proof } = company.sum(number)?;
    by.close(number, paid, proof).succeeds();
    Ok(())
}

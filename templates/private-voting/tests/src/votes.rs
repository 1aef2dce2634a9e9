//! Tests of polls. They are their specification.

use ::holdings::Refused;
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::Coordinates;
use dusk_sdk::finance::confidential::polls::{self, Outcome, Poll, PollOpened, PollTallied, VoteCast};
use dusk_sdk::finance::confidential::{auditor, pool, snapshots};
use dusk_sdk::finance::offices;
use dusk_sdk::testing::*;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{ALICE, BOB, CAROL, Company, Proven};

#[dusk_sdk::test]
fn only_the_tally_is_public(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    company.vote(ALICE, number, &poll, 0)?;
    company.vote(BOB, number, &poll, 1)?;
    let [Proven { call, proof }] =
        company.ballots(CAROL, number, &poll, 0)?.try_into().ok().expect("one note");
    let act_nullifier = call.act_nullifier;
    assert!(!company.holdings.has_acted(act_nullifier)?);
    company.holdings.by(&company.relayer).vote(call, proof).emits(VoteCast { poll: number, act_nullifier });
    assert!(company.holdings.has_acted(act_nullifier)?);
    company.pass(poll.ends);
    let Proven { call: counts, proof } = company.count(number)?;
    assert_eq!(counts, [70, 30, 0, 0, 0, 0, 0, 0]);
    let outcome = Outcome { counts, quorate: true };
    let tally = || company.holdings.by(&company.relayer).tally(number, counts, proof);
    tally().emits(PollTallied { poll: number, outcome });
    tally().refused(Refused::Polls(polls::Refused::AlreadyTallied));
    let standing = company.holdings.poll(number)?;
    assert_eq!((standing.votes, standing.outcome), (3, Some(outcome)));
    assert_eq!(company.holdings.status()?.polls, 1);
    Ok(())
}

#[dusk_sdk::test]
fn a_poll_without_votes_has_a_result(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    company.pass(poll.ends);
    let Proven { call, proof } = company.count(number)?;
    let outcome = company.holdings.by(&company.relayer).tally(number, call, proof).into_result()?;
    assert_eq!(outcome, Outcome { counts: [0; 8], quorate: false });
    Ok(())
}

/// Up to and in the last block votes are taken; from the next one on the tally is.
#[dusk_sdk::test]
fn votes_and_the_tally_never_compete(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let [Proven { call, proof }] = company.ballots(BOB, number, &poll, 2)?.try_into().ok().expect("one note");
    let nothing = Proof::from_bytes([0; PROOF_BYTES]);
    let by = company.holdings.by(&company.relayer);
    chain.mine(poll.ends - 1 - chain.height());
    let before = chain.snapshot();
    let early = by.tally(number, [0; 8], nothing);
    early.refused(Refused::Polls(polls::Refused::PollRuns { ends: poll.ends }));
    chain.revert(&before);
    assert_eq!(by.vote(call, proof).succeeds().height(), poll.ends);
    chain.revert(&before);
    chain.mine(1);
    by.vote(call, proof).refused(Refused::Polls(polls::Refused::PollEnded { ends: poll.ends }));
    Ok(())
}

#[dusk_sdk::test]
fn polls_are_checked(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let snapshot = company.pin()?;
    let poll = company.asked(&snapshot);
    let by = company.holdings.by(&company.issuer);
    let refused = |poll: Poll, refusal: polls::Refused| {
        by.open_poll(poll).refused(Refused::Polls(refusal));
    };
    refused(Poll { choices: 1, ..poll }, polls::Refused::ChoiceCount { limit: 8 });
    refused(Poll { choices: 9, ..poll }, polls::Refused::ChoiceCount { limit: 8 });
    refused(Poll { ends: snapshot.height, ..poll }, polls::Refused::PollEndsTooEarly);
    refused(Poll { quorum: 101, ..poll }, polls::Refused::QuorumTooLarge { supply: 100 });
    let with = |key: Coordinates| {
        let mut poll = poll;
        poll.keys[7] = key;
        poll
    };
    refused(with(poll.keys[0]), polls::Refused::TellerKeyTwice);
    refused(with(Coordinates { u: 0.into(), v: 1.into() }), polls::Refused::TellerKeyInvalid);
    refused(with(Coordinates { u: 1.into(), v: 1.into() }), polls::Refused::TellerKeyInvalid);
    let unknown = Poll { snapshot: snapshot.height - 1, ..poll };
    by.open_poll(unknown).refused(Refused::Snapshots(snapshots::Refused::NothingPinned));
    by.open_poll(poll).emits(PollOpened { number: 0, poll, by: company.issuer.account().into() });
    let nothing = Proof::from_bytes([0; PROOF_BYTES]);
    by.tally(1, [0; 8], nothing).refused(Refused::Polls(polls::Refused::UnknownPoll));
    assert!(
        company
            .holdings
            .poll(1)
            .is_err_and(|failure| failure.is(&Refused::Polls(polls::Refused::UnknownPoll)))
    );
    Ok(())
}

#[dusk_sdk::test]
fn only_officers_issue_pin_and_ask(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let snapshot = company.pin()?;
    let (poll, dividend) = (company.asked(&snapshot), company.planned(&snapshot));
    let by = company.holdings.by(&company.relayer);
    let refusal = || Refused::Offices(offices::Refused::NotOfficer);
    by.take_snapshot().refused(refusal());
    by.open_poll(poll).refused(refusal());
    by.declare_dividend(dividend).refused(refusal());
    let Proven { call, proof } = company.minting(ALICE, 5)?;
    let by = company.holdings.by(&company.relayer);
    by.issue(call, proof).refused(refusal());
    Ok(())
}

#[dusk_sdk::test]
fn the_deployment_is_checked(chain: Chain) -> TestResult {
    let company = Company::new(&chain, [1; 32])?;
    let key = company.auditor.key();
    let deploy = |name: &str, key| chain.try_deploy(&company.issuer, ::holdings::init(name.into(), key));
    let length = || Refused::NameLength { limit: ::holdings::MAX_NAME_BYTES };
    deploy("", key).refused(length());
    deploy(&"x".repeat(65), key).refused(length());
    let auditor = |refused: auditor::Refused| Refused::Pool(pool::Refused::from(refused));
    let with = |u: u64, v: u64| dusk_sdk::finance::confidential::AuditorKey { u: u.into(), v: v.into() };
    deploy("x", with(0, 1)).refused(auditor(auditor::Refused::AuditorKeyNeutral));
    deploy("x", with(1, 1)).refused(auditor(auditor::Refused::AuditorKeyInvalid));
    let status = company.holdings.status()?;
    assert_eq!(
        (company.holdings.name()?.as_str(), status.supply, status.note_root),
        ("Windmill", 0, Field::default())
    );
    Ok(())
}

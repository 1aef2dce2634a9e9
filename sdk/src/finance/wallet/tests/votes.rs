//! Votes and claims for the notes of a snapshot, and the teller that opens their sums.

use super::*;
use crate::finance::confidential::dividends::{Dividend, Payout};
use crate::finance::confidential::polls::{Poll, Standing};
use crate::finance::confidential::snapshots::Pinned;
use crate::finance::confidential::{Ballot, Coordinates};
use crate::zk::native::{Logarithms, Point};

fn pinned(chain: &Chain) -> Pinned {
    let [note_root, nullifier_root, _] = chain.roots();
    Pinned {
        height: chain.height,
        note_root,
        nullifier_root,
        notes: chain.count,
        nullifiers: chain.nullifiers,
        supply: 246,
    }
}

fn teller() -> Teller {
    Teller::new(&words(9), 0)
}

fn poll(chain: &Chain) -> Poll {
    let keys = teller().key().choices();
    Poll { question: 5.into(), choices: 3, snapshot: chain.height, ends: 99, quorum: 0, keys }
}

fn dividend(numerator: u32, denominator: u32) -> Dividend {
    Dividend { snapshot: 0, numerator, denominator, ends: 99, key: teller().key().sum() }
}

/// A wallet that has scanned the story: it has notes of 30 and 23.
fn scanned() -> (Chain, Wallet) {
    let (chain, mut one) = story();
    one.scan(&chain.events).unwrap();
    (chain, one)
}

#[test]
fn a_wallet_votes_with_each_note_of_the_snapshot() {
    let (mut chain, mut one) = scanned();
    let (snapshot, poll) = (pinned(&chain), poll(&chain));
    // Later notes have no vote.
    let place = chain.next();
    chain.pay(place, &one.address(), 500, 0);
    one.scan(&chain.events).unwrap();
    let votes = one.votes(&snapshot, 4, &poll, 2).unwrap();
    let mut weights: Vec<u64> = votes.iter().map(|vote| vote.weight).collect();
    weights.sort_unstable();
    assert_eq!(weights, vec![23, 30]);
    let reach = Logarithms::up_to(100);
    for vote in &votes {
        assert_eq!((vote.vote.poll, vote.act.ballot), (4, vote.vote.ballot));
        let counts = teller().key().count(&vote.vote.ballot, &reach).unwrap();
        assert_eq!(counts, [0, 0, vote.weight, 0, 0, 0, 0, 0]);
    }
    assert_ne!(votes[0].vote.act_nullifier, votes[1].vote.act_nullifier);
    assert_ne!(votes[0].secret.ephemeral, votes[1].secret.ephemeral);
    let again = one.votes(&snapshot, 4, &poll, 2).unwrap();
    assert_eq!(again[0].vote.act_nullifier, votes[0].vote.act_nullifier);
    assert_ne!(again[0].secret.ephemeral, votes[0].secret.ephemeral, "an ephemeral key is never used twice");
}

#[test]
fn strange_polls_get_no_votes() {
    let (chain, one) = scanned();
    let (snapshot, poll) = (pinned(&chain), poll(&chain));
    assert_eq!(one.votes(&snapshot, 0, &poll, 3).err(), Some(ActError::UnknownChoice(3)));
    let mut strange = poll;
    strange.keys[7] = Coordinates { u: 1.into(), v: 1.into() };
    assert!(matches!(one.votes(&snapshot, 0, &strange, 0), Err(ActError::TellerKey(_))));
    let other = Pinned { note_root: 1.into(), ..snapshot };
    assert_eq!(one.votes(&other, 0, &poll, 0).err(), Some(ActError::Snapshot));
}

#[test]
fn a_wallet_claims_for_each_note_that_has_a_part() {
    let (chain, one) = scanned();
    let (snapshot, auditor) = (pinned(&chain), Auditor::new(words(8), IDENTITY));
    let claims = |dividend: &Dividend| one.claims(&auditor.key(), &snapshot, 0, dividend, &one.address());
    // A thirtieth: 1 of 30, nothing of 23.
    let made = claims(&dividend(1, 30)).unwrap();
    assert_eq!(made.iter().map(|claim| claim.part).collect::<Vec<_>>(), vec![1]);
    assert!(claims(&dividend(1, 31)).unwrap().is_empty());
    assert!(matches!(claims(&dividend(1, 0)), Err(ActError::TooMuch)));
    let neutral = Coordinates::new(&Point::IDENTITY);
    assert!(claims(&Dividend { key: neutral, ..dividend(1, 1) }).is_ok(), "the contract refuses it");
    let strange = Coordinates { u: 1.into(), v: 1.into() };
    assert!(matches!(claims(&Dividend { key: strange, ..dividend(1, 1) }), Err(ActError::TellerKey(_))));
    // Receiver, auditor and teller read the part.
    let claim = &made[0].claim;
    let keys = Keys::from_seed(&words(1).seed(), 0);
    let opened = claim.note.open(&keys.reading).unwrap();
    assert_eq!(opened.note(one.address().owner).commitment(IDENTITY.asset()), claim.commitment);
    let audited = claim.cipher.open(&Keys::from_seed(&words(8).seed(), 0).reading).unwrap();
    assert_eq!((audited.first().value, audited.owner), (1, one.address().owner));
    assert_eq!(teller().key().total(&claim.part, &Logarithms::up_to(5)), Some(1));
}

#[test]
fn the_teller_opens_its_own_sums_only() {
    let (chain, one) = scanned();
    let (snapshot, poll) = (pinned(&chain), poll(&chain));
    let ballots = one.votes(&snapshot, 0, &poll, 1).unwrap()[0].vote.ballot;
    let weight = one.votes(&snapshot, 0, &poll, 1).unwrap()[0].weight;
    let standing = Standing { poll, votes: 1, ballots, outcome: None };
    let made = teller().tally(&standing, 100).unwrap();
    assert_eq!(made.counts, [0, weight, 0, 0, 0, 0, 0, 0]);
    assert_eq!(made.act.counts.0, made.counts);
    let other = Teller::new(&words(9), 1);
    assert_eq!(other.tally(&standing, 100).err(), Some(TellerError::OtherKeys));
    assert_eq!(teller().tally(&standing, weight - 1).err(), Some(TellerError::TooMuch));
    let mut invented = standing;
    invented.ballots = Ballot { masked: [Coordinates { u: 1.into(), v: 1.into() }; 8], ..ballots };
    assert_eq!(teller().tally(&invented, 100).err(), Some(TellerError::TooMuch));

    let dividend = dividend(1, 10);
    let auditor = Auditor::new(words(8), IDENTITY);
    let sum = one.claims(&auditor.key(), &snapshot, 0, &dividend, &one.address()).unwrap()[0].claim.part;
    let payout = Payout { dividend, pot: 24, claims: 1, sum, paid: None };
    let paid = teller().total(&payout).unwrap().paid;
    assert!(paid == 3 || paid == 2);
    assert_eq!(other.total(&payout).err(), Some(TellerError::OtherKeys));
    assert_eq!(teller().total(&Payout { pot: 1, ..payout }).err(), Some(TellerError::TooMuch));
    assert_eq!(alloc::format!("{:?}", teller()), "Teller(..)");
}

//! The asset by itself: the rights of each role. The template `confidential-token` has more tests of it.

use ::asset::Refused;
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{AuditorKey, Holder, auditor, notes, pool, registry};
use dusk_sdk::finance::{calendar, offices};
use dusk_sdk::testing::confidential::{Auditor, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::{Point, Scalar};

use crate::market::{
    ALICE, BOB, CAROL, LEVEL, MONEY, Market, REASON, SHARES, TODAY, holder, keys, prove, refused,
};

#[dusk_sdk::test]
fn holders_send_and_the_auditor_reads_it(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    market.send(SHARES, [ALICE, BOB], 30)?;
    market.send(SHARES, [ALICE, CAROL], 70)?;
    market.send(SHARES, [CAROL, BOB], 20)?;
    // Bob joins two notes.
    market.send(SHARES, [BOB, CAROL], 50)?;
    assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([0, 0, 100], [0, 5_000, 0]));
    assert_eq!(market.sides[SHARES].asset.total_supply()?, 100);
    assert_eq!(market.sides[SHARES].asset.name()?, "Windmill");
    market.agree()
}

#[dusk_sdk::test]
fn the_deployment_is_checked(chain: Chain) -> TestResult {
    let issuer = chain.account("issuer");
    let key = Auditor::new(Scalar::from(98)).key();
    let deploy = |name: &str, key| chain.try_deploy(&issuer, ::asset::init(name.into(), key));
    deploy("", key).refused(Refused::NameLength { limit: 64 });
    deploy(&"x".repeat(65), key).refused(Refused::NameLength { limit: 64 });
    let none = AuditorKey { u: Field::from(1), v: Field::from(2) };
    deploy("Windmill", none).refused(refused(auditor::Refused::AuditorKeyInvalid));
    deploy("Windmill", AuditorKey::new(&Point::IDENTITY))
        .refused(refused(auditor::Refused::AuditorKeyNeutral));
    Ok(())
}

#[dusk_sdk::test]
fn only_officers_admit_issue_and_freeze(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let relayer = market.relayer.clone();
    let it = &mut market.sides[SHARES];
    let mut dave = Party::new(keys(7), it.terms.asset);
    let act = play::enrol(&it.terms, dave.register(&it.terms.auditor)?);
    let (enrolment, entry) = (act.call, holder(act.call.owner));
    let proof = prove(&chain, &act)?;
    let by = it.asset.by(&relayer);
    by.admit(enrolment, entry, proof).refused(offices::Refused::NotOfficer.into());
    by.set_active(entry.owner, false, REASON.into()).refused(offices::Refused::NotOfficer.into());
    by.set_policy(TODAY, 10, LEVEL).refused(offices::Refused::NotOfficer.into());
    let fresh = [1, 2].map(Scalar::from);
    let issue = it.issuing(&keys(ALICE).address(), 5, fresh)?;
    let (order, root, of_issue) = (issue.call, it.ledger.holder_root(), prove(&chain, &issue)?);
    by.issue(order, root, of_issue).refused(offices::Refused::NotOfficer.into());

    let officer = it.asset.by(&market.issuer);
    officer.admit(enrolment, holder(Field::from(3)), proof).refused(Refused::OtherOwner);
    let inactive = Holder { active: false, ..entry };
    officer.admit(enrolment, inactive, proof).refused(refused(registry::Refused::NotActive));
    let other = circuits::Enrolment { reading: [1; 32], ..enrolment };
    officer.admit(other, entry, proof).refused(refused(pool::Refused::ProofInvalid));
    officer.admit(enrolment, entry, proof).succeeds();
    assert_eq!(it.asset.holder(entry.owner)?, Some(entry));
    officer.admit(enrolment, entry, proof).refused(refused(registry::Refused::AlreadyRegistered));

    let limit = dusk_sdk::finance::ledger::MAX_REASON_BYTES;
    let freeze = |owner, reason: &str| officer.set_active(owner, false, reason.into());
    freeze(entry.owner, "").refused(refused(registry::Refused::ReasonLength { limit }));
    freeze(Field::from(3), REASON).refused(refused(registry::Refused::NotAdmitted));
    freeze(entry.owner, REASON).succeeds();
    freeze(entry.owner, REASON).refused(refused(registry::Refused::SameEntry));
    officer.set_policy(TODAY - 1, 10, LEVEL).refused(calendar::Refused::Backwards { today: TODAY }.into());
    officer.set_policy(TODAY, 0, LEVEL).refused(calendar::Refused::BlockTime.into());
    Ok(())
}

#[dusk_sdk::test]
fn issues_are_checked(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let fresh = || [1, 2].map(Scalar::from);
    let it = &market.sides[SHARES];
    let officer = it.asset.by(&market.issuer);
    let most = u64::MAX - 99;
    for (amount, refusal) in [(0, pool::Refused::ZeroAmount), (most, pool::Refused::SupplyOverflow)] {
        let act = it.issuing(&keys(ALICE).address(), amount, fresh())?;
        let proof = prove(&chain, &act)?;
        officer.issue(act.call, it.ledger.holder_root(), proof).refused(refused(refusal));
    }
    let act = it.issuing(&keys(ALICE).address(), 5, fresh())?;
    let proof = prove(&chain, &act)?;
    let order = pool::Minting { value: 6, ..act.call };
    officer.issue(order, it.ledger.holder_root(), proof).refused(refused(pool::Refused::ProofInvalid));
    // Nobody issues to somebody who is not in the registry, or to whom the policy forbids it.
    let stranger = it.issuing(&keys(9).address(), 5, fresh())?;
    let failure = prove::<_, circuits::Issue>(&chain, &stranger).expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some("the receiver is in the registry"));
    officer.set_policy(TODAY, 10, LEVEL + 1).succeeds();
    let terms = it.asset.terms()?;
    let minted = it.ledger.mint(&terms.auditor, &keys(ALICE).address(), 5, fresh())?;
    let act = play::issue(&terms, minted)?;
    let failure = prove::<_, circuits::Issue>(&chain, &act).expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some("the receiver's level is high enough"));
    officer.issue(act.call, it.ledger.holder_root(), proof).refused(refused(pool::Refused::ProofInvalid));
    officer.set_policy(TODAY, 10, LEVEL).succeeds();
    market.issue(SHARES, CAROL, 5)?;
    assert_eq!(market.sides[SHARES].asset.total_supply()?, 105);
    Ok(())
}

#[dusk_sdk::test]
fn a_transfer_with_an_unknown_root_is_refused(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let transfer = market.transfer(SHARES, [ALICE, BOB], 5)?;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    let order = pool::Spending { note_root: Field::from(1), ..transfer.call };
    let sent = by.confidential_transfer(order, transfer.root, transfer.proof);
    sent.refused(refused(notes::Refused::UnknownNoteRoot));
    let [receiver, change] = transfer.call.notes;
    let order = pool::Spending { notes: [change, receiver], ..transfer.call };
    let sent = by.confidential_transfer(order, transfer.root, transfer.proof);
    sent.refused(refused(pool::Refused::ProofInvalid));
    by.confidential_transfer(transfer.call, transfer.root, transfer.proof).succeeds();
    Ok(())
}

/// A sender of two equal notes, with one random element and one ephemeral key, does not make the receiver lose one.
#[dusk_sdk::test]
fn equal_notes_have_different_nullifiers(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    for _ in 0..2 {
        let it = &mut market.sides[SHARES];
        let act = it.issuing(&keys(CAROL).address(), 20, [5, 6].map(Scalar::from))?;
        let (order, root, proof) = (act.call, it.ledger.holder_root(), prove(&chain, &act)?);
        it.asset.by(&market.issuer).issue(order, root, proof).succeeds();
        let position = it.note(order.commitment, order.note);
        it.auditor.read(it.terms.asset, &[], &order.cipher, &[position])?;
    }
    let notes = market.sides[SHARES].parties[CAROL].notes();
    assert_eq!(notes.len(), 2);
    assert!(notes[0].note == notes[1].note && notes[0].position != notes[1].position);
    market.send(SHARES, [CAROL, BOB], 40)?;
    assert_eq!(market.balances(SHARES), [100, 40, 0]);
    Ok(())
}

/// A lock has two inputs. A holder who has got many small notes joins them by transfers to itself.
#[dusk_sdk::test]
fn small_notes_are_joined_for_a_lock(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    for amount in [1, 2, 3] {
        market.issue(SHARES, CAROL, amount)?;
    }
    let trade = market.trade([CAROL, BOB], [6, 400]);
    let failure = market.reservation(&trade, SHARES).err().expect("two notes are not enough");
    assert!(failure.to_string().contains("the sum is conserved"), "{failure}");
    market.send(SHARES, [CAROL, CAROL], 5)?;
    assert_eq!(market.balances(SHARES), [100, 0, 6]);
    market.lock(&trade, SHARES)?;
    assert_eq!(market.balances(SHARES), [100, 0, 0], "all of it is locked");
    market.agree()
}

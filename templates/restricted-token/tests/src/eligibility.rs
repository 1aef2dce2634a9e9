//! Tests of accounts that a proof admits. They are the specification of the register.

use ::register::{EPOCH_BLOCKS, Holding, Policy, PolicyChanged, Position, Refused};
use dusk_sdk::finance::admission::{Admitted, Barred, Lifted};
use dusk_sdk::finance::freezes::{Frozen, Unfrozen};
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;

use crate::people::{DAY_BLOCKS, LIMIT, Scene, eligible, trusted, wallet, who};

#[dusk_sdk::test]
fn an_eligible_holder_lets_its_account_in(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let (from, account) = (who(&alice), who(&bob));
    scene.send(bob, 10).refused(admission::Refused::ReceiverNotAdmitted.into());

    let statement = scene.statement(&scene.holder())?;
    let (tag, until) = (statement.public.tag, scene.policy().today);
    let shown = scene.admit(tag, statement.prove(&chain)?).emits(Admitted { account, tag, until });
    assert_eq!(shown.value(), until);
    scene.send(bob, 10).succeeds();
    let expected = Position {
        shares: 10,
        free: 10,
        limit: LIMIT,
        proven_until: Some(until),
        tag: Some(tag),
        ..Position::default()
    };
    assert_eq!(shares.position(account)?, expected);
    assert_eq!(shares.holder(tag)?, Holding { shares: 10, ..Holding::default() });

    // It sends, receives and claims as others do.
    shares.by(bob).transfer(from, 4).succeeds();
    shares.by(bob).claim().refused(dividends::Refused::NothingToClaim.into());
    shares.by(officer).freeze(account, "court order 3".into()).succeeds();
    shares.by(bob).transfer(from, 1).refused(freezes::Refused::SenderFrozen.into());
    scene.send(bob, 1).refused(freezes::Refused::ReceiverFrozen.into());
    shares.by(bob).claim().refused(freezes::Refused::ClaimantFrozen.into());
    shares.by(officer).unfreeze(account).succeeds();
    shares.by(officer).unlist(account).succeeds();
    shares.by(bob).transfer(from, 1).refused(admission::Refused::SenderNotAdmitted.into());
    shares.by(bob).claim().refused(admission::Refused::ClaimantNotAdmitted.into());
    let expected = Position { shares: 6, free: 6, barred: true, tag: Some(tag), ..Position::default() };
    assert_eq!(shares.position(account)?, expected, "the shares stay");
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_lets_in_for_a_day(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = wallet(&scene.attester, 7, attester_of_two_days());
    scene.show(&chain, &holder, &scene.bob)?.succeeds();
    scene.send(&scene.bob, 1).succeeds();

    // The register's day began with the policy, in block 2.
    chain.mine(DAY_BLOCKS - chain.height());
    assert_eq!(scene.send(&scene.bob, 1).succeeds().height(), DAY_BLOCKS + 1);
    scene.send(&scene.bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    scene
        .shares
        .by(&scene.bob)
        .transfer(who(&scene.alice), 1)
        .refused(admission::Refused::SenderNotAdmitted.into());
    assert_eq!(scene.shares.position(who(&scene.bob))?.proven_until, None);

    // The day has moved on by itself, and the holder proves for it.
    let terms = scene.shares.terms(scene.bob.account())?;
    assert_eq!((terms.today, terms.born_until), (scene.policy().today + 1, scene.policy().born_until + 1));
    assert_eq!(scene.show(&chain, &holder, &scene.bob)?.succeeds().value(), terms.today);
    scene.send(&scene.bob, 1).succeeds();
    Ok(())
}

/// A credential that holds on the day of the policy and on the next.
fn attester_of_two_days() -> ::attester::Attributes {
    ::attester::Attributes { expires: eligible().expires + 1, ..eligible() }
}

#[dusk_sdk::test]
fn an_account_is_one_holders(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let (holder, other) = (scene.holder(), wallet(&scene.attester, 8, eligible()));
    scene.show(&chain, &holder, &scene.bob)?.succeeds();
    scene.show(&chain, &holder, &scene.bob)?.succeeds();
    scene.show(&chain, &other, &scene.bob)?.refused(ledger::Refused::OtherPerson.into());
    chain.mine(EPOCH_BLOCKS);
    assert_eq!(scene.shares.status()?.epoch, 1);
    scene.show(&chain, &other, &scene.bob)?.refused(ledger::Refused::OtherPerson.into());
    Ok(())
}

#[dusk_sdk::test]
fn the_other_restrictions_stay(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let holder = scene.holder();
    scene.show(&chain, &holder, bob)?.succeeds();
    scene.send(bob, 0).refused(ledger::Refused::ZeroAmount.into());
    scene.send(bob, 301).refused(ledger::Refused::Insufficient { shares: 300 }.into());
    scene.send(bob, LIMIT + 1).refused(limits::Refused::LimitExceeded { room: LIMIT }.into());
    let forced = shares.by(officer).force_transfer(who(&alice), who(&bob), LIMIT + 1, "order 7".into());
    forced.refused(limits::Refused::LimitExceeded { room: LIMIT }.into());

    // An account on the list needs no proof. Its receipts count for its holder, up to the limit that the officer
    // says.
    shares.by(officer).list(who(&bob), LIMIT + 1).succeeds();
    scene.show(&chain, &holder, bob)?.refused(admission::Refused::AlreadyListed.into());
    scene.send(bob, LIMIT + 1).succeeds();
    let carol = chain.account("carol");
    scene.show(&chain, &holder, &carol)?.succeeds();
    scene.send(&carol, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());

    let locked = chain.deploy(officer, ::register::init("Locked".into(), 10, 1_000_000))?;
    locked.by(officer).set_policy(Some(scene.policy())).succeeds();
    let scene = Scene { shares: locked, ..scene };
    scene.show(&chain, &holder, &scene.alice)?.succeeds();
    scene.shares.by(&scene.officer).transfer(who(&scene.alice), 10).succeeds();
    scene.send(&scene.officer, 1).refused(lots::Refused::LockedUp { until: 1_000_000 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn officers_set_the_policy(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, officer, .. } = &scene;
    let before = scene.policy();
    assert_eq!(shares.policy()?, Some(before.clone()));
    shares.by(alice).set_policy(None).refused(offices::Refused::NotOfficer.into());

    // A proof is for the policy that it was made under: each part of it.
    let statement = scene.statement(&scene.holder())?;
    let (tag, proof) = (statement.public.tag, statement.prove(&chain)?);
    let swapped = trusted(&scene.attester);
    let others = [
        Policy {
            attesters: vec![attesters::Attester { key: swapped.revoked, ..swapped.clone() }],
            ..before.clone()
        },
        Policy {
            attesters: vec![attesters::Attester { revoked: swapped.key, ..swapped.clone() }],
            ..before.clone()
        },
        Policy { blocked: swapped.key, ..before.clone() },
        Policy { born_until: before.born_until - 1, ..before.clone() },
        Policy { level: before.level + 1, ..before.clone() },
    ];
    for (number, policy) in (2..).zip(others) {
        let changed = PolicyChanged { number, policy: Some(policy.clone()), by: who(officer) };
        shares.by(officer).set_policy(Some(policy)).emits(changed);
        scene.admit(tag, proof).refused(Refused::NotEligible);
    }
    shares.by(officer).set_policy(None).succeeds();
    scene.admit(tag, proof).refused(admission::Refused::NoPolicy.into());
    shares.by(officer).set_policy(Some(before.clone())).succeeds();
    scene.admit(tag, proof).succeeds();
    // The day moves on, and never back.
    let later = Policy { today: before.today + 1, ..before.clone() };
    shares.by(officer).set_policy(Some(later)).succeeds();
    scene.admit(tag, proof).refused(Refused::NotEligible);
    let back = shares.by(officer).set_policy(Some(before.clone()));
    back.refused(calendar::Refused::Backwards { today: before.today + 1 }.into());
    let unborn = Policy { born_until: before.today + 2, today: before.today + 1, ..before };
    shares.by(officer).set_policy(Some(unborn)).refused(Refused::BornAfterToday);
    Ok(())
}

#[dusk_sdk::test]
fn officers_freeze_and_bar_holders(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let (account, by) = (who(&bob), who(&officer));
    scene.show(&chain, &scene.holder(), bob)?.succeeds();
    let tag = scene.tag(&scene.holder())?;

    let reason = String::from("court order 3");
    let frozen = shares.by(officer).freeze(account, reason.clone());
    frozen.emits(Frozen { account: Some(account), tag: Some(tag), by, reason: reason.clone() });
    assert!(shares.holder(tag)?.frozen);
    shares.by(officer).freeze_holder(tag, reason.clone()).refused(freezes::Refused::AlreadyFrozen.into());
    shares.by(officer).unfreeze_holder(tag).emits(Unfrozen { account: None, tag: Some(tag), by });
    shares.by(officer).unfreeze_holder(tag).refused(freezes::Refused::NotFrozen.into());
    assert!(!shares.position(account)?.frozen);
    let frozen = shares.by(officer).freeze_holder(tag, reason.clone());
    frozen.emits(Frozen { account: None, tag: Some(tag), by, reason: reason.clone() });
    shares.by(officer).unfreeze(account).emits(Unfrozen { account: Some(account), tag: Some(tag), by });
    shares
        .by(officer)
        .freeze_holder(tag, String::new())
        .refused(ledger::Refused::ReasonLength { limit: 256 }.into());

    shares.by(officer).unlist(account).succeeds();
    assert!(shares.holder(tag)?.barred);
    shares.by(officer).unlist(account).refused(admission::Refused::NotListed.into());
    shares.by(officer).lift(account).emits(Lifted { account: Some(account), tag: Some(tag), by });
    shares.by(officer).lift(account).refused(admission::Refused::NotBarred.into());
    // The bar of an account and that of its holder are one.
    shares.by(officer).bar_holder(tag).emits(Barred { tag, by });
    shares.by(officer).bar_holder(tag).refused(admission::Refused::AlreadyBarred.into());
    assert!(shares.position(account)?.barred);
    shares.by(officer).lift(account).succeeds();
    shares.by(officer).lift_holder(tag).refused(admission::Refused::NotBarred.into());
    shares.by(officer).unlist(account).succeeds();
    shares.by(officer).lift_holder(tag).emits(Lifted { account: None, tag: Some(tag), by });
    assert!(!shares.position(account)?.barred);

    let others = shares.by(alice);
    others.freeze_holder(tag, reason).refused(offices::Refused::NotOfficer.into());
    others.unfreeze_holder(tag).refused(offices::Refused::NotOfficer.into());
    others.lift(account).refused(offices::Refused::NotOfficer.into());
    others.bar_holder(tag).refused(offices::Refused::NotOfficer.into());
    others.lift_holder(tag).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

//! What the register promises to accounts that are not on its list. Read it as its specification.

use ::register::{
    Admitted, DAY_EPOCHS, EPOCH_BLOCKS, Frozen, HolderBarred, HolderLifted, Holding, Lifted, Policy,
    PolicyChanged, Position, Refused, Unfrozen,
};
use dusk_sdk::testing::*;

use crate::people::{LIMIT, Scene, eligible, wallet};

#[dusk_sdk::test]
fn an_eligible_holder_lets_its_account_in(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let (from, account) = (alice.account(), bob.account());
    scene.send(bob, 10).refused(Refused::ReceiverNotAdmitted);

    let statement = scene.statement(&scene.holder())?;
    let (tag, until) = (statement.public.tag, DAY_EPOCHS - 1);
    let shown = scene.admit(tag, statement.prove(&chain)?).emits(Admitted { account, tag, until });
    assert_eq!(shown.value(), until);
    scene.send(bob, 10).succeeds();
    let expected = Position {
        shares: 10,
        limit: LIMIT,
        proven_until: Some(until),
        tag: Some(tag),
        ..Position::default()
    };
    assert_eq!(shares.position(account)?, expected);
    assert_eq!(shares.holder(tag)?, Holding { shares: 10, ..Holding::default() });

    // It sends, receives and claims as others do.
    shares.by(bob).transfer(from, 4).succeeds();
    shares.by(bob).claim().refused(Refused::NothingToClaim);
    shares.by(officer).freeze(account, "court order 3".into()).succeeds();
    shares.by(bob).transfer(from, 1).refused(Refused::SenderFrozen);
    scene.send(bob, 1).refused(Refused::ReceiverFrozen);
    shares.by(bob).claim().refused(Refused::ClaimantFrozen);
    shares.by(officer).unfreeze(account).succeeds();
    shares.by(officer).unlist(account).succeeds();
    shares.by(bob).transfer(from, 1).refused(Refused::SenderNotAdmitted);
    shares.by(bob).claim().refused(Refused::ClaimantNotAdmitted);
    let expected = Position { shares: 6, barred: true, tag: Some(tag), ..Position::default() };
    assert_eq!(shares.position(account)?, expected, "the shares stay");
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_lets_in_for_a_day(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = wallet(&scene.attester, 7, attester_of_two_days());
    scene.show(&chain, &holder, &scene.bob)?.succeeds();
    scene.send(&scene.bob, 1).succeeds();

    // The register's day began with the policy, in epoch 0.
    chain.mine(DAY_EPOCHS * EPOCH_BLOCKS - 2 - chain.height());
    assert_eq!(scene.send(&scene.bob, 1).succeeds().height(), DAY_EPOCHS * EPOCH_BLOCKS - 1);
    scene.send(&scene.bob, 1).refused(Refused::ReceiverNotAdmitted);
    scene.shares.by(&scene.bob).transfer(scene.alice.account(), 1).refused(Refused::SenderNotAdmitted);
    assert_eq!(scene.shares.position(scene.bob.account())?.proven_until, None);

    // The day has moved on by itself, and the holder proves for it.
    let terms = scene.shares.terms(scene.bob.account())?;
    assert_eq!((terms.today, terms.born_until), (scene.policy().today + 1, scene.policy().born_until + 1));
    assert_eq!(scene.show(&chain, &holder, &scene.bob)?.succeeds().value(), 2 * DAY_EPOCHS - 1);
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
    scene.show(&chain, &other, &scene.bob)?.refused(Refused::OtherHolder);
    chain.mine(EPOCH_BLOCKS);
    assert_eq!(scene.shares.epoch()?, 1);
    scene.show(&chain, &other, &scene.bob)?.refused(Refused::OtherHolder);
    Ok(())
}

#[dusk_sdk::test]
fn the_other_restrictions_stay(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let holder = scene.holder();
    scene.show(&chain, &holder, bob)?.succeeds();
    scene.send(bob, 0).refused(Refused::ZeroAmount);
    scene.send(bob, 301).refused(Refused::Insufficient { shares: 300 });
    scene.send(bob, LIMIT + 1).refused(Refused::LimitExceeded { room: LIMIT });
    let forced =
        shares.by(officer).force_transfer(alice.account(), bob.account(), LIMIT + 1, "order 7".into());
    forced.refused(Refused::LimitExceeded { room: LIMIT });

    // An account on the list needs no proof. What it receives counts for its holder, up to the limit that the officer
    // says.
    shares.by(officer).list(bob.account(), LIMIT + 1).succeeds();
    scene.show(&chain, &holder, bob)?.refused(Refused::AlreadyListed);
    scene.send(bob, LIMIT + 1).succeeds();
    let carol = chain.account("carol");
    scene.show(&chain, &holder, &carol)?.succeeds();
    scene.send(&carol, 1).refused(Refused::LimitExceeded { room: 0 });

    let locked = chain.deploy(officer, ::register::init("Locked".into(), 10, 1_000_000))?;
    locked.by(officer).set_policy(Some(scene.policy())).succeeds();
    let scene = Scene { shares: locked, ..scene };
    scene.show(&chain, &holder, &scene.alice)?.succeeds();
    scene.shares.by(&scene.officer).transfer(scene.alice.account(), 10).succeeds();
    scene.send(&scene.officer, 1).refused(Refused::LockedUp { until: 1_000_000 });
    Ok(())
}

#[dusk_sdk::test]
fn officers_set_the_policy(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, officer, .. } = &scene;
    let before = scene.policy();
    assert_eq!(shares.policy()?, Some(before));
    shares.by(alice).set_policy(None).refused(Refused::NotOfficer);

    // A proof is for the policy that it was made under: each part of it.
    let statement = scene.statement(&scene.holder())?;
    let (tag, proof) = (statement.public.tag, statement.prove(&chain)?);
    let others = [
        Policy { attester: before.revoked, ..before },
        Policy { revoked: before.attester, ..before },
        Policy { today: before.today + 1, ..before },
        Policy { born_until: before.born_until - 1, ..before },
        Policy { level: before.level + 1, ..before },
    ];
    for (number, policy) in (2..).zip(others) {
        let changed = PolicyChanged { number, policy: Some(policy), by: officer.account() };
        shares.by(officer).set_policy(Some(policy)).emits(changed);
        scene.admit(tag, proof).refused(Refused::NotEligible);
    }
    shares.by(officer).set_policy(None).succeeds();
    scene.admit(tag, proof).refused(Refused::NoPolicy);
    shares.by(officer).set_policy(Some(before)).succeeds();
    scene.admit(tag, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn officers_freeze_and_bar_holders(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let (account, by) = (bob.account(), officer.account());
    scene.show(&chain, &scene.holder(), bob)?.succeeds();
    let tag = scene.tag(&scene.holder())?;

    let reason = String::from("court order 3");
    let frozen = shares.by(officer).freeze(account, reason.clone());
    frozen.emits(Frozen { account: Some(account), tag: Some(tag), by, reason: reason.clone() });
    assert!(shares.holder(tag)?.frozen);
    shares.by(officer).freeze_holder(tag, reason.clone()).refused(Refused::AlreadyFrozen);
    shares.by(officer).unfreeze_holder(tag).emits(Unfrozen { account: None, tag: Some(tag), by });
    shares.by(officer).unfreeze_holder(tag).refused(Refused::NotFrozen);
    assert!(!shares.position(account)?.frozen);
    let frozen = shares.by(officer).freeze_holder(tag, reason.clone());
    frozen.emits(Frozen { account: None, tag: Some(tag), by, reason: reason.clone() });
    shares.by(officer).unfreeze(account).emits(Unfrozen { account: Some(account), tag: Some(tag), by });
    shares.by(officer).freeze_holder(tag, String::new()).refused(Refused::ReasonLength { limit: 256 });

    shares.by(officer).unlist(account).succeeds();
    assert!(shares.holder(tag)?.barred);
    shares.by(officer).unlist(account).refused(Refused::NotListed);
    shares.by(officer).lift(account).emits(Lifted { account, by });
    shares.by(officer).lift(account).refused(Refused::NotBarred);
    // The bar of an account and that of its holder are one.
    shares.by(officer).bar_holder(tag).emits(HolderBarred { tag, by });
    shares.by(officer).bar_holder(tag).refused(Refused::AlreadyBarred);
    assert!(shares.position(account)?.barred);
    shares.by(officer).lift(account).succeeds();
    shares.by(officer).lift_holder(tag).refused(Refused::NotBarred);
    shares.by(officer).unlist(account).succeeds();
    shares.by(officer).lift_holder(tag).emits(HolderLifted { tag, by });
    assert!(!shares.position(account)?.barred);

    let others = shares.by(alice);
    others.freeze_holder(tag, reason).refused(Refused::NotOfficer);
    others.unfreeze_holder(tag).refused(Refused::NotOfficer);
    others.lift(account).refused(Refused::NotOfficer);
    others.bar_holder(tag).refused(Refused::NotOfficer);
    others.lift_holder(tag).refused(Refused::NotOfficer);
    Ok(())
}

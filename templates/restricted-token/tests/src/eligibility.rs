//! What the register promises to who is not on its list. Read it as its specification.

use ::register::{EPOCH_BLOCKS, Policy, PolicyChanged, Position, Refused, TransferredByProof};
use dusk_sdk::testing::*;

use crate::people::{LIMIT, Scene, eligible, wallet};

#[dusk_sdk::test]
fn who_proves_to_be_eligible_receives(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let (from, to) = (alice.account(), bob.account());
    shares.by(alice).transfer(to, 10).refused(Refused::ReceiverNotListed);

    let statement = scene.statement(&scene.holder())?;
    let nullifier = statement.public.nullifier;
    scene.send(nullifier, statement.prove(&chain)?).emits(TransferredByProof {
        from,
        to,
        amount: 10,
        nullifier,
    });
    let expected = Position { shares: 10, limit: LIMIT, proven: true, ..Position::default() };
    assert_eq!(shares.position(to)?, expected);

    // It may send and claim as others do; what it receives, it needs a proof for.
    shares.by(alice).transfer(to, 1).refused(Refused::ReceiverNotListed);
    shares.by(bob).transfer(from, 4).succeeds();
    shares.by(bob).claim().refused(Refused::NothingToClaim);
    shares.by(officer).freeze(to, "court order 3".into()).succeeds();
    shares.by(bob).transfer(from, 1).refused(Refused::SenderFrozen);
    shares.by(officer).unfreeze(to).succeeds();
    shares.by(officer).unlist(to).succeeds();
    shares.by(bob).transfer(from, 1).refused(Refused::SenderNotListed);
    assert_eq!(shares.position(to)?, Position { shares: 6, limit: LIMIT, ..Position::default() });
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_proves_once_an_epoch(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = scene.holder();
    let first = scene.statement(&holder)?;
    scene.send(first.public.nullifier, first.prove(&chain)?).succeeds();
    scene.send(first.public.nullifier, first.prove(&chain)?).refused(Refused::ProofUsed);

    // Another holder may prove for the same account, and the first again in the next epoch.
    let other = scene.statement(&wallet(&scene.attester, 8, eligible()))?;
    scene.send(other.public.nullifier, other.prove(&chain)?).succeeds();
    chain.mine(EPOCH_BLOCKS);
    assert_eq!(scene.shares.epoch()?, 1);
    let second = scene.statement(&holder)?;
    assert_ne!(second.public.nullifier, first.public.nullifier, "epochs cannot be linked");
    scene.send(second.public.nullifier, second.prove(&chain)?).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_does_not_lift_the_other_restrictions(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let statement = scene.statement(&scene.holder())?;
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    let send = |amount| shares.by(alice).transfer_proven(bob.account(), amount, nullifier, proof);
    send(0).refused(Refused::ZeroAmount);
    send(301).refused(Refused::Insufficient { shares: 300 });
    send(LIMIT + 1).refused(Refused::LimitExceeded { room: LIMIT });
    shares.by(officer).freeze(alice.account(), "court order 3".into()).succeeds();
    send(1).refused(Refused::SenderFrozen);
    shares.by(officer).unfreeze(alice.account()).succeeds();
    let stranger = chain.account("stranger");
    let sent = shares.by(&stranger).transfer_proven(bob.account(), 1, nullifier, proof);
    sent.refused(Refused::SenderNotListed);

    // Who is on the list needs no proof, and does not spend one by mistake.
    shares.by(officer).list(bob.account(), 5).succeeds();
    send(1).refused(Refused::AlreadyListed);
    shares.by(officer).freeze(bob.account(), "court order 4".into()).succeeds();
    shares.by(officer).unlist(bob.account()).succeeds();
    send(1).refused(Refused::ReceiverFrozen);
    shares.by(officer).unfreeze(bob.account()).succeeds();
    send(LIMIT).succeeds();

    let locked = chain.deploy(officer, ::register::init("Locked".into(), 10, 1_000_000))?;
    locked.by(officer).set_policy(Some(scene.policy())).succeeds();
    locked.by(officer).list(alice.account(), 10).succeeds();
    locked.by(officer).transfer(alice.account(), 10).succeeds();
    let sent = locked.by(alice).transfer_proven(bob.account(), 1, nullifier, proof);
    sent.refused(Refused::LockedUp { until: 1_000_000 });
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
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    let others = [
        Policy { attester: before.revoked, ..before },
        Policy { revoked: before.attester, ..before },
        Policy { today: before.today + 1, ..before },
        Policy { born_until: before.born_until - 1, ..before },
        Policy { level: before.level + 1, ..before },
    ];
    for policy in others {
        let changed = PolicyChanged { policy: Some(policy), by: officer.account() };
        shares.by(officer).set_policy(Some(policy)).emits(changed);
        scene.send(nullifier, proof).refused(Refused::NotEligible);
    }
    shares.by(officer).set_policy(None).succeeds();
    scene.send(nullifier, proof).refused(Refused::NoPolicy);
    shares.by(officer).set_policy(Some(before)).succeeds();
    scene.send(nullifier, proof).succeeds();
    Ok(())
}

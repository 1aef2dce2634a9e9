//! Tests of locks for settlement: the rights of an agent, and the end of a lock without it.

use ::asset::Refused;
use dusk_sdk::finance::confidential::locks::{self, LockReleased, MAX_LOCK_BLOCKS};
use dusk_sdk::finance::confidential::pool;
use dusk_sdk::testing::*;

use crate::people::{ALICE, BOB, DEADLINE_BLOCKS, ISSUED, Scene, prove};

fn refused(refusal: locks::Refused) -> Refused {
    pool::Refused::from(refusal).into()
}

#[dusk_sdk::test]
fn a_locked_amount_goes_to_the_receiver_or_back(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.lock(ALICE, BOB, 30)?;
    assert_eq!((scene.balance(ALICE), scene.balance(BOB)), (ISSUED - 30, 0));
    assert_eq!((scene.asset.total_supply()?, scene.asset.status()?.locked), (ISSUED, 1));
    assert!(scene.asset.pending(scene.locks[0].id)?.is_some());
    scene.release(0)?;
    assert_eq!((scene.balance(ALICE), scene.balance(BOB)), (ISSUED - 30, 30));
    scene.lock(ALICE, BOB, 50)?;
    scene.cancel(1)?;
    assert_eq!((scene.balance(ALICE), scene.balance(BOB)), (ISSUED - 30, 30));
    for person in [ALICE, BOB] {
        assert_eq!(scene.audited(person), scene.balance(person));
    }
    // Released and returned notes can be spent.
    scene.send(BOB, ALICE, 30)?;
    scene.send(ALICE, BOB, 50 + 30)?;
    Ok(())
}

#[dusk_sdk::test]
fn nobody_stalls_the_other_beyond_the_deadline(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.lock(ALICE, BOB, 30)?;
    let deadline = scene.locks[0].deadline;
    let early = scene.cancel_by_anybody(0).expect_err("the deadline has not passed");
    assert!(early.is(&refused(locks::Refused::BeforeDeadline { deadline })), "{early}");
    chain.mine(DEADLINE_BLOCKS);
    // Also while the asset is paused.
    scene.pause()?;
    scene.cancel_by_anybody(0)?;
    assert_eq!(scene.balance(ALICE), ISSUED);
    Ok(())
}

#[dusk_sdk::test]
fn a_lock_has_a_deadline_that_comes(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let act = scene.reserving(ALICE, BOB, 30)?;
    let (proof, root) = (prove(&chain, &act)?, scene.ledger.holder_root());
    let by = scene.asset.by(&scene.relayer);
    let far = pool::Locking { deadline: chain.height() + MAX_LOCK_BLOCKS + 10, ..act.call };
    by.lock(far, root, proof).refused(refused(locks::Refused::DeadlineTooFar { limit: MAX_LOCK_BLOCKS }));
    let past = pool::Locking { deadline: 1, ..act.call };
    by.lock(past, root, proof).refused(refused(locks::Refused::DeadlinePassed { deadline: 1 }));
    by.lock(act.call, root, proof).succeeds();
    by.lock(act.call, root, proof).refused(refused(locks::Refused::AlreadyLocked));
    scene.locked(&act.call)?;
    let id = scene.locks[0].id;
    scene
        .agent
        .by(&scene.officer)
        .release(scene.asset.id(), id)
        .succeeds()
        .emits_from(scene.asset.id(), LockReleased { id });
    Ok(())
}

//! One proof of each circuit, which the contracts accept. Together with `a_person_is_admitted_by_a_credential`, these
//! tests show how long each proof takes: `cargo dusk test --proofs real --jobs 1 admitted_by`.

use circuits::Payment;
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::*;

use crate::cash::Till;
use crate::people::{ALICE, BOB, CAROL, ISSUED, Scene, prove};
use crate::threats::disclose;

#[dusk_sdk::test]
fn every_act_is_admitted_by_its_proof(chain: Chain) -> TestResult {
    // Four registrations and an issue.
    let mut scene = Scene::open(&chain)?;
    scene.send(ALICE, BOB, 30)?;
    scene.lock(ALICE, CAROL, 20)?;
    scene.seize(BOB, CAROL)?;
    let owned = scene.parties[CAROL].notes()[0];
    let pinned = scene.asset.by(&scene.officer).take_snapshot().succeeds().value();
    let act = disclose(&scene.ledger, pinned.height, &scene.parties[CAROL], &owned, 30)?;
    scene.asset.check_disclosure(act.call, prove(&chain, &act)?)?;
    scene.redeem(ALICE, 10)?;
    assert_eq!([ALICE, BOB, CAROL].map(|person| scene.audited(person)), [ISSUED - 60, 0, 30]);
    Ok(())
}

#[dusk_sdk::test]
fn every_act_with_cash_is_admitted_by_its_proof(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    till.pay(30, Payment::NONE)?.succeeds();
    let agent = chain.deploy(&till.depositor, ::agent::init())?;
    let deadline = chain.height() + 20;
    let instruction = Instruction { agent: agent.id(), instruction: 5.into(), deadline, blinding: 77.into() };
    let act = till.reserving([ALICE, BOB], 60, &instruction)?;
    let proof = prove(&chain, &act)?;
    till.cash.by(&till.relayer).lock(act.call, proof).succeeds();
    Ok(())
}

//! Tests of the calls of holders. They are the specification of the asset.

use dusk_sdk::Field;
use dusk_sdk::testing::*;

use crate::people::{ALICE, BOB, CAROL, ISSUED, Scene, prove};

#[dusk_sdk::test]
fn holders_send_and_receive_and_the_auditor_reads_it(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.send(ALICE, BOB, 30)?;
    assert_eq!((scene.values(ALICE), scene.values(BOB)), (vec![ISSUED - 30], vec![30]));
    // Two inputs, of which the second is empty; then two whole ones.
    scene.send(ALICE, BOB, 20)?;
    scene.send(BOB, CAROL, 45)?;
    assert_eq!((scene.values(BOB), scene.values(CAROL)), (vec![5], vec![45]));
    for person in [ALICE, BOB, CAROL] {
        assert_eq!(scene.audited(person), scene.balance(person), "the auditor knows what {person} holds");
    }
    assert_eq!(scene.asset.total_supply()?, ISSUED);
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_sends_everything_and_joins_its_notes(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    for amount in [10, 20, 30] {
        scene.send(ALICE, BOB, amount)?;
    }
    assert_eq!(scene.values(BOB), [10, 20, 30]);
    // A transfer has two inputs. To send more a holder joins notes by a transfer to itself.
    scene.send(BOB, BOB, 50)?;
    assert_eq!(scene.values(BOB), [10, 50]);
    scene.send(BOB, CAROL, 60)?;
    assert_eq!((scene.values(BOB), scene.values(CAROL)), (vec![], vec![60]));
    Ok(())
}

#[dusk_sdk::test]
fn a_receiver_finds_its_notes_and_what_the_sender_tells(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let memo = Field::from(2_026_001);
    let (terms, to) = (scene.terms()?, scene.parties[BOB].address());
    let act = scene.sending_to(&terms, ALICE, &to, 30, memo)?;
    let proof = prove(&chain, &act)?;
    scene.submit((act.call, proof))?;
    let found = scene.parties[BOB].notes();
    assert_eq!((found.len(), found[0].note.value, found[0].memo), (1, 30, memo));
    // Nobody else finds it, and a wallet that has lost everything but its keys finds the same by reading all events.
    assert!(scene.parties[CAROL].notes().is_empty());
    assert_eq!(scene.restored(BOB).notes(), scene.parties[BOB].notes());
    Ok(())
}

#[dusk_sdk::test]
fn a_redemption_destroys_notes_and_says_how_much(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.redeem(ALICE, 40)?;
    assert_eq!((scene.balance(ALICE), scene.asset.total_supply()?), (ISSUED - 40, ISSUED - 40));
    scene.redeem(ALICE, ISSUED - 40)?;
    assert_eq!((scene.values(ALICE), scene.asset.total_supply()?), (vec![], 0));
    assert_eq!(scene.audited(ALICE), 0);
    Ok(())
}

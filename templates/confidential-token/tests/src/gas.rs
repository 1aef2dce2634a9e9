//! The gas of calls, and that nobody can tell transfers apart by it.

use dusk_sdk::testing::*;

use crate::people::{ALICE, BOB, CAROL, Scene};

/// The most gas of a transfer.
const MOST_GAS: u64 = 20_000_000;

#[dusk_sdk::test]
fn a_transfer_costs_less_than_twenty_million(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    for (from, to, amount) in [(ALICE, BOB, 30), (ALICE, CAROL, 20), (BOB, CAROL, 30), (CAROL, BOB, 45)] {
        let transfer = scene.transfer(from, to, amount)?;
        let root = scene.ledger.holder_root();
        let sent = scene.asset.by(&scene.relayer).confidential_transfer(transfer.0, root, transfer.1);
        let gas = sent.succeeds().gas();
        println!("transfer: {gas} gas");
        assert!(gas < MOST_GAS, "{gas}");
        scene.spent(&transfer.0)?;
    }
    Ok(())
}

#[dusk_sdk::test]
fn transfers_look_alike(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // Another amount to another receiver, from the same state. The places of nullifiers in their tree are random,
    // so the work there differs a little: by less than one path.
    let cases = [
        scene.transfer(ALICE, BOB, 1)?,
        scene.transfer(ALICE, CAROL, 99)?,
        scene.transfer(ALICE, ALICE, 50)?,
    ];
    let (root, before) = (scene.ledger.holder_root(), chain.snapshot());
    let mut costs = Vec::new();
    for (order, proof) in cases {
        chain.revert(&before);
        let sent = scene.asset.by(&scene.relayer).confidential_transfer(order, root, proof).succeeds();
        assert_eq!(
            sent.topics(),
            ["NullifierSpent", "NullifierSpent", "NoteAdded", "NoteAdded", "ConfidentialTransfer"]
        );
        costs.push(sent.gas());
    }
    let (least, most) = (costs.iter().min().copied(), costs.iter().max().copied());
    println!("{costs:?}");
    assert!(most.zip(least).is_some_and(|(most, least)| most - least < 1_000_000), "{costs:?}");
    Ok(())
}

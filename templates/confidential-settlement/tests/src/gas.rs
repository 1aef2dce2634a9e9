//! The gas of every step. A settlement has to cost less than 45,000,000, a lock and a transfer less than 20,000,000.

use circuits::Answer;
use dusk_sdk::testing::*;

use crate::market::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, MONEY, Market, Proven, SHARES};

const TRANSFER_GAS: u64 = 20_000_000;
const SETTLEMENT_GAS: u64 = 45_000_000;

#[dusk_sdk::test]
fn a_settlement_costs_little(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let transfer = market.transfer(SHARES, [ALICE, CAROL], 1)?;
    let before = chain.snapshot();
    let by = market.sides[SHARES].asset.by(&market.relayer);
    let sent = by.confidential_transfer(transfer.call, transfer.root, transfer.proof).succeeds().gas();
    chain.revert(&before);
    let trade = market.trade([ALICE, BOB], [10, 400]);
    let instruct = market.settlement.by(&market.relayer).instruct(trade.instruction).succeeds().gas();
    let mut affirm = 0;
    for leg in [SHARES, MONEY] {
        let proof = market.answer(&trade, leg, Answer::Affirm)?;
        affirm = market.settlement.by(&market.relayer).affirm(trade.name, leg as u8, proof).succeeds().gas();
    }
    let mut locks = Vec::new();
    for leg in [SHARES, MONEY] {
        let Proven { call, root, proof } = market.reservation(&trade, leg)?;
        let by = market.sides[leg].asset.by(&market.relayer);
        locks.push(by.lock(call, root, proof).succeeds().gas());
    }
    let before = chain.snapshot();
    let settle = market.settlement.by(&market.relayer).settle(trade.name).succeeds().gas();
    chain.revert(&before);
    chain.mine(DEADLINE_BLOCKS + 5);
    let back = market.settlement.by(&market.relayer).give_back(trade.name).succeeds().gas();
    let whole = instruct + 2 * affirm + locks.iter().sum::<u64>() + settle;
    println!(
        "gas of instruct {instruct}, affirm {affirm}, lock {locks:?}, settle {settle}, give_back {back}"
    );
    println!("gas of confidential_transfer {sent}; of all calls of a settlement {whole}");
    assert!(sent < TRANSFER_GAS && locks.iter().all(|lock| *lock < TRANSFER_GAS));
    assert!(settle + locks.iter().sum::<u64>() < SETTLEMENT_GAS, "both locks and the settlement");
    Ok(())
}

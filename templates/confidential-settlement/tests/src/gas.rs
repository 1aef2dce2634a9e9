//! The gas of every step. A lock and a transfer have to cost less than 20,000,000 each. `settle`, the transaction that
//! settles both legs, has to cost less than 45,000,000, also together with both locks.

use circuits::Answer;
use dusk_sdk::testing::*;

use crate::market::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, MONEY, Market, Proven, SHARES};

const TRANSFER_GAS: u64 = 20_000_000;
/// For `settle` with both locks.
pub(crate) const SETTLEMENT_GAS: u64 = 45_000_000;
/// For all calls of a settlement: the instruction, both affirmations, both locks and `settle`.
const ALL_CALLS_GAS: u64 = 60_000_000;

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
    let mut affirmations = Vec::new();
    for leg in [SHARES, MONEY] {
        let proof = market.answer(&trade, leg, Answer::Affirm)?;
        let by = market.settlement.by(&market.relayer);
        affirmations.push(by.affirm(trade.name, leg as u8, proof).succeeds().gas());
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
    let with_locks = settle + locks.iter().sum::<u64>();
    let all_calls = instruct + affirmations.iter().sum::<u64>() + with_locks;
    println!("gas of instruct {instruct}, affirm {affirmations:?}, lock {locks:?}");
    println!("gas of settle {settle}, give_back {back}, confidential_transfer {sent}");
    println!("gas of settle with both locks {with_locks}; of all calls of a settlement {all_calls}");
    assert!(sent < TRANSFER_GAS && locks.iter().all(|lock| *lock < TRANSFER_GAS));
    assert!(with_locks < SETTLEMENT_GAS, "settle with both locks: {with_locks}");
    assert!(all_calls < ALL_CALLS_GAS, "all calls of a settlement: {all_calls}");
    Ok(())
}

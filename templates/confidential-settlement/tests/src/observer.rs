//! What the chain shows to everybody. Each test runs with other parties and amounts, and with other random values:
//! arguments, events, gas, changed pages and sizes must be the same, except for what is declared here.

use dusk_sdk::testing::*;

use crate::market::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, MONEY, Market, SHARES};

/// How an instruction ends.
enum End {
    Settled,
    Rejected,
    GivenBack,
    Cancelled,
}

/// Who trades with whom, and how much, however the instruction ends.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_trades_what_with_whom(chain: Chain, private: &Private) -> TestResult {
    let mut market = Market::empty(&chain, private.random_bytes())?;
    let parties = private.one_of(&[[ALICE, BOB], [BOB, CAROL], [CAROL, ALICE]]);
    for side in [SHARES, MONEY] {
        market.issue(side, parties[side], ISSUED[side])?;
    }
    for end in [End::Settled, End::Rejected, End::GivenBack, End::Cancelled] {
        let amounts = ISSUED.map(|issued| private.between(1, issued / 3));
        let trade = market.locked(parties, amounts)?;
        match end {
            End::Settled => market.settle(&trade)?,
            End::Rejected => market.reject(&trade, MONEY)?,
            End::GivenBack => {
                chain.mine(DEADLINE_BLOCKS);
                market.give_back(&trade)?;
            }
            End::Cancelled => {
                chain.mine(DEADLINE_BLOCKS);
                market.cancel(&trade, SHARES)?;
                market.cancel(&trade, MONEY)?;
            }
        }
    }
    Ok(())
}

/// A transfer between holders, before anybody trades.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_to_whom_how_much(chain: Chain, private: &Private) -> TestResult {
    let mut market = Market::empty(&chain, private.random_bytes())?;
    let [from, to] = private.one_of(&[[ALICE, BOB], [BOB, CAROL], [CAROL, ALICE], [BOB, ALICE]]);
    market.issue(SHARES, from, ISSUED[SHARES])?;
    market.send(SHARES, [from, to], private.between(1, ISSUED[SHARES]))?;
    let [from, to] = [to, private.one_of(&[from, to])];
    market.send(SHARES, [from, to], 1)
}

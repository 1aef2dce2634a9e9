//! The story of the README, on a node or a devnet: `cargo run -p play -- --network NAME`.
//!
//! Ada delivers ten shares to ben, who pays 400 for them. Every proof is real. The end shows side by side what the
//! chain has seen, what each party has seen, and what the auditor has seen.

mod market;

use dusk_sdk::finance::wallet::network_of;
use market::{ADA, BEN, MONEY, Market, NAMES, Outcome, SHARES};

fn main() {
    let network = network_of(std::env::args().skip(1));
    if let Err(error) = network.map_err(Into::into).and_then(play) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn play(network: Option<String>) -> Outcome {
    let mut market = Market::open(network)?;
    market.issue(SHARES, ADA, 100)?;
    market.issue(MONEY, BEN, 5_000)?;
    market.send(MONEY, [BEN, ADA], 50)?;
    // Both wallets agree on this, off the chain.
    let trade = market.trade([ADA, BEN], [10, 400])?;
    market.instruct(&trade)?;
    for leg in [SHARES, MONEY] {
        market.affirm(&trade, leg)?;
    }
    for leg in [SHARES, MONEY] {
        market.lock(&trade, leg)?;
    }
    market.settle(&trade)?;
    market.tell()?;
    let held = [SHARES, MONEY].map(|side| [ADA, BEN].map(|who| market.balance(side, who)));
    let expected = [[90, 10], [450, 4_550]];
    if held == expected {
        Ok(())
    } else {
        Err(format!("{NAMES:?} hold {held:?} in place of {expected:?}").into())
    }
}

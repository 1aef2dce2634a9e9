//! The story of the README, on a node, a devnet or a public network: `cargo run -p play -- --network NAME`.
//!
//! Ada delivers ten shares to ben, who pays 400 for them. Every proof is real. The end shows side by side what the
//! chain has seen, what each party has seen, and what the auditor has seen.

mod market;

use market::{ADA, BEN, MONEY, Market, NAMES, Outcome, SHARES};

const USAGE: &str = "Usage: play [--network NAME|URL]";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let network = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => None,
        ["--network", name] => Some((*name).to_owned()),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    if let Err(error) = play(network) {
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

//! The story of the README, on a node or a devnet: `cargo run -p play -- --network NAME`.
//!
//! Ada, ben and cleo vote with their hidden shares, and are paid for them. Every proof is real. The end shows side by
//! side what the chain, the teller, the auditor and each voter have seen.

mod company;

use company::{ADA, BEN, CLEO, Company, Outcome};
use dusk_sdk::finance::wallet::network_of;

fn main() {
    let network = network_of(std::env::args().skip(1));
    if let Err(error) = network.map_err(Into::into).and_then(play) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn play(network: Option<String>) -> Outcome {
    let mut company = Company::open(network)?;
    for (who, shares) in [(ADA, 60), (BEN, 30), (CLEO, 10)] {
        company.issue(who, shares)?;
    }
    company.pin()?;
    company.ask("May the board buy the windmill?", &["yes", "no", "abstain"])?;
    company.declare([3, 40])?;
    // Votes and parts are those of the snapshot, whatever is sold later.
    company.send([ADA, BEN], 20)?;
    for (who, choice) in [(ADA, 0), (BEN, 1), (CLEO, 0)] {
        company.vote(who, choice)?;
    }
    for who in [ADA, BEN] {
        company.claim(who)?;
    }
    company.wait()?;
    let counts = company.tally()?;
    let paid = company.close()?;
    company.tell()?;
    let held = [ADA, BEN, CLEO].map(|who| company.balance(who));
    match (&counts[..3], paid, held) {
        ([70, 30, 0], 6, [44, 52, 10]) => Ok(()),
        _ => Err(format!("the tally is {counts:?}, the sum {paid}, and the balances are {held:?}").into()),
    }
}

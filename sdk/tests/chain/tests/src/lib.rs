//! Promises of the SDK about money, rights, feeds, parts and shares, on a chain with the production transfer contract.
#![cfg(test)]

mod holders;
mod money;
mod parts;
mod proxy;

use bank::BankClient;
use dusk_sdk::testing::*;
use dusk_sdk::{Dusk, Principal};

fn open(chain: &Chain) -> Result<(BankClient<Deployed>, Signer, Signer), Failure> {
    let [alice, bob] = chain.accounts(["alice", "bob"]);
    Ok((chain.deploy(&alice, bank::init())?, alice, bob))
}

#[dusk_sdk::test]
fn a_feed_gives_all_items(chain: Chain) -> TestResult {
    let (bank, alice, bob) = open(&chain)?;
    assert_eq!(bank.holders()?, []);
    for (who, amount) in [(&alice, Dusk::new(3)), (&bob, Dusk::new(4))] {
        bank.by(who.depositing(amount)).pay_in(amount).succeeds();
    }
    let mut expected: Vec<(Principal, Dusk)> = vec![((&alice).into(), Dusk::new(3)), ((&bob).into(), Dusk::new(4))];
    expected.sort();
    assert_eq!(bank.holders()?, expected);
    Ok(())
}

#[dusk_sdk::test]
fn a_raw_result_keeps_what_a_failure_changed(chain: Chain) -> TestResult {
    let (bank, alice, _) = open(&chain)?;
    assert_eq!(bank.by(&alice).raw(false).succeeds().value(), Ok(1));
    assert_eq!(bank.by(&alice).raw(true).succeeds().value(), Err(bank::Problem::Asked));
    assert_eq!(bank.by(&alice).raw(false).succeeds().value(), Ok(3));
    Ok(())
}

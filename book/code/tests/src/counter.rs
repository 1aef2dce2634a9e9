//! The test of the chapter "A first contract".

// ANCHOR: test
use std::collections::BTreeSet;

use counter::{Changed, Refused};
use dusk_sdk::testing::*;

#[dusk_sdk::test]
fn only_listed_accounts_count(chain: Chain) -> TestResult {
    let [alice, bob, carol] = chain.accounts(["alice", "bob", "carol"]);
    let counter = chain.deploy(&alice, counter::init(10, BTreeSet::from([bob.account()])))?;

    counter.by(&bob).increment(3).emits(Changed { by: bob.account(), from: 0, to: 3 });
    counter.by(&carol).increment(1).refused(Refused::NotAllowed);
    counter.by(&carol).allow(carol.account()).refused(Refused::NotOwner);

    counter.by(&alice).allow(carol.account()).succeeds();
    assert!(counter.is_allowed(carol.account())?);
    counter.by(&carol).increment(1).succeeds();
    assert_eq!(counter.value()?, 4);
    Ok(())
}
// ANCHOR_END: test

//! Tests of the counter. They are its specification.

use counter::{Changed, Refused};
use dusk_sdk::testing::*;

#[dusk_sdk::test]
fn starts_at_zero_and_counts(chain: Chain) -> TestResult {
    let [alice, bob] = chain.accounts(["alice", "bob"]);
    let counter = chain.deploy(&alice, counter::init(10))?;
    assert_eq!(counter.value()?, 0);

    counter.by(&bob).increment(3).emits(Changed { by: bob.account(), from: 0, to: 3 });
    let now = counter.by(&alice).increment(1).succeeds().value();
    assert_eq!(now, 4);
    assert_eq!(counter.value()?, 4);
    Ok(())
}

#[dusk_sdk::test]
fn never_passes_its_limit(chain: Chain) -> TestResult {
    let [alice] = chain.accounts(["alice"]);
    let counter = chain.deploy(&alice, counter::init(10))?;
    counter.by(&alice).increment(8).succeeds();

    counter.by(&alice).increment(3).refused(Refused::LimitReached { left: 2 });
    assert_eq!(counter.value()?, 8);
    counter.by(&alice).increment(2).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn only_the_owner_resets(chain: Chain) -> TestResult {
    let [owner, mallory] = chain.accounts(["owner", "mallory"]);
    let counter = chain.deploy(&owner, counter::init(10))?;
    counter.by(&owner).increment(5).succeeds();

    counter.by(&mallory).reset().refused(Refused::NotOwner);
    assert_eq!(counter.value()?, 5);
    counter.by(&owner).reset().emits(Changed { by: owner.account(), from: 5, to: 0 });
    assert_eq!(counter.value()?, 0);

    // The signer of the deployment owns the counter, whatever owner the deployment states.
    let mallorys = chain.try_deploy_labelled(&mallory, &owner, counter::init(10)).succeeds().value();
    mallorys.by(&owner).reset().refused(Refused::NotOwner);
    mallorys.by(&mallory).reset().succeeds();
    Ok(())
}

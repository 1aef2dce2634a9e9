//! An upgrade that loses nothing.
#![cfg(test)]

use dusk_sdk::parts::{ownership, proxy};
use dusk_sdk::testing::*;
use front::{FrontClient, Refused};

/// A front with the first implementation behind it, used by three.
fn open(chain: &Chain) -> Result<(FrontClient<Deployed>, Signer, [Signer; 3]), Failure> {
    let owner = chain.account("owner");
    let front = chain.deploy(&owner, front::init())?;
    let points = chain.deploy(&owner, points::init(front.id()))?;
    front.by(&owner).upgrade(points.id()).succeeds();
    let people = chain.accounts(["alice", "bob", "carol"]);
    for (person, amount) in people.iter().zip([5, 9, 2]) {
        front.by(person).collect(amount).succeeds();
    }
    Ok((front, owner, people))
}

#[dusk_sdk::test]
fn an_upgrade_keeps_the_state(chain: Chain) -> TestResult {
    let (front, owner, people) = open(&chain)?;
    let [alice, bob, _] = &people;
    let next = chain.deploy(&owner, points_v2::init(front.id()))?;
    front.by(&owner).upgrade(next.id()).succeeds();

    // Nothing changes while the state moves.
    front.by(alice).collect(1).refused(Refused::Proxy(proxy::Refused::Migrating));
    assert!(!front.by(alice).migrate(2).succeeds().value(), "anybody may pay for it");
    assert!(front.by(bob).migrate(2).succeeds().value());

    assert_eq!(front.implementation()?, next.id());
    for (person, points) in people.iter().zip([5, 9, 2]) {
        assert_eq!(front.points_of(person.account())?, points);
    }
    assert_eq!(next.leader()?, Some(bob.account()));
    assert_eq!(front.by(alice).collect(5).succeeds().value(), 10);
    assert_eq!(next.leader()?, Some(alice.account()));
    Ok(())
}

#[dusk_sdk::test]
fn only_the_owner_upgrades_and_only_the_front_is_obeyed(chain: Chain) -> TestResult {
    let (front, owner, [alice, ..]) = open(&chain)?;
    let next = chain.deploy(&owner, points_v2::init(front.id()))?;
    front.by(&alice).upgrade(next.id()).refused(Refused::Ownership(ownership::Refused::NotOwner));
    let direct = next.by(&owner).collect(owner.account(), 1_000);
    direct.refused(points_v2::Refused::Proxy(proxy::Refused::NotFront));
    front.by(&alice).migrate(10).refused(Refused::Proxy(proxy::Refused::NotMigrating));
    Ok(())
}

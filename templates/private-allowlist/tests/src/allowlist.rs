//! Tests of the allow-list. They are its specification.

use ::allowlist::{Entered, Published, Refused};
use dusk_sdk::Field;
use dusk_sdk::testing::*;

use crate::issuer::{EPOCH_BLOCKS, Issuer};

#[dusk_sdk::test]
fn a_member_lets_somebody_in_once_an_epoch(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let [alice, friend] = chain.accounts(["alice", "friend"]);

    let first = issuer.statement(&chain, &list, &holder, alice.account(), friend.account());
    let nullifier = first.public.nullifier;
    let entered = list.by(&alice).enter(friend.account(), nullifier, first.prove(&chain)?);
    entered.succeeds().emits(Entered { epoch: 0, revision: 0, recipient: friend.account(), nullifier });
    assert!(list.is_admitted(friend.account())?);
    assert!(!list.is_admitted(alice.account())?);
    assert_eq!(list.entered()?, 1);
    list.by(&alice).enter(friend.account(), nullifier, first.prove(&chain)?).refused(Refused::AlreadyEntered);

    chain.mine(EPOCH_BLOCKS);
    assert!(!list.is_admitted(friend.account())?);
    let second = issuer.statement(&chain, &list, &holder, alice.account(), friend.account());
    assert_ne!(second.public.nullifier, nullifier, "epochs cannot be linked");
    list.by(&alice).enter(friend.account(), second.public.nullifier, second.prove(&chain)?).succeeds();
    assert!(list.is_admitted(friend.account())?);
    assert_eq!(list.entered()?, 1);
    Ok(())
}

#[dusk_sdk::test]
fn every_member_may_enter(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holders = [issuer.issue(1), issuer.issue(2), issuer.issue(3)];
    let (list, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    for holder in &holders {
        let statement = issuer.statement(&chain, &list, holder, alice.account(), alice.account());
        list.by(&alice)
            .enter(alice.account(), statement.public.nullifier, statement.prove(&chain)?)
            .succeeds();
    }
    assert_eq!(list.entered()?, 3);
    Ok(())
}

#[dusk_sdk::test]
fn only_the_issuer_publishes(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let (list, deployer) = issuer.open(&chain)?;
    let [mallory, alice] = chain.accounts(["mallory", "alice"]);
    let holder = issuer.issue(7);
    let (root, revoked) = issuer.roots();
    list.by(&mallory).publish(root, revoked).refused(Refused::NotIssuer);

    let early = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let enter = |statement: &crate::issuer::Statement| {
        let proof = statement.prove(&chain)?;
        Ok::<_, ProveError>(list.by(&alice).enter(alice.account(), statement.public.nullifier, proof))
    };
    enter(&early)?.refused(Refused::NotShown);
    list.by(&deployer).publish(root, revoked).emits(Published { root, revoked });
    assert_eq!(list.roots()?, (root, revoked));
    enter(&early)?.succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn new_credentials_end_no_admission(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, deployer) = issuer.open(&chain)?;
    let [alice, bob] = chain.accounts(["alice", "bob"]);
    let enter = |issuer: &Issuer, holder: &crate::issuer::Holder, account: &Signer| {
        let statement = issuer.statement(&chain, &list, holder, account.account(), account.account());
        let proof = statement.prove(&chain)?;
        Ok::<_, ProveError>(list.by(account).enter(account.account(), statement.public.nullifier, proof))
    };
    enter(&issuer, &holder, &alice)?.succeeds();
    let another = issuer.issue(8);
    let (root, revoked) = issuer.roots();
    list.by(&deployer).publish(root, revoked).succeeds();
    assert!(list.is_admitted(alice.account())?);
    enter(&issuer, &holder, &alice)?.refused(Refused::AlreadyEntered);
    enter(&issuer, &another, &bob)?.succeeds();
    assert_eq!((list.entered()?, list.revision()?), (2, 0));
    Ok(())
}

#[dusk_sdk::test]
fn an_epoch_has_blocks(chain: Chain) -> TestResult {
    let issuer = chain.account("issuer");
    let opened = chain.try_deploy(&issuer, ::allowlist::init(Field::from(0), Field::from(0), 0));
    opened.refused(Refused::EpochWithoutBlocks);
    Ok(())
}

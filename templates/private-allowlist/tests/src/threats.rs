//! Attacks: most rows of the table of threats in the README.

use ::allowlist::{Entered, Refused};
use circuits::{Member, occasion, scope};
use dusk_sdk::testing::*;
use dusk_sdk::zk::{PROOF_BYTES, Proof, native};
use dusk_sdk::{Account, Field};

use crate::issuer::{EPOCH_BLOCKS, Holder, Issuer, Statement};

/// Flips one bit of an element, and takes another bit where that makes it none.
fn flipped(element: Field, bit: usize) -> Field {
    let flip = |bit: usize| {
        let mut bytes = element.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Field::from_bytes(&bytes)
    };
    flip(bit).or_else(|_| flip(0)).expect("the lowest bit leaves it below the order")
}

#[dusk_sdk::test]
fn a_stranger_without_a_credential_cannot_prove_one(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let mallory = chain.account("mallory");
    let mut forged = issuer.statement(&chain, &list, &holder, mallory.account(), mallory.account());
    forged.private.secret = Field::from(8);
    let refusal = forged.prove(&chain).expect_err("8 was not issued: its hash is no node of any path");
    assert_eq!(refusal.constraint(), Some("the node is at its place"));
    Ok(())
}

#[dusk_sdk::test]
fn a_revoked_credential_is_worth_nothing(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, deployer) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let before = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let kept = before.prove(&chain)?;

    issuer.revoke(&holder);
    let (root, revoked) = issuer.roots();
    list.by(&deployer).publish(root, revoked).succeeds();
    // The proof from before, and the attempt to make a new one.
    list.by(&alice).enter(alice.account(), before.public.nullifier, kept).refused(Refused::NotShown);
    let after = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let refusal = after.prove(&chain).expect_err("the credential is revoked");
    assert!(refusal.constraint().is_some(), "{refusal}");
    Ok(())
}

#[dusk_sdk::test]
fn a_revocation_ends_admissions_at_once(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let (revoked, other) = (issuer.issue(7), issuer.issue(8));
    let (list, deployer) = issuer.open(&chain)?;
    let [alice, bob] = chain.accounts(["alice", "bob"]);
    let enter = |issuer: &Issuer, holder: &Holder, account: &Signer| {
        let statement = issuer.statement(&chain, &list, holder, account.account(), account.account());
        let proof = statement.prove(&chain)?;
        Ok::<_, ProveError>(list.by(account).enter(account.account(), statement.public.nullifier, proof))
    };
    enter(&issuer, &revoked, &alice)?.succeeds();
    enter(&issuer, &other, &bob)?.succeeds();

    // A tree without the member ends no admission.
    let (_, list_root) = issuer.roots();
    list.by(&deployer).publish(Field::from(1), list_root).succeeds();
    assert!(list.is_admitted(alice.account())?);

    issuer.revoke(&revoked);
    let (root, list_root) = issuer.roots();
    list.by(&deployer).publish(root, list_root).succeeds();
    assert!(!list.is_admitted(alice.account())?, "in the same epoch");
    assert!(!list.is_admitted(bob.account())?);
    assert_eq!(list.entered()?, 0);
    // The other member enters again in the same epoch, the revoked one does not.
    enter(&issuer, &other, &bob)?.succeeds();
    enter(&issuer, &other, &bob)?.refused(Refused::AlreadyEntered);
    assert!(enter(&issuer, &revoked, &alice).is_err(), "the credential is revoked");
    assert!(list.is_admitted(bob.account())? && !list.is_admitted(alice.account())?);
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_from_before_a_revocation_is_worth_nothing(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let (holder, another) = (issuer.issue(7), issuer.issue(8));
    let (list, deployer) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let statement = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    let before = issuer.roots();
    issuer.revoke(&another);
    // Even when the list before comes back: a list that has changed twice is another period.
    for (root, revoked) in [issuer.roots(), before] {
        list.by(&deployer).publish(root, revoked).succeeds();
        list.by(&alice).enter(alice.account(), nullifier, proof).refused(Refused::NotShown);
    }
    Ok(())
}

#[dusk_sdk::test]
fn the_signer_of_the_deployment_is_the_issuer(chain: Chain) -> TestResult {
    let issuer = Issuer::new();
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    let (root, revoked) = issuer.roots();
    // Mallory deploys the same code, and states that alice owns it.
    let opened = chain.try_deploy_labelled(&mallory, &alice, ::allowlist::init(root, revoked, EPOCH_BLOCKS));
    let list = opened.succeeds().value();
    assert_eq!(list.issuer()?, mallory.account(), "anybody can ask who the issuer is");
    list.by(&alice).publish(root, revoked).refused(Refused::NotIssuer);
    Ok(())
}

#[dusk_sdk::test]
fn another_nullifier_does_not_help_to_enter_twice(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let mut twice = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let proof = twice.prove(&chain)?;
    list.by(&alice).enter(alice.account(), twice.public.nullifier, proof).succeeds();
    // The proof is not for another nullifier, and none can be made for it.
    let other = flipped(twice.public.nullifier, 0);
    list.by(&alice).enter(alice.account(), other, proof).refused(Refused::NotShown);
    twice.public.nullifier = other;
    let refusal = twice.prove(&chain).expect_err("a secret has one nullifier in an epoch");
    assert_eq!(refusal.constraint(), Some("the nullifier is that of the secret"));
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_of_no_use_to_another_sender_or_recipient(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let [alice, friend, mallory] = chain.accounts(["alice", "friend", "mallory"]);
    let statement = issuer.statement(&chain, &list, &holder, alice.account(), friend.account());
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    list.by(&mallory).enter(friend.account(), nullifier, proof).refused(Refused::NotShown);
    list.by(&alice).enter(mallory.account(), nullifier, proof).refused(Refused::NotShown);
    // The refused call has not spent the nullifier.
    list.by(&alice).enter(friend.account(), nullifier, proof).emits(Entered {
        epoch: 0,
        revision: 0,
        recipient: friend.account(),
        nullifier,
    });
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_epoch(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let statement = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let proof = statement.prove(&chain)?;
    chain.mine(EPOCH_BLOCKS);
    list.by(&alice).enter(alice.account(), statement.public.nullifier, proof).refused(Refused::NotShown);
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_contract(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let (other, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let statement = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    other.by(&alice).enter(alice.account(), nullifier, proof).refused(Refused::NotShown);
    list.by(&alice).enter(alice.account(), nullifier, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_chain(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let mut elsewhere = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let id = chain.chain_id() + 1;
    elsewhere.public.scope = scope(list.id(), id, (0, 0));
    elsewhere.public.nullifier = native::nullifier(elsewhere.private.secret, elsewhere.public.scope);
    elsewhere.public.occasion = occasion(list.id(), id, (0, 0), alice.account(), alice.account());
    let proof = elsewhere.prove(&chain)?;
    list.by(&alice).enter(alice.account(), elsewhere.public.nullifier, proof).refused(Refused::NotShown);
    Ok(())
}

#[dusk_sdk::test]
fn a_flipped_bit_is_noticed(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let statement = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    let enter = |recipient: Account, nullifier, proof| list.by(&alice).enter(recipient, nullifier, proof);
    for byte in [0, 47, 500, PROOF_BYTES - 1] {
        let mut bytes = *proof.as_bytes();
        bytes[byte] ^= 1;
        enter(alice.account(), nullifier, Proof::<Member>::from_bytes(bytes)).refused(Refused::NotShown);
    }
    for bit in [0, 100, 254] {
        enter(alice.account(), flipped(nullifier, bit), proof).refused(Refused::NotShown);
    }
    enter(alice.account(), nullifier, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn every_public_input_is_bound(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let holder = issuer.issue(7);
    let (list, deployer) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let statement = issuer.statement(&chain, &list, &holder, alice.account(), alice.account());
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    let (root, revoked) = issuer.roots();
    // Other roots than those that the proof is about; the rest is bound in the tests above.
    list.by(&deployer).publish(flipped(root, 3), revoked).succeeds();
    list.by(&alice).enter(alice.account(), nullifier, proof).refused(Refused::NotShown);
    list.by(&deployer).publish(root, revoked).succeeds();
    let before = chain.snapshot();
    for (root, revoked) in [(root, flipped(revoked, 3)), (revoked, root)] {
        list.by(&deployer).publish(root, revoked).succeeds();
        list.by(&alice).enter(alice.account(), nullifier, proof).refused(Refused::NotShown);
        chain.revert(&before);
    }
    list.by(&alice).enter(alice.account(), nullifier, proof).succeeds();
    Ok(())
}

/// A statement is as good as what it is about, not as who makes it: a test that the parts above are independent.
#[dusk_sdk::test]
fn statements_of_two_members_are_not_mixed(chain: Chain) -> TestResult {
    let mut issuer = Issuer::new();
    let (one, two) = (issuer.issue(1), issuer.issue(2));
    let (list, _) = issuer.open(&chain)?;
    let alice = chain.account("alice");
    let of = |holder| issuer.statement(&chain, &list, holder, alice.account(), alice.account());
    let (one, two) = (of(&one), of(&two));
    let mixed = [
        Statement { public: one.public.clone(), private: two.private.clone() },
        Statement { public: two.public, private: one.private },
    ];
    for statement in mixed {
        let refusal = statement.prove(&chain).expect_err("it mixes two members");
        assert_eq!(refusal.constraint(), Some("the nullifier is that of the secret"));
    }
    Ok(())
}

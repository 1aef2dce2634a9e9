//! What an attacker may try: the table of threats in the README, row by row.

use ::attester::{Attester, Attributes};
use ::register::Refused;
use circuits::{BLOCKED, Eligible, occasion, scope};
use dusk_sdk::Field;
use dusk_sdk::testing::*;
use dusk_sdk::zk::plain::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::people::{Scene, Statement, eligible, wallet};

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
fn who_lives_in_a_blocked_country_cannot_prove(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    for residence in BLOCKED {
        let holder = wallet(&scene.attester, 7, Attributes { residence, ..eligible() });
        scene.statement(&holder)?.is_refused(&chain, "the residence is not blocked");
    }
    Ok(())
}

#[dusk_sdk::test]
fn who_is_too_young_cannot_prove(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = wallet(&scene.attester, 7, Attributes { born: eligible().born + 1, ..eligible() });
    scene.statement(&holder)?.is_refused(&chain, "the holder is old enough");
    Ok(())
}

#[dusk_sdk::test]
fn who_is_not_accredited_enough_cannot_prove(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = wallet(&scene.attester, 7, Attributes { accreditation: 1, ..eligible() });
    scene.statement(&holder)?.is_refused(&chain, "the accreditation is high enough");
    Ok(())
}

#[dusk_sdk::test]
fn an_expired_credential_is_worth_nothing(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = wallet(&scene.attester, 7, Attributes { expires: eligible().expires - 1, ..eligible() });
    scene.statement(&holder)?.is_refused(&chain, "the credential has not expired");
    Ok(())
}

#[dusk_sdk::test]
fn a_revoked_credential_is_worth_nothing(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let holder = scene.holder();
    let before = scene.statement(&holder)?;
    let kept = before.prove(&chain)?;
    scene.attester.revoke(&holder.credential).expect("it was not revoked before");
    scene.shares.by(&scene.officer).set_policy(Some(scene.policy())).succeeds();
    // The proof from before, and the attempt to make a new one.
    scene.send(before.public.nullifier, kept).refused(Refused::NotEligible);
    let refusal = scene.statement(&holder)?.prove(&chain).expect_err("the credential is revoked");
    assert!(refusal.to_string().contains("the credential is not revoked"), "{refusal}");
    Ok(())
}

#[dusk_sdk::test]
fn what_a_stranger_signs_is_worth_nothing(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let stranger = Attester::new(Scalar::from(98));
    let statement = scene.statement(&wallet(&stranger, 7, eligible()))?;
    statement.is_refused(&chain, "the key is the attester's");
    // Nor does it help to say that the attester has signed it.
    let mut forged = statement;
    forged.private.attester_key = scene.attester.key();
    forged.is_refused(&chain, "the attester has signed the credential");
    Ok(())
}

#[dusk_sdk::test]
fn attributes_cannot_be_changed_after_they_were_signed(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let honest =
        wallet(&scene.attester, 7, Attributes { residence: BLOCKED[0], accreditation: 0, ..eligible() });
    let mut forged = scene.statement(&honest)?;
    forged.private.credential.residence = eligible().residence;
    forged.private.credential.accreditation = eligible().accreditation;
    forged.is_refused(&chain, "the attester has signed the credential");
    Ok(())
}

#[dusk_sdk::test]
fn a_credential_is_of_no_use_without_its_holders_key(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let mut stolen = scene.holder();
    stolen.secret_key = Scalar::from(8);
    scene.statement(&stolen)?.is_refused(&chain, "the secret key is the holder's");
    Ok(())
}

#[dusk_sdk::test]
fn another_nullifier_does_not_help_to_prove_twice(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let mut twice = scene.statement(&scene.holder())?;
    let proof = twice.prove(&chain)?;
    scene.send(twice.public.nullifier, proof).succeeds();
    // The proof is not for another nullifier, and none can be made for it.
    let other = flipped(twice.public.nullifier, 0);
    scene.send(other, proof).refused(Refused::NotEligible);
    twice.public.nullifier = other;
    twice.is_refused(&chain, "the nullifier is that of the secret key");
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_sender_and_receiver(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let mallory = chain.account("mallory");
    let statement = scene.statement(&scene.holder())?;
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    let by_another = shares.by(officer).transfer_proven(bob.account(), 10, nullifier, proof);
    by_another.refused(Refused::NotEligible);
    let to_another = shares.by(alice).transfer_proven(mallory.account(), 10, nullifier, proof);
    to_another.refused(Refused::NotEligible);
    // What was refused has not spent the nullifier.
    scene.send(nullifier, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_epoch(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let statement = scene.statement(&scene.holder())?;
    let proof = statement.prove(&chain)?;
    chain.mine(::register::EPOCH_BLOCKS);
    scene.send(statement.public.nullifier, proof).refused(Refused::NotEligible);
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_contract(chain: Chain) -> TestResult {
    let (scene, other) = (Scene::open(&chain)?, Scene::open(&chain)?);
    let statement = scene.statement(&scene.holder())?;
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    other.send(nullifier, proof).refused(Refused::NotEligible);
    scene.send(nullifier, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_chain(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = scene.holder();
    let mut elsewhere = scene.statement(&holder)?;
    let (contract, id) = (scene.shares.id(), chain.chain_id() + 1);
    elsewhere.public.scope = scope(contract, id, 0);
    elsewhere.public.nullifier = holder.nullifier(elsewhere.public.scope);
    elsewhere.public.occasion = occasion(contract, id, 0, scene.alice.account(), scene.bob.account());
    let proof = elsewhere.prove(&chain)?;
    scene.send(elsewhere.public.nullifier, proof).refused(Refused::NotEligible);
    Ok(())
}

#[dusk_sdk::test]
fn a_flipped_bit_is_noticed(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let statement = scene.statement(&scene.holder())?;
    let (nullifier, proof) = (statement.public.nullifier, statement.prove(&chain)?);
    for byte in [0, 47, 500, PROOF_BYTES - 1] {
        let mut bytes = *proof.as_bytes();
        bytes[byte] ^= 1;
        scene.send(nullifier, Proof::<Eligible>::from_bytes(bytes)).refused(Refused::NotEligible);
    }
    for bit in [0, 100, 254] {
        scene.send(flipped(nullifier, bit), proof).refused(Refused::NotEligible);
    }
    scene.send(nullifier, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn statements_of_two_holders_are_not_mixed(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let one = scene.statement(&wallet(&scene.attester, 1, eligible()))?;
    let two = scene.statement(&wallet(&scene.attester, 2, eligible()))?;
    let mixed = Statement { public: one.public.clone(), private: two.private.clone() };
    mixed.is_refused(&chain, "the nullifier is that of the secret key");
    let mut mixed = one;
    mixed.private.credential = two.private.credential.clone();
    mixed.is_refused(&chain, "the attester has signed the credential");
    Ok(())
}

//! Attacks: most rows of the table of threats in the README.

use ::attester::{Attester, Attributes, SANCTIONED, Wallet};
use ::register::{EPOCH_BLOCKS, Refused};
use circuits::{Eligible, occasion, scope};
use dusk_sdk::Field;
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::people::{DAY_BLOCKS, LIMIT, Scene, Statement, eligible, policy, wallet, who};

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
fn a_resident_of_a_blocked_country_cannot_prove(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    for residence in SANCTIONED {
        let holder = wallet(&scene.attester, 7, Attributes { residence, ..eligible() });
        let refusal = scene.statement(&holder)?.prove(&chain).expect_err("the residence is blocked");
        assert!(refusal.to_string().contains("the residence is not blocked"), "{refusal}");
    }
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_below_the_age_cannot_prove(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = wallet(&scene.attester, 7, Attributes { born: eligible().born + 1, ..eligible() });
    scene.statement(&holder)?.is_refused(&chain, "the holder is old enough");
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_of_too_low_a_level_cannot_prove(chain: Chain) -> TestResult {
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
    scene.admit(before.public.tag, kept).refused(Refused::NotEligible);
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
        wallet(&scene.attester, 7, Attributes { residence: SANCTIONED[0], accreditation: 0, ..eligible() });
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
fn a_holder_has_one_tag(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = scene.holder();
    let mut other = scene.statement(&holder)?;
    let (tag, proof) = (other.public.tag, other.prove(&chain)?);
    // The proof is not for another tag, and none can be made for it.
    other.public.tag = flipped(tag, 0);
    scene.admit(other.public.tag, proof).refused(Refused::NotEligible);
    other.is_refused(&chain, "the tag is the holder's");
    // It stays the same in the next epoch, for another account, and when the credential is renewed.
    scene.admit(tag, proof).succeeds();
    chain.mine(EPOCH_BLOCKS);
    assert_eq!(scene.statement(&holder)?.public.tag, tag);
    assert_eq!(scene.statement_for(&holder, &scene.alice)?.public.tag, tag);
    let renewed =
        Wallet::new(holder.secret_key.clone(), &scene.attester, eligible(), Field::from(1), Field::from(2));
    assert_ne!(renewed.credential, holder.credential);
    assert_eq!(scene.statement(&renewed)?.public.tag, tag);
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_has_one_limit_for_all_its_accounts(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = scene.holder();
    let accounts = chain.accounts(["bob", "bobs_second", "bobs_third"]);
    for account in &accounts {
        scene.show(&chain, &holder, account)?.succeeds();
    }
    let [first, second, third] = &accounts;
    scene.send(first, LIMIT - 1).succeeds();
    scene.send(second, 2).refused(limits::Refused::LimitExceeded { room: 1 }.into());
    scene.send(second, 1).succeeds();
    scene.send(third, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    let forced = scene.shares.by(&scene.officer);
    let forced = forced.force_transfer(who(&scene.alice), who(&third), 1, "order 7".into());
    forced.refused(limits::Refused::LimitExceeded { room: 0 }.into());
    // A move between its accounts changes nothing of that.
    scene.shares.by(first).transfer(who(&third), LIMIT - 1).succeeds();
    let tag = scene.tag(&holder)?;
    assert_eq!(scene.shares.holder(tag)?.shares, LIMIT);
    scene.send(first, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    scene.shares.by(third).transfer(who(&scene.alice), 10).succeeds();
    scene.send(first, 10).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_listed_account_does_not_feed_the_others_of_its_holder(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let holder = scene.holder();
    let [second, third] = chain.accounts(["bobs_second", "bobs_third"]);
    for account in [bob, &second, &third] {
        scene.show(&chain, &holder, account)?.succeeds();
    }
    shares.by(officer).list(who(&bob), 2 * LIMIT).succeeds();
    scene.send(bob, 2 * LIMIT).succeeds();
    let to_second = |amount| shares.by(bob).transfer(who(&second), amount);
    to_second(LIMIT + 1).refused(limits::Refused::LimitExceeded { room: LIMIT }.into());
    to_second(LIMIT).succeeds();
    // The listed account has room again, and its holder's others have none.
    scene.send(bob, LIMIT).succeeds();
    to_second(1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    shares.by(bob).transfer(who(&third), 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    shares.by(&second).transfer(who(&third), LIMIT).succeeds();
    shares.by(&third).transfer(who(&alice), 1).succeeds();
    to_second(1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_freeze_holds_for_all_accounts_of_the_holder(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let [second, third] = chain.accounts(["bobs_second", "bobs_third"]);
    let holder = scene.holder();
    for account in [bob, &second] {
        scene.show(&chain, &holder, account)?.succeeds();
        scene.send(account, 10).succeeds();
    }
    shares.by(officer).freeze(who(&bob), "court order 3".into()).succeeds();
    for account in [bob, &second] {
        shares.by(account).transfer(who(&alice), 1).refused(freezes::Refused::SenderFrozen.into());
        scene.send(account, 1).refused(freezes::Refused::ReceiverFrozen.into());
        shares.by(account).claim().refused(freezes::Refused::ClaimantFrozen.into());
    }
    // A new account is no way out, in the next epoch either, nor another holder's proof for an account of this one.
    scene.show(&chain, &holder, &third)?.refused(freezes::Refused::SenderFrozen.into());
    chain.mine(EPOCH_BLOCKS);
    scene.show(&chain, &holder, &third)?.refused(freezes::Refused::SenderFrozen.into());
    scene
        .show(&chain, &wallet(&scene.attester, 8, eligible()), bob)?
        .refused(ledger::Refused::OtherPerson.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_is_frozen_before_it_has_proved_anything(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, bob, officer, .. } = &scene;
    let holder = scene.holder();
    // The attester has the credential, not the secret key, and tells the officers the tag.
    let scope = shares.terms(officer.account())?.scope;
    let tag = ::attester::tag(&holder.credential, scope);
    shares.by(officer).freeze_holder(tag, "court order 3".into()).succeeds();
    scene.show(&chain, &holder, bob)?.refused(freezes::Refused::SenderFrozen.into());
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(officer).unfreeze_holder(tag).succeeds();
    scene.show(&chain, &holder, bob)?.succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn an_account_is_frozen_before_the_register_knows_it(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, bob, officer, .. } = &scene;
    shares.by(officer).freeze(who(&bob), "court order 3".into()).succeeds();
    scene.show(&chain, &scene.holder(), bob)?.refused(freezes::Refused::SenderFrozen.into());
    // The list does not lift a freeze either.
    shares.by(officer).list(who(&bob), 10).succeeds();
    scene.send(bob, 1).refused(freezes::Refused::ReceiverFrozen.into());
    shares.by(officer).unfreeze(who(&bob)).succeeds();
    scene.send(bob, 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_does_not_lift_a_bar(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, officer, .. } = &scene;
    let [second, listed] = chain.accounts(["bobs_second", "listed"]);
    let holder = scene.holder();
    scene.show(&chain, &holder, bob)?.succeeds();
    scene.show(&chain, &holder, &second)?.succeeds();
    shares.by(officer).unlist(who(&bob)).succeeds();
    chain.mine(EPOCH_BLOCKS);
    for account in [bob, &second, &chain.account("bobs_third")] {
        scene.send(account, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
        scene.show(&chain, &holder, account)?.refused(admission::Refused::Barred.into());
    }
    // The same for an account that was on the list, or that the register does not know.
    shares.by(officer).list(who(&listed), 10).succeeds();
    shares.by(officer).unlist(who(&listed)).succeeds();
    shares.by(officer).unlist(who(&chain.account("unknown"))).succeeds();
    for account in [&listed, &chain.account("unknown")] {
        scene
            .show(&chain, &wallet(&scene.attester, 8, eligible()), account)?
            .refused(admission::Refused::Barred.into());
    }
    // An officer lifts it, by a word or by the list.
    shares.by(officer).lift(who(&bob)).succeeds();
    scene.show(&chain, &holder, bob)?.succeeds();
    scene.send(bob, 1).succeeds();
    shares.by(officer).list(who(&listed), 10).succeeds();
    shares.by(alice).transfer(who(&listed), 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_is_barred_before_it_has_proved_anything(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, bob, officer, .. } = &scene;
    let holder = scene.holder();
    let scope = shares.terms(officer.account())?.scope;
    let tag = ::attester::tag(&holder.credential, scope);
    shares.by(officer).bar_holder(tag).succeeds();
    for account in [bob, &chain.account("bobs_second")] {
        scene.show(&chain, &holder, account)?.refused(admission::Refused::Barred.into());
    }
    // Neither the next epoch, nor a new policy, nor a renewed credential for the same key helps.
    chain.mine(EPOCH_BLOCKS);
    shares.by(officer).set_policy(Some(scene.policy())).succeeds();
    let renewed =
        Wallet::new(holder.secret_key.clone(), &scene.attester, eligible(), Field::from(1), Field::from(2));
    scene.show(&chain, &renewed, bob)?.refused(admission::Refused::Barred.into());
    // Others are not barred.
    let other = wallet(&scene.attester, 8, eligible());
    scene.show(&chain, &other, &chain.account("carol"))?.succeeds();
    shares.by(officer).lift_holder(tag).succeeds();
    scene.show(&chain, &holder, bob)?.succeeds();
    // A bar ends an admission.
    scene.send(bob, 1).succeeds();
    shares.by(officer).bar_holder(tag).succeeds();
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(bob).transfer(who(&scene.alice), 1).refused(admission::Refused::SenderNotAdmitted.into());
    shares.by(bob).claim().refused(admission::Refused::ClaimantNotAdmitted.into());
    Ok(())
}

/// A holder was let in; then the register's grounds change.
fn admission_ends(chain: &Chain, scene: &Scene, change: impl FnOnce(&Scene)) -> TestResult {
    let Scene { shares, alice, bob, .. } = scene;
    scene.show(chain, &scene.holder(), bob)?.succeeds();
    scene.send(bob, 10).succeeds();
    change(scene);
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(bob).transfer(who(&alice), 1).refused(admission::Refused::SenderNotAdmitted.into());
    shares.by(bob).claim().refused(admission::Refused::ClaimantNotAdmitted.into());
    let forced = shares.by(&scene.officer).force_transfer(who(&alice), who(&bob), 1, "order 7".into());
    forced.refused(admission::Refused::ReceiverNotAdmitted.into());
    assert_eq!(shares.position(who(&bob))?.proven_until, None);
    assert_eq!(shares.position(who(&bob))?.shares, 10, "the shares stay");
    Ok(())
}

#[dusk_sdk::test]
fn an_admission_ends_with_the_credential(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    // The credential holds for the day of the policy alone.
    admission_ends(&chain, &scene, |_| {
        chain.mine(DAY_BLOCKS);
    })?;
    scene.statement(&scene.holder())?.is_refused(&chain, "the credential has not expired");
    Ok(())
}

#[dusk_sdk::test]
fn an_admission_ends_with_a_revocation(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (before, holder) = (scene.policy(), scene.holder());
    scene.attester.revoke(&holder.credential).expect("it was not revoked before");
    let after = scene.policy();
    let revoked = std::mem::replace(&mut scene.attester, Attester::new(Scalar::from(99)));
    assert_eq!(scene.policy(), before);
    admission_ends(&chain, &scene, |scene| {
        scene.shares.by(&scene.officer).set_policy(Some(after)).succeeds();
    })?;
    let scene = Scene { attester: revoked, ..scene };
    assert!(scene.statement(&holder)?.prove(&chain).is_err(), "the credential is revoked");
    // Holders whose credentials were not revoked prove again.
    scene.show(&chain, &wallet(&scene.attester, 8, eligible()), &chain.account("carol"))?.succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn an_admission_ends_with_the_attesters_key(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let next = Attester::new(Scalar::from(98));
    admission_ends(&chain, &scene, |scene| {
        scene.shares.by(&scene.officer).set_policy(Some(policy(&next))).succeeds();
    })?;
    scene.statement(&scene.holder())?.is_refused(&chain, "the key is the attester's");
    Ok(())
}

#[dusk_sdk::test]
fn an_admission_ends_with_the_policy(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    admission_ends(&chain, &scene, |scene| {
        scene.shares.by(&scene.officer).set_policy(None).succeeds();
    })?;
    // The same policy set anew does not bring it back.
    scene.shares.by(&scene.officer).set_policy(Some(scene.policy())).succeeds();
    scene.send(&scene.bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    scene.show(&chain, &scene.holder(), &scene.bob)?.succeeds();
    scene.send(&scene.bob, 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn nobody_uses_up_the_proof_of_another(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let statement = scene.statement(&scene.holder())?;
    let (tag, proof) = (statement.public.tag, statement.prove(&chain)?);
    // An observer of the proof cannot be let in by it, and it is worth as much as before.
    let mallory = chain.account("mallory");
    scene.shares.by(&mallory).admit(tag, proof).refused(Refused::NotEligible);
    scene.shares.by(&scene.officer).list(who(&mallory), 10).succeeds();
    scene.shares.by(&mallory).admit(tag, proof).refused(admission::Refused::AlreadyListed.into());
    scene.admit(tag, proof).succeeds();
    // Nor does a sender use it up by a single share.
    scene.send(&mallory, 1).succeeds();
    scene.shares.by(&mallory).transfer(who(&scene.bob), 1).succeeds();
    scene.send(&scene.bob, LIMIT - 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn nobody_ties_the_account_of_another(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let mallory = chain.account("mallory");
    let mallorys = wallet(&scene.attester, 8, eligible());
    // Mallory proves for bob's account, and sends the proof itself.
    let statement = scene.statement_for(&mallorys, &scene.bob)?;
    let sent = scene.shares.by(&mallory).admit(statement.public.tag, statement.prove(&chain)?);
    sent.refused(Refused::NotEligible);
    assert_eq!(scene.shares.position(who(&scene.bob))?.tag, None);
    scene.show(&chain, &scene.holder(), &scene.bob)?.succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_epoch(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let statement = scene.statement(&scene.holder())?;
    let proof = statement.prove(&chain)?;
    chain.mine(EPOCH_BLOCKS);
    scene.admit(statement.public.tag, proof).refused(Refused::NotEligible);
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_contract(chain: Chain) -> TestResult {
    let (scene, other) = (Scene::open(&chain)?, Scene::open(&chain)?);
    let statement = scene.statement(&scene.holder())?;
    let (tag, proof) = (statement.public.tag, statement.prove(&chain)?);
    other.admit(tag, proof).refused(Refused::NotEligible);
    scene.admit(tag, proof).succeeds();
    assert_ne!(other.tag(&scene.holder())?, tag, "two registers cannot tell that the holder is the same");
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_chain(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let holder = scene.holder();
    let mut elsewhere = scene.statement(&holder)?;
    let (contract, id) = (scene.shares.id(), chain.chain_id() + 1);
    elsewhere.public.scope = scope(contract, id);
    elsewhere.public.tag = holder.tag(elsewhere.public.scope);
    elsewhere.public.occasion = occasion(contract, id, 0, scene.bob.account());
    let proof = elsewhere.prove(&chain)?;
    scene.admit(elsewhere.public.tag, proof).refused(Refused::NotEligible);
    Ok(())
}

#[dusk_sdk::test]
fn a_flipped_bit_is_noticed(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let statement = scene.statement(&scene.holder())?;
    let (tag, proof) = (statement.public.tag, statement.prove(&chain)?);
    for byte in [0, 47, 500, PROOF_BYTES - 1] {
        let mut bytes = *proof.as_bytes();
        bytes[byte] ^= 1;
        scene.admit(tag, Proof::<Eligible>::from_bytes(bytes)).refused(Refused::NotEligible);
    }
    for bit in [0, 100, 254] {
        scene.admit(flipped(tag, bit), proof).refused(Refused::NotEligible);
    }
    scene.admit(tag, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn statements_of_two_holders_are_not_mixed(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let one = scene.statement(&wallet(&scene.attester, 1, eligible()))?;
    let two = scene.statement(&wallet(&scene.attester, 2, eligible()))?;
    let mixed = Statement { public: one.public.clone(), private: two.private.clone() };
    mixed.is_refused(&chain, "the tag is the holder's");
    let mut mixed = one;
    mixed.private.credential = two.private.credential.clone();
    mixed.is_refused(&chain, "the attester has signed the credential");
    Ok(())
}

#[dusk_sdk::test]
fn the_signer_of_the_deployment_is_the_issuer(chain: Chain) -> TestResult {
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    // Mallory deploys the same code, and states that alice owns it.
    let register = ::register::init("Windmill".into(), 1_000, 0);
    let shares = chain.try_deploy_labelled(&mallory, &alice, register).succeeds().value();
    assert_eq!(shares.status()?.issuer, who(&mallory), "anybody can ask who the issuer is");
    assert_eq!(shares.position(who(&alice))?, ::register::Position::default());
    assert!(!shares.is_officer(who(&alice))?);
    shares.by(&alice).appoint(who(&alice)).refused(offices::Refused::NotIssuer.into());
    Ok(())
}

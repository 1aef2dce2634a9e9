//! Recovery of lost keys: each thing that belongs to an account moves with it, and what belongs to others stays.

use ::register::{EPOCH_BLOCKS, Position, Refused};
use dusk_sdk::finance::caps::{Country, Limits as Most};
use dusk_sdk::finance::offices::Office;
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;

use crate::people::{DAY_BLOCKS, Scene, eligible, wallet, who};

/// An officer gives everything of an account to another one.
fn recover(scene: &Scene, lost: &Signer, to: &Signer) -> Sent<(), Refused> {
    scene.shares.by(&scene.officer).recover(who(lost), who(to), "lost key, file 12".into())
}

#[dusk_sdk::test]
fn an_officer_without_shares_is_recovered_with_its_office(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, .. } = &scene;
    let [second, new, dismissed, stranger] = chain.accounts(["second", "new", "dismissed", "stranger"]);
    shares.by(officer).appoint(who(&second)).succeeds();
    assert_eq!(recover(&scene, &second, &new).succeeds().topics(), ["Recovered", "OfficeTaken"]);
    assert!(shares.is_officer(who(&new))? && !shares.is_officer(who(&second))?);
    let lost = Position { successor: Some(who(&new)), ..Position::default() };
    assert_eq!(shares.position(who(&second))?, lost);
    shares.by(&second).pause().refused(offices::Refused::NotOfficer.into());
    shares.by(&new).pause().succeeds();
    shares.by(officer).appoint(who(&second)).refused(ledger::Refused::Lost.into());

    // Without an office there is nothing to recover, also when it has ended.
    shares.by(officer).appoint(who(&dismissed)).succeeds();
    shares.by(officer).dismiss(who(&dismissed)).succeeds();
    recover(&scene, &dismissed, &stranger).refused(ledger::Refused::NothingToRecover.into());
    Ok(())
}

#[dusk_sdk::test]
fn the_offices_of_two_accounts_do_not_mix(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, .. } = &scene;
    let [second, heir] = chain.accounts(["second", "heir"]);
    shares.by(officer).appoint(who(&second)).succeeds();
    shares.by(officer).offer_office(Office::Issuer, Some(who(&heir))).succeeds();
    shares.by(&heir).take_office(Office::Issuer).succeeds();
    // The ledger knows neither of them, and both have an office.
    for known in [&second, &heir] {
        recover(&scene, alice, known).refused(ledger::Refused::ToKnown.into());
        assert_eq!(shares.position(who(known))?, Position::default());
    }
    assert_eq!((shares.position(who(alice))?.shares, shares.status()?.issuer), (300, who(&heir)));
    shares.by(&heir).dismiss(who(&second)).succeeds();
    recover(&scene, alice, &second).succeeds();
    assert!(!shares.is_officer(who(&second))?, "a recovery brings no office back");
    Ok(())
}

#[dusk_sdk::test]
fn an_office_that_was_offered_to_a_lost_account_is_offered_to_the_new_one(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, .. } = &scene;
    let new = chain.account("new");
    shares.by(officer).offer_office(Office::Officer, Some(who(alice))).succeeds();
    recover(&scene, alice, &new).succeeds();
    shares.by(alice).take_office(Office::Officer).refused(ledger::Refused::Lost.into());
    shares.by(&new).take_office(Office::Officer).succeeds();
    assert!(shares.is_officer(who(&new))? && !shares.is_officer(who(officer))?);
    Ok(())
}

#[dusk_sdk::test]
fn the_freeze_and_the_bar_of_a_person_stay(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, .. } = &scene;
    let (holder, new, reason) = (scene.holder(), chain.account("new"), || String::from("court order 3"));
    let tag = scene.tag(&holder)?;
    scene.show(&chain, &holder, bob)?.succeeds();
    scene.send(bob, 10).succeeds();
    shares.by(officer).unlist(who(bob)).succeeds();
    shares.by(officer).freeze_holder(tag, reason()).succeeds();
    let before = shares.position(who(bob))?;
    assert!(before.frozen && before.barred && before.tag == Some(tag));
    recover(&scene, bob, &new).succeeds();
    assert_eq!((shares.position(who(&new))?, shares.holder(tag)?.shares), (before, 10));

    // No proof, for neither account, is a way around them.
    chain.mine(EPOCH_BLOCKS);
    scene.show(&chain, &holder, bob)?.refused(ledger::Refused::Lost.into());
    scene.show(&chain, &holder, &new)?.refused(freezes::Refused::SenderFrozen.into());
    shares.by(officer).unfreeze(who(&new)).succeeds();
    scene.show(&chain, &holder, &new)?.refused(admission::Refused::Barred.into());
    Ok(())
}

#[dusk_sdk::test]
fn the_freeze_and_the_bar_of_an_account_stay(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, .. } = &scene;
    let new = chain.account("new");
    shares.by(officer).unlist(who(alice)).succeeds();
    shares.by(officer).freeze(who(alice), "court order 3".into()).succeeds();
    let before = shares.position(who(alice))?;
    assert!(before.frozen && before.barred && before.tag.is_none());
    recover(&scene, alice, &new).succeeds();
    assert_eq!(shares.position(who(&new))?, before);
    shares.by(officer).unfreeze(who(&new)).succeeds();
    let proven = scene.show(&chain, &wallet(&scene.attester, 8, eligible()), &new)?;
    proven.refused(admission::Refused::Barred.into());
    Ok(())
}

#[dusk_sdk::test]
fn an_admission_by_a_proof_moves_and_lasts_no_longer(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, alice, bob, .. } = &scene;
    let new = chain.account("new");
    scene.show(&chain, &scene.holder(), bob)?.succeeds();
    scene.send(bob, 10).succeeds();
    let before = shares.position(who(bob))?;
    assert_eq!(before.proven_until, Some(scene.policy().today));
    recover(&scene, bob, &new).succeeds();
    assert_eq!(shares.position(who(&new))?, before);
    scene.send(&new, 1).succeeds();
    shares.by(&new).transfer(who(alice), 1).succeeds();
    chain.mine(DAY_BLOCKS);
    scene.send(&new, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    assert_eq!(shares.position(who(&new))?.proven_until, None);
    Ok(())
}

#[dusk_sdk::test]
fn the_account_that_places_shares_stays_exempt_from_the_lock_up(chain: Chain) -> TestResult {
    let [issuer, bob, new] = chain.accounts(["issuer", "bob", "new"]);
    let until = 1_000_000;
    let shares = chain.deploy(&issuer, ::register::init("Windmill".into(), 1_000, until))?;
    shares.by(&issuer).appoint(who(&bob)).succeeds();
    shares.by(&issuer).list(who(&bob), 10).succeeds();
    shares.by(&bob).recover(who(&issuer), who(&new), "lost key".into()).succeeds();
    shares.by(&new).transfer(who(&bob), 2).succeeds();
    shares.by(&bob).transfer(who(&new), 1).refused(lots::Refused::LockedUp { until }.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_recovery_changes_no_number_of_the_register(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, .. } = &scene;
    let new = chain.account("new");
    // There is no room for another share, nor for another holder, in all and in the country.
    shares.by(officer).set_country(who(alice), 528).succeeds();
    shares.by(officer).set_country_cap(528, Some(1)).succeeds();
    let most = Most { supply: Some(1_000), holders: Some(2), share: None };
    shares.by(officer).set_caps(most).succeeds();
    let before = shares.status()?;
    assert_eq!(before.countries, [Country { country: 528, most: Some(1), holders: 1 }]);
    recover(&scene, alice, &new).succeeds();
    assert_eq!(shares.status()?, before);
    assert_eq!(shares.position(who(&new))?.country, 528);
    // Its transfer makes the room that a transfer of the lost account's shares would have made.
    shares.by(&new).transfer(who(officer), 300).succeeds();
    assert_eq!(shares.status()?.holders, 1);
    assert_eq!(shares.status()?.countries, [Country { country: 528, most: Some(1), holders: 0 }]);
    Ok(())
}

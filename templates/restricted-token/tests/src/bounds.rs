//! Caps and bounds: limits of counts, and lists that nobody can lengthen without end.

use ::register::Refused;
use dusk_sdk::ContractId;
use dusk_sdk::finance::batch::Item;
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;

use crate::people::{Scene, who};

#[dusk_sdk::test]
fn caps_count_a_person_once(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, bob, .. } = &scene;
    let (carol, tag) = (chain.account("carol"), scene.tag(&scene.holder())?);
    let items = [bob, &carol].map(|account| Item { account: who(account), amount: 1_000 });
    shares.by(officer).list_batch(items.into()).succeeds();
    for account in [alice, &carol] {
        shares.by(officer).identify(who(account), tag).succeeds();
    }
    shares.by(officer).set_caps(Most { supply: None, holders: Some(2), share: Some(3_000) }).succeeds();
    // Two accounts of one person are one holder, with one share: 300 of 1,000.
    scene.send(&carol, 100).succeeds();
    assert_eq!((shares.status()?.holders, shares.holder(tag)?.shares), (2, 300));
    let large = || caps::Refused::ShareTooLarge { most: 3_000 };
    for account in [alice, &carol] {
        shares.by(officer).transfer(who(account), 1).refused(large().into());
        shares.by(officer).issue(who(account), 1, 0).refused(large().into());
    }
    // An officer's acts add no holder either.
    let full = || caps::Refused::TooManyHolders { most: 2 };
    scene.send(bob, 1).refused(full().into());
    shares.by(officer).issue(who(bob), 1, 0).refused(full().into());
    let forced = shares.by(officer).force_transfer(who(alice), who(bob), 1, "order 7".into());
    forced.refused(full().into());
    // Nor do all shares of one of two accounts make room.
    shares.by(&carol).transfer(who(bob), 100).refused(full().into());
    Ok(())
}

#[dusk_sdk::test]
fn counted_countries_have_a_bound(chain: Chain) -> TestResult {
    let Scene { shares, officer, alice, .. } = Scene::open(&chain)?;
    let countries: Vec<u16> = (1..=300).collect();
    for some in countries.chunks(50) {
        let by = shares.by(officer.later());
        let set: Vec<_> = some.iter().map(|country| by.set_country_cap(*country, Some(1))).collect();
        chain.in_one_block(set).into_iter().for_each(|set| drop(set.succeeds()));
    }
    let full = || caps::Refused::TooManyCountries { limit: 300 };
    shares.by(&officer).set_country_cap(301, None).refused(full().into());
    shares.by(&officer).set_country(who(&alice), 301).refused(full().into());
    shares.by(&officer).set_country(who(&alice), 300).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn an_account_with_all_its_lots_takes_no_other_one(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, bob, .. } = &scene;
    let (new, until) = (chain.account("new"), chain.height() + 1_000);
    shares.by(officer).list(who(bob), 500).succeeds();
    scene.send(bob, 100).succeeds();
    for lot in 0..16 {
        shares.by(officer).lock(who(bob), 1, until + lot).succeeds();
    }
    shares.by(officer).lock(who(alice), 200, until + 99).succeeds();
    let full = || lots::Refused::TooManyLots { limit: 16 };
    shares.by(officer).issue(who(bob), 1, until + 99).refused(full().into());
    let forced = shares.by(officer).force_transfer(who(alice), who(bob), 1, "order 5".into());
    forced.refused(full().into());
    assert_eq!((shares.supply()?, shares.position(who(alice))?.shares), (1_000, 200));
    // A lot with a height that is there already, or without one, needs no room.
    shares.by(officer).issue(who(bob), 1, until + 15).succeeds();
    shares.by(officer).issue(who(bob), 1, 0).succeeds();
    let before = shares.position(who(bob))?;
    assert_eq!((before.lots.len(), before.shares, before.free), (16, 102, 85));
    shares.by(officer).recover(who(bob), who(&new), "lost key".into()).succeeds();
    assert_eq!(shares.position(who(&new))?, before);
    Ok(())
}

#[dusk_sdk::test]
fn what_would_end_in_its_own_block_does_not_begin(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, bob, .. } = &scene;
    // The height of the next call.
    let next = || chain.height() + 1;
    let ended = || Refused::from(lots::Refused::EndsInThePast);
    for early in [1_u64, 100] {
        shares.by(officer).issue(who(alice), 1, early.min(next())).refused(ended());
        shares.by(officer).lock(who(alice), 1, early.min(next())).refused(ended());
    }
    assert_eq!((shares.supply()?, shares.position(who(alice))?.lots), (1_000, vec![]));
    let until = next() + 1;
    shares.by(officer).issue(who(alice), 1, until).succeeds();
    assert_eq!((shares.supply()?, chain.height()), (1_001, until - 1));

    // A grant holds at its last height, so it may end in its own block, and not before.
    let passed = || Refused::from(operators::Refused::EndsInThePast);
    shares.by(alice).approve(who(bob), 0, 5, next() - 1).refused(passed());
    shares.by(alice).set_operator(who(bob), Some(next() - 1)).refused(passed());
    let until = next();
    shares.by(alice).set_operator(who(bob), Some(until)).succeeds();
    let late = shares.by(bob).transfer_from(who(alice), who(officer), 1);
    late.refused(operators::Refused::Expired { until }.into());
    Ok(())
}

#[dusk_sdk::test]
fn strangers_make_no_transfer_dearer(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, .. } = &scene;
    shares.by(officer).list(who(bob), 500).succeeds();
    scene.send(bob, 1).succeeds();
    let before = scene.send(bob, 1).succeeds().gas();
    // Each stranger gets a record, allows alice and bob something, and makes as many operators as it may.
    let strangers = chain.accounts(["one", "two", "three", "four", "five", "six"]);
    for stranger in &strangers {
        let by = shares.by(stranger.later());
        let allowed = [who(&scene.alice), who(bob)].map(|spender| by.approve(spender, 0, 5, u64::MAX));
        let operators: Vec<_> = (0..14)
            .map(|number| by.set_operator(ContractId::from_bytes([number; 32]).into(), Some(u64::MAX)))
            .collect();
        let (allowed, operators) = chain.in_one_block((allowed, operators));
        allowed.into_iter().chain(operators).for_each(|done| drop(done.succeeds()));
    }
    let after = scene.send(bob, 1).succeeds().gas();
    assert!(after * 100 <= before * 101, "{before} gas before, {after} with the strangers' grants");
    assert!(shares.position(who(bob))?.grants.is_empty(), "they are in the strangers' records");
    Ok(())
}

//! Every act is in its events, in their order: the standards want the move first, then what made it.

use std::collections::BTreeSet;

use ::attester::Attester;
use ::register::Refused;
use dusk_sdk::Dusk;
use dusk_sdk::finance::batch::Item;
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::finance::offices::Office;
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;

use crate::people::{Scene, sanctions, trusted, who};

/// A call that was made, and the topics of the events that it must have.
type Act<'a> = (Sent<(), Refused>, &'a [&'a str]);

/// The topics of all events that the register declares.
fn declared() -> BTreeSet<&'static str> {
    let source = include_str!("../../contracts/register/src/lib.rs");
    let (_, list) = source.split_once("#[contract(").expect("there is a contract");
    let (list, _) = list.split_once("pub mod").expect("it is a module");
    let is_name = |letter: char| letter.is_alphanumeric();
    list.split("::")
        .skip(1)
        .map(|rest| rest.split(|letter: char| !is_name(letter)).next().unwrap_or_default())
        .collect()
}

#[dusk_sdk::test]
fn every_act_is_in_its_events_in_their_order(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, bob, .. } = &scene;
    let [carol, second, new] = chain.accounts(["carol", "second", "new"]);
    let (reason, tag) = (|| String::from("file 12"), scene.tag(&scene.holder())?);
    let (by, holder) = (shares.by(officer), shares.by(alice));
    let other = trusted(&Attester::new(Scalar::from(98)));
    let item = |signer: &Signer, amount| Item { account: who(signer), amount };
    let mut seen = BTreeSet::new();

    let proven = scene.show(&chain, &scene.holder(), bob)?.succeeds().topics();
    assert_eq!(proven, ["Identified", "Admitted"]);
    seen.extend(proven);
    let acts: [Act<'_>; 48] = [
        (by.list(who(&carol), 400), &["Listed"]),
        (by.set_limit(who(&carol), 500), &["LimitChanged"]),
        (by.unlist(who(&carol)), &["Unlisted"]),
        (by.lift(who(&carol)), &["Lifted"]),
        (by.list_batch(vec![item(&carol, 500), item(&second, 9)]), &["Listed", "Listed"]),
        (by.bar_holder(tag), &["Barred"]),
        (by.lift_holder(tag), &["Lifted"]),
        (by.identify(who(&carol), tag), &["Identified"]),
        (by.identify(who(&carol), tag), &[]),
        (by.set_country(who(&carol), 528), &["CountryChanged"]),
        (by.set_country_cap(528, Some(9)), &["CountryCapChanged"]),
        (by.set_caps(Most { holders: Some(9), ..Most::default() }), &["CapsChanged"]),
        // Acts of holders.
        (holder.transfer(who(&carol), 5), &["Transferred"]),
        (holder.transfer_batch(vec![item(&carol, 1), item(&carol, 2)]), &["Transferred", "Transferred"]),
        (holder.approve(who(&carol), 0, 9, u64::MAX), &["Approved"]),
        (holder.set_operator(who(&second), Some(u64::MAX)), &["OperatorChanged"]),
        (shares.by(&carol).transfer_from(who(alice), who(&carol), 9), &["Transferred"]),
        (holder.set_operator(who(&second), None), &["OperatorChanged"]),
        // Acts on shares.
        (by.issue(who(alice), 10, 0), &["Issued"]),
        (by.issue(who(alice), 10, 1_000_000), &["Issued", "LockedUp"]),
        (by.redeem(who(alice), 1, reason()), &["Redeemed"]),
        (by.force_transfer(who(alice), who(&carol), 1, reason()), &["Transferred", "ForceTransferred"]),
        (by.lock(who(alice), 1, 1_000_000), &["LockedUp"]),
        (by.freeze_part(who(alice), 1, reason()), &["PartFrozen"]),
        (by.freeze(who(alice), reason()), &["Frozen"]),
        (by.unfreeze(who(alice)), &["Unfrozen"]),
        (by.freeze_holder(tag, reason()), &["Frozen"]),
        (by.unfreeze_holder(tag), &["Unfrozen"]),
        (by.pause(), &["Paused"]),
        (by.resume(), &["Resumed"]),
        // The attesters and the policy.
        (by.set_today(scene.policy().today, 10), &["PolicyChanged"]),
        (by.set_blocked(sanctions().root()), &["PolicyChanged"]),
        (by.trust(other.clone(), None), &["PolicyChanged"]),
        (by.trust(other.clone(), Some(other.key)), &["PolicyChanged"]),
        (by.distrust(other.key), &["PolicyChanged"]),
        (by.set_policy(None), &["PolicyChanged"]),
        (by.set_policy(Some(scene.policy())), &["PolicyChanged"]),
        // Documents and offices.
        (by.set_document("terms".into(), [9; 32], "https://example.org".into()), &["DocumentSet"]),
        (by.remove_document("terms".into()), &["DocumentRemoved"]),
        (by.appoint(who(alice)), &["Appointed"]),
        (by.appoint(who(bob)), &["Appointed"]),
        (by.dismiss(who(bob)), &["Dismissed"]),
        (by.offer_office(Office::Issuer, Some(who(&second))), &["OfficeOffered"]),
        (shares.by(&second).take_office(Office::Issuer), &["OfficeTaken"]),
        // One with shares and an office, and one without shares.
        (by.recover(who(alice), who(&new), reason()), &["Transferred", "Recovered", "OfficeTaken"]),
        (by.recover(who(bob), who(&chain.account("later")), reason()), &["Recovered"]),
        (shares.by(&second).offer_office(Office::Issuer, Some(who(officer))), &["OfficeOffered"]),
        (by.take_office(Office::Issuer), &["OfficeTaken"]),
    ];
    for (number, (sent, expected)) in acts.into_iter().enumerate() {
        let topics = sent.succeeds().topics();
        assert_eq!(topics, expected, "act {number}");
        seen.extend(topics);
    }

    // These return something.
    let lux = Dusk::from_lux(10_000);
    let paid_in = shares.by(officer.depositing(lux)).distribute(lux).succeeds().topics();
    let moved = by.move_dividends(who(&new), who(&carol), reason()).succeeds().topics();
    let paid = shares.by(&carol).claim().succeeds().topics();
    let taken = by.take_snapshot().succeeds().topics();
    let expected = ["Distributed", "DividendsMoved", "Claimed", "SnapshotTaken"];
    assert_eq!([&paid_in, &moved, &paid, &taken].map(|topics| topics.join(" ")), expected);
    seen.extend([paid_in, moved, paid, taken].concat());
    let declared = declared();
    assert!(declared.len() > 30, "{declared:?}");
    assert_eq!(seen.iter().map(String::as_str).collect::<BTreeSet<_>>(), declared, "those that were emitted");
    Ok(())
}

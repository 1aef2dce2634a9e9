//! The life of a share: tests of the officers' functions, for "Requirements of a regulated asset" in the README.

use ::register::{Position, Refused, RegisterClient};
use dusk_sdk::finance::batch::Item;
use dusk_sdk::finance::caps::{Country, Limits as Most};
use dusk_sdk::finance::documents::DocumentSet;
use dusk_sdk::finance::freezes::PartFrozen;
use dusk_sdk::finance::ledger::{ForceTransferred, Issued, Recovered, Redeemed, Transferred};
use dusk_sdk::finance::lots::Lot;
use dusk_sdk::finance::offices::{Office, OfficeOffered, OfficeTaken};
use dusk_sdk::finance::operators::{Approved, Grant};
use dusk_sdk::finance::snapshots::{Held, SnapshotTaken};
use dusk_sdk::finance::*;
use dusk_sdk::parts::pausing;
use dusk_sdk::testing::*;
use dusk_sdk::wire::Wire as _;
use dusk_sdk::{Account, ContractId, Dusk, Principal};

use crate::people::{DAY_BLOCKS, LIMIT, Scene, eligible, trusted, wallet, who};

const SUPPLY: u64 = 1_000;

/// An open register: alice and bob may hold up to 500 shares, alice has 300.
struct Opened {
    shares: RegisterClient<Deployed>,
    issuer: Signer,
    alice: Signer,
    bob: Signer,
    mallory: Signer,
}

fn open(chain: &Chain) -> Result<Opened, Failure> {
    let [issuer, alice, bob, mallory] = chain.accounts(["issuer", "alice", "bob", "mallory"]);
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), SUPPLY, 0))?;
    let items = [&alice, &bob].map(|holder| Item { account: who(holder), amount: 500 });
    shares.by(&issuer).list_batch(items.into()).succeeds();
    shares.by(&issuer).transfer(who(&alice), 300).succeeds();
    Ok(Opened { shares, issuer, alice, bob, mallory })
}

impl Opened {
    fn distribute(&self, lux: u64) -> Sent<Dusk, Refused> {
        let amount = Dusk::from_lux(lux);
        self.shares.by(self.issuer.depositing(amount)).distribute(amount)
    }

    fn position(&self, of: &Signer) -> Result<Position, Failure> {
        self.shares.position(who(of))
    }
}

fn vault() -> Principal {
    ContractId::from_bytes([7; 32]).into()
}

#[dusk_sdk::test]
fn who_may_send_and_who_may_receive_is_told_with_the_reason(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, mallory } = open(&chain)?;
    shares.can_send(who(&alice))?;
    shares.can_receive(who(&bob))?;
    let refused = |outcome: Result<(), Failure>, why: Refused| assert!(outcome.is_err_and(|it| it.is(&why)));
    refused(shares.can_send(who(&mallory)), admission::Refused::SenderNotAdmitted.into());
    refused(shares.can_receive(who(&mallory)), admission::Refused::ReceiverNotAdmitted.into());
    shares.by(&issuer).freeze(who(&alice), "order 1".into()).succeeds();
    refused(shares.can_send(who(&alice)), freezes::Refused::SenderFrozen.into());
    refused(shares.can_receive(who(&alice)), freezes::Refused::ReceiverFrozen.into());
    shares.by(&issuer).pause().succeeds();
    refused(shares.can_send(who(&bob)), pausing::Refused::Paused.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_part_of_a_holding_is_frozen(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, bob, .. } = &opened;
    let (account, by, reason) = (who(alice), who(issuer), String::from("pledge 4"));
    let frozen = shares.by(issuer).freeze_part(account, 200, reason.clone());
    frozen.emits(PartFrozen { account, amount: 200, by, reason: reason.clone() });
    shares.by(alice).transfer(who(bob), 101).refused(freezes::Refused::PartFrozen { free: 100 }.into());
    shares.by(alice).transfer(who(bob), 100).succeeds();
    assert_eq!(opened.position(alice)?.free, 0);
    // A forced transfer takes frozen shares, and the freeze stays for those that come.
    shares.by(issuer).force_transfer(account, who(bob), 150, reason.clone()).succeeds();
    shares.by(bob).transfer(account, 150).succeeds();
    shares.by(alice).transfer(who(bob), 1).refused(freezes::Refused::PartFrozen { free: 0 }.into());
    shares.by(issuer).freeze_part(account, 200, reason.clone()).refused(freezes::Refused::SamePart.into());
    shares.by(issuer).freeze_part(account, 0, reason).succeeds();
    shares.by(alice).transfer(who(bob), 200).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_forced_transfer_moves_what_was_earned_on_request(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    opened.distribute(SUPPLY).succeeds();
    let Opened { shares, issuer, alice, bob, mallory } = &opened;
    let (from, to, by, reason) = (who(alice), who(bob), who(issuer), String::from("order 2"));
    let forced = shares.by(issuer).force_transfer(from, to, 300, reason.clone());
    let forced = forced.emits(Transferred { from, to, amount: 300, by });
    forced.emits(ForceTransferred { from, to, amount: 300, by, reason: reason.clone() });
    let lux = Dusk::from_lux;
    assert_eq!((opened.position(alice)?.claimable, opened.position(bob)?.claimable), (lux(300), lux(0)));
    let moved = shares.by(issuer).move_dividends(from, to, reason.clone());
    moved.emits(dividends::DividendsMoved { from, to, amount: lux(300), by, reason: reason.clone() });
    assert_eq!((opened.position(alice)?.claimable, opened.position(bob)?.claimable), (lux(0), lux(300)));
    let again = shares.by(issuer).move_dividends(from, to, reason.clone());
    again.refused(dividends::Refused::NothingToClaim.into());
    let nowhere = shares.by(issuer).move_dividends(to, to, reason.clone());
    nowhere.refused(ledger::Refused::SameAccount.into());
    let away = shares.by(issuer).move_dividends(to, who(mallory), reason);
    away.refused(admission::Refused::ReceiverNotAdmitted.into());
    assert_eq!(shares.by(bob).claim().succeeds().value(), lux(300));
    Ok(())
}

#[dusk_sdk::test]
fn a_lost_key_is_recovered_with_everything(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    opened.distribute(SUPPLY).succeeds();
    let Opened { shares, issuer, alice, bob, mallory } = &opened;
    let (lost, new, by, reason) = (who(alice), who(mallory), who(issuer), String::from("lost key, file 12"));
    let until = chain.height() + 1_000;
    shares.by(issuer).appoint(lost).succeeds();
    shares.by(alice).approve(who(bob), 0, 40, until).emits(Approved {
        owner: lost,
        spender: who(bob),
        allowed: 40,
        until,
    });
    shares.by(issuer).set_country(lost, 528).succeeds();
    shares.by(issuer).lock(lost, 50, until).succeeds();
    shares.by(issuer).freeze_part(lost, 70, reason.clone()).succeeds();
    shares.by(issuer).freeze(lost, reason.clone()).succeeds();
    let height = shares.by(issuer).take_snapshot().succeeds().value();
    let before = opened.position(alice)?;
    let holders = shares.status()?.holders;

    let recovered = shares.by(issuer).recover(lost, new, reason.clone());
    let recovered = recovered.emits(Transferred { from: lost, to: new, amount: 300, by });
    let recovered =
        recovered.emits(Recovered { from: lost, to: new, person: None, by, reason: reason.clone() });
    recovered.emits(OfficeTaken { office: Office::Officer, from: lost, to: new });
    assert_eq!(opened.position(mallory)?, before, "nothing is released or lost on the way");
    assert_eq!(opened.position(alice)?, Position { successor: Some(new), ..Position::default() });
    assert_eq!((shares.held_at(new, height)?, shares.held_at(lost, height)?), (300, 0));
    assert_eq!((shares.supply()?, shares.status()?.holders), (SUPPLY, holders));
    assert!(shares.is_officer(new)? && !shares.is_officer(lost)?);

    // The lost account can do nothing any more, and nothing can be done to it.
    let gone = || ledger::Refused::Lost;
    shares.by(alice).transfer(who(bob), 1).refused(gone().into());
    shares.by(alice).approve(who(bob), 0, 1, until).refused(gone().into());
    shares.by(alice).claim().refused(gone().into());
    shares.by(issuer).list(lost, 5).refused(gone().into());
    shares.by(issuer).transfer(lost, 1).refused(gone().into());
    shares.by(issuer).recover(lost, vault(), reason.clone()).refused(ledger::Refused::ToContract.into());
    shares.by(issuer).recover(lost, who(&chain.account("carol")), reason.clone()).refused(gone().into());
    shares.by(issuer).unfreeze(new).succeeds();
    shares.by(bob).transfer_from(new, who(bob), 40).succeeds();
    assert_eq!(shares.by(mallory).claim().succeeds().value(), Dusk::from_lux(300));
    Ok(())
}

#[dusk_sdk::test]
fn what_others_allowed_a_lost_account_is_the_new_ones(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, bob, mallory } = &opened;
    let (owner, lost, until) = (who(alice), who(bob), chain.height() + 1_000);
    shares.by(alice).approve(lost, 0, 40, until).succeeds();
    shares.by(issuer).set_operator(lost, Some(until)).succeeds();
    // Somebody has allowed the new account something before it takes the place of the other.
    shares.by(alice).approve(who(mallory), 0, 5, until).succeeds();
    shares.by(issuer).recover(lost, who(mallory), "lost key".into()).succeeds();
    let grants = |allowed: &[u64]| -> Vec<Grant> {
        let grant = |allowed: &u64| Grant { spender: who(mallory), allowed: Some(*allowed), until };
        allowed.iter().map(grant).collect()
    };
    assert_eq!(opened.position(alice)?.grants, grants(&[40, 5]));
    assert_eq!(shares.allowance(owner, who(mallory))?, 40);
    let gone = shares.allowance(owner, lost);
    assert!(gone.is_err_and(|failure| failure.is(&ledger::Refused::Lost)));

    shares.by(bob).transfer_from(owner, who(issuer), 1).refused(ledger::Refused::Lost.into());
    shares.by(alice).approve(lost, 0, 1, until).refused(ledger::Refused::Lost.into());
    shares.by(alice).set_operator(lost, Some(until)).refused(ledger::Refused::Lost.into());
    let spend = |amount| shares.by(mallory).transfer_from(owner, who(issuer), amount);
    spend(41).refused(operators::Refused::AllowanceExceeded { allowed: 40 }.into());
    spend(40).succeeds();
    assert_eq!(opened.position(alice)?.grants, grants(&[5]), "each allowance is used once");
    spend(5).succeeds();
    spend(1).refused(operators::Refused::AllowanceExceeded { allowed: 0 }.into());
    shares.by(mallory).transfer_from(who(issuer), owner, 45).succeeds();

    // The second recovery of the same holder moves them as well, and an owner takes back what it sees.
    let second = chain.account("second");
    shares.by(alice).approve(who(mallory), 0, 7, until).succeeds();
    shares.by(issuer).recover(who(mallory), who(&second), "lost again".into()).succeeds();
    shares.by(&second).transfer_from(owner, who(issuer), 3).succeeds();
    shares.by(&second).transfer_from(who(issuer), owner, 3).succeeds();
    shares.by(alice).approve(who(&second), 4, 0, until).succeeds();
    assert_eq!(opened.position(alice)?.grants, []);
    shares.by(issuer).set_operator(who(&second), None).succeeds();
    let none = shares.by(&second).transfer_from(who(issuer), owner, 1);
    none.refused(operators::Refused::AllowanceExceeded { allowed: 0 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_holder_loses_no_more_accounts_than_the_bound(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, .. } = open(&chain)?;
    shares.by(&bob).approve(who(&alice), 0, 9, 1_000).succeeds();
    let recover = |from, to| shares.by(&issuer).recover(from, to, "lost".into());
    let mut last = who(&alice);
    for number in 1..=16 {
        let next = nobody(number)?;
        recover(last, next).succeeds();
        last = next;
    }
    let more = recover(last, nobody(17)?);
    more.refused(ledger::Refused::TooManyRecoveries { limit: 16 }.into());
    assert_eq!(shares.position(who(&bob))?.grants[0].spender, last, "after all of them");
    assert_eq!(shares.position(last)?.shares, 300);
    Ok(())
}

/// An account that nobody can sign for: there are more of them than accounts of a test.
fn nobody(number: u8) -> Result<Principal, Failure> {
    let mut bytes = [0; 200];
    bytes[0] = number;
    let account = Account::decode(&bytes).map_err(|error| Failure::new(error.to_string()))?;
    Ok(account.into())
}

#[dusk_sdk::test]
fn a_recovery_goes_to_an_account_that_nobody_knows(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, mallory } = open(&chain)?;
    let reason = || String::from("lost key");
    let to = |account| shares.by(&issuer).recover(who(&alice), account, reason());
    let [frozen, barred, known, new] = chain.accounts(["frozen", "barred", "known", "new"]);
    shares.by(&issuer).freeze(who(&frozen), reason()).succeeds();
    shares.by(&issuer).unlist(who(&barred)).succeeds();
    shares.by(&known).approve(who(&bob), 0, 5, 1_000).succeeds();
    to(who(&frozen)).refused(freezes::Refused::ToFrozen.into());
    to(who(&barred)).refused(admission::Refused::ToListed.into());
    to(who(&bob)).refused(admission::Refused::ToListed.into());
    to(who(&known)).refused(ledger::Refused::ToKnown.into());
    to(who(&alice)).refused(ledger::Refused::SameAccount.into());
    to(vault()).refused(ledger::Refused::ToContract.into());
    let nobody = shares.by(&issuer).recover(who(&mallory), who(&new), reason());
    nobody.refused(ledger::Refused::NothingToRecover.into());
    shares
        .by(&mallory)
        .recover(who(&alice), who(&mallory), reason())
        .refused(offices::Refused::NotOfficer.into());
    let silent = shares.by(&issuer).recover(who(&alice), who(&new), String::new());
    silent.refused(ledger::Refused::ReasonLength { limit: 256 }.into());
    // A second officer comes too late.
    to(who(&new)).succeeds();
    to(who(&mallory)).refused(ledger::Refused::Lost.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_recovered_holder_keeps_its_person_and_its_limit(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, .. } = &scene;
    let (holder, new) = (scene.holder(), chain.account("new"));
    scene.show(&chain, &holder, bob)?.succeeds();
    scene.send(bob, LIMIT).succeeds();
    shares.by(officer).recover(who(bob), who(&new), "lost key".into()).succeeds();
    let tag = scene.tag(&holder)?;
    assert_eq!((shares.position(who(&new))?.tag, shares.holder(tag)?.shares), (Some(tag), LIMIT));
    scene.send(&new, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    let second = chain.account("second");
    scene.show(&chain, &holder, &second)?.succeeds();
    scene.send(&second, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn officers_issue_and_redeem_within_the_cap(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, mallory, .. } = &opened;
    let (to, by, reason) = (who(alice), who(issuer), String::from("buy-back"));
    shares.by(issuer).set_caps(Most { supply: Some(SUPPLY + 150), ..Most::default() }).succeeds();
    shares.by(issuer).issue(to, 151, 0).refused(caps::Refused::SupplyCapped { left: 150 }.into());
    shares.by(issuer).issue(to, 150, 0).emits(Issued { to, amount: 150, by });
    shares.by(issuer).issue(to, 1, 0).refused(caps::Refused::SupplyCapped { left: 0 }.into());
    let redeemed = shares.by(issuer).redeem(to, 450, reason.clone());
    redeemed.emits(Redeemed { from: to, amount: 450, by, reason: reason.clone() });
    assert_eq!((shares.supply()?, opened.position(alice)?.shares), (700, 0));
    shares
        .by(issuer)
        .redeem(to, 1, reason.clone())
        .refused(ledger::Refused::Insufficient { shares: 0 }.into());
    shares.by(issuer).issue(to, 0, 0).refused(ledger::Refused::ZeroAmount.into());
    shares.by(issuer).set_caps(Most::default()).succeeds();
    shares.by(issuer).issue(to, 501, 0).refused(limits::Refused::LimitExceeded { room: 500 }.into());
    let most = u64::MAX - 700;
    shares.by(issuer).set_limit(to, u64::MAX).succeeds();
    shares.by(issuer).issue(to, most + 1, 0).refused(ledger::Refused::SupplyFull { left: most }.into());
    shares.by(issuer).issue(to, most, 0).succeeds();
    assert_eq!(shares.supply()?, u64::MAX);
    let outsider = shares.by(issuer).issue(who(mallory), 1, 0);
    outsider.refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(mallory).issue(to, 1, 0).refused(offices::Refused::NotOfficer.into());
    shares.by(mallory).redeem(to, 1, reason).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_paused_register_moves_nothing_for_holders(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    opened.distribute(SUPPLY).succeeds();
    let Opened { shares, issuer, alice, bob, .. } = &opened;
    let paused = || pausing::Refused::Paused;
    shares.by(issuer).resume().refused(pausing::Refused::NotPaused.into());
    shares.by(alice).pause().refused(offices::Refused::NotOfficer.into());
    shares.by(issuer).pause().succeeds();
    assert!(shares.status()?.paused);
    shares.by(alice).transfer(who(bob), 1).refused(paused().into());
    shares.by(alice).claim().refused(paused().into());
    shares.by(issuer).pause().refused(paused().into());
    shares.by(issuer).force_transfer(who(alice), who(bob), 1, "order 3".into()).succeeds();
    shares.by(issuer).resume().succeeds();
    shares.by(alice).transfer(who(bob), 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn lots_have_heights_of_their_own(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, bob, .. } = &opened;
    let (first, second) = (chain.height() + 50, chain.height() + 100);
    shares.by(issuer).issue(who(alice), 60, first).succeeds();
    shares.by(issuer).lock(who(alice), 40, second).succeeds();
    let lots = vec![Lot { amount: 60, until: first }, Lot { amount: 40, until: second }];
    assert_eq!(opened.position(alice)?.lots, lots);
    shares.by(alice).transfer(who(bob), 261).refused(lots::Refused::LotsLocked { free: 260 }.into());
    // A forced transfer takes what is free first; a lot keeps its height with its next holder.
    shares.by(issuer).force_transfer(who(alice), who(bob), 300, "order 5".into()).succeeds();
    assert_eq!(opened.position(bob)?.lots, vec![Lot { amount: 40, until: first }]);
    shares.by(bob).transfer(who(alice), 261).refused(lots::Refused::LotsLocked { free: 260 }.into());
    chain.mine(first - 1 - chain.height());
    shares.by(bob).transfer(who(alice), 300).succeeds();
    shares.by(alice).transfer(who(bob), 321).refused(lots::Refused::LotsLocked { free: 320 }.into());
    chain.mine(second - 1 - chain.height());
    shares.by(alice).transfer(who(bob), 360).succeeds();

    let late = chain.height();
    shares.by(issuer).lock(who(bob), 1, late).refused(lots::Refused::EndsInThePast.into());
    shares.by(issuer).lock(who(bob), 361, late + 9).refused(lots::Refused::NotFree { free: 360 }.into());
    for lot in 0..16 {
        shares.by(issuer).lock(who(bob), 1, late + 1_000 + lot).succeeds();
    }
    let full = shares.by(issuer).lock(who(bob), 1, late + 2_000);
    full.refused(lots::Refused::TooManyLots { limit: 16 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn holders_are_capped_in_all_and_by_country(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, bob, mallory } = &opened;
    shares.by(issuer).set_caps(Most { holders: Some(2), ..Most::default() }).succeeds();
    assert_eq!(shares.status()?.holders, 2);
    shares.by(alice).transfer(who(bob), 1).refused(caps::Refused::TooManyHolders { most: 2 }.into());
    shares.by(alice).transfer(who(bob), 300).succeeds();
    shares.by(issuer).set_caps(Most::default()).succeeds();
    for (account, country) in [(who(alice), 276), (who(bob), 276), (who(issuer), 528)] {
        shares.by(issuer).set_country(account, country).succeeds();
    }
    shares.by(issuer).set_country_cap(276, Some(1)).succeeds();
    let full = || caps::Refused::TooManyInCountry { country: 276, most: 1 };
    shares.by(bob).transfer(who(alice), 1).refused(full().into());
    shares.by(issuer).transfer(who(alice), 1).refused(full().into());
    shares.by(bob).transfer(who(alice), 300).succeeds();
    let countries = vec![
        Country { country: 276, most: Some(1), holders: 1 },
        Country { country: 528, most: None, holders: 1 },
    ];
    assert_eq!(shares.status()?.countries, countries);
    for country in [0, 1_000] {
        shares.by(issuer).set_country(who(bob), country).refused(caps::Refused::NoCountry.into());
    }
    shares.by(mallory).set_caps(Most::default()).refused(offices::Refused::NotOfficer.into());
    shares.by(mallory).set_country_cap(276, None).refused(offices::Refused::NotOfficer.into());
    shares.by(mallory).set_country(who(bob), 276).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn one_holder_has_a_largest_share(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, .. } = open(&chain)?;
    shares.by(&issuer).set_caps(Most { share: Some(3_500), ..Most::default() }).succeeds();
    shares.by(&issuer).transfer(who(&alice), 51).refused(caps::Refused::ShareTooLarge { most: 3_500 }.into());
    shares.by(&issuer).transfer(who(&alice), 50).succeeds();
    let wrong = shares.by(&issuer).set_caps(Most { share: Some(10_001), ..Most::default() });
    wrong.refused(caps::Refused::NotAShare.into());
    Ok(())
}

#[dusk_sdk::test]
fn attesters_rotate_and_end(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, alice, .. } = &scene;
    let second = ::attester::Attester::new(dusk_sdk::zk::native::Scalar::from(98));
    let key = second.key().u();
    shares.by(officer).trust(trusted(&second), None).succeeds();
    shares.by(officer).trust(trusted(&second), None).refused(attesters::Refused::KnownAttester.into());
    // Bob is admitted by the second attester, carol by the first.
    let carol = chain.account("carol");
    scene.show(&chain, &scene.holder(), &carol)?.succeeds();
    let terms = shares.terms_of(bob.account(), key)?;
    let statement = crate::people::Statement::of(&second, &wallet(&second, 9, eligible()), terms)?;
    let proof = statement.prove(&chain)?;
    let tag = statement.public.tag;
    shares.by(bob).admit_by(trusted(&scene.attester).key, tag, proof).refused(Refused::NotEligible);
    shares.by(bob).admit_by(key, tag, proof).succeeds();
    scene.send(bob, 1).succeeds();
    // It revokes: its admissions end, and no others.
    let revoking = attesters::Attester { revoked: key, ..trusted(&second) };
    shares.by(officer).trust(revoking, Some(key)).succeeds();
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    scene.send(&carol, 1).succeeds();
    // It is removed between proof and call.
    shares.by(officer).distrust(key).succeeds();
    shares.by(bob).admit_by(key, tag, proof).refused(attesters::Refused::UnknownAttester.into());
    shares.by(officer).distrust(key).refused(attesters::Refused::UnknownAttester.into());
    // It may vouch for too little, or only until yesterday.
    let today = shares.status()?.today;
    let without = attesters::Attester { topics: vec![1, 2], ..trusted(&second) };
    shares.by(officer).trust(without, None).succeeds();
    shares.by(bob).admit_by(key, tag, proof).refused(attesters::Refused::TopicMissing { topic: 3 }.into());
    let short = attesters::Attester { until: today, ..trusted(&second) };
    shares.by(officer).trust(short, Some(key)).succeeds();
    chain.mine(DAY_BLOCKS);
    shares
        .by(bob)
        .admit_by(key, tag, proof)
        .refused(attesters::Refused::AttesterEnded { until: today }.into());
    let past = attesters::Attester { until: today, ..trusted(&second) };
    shares.by(officer).trust(past, Some(key)).refused(attesters::Refused::EndsBeforeToday.into());
    let wide = attesters::Attester { topics: vec![1; 17], ..trusted(&second) };
    shares.by(officer).trust(wide, Some(key)).refused(attesters::Refused::TooManyTopics { limit: 16 }.into());
    for number in 0..6 {
        let other = attesters::Attester { key: dusk_sdk::Field::from(number), ..trusted(&second) };
        shares.by(officer).trust(other, None).succeeds();
    }
    let ninth = attesters::Attester { key: dusk_sdk::Field::from(99), ..trusted(&second) };
    shares.by(officer).trust(ninth, None).refused(attesters::Refused::TooManyAttesters { limit: 8 }.into());
    shares.by(alice).distrust(key).refused(offices::Refused::NotOfficer.into());
    shares.by(alice).trust(trusted(&second), None).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn sanctions_change_without_another_circuit(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, .. } = &scene;
    let statement = scene.statement(&scene.holder())?;
    scene.show(&chain, &scene.holder(), bob)?.succeeds();
    // The Netherlands are blocked: admissions end, the proof of before is void, and none can be made.
    let mut blocked = crate::people::sanctions();
    blocked.insert(dusk_sdk::Field::from(528)).map_err(|error| Failure::new(error.to_string()))?;
    shares.by(officer).set_blocked(blocked.root()).succeeds();
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    let kept = statement.prove(&chain)?;
    scene.admit(statement.public.tag, kept).refused(Refused::NotEligible);
    let revoked = scene.attester.revocations();
    assert!(
        scene.holder().private(&revoked, &blocked).is_err(),
        "nothing shows that its country is not blocked"
    );
    // The path for another country does not help.
    let mut statement = scene.statement(&scene.holder())?;
    let other = blocked.non_membership(dusk_sdk::Field::from(276));
    statement.private.allowed_residence = other.map_err(|error| Failure::new(error.to_string()))?;
    let refusal = statement.prove(&chain).expect_err("the residence is blocked");
    assert!(refusal.to_string().contains("the residence is not blocked"), "{refusal}");
    shares.by(bob).set_blocked(blocked.root()).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn the_day_moves_on_by_itself_and_officers_correct_it(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, .. } = &scene;
    let today = shares.status()?.today;
    chain.mine(2 * DAY_BLOCKS);
    assert_eq!(shares.status()?.today, today + 2);
    shares
        .by(officer)
        .set_today(today + 1, 10)
        .refused(calendar::Refused::Backwards { today: today + 2 }.into());
    shares.by(officer).set_today(today + 2, 0).refused(calendar::Refused::BlockTime.into());
    shares.by(officer).set_today(today + 3, 20).succeeds();
    chain.mine(DAY_BLOCKS / 2);
    assert_eq!(shares.status()?.today, today + 4);
    shares.by(bob).set_today(today + 9, 10).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn documents_have_a_name_a_hash_and_an_address(chain: Chain) -> TestResult {
    let Opened { shares, issuer, mallory, .. } = open(&chain)?;
    let (name, hash, address) =
        (String::from("prospectus"), [9; 32], String::from("https://example.org/p.pdf"));
    let set = shares.by(&issuer).set_document(name.clone(), hash, address.clone());
    let height = set.emits(DocumentSet { name: name.clone(), hash, by: who(&issuer) }).height();
    let document = documents::Document { name: name.clone(), hash, address: address.clone(), height };
    assert_eq!(shares.documents()?, vec![document]);
    let no_name = shares.by(&issuer).set_document(String::new(), hash, address.clone());
    no_name.refused(documents::Refused::DocumentName { limit: 64 }.into());
    let no_address = shares.by(&issuer).set_document(name.clone(), hash, String::new());
    no_address.refused(documents::Refused::DocumentAddress { limit: 256 }.into());
    for number in 0..31 {
        shares.by(&issuer).set_document(number.to_string(), hash, address.clone()).succeeds();
    }
    let more = shares.by(&issuer).set_document("more".into(), hash, address.clone());
    more.refused(documents::Refused::TooManyDocuments { limit: 32 }.into());
    shares.by(&issuer).remove_document(name.clone()).succeeds();
    shares.by(&issuer).remove_document(name.clone()).refused(documents::Refused::UnknownDocument.into());
    shares
        .by(&mallory)
        .set_document(name.clone(), hash, address)
        .refused(offices::Refused::NotOfficer.into());
    shares.by(&mallory).remove_document(name).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn offices_are_handed_over_in_two_steps(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, mallory } = open(&chain)?;
    let (from, to) = (who(&issuer), who(&alice));
    shares.by(&mallory).offer_office(Office::Issuer, Some(to)).refused(offices::Refused::NotIssuer.into());
    shares.by(&mallory).offer_office(Office::Officer, Some(to)).refused(offices::Refused::NotOfficer.into());
    shares.by(&alice).take_office(Office::Issuer).refused(offices::Refused::NotOffered.into());
    let offered = shares.by(&issuer).offer_office(Office::Issuer, Some(to));
    offered.emits(OfficeOffered { office: Office::Issuer, from, to: Some(to) });
    assert_eq!(shares.status()?.issuer, from, "until it is taken");
    shares.by(&issuer).offer_office(Office::Issuer, None).succeeds();
    shares.by(&alice).take_office(Office::Issuer).refused(offices::Refused::NotOffered.into());
    shares.by(&issuer).offer_office(Office::Issuer, Some(to)).succeeds();
    shares.by(&mallory).take_office(Office::Issuer).refused(offices::Refused::NotOffered.into());
    let taken = shares.by(&alice).take_office(Office::Issuer);
    taken.emits(OfficeTaken { office: Office::Issuer, from, to });
    shares.by(&issuer).appoint(who(&bob)).refused(offices::Refused::NotIssuer.into());

    shares.by(&issuer).offer_office(Office::Officer, Some(who(&bob))).succeeds();
    shares.by(&bob).take_office(Office::Officer).succeeds();
    assert!(shares.is_officer(who(&bob))? && !shares.is_officer(from)?);
    shares.by(&bob).offer_office(Office::Officer, Some(who(&mallory))).succeeds();
    shares.by(&alice).appoint(who(&mallory)).succeeds();
    shares.by(&mallory).take_office(Office::Officer).refused(offices::Refused::AlreadyOfficer.into());
    for number in 2..16 {
        shares.by(&alice).appoint(ContractId::from_bytes([number; 32]).into()).succeeds();
    }
    shares.by(&alice).appoint(vault_of(99)).refused(offices::Refused::TooManyOfficers { limit: 16 }.into());
    Ok(())
}

fn vault_of(number: u8) -> Principal {
    ContractId::from_bytes([number; 32]).into()
}

#[dusk_sdk::test]
fn the_lost_key_of_an_issuer_is_recovered_with_its_office(chain: Chain) -> TestResult {
    let Opened { shares, issuer, bob, .. } = open(&chain)?;
    let new = chain.account("new");
    shares.by(&issuer).appoint(who(&bob)).succeeds();
    shares.by(&issuer).offer_office(Office::Issuer, Some(who(&bob))).succeeds();
    shares.by(&bob).recover(who(&issuer), who(&new), "lost key".into()).succeeds();
    assert_eq!(shares.status()?.issuer, who(&new));
    assert!(shares.is_officer(who(&new))?);
    shares.by(&bob).take_office(Office::Issuer).refused(offices::Refused::NotOffered.into());
    // A lost account gets no office any more: neither one that is offered to it, nor by an appointment.
    shares.by(&new).offer_office(Office::Officer, Some(who(&issuer))).succeeds();
    shares.by(&issuer).take_office(Office::Officer).refused(ledger::Refused::Lost.into());
    shares.by(&new).appoint(who(&issuer)).refused(ledger::Refused::Lost.into());
    Ok(())
}

#[dusk_sdk::test]
fn amounts_at_the_edges_of_64_bits_are_refused_or_exact(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, bob, .. } = &opened;
    let (from, to, most, reason) = (who(alice), who(bob), u64::MAX, || String::from("edge"));
    let insufficient = || ledger::Refused::Insufficient { shares: 300 };
    for amount in [301, most - 1, most] {
        shares.by(alice).transfer(to, amount).refused(insufficient().into());
        shares.by(issuer).force_transfer(from, to, amount, reason()).refused(insufficient().into());
        shares.by(issuer).redeem(from, amount, reason()).refused(insufficient().into());
        shares.by(issuer).lock(from, amount, most).refused(lots::Refused::NotFree { free: 300 }.into());
    }
    shares.by(alice).transfer(to, 0).refused(ledger::Refused::ZeroAmount.into());
    let full = ledger::Refused::SupplyFull { left: most - SUPPLY };
    shares.by(issuer).issue(from, most, 0).refused(full.into());
    // An allowance, an end, a limit, a lot and a frozen part may be as large as can be.
    shares.by(alice).approve(to, 0, most, most).succeeds();
    shares.by(bob).transfer_from(from, to, most).refused(insufficient().into());
    shares.by(bob).transfer_from(from, to, 1).succeeds();
    assert_eq!(opened.position(alice)?.grants, [Grant { spender: to, allowed: Some(most - 1), until: most }]);
    shares.by(issuer).set_limit(to, most).succeeds();
    shares.by(issuer).lock(from, 299, most).succeeds();
    shares.by(alice).transfer(to, 1).refused(lots::Refused::LotsLocked { free: 0 }.into());
    shares.by(issuer).freeze_part(to, most, reason()).succeeds();
    shares.by(bob).transfer(from, 1).refused(freezes::Refused::PartFrozen { free: 0 }.into());
    shares
        .by(issuer)
        .set_caps(Most { supply: Some(most), holders: Some(u32::MAX), share: Some(10_000) })
        .succeeds();
    assert_eq!(opened.position(bob)?.limit, most);
    Ok(())
}

#[dusk_sdk::test]
fn contracts_hold_shares(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, .. } = &opened;
    shares.by(alice).transfer(vault(), 5).refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(issuer).list(vault(), 10).succeeds();
    shares.by(alice).transfer(vault(), 5).succeeds();
    assert_eq!(shares.position(vault())?.shares, 5);
    // Anybody may have a contract paid, if it may claim. At this id there is none that could take it: it stays.
    opened.distribute(SUPPLY).succeeds();
    let pay = |number| shares.by(alice).claim_for(ContractId::from_bytes([number; 32]));
    pay(8).refused(admission::Refused::ClaimantNotAdmitted.into());
    shares.by(issuer).freeze(vault(), "order 1".into()).succeeds();
    pay(7).refused(freezes::Refused::ClaimantFrozen.into());
    shares.by(issuer).unfreeze(vault()).succeeds();
    assert!(pay(7).into_result().is_err());
    assert_eq!(shares.position(vault())?.claimable, Dusk::from_lux(5));
    shares.by(issuer).force_transfer(vault(), who(alice), 5, "end of custody".into()).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn allowances_and_operators_end_at_a_height(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, alice, bob, mallory, .. } = &opened;
    let (owner, spender, until) = (who(alice), who(bob), chain.height() + 20);
    shares.by(alice).approve(spender, 0, 50, until).succeeds();
    shares.by(bob).transfer_from(owner, spender, 20).emits(Transferred {
        from: owner,
        to: spender,
        amount: 20,
        by: spender,
    });
    shares
        .by(bob)
        .transfer_from(owner, spender, 31)
        .refused(operators::Refused::AllowanceExceeded { allowed: 30 }.into());
    shares
        .by(alice)
        .approve(spender, 50, 10, until)
        .refused(operators::Refused::AllowanceChanged { allowed: 30 }.into());
    let grants = vec![Grant { spender, allowed: Some(30), until }];
    assert_eq!(opened.position(alice)?.grants, grants);
    shares.by(alice).set_operator(who(mallory), Some(until)).succeeds();
    let allowed = |by: &Signer| shares.allowance(owner, who(by));
    assert_eq!([allowed(bob)?, allowed(mallory)?, allowed(alice)?], [30, u64::MAX, 0]);
    shares.by(mallory).transfer_from(owner, spender, 100).succeeds();
    shares.by(alice).set_operator(who(alice), Some(until)).refused(operators::Refused::Oneself.into());
    chain.mine(until + 1 - chain.height());
    assert_eq!([allowed(bob)?, allowed(mallory)?], [0, 0]);
    shares.by(bob).transfer_from(owner, spender, 1).refused(operators::Refused::Expired { until }.into());
    shares.by(mallory).transfer_from(owner, spender, 1).refused(operators::Refused::Expired { until }.into());
    shares.by(alice).approve(spender, 0, 10, until).refused(operators::Refused::EndsInThePast.into());
    for number in 0..16 {
        shares.by(alice).set_operator(vault_of(number), Some(until + 1_000)).succeeds();
    }
    let more = shares.by(alice).set_operator(vault_of(99), Some(until + 1_000));
    more.refused(operators::Refused::TooManyGrants { limit: 16 }.into());
    shares.by(alice).set_operator(vault_of(3), None).succeeds();
    shares.by(alice).set_operator(vault_of(99), Some(until + 1_000)).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn the_register_says_what_it_supports(chain: Chain) -> TestResult {
    let Opened { shares, .. } = open(&chain)?;
    let names = ["token/1", "restricted/1", "operators/1", "documents/1", "dividends/1", "snapshots/1"];
    assert_eq!(::register::INTERFACES, names);
    for name in names {
        assert!(shares.supports(name.into())?);
    }
    for other in ["erc20", "token", "token/2", ""] {
        assert!(!shares.supports(other.into())?);
    }
    Ok(())
}

#[dusk_sdk::test]
fn a_snapshot_says_who_held_what(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, mallory } = open(&chain)?;
    let taken = shares.by(&issuer).take_snapshot().succeeds();
    let height = taken.height();
    taken.emits(SnapshotTaken { height, supply: SUPPLY, by: who(&issuer) });
    shares.by(&alice).transfer(who(&bob), 100).succeeds();
    shares.by(&issuer).issue(who(&bob), 7, 0).succeeds();
    let second = shares.by(&issuer).take_snapshot().succeeds().value();
    shares.by(&bob).transfer(who(&alice), 50).succeeds();
    let held = |height| -> Result<_, Failure> {
        Ok([shares.held_at(who(&alice), height)?, shares.held_at(who(&bob), height)?])
    };
    assert_eq!((held(height)?, held(second)?), ([300, 0], [200, 107]));
    let mut all: Vec<Held> = shares.holders_at(height, None)?;
    assert_eq!(all.iter().map(|held| held.shares).sum::<u64>(), SUPPLY);
    let last = all.pop().expect("there are holders");
    assert_eq!(shares.holders_at(height, Some(all[0].who))?, vec![last]);
    let none = shares.held_at(who(&alice), height + 1);
    assert!(none.is_err_and(|failure| failure.is(&snapshots::Refused::NoSnapshot)));
    shares.by(&mallory).take_snapshot().refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn a_batch_is_all_or_nothing(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, mallory } = open(&chain)?;
    let item = |signer: &Signer, amount| Item { account: who(signer), amount };
    shares.by(&alice).transfer_batch(vec![item(&bob, 10), item(&issuer, 20)]).succeeds();
    assert_eq!(shares.position(who(&alice))?.shares, 270);
    let refused = shares.by(&alice).transfer_batch(vec![item(&bob, 10), item(&issuer, 261)]);
    refused.refused(ledger::Refused::Insufficient { shares: 260 }.into());
    assert_eq!(shares.position(who(&alice))?.shares, 270);
    shares.by(&alice).transfer_batch(vec![]).refused(batch::Refused::EmptyBatch.into());
    let long = shares.by(&alice).transfer_batch(vec![item(&bob, 1); 65]);
    long.refused(batch::Refused::BatchTooLong { limit: 64 }.into());
    let refused = shares.by(&issuer).list_batch(vec![item(&mallory, 5), item(&bob, 5)]);
    refused.refused(admission::Refused::AlreadyListed.into());
    assert!(!shares.position(who(&mallory))?.listed);
    // Each item sees what the ones before it took: two of them do not share what is free.
    shares.by(&issuer).freeze_part(who(&alice), 230, "pledge".into()).succeeds();
    let twice = shares.by(&alice).transfer_batch(vec![item(&bob, 30), item(&bob, 30)]);
    twice.refused(freezes::Refused::PartFrozen { free: 10 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn an_officer_says_whose_an_account_is(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, alice, bob, .. } = &scene;
    let (holder, tag) = (scene.holder(), scene.tag(&scene.holder())?);
    shares.by(officer).freeze(who(alice), "order 9".into()).succeeds();
    shares.by(officer).identify(who(alice), tag).succeeds();
    assert!(shares.holder(tag)?.frozen, "what held for the account holds for the person");
    scene.show(&chain, &holder, bob)?.refused(freezes::Refused::SenderFrozen.into());
    let other = scene.tag(&wallet(&scene.attester, 8, eligible()))?;
    shares.by(officer).identify(who(alice), other).refused(ledger::Refused::OtherPerson.into());
    shares.by(bob).identify(who(bob), tag).refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn two_officers_do_not_undo_each_other(chain: Chain) -> TestResult {
    let Opened { shares, issuer, alice, bob, .. } = open(&chain)?;
    shares.by(&issuer).appoint(who(&bob)).succeeds();
    shares.by(&issuer).freeze(who(&alice), "order 1".into()).succeeds();
    shares.by(&bob).freeze(who(&alice), "order 2".into()).refused(freezes::Refused::AlreadyFrozen.into());
    shares.by(&issuer).unfreeze(who(&alice)).succeeds();
    shares.by(&bob).unfreeze(who(&alice)).refused(freezes::Refused::NotFrozen.into());
    shares.by(&issuer).redeem(who(&alice), 300, "buy-back".into()).succeeds();
    let second = shares.by(&bob).redeem(who(&alice), 300, "buy-back".into());
    second.refused(ledger::Refused::Insufficient { shares: 0 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn without_shares_there_is_no_dividend(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let Opened { shares, issuer, alice, .. } = &opened;
    for holder in [issuer, alice] {
        let all = opened.position(holder)?.shares;
        shares.by(issuer).redeem(who(holder), all, "wound up".into()).succeeds();
    }
    opened.distribute(1).refused(dividends::Refused::NoShares.into());
    assert_eq!(shares.status()?.holders, 0);
    Ok(())
}

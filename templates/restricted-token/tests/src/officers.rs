//! Two officers who act on one account in the same block: the calls run one after the other, and each sees what the
//! earlier ones have done.

use ::register::{Position, RegisterClient};
use dusk_sdk::Dusk;
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::finance::freezes::Frozen;
use dusk_sdk::finance::ledger::{ForceTransferred, Recovered};
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;

use crate::people::who;

const SUPPLY: u64 = 1_000;
const HELD: u64 = 300;

/// A register with two officers. Alice and bob may hold up to 500 shares, and alice holds 300; new is not known.
struct Offices {
    shares: RegisterClient<Deployed>,
    issuer: Signer,
    first: Signer,
    second: Signer,
    alice: Signer,
    bob: Signer,
    new: Signer,
}

fn open(chain: &Chain) -> Result<Offices, Failure> {
    let [issuer, first, second] = chain.accounts(["issuer", "first", "second"]);
    let [alice, bob, new] = chain.accounts(["alice", "bob", "new"]);
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), SUPPLY, 0))?;
    let by = shares.by(issuer.later());
    let officers = [&first, &second].map(|officer| by.appoint(who(officer)));
    let holders = [&alice, &bob].map(|holder| by.list(who(holder), 500));
    let (officers, holders, moved) = chain.in_one_block((officers, holders, by.transfer(who(&alice), HELD)));
    officers.into_iter().chain(holders).for_each(|done| drop(done.succeeds()));
    moved.succeeds();
    Ok(Offices { shares, issuer, first, second, alice, bob, new })
}

impl Offices {
    fn by(&self, officer: &Signer) -> RegisterClient<SignedLater> {
        self.shares.by(officer.later())
    }

    fn position(&self, account: &Signer) -> Result<Position, Failure> {
        self.shares.position(who(account))
    }
}

#[dusk_sdk::test]
fn a_freeze_and_a_forced_transfer_of_one_block_both_hold(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { first, second, alice, bob, .. } = &offices;
    let (from, to) = (who(alice), who(bob));
    let freeze = || offices.by(first).freeze(from, "court order 3".into());
    let force = || offices.by(second).force_transfer(from, to, 100, "court order 4".into());
    let send = || offices.by(alice).transfer(to, 50);
    let before = chain.snapshot();

    // The freeze stops the holder and not the other officer.
    let (frozen, forced, sent) = chain.in_one_block((freeze(), force(), send()));
    let (by, reason) = (who(first), "court order 3".into());
    let frozen = frozen.emits(Frozen { account: Some(from), tag: None, by, reason });
    let (by, reason) = (who(second), "court order 4".into());
    let forced = forced.emits(ForceTransferred { from, to, amount: 100, by, reason });
    assert_eq!(frozen.height(), forced.height());
    sent.refused(freezes::Refused::SenderFrozen.into());
    let Position { shares, frozen, .. } = offices.position(alice)?;
    assert_eq!((shares, frozen, offices.position(bob)?.shares), (HELD - 100, true, 100));

    // In the other order the holder is quicker, and the freeze holds from then on.
    chain.revert(&before);
    let (sent, forced, frozen, again) = chain.in_one_block((send(), force(), freeze(), send()));
    sent.succeeds();
    forced.succeeds();
    frozen.succeeds();
    again.refused(freezes::Refused::SenderFrozen.into());
    let Position { shares, frozen, .. } = offices.position(alice)?;
    assert_eq!((shares, frozen, offices.position(bob)?.shares), (HELD - 150, true, 150));
    Ok(())
}

#[dusk_sdk::test]
fn two_officers_of_one_block_do_not_move_a_share_twice(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { shares, first, second, alice, bob, .. } = &offices;
    let (from, to, reason) = (who(alice), who(bob), || String::from("court order 4"));
    let moved = chain.in_one_block((
        offices.by(first).force_transfer(from, to, 200, reason()),
        offices.by(second).force_transfer(from, to, 200, reason()),
        offices.by(second).redeem(from, 101, reason()),
        offices.by(first).redeem(from, 100, reason()),
    ));
    moved.0.succeeds();
    let left = || ledger::Refused::Insufficient { shares: 100 };
    moved.1.refused(left().into());
    moved.2.refused(left().into());
    moved.3.succeeds();
    let held = [alice, bob].map(|holder| offices.position(holder).map(|it| it.shares).unwrap_or_default());
    assert_eq!((held, shares.supply()?), ([0, 200], SUPPLY - 100));
    Ok(())
}

#[dusk_sdk::test]
fn two_officers_of_one_block_do_not_use_the_same_room(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { shares, first, second, alice, bob, new, .. } = &offices;
    let (reason, until) = (|| String::from("court order 4"), chain.height() + 100);
    shares.by(first).set_caps(Most { supply: Some(SUPPLY + 150), holders: None, share: None }).succeeds();

    // The free shares of an account.
    let lock = |officer: &Signer| offices.by(officer).lock(who(alice), 200, until);
    let (one, two) = chain.in_one_block((lock(first), lock(second)));
    one.succeeds();
    two.refused(lots::Refused::NotFree { free: HELD - 200 }.into());

    // The cap of the supply.
    let issue = |officer: &Signer| offices.by(officer).issue(who(bob), 100, 0);
    let (one, two) = chain.in_one_block((issue(first), issue(second)));
    one.succeeds();
    two.refused(caps::Refused::SupplyCapped { left: 50 }.into());

    // The entry of the allow-list, and the frozen part: the first limit stays, and the last part.
    let list = |officer: &Signer, limit| offices.by(officer).list(who(new), limit);
    let part = |officer: &Signer, amount| offices.by(officer).freeze_part(who(alice), amount, reason());
    let (one, two, low, high) =
        chain.in_one_block((list(first, 7), list(second, 9), part(first, 10), part(second, 20)));
    one.succeeds();
    two.refused(admission::Refused::AlreadyListed.into());
    low.succeeds();
    high.succeeds();
    let Position { shares: held, free, frozen_part, .. } = offices.position(alice)?;
    assert_eq!((held, free, frozen_part), (HELD, HELD - 200, 20));
    assert_eq!((offices.position(new)?.limit, shares.supply()?), (7, SUPPLY + 100));
    Ok(())
}

#[dusk_sdk::test]
fn a_recovery_and_a_freeze_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { first, second, alice, new, .. } = &offices;
    let (lost, to, reason) = (who(alice), who(new), || String::from("lost key, file 12"));
    let recover = || offices.by(first).recover(lost, to, reason());
    let freeze = |account| offices.by(second).freeze(account, reason());
    let before = chain.snapshot();

    // A freeze that comes first moves with the record.
    let (frozen, recovered) = chain.in_one_block((freeze(lost), recover()));
    frozen.succeeds();
    recovered.emits(Recovered { from: lost, to, person: None, by: who(first), reason: reason() });
    let Position { shares, frozen, .. } = offices.position(new)?;
    assert_eq!((shares, frozen), (HELD, true));
    assert_eq!(offices.position(alice)?, Position { successor: Some(to), ..Position::default() });

    // One that comes later does not reach the lost account, and the officer learns that.
    chain.revert(&before);
    let (recovered, frozen, second) = chain.in_one_block((recover(), freeze(lost), freeze(to)));
    recovered.succeeds();
    frozen.refused(ledger::Refused::Lost.into());
    second.succeeds();
    assert!(offices.position(new)?.frozen);

    // A freeze of the new account comes before the recovery: nothing is mixed.
    chain.revert(&before);
    let (frozen, recovered) = chain.in_one_block((freeze(to), recover()));
    frozen.succeeds();
    recovered.refused(freezes::Refused::ToFrozen.into());
    assert_eq!((offices.position(alice)?.shares, offices.position(new)?.shares), (HELD, 0));
    Ok(())
}

#[dusk_sdk::test]
fn two_recoveries_of_one_block_move_a_holding_once(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { shares, issuer, first, second, alice, bob, new } = &offices;
    let dividend = Dusk::from_lux(SUPPLY);
    shares.by(issuer.depositing(dividend)).distribute(dividend).succeeds();
    let other = chain.account("other");
    let recover = |officer, lost, to| offices.by(officer).recover(who(lost), who(to), "lost key".into());
    let before = chain.snapshot();

    // Both recover one account, to different ones. The holder claims with the lost key in between, and at the end.
    let claim = |holder| offices.by(holder).claim();
    let (one, claimed, two) =
        chain.in_one_block((recover(first, alice, new), claim(alice), recover(second, alice, &other)));
    one.succeeds();
    claimed.refused(ledger::Refused::Lost.into());
    two.refused(ledger::Refused::Lost.into());
    let held = [alice, new, &other].map(|it| offices.position(it).map(|it| it.shares).unwrap_or_default());
    assert_eq!((held, shares.supply()?), ([0, HELD, 0], SUPPLY));
    assert_eq!(shares.by(new).claim().succeeds().value(), Dusk::from_lux(HELD), "the dividend moved once");

    // Both recover to one account: two holders are not mixed.
    chain.revert(&before);
    let (one, two) = chain.in_one_block((recover(first, alice, new), recover(second, bob, new)));
    one.succeeds();
    two.refused(admission::Refused::ToListed.into());
    assert_eq!(offices.position(new)?.shares, HELD);
    assert!(offices.position(bob)?.listed);
    Ok(())
}

#[dusk_sdk::test]
fn an_officer_who_is_dismissed_acts_no_more_in_the_same_block(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { issuer, first, alice, .. } = &offices;
    let freeze = || offices.by(first).freeze(who(alice), "court order 3".into());
    let (dismissed, frozen) = chain.in_one_block((offices.by(issuer).dismiss(who(first)), freeze()));
    dismissed.succeeds();
    frozen.refused(offices::Refused::NotOfficer.into());
    let (back, frozen) = chain.in_one_block((offices.by(issuer).appoint(who(first)), freeze()));
    back.succeeds();
    frozen.succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_snapshot_and_a_transfer_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let offices = open(&chain)?;
    let Offices { shares, first, second, alice, bob, .. } = &offices;
    let send = || offices.by(alice).transfer(who(bob), 100);
    let (sent, taken, again, more) = chain.in_one_block((
        send(),
        offices.by(first).take_snapshot(),
        offices.by(second).take_snapshot(),
        send(),
    ));
    sent.succeeds();
    let height = taken.succeeds().value();
    again.refused(snapshots::Refused::AlreadyTaken.into());
    assert_eq!(more.succeeds().height(), height);
    assert_eq!((shares.held_at(who(alice), height)?, shares.held_at(who(bob), height)?), (HELD - 100, 100));
    assert_eq!((offices.position(alice)?.shares, offices.position(bob)?.shares), (HELD - 200, 200));
    Ok(())
}

//! Tests of accounts on the allow-list. They are the specification of the register.

use ::register::{Position, Refused, RegisterClient};
use dusk_sdk::Dusk;
use dusk_sdk::finance::admission::{LimitChanged, Listed, Unlisted};
use dusk_sdk::finance::dividends::{Claimed, Distributed};
use dusk_sdk::finance::freezes::{Frozen, Unfrozen};
use dusk_sdk::finance::ledger::{ForceTransferred, Issued, Transferred};
use dusk_sdk::finance::offices::{Appointed, Dismissed};
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;

use crate::people::who;

const SUPPLY: u64 = 1_000;

/// An open register, where alice and bob may hold up to 500 shares and alice has 300.
struct Opened {
    shares: RegisterClient<Deployed>,
    issuer: Signer,
    officer: Signer,
    alice: Signer,
    bob: Signer,
    mallory: Signer,
}

fn open(chain: &Chain) -> Result<Opened, Failure> {
    let [issuer, officer, alice, bob, mallory] =
        chain.accounts(["issuer", "officer", "alice", "bob", "mallory"]);
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), SUPPLY, 0))?;
    shares.by(&issuer).appoint(who(&officer)).emits(Appointed { officer: who(&officer) });
    shares.by(&issuer).dismiss(who(&issuer)).emits(Dismissed { officer: who(&issuer) });
    for holder in [&alice, &bob] {
        shares.by(&officer).list(who(&holder), 500).succeeds();
    }
    shares.by(&issuer).transfer(who(&alice), 300).succeeds();
    Ok(Opened { shares, issuer, officer, alice, bob, mallory })
}

impl Opened {
    /// The issuer pays in a dividend of so many LUX.
    fn distribute(&self, lux: u64) -> Sent<Dusk, Refused> {
        let amount = Dusk::from_lux(lux);
        self.shares.by(self.issuer.depositing(amount)).distribute(amount)
    }
}

#[dusk_sdk::test]
fn the_issuer_begins_with_all_shares(chain: Chain) -> TestResult {
    let issuer = chain.account("issuer");
    let opened = chain.try_deploy(&issuer, register::init("Windmill".into(), SUPPLY, 9));
    let listed = Listed { account: who(&issuer), limit: SUPPLY, by: who(&issuer) };
    let issued = Issued { to: who(&issuer), amount: SUPPLY, by: who(&issuer) };
    let shares = opened.emits(listed).emits(issued).value();
    assert_eq!(
        (shares.name()?, shares.supply()?, shares.status()?.locked_until),
        ("Windmill".into(), SUPPLY, 9)
    );
    assert_eq!(shares.status()?.issuer, who(&issuer));
    assert!(shares.is_officer(who(&issuer))?);
    let expected =
        Position { shares: SUPPLY, free: SUPPLY, limit: SUPPLY, listed: true, ..Position::default() };
    assert_eq!(shares.position(who(&issuer))?, expected);

    let refused = |name: &str, supply, why| {
        chain.try_deploy(&issuer, register::init(name.into(), supply, 0)).refused(why);
    };
    refused("", 1, Refused::NameLength { limit: 64 });
    refused(&"n".repeat(65), 1, Refused::NameLength { limit: 64 });
    refused("N", 0, ledger::Refused::ZeroAmount.into());
    Ok(())
}

#[dusk_sdk::test]
fn shares_move_between_listed_holders_only(chain: Chain) -> TestResult {
    let Opened { shares, officer, alice, bob, mallory, .. } = open(&chain)?;
    let (from, to) = (who(&alice), who(&bob));
    shares.by(&alice).transfer(to, 100).emits(Transferred { from, to, amount: 100, by: from });
    assert_eq!([shares.position(from)?.shares, shares.position(to)?.shares], [200, 100]);

    shares.by(&alice).transfer(who(&mallory), 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(&mallory).transfer(to, 1).refused(admission::Refused::SenderNotAdmitted.into());
    shares.by(&alice).transfer(to, 0).refused(ledger::Refused::ZeroAmount.into());
    shares.by(&alice).transfer(from, 1).refused(ledger::Refused::SameAccount.into());
    shares.by(&alice).transfer(to, 201).refused(ledger::Refused::Insufficient { shares: 200 }.into());

    shares.by(&officer).unlist(from).emits(Unlisted { account: from, by: who(&officer) });
    shares.by(&alice).transfer(to, 1).refused(admission::Refused::SenderNotAdmitted.into());
    shares.by(&bob).transfer(from, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    assert_eq!(shares.position(from)?.shares, 200, "the shares stay");
    shares.by(&officer).list(from, 250).emits(Listed { account: from, limit: 250, by: who(&officer) });
    shares.by(&bob).transfer(from, 50).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn what_a_transfer_would_do_can_be_asked_before(chain: Chain) -> TestResult {
    let Opened { shares, alice, bob, mallory, .. } = open(&chain)?;
    let check = |to: &Signer, amount| shares.check_transfer(who(&alice), who(&to), amount);
    check(&bob, 300)?;
    assert!(
        check(&bob, 301).is_err_and(|failure| failure.is(&ledger::Refused::Insufficient { shares: 300 }))
    );
    assert!(check(&mallory, 1).is_err_and(|failure| failure.is(&admission::Refused::ReceiverNotAdmitted)));
    Ok(())
}

#[dusk_sdk::test]
fn shares_are_locked_up_until_a_height(chain: Chain) -> TestResult {
    let [issuer, alice, bob] = chain.accounts(["issuer", "alice", "bob"]);
    let until = chain.height() + 10;
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), SUPPLY, until))?;
    for holder in [&alice, &bob] {
        shares.by(&issuer).list(who(&holder), SUPPLY).succeeds();
    }
    shares.by(&issuer).transfer(who(&alice), 10).succeeds();
    shares.by(&alice).transfer(who(&bob), 1).refused(lots::Refused::LockedUp { until }.into());

    chain.mine(until - 2 - chain.height());
    shares.by(&alice).transfer(who(&bob), 1).refused(lots::Refused::LockedUp { until }.into());
    assert_eq!(chain.height(), until - 1);
    assert_eq!(shares.by(&alice).transfer(who(&bob), 1).succeeds().height(), until);
    Ok(())
}

#[dusk_sdk::test]
fn nobody_receives_more_than_its_limit(chain: Chain) -> TestResult {
    let Opened { shares, issuer, officer, alice, mallory, .. } = open(&chain)?;
    let (account, by) = (who(&alice), who(&officer));
    shares.by(&issuer).transfer(account, 201).refused(limits::Refused::LimitExceeded { room: 200 }.into());
    shares.by(&issuer).transfer(account, 200).succeeds();
    shares.by(&issuer).transfer(account, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());

    shares.by(&officer).set_limit(account, 100).emits(LimitChanged { account, limit: 100, by });
    assert_eq!(shares.position(account)?.shares, 500, "a lower limit takes nothing away");
    shares.by(&issuer).transfer(account, 1).refused(limits::Refused::LimitExceeded { room: 0 }.into());
    let forced = shares.by(&officer).force_transfer(who(&issuer), account, 1, "order 7".into());
    forced.refused(limits::Refused::LimitExceeded { room: 0 }.into());
    shares.by(&officer).set_limit(account, 501).succeeds();
    shares.by(&issuer).transfer(account, 1).succeeds();
    shares.by(&officer).set_limit(who(&mallory), 1).refused(admission::Refused::NotListed.into());
    Ok(())
}

#[dusk_sdk::test]
fn frozen_accounts_neither_send_nor_receive_nor_claim(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    opened.distribute(SUPPLY).succeeds();
    let Opened { shares, issuer, officer, alice, bob, mallory } = opened;
    let (account, by) = (who(&alice), who(&officer));
    shares
        .by(&officer)
        .freeze(account, String::new())
        .refused(ledger::Refused::ReasonLength { limit: 256 }.into());
    shares
        .by(&officer)
        .freeze(account, "r".repeat(257))
        .refused(ledger::Refused::ReasonLength { limit: 256 }.into());
    let frozen = shares.by(&officer).freeze(account, "court order 3".into());
    frozen.emits(Frozen { account: Some(account), tag: None, by, reason: "court order 3".into() });

    shares.by(&alice).transfer(who(&bob), 1).refused(freezes::Refused::SenderFrozen.into());
    shares.by(&issuer).transfer(account, 1).refused(freezes::Refused::ReceiverFrozen.into());
    shares.by(&alice).claim().refused(freezes::Refused::ClaimantFrozen.into());
    shares.by(&officer).freeze(account, "again".into()).refused(freezes::Refused::AlreadyFrozen.into());

    shares.by(&officer).unfreeze(account).emits(Unfrozen { account: Some(account), tag: None, by });
    shares.by(&officer).unfreeze(account).refused(freezes::Refused::NotFrozen.into());
    shares.by(&officer).unfreeze(who(&mallory)).refused(freezes::Refused::NotFrozen.into());
    assert_eq!(shares.position(who(&mallory))?, Position::default());
    shares.by(&alice).claim().emits(Claimed { by: account, amount: Dusk::from_lux(300) });
    shares.by(&alice).transfer(who(&bob), 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn officers_move_shares_for_a_reason(chain: Chain) -> TestResult {
    let Opened { shares, officer, alice, bob, mallory, .. } = open(&chain)?;
    let (from, to, by) = (who(&alice), who(&bob), who(&officer));
    let force = |to: &Signer, amount, reason: &str| {
        shares.by(&officer).force_transfer(from, who(&to), amount, reason.into())
    };
    shares.by(&officer).freeze(from, "lost key".into()).succeeds();
    shares.by(&officer).unlist(from).succeeds();
    let reason = String::from("lost key, court order 12");
    force(&bob, 100, &reason).emits(ForceTransferred { from, to, amount: 100, by, reason });
    assert_eq!([shares.position(from)?.shares, shares.position(to)?.shares], [200, 100]);

    force(&bob, 1, "").refused(ledger::Refused::ReasonLength { limit: 256 }.into());
    force(&bob, 1, &"r".repeat(257)).refused(ledger::Refused::ReasonLength { limit: 256 }.into());
    force(&bob, 0, "r").refused(ledger::Refused::ZeroAmount.into());
    force(&bob, 201, "r").refused(ledger::Refused::Insufficient { shares: 200 }.into());
    force(&alice, 1, "r").refused(ledger::Refused::SameAccount.into());
    force(&mallory, 1, "r").refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(&officer).freeze(to, "r".into()).succeeds();
    force(&bob, 1, "r").refused(freezes::Refused::ReceiverFrozen.into());
    let stolen = shares.by(&mallory).force_transfer(from, to, 1, "mine".into());
    stolen.refused(offices::Refused::NotOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn the_list_is_the_officers_and_the_officers_are_the_issuers(chain: Chain) -> TestResult {
    let Opened { shares, issuer, officer, alice, mallory, .. } = open(&chain)?;
    let account = who(&mallory);
    for signer in [&issuer, &mallory] {
        let shares = shares.by(signer);
        shares.list(account, 1).refused(offices::Refused::NotOfficer.into());
        shares.unlist(who(&alice)).refused(offices::Refused::NotOfficer.into());
        shares.set_limit(who(&alice), 1).refused(offices::Refused::NotOfficer.into());
        shares.freeze(who(&alice), "r".into()).refused(offices::Refused::NotOfficer.into());
        shares.unfreeze(who(&alice)).refused(offices::Refused::NotOfficer.into());
        shares.lift(who(&alice)).refused(offices::Refused::NotOfficer.into());
    }
    shares.by(&officer).list(who(&alice), 1).refused(admission::Refused::AlreadyListed.into());
    shares.by(&officer).unlist(account).emits(Unlisted { account, by: who(&officer) });
    shares.by(&officer).unlist(account).refused(admission::Refused::NotListed.into());

    for signer in [&officer, &mallory] {
        let shares = shares.by(signer);
        shares.appoint(account).refused(offices::Refused::NotIssuer.into());
        shares.dismiss(who(&officer)).refused(offices::Refused::NotIssuer.into());
        shares.distribute(Dusk::from_lux(1)).refused(offices::Refused::NotIssuer.into());
    }
    shares.by(&issuer).appoint(who(&officer)).refused(offices::Refused::AlreadyOfficer.into());
    shares.by(&issuer).dismiss(account).refused(offices::Refused::UnknownOfficer.into());
    Ok(())
}

#[dusk_sdk::test]
fn dividends_belong_to_the_holders_at_their_distribution(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    let lux = Dusk::from_lux;
    let first = opened.distribute(2_500);
    first.emits(Distributed { amount: lux(2_500), each: lux(2), carried: lux(500) });
    opened.shares.by(&opened.alice).transfer(who(&opened.bob), 100).succeeds();
    let second = opened.distribute(500);
    let second = second.emits(Distributed { amount: lux(500), each: lux(1), carried: lux(0) });
    assert_eq!(second.value(), lux(1));

    let Opened { shares, issuer, alice, bob, .. } = opened;
    let claimable = |holder: &Signer| shares.position(who(&holder)).map(|position| position.claimable);
    assert_eq!([claimable(&issuer)?, claimable(&alice)?, claimable(&bob)?], [2_100, 800, 100].map(lux));
    assert_eq!((shares.status()?.distributed, shares.status()?.carried), (lux(3_000), lux(0)));
    assert_eq!(chain.balance(shares.id()), lux(3_000), "the contract has what it owes");

    let claimed = shares.by(&alice).claim().emits(Claimed { by: who(&alice), amount: lux(800) });
    assert_eq!(claimed.value(), lux(800));
    shares.by(&alice).claim().refused(dividends::Refused::NothingToClaim.into());
    assert_eq!((claimable(&alice)?, chain.balance(shares.id())), (lux(0), lux(2_200)));
    Ok(())
}

#[dusk_sdk::test]
fn dividends_are_money(chain: Chain) -> TestResult {
    let [issuer, alice] = chain.accounts(["issuer", "alice"]);
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), 3, 0))?;
    shares.by(&issuer).list(who(&alice), 1).succeeds();
    shares.by(&issuer).transfer(who(&alice), 1).succeeds();

    let before = chain.balance(&issuer);
    let paid_in = shares.by(issuer.depositing(Dusk::new(10))).distribute(Dusk::new(10)).succeeds();
    assert_eq!(chain.balance(&issuer), before - paid_in.fee() - Dusk::new(10));
    let each = Dusk::from_lux(3_333_333_333);
    assert_eq!(
        (paid_in.value(), shares.status()?.carried),
        (each, Dusk::from_lux(1)),
        "rounded down to a LUX"
    );

    let before = chain.balance(&alice);
    let claimed = shares.by(&alice).claim().succeeds();
    assert_eq!(chain.balance(&alice), before - claimed.fee() + each);
    shares.by(&issuer).claim().succeeds();
    assert_eq!(chain.balance(shares.id()), Dusk::from_lux(1), "what is carried stays");
    Ok(())
}

#[dusk_sdk::test]
fn a_dividend_is_what_is_attached(chain: Chain) -> TestResult {
    let Opened { shares, issuer, .. } = open(&chain)?;
    let (amount, more) = (Dusk::new(2), Dusk::new(3));
    shares.by(&issuer).distribute(amount).panics("deposit");
    shares.by(issuer.depositing(more)).distribute(amount).panics("deposit");
    shares.by(&issuer).distribute(Dusk::ZERO).refused(dividends::Refused::NoDividend.into());
    assert_eq!((shares.status()?.distributed, chain.balance(shares.id())), (Dusk::ZERO, Dusk::ZERO));

    shares.by(issuer.depositing(amount)).distribute(amount).succeeds();
    let left = Dusk::from_lux(u64::MAX - amount.lux());
    shares.by(&issuer).distribute(Dusk::MAX).refused(dividends::Refused::DividendTooLarge { left }.into());
    Ok(())
}

#[dusk_sdk::test]
fn an_account_that_may_not_hold_is_not_paid_but_loses_nothing(chain: Chain) -> TestResult {
    let opened = open(&chain)?;
    opened.distribute(SUPPLY).succeeds();
    let Opened { shares, officer, alice, mallory, .. } = opened;
    let holder = who(&alice);
    shares.by(&mallory).claim().refused(admission::Refused::ClaimantNotAdmitted.into());
    shares.by(&officer).unlist(holder).succeeds();
    shares.by(&alice).claim().refused(admission::Refused::ClaimantNotAdmitted.into());
    assert_eq!(shares.position(holder)?.claimable, Dusk::from_lux(300));
    shares.by(&officer).list(holder, 500).succeeds();
    assert_eq!(shares.by(&alice).claim().succeeds().value(), Dusk::from_lux(300));
    Ok(())
}

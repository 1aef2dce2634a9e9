//! Upgrades.

use dusk_sdk::Principal;
use dusk_sdk::parts::{ownership, proxy};
use dusk_sdk::testing::*;
use front::{FrontClient, Refused};
use ledger::LedgerClient;

fn installed(chain: &Chain) -> Result<(FrontClient<Deployed>, LedgerClient<Deployed>, Signer), Failure> {
    let alice = chain.account("alice");
    let front = chain.deploy(&alice, front::init())?;
    let first = chain.deploy(&alice, ledger::init(front.id(), 1))?;
    front.by(&alice).credit(1).refused(Refused::Proxy(proxy::Refused::NoImplementation));
    front.by(&alice).begin(first.id()).emits(proxy::Upgraded { from: None, to: first.id() });
    Ok((front, first, alice))
}

#[dusk_sdk::test]
fn an_upgrade_keeps_the_balances(chain: Chain) -> TestResult {
    let (front, first, alice) = installed(&chain)?;
    let people = chain.accounts(["bob", "carol", "dave", "erin", "frank"]);
    for (amount, person) in (10u64..).zip(&people) {
        assert_eq!(front.by(person).credit(amount).succeeds().value(), amount);
    }
    assert_eq!(front.version()?, 1);

    let second = chain.deploy(&alice, ledger::init(front.id(), 2))?;
    front.by(&people[0]).begin(second.id()).refused(Refused::Ownership(ownership::Refused::NotOwner));
    front.by(&alice).begin(second.id()).emits(proxy::UpgradeBegun { from: first.id(), to: second.id() });
    let migrating = || Refused::Proxy(proxy::Refused::Migrating);
    front.by(&people[0]).credit(1).refused(migrating());
    front.by(&alice).begin(first.id()).refused(migrating());
    assert!(front.version().is_err_and(|failure| failure.is(&migrating())));

    // Anybody may move pieces: two, two, one.
    let moves: Vec<bool> = (0..3).map(|_| front.by(&people[1]).migrate(2).succeeds().value()).collect();
    assert_eq!(moves, [false, false, true]);
    front.by(&alice).migrate(2).refused(Refused::Proxy(proxy::Refused::NotMigrating));
    assert_eq!(front.version()?, 2);
    for (amount, person) in (10u64..).zip(&people) {
        assert_eq!(front.balance_of(Principal::from(person))?, amount);
    }
    assert_eq!(front.by(&people[0]).credit(5).succeeds().value(), 15);
    assert_eq!(first.balance_of(Principal::from(&people[0]))?, 10, "the old one stays as it was");
    Ok(())
}

#[dusk_sdk::test]
fn an_upgrade_can_be_given_up(chain: Chain) -> TestResult {
    let (front, first, alice) = installed(&chain)?;
    front.by(&alice).credit(7).succeeds();
    // A contract that is no ledger takes no piece, and the front stays where it was.
    front.by(&alice).begin(front.id()).succeeds();
    front.by(&alice).migrate(9).refused(Refused::Proxy(proxy::Refused::ImportFailed));
    front.by(&alice).cancel().emits(proxy::UpgradeCancelled { to: front.id() });
    front.by(&alice).cancel().refused(Refused::Proxy(proxy::Refused::NotMigrating));
    assert_eq!((front.version()?, front.balance_of((&alice).into())?), (1, 7));
    // Only the front commands the ledger.
    let not_front = || ledger::Refused::Proxy(proxy::Refused::NotFront);
    first.by(&alice).credit((&alice).into(), 1).refused(not_front());
    first.by(&alice).import_state(vec![]).refused(not_front());
    Ok(())
}

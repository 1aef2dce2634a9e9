//! Contracts as holders of shares: custody, and dividends.

use dusk_sdk::finance::ledger::Transferred;
use dusk_sdk::finance::{dividends, operators};
use dusk_sdk::testing::*;
use dusk_sdk::{Dusk, Principal};
use share::ShareClient;
use vault::VaultClient;

/// A share of which alice and a vault may hold some, and alice has 40 of 100. Nobody else may.
fn open(chain: &Chain) -> Result<(ShareClient<Deployed>, VaultClient<Deployed>, [Signer; 3]), Failure> {
    let people = chain.accounts(["issuer", "alice", "bob"]);
    let [issuer, alice, bob] = &people;
    let share = chain.deploy(issuer, share::init(100))?;
    let vault = chain.deploy(bob, vault::init(share.id()))?;
    for holder in [Principal::from(alice), vault.id().into()] {
        share.by(issuer).list(holder).succeeds();
    }
    share.by(issuer).transfer(alice.into(), 40).succeeds();
    Ok((share, vault, people))
}

#[dusk_sdk::test]
fn a_contract_takes_shares_into_custody_and_gives_them_back(chain: Chain) -> TestResult {
    let (share, vault, [_, alice, bob]) = open(&chain)?;
    let (owner, keeper) = (Principal::from(&alice), Principal::from(vault.id()));
    let held = || -> Result<_, Failure> { Ok([share.holding(owner)?, share.holding(keeper)?]) };
    vault.by(&alice).keep(30).panics("AllowanceExceeded");
    share.by(&alice).approve(keeper, 30).succeeds();
    vault.by(&alice).keep(31).panics("AllowanceExceeded");
    let moved = Transferred { from: owner, to: keeper, amount: 30, by: keeper };
    vault.by(&alice).keep(30).succeeds().emits_from(share.id(), moved);
    assert_eq!(held()?, [10, 30]);

    // They are the contract's: nobody moves them but by its functions, and the rules of the share hold for it.
    let stolen = share.by(&alice).transfer_from(keeper, owner, 1);
    stolen.refused(operators::Refused::AllowanceExceeded { allowed: 0 }.into());
    vault.by(&bob).release((&bob).into(), 1).panics("ReceiverNotAdmitted");
    vault.by(&bob).release(owner, 31).panics("Insufficient");
    let moved = Transferred { from: keeper, to: owner, amount: 30, by: keeper };
    vault.by(&bob).release(owner, 30).succeeds().emits_from(share.id(), moved);
    assert_eq!(held()?, [40, 0]);
    Ok(())
}

#[dusk_sdk::test]
fn anybody_has_a_contract_paid_its_dividends(chain: Chain) -> TestResult {
    let (share, vault, [issuer, alice, bob]) = open(&chain)?;
    let (keeper, lux) = (Principal::from(vault.id()), Dusk::from_lux);
    share.by(&alice).transfer(keeper, 40).succeeds();
    share.by(issuer.depositing(lux(200))).distribute(lux(200)).succeeds();
    assert_eq!(share.claimable(keeper)?, lux(80));

    // It is not entered while it runs, so it cannot be paid then, and loses nothing.
    assert!(vault.by(&bob).claim().into_result().is_err());
    assert_eq!(
        (share.claimable(keeper)?, vault.received()?, chain.balance(vault.id())),
        (lux(80), lux(0), lux(0))
    );

    let paid = share.by(&bob).claim_for(vault.id()).succeeds();
    assert_eq!((paid.value(), share.claimable(keeper)?), (lux(80), lux(0)));
    assert_eq!(
        (vault.received()?, chain.balance(vault.id()), chain.balance(share.id())),
        (lux(80), lux(80), lux(120))
    );
    share.by(&bob).claim_for(vault.id()).refused(dividends::Refused::NothingToClaim.into());
    Ok(())
}

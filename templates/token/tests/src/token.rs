//! What the token promises. Read it as its specification.

use dusk_sdk::testing::*;
use token::{
    Approved, Burned, Minted, Paused, Refused, Resumed, Role, RoleGranted, RoleRevoked, TokenClient,
    Transferred,
};

const SUPPLY: u64 = 1_000;

/// A token whose whole supply and whose roles are with the issuer.
fn issue(chain: &Chain) -> Result<(TokenClient<Deployed>, Signer), Failure> {
    let issuer = chain.account("issuer");
    let token = chain.deploy(&issuer, token::init("Gold".into(), "GLD".into(), 9, SUPPLY))?;
    Ok((token, issuer))
}

#[dusk_sdk::test]
fn the_deployer_begins_with_everything(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    assert_eq!((token.name()?, token.symbol()?, token.decimals()?), ("Gold".into(), "GLD".into(), 9));
    assert_eq!((token.supply()?, token.balance_of(issuer.account())?), (SUPPLY, SUPPLY));
    for role in [Role::Admin, Role::Minter, Role::Burner, Role::Pauser] {
        assert!(token.has_role(role, issuer.account())?);
    }
    assert!(!token.is_paused()?);

    let made = chain.try_deploy(&issuer, token::init("G".into(), "G".into(), 0, 5));
    made.emits(Minted { by: issuer.account(), to: issuer.account(), amount: 5 });
    let empty = chain.try_deploy(&issuer, token::init("G".repeat(64), "G".repeat(12), 18, 0));
    assert_eq!(empty.succeeds().emits_nothing().value().supply()?, 0);
    Ok(())
}

#[dusk_sdk::test]
fn names_and_decimals_have_bounds(chain: Chain) -> TestResult {
    let issuer = chain.account("issuer");
    let make = |name: &str, symbol: &str, decimals| {
        chain.try_deploy(&issuer, token::init(name.into(), symbol.into(), decimals, 1))
    };
    make("", "S", 0).refused(Refused::NameLength { limit: 64 });
    make(&"n".repeat(65), "S", 0).refused(Refused::NameLength { limit: 64 });
    make("N", "", 0).refused(Refused::SymbolLength { limit: 12 });
    make("N", &"s".repeat(13), 0).refused(Refused::SymbolLength { limit: 12 });
    make("N", "S", 19).refused(Refused::TooManyDecimals { limit: 18 });
    Ok(())
}

#[dusk_sdk::test]
fn holders_move_what_they_hold(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [alice, bob] = chain.accounts(["alice", "bob"]).map(|signer| (signer.account(), signer));
    let moved = token.by(&issuer).transfer(alice.0, 300);
    moved.emits(Transferred { from: issuer.account(), to: alice.0, amount: 300, by: issuer.account() });
    token.by(&alice.1).transfer(bob.0, 300).succeeds();
    assert_eq!([token.balance_of(alice.0)?, token.balance_of(bob.0)?], [0, 300]);
    assert_eq!((token.balance_of(issuer.account())?, token.supply()?), (700, SUPPLY));

    token.by(&alice.1).transfer(bob.0, 1).refused(Refused::Insufficient { held: 0 });
    token.by(&bob.1).transfer(alice.0, 301).refused(Refused::Insufficient { held: 300 });
    token.by(&bob.1).transfer(alice.0, 0).refused(Refused::ZeroAmount);
    token.by(&bob.1).transfer(bob.0, 200).succeeds();
    assert_eq!(token.balance_of(bob.0)?, 300, "moving to oneself changes nothing");
    Ok(())
}

#[dusk_sdk::test]
fn spenders_move_what_they_are_allowed(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [shop, mallory] = chain.accounts(["shop", "mallory"]);
    let (owner, spender) = (issuer.account(), shop.account());
    token.by(&issuer).approve(spender, 0, 100).emits(Approved { owner, spender, allowed: 100 });

    let moved = token.by(&shop).transfer_from(owner, spender, 60);
    moved.emits(Transferred { from: owner, to: spender, amount: 60, by: spender });
    assert_eq!((token.allowance(owner, spender)?, token.balance_of(spender)?), (40, 60));
    token.by(&shop).transfer_from(owner, spender, 41).refused(Refused::AllowanceExceeded { allowed: 40 });
    token.by(&shop).transfer_from(owner, spender, 0).refused(Refused::ZeroAmount);
    let stolen = token.by(&mallory).transfer_from(owner, mallory.account(), 1);
    stolen.refused(Refused::AllowanceExceeded { allowed: 0 });

    token.by(&shop).approve(mallory.account(), 0, 500).succeeds();
    let unbacked = token.by(&mallory).transfer_from(spender, mallory.account(), 61);
    unbacked.refused(Refused::Insufficient { held: 60 });
    assert_eq!(token.allowance(spender, mallory.account())?, 500, "what is refused uses up nothing");
    Ok(())
}

#[dusk_sdk::test]
fn an_allowance_is_not_spent_twice_when_it_changes(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let shop = chain.account("shop");
    token.by(&issuer).approve(shop.account(), 0, 100).succeeds();

    // The owner wants 50 in place of 100; the shop is quicker and takes the 100.
    token.by(&shop).transfer_from(issuer.account(), shop.account(), 100).succeeds();
    let change = token.by(&issuer).approve(shop.account(), 100, 50);
    change.refused(Refused::AllowanceChanged { allowed: 0 });
    let more = token.by(&shop).transfer_from(issuer.account(), shop.account(), 50);
    more.refused(Refused::AllowanceExceeded { allowed: 0 });
    Ok(())
}

#[dusk_sdk::test]
fn minters_and_burners_change_the_supply(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [minter, burner] = chain.accounts(["minter", "burner"]);
    token.by(&minter).mint(minter.account(), 1).refused(Refused::MissingRole { role: Role::Minter });
    token.by(&burner).burn(1).refused(Refused::MissingRole { role: Role::Burner });
    token.by(&issuer).grant(Role::Minter, minter.account()).succeeds();
    token.by(&issuer).grant(Role::Burner, burner.account()).succeeds();

    let made = token.by(&minter).mint(burner.account(), 50);
    made.emits(Minted { by: minter.account(), to: burner.account(), amount: 50 });
    assert_eq!((token.supply()?, token.balance_of(burner.account())?), (SUPPLY + 50, 50));
    token.by(&burner).burn(51).refused(Refused::Insufficient { held: 50 });
    token.by(&burner).burn(20).emits(Burned { by: burner.account(), amount: 20 });
    assert_eq!((token.supply()?, token.balance_of(burner.account())?), (SUPPLY + 30, 30));

    token.by(&minter).mint(minter.account(), 0).refused(Refused::ZeroAmount);
    token.by(&burner).burn(0).refused(Refused::ZeroAmount);
    let left = u64::MAX - SUPPLY - 30;
    token.by(&minter).mint(minter.account(), left + 1).refused(Refused::SupplyExceeded { left });
    token.by(&minter).mint(minter.account(), left).succeeds();
    assert_eq!(token.supply()?, u64::MAX);
    Ok(())
}

#[dusk_sdk::test]
fn administrators_give_and_take_roles(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    let (admin, role, to) = (issuer.account(), Role::Pauser, alice.account());
    let needs_admin = Refused::MissingRole { role: Role::Admin };
    token.by(&mallory).grant(Role::Admin, mallory.account()).refused(needs_admin.clone());
    token.by(&issuer).grant(role, to).emits(RoleGranted { role, to, by: admin });
    token.by(&issuer).grant(role, to).refused(Refused::AlreadyGranted);
    token.by(&mallory).revoke(role, to).refused(needs_admin);

    token.by(&issuer).revoke(role, to).emits(RoleRevoked { role, from: to, by: admin });
    token.by(&issuer).revoke(role, to).refused(Refused::NotGranted);
    token.by(&alice).pause().refused(Refused::MissingRole { role });

    token.by(&issuer).grant(role, to).succeeds();
    token.by(&alice).revoke(role, to).emits(RoleRevoked { role, from: to, by: to });
    Ok(())
}

#[dusk_sdk::test]
fn there_is_always_an_administrator(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let heir = chain.account("heir");
    token.by(&issuer).revoke(Role::Admin, issuer.account()).refused(Refused::LastAdmin);
    token.by(&issuer).grant(Role::Admin, heir.account()).succeeds();
    token.by(&issuer).revoke(Role::Admin, issuer.account()).succeeds();
    token.by(&heir).revoke(Role::Admin, heir.account()).refused(Refused::LastAdmin);
    token.by(&heir).revoke(Role::Minter, issuer.account()).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn nothing_moves_while_paused(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    token.by(&issuer).approve(alice.account(), 0, 10).succeeds();
    token.by(&mallory).pause().refused(Refused::MissingRole { role: Role::Pauser });
    token.by(&issuer).resume().refused(Refused::NotPaused);
    token.by(&issuer).pause().emits(Paused { by: issuer.account() });
    assert!(token.is_paused()?);

    token.by(&issuer).pause().refused(Refused::IsPaused);
    token.by(&issuer).transfer(alice.account(), 1).refused(Refused::IsPaused);
    token.by(&alice).transfer_from(issuer.account(), alice.account(), 1).refused(Refused::IsPaused);
    token.by(&issuer).mint(alice.account(), 1).refused(Refused::IsPaused);
    token.by(&issuer).burn(1).refused(Refused::IsPaused);
    token.by(&issuer).approve(alice.account(), 10, 0).succeeds();
    token.by(&issuer).grant(Role::Burner, alice.account()).succeeds();

    token.by(&mallory).resume().refused(Refused::MissingRole { role: Role::Pauser });
    token.by(&issuer).resume().emits(Resumed { by: issuer.account() });
    token.by(&issuer).transfer(alice.account(), 1).succeeds();
    Ok(())
}

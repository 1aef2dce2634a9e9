//! Tests of the token. They are its specification.

use dusk_sdk::finance::documents::{self, Document, DocumentSet};
use dusk_sdk::finance::operators::{self, Approved, OperatorChanged};
use dusk_sdk::parts::pausing::{self, Paused, Resumed};
use dusk_sdk::parts::roles::{self, RoleGranted, RoleRevoked};
use dusk_sdk::testing::*;
use dusk_sdk::{ContractId, Principal};
use token::{Burned, Minted, Refused, Role, TokenClient, Transferred};

const SUPPLY: u64 = 1_000;
/// An allowance that does not end.
const FOREVER: u64 = u64::MAX;
const IS_PAUSED: Refused = Refused::Pausing(pausing::Refused::Paused);
const LAST_ADMIN: Refused = Refused::Roles(roles::Refused::LastOfRoot);

/// The principal of an account.
fn who(signer: &Signer) -> Principal {
    signer.into()
}

/// The refusal of an account without a role.
fn needs(role: Role) -> Refused {
    Refused::Roles(roles::Refused::MissingRole { role: format!("{role:?}") })
}

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
    assert_eq!((token.supply()?, token.balance_of(who(&issuer))?), (SUPPLY, SUPPLY));
    for role in [Role::Admin, Role::Minter, Role::Burner, Role::Pauser] {
        assert!(token.has_role(role, who(&issuer))?);
    }
    assert!(!token.is_paused()?);

    let made = chain.try_deploy(&issuer, token::init("G".into(), "G".into(), 0, 5));
    made.emits(Minted { by: who(&issuer), to: who(&issuer), amount: 5 });
    let empty = chain.try_deploy(&issuer, token::init("G".repeat(64), "G".repeat(12), 18, 0));
    assert_eq!(empty.succeeds().value().supply()?, 0);
    Ok(())
}

#[dusk_sdk::test]
fn the_signer_of_the_deployment_is_the_deployer(chain: Chain) -> TestResult {
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    // Mallory deploys, and states that alice owns the contract.
    let gold = token::init("Gold".into(), "GLD".into(), 9, SUPPLY);
    let token = chain.try_deploy_labelled(&mallory, &alice, gold).succeeds().value();
    for role in [Role::Admin, Role::Minter, Role::Burner, Role::Pauser] {
        assert!(token.has_role(role, who(&mallory))? && !token.has_role(role, who(&alice))?);
    }
    assert_eq!((token.balance_of(who(&mallory))?, token.balance_of(who(&alice))?), (SUPPLY, 0));
    token.by(&alice).mint(who(&alice), 1).refused(needs(Role::Minter));
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
    let [alice, bob] = chain.accounts(["alice", "bob"]).map(|signer| (who(&signer), signer));
    let moved = token.by(&issuer).transfer(alice.0, 300);
    moved.emits(Transferred { from: who(&issuer), to: alice.0, amount: 300, by: who(&issuer) });
    token.by(&alice.1).transfer(bob.0, 300).succeeds();
    assert_eq!([token.balance_of(alice.0)?, token.balance_of(bob.0)?], [0, 300]);
    assert_eq!((token.balance_of(who(&issuer))?, token.supply()?), (700, SUPPLY));

    token.by(&alice.1).transfer(bob.0, 1).refused(Refused::Insufficient { held: 0 });
    token.by(&bob.1).transfer(alice.0, 301).refused(Refused::Insufficient { held: 300 });
    token.by(&bob.1).transfer(alice.0, 0).refused(Refused::ZeroAmount);
    token.by(&bob.1).transfer(bob.0, 200).succeeds();
    assert_eq!(token.balance_of(bob.0)?, 300, "moving to oneself changes nothing");
    Ok(())
}

#[dusk_sdk::test]
fn contracts_hold_tokens_as_accounts_do(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let vault = Principal::from(ContractId::from_bytes([7; 32]));
    let moved = token.by(&issuer).transfer(vault, 300);
    moved.emits(Transferred { from: who(&issuer), to: vault, amount: 300, by: who(&issuer) });
    assert_eq!((token.balance_of(vault)?, token.balance_of(who(&issuer))?), (300, 700));
    token.by(&issuer).approve(vault, 0, 50, FOREVER).succeeds();
    assert_eq!(token.allowance(who(&issuer), vault)?, 50);
    Ok(())
}

#[dusk_sdk::test]
fn spenders_move_what_they_are_allowed(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [shop, mallory] = chain.accounts(["shop", "mallory"]);
    let (owner, spender) = (who(&issuer), who(&shop));
    let approved = token.by(&issuer).approve(spender, 0, 100, FOREVER);
    approved.emits(Approved { owner, spender, allowed: 100, until: FOREVER });

    let moved = token.by(&shop).transfer_from(owner, spender, 60);
    moved.emits(Transferred { from: owner, to: spender, amount: 60, by: spender });
    assert_eq!((token.allowance(owner, spender)?, token.balance_of(spender)?), (40, 60));
    token
        .by(&shop)
        .transfer_from(owner, spender, 41)
        .refused(operators::Refused::AllowanceExceeded { allowed: 40 }.into());
    token.by(&shop).transfer_from(owner, spender, 0).refused(Refused::ZeroAmount);
    let oneself = token.by(&shop).approve(spender, 0, 1, FOREVER);
    oneself.refused(operators::Refused::Oneself.into());
    let stolen = token.by(&mallory).transfer_from(owner, who(&mallory), 1);
    stolen.refused(operators::Refused::AllowanceExceeded { allowed: 0 }.into());

    token.by(&shop).approve(who(&mallory), 0, 500, FOREVER).succeeds();
    let unbacked = token.by(&mallory).transfer_from(spender, who(&mallory), 61);
    unbacked.refused(Refused::Insufficient { held: 60 });
    assert_eq!(token.allowance(spender, who(&mallory))?, 500, "what is refused uses up nothing");
    Ok(())
}

#[dusk_sdk::test]
fn an_allowance_is_not_spent_twice_when_it_changes(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let shop = chain.account("shop");
    token.by(&issuer).approve(who(&shop), 0, 100, FOREVER).succeeds();

    // The owner wants 50 in place of 100; the shop is quicker and takes the 100.
    token.by(&shop).transfer_from(who(&issuer), who(&shop), 100).succeeds();
    let change = token.by(&issuer).approve(who(&shop), 100, 50, FOREVER);
    change.refused(operators::Refused::AllowanceChanged { allowed: 0 }.into());
    let more = token.by(&shop).transfer_from(who(&issuer), who(&shop), 50);
    more.refused(operators::Refused::AllowanceExceeded { allowed: 0 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn allowances_and_operators_end_at_a_height(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [shop, broker] = chain.accounts(["shop", "broker"]);
    let (owner, until) = (who(&issuer), chain.height() + 9);
    token.by(&issuer).approve(who(&shop), 0, 100, until).succeeds();
    let set = token.by(&issuer).set_operator(who(&broker), Some(until));
    set.emits(OperatorChanged { owner, operator: who(&broker), until: Some(until) });
    assert!(token.is_operator(owner, who(&broker))? && !token.is_operator(owner, who(&shop))?);
    assert_eq!(token.allowance(owner, who(&broker))?, u64::MAX);
    for _ in 0..2 {
        token.by(&broker).transfer_from(owner, who(&broker), 200).succeeds();
    }
    chain.mine(until + 1 - chain.height());
    assert_eq!([token.allowance(owner, who(&shop))?, token.allowance(owner, who(&broker))?], [0, 0]);
    for spender in [&shop, &broker] {
        let late = token.by(spender).transfer_from(owner, who(spender), 1);
        late.refused(operators::Refused::Expired { until }.into());
    }
    let past = token.by(&issuer).approve(who(&shop), 0, 1, until);
    past.refused(operators::Refused::EndsInThePast.into());
    token.by(&issuer).set_operator(who(&broker), Some(FOREVER)).succeeds();
    token.by(&issuer).set_operator(who(&broker), None).succeeds();
    let ended = token.by(&broker).transfer_from(owner, who(&broker), 1);
    ended.refused(operators::Refused::AllowanceExceeded { allowed: 0 }.into());
    for number in 0..16 {
        let vault = ContractId::from_bytes([number; 32]).into();
        token.by(&issuer).set_operator(vault, Some(FOREVER)).succeeds();
    }
    let more = token.by(&issuer).approve(who(&shop), 0, 1, FOREVER);
    more.refused(operators::Refused::TooManyGrants { limit: 16 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn documents_have_a_name_a_hash_and_an_address(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let mallory = chain.account("mallory");
    let set = |by: &Signer, name: &str, address: &str| {
        token.by(by).set_document(name.into(), [9; 32], address.into())
    };
    let terms = set(&issuer, "terms", "https://example.org/t.pdf");
    let terms = terms.emits(DocumentSet { name: "terms".into(), hash: [9; 32], by: who(&issuer) });
    let (hash, height) = ([9; 32], terms.height());
    let address = String::from("https://example.org/t.pdf");
    assert_eq!(token.documents()?, [Document { name: "terms".into(), hash, address, height }]);
    set(&mallory, "terms", "https://example.org").refused(needs(Role::Admin));
    set(&issuer, "", "https://example.org").refused(documents::Refused::DocumentName { limit: 64 }.into());
    set(&issuer, "terms", "").refused(documents::Refused::DocumentAddress { limit: 256 }.into());
    token.by(&mallory).remove_document("terms".into()).refused(needs(Role::Admin));
    token.by(&issuer).remove_document("terms".into()).succeeds();
    let unknown = token.by(&issuer).remove_document("terms".into());
    unknown.refused(documents::Refused::UnknownDocument.into());
    for number in 0..32 {
        set(&issuer, &number.to_string(), "https://example.org").succeeds();
    }
    let more = set(&issuer, "more", "https://example.org");
    more.refused(documents::Refused::TooManyDocuments { limit: 32 }.into());
    Ok(())
}

#[dusk_sdk::test]
fn the_token_says_what_it_supports(chain: Chain) -> TestResult {
    let (token, _) = issue(&chain)?;
    for name in token::INTERFACES {
        assert!(token.supports(name.into())?);
    }
    assert!(!token.supports("restricted/1".into())?);
    Ok(())
}

#[dusk_sdk::test]
fn minters_and_burners_change_the_supply(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [minter, burner] = chain.accounts(["minter", "burner"]);
    token.by(&minter).mint(who(&minter), 1).refused(needs(Role::Minter));
    token.by(&burner).burn(1).refused(needs(Role::Burner));
    token.by(&issuer).grant(Role::Minter, who(&minter)).succeeds();
    token.by(&issuer).grant(Role::Burner, who(&burner)).succeeds();

    let made = token.by(&minter).mint(who(&burner), 50);
    made.emits(Minted { by: who(&minter), to: who(&burner), amount: 50 });
    assert_eq!((token.supply()?, token.balance_of(who(&burner))?), (SUPPLY + 50, 50));
    token.by(&burner).burn(51).refused(Refused::Insufficient { held: 50 });
    token.by(&burner).burn(20).emits(Burned { by: who(&burner), amount: 20 });
    assert_eq!((token.supply()?, token.balance_of(who(&burner))?), (SUPPLY + 30, 30));

    token.by(&minter).mint(who(&minter), 0).refused(Refused::ZeroAmount);
    token.by(&burner).burn(0).refused(Refused::ZeroAmount);
    let left = u64::MAX - SUPPLY - 30;
    token.by(&minter).mint(who(&minter), left + 1).refused(Refused::SupplyExceeded { left });
    token.by(&minter).mint(who(&minter), left).succeeds();
    assert_eq!(token.supply()?, u64::MAX);
    Ok(())
}

#[dusk_sdk::test]
fn administrators_give_and_take_roles(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    let (admin, role, to) = (who(&issuer), Role::Pauser, who(&alice));
    let needs_admin = needs(Role::Admin);
    token.by(&mallory).grant(Role::Admin, who(&mallory)).refused(needs_admin.clone());
    let name = String::from("Pauser");
    token.by(&issuer).grant(role, to).emits(RoleGranted { role: name.clone(), to, by: admin });
    token.by(&issuer).grant(role, to).succeeds().emits_nothing();
    token.by(&mallory).revoke(role, to).refused(needs_admin.clone());
    token.by(&alice).revoke(role, to).refused(needs_admin);

    token.by(&issuer).revoke(role, to).emits(RoleRevoked { role: name.clone(), from: to, by: admin });
    token.by(&issuer).revoke(role, to).succeeds().emits_nothing();
    token.by(&alice).pause().refused(needs(role));

    token.by(&issuer).grant(role, to).succeeds();
    token.by(&alice).renounce(role).emits(RoleRevoked { role: name, from: to, by: to });
    Ok(())
}

#[dusk_sdk::test]
fn there_is_always_an_administrator(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let heir = chain.account("heir");
    token.by(&issuer).revoke(Role::Admin, who(&issuer)).refused(LAST_ADMIN);
    token.by(&issuer).grant(Role::Admin, who(&heir)).succeeds();
    token.by(&issuer).revoke(Role::Admin, who(&issuer)).succeeds();
    token.by(&heir).renounce(Role::Admin).refused(LAST_ADMIN);
    token.by(&heir).revoke(Role::Minter, who(&issuer)).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn nothing_moves_while_paused(chain: Chain) -> TestResult {
    let (token, issuer) = issue(&chain)?;
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    token.by(&issuer).approve(who(&alice), 0, 10, FOREVER).succeeds();
    token.by(&mallory).pause().refused(needs(Role::Pauser));
    token.by(&issuer).resume().refused(Refused::Pausing(pausing::Refused::NotPaused));
    token.by(&issuer).pause().emits(Paused { by: who(&issuer) });
    assert!(token.is_paused()?);

    token.by(&issuer).pause().refused(IS_PAUSED);
    token.by(&issuer).transfer(who(&alice), 1).refused(IS_PAUSED);
    token.by(&alice).transfer_from(who(&issuer), who(&alice), 1).refused(IS_PAUSED);
    token.by(&issuer).mint(who(&alice), 1).refused(IS_PAUSED);
    token.by(&issuer).burn(1).refused(IS_PAUSED);
    token.by(&issuer).approve(who(&alice), 10, 0, FOREVER).succeeds();
    token.by(&issuer).grant(Role::Burner, who(&alice)).succeeds();

    token.by(&mallory).resume().refused(needs(Role::Pauser));
    token.by(&issuer).resume().emits(Resumed { by: who(&issuer) });
    token.by(&issuer).transfer(who(&alice), 1).succeeds();
    Ok(())
}

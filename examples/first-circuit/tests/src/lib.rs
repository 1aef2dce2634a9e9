//! Tests of the register of incomes.
#![cfg(test)]

// ANCHOR: tests
use circuits::{Earns, EarnsPrivate, EarnsPublic};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::hash;
use dusk_sdk::{Account, Field};
use incomes::{IncomesClient, Refused};

/// A register in which the office has sealed an income of 36,000, and the private inputs of the person's proof.
fn sealed(chain: &Chain, person: Account) -> Result<(IncomesClient<Deployed>, EarnsPrivate), Failure> {
    let office = chain.account("office");
    let register = chain.deploy(&office, incomes::init())?;
    let private = EarnsPrivate { income: 36_000, salt: Field::from(5) };
    register.by(&office).seal(person, seal(&private)).succeeds();
    Ok((register, private))
}

fn seal(private: &EarnsPrivate) -> Field {
    hash(&[private.income.into(), private.salt])
}

#[dusk_sdk::test]
fn a_sufficient_income_is_accepted(chain: Chain) -> TestResult {
    let bob = chain.account("bob");
    let (register, private) = sealed(&chain, bob.account())?;
    let public = EarnsPublic { seal: seal(&private), least: 3_000 };
    let proof = chain.prove::<Earns>(&public, &private)?;
    register.by(&bob).show(3_000, proof).succeeds();
    assert_eq!(register.shown(bob.account())?, 3_000);
    Ok(())
}

#[dusk_sdk::test]
fn nobody_shows_more_than_is_there(chain: Chain) -> TestResult {
    let bob = chain.account("bob");
    let (register, private) = sealed(&chain, bob.account())?;
    let public = EarnsPublic { seal: seal(&private), least: 3_001 };
    let none = chain.prove::<Earns>(&public, &private).unwrap_err();
    assert_eq!(none.constraint(), Some("the monthly income is enough"));

    // With another income than the sealed one, the proof is about another seal.
    let other = EarnsPrivate { income: 48_000, ..private };
    let proof = chain.prove::<Earns>(&EarnsPublic { seal: seal(&other), least: 3_001 }, &other)?;
    register.by(&bob).show(3_001, proof).refused(Refused::NotShown);
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_of_no_use_to_somebody_else(chain: Chain) -> TestResult {
    let [bob, mallory, office] = chain.accounts(["bob", "mallory", "office"]);
    let (register, private) = sealed(&chain, bob.account())?;
    let public = EarnsPublic { seal: seal(&private), least: 3_000 };
    let proof = chain.prove::<Earns>(&public, &private)?;
    register.by(&mallory).show(3_000, proof).refused(Refused::NotSealed);
    register.by(&mallory).seal(mallory.account(), public.seal).refused(Refused::NotOffice);
    let poor = EarnsPrivate { income: 1_200, salt: Field::from(7) };
    register.by(&office).seal(mallory.account(), seal(&poor)).succeeds();
    register.by(&mallory).show(3_000, proof).refused(Refused::NotShown);
    Ok(())
}
// ANCHOR_END: tests

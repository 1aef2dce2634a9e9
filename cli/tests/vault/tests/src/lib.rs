//! Promises of the vault.
#![cfg(test)]

use circuits::{Factors, FactorsPrivate, FactorsPublic};
use dusk_sdk::Field;
use dusk_sdk::testing::*;
use vault::Refused;

#[dusk_sdk::test]
fn opens_for_a_prover_of_the_factors(chain: Chain) -> TestResult {
    let [owner] = chain.accounts(["owner"]);
    let closed = chain.deploy(&owner, vault::init(Field::from(21)))?;
    let public = FactorsPublic { product: 21.into() };
    let proof = chain.prove::<Factors>(&public, &FactorsPrivate { left: 7.into(), right: 3 })?;
    closed.by(&owner).open(proof).succeeds();

    let other = FactorsPublic { product: 22.into() };
    let proof = chain.prove::<Factors>(&other, &FactorsPrivate { left: 11.into(), right: 2 })?;
    closed.by(&owner).open(proof).refused(Refused::NoFactors);
    let none = chain.prove::<Factors>(&public, &FactorsPrivate { left: 7.into(), right: 4 });
    assert_eq!(none.unwrap_err().constraint(), Some("product"));
    Ok(())
}

#[dusk_sdk::test]
fn is_closed_at_first(chain: Chain) -> TestResult {
    let [owner] = chain.accounts(["owner"]);
    let closed = chain.deploy(&owner, vault::init(Field::from(21)))?;
    assert_eq!(closed.opened()?, 0);
    Ok(())
}

//! Tests with events and errors.
#![cfg(test)]

use dusk_sdk::testing::*;
use thermostat::{Forbidden, FrostProtection, Refused, TargetChanged};

#[dusk_sdk::test]
fn a_change_is_told_by_events(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let thermostat = chain.deploy(&alice, thermostat::init(200))?;

    // `emits` means: it succeeded, and among its events is this one.
    let changed = thermostat.by(&alice).set(60);
    changed.emits(TargetChanged { by: alice.account(), from: 200, to: 60 }).emits(FrostProtection);
    thermostat.by(&alice).hand_over(alice.account()).succeeds().emits_nothing();
    Ok(())
}

#[dusk_sdk::test]
fn a_refusal_undoes_everything(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let thermostat = chain.deploy(&alice, thermostat::init(200))?;

    thermostat.by(&alice).set(301).refused(Refused::OutOfRange { lowest: 50, highest: 300 });
    thermostat.by(&alice).set(200).refused(Refused::Unchanged);
    assert_eq!(thermostat.target()?, 200);
    assert!(!thermostat.was_changed(1)?);
    Ok(())
}

#[dusk_sdk::test]
fn constructors_and_queries_refuse_as_well(chain: Chain) -> TestResult {
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    let cold = chain.try_deploy(&alice, thermostat::init(49));
    cold.refused(Refused::OutOfRange { lowest: 50, highest: 300 });

    let thermostat = chain.deploy(&alice, thermostat::init(200))?;
    let failure = thermostat.was_changed(0).expect_err("zero changes are no question");
    assert!(failure.is(&Forbidden::NoSuchChange { changes: 0 }));
    thermostat.by(&mallory).hand_over(mallory.account()).refused(Forbidden::NotKeeper);
    Ok(())
}

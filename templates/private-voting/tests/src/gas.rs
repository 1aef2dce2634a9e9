//! The gas of every step. A vote and a claim have to cost less than 20,000,000.

use dusk_sdk::testing::*;

use crate::company::{ALICE, BOB, Company, Proven};

const HOLDER_GAS: u64 = 20_000_000;

#[dusk_sdk::test]
fn votes_and_claims_cost_little(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let by = company.holdings.by(&company.issuer);
    let pin = by.take_snapshot().succeeds();
    let (pinned, snapshot) = (pin.gas(), company.holdings.snapshot(pin.height())?);
    let (poll, dividend) = (company.asked(&snapshot), company.planned(&snapshot));
    let by = company.holdings.by(&company.issuer);
    let opened = by.open_poll(poll).succeeds().gas();
    let declared = by.declare_dividend(dividend).succeeds().gas();
    let [Proven { call, proof }] = company.ballots(ALICE, 0, &poll, 0)?.try_into().ok().expect("one note");
    let vote = company.holdings.by(&company.relayer).vote(call, proof).succeeds().gas();
    let [Proven { call, proof }] = company.claims(ALICE, 0, &dividend)?.try_into().ok().expect("one note");
    let claim = company.holdings.by(&company.relayer).claim(call, proof).succeeds().gas();
    company.read(&[], &[(call.commitment, call.note)], Some(call.cipher))?;
    let Proven { call, proof } = company.transfer([ALICE, BOB], 5)?;
    let sent = company.holdings.by(&company.relayer).confidential_transfer(call, proof).succeeds().gas();
    company.pass(dividend.ends.max(poll.ends));
    let Proven { call, proof } = company.count(0)?;
    let tally = company.holdings.by(&company.relayer).tally(0, call, proof).succeeds().gas();
    let Proven { call, proof } = company.sum(0)?;
    let close = company.holdings.by(&company.relayer).close(0, call, proof).succeeds().gas();
    println!("gas of vote {vote}, claim {claim}, confidential_transfer {sent}, tally {tally}, close {close}");
    println!("gas of take_snapshot {pinned}, open_poll {opened}, declare_dividend {declared}");
    assert!([vote, claim, sent].iter().all(|gas| *gas < HOLDER_GAS));
    Ok(())
}

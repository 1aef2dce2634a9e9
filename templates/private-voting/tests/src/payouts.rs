//! Tests of dividends. They are their specification.

use ::holdings::Refused;
use dusk_sdk::finance::confidential::Coordinates;
use dusk_sdk::finance::confidential::dividends::{self, Dividend, DividendClosed, DividendDeclared};
use dusk_sdk::finance::confidential::{pool, snapshots};
use dusk_sdk::testing::*;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{ALICE, BOB, CAROL, Company, Proven};

#[dusk_sdk::test]
fn holders_get_their_parts_and_the_rest_goes_back(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    assert_eq!(company.holdings.status()?.supply, 107, "the pot is in the supply");
    // 60, 30 and 10 have 4.5, 2.25 and 0.75.
    for who in [ALICE, BOB, CAROL] {
        company.claim(who, number, &dividend)?;
    }
    assert_eq!(company.balances(), [64, 32, 10]);
    company.pass(dividend.ends);
    let Proven { call: paid, proof } = company.sum(number)?;
    let close = || company.holdings.by(&company.relayer).close(number, paid, proof);
    close().emits(DividendClosed { dividend: number, paid: 6, returned: 1 });
    close().refused(Refused::Dividends(dividends::Refused::AlreadyClosed));
    assert_eq!(company.holdings.status()?.supply, 106);
    let payout = company.holdings.dividend(number)?;
    assert_eq!((payout.pot, payout.claims, payout.paid), (7, 2, Some(6)), "no part, no claim");
    // The auditor reads the parts as it reads everything.
    assert_eq!(company.auditor.supply_at(chain.height()).held, 106);
    company.agree()
}

#[dusk_sdk::test]
fn a_part_is_spent_like_any_note(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    company.claim(ALICE, number, &dividend)?;
    company.send([ALICE, BOB], 63)?;
    assert_eq!(company.balances(), [1, 93, 10]);
    company.agree()
}

/// Up to and in the last block claims are taken; from the next one on the dividend can be closed.
#[dusk_sdk::test]
fn claims_and_the_end_never_compete(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    let [Proven { call, proof }] = company.claims(BOB, number, &dividend)?.try_into().ok().expect("one note");
    let nothing = Proof::from_bytes([0; PROOF_BYTES]);
    let by = company.holdings.by(&company.relayer);
    chain.mine(dividend.ends - 1 - chain.height());
    let before = chain.snapshot();
    let early = by.close(number, 0, nothing);
    early.refused(Refused::Dividends(dividends::Refused::DividendRuns { ends: dividend.ends }));
    chain.revert(&before);
    assert_eq!(by.claim(call, proof).succeeds().height(), dividend.ends);
    chain.revert(&before);
    chain.mine(1);
    by.claim(call, proof)
        .refused(Refused::Dividends(dividends::Refused::DividendEnded { ends: dividend.ends }));
    Ok(())
}

#[dusk_sdk::test]
fn dividends_are_checked(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let snapshot = company.pin()?;
    let dividend = company.planned(&snapshot);
    let by = company.holdings.by(&company.issuer);
    let refused = |dividend: Dividend, refusal: dividends::Refused| {
        by.declare_dividend(dividend).refused(Refused::Dividends(refusal));
    };
    refused(Dividend { numerator: 0, ..dividend }, dividends::Refused::ZeroRate);
    refused(Dividend { denominator: 0, ..dividend }, dividends::Refused::ZeroRate);
    refused(Dividend { denominator: 301, ..dividend }, dividends::Refused::NothingToPay);
    refused(Dividend { ends: snapshot.height, ..dividend }, dividends::Refused::ClaimsEndTooEarly);
    let neutral = Coordinates { u: 0.into(), v: 1.into() };
    refused(Dividend { key: neutral, ..dividend }, dividends::Refused::SumKeyInvalid);
    let unknown = Dividend { snapshot: snapshot.height - 1, ..dividend };
    by.declare_dividend(unknown).refused(Refused::Snapshots(snapshots::Refused::NothingPinned));
    let (number, pot) = (0, 7);
    let declared = DividendDeclared { number, dividend, pot, by: company.issuer.account().into() };
    by.declare_dividend(dividend).emits(declared);
    let nothing = Proof::from_bytes([0; PROOF_BYTES]);
    by.close(1, 0, nothing).refused(Refused::Dividends(dividends::Refused::UnknownDividend));
    Ok(())
}

/// A supply that would not fit into 64 bits: an issue, and a pot.
#[dusk_sdk::test]
fn the_supply_does_not_wrap_around(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    company.issue(ALICE, u64::MAX - 100)?;
    let overflow = || Refused::Pool(pool::Refused::SupplyOverflow);
    let dividend = company.planned(&company.pin()?);
    company.holdings.by(&company.issuer).declare_dividend(dividend).refused(overflow());
    let Proven { call, proof } = company.minting(ALICE, 1)?;
    company.holdings.by(&company.issuer).issue(call, proof).refused(overflow());
    let none = pool::Minting { value: 0, ..call };
    company.holdings.by(&company.issuer).issue(none, proof).refused(Refused::Pool(pool::Refused::ZeroAmount));
    Ok(())
}

//! Tests of the oracle: reports that it accepts, and reports that it refuses.
#![cfg(test)]

use dusk_sdk::testing::*;
use oracle::{OracleClient, Refused, Report, Reported, digest};

const MAX_AGE: u64 = 5;

/// An oracle, the key of its reporter, and an account that submits reports.
struct World {
    chain: Chain,
    oracle: OracleClient<Deployed>,
    reporter: SchnorrKey,
    courier: Signer,
}

fn open(chain: Chain) -> Result<World, Failure> {
    let courier = chain.account("courier");
    let reporter = SchnorrKey::new(7);
    let oracle = chain.deploy(&courier, oracle::init(reporter.public_key(), MAX_AGE))?;
    Ok(World { chain, oracle, reporter, courier })
}

impl World {
    /// Submits a report that this key has signed.
    fn hand_in(&self, report: Report, key: &SchnorrKey) -> Sent<(), Refused> {
        let signature = key.sign(digest(self.chain.chain_id(), self.oracle.id(), &report));
        self.oracle.by(&self.courier).report(report, signature)
    }
}

#[dusk_sdk::test]
fn a_signed_price_is_taken(chain: Chain) -> TestResult {
    let world = open(chain)?;
    assert!(world.oracle.price().is_err_and(|failure| failure.is(&Refused::NoReport)));
    let report = Report { round: 1, price: 420, height: world.chain.height() };
    world.hand_in(report, &world.reporter).emits(Reported { round: 1, price: 420 });
    assert_eq!(world.oracle.price()?, 420);

    world.hand_in(Report { round: 5, price: 421, ..report }, &world.reporter).succeeds();
    assert_eq!(world.oracle.price()?, 421, "rounds may be left out");
    Ok(())
}

#[dusk_sdk::test]
fn a_report_is_good_once_and_in_order(chain: Chain) -> TestResult {
    let world = open(chain)?;
    let first = Report { round: 3, price: 420, height: world.chain.height() };
    world.hand_in(first, &world.reporter).succeeds();
    world.hand_in(first, &world.reporter).refused(Refused::OldRound { latest: 3 });
    let earlier = Report { round: 2, price: 1, ..first };
    world.hand_in(earlier, &world.reporter).refused(Refused::OldRound { latest: 3 });
    assert_eq!(world.oracle.price()?, 420);
    Ok(())
}

#[dusk_sdk::test]
fn only_the_reporter_signs_and_only_for_this_contract(chain: Chain) -> TestResult {
    let world = open(chain)?;
    let report = Report { round: 1, price: 1, height: world.chain.height() };
    world.hand_in(report, &SchnorrKey::new(8)).refused(Refused::BadSignature);

    let signature = world.reporter.sign(digest(world.chain.chain_id(), world.oracle.id(), &report));
    let dearer = Report { price: 1_000_000, ..report };
    world.oracle.by(&world.courier).report(dearer, signature).refused(Refused::BadSignature);
    let other = open(world.chain.clone())?.oracle;
    other.by(&world.courier).report(report, signature).refused(Refused::BadSignature);
    world.oracle.by(&world.courier).report(report, signature).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_price_is_recent_or_there_is_none(chain: Chain) -> TestResult {
    let world = open(chain)?;
    let report = Report { round: 1, price: 420, height: world.chain.height() };

    // The next block will contain the call.
    let next = report.height + 1;
    let early = Report { height: next + 1, ..report };
    world.hand_in(early, &world.reporter).refused(Refused::FromTheFuture { height: next });
    world.hand_in(report, &world.reporter).succeeds();
    world.chain.mine(report.height + MAX_AGE - world.chain.height());
    assert_eq!(world.oracle.price()?, 420);

    world.chain.mine(1);
    assert!(world.oracle.price().is_err_and(|failure| failure.is(&Refused::TooOld { max_age: MAX_AGE })));
    let late = Report { round: 2, ..report };
    world.hand_in(late, &world.reporter).refused(Refused::TooOld { max_age: MAX_AGE });
    Ok(())
}

//! Tests of a settlement with both parties. They are its specification.

use ::settlement::{Affirmed, GivenBack, Instructed, MAX_BLOCKS, Refused, Settled, State};
use circuits::Answer;
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::locks::{LockCancelled, LockReleased};
use dusk_sdk::testing::confidential::Party;
use dusk_sdk::testing::*;

use crate::market::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, MONEY, Market, SHARES, keys};

/// Alice delivers ten shares to bob, who pays 400.
const PARTIES: [usize; 2] = [ALICE, BOB];
const AMOUNTS: [u64; 2] = [10, 400];

#[dusk_sdk::test]
fn both_legs_settle_in_one_transaction(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.trade(PARTIES, AMOUNTS);
    let (name, instruction) = (trade.name, trade.instruction);
    market.settlement.by(&market.relayer).instruct(instruction).emits(Instructed { name, instruction });
    for leg in [SHARES, MONEY] {
        let (proof, side) = (market.answer(&trade, leg, Answer::Affirm)?, leg as u8);
        market.settlement.by(&market.relayer).affirm(name, side, proof).emits(Affirmed { name, side });
    }
    market.lock(&trade, SHARES)?;
    market.lock(&trade, MONEY)?;
    assert_eq!(
        (market.balances(SHARES), market.balances(MONEY)),
        ([90, 0, 0], [0, 4_600, 0]),
        "locked is nobody's"
    );
    let before = chain.snapshot();
    let settled = market.settlement.by(&market.relayer).settle(name).emits(Settled { name });
    for leg in [SHARES, MONEY] {
        let asset = market.sides[leg].asset.id();
        settled.clone().emits_from(asset, LockReleased { id: market.id(&trade, leg) });
    }
    chain.revert(&before);
    market.settle(&trade)?;
    assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([90, 10, 0], [400, 4_600, 0]));
    let record = market.settlement.record(name)?.expect("it is there");
    assert_eq!((record.affirmed, record.state), ([true; 2], State::Settled));
    market.agree()
}

#[dusk_sdk::test]
fn what_was_received_is_spent_on(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    market.settle(&trade)?;
    market.send(SHARES, [BOB, CAROL], 4)?;
    // Bob sells what he has left, together with nothing else, to alice.
    let trade = market.locked([BOB, ALICE], [6, 300])?;
    market.settle(&trade)?;
    assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([96, 0, 4], [100, 4_900, 0]));
    market.agree()
}

#[dusk_sdk::test]
fn a_whole_holding_is_exchanged(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, ISSUED)?;
    market.settle(&trade)?;
    assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([0, 100, 0], [5_000, 0, 0]));
    Ok(())
}

#[dusk_sdk::test]
fn neither_leg_settles_without_the_other(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    for locked in [SHARES, MONEY] {
        let trade = market.affirmed(PARTIES, AMOUNTS)?;
        market.lock(&trade, locked)?;
        let before = (market.balances(SHARES), market.balances(MONEY));
        let settle = market.settlement.by(&market.relayer).settle(trade.name);
        settle.panics("call of release failed: E9350: UnknownLock");
        market.agree()?;
        assert_eq!((market.balances(SHARES), market.balances(MONEY)), before, "nothing has moved");
        chain.mine(DEADLINE_BLOCKS);
        let mut legs = [false; 2];
        legs[locked] = true;
        let back = market.settlement.by(&market.relayer).give_back(trade.name);
        back.emits(GivenBack { name: trade.name, legs });
        market.returned_to(&trade);
    }
    assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([100, 0, 0], [0, 5_000, 0]));
    market.agree()
}

#[dusk_sdk::test]
fn both_legs_go_back_after_the_deadline(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    let deadline = trade.instruction.deadline;
    let by = market.settlement.by(&market.relayer);
    by.give_back(trade.name).refused(Refused::BeforeDeadline { deadline });
    chain.mine(deadline - chain.height());
    by.settle(trade.name).refused(Refused::DeadlinePassed { deadline });
    market.give_back(&trade)?;
    assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([100, 0, 0], [0, 5_000, 0]));
    let by = market.settlement.by(&market.relayer);
    by.give_back(trade.name).refused(Refused::NothingLocked);
    by.settle(trade.name).refused(Refused::AlreadyEnded);
    market.agree()
}

#[dusk_sdk::test]
fn a_party_rejects_and_everything_goes_back_at_once(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    for leg in [SHARES, MONEY] {
        let trade = market.locked(PARTIES, AMOUNTS)?;
        market.reject(&trade, leg)?;
        assert_eq!((market.balances(SHARES), market.balances(MONEY)), ([100, 0, 0], [0, 5_000, 0]));
        let by = market.settlement.by(&market.relayer);
        by.settle(trade.name).refused(Refused::AlreadyEnded);
        by.affirm(trade.name, 0, market.answer(&trade, SHARES, Answer::Affirm)?)
            .refused(Refused::AlreadyEnded);
        by.reject(trade.name, 0, market.answer(&trade, SHARES, Answer::Reject)?)
            .refused(Refused::AlreadyEnded);
    }
    // A lock that comes after the rejection goes back, too, before its deadline.
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    market.reject(&trade, MONEY)?;
    market.lock(&trade, SHARES)?;
    let id = market.id(&trade, SHARES);
    let back = market.settlement.by(&market.relayer).give_back(trade.name).succeeds();
    back.emits_from(market.sides[SHARES].asset.id(), LockCancelled { id, by: market.settlement.id().into() });
    market.returned_to(&trade);
    market.agree()
}

#[dusk_sdk::test]
fn instructions_are_checked(chain: Chain) -> TestResult {
    let market = &mut Market::open(&chain)?;
    let trade = market.trade(PARTIES, AMOUNTS);
    let by = market.settlement.by(&market.relayer);
    let same = circuits::Instruction { legs: [trade.instruction.legs[0]; 2], ..trade.instruction };
    by.instruct(same).refused(Refused::SameAsset);
    let with = |deadline| circuits::Instruction { deadline, ..trade.instruction };
    by.instruct(with(chain.height())).refused(Refused::DeadlinePassed { deadline: chain.height() - 1 });
    let furthest = chain.height() + 1 + MAX_BLOCKS;
    by.instruct(with(furthest + 1 + 1)).refused(Refused::DeadlineTooFar { limit: MAX_BLOCKS });
    by.instruct(with(u64::MAX)).refused(Refused::DeadlineTooFar { limit: MAX_BLOCKS });
    by.instruct(with(chain.height() + 1 + MAX_BLOCKS)).succeeds();
    by.instruct(trade.instruction).succeeds();
    by.instruct(trade.instruction).refused(Refused::AlreadyInstructed);
    let unknown = Field::from(5);
    let affirmation = market.answer(&trade, SHARES, Answer::Affirm)?;
    by.affirm(unknown, 0, affirmation).refused(Refused::UnknownInstruction);
    by.reject(unknown, 0, affirmation).refused(Refused::UnknownInstruction);
    by.settle(unknown).refused(Refused::UnknownInstruction);
    by.give_back(unknown).refused(Refused::UnknownInstruction);
    by.affirm(trade.name, 2, affirmation).refused(Refused::NoSuchLeg);
    by.reject(trade.name, 2, affirmation).refused(Refused::NoSuchLeg);
    assert!(market.settlement.lock_id(trade.name, 2).is_err_and(|failure| failure.is(&Refused::NoSuchLeg)));
    assert_eq!(market.settlement.lock_id(trade.name, 1)?, market.id(&trade, MONEY));
    by.settle(trade.name).refused(Refused::NotAffirmed { side: 0 });
    by.affirm(trade.name, 0, affirmation).succeeds();
    by.affirm(trade.name, 0, affirmation).refused(Refused::AlreadyAffirmed);
    by.settle(trade.name).refused(Refused::NotAffirmed { side: 1 });
    assert_eq!(market.settlement.record(unknown)?, None);
    Ok(())
}

/// A wallet that has lost all but its keys finds its notes again: the locks for it are in the asset contract, and
/// the events have the rest.
#[dusk_sdk::test]
fn a_lost_wallet_is_rebuilt_from_its_keys(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let lock = market.reservation(&trade, SHARES)?;
    market.submit_lock(SHARES, &lock)?;
    market.lock(&trade, MONEY)?;
    let pending = market.sides[SHARES].asset.pending(market.id(&trade, SHARES))?.expect("it is locked");
    market.settle(&trade)?;
    // The notes of shares: the issue, alice's change, and what bob has received.
    let it = &market.sides[SHARES];
    let mut bob = Party::new(keys(BOB), it.terms.asset);
    assert!(bob.found(2, pending.released, &pending.for_receiver));
    assert_eq!((bob.balance(), bob.notes()), (10, it.parties[BOB].notes()));
    let mut alice = Party::new(keys(ALICE), it.terms.asset);
    assert!(!alice.found(2, pending.released, &pending.for_receiver), "it is not hers");
    assert!(alice.found(1, lock.call.change, &lock.call.notes[2]));
    assert_eq!((alice.balance(), alice.notes()), (90, it.parties[ALICE].notes()));
    Ok(())
}

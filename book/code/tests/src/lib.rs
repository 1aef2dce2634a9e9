//! The tests that the book shows.
#![cfg(test)]

mod bond;
mod counter;
mod locks;
mod privacy;
mod voucher;

use dusk_sdk::testing::*;
use guestbook::{GuestbookClient, MAX_TEXT_BYTES, Refused, Signed};

// ANCHOR: setup
/// An open book and its keeper.
fn open(chain: &Chain, pause: u64) -> Result<(GuestbookClient<Deployed>, Signer), Failure> {
    let keeper = chain.account("keeper");
    let book = chain.deploy(&keeper, guestbook::init(pause))?;
    Ok((book, keeper))
}
// ANCHOR_END: setup

// ANCHOR: first
#[dusk_sdk::test]
fn everybody_may_sign(chain: Chain) -> TestResult {
    let (book, _) = open(&chain, 0)?;
    let [alice, bob] = chain.accounts(["alice", "bob"]);

    book.by(&alice).sign("Hello".into()).emits(Signed { by: alice.account(), number: 0 });
    let number = book.by(&bob).sign("Hello, Alice".into()).succeeds().value();
    assert_eq!(number, 1);
    assert_eq!(book.count()?, 2);
    assert_eq!(book.entries(1, 10)?[0].text, "Hello, Alice");
    Ok(())
}
// ANCHOR_END: first

// ANCHOR: refused
#[dusk_sdk::test]
fn only_the_keeper_closes(chain: Chain) -> TestResult {
    let (book, keeper) = open(&chain, 0)?;
    let mallory = chain.account("mallory");

    book.by(&mallory).close().refused(Refused::NotKeeper);
    book.by(&keeper).close().succeeds().emits_nothing();
    book.by(&mallory).sign("Too late".into()).refused(Refused::Closed);
    book.by(&keeper).sign(String::new()).refused(Refused::Closed);
    Ok(())
}
// ANCHOR_END: refused

// ANCHOR: time
#[dusk_sdk::test]
fn a_guest_waits_between_two_entries(chain: Chain) -> TestResult {
    let (book, _) = open(&chain, 10)?;
    let alice = chain.account("alice");
    let first = book.by(&alice).sign("First".into()).succeeds().height();

    let from = first + 11;
    book.by(&alice).sign("Second".into()).refused(Refused::TooSoon { from });
    chain.mine(from - 1 - chain.height());
    assert_eq!(book.by(&alice).sign("Second".into()).succeeds().height(), from);
    Ok(())
}
// ANCHOR_END: time

// ANCHOR: block
#[dusk_sdk::test]
fn nobody_signs_after_the_end_in_the_same_block(chain: Chain) -> TestResult {
    let (book, keeper) = open(&chain, 0)?;
    let alice = chain.account("alice");
    let (signed, closed, late) = chain.in_one_block((
        book.by(alice.later()).sign("In time".into()),
        book.by(keeper.later()).close(),
        book.by(alice.later()).sign("Too late".into()),
    ));
    assert_eq!(signed.succeeds().height(), closed.succeeds().height());
    late.refused(Refused::Closed);
    Ok(())
}
// ANCHOR_END: block

// ANCHOR: snapshot
#[dusk_sdk::test]
fn one_beginning_for_many_cases(chain: Chain) -> TestResult {
    let (book, _) = open(&chain, 0)?;
    let alice = chain.account("alice");
    let empty = chain.snapshot();
    for (text, fits) in [("a", true), ("", false), (&"a".repeat(280), true), (&"a".repeat(281), false)] {
        let signed = book.by(&alice).sign(text.to_owned());
        match fits {
            true => assert_eq!(signed.succeeds().value(), 0),
            false => drop(signed.refused(Refused::TextLength { limit: MAX_TEXT_BYTES })),
        }
        chain.revert(&empty);
    }
    Ok(())
}
// ANCHOR_END: snapshot

// ANCHOR: gas
#[dusk_sdk::test]
fn what_a_failed_call_costs(chain: Chain) -> TestResult {
    let (book, _) = open(&chain, 0)?;
    let alice = chain.account("alice");
    let limit = 5_000_000;
    assert!(book.by(&alice).sign("Hello".into()).succeeds().gas() < limit);

    // A failed transaction pays for its whole limit, and changes nothing else.
    let before = chain.balance(&alice);
    let failed = book.by(alice.with_gas(limit)).sign(String::new());
    let failed = failed.refused(Refused::TextLength { limit: MAX_TEXT_BYTES });
    assert_eq!(failed.gas(), limit);
    assert_eq!(before - chain.balance(&alice), failed.fee());
    assert_eq!(book.count()?, 1);
    Ok(())
}
// ANCHOR_END: gas

// ANCHOR: property
#[dusk_sdk::test]
fn nobody_ever_signs_too_soon(chain: Chain) -> TestResult {
    const PAUSE: u64 = 3;
    let (book, _) = open(&chain, PAUSE)?;
    let guests = chain.accounts(["alice", "bob", "carol"]);

    // A model in plain Rust: the block from which each guest may sign again.
    let mut free_from = [0; 3];
    let mut dice: u64 = 42;
    for _ in 0..100 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let guest = (dice >> 33) as usize % guests.len();
        let height = chain.height() + 1;
        let signed = book.by(&guests[guest]).sign(format!("at {height}"));
        if height >= free_from[guest] {
            signed.succeeds();
            free_from[guest] = height + PAUSE + 1;
        } else {
            signed.refused(Refused::TooSoon { from: free_from[guest] });
        }
    }
    Ok(())
}
// ANCHOR_END: property

// ANCHOR: labelled
#[dusk_sdk::test]
fn the_signer_of_the_deployment_is_the_keeper(chain: Chain) -> TestResult {
    let [alice, mallory] = chain.accounts(["alice", "mallory"]);
    // Mallory deploys, and states that alice owns the contract.
    let book = chain.try_deploy_labelled(&mallory, &alice, guestbook::init(0)).succeeds().value();
    book.by(&alice).close().refused(Refused::NotKeeper);
    book.by(&mallory).close().succeeds();
    Ok(())
}
// ANCHOR_END: labelled

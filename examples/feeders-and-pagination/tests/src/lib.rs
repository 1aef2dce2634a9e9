//! Tests of a long list: its pages, and its feeder.
#![cfg(test)]

use dusk_sdk::testing::*;
use ledger::{Entry, LedgerClient, Refused};

/// A ledger with so many entries.
fn filled(chain: &Chain, entries: u64) -> Result<LedgerClient<Deployed>, Failure> {
    let alice = chain.account("alice");
    let ledger = chain.deploy(&alice, ledger::init())?;
    for number in 0..entries {
        ledger.by(&alice).write(number * 10, format!("number {number}")).succeeds();
    }
    Ok(ledger)
}

/// All entries, page by page.
fn read(ledger: &LedgerClient<Deployed>, limit: u32) -> Result<Vec<Entry>, Failure> {
    let (mut entries, mut next) = (Vec::new(), Some(0));
    while let Some(start) = next {
        let page = ledger.page(start, limit)?;
        entries.extend(page.entries);
        next = page.next;
    }
    Ok(entries)
}

#[dusk_sdk::test]
fn pages_and_the_feed_agree(chain: Chain) -> TestResult {
    let ledger = filled(&chain, 7)?;
    let fed = ledger.all(0)?;
    assert_eq!(fed.len(), 7);
    assert_eq!((fed[6].amount, fed[6].note.as_str()), (60, "number 6"));
    for limit in [1, 3, 7, 100] {
        assert_eq!(read(&ledger, limit)?, fed, "in pages of {limit}");
    }
    assert_eq!(ledger.all(5)?, fed[5..]);
    Ok(())
}

#[dusk_sdk::test]
fn a_page_has_bounds(chain: Chain) -> TestResult {
    let ledger = filled(&chain, 1)?;
    for limit in [0, 101] {
        let refused = ledger.page(0, limit).expect_err("the page has no such length");
        assert!(refused.is(&Refused::PageLength { limit: 100 }));
    }
    let beyond = ledger.page(u64::MAX, 10)?;
    assert_eq!((beyond.entries.len(), beyond.next), (0, None));
    Ok(())
}

#[dusk_sdk::test]
fn an_empty_ledger_is_no_special_case(chain: Chain) -> TestResult {
    let ledger = filled(&chain, 0)?;
    assert_eq!((read(&ledger, 10)?.len(), ledger.all(0)?.len()), (0, 0));
    Ok(())
}

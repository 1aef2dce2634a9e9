#![allow(unused)]

use dusk_sdk::testing::*;

#[dusk_sdk::test]
fn without_chain() -> TestResult {
    Ok(())
}

#[dusk_sdk::test]
fn with_more(chain: Chain, other: Chain) -> TestResult {
    Ok(())
}

#[dusk_sdk::test(slow)]
async fn later<T>(chain: Chain) -> TestResult {
    Ok(())
}

#[dusk_sdk::test]
struct NotAFunction;

fn main() {}

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

#[dusk_sdk::test(observer)]
fn observes_nothing(chain: Chain) -> TestResult {
    Ok(())
}

#[dusk_sdk::test(observer)]
fn gives_nothing(chain: Chain, private: &Private) {}

fn main() {}

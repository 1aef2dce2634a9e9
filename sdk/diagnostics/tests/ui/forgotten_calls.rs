//! Calls of a test without their ends.

#![allow(unused_imports, dead_code)]
#![deny(unused_must_use)]

use dusk_sdk::testing::*;

#[dusk_sdk::contract]
mod counter {
    use dusk_sdk::prelude::*;

    pub struct Counter {
        value: u64,
    }

    impl Counter {
        pub fn init(value: u64) -> Self {
            Self { value }
        }

        pub fn value(&self) -> u64 {
            self.value
        }

        pub fn add(&mut self, by: u64) {
            self.value += by;
        }
    }
}

fn forgets(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let counter = chain.deploy(&alice, counter::init(5))?;
    counter.by(&alice);
    counter.by(&alice).add(1);
    counter.by(alice.later()).add(1);
    chain.in_one_block([counter.by(alice.later()).add(1)]);
    counter.value();
    Ok(())
}

fn main() {}

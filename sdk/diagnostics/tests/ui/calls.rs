//! Calls of a test without a signer, with something that cannot sign, or without a stated outcome.

#![allow(unused)]

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

        pub fn add(&mut self, by: u64) -> u64 {
            self.value += by;
            self.value
        }

        #[contract(feeds = u64)]
        pub fn all(&self) {
            feed(&self.value);
        }
    }
}

fn nobody_signs(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let counter = chain.deploy(&alice, counter::init(5))?;
    counter.add(1).succeeds();
    counter.by(alice.account()).add(1).succeeds();
    counter.by("alice").add(1).succeeds();
    Ok(())
}

fn the_outcome_is_not_stated(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let counter = chain.deploy(&alice, counter::init(5))?;
    let value: u64 = counter.by(&alice).add(1).value();
    let value: u64 = counter.by(&alice).add(1).unwrap();
    Ok(())
}

fn calls_of_a_block(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let counter = chain.deploy(&alice, counter::init(5))?;
    chain.in_one_block((counter.by(&alice).add(1), counter.by(alice.later()).add(1)));
    counter.by(alice.later()).add(1).succeeds();
    Ok(())
}

fn from_a_contract(id: dusk_sdk::ContractId) {
    counter::at(id).all();
}

fn main() {}

//! Observer tests: one that passes, and one for each way in which private data shows.
#![cfg(test)]

use dusk_sdk::crypto::hash;
use dusk_sdk::testing::*;
use dusk_sdk::{Dusk, Field};
use leaks::LeaksClient;

/// A contract, who calls it, and an amount: two sets of private values have amounts on both sides of 500.
struct Scene {
    leaks: LeaksClient<Deployed>,
    alice: Signer,
    amount: u64,
    /// A random value that is no drawn one.
    pad: u64,
}

impl Scene {
    fn open(chain: &Chain, private: &Private) -> Result<Self, Failure> {
        let alice = chain.account("alice");
        let leaks = chain.deploy(&alice, ::leaks::init())?;
        let amount = private.one_of(&[100, 900]);
        let pad = hash(&private.random_field().to_bytes()).to_bytes();
        let pad = u64::from_le_bytes(pad[..8].try_into().expect("8 of 32 bytes"));
        Ok(Self { leaks, alice, amount, pad })
    }

    fn masked(&self) -> u64 {
        self.pad ^ self.amount
    }

    fn contract(&self) -> LeaksClient<Signed> {
        self.leaks.by(&self.alice)
    }
}

fn commitment(amount: u64, blinding: Field) -> Field {
    hash(&[&amount.to_le_bytes()[..], &blinding.to_bytes()].concat())
}

/// Commitments, ciphertexts and money that is public show nothing.
#[dusk_sdk::test(observer)]
fn hides_amounts(chain: Chain, private: &Private) -> TestResult {
    let Scene { leaks, alice, .. } = Scene::open(&chain, private)?;
    private.declare_random("leaks.keep.commitment");
    private.declare_random("Kept.commitment");
    private.declare_random("take.ciphertext");
    for _ in 0..3 {
        let amount = private.between(1, 1_000);
        let (blinding, key) = (private.random_field(), private.random_field());
        leaks.by(&alice).keep(commitment(amount, blinding)).succeeds();
        let stream = hash(&key.to_bytes()).to_bytes();
        let ciphertext = amount.to_le_bytes().into_iter().zip(stream).map(|(byte, pad)| byte ^ pad);
        leaks.by(&alice).take(ciphertext.collect()).succeeds();
    }
    let bob = chain.account("bob");
    chain.transfer(&alice, &bob, Dusk::new(5)).succeeds();
    assert_eq!(leaks.kept()?, 3);
    Ok(())
}

#[dusk_sdk::test(observer)]
fn shows_an_argument(chain: Chain, private: &Private) -> TestResult {
    let scene = Scene::open(&chain, private)?;
    scene.contract().argument(scene.amount).succeeds();
    Ok(())
}

macro_rules! leak {
    ($name:ident, $function:ident, $outcome:ident) => {
        #[dusk_sdk::test(observer)]
        fn $name(chain: Chain, private: &Private) -> TestResult {
            let scene = Scene::open(&chain, private)?;
            private.declare_random(concat!("leaks.", stringify!($function), ".masked"));
            let _ = scene.contract().$function(scene.pad, scene.masked()).$outcome();
            Ok(())
        }
    };
}

leak!(shows_an_event, event, succeeds);
leak!(shows_gas, gas, succeeds);
leak!(shows_a_result, result, succeeds);
leak!(shows_an_error, error, into_result);
leak!(shows_pages, pages, succeeds);
leak!(shows_a_size, size, succeeds);
leak!(shows_content, content, succeeds);
leak!(shows_a_number, repeats, succeeds);
leak!(shows_memory, grow, succeeds);

/// The contract tells the amount to another contract.
#[dusk_sdk::test(observer)]
fn shows_an_inner_call(chain: Chain, private: &Private) -> TestResult {
    let scene = Scene::open(&chain, private)?;
    let callee = chain.deploy(&scene.alice, ::callee::init())?;
    private.declare_random("leaks.inner.masked");
    scene.contract().inner(callee.id(), scene.pad, scene.masked()).succeeds();
    assert_eq!(callee.calls()?, 1);
    Ok(())
}

#[dusk_sdk::test(observer)]
fn shows_money(chain: Chain, private: &Private) -> TestResult {
    let Scene { alice, amount, .. } = Scene::open(&chain, private)?;
    chain.transfer(&alice, &chain.account("bob"), Dusk::from_lux(amount)).succeeds();
    Ok(())
}

#[dusk_sdk::test(observer)]
fn shows_who_calls(chain: Chain, private: &Private) -> TestResult {
    let Scene { leaks, .. } = Scene::open(&chain, private)?;
    let caller = chain.account(private.one_of(&["bob", "carol"]));
    leaks.by(&caller).keep(Field::from(1)).succeeds();
    Ok(())
}

/// A hash of the amount alone is declared random: everybody can try all amounts.
#[dusk_sdk::test(observer)]
fn declares_a_hash_random(chain: Chain, private: &Private) -> TestResult {
    let scene = Scene::open(&chain, private)?;
    private.declare_random("leaks");
    scene.contract().keep(commitment(scene.amount, Field::from(7))).succeeds();
    Ok(())
}

/// The amount stands before a random value.
#[dusk_sdk::test(observer)]
fn declares_an_amount_random(chain: Chain, private: &Private) -> TestResult {
    let Scene { leaks, alice, .. } = Scene::open(&chain, private)?;
    private.declare_random("leaks.take.ciphertext");
    let (amount, key) = (private.between(1, 1_000), private.random_field());
    let random = hash(&key.to_bytes()).to_bytes();
    leaks.by(&alice).take([&amount.to_le_bytes()[..], &random].concat()).succeeds();
    Ok(())
}

/// The blinding factor of a commitment is shown beside it.
#[dusk_sdk::test(observer)]
fn shows_what_blinds(chain: Chain, private: &Private) -> TestResult {
    let scene = Scene::open(&chain, private)?;
    private.declare_random("commitment");
    private.declare_random("keep.commitment");
    private.declare_random("Kept.commitment");
    let blinding = private.random_field();
    scene.contract().keep(commitment(scene.amount, blinding)).succeeds();
    scene.contract().take(blinding.to_bytes().to_vec()).succeeds();
    Ok(())
}

/// A difference of gas is declared, and smaller than it is; then as random, and it is not.
#[dusk_sdk::test(observer)]
fn declares_gas(chain: Chain, private: &Private) -> TestResult {
    let scene = Scene::open(&chain, private)?;
    private.declare_random("leaks.gas.masked");
    private.declare_random_gas("leaks.gas", 100_000);
    scene.contract().gas(scene.pad, scene.masked()).succeeds();
    Ok(())
}

#[dusk_sdk::test(observer)]
fn draws_nothing(chain: Chain, private: &Private) -> TestResult {
    let alice = chain.account("alice");
    let _ = private.random_field();
    chain.deploy(&alice, ::leaks::init())?;
    Ok(())
}

/// An ordinary test beside them.
#[dusk_sdk::test]
fn starts_empty(chain: Chain) -> TestResult {
    let leaks = chain.deploy(&chain.account("alice"), ::leaks::init())?;
    assert_eq!(leaks.kept()?, 0);
    Ok(())
}

//! Tests of the requests to the host, and of the texts of failed assertions. The host here answers from a script.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_sdk_protocol::execution::{CallError, Event};
use dusk_sdk_protocol::host::{Call, HexBytes, Outcome, PROTOCOL_VERSION, Request, Response};

use super::chain::{Chain, Signer};
use super::connection::Connection;
use super::failure::{Failure, TestResult};
use crate::wire::Wire;
use crate::{Account, Dusk};

#[crate::contract]
mod vault {
    use crate::prelude::*;

    /// Money for later.
    #[derive(Debug)]
    pub struct Vault {
        held: u64,
    }

    /// Somebody paid in.
    #[event]
    pub struct Paid {
        /// The account.
        pub by: Account,
        /// How much.
        pub amount: u64,
    }

    /// Why not.
    #[error]
    pub enum Refused {
        /// There is less.
        Insufficient {
            /// That much.
            held: u64,
        },
        /// It is closed.
        Closed,
    }

    impl Vault {
        /// Opens it.
        pub fn init(held: u64) -> Result<Self, Refused> {
            ensure!(held > 0, Refused::Closed);
            Ok(Self { held })
        }

        /// The held amount.
        pub fn held(&self) -> Result<u64, Refused> {
            Ok(self.held)
        }

        /// Takes some out.
        pub fn take(&mut self, amount: u64, note: String) -> Result<u64, Refused> {
            drop(note);
            ensure!(amount <= self.held, Refused::Insufficient { held: self.held });
            Ok(self.held - amount)
        }
    }
}

use vault::{Paid, Refused};

const ID: [u8; 32] = [9; 32];

fn key(seed: u64) -> Account {
    PublicKey::from(&SecretKey::from(dusk_core::BlsScalar::from(seed))).into()
}

fn account(name: &str, seed: u64) -> Response {
    Response::Account { name: name.into(), account: key(seed).to_string() }
}

fn outcome(result: Result<Vec<u8>, CallError>, events: Vec<Event>) -> Response {
    Response::Outcome(plain(result, events))
}

fn plain(result: Result<Vec<u8>, CallError>, events: Vec<Event>) -> Outcome {
    Outcome {
        tx: [1; 32],
        height: 5,
        contract: ID.into(),
        result: result.map(HexBytes),
        gas_spent: 77,
        fee: 154,
        events,
        logs: vec![],
    }
}

fn refused(text: &str) -> Response {
    outcome(Err(CallError::Panic(text.into())), Vec::new())
}

fn paid(by: u64, amount: u64) -> Event {
    let data = Paid { by: key(by), amount }.encode().unwrap();
    Event { source: ID.into(), topic: "Paid".into(), data, reverted: false }
}

/// A host with these answers; it returns the requests that it got.
fn host(answers: Vec<Response>) -> (Chain, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("{}#5ec2e7", listener.local_addr().unwrap());
    let host = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut answers = core::iter::once(Response::Opened { chain_id: 0, height: 1 }).chain(answers);
        let mut asked = Vec::new();
        let mut writer = stream.try_clone().unwrap();
        for line in BufReader::new(stream).lines() {
            asked.push(serde_json::from_str(&line.unwrap()).unwrap());
            let Some(answer) = answers.next() else { break };
            writeln!(writer, "{}", serde_json::to_string(&answer).unwrap()).unwrap();
        }
        asked
    });
    (Chain::new(Connection::to(&place, "a_test").unwrap()), host)
}

/// A chain with alice and a deployed vault; the host continues with these answers.
fn deployed(
    mut answers: Vec<Response>,
) -> (Chain, Signer, vault::VaultClient<super::Deployed>, JoinHandle<Vec<Request>>) {
    answers.splice(0..0, [account("alice", 1), outcome(Ok(vec![]), vec![])]);
    let (chain, host) = host(answers);
    let [alice] = chain.accounts(["alice"]);
    let vault = chain.deploy(&alice, vault::init(10)).unwrap();
    (chain, alice, vault, host)
}

fn panics<T>(run: impl FnOnce() -> T) -> String {
    let payload: Box<_> = catch_unwind(AssertUnwindSafe(run)).map(drop).unwrap_err();
    *payload.downcast::<String>().unwrap()
}

#[test]
fn calls_are_sent_as_the_contract_reads_them() {
    let answers = vec![
        outcome(Ok(7u64.to_le_bytes().to_vec()), vec![paid(1, 3), paid(1, 4)]),
        Response::Queried {
            result: Ok(HexBytes(7u64.to_le_bytes().to_vec())),
            gas_spent: 1,
            events: vec![],
            logs: vec![],
        },
        Response::Height { height: 12 },
    ];
    let (chain, alice, vault, host) = deployed(answers);
    let taken = vault.by(alice.depositing(Dusk::from_lux(5)).with_gas(1_000)).take(3, "rent".into());
    let accepted = taken.emits(Paid { by: alice.account(), amount: 3 }).emits(Paid { by: alice.account(), amount: 4 });
    assert_eq!((accepted.gas(), accepted.fee().lux(), accepted.height()), (77, 154, 5));
    assert_eq!(accepted.value(), 7);
    assert_eq!(vault.held().unwrap(), 7);
    assert_eq!(chain.mine(3), 12);
    drop((chain, vault));

    let asked = host.join().unwrap();
    let package = env!("CARGO_PKG_NAME").to_string();
    let argument = (3u64, String::from("rent"));
    let expected = [
        Request::Open { version: PROTOCOL_VERSION, token: "5ec2e7".into(), test: "a_test".into() },
        Request::Account { name: "alice".into() },
        Request::Deploy { package, from: "alice".into(), owner: "alice".into(), init: 10u64.to_le_bytes().into() },
        Request::Call(Call {
            from: "alice".into(),
            contract: ID.into(),
            function: "take".into(),
            argument: Wire::encode(&argument).unwrap(),
            deposit: 5,
            gas_limit: Some(1_000),
        }),
        Request::Query { contract: ID.into(), function: "held".into(), argument: vec![] },
        Request::Mine { blocks: 3 },
    ];
    assert_eq!(asked, expected);
}

#[test]
fn calls_of_one_block_are_sent_together() {
    let refused = CallError::Panic(r#"E1: Insufficient {"held":2}"#.into());
    let outcomes = vec![
        plain(Ok(7u64.to_le_bytes().to_vec()), vec![paid(1, 3)]),
        plain(Err(refused), vec![]),
        plain(Ok(5u64.to_le_bytes().to_vec()), vec![]),
    ];
    let answers = vec![account("bob", 2), Response::Block { outcomes }, Response::Block { outcomes: vec![] }];
    let (chain, alice, vault, host) = deployed(answers);
    let bob = chain.account("bob");
    let take = |by: &Signer, amount| vault.by(by.depositing(Dusk::from_lux(amount)).later()).take(amount, "x".into());
    let (first, rest) = chain.in_one_block((take(&alice, 1), [take(&bob, 2), take(&alice, 3)]));
    assert_eq!(first.emits(Paid { by: alice.account(), amount: 3 }).value(), 7);
    let [second, third] = rest;
    second.refused(Refused::Insufficient { held: 2 });
    assert_eq!(third.emits_nothing().value(), 5);
    let message = panics(|| chain.in_one_block(vec![take(&alice, 1)]));
    assert!(message.starts_with("the test host gave no outcome of dusk-sdk.take by alice\nhint: "), "{message}");

    // The other chain has not heard of a call that belongs to this one.
    let (other, silent) = self::host(vec![]);
    let message = panics(|| other.in_one_block(take(&alice, 1)));
    assert_eq!(message, "dusk-sdk.take by alice is a call on another chain");
    drop((chain, vault, other));
    assert_eq!(silent.join().unwrap().len(), 1);

    let asked = host.join().unwrap();
    let call = |from: &str, amount: u64| Call {
        from: from.into(),
        contract: ID.into(),
        function: "take".into(),
        argument: Wire::encode(&(amount, String::from("x"))).unwrap(),
        deposit: amount,
        gas_limit: None,
    };
    assert_eq!(asked[4], Request::Block { calls: vec![call("alice", 1), call("bob", 2), call("alice", 3)] });
    assert_eq!(asked[5], Request::Block { calls: vec![call("alice", 1)] });
}

#[test]
fn a_refusal_is_told_by_its_name_and_fields() {
    let text = r#"E1: Insufficient {"held":2}"#;
    let (_chain, alice, vault, _) =
        deployed(vec![refused(text), refused(text), refused(text), outcome(Ok(vec![0; 8]), vec![])]);
    vault.by(&alice).take(3, String::new()).refused(Refused::Insufficient { held: 2 });
    assert_eq!(
        panics(|| vault.by(&alice).take(3, String::new()).refused(Refused::Closed)),
        "dusk-sdk.take by alice should be refused with Closed, but it was refused with Insufficient {\"held\":2}"
    );
    assert_eq!(
        panics(|| vault.by(&alice).take(3, String::new()).succeeds()),
        "dusk-sdk.take by alice should succeed, but it was refused with Insufficient {\"held\":2}"
    );
    let message = panics(|| vault.by(&alice).take(3, String::new()).refused(Refused::Closed));
    assert!(message.ends_with("but it succeeded, with the events\n    none"), "{message}");
}

#[test]
fn missing_events_are_shown_beside_those_that_there_are() {
    let mut reverted = paid(1, 9);
    reverted.reverted = true;
    let mut foreign = paid(1, 9);
    foreign.source = [1; 32].into();
    let events = vec![reverted, foreign, paid(1, 3)];
    let (_chain, alice, vault, _) =
        deployed(vec![outcome(Ok(vec![0; 8]), events.clone()), outcome(Ok(vec![0; 8]), events)]);
    assert_eq!(
        panics(|| vault.by(&alice).take(3, String::new()).emits(Paid { by: alice.account(), amount: 9 })),
        "dusk-sdk.take by alice should emit\n    Paid {\"by\":\"@alice\",\"amount\":9}\nbut its events are\n    \
         Paid {\"by\":\"@alice\",\"amount\":3}"
    );
    let message = panics(|| vault.by(&alice).take(3, String::new()).succeeds().emits_nothing());
    assert!(message.contains("should emit nothing"), "{message}");
}

#[test]
fn other_failures_are_told_apart() {
    let overflow = || outcome(Err(CallError::Panic("attempt to add with overflow".into())), vec![]);
    let (_chain, alice, vault, _) =
        deployed(vec![overflow(), overflow(), outcome(Err(CallError::OutOfGas), vec![]), overflow()]);
    let take = || vault.by(&alice).take(1, String::new());
    take().panics("overflow");
    let message = panics(|| take().panics("underflow"));
    assert!(
        message.ends_with("should panic with \"underflow\", but it panicked: attempt to add with overflow"),
        "{message}"
    );
    assert_eq!(take().runs_out_of_gas().gas(), 77);
    let failure = take().into_result().unwrap_err();
    assert_eq!(failure.to_string(), "dusk-sdk.take by alice failed: it panicked: attempt to add with overflow");
}

#[test]
fn a_refused_query_is_an_error_with_its_reason() {
    let error = CallError::Panic("E2: Closed".into());
    let answer = Response::Queried { result: Err(error), gas_spent: 1, events: vec![], logs: vec![] };
    let (_chain, _, vault, _) = deployed(vec![answer]);
    let failure = vault.held().unwrap_err();
    assert!(failure.is(&Refused::Closed) && !failure.is(&Refused::Insufficient { held: 1 }));
    assert_eq!(format!("{failure:?}"), "dusk-sdk.held failed: panic: E2: Closed");
}

#[test]
fn a_refused_constructor_leaves_no_client() {
    let failed = || refused("failed deployment: panic: E2: Closed");
    let (chain, _host) = host(vec![account("bob", 2), failed(), failed()]);
    let bob = chain.account("bob");
    chain.try_deploy(&bob, vault::init(0)).refused(Refused::Closed);
    let failure = chain.deploy(&bob, vault::init(0)).unwrap_err();
    assert!(failure.is(&Refused::Closed));
    assert!(failure.to_string().contains("the deployment of dusk-sdk by bob failed"), "{failure}");
}

#[test]
fn a_host_that_cannot_says_why_and_what_to_do() {
    let failed = Response::Failed { message: "no account is left".into(), hint: Some("use fewer names".into()) };
    let (chain, _host) = host(vec![failed, Response::Done]);
    assert_eq!(panics(|| chain.account("zoe")), "no account is left\nhint: use fewer names");
    assert!(panics(|| chain.height()).contains("must be of the same version"));
    assert!(panics(|| chain.height()).contains("the test host"), "it is gone");
}

#[test]
fn any_error_fails_a_test() {
    fn test() -> TestResult {
        "x".parse::<u8>()?;
        Ok(())
    }
    assert_eq!(test().unwrap_err(), Failure::new("invalid digit found in string"));
}

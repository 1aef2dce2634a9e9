//! A fault on the way in is told with its figures, changes nothing, and the node goes on.

use dusk_core::abi::ContractId;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::{ContractCall, TransactionData};
use dusk_sdk_protocol::execution::HexId;
use local_node::genesis::DEV_BALANCE;
use local_node::transaction::MAX_TRANSACTION_BYTES;
use serde_json::{Value, json};

use super::served::{Answer, Served, TRANSFER};
use crate::common::{Draft, deployed_id};

impl Served {
    /// Refused by all who look at transactions, with these words.
    fn refuses(&self, bytes: &[u8], words: &[&str]) {
        for topic in ["preverify", "propagate"] {
            let refused = self.ask(&format!("/on/transactions/{topic}"), bytes);
            let text = refused.error();
            assert_eq!(refused.status, 400, "{text}");
            assert!(words.iter().all(|word| text.contains(word)), "{text:?} should tell {words:?}");
        }
        let simulated = self.ask("/on/transactions/simulate", bytes);
        assert!([200, 400].contains(&simulated.status), "{}", String::from_utf8_lossy(&simulated.body));
    }

    /// The node takes a payment and makes a block of it.
    fn goes_on(&self, nonce: u64) {
        assert_eq!(self.send(&Draft::new(9, nonce).pay(8, 1).sign())["err"], Value::Null);
    }

    fn call(&self, contract: &str, function: &str, argument: &[u8]) -> Answer {
        self.ask(&format!("/on/contracts:{contract}/{function}"), argument)
    }
}

#[test]
fn bad_transactions_are_refused_with_the_figures() {
    let served = Served::start();
    served.send(&Draft::new(0, 1).pay(1, 1).sign());
    let draft = || Draft::new(0, 2).pay(1, 1);
    let whole = draft().bytes();
    let forged = {
        let Transaction::Moonlight(theirs) = draft().sign() else { unreachable!("drafts are public") };
        let mut bytes = Transaction::Moonlight(theirs).to_network_bytes();
        let other = Draft::new(0, 2).pay(1, 2).bytes();
        let (end, signature) = (bytes.len(), other.len() - 48);
        bytes[end - 48..].copy_from_slice(&other[signature..]);
        bytes
    };
    let deploy = |bytes: usize| Draft::new(0, 2).deploy(&vec![0; bytes], None);
    let call = |bytes: usize| {
        let call = ContractCall::new(ContractId::from_bytes([9; 32]), "f").with_raw_args(vec![0; bytes]);
        Draft { data: Some(TransactionData::Call(call)), ..draft() }
    };
    let most = MAX_TRANSACTION_BYTES.to_string();
    let most_spent = format!("may cost {}", DEV_BALANCE + 100_000_000);
    let cases: [(Vec<u8>, &[&str]); 16] = [
        (Vec::new(), &["not a transaction"]),
        (whole[..whole.len() / 2].to_vec(), &["not a transaction"]),
        (whole[..whole.len() - 1].to_vec(), &["not a transaction"]),
        (forged, &["signature is not valid"]),
        (Draft { chain_id: 7, ..draft() }.bytes(), &["chain 7", "chain 0"]),
        (Draft::new(0, 1).pay(1, 2).bytes(), &["nonce 1 is already used", "next nonce is 2"]),
        (Draft::new(0, 67).pay(1, 1).bytes(), &["nonce 67 is too far ahead", "next nonce is 2", "at most 64"]),
        (Draft::new(0, u64::MAX).pay(1, 1).bytes(), &["18446744073709551615 is too far ahead"]),
        (draft().pay(1, DEV_BALANCE).bytes(), &["the account has 999999", &most_spent]),
        (draft().limit(74_999).bytes(), &["74999", "at least 75000"]),
        (draft().limit(3_000_000_001).bytes(), &["3000000001", "a block has at most 3000000000"]),
        (draft().price(0).bytes(), &["gas price is 0", "at least 1"]),
        (draft().price(u64::MAX).bytes(), &["overflow 64 bits"]),
        (vec![1; MAX_TRANSACTION_BYTES + 1], &[&most, "1047714"]),
        (call(70_000).bytes(), &["65536", "less data"]),
        (deploy(60_000).limit(5_999_999).bytes(), &["5999999", "at least 6000000"]),
    ];
    for (nonce, (bytes, words)) in (1..).zip(cases) {
        served.refuses(&bytes, words);
        served.goes_on(nonce);
    }
    // Nothing of it is left: the same nonce is still free.
    assert_eq!(served.send(&draft().sign())["err"], Value::Null);
}

#[test]
fn modules_that_cannot_be_contracts_are_not_deployed() {
    let served = Served::start();
    let memory = r#"(memory (export "memory") 3)"#;
    let buffer = r#"(global (export "A") i32 (i32.const 65536))"#;
    let modules: [(String, &str); 6] = [
        (format!("(module {memory} {buffer} (memory 1))"), "2 memories"),
        (format!("(module {memory})"), "`A`"),
        (format!("(module {buffer})"), "0 memories"),
        (format!(r#"(module (import "env" "steal" (func)) {memory} {buffer})"#), "steal"),
        (format!("(module {memory} {buffer} (func $f) (start $f))"), "start"),
        (format!(r#"(module {memory} {buffer} (func (export "f") (param i64) (result i64) (i64.const 0)))"#), "f"),
    ];
    for (nonce, (text, word)) in (1..).zip(modules) {
        let bytes = Draft::new(0, 1).deploy(&wat::parse_str(&text).expect(&text), None).bytes();
        served.refuses(&bytes, &["cannot be deployed", word]);
        served.goes_on(nonce);
    }
    served.refuses(&Draft::new(0, 1).deploy(b"no module", None).bytes(), &["cannot be deployed"]);
    served.goes_on(7);
}

/// A contract of which every function does something forbidden.
const ROGUE: &str = r#"(module
    (import "env" "panic" (func $panic (param i32)))
    (import "env" "emit" (func $emit (param i32 i32 i32)))
    (import "env" "hq" (func $hq (param i32 i32 i32) (result i32)))
    (import "env" "c" (func $c (param i32 i32 i32 i32 i64) (result i32)))
    (memory (export "memory") 3)
    (global $a (export "A") i32 (i32.const 65536))
    (func (export "trap") (param i32) (result i32) unreachable)
    (func (export "garble") (param i32) (result i32)
        (i32.store (global.get $a) (i32.const -1))
        (call $panic (i32.const 4))
        (i32.const 0))
    (func (export "lie") (param i32) (result i32) (i32.const 0x7fffffff))
    (func (export "below") (param i32) (result i32) (i32.const -1))
    (func (export "shout") (param i32) (result i32)
        (call $emit (i32.const 0xfffffff0) (i32.const 32) (i32.const 0))
        (i32.const 0))
    (func (export "shout_long") (param i32) (result i32)
        (call $emit (i32.const 0) (i32.const 4) (i32.const 65537))
        (i32.const 0))
    (func (export "ask") (param i32) (result i32)
        (call $hq (i32.const 0xfffffff0) (i32.const 32) (i32.const 0)))
    (func (export "wail") (param i32) (result i32)
        (call $panic (i32.const 65537))
        (i32.const 0))
    (func (export "spin") (param i32) (result i32) (loop $again (br $again)) (i32.const 0))
    (func (export "fine") (param i32) (result i32) (i32.const 0)))"#;

#[test]
fn rogue_contracts_fail_alone() {
    let served = Served::start();
    let deployment = Draft::new(0, 1).deploy(&wat::parse_str(ROGUE).expect("a module"), None).sign();
    served.send(&deployment);
    let (contract, text) = (deployed_id(&deployment), HexId(&deployed_id(&deployment)).to_string());
    let cases = [
        ("trap", "trapped"),
        ("garble", "not UTF-8"),
        ("lie", "2147483647 bytes"),
        ("below", "4294967295 bytes"),
        ("shout", "lie outside"),
        ("shout_long", "65537 bytes"),
        ("ask", "lie outside"),
        ("wail", "65537 bytes"),
        // A query has much gas, and no more time than any other: on a busy machine that is over first.
        ("spin", "out of gas|takes longer than"),
        ("missing", "no function `missing`"),
    ];
    for (nonce, (function, words)) in (1..).zip(cases) {
        let queried = served.call(&text, function, b"");
        assert_eq!(queried.status, 500);
        assert!(words.split('|').any(|words| queried.error().contains(words)), "{function}: {}", queried.error());
        let call = Draft::new(1, nonce).call(contract, function).limit(10_000_000).sign();
        let simulated = served.ask("/on/transactions/simulate", &call.to_network_bytes()).json();
        let spent = served.send(&call);
        assert!(spent["err"].is_string(), "{function}: {spent}");
        assert_eq!((&simulated["error"], &simulated["gas-spent"]), (&spent["err"], &spent["gasSpent"]), "{function}");
        assert_eq!(spent["gasSpent"], json!(10_000_000), "a failed call costs its whole limit");
        assert_eq!(served.call(&text, "fine", b"").status, 200);
    }
    let nobody = served.call(&"ab".repeat(32), "f", b"");
    assert_eq!((nobody.status, nobody.error().contains("there is no contract abab")), (500, true));
    let undecodable = served.ask(&format!("/on/{TRANSFER}/account"), b"123");
    assert_eq!((undecodable.status, undecodable.error().contains("panic")), (500, true), "{}", undecodable.error());
    let long = served.call(&text, "fine", &vec![0; 65_537]);
    assert_eq!((long.status, long.error().contains("65537 bytes")), (500, true), "{}", long.error());
    served.goes_on(1);
}

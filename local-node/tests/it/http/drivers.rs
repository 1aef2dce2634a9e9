//! Contracts in JSON, through data drivers: built in, uploaded, and hostile ones.

use std::sync::LazyLock;

use dusk_bytes::Serializable;
use dusk_sdk_protocol::execution::HexId;
use local_node::drivers::MAX_UPLOAD_BYTES;
use serde_json::{Value, json};
use sha3::{Digest, Sha3_256};

use super::served::{Answer, SHARED, Served, TRANSFER};
use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id};

/// An integer of 39 digits, which has 128 bits.
const WIDE: &str = "340282366920938463463374607431768211455";

/// A driver for the counter. Arguments are empty, results are one digit. Its `decode_event` misbehaves as the first
/// byte of the data says: 0 never ends, 1 traps, 2 returns a length beyond its buffer, 3 returns what is not UTF-8, 4
/// takes all memory, 5 returns what is not JSON, 6 refuses. With 7 it returns [`WIDE`].
static DRIVER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let operation =
        "(param $n i32) (param $nl i32) (param $d i32) (param $l i32) (param $o i32) (param $ol i32) (result i32)";
    wat::parse_str(format!(
        r#"(module
            (memory (export "memory") 2)
            (global $next (mut i32) (i32.const 1024))
            (data (i32.const 16) "\07\00\00\00{{\"a\":1}}\05\00\00\000.1.0")
            (data (i32.const 64) "\27\00\00\00{WIDE}")
            (func $say (param $o i32) (param $byte i32) (result i32)
                (i32.store (local.get $o) (i32.const 1))
                (i32.store8 (i32.add (local.get $o) (i32.const 4)) (local.get $byte))
                (i32.const 0))
            (func (export "init"))
            (func (export "alloc") (param $l i32) (result i32)
                (local $at i32)
                (local.set $at (global.get $next))
                (global.set $next (i32.add (global.get $next) (local.get $l)))
                (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $l) (i32.const 16)))))
                (local.get $at))
            (func (export "dealloc") (param i32 i32))
            (func (export "encode_input_fn") {operation} (i32.store (local.get $o) (i32.const 0)) (i32.const 0))
            (func (export "decode_input_fn") {operation} (i32.const 2))
            (func (export "decode_output_fn") {operation}
                (call $say (local.get $o) (i32.add (i32.const 48) (i32.load8_u (local.get $d)))))
            (func (export "decode_event") {operation}
                (local $case i32)
                (local.set $case (i32.load8_u (local.get $d)))
                (if (i32.eq (local.get $case) (i32.const 0)) (then (loop $l (br $l))))
                (if (i32.eq (local.get $case) (i32.const 1)) (then unreachable))
                (if (i32.eq (local.get $case) (i32.const 2)) (then
                    (i32.store (local.get $o) (i32.const -1)) (return (i32.const 0))))
                (if (i32.eq (local.get $case) (i32.const 3)) (then
                    (return (call $say (local.get $o) (i32.const 255)))))
                (if (i32.eq (local.get $case) (i32.const 4)) (then
                    (loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
                    unreachable))
                (if (i32.eq (local.get $case) (i32.const 5)) (then
                    (return (call $say (local.get $o) (i32.const 120)))))
                (if (i32.eq (local.get $case) (i32.const 7)) (then
                    (memory.copy (local.get $o) (i32.const 64) (i32.const 43)) (return (i32.const 0))))
                (i32.const 1))
            (func (export "get_schema") (param $o i32) (param i32) (result i32)
                (memory.copy (local.get $o) (i32.const 16) (i32.const 11)) (i32.const 0))
            (func (export "get_version") (param $o i32) (param i32) (result i32)
                (memory.copy (local.get $o) (i32.const 27) (i32.const 9)) (i32.const 0))
            (func (export "get_last_error") (param $o i32) (param i32) (result i32)
                (call $say (local.get $o) (i32.const 63))))"#
    ))
    .expect("the text is a module")
});

fn sign(account: usize, wasm: &[u8]) -> String {
    hex::encode(ACCOUNTS[account].secret_key().sign(&Sha3_256::digest(wasm)).to_bytes())
}

impl Served {
    fn json(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.post(path, "application/json", headers, body.as_bytes())
    }

    fn upload(&self, contract: &str, wasm: &[u8], signature: &str) -> Answer {
        let path = format!("/on/contract:{contract}/upload_driver");
        self.post(&path, "application/octet-stream", &[("sign", signature)], wasm)
    }
}

#[test]
fn genesis_contracts_speak_json() {
    let account = format!("\"{}\"", ACCOUNTS[3].id());
    let found = SHARED.json(&format!("/on/{TRANSFER}/account"), &[], &account);
    assert_eq!(found.status, 200, "{}", found.error());
    assert_eq!(found.json()["nonce"].as_str().or(Some("0")), Some("0"));
    assert!(!found.json()["balance"].is_null());

    let fed = SHARED.json(&format!("/on/{TRANSFER}/sync_contract_balances"), &[("rusk-feeder", "1")], "[0, 10]");
    let balances = fed.json();
    let stake = balances.as_array().unwrap().iter().find(|it| it[0].as_str().is_some_and(|id| id.starts_with("02")));
    assert!(stake.is_some(), "{balances}");
    let none = SHARED.json(&format!("/on/{TRANSFER}/sync_nullifiers"), &[("rusk-feeder", "1")], "[0, 10]");
    assert_eq!(none.json(), json!([]));

    let bad = SHARED.json(&format!("/on/{TRANSFER}/account"), &[], "\"nobody\"");
    assert_eq!((bad.status, bad.error().contains("does not fit")), (400, true), "{}", bad.error());
    let unknown = SHARED.json(&format!("/on/{TRANSFER}/no_such"), &[], "null");
    assert_eq!((unknown.status, unknown.error().contains("no_such")), (400, true), "{}", unknown.error());
}

#[test]
fn drivers_convert_without_a_call() {
    let driver = TRANSFER.replace("contracts", "driver");
    let id = "07".repeat(32);
    let encoded = SHARED.post(
        &format!("/on/{driver}/encode_input_fn:contract_balance"),
        "text/plain",
        &[],
        format!("\"{id}\"").as_bytes(),
    );
    assert_eq!(encoded.body, id.as_bytes(), "bytes come as digits to those who send text");
    let decoded = SHARED.ask(&format!("/on/{driver}/decode_input_fn:contract_balance"), &[7; 32]);
    assert_eq!(decoded.json(), json!(id));
    let decoded = SHARED.ask(&format!("/on/{driver}/decode_output_fn:num_notes"), &5_u64.to_le_bytes());
    assert_eq!(decoded.json(), json!("5"));
    assert!(SHARED.ask(&format!("/on/{driver}/get_schema"), b"").json()["functions"].is_array());
    assert!(!SHARED.ask(&format!("/on/{driver}/get_version"), b"").body.is_empty());
    let broken = SHARED.ask(&format!("/on/{driver}/decode_event:moonlight"), b"123");
    assert_eq!((broken.status, broken.error().contains("do not decode")), (400, true), "{}", broken.error());
    assert_eq!(SHARED.ask(&format!("/on/{driver}/make_coffee"), b"").status, 501);
    assert_eq!(SHARED.ask(&format!("/on/driver:{id}/get_schema"), b"").status, 404);
}

#[test]
fn owners_upload_drivers_and_hostile_ones_harm_nobody() {
    let served = Served::start();
    let deployment = Draft::new(0, 1).deploy(&COUNTER, Some(4)).sign();
    served.send(&deployment);
    let contract = HexId(&deployed_id(&deployment)).to_string();
    let metadata = || served.ask(&format!("/on/contract:{contract}/metadata"), b"").json();
    assert_eq!(metadata()["driver_available"], false);
    assert_eq!(served.ask(&format!("/on/contract:{contract}/download_driver"), b"").status, 404);

    let good = sign(0, &DRIVER);
    let missing = served.ask(&format!("/on/contract:{contract}/upload_driver"), &DRIVER);
    assert_eq!((missing.status, missing.error().contains("`sign` is missing")), (400, true));
    let genesis = TRANSFER.strip_prefix("contracts:").unwrap();
    let long = vec![0; MAX_UPLOAD_BYTES + 1];
    let cases: [(&str, &[u8], &str, u16, &str); 7] = [
        (&contract, &DRIVER, "zz", 400, "96 hexadecimal digits"),
        (&contract, &DRIVER, &sign(1, &DRIVER), 403, "owner"),
        (&contract, &DRIVER, &sign(0, b"another"), 403, "owner"),
        (&contract, &long, &sign(0, &long), 413, "2097152"),
        (&contract, b"\0asm", &sign(0, b"\0asm"), 400, "not valid WebAssembly"),
        (&"ab".repeat(32), &DRIVER, &good, 404, "no contract"),
        (genesis, &DRIVER, &good, 400, "built into"),
    ];
    for (contract, wasm, signature, status, text) in cases {
        let refused = served.upload(contract, wasm, signature);
        assert_eq!((refused.status, refused.error().contains(text)), (status, true), "{}", refused.error());
    }
    assert_eq!(metadata()["driver_available"], false);

    assert_eq!(served.upload(&contract, &DRIVER, &good).status, 200);
    assert_eq!((&metadata()["driver_available"], &metadata()["driver_signature"]), (&json!(true), &json!(good)));
    assert_eq!(served.ask(&format!("/on/contract:{contract}/download_driver"), b"").body, *DRIVER);
    let read = || served.json(&format!("/on/contracts:{contract}/read"), &[], "null").json();
    assert_eq!(read(), json!(4));
    let schema = served.ask(&format!("/on/driver:{contract}/get_schema"), b"").json();
    assert_eq!(schema, json!({ "a": 1 }));
    assert_eq!(served.ask(&format!("/on/driver:{contract}/get_version"), b"").body, b"0.1.0");

    let wide = served.ask(&format!("/on/driver:{contract}/decode_event:t"), &[7]);
    assert_eq!((wide.status, wide.body.as_slice()), (200, WIDE.as_bytes()));

    let misbehaviour = [
        (0, 500, "did not finish"),
        (1, 500, "trapped"),
        (2, 500, "outside its memory"),
        (3, 500, "not UTF-8"),
        (4, 500, "trapped"),
        (5, 500, "not JSON"),
        (6, 400, "?"),
    ];
    for (case, status, text) in misbehaviour {
        let answer = served.ask(&format!("/on/driver:{contract}/decode_event:t"), &[case]);
        assert_eq!((answer.status, answer.error().contains(text)), (status, true), "{case}: {}", answer.error());
        assert_eq!(read(), json!(4), "the driver of case {case} goes on");
    }
    let paid = served.send(&Draft::new(1, 1).pay(2, 5).sign());
    assert_eq!(paid["err"], Value::Null);
}

#[test]
fn drivers_outlive_the_node_and_go_with_their_contract() {
    let folder = tempfile::tempdir().unwrap();
    let deployment = Draft::new(0, 1).deploy(&COUNTER, Some(4)).sign();
    let contract = HexId(&deployed_id(&deployment)).to_string();
    let schema = |served: &Served| {
        let answer = served.ask(&format!("/on/driver:{contract}/get_schema"), b"");
        (answer.status == 200).then(|| answer.json()).ok_or(answer.status)
    };
    let download = |served: &Served| served.ask(&format!("/on/contract:{contract}/download_driver"), b"");
    let control = |served: &Served, topic: &str, body: &str| {
        assert_eq!(served.json(&format!("/on/dev/{topic}"), &[], body).status, 200, "{topic} {body}");
    };
    let upload = |served: &Served| served.upload(&contract, &DRIVER, &sign(0, &DRIVER)).status;

    let served = Served::start_in(folder.path());
    control(&served, "snapshot", "");
    served.send(&deployment);
    assert_eq!((schema(&served), upload(&served)), (Err(404), 200));
    assert_eq!(schema(&served), Ok(json!({ "a": 1 })));
    control(&served, "snapshot", "");
    served.stop();

    let served = Served::start_in(folder.path());
    assert_eq!(schema(&served), Ok(json!({ "a": 1 })));
    assert_eq!(download(&served).body, *DRIVER);
    assert_eq!(served.json(&format!("/on/contracts:{contract}/read"), &[], "null").json(), json!(4));
    control(&served, "mine", r#"{"blocks":2}"#);
    control(&served, "revert", r#"{"snapshot":2}"#);
    assert_eq!(schema(&served), Ok(json!({ "a": 1 })), "the contract is still there");

    control(&served, "revert", r#"{"snapshot":1}"#);
    assert_eq!((schema(&served), download(&served).status, upload(&served)), (Err(404), 404, 404));
    served.send(&deployment);
    assert_eq!(schema(&served), Err(404), "the contract that comes again has none");
    assert_eq!((upload(&served), schema(&served)), (200, Ok(json!({ "a": 1 }))));
    control(&served, "reset", "");
    assert_eq!((schema(&served), download(&served).status), (Err(404), 404));
    served.stop();
    assert_eq!(schema(&Served::start_in(folder.path())), Err(404));
}

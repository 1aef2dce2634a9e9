//! The commands that inspect a chain: `tx`, `block`, `account`, `events`, `inspect`, and those that control a node.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use dusk_bytes::Serializable;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::{ContractBytecode, ContractDeploy, TransactionData, gen_contract_id};
use local_node::accounts::dev_accounts;
use serde_json::Value;
use sha3::{Digest, Sha3_256};

use crate::support::{PROGRAM, Place, Ran, RunningNode, says, turn};

/// Compares everything a command said, with what differs between runs taken out.
fn snapshot(name: &str, ran: &Ran) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    let filters = [
        (r"http://127\.0\.0\.1:\d+", "[NODE]"),
        (r"\b[0-9a-f]{64}\b", "[HASH]"),
        (r"\b[0-9a-f]{6}…[0-9a-f]{6}\b", "[HA…SH]"),
        (r"\b[1-9A-HJ-NP-Za-km-z]{120,140}\b", "[ADDRESS]"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\b", "[TIME]"),
        (r"\b(now|(in )?\d+ (s|min|h|d)( ago)?) · \[TIME\]", "[AGE] · [TIME]"),
        (r#""(timestamp|balance)": \d+"#, r#""$1": [NUMBER]"#),
        (r"\b\d{1,3}(,\d{3}){1,2}\b( gas)?", "[NUMBER]"),
        (r"\d+(\.\d+)? (µ|m)DUSK", "[MONEY]"),
        (r"\d+\.\d{2,} DUSK", "[MONEY]"),
        (r"\(\d+ %\)", "([SHARE])"),
    ];
    for (pattern, replacement) in filters {
        settings.add_filter(pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!(name, ran.all()));
}

/// A command on one node.
struct On<'a> {
    place: &'a Place,
    url: String,
}

impl On<'_> {
    fn dusk(&self, words: &[&str]) -> Ran {
        self.place.dusk(&[words, &["--network", &self.url]].concat())
    }
}

#[test]
fn a_young_chain_is_looked_at_without_a_project() {
    let place = Place::new();
    let node = RunningNode::start(&place, "0");
    let on = On { place: &place, url: node.url.clone() };

    snapshot("block_genesis", &on.dusk(&["block", "0"]).exits(0));
    let latest = on.dusk(&["block", "--json"]).exits(0).document();
    let hash = latest["hash"].as_str().unwrap();
    assert_eq!(on.dusk(&["block", hash, "--json"]).exits(0).document(), latest);
    snapshot("block_unknown_height", &on.dusk(&["block", "1000000"]).exits(2));
    snapshot("block_unknown_hash", &on.dusk(&["block", &"ab".repeat(32)]).exits(2));
    snapshot("block_nonsense", &on.dusk(&["block", "newest"]).exits(2));

    snapshot("account_alice", &on.dusk(&["account", "@alice"]).exits(0));
    let alice = on.dusk(&["account", "alice", "--json"]).exits(0).document();
    assert_eq!((&alice["name"], &alice["nonce"], &alice["next_nonce"]), (&"alice".into(), &0.into(), &1.into()));
    let address = alice["address"].as_str().unwrap();
    assert_eq!(on.dusk(&["account", address, "--json"]).exits(0).document(), alice);
    snapshot("account_all", &on.dusk(&["account"]).exits(0));
    snapshot("account_unknown", &on.dusk(&["account", "alic"]).exits(2));
    says(&on.dusk(&["account", &address[1..]]).exits(2), &["is not an address", "hint: "]);

    snapshot("tx_unknown", &on.dusk(&["tx", &"ab".repeat(32)]).exits(2));
    snapshot("tx_nonsense", &on.dusk(&["tx", "abc"]).exits(2));
    says(&on.dusk(&["tx", hash]).exits(2), &["hint: it is the hash of a block"]);

    snapshot("events_unknown_contract", &on.dusk(&["events", "countr"]).exits(2));
    snapshot("events_ahead", &on.dusk(&["events", "--from-block", "1000000"]).exits(2));
    assert_eq!(on.dusk(&["events", "transfer", "--json"]).exits(0).document()["events"], Value::Array(Vec::new()));
    on.dusk(&["events", "--limit", "0"]).exits(2);

    let genesis = on.dusk(&["inspect", "transfer"]).exits(0);
    says(
        &genesis,
        &["contract transfer · 0100", "with the chain", "not available: only the deployment transaction carries it"],
    );
    snapshot("inspect_unknown_id", &on.dusk(&["inspect", &"ab".repeat(32)]).exits(2));
    genesis_contracts_are_called(&on);
    the_environment_names_the_network(&place, &node.url);
}

/// Their drivers do not tell queries from transactions.
fn genesis_contracts_are_called(on: &On<'_>) {
    assert_eq!(on.dusk(&["call", "transfer", "chain_id"]).exits(0).stdout, "0\n");
    let by_id = format!("01{}", "00".repeat(31));
    assert_eq!(on.dusk(&["call", &by_id, "chain_id", "--json"]).exits(0).document()["result"], 0);
    let account = on.dusk(&["call", "transfer", "account", "@alice", "--json"]).exits(0).document();
    let balance = account["result"]["balance"].to_string();
    let known = on.dusk(&["account", "alice", "--json"]).exits(0).document()["balance"].to_string();
    assert_eq!(balance.trim_matches('"'), known, "{account}");
    for arguments in ["[1,2]", r#"{"a":1}"#] {
        let refused = on.dusk(&["call", "stake", "burnt_amount", "--args", arguments]).exits(2);
        says(&refused, &["`burnt_amount` takes no arguments"]);
    }
    let stake = on.dusk(&["call", "stake", "get_stake", "@alice", "--json"]).exits(0).document();
    assert!(stake["result"].is_object(), "{stake}");
    let accounts = on.dusk(&["call", "transfer", "sync_accounts", "0", "3", "--json"]).exits(0).document();
    assert_eq!(accounts["result"].as_array().map(Vec::len), Some(3), "what it feeds: {accounts}");

    says(&on.dusk(&["call", "transfer"]).exits(0), &["TransferContract", "account(AccountPublicKey) -> AccountData"]);
    says(
        &on.dusk(&["call", "transfer", "account", "--help"]).exits(0),
        &["account(AccountPublicKey) -> AccountData", "call [OPTIONS] transfer account", "--network"],
    );
    for (words, says_so) in [
        (&["accont"][..], "did you mean `account`?"),
        (&["account"], "`account` takes an argument of the type AccountPublicKey"),
        (&["account", "@alic"], "there is no account `@alic`"),
        (&["account", "abc"], "the arguments of `account` do not fit"),
        (&["root", "1"], "`root` takes no arguments"),
        (&["root", "--deposit", "1DUSK"], "`--send` sends a transaction"),
        (&["deposit", "5"], "`--send` sends a transaction"),
    ] {
        says(&on.dusk(&[&["call", "transfer"], words].concat()).exits(2), &[says_so]);
    }
    // The contract itself refuses: nobody but a contract may ask for a deposit.
    says(&on.dusk(&["call", "transfer", "deposit", "5", "--send"]).exits(1), &["refused: ", "nothing was sent"]);

    let unknown = "ab".repeat(32);
    says(&on.dusk(&["call", &unknown, "value"]).exits(2), &["there is no contract abab"]);
    says(
        &on.dusk(&["call", "counter", "value"]).exits(2),
        &["no contract `counter` is deployed here", "its id of 64 hexadecimal digits"],
    );
}

fn the_environment_names_the_network(place: &Place, url: &str) {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let inspect = |network: &str, target: &str| {
        place.ran(place.command(PROGRAM).args(["inspect", target]).env("DUSK_NETWORK", network))
    };
    for target in ["transfer", &format!("01{}", "00".repeat(31))] {
        says(&inspect(url, target).exits(0), &["contract transfer · 0100", "part of the node"]);
        says(
            &inspect(&format!("http://{nowhere}"), target).exits(3),
            &[&format!("no node answers at http://{nowhere}")],
        );
    }
    says(&inspect(url, "countr").exits(2), &["there is no contract `countr`"]);
}

/// A module that exports the functions of a data driver, and does nothing.
const DRIVER: &str = r#"(module (memory (export "memory") 1)
    (func (export "init"))
    (func (export "alloc") (param i32) (result i32) unreachable)
    (func (export "encode_input_fn") (export "decode_input_fn") (export "decode_output_fn") (export "decode_event")
        (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)
    (func (export "get_schema") (export "get_version") (param i32 i32) (result i32) unreachable))"#;

#[test]
fn modules_of_others_are_told_apart_without_a_project() {
    let place = Place::new();
    let write = |name: &str, text: &str| fs::write(place.at.join(name), wat::parse_str(text).unwrap()).unwrap();
    write("other.driver.wasm", DRIVER);
    let inspected = place.dusk(&["inspect", "other.driver.wasm"]).exits(0);
    says(&inspected, &["data driver other.driver · ", "Note this is a data driver", "a contract is the other module"]);
    assert!(!inspected.stdout.contains("deploy gas"), "{}", inspected.stdout);
    assert_eq!(place.dusk(&["inspect", "other.driver.wasm", "--json"]).exits(0).document()["kind"], "data driver");
    let checked = place.dusk(&["check", "other.driver.wasm"]).exits(1);
    says(&checked, &["error other.driver.wasm: module: this is a data driver", "1 error · 0 warnings · does not pass"]);

    write("wide.wasm", "(module (memory (export \"memory\") i64 1))");
    says(&place.dusk(&["check", "wide.wasm"]).exits(1), &["build for wasm32-unknown-unknown"]);
    snapshot("deploy_bare_module", &place.dusk(&["deploy", "wide.wasm"]).exits(2));
    snapshot("deploy_no_module", &place.dusk(&["deploy", "nowhere.wasm", "--init", "1"]).exits(2));
}

/// Counts the calls of `bump`.
const FOREIGN: &str = r#"(module
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 4096))
    (func $count (export "count") (param i32) (result i32)
        (i32.store8 (i32.const 4096) (i32.load8_u (i32.const 8))) (i32.const 1))
    (func (export "bump") (export "quietly") (param i32) (result i32)
        (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1))) (call $count (i32.const 0))))"#;

/// Its description, in the form of dusk-forge: the caller of `bump` gets the count.
const FOREIGN_SCHEMA: &str = r#"{"name":"Foreign","imports":[],"functions":[
    {"name":"count","doc":"How often.","input":"()","output":"u8","custom":false},
    {"name":"bump","doc":"","input":"()","output":"u8","custom":false},
    {"name":"quietly","doc":"","input":"()","output":"()","custom":false}],"events":[]}"#;

/// Its data driver: no function takes anything, and results are digits.
fn foreign_driver() -> Vec<u8> {
    let length = FOREIGN_SCHEMA.len();
    let schema = FOREIGN_SCHEMA.replace('"', "\\\"").replace('\n', " ");
    wat::parse_str(format!(
        r#"(module
        (memory (export "memory") 8)
        (global $free (mut i32) (i32.const 4096))
        (data (i32.const 16) "{schema}")
        (func (export "init"))
        (func (export "alloc") (param i32) (result i32)
            (global.get $free) (global.set $free (i32.add (global.get $free) (local.get 0))))
        (func (export "encode_input_fn") (export "decode_input_fn") (export "decode_event")
            (param i32 i32 i32 i32 i32 i32) (result i32) (i32.store (local.get 4) (i32.const 0)) (i32.const 0))
        (func (export "decode_output_fn") (param i32 i32 i32 i32 i32 i32) (result i32)
            (i32.store (local.get 4) (i32.const 1))
            (i32.store8 offset=4 (local.get 4) (i32.add (i32.const 48) (i32.load8_u (local.get 2)))) (i32.const 0))
        (func (export "get_schema") (export "get_version") (export "get_last_error") (param i32 i32) (result i32)
            (i32.store (local.get 0) (i32.const {length}))
            (memory.copy (i32.add (local.get 0) (i32.const 4)) (i32.const 16) (i32.const {length})) (i32.const 0)))"#
    ))
    .unwrap()
}

#[test]
fn contracts_of_others_are_called_by_what_their_drivers_say() {
    let place = Place::new();
    let node = RunningNode::start(&place, "0");
    let on = On { place: &place, url: node.url.clone() };
    let post = |path: &str, sign: &str, body: &[u8]| {
        let request = ureq::post(format!("{}/on/{path}", node.url)).header("sign", sign);
        let status = request.content_type("application/octet-stream").send(body).unwrap().status();
        assert!(status.is_success(), "{path}: {status}");
    };
    let accounts = dev_accounts();
    let (owner, code) = (&accounts[1], wat::parse_str(FOREIGN).unwrap());
    let key = owner.public_key().to_bytes().to_vec();
    let id = hex::encode(gen_contract_id(&code, 7, &key).as_bytes());
    let bytecode = ContractBytecode { hash: blake3::hash(&code).into(), bytes: code };
    let deploy = TransactionData::Deploy(ContractDeploy { bytecode, owner: key, init_args: None, nonce: 7 });
    let deployment =
        Transaction::moonlight(owner.secret_key(), None, 0, 0, 20_000_000, 2_000, 1, 0, Some(deploy)).unwrap();
    post("transactions/propagate", "", &deployment.to_network_bytes());
    on.dusk(&["tx", &hex::encode(deployment.hash().to_bytes()), "--wait"]).exits(0);

    says(&on.dusk(&["inspect", &id]).exits(0), &["not on the node"]);
    says(&on.dusk(&["call", &id, "count"]).exits(2), &[&format!("the node has no data driver of contract {id}")]);
    let driver = foreign_driver();
    let signature = owner.secret_key().sign(&Sha3_256::digest(&driver));
    post(&format!("contract:{id}/upload_driver"), &hex::encode(signature.to_bytes()), &driver);

    says(&on.dusk(&["call", &id]).exits(0), &["Foreign", "count() -> u8", "How often.", "quietly()"]);
    let count = || on.dusk(&["call", &id, "count", "--json"]).exits(0).document()["result"].clone();
    let asked = on.dusk(&["call", &id, "bump"]).exits(0);
    assert_eq!(asked.stdout, "1\n");
    says(&asked, &["Note called without a transaction, which changes nothing; `--send` sends one"]);
    assert_eq!(count(), 0);
    says(&on.dusk(&["call", &id, "bump", "--send", "--from", "carol"]).exits(0), &["1\n", "bump in block "]);
    says(&on.dusk(&["call", &id, "quietly"]).exits(2), &["`quietly` returns nothing", "`--send` sends a transaction"]);
    says(&on.dusk(&["call", &id, "quietly", "--dry-run"]).exits(0), &["would succeed"]);
    assert_eq!(count(), 1);
    on.dusk(&["call", &id, "quietly", "--send"]).exits(0);
    assert_eq!(count(), 2);
    says(&on.dusk(&["call", &id, "cuont"]).exits(2), &["`Foreign` has no function `cuont`", "did you mean `count`?"]);
}

#[test]
fn files_that_are_no_contract_are_refused() {
    let place = Place::new();
    place.write("broken.wasm", "MZ, but no module");
    snapshot("inspect_no_module", &place.dusk(&["inspect", "broken.wasm"]).exits(2));
    snapshot("inspect_no_file", &place.dusk(&["inspect", "nowhere.wasm"]).exits(2));
    snapshot("inspect_nothing_built", &place.dusk(&["inspect"]).exits(2));
    snapshot("inspect_unknown_name", &place.dusk(&["inspect", "counter"]).exits(2));
}

#[test]
fn durations_and_numbers_of_control_are_checked() {
    let place = Place::new();
    says(&place.dusk(&["node", "warp", "0s"]).exits(2), &["the clock moves by 1s or more", "hint: "]);
    snapshot("warp_nonsense", &place.dusk(&["node", "warp", "soon"]).exits(2));
    snapshot("mine_nothing", &place.dusk(&["node", "mine", "0"]).exits(2));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    says(&place.dusk(&["node", "reset", "--network", &nowhere]).exits(3), &["connection refused", "hint: start one"]);
}

#[test]
fn what_a_project_does_on_a_chain_is_told_in_its_own_words() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "watched"]).exits(0);
    place.enter("watched");
    let node = RunningNode::start(&place, "0");
    let on = On { place: &place, url: node.url.clone() };

    let deployed = on.dusk(&["deploy", "--init", r#"{"limit":10}"#, "--json"]).exits(0).document();
    let contract = deployed["contract"].as_str().unwrap();
    let mut follower = Following::start(&on, &["counter", "--limit", "2"]);
    let called = on.dusk(&["call", "counter", "increment", "--by", "3", "--from", "bob", "--json"]).exits(0).document();
    let call = called["tx"].as_str().unwrap();

    a_transaction_is_decoded(&on, call, deployed["tx"].as_str().unwrap());
    a_block_lists_what_is_in_it(&on, &called);
    events_are_found_and_followed(&on, &mut follower);
    a_contract_is_taken_apart(&on, contract);

    a_contract_is_called_without_its_project(&on, contract);

    let interrupted = Following::start(&on, &[]);
    let port = node.port().to_owned();
    assert_eq!(interrupted.interrupt(), Some(0), "Ctrl-C is a good end");
    follows_a_node_that_begins_anew(&place, &on, node, &port);
}

fn a_transaction_is_decoded(on: &On<'_>, call: &str, deployment: &str) {
    let shown = on.dusk(&["tx", call, "--final"]).exits(0);
    says(
        &shown,
        &[
            "done in block ",
            "(final), index 0",
            "@bob · nonce 1",
            "counter.increment {\"by\":3}",
            "\"from\":0,\"to\":3",
        ],
    );
    let document = on.dusk(&["tx", &format!("0x{call}"), "--json"]).exits(0).document();
    assert_eq!(on.dusk(&["tx", &call[..8], "--json"]).exits(0).document(), document);
    assert_eq!(document["call"]["arguments"], serde_json::json!({ "by": 3 }), "{document}");
    assert_eq!((&document["sender_name"], &document["status"]), (&"bob".into(), &"included".into()));
    assert_eq!((&document["result"], &document["nonce"]), (&3.into(), &1.into()));
    let changed = document["events"].as_array().unwrap().iter().find(|event| event["topic"] == "Changed").unwrap();
    assert_eq!((&changed["data"]["to"], &changed["contract_name"]), (&3.into(), &"counter".into()));
    says(
        &on.dusk(&["tx", deployment, "--wait"]).exits(0),
        &["done in block ", "@alice", "deploys", "init {\"limit\":10}"],
    );
    let document = on.dusk(&["tx", deployment, "--json"]).exits(0).document();
    assert_eq!(document["deploy"]["init"], serde_json::json!({ "limit": 10 }), "{document}");
}

fn a_block_lists_what_is_in_it(on: &On<'_>, called: &Value) {
    let height = called["block"].to_string();
    let shown = on.dusk(&["block", &height]).exits(0);
    says(&shown, &["generator", "@bob", "counter.increment", "done"]);
    let document = on.dusk(&["block", &height, "--json"]).exits(0).document();
    assert_eq!(document["transactions"][0]["id"], called["tx"]);
    assert_eq!(document["attestation"]["result"], "Valid", "the next block tells: {document}");
    assert!(document["attestation"]["validation_votes"].as_u64() > Some(0), "{document}");
}

fn events_are_found_and_followed(on: &On<'_>, follower: &mut Following) {
    let first = follower.line();
    assert_eq!((&first["topic"], &first["data"]["to"]), (&"Changed".into(), &3.into()), "{first}");
    on.dusk(&["call", "counter", "increment", "--by", "4"]).exits(0);
    let second = follower.line();
    assert_eq!((&second["data"]["from"], &second["data"]["to"]), (&3.into(), &7.into()), "{second}");
    assert_eq!(follower.child.wait().unwrap().code(), Some(0), "two events are enough");

    let shown = on.dusk(&["events", "counter", "--topic", "Changed"]).exits(0);
    says(&shown, &["counter Changed ", "\"from\":0,\"to\":3", "\"from\":3,\"to\":7"]);
    let last = on.dusk(&["events", "@counter", "--limit", "1", "--json"]).exits(0).document();
    assert_eq!(last["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["events"][0]["tx"], second["tx"]);
    assert_eq!((&second["index"], &last["events"][0]["index"]), (&0.into(), &0.into()), "{second}");
    let first_on = on.dusk(&["events", "counter", "--from-block", "0", "--limit", "1", "--json"]).exits(0).document();
    assert_eq!(first_on["events"][0]["tx"], first["tx"]);
    says(&on.dusk(&["events", "counter", "--topic", "Chnged"]).exits(2), &["did you mean `Changed`?"]);
}

fn a_contract_is_taken_apart(on: &On<'_>, contract: &str) {
    let built = on.place.dusk(&["inspect", "counter", "--json"]).exits(0).document();
    assert_eq!(built["build"]["package"], "counter");
    let functions = built["functions"].as_array().unwrap();
    let named = functions.iter().filter(|function| function["name"].is_string()).count();
    assert!(named * 10 > functions.len() * 9, "the build leaves the names: {functions:#?}");
    let section = |name: &str| built["sections"].as_array().unwrap().iter().any(|section| section["name"] == name);
    assert!(section("code") && section("dusk:abi") && !section("name"), "{built}");

    let by_file = on.place.dusk(&["inspect", "target/dusk/counter/counter.wasm"]).exits(0);
    let shown =
        ["size", "deploy gas", "sections", "functions by size", "increment", "exports", "increment(by: u64) -> u64"];
    says(&by_file, &shown);
    let mut inspect = on.place.command(PROGRAM);
    inspect.args(["inspect", "counter", "--json"]).env("DUSK_NETWORK", &on.url);
    let with_variable = on.place.ran(&mut inspect).exits(0).document();
    assert_eq!(with_variable, built, "a name of the project is what was built, whatever the network");
    let deployed = on.dusk(&["inspect", contract, "--json"]).exits(0).document();
    assert_eq!((&deployed["blake3"], &deployed["name"]), (&built["blake3"], &"counter".into()));
    assert_eq!((&deployed["owner_name"], &deployed["functions"]), (&"alice".into(), &built["functions"]));
    says(&on.dusk(&["inspect", "@counter", "--all"]).exits(0), &["owner", "@alice", "deployed", "in block "]);
    // `owner` is alice's name in the project: an account is shown by the name that was asked for.
    says(&on.dusk(&["account", "owner"]).exits(0), &["account @owner\n"]);
    says(&on.dusk(&["account", "alice"]).exits(0), &["account @alice\n"]);
    for name in ["owner", "alice"] {
        let called = on.dusk(&["call", "counter", "increment", "--by", "1", "--from", name]).exits(0);
        says(&called, &[&format!("\"by\":\"@{name}\"")]);
    }
}

fn a_contract_is_called_without_its_project(on: &On<'_>, contract: &str) {
    let elsewhere = Place::new();
    let call = |words: &[&str]| elsewhere.dusk(&[&["call", contract], words, &["--network", &on.url]].concat());
    assert_eq!(call(&["value"]).exits(0).stdout, "9\n");
    let called = call(&["increment", "--by", "1", "--from", "carol", "--json"]).exits(0).document();
    assert_eq!((&called["status"], &called["result"]), (&"included".into(), &10.into()), "{called}");
    says(&call(&["value", "--send"]).exits(2), &["`value` is a query", "leave `--send` out"]);
    says(&call(&[]).exits(0), &["increment(by)", "transacts"]);
}

fn follows_a_node_that_begins_anew(place: &Place, on: &On<'_>, node: RunningNode, port: &str) {
    let mut follower = Following::start(on, &["--topic", "Changed"]);
    assert_eq!(node.stop(), Some(0));
    let _anew = RunningNode::start(place, port);
    assert_eq!(follower.line(), serde_json::json!({ "taken_back_to": 0 }));
    on.dusk(&["deploy", "--init", "10"]).exits(0);
    on.dusk(&["call", "counter", "increment", "--by", "5"]).exits(0);
    let first = follower.line();
    assert_eq!((&first["contract_name"], &first["data"]["to"]), (&"counter".into(), &5.into()), "{first}");
    assert_eq!(follower.interrupt(), Some(0));
}

/// A running `events --follow --json`.
struct Following {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Following {
    /// Starts it, and waits until it follows.
    fn start(on: &On<'_>, words: &[&str]) -> Self {
        let mut command = on.place.command(PROGRAM);
        command.args(["events", "--follow", "--json", "--network", &on.url]).args(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        assert!(first.contains("Following"), "{first}");
        // Later messages need a reader.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child, lines }
    }

    /// The next document.
    fn line(&mut self) -> Value {
        let line = self.lines.next().expect("there is more").unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| {
            let rest: Vec<String> = self.lines.by_ref().map_while(Result::ok).take(20).collect();
            panic!("{error}: {line}{}", rest.join(" "))
        })
    }

    /// Ends it as Ctrl-C does, and gives its exit code.
    fn interrupt(mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // Already gone where the test has ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Queries and answers that would be too large.

use std::fmt::Write as _;
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_core::transfer::Transaction;
use local_node::events::{MAX_BYTES_BEHIND, MAX_EVENTS_BEHIND};
use local_node::http::MAX_ANSWER_BYTES;
use serde_json::{Value, json};
use tungstenite::WebSocket;

use super::raw;
use super::served::{SHARED, Served, id, next_event};
use crate::common::{Draft, deployed_id};

/// The longest answer to a query that is refused.
const SHORT_BYTES: usize = 64 * 1024;

/// A contract that makes known 32 times 32 KiB with a call, 480 times 64 KiB, or 5000 times nothing.
static LOUD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(
        r#"(module
            (import "env" "emit" (func $emit (param i32 i32 i32)))
            (memory (export "memory") 3)
            (global $a (export "A") i32 (i32.const 65536))
            (data (i32.const 16) "loud")
            (func (export "shout") (param i32) (result i32) (local $n i32)
                (loop $again
                    (call $emit (i32.const 16) (i32.const 4) (i32.const 32768))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $again (i32.lt_u (local.get $n) (i32.const 32))))
                (i32.const 0))
            (func (export "bellow") (param i32) (result i32) (local $n i32)
                (loop $again
                    (call $emit (i32.const 16) (i32.const 4) (i32.const 65536))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $again (i32.lt_u (local.get $n) (i32.const 480))))
                (i32.const 0))
            (func (export "whisper") (param i32) (result i32) (local $n i32)
                (loop $again
                    (call $emit (i32.const 16) (i32.const 4) (i32.const 0))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $again (i32.lt_u (local.get $n) (i32.const 5000))))
                (i32.const 0)))"#,
    )
    .expect("the text is a module")
});

/// A node with a block that holds much, and the block's height.
static LOUD_CHAIN: LazyLock<(Served, u64)> = LazyLock::new(|| {
    let served = Served::start();
    let deployment = Draft::new(0, 1).deploy(&LOUD, None).sign();
    served.send(&deployment);
    let call = Draft::new(0, 2).call(deployed_id(&deployment), "shout").limit(2_000_000_000).sign();
    let spent = served.send(&call);
    assert_eq!(spent["err"], Value::Null);
    let height = spent["blockHeight"].as_u64().expect("a height");
    (served, height)
});

/// Deploys the loud contract.
fn loud(served: &Served) -> ContractId {
    let deployment = Draft::new(0, 1).deploy(&LOUD, None).sign();
    served.send(&deployment);
    deployed_id(&deployment)
}

/// A transaction of account 0 whose events have 30 MiB.
fn bellow(contract: ContractId, nonce: u64) -> Transaction {
    Draft::new(0, nonce).call(contract, "bellow").limit(2_000_000_000).sign()
}

/// Asks in both dialects. A refusal takes few bytes.
fn refused(served: &Served, query: &str) -> String {
    let legacy = served.ask("/on/graphql/query", query.as_bytes());
    let wrapped = served.post("/graphql", "application/json", &[], json!({ "query": query }).to_string().as_bytes());
    for answer in [&legacy, &wrapped] {
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        assert!(answer.body.len() < SHORT_BYTES, "{} bytes", answer.body.len());
    }
    let message = |document: Value| document["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(message(legacy.json()), message(wrapped.json()));
    message(legacy.json())
}

fn aliases(count: usize, field: &str) -> String {
    let fields = (0..count).fold(String::new(), |mut text, n| {
        let _ = write!(text, "a{n}: {field} ");
        text
    });
    format!("{{ {fields} }}")
}

#[test]
fn an_answer_has_a_most_in_bytes() {
    let (served, height) = &*LOUD_CHAIN;
    let block = format!("contractEvents(height: {height})");
    let one = served.ask("/on/graphql/query", format!("{{ {block} {{ json }} }}").as_bytes());
    assert!(one.body.len() > 2 << 20, "{} bytes are a block's events", one.body.len());
    assert!(refused(served, &aliases(12, &format!("{block} {{ json }}"))).contains("too large"));
    // Aliases inside of one object count as well.
    let inner = (0..12).map(|n| format!("j{n}: json ")).collect::<String>();
    assert!(refused(served, &format!("{{ {block} {{ {inner} }} }}")).contains("too large"));
    // So does what is read and not shown.
    assert!(refused(served, &aliases(100, &format!("{block} {{ __typename }}"))).contains("made from more than"));
}

#[test]
fn blocks_are_charged_before_they_are_held() {
    let served = Served::start();
    let contract = loud(&served);
    let heights: Vec<u64> =
        (2..5).map(|nonce| served.send(&bellow(contract, nonce))["blockHeight"].as_u64().expect("a height")).collect();
    let blocks = |fields: &str| format!("{{ blocks(range: [{}, {}]) {{ {fields} }} }}", heights[0], heights[2]);
    let transactions = format!("block(height: {}) {{ transactions {{ id }} }}", heights[0]);
    let too_much = |query: &str| assert!(refused(&served, query).contains("made from more than"), "{query}");
    // Three times 30 MiB are too much for one answer, however they are asked for; once is not.
    too_much(&blocks("transactions { id }"));
    too_much(&aliases(3, &transactions));
    too_much("{ transactions(last: 4) { id } }");
    too_much(&format!("{{ blockTxs(range: [{}, {}]) {{ id }} }}", heights[0], heights[2]));
    let id = id(&bellow(contract, 2));
    too_much(&aliases(3, &format!("tx(hash: \"{id}\") {{ id }}")));
    let one = served.graphql(&format!("{{ {transactions} }}"));
    assert_eq!(one["block"]["transactions"][0]["id"], id.to_string());
    // Heads hold no transactions, and what is only looked through may be more, but has an end.
    let heads = served.graphql(&blocks("header { height } status fees reward gasSpent"));
    let told = |block: &Value| block["header"]["height"].as_u64();
    let told: Vec<_> = heads["blocks"].as_array().unwrap().iter().filter_map(told).collect();
    assert_eq!(told, (heights[0]..=heights[2]).collect::<Vec<_>>());
    too_much(&aliases(40, &format!("block(height: {}) {{ gasSpent }}", heights[0])));
    let hash = served.graphql(&format!("{{ block(height: {}) {{ header {{ hash }} }} }}", heights[0]));
    let hash = hash["block"]["header"]["hash"].as_str().unwrap();
    let check = format!("checkBlock(height: {}, hash: \"{hash}\")", heights[0]);
    assert_eq!(served.graphql(&aliases(1000, &check))["a999"], true);
}

#[test]
fn type_names_count_like_other_fields() {
    let names = |count: usize, alias: &str| {
        (0..count).fold(String::new(), |mut text, n| {
            let _ = write!(text, "{alias}{n}: __typename ");
            text
        })
    };
    for query in [
        format!("{{ __schema {{ types {{ fields {{ {} }} }} }} }}", names(11_000, "a")),
        format!("{{ __schema {{ types {{ ...f }} }} }} fragment f on __Type {{ fields {{ {} }} }}", names(2000, "a")),
        format!("{{ __schema {{ types {{ fields {{ ...f }} }} }} }} fragment f on __Field {{ {} }}", names(2000, "a")),
        format!("{{ __schema {{ types {{ fields {{ {} }} }} }} }}", names(1, &"a".repeat(200_000))),
    ] {
        assert!(refused(&SHARED, &query).contains("too large"), "{}", &query[..80]);
    }
    let few = SHARED.graphql("{ __schema { types { fields { __typename } } } lastBlockPair { __typename } }");
    assert_eq!(few["lastBlockPair"]["__typename"], "BlockPair");
}

#[test]
fn an_answer_has_a_most_of_fields() {
    // The complexity counts these once, the answer many times.
    let introspection = aliases(600, "__schema { types { name fields { name args { name } } } }");
    assert!(refused(&SHARED, &introspection).contains("too large"));
}

#[test]
fn queries_in_one_request_share_its_bounds() {
    let (served, height) = &*LOUD_CHAIN;
    let query = format!("{{ contractEvents(height: {height}) {{ json }} }}");
    let queries: Vec<_> = (0..16).map(|_| json!({ "query": query })).collect();
    let queries = Value::from(queries).to_string();
    let answer = raw::ask(served.server.address(), "POST /graphql HTTP/1.1", &["host: localhost"], &queries);
    let answers: Value = serde_json::from_str(&answer.body).expect("a list");
    assert_eq!(answers.as_array().map(Vec::len), Some(16));
    assert!(answers[0]["data"]["contractEvents"]["json"].is_array());
    assert!(answers[15]["errors"][0]["message"].as_str().unwrap().contains("too large"));
    assert!(answer.body.len() <= MAX_ANSWER_BYTES, "{} bytes", answer.body.len());
}

#[test]
fn queries_that_would_be_too_much_to_check_are_not_checked() {
    for open in ["{a", "{a(b:[", "{a(b:{c:", "{", "["] {
        assert!(refused(&SHARED, &open.repeat(250_000 / open.len())).contains("too deep"), "{open}");
    }
    let bomb: String = (0..40).map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1)).collect();
    let bomb = format!("{{ ...f0 }} {bomb} fragment f40 on Query {{ __typename }}");
    assert!(refused(&SHARED, &bomb).contains("too complex"));
    let cycle = "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }";
    assert!(refused(&SHARED, cycle).contains("contains itself"));
    assert!(refused(&SHARED, &aliases(21_000, "x")).contains("too complex"));
}

#[test]
fn errors_are_few_and_short() {
    // One unknown field, many times; one long variable that every error quotes.
    assert!(refused(&SHARED, &aliases(15_000, "x")).contains("Unknown field"));
    let query = aliases(2000, "tx(hash: $h) { id }");
    let body = json!({ "query": format!("query($h: String!) {query}"), "variables": { "h": "x".repeat(150_000) } });
    let answer = SHARED.post("/graphql", "application/json", &[], body.to_string().as_bytes());
    assert!(answer.status == 200 && answer.body.len() < SHORT_BYTES, "{} bytes", answer.body.len());
    assert!(answer.json()["errors"][0]["message"].is_string());
}

#[test]
fn long_bodies_are_refused_as_they_come() {
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for (path, chunks) in [("/graphql", 8), ("/on/transactions/propagate", 64)] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
        let mut raw = raw::Raw::to(SHARED.server.address());
        raw.send(head);
        // It may be refused before everything is sent.
        let _ = std::io::Write::write_all(&mut raw.0, chunk.repeat(chunks).as_bytes());
        let _ = raw.0.shutdown(std::net::Shutdown::Write);
        let answer = raw.rest();
        assert!(answer.is_empty() || raw::read(&answer).status == 413, "{path}");
    }
}

/// A socket that hears of these.
fn listener(served: &Served, paths: &[&str]) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(served.server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://{}/on", served.server.address()), stream).unwrap();
    let session = socket.read().unwrap().into_text().unwrap().to_string();
    for path in paths {
        let url = format!("{}{path}", served.server.url());
        let subscribed = served.client.get(url).header("rusk-session-id", &session).call().unwrap();
        assert_eq!(subscribed.status(), 200);
    }
    socket
}

/// Untaken messages of a client wait within a bound of bytes; the client is told when that is exceeded.
#[test]
fn a_client_that_is_too_slow_for_large_blocks_is_told() {
    let served = Served::start();
    let contract = loud(&served);
    let mut socket = listener(&served, &["/on/contracts/loud"]);
    let blocks = MAX_BYTES_BEHIND / (30 << 20) + 2;
    for nonce in (2..).take(blocks) {
        served.send(&bellow(contract, nonce));
    }
    let mut heard = 0;
    let end = loop {
        match socket.read().expect("it is told why it ends") {
            tungstenite::Message::Binary(_) => heard += 1,
            tungstenite::Message::Close(reason) => break reason.expect("a reason"),
            _ => {}
        }
    };
    assert!(end.reason.contains("Too slow"), "{end:?}");
    assert!(heard < 480 * blocks, "{heard} events");
}

#[test]
fn listeners_hear_all_events_of_a_transaction() {
    const EVENTS: usize = 5000;
    const { assert!(EVENTS > 2 * MAX_EVENTS_BEHIND) };
    let served = Served::start();
    let contract = loud(&served);
    let mut socket = listener(&served, &["/on/contracts/loud", "/on/transactions/executed"]);
    let call = Draft::new(0, 2).call(contract, "whisper").sign();
    served.send(&call);
    let next = Draft::new(1, 1).pay(0, 1).sign();
    served.send(&next);
    let locations = std::iter::repeat_with(|| next_event(&mut socket).0["Content-Location"].to_string());
    let heard: Vec<_> = locations.take(EVENTS + 2).collect();
    let executed = |transaction| format!("\"/on/transactions:{}/executed\"", id(transaction));
    assert_eq!((&heard[0], &heard[EVENTS + 1]), (&executed(&call), &executed(&next)));
    assert!(heard[1..=EVENTS].iter().all(|location| location.ends_with("/loud\"")));
}

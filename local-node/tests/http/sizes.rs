//! Queries and answers that would be too large.

use std::fmt::Write as _;
use std::sync::LazyLock;

use local_node::events::MAX_EVENTS_BEHIND;
use local_node::http::MAX_ANSWER_BYTES;
use serde_json::{Value, json};

use crate::common::{Draft, deployed_id};
use crate::raw;
use crate::served::{SHARED, Served, id, next_event};

/// The longest answer to a query that is refused.
const SHORT_BYTES: usize = 64 * 1024;

/// A contract that makes known 32 times 32 KiB with a call, or 5000 times nothing.
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

/// Asks in both dialects. What is refused is refused in few bytes.
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

#[test]
fn listeners_hear_all_events_of_a_transaction() {
    const EVENTS: usize = 5000;
    const { assert!(EVENTS > 2 * MAX_EVENTS_BEHIND) };
    let served = Served::start();
    let deployment = Draft::new(0, 1).deploy(&LOUD, None).sign();
    served.send(&deployment);
    let stream = std::net::TcpStream::connect(served.server.address()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://{}/on", served.server.address()), stream).unwrap();
    let session = socket.read().unwrap().into_text().unwrap().to_string();
    for path in ["/on/contracts/loud", "/on/transactions/executed"] {
        let url = format!("{}{path}", served.server.url());
        let subscribed = served.client.get(url).header("rusk-session-id", &session).call().unwrap();
        assert_eq!(subscribed.status(), 200);
    }
    let call = Draft::new(0, 2).call(deployed_id(&deployment), "whisper").sign();
    served.send(&call);
    let next = Draft::new(1, 1).pay(0, 1).sign();
    served.send(&next);
    let locations = std::iter::repeat_with(|| next_event(&mut socket).0["Content-Location"].to_string());
    let heard: Vec<_> = locations.take(EVENTS + 2).collect();
    let executed = |transaction| format!("\"/on/transactions:{}/executed\"", id(transaction));
    assert_eq!((&heard[0], &heard[EVENTS + 1]), (&executed(&call), &executed(&next)));
    assert!(heard[1..=EVENTS].iter().all(|location| location.ends_with("/loud\"")));
}

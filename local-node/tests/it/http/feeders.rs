//! Feeding queries over HTTP: streamed, bounded, and stopped when nobody reads.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use dusk_sdk_protocol::execution::HexId;
use local_node::reader::MAX_STREAMS;

use super::served::Served;
use crate::common::{Draft, deployed_id};

/// `many` feeds 10,000 numbers, `endless` never stops, `breaks` feeds three numbers and panics, `fails` panics at once.
const FEEDER: &str = r#"(module
    (import "env" "panic" (func $panic (param i32)))
    (import "env" "feed" (func $feed (param i32)))
    (memory (export "memory") 3)
    (global $a (export "A") i32 (i32.const 65536))
    (func $numbers (param $count i64)
        (local $n i64)
        (loop $next
            (i64.store (global.get $a) (local.get $n))
            (call $feed (i32.const 8))
            (local.set $n (i64.add (local.get $n) (i64.const 1)))
            (br_if $next (i64.ne (local.get $n) (local.get $count)))))
    (func $refuse
        (i32.store (global.get $a) (i32.const 0x21212121))
        (call $panic (i32.const 4)))
    (func (export "many") (param i32) (result i32) (call $numbers (i64.const 10000)) (i32.const 0))
    (func (export "endless") (param i32) (result i32) (call $numbers (i64.const -1)) (i32.const 0))
    (func (export "breaks") (param i32) (result i32) (call $numbers (i64.const 3)) (call $refuse) (i32.const 0))
    (func (export "fails") (param i32) (result i32) (call $refuse) (i32.const 0)))"#;

#[test]
fn feeding_calls_are_streamed_and_end_with_their_clients() {
    let served = Served::start();
    let deployment = Draft::new(0, 1).deploy(&wat::parse_str(FEEDER).unwrap(), None).sign();
    served.send(&deployment);
    let contract = HexId(&deployed_id(&deployment)).to_string();
    let path = |function: &str| format!("/on/contracts:{contract}/{function}");
    let feed = |function: &str| served.post(&path(function), "application/octet-stream", &[("rusk-feeder", "1")], b"");

    let all = feed("many");
    let expected: Vec<u8> = (0..10_000_u64).flat_map(u64::to_le_bytes).collect();
    assert!(all.status == 200 && all.body == expected, "{} bytes", all.body.len());
    let text = served.post(&path("many"), "text/plain", &[("rusk-feeder", "1")], b"");
    assert_eq!(text.body, hex::encode(expected).as_bytes());

    let failed = feed("fails");
    assert_eq!((failed.status, failed.error().contains("!!!!")), (500, true), "{}", failed.error());
    assert_eq!(feed("no_such").status, 500);
    let missing = served.ask(&path("many"), b"");
    assert_eq!((missing.status, missing.error().contains("rusk-feeder header is missing")), (400, true));

    // A stream that breaks in the middle must not look whole.
    let mut broken = Vec::new();
    open_stream(&served, &path("breaks")).read_to_end(&mut broken).ok();
    assert!(!broken.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&broken));

    // More clients than there is room for: each reads a little and goes away, so that the call ends and there is room.
    for _ in 0..2 * MAX_STREAMS {
        let begun = Instant::now();
        loop {
            let mut stream = open_stream(&served, &path("endless"));
            let mut some = vec![0; 100_000];
            stream.read_exact(&mut some[..12]).unwrap();
            if some.starts_with(b"HTTP/1.1 200") {
                stream.read_exact(&mut some).unwrap();
                break;
            }
            assert!(some.starts_with(b"HTTP/1.1 429") && begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert_eq!(feed("many").status, 200);
}

fn open_stream(served: &Served, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(served.server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nrusk-feeder: 1\r\n\
         content-type: application/octet-stream\r\ncontent-length: 0\r\n\r\n"
    )
    .unwrap();
    stream
}

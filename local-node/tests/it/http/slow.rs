//! Clients that are slow, silent or many. The bounds are short here; the tests show that each has an end, not when.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use local_node::http::{Bounds, MAX_BODY_BYTES, MAX_HELD_BYTES, Options, Server};

use super::raw::{self, Raw};
use super::served::SHARED;

/// A server of the shared node with these bounds, while it is tried.
fn with(bounds: Bounds, attempt: impl FnOnce(&Server)) {
    let options = Options { bounds, ..Options::default() };
    let started = Server::start_with(SHARED.node.clone(), ([127, 0, 0, 1], 0).into(), options);
    let server = SHARED.runtime.block_on(started).expect("starts");
    attempt(&server);
    assert_eq!(answered(server.address(), INFO).status, 200, "it goes on");
    SHARED.runtime.block_on(server.stop());
}

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(600);

/// A request that asks the server to close the connection after the answer.
const INFO: &str = "POST /on/node/info HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Sends the request on up to twenty connections, one after the other, until one has an answer. A client without
/// processor time may exceed a short bound, and then the server closes its connection.
fn answered(address: SocketAddr, question: &str) -> raw::Reply {
    let ask = || {
        let mut raw = Raw::to(address);
        // The server may close the connection before the request is sent.
        let _ = raw.0.write_all(question.as_bytes());
        raw.rest()
    };
    let answer = std::iter::repeat_with(ask).take(20).find(|answer| !answer.is_empty());
    raw::read(&answer.expect("one of twenty connections is answered"))
}

/// Sends bytes one by one until the other side closes.
fn drip(raw: &mut Raw, text: &str) -> bool {
    text.bytes().any(|byte| {
        std::thread::sleep(SHORT / 20);
        raw.0.write_all(&[byte]).is_err()
    })
}

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    with(Bounds { silence: SHORT, ..Bounds::default() }, |server| {
        for begin in ["", "POST", "POST /on/node/info HTTP/1.1\r\nhost: local"] {
            let mut raw = Raw::to(server.address());
            raw.send(begin);
            assert!(raw.rest().is_empty(), "{begin}");
        }
        let mut slow = Raw::to(server.address());
        slow.send("POST /on/node/info HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
        assert!(drip(&mut slow, &"x".repeat(100_000)), "it is closed while it drips");
        // The bound also ends a connection that is idle after an answer.
        let idle = "POST /on/node/info HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(answered(server.address(), idle).status, 200);
    });
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    with(Bounds::default(), |server| {
        for (bytes, status) in [(60_000, 200), (66_000, 431), (90_000, 431)] {
            let mut raw = Raw::to(server.address());
            let head = format!("POST /on/node/info HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n", "x".repeat(bytes));
            // The node may answer before it has everything.
            let _ = raw.0.write_all(format!("{head}connection: close\r\ncontent-length: 0\r\n\r\n").as_bytes());
            assert_eq!(raw::read(&raw.rest()).status, status, "{bytes}");
        }
    });
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    with(Bounds { body: SHORT, ..Bounds::default() }, |server| {
        for path in ["/on/transactions/propagate", "/graphql"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n"
            );
            let mut silent = Raw::to(server.address());
            silent.send(&head);
            assert_eq!(raw::read(&silent.rest()).status, 408, "{path}");
            let mut slow = Raw::to(server.address());
            slow.send(&head);
            assert!(drip(&mut slow, &"x".repeat(100_000)), "{path} is closed while it drips");
        }
    });
}

#[test]
fn a_client_that_takes_nothing_loses_its_connection() {
    with(Bounds { stall: SHORT, ..Bounds::default() }, |server| {
        let query = r#"{"query":"{ __schema { types { name fields { name args { name } } } } }"}"#;
        let one =
            format!("POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{query}", query.len());
        let mut asked = Raw::to(server.address());
        asked.send(one.replacen("\r\n", "\r\nconnection: close\r\n", 1));
        let length = asked.rest().len();
        let mut deaf = Raw::to(server.address());
        let mut sent = 0_usize;
        // More answers than fit between the two; then the server takes no more requests either, and ends.
        while sent * length < 256 << 20 && deaf.0.write_all(one.as_bytes()).is_ok() {
            sent += 1;
        }
        let taken = deaf.rest().len();
        assert!(taken < 64 << 20, "{taken} bytes of answers came to a client that took none");
    });
}

#[test]
fn a_socket_whose_client_is_gone_is_closed() {
    let bounds = Bounds { ping: SHORT, sessions: 1, ..Bounds::default() };
    with(bounds, |server| {
        let upgrade = "GET /on HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
            sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let mut gone = Raw::to(server.address());
        gone.send(upgrade);
        let heard = gone.rest();
        assert!(heard.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&heard));
        // Soon its place is free for a client that answers. A client without processor time does not answer in time
        // either: then the test tries another one.
        let stays_open = || {
            std::thread::sleep(SHORT / 20);
            let connection = Raw::to(server.address()).0;
            let Ok((mut live, _)) = tungstenite::client(format!("ws://{}/on", server.address()), connection) else {
                return false;
            };
            let mut pings = 0;
            while pings < 5 {
                let Ok(message) = live.read() else { return false };
                pings += usize::from(message.is_ping());
            }
            true
        };
        assert!((0..20).any(|_| stays_open()), "clients that answer are closed");
    });
}

/// Clients whose long bodies do not come hold memory. Others go on sending transactions and questions.
#[test]
fn long_bodies_leave_room_for_short_ones() {
    with(Bounds { body: LONG, ..Bounds::default() }, |server| {
        let long = |bytes: usize| {
            format!(
                "POST /on/node/info HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {MAX_BODY_BYTES}\r\n\r\n{}",
                "x".repeat(bytes)
            )
        };
        let mut slow: Vec<_> = (0..MAX_HELD_BYTES / MAX_BODY_BYTES).map(|_| Raw::to(server.address())).collect();
        for raw in &mut slow {
            raw.send(long(MAX_BODY_BYTES - 1));
        }
        // When all that came is read, no further long body fits. A slow one may have been refused meanwhile: then one
        // does.
        let fits = || {
            let mut further = Raw::to(server.address());
            // It may be refused before everything is sent.
            let _ = further.0.write_all(long(MAX_BODY_BYTES).as_bytes());
            let answer = further.rest();
            !answer.is_empty() && raw::read(&answer).status != 429
        };
        (0..MAX_HELD_BYTES / MAX_BODY_BYTES).take_while(|_| fits()).for_each(drop);
        let short = "x".repeat(1000);
        let answer = raw::ask(server.address(), "POST /on/node/info HTTP/1.1", &["host: localhost"], &short);
        assert_eq!(answer.status, 200, "{answer:?}");
    });
}

/// Answers to a client's pings wait until it takes them, so it may not go on for ever.
#[test]
fn a_socket_that_only_talks_is_closed() {
    let bounds = Bounds { ping: LONG, stall: LONG, ..Bounds::default() };
    with(bounds, |server| {
        let mut deaf = Raw::to(server.address());
        deaf.send(
            "GET /on HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[7; 125]].concat();
        let pings = ping.repeat(1000);
        let most = (64 << 20) / pings.len();
        let sent = (0..most).take_while(|_| deaf.0.write_all(&pings).is_ok()).count();
        assert!(sent < most, "{} bytes of pings were taken, and no answer to them", sent * pings.len());
    });
}

#[test]
fn silent_connections_make_room() {
    with(Bounds { connections: 4, silence: LONG, ..Bounds::default() }, |server| {
        let mut silent: Vec<_> = (0..4).map(|_| Raw::to(server.address())).collect();
        for raw in &mut silent {
            raw.send("POST /on/node/info HTTP/1.1\r\nhost: ");
        }
        let further = raw::ask(server.address(), "POST /on/node/info HTTP/1.1", &["host: localhost"], "");
        assert_eq!(further.status, 200, "{further:?}");
        assert!(silent[0].rest().is_empty(), "the oldest has made room");
    });
}

#[test]
fn bodies_that_do_not_come_make_room() {
    with(Bounds { connections: 3, body: LONG, ..Bounds::default() }, |server| {
        let mut slow: Vec<_> = (0..3).map(|_| Raw::to(server.address())).collect();
        for raw in &mut slow {
            raw.send(
                "POST /on/node/info HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n",
            );
            // The node waits for the body from here on.
            let mut asked = [0; 25];
            std::io::Read::read_exact(&mut raw.0, &mut asked).expect("asked for the body");
        }
        let further = raw::ask(server.address(), "POST /on/node/info HTTP/1.1", &["host: localhost"], "");
        assert_eq!(further.status, 200, "{further:?}");
        assert!(slow[0].rest().is_empty(), "the oldest has made room");
    });
}

/// Two answers to foreign pages are on their way at a time. Further pages wait, and do not take the developer's place.
#[test]
fn pages_that_wait_for_their_turn_make_room() {
    with(Bounds { connections: 3, stall: LONG, ..Bounds::default() }, |server| {
        let address = server.address();
        // 15 MB: more than the system's buffers of a connection take.
        let selected: String =
            (0..100).map(|number| format!("a{number}: __schema {{ types {{ fields {{ ...f }} }} }} ")).collect();
        let long_name = "n".repeat(1500);
        let query = format!(r#"{{"query":"{{ {selected} }} fragment f on __Field {{ {long_name}: name }}"}}"#);
        let page = |path: &str, body: &str| {
            let mut raw = Raw::to(address);
            raw.send(format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\norigin: https://page.example\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ));
            raw
        };
        // They do not take their answers, so these stay on their way.
        let mut deaf: Vec<_> = (0..2).map(|_| page("/graphql", &query)).collect();
        for raw in &mut deaf {
            std::io::Read::read_exact(&mut raw.0, &mut [0; 12]).expect("the answer has begun");
        }
        let mut waiting = page("/on/node/info", "");
        std::thread::sleep(SHORT);
        let further = raw::ask(address, "POST /on/node/info HTTP/1.1", &["host: localhost"], "");
        assert_eq!(further.status, 200, "{further:?}");
        assert!(waiting.rest().is_empty(), "it has made room, without an answer");
    });
}

#[test]
fn busy_connections_are_not_closed_for_others() {
    with(Bounds { connections: 3, sessions: 3, ..Bounds::default() }, |server| {
        let address = server.address();
        let open = || tungstenite::client(format!("ws://{address}/on"), Raw::to(address).0).expect("a place").0;
        let mut sockets: Vec<_> = (0..3).map(|_| open()).collect();
        let refused = raw::read(&Raw::to(address).rest());
        assert_eq!((refused.status, refused.body.contains("Too many connections")), (503, true), "{refused:?}");
        for socket in &mut sockets {
            assert!(socket.read().expect("open").is_text());
        }
        sockets.pop();
        // The place is free when the server has seen the end.
        while raw::ask(address, "POST /on/node/info HTTP/1.1", &["host: localhost"], "").status == 503 {}
    });
}

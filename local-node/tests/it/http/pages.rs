//! Rights of web pages, and of requests under foreign names: they read, and change nothing.

use std::net::SocketAddr;

use local_node::http::{Bounds, Options, Server};
use serde_json::Value;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;

use super::raw::{self, Raw, Reply};
use super::served::{SHARED, Served};

/// Every kind of request that changes something, in several spellings.
const CHANGING: [&str; 11] = [
    "/on/dev/snapshot",
    "/on/dev/revert",
    "/on/dev/mine",
    "/on/dev/warp",
    "/on/dev/reset",
    "/on/DEV/reset/",
    "/on/d%65v/%72eset",
    "/on/dev:x/mine",
    "/on/transactions/propagate",
    "/on/contract:0100000000000000000000000000000000000000000000000000000000000000/upload_driver",
    "/on/something/new",
];

fn post(address: SocketAddr, path: &str, headers: &[&str], body: &str) -> Reply {
    raw::ask(address, &format!("POST {path} HTTP/1.1"), headers, body)
}

fn error(reply: &Reply) -> String {
    let document: Value = serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("{reply:?}"));
    document["error"].as_str().unwrap().to_owned()
}

#[test]
fn foreign_pages_change_nothing() {
    let served = Served::start();
    let address = served.server.address();
    let host = format!("host: {address}");
    assert_eq!(post(address, "/on/dev/mine", &[&host], "").status, 200);
    let height = served.node.tip().height;
    let pages: [&[&str]; 7] = [
        &["origin: https://evil.example"],
        &["origin: null"],
        &["origin: http://localhost:1"],
        &["origin: https://evil.example", &format!("origin: http://{address}")],
        &[&format!("origin: http://{address}.evil.example")],
        &["sec-fetch-site: cross-site"],
        &["sec-fetch-site: same-site"],
    ];
    for page in pages {
        for path in CHANGING {
            let reply = post(address, path, &[&[host.as_str()], page].concat(), "");
            assert_eq!(reply.status, 403, "{path} {page:?}: {reply:?}");
            assert!(!reply.head.contains("access-control-allow-origin"), "{reply:?}");
        }
    }
    let told = post(address, "/on/dev/reset", &[&host, "origin: https://evil.example"], "");
    assert!(error(&told).contains("`--allow-origin https://evil.example`"), "{told:?}");
    for nameless in ["origin: null", "origin: file://", "sec-fetch-site: cross-site"] {
        let told = post(address, "/on/dev/reset", &[&host, nameless], "");
        assert!(error(&told).ends_with("allowed with `--allow-origin`"), "{told:?}");
    }
    assert_eq!(served.node.tip().height, height, "nothing was carried out");

    // The node's own pages, and programs that are no pages.
    let own: [&[&str]; 4] = [
        &[],
        &[&format!("origin: http://{address}")],
        &[&format!("origin: http://{address}"), "sec-fetch-site: same-origin"],
        &["sec-fetch-site: none"],
    ];
    for (mined, page) in (1..).zip(own) {
        let reply = post(address, "/on/dev/mine", &[&[host.as_str()], page].concat(), "");
        assert_eq!(reply.status, 200, "{page:?}: {reply:?}");
        assert_eq!(served.node.tip().height, height + mined);
    }
}

#[test]
fn a_rebound_name_is_refused() {
    let address = SHARED.server.address();
    for host in [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil-localhost",
        "10.0.0.1",
        "0.0.0.0:8080",
        "[::2]:8080",
        "2130706433",
    ] {
        let host = format!("host: {host}");
        // A rebound page is of the same origin as the name that it has for the node.
        for (first, page) in [
            ("POST /on/dev/mine HTTP/1.1", "x: y"),
            ("POST /on/dev/mine HTTP/1.1", &*host.replace("host: ", "origin: http://")),
            ("POST /on/node/info HTTP/1.1", "x: y"),
            ("GET /graphql?query=%7Btx%7D HTTP/1.1", "sec-fetch-site: same-origin"),
            ("GET / HTTP/1.1", "x: y"),
        ] {
            let reply = raw::ask(address, first, &[&host, page], "");
            assert_eq!(reply.status, 403, "{first} {host}: {reply:?}");
            assert!(error(&reply).contains("--allow-host"), "{reply:?}");
        }
    }
    for host in ["", "a b", "localhost:x", "user@localhost", "localhost:99999", ".", "[::1", "a..b", "ü.example"] {
        let reply = post(address, "/on/node/info", &[&format!("host: {host}")], "");
        assert_eq!(reply.status, 400, "{host}: {reply:?}");
    }
    let twice = post(address, "/on/dev/mine", &["host: localhost", "host: localhost"], "");
    assert_eq!((twice.status, error(&twice).contains("twice")), (400, true));
    assert_eq!(post(address, "/on/node/info", &[], "").status, 400, "HTTP/1.1 asks for a host");
}

#[test]
fn every_name_of_this_machine_is_known() {
    let served = Served::start();
    let address = served.server.address();
    let names = [
        "localhost",
        "LocalHost:8080",
        "localhost.",
        "localhost.:80",
        "node.localhost",
        "127.0.0.1",
        "127.9.9.9:1",
        "[::1]",
        "[::1]:8080",
        "[::ffff:127.0.0.1]",
    ];
    for (mined, name) in (1..).zip(names) {
        let reply = post(address, "/on/dev/mine", &[&format!("host: {name}"), &format!("origin: http://{name}")], "");
        assert_eq!(reply.status, 200, "{name}: {reply:?}");
        assert_eq!(served.node.tip().height, mined);
    }
}

#[test]
fn the_target_of_a_request_counts_like_its_host() {
    let address = SHARED.server.address();
    let ask = |first: &str, headers: &[&str]| raw::ask(address, first, headers, "").status;
    assert_eq!(ask("POST http://evil.example/on/dev/revert HTTP/1.1", &["host: localhost"]), 403);
    assert_eq!(ask("POST http://localhost/on/dev/revert HTTP/1.1", &["host: evil.example"]), 403);
    assert_eq!(ask("POST http://localhost/on/node/info HTTP/1.1", &["host: localhost"]), 200);
    assert_eq!(ask("POST http://user@localhost/on/node/info HTTP/1.1", &["host: localhost"]), 400);
    // HTTP/1.0 knows no host: reading is possible, changing is not.
    assert_eq!(ask("POST /on/node/info HTTP/1.0", &[]), 200);
    assert_eq!(ask("POST /on/dev/revert HTTP/1.0", &[]), 403);
}

#[test]
fn foreign_pages_may_read() {
    let address = SHARED.server.address();
    let host = format!("host: {address}");
    let page = "origin: https://explorer.example";
    let info = post(address, "/on/node/info", &[&host, page], "");
    // As in production, a browser does not show the answer to a page that the operator has not named.
    assert_eq!((info.status, info.head.contains("access-control-allow-origin")), (200, false), "{info:?}");
    assert_eq!(post(address, "/on/graphql/query", &[&host, page], "{ block(height: 0) { fees } }").status, 200);
    assert_eq!(post(address, "/on/transactions/simulate", &[&host, page], "").status, 400, "it is read");
    let preflight =
        raw::ask(address, "OPTIONS /on/node/info HTTP/1.1", &[&host, page, "access-control-request-method: POST"], "");
    assert!(!preflight.head.contains("access-control"), "{preflight:?}");
}

#[test]
fn foreign_pages_wait_for_each_other_and_nobody_for_them() {
    let served = Served::start();
    let address = served.server.address();
    let head =
        format!("POST /on/node/info HTTP/1.1\r\nhost: {address}\r\norigin: https://a.example\r\nconnection: close\r\n");
    let mut stuck: Vec<_> = (0..2).map(|_| Raw::to(address)).collect();
    for raw in &mut stuck {
        raw.send(format!("{head}expect: 100-continue\r\ncontent-length: 5\r\n\r\n"));
        // The node asks for the body, so the request has its turn.
        let mut asked = [0; 25];
        std::io::Read::read_exact(&mut raw.0, &mut asked).unwrap();
        assert!(asked.starts_with(b"HTTP/1.1 100"));
    }
    let mut third = Raw::to(address);
    third.send(format!("{head}content-length: 0\r\n\r\n"));
    assert_eq!(post(address, "/on/node/info", &["host: localhost"], "").status, 200, "the developer does not wait");
    stuck.pop();
    assert_eq!(raw::read(&third.rest()).status, 200);
}

#[test]
fn pages_and_names_can_be_allowed() {
    let options = Options {
        hosts: vec!["node.example".parse().unwrap()],
        origins: vec!["http://localhost:5173".parse().unwrap(), "https://wallet.example".parse().unwrap()],
        ..Options::default()
    };
    let served = Served::start();
    let server = served.runtime.block_on(Server::start_with(served.node.clone(), ([127, 0, 0, 1], 0).into(), options));
    let server = server.unwrap();
    let address = server.address();
    for (host, page) in [
        ("host: node.example", "x: y"),
        ("host: NODE.example.:8080", "origin: http://node.example:8080"),
        ("host: node.example", "origin: https://node.example"),
        ("host: localhost", "origin: http://localhost:5173"),
        ("host: node.example", "origin: https://wallet.example"),
    ] {
        assert_eq!(post(address, "/on/dev/mine", &[host, page], "").status, 200, "{host} {page}");
    }
    for (host, page) in [
        ("host: a.node.example", "x: y"),
        ("host: localhost", "origin: http://localhost:5174"),
        ("host: localhost", "origin: https://localhost:5173"),
        ("host: localhost", "origin: http://wallet.example"),
        ("host: localhost", "origin: https://evil.wallet.example"),
    ] {
        assert_eq!(post(address, "/on/dev/mine", &[host, page], "").status, 403, "{host} {page}");
    }
    let page = "origin: http://localhost:5173";
    let shown = post(address, "/on/node/info", &["host: localhost", page], "");
    assert!(shown.head.contains("access-control-allow-origin: http://localhost:5173\r\n"), "{shown:?}");
    assert!(shown.head.contains("vary: origin"), "{shown:?}");
    let preflight = raw::ask(
        address,
        "OPTIONS /on/transactions/propagate HTTP/1.1",
        &[
            "host: localhost",
            page,
            "access-control-request-method: POST",
            "access-control-request-headers: content-type, rusk-version",
        ],
        "",
    );
    assert_eq!(preflight.status, 204, "{preflight:?}");
    assert!(preflight.head.contains("access-control-allow-headers: content-type, rusk-version"), "{preflight:?}");
    served.runtime.block_on(server.stop());
}

#[test]
fn what_is_no_name_or_origin_cannot_be_allowed() {
    use local_node::http::{HostName, Origin};
    for bad in ["", "http://node.example", "node.example:80", "a/b", "a b", "*"] {
        assert!(bad.parse::<HostName>().is_err(), "{bad}");
    }
    for bad in ["", "*", "null", "node.example", "http://", "http://a/b", "http://user@a", "http://a:b"] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
    assert_eq!("::1".parse::<HostName>().unwrap().to_string(), "[::1]");
    assert!("chrome-extension://abcdefgh".parse::<Origin>().is_ok());
}

#[test]
fn a_reachable_node_is_read_under_any_name_and_changed_under_its_addresses() {
    let served = Served::start();
    let open = served.runtime.block_on(Server::start(served.node.clone(), ([0, 0, 0, 0], 0).into())).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], open.address().port()));
    for host in ["192.168.7.7:8080", "[fe80::1]:8080", "0.0.0.0:8080", "localhost"] {
        assert_eq!(post(address, "/on/dev/mine", &[&format!("host: {host}")], "").status, 200, "{host}");
    }
    for page in ["x: y", "origin: http://node.lan:8080"] {
        assert_eq!(post(address, "/on/node/info", &["host: node.lan:8080", page], "").status, 200);
        let refused = post(address, "/on/dev/mine", &["host: node.lan:8080", page], "");
        assert_eq!((refused.status, error(&refused).contains("--allow-host node.lan")), (403, true), "{refused:?}");
    }
    served.runtime.block_on(open.stop());
}

#[test]
fn one_spelling_of_a_path_is_limited_like_another() {
    let open = SHARED.runtime.block_on(Server::start(SHARED.node.clone(), ([0, 0, 0, 0], 0).into())).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], open.address().port()));
    let id = "ab".repeat(32);
    let statuses: Vec<_> = ["contract", "CONTRACT", "%63ontract", "Contract", "contrac%74", "cOntract"]
        .map(|component| post(address, &format!("/on/{component}:{id}/upload_driver"), &["host: localhost"], "").status)
        .into();
    assert!(statuses.contains(&429) && statuses[0] == 400, "{statuses:?}");
    SHARED.runtime.block_on(open.stop());
}

/// Opens a socket for events; the status where it is refused.
fn socket(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> Result<tungstenite::WebSocket<std::net::TcpStream>, u16> {
    let mut request = format!("ws://{address}/on").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    match tungstenite::client(request, Raw::to(address).0) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn pages_have_few_sockets_and_read_events_only() {
    let bounds = Bounds { sessions: 6, sessions_of_pages: 3, sessions_of_origin: 2, ..Bounds::default() };
    let options = Options { bounds, ..Options::default() };
    let served = Served::start();
    let server = served.runtime.block_on(Server::start_with(served.node.clone(), ([127, 0, 0, 1], 0).into(), options));
    let server = server.unwrap();
    let address = server.address();
    assert_eq!(socket(address, &[("host", "evil.example")]).err(), Some(403));
    let page = |origin: &str| socket(address, &[("origin", origin)]);
    let (first, second) = (page("https://a.example"), page("https://a.example"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(page("https://a.example").err(), Some(429));
    let third = page("null");
    assert!(third.is_ok());
    assert_eq!(page("https://b.example").err(), Some(429));
    // The node's own pages and programs have places of their own.
    let own = [socket(address, &[]), socket(address, &[("origin", &format!("http://{address}"))])];
    assert!(own.iter().all(Result::is_ok));
    // Requests of a page over its socket are not carried out.
    let mut talkative = first.unwrap();
    talkative.send(tungstenite::Message::Text("POST /on/dev/mine HTTP/1.1\r\nhost: localhost\r\n\r\n".into())).unwrap();
    talkative.send(tungstenite::Message::Binary(vec![0; 1000].into())).unwrap();
    talkative.close(None).unwrap();
    while talkative.read().is_ok() {}
    assert_eq!(served.node.tip().height, 0);
    served.runtime.block_on(server.stop());
}

//! First requests of every client, and the forms of answers.

use std::net::TcpStream;
use std::time::Duration;

use dusk_sdk_protocol::execution::HexId;
use local_node::http::{HttpError, Server};
use serde_json::{Value, json};

use super::served::{SHARED, STAKE, Served, TRANSFER, id, next_event};
use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id};

#[test]
fn a_wallet_finds_out_about_node_and_chain() {
    let info = SHARED.ask("/on/node/info", b"");
    assert_eq!((info.status, info.version.as_str()), (200, "1.7.0"));
    assert_eq!(info.json()["chain_id"], 0);
    assert_eq!(SHARED.ask("", b"").status, 200, "a wallet's first question");
    let chain_id = SHARED.ask(&format!("/on/{TRANSFER}/chain_id"), b"");
    assert_eq!(chain_id.body, [0]);
    let prices = SHARED.ask("/on/blocks/gas-price", b"").json();
    assert_eq!(prices, json!({ "average": 1, "max": 1, "median": 1, "min": 1 }));
    // This node has no network.
    assert_eq!((&info.json()["kadcast_address"], &info.json()["bootstrapping_nodes"]), (&Value::Null, &json!([])));
    for limit in [&b""[..], b"0", b" 5 "] {
        assert_eq!(SHARED.ask("/on/network/peers", limit).json(), json!([]));
    }
    let provisioners = SHARED.ask("/on/node/provisioners", b"").json();
    let staked: Vec<_> = provisioners.as_array().unwrap().iter().map(|it| it["amount"].as_u64().unwrap()).collect();
    // The key that is paid the development share stands among the provisioners, without a stake.
    assert!(staked.iter().filter(|amount| **amount >= 1_000_000_000_000).count() >= 3, "{staked:?}");
    let own = provisioners[0]["key"].as_str().unwrap();
    assert_eq!(provisioners[0]["owner"]["Account"], own);
}

#[test]
fn answers_are_bytes_to_those_who_send_bytes_and_text_to_others() {
    let path = format!("/on/{TRANSFER}/num_notes");
    assert_eq!(SHARED.ask(&path, b"").body, [0; 8]);
    assert_eq!(SHARED.post(&path, "text/plain", &[], b"").body, b"0000000000000000");
    assert_eq!(SHARED.post(&path, "text/plain", &[("accept", "application/octet-stream")], b"").body, [0; 8]);
}

#[test]
fn feeders_stream_their_items() {
    let stakes = SHARED.post(&format!("/on/{STAKE}/stakes"), "application/octet-stream", &[("rusk-feeder", "1")], b"");
    assert_eq!(stakes.status, 200);
    let count = SHARED.ask("/on/node/provisioners", b"").json().as_array().unwrap().len();
    assert!(!stakes.body.is_empty() && stakes.body.len().is_multiple_of(count), "{} bytes", stakes.body.len());
    // Without the header the function has nowhere to feed to.
    let refused = SHARED.ask(&format!("/on/{STAKE}/stakes"), b"");
    assert_eq!((refused.status, refused.error().contains("rusk-feeder header is missing")), (400, true));
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let unknown = "ab".repeat(32);
    let cases: [(&str, &[u8], u16, &str); 16] = [
        ("/on/contracts:zz/f", b"", 400, "not a contract id"),
        ("/on/contracts/f", b"", 400, "needs an entity"),
        (&format!("/on/contracts:{unknown}/f"), b"", 500, "contract"),
        (&format!("/on/{TRANSFER}/no_such_function"), b"", 500, "no_such_function"),
        (&format!("/on/{TRANSFER}/account"), b"123", 500, "VM error"),
        ("/on/transactions/propagate", b"", 400, "not a transaction"),
        ("/on/transactions/preverify", &[0xff; 300], 400, "not a transaction"),
        ("/on/transactions/unheard", b"", 501, "unheard"),
        ("/on/account:xyz/status", b"", 400, "not an account"),
        ("/on/network/peers", b"many", 400, "`many` is not a number of peers"),
        ("/on/network/peers", &[b'7'; 1000], 400, "the body is not a number of peers"),
        ("/on/network/peers", &[0xff], 422, "not UTF-8"),
        ("/on/blocks/gas-price", b"-1", 400, "`-1` is not a number of transactions"),
        ("/on/prover/prove", b"", 501, "prover"),
        ("/on/nothing/at-all", b"", 404, "Path not found"),
        ("/nowhere", b"", 404, "Path not found"),
    ];
    for (path, body, status, text) in cases {
        let answer = SHARED.ask(path, body);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.error().contains(text), "{path}: {}", answer.error());
    }
    let json = SHARED.post(&format!("/on/contracts:{unknown}/f"), "application/json", &[], b"null");
    assert_eq!((json.status, json.error().contains("no data driver")), (404, true));
    let newer = SHARED.post("/on/node/info", "text/plain", &[("rusk-version", "2.0.0")], b"");
    assert_eq!((newer.status, newer.error().contains("requires ^2.0.0")), (400, true));
    assert!(SHARED.announce("/on/node/info", 4 << 20).starts_with("HTTP/1.1 413"));
    let odd = SHARED.post("/on/node/info", "text/plain", &[("x-odd", "\u{fc}")], b"");
    assert_eq!((odd.status, odd.error().contains("x-odd")), (422, true));
    let known = SHARED.client.get(format!("{}/static/drivers/wallet-core-1.6.1.wasm", SHARED.server.url())).call();
    assert_eq!(known.unwrap().status().as_u16(), 501);
    let unknown = SHARED.client.get(format!("{}/static/drivers/other.wasm", SHARED.server.url())).call();
    assert_eq!(unknown.unwrap().status().as_u16(), 404);
}

#[test]
fn graphql_speaks_both_of_its_dialects() {
    assert_eq!(SHARED.graphql("{ block(height: 0) { header { height } status } }")["block"]["header"]["height"], 0);
    let wrapped = SHARED.post("/graphql", "application/json", &[], br#"{"query":"{ block(height: 0) { gasSpent } }"}"#);
    assert_eq!(wrapped.json(), json!({ "data": { "block": { "gasSpent": 0 } } }));
    let schema = SHARED.ask("/on/graphql/query", b"");
    assert!(String::from_utf8_lossy(&schema.body).contains("lastBlockPair"));
    let unknown = SHARED.graphql("{ noSuchQuery { json } }");
    assert!(unknown["errors"][0]["message"].as_str().unwrap().contains("Unknown field"), "{unknown}");
    let variable = SHARED.post(
        "/on/graphql/query",
        "text/plain",
        &[("rusk-gqlvar-hash", "ff")],
        b"query($hash: String!) { tx(hash: $hash) { id } }",
    );
    assert!(variable.json()["errors"][0]["message"].as_str().unwrap().contains("64 hexadecimal digits"));
    assert!(SHARED.announce("/graphql", 300_000).starts_with("HTTP/1.1 413"));
}

#[test]
fn money_and_contracts_move_by_http_alone() {
    let served = Served::start();
    let account = || served.ask(&format!("/on/account:{}/status", ACCOUNTS[1].id()), b"").json();
    let before = account();

    let payment = Draft::new(0, 1).pay(1, 7_000).sign();
    let paid = served.send(&payment);
    assert_eq!((&paid["err"], paid["id"].as_str()), (&Value::Null, Some(id(&payment).to_string().as_str())));
    assert_eq!(paid["raw"].as_str().unwrap(), hex::encode(payment.to_network_bytes()), "wallets can read it");
    assert_eq!(account()["balance"].as_u64(), before["balance"].as_u64().map(|balance| balance + 7_000));

    let deployment = Draft::new(0, 2).deploy(&COUNTER, Some(4)).sign();
    let contract = HexId(&deployed_id(&deployment)).to_string();
    let simulated = served.ask("/on/transactions/simulate", &deployment.to_network_bytes()).json();
    let deployed = served.send(&deployment);
    assert_eq!(deployed["tx"]["contractId"], contract);
    assert_eq!(simulated, json!({ "gas-spent": deployed["gasSpent"], "error": null }));
    let metadata = served.ask(&format!("/on/contract:{contract}/metadata"), b"").json();
    assert_eq!(metadata["owner"], ACCOUNTS[0].id().to_string());
    assert_eq!(served.ask(&format!("/on/contract:{contract}/status"), b"").json(), json!({ "balance": 0 }));

    let failing = Draft::new(2, 1).call(deployed_id(&deployment), "fail").sign();
    let simulated = served.ask("/on/transactions/simulate", &failing.to_network_bytes()).json();
    assert_eq!(simulated["error"], r#"Panic("refused")"#);
    assert_eq!(served.send(&failing)["err"], r#"Panic("refused")"#);
    let read = served.ask(&format!("/on/contracts:{contract}/read"), b"");
    assert_eq!(read.body, 4_u64.to_le_bytes());

    let again = served.ask("/on/transactions/propagate", &payment.to_network_bytes());
    assert_eq!(again.status, 400, "{}", again.error());
    let tip = served.graphql("{ block(height: -1) { header { height json } fees gasSpent } lastBlockPair { json } }");
    let header: Value = serde_json::from_str(tip["block"]["header"]["json"].as_str().unwrap()).unwrap();
    assert_eq!(header["height"], tip["block"]["header"]["height"]);
    assert!(!header["prev_block_cert"]["result"]["Valid"].is_null(), "{header}");
    let events = served.graphql(&format!("{{ contractEvents(height: {}) {{ json }} }}", deployed["blockHeight"]));
    let events = events["contractEvents"]["json"].as_array().unwrap().clone();
    let paid = events.iter().find(|event| event["origin"] == id(&deployment).to_string()).expect("the payment is told");
    assert_eq!((&paid["topic"], &paid["reverted"]), (&json!("moonlight"), &json!(false)));
    assert!(!tip["lastBlockPair"]["json"]["last_finalized_block"].is_null());
}

#[test]
fn events_come_to_those_who_subscribed() {
    let served = Served::start();
    let stream = TcpStream::connect(served.server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://{}/on", served.server.address()), stream).unwrap();
    let session = socket.read().unwrap().into_text().unwrap().to_string();
    assert_eq!(session.len(), 32);
    let url = |path: &str| format!("{}{path}", served.server.url());
    let subscribe = |path: &str, session: &str| {
        served.client.get(url(path)).header("rusk-session-id", session).call().unwrap().status().as_u16()
    };
    assert_eq!(subscribe("/on/blocks/accepted", "00"), 424);
    for path in
        ["/on/blocks/accepted", "/on/transactions/executed", "/on/contracts/counted", "/on/transactions/deferred"]
    {
        assert_eq!(subscribe(path, &session), 200);
    }
    let unsubscribe = |path: &str| {
        served.client.delete(url(path)).header("rusk-session-id", &session).call().unwrap().status().as_u16()
    };
    assert_eq!(unsubscribe("/on/blocks/accepted"), 200);
    assert_eq!(unsubscribe("/on/blocks/accepted"), 404);

    let deployment = Draft::new(0, 1).deploy(&COUNTER, None).sign();
    let contract = deployed_id(&deployment);
    served.send(&deployment);
    let call = Draft::new(0, 2).call(contract, "count").sign();
    served.send(&call);

    let (executed, data) = next_event(&mut socket);
    assert_eq!(executed["Content-Location"], format!("/on/transactions:{}/executed", id(&deployment)));
    let spent: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!((&spent["err"], &spent["inner"]["is_deploy"]), (&Value::Null, &json!(true)));
    let mut events = [next_event(&mut socket), next_event(&mut socket)];
    events.sort_by_key(|(header, _)| header["Content-Location"].to_string());
    let [(counted, data), (executed, _)] = events;
    assert_eq!(counted["Content-Location"], format!("/on/contracts:{}/counted", HexId(&contract)));
    assert_eq!(counted["Rusk-Origin"], id(&call).to_string());
    assert_eq!(data, 1_u64.to_le_bytes());
    assert_eq!(executed["Content-Location"], format!("/on/transactions:{}/executed", id(&call)));

    let early = Draft::new(1, 2).pay(0, 1).sign();
    assert_eq!(served.ask("/on/transactions/propagate", &early.to_network_bytes()).status, 202);
    let (deferred, data) = next_event(&mut socket);
    assert_eq!(deferred["Content-Location"], format!("/on/transactions:{}/deferred", id(&early)));
    assert_eq!(data, br#"{"reason":"missing_intermediate_nonce"}"#);

    let Served { runtime, node, server, .. } = served;
    runtime.block_on(async {
        server.stop().await;
        node.shutdown().await;
    });
    assert!(matches!(socket.read(), Ok(tungstenite::Message::Close(_)) | Err(_)));
}

#[test]
fn a_port_in_use_is_named() {
    let address = SHARED.server.address();
    let started = SHARED.runtime.block_on(Server::start(SHARED.node.clone(), address));
    assert!(matches!(started, Err(HttpError::InUse(at)) if at == address));
}

#[test]
fn a_node_that_others_can_reach_limits_requests() {
    let open = SHARED.runtime.block_on(Server::start(SHARED.node.clone(), ([0, 0, 0, 0], 0).into())).expect("starts");
    let url = format!("http://127.0.0.1:{}/on/contract:{}/upload_driver", open.address().port(), "ab".repeat(32));
    let answers: Vec<_> = (0..6).map(|_| SHARED.client.post(&url).send(&b"x"[..]).expect("answers")).collect();
    let limited = answers.iter().find(|answer| answer.status() == 429).expect("four at once are served");
    assert_eq!((answers[0].status().as_u16(), &limited.headers()["retry-after"]), (400, &"1".parse().unwrap()));
    // The same on loopback is served every time.
    let path = format!("/on/contract:{}/upload_driver", "ab".repeat(32));
    assert!((0..6).all(|_| SHARED.ask(&path, b"x").status == 400));
    SHARED.runtime.block_on(open.stop());
}

/// Headers of the request come back, except those by which a client would command a web server in front of the node.
#[test]
fn headers_are_given_back_unless_a_proxy_obeys_them() {
    let sent =
        ["host: localhost", "x-mine: 1", "x-accel-redirect: /secret", "x-sendfile: /etc/passwd", "X-Accel-Expires: 9"];
    let answer = super::raw::ask(SHARED.server.address(), "POST /on/node/info HTTP/1.1", &sent, "");
    assert!(answer.head.contains("\r\nx-mine: 1\r\n"), "{answer:?}");
    assert!(!answer.head.contains("x-accel") && !answer.head.contains("x-sendfile"), "{answer:?}");
}

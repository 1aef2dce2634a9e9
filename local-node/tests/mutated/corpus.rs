//! Valid requests, one or more of every kind.

use std::net::SocketAddr;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::HexId;
use rand::Rng;
use rand::seq::SliceRandom as _;

use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id};
use crate::mutation;

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: &'static str,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) framing: Framing,
    /// The bytes that follow on the connection: WebSocket frames, or anything.
    pub(crate) after: Vec<u8>,
}

/// How the length of a body is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By `Content-Length`, truly.
    Length,
    /// By `Content-Length`, with this text.
    Claimed(String),
    /// In chunks of this size.
    Chunked(usize),
    /// In chunks whose sizes are wrong.
    Garbled,
    /// Not at all.
    None,
}

impl Request {
    fn new(method: &str, target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            version: "HTTP/1.1",
            headers: Vec::new(),
            body: body.into(),
            framing: Framing::Length,
            after: Vec::new(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// All valid requests.
#[derive(Debug)]
pub(crate) struct Corpus {
    host: String,
    requests: Vec<Request>,
}

impl Corpus {
    /// The requests to a node at this address, where the first client deploys a contract.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let deployment = Draft::new(0, 1).deploy(&COUNTER, Some(3)).sign();
        let contract = deployed_id(&deployment);
        let deploy = Request::new("POST", "/on/transactions/propagate", deployment.to_network_bytes())
            .with("content-type", "application/octet-stream");
        let mut requests =
            [questions(contract), chain(), transactions(contract), development(), graphql(), sockets()].concat();
        requests.push(deploy);
        Self { host: address.to_string(), requests }
    }

    /// One of them, changed.
    pub(crate) fn mutated(&self, random: &mut impl Rng) -> Request {
        let mut request = self.requests.choose(random).unwrap().clone();
        request.headers.insert(0, ("host".into(), self.host.clone().into()));
        let other = self.requests.choose(random).unwrap();
        // Most often one change: a request with more changes is refused earlier.
        for _ in 0..*[1, 1, 1, 2, 2, 3, 4].choose(random).unwrap() {
            mutation::mutate(&mut request, other, random);
        }
        request
    }
}

fn questions(contract: ContractId) -> Vec<Request> {
    let (transfer, stake, counter) =
        (format!("01{}", "00".repeat(31)), format!("02{}", "00".repeat(31)), HexId(&contract).to_string());
    let json = |target: String, body: &str| Request::new("POST", target, body).with("content-type", "application/json");
    vec![
        Request::new("POST", format!("/on/contracts:{counter}/read"), ""),
        Request::new("POST", format!("/on/contracts:{counter}/count"), "0x00"),
        Request::new("POST", format!("/on/contracts:{transfer}/chain_id"), ""),
        Request::new("POST", format!("/on/contracts:{transfer}/account"), vec![7; 200])
            .with("content-type", "application/octet-stream"),
        Request::new("POST", format!("/on/contracts:{stake}/stakes"), "").with("rusk-feeder", "1"),
        json(format!("/on/contracts:{stake}/stakes"), "null").with("rusk-feeder", "1"),
        json(format!("/on/contracts:{transfer}/contract_balance"), &format!("\"{counter}\"")),
        json(format!("/on/driver:{transfer}/encode_input_fn:account"), "\"x\""),
        Request::new("POST", format!("/on/driver:{transfer}/decode_output_fn:chain_id"), "0x00"),
        Request::new("POST", format!("/on/driver:{stake}/decode_event:stake"), vec![0; 300])
            .with("content-type", "application/octet-stream"),
        Request::new("POST", format!("/on/driver:{stake}/get_schema"), ""),
        Request::new("POST", format!("/on/contract:{counter}/metadata"), ""),
        Request::new("POST", format!("/on/contract:{counter}/status"), ""),
        Request::new("POST", format!("/on/contract:{counter}/download_driver"), ""),
        Request::new("POST", format!("/on/contract:{counter}/upload_driver"), COUNTER.clone())
            .with("content-type", "application/octet-stream")
            .with("sign", &"ab".repeat(48)),
        Request::new("POST", format!("/on/contract_owner:{counter}/x"), ""),
    ]
}

fn chain() -> Vec<Request> {
    let account = ACCOUNTS[1].id();
    vec![
        Request::new("POST", "/on/node/info", "").with("rusk-version", "1.0.0-rc.0"),
        Request::new("POST", "/on/node/provisioners", ""),
        Request::new("POST", "/on/network/peers", "5"),
        Request::new("POST", "/on/blocks/gas-price", "100"),
        Request::new("POST", format!("/on/account:{account}/status"), ""),
        Request::new("POST", format!("/on/blobs:{}/hash", "ab".repeat(32)), ""),
        Request::new("POST", format!("/on/blobs:{}/commitment", "ab".repeat(48)), ""),
        Request::new("POST", "/on/stats/account_count", ""),
        Request::new("POST", "/on/stats/tx_count", ""),
        Request::new("POST", "/on/prover/prove", vec![0; 64]),
        Request::new("GET", "/static/drivers/wallet-core.wasm", ""),
        Request::new("GET", "/", ""),
        Request::new("POST", "/", ""),
    ]
}

fn transactions(contract: ContractId) -> Vec<Request> {
    let drafts = [
        Draft::new(1, 1).pay(2, 5),
        Draft::new(1, 2).memo(b"for nothing"),
        Draft::new(2, 1).call(contract, "count").limit(3_000_000),
        Draft::new(3, 9).pay(1, 1),
    ];
    let of = |draft: &Draft| {
        let bytes = draft.clone().bytes();
        ["preverify", "propagate", "simulate"].map(|topic| {
            Request::new("POST", format!("/on/transactions/{topic}"), bytes.clone())
                .with("content-type", "application/octet-stream")
        })
    };
    let mut all: Vec<_> = drafts.iter().flat_map(of).collect();
    let text = format!("0x{}", hex::encode(drafts[0].clone().bytes()));
    all.push(Request::new("POST", "/on/transactions/preverify", text));
    all
}

fn development() -> Vec<Request> {
    let json = |topic: &str, body: &str| Request::new("POST", format!("/on/dev/{topic}"), body);
    vec![
        json("snapshot", ""),
        json("revert", ""),
        json("revert", r#"{"snapshot":1}"#),
        json("mine", r#"{"blocks":2}"#),
        json("warp", r#"{"seconds":60}"#),
        json("reset", "{}"),
    ]
}

fn graphql() -> Vec<Request> {
    let account = ACCOUNTS[0].id();
    let queries = [
        "{ block(height: -1) { header { height hash json } status transactions { id raw tx { json memo } } reward } }"
            .to_owned(),
        "query q($n: Int!) { blocks(last: $n) { header { height } gasSpent ...f } } fragment f on Block { fees }"
            .to_owned(),
        "{ blocks(range: [0, 5]) { transactions { id err tx { callData { data fnName } blobHashes } } } }".to_owned(),
        "{ transactions(last: 20) { id err gasSpent output tx { json raw } } }".to_owned(),
        format!("{{ tx(hash: \"{}\") {{ id }} mempoolTx(hash: \"{0}\") {{ id }} }}", "cd".repeat(32)),
        "{ mempoolTxs { id gasPrice txType } lastBlockPair { json } nextPhoenix(height: 0) }".to_owned(),
        "{ contractEvents(height: -1) { json } checkBlock(height: 1, hash: \"00\") }".to_owned(),
        format!("{{ fullMoonlightHistory(address: \"{account}\", ord: \"desc\", fromBlock: 0) {{ json }} }}"),
        format!("{{ moonlightHistory(sender: \"{account}\", maxCount: 5, pageCount: 1) {{ json }} }}"),
        format!(
            "{{ finalizedEvents(contractId: \"01{}\", limit: 10, cursor: \"djE6MQ==\") {{ json }} }}",
            "00".repeat(31)
        ),
        "{ __schema { types { name fields { name args { name type { name } } } } } }".to_owned(),
    ];
    let mut all = Vec::new();
    for query in &queries {
        all.push(Request::new("POST", "/on/graphql/query", query.as_bytes()).with("rusk-gqlvar-n", "3"));
        let body = serde_json::json!({ "query": query, "variables": { "n": 3 }, "operationName": null });
        all.push(Request::new("POST", "/graphql", body.to_string()).with("content-type", "application/json"));
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        all.push(Request::new("GET", format!("/graphql?query={encoded}&variables=%7B%22n%22%3A3%7D"), ""));
    }
    let batch: Vec<_> = queries.iter().take(3).map(|query| serde_json::json!({ "query": query })).collect();
    all.push(Request::new("POST", "/graphql", serde_json::Value::from(batch).to_string()));
    all
}

fn sockets() -> Vec<Request> {
    let upgrade = || {
        Request::new("GET", "/on", "")
            .with("connection", "upgrade")
            .with("upgrade", "websocket")
            .with("sec-websocket-version", "13")
            .with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let frames: [&[u8]; 4] = [
        // A masked text, ping, binary frame and close.
        &[0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2],
        &[0x89, 0x80, 0, 0, 0, 0],
        &[0x82, 0xfe, 0, 130, 0, 0, 0, 0],
        &[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8],
    ];
    let mut all: Vec<_> = frames.iter().map(|frame| Request { after: frame.to_vec(), ..upgrade() }).collect();
    all.push(Request { after: frames.concat(), ..upgrade() });
    for method in ["GET", "DELETE"] {
        all.push(Request::new(method, "/on/blocks/accepted", "").with("rusk-session-id", &"0f".repeat(16)));
    }
    all
}

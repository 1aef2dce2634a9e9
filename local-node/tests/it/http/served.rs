//! A node that is served over a real socket, and its client.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node::block::TxId;
use local_node::http::{Bounds, Options, Server};
use local_node::{Config, NodeHandle, spawn};
use local_node_types::ledger::LedgerTransaction;
use serde_json::Value;
use tungstenite::WebSocket;

use crate::common::module_cache;

/// The transfer contract, as a RUES target.
pub(crate) const TRANSFER: &str = "contracts:0100000000000000000000000000000000000000000000000000000000000000";
/// The stake contract, as a RUES target.
pub(crate) const STAKE: &str = "contracts:0200000000000000000000000000000000000000000000000000000000000000";

/// How long the server waits for a client that neither reads nor writes. On a slow machine, a test may be busy with
/// other work for long.
const PATIENCE: Duration = Duration::from_secs(600);

/// A node with its interface, and a client of it.
pub(crate) struct Served {
    // Holds the node and its server alive.
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) node: NodeHandle,
    pub(crate) server: Server,
    pub(crate) client: ureq::Agent,
}

/// The response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) version: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().expect("the answer is an error").to_owned()
    }
}

impl Served {
    pub(crate) fn start() -> Self {
        Self::with(Config { module_cache: module_cache(), ..Config::default() })
    }

    /// A node whose chain is in a folder.
    pub(crate) fn start_in(folder: &Path) -> Self {
        Self::with(Config { data: Some(folder.to_owned()), module_cache: module_cache(), ..Config::default() })
    }

    pub(crate) fn with(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (node, server) = runtime.block_on(async {
            let node = spawn(config).await.expect("the node starts");
            let bounds = Bounds { silence: PATIENCE, stall: PATIENCE, ping: PATIENCE, ..Bounds::default() };
            let options = Options { bounds, ..Options::default() };
            let server = Server::start_with(node.clone(), ([127, 0, 0, 1], 0).into(), options).await;
            (node, server.expect("a port is free"))
        });
        let client = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Self { runtime, node, server, client }
    }

    /// Ends the node, so that another can have its folder.
    pub(crate) fn stop(self) {
        let Self { runtime, node, server, .. } = self;
        runtime.block_on(async {
            server.stop().await;
            node.shutdown().await;
        });
    }

    pub(crate) fn post(&self, path: &str, content_type: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.server.url())).content_type(content_type);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body).expect("the server answers");
        Answer {
            status: response.status().as_u16(),
            version: response.headers()["rusk-version"].to_str().unwrap().to_owned(),
            body: response.body_mut().read_to_vec().unwrap(),
        }
    }

    /// As wallets ask.
    pub(crate) fn ask(&self, path: &str, body: &[u8]) -> Answer {
        self.post(path, "application/octet-stream", &[("rusk-version", "1.0.0-rc.0")], body)
    }

    pub(crate) fn graphql(&self, query: &str) -> Value {
        let answer = self.ask("/on/graphql/query", query.as_bytes());
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Announces a body of that many bytes and sends none: the answer has to come before it.
    pub(crate) fn announce(&self, path: &str, bytes: usize) -> String {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {bytes}\r\n\r\n").unwrap();
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    /// Sends a transaction and waits for its block as wallets do.
    pub(crate) fn send(&self, transaction: &Transaction) -> Value {
        let bytes = transaction.to_network_bytes();
        assert_eq!(self.ask("/on/transactions/preverify", &bytes).status, 202);
        let sent = self.ask("/on/transactions/propagate", &bytes);
        assert_eq!((sent.status, sent.body.len()), (202, 0));
        let id = id(transaction);
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let found = self.graphql(&format!(
                "query {{ tx(hash: \"{id}\") {{ id err gasSpent blockHeight blockHash raw tx {{ json txType isDeploy contractId }} }} }}"
            ));
            if !found["tx"].is_null() {
                return found["tx"].clone();
            }
            assert!(Instant::now() < deadline, "the transaction is in no block");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The id of a transaction.
pub(crate) fn id(transaction: &Transaction) -> TxId {
    TxId::of(&LedgerTransaction::new(transaction.clone(), TransactionFormat::Aegis))
}

/// The next event of a socket: its header and its data.
pub(crate) fn next_event(socket: &mut WebSocket<TcpStream>) -> (Value, Vec<u8>) {
    let frame = loop {
        if let tungstenite::Message::Binary(frame) = socket.read().expect("an event comes") {
            break frame;
        }
    };
    let length = u32::from_le_bytes(frame[..4].try_into().unwrap()) as usize;
    (serde_json::from_slice(&frame[4..4 + length]).unwrap(), frame[4 + length..].to_vec())
}

/// Most tests only ask, so they share a node.
pub(crate) static SHARED: LazyLock<Served> = LazyLock::new(Served::start);

//! A node's interface (the book, "The HTTP interface"): how to ask, and what deployments and calls ask.
//!
//! | module | asks |
//! |---|---|
//! | `queries` | blocks, transactions, accounts, contracts |
//! | `control` | a development node to go back or forth |
//! | `socket` | to be told of new blocks |

mod control;
mod error;
mod queries;
mod socket;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::moonlight::AccountData;
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use serde::Deserialize;
use serde_json::Value;
use ureq::Agent;

pub(crate) use self::control::{Change, LinkRule, NetworkPlace};
pub(crate) use self::error::ClientError;
pub(crate) use self::queries::{
    AccountState, Attestation, Block, BlockEvents, BlockTransaction, MAX_RECENT, Metadata, Pending, Place, Seen,
};
pub(crate) use self::socket::{Heard, Socket};
use crate::ops::exact;
use crate::ops::tls::{self, CONNECT_TIMEOUT, Roots};

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;
/// How long a node may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a node of this machine may take to answer what it knows at once.
const NEAR_TIMEOUT: Duration = Duration::from_secs(3);
/// The form of bodies that are no text.
const BINARY: &str = "application/octet-stream";
/// The media type of JSON.
const JSON: &str = "application/json";
/// Tells a node that what a call feeds is wanted.
const FEEDER_HEADER: &str = "Rusk-Feeder";
/// The answer to a transaction that is not in a block yet comes with this.
const NO_GAS: u64 = 0;

/// Why a node cannot have received a request.
const REFUSED: &str = "connection refused";
/// Where transactions are handed in.
const PROPAGATE: &str = "transactions/propagate";

/// A connection to one node, or to whichever of several nodes of a chain is there.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    urls: Arc<[String]>,
    /// The place of the node that is asked. It moves on when that node is gone.
    current: Arc<AtomicUsize>,
    agent: Agent,
    roots: Roots,
}

/// The result of a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Simulation {
    /// Gas that the transaction would be charged.
    #[serde(rename = "gas-spent")]
    pub(crate) gas_spent: u64,
    /// Why it would fail.
    pub(crate) error: Option<String>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Included {
    /// Why it failed.
    pub(crate) err: Option<String>,
    /// Gas that it was charged.
    #[serde(deserialize_with = "number")]
    pub(crate) gas_spent: u64,
    /// The block's height.
    #[serde(deserialize_with = "number")]
    pub(crate) block_height: u64,
}

/// An event of a block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct BlockEvent {
    /// The transaction's id, in hexadecimal.
    pub(crate) origin: String,
    /// The contract's id, in hexadecimal.
    pub(crate) source: String,
    /// Its topic.
    pub(crate) topic: String,
    /// Its data (rkyv).
    #[serde(with = "hex::serde")]
    pub(crate) data: Vec<u8>,
    /// Whether the call that emitted it was undone.
    #[serde(default)]
    pub(crate) reverted: bool,
}

impl Client {
    /// For the node at this address.
    pub(crate) fn new(url: &str) -> Self {
        Self::among(&[url.to_owned()])
    }

    /// For the nodes of one chain at these addresses, at least one: the first, and the next when it is gone.
    pub(crate) fn among(urls: &[String]) -> Self {
        Self::with_roots(urls, Roots::from_environment(), ANSWER_TIMEOUT)
    }

    /// As [`among`](Self::among), beginning with the node whose chain is highest: one that has just started is behind,
    /// and would say that what was deployed a moment ago is not there.
    pub(crate) fn among_the_furthest(urls: &[String]) -> Self {
        let client = Self::among(urls);
        if urls.len() > 1 {
            let height = |url: &str| Self::near(url).tip().ok().map(|(height, _)| height);
            let heights: Vec<Option<u64>> = std::thread::scope(|scope| {
                let asked: Vec<_> = urls.iter().map(|url| scope.spawn(move || height(url))).collect();
                asked.into_iter().map(|asked| asked.join().ok().flatten()).collect()
            });
            let furthest = heights.iter().flatten().max();
            let place = heights.iter().position(|height| height.is_some() && height.as_ref() == furthest);
            client.current.store(place.unwrap_or_default(), Ordering::Relaxed);
        }
        client
    }

    /// For a node of this machine, which answers within seconds or not at all.
    pub(crate) fn near(url: &str) -> Self {
        Self::with_roots(&[url.to_owned()], Roots::from_environment(), NEAR_TIMEOUT)
    }

    fn with_roots(urls: &[String], roots: Roots, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .tls_config(roots.for_requests())
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .user_agent(concat!("cargo-dusk/", env!("CARGO_PKG_VERSION")))
            .build();
        let urls = urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        Self { urls, current: Arc::default(), agent: Agent::new_with_config(config), roots }
    }

    /// The node's address.
    pub(crate) fn url(&self) -> &str {
        &self.urls[self.current.load(Ordering::Relaxed) % self.urls.len()]
    }

    /// Sends a request, and sends it again to the next node while nodes are gone. A transaction that a node may have
    /// received is not sent again: the next node would refuse the copy.
    fn at_a_living_node<T>(&self, topic: &str, request: impl Fn() -> Result<T, ClientError>) -> Result<T, ClientError> {
        for _ in 1..self.urls.len() {
            let place = self.current.load(Ordering::Relaxed);
            match request() {
                Err(ClientError::Unreachable { reason, .. }) if topic != PROPAGATE || reason == REFUSED => {
                    // Another clone may have moved on already.
                    let _ = self.current.compare_exchange(place, place + 1, Ordering::Relaxed, Ordering::Relaxed);
                }
                answer => return answer,
            }
        }
        request()
    }

    /// Calls a contract without a transaction.
    pub(crate) fn query(&self, contract: &ContractId, function: &str, argument: &[u8]) -> Result<Vec<u8>, ClientError> {
        self.post(&topic(contract, function), argument)
    }

    /// Calls a contract's function that feeds, with arguments in JSON, and gives what it fed. The node divides the
    /// items by the contract's driver; their bytes alone would not say where one ends.
    pub(crate) fn feed(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &Value,
    ) -> Result<Vec<Value>, ClientError> {
        let topic = topic(contract, function);
        let answer = self.at_a_living_node(&topic, || {
            let request = self.agent.post(format!("{}/on/{topic}", self.url())).header(FEEDER_HEADER, "1");
            self.answer(&topic, request.content_type(JSON).send(arguments.to_string()))
        })?;
        let items = std::str::from_utf8(&answer).map_err(|error| self.strange(&topic, error))?;
        match exact::read(items, exact::Large::Text).map_err(|reason| self.strange(&topic, reason))? {
            Value::Array(items) => Ok(items),
            _ => Err(self.strange(&topic, "it is not a list")),
        }
    }

    /// Nonce and balance of an account.
    pub(crate) fn account(&self, key: &PublicKey) -> Result<AccountData, ClientError> {
        let argument = rkyv::to_bytes::<_, 256>(key).map_err(|error| self.strange("account", error))?;
        let answer = self.query(&TRANSFER_CONTRACT, "account", &argument)?;
        rkyv::from_bytes(&answer).map_err(|error| self.strange("account", error))
    }

    /// The chain's id.
    pub(crate) fn chain_id(&self) -> Result<u8, ClientError> {
        let answer = self.query(&TRANSFER_CONTRACT, "chain_id", &[])?;
        match answer.as_slice() {
            [id] => Ok(*id),
            other => Err(self.strange("chain_id", format!("{} bytes", other.len()))),
        }
    }

    /// The hash of the chain's first block: it tells chains apart.
    pub(crate) fn genesis(&self) -> Result<String, ClientError> {
        let data = self.graphql("query { block(height: 0) { header { hash } } }")?;
        let hash = data.pointer("/block/header/hash").and_then(Value::as_str);
        hash.map(str::to_owned).ok_or_else(|| self.strange("block", "there is no block 0"))
    }

    /// Runs a transaction on the tip's state and forgets what it changed.
    pub(crate) fn simulate(&self, transaction: &Transaction) -> Result<Simulation, ClientError> {
        let answer = self.post("transactions/simulate", &transaction.to_network_bytes())?;
        serde_json::from_slice(&answer).map_err(|error| self.strange("simulate", error))
    }

    /// Hands a transaction in.
    pub(crate) fn propagate(&self, transaction: &Transaction) -> Result<(), ClientError> {
        let bytes = transaction.to_network_bytes();
        self.post("transactions/preverify", &bytes)?;
        self.post(PROPAGATE, &bytes).map(|_| ())
    }

    /// The transaction, once it is in a block.
    pub(crate) fn transaction(&self, id: &str) -> Result<Option<Included>, ClientError> {
        let data = self.graphql(&format!("query {{ tx(hash: \"{id}\") {{ id, err, gasSpent, blockHeight }} }}"))?;
        match data.get("tx") {
            None | Some(Value::Null) => Ok(None),
            Some(found) => Included::deserialize(found).map(Some).map_err(|error| self.strange("tx", error)),
        }
    }

    /// The bytes that a transaction's call returned. Only development nodes keep them.
    pub(crate) fn output(&self, id: &str) -> Result<Option<Vec<u8>>, ClientError> {
        let data = match self.graphql(&format!("query {{ tx(hash: \"{id}\") {{ output }} }}")) {
            Err(ClientError::Refused { message, .. }) if message.contains("Unknown field") => return Ok(None),
            answer => answer?,
        };
        let output = data.pointer("/tx/output").and_then(Value::as_str);
        output.map(hex::decode).transpose().map_err(|error| self.strange("output", error))
    }

    /// Whether the block at this height can no longer change.
    pub(crate) fn is_final(&self, height: u64) -> Result<bool, ClientError> {
        let data = self.graphql(&format!("query {{ block(height: {height}) {{ status }} }}"))?;
        // A label with the number of blocks that it took: `{"Final": 1}`.
        Ok(data.pointer("/block/status/Final").is_some())
    }

    /// All events of a block. Nodes without an archive have none to tell.
    pub(crate) fn events(&self, height: u64) -> Result<Vec<BlockEvent>, ClientError> {
        let data = match self.graphql(&format!("query {{ contractEvents(height: {height}) {{ json }} }}")) {
            Err(ClientError::Refused { message, .. }) if message.contains("Unknown field") => return Ok(Vec::new()),
            other => other?,
        };
        match data.pointer("/contractEvents/json") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(events) => Vec::deserialize(events).map_err(|error| self.strange("contractEvents", error)),
        }
    }

    /// Gives the network a contract's data driver. `signature`: the owner's over SHA3-256 of it.
    pub(crate) fn upload_driver(
        &self,
        contract: &ContractId,
        driver: &[u8],
        signature: &[u8],
    ) -> Result<(), ClientError> {
        let topic = format!("contract:{}/upload_driver", hex::encode(contract.as_bytes()));
        self.at_a_living_node(&topic, || {
            let request = self.agent.post(format!("{}/on/{topic}", self.url())).header("sign", hex::encode(signature));
            self.answer(&topic, request.content_type(BINARY).send(driver)).map(drop)
        })
    }

    fn graphql(&self, query: &str) -> Result<Value, ClientError> {
        let answer = self.post("graphql/query", query.as_bytes())?;
        let mut document: Value = serde_json::from_slice(&answer).map_err(|error| self.strange("graphql", error))?;
        if let Some(message) = document.pointer("/errors/0/message").and_then(Value::as_str) {
            return Err(ClientError::Refused { status: 200, message: message.to_owned() });
        }
        // Without errors the answer is the data itself; the standard form has it under a key.
        Ok(document.get_mut("data").map(Value::take).unwrap_or(document))
    }

    fn post(&self, topic: &str, body: &[u8]) -> Result<Vec<u8>, ClientError> {
        self.send(topic, BINARY, body)
    }

    fn send(&self, topic: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, ClientError> {
        self.at_a_living_node(topic, || {
            let request = self.agent.post(format!("{}/on/{topic}", self.url()));
            self.answer(topic, request.content_type(content_type).send(body))
        })
    }

    /// The body of an answer, or why there is none.
    fn answer(
        &self,
        topic: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Vec<u8>, ClientError> {
        let mut answer = answer.map_err(|error| self.failed(&error))?;
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("another address");
            return Err(ClientError::Redirected { url: self.url().to_owned(), to: to.to_owned() });
        }
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let body = body.map_err(|error| self.strange(topic, error))?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let message = serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|document| document.get("error")?.as_str().map(str::to_owned))
            .unwrap_or_else(|| String::from_utf8_lossy(&body).chars().take(500).collect());
        let message = if message.is_empty() { format!("status {status}") } else { message };
        Err(ClientError::Refused { status, message })
    }

    fn failed(&self, error: &ureq::Error) -> ClientError {
        let url = self.url().to_owned();
        let encrypted = url.starts_with("https:");
        if let Some(reason) = self.roots.problem.clone().filter(|_| encrypted).or_else(|| tls::distrust(error)) {
            return ClientError::Untrusted { url, reason };
        }
        let reason = match error {
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => REFUSED.to_owned(),
            error if tls::is_plain(error) => return ClientError::NotEncrypted { url },
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                "the connection takes too long".to_owned()
            }
            ureq::Error::Timeout(_) => return ClientError::Slow { url },
            other => other.to_string(),
        };
        ClientError::Unreachable { url, reason }
    }

    fn strange(&self, request: &str, reason: impl std::fmt::Display) -> ClientError {
        ClientError::Strange { url: self.url().to_owned(), request: request.to_owned(), reason: reason.to_string() }
    }
}

/// Where a contract's function is called. Contracts name functions as they like: a name cannot change where it leads.
fn topic(contract: &ContractId, function: &str) -> String {
    let mut topic = format!("contracts:{}/", hex::encode(contract.as_bytes()));
    for byte in function.bytes() {
        if byte.is_ascii_alphanumeric() || b"_-".contains(&byte) {
            topic.push(char::from(byte));
        } else {
            write!(topic, "%{byte:02X}").expect("strings take all");
        }
    }
    topic
}

/// A number, also where it stands as text or as a float, as GraphQL has large ones.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Whole(u64),
        Float(f64),
        Text(String),
        Nothing,
    }
    match Form::deserialize(from)? {
        Form::Whole(number) => Ok(number),
        Form::Float(number) => format!("{number:.0}").parse().map_err(serde::de::Error::custom),
        Form::Text(text) => text.parse().map_err(serde::de::Error::custom),
        Form::Nothing => Ok(NO_GAS),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with this status and body.
    fn serve(status: &str, body: &str) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Client::new(&format!("http://{}/", listener.local_addr().unwrap()));
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        client
    }

    #[test]
    fn a_functions_name_cannot_lead_elsewhere() {
        let topic = topic(&ContractId::from_bytes([1; 32]), "a?b#c/../%2e ü_9-Z");
        assert!(topic.ends_with("/a%3Fb%23c%2F%2E%2E%2F%252e%20%C3%BC_9-Z"), "{topic}");
    }

    #[test]
    fn answers_come_bare_or_wrapped() {
        let hash = |client: Client| client.genesis().unwrap();
        assert_eq!(hash(serve("200 OK", r#"{"block":{"header":{"hash":"ab"}}}"#)), "ab");
        assert_eq!(hash(serve("200 OK", r#"{"data":{"block":{"header":{"hash":"ab"}}}}"#)), "ab");
    }

    #[test]
    fn a_transaction_is_there_or_not_yet() {
        assert_eq!(serve("200 OK", r#"{"tx":null}"#).transaction("00").unwrap(), None);
        let body = r#"{"tx":{"id":"00","err":null,"gasSpent":12.0,"blockHeight":"3"}}"#;
        let included = Included { err: None, gas_spent: 12, block_height: 3 };
        assert_eq!(serve("200 OK", body).transaction("00").unwrap(), Some(included));
    }

    #[test]
    fn what_a_call_returned_is_known_to_some_nodes() {
        assert_eq!(serve("200 OK", r#"{"tx":{"output":"0aff"}}"#).output("00").unwrap(), Some(vec![10, 255]));
        assert_eq!(serve("200 OK", r#"{"tx":{"output":null}}"#).output("00").unwrap(), None);
        let unknown =
            r#"{"data":null,"errors":[{"message":"Unknown field \"output\" on type \"SpentTransaction\"."}]}"#;
        assert_eq!(serve("200 OK", unknown).output("00").unwrap(), None);
        assert!(serve("200 OK", r#"{"tx":{"output":"zz"}}"#).output("00").is_err());
    }

    #[test]
    fn a_block_is_final_by_its_label() {
        for (status, is_final) in [(r#"{"Final":1}"#, true), (r#"{"Attested":1}"#, false)] {
            let client = serve("200 OK", &format!(r#"{{"block":{{"status":{status}}}}}"#));
            assert_eq!(client.is_final(7).unwrap(), is_final);
        }
        assert!(!serve("200 OK", r#"{"block":null}"#).is_final(7).unwrap());
    }

    #[test]
    fn refusals_carry_the_nodes_words() {
        let error = serve("400 Bad Request", r#"{"error":"nonce used"}"#).chain_id().unwrap_err();
        assert_eq!(error.to_string(), "nonce used");
        let error = serve("200 OK", r#"{"data":null,"errors":[{"message":"bad query"}]}"#).genesis().unwrap_err();
        assert_eq!(error.to_string(), "bad query");
        let error = serve("503 Service Unavailable", "").chain_id().unwrap_err();
        assert_eq!(error.to_string(), "status 503");
        assert!(serve("200 OK", "abc").chain_id().unwrap_err().to_string().contains("3 bytes"));
    }

    #[test]
    fn a_closed_port_is_told_from_a_strange_answer() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = Client::new(&format!("http://127.0.0.1:{port}")).chain_id().unwrap_err();
        assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
        assert!(matches!(serve("200 OK", "<html>").genesis().unwrap_err(), ClientError::Strange { .. }));
    }

    #[test]
    fn the_next_node_is_asked_when_one_is_gone() {
        let gone = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let there = serve("200 OK", r#"{"block":{"header":{"hash":"ab"}}}"#);
        let urls = [format!("http://{}", gone()), format!("http://{}", gone()), there.url().to_owned()];
        let client = Client::among(&urls);
        assert_eq!(client.genesis().unwrap(), "ab");
        assert_eq!(client.url(), there.url(), "later requests go there at once");
        let none = Client::among(&urls[..2]);
        assert!(matches!(none.genesis().unwrap_err(), ClientError::Unreachable { .. }));
        // An address that answers is not replaced, also if the answer is wrong.
        let refuses = serve("503 Service Unavailable", "");
        let client = Client::among(&[refuses.url().to_owned(), urls[2].clone()]);
        assert_eq!(client.genesis().unwrap_err().to_string(), "status 503");
    }

    #[test]
    fn the_node_with_the_highest_chain_is_asked_first() {
        let at =
            |height: u64| serve("200 OK", &format!(r#"{{"block":{{"header":{{"height":{height},"hash":"ab"}}}}}}"#));
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let nodes = [at(3), at(5), at(5)];
        let mut urls = vec![format!("http://{gone}")];
        urls.extend(nodes.iter().map(|node| node.url().to_owned()));
        assert_eq!(Client::among_the_furthest(&urls).url(), nodes[1].url());
        // Where none tells its height, the first one gives the reason.
        let none = [urls[0].clone(), urls[0].clone()];
        assert_eq!(Client::among_the_furthest(&none).url(), urls[0]);
    }

    #[test]
    fn a_transaction_is_not_sent_again_if_a_node_may_have_it() {
        let count = std::cell::Cell::new(0);
        let client = Client::among(&["http://a".to_owned(), "http://b".to_owned()]);
        let send = |topic: &str, reason: &str| {
            count.set(0);
            let _ = client.at_a_living_node(topic, || {
                count.set(count.get() + 1);
                Err::<(), _>(ClientError::Unreachable { url: String::new(), reason: reason.to_owned() })
            });
            count.get()
        };
        assert_eq!(send(PROPAGATE, "connection reset"), 1);
        assert_eq!(send(PROPAGATE, REFUSED), 2);
        assert_eq!(send("graphql/query", "connection reset"), 2);
    }

    #[test]
    fn redirections_are_not_followed() {
        let elsewhere = "308 Permanent Redirect\r\nlocation: http://127.0.0.1:1/";
        let error = serve(elsewhere, "").chain_id().unwrap_err();
        assert!(error.to_string().contains("redirects to http://127.0.0.1:1/"), "{error}");
    }

    #[test]
    fn changes_of_a_node_are_asked_for_in_json() {
        let answer = serve("200 OK", r#"{"height":5}"#).control(Change::Mine(5)).unwrap();
        assert_eq!(answer["height"], 5);
        let error = serve("403 Forbidden", r#"{"error":"not here"}"#).control(Change::Reset).unwrap_err();
        assert!(matches!(error, ClientError::Refused { status: 403, .. }), "{error}");
    }

    #[test]
    fn nodes_without_an_archive_tell_no_events() {
        let body = r#"{"data":null,"errors":[{"message":"Unknown field \"contractEvents\" on type \"Query\"."}]}"#;
        assert_eq!(serve("200 OK", body).events(3).unwrap(), Vec::new());
        let body =
            r#"{"contractEvents":{"json":[{"origin":"aa","source":"bb","topic":"t","data":"00ff","reverted":false}]}}"#;
        let events = serve("200 OK", body).events(3).unwrap();
        assert_eq!((events[0].topic.as_str(), events[0].data.as_slice()), ("t", &[0, 255][..]));
    }
}

#[cfg(test)]
#[path = "client/tls_tests.rs"]
mod tls_tests;

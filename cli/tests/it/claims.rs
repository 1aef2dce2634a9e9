//! Deployments that somebody changes, or overtakes, between `cargo dusk` and the node.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::{ContractDeploy, TransactionData};
use dusk_core::transfer::moonlight::Transaction as Moonlight;
use local_node::accounts::{DevAccount, dev_accounts};

use crate::support::{Place, RunningNode, turn};

/// A relay's change of a deployment before it passes it on.
type Mischief = dyn Fn(&Upstream, Transaction) -> Transaction + Send + Sync;

/// Which requests a relay answers with status 503, by path and body, after it has passed the first transaction on.
type Silence = fn(&str, &[u8]) -> bool;

/// Changes a deployment that is signed already.
type Change = fn(&mut ContractDeploy);

/// The node behind a relay.
struct Upstream(String);

impl Upstream {
    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let agent = ureq::Agent::new_with_config(config);
        let mut answer = agent.post(format!("{}{path}", self.0)).content_type(content_type).send(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().unwrap())
    }

    /// Hands in a transaction and waits until it is in a block.
    fn include(&self, transaction: &Transaction) {
        let bytes = transaction.to_network_bytes();
        let (status, answer) = self.post("/on/transactions/propagate", "application/octet-stream", &bytes);
        assert!((200..300).contains(&status), "{}", String::from_utf8_lossy(&answer));
        let id = hex::encode(dusk_bytes::Serializable::to_bytes(&transaction.hash()));
        let query = format!("query {{ tx(hash: \"{id}\") {{ id err }} }}");
        // Two minutes: a slow machine needs less, so the transaction is lost after that time.
        for _ in 0..4_800 {
            let (_, answer) = self.post("/on/graphql/query", "application/json", query.as_bytes());
            let answer = String::from_utf8_lossy(&answer).into_owned();
            if answer.contains(&id) {
                assert!(answer.contains("\"err\":null"), "{answer}");
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("transaction {id} is in no block");
    }
}

/// Starts a relay in front of a node, and gives its address. It ends with the test's process.
fn relay(node: &RunningNode, mischief: Arc<Mischief>) -> String {
    Relay::start(node, mischief, |_, _| false).url
}

/// A relay in front of a node.
struct Relay {
    url: String,
    /// How many transactions it was given.
    propagated: Arc<AtomicUsize>,
    /// How many requests it has not answered.
    silenced: Arc<AtomicUsize>,
}

impl Relay {
    fn start(node: &RunningNode, mischief: Arc<Mischief>, silence: Silence) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = Arc::new(Upstream(node.url.clone()));
        let relay = Self { url, propagated: Arc::default(), silenced: Arc::default() };
        let (propagated, silenced) = (Arc::clone(&relay.propagated), Arc::clone(&relay.silenced));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (upstream, mischief) = (Arc::clone(&upstream), Arc::clone(&mischief));
                let (propagated, silenced) = (Arc::clone(&propagated), Arc::clone(&silenced));
                std::thread::spawn(move || {
                    pass_on(&stream.unwrap(), &upstream, &|upstream: &Upstream, path: &str, mut body: Vec<u8>| {
                        if path == "/on/transactions/propagate" {
                            propagated.fetch_add(1, Ordering::SeqCst);
                            body = mischief(upstream, Transaction::from_slice(&body).unwrap()).to_network_bytes();
                        }
                        let is_silent = propagated.load(Ordering::SeqCst) > 0 && silence(path, &body);
                        silenced.fetch_add(usize::from(is_silent), Ordering::SeqCst);
                        (body, is_silent)
                    });
                });
            }
        });
        relay
    }
}

/// Gives the body that is passed on, and whether the answer is withheld.
type Tampering<'a> = &'a dyn Fn(&Upstream, &str, Vec<u8>) -> (Vec<u8>, bool);

/// One request and its answer. `change` gives the body that is passed on, and whether the answer is withheld.
fn pass_on(mut stream: &TcpStream, upstream: &Upstream, change: Tampering<'_>) {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let path = line().split(' ').nth(1).unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty()))
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let (body, is_silent) = change(upstream, &path, body);
    let answer = upstream.post(&path, header("content-type"), &body);
    let (status, answer) = if is_silent { (503, Vec::new()) } else { answer };
    let head = format!("HTTP/1.1 {status} Answer\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    stream.write_all(&[head.as_bytes(), &answer].concat()).unwrap();
}

/// The same signed transaction with other unsigned bytes.
fn with_deployment(transaction: &Transaction, change: impl Fn(&mut ContractDeploy)) -> Transaction {
    let mut deploy = transaction.deploy().unwrap().clone();
    let sent = TransactionData::Deploy(deploy.clone()).to_var_bytes();
    change(&mut deploy);
    let changed = TransactionData::Deploy(deploy).to_var_bytes();
    // The deployment is the last of the payload; the signature comes after it, and the payload's length before it.
    let Transaction::Moonlight(moonlight) = transaction else { panic!("the command sends from an account") };
    let bytes = moonlight.to_var_bytes();
    let at = bytes.windows(sent.len()).position(|window| window == sent).unwrap();
    let (payload, rest) = bytes[8..].split_at(usize::from_le_bytes(bytes[..8].try_into().unwrap()));
    let payload = [&payload[..at - 8], &changed, &payload[at - 8 + sent.len()..]].concat();
    let bytes = [&(payload.len() as u64).to_le_bytes()[..], &payload, rest].concat();
    Transaction::Moonlight(Moonlight::from_slice(&bytes).unwrap())
}

/// A deployment of somebody else.
fn deployment_by(account: &DevAccount, like: &Transaction, deploy: ContractDeploy) -> Transaction {
    let (limit, price) = (like.gas_limit(), like.gas_price());
    let data = Some(TransactionData::Deploy(deploy));
    Transaction::moonlight(account.secret_key(), None, 0, 0, limit, price, 1, 0, data).unwrap()
}

/// A project with the template counter, and a node.
fn scene() -> (Place, RunningNode) {
    let mut place = Place::new();
    place.dusk(&["new", "count", "--template", "counter"]).exits(0);
    place.enter("count");
    let node = RunningNode::start(&place, "0");
    (place, node)
}

const DEPLOY: [&str; 5] = ["deploy", "--init", "[10]", "--from", "alice"];

#[test]
fn an_overtaken_deployment_names_the_account_that_has_its_id() {
    let _turn = turn();
    let (place, node) = scene();
    let mallorys = dev_accounts().last().unwrap().id().to_string();
    // Mallory sees alice's deployment wait, and deploys the same code first: under the same id, with alice as the
    // owner.
    let front_run = relay(
        &node,
        Arc::new(|upstream: &Upstream, transaction: Transaction| {
            let accounts = dev_accounts();
            let mallory = accounts.last().unwrap();
            upstream.include(&deployment_by(mallory, &transaction, transaction.deploy().unwrap().clone()));
            transaction
        }),
    );
    let planned = place.dusk(&[&DEPLOY[..], &["--network", &node.url, "--dry-run", "--json"]].concat()).exits(0);
    let id = planned.document()["contract"].as_str().unwrap().to_owned();
    let taken = place.dusk(&[&DEPLOY[..], &["--network", &front_run]].concat()).exits(1);
    let says = |part: &str| assert!(taken.stderr.contains(part), "`{part}` is missing:\n{}", taken.stderr);
    says(&format!("error: the id {id} is taken: account {mallorys} has deployed there in block "));
    says("hint: do not use that contract: it is not yours, even if it names you as its owner");
    assert_eq!(taken.stdout, "");

    // Nothing is remembered of it. The contract there states alice as its owner, and is mallory's.
    let unknown = place.dusk(&["call", "counter", "value", "--network", &node.url]).exits(2);
    assert!(unknown.stderr.contains("no contract `counter` is deployed here"), "{}", unknown.stderr);
    let stands = place.dusk(&["inspect", &id, "--network", &node.url, "--json"]).exits(0).document();
    assert_eq!(stands["owner"], dev_accounts()[0].id().to_string(), "{stands}");

    // The same command goes on under another id, also where the id was taken before anything was sent.
    let done = place.dusk(&[&DEPLOY[..], &["--network", &node.url, "--json"]].concat()).exits(0).document();
    assert_ne!(done["contract"].as_str(), Some(id.as_str()), "{done}");
    let alices = dev_accounts()[0].id().to_string();
    assert_eq!((done["sender"].as_str(), done["owner"].as_str()), (Some(&*alices), Some(&*alices)), "{done}");
}

#[test]
fn an_id_that_is_taken_is_not_asked_for() {
    let _turn = turn();
    let (place, node) = scene();
    let on = |more: &[&str]| place.dusk(&[&DEPLOY[..], &["--network", &node.url, "--json"], more].concat());
    // A relay that keeps alice's deployment to itself, and takes its id.
    let swallow = relay(
        &node,
        Arc::new(|upstream: &Upstream, transaction: Transaction| {
            let accounts = dev_accounts();
            let mallory = accounts.last().unwrap();
            let theirs = deployment_by(mallory, &transaction, transaction.deploy().unwrap().clone());
            upstream.include(&theirs);
            // The node knows the passed-on transaction already, so the command ends at once.
            theirs
        }),
    );
    let before = on(&["--dry-run"]).exits(0).document();
    place.dusk(&[&DEPLOY[..], &["--network", &swallow]].concat()).exits(1);
    let after = on(&["--dry-run"]).exits(0).document();
    assert_eq!(after["nonce"], before["nonce"], "alice has sent nothing");
    assert_ne!(after["contract"], before["contract"], "the id is taken");
    let done = on(&[]).exits(0).document();
    assert_eq!(done["contract"], after["contract"], "a dry run tells the id");
}

#[test]
fn a_deployment_that_is_changed_on_its_way_is_noticed() {
    let _turn = turn();
    let (place, node) = scene();
    let changes: [(&str, Change); 3] = [
        ("its nonce is ", |deploy| deploy.nonce ^= 1),
        // The signature covers owner and argument one after the other, not where one ends.
        ("its owner is `` instead of ", |deploy| {
            let owner = std::mem::take(&mut deploy.owner);
            deploy.init_args = Some([owner, deploy.init_args.take().unwrap()].concat());
        }),
        ("its owner is `", |deploy| {
            let argument = deploy.init_args.as_mut().unwrap();
            argument.splice(..0, deploy.owner.split_off(88));
        }),
    ];
    for (says, change) in changes {
        let mischief = move |_: &Upstream, transaction: Transaction| {
            let changed = with_deployment(&transaction, change);
            assert_eq!(changed.hash(), transaction.hash(), "the same transaction to everybody who looks at its id");
            changed
        };
        let url = relay(&node, Arc::new(mischief));
        let ran = place.dusk(&[&DEPLOY[..], &["--network", &url]].concat()).exits(1);
        assert!(ran.stderr.contains(says), "`{says}` is missing:\n{}", ran.stderr);
        assert!(ran.stderr.contains("error: the deployment was altered before its block: "), "{}", ran.stderr);
        let unknown = place.dusk(&["call", "counter", "value", "--network", &node.url]).exits(2);
        assert!(unknown.stderr.contains("no contract `counter` is deployed here"), "{}", unknown.stderr);
    }
}

#[test]
fn a_deployment_is_recorded_only_when_it_is_verified() {
    let _turn = turn();
    let (place, node) = scene();
    let account = || place.dusk(&["account", "alice", "--network", &node.url, "--json"]).exits(0).document();
    let on =
        |url: &str, alias: &str| place.dusk(&[&DEPLOY[..], &["--network", url, "--alias", alias, "--json"]].concat());
    let untouched: Arc<Mischief> = Arc::new(|_: &Upstream, transaction: Transaction| transaction);
    // The node says that the transaction is in a block, and not whose contract stands there; or nothing once it has the
    // transaction.
    let silent: [(&str, Silence, &[&str], usize); 3] = [
        ("transaction", |_, body| body.windows(9).any(|part| part == b"blockHash"), &["is in block "], 5),
        ("contract", |path, _| path.ends_with("/metadata"), &["the deployment of `contract` is in block "], 5),
        ("answer", |path, _| path.ends_with("/propagate"), &["the transaction may not have reached the node"], 1),
    ];
    for (alias, silence, parts, asked) in silent {
        let before = account()["nonce"].as_u64().unwrap();
        let relay = Relay::start(&node, Arc::clone(&untouched), silence);
        let ran = on(&relay.url, alias).exits(1);
        assert!(parts.iter().all(|part| ran.stderr.contains(part)), "{alias}:\n{}", ran.stderr);
        if asked > 1 {
            assert!(ran.stderr.contains("but it is not verified: status 503"), "{}", ran.stderr);
            assert!(ran.stderr.contains("run the same command again: it sends nothing"), "{}", ran.stderr);
        }
        assert_eq!(relay.silenced.load(Ordering::SeqCst), asked, "{alias}: a bounded number of questions");
        assert_eq!(ran.document()["exit"], 1, "{alias}: the document tells the failure");
        let called = place.dusk(&["call", alias, "value", "--network", &node.url]).exits(2);
        assert!(called.stderr.contains("is deployed here"), "{}", called.stderr);

        let again = Relay::start(&node, Arc::clone(&untouched), |_, _| false);
        let verified = on(&again.url, alias).exits(0).document();
        assert_eq!(verified["status"], "deployed", "{verified}");
        assert_eq!(again.propagated.load(Ordering::SeqCst), 0, "{alias}: nothing is sent again");
        assert_eq!(account()["nonce"].as_u64(), Some(before + 1), "{alias}");
        place.dusk(&["call", alias, "value", "--network", &node.url]).exits(0);
        assert_eq!(on(&node.url, alias).exits(0).document()["status"], "unchanged");
    }
    // A transaction that has reached no node is sent anew.
    let other: Arc<Mischief> = Arc::new(|_: &Upstream, transaction: Transaction| {
        // Something that no node takes.
        deployment_by(dev_accounts().last().unwrap(), &transaction, ContractDeploy::new(vec![0], vec![0], None, 0))
    });
    let relay = Relay::start(&node, other, |path, _| path.ends_with("/propagate"));
    on(&relay.url, "lost").exits(1);
    let again = Relay::start(&node, untouched, |_, _| false);
    assert_eq!(on(&again.url, "lost").exits(0).document()["status"], "deployed");
    assert_eq!(again.propagated.load(Ordering::SeqCst), 1);
}

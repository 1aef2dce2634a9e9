//! Mutated requests neither end, silence nor bloat the node.
//!
//! Valid requests of every kind that the node serves are changed by a seeded generator and sent over real
//! sockets: methods, targets, headers, bodies, framing, WebSocket frames. The node has to go on answering, nothing may
//! panic but what [`CONTAINED`] names, and its resident memory stays under a bound. The same seed sends the same bytes.
//!
//! `DUSK_MUTATED_REQUESTS=20000 cargo test -p local-node --test mutated -- --nocapture` sends more than the usual
//! number and prints the figures; `DUSK_MUTATED_SEED` takes another seed. The panics and the resident memory that it
//! watches are those of its process, so it has one of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod mutation;
mod sending;

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use local_node::http::Server;
use local_node::{Config, NodeHandle, spawn};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use self::corpus::Corpus;
use self::sending::{Outcome, exchange, is_alive};

/// How many requests are sent where nothing else is said.
const USUAL_REQUESTS: usize = 2000;
/// The seed where nothing else is said.
const USUAL_SEED: u64 = 9;
/// How many clients send at a time.
const CLIENTS: usize = 4;
/// After so many requests each client looks whether the node answers an ordinary one.
const LOOK_EVERY: usize = 25;
/// The most that the process may grow after the first tenth of the requests, in bytes of resident memory.
const MAX_GROWTH_BYTES: u64 = 128 * 1024 * 1024;
/// The most resident memory that the process may ever have, in bytes: the node, its client and the engine's caches.
const MAX_RESIDENT_BYTES: u64 = 512 * 1024 * 1024;

/// The panics that are expected: the crate that panics, and parts of the names of the functions on the way to it. The
/// drivers of the chain's own contracts take keys that are no points, over which the curve's crate panics where debug
/// assertions are on, itself or in the crate that it compares with. The node makes a refusal of it. Every other panic
/// is a fault, also where the node contains it.
const CONTAINED: [(&str, &[&str]); 2] = [
    ("dusk-bls12_381", &["local_node::drivers::codec::", "contained"]),
    ("subtle", &["dusk_bls12_381::", "local_node::drivers::codec::", "contained"]),
];

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// How many panics were expected.
static EXPECTED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn mutated_requests_neither_end_silence_nor_bloat_the_node() {
    let requests = number("DUSK_MUTATED_REQUESTS").map_or(USUAL_REQUESTS, |it| usize::try_from(it).unwrap());
    let seed = number("DUSK_MUTATED_SEED").unwrap_or(USUAL_SEED);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |place| place.file());
        if is_contained(file, &Backtrace::force_capture().to_string()) {
            EXPECTED.fetch_add(1, Ordering::Relaxed);
        } else {
            PANICS.lock().unwrap().push(panic.to_string());
            usual(panic);
        }
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (node, server) = runtime.block_on(async {
        let config = Config { module_cache: common::module_cache(), ..Config::default() };
        let node = spawn(config).await.expect("the node starts");
        let server = Server::start(node.clone(), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
        (node, server)
    });
    let corpus = Corpus::new(server.address());
    let begun = Instant::now();
    let figures = send_all(&corpus, &server, seed, requests);
    let took = begun.elapsed();

    let panics = std::mem::take(&mut *PANICS.lock().unwrap());
    assert!(panics.is_empty(), "{panics:#?}");
    assert!(figures.most_resident < MAX_RESIDENT_BYTES, "{} bytes are resident", figures.most_resident);
    let growth = figures.most_resident.saturating_sub(figures.first_resident);
    assert!(growth < MAX_GROWTH_BYTES, "the process grew by {growth} bytes");
    let answered: usize =
        figures.outcomes.iter().filter(|(it, _)| matches!(it, Outcome::Answered(_))).map(|(_, n)| n).sum();
    assert!(answered * 2 > requests, "too few requests reach the node: {:?}", figures.outcomes);
    runtime.block_on(still_works(&node));
    println!(
        "{requests} requests, seed {seed}: {took:.1?}; {} MiB resident after a tenth, {} MiB at most; {} expected panics; {:?}",
        figures.first_resident >> 20,
        figures.most_resident >> 20,
        EXPECTED.load(Ordering::Relaxed),
        figures.outcomes
    );
    runtime.block_on(async {
        server.stop().await;
        node.shutdown().await;
    });
}

/// Whether a panic in this file, with this way to it, is one of those that are expected.
fn is_contained(file: &str, backtrace: &str) -> bool {
    let is_of = |name: &str| {
        let version = |part: &str| part.strip_prefix(name)?.strip_prefix('-')?.chars().next();
        file.split(['/', '\\']).any(|part| version(part).is_some_and(|first| first.is_ascii_digit()))
    };
    CONTAINED.iter().any(|(name, way)| is_of(name) && way.iter().all(|function| backtrace.contains(function)))
}

#[test]
fn only_what_is_named_may_panic() {
    let curve = "/registry/src/index/dusk-bls12_381-0.14.2/src/g2.rs";
    let codec = "  9: local_node::drivers::codec::contained\n";
    let (compares, in_curve) = ("/registry/src/index/subtle-2.6.1/src/lib.rs", "  3: dusk_bls12_381::g2::to_bytes\n");
    assert!(is_contained(curve, codec));
    assert!(is_contained(compares, &[in_curve, codec].concat()));
    for (file, backtrace) in [
        (curve, "  9: local_node::work::contained\n"),
        (curve, ""),
        (compares, codec),
        (compares, in_curve),
        ("local-node/src/drivers/codec.rs", codec),
        ("/registry/src/index/rkyv-0.7.39/src/lib.rs", codec),
        ("/registry/src/index/dusk-bls12_381-fork-1.0.0/src/g2.rs", codec),
        ("", codec),
    ] {
        assert!(!is_contained(file, backtrace), "{file} {backtrace}");
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

#[derive(Debug, Default)]
struct Figures {
    outcomes: BTreeMap<Outcome, usize>,
    first_resident: u64,
    most_resident: u64,
}

fn send_all(corpus: &Corpus, server: &Server, seed: u64, requests: usize) -> Figures {
    let address = server.address();
    let (sent, figures) = (AtomicUsize::new(0), Arc::new(Mutex::new(Figures::default())));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (sent, figures) = (&sent, Arc::clone(&figures));
            scope.spawn(move || {
                // Each request has a stream of its own, so that it does not depend on the others.
                for number in (client..requests).step_by(CLIENTS) {
                    let mut random = ChaCha8Rng::seed_from_u64(seed);
                    random.set_stream(number as u64);
                    let outcome = exchange(address, &corpus.mutated(&mut random));
                    let all = sent.fetch_add(1, Ordering::Relaxed) + 1;
                    let mut figures = figures.lock().unwrap();
                    *figures.outcomes.entry(outcome).or_default() += 1;
                    if all == requests.div_ceil(10) {
                        figures.first_resident = resident();
                    }
                    figures.most_resident = figures.most_resident.max(resident());
                    drop(figures);
                    assert!(all % LOOK_EVERY != 0 || is_alive(address), "silent after request {number} of seed {seed}");
                }
            });
        }
    });
    Arc::into_inner(figures).unwrap().into_inner().unwrap()
}

/// The node takes a transaction and makes a block of it.
async fn still_works(node: &NodeHandle) {
    // The chain may have been reset, and its accounts used.
    let sender = common::ACCOUNTS[9].public_key();
    let nonce = node.account(sender).await.expect("answers").next_nonce;
    let id = node.submit(common::Draft::new(9, nonce).pay(8, 1).bytes()).await.expect("is taken");
    let spent = node.wait_for(&id, false).await.expect("gets into a block");
    assert!(spent.result.is_ok());
}

/// The resident memory of this process in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

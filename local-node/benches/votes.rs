//! How soon a vote is answered while the node executes a block of about three seconds:
//! `cargo bench -p local-node --bench votes`.
//!
//! Two nodes hold three of four stakes; the program holds the fourth. Each block has one call that runs for three
//! seconds. When a candidate is announced, the node that did not propose it executes it. At this moment the program
//! sends that node a vote, and waits until the node has verified it and passed it on to a second peer. It also asks the
//! node's loop a question every five milliseconds.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "it is a program that measures")]

#[path = "../tests/common/mod.rs"]
#[allow(unreachable_pub, unused_imports, reason = "it belongs to the tests")]
mod common;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{ACCOUNTS, Draft, deployed_id};
use dusk_core::abi::ContractId;
use dusk_core::transfer::data::ContractCall;
use local_node::genesis::{Allocation, DEV_STAKE};
use local_node::handle::NodeHandle;
use local_node::network::NetworkConfig;
use local_node::{BlockTime, Config, spawn};
use local_node_consensus::signing::Keyring;
use local_node_kadcast::udp::{Driver, Handle, Link, Settings};
use local_node_kadcast::{self as kadcast, Event, Id, Identity};
use local_node_types::codec::{Decode as _, Encode as _};
use local_node_types::ledger::{Block, Vote};
use local_node_types::message::{Frame, Message, SignedBy, Validation, validation_bytes};
use local_node_types::rules::{BLOCK_GAS_LIMIT, Profile};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long the call of a block shall run.
const EXECUTION: Duration = Duration::from_secs(3);
/// The time between blocks. A generator has 0.7 of it at least: a call that runs longer gets into no block.
const BLOCK_TIME: Duration = Duration::from_secs(6);
/// The account whose stake the program votes with.
const VOTER: usize = 3;
/// The account that sends the calls.
const SENDER: usize = 8;
/// How many votes are measured.
const VOTES: usize = 10;
/// The most blocks that are looked at: the voter has no seat in some committees.
const MAX_BLOCKS: usize = 40;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// `fill` writes 16 MiB as often as its argument says, for little gas.
const FILL: &str = r#"(module
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 65536))
    (func (export "fill") (param i32) (result i32) (local $left i32)
        (local.set $left (i32.load (i32.const 65536)))
        (if (i32.lt_u (memory.size) (i32.const 300)) (then (drop (memory.grow (i32.const 300)))))
        (loop $again
            (memory.fill (i32.const 131072) (i32.const 7) (i32.const 16777216))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left)))
        (i32.const 0)))"#;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(measure());
}

/// A peer that has no chain.
struct Peer {
    kadcast: Handle,
    events: mpsc::Receiver<Event>,
}

impl Peer {
    async fn join(address: SocketAddr, nodes: &[SocketAddr], seed: u8) -> Self {
        let mut config = kadcast::Config::new(Identity::produce(address, kadcast::ACCEPTED_WORK_BITS), 0);
        config.bootstrap = nodes.to_vec();
        let (driver, kadcast, events) = Driver::bind(Settings::new(config, [seed; 32])).await.expect("a free port");
        tokio::spawn(driver.run());
        while kadcast.status().await.expect("it runs").alive.len() < nodes.len() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { kadcast, events }
    }

    /// The next message.
    async fn next(&mut self) -> Message {
        loop {
            if let Event::Message(ray) = self.events.recv().await.expect("the driver runs") {
                let _ = self.kadcast.judge(ray.ingress, kadcast::Verdict::Ignore).await;
                return Frame::decode_all(&ray.bytes).expect("nodes send messages").message;
            }
        }
    }

    /// The next candidate with transactions.
    async fn next_full_candidate(&mut self) -> Box<Block> {
        loop {
            if let Message::Candidate(block) = self.next().await
                && !block.transactions.is_empty()
            {
                return block;
            }
        }
    }
}

/// Addresses of two nodes, the voter and the listener. A message of the voter leaves a node for closer ids only, so the
/// listener is closer to both nodes than the voter is.
fn addresses() -> [SocketAddr; 4] {
    let bind = |_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let sockets: Vec<_> = (0..64).map(bind).collect();
    let free: Vec<SocketAddr> = sockets.iter().map(|socket| socket.local_addr().expect("it is bound")).collect();
    let (first, rest) = free.split_first().expect("there are some");
    let farthest = kadcast::HEIGHTS - 1;
    let is_far = |address: &&SocketAddr| Id::of(**address).height_of(Id::of(*first)) == Some(farthest);
    let (far, near): (Vec<&SocketAddr>, Vec<&SocketAddr>) = rest.iter().partition(is_far);
    [*first, *near[0], *far[0], *near[1]]
}

async fn measure() {
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() + 2;
    let addresses = addresses();
    let config = |place: usize, voters: &[usize]| {
        let stakes = ACCOUNTS[..4].iter().map(|account| (*account.public_key(), DEV_STAKE)).collect();
        Config {
            block_time: BlockTime::Every(BLOCK_TIME),
            genesis_time: Some(begun),
            allocation: Some(Allocation { stakes, ..Allocation::development(ACCOUNTS.as_slice()) }),
            voters: Some(voters.iter().map(|voter| ACCOUNTS[*voter].keys().clone()).collect()),
            network: Some(NetworkConfig {
                listen: addresses[place],
                public: addresses[place],
                bootstrap: vec![addresses[1 - place]],
            }),
            ..Config::default()
        }
    };
    let nodes = [
        spawn(config(0, &[0, 1])).await.expect("the node starts"),
        spawn(config(1, &[2])).await.expect("the node starts"),
    ];
    let voter = Peer::join(addresses[2], &addresses[..2], 7).await;
    let mut listener = Peer::join(addresses[3], &addresses[..2], 8).await;

    let contract = deploy(&nodes[0]).await;
    let fills = calibrate(&nodes[0], contract).await;
    let (mut answers, mut loops, mut nonce) = (Vec::new(), Vec::new(), 0);
    for _ in 0..MAX_BLOCKS {
        if answers.len() >= VOTES {
            break;
        }
        nonce += 1;
        let id = nodes[0].submit(call(contract, fills, nonce)).await.expect("taken");
        let candidate = listener.next_full_candidate().await;
        // The other node executes it from now on.
        let executes = usize::from(candidate.header.generator != ACCOUNTS[2].id());
        let probes = tokio::spawn(probe(nodes[executes].clone()));
        answers.extend(answer(&voter, &mut listener, addresses[1 - executes], &candidate).await);
        loops.extend(probes.await.expect("it ends"));
        nodes[0].wait_for(&id, false).await.expect("executed");
    }
    println!("votes answered while a block is executed: {}", spread(&mut answers));
    println!("the loop's answers meanwhile: {}", spread(&mut loops));
    for node in nodes {
        node.shutdown().await;
    }
}

/// From sending a vote to a node, and not to the other one, until a second peer has it from there. `None` where the
/// voter has no seat.
async fn answer(voter: &Peer, listener: &mut Peer, other: SocketAddr, candidate: &Block) -> Option<Duration> {
    let header = candidate.header.consensus_header();
    let (signer, version) = (ACCOUNTS[VOTER].id(), Profile::Local.at(header.round).fork().bls_version());
    let keys = Keyring::new(vec![ACCOUNTS[VOTER].keys().secret().clone()]);
    let vote = Vote::NoCandidate;
    let signature = keys.sign(&signer, &validation_bytes(&header, &vote), version).expect("it holds the key");
    let message = Message::Validation(Box::new(Validation { header, vote, signed: SignedBy { signer, signature } }));
    let bytes: Arc<[u8]> = Frame::from(message.clone()).encoded().into();
    // The execution is under way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Nobody else hears of it from the voter.
    for other in [listener.kadcast.local_address(), other] {
        voter.kadcast.set_link(Some(other), Link::CUT).await.expect("the driver runs");
    }
    let sent = Instant::now();
    voter.kadcast.broadcast(bytes).await.expect("it leaves");
    let passed_on = async {
        while listener.next().await != message {}
        sent.elapsed()
    };
    let answered = timeout(PATIENCE, passed_on).await.ok();
    voter.kadcast.heal().await.expect("the driver runs");
    answered
}

/// How long the loop takes to say where the node stands, again and again for two seconds.
async fn probe(node: NodeHandle) -> Vec<Duration> {
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < Duration::from_secs(2) {
        let asked = Instant::now();
        node.mempool(1).await.expect("it runs");
        took.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    let [median, most] = [50, 100].map(|share| at(share).copied().unwrap_or_default().as_secs_f64() * 1000.0);
    let within = times.iter().filter(|time| **time <= Duration::from_millis(50)).count();
    format!("{} of {} within 50 ms, median {median:.1} ms, longest {most:.1} ms", within, times.len())
}

async fn deploy(node: &NodeHandle) -> ContractId {
    let deploy = Draft::new(SENDER + 1, 1).deploy(&wat::parse_str(FILL).expect("a module"), None).sign();
    let contract = deployed_id(&deploy);
    let id = node.submit(deploy.to_network_bytes()).await.expect("taken");
    node.wait_for(&id, false).await.expect("executed").result.clone().expect("it is deployed");
    contract
}

/// How many fills run for about as long as wanted.
async fn calibrate(node: &NodeHandle, contract: ContractId) -> u32 {
    const FILLS: u32 = 200;
    let begun = Instant::now();
    node.query(contract, "fill", FILLS.to_le_bytes().to_vec()).await.expect("it ends");
    let each = begun.elapsed() / FILLS;
    let fills = u32::try_from(EXECUTION.as_micros() / each.as_micros().max(1)).unwrap_or(u32::MAX);
    println!("a block has {fills} fills of 16 MiB, each of {:.1} ms", each.as_secs_f64() * 1000.0);
    fills
}

fn call(contract: ContractId, fills: u32, nonce: u64) -> Vec<u8> {
    let mut draft = Draft::new(SENDER, nonce).limit(BLOCK_GAS_LIMIT);
    draft.data = Some(ContractCall::new(contract, "fill").with_raw_args(fills.to_le_bytes().to_vec()).into());
    draft.sign().to_network_bytes()
}

//! Several nodes of one network in this process, over real sockets: each has the key of one provisioner.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dusk_core::transfer::TransactionFormat;
use local_node::block::TxId;
use local_node::events::NodeEvent;
use local_node::genesis::{Allocation, DEV_STAKE};
use local_node::handle::{ControlError, NodeHandle, TransactionStatus};
use local_node::network::{Link, NetworkConfig, NetworkError};
use local_node::{BlockTime, Config, NodeError, spawn};
use local_node_consensus::signing::Keyring;
use local_node_kadcast::udp::{Driver, Handle, Settings};
use local_node_kadcast::{self as kadcast, Identity};
use local_node_types::codec::{Decode as _, Encode as _};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    Attestation, ConsensusHeader, Header, LedgerTransaction, RatificationResult, StepName, Vote,
};
use local_node_types::message::{Frame, Message, Quorum, SignedBy, Validation, Version, validation_bytes};
use local_node_types::rules::Profile;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::timeout;

use crate::common::{ACCOUNTS, Draft, module_cache};
use crate::told;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
/// The time of block 0.
const GENESIS_TIME: u64 = 1_700_000_000;

/// Addresses that were free a moment ago. Their ports are below the range from which systems choose ports themselves.
/// The first 2,000 addresses of a process are all different, so that a node finds its port free after a restart.
pub(crate) fn addresses(count: usize) -> Vec<SocketAddr> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Processes with neighbouring ids, such as those of other tests, begin 32 ports apart.
    let start = 10_000 + u16::try_from(std::process::id() % 600 * 32).expect("a small number");
    let next = || SocketAddr::from((Ipv4Addr::LOCALHOST, start + TAKEN.fetch_add(1, Ordering::Relaxed) % 2000));
    let is_free = |address: &SocketAddr| UdpSocket::bind(address).is_ok();
    let free: Vec<_> = std::iter::repeat_with(next).take(2000).filter(is_free).take(count).collect();
    assert_eq!(free.len(), count, "there are free ports");
    free
}

/// A node of a network with these addresses. Each of them has a stake, and the node votes with that of its place.
pub(crate) fn config(place: usize, addresses: &[SocketAddr], data: Option<PathBuf>) -> Config {
    let address = addresses[place];
    let bootstrap = addresses.iter().copied().filter(|other| *other != address).collect();
    let stakes = ACCOUNTS[..addresses.len()].iter().map(|account| (*account.public_key(), DEV_STAKE)).collect();
    Config {
        block_time: BlockTime::Every(Duration::from_secs(1)),
        genesis_time: Some(GENESIS_TIME),
        allocation: Some(Allocation { stakes, ..Allocation::development(ACCOUNTS.as_slice()) }),
        voters: Some(vec![ACCOUNTS[place].keys().clone()]),
        network: Some(NetworkConfig { listen: address, public: address, bootstrap }),
        module_cache: module_cache(),
        data,
        ..Config::default()
    }
}

pub(crate) async fn network(count: usize) -> (Vec<NodeHandle>, Vec<SocketAddr>) {
    let addresses = addresses(count);
    let mut nodes = Vec::new();
    for place in 0..count {
        nodes.push(spawn(config(place, &addresses, None)).await.expect("the node starts"));
    }
    (nodes, addresses)
}

/// Waits until a node has a final block of at least this height.
pub(crate) async fn final_at(node: &NodeHandle, height: u64) {
    let wait = async {
        while node.network_status().await.expect("it runs").last_final < height {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("finality comes");
}

pub(crate) async fn shut_down(nodes: Vec<NodeHandle>) {
    for node in nodes {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_agree_and_a_transfer_reaches_all() {
    let (nodes, addresses) = network(4).await;
    for node in &nodes {
        final_at(node, 1).await;
    }
    let transfer = Draft::new(0, 1).pay(5, 1_000);
    let id = nodes[0].submit(transfer.bytes()).await.expect("taken");
    for node in &nodes {
        timeout(PATIENCE, node.wait_for(&id, true)).await.expect("in time").expect("it is final");
    }
    let height = nodes[0].transaction(&id).expect("readable").expect("it is there").height;
    let hashes: Vec<_> = nodes
        .iter()
        .map(|node| node.store().block(height).expect("readable").expect("it is there").0.header().hash)
        .collect();
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "{hashes:?}");
    assert_eq!(nodes[3].network_status().await.expect("it runs").address, addresses[3]);
    let mut others = addresses[..3].to_vec();
    others.sort();
    // A peer that answered a ping too late counts again when its next datagram arrives.
    let all_alive = async {
        loop {
            let mut alive = nodes[3].alive_peers().await.expect("it runs");
            alive.sort();
            if alive == others && nodes[3].network_status().await.expect("it runs").alive == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, all_alive).await.expect("all others are alive");
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_catches_up_and_votes_again() {
    let addresses = addresses(MEMBERS);
    let folders: Vec<_> = (0..MEMBERS).map(|_| tempfile::tempdir().expect("a folder")).collect();
    let start = |place: usize| spawn(config(place, &addresses, Some(folders[place].path().to_owned())));
    let mut nodes = Vec::new();
    for place in 0..MEMBERS {
        nodes.push(start(place).await.expect("the node starts"));
    }
    final_at(&nodes[0], 2).await;
    let away = nodes.pop().expect("there are seven");
    let before = away.tip().height;
    away.shutdown().await;
    final_at(&nodes[0], before + 4).await;
    nodes.push(start(KILLED).await.expect("it starts again"));
    assert!(nodes[KILLED].tip().height >= before, "it keeps its chain");
    let target = nodes[0].tip().height + 2;
    for node in &nodes {
        final_at(node, target).await;
    }
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_was_cut_in_two_heals() {
    let (nodes, addresses) = network(4).await;
    for node in &nodes {
        final_at(node, 1).await;
    }
    for (place, node) in nodes.iter().enumerate() {
        for (other, address) in addresses.iter().enumerate() {
            if place / 2 != other / 2 {
                node.set_link(Some(*address), Link::CUT).await.expect("it runs");
            }
        }
    }
    // A transaction on one side must not be lost on the other.
    let id = nodes[0].submit(Draft::new(0, 1).pay(5, 1_000).bytes()).await.expect("taken");
    tokio::time::sleep(Duration::from_secs(4)).await;
    for node in &nodes {
        node.heal().await.expect("it runs");
    }
    for node in &nodes {
        timeout(PATIENCE, node.wait_for(&id, true)).await.expect("in time").expect("it is final");
    }
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_chain_is_not_set_back() {
    let (nodes, addresses) = network(1).await;
    assert!(matches!(nodes[0].snapshot().await, Err(ControlError::InNetwork)));
    assert!(matches!(nodes[0].revert(None).await, Err(ControlError::InNetwork)));
    assert!(matches!(nodes[0].reset().await, Err(ControlError::InNetwork)));
    assert!(matches!(nodes[0].warp(1).await, Err(ControlError::InNetwork)));
    // The port is in use.
    let again = spawn(config(0, &addresses, None)).await;
    assert!(matches!(again, Err(NodeError::Network(_))), "{again:?}");
    shut_down(nodes).await;
}

#[tokio::test]
async fn what_a_network_cannot_be_is_refused() {
    let addresses = addresses(1);
    let on_demand = Config { block_time: BlockTime::Instant, ..config(0, &addresses, None) };
    assert!(matches!(spawn(on_demand).await, Err(NodeError::BlocksOnDemand)));
    let no_time = Config { genesis_time: None, ..config(0, &addresses, None) };
    assert!(matches!(spawn(no_time).await, Err(NodeError::NoGenesisTime)));
    let alone = spawn(Config { network: None, ..config(0, &addresses, None) }).await.expect("it starts");
    assert_eq!(alone.network_status().await, Err(NetworkError::Alone));
    assert_eq!(alone.heal().await, Err(NetworkError::Alone));
    alone.shutdown().await;
}

/// Tells a test that it is a child process, and where its data folder is.
const FOLDER: &str = "LOCAL_NODE_TEST_NETWORK_FOLDER";
/// The addresses of all nodes, for the child.
const ADDRESSES: &str = "LOCAL_NODE_TEST_NETWORK_ADDRESSES";
/// How often a node is killed; by default only some times.
const KILLS: &str = "LOCAL_NODE_TEST_KILLS";
/// The members of the network of which one is killed. Of four, one may hold half of a committee's credits.
const MEMBERS: usize = 7;
/// The place of the node that is killed.
const KILLED: usize = MEMBERS - 1;

/// Not a test by itself: the child process that is killed. It tells what it accepts and takes back.
#[test]
fn a_member_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let addresses = std::env::var(ADDRESSES).expect("addresses");
    let addresses: Vec<SocketAddr> = addresses.split(',').map(|text| text.parse().expect("an address")).collect();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let node = spawn(config(KILLED, &addresses, Some(folder.into()))).await.expect("the node starts");
        let mut events = node.subscribe();
        let tip = node.tip().height;
        for height in tip.saturating_sub(60)..=tip {
            let (block, _) = node.store().block(height).expect("readable").expect("it is there");
            println!("has {height} {}", hex::encode(block.header().hash));
        }
        println!("ready {tip} -");
        while let Ok(event) = events.recv().await {
            match event {
                NodeEvent::BlockAccepted(block) => {
                    println!("accepted {} {}", block.header().height, hex::encode(block.header().hash));
                }
                NodeEvent::BlockReverted { hash, height } => println!("reverted {height} {}", hex::encode(hash)),
                _ => {}
            }
        }
    });
}

fn member(folder: &std::path::Path, addresses: &[SocketAddr]) -> Child {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture", "--test-threads=1", "network::a_member_that_is_killed"])
        .env(FOLDER, folder)
        .env(ADDRESSES, addresses.join(","))
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process")
}

/// The blocks that a member has told of, by height.
type Told = BTreeMap<u64, String>;

/// Listens until the member has accepted some blocks, waits for the moment, kills it, and checks that it has come back
/// with all that it had told of before.
fn kill_after(mut member: Child, blocks: usize, moment: impl FnOnce(), told: &mut Told) {
    let before = told.clone();
    let mut has = Told::new();
    let (mut accepted, mut moment) = (0, Some(moment));
    let lines = BufReader::new(member.stdout.take().expect("its output")).lines();
    for line in lines.map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let (Some(height), Some(hash)) = (words.get(1).and_then(|text| text.parse().ok()), words.get(2)) else {
            continue;
        };
        match words[0] {
            "has" => drop(has.insert(height, (*hash).to_owned())),
            "ready" => {
                for (height, hash) in before.iter().rev().take(50) {
                    assert_eq!(has.get(height), Some(hash), "block {height} that it had accepted");
                }
            }
            "accepted" => {
                told.insert(height, (*hash).to_owned());
                accepted += 1;
            }
            "reverted" => drop(told.remove(&height)),
            _ => {}
        }
        // Events until its end count as well.
        if accepted >= blocks
            && let Some(moment) = moment.take()
        {
            moment();
            member.kill().expect("it runs");
        }
    }
    assert!(moment.is_none(), "the member ended by itself");
    member.wait().expect("it ends");
}

/// The statements of a key in each step of each iteration.
type Said = BTreeMap<(ConsensusHeader, StepName), BTreeSet<String>>;

/// The statement of a key in a message: a candidate, or a vote.
fn said_by(key: &BlsKey, message: &Message) -> Option<String> {
    match message {
        Message::Candidate(block) if block.header.generator == *key => Some(hex::encode(block.header.hash)),
        Message::Validation(vote) if vote.signed.signer == *key => Some(format!("{:?}", vote.vote)),
        Message::Ratification(vote) if vote.signed.signer == *key => Some(format!("{:?}", vote.vote)),
        _ => None,
    }
}

/// Writes down what a key says on the wire, and passes everything on, until it is told to stop.
async fn write_down(mut witness: Stranger, key: BlsKey, said: Arc<Mutex<Said>>, mut stop: oneshot::Receiver<()>) {
    loop {
        let event = tokio::select! {
            _ = &mut stop => return,
            event = witness.events.recv() => event.expect("the driver runs"),
        };
        let kadcast::Event::Message(ray) = event else { continue };
        let _ = witness.kadcast.judge(ray.ingress, kadcast::Verdict::Relay).await;
        let message = Frame::decode_all(&ray.bytes).expect("nodes send messages").message;
        if let Some(place) = message.consensus_step()
            && let Some(what) = said_by(&key, &message)
        {
            said.lock().unwrap().entry(place).or_default().insert(what);
        }
    }
}

/// Waits until more than this has been said.
fn wait_for_more(said: &Mutex<Said>, than: usize) {
    let end = Instant::now() + PATIENCE;
    while said.lock().unwrap().len() <= than {
        assert!(Instant::now() < end, "the member says nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends transfers to a node until it is told to stop.
async fn load(node: NodeHandle, mut stop: oneshot::Receiver<()>) -> u64 {
    let mut nonce = 0;
    while stop.try_recv() == Err(TryRecvError::Empty) {
        nonce += 1;
        node.submit(Draft::new(8, nonce).pay(9, 1).bytes()).await.expect("taken");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    nonce
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_member_loses_no_block_and_signs_nothing_twice() {
    let kills = std::env::var(KILLS).map_or(3, |kills| kills.parse().expect("a number"));
    let addresses = addresses(MEMBERS);
    let folder = tempfile::tempdir().expect("a folder");
    let mut nodes = Vec::new();
    for place in 0..KILLED {
        nodes.push(spawn(config(place, &addresses, None)).await.expect("the node starts"));
    }
    let (stop, stopped) = oneshot::channel();
    let loading = tokio::spawn(load(nodes[0].clone(), stopped));
    let (said, (silence, silenced)) = (Arc::new(Mutex::new(Said::new())), oneshot::channel());
    let witness = Stranger::join(&addresses[..KILLED]).await;
    let writing = tokio::spawn(write_down(witness, ACCOUNTS[KILLED].id(), Arc::clone(&said), silenced));
    let (mut told, mut speaking_lives) = (Told::new(), 0);
    for round in 0..kills {
        let (path, addresses) = (folder.path().to_owned(), addresses.clone());
        let mut known = std::mem::take(&mut told);
        // Anywhere between two blocks, in every other life once it has said something.
        let (after, pause) = (1 + round * 7 % 5, Duration::from_micros(round as u64 * 618_034 % 1_100_000));
        let (heard, before) = (Arc::clone(&said), said.lock().unwrap().len());
        told = tokio::task::spawn_blocking(move || {
            let member = member(&path, &addresses);
            let moment = || {
                if round % 2 == 1 {
                    wait_for_more(&heard, before);
                }
                std::thread::sleep(pause);
            };
            kill_after(member, after, moment, &mut known);
            known
        })
        .await
        .expect("nothing is lost");
        speaking_lives += usize::from(said.lock().unwrap().len() > before);
    }
    drop(stop);
    let sent = loading.await.expect("it ends");
    let last = Draft::new(8, sent + 1).pay(9, 1);
    let id = nodes[0].submit(last.bytes()).await.expect("taken");
    for node in &nodes {
        timeout(PATIENCE, node.wait_for(&id, true)).await.expect("in time").expect("it is final");
    }
    // Two votes of one key in a step would be in a block.
    let tip = nodes[0].tip().height;
    for height in 0..=tip {
        let (block, _) = nodes[0].store().block(height).expect("readable").expect("it is there");
        assert!(block.block.faults.is_empty(), "block {height} has faults: {:?}", block.block.faults);
    }
    drop(silence);
    writing.await.expect("it ends");
    let said = std::mem::take(&mut *said.lock().unwrap());
    for ((header, step), what) in &said {
        assert_eq!(what.len(), 1, "{header:?}, {step:?}: {what:?}");
    }
    assert!(speaking_lives >= kills / 2, "it has votes to repeat in {speaking_lives} of {kills} lives");
    println!("{kills} kills, {speaking_lives} of them after a vote, {} votes and candidates", said.len());
    println!("{tip} blocks, {sent} transfers");
    shut_down(nodes).await;
}

/// A peer that speaks Kadcast and has no chain.
pub(crate) struct Stranger {
    kadcast: Handle,
    events: tokio::sync::mpsc::Receiver<kadcast::Event>,
}

impl Stranger {
    pub(crate) async fn join(peers: &[SocketAddr]) -> Self {
        let address = addresses(1)[0];
        let mut config = kadcast::Config::new(Identity::produce(address, kadcast::ACCEPTED_WORK_BITS), 0);
        config.bootstrap = peers.to_vec();
        let (driver, kadcast, events) = Driver::bind(Settings::new(config, [7; 32])).await.expect("a free port");
        tokio::spawn(driver.run());
        let stranger = Self { kadcast, events };
        let meet = async {
            while stranger.kadcast.status().await.expect("it runs").alive.len() < peers.len() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, meet).await.expect("it meets the others");
        stranger
    }

    /// Where peers reach it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.kadcast.local_address()
    }

    pub(crate) async fn say(&self, message: Message) {
        self.send(Frame::from(message).encoded()).await;
    }

    async fn send(&self, bytes: Vec<u8>) {
        self.kadcast.broadcast(bytes).await.expect("it leaves");
    }

    /// Hears nothing of a peer, and says nothing to it.
    async fn cut(&self, peer: SocketAddr) {
        self.kadcast.set_link(Some(peer), Link::CUT).await.expect("it runs");
    }

    /// The received messages, and the peers that they came from.
    fn received(&mut self) -> Vec<(SocketAddr, Frame)> {
        let mut received = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            if let kadcast::Event::Message(ray) = event {
                received.push((ray.from, Frame::decode_all(&ray.bytes).expect("nodes send messages")));
            }
        }
        received
    }

    /// Says something to one peer alone.
    pub(crate) async fn say_to(&self, peer: SocketAddr, message: Message) {
        self.kadcast.send(vec![peer], Frame::from(message).encoded()).await.expect("it leaves");
    }

    /// The next message that was received.
    pub(crate) async fn next(&mut self) -> Message {
        let next = async {
            loop {
                if let kadcast::Event::Message(ray) = self.events.recv().await.expect("the driver runs") {
                    let _ = self.kadcast.judge(ray.ingress, kadcast::Verdict::Ignore).await;
                    return Frame::decode_all(&ray.bytes).expect("nodes send messages").message;
                }
            }
        };
        timeout(PATIENCE, next).await.expect("a message comes")
    }

    /// Forgets what was received, so that the channel does not fill.
    pub(crate) fn ignore(&mut self) {
        self.ignore_but(|_| {});
    }

    /// Looks at what was received before it is forgotten.
    pub(crate) fn ignore_but(&mut self, look: impl Fn(&Message)) {
        while let Ok(event) = self.events.try_recv() {
            if let kadcast::Event::Message(ray) = event {
                look(&Frame::decode_all(&ray.bytes).expect("nodes send messages").message);
            }
        }
    }
}

/// A vote of a development account in the round after a tip.
fn vote(account: usize, tip: &Header, vote: Vote) -> Message {
    let header = ConsensusHeader { prev_block_hash: tip.hash, round: tip.height + 1, iteration: 0 };
    let keys = Keyring::new(vec![ACCOUNTS[account].keys().secret().clone()]);
    let (signer, version) = (ACCOUNTS[account].id(), Profile::Local.at(header.round).fork().bls_version());
    let signature = keys.sign(&signer, &validation_bytes(&header, &vote), version).expect("it holds the key");
    Message::Validation(Box::new(Validation { header, vote, signed: SignedBy { signer, signature } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_signs_two_votes_is_slashed() {
    let (nodes, addresses) = network(4).await;
    let mut stranger = Stranger::join(&addresses).await;
    let (mut height, mut culprits, mut slashed) = (0, Vec::new(), Vec::new());
    let wait = async {
        for number in (0..=u8::MAX).cycle() {
            stranger.say(vote(3, &nodes[0].tip(), Vote::Invalid([number; 32]))).await;
            stranger.ignore();
            tokio::time::sleep(Duration::from_millis(100)).await;
            while let Some((block, _)) = nodes[0].store().block(height + 1).expect("readable") {
                height += 1;
                culprits.extend(block.block.faults.iter().map(|fault| fault.signatures()[0].0));
                slashed.extend(block.events.iter().map(|event| event.topic.clone()).filter(|topic| topic == "slash"));
            }
            // The first fault is a warning.
            if !slashed.is_empty() {
                return;
            }
        }
    };
    timeout(PATIENCE, wait).await.expect("a block has the contradiction");
    assert!(!culprits.is_empty(), "no block has the contradiction");
    assert!(culprits.iter().all(|culprit| *culprit == ACCOUNTS[3].id()), "nobody else: {culprits:?}");
    assert!(!slashed.is_empty(), "the stake contract has slashed it");
    shut_down(nodes).await;
}

/// It has asked for them at its start as well, when there was nobody to ask.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_asks_its_first_peer_for_the_blocks_after_its_own() {
    let (nodes, addresses) = network(1).await;
    let genesis = nodes[0].store().block(0).expect("readable").expect("it is there").0.header().hash;
    let mut stranger = Stranger::join(&addresses).await;
    let asks = async {
        loop {
            if let Message::GetBlocks(request) = stranger.next().await {
                return request.locator;
            }
        }
    };
    assert_eq!(timeout(PATIENCE, asks).await.expect("it asks"), genesis);
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_say_does_not_stop_a_network() {
    let (nodes, addresses) = network(4).await;
    let mut stranger = Stranger::join(&addresses).await;
    final_at(&nodes[0], 1).await;
    let tip = nodes[0].tip();
    let (block, _) = nodes[0].store().block(tip.height).expect("readable").expect("it is there");
    let frame = Frame::from(Message::Block(Box::new(block.block.clone()))).encoded();
    // Bytes that are no message, or not whole.
    for length in [1, 5, 6, 40, frame.len() - 1] {
        stranger.send(frame[..length].to_vec()).await;
    }
    stranger.send([frame.as_slice(), b"more"].concat()).await;
    stranger.send(vec![0xff; 4096]).await;
    for place in (0..frame.len()).step_by(frame.len() / 40 + 1) {
        let mut flipped = frame.clone();
        flipped[place] ^= 0x40;
        stranger.send(flipped).await;
    }
    // Messages that no honest node sends.
    stranger.say(vote(9, &tip, Vote::NoCandidate)).await;
    let far = Header { height: u64::MAX - 1, ..(*tip).clone() };
    stranger.say(vote(3, &far, Vote::NoCandidate)).await;
    let mut lie = block.block.clone();
    lie.header.height += 1;
    lie.header.prev_block_hash = tip.hash;
    for change in [
        |header: &mut Header| header.state_root = [1; 32],
        |header: &mut Header| header.gas_limit = 1,
        |header: &mut Header| header.timestamp = u64::MAX,
        |header: &mut Header| header.iteration = 200,
        |header: &mut Header| header.generator = ACCOUNTS[9].id(),
    ] {
        let mut candidate = lie.clone();
        change(&mut candidate.header);
        candidate.header.hash = candidate.header.compute_hash();
        stranger.say(Message::Candidate(Box::new(candidate.clone()))).await;
        stranger.say(Message::Block(Box::new(candidate))).await;
    }
    stranger.ignore();
    let status = nodes[0].network_status().await.expect("it runs");
    final_at(&nodes[0], status.height + 2).await;
    let honest = addresses[1..].iter().all(|address| status.peers.contains(address));
    assert!(honest, "no honest peer was dropped: {status:?}");
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_offends_again_and_again_is_dropped() {
    told::listen();
    let (nodes, addresses) = network(4).await;
    let mut stranger = Stranger::join(&addresses).await;
    final_at(&nodes[0], 1).await;
    let address = stranger.address();
    let is_dropped = || !told::lines(address, "a peer that offends is dropped").is_empty();
    let wait = async {
        for number in (0..=u8::MAX).cycle() {
            if is_dropped() {
                return;
            }
            // Nobody has voted for it. Several of these come while the round is on.
            let tip = nodes[0].tip();
            let header = ConsensusHeader { prev_block_hash: tip.hash, round: tip.height + 1, iteration: 0 };
            let result = RatificationResult::Success(Vote::Valid([number; 32]));
            let attestation = Attestation { result, ..Attestation::default() };
            stranger.say(Message::Quorum(Box::new(Quorum { header, attestation }))).await;
            stranger.ignore();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("the nodes answer");
    assert!(is_dropped(), "a peer that sends made-up quorums is kept");
    final_at(&nodes[0], nodes[0].tip().height + 1).await;
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_another_major_version_are_refused() {
    told::listen();
    let (nodes, addresses) = network(4).await;
    let mut stranger = Stranger::join(&addresses).await;
    let mut witness = Stranger::join(&addresses).await;
    // The witness hears of the stranger's messages only through nodes.
    stranger.cut(witness.address()).await;
    final_at(&nodes[0], 1).await;
    let [other, later] = [(2, 0), (1, 1)].map(|(major, patch)| Version { major, minor: 0, patch });
    let of_version = |version: Version, message: Message| Frame { version, message }.encoded();
    let transfer = LedgerTransaction::new(Draft::new(0, 1).pay(5, 1_000).sign(), TransactionFormat::Boreas);
    let (id, transfer) = (TxId::of(&transfer), Message::Transaction(transfer));

    stranger.send(of_version(other, transfer.clone())).await;
    let (until, mut number) = (nodes[0].tip().height + 3, 0_u8);
    let wait = async {
        while nodes[0].tip().height < until {
            number = number.wrapping_add(1);
            stranger.send(of_version(other, vote(3, &nodes[0].tip(), Vote::Invalid([number; 32])))).await;
            stranger.ignore();
            let passed_on = witness.received().into_iter().filter(|(_, frame)| frame.version == other);
            assert_eq!(passed_on.collect::<Vec<_>>(), vec![]);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("the chain goes on");
    for text in ["a transaction is refused", "a message of an incompatible version is refused"] {
        let lines = told::lines(stranger.address(), text);
        assert!(lines.iter().any(|line| line.contains("version") && line.contains("2.0.0")), "{text}: {lines:?}");
    }
    for node in &nodes {
        let status = node.transaction_status(id).await.expect("it runs");
        assert!(matches!(status, TransactionStatus::Unknown), "{status:?}");
    }
    let mut height = 0;
    while let Some((block, _)) = nodes[0].store().block(height).expect("readable") {
        assert!(block.block.faults.is_empty(), "block {height} has a vote of another version");
        height += 1;
    }

    // The same in frames of a version that this one stands for as well.
    stranger.send(of_version(later, transfer)).await;
    let arrives = async {
        while matches!(nodes[0].transaction_status(id).await.expect("it runs"), TransactionStatus::Unknown) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, arrives).await.expect("the transaction is taken");
    for node in &nodes {
        timeout(PATIENCE, node.wait_for(&id, true)).await.expect("in time").expect("it is final");
    }
    let mut culprits = Vec::new();
    let wait = async {
        while culprits.is_empty() {
            number = number.wrapping_add(1);
            stranger.send(of_version(later, vote(3, &nodes[0].tip(), Vote::Invalid([number; 32])))).await;
            stranger.ignore();
            witness.ignore();
            tokio::time::sleep(Duration::from_millis(100)).await;
            while let Some((block, _)) = nodes[0].store().block(height).expect("readable") {
                culprits.extend(block.block.faults.iter().map(|fault| fault.signatures()[0].0));
                height += 1;
            }
        }
    };
    timeout(PATIENCE, wait).await.expect("a block has the contradiction");
    assert!(culprits.iter().all(|culprit| *culprit == ACCOUNTS[3].id()), "nobody else: {culprits:?}");
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_with_their_source() {
    told::listen();
    let (nodes, addresses) = network(4).await;
    let mut stranger = Stranger::join(&addresses).await;
    final_at(&nodes[0], 1).await;
    let mut other_chain = Draft::new(0, 1).pay(5, 1_000);
    other_chain.chain_id = 9;
    let transfer = LedgerTransaction::new(other_chain.sign(), TransactionFormat::Boreas);
    stranger.say(Message::Transaction(transfer)).await;
    stranger.send(vec![0xff; 100]).await;
    // The refusal, and the told reason.
    let expected = [
        ("the bytes of a peer are not a message", "255 at byte 5 is not a topic"),
        ("a transaction is refused", "the transaction is for chain 9"),
        ("a message is refused", "its signer was not drawn"),
    ];
    let is_told = |from: SocketAddr, (text, reason): &(&str, &str)| {
        told::lines(from, text).iter().any(|line| line.contains(*reason))
    };
    let wait = async {
        for number in (0..=u8::MAX).cycle() {
            if expected.iter().all(|line| is_told(stranger.address(), line)) {
                return;
            }
            // Account 9 has no stake. One of these comes while the round is on.
            stranger.say(vote(9, &nodes[0].tip(), Vote::Invalid([number; 32]))).await;
            stranger.ignore();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("each of them is told");
    for line in &expected {
        assert!(is_told(stranger.address(), line), "{line:?}: {:?}", told::lines(stranger.address(), line.0));
    }
    final_at(&nodes[0], nodes[0].tip().height + 1).await;
    shut_down(nodes).await;
}

//! The load of a network of nodes, and the time to agreement: `cargo bench -p local-node --bench network`.
//!
//! All nodes run in this process and speak over loopback sockets, with one provisioner each. On a machine of few cores
//! they share its time. Blocks come every second. In one run they come every ten seconds as on the public network, so
//! that a block can be full. In the last run they come every second, and the transfers wait already when the first one
//! is due. Prints a table in Markdown.
//!
//! `-- --short` sends fewer transfers, and `-- --out FOLDER` draws `devnet-transfers.svg` and `devnet-sync.svg`.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used, reason = "it is a program that measures")]

#[allow(unreachable_pub, reason = "it is a module of the simulator, which draws its plots as well")]
#[path = "../sim/src/measure/plot.rs"]
mod plot;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dusk_core::transfer::moonlight::{Fee, Payload, Transaction};
use local_node::accounts::{KeyPair, dev_accounts, new_keys};
use local_node::genesis::{Allocation, DEV_STAKE};
use local_node::handle::NodeHandle;
use local_node::network::NetworkConfig;
use local_node::{BlockTime, Config, spawn};
use tokio::task::JoinSet;

use self::plot::{Plot, Series};

/// Numbers of nodes that are measured with a block each second.
const NODES: [usize; 3] = [1, 4, 7];
/// Accounts that send transfers.
const SENDERS: usize = 30;
/// The balance of each of them, in LUX.
const SENDER_LUX: u64 = 1_000_000_000_000;
/// Transfers that an account sends at a time. They overtake one another, and wait for their predecessors then.
const IN_FLIGHT: usize = 30;
/// Nodes and transfers of the run with long blocks.
const FULL_BLOCK_NODES: usize = 4;
const FULL_BLOCK: usize = 1_800;

/// How long before block 0 the nodes start, in seconds.
const LEAD_SECONDS: u64 = 2;
/// The same where the transfers wait for the first block: all nodes check each of them before.
const WAITING_LEAD_SECONDS: u64 = 30;

/// How much is measured.
#[derive(Clone, Copy)]
struct Amount {
    transfers: usize,
    /// Whether the transfers are sent before the first block, so that they are in one block if it can hold them.
    before_first_block: bool,
    /// The fewest blocks that a new node fetches, where there is one each second.
    blocks: u64,
}

/// The figures of a run.
struct Measured {
    nodes: usize,
    transfers_each_second: f64,
    blocks_each_second: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let is_short = arguments.iter().any(|argument| argument == "--short");
    let out = arguments.iter().position(|argument| argument == "--out").and_then(|place| arguments.get(place + 1));
    let (transfers, blocks) = if is_short { (600, 20) } else { (6_000, 120) };
    let amount = Amount { transfers, before_first_block: false, blocks };
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    println!(
        "| nodes | a block every | first final block | transfers a second | at most in a block | blocks fetched by a new \
         node | blocks a second |\n|---:|---:|---:|---:|---:|---:|---:|"
    );
    let measured: Vec<Measured> = runtime.block_on(async {
        let mut measured = Vec::new();
        for nodes in NODES {
            measured.push(measure(nodes, amount, Duration::from_secs(1)).await);
        }
        let full = Amount { transfers: FULL_BLOCK, before_first_block: false, blocks: 0 };
        measure(FULL_BLOCK_NODES, full, Duration::from_secs(10)).await;
        let waiting = Amount { before_first_block: true, ..full };
        measure(FULL_BLOCK_NODES, waiting, Duration::from_secs(1)).await;
        measured
    });
    if let Some(folder) = out {
        draw(Path::new(folder), &measured);
    }
}

fn draw(folder: &Path, measured: &[Measured]) {
    let each = |value: fn(&Measured) -> f64| measured.iter().map(|it| (it.nodes as f64, value(it))).collect();
    let plots = [
        ("devnet-transfers", "Transfers a second through nodes on one machine", each(|it| it.transfers_each_second)),
        ("devnet-sync", "Blocks a second that a new node fetches and executes", each(|it| it.blocks_each_second)),
    ];
    for (name, title, points) in plots {
        let plot = Plot {
            title: title.to_owned(),
            x: "nodes".to_owned(),
            y: "a second".to_owned(),
            is_logarithmic: false,
            series: vec![Series { name: "a block every second".to_owned(), points }],
        };
        std::fs::write(folder.join(format!("{name}.svg")), plot.draw()).expect("the folder can be written to");
    }
}

async fn measure(count: usize, amount: Amount, block_time: Duration) -> Measured {
    eprintln!("{count} node(s), a block every {} s", block_time.as_secs());
    let transfers = amount.transfers;
    let accounts = dev_accounts();
    let senders: Vec<KeyPair> = (0..SENDERS).map(|_| new_keys()).collect();
    let lead = if amount.before_first_block { WAITING_LEAD_SECONDS } else { LEAD_SECONDS };
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() + lead;
    let addresses: Vec<SocketAddr> = {
        let bind = |_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let sockets: Vec<_> = (0..=count).map(bind).collect();
        sockets.iter().map(|socket| socket.local_addr().expect("it is bound")).collect()
    };
    let config = |place: usize| {
        let stakes = accounts[..count].iter().map(|account| (*account.public_key(), DEV_STAKE)).collect();
        let bootstrap = addresses.iter().copied().filter(|other| *other != addresses[place]).collect();
        let funded = senders.iter().map(|sender| (*sender.public(), SENDER_LUX)).collect();
        Config {
            block_time: BlockTime::Every(block_time),
            genesis_time: Some(begun),
            allocation: Some(Allocation { stakes, accounts: funded }),
            voters: Some(accounts[place..count.max(place)].iter().take(1).map(|it| it.keys().clone()).collect()),
            network: Some(NetworkConfig { listen: addresses[place], public: addresses[place], bootstrap }),
            ..Config::default()
        }
    };
    let started = Instant::now();
    let mut nodes = Vec::new();
    for place in 0..count {
        nodes.push(spawn(config(place)).await.expect("the node starts"));
    }
    while !amount.before_first_block && nodes[0].network_status().await.expect("it runs").last_final == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let first_final = started.elapsed().as_secs_f64();

    let each = transfers / SENDERS;
    let of = |sender| (1..=each).map(|nonce| transfer(sender, nonce as u64)).collect();
    let signed: Vec<Vec<Vec<u8>>> = senders.iter().map(of).collect();
    let first = nodes[0].tip().height + 1;
    let sending = Instant::now();
    let sending_all: Vec<_> = signed
        .into_iter()
        .zip(&senders)
        .map(|(transfers, sender)| tokio::spawn(send(nodes[0].clone(), *sender.public(), transfers)))
        .collect();
    for sender in sending_all {
        sender.await.expect("all are in blocks");
    }
    let took = sending.elapsed().as_secs_f64();
    let last = nodes[0].tip().height;
    let in_block = |height| nodes[0].store().block(height).expect("readable").map_or(0, |it| it.0.transactions.len());
    let most = (first..=last).map(in_block).max().unwrap_or_default();
    eprintln!("{count} node(s): blocks of {:?} transfers", (first..=last).map(in_block).collect::<Vec<_>>());
    let transfers_each_second = transfers as f64 / took;

    while nodes[0].tip().height < amount.blocks {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let target = nodes[0].tip().height;
    let joining = Instant::now();
    let newcomer = spawn(config(count)).await.expect("the node starts");
    let joined = joining.elapsed();
    while newcomer.tip().height < target {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let blocks_each_second = target as f64 / (joining.elapsed() - joined).as_secs_f64();
    newcomer.shutdown().await;
    for node in nodes {
        node.shutdown().await;
    }
    // Where the transfers wait for the first block, these times say nothing of the nodes.
    let timed = |figure: String| if amount.before_first_block { "waiting".to_owned() } else { figure };
    let (first_final, rate) = (timed(format!("{first_final:.1} s")), timed(format!("{transfers_each_second:.0}")));
    println!(
        "| {count} | {} s | {first_final} | {rate} | {most} | {target} | {blocks_each_second:.1} |",
        block_time.as_secs()
    );
    Measured { nodes: count, transfers_each_second, blocks_each_second }
}

/// Sends the transfers of an account, and waits until all are in blocks.
async fn send(node: NodeHandle, account: dusk_core::signatures::bls::PublicKey, transfers: Vec<Vec<u8>>) {
    let all = transfers.len() as u64;
    let mut sending = JoinSet::new();
    for transfer in transfers {
        if sending.len() >= IN_FLIGHT {
            sending.join_next().await;
        }
        let node = node.clone();
        sending.spawn(async move { node.submit(transfer).await.expect("taken") });
    }
    sending.join_all().await;
    while node.account(&account).await.expect("readable").nonce < all {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn transfer(account: &KeyPair, nonce: u64) -> Vec<u8> {
    let key = *account.public();
    let fee = Fee { gas_limit: 3_000_000, gas_price: 1, refund_address: key };
    let payload = Payload { chain_id: 0, sender: key, receiver: key, value: 1, deposit: 0, fee, nonce, data: None };
    let signed = Transaction::sign_payload(account.secret(), payload).expect("there is no memo");
    dusk_core::transfer::Transaction::from(signed).to_network_bytes()
}

//! Several nodes of one network in this process, over real sockets: each has the key of one provisioner.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use local_node::genesis::Allocation;
use local_node::handle::{ControlError, NodeHandle};
use local_node::network::{Link, NetworkConfig, NetworkError};
use local_node::{BlockTime, Config, NodeError, spawn};
use tokio::time::timeout;

use crate::common::{ACCOUNTS, Draft, module_cache};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// The time of block 0.
const GENESIS_TIME: u64 = 1_700_000_000;

/// Addresses that were free a moment ago.
fn addresses(count: usize) -> Vec<SocketAddr> {
    let bind = |_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let sockets: Vec<UdpSocket> = (0..count).map(bind).collect();
    sockets.iter().map(|socket| socket.local_addr().expect("it is bound")).collect()
}

fn config(place: usize, addresses: &[SocketAddr], data: Option<PathBuf>) -> Config {
    let address = addresses[place];
    let bootstrap = addresses.iter().copied().filter(|other| *other != address).collect();
    Config {
        block_time: BlockTime::Every(Duration::from_secs(1)),
        genesis_time: Some(GENESIS_TIME),
        allocation: Some(Allocation::development(ACCOUNTS.as_slice())),
        voters: Some(vec![ACCOUNTS[place].keys().clone()]),
        network: Some(NetworkConfig { listen: address, public: address, bootstrap }),
        module_cache: module_cache(),
        data,
        ..Config::default()
    }
}

async fn network(count: usize) -> (Vec<NodeHandle>, Vec<SocketAddr>) {
    let addresses = addresses(count);
    let mut nodes = Vec::new();
    for place in 0..count {
        nodes.push(spawn(config(place, &addresses, None)).await.expect("the node starts"));
    }
    (nodes, addresses)
}

/// Waits until a node has a final block of at least this height.
async fn final_at(node: &NodeHandle, height: u64) {
    let wait = async {
        while node.network_status().await.expect("it runs").last_final < height {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("finality comes");
}

async fn shut_down(nodes: Vec<NodeHandle>) {
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
    let status = nodes[3].network_status().await.expect("it runs");
    assert_eq!(status.address, addresses[3]);
    assert_eq!(status.alive, 3, "{status:?}");
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_catches_up_and_votes_again() {
    let addresses = addresses(4);
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().expect("a folder")).collect();
    let start = |place: usize| spawn(config(place, &addresses, Some(folders[place].path().to_owned())));
    let mut nodes = Vec::new();
    for place in 0..4 {
        nodes.push(start(place).await.expect("the node starts"));
    }
    final_at(&nodes[0], 2).await;
    let away = nodes.pop().expect("there are four");
    let before = away.tip().height;
    away.shutdown().await;
    final_at(&nodes[0], before + 4).await;
    nodes.push(start(3).await.expect("it starts again"));
    assert!(nodes[3].tip().height >= before, "it keeps its chain");
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

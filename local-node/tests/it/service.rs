//! A node's answers to peers, over real sockets: none to a peer that has not asked, and never much for little.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use local_node::block::TxId;
use local_node::handle::TransactionStatus;
use local_node::spawn;
use local_node_types::message::{GetResource, Inventory, InventoryItem, Message};
use tokio::time::{sleep, timeout};

use crate::common::Draft;
use crate::network::{PATIENCE, Stranger, addresses, config, final_at, network, shut_down};

/// Longer than any datagram that a node sends to an address that has proved nothing: a ping has 30 bytes.
const SMALL_BYTES: usize = 40;
/// How long a victim listens after the first datagram. A block would come within milliseconds.
const LISTENING: Duration = Duration::from_secs(3);

fn request(requester: SocketAddr, items: Vec<InventoryItem>, hops: u16) -> Message {
    let max_entries = u16::try_from(items.len()).expect("they are few");
    let inventory = Inventory { items, max_entries };
    // After the chain's time of these tests, which is the system's.
    Message::GetResource(GetResource { inventory, requester, expires_at: u64::MAX, hops })
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_no_ping_gets_no_blocks() {
    let (nodes, addresses) = network(4).await;
    let mut stranger = Stranger::join(&addresses).await;
    final_at(&nodes[0], 3).await;
    let victim = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    victim.set_nonblocking(true).expect("it is open");
    let stated = victim.local_addr().expect("it is bound");
    let blocks = || (1..=3).map(InventoryItem::BlockFromHeight).collect::<Vec<_>>();
    for hops in 0..20 {
        stranger.say(request(stated, blocks(), hops)).await;
    }
    let (mut buffer, mut received) = ([0; 2048], Vec::new());
    let mut receive = || {
        while let Ok((length, _)) = victim.recv_from(&mut buffer) {
            received.push(length);
        }
        received.len()
    };
    let asked = async {
        while receive() == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asked).await.expect("it is asked whether it is there");
    sleep(LISTENING).await;
    receive();
    assert!(received.iter().all(|length| *length < SMALL_BYTES), "{received:?}");
    // The same request with an address that answers.
    stranger.ignore();
    stranger.say(request(stranger.address(), blocks(), 0)).await;
    let mut heights = Vec::new();
    while heights.len() < 3 {
        if let Message::Block(block) = stranger.next().await
            && !heights.contains(&block.header.height)
        {
            heights.push(block.header.height);
        }
    }
    heights.sort_unstable();
    assert_eq!(heights, [1, 2, 3]);
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_on_at_one_other_peer() {
    let (nodes, addresses) = network(1).await;
    let mut asker = Stranger::join(&addresses).await;
    let mut helper = Stranger::join(&addresses).await;
    let both_joined = async {
        while nodes[0].network_status().await.expect("it runs").peers.len() < 2 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, both_joined).await.expect("the strangers join");
    let item = |number: u8| InventoryItem::CandidateFromHash([number; 32]);
    let requester = asker.address();
    // The hops are used up; the node's peers must not search for longer than production's do; nobody waits any more.
    asker.say_to(addresses[0], request(requester, vec![item(1)], 0)).await;
    asker.say_to(addresses[0], request(requester, vec![item(2)], u16::MAX)).await;
    asker.say_to(addresses[0], request(requester, vec![item(3), InventoryItem::BlockFromHeight(1 << 40)], 3)).await;
    let mut passed_on = Vec::new();
    while passed_on.len() < 2 {
        if let Message::GetResource(request) = helper.next().await
            && request.requester == requester
        {
            passed_on.push(request);
        }
    }
    passed_on.sort_by_key(|request| request.hops);
    assert_eq!(passed_on[0].hops, 2);
    assert_eq!(passed_on[0].inventory.items, [item(3), InventoryItem::BlockFromHeight(1 << 40)]);
    assert_eq!(passed_on[1].hops, 15);
    assert_eq!(passed_on[1].inventory.items, [item(2)]);
    assert!(passed_on.iter().all(|request| request.expires_at < u64::MAX), "a search ends");
    // It does not come back to whoever asked.
    asker.ignore_but(|message| {
        let is_own = matches!(message, Message::GetResource(request) if request.requester == requester);
        assert!(!is_own, "{message:?}");
    });
    shut_down(nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_a_node_is_named_and_given_to_those_who_come_later() {
    // One of four provisioners makes no block, so that the transfer waits.
    let addresses = addresses(4);
    let node = spawn(config(0, &addresses, None)).await.expect("the node starts");
    let transfer = Draft::new(0, 1).pay(5, 1_000);
    let id = node.submit(transfer.bytes()).await.expect("taken");

    let mut stranger = Stranger::join(&addresses[..1]).await;
    // A peer that has not proved its address yet gets no answer.
    let is_known = async {
        while node.network_status().await.expect("it runs").peers.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, is_known).await.expect("the node knows the stranger");
    stranger.say_to(addresses[0], Message::GetMempool(1)).await;
    let named = loop {
        if let Message::Inventory(inventory) = stranger.next().await {
            break inventory.items;
        }
    };
    assert_eq!(named, [InventoryItem::MempoolTransaction(id.0)]);
    stranger.say_to(addresses[0], request(stranger.address(), named, 0)).await;
    let given = loop {
        if let Message::Transaction(transaction) = stranger.next().await {
            break transaction;
        }
    };
    assert_eq!(TxId::of(&given), id);

    // A node that starts later asks by itself.
    let later = spawn(config(1, &addresses, None)).await.expect("the node starts");
    let arrives = async {
        while matches!(later.transaction_status(id).await.expect("it runs"), TransactionStatus::Unknown) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, arrives).await.expect("the transaction comes");
    shut_down(vec![node, later]).await;
}

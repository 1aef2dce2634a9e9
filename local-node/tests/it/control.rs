//! State control of a development chain: in the process and over HTTP.

use std::time::Duration;

use dusk_core::abi::ContractId;
use local_node::events::NodeEvent;
use local_node::genesis::DEV_BALANCE;
use local_node::handle::{ControlError, MAX_WARP_SECONDS, NodeHandle, TransactionStatus};
use local_node::http::Server;
use local_node::mempool::Removal;
use local_node::store::StoreError;
use local_node::{BlockTime, Config, spawn};
use local_node_types::ledger::Label;
use local_node_types::rules::Profile;
use serde_json::{Value, json};

use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id, module_cache};

async fn node(change: impl FnOnce(&mut Config)) -> NodeHandle {
    let mut config = Config { module_cache: module_cache(), ..Config::default() };
    change(&mut config);
    spawn(config).await.expect("the node starts")
}

async fn balance(node: &NodeHandle, account: usize) -> u64 {
    node.account(ACCOUNTS[account].public_key()).await.expect("readable").balance
}

async fn pay(node: &NodeHandle, nonce: u64) {
    let id = node.submit(Draft::new(0, nonce).pay(1, 1).bytes()).await.expect("taken");
    node.wait_for(&id, true).await.expect("final");
}

async fn count(node: &NodeHandle, contract: ContractId) -> Option<u64> {
    let receipt = node.query(contract, "read", vec![]).await.ok()?;
    Some(u64::from_le_bytes(receipt.data.try_into().unwrap()))
}

#[tokio::test]
async fn going_back_makes_the_chain_what_it_was() {
    let node = node(|_| {}).await;
    pay(&node, 1).await;
    let first = node.snapshot().await.expect("taken");
    assert_eq!((first.snapshot, first.height), (1, 2));
    let label = node.store().block(2).unwrap().unwrap().1;
    assert!(matches!(label, Label::Attested(1)));

    let deploy = Draft::new(0, 2).deploy(&COUNTER, Some(7)).sign();
    let contract = deployed_id(&deploy);
    let id = node.submit(deploy.to_network_bytes()).await.expect("taken");
    node.wait_for(&id, true).await.expect("final");
    let second = node.snapshot().await.expect("taken");
    pay(&node, 3).await;
    let tip = node.tip().height;
    let hashes: Vec<_> = (3..=tip).rev().map(|at| node.store().block(at).unwrap().unwrap().0.header().hash).collect();

    let mut events = node.subscribe();
    let reverted = node.revert(Some(1)).await.expect("reverts");
    assert_eq!((reverted.height, reverted.reverted), (2, tip - 2));
    for expected in hashes {
        assert!(matches!(events.try_recv(), Some(Ok(NodeEvent::BlockReverted { hash, .. })) if hash == expected));
    }
    assert!(events.try_recv().is_none());
    assert_eq!((node.tip().height, node.store().tip().header().height), (2, 2));
    assert_eq!(node.store().block(2).unwrap().unwrap().1, label);
    assert!(node.store().block(3).unwrap().is_none());
    assert_eq!((balance(&node, 1).await, count(&node, contract).await), (DEV_BALANCE + 1, None));
    assert!(node.store().deployment(&contract).unwrap().is_none());
    assert!(matches!(node.transaction_status(id).await, Ok(TransactionStatus::Unknown)));
    let gone = node.revert(Some(second.snapshot)).await;
    assert!(matches!(gone, Err(ControlError::Store(StoreError::NoSuchSnapshot(2)))), "{gone:?}");

    // The same transaction is new again, and a snapshot serves more than once.
    for _ in 0..2 {
        node.submit(deploy.to_network_bytes()).await.expect("taken");
        let spent = node.wait_for(&id, true).await.expect("final");
        assert_eq!((spent.height, count(&node, contract).await), (3, Some(7)));
        assert_eq!(node.store().last_final(), 3);
        let (block, _) = node.store().block(3).unwrap().unwrap();
        assert_eq!(block.header().iteration, 0, "nobody waits for votes that were taken back");
        node.revert(None).await.expect("reverts");
    }
}

#[tokio::test]
async fn waiting_transactions_are_forgotten_with_the_blocks() {
    let node = node(|config| config.block_time = BlockTime::Every(Duration::from_secs(3600))).await;
    node.snapshot().await.expect("taken");
    let id = node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("taken");
    let reverted = node.revert(None).await.expect("reverts");
    assert_eq!((reverted.height, reverted.reverted), (0, 0));
    assert!(matches!(node.transaction_status(id).await, Ok(TransactionStatus::Removed(Removal::TakenBack))));
    node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("the nonce is free again");
}

#[tokio::test]
async fn the_clock_goes_forward_and_back() {
    let node = node(|_| {}).await;
    node.mine(1).await.expect("runs");
    let before = node.tip().timestamp;
    node.snapshot().await.expect("taken");
    let day = node.warp(86_400).await.expect("warps");
    assert!(day >= before + 86_400);
    let two = node.warp(86_400).await.expect("warps");
    assert!(two >= day + 86_400);
    node.mine(1).await.expect("runs");
    assert!(node.tip().timestamp >= two);
    assert!(matches!(node.warp(MAX_WARP_SECONDS).await, Err(ControlError::TooFar { .. })));
    node.revert(None).await.expect("reverts");
    node.mine(1).await.expect("runs");
    assert!(node.tip().timestamp < day);
}

#[tokio::test]
async fn a_reset_leads_to_genesis() {
    let node = node(|_| {}).await;
    pay(&node, 1).await;
    node.snapshot().await.expect("taken");
    node.mine(30).await.expect("runs");
    assert_eq!(node.reset().await.expect("resets").height, 0);
    assert_eq!((node.tip().hash, balance(&node, 1).await), (node.info().genesis_hash, DEV_BALANCE));
    assert!(matches!(node.revert(None).await, Err(ControlError::Store(StoreError::NoSnapshots))));
    pay(&node, 1).await;
    assert_eq!(node.tip().height, 2);
}

#[tokio::test]
async fn other_rules_allow_no_control() {
    let node = node(|config| config.rules = Profile::Mainnet).await;
    assert!(matches!(node.snapshot().await, Err(ControlError::NotLocal(Profile::Mainnet))));
    assert!(matches!(node.revert(None).await, Err(ControlError::NotLocal(_))));
    assert!(matches!(node.reset().await, Err(ControlError::NotLocal(_))));
    assert!(matches!(node.warp(1).await, Err(ControlError::NotLocal(_))));
}

/// Asks a served node; gives the status and the document.
async fn ask(url: &str, topic: &str, body: &'static str) -> (u16, Value) {
    let url = format!("{url}/on/dev/{topic}");
    let asked = tokio::task::spawn_blocking(move || {
        let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = client.post(&url).content_type("application/json").send(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_json().unwrap())
    });
    asked.await.unwrap()
}

#[tokio::test]
async fn the_chain_is_controlled_over_http() {
    let node = node(|_| {}).await;
    let server = Server::start(node.clone(), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
    let url = server.url();
    assert_eq!(ask(&url, "mine", r#"{"blocks":3}"#).await, (200, json!({ "height": 3 })));
    assert_eq!(ask(&url, "snapshot", "").await, (200, json!({ "snapshot": 1, "height": 3 })));
    assert_eq!(ask(&url, "mine", "").await, (200, json!({ "height": 4 })));
    assert_eq!(ask(&url, "revert", r#"{"snapshot":1}"#).await, (200, json!({ "height": 3, "reverted": 1 })));
    assert_eq!(ask(&url, "revert", "").await, (200, json!({ "height": 3, "reverted": 0 })));
    let (status, warped) = ask(&url, "warp", r#"{"seconds":86400}"#).await;
    assert!(status == 200 && warped["timestamp"].as_u64().unwrap() >= node.tip().timestamp + 86_400, "{warped}");
    assert_eq!(ask(&url, "reset", "{}").await, (200, json!({ "height": 0 })));

    for (topic, body, status) in [
        ("revert", r#"{"snapshot":1}"#, 404),
        ("revert", "", 404),
        ("revert", r#"{"snapshots":1}"#, 400),
        ("mine", r#"{"blocks":-1}"#, 400),
        ("mine", r#"{"blocks":1000000}"#, 400),
        ("warp", "", 400),
        ("warp", r#"{"seconds":99999999999}"#, 400),
        ("nothing", "", 501),
    ] {
        let (found, document) = ask(&url, topic, body).await;
        assert_eq!(found, status, "{topic} {body}: {document}");
        assert!(document["error"].is_string());
    }
    server.stop().await;
}

/// A client gives up after 30 seconds, and could not tell whether the blocks come.
#[tokio::test]
async fn blocks_that_come_too_late_are_refused_over_http() {
    let node = node(|config| config.block_time = BlockTime::Every(Duration::from_secs(10))).await;
    let server = Server::start(node.clone(), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
    let (status, document) = ask(&server.url(), "mine", r#"{"blocks":3}"#).await;
    let text = document["error"].as_str().unwrap();
    assert!(status == 400 && text.contains("makes a block every 10 s"), "{status}: {text}");
    server.stop().await;
}

#[tokio::test]
async fn blocks_that_come_soon_are_waited_for_over_http() {
    let node = node(|config| config.block_time = BlockTime::Every(Duration::from_secs(1))).await;
    let server = Server::start(node.clone(), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
    let (status, document) = ask(&server.url(), "mine", r#"{"blocks":2}"#).await;
    assert!(status == 200 && document["height"].as_u64() >= Some(2), "{status}: {document}");
    server.stop().await;
}

#[tokio::test]
async fn the_chain_of_a_public_network_is_not_controlled_over_http() {
    let node = node(|config| config.rules = Profile::Testnet).await;
    let server = Server::start(node.clone(), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
    for topic in ["snapshot", "revert", "mine", "warp", "reset"] {
        let (status, document) = ask(&server.url(), topic, "").await;
        assert_eq!(status, 403, "{topic}: {document}");
    }
    // Reading changes nothing.
    let unknown = r#"{"transaction":"0101010101010101010101010101010101010101010101010101010101010101"}"#;
    assert_eq!(ask(&server.url(), "fate", unknown).await, (200, json!({ "state": "unknown" })));
    assert_eq!(node.tip().height, 0);
    server.stop().await;
}

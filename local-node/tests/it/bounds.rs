//! Contracts that never end, take too long or break the machine: the node goes on, and says what became of them.

use std::time::Duration;

use dusk_core::abi::ContractId;
use local_node::end::Stopped;
use local_node::handle::{MAX_MINE_WAITERS, MineError, NodeHandle, SimulateError, TransactionStatus, WaitError};
use local_node::http::Server;
use local_node::mempool::Removal;
use local_node::reader::{MAX_QUESTIONS_AT_ONCE, QueryError};
use local_node::{BlockTime, Config, spawn};
use local_node_types::rules::BLOCK_GAS_LIMIT;
use tokio::time::timeout;

use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id, module_cache};

/// Tells what ends from what hangs. Nothing in these tests takes a fraction of it.
const HANGS: Duration = Duration::from_secs(120);
/// Far less than a call with the gas of a block takes on a fast machine, and far more than other calls take.
const SHORT: Duration = Duration::from_millis(500);
/// As [`SHORT`], for tests in which it also limits a block: a busy machine takes longer for the other transactions.
const SHORT_OF_BLOCK: Duration = Duration::from_secs(2);
/// Longer than any test.
const FOREVER: Duration = Duration::from_secs(3600);

/// `many` fills memory without end and for almost no gas.
const FILL: &str = r#"(module
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 65536))
    (func (export "many") (param i32) (result i32)
        (drop (memory.grow (i32.const 256)))
        (loop $again
            (memory.fill (i32.const 131072) (i32.const 7) (i32.const 16777216))
            (br $again))
        (i32.const 0))
    (func (export "feed") (param i32) (result i32)
        (loop $again (br $again))
        (i32.const 0)))"#;

/// `go` asks for the Poseidon hash of nothing.
const POSEIDON: &str = r#"(module
    (import "env" "hq" (func $hq (param i32 i32 i32) (result i32)))
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 65536))
    (data (i32.const 0) "poseidon_hash")
    (func (export "go") (param i32) (result i32)
        (call $hq (i32.const 0) (i32.const 13) (i32.const 8))))"#;

async fn node(change: impl FnOnce(&mut Config)) -> NodeHandle {
    let mut config = Config { module_cache: module_cache(), ..Config::default() };
    change(&mut config);
    spawn(config).await.expect("the node starts")
}

/// Deploys a module as the last account, which nothing else here uses.
async fn deploy(node: &NodeHandle, module: &[u8]) -> ContractId {
    let deploy = Draft::new(9, 1).deploy(module, None).sign();
    let contract = deployed_id(&deploy);
    let id = node.submit(deploy.to_network_bytes()).await.expect("taken");
    let spent = node.wait_for(&id, false).await.expect("executed");
    assert_eq!(spent.result, Ok(vec![]));
    contract
}

async fn deploy_text(node: &NodeHandle, text: &str) -> ContractId {
    deploy(node, &wat::parse_str(text).expect("a module")).await
}

#[tokio::test]
async fn endless_questions_and_simulations_end_and_say_so() {
    let most = SHORT;
    let node = node(|config| config.call_time = most).await;
    let contract = deploy_text(&node, FILL).await;
    let asked = timeout(HANGS, node.query(contract, "many", vec![])).await.expect("it ends");
    assert!(matches!(&asked, Err(QueryError::TooLong(told)) if *told == most), "{asked:?}");
    assert!(asked.expect_err("it takes too long").to_string().contains("longer than 500 milliseconds"));
    let fed = timeout(HANGS, node.reader().feed(contract, "feed".into(), vec![])).await.expect("it ends");
    assert!(matches!(fed, Err(QueryError::TooLong(_))), "{fed:?}");
    let call = Draft::new(0, 1).call(contract, "many").limit(BLOCK_GAS_LIMIT).bytes();
    let simulated = timeout(HANGS, node.simulate(&call)).await.expect("it ends");
    assert!(matches!(simulated, Err(SimulateError::Query(QueryError::TooLong(_)))), "{simulated:?}");
    assert_eq!(node.tip().height, 2, "nothing of it is in a block");
}

#[tokio::test]
async fn endless_questions_silence_nobody_and_end_with_the_node() {
    let node = node(|config| config.call_time = FOREVER).await;
    let contract = deploy_text(&node, FILL).await;
    let endless: Vec<_> = (0..MAX_QUESTIONS_AT_ONCE + 2)
        .map(|_| {
            let node = node.clone();
            tokio::spawn(async move { node.query(contract, "many", vec![]).await })
        })
        .collect();
    let others = async {
        let status = node.account(ACCOUNTS[0].public_key()).await.expect("readable");
        assert!(!node.provisioners().await.expect("readable").is_empty());
        assert!(node.reader().owner(contract).await.expect("readable").is_some());
        let id = node.submit(Draft::new(0, status.next_nonce).pay(1, 1).bytes()).await.expect("taken");
        node.wait_for(&id, true).await.expect("it becomes final");
    };
    timeout(HANGS, others).await.expect("the node is not silent");
    timeout(HANGS, node.clone().shutdown()).await.expect("the node ends");
    for question in endless {
        let answer = timeout(HANGS, question).await.expect("it ends").expect("it does not panic");
        assert!(matches!(answer, Err(QueryError::Stopped(Stopped::Asked))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_node_ends_although_its_loop_runs_an_endless_transaction() {
    let node = node(|config| (config.build_time, config.call_time) = (FOREVER, FOREVER)).await;
    let contract = deploy_text(&node, FILL).await;
    let call = Draft::new(0, 1).call(contract, "many").limit(BLOCK_GAS_LIMIT);
    node.submit(call.bytes()).await.expect("taken");
    timeout(HANGS, node.shutdown()).await.expect("the node ends");
}

#[tokio::test]
async fn an_endless_transaction_leaves_the_mempool_with_the_reason() {
    let most = SHORT_OF_BLOCK;
    let node = node(|config| (config.build_time, config.call_time) = (most, most)).await;
    let contract = deploy_text(&node, FILL).await;
    let call = Draft::new(0, 1).call(contract, "many").limit(BLOCK_GAS_LIMIT);
    let id = node.submit(call.bytes()).await.expect("taken");
    let lost = timeout(HANGS, node.wait_for(&id, false)).await.expect("it is not tried for ever");
    assert!(
        matches!(&lost, Err(WaitError::Removed { reason: Removal::TooLong(told), .. }) if *told == most),
        "{lost:?}"
    );
    assert!(matches!(node.transaction_status(id).await, Ok(TransactionStatus::Removed(Removal::TooLong(_)))));
    assert!(lost.expect_err("removed").to_string().contains("takes longer than 2000 milliseconds"));
    let id = node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("the nonce is free");
    node.wait_for(&id, false).await.expect("the chain goes on");
}

#[tokio::test]
async fn a_slow_transaction_waits_for_the_next_block_and_is_its_first() {
    let node = node(|config| {
        config.block_time = BlockTime::Every(Duration::from_secs(1));
        (config.build_time, config.call_time) = (Duration::from_millis(30), FOREVER);
    })
    .await;
    let contract = deploy(&node, &COUNTER).await;
    let quick = Draft::new(0, 1).pay(1, 1).price(9);
    let slow = Draft::new(1, 1).call(contract, "spin").limit(BLOCK_GAS_LIMIT / 2).price(5);
    let last = Draft::new(2, 1).pay(1, 1).price(4);
    let mut ids = Vec::new();
    for draft in [quick, slow, last] {
        ids.push(node.submit(draft.bytes()).await.expect("taken"));
    }
    let mut heights = Vec::new();
    for id in &ids {
        let spent = timeout(HANGS, node.wait_for(id, false)).await.expect("it gets its turn").expect("executed");
        heights.push(spent.height);
    }
    assert!(heights.is_sorted() && heights[0] < heights[1], "{heights:?}");
    let (block, _) = node.store().block(heights[1]).expect("readable").expect("stored");
    assert_eq!(block.transactions[0].id(), ids[1], "the slow one has the block's time");
}

#[tokio::test]
async fn a_contract_that_breaks_the_machine_fails_and_the_node_goes_on() {
    let node = node(|_| {}).await;
    let contract = deploy_text(&node, POSEIDON).await;
    let asked = timeout(HANGS, node.query(contract, "go", vec![])).await.expect("it ends");
    assert!(asked.is_err(), "{asked:?}");
    let call = Draft::new(0, 1).call(contract, "go").bytes();
    let simulated = timeout(HANGS, node.simulate(&call)).await.expect("it ends");
    assert!(!matches!(&simulated, Ok(Ok(simulation)) if simulation.result.is_ok()), "{simulated:?}");
    let id = node.submit(call).await.expect("taken");
    let ran = timeout(HANGS, node.wait_for(&id, false)).await.expect("it has a status");
    match ran {
        Ok(spent) => assert!(spent.result.is_err(), "{:?}", spent.result),
        Err(error) => assert!(matches!(error, WaitError::Removed { .. }), "{error}"),
    }
    let next = node.account(ACCOUNTS[0].public_key()).await.expect("readable").next_nonce;
    let id = node.submit(Draft::new(0, next).pay(1, 1).bytes()).await.expect("taken");
    node.wait_for(&id, true).await.expect("the chain goes on");
}

#[tokio::test]
async fn requests_for_blocks_are_bounded_and_end_with_those_who_asked() {
    let node = node(|config| config.block_time = BlockTime::Every(FOREVER)).await;
    let mut asked = Vec::new();
    for _ in 0..MAX_MINE_WAITERS {
        let node = node.clone();
        asked.push(tokio::spawn(async move { node.mine(1).await }));
    }
    // All of them have asked once they have had their turn, and the loop answers in order.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(timeout(HANGS, node.mine(1)).await, Ok(Err(MineError::Busy)));
    for request in &asked {
        request.abort();
    }
    for request in asked {
        assert!(request.await.is_err());
    }
    assert!(timeout(Duration::from_millis(200), node.mine(1)).await.is_err(), "there is room again: it waits");
}

#[tokio::test]
async fn what_became_of_a_transaction_can_be_looked_up_over_http() {
    let most = SHORT_OF_BLOCK;
    let node = node(|config| (config.build_time, config.call_time) = (most, most)).await;
    let contract = deploy_text(&node, FILL).await;
    let server = Server::start(node.clone(), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
    let url = format!("{}/on/dev/fate", server.url());
    let ask = async |id: String| {
        let url = url.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let body = serde_json::json!({ "transaction": id }).to_string();
            let mut answer = agent.post(&url).send(body.as_bytes()).expect("answers");
            (answer.status().as_u16(), answer.body_mut().read_to_string().expect("text"))
        });
        asked.await.expect("does not panic")
    };
    let call = Draft::new(0, 1).call(contract, "many").limit(BLOCK_GAS_LIMIT);
    let id = node.submit(call.bytes()).await.expect("taken");
    assert!(timeout(HANGS, node.wait_for(&id, false)).await.expect("it ends").is_err());
    let (status, document) = ask(id.to_string()).await;
    assert_eq!(status, 200, "{document}");
    assert!(document.contains(r#""state":"removed""#) && document.contains("takes longer than 2000"), "{document}");
    let (status, document) = ask("00".repeat(32)).await;
    assert_eq!((status, document.as_str()), (200, r#"{"state":"unknown"}"#));
    assert_eq!(ask("none".into()).await.0, 400);
    server.stop().await;
}

//! A transaction that was running when the process died is not run again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use dusk_core::abi::ContractId;
use local_node::block::TxId;
use local_node::handle::{NodeHandle, TransactionStatus};
use local_node::mempool::Removal;
use local_node::{BlockTime, Config, spawn};
use local_node_types::rules::BLOCK_GAS_LIMIT;

use crate::common::{Draft, deployed_id, module_cache};

/// Tells a test that it is a child process, and where its data folder is.
const FOLDER: &str = "LOCAL_NODE_TEST_CRASH_FOLDER";
/// How long the parent waits for the child, which otherwise hangs.
const HANGS: Duration = Duration::from_secs(120);
/// Longer than any test.
const FOREVER: Duration = Duration::from_secs(3600);

/// A time between blocks in which these come soon.
const SOON: Duration = Duration::from_secs(1);

/// `many` never ends.
const ENDLESS: &str = r#"(module
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 65536))
    (func (export "many") (param i32) (result i32)
        (loop $again
            (memory.fill (i32.const 131072) (i32.const 7) (i32.const 65536))
            (br $again))
        (i32.const 0)))"#;

fn config(folder: &Path, block_time: Duration) -> Config {
    let block_time = BlockTime::Every(block_time);
    Config { data: Some(folder.to_owned()), module_cache: module_cache(), block_time, ..Config::default() }
}

fn deployment() -> (Vec<u8>, ContractId) {
    let deploy = Draft::new(0, 1).deploy(&wat::parse_str(ENDLESS).unwrap(), None).sign();
    (deploy.to_network_bytes(), deployed_id(&deploy))
}

/// The transaction that the child dies of.
fn fatal() -> (Vec<u8>, TxId) {
    let call = Draft::new(0, 2).call(deployment().1, "many").limit(BLOCK_GAS_LIMIT).price(9).sign();
    (call.to_network_bytes(), TxId(dusk_bytes::Serializable::to_bytes(&call.hash())))
}

/// Not a test by itself: the code of the child process, until it is killed.
#[test]
fn a_node_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let config = Config { build_time: FOREVER, call_time: FOREVER, ..config(&PathBuf::from(folder), SOON) };
        let _node = spawn(config).await.unwrap();
        std::future::pending::<()>().await;
    });
}

/// Waits until the folder says that a transaction is running.
fn wait_until_running(folder: &Path, id: &TxId) {
    let begun = std::time::Instant::now();
    loop {
        let named = std::fs::read(folder.join("running")).unwrap_or_default();
        if named.get(..32) == Some(id.0.as_slice()) {
            return;
        }
        assert!(begun.elapsed() < HANGS, "the transaction is not run");
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn assert_removed(node: &NodeHandle, id: TxId) {
    let status = node.transaction_status(id).await.unwrap();
    assert!(matches!(status, TransactionStatus::Removed(Removal::EndedProcess)), "{status:?}");
}

#[tokio::test]
async fn what_ended_the_process_is_not_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let (fatal, id) = fatal();
    let node = spawn(config(folder.path(), SOON)).await.unwrap();
    let deployed = node.submit(deployment().0).await.unwrap();
    node.wait_for(&deployed, true).await.unwrap();
    node.shutdown().await;
    // Both wait for a block that does not come in this life.
    let node = spawn(config(folder.path(), FOREVER)).await.unwrap();
    node.submit(fatal.clone()).await.unwrap();
    let other = node.submit(Draft::new(1, 1).pay(2, 1).bytes()).await.unwrap();
    node.shutdown().await;

    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", "crash::a_node_that_is_killed"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until_running(folder.path(), &id);
    child.kill().unwrap();
    child.wait().unwrap();

    let node = spawn(config(folder.path(), SOON)).await.unwrap();
    assert_removed(&node, id).await;
    // The transaction behind it gets into a block, and so does another one in its place.
    loop {
        match node.transaction_status(other).await.unwrap() {
            TransactionStatus::Executed(_) => break,
            TransactionStatus::Removed(reason) => panic!("{reason}"),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    let instead = node.submit(Draft::new(0, 2).pay(1, 1).bytes()).await.unwrap();
    node.wait_for(&instead, false).await.unwrap();
    assert_removed(&node, id).await;
    node.shutdown().await;

    let node = spawn(config(folder.path(), SOON)).await.unwrap();
    assert_removed(&node, id).await;
    // It is not banned: its sender is told why it is gone, and may have other reasons for the end.
    assert!(node.submit(fatal).await.is_err(), "its nonce was used meanwhile");
    node.shutdown().await;
}

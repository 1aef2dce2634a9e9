//! Faults within the loop that no input from outside can cause.

use std::sync::mpsc as blocking;

use dusk_core::transfer::data::ContractDeploy;
use dusk_core::transfer::moonlight::{Fee, Payload, Transaction};

use super::*;
use crate::end::Stopped;
use crate::handle::{Command, MAX_COMPILATIONS, MAX_COMPILATIONS_PER_SENDER, MineError};
use crate::reader::QueryError;

async fn node() -> NodeHandle {
    node_with(BlockTime::Instant).await
}

async fn node_with(block_time: BlockTime) -> NodeHandle {
    // The folder in which the tests from outside keep the genesis contracts' code as well.
    let module_cache = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("local-node-modules")));
    spawn(Config { block_time, module_cache, ..Config::default() }).await.expect("the node starts")
}

/// The first transaction of a development account, with a deployment where there is bytecode.
fn transaction(from: usize, bytecode: Option<&[u8]>) -> Vec<u8> {
    numbered(from, 1, bytecode)
}

fn numbered(from: usize, nonce: u64, bytecode: Option<&[u8]>) -> Vec<u8> {
    let account = &dev_accounts()[from];
    let key = *account.public_key();
    let deploy = bytecode.map(|bytecode| ContractDeploy::new(bytecode, account.id().0.to_vec(), None, nonce).into());
    let payload = Payload {
        chain_id: 0,
        sender: key,
        receiver: key,
        value: 1,
        deposit: 0,
        fee: Fee { gas_limit: 100_000_000, gas_price: 2000, refund_address: key },
        nonce,
        data: deploy,
    };
    let signed = Transaction::sign_payload(account.secret_key(), payload).expect("there is no memo");
    dusk_core::transfer::Transaction::from(signed).to_network_bytes()
}

#[tokio::test]
async fn a_panic_in_the_loop_ends_the_node_as_a_failure() {
    let node = node().await;
    let waits = tokio::spawn({
        let node = node.clone();
        async move { node.ended().await }
    });
    node.0.commands.send(Command::Panic).await.expect("the loop runs");
    let end = waits.await.expect("it ends");
    assert!(matches!(&end, End::Panicked(text) if text == "on purpose"), "{end:?}");
    // Later callers get the error.
    let failed = Stopped::Failed("on purpose".into());
    assert_eq!(node.submit(transaction(0, None)).await, Err(SubmitError::Stopped(failed.clone())));
    assert_eq!(node.mine(1).await, Err(MineError::Stopped(failed.clone())));
    assert_eq!(node.transaction_status(TxId([1; 32])).await.map(|_| ()), Err(failed.clone()));
    let account = node.account(dev_accounts()[0].public_key()).await;
    assert!(matches!(&account, Err(QueryError::Stopped(stopped)) if *stopped == failed), "{account:?}");
    assert!(failed.to_string().contains("stopped after an error: on purpose"));
    node.shutdown().await;
}

#[tokio::test]
async fn slow_deployments_keep_nobody_from_sending_transactions() {
    let module = wat::parse_str(r#"(module (memory (export "memory") 2) (global (export "A") i32 (i32.const 0)))"#);
    let module = module.expect("a module");
    let node = node().await;
    let mut releases = Vec::new();
    let senders = MAX_COMPILATIONS / MAX_COMPILATIONS_PER_SENDER;
    for sender in 0..senders {
        for _ in 0..MAX_COMPILATIONS_PER_SENDER {
            let (release, wait) = blocking::channel::<()>();
            releases.push(release);
            let (node, sender) = (node.clone(), dev_accounts()[sender].id());
            tokio::spawn(async move { node.0.compilations.run(sender, move || wait.recv()).await });
        }
    }
    while node.0.compilations.free_places() > 0 {
        tokio::task::yield_now().await;
    }
    // The lane of deployments is full.
    let deployment = node.submit(transaction(8, Some(&module))).await;
    assert_eq!(deployment, Err(SubmitError::Compiling));
    let id = node.submit(transaction(9, None)).await.expect("payments do not wait for it");
    node.wait_for(&id, false).await.expect("executed");
    drop(releases);
    while node.0.compilations.free_places() == 0 {
        tokio::task::yield_now().await;
    }
    let id = node.submit(transaction(8, Some(&module))).await.expect("taken");
    node.wait_for(&id, false).await.expect("executed");
    node.shutdown().await;
}

/// A node that was killed while it took them again may have left them in this order.
#[tokio::test]
async fn transactions_that_come_back_in_another_order_are_all_taken() {
    let node = node_with(BlockTime::Every(Duration::from_secs(3600))).await;
    let mut waiting: Vec<_> = (1..=100).map(|nonce| (TxId([1; 32]), numbered(0, nonce, None))).collect();
    waiting.rotate_left(50);
    waiting.insert(20, (TxId([2; 32]), b"no transaction".to_vec()));
    submit_again(node.clone(), waiting).await;
    let taken = node.mempool(200).await.expect("the loop runs");
    assert_eq!(taken.len(), 100);
    node.shutdown().await;
}

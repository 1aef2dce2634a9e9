//! Chains that outlive their node: restarts, sudden ends, full disks, wrong folders.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dusk_core::abi::ContractId;
use local_node::block::{SpentTransaction, StoredBlock, TxId};
use local_node::end::End;
use local_node::events::NodeEvent;
use local_node::executor::Executor;
use local_node::genesis::{self, Allocation};
use local_node::handle::{NodeHandle, SubmitError};
use local_node::ledger::Ledger;
use local_node::store::{Identity, SortOrder, Store, StoreError, index_keys};
use local_node::transaction::ValidTransaction;
use local_node::{BlockTime, Config, NodeError, spawn};
use local_node_consensus::Decision;
use local_node_types::ledger::{Block, Label};
use local_node_types::rules::Profile;
use local_node_vm::Vm;
use proptest::prelude::*;

use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id, module_cache};

/// Tells a test that it is a child process, and where its data folder is.
const FOLDER: &str = "LOCAL_NODE_TEST_FOLDER";
/// Overrides how often a node is killed.
const ROUNDS: &str = "LOCAL_NODE_TEST_ROUNDS";

fn config(folder: &Path) -> Config {
    Config { data: Some(folder.to_owned()), module_cache: module_cache(), ..Config::default() }
}

async fn start(folder: &Path) -> NodeHandle {
    spawn(config(folder)).await.expect("the node starts")
}

async fn refused(config: Config) -> StoreError {
    match spawn(config).await {
        Err(NodeError::Store(error)) => error,
        other => panic!("{other:?}"),
    }
}

async fn run(node: &NodeHandle, draft: Draft) -> Arc<SpentTransaction> {
    let id = node.submit(draft.bytes()).await.expect("taken");
    node.wait_for(&id, false).await.expect("executed")
}

async fn count(node: &NodeHandle, contract: ContractId) -> u64 {
    let receipt = node.query(contract, "read", vec![]).await.expect("readable");
    u64::from_le_bytes(receipt.data.try_into().expect("eight bytes"))
}

/// The contract that the first transaction of the first account deploys.
fn counter() -> (Vec<u8>, ContractId) {
    let deploy = Draft::new(0, 1).deploy(&COUNTER, None).sign();
    (deploy.to_network_bytes(), deployed_id(&deploy))
}

/// Everything that a store answers, as text.
fn answers(store: &Store) -> Vec<String> {
    let mut told = vec![format!("{:?} {} {:?}", store.tip(), store.last_final(), store.pending())];
    for height in 0..=store.tip().header().height + 1 {
        let found = store.block(height).unwrap();
        told.push(format!("{found:?}"));
        let Some((block, _)) = found else { continue };
        told.push(format!("{:?}", store.height_of(&block.header().hash).unwrap()));
        for spent in &block.transactions {
            told.push(format!("{:?}", store.transaction(&spent.id()).unwrap()));
            told.push(format!("{:?}", spent.deployed.map(|contract| store.deployment(&contract).unwrap())));
        }
        for key in index_keys(&block) {
            let about = |order| store.heights_about(key, 0..=u64::MAX, order, 5).unwrap();
            told.push(format!("{:?} {:?}", about(SortOrder::OldestFirst), about(SortOrder::NewestFirst)));
        }
    }
    told.push(format!("{:?} {}", store.last_transactions(7).unwrap(), store.transaction_count().unwrap()));
    told.push(format!("{:?} {:?}", store.kept_states().unwrap(), store.snapshots().unwrap()));
    told
}

/// Some real blocks on the development genesis at time 0.
static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let node = spawn(Config { genesis_time: Some(0), module_cache: module_cache(), ..Config::default() });
        let node = node.await.expect("the node starts");
        let (deploy, contract) = counter();
        node.submit(deploy).await.expect("taken");
        for nonce in 1..10 {
            run(&node, Draft::new(1, nonce).call(contract, if nonce % 3 == 0 { "fail" } else { "count" })).await;
            run(&node, Draft::new(2, nonce).pay(3, nonce).memo(&[7; 9])).await;
        }
        let block = |height| node.store().block(height).unwrap().unwrap().0.block.clone();
        (1..=node.tip().height).map(block).collect()
    })
});

fn vm() -> Vm {
    Vm::with_module_cache(&module_cache().expect("there is a folder")).expect("the engine starts")
}

fn allocation() -> Allocation {
    Allocation::development(&*ACCOUNTS)
}

fn in_memory() -> Ledger {
    let vm = vm();
    let root = genesis::state(&vm, 0, Profile::Local, &allocation()).expect("genesis");
    Ledger::new(Executor::new(vm, 0, Profile::Local), genesis::header(0, root)).expect("opens")
}

fn in_folder(folder: &Path) -> Ledger {
    let identity =
        Identity { chain_id: 0, rules: Profile::Local, allocation: allocation().digest(), genesis_time: Some(0) };
    let vm = vm();
    let store = Store::open(folder, &identity, || {
        let root = genesis::state(&vm, 0, Profile::Local, &allocation()).expect("genesis");
        let state = vm.export(&root).expect("readable");
        Ok::<_, StoreError>((StoredBlock::genesis(genesis::header(0, root)), state))
    });
    Ledger::resume(Executor::new(vm, 0, Profile::Local), store.expect("opens")).expect("resumes")
}

#[derive(Debug, Clone)]
enum Step {
    Accept,
    Reopen,
    Snapshot,
    Revert(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Accept),
        2 => Just(Step::Reopen),
        1 => Just(Step::Snapshot),
        1 => (0_usize..4).prop_map(Step::Revert),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// A ledger in a folder, opened anew again and again, answers as one in memory does.
    #[test]
    fn durable_and_not_makes_no_difference(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let (mut plain, mut durable) = (in_memory(), in_folder(folder.path()));
        for step in steps {
            match step {
                Step::Accept => {
                    let height = usize::try_from(plain.tip().height).unwrap();
                    let Some(block) = BLOCKS.get(height) else { continue };
                    for ledger in [&mut plain, &mut durable] {
                        ledger.accept(Decision { block: block.clone(), request: None }).expect("accepted");
                    }
                }
                Step::Reopen => {
                    drop(durable);
                    durable = in_folder(folder.path());
                }
                Step::Snapshot => {
                    prop_assert_eq!(plain.snapshot(1).unwrap(), durable.snapshot(1).unwrap());
                }
                Step::Revert(back) => {
                    let snapshots = plain.store().snapshots().unwrap();
                    let Some(to) = snapshots.into_iter().rev().nth(back) else { continue };
                    prop_assert_eq!(plain.revert(&to).unwrap(), durable.revert(&to).unwrap());
                }
            }
            let (a, b) = (plain.tip_context(), durable.tip_context());
            prop_assert_eq!(a.provisioners, b.provisioners);
            prop_assert_eq!(a.before.map(|it| (it.seed, it.provisioners)), b.before.map(|it| (it.seed, it.provisioners)));
        }
        prop_assert_eq!(answers(plain.store()), answers(durable.store()));
    }
}

#[tokio::test]
async fn a_restarted_node_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (deploy, contract) = counter();
    let node = start(folder.path()).await;
    let (genesis, id) = (node.info().genesis_hash, node.submit(deploy).await.expect("taken"));
    node.wait_for(&id, true).await.expect("final");
    run(&node, Draft::new(0, 2).call(contract, "count")).await;
    let before = answers(node.store());
    node.shutdown().await;

    let node = start(folder.path()).await;
    assert_eq!(node.info().genesis_hash, genesis);
    // The last block was not final yet: the node makes one more, as it would have without the end.
    node.wait_for(&node.store().last_transactions(1).unwrap()[0].id(), true).await.expect("final");
    assert_eq!(count(&node, contract).await, 1);
    assert!(before[1..].iter().take(4).all(|answer| answers(node.store()).contains(answer)));
    let spent = run(&node, Draft::new(0, 3).call(contract, "count")).await;
    assert_eq!(spent.result, Ok(2_u64.to_le_bytes().to_vec()));
    let (block, _) = node.store().block(spent.height).unwrap().unwrap();
    let (previous, _) = node.store().block(spent.height - 1).unwrap().unwrap();
    assert_eq!(block.header().prev_block_hash, previous.header().hash);
    assert!(block.header().prev_block_cert.result.vote().is_valid() && !block.rewards.is_empty());
    let again = node.submit(Draft::new(0, 3).call(contract, "count").bytes()).await;
    assert!(matches!(again, Err(SubmitError::Refused(_))), "{again:?}");
}

#[tokio::test]
async fn waiting_transactions_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let slowly = || Config { block_time: BlockTime::Every(Duration::from_secs(3600)), ..config(folder.path()) };
    let node = spawn(slowly()).await.expect("starts");
    let mut ids = Vec::new();
    for nonce in 1..=3 {
        ids.push(node.submit(Draft::new(4, nonce).pay(5, 1).bytes()).await.expect("taken"));
    }
    node.shutdown().await;

    let node = spawn(slowly()).await.expect("starts");
    let mut events = node.subscribe();
    loop {
        let waiting: BTreeSet<TxId> = node.mempool(9).await.expect("runs").iter().map(ValidTransaction::id).collect();
        if ids.iter().all(|id| waiting.contains(id)) {
            break;
        }
        // Each one that comes back is told.
        assert!(matches!(events.recv().await, Ok(NodeEvent::TransactionAdmitted(_))));
    }
    node.shutdown().await;

    // With blocks on demand they are in one at once.
    let node = start(folder.path()).await;
    let mut events = node.subscribe();
    while !ids.iter().all(|id| node.store().has_transaction(id).unwrap()) {
        events.recv().await.expect("something happens");
    }
}

#[tokio::test]
async fn folders_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path()).await;
    assert!(matches!(refused(config(folder.path())).await, StoreError::Locked(_)));
    node.mine(2).await.expect("runs");
    let copy = folder.path().join("copy");
    node.shutdown().await;

    let other = |change: fn(&mut Config)| {
        let mut config = config(folder.path());
        change(&mut config);
        refused(config)
    };
    let what = |error| match error {
        StoreError::OtherChain { what, .. } => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(other(|config| config.chain_id = 3).await), "its id is");
    assert_eq!(what(other(|config| config.rules = Profile::Mainnet).await), "its rules are");
    assert_eq!(what(other(|config| config.genesis_time = Some(1)).await), "its genesis time is");
    assert_eq!(
        what(other(|config| config.allocation = Some(Allocation::development(&ACCOUNTS[..5]))).await),
        "the hash of its genesis balances is"
    );

    let file = folder.path().join("chain.redb");
    let whole = std::fs::read(&file).unwrap();
    // Not a database at all, nothing, and a database that was cut in many places.
    let cuts = (1..16).map(|part| whole[..whole.len() / 16 * part].to_vec());
    for content in [b"not a database".to_vec(), Vec::new(), vec![0; 5000]].into_iter().chain(cuts) {
        std::fs::create_dir_all(&copy).unwrap();
        std::fs::write(copy.join("chain.redb"), &content).unwrap();
        let error = refused(config(&copy)).await;
        assert!(matches!(error, StoreError::Damaged(_)), "{} bytes: {error:?}", content.len());
        assert_eq!(std::fs::read(copy.join("chain.redb")).unwrap().len(), content.len(), "the file is left alone");
    }
    std::fs::write(folder.path().join("file"), b"").unwrap();
    assert!(matches!(refused(config(&folder.path().join("file"))).await, StoreError::Folder { .. }));

    // After all of this the chain itself is as it was.
    assert_eq!(start(folder.path()).await.tip().height, 2);
}

#[tokio::test]
async fn snapshots_outlive_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let (deploy, contract) = counter();
    let node = start(folder.path()).await;
    let id = node.submit(deploy).await.expect("taken");
    node.wait_for(&id, true).await.expect("final");
    let taken = node.snapshot().await.expect("taken");
    run(&node, Draft::new(0, 2).call(contract, "count")).await;
    // The state of the snapshot is no longer among the last ones.
    node.mine(40).await.expect("runs");
    let warped = node.warp(1_000_000).await.expect("warps");
    node.mine(1).await.expect("runs");
    node.shutdown().await;

    let node = start(folder.path()).await;
    assert!(node.tip().timestamp >= warped);
    node.mine(1).await.expect("blocks go on after the warped one");
    let reverted = node.revert(Some(taken.snapshot)).await.expect("reverts");
    assert_eq!(reverted.height, taken.height);
    assert_eq!((node.tip().height, count(&node, contract).await), (taken.height, 0));
    let spent = run(&node, Draft::new(0, 2).call(contract, "count")).await;
    assert_eq!((spent.height, spent.result.clone()), (taken.height + 1, Ok(1_u64.to_le_bytes().to_vec())));
    assert!(node.store().block(spent.height).unwrap().unwrap().0.header().timestamp < warped);
    assert_eq!(node.reset().await.expect("resets").height, 0);
    node.shutdown().await;

    let node = start(folder.path()).await;
    assert_eq!(node.tip().height, 0);
    assert!(matches!(node.store().block(0), Ok(Some((_, Label::Final(0))))));
    assert!(node.query(contract, "read", vec![]).await.is_err());
    run(&node, Draft::new(0, 1).pay(1, 1)).await;
}

/// A node in a process of its own, which is sent transactions without end and tells each block on stdout.
fn child(folder: &Path, shell: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let arguments = "--exact --nocapture --test-threads=1 durable::a_node_under_load";
    Command::new("sh")
        .args(["-c", &format!("{shell} exec {} {arguments}", program.display())])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test program starts")
}

/// Not a test by itself: the code of the child process.
#[test]
fn a_node_under_load() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let node = match spawn(config(&PathBuf::from(folder))).await {
            Ok(node) => node,
            Err(error) => return say(&format!("refused {error}")),
        };
        let mut events = node.subscribe();
        tokio::spawn(send_without_end(node.clone()));
        loop {
            tokio::select! {
                end = node.ended() => match end {
                    End::Failed(error) => return say(&format!("failed {error}")),
                    _ => return,
                },
                Ok(event) = events.recv() => if let NodeEvent::BlockAccepted(block) = event {
                    let header = block.header();
                    say(&format!("accepted {} {}", header.height, hex::encode(header.hash)));
                },
            }
        }
    });
}

/// Tells the parent, who may have heard enough.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn send_without_end(node: NodeHandle) {
    let (deploy, contract) = counter();
    // It is there already in all lives but the first.
    let _ = node.submit(deploy).await;
    loop {
        for (from, account) in ACCOUNTS.iter().enumerate().skip(1).take(3) {
            let Ok(status) = node.account(account.public_key()).await else { return };
            for nonce in status.next_nonce..status.next_nonce + 5 {
                if let Err(SubmitError::Stopped(_)) =
                    node.submit(Draft::new(from, nonce).call(contract, "count").bytes()).await
                {
                    return;
                }
            }
        }
    }
}

/// Reads what a child tells, until it ends or has told of so many blocks. Gives the blocks and the last line.
fn listen(child: &mut Child, most: usize) -> (Vec<(u64, String)>, String) {
    let (mut blocks, mut last) = (Vec::new(), String::new());
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some((height, hash)) = line.strip_prefix("accepted ").and_then(|block| block.split_once(' ')) {
            blocks.push((height.parse().unwrap(), hash.to_owned()));
            if blocks.len() >= most {
                break;
            }
        } else if line.starts_with("failed") || line.starts_with("refused") {
            last = line;
        }
    }
    (blocks, last)
}

/// Opens what a child left behind: every block that it told of is there, the state is that of the last block, and the
/// chain goes on.
async fn assert_nothing_is_lost(folder: &Path, told: &[(u64, String)]) {
    let node = start(folder).await;
    for (height, hash) in told {
        let (block, _) = node.store().block(*height).unwrap().unwrap_or_else(|| panic!("block {height} is lost"));
        assert_eq!(hex::encode(block.header().hash), *hash);
    }
    let (_, contract) = counter();
    let mut counted = 0;
    for height in 1..=node.tip().height {
        let (block, _) = node.store().block(height).unwrap().unwrap();
        for spent in &block.transactions {
            assert_eq!(node.transaction(&spent.id()).unwrap().unwrap().height, height);
            counted += u64::from(spent.transaction.protocol().call().is_some() && spent.result.is_ok());
        }
    }
    let nonce = node.account(ACCOUNTS[9].public_key()).await.expect("readable").next_nonce;
    // Waiting transactions come back meanwhile and count as well.
    assert!(count(&node, contract).await >= counted);
    let spent = run(&node, Draft::new(9, nonce).pay(0, 1)).await;
    assert_eq!(spent.result, Ok(vec![]));
    node.shutdown().await;
}

#[tokio::test]
async fn a_sudden_end_loses_no_announced_block() {
    let rounds = std::env::var(ROUNDS).map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let folder = tempfile::tempdir().unwrap();
    for round in 0..rounds {
        let mut child = child(folder.path(), "");
        let (told, refused) = listen(&mut child, 1 + round * 7 % 23);
        assert_eq!(refused, "");
        // A little later, so that it ends at another place than after a block.
        std::thread::sleep(Duration::from_micros(u64::try_from(round).unwrap() * 2_741 % 9_000));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_nothing_is_lost(folder.path(), &told).await;
    }
}

#[tokio::test]
async fn a_full_disk_ends_the_node_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path()).await.shutdown().await;
    let kilobytes = std::fs::metadata(folder.path().join("chain.redb")).unwrap().len() / 1024;
    // A limit of the file size stands for the end of the disk; dash and bash count in blocks of 512 and 1024 bytes. The
    // file grows by doubling, so it has to be let grow once for blocks to come at all.
    let mut child = child(folder.path(), &format!("trap '' XFSZ; ulimit -f {};", kilobytes * 4 + 200));
    let (told, last) = listen(&mut child, usize::MAX);
    child.wait().unwrap();
    assert_eq!(last, "failed there is no space left for the chain");
    assert!(!told.is_empty());
    assert_nothing_is_lost(folder.path(), &told).await;
}

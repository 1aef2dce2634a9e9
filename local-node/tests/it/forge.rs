//! A contract that is written with production's own macro (`dusk-forge` 0.3), compiled here and run on the node: its
//! calls, its events, its refusals, its feeds, and its data driver.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use dusk_core::transfer::data::ContractCall;
use dusk_sdk_protocol::execution::CallError;
use local_node::{Config, spawn};
use local_node_vm::driver::Driver;

use crate::common::{ACCOUNTS, Draft, deployed_id, module_cache};

/// Both modules come out at the same place.
static PLACE: Mutex<()> = Mutex::new(());

/// Compiles the contract, or its data driver, as its authors would.
fn compile(feature: &str) -> Vec<u8> {
    let _place = PLACE.lock().expect("the other module compiles");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forge");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forge");
    let status = Command::new(env!("CARGO"))
        .current_dir(&folder)
        .env_remove("RUSTFLAGS")
        .args(["rustc", "--quiet", "--locked", "--release", "--target", "wasm32-unknown-unknown"])
        .args(["--features", feature, "--target-dir"])
        .arg(&target)
        .args(["--", "-Clink-arg=-zstack-size=65536"])
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the contract does not compile; is the target wasm32-unknown-unknown installed?");
    std::fs::read(target.join("wasm32-unknown-unknown/release/forged.wasm")).expect("the module is there")
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().expect("8 bytes"))).collect()
}

#[tokio::test]
async fn a_contract_of_productions_macro_runs() {
    let node = spawn(Config { module_cache: module_cache(), ..Config::default() }).await.expect("the node starts");
    let mut nonce = 0;
    let mut next = || {
        nonce += 1;
        Draft::new(0, nonce)
    };
    let deploy = next().deploy(&compile("contract"), None).limit(1_000_000_000).sign();
    let till = deployed_id(&deploy);
    let run = async |bytes: Vec<u8>| {
        let id = node.submit(bytes).await.expect("taken");
        node.wait_for(&id, false).await.expect("executed")
    };
    let spent = run(deploy.to_network_bytes()).await;
    assert_eq!((spent.result.clone(), spent.deployed), (Ok(vec![]), Some(till)));

    let mut call = |function: &str, arguments: &[u64]| {
        let mut draft = next();
        let bytes = arguments.iter().flat_map(|argument| argument.to_le_bytes()).collect::<Vec<u8>>();
        draft.data = Some(ContractCall::new(till, function).with_raw_args(bytes).into());
        draft.bytes()
    };
    let taken = run(call("take", &[7])).await;
    assert_eq!(taken.result, Ok(7_u64.to_le_bytes().to_vec()));
    let event = taken.events.iter().find(|event| event.source == till).expect("an event");
    assert_eq!((event.topic.as_str(), numbers(&event.data)), ("taken", vec![7]));
    assert_eq!(run(call("take_product", &[3, 5])).await.result, Ok(22_u64.to_le_bytes().to_vec()));
    let refused = run(call("take", &[13])).await;
    assert!(
        matches!(&refused.result, Err(CallError::Panic(text)) if text.contains("no thirteens")),
        "{:?}",
        refused.result
    );

    assert_eq!(numbers(&node.query(till, "sum", vec![]).await.expect("answers").data), [22], "the refusal is undone");
    let fed = node.reader().feed(till, "all".into(), vec![]).await.expect("feeds");
    assert_eq!(fed.iter().flat_map(|item| numbers(item)).collect::<Vec<_>>(), [7, 15]);
    let owner = node.reader().owner(till).await.expect("readable");
    assert_eq!(owner, Some(ACCOUNTS[0].id().0.to_vec()));
    node.shutdown().await;
}

#[test]
fn a_driver_of_productions_macro_is_read() {
    let driver = Driver::load(&compile("data-driver")).expect("a driver");
    let argument = driver.encode_input("take_product", "[3, 5]").expect("encodes");
    assert_eq!(numbers(&argument), [3, 5]);
    assert_eq!(driver.decode_input("take", &7_u64.to_le_bytes()).expect("decodes").trim(), "7");
    assert!(driver.schema().expect("a schema").contains("take_product"));
    assert!(driver.encode_input("missing", "1").is_err());
}

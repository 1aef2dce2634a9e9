//! A whole node in this process: from signed bytes to final blocks.

use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_core::transfer::moonlight::AccountData;
use dusk_sdk_protocol::execution::CallError;
use local_node::block::{SpentTransaction, TxId};
use local_node::end::Stopped;
use local_node::events::NodeEvent;
use local_node::genesis::{Allocation, DEV_BALANCE};
use local_node::handle::{NodeHandle, SimulateError, SubmitError, TransactionStatus, WaitError};
use local_node::http::event_path;
use local_node::mempool::{PoolError, Removal};
use local_node::reader::QueryError;
use local_node::transaction::{TransactionError, ValidTransaction};
use local_node::{BlockTime, Config, NodeError, spawn};
use local_node_types::ledger::Label;
use local_node_types::rules::Profile;
use local_node_vm::VmError;

use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id, module_cache};

fn config() -> Config {
    Config { module_cache: module_cache(), ..Config::default() }
}

async fn node() -> NodeHandle {
    spawn(config()).await.expect("the node starts")
}

async fn run(node: &NodeHandle, draft: Draft) -> std::sync::Arc<SpentTransaction> {
    let id = node.submit(draft.bytes()).await.expect("taken");
    node.wait_for(&id, false).await.expect("executed")
}

async fn refused(node: &NodeHandle, draft: Draft) -> SubmitError {
    let bytes = draft.bytes();
    let verdict = node.preverify(bytes.clone()).await.expect_err("refused before");
    let error = node.submit(bytes).await.expect_err("refused");
    assert_eq!(verdict, error);
    error
}

async fn balance(node: &NodeHandle, account: usize) -> u64 {
    node.account(ACCOUNTS[account].public_key()).await.expect("readable").balance
}

async fn count(node: &NodeHandle, contract: ContractId) -> u64 {
    let receipt = node.query(contract, "read", vec![]).await.expect("readable");
    u64::from_le_bytes(receipt.data.try_into().expect("eight bytes"))
}

/// All money: accounts, contracts, and rewards that the stake contract owes.
async fn supply(node: &NodeHandle) -> u128 {
    let range = rkyv::to_bytes::<_, 64>(&(0_u64, u64::MAX)).expect("encodes").to_vec();
    let feed = |function: &'static str| {
        let range = range.clone();
        async move { node.reader().feed(TRANSFER_CONTRACT, function.into(), range).await.expect("feeds") }
    };
    let mut sum = 0_u128;
    for item in feed("sync_accounts").await {
        let mut aligned = rkyv::AlignedVec::new();
        aligned.extend_from_slice(&item);
        let entry = rkyv::check_archived_root::<(AccountData, [u8; 193])>(&aligned).expect("an account");
        sum += u128::from(entry.0.balance);
    }
    for item in feed("sync_contract_balances").await {
        let mut aligned = rkyv::AlignedVec::new();
        aligned.extend_from_slice(&item);
        let entry = rkyv::check_archived_root::<(ContractId, u64)>(&aligned).expect("a balance");
        sum += u128::from(entry.1);
    }
    let stakes = node.provisioners().await.expect("readable");
    sum + stakes.iter().map(|(_, stake)| u128::from(stake.reward)).sum::<u128>()
}

/// The amount issued since genesis: rewards, less the fees that they were paid from.
fn issued(node: &NodeHandle) -> u128 {
    let blocks = (1..=node.tip().height).map(|height| node.store().block(height).expect("readable").expect("stored").0);
    blocks
        .map(|block| {
            let paid: u64 = block.rewards.iter().map(|reward| reward.value).sum();
            let fees: u64 = block.transactions.iter().map(|transaction| transaction.fee()).sum();
            assert_eq!(block.fees, fees);
            let whole = local_node_consensus::rewards::emission(block.header().height) + fees;
            // The first block has no voters to pay; later ones lose less than one LUX for each credit to rounding.
            assert!(paid <= whole && (block.header().height == 1 || whole - paid < 128), "{paid} of {whole}");
            u128::from(paid) - u128::from(fees)
        })
        .sum()
}

async fn assert_supply_is_conserved(node: &NodeHandle) {
    // Once the last transaction is final, no block is being made any more.
    if let [last] = node.store().last_transactions(1).expect("readable").as_slice() {
        node.wait_for(&last.id(), true).await.expect("becomes final");
    }
    assert_eq!(supply(node).await, Allocation::development(&*ACCOUNTS).total() + issued(node));
}

#[tokio::test]
async fn money_moves_and_fees_are_paid() {
    let node = node().await;
    let spent = run(&node, Draft::new(0, 1).pay(1, 5_000_000_000).price(3)).await;
    assert_eq!(spent.result, Ok(vec![]));
    assert_eq!(spent.fee(), spent.gas_spent * 3);
    assert_eq!(balance(&node, 0).await, DEV_BALANCE - 5_000_000_000 - spent.fee());
    assert_eq!(balance(&node, 1).await, DEV_BALANCE + 5_000_000_000);
    let status = node.account(ACCOUNTS[0].public_key()).await.expect("readable");
    assert_eq!((status.nonce, status.next_nonce), (1, 2));
    assert!(spent.events.iter().any(|event| event.topic == "moonlight"));
    assert_supply_is_conserved(&node).await;
    node.shutdown().await;
}

#[tokio::test]
async fn a_contract_is_deployed_called_and_asked() {
    let node = node().await;
    let mut events = node.subscribe();
    let deploy = Draft::new(0, 1).deploy(&COUNTER, Some(40)).sign();
    let contract = deployed_id(&deploy);
    let id = node.submit(deploy.to_network_bytes()).await.expect("taken");
    let spent = node.wait_for(&id, true).await.expect("final");
    assert_eq!((spent.result.clone(), spent.deployed), (Ok(vec![]), Some(contract)));
    assert_eq!(node.store().deployment(&contract).expect("readable").map(|deployment| deployment.id()), Some(id));
    assert_eq!(node.reader().owner(contract).await.expect("readable"), Some(ACCOUNTS[0].id().0.to_vec()));
    assert_eq!(count(&node, contract).await, 40);

    let spent = run(&node, Draft::new(1, 1).call(contract, "count")).await;
    assert_eq!(spent.result, Ok(41_u64.to_le_bytes().to_vec()));
    assert_eq!(count(&node, contract).await, 41);
    // A question changes nothing.
    node.query(contract, "count", vec![]).await.expect("runs");
    assert_eq!(count(&node, contract).await, 41);

    let counted = loop {
        let told = events.recv().await.expect("not far behind");
        let of_contract = |told| match told {
            NodeEvent::Contract { event, origin } if event.source == contract => Some((event, origin)),
            _ => None,
        };
        if let Some(counted) = told.contents().find_map(of_contract) {
            break counted;
        }
    };
    assert_eq!((counted.0.topic.as_str(), counted.0.data.as_slice()), ("counted", &41_u64.to_le_bytes()[..]));
    assert_eq!(counted.1, spent.id().0);
    assert!(
        node.store()
            .block(spent.height)
            .expect("readable")
            .expect("stored")
            .0
            .header()
            .event_bloom
            .may_hold(&contract.to_bytes(), "counted")
    );
    assert_supply_is_conserved(&node).await;
}

#[tokio::test]
async fn a_failing_call_keeps_the_value_and_burns_the_gas() {
    let node = node().await;
    let deploy = Draft::new(0, 1).deploy(&COUNTER, None).sign();
    let contract = deployed_id(&deploy);
    node.submit(deploy.to_network_bytes()).await.expect("taken");

    let before = balance(&node, 2).await;
    let mut draft = Draft::new(1, 1).pay(2, 7).call(contract, "fail").limit(2_000_000);
    draft.deposit = 1000;
    let spent = run(&node, draft).await;
    assert_eq!(spent.result, Err(CallError::Panic("refused".into())));
    assert_eq!(spent.gas_spent, 2_000_000);
    assert_eq!(balance(&node, 2).await, before + 7, "the value stays with the receiver");
    assert_eq!(balance(&node, 1).await, DEV_BALANCE - 7 - 2_000_000, "the deposit came back, the gas did not");
    assert_eq!(count(&node, contract).await, 0);
    assert!(spent.events.iter().all(|event| !event.reverted && event.source != contract));

    let spent = run(&node, Draft::new(1, 2).call(contract, "spin").limit(3_000_000)).await;
    assert_eq!((spent.result.clone(), spent.gas_spent), (Err(CallError::OutOfGas), 3_000_000));
    let spent = run(&node, Draft::new(1, 3).call(ContractId::from_bytes([7; 32]), "count")).await;
    assert_eq!(spent.result, Err(CallError::DoesNotExist));
    assert_supply_is_conserved(&node).await;
}

#[tokio::test]
async fn a_failing_init_leaves_no_contract() {
    let node = node().await;
    let deploy = Draft::new(0, 1).deploy(&COUNTER, Some(255)).limit(20_000_000).sign();
    let contract = deployed_id(&deploy);
    let id = node.submit(deploy.to_network_bytes()).await.expect("taken");
    let spent = node.wait_for(&id, false).await.expect("executed");
    assert!(spent.result.is_err(), "{:?}", spent.result);
    assert_eq!((spent.gas_spent, spent.deployed), (20_000_000, None));
    assert_eq!(node.reader().owner(contract).await.expect("readable"), None);
    let question = node.query(contract, "read", vec![]).await;
    assert!(matches!(question, Err(QueryError::Call(VmError::NoSuchContract(id))) if id == contract));
    assert!(node.store().deployment(&contract).expect("readable").is_none());
    assert_supply_is_conserved(&node).await;
}

#[tokio::test]
async fn a_memo_travels_with_the_money() {
    let node = node().await;
    let spent = run(&node, Draft::new(3, 1).pay(4, 1).memo(b"for the tea")).await;
    assert_eq!(spent.transaction.protocol().memo(), Some(&b"for the tea"[..]));
    let event = spent.events.iter().find(|event| event.topic == "moonlight").expect("told");
    assert!(event.data.windows(11).any(|part| part == b"for the tea"));
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_the_reason() {
    let node = node().await;
    run(&node, Draft::new(0, 1).pay(1, 1)).await;
    let draft = || Draft::new(0, 2).pay(1, 1);

    let wrong_chain = Draft { chain_id: 3, ..draft() };
    let expected = TransactionError::WrongChain { expected: 0, found: 3 };
    assert_eq!(refused(&node, wrong_chain).await, SubmitError::Invalid(expected));
    let used = PoolError::NonceUsed { nonce: 1, next: 2 };
    assert_eq!(refused(&node, Draft::new(0, 1).pay(1, 2)).await, SubmitError::Refused(used));
    let gap = PoolError::NonceGap { nonce: 4, missing: 2 };
    let early = node.preverify(Draft::new(0, 4).pay(1, 1).bytes()).await;
    assert_eq!(early, Err(SubmitError::Refused(gap)));
    let far = PoolError::NonceTooFarAhead { nonce: 67, next: 2 };
    assert_eq!(refused(&node, Draft::new(0, 67).pay(1, 1)).await, SubmitError::Refused(far));
    let rich = refused(&node, Draft::new(0, 2).pay(1, DEV_BALANCE)).await;
    assert!(matches!(rich, SubmitError::Refused(PoolError::NotEnoughMoney { .. })), "{rich}");
    let included = Draft::new(0, 1).pay(1, 1);
    let id = TxId(dusk_bytes::Serializable::to_bytes(&included.clone().sign().hash()));
    assert_eq!(refused(&node, included).await, SubmitError::Refused(PoolError::Included(id)));

    for bytes in [vec![], vec![1], vec![0xff; 1000], vec![1; 2_000_000]] {
        assert!(matches!(node.submit(bytes).await, Err(SubmitError::Invalid(_))));
    }
    run(&node, draft()).await;
    assert_supply_is_conserved(&node).await;
}

#[tokio::test]
async fn what_comes_too_early_waits_for_its_predecessors() {
    let node = node().await;
    let mut events = node.subscribe();
    let mut ids = Vec::new();
    for nonce in [3, 2] {
        ids.push(node.submit(Draft::new(0, nonce).pay(1, 1).bytes()).await.expect("it is parked"));
    }
    assert!(matches!(node.transaction_status(ids[0]).await, Ok(TransactionStatus::Deferred(_))));
    assert!(matches!(events.recv().await, Ok(NodeEvent::TransactionDeferred { id }) if id == ids[0]));
    let again = node.submit(Draft::new(0, 3).pay(1, 1).bytes()).await;
    assert_eq!(again, Err(SubmitError::Refused(PoolError::Parked(ids[0]))));
    run(&node, Draft::new(0, 1).pay(1, 1)).await;
    for id in ids {
        node.wait_for(&id, false).await.expect("its predecessor has come");
    }
}

#[tokio::test]
async fn a_transaction_that_cannot_even_pay_for_its_signature_leaves_with_the_reason() {
    let node = node().await;
    let id = node.submit(Draft::new(0, 1).pay(1, 1).limit(100_000).bytes()).await.expect("enough for the mempool");
    let lost = node.wait_for(&id, false).await.expect_err("never in a block");
    assert!(matches!(lost, WaitError::Removed { reason: Removal::CannotRun(_), .. }), "{lost}");
    assert!(lost.to_string().contains("out of gas"), "{lost}");
    run(&node, Draft::new(0, 1).pay(1, 1)).await;
    let unknown = TxId([9; 32]);
    assert_eq!(node.wait_for(&unknown, false).await.map(|_| ()), Err(WaitError::Unknown(unknown)));
}

#[tokio::test]
async fn hostile_modules_are_refused_and_the_node_goes_on() {
    let node = node().await;
    let unknown = wat::parse_str(r#"(module (import "env" "steal" (func (param i32))))"#).expect("a module");
    let wrong_type = wat::parse_str(r#"(module (import "env" "panic" (func (param i64))))"#).expect("a module");
    let start = wat::parse_str("(module (func $f) (start $f))").expect("a module");
    for module in
        [vec![], COUNTER[..COUNTER.len() / 2].to_vec(), b"\0asm\x02\0\0\0".to_vec(), unknown, wrong_type, start]
    {
        let error = refused(&node, Draft::new(0, 1).deploy(&module, None)).await;
        assert!(matches!(error, SubmitError::Invalid(TransactionError::BadModule(_))), "{error}");
    }
    let endless = wat::parse_str(
        r#"(module (memory (export "memory") 2) (global (export "A") i32 (i32.const 0))
            (func (export "init") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
            (func $deep (export "deep") (param i32) (result i32) (call $deep (local.get 0)))
            (func (export "grow") (param i32) (result i32)
                (loop $l (drop (memory.grow (i32.const 100))) (br $l)) (i32.const 0)))"#,
    )
    .expect("a module");
    let spent = run(&node, Draft::new(0, 1).deploy(&endless, None).limit(6_000_000)).await;
    assert!(spent.result.is_err());

    let harmless_init = wat::parse_str(
        r#"(module (memory (export "memory") 2) (global (export "A") i32 (i32.const 0))
            (func $deep (export "deep") (param i32) (result i32) (call $deep (local.get 0)))
            (func (export "grow") (param i32) (result i32)
                (loop $l (drop (memory.grow (i32.const 100))) (br $l)) (i32.const 0)))"#,
    )
    .expect("a module");
    let deploy = Draft::new(0, 2).deploy(&harmless_init, None).sign();
    let contract = deployed_id(&deploy);
    node.submit(deploy.to_network_bytes()).await.expect("taken");
    let spent = run(&node, Draft::new(0, 3).call(contract, "deep")).await;
    assert_eq!(spent.result, Err(CallError::Unknown));
    let spent = run(&node, Draft::new(0, 4).call(contract, "grow").limit(3_000_000)).await;
    assert_eq!(spent.result, Err(CallError::OutOfGas));
    run(&node, Draft::new(0, 5).pay(1, 1)).await;
    assert_supply_is_conserved(&node).await;
}

#[tokio::test]
async fn many_transactions_share_blocks_in_the_order_of_their_nonces() {
    let node = node().await;
    let mut ids = Vec::new();
    for nonce in 1..=20 {
        for from in 0..3 {
            // A later nonce pays more, and still comes later.
            ids.push(node.submit(Draft::new(from, nonce).pay(9, 1).price(nonce).bytes()).await.expect("taken"));
        }
    }
    for id in &ids {
        assert_eq!(node.wait_for(id, false).await.expect("executed").result, Ok(vec![]));
    }
    assert_eq!(balance(&node, 9).await, DEV_BALANCE + 60);
    assert_supply_is_conserved(&node).await;
}

#[tokio::test]
async fn blocks_on_demand_follow_transactions_and_make_them_final() {
    let node = node().await;
    let genesis = node.store().block(0).expect("readable").expect("stored");
    assert_eq!((genesis.1, genesis.0.header().hash), (Label::Final(0), node.info().genesis_hash));
    let id = node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("taken");
    let spent = node.wait_for(&id, true).await.expect("final");
    assert_eq!(spent.height, 1);
    assert_eq!(node.store().last_final(), 1);
    // The block that made it final is the last one: nothing happens without a cause.
    assert_eq!(node.tip().height, 2);
    assert_eq!(node.mine(5).await, Ok(7));
    assert_eq!(node.tip().height, 7);
}

#[tokio::test]
async fn blocks_by_the_clock_come_without_transactions() {
    let every_second = Config { block_time: BlockTime::Every(Duration::from_secs(1)), ..config() };
    let node = spawn(every_second).await.expect("the node starts");
    let id = node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("taken");
    let spent = node.wait_for(&id, true).await.expect("final");
    let (block, _) = node.store().block(spent.height).expect("readable").expect("stored");
    let (next, _) = node.store().block(spent.height + 1).expect("readable").expect("stored");
    assert!(next.header().timestamp > block.header().timestamp);
}

#[tokio::test]
async fn a_better_paid_transaction_takes_the_place_of_one_that_waits_for_its_block() {
    // No block comes while the test runs.
    let every_hour = Config { block_time: BlockTime::Every(Duration::from_secs(3600)), ..config() };
    let node = spawn(every_hour).await.expect("the node starts");
    let id = node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("taken");
    let better = node.submit(Draft::new(0, 1).pay(1, 1).price(2).bytes()).await.expect("taken");
    assert!(matches!(node.transaction_status(id).await, Ok(TransactionStatus::Removed(Removal::Displaced))));
    assert_eq!(node.gas_prices(10).await.expect("runs").max, 2);
    let waiting: Vec<_> = node.mempool(9).await.expect("runs").iter().map(ValidTransaction::id).collect();
    assert_eq!(waiting, [better]);
}

#[tokio::test]
async fn blocks_carry_real_votes() {
    let node = node().await;
    node.mine(3).await.expect("runs");
    for height in 1..=3 {
        let (block, _) = node.store().block(height).expect("readable").expect("stored");
        let header = block.header();
        assert_eq!(header.hash, header.compute_hash());
        assert!(header.attestation.result.vote().is_valid());
        assert!(!header.attestation.validation.is_empty() && !header.attestation.ratification.is_empty());
        let (previous, _) = node.store().block(height - 1).expect("readable").expect("stored");
        assert_eq!(header.prev_block_hash, previous.header().hash);
        assert_eq!(header.prev_block_cert, previous.header().attestation);
        assert!(node.info().voters.contains(&header.generator));
    }
    let staked = node.query(STAKE_CONTRACT, "get_version", vec![]).await.expect("runs");
    assert_eq!(staked.data, 8_u64.to_le_bytes());
}

#[tokio::test]
async fn simulation_tells_what_would_happen() {
    let node = node().await;
    let deploy = Draft::new(0, 1).deploy(&COUNTER, None).sign();
    let contract = deployed_id(&deploy);
    let simulated = node.simulate(&deploy.to_network_bytes()).await.expect("tried").expect("possible");
    assert_eq!(simulated.deployed, Some(contract));
    assert_eq!(node.tip().height, 0);
    let spent = run(&node, Draft::new(0, 1).deploy(&COUNTER, None)).await;
    assert_eq!(spent.gas_spent, simulated.gas_spent);

    let call = Draft::new(1, 1).call(contract, "fail");
    let simulated = node.simulate(&call.bytes()).await.expect("tried").expect("possible");
    assert_eq!(simulated.result, Err(CallError::Panic("refused".into())));
    let used = Draft::new(0, 1).pay(1, 1);
    assert!(node.simulate(&used.bytes()).await.expect("tried").is_err());
}

#[tokio::test]
async fn impossible_configurations_are_refused() {
    for time in [Duration::ZERO, Duration::from_millis(1500)] {
        let config = Config { block_time: BlockTime::Every(time), ..config() };
        assert!(matches!(spawn(config).await, Err(NodeError::BlockTime(refused)) if refused == time));
    }
    let config = Config { voters: Some(vec![]), ..config() };
    assert!(matches!(spawn(config).await, Err(NodeError::NoVoters)));
}

#[tokio::test]
async fn a_stopped_node_says_so() {
    let node = node().await;
    let copy = node.clone();
    node.shutdown().await;
    assert_eq!(copy.submit(Draft::new(0, 1).pay(1, 1).bytes()).await, Err(SubmitError::Stopped(Stopped::Asked)));
    assert!(copy.mine(1).await.is_err());
}

#[tokio::test]
async fn the_rules_of_a_public_network_hold_as_they_are_today() {
    let node = spawn(Config { rules: Profile::Mainnet, ..config() }).await.expect("the node starts");
    let deploy = Draft::new(0, 1).deploy(&COUNTER, Some(1)).sign();
    let contract = deployed_id(&deploy);
    node.submit(deploy.to_network_bytes()).await.expect("signatures are of today's scheme");
    let spent = run(&node, Draft::new(0, 2).call(contract, "count")).await;
    assert_eq!(spent.result, Ok(2_u64.to_le_bytes().to_vec()));
    let wide = wat::parse_str(r#"(module (memory (export "memory") i64 2) (global (export "A") i64 (i64.const 0)))"#)
        .expect("a module");
    let refused = node.submit(Draft::new(0, 3).deploy(&wide, None).bytes()).await;
    assert!(matches!(refused, Err(SubmitError::Invalid(TransactionError::Forbidden { .. }))), "{refused:?}");
}

#[tokio::test]
async fn listeners_hear_everything_in_order() {
    let node = node().await;
    let mut events = node.subscribe();
    let id = node.submit(Draft::new(0, 1).pay(1, 1).bytes()).await.expect("taken");
    node.wait_for(&id, true).await.expect("final");
    let mut heard = Vec::new();
    while let Some(Ok(event)) = events.try_recv() {
        heard.push(event_path(&event));
        heard.extend(event.contents().map(|event| event_path(&event)));
    }
    let hash = |height| hex::encode(node.store().block(height).expect("readable").expect("stored").0.header().hash);
    let transfer = "/on/contracts:0100000000000000000000000000000000000000000000000000000000000000/moonlight";
    let stake = "/on/contracts:0200000000000000000000000000000000000000000000000000000000000000/reward";
    let expected = [
        format!("/on/transactions:{id}/included"),
        format!("/on/blocks:{}/accepted", hash(1)),
        format!("/on/transactions:{id}/executed"),
        transfer.into(),
        stake.into(),
        format!("/on/blocks:{}/accepted", hash(2)),
        stake.into(),
        // Confirmed, and at once final.
        format!("/on/blocks:{}/statechange", hash(1)),
        format!("/on/blocks:{}/statechange", hash(1)),
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn questions_delay_no_block() {
    // The gas ends it, however slow the machine is.
    let node = spawn(Config { call_time: Duration::from_secs(3600), ..config() }).await.expect("the node starts");
    let deploy = Draft::new(0, 1).deploy(&COUNTER, None).sign();
    let contract = deployed_id(&deploy);
    let id = node.submit(deploy.to_network_bytes()).await.expect("taken");
    node.wait_for(&id, false).await.expect("executed");
    let asked = node.clone();
    let endless = tokio::spawn(async move { asked.query(contract, "spin", vec![]).await });
    run(&node, Draft::new(0, 2).pay(1, 1)).await;
    assert!(!endless.is_finished(), "the question runs for as long as a block's gas lasts");
    assert!(matches!(endless.await.expect("runs"), Err(QueryError::Call(VmError::OutOfGas))));
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let node = node().await;
    assert!(matches!(node.simulate(&[1, 2, 3]).await, Err(SimulateError::Refused(SubmitError::Invalid(_)))));
    let elsewhere = Draft { chain_id: 9, ..Draft::new(0, 1) };
    assert!(matches!(node.simulate(&elsewhere.bytes()).await, Err(SimulateError::Refused(SubmitError::Invalid(_)))));
}

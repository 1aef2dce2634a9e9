//! Transactions, from fee to refund.

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData, gen_contract_id};
use dusk_core::transfer::moonlight::AccountData;
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use dusk_sdk_protocol::execution::CallError;
use local_node_vm::{
    Executed, ExecutionError, MAX_CALL_EVENTS, MachineLimit, Precondition, Session, Vm, VmError, check_preconditions,
    execute,
};

use super::common::contracts::{counter, module_32};
use super::common::{encoded, genesis_vm, keys, today};

const FUNDS: u64 = 1_000_000_000_000_000;
const PRICE: u64 = 2_000;

fn funded() -> Session {
    funded_vm().1
}

fn funded_vm() -> (Vm, Session) {
    let (vm, root) = genesis_vm();
    let mut session = vm.session(Some(root), today()).unwrap();
    for seed in 1..3 {
        let (_, key) = keys(seed);
        session.call(TRANSFER_CONTRACT, "add_account_balance", &encoded(&(key, FUNDS)), u64::MAX).unwrap();
    }
    (vm, session)
}

fn account(session: &mut Session, key: &PublicKey) -> AccountData {
    let data = session.call(TRANSFER_CONTRACT, "account", &encoded(key), u64::MAX).unwrap().data;
    rkyv::from_bytes(&data).unwrap()
}

fn transaction(nonce: u64, gas_limit: u64, value: u64, data: Option<TransactionData>) -> Transaction {
    let (secret, _) = keys(1);
    let (_, receiver) = keys(2);
    let receiver = (value > 0).then_some(receiver);
    Transaction::moonlight(&secret, receiver, value, 0, gas_limit, PRICE, nonce, 0, data).unwrap()
}

fn deployment(bytecode: Vec<u8>, init: Option<Vec<u8>>) -> TransactionData {
    ContractDeploy::new(bytecode, [4; 96], init, 9).into()
}

fn call(contract: dusk_core::abi::ContractId, function: &str, argument: &[u8]) -> TransactionData {
    ContractCall { contract, fn_name: function.to_owned(), fn_args: argument.to_vec() }.into()
}

/// Runs it and checks that exactly the gas spent is paid for.
fn pays_exactly(session: &mut Session, tx: &Transaction) -> Executed {
    let (_, sender) = keys(1);
    let before = account(session, &sender);
    let executed = execute(session, tx).unwrap();
    let after = account(session, &sender);
    let value = tx.value().unwrap();
    assert_eq!(before.balance - after.balance, value + executed.gas_spent * PRICE);
    assert_eq!(after.nonce, before.nonce + 1);
    executed
}

#[test]
fn a_transfer_moves_value_and_pays_its_gas() {
    let mut session = funded();
    let (_, receiver) = keys(2);
    let executed = pays_exactly(&mut session, &transaction(1, 10_000_000, 77, None));
    assert_eq!(executed.result, Ok(vec![]));
    assert_eq!(account(&mut session, &receiver).balance, FUNDS + 77);
    assert_eq!(executed.events.last().unwrap().topic, "moonlight");
    let names: Vec<_> = executed.traces.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(names, ["spend_and_execute", "refund"]);
}

#[test]
fn a_nonce_has_its_turn() {
    let mut session = funded();
    let root = session.root().unwrap();
    assert!(matches!(execute(&mut session, &transaction(2, 10_000_000, 1, None)), Err(ExecutionError::NotReady)));
    let again = execute(&mut session, &transaction(0, 10_000_000, 1, None));
    assert!(matches!(again, Err(ExecutionError::Unspendable(VmError::Panic(_)))), "{again:?}");
    assert_eq!(session.root().unwrap(), root);
}

#[test]
fn a_deployed_contract_can_be_called() {
    let mut session = funded();
    let bytecode = counter();
    let id = gen_contract_id(&bytecode, 9, [4; 96]);
    let deployed = pays_exactly(&mut session, &transaction(1, 20_000_000, 0, Some(deployment(bytecode.clone(), None))));
    assert_eq!((deployed.result, deployed.contract), (Ok(vec![]), Some(id)));
    assert_eq!(session.owner(&id), Some(vec![4; 96]));

    let called =
        pays_exactly(&mut session, &transaction(2, 20_000_000, 0, Some(call(id, "add", &3_u64.to_le_bytes()))));
    assert_eq!(called.result, Ok(3_u64.to_le_bytes().to_vec()));
    assert!(called.events.iter().any(|event| event.source == id && event.topic == "added"));
    assert_eq!(called.traces[0].calls.last().unwrap().function, "add");

    let again = pays_exactly(&mut session, &transaction(3, 20_000_000, 0, Some(deployment(bytecode, None))));
    assert!(matches!(&again.result, Err(CallError::Panic(text)) if text.contains("exists already")), "{again:?}");
    assert_eq!(again.gas_spent, again.gas_limit);
}

#[test]
fn a_failed_call_costs_the_whole_limit_and_keeps_the_payment() {
    let mut session = funded();
    let bytecode = counter();
    let id = gen_contract_id(&bytecode, 9, [4; 96]);
    pays_exactly(&mut session, &transaction(1, 20_000_000, 0, Some(deployment(bytecode, None))));
    let cases =
        [("fail", CallError::Unknown), ("refuse", CallError::Panic("sorry".to_owned())), ("burn", CallError::OutOfGas)];
    for (nonce, (function, error)) in (2..).zip(cases) {
        let executed =
            pays_exactly(&mut session, &transaction(nonce, 20_000_000, 0, Some(call(id, function, b"sorry"))));
        assert_eq!((executed.result, executed.gas_spent), (Err(error), 20_000_000), "{function}");
    }
    let missing = call(dusk_core::abi::ContractId::from_bytes([250; 32]), "add", &[]);
    let executed = pays_exactly(&mut session, &transaction(5, 20_000_000, 0, Some(missing)));
    assert_eq!(executed.result, Err(CallError::DoesNotExist));
    let get = session.call(id, "get", &[], u64::MAX).unwrap();
    assert_eq!(get.data, [0; 8]);
}

#[test]
fn init_is_charged_and_its_failure_leaves_no_contract() {
    let with_init = |body: &str| {
        module_32(&format!(
            r#"(func (export "init") (param i32) (result i32) {body})
               (func (export "get") (param i32) (result i32)
                  (i64.store (i32.const 4096) (i64.load (i32.const 64))) (i32.const 8))"#
        ))
    };
    let mut session = funded();
    let good = with_init("(i64.store (i32.const 64) (i64.load (i32.const 4096))) (i32.const 0)");
    let id = gen_contract_id(&good, 9, [4; 96]);
    let argument = 6_u64.to_le_bytes().to_vec();
    let executed = pays_exactly(&mut session, &transaction(1, 20_000_000, 0, Some(deployment(good, Some(argument)))));
    assert_eq!((executed.result, executed.contract), (Ok(vec![]), Some(id)));
    let names: Vec<_> = executed.traces.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(names, ["spend_and_execute", "init", "refund"]);
    assert_eq!(session.call(id, "get", &[], u64::MAX).unwrap().data, 6_u64.to_le_bytes());

    let bad = with_init("unreachable");
    let id = gen_contract_id(&bad, 9, [4; 96]);
    let executed = pays_exactly(&mut session, &transaction(2, 20_000_000, 0, Some(deployment(bad, None))));
    assert!(matches!(&executed.result, Err(CallError::Panic(text)) if text.starts_with("failed deployment")));
    assert_eq!((executed.gas_spent, session.exists(&id)), (20_000_000, false));
}

#[test]
fn preconditions_need_no_state() {
    let rules = today().rules;
    let little_gas = transaction(1, 4_999_999, 0, Some(deployment(counter(), None)));
    assert!(matches!(check_preconditions(&little_gas, rules), Err(Precondition::Fee(_))));
    let wide =
        wat::parse_str(r#"(module (memory (export "memory") i64 3) (global (export "A") i64 (i64.const 4096)))"#)
            .unwrap();
    let wide = transaction(1, 20_000_000, 0, Some(deployment(wide, None)));
    assert!(matches!(check_preconditions(&wide, rules), Err(Precondition::Wasm64Disabled)));
    assert!(check_preconditions(&transaction(1, 1, 5, None), rules).is_ok());
    let stake_call = transaction(1, 1, 5, Some(call(STAKE_CONTRACT, "stake", &[])));
    assert!(check_preconditions(&stake_call, rules).is_ok());
}

#[test]
fn a_signature_known_to_be_good_is_not_verified_again() {
    let (vm, mut session) = funded_vm();
    let signed = transaction(1, 10_000_000, 1, None).to_var_bytes();
    let other = transaction(1, 10_000_000, 2, None).to_var_bytes();
    let split = signed.len() - 48;
    let forged = Transaction::from_slice(&[&signed[..split], &other[split..]].concat()).unwrap();
    assert!(matches!(execute(&mut session, &forged), Err(ExecutionError::Unspendable(_))));

    let Transaction::Moonlight(moonlight) = &forged else { unreachable!("the test makes public transactions") };
    let (_, sender) = keys(1);
    vm.remember_valid_signature(&moonlight.signature_message(), &sender, moonlight.signature(), today().rules);
    assert_eq!(pays_exactly(&mut session, &forged).result, Ok(vec![]));
}

/// A contract that emits so many events, in `init` or in `go`, and fails or not: the argument is the number and a flag.
fn shouter() -> Vec<u8> {
    module_32(
        r#"(func $shout (export "go") (param i32) (result i32) (local $n i32)
            (local.set $n (i32.load (i32.const 4096)))
            (loop $l
                (call $emit (i32.const 0) (i32.const 0) (i32.const 0))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $l (local.get $n)))
            (if (i32.load (i32.const 4100)) (then unreachable))
            (i32.const 0))
        (func (export "init") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $shout (local.get 0))) (else (i32.const 0))))"#,
    )
}

/// Events of a contract do not keep the chain from telling of its transaction, and from charging it.
#[test]
fn a_transaction_with_all_events_is_charged() {
    const GAS: u64 = 100_000_000;
    let mut session = funded();
    let argument =
        |count: usize, fails: u32| [u32::try_from(count).unwrap().to_le_bytes(), fails.to_le_bytes()].concat();
    let deploy = |nonce, init| transaction(nonce, GAS, 0, Some(deployment(shouter(), init)));
    let failed = pays_exactly(&mut session, &deploy(1, Some(argument(MAX_CALL_EVENTS, 1))));
    assert!(failed.result.is_err() && failed.contract.is_none());
    assert_eq!((failed.gas_spent, failed.events.len()), (GAS, MAX_CALL_EVENTS + 1));
    assert_eq!(failed.ledger_events(today().rules)[..], failed.events[MAX_CALL_EVENTS..]);

    let id = gen_contract_id(shouter(), 9, [4; 96]);
    pays_exactly(&mut session, &deploy(2, None)).result.unwrap();
    for (nonce, fails) in [(3, 0), (4, 1)] {
        let called = call(id, "go", &argument(MAX_CALL_EVENTS, fails));
        let executed = pays_exactly(&mut session, &transaction(nonce, GAS, 0, Some(called)));
        assert_eq!((executed.result.is_err(), executed.events.len()), (fails == 1, MAX_CALL_EVENTS + 1));
    }
    let one_more = call(id, "go", &argument(MAX_CALL_EVENTS + 1, 0));
    let refused = execute(&mut session, &transaction(5, GAS, 0, Some(one_more)));
    let limit = VmError::MachineLimit(MachineLimit::Events).to_string();
    assert!(matches!(&refused, Err(ExecutionError::Unspendable(error)) if error.to_string() == limit), "{refused:?}");
}

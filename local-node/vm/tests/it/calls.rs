//! How calls nest, what they are charged, and what a failure leaves behind.

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{CallError, Step};
use local_node_vm::{ModuleError, Session, VmError, validate, validate_for_tests};

use super::common::contracts::{counter, module_32, request};
use super::common::{PLENTY, empty_session, new_vm, today};

const A: ContractId = ContractId::from_bytes([10; 32]);
const B: ContractId = ContractId::from_bytes([11; 32]);

fn two_counters() -> Session {
    let mut session = empty_session();
    for id in [A, B] {
        session.deploy(id, &counter(), None, &[7; 3], PLENTY).unwrap();
    }
    session
}

fn count(session: &mut Session, id: ContractId) -> u64 {
    u64::from_le_bytes(session.call(id, "get", &[], PLENTY).unwrap().data.try_into().unwrap())
}

fn add(session: &mut Session, id: ContractId, amount: u64) -> u64 {
    session.call(id, "add", &amount.to_le_bytes(), PLENTY).unwrap().gas_spent
}

/// The return code of `c`, and what came back.
fn answer(data: &[u8]) -> (i32, &[u8]) {
    let (code, rest) = data.split_first_chunk().unwrap();
    (i32::from_le_bytes(*code), rest)
}

#[test]
fn a_call_reads_writes_and_emits() {
    let mut session = two_counters();
    let receipt = session.call(A, "add", &5_u64.to_le_bytes(), PLENTY).unwrap();
    assert_eq!(receipt.data, 5_u64.to_le_bytes());
    assert_eq!(receipt.events.len(), 1);
    assert_eq!((receipt.events[0].source, receipt.events[0].topic.as_str()), (A, "added"));
    assert_eq!(receipt.events[0].data, 5_u64.to_le_bytes());
    assert!(!receipt.events[0].reverted);
    let frame = receipt.trace;
    assert_eq!((&frame.output, frame.own_gas()), (&receipt.data, receipt.gas_spent));
    assert_eq!((frame.events[0].topic.as_str(), frame.steps), ("added", vec![Step::Event]));
    assert_eq!((count(&mut session, A), count(&mut session, B)), (5, 0));
}

#[test]
fn a_failed_call_leaves_nothing_but_its_reverted_events() {
    let mut session = two_counters();
    add(&mut session, A, 1);
    let root = session.root().unwrap();
    let failed = session.call(A, "fail", &9_u64.to_le_bytes(), PLENTY);
    assert!(matches!(failed, Err(VmError::Trap(_))), "{failed:?}");
    let trace = session.take_failed_trace().unwrap();
    assert_eq!((trace.function.as_str(), trace.gas_spent, trace.outcome), ("fail", PLENTY, Err(CallError::Unknown)));
    let reason = trace.reason.unwrap();
    assert!(reason.starts_with("the contract trapped: "), "{reason}");
    assert_eq!(session.root().unwrap(), root);
    let receipt = session.call(A, "add", &1_u64.to_le_bytes(), PLENTY).unwrap();
    assert_eq!(receipt.events.iter().map(|event| event.reverted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(count(&mut session, A), 2);
}

#[test]
fn a_panic_carries_its_text() {
    let mut session = two_counters();
    let failed = session.call(A, "refuse", b"E1: not today", PLENTY);
    assert!(matches!(&failed, Err(VmError::Panic(text)) if text == "E1: not today"), "{failed:?}");
    let receipt = session.call(A, "call", &request([11; 32], 1_000_000, "refuse", b"no"), PLENTY).unwrap();
    let (code, rest) = answer(&receipt.data);
    assert_eq!(code, -1);
    assert_eq!(rest[..6], [2, 0, 0, 0, b'n', b'o']);
}

#[test]
fn a_failed_callee_is_undone_and_charged_its_whole_limit() {
    let mut session = two_counters();
    let spent = |session: &mut Session, gas, function| {
        let receipt = session.call(A, "call", &request([11; 32], gas, function, &[1; 8]), PLENTY).unwrap();
        (answer(&receipt.data).0, receipt.gas_spent)
    };
    let (code, cheap) = spent(&mut session, 100_000, "fail");
    assert_eq!(code, i32::MIN);
    let (_, dear) = spent(&mut session, 200_000, "fail");
    assert_eq!(dear - cheap, 100_000);
    let (code, burnt) = spent(&mut session, 100_000, "burn");
    assert_eq!((code, burnt), (-2, cheap));
    assert_eq!(count(&mut session, B), 0);
}

#[test]
fn a_callee_without_a_limit_gets_93_percent() {
    let mut session = two_counters();
    let receipt = session.call(A, "call", &request([11; 32], 0, "add", &[1; 8]), PLENTY).unwrap();
    let frame = &receipt.trace.calls[0];
    let at_call = frame.gas_limit * 100 / 93;
    assert!((PLENTY - 1_000..PLENTY).contains(&at_call), "{at_call}");
    assert_eq!((frame.contract, frame.function.as_str()), (B, "add"));
    assert_eq!(frame.argument, [1; 8]);
    assert!(frame.gas_spent < receipt.gas_spent && frame.gas_spent > 0);
}

#[test]
fn what_cannot_be_called_costs_nothing() {
    let mut session = two_counters();
    let missing = session.call(A, "call", &request([99; 32], 50_000, "add", &[1; 8]), PLENTY).unwrap();
    assert_eq!(answer(&missing.data).0, -3);
    let no_function = session.call(A, "call", &request([11; 32], 50_000, "sub", &[1; 8]), PLENTY).unwrap();
    assert_eq!(answer(&no_function.data).0, i32::MIN);
    assert_eq!(no_function.gas_spent, missing.gas_spent + 50_000);
    let init = session.call(A, "call", &request([11; 32], 50_000, "init", &[]), PLENTY).unwrap();
    assert_eq!(answer(&init.data).0, i32::MIN);
    assert!(matches!(session.call(A, "init", &[], PLENTY), Err(VmError::InitCalled)));
    assert!(matches!(session.call(B, "sub", &[], PLENTY), Err(VmError::NoSuchFunction { .. })));
}

#[test]
fn a_contract_may_call_back_into_its_caller() {
    let mut session = two_counters();
    add(&mut session, A, 1);
    let inner = request([10; 32], 0, "add", &2_u64.to_le_bytes());
    let outer = session.call(A, "call", &request([11; 32], 0, "call", &inner), PLENTY).unwrap();
    assert_eq!(answer(answer(&outer.data).1), (8, 3_u64.to_le_bytes().as_slice()));
    assert_eq!(count(&mut session, A), 3);
    // The same with a failure at the end: only the innermost call is undone.
    let inner = request([10; 32], 50_000, "fail", &2_u64.to_le_bytes());
    let outer = session.call(A, "call", &request([11; 32], 500_000, "call", &inner), PLENTY).unwrap();
    assert_eq!(answer(answer(&outer.data).1).0, i32::MIN);
    assert_eq!(outer.events.len(), 1);
    assert!(outer.events[0].reverted);
    assert_eq!(count(&mut session, A), 3);
}

#[test]
fn calls_nest_48_deep() {
    let mut session = two_counters();
    let nested = |depth: u8| {
        (1..depth).fold(("get", vec![]), |(function, argument), level| {
            ("call", request([10 + level % 2; 32], 0, function, &argument))
        })
    };
    for (depth, expected) in [(48, 8), (49, i32::MIN)] {
        let (function, argument) = nested(depth);
        let receipt = session.call(A, function, &argument, PLENTY).unwrap();
        let mut data = receipt.data.as_slice();
        // Each level adds its code in front; the bytes behind the code of a failure are cut to 64.
        let mut codes = Vec::new();
        while data.len() >= 4 && codes.len() < usize::from(depth) - 1 {
            let (code, rest) = answer(data);
            codes.push(code);
            data = rest;
        }
        assert_eq!(codes.last(), Some(&expected), "{depth}: {codes:?}");
    }
}

#[test]
fn endless_code_is_stopped() {
    let mut session = two_counters();
    assert!(matches!(session.call(A, "burn", &[], 1_000_000), Err(VmError::OutOfGas)));
    assert!(matches!(session.call(A, "dive", &[], PLENTY), Err(VmError::Trap(wasmtime::Trap::StackOverflow))));
    assert_eq!(count(&mut session, A), 0);
}

#[test]
fn a_mark_undoes_calls_and_deployments() {
    let mut session = two_counters();
    add(&mut session, A, 1);
    let root = session.root().unwrap();
    let mark = session.mark().unwrap();
    add(&mut session, A, 2);
    add(&mut session, B, 2);
    let other = ContractId::from_bytes([12; 32]);
    session.deploy(other, &counter(), None, &[], PLENTY).unwrap();
    session.rewind(mark).unwrap();
    assert_eq!((count(&mut session, A), count(&mut session, B), session.exists(&other)), (1, 0, false));
    assert_eq!(session.root().unwrap(), root);
    assert!(matches!(session.rewind(mark), Err(VmError::StaleMark)));
}

#[test]
fn commits_are_independent_views() {
    let vm = new_vm();
    let mut session = vm.session(None, today()).unwrap();
    session.deploy(A, &counter(), None, &[1], PLENTY).unwrap();
    let mut roots = vec![session.commit().unwrap()];
    for _ in 0..20 {
        let mut session = vm.session(roots.last().copied(), today()).unwrap();
        add(&mut session, A, 1);
        roots.push(session.commit().unwrap());
    }
    for (expected, root) in (0..).zip(&roots) {
        let mut session = vm.session(Some(*root), today()).unwrap();
        assert_eq!(count(&mut session, A), expected);
        assert_eq!(session.owner(&A), Some(vec![1]));
        vm.discard(root);
        assert!(!vm.has(root));
        assert!(matches!(vm.session(Some(*root), today()), Err(VmError::NoSuchState(_))));
    }
}

#[test]
fn contracts_see_who_they_are_and_who_calls() {
    let who = module_32(
        r#"(func (export "me") (param i32) (result i32) (call $self_id) (i32.const 32))
           (func (export "owner") (param i32) (result i32) (call $owner (i32.const 0)))
           (func (export "callers") (param i32) (result i32) (i32.mul (call $callstack) (i32.const 32)))
           (func (export "limits") (param i32) (result i32)
              (i64.store (i32.const 4096) (call $limit)) (i64.store (i32.const 4104) (call $spent)) (i32.const 16))"#,
    );
    let mut session = two_counters();
    let id = ContractId::from_bytes([33; 32]);
    session.deploy(id, &who, None, b"the owner", PLENTY).unwrap();
    assert_eq!(session.call(id, "me", &[], PLENTY).unwrap().data, [33; 32]);
    assert_eq!(session.call(id, "owner", &[], PLENTY).unwrap().data, b"the owner");
    assert!(session.call(id, "callers", &[], PLENTY).unwrap().data.is_empty());
    let inner = request([33; 32], 0, "callers", &[]);
    let through = session.call(A, "call", &request([11; 32], 0, "call", &inner), PLENTY).unwrap();
    let (_, callers) = answer(answer(&through.data).1);
    assert_eq!(callers[..64], [[11; 32], [10; 32]].concat());
    let limits = session.call(id, "limits", &[], 12_345).unwrap().data;
    assert_eq!(limits[..8], 12_345_u64.to_le_bytes());
}

#[test]
fn a_feeding_query_feeds() {
    let feeder = module_32(
        r#"(func (export "feed") (param i32) (result i32)
              (loop $next
                 (call $feed (i32.const 8))
                 (i64.store (i32.const 4096) (i64.sub (i64.load (i32.const 4096)) (i64.const 1)))
                 (br_if $next (i64.ne (i64.load (i32.const 4096)) (i64.const 0))))
              (i32.const 0))"#,
    );
    let mut session = empty_session();
    session.deploy(A, &feeder, None, &[], PLENTY).unwrap();
    let mut fed = Vec::new();
    let mut sink = |item: &[u8]| fed.push(u64::from_le_bytes(item.try_into().unwrap()));
    session.feed(A, "feed", &3_u64.to_le_bytes(), PLENTY, &mut sink).unwrap();
    assert_eq!(fed, [3, 2, 1]);
    assert!(matches!(session.call(A, "feed", &3_u64.to_le_bytes(), PLENTY), Err(VmError::MissingFeed)));

    // Streamed items come while the call runs, and the receiver can end it.
    let (sender, items) = std::sync::mpsc::sync_channel(10);
    let mut left = 2;
    let sink = Box::new(move |item: Vec<u8>| {
        left -= 1;
        sender.send(item[0]).unwrap();
        left > 0
    });
    let stopped = session.stream(A, "feed", &100_u64.to_le_bytes(), PLENTY, sink);
    assert!(matches!(stopped, Err(VmError::FeedStopped)));
    assert_eq!(items.iter().collect::<Vec<_>>(), [100, 99]);
    let endless = session.stream(A, "feed", &0_u64.to_le_bytes(), 10_000, Box::new(|_| true));
    assert!(matches!(endless, Err(VmError::OutOfGas)));
}

/// `chat` logs its argument, then the first two bytes of it, and panics when it begins with an exclamation mark.
fn chatting() -> Vec<u8> {
    let text = r#"(module
        (import "env" "hdebug" (func $log (param i32)))
        (import "env" "panic" (func $panic (param i32)))
        (memory (export "memory") 3)
        (global (export "A") i32 (i32.const 4096))
        (func (export "chat") (param i32) (result i32)
            (call $log (local.get 0))
            (call $log (i32.const 2))
            (if (i32.eq (i32.load8_u (i32.const 4096)) (i32.const 33)) (then (call $panic (local.get 0))))
            (i32.const 0)))"#;
    wat::parse_str(text).unwrap()
}

#[test]
fn logs_are_recorded_where_they_are_asked_for() {
    let mut session = new_vm().recording_logs().session(None, today()).unwrap();
    session.deploy(A, &chatting(), None, &[7; 3], PLENTY).unwrap();
    let receipt = session.call(A, "chat", b"hello", PLENTY).unwrap();
    assert_eq!(receipt.trace.logs, ["hello", "he"]);
    // Two calls of the machine and nothing for what they say.
    assert_eq!(receipt.gas_spent, session.call(A, "chat", &[b'x'; 60_000], PLENTY).unwrap().gas_spent);
    session.call(A, "chat", b"!no", PLENTY).unwrap_err();
    assert_eq!(session.take_failed_trace().unwrap().logs, ["!no", "!n"]);
    assert!(matches!(session.call(A, "chat", &[0xff; 4], PLENTY), Err(VmError::NotUtf8)));
}

#[test]
fn a_network_refuses_a_contract_that_logs() {
    let refused = empty_session().deploy(A, &chatting(), None, &[7; 3], PLENTY);
    assert!(matches!(refused, Err(VmError::Module(ModuleError::Logs))), "{refused:?}");
    assert_eq!(validate(&chatting(), today().rules), Err(ModuleError::Logs));
    let told = ModuleError::Logs.to_string();
    assert!(["dusk-sdk", "dusk-core", "piecrust-uplink"].iter().all(|library| told.contains(library)), "{told}");
    assert!(validate_for_tests(&chatting(), today().rules).unwrap().logs());
}

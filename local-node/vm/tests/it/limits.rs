//! Bounds of contracts: none can end the process, run past a deadline, or make the machine hold more than its bounds.

use std::thread;
use std::time::{Duration, Instant};

use dusk_core::BlsScalar;
use dusk_core::abi::ContractId;
use local_node_vm::{MAX_CALL_EVENTS, MAX_SESSION_CONTRACTS, MachineLimit, Session, Vm, VmError};

use super::common::contracts::{asker, counter, module_32, question, request};
use super::common::{PLENTY, empty_session, encoded, new_vm, today};

const A: ContractId = ContractId::from_bytes([10; 32]);
const B: ContractId = ContractId::from_bytes([11; 32]);
/// More gas than any machine burns within a test.
const ENDLESS: u64 = u64::MAX / 2;

fn with(bytecode: &[u8]) -> Session {
    let mut session = empty_session();
    session.deploy(A, bytecode, None, &[], PLENTY).unwrap();
    session
}

fn hostile(text: &str) -> Session {
    with(&wat::parse_str(text).unwrap())
}

/// A contract whose `call` passes its argument on to another one, as the counter's does, and a hostile one beside it.
fn beside_a_caller(text: &str) -> Session {
    let mut session = hostile(text);
    session.deploy(B, &counter(), None, &[], PLENTY).unwrap();
    session
}

fn soon(session: &mut Session, millis: u64) {
    session.set_deadline(Some(Instant::now() + Duration::from_millis(millis)));
}

#[test]
fn poseidon_of_nothing_fails_the_call() {
    let mut session = hostile(include_str!("../modules/poseidon.wat"));
    let nothing = encoded(&Vec::<BlsScalar>::new());
    for _ in 0..2 {
        let failed = session.call(A, "go", &nothing, PLENTY);
        assert!(matches!(failed, Err(VmError::NoAnswer { query: "poseidon_hash", .. })), "{failed:?}");
    }
    // The query is charged before it fails.
    assert!(matches!(session.call(A, "go", &nothing, 40_000), Err(VmError::OutOfGas)));
    assert!(matches!(session.call(A, "go", &nothing, 40_100), Err(VmError::NoAnswer { .. })));
    // A caller sees a failed call, and goes on.
    session.deploy(B, &counter(), None, &[], PLENTY).unwrap();
    let receipt = session.call(B, "call", &request([10; 32], 100_000, "go", &nothing), PLENTY).unwrap();
    assert_eq!(receipt.data[..4], i32::MIN.to_le_bytes());
    assert!(receipt.gas_spent > 100_000);
}

#[test]
fn a_prepared_key_that_is_cut_off_fails_the_call() {
    use dusk_core::groth16::bn254::{Bn254, G1Affine, G1Projective};
    use dusk_core::groth16::serialize::CanonicalSerialize;
    use dusk_core::groth16::{PreparedVerifyingKey, Proof};
    let (mut key, mut proof, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
    let mut prepared = PreparedVerifyingKey::<Bn254>::default();
    prepared.gamma_g2_neg_pc.infinity = false;
    prepared.gamma_g2_neg_pc.ell_coeffs.truncate(5);
    prepared.serialize_uncompressed(&mut key).unwrap();
    Proof::<Bn254> {
        b: dusk_core::groth16::bn254::G2Affine::new_unchecked(
            dusk_core::groth16::bn254::g2::G2_GENERATOR_X,
            dusk_core::groth16::bn254::g2::G2_GENERATOR_Y,
        ),
        ..Proof::default()
    }
    .serialize_compressed(&mut proof)
    .unwrap();
    let generator = G1Affine::new_unchecked(
        dusk_core::groth16::bn254::g1::G1_GENERATOR_X,
        dusk_core::groth16::bn254::g1::G1_GENERATOR_Y,
    );
    G1Projective::from(generator).serialize_compressed(&mut inputs).unwrap();
    let argument = encoded(&(key, proof, inputs));
    let failed = with(&asker()).call(A, "ask", &question("verify_groth16_bn254", &argument), PLENTY);
    assert!(matches!(failed, Err(VmError::NoAnswer { query: "verify_groth16_bn254", .. })), "{failed:?}");
}

#[test]
fn a_point_without_an_affine_form_fails_the_call() {
    let failed = with(&asker()).call(A, "ask", &question("verify_schnorr", &[0; 1_000]), PLENTY);
    assert!(matches!(failed, Err(VmError::NoAnswer { query: "verify_schnorr", .. })), "{failed:?}");
}

/// Every pointer that a function of the machine takes, at places inside, at the end of and far outside the memory.
#[test]
fn pointers_far_outside_read_as_zero() {
    let mut session = hostile(include_str!("../modules/ptr.wat"));
    assert_eq!(session.call(A, "go", &[], PLENTY).unwrap().data, [] as [u8; 0]);
    let pointer = |at: u32| {
        module_32(&format!(
            r#"(func (export "owner") (param i32) (result i32) (call $owner (i32.const {at})))
               (func (export "query") (param i32) (result i32) (call $hq (i32.const {at}) (i32.const 9) (i32.const 0)))
               (func (export "data") (param i32) (result i32) (call $hd (i32.const {at}) (i32.const 9)))
               (func (export "emit") (param i32) (result i32)
                   (call $emit (i32.const {at}) (i32.const 9) (i32.const 0)) (i32.const 0))
               (func (export "call") (param i32) (result i32)
                   (i32.store (i32.const 4096)
                       (call $c (i32.const {at}) (i32.const {at}) (i32.const 9) (i32.const 0) (i64.const 1000)))
                   (i32.const 4))"#
        ))
    };
    for at in [0, 0x2_fff8, 0x3_0000, 0x7fff_ff00, 0xffff_ffd8] {
        let mut session = with(&pointer(at));
        assert!(session.call(A, "owner", &[], PLENTY).unwrap().data.is_empty(), "{at:#x}");
        let query = session.call(A, "query", &[], PLENTY);
        assert!(matches!(query, Err(VmError::MissingHostQuery(name)) if name == "\0".repeat(9)), "{at:#x}");
        assert!(session.call(A, "data", &[], PLENTY).unwrap().data.is_empty(), "{at:#x}");
        assert_eq!(session.call(A, "emit", &[], PLENTY).unwrap().events[0].topic, "\0".repeat(9), "{at:#x}");
        assert_eq!(session.call(A, "call", &[], PLENTY).unwrap().data, (-3_i32).to_le_bytes(), "{at:#x}");
    }
    let mut session = with(&pointer(0xffff_fff8));
    for function in ["owner", "query", "emit"] {
        let refused = session.call(A, function, &[], PLENTY);
        assert!(matches!(refused, Err(VmError::MemoryAccess { .. })), "{function}: {refused:?}");
    }
}

#[test]
fn an_argument_buffer_far_outside_the_memory_is_state() {
    let mut session = hostile(include_str!("../modules/aout.wat"));
    let before = session.root().unwrap();
    assert!(session.call(A, "go", b"argument", PLENTY).unwrap().data.is_empty());
    assert_ne!(session.root().unwrap(), before);
    let mut session = hostile(
        r#"(module
            (import "env" "self_id" (func $self_id))
            (memory (export "memory") 1)
            (global (export "A") i32 (i32.const 0x7fff0000))
            (func (export "me") (param i32) (result i32) (call $self_id) (i32.const 32))
            (func (export "back") (param i32) (result i32) (local.get 0)))"#,
    );
    assert_eq!(session.call(A, "me", &[], PLENTY).unwrap().data, [10; 32]);
    assert_eq!(session.call(A, "back", b"argument", PLENTY).unwrap().data, b"argument");
    assert_eq!(session.call(A, "back", &[7; 65_536], PLENTY).unwrap().data, [7; 65_536]);
}

#[test]
fn both_memories_give_the_same_roots() {
    let write = r#"(func (export "far") (param i32) (result i32)
            (i32.store8 (i32.const 0xfffffff0) (i32.const 1)) (i32.store8 (i32.const 0x30001) (i32.const 0)) (i32.const 0))
        (func (export "near") (param i32) (result i32) (i64.store (i32.const 65532) (i64.const -1)) (i32.const 0))
        (func (export "fail") (param i32) (result i32) (i32.store8 (i32.const 0x50001) (i32.const 1)) unreachable)
        (func (export "fill") (param i32) (result i32)
            (memory.fill (i32.const 4000) (i32.const 9) (i32.const 100000))
            (memory.copy (i32.const 90000) (i32.const 4000) (i32.const 99999)) (i32.const 0))"#;
    let roots = [Vm::in_memory().unwrap(), Vm::in_portable_memory().unwrap()].map(|vm| {
        let mut session = vm.session(None, today()).unwrap();
        session.deploy(A, &module_32(write), None, &[], PLENTY).unwrap();
        let mut root = session.commit().unwrap();
        let mut roots = vec![root];
        for function in ["far", "near", "fail", "fill", "far"] {
            let mut session = vm.session(Some(root), today()).unwrap();
            let _ = session.call(A, function, &[1; 9], PLENTY);
            let mark = session.mark().unwrap();
            let _ = session.call(A, "fill", &[], PLENTY);
            session.rewind(mark).unwrap();
            root = session.commit().unwrap();
            roots.push(root);
        }
        roots
    });
    assert_eq!(roots[0], roots[1]);
}

#[test]
fn a_panic_of_the_machine_fails_the_call_and_not_the_process() {
    let mut session = empty_session();
    for id in [A, B] {
        session.deploy(id, &counter(), None, &[], PLENTY).unwrap();
    }
    session.set_call_hook(Box::new(|_, _, _| panic!("a hook of the test panics")));
    let receipt = session.call(A, "call", &request([11; 32], 0, "get", &[]), PLENTY).unwrap();
    assert_eq!(receipt.data[..4], i32::MIN.to_le_bytes());
    session.clear_call_hook();
    session.call(A, "add", &1_u64.to_le_bytes(), PLENTY).unwrap();
    let feeding =
        module_32(r#"(func (export "feed") (param i32) (result i32) (call $feed (i32.const 0)) (i32.const 0))"#);
    let mut session = with(&feeding);
    let failed = session.stream(A, "feed", &[], PLENTY, Box::new(|_| panic!("a sink of the test panics")));
    assert!(matches!(&failed, Err(VmError::HostPanic(text)) if text == "a sink of the test panics"), "{failed:?}");
    session.stream(A, "feed", &[], PLENTY, Box::new(|_| true)).unwrap();
}

#[test]
fn a_deadline_ends_loops_fills_and_calls() {
    let text = r#"(func (export "spin") (param i32) (result i32) (loop $l (br $l)) unreachable)
        (func $down (export "down") (param i32) (result i32) (loop $l (drop (call $up (i32.const 0))) (br $l)) unreachable)
        (func $up (param i32) (result i32) (i32.const 1))
        (func (export "ask") (param i32) (result i32)
            (loop $l (drop (call $hq (i32.const 0) (i32.const 4) (i32.const 0))) (br $l)) unreachable)
        (data (i32.const 0) "hash")
        (func (export "tables") (param i32) (result i32)
            (drop (table.grow (ref.null func) (i32.const 1000000)))
            (loop $l (table.fill (i32.const 0) (ref.null func) (i32.const 1000000)) (br $l)) unreachable)
        (table 0 funcref)"#;
    let mut session = with(&module_32(text));
    for function in ["spin", "down", "ask", "tables"] {
        soon(&mut session, 30);
        let ended = session.call(A, function, &[], ENDLESS);
        assert!(matches!(ended, Err(VmError::TimeLimit)), "{function}: {ended:?}");
    }
    assert!(matches!(session.call(A, "spin", &[], 100), Err(VmError::TimeLimit)), "the time is up already");
    session.set_deadline(None);
    assert!(matches!(session.call(A, "spin", &[], 1_000), Err(VmError::OutOfGas)));
    let mut session = beside_a_caller(include_str!("../modules/fill.wat"));
    soon(&mut session, 30);
    assert!(matches!(session.call(A, "many", &[], ENDLESS), Err(VmError::TimeLimit)));
    // Not even a caller that handles failures goes on.
    soon(&mut session, 30);
    let nested = session.call(B, "call", &request([10; 32], 0, "many", &[]), ENDLESS);
    assert!(matches!(nested, Err(VmError::TimeLimit)), "{nested:?}");
    session.set_deadline(None);
    session.call(B, "add", &1_u64.to_le_bytes(), PLENTY).unwrap();
}

#[test]
fn an_interrupted_machine_ends_all_its_calls() {
    let vm = new_vm();
    let mut session = vm.session(None, today()).unwrap();
    session.deploy(A, &counter(), None, &[], PLENTY).unwrap();
    session.deploy(B, &wat::parse_str(include_str!("../modules/fill.wat")).unwrap(), None, &[], PLENTY).unwrap();
    let root = session.commit().unwrap();
    let calls = [(A, "burn"), (B, "many")].map(|(id, function)| {
        let mut session = vm.session(Some(root), today()).unwrap();
        thread::spawn(move || session.call(id, function, &[], ENDLESS))
    });
    thread::sleep(Duration::from_millis(30));
    vm.interrupt();
    for call in calls {
        assert!(matches!(call.join().unwrap(), Err(VmError::Interrupted)));
    }
    let mut session = vm.session(Some(root), today()).unwrap();
    assert!(matches!(session.call(A, "get", &[], PLENTY), Err(VmError::Interrupted)));
    let deployed = session.deploy(ContractId::from_bytes([12; 32]), &counter(), None, &[], PLENTY);
    assert!(matches!(deployed, Err(VmError::Interrupted)), "{deployed:?}");
}

#[test]
fn memory_for_nothing_is_refused() {
    let mut session = beside_a_caller(include_str!("../modules/fill.wat"));
    let root = session.root().unwrap();
    let limit = |outcome: Result<_, VmError>| {
        assert!(matches!(outcome, Err(VmError::MachineLimit(MachineLimit::Memory))), "{outcome:?}");
    };
    limit(session.call(A, "once", &[], PLENTY).map(drop));
    limit(session.call(B, "call", &request([10; 32], 0, "once", &[]), PLENTY).map(drop));
    session.call(A, "read", &[], PLENTY).unwrap();
    assert_eq!(session.root().unwrap(), root, "nothing was written");
    session.call(B, "add", &1_u64.to_le_bytes(), PLENTY).unwrap();
}

/// Stores of the contract's own code, one to each page or block, cost next to nothing as well.
#[test]
fn memory_that_is_touched_page_by_page_is_refused() {
    let touch = |step: u32| {
        format!(
            r#"(func (export "touch") (param i32) (result i32) (local $at i32)
                (loop $l
                    (i32.store8 (local.get $at) (i32.const 1))
                    (local.set $at (i32.add (local.get $at) (i32.const {step})))
                    (br_if $l (local.get $at)))
                (i32.const 0))
               (func (export "touch_and_fail") (param i32) (result i32) (local $at i32)
                (loop $l
                    (i32.store8 (local.get $at) (i32.const 1))
                    (local.set $at (i32.add (local.get $at) (i32.const {step})))
                    (br_if $l (local.get $at)))
                unreachable)"#
        )
    };
    for step in [4_096, 65_536] {
        let mut session = with(&module_32(&touch(step)));
        session.deploy(B, &counter(), None, &[], PLENTY).unwrap();
        for function in ["touch", "touch_and_fail"] {
            let refused = session.call(A, function, &[], PLENTY);
            assert!(matches!(refused, Err(VmError::MachineLimit(MachineLimit::Memory))), "{step}: {refused:?}");
            let nested = session.call(B, "call", &request([10; 32], 0, function, &[]), PLENTY);
            assert!(matches!(nested, Err(VmError::MachineLimit(MachineLimit::Memory))), "{step}: {nested:?}");
        }
    }
}

/// The memory that undoes calls depends on the depth of calls, not on their number.
#[test]
fn many_calls_hold_no_more_than_one() {
    let callee = r#"(func (export "fill") (param i32) (result i32)
        (memory.fill (i32.const 8192) (i32.load (i32.const 4096)) (i32.const 131072)) (i32.const 0))"#;
    let caller = r#"(data (i32.const 0) "fill")
        (func (export "go") (param i32) (result i32) (local $n i32)
            (memory.fill (i32.const 64) (i32.const 11) (i32.const 32))
            (loop $l
                (i32.store (i32.const 4096) (local.get $n))
                (drop (call $c (i32.const 64) (i32.const 0) (i32.const 4) (i32.const 4) (i64.const 10000)))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get $n) (i32.const 6000))))
            (i32.const 0))
        (func (export "go_and_fail") (param i32) (result i32)
            (drop (call $c (i32.const 64) (i32.const 0) (i32.const 4) (i32.const 4) (i64.const 10000))) unreachable)"#;
    let mut session = with(&module_32(caller));
    session.deploy(B, &module_32(callee), None, &[], PLENTY).unwrap();
    session.call(A, "go", &[], PLENTY).unwrap();
    let root = session.root().unwrap();
    session.call(A, "go_and_fail", &[], PLENTY).unwrap_err();
    assert_eq!(session.root().unwrap(), root);
}

#[test]
fn events_are_counted_however_small_or_large() {
    let mut session = beside_a_caller(include_str!("../modules/emit.wat"));
    let refused = session.call(A, "go", &[], ENDLESS);
    assert!(matches!(refused, Err(VmError::MachineLimit(MachineLimit::Events))), "{refused:?}");
    let refused = session.call(A, "big", &[], PLENTY);
    assert!(matches!(refused, Err(VmError::MachineLimit(MachineLimit::EventBytes))), "{refused:?}");
    assert!(matches!(session.call(A, "big", &[], 100_000_000), Err(VmError::OutOfGas)), "gas comes first");
    let nested = session.call(B, "call", &request([10; 32], 0, "big", &[]), PLENTY);
    assert!(matches!(nested, Err(VmError::MachineLimit(MachineLimit::EventBytes))), "{nested:?}");
    // Events of failed calls are kept for the next receipt, and count there.
    let mut session = hostile(include_str!("../modules/emit.wat"));
    let most = u32::try_from(MAX_CALL_EVENTS).unwrap();
    assert_eq!(session.call(A, "n", &most.to_le_bytes(), PLENTY).unwrap().events.len(), MAX_CALL_EVENTS);
    let one_more = session.call(A, "n", &(most + 1).to_le_bytes(), PLENTY);
    assert!(matches!(one_more, Err(VmError::MachineLimit(MachineLimit::Events))), "{one_more:?}");
}

#[test]
fn a_query_cannot_feed_without_end() {
    let feeding = module_32(
        r#"(func (export "nothing") (param i32) (result i32) (loop $l (call $feed (i32.const 0)) (br $l)) unreachable)
           (func (export "much") (param i32) (result i32) (loop $l (call $feed (i32.const 65536)) (br $l)) unreachable)"#,
    );
    let mut session = with(&feeding);
    for function in ["nothing", "much"] {
        let refused = session.feed(A, function, &[], ENDLESS, &mut |_| panic!("nothing is fed by a failed query"));
        assert!(matches!(refused, Err(VmError::MachineLimit(MachineLimit::Feed))), "{function}: {refused:?}");
    }
}

#[test]
fn tables_are_counted_together() {
    let growing = module_32(
        r#"(table $a 1 funcref) (table $b 1 funcref)
           (func (export "one") (param i32) (result i32)
               (drop (table.grow $a (ref.null func) (i32.const 6000000))) (i32.const 0))
           (func (export "both") (param i32) (result i32)
               (drop (table.grow $a (ref.null func) (i32.const 6000000)))
               (drop (table.grow $b (ref.null func) (i32.const 6000000))) (i32.const 0))"#,
    );
    let mut session = with(&growing);
    session.call(A, "one", &[], PLENTY).unwrap();
    session.call(A, "one", &[], PLENTY).unwrap();
    let refused = session.call(A, "both", &[], PLENTY);
    assert!(matches!(refused, Err(VmError::MachineLimit(MachineLimit::Tables))), "{refused:?}");
}

#[test]
fn a_session_opens_so_many_contracts_and_no_more() {
    let mut session = empty_session();
    let id = |n: usize| {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&n.to_le_bytes());
        ContractId::from_bytes(id)
    };
    let small = wat::parse_str(
        r#"(module (memory (export "memory") 1) (global (export "A") i32 (i32.const 0))
            (func (export "go") (param i32) (result i32) (i32.const 0)))"#,
    )
    .unwrap();
    for n in 0..MAX_SESSION_CONTRACTS {
        session.deploy(id(n), &small, None, &[], PLENTY).unwrap();
    }
    let refused = session.deploy(id(MAX_SESSION_CONTRACTS), &small, None, &[], PLENTY);
    assert!(matches!(refused, Err(VmError::MachineLimit(MachineLimit::Contracts))), "{refused:?}");
    session.call(id(0), "go", &[], PLENTY).unwrap();
    session.commit().unwrap();
}

/// Production gives each contract a store of its own, so the tables of all of them have no bound but that of their
/// elements.
#[test]
fn a_call_reaches_many_contracts_with_many_tables() {
    const CONTRACTS: u8 = 110;
    let tables = "(table 0 funcref)".repeat(100);
    let many = module_32(&format!(r#"{tables} (func (export "go") (param i32) (result i32) (i32.const 0))"#));
    let caller = module_32(&format!(
        r#"(data (i32.const 0) "go")
        (func (export "all") (param i32) (result i32) (local $n i32)
            (memory.fill (i32.const 64) (i32.const 77) (i32.const 32))
            (loop $l
                (i32.store8 (i32.const 64) (local.get $n))
                (if (call $c (i32.const 64) (i32.const 0) (i32.const 2) (i32.const 0) (i64.const 0)) (then unreachable))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get $n) (i32.const {CONTRACTS}))))
            (i32.const 0))"#
    ));
    let mut session = with(&caller);
    for n in 0..CONTRACTS {
        let mut id = [77; 32];
        id[0] = n;
        session.deploy(ContractId::from_bytes(id), &many, None, &[], PLENTY).unwrap();
    }
    session.call(A, "all", &[], PLENTY).unwrap();
}

/// Frames of failed calls keep their texts, but not without end.
#[test]
fn traces_of_failures_are_bounded() {
    let refusing =
        module_32(r#"(func (export "no") (param i32) (result i32) (call $panic (i32.const 65536)) unreachable)"#);
    let caller = r#"(data (i32.const 0) "no")
        (func (export "go") (param i32) (result i32) (local $n i32)
            (memory.fill (i32.const 64) (i32.const 11) (i32.const 32))
            (loop $l
                (drop (call $c (i32.const 64) (i32.const 0) (i32.const 2) (i32.const 0) (i64.const 1000)))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get $n) (i32.const 500))))
            (i32.const 0))"#;
    let mut session = with(&module_32(caller));
    session.deploy(B, &refusing, None, &[], PLENTY).unwrap();
    let trace = session.call(A, "go", &[], PLENTY).unwrap().trace;
    let texts = trace.calls.iter().map(|call| format!("{:?}", call.outcome).len());
    assert_eq!(trace.calls.len(), 500);
    assert!(texts.sum::<usize>() < 32 << 20);
}

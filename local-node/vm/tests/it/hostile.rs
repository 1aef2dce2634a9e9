//! Modules that must not be deployed, and contracts that must not get their way.

use dusk_core::abi::ContractId;
use local_node_types::rules::Profile;
use local_node_vm::{ModuleError, Session, VmError, validate};

use super::common::contracts::{counter, module_32};
use super::common::{PLENTY, empty_session, today};

const A: ContractId = ContractId::from_bytes([10; 32]);

/// The parts of a contract beside its functions.
const FRAME: &str = r#"(memory (export "memory") 2) (global (export "A") i32 (i32.const 4096))"#;

fn refusal(text: &str) -> ModuleError {
    let bytecode = wat::parse_str(text).unwrap();
    let refused = validate(&bytecode, today().rules).unwrap_err();
    let deployed = empty_session().deploy(A, &bytecode, None, &[], PLENTY);
    assert!(matches!(&deployed, Err(VmError::Module(error)) if *error == refused), "{deployed:?} is not {refused}");
    refused
}

fn deployed(definitions: &str) -> Session {
    let mut session = empty_session();
    session.deploy(A, &module_32(definitions), None, &[], PLENTY).unwrap();
    session
}

#[test]
fn a_module_that_is_cut_off_is_refused() {
    let bytecode = counter();
    assert!(validate(&bytecode, today().rules).is_ok());
    let accepted = (0..bytecode.len()).filter(|&length| validate(&bytecode[..length], today().rules).is_ok());
    // A cut is still a module if nothing but the data or the names is missing.
    assert!(accepted.count() <= 2);
    let refused = validate(&bytecode[..bytecode.len() - 1], today().rules).unwrap_err();
    assert!(matches!(refused, ModuleError::Malformed { .. }), "{refused}");
    assert!(matches!(validate(&vec![0; 2 << 20], today().rules), Err(ModuleError::TooLong { length: 0x20_0000 })));
}

#[test]
fn imports_are_known_and_have_their_types() {
    let text = refusal(&format!(r#"(module (import "env" "read_file" (func)) {FRAME})"#)).to_string();
    assert!(text.contains("`read_file`"), "{text}");
    let text = refusal(&format!(r#"(module (import "env" "limit" (func (param f32))) {FRAME})"#)).to_string();
    assert!(text.contains("`limit` has the type (f32) -> (), but it must be () -> (i64)"), "{text}");
    let text = refusal(&format!(r#"(module (import "env" "c" (global i32)) {FRAME})"#)).to_string();
    assert!(text.contains("`c` has the type not a function"), "{text}");
    // Names that the machine uses within are not offered to contracts.
    let internal = refusal(&format!(r#"(module (import "bulk" "grow" (func (param i32) (result i32))) {FRAME})"#));
    assert_eq!(internal, ModuleError::UnknownImport { name: "grow".to_owned() });
}

#[test]
fn exports_follow_the_convention() {
    let text = refusal(&format!(r#"(module (func (export "go") (param i64)) {FRAME})"#)).to_string();
    assert!(text.contains("`go` has the type (i64) -> ()"), "{text}");
    assert_eq!(refusal(r#"(module (global (export "A") i32 (i32.const 0)))"#), ModuleError::Memories(0));
    assert_eq!(
        refusal(r#"(module (memory 1) (global (export "A") i32 (i32.const 0)))"#),
        ModuleError::MemoryExports(0)
    );
    assert_eq!(refusal(&format!(r#"(module {FRAME} (export "again" (memory 0)))"#)), ModuleError::MemoryExports(2));
    assert_eq!(refusal(&format!("(module {FRAME} (memory 1))")), ModuleError::Memories(2));
    assert_eq!(refusal(&format!("(module {FRAME} (func $f) (start $f))")), ModuleError::StartSection);
}

#[test]
fn the_argument_buffer_is_a_constant_inside_the_memory() {
    let with = |a: &str| refusal(&format!(r#"(module (memory (export "memory") 2) {a})"#));
    assert_eq!(with(""), ModuleError::NoArgumentBuffer);
    assert_eq!(with(r#"(func (export "A") (param i32) (result i32) unreachable)"#), ModuleError::NoArgumentBuffer);
    let wrong = ModuleError::ArgumentBufferType { expected: "i32" };
    assert_eq!(with(r#"(global (export "A") (mut i32) (i32.const 0))"#), wrong);
    assert_eq!(with(r#"(global (export "A") i64 (i64.const 0))"#), wrong);
    assert_eq!(with(r#"(global (export "A") i32 (i32.const -8))"#), ModuleError::ArgumentBufferOutside { offset: -8 });
}

#[test]
fn rules_decide_about_widths_and_reference_types() {
    let wide = r#"(module (memory (export "memory") i64 2) (global (export "A") i64 (i64.const 4096)))"#;
    let wide = wat::parse_str(wide).unwrap();
    assert_eq!(validate(&wide, Profile::Local.at(1)), Err(ModuleError::MemoryWidth(64)));
    assert!(validate(&wide, Profile::Local.at(0)).unwrap().memory64);
    let without_buffer = wat::parse_str(r#"(module (memory (export "memory") i64 2))"#).unwrap();
    let refused = validate(&without_buffer, Profile::Local.at(1)).unwrap_err();
    assert!(refused.to_string().contains("build for wasm32-unknown-unknown"), "the width comes first: {refused}");
    assert_eq!(validate(&counter(), Profile::Mainnet.at(2_800_000)), Err(ModuleError::MemoryWidth(32)));
    let references = format!("(module {FRAME} (table 1 funcref) (func (param funcref)))");
    let references = wat::parse_str(references).unwrap();
    assert!(validate(&references, Profile::Mainnet.at(3_470_360)).is_ok());
    assert!(matches!(validate(&references, Profile::Mainnet.at(3_470_359)), Err(ModuleError::Malformed { .. })));
}

#[test]
fn data_and_elements_lie_inside() {
    let mut session = empty_session();
    let outside = wat::parse_str(format!(r#"(module {FRAME} (data (i32.const 131070) "abc"))"#)).unwrap();
    let refused = session.deploy(A, &outside, None, &[], PLENTY);
    assert!(matches!(refused, Err(VmError::DataOutside { offset: 131_070, length: 3 })), "{refused:?}");
    let elements = format!("(module {FRAME} (table 1 funcref) (func $f) (elem (i32.const 1) $f))");
    let refused = session.deploy(A, &wat::parse_str(elements).unwrap(), None, &[], PLENTY);
    assert!(matches!(refused, Err(VmError::Trap(_))), "{refused:?}");
    assert!(!session.exists(&A));
    session.deploy(A, &counter(), None, &[], PLENTY).unwrap();
}

#[test]
fn endless_growth_is_stopped() {
    let mut session = deployed(
        r#"(func (export "grow") (param i32) (result i32) (loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable)
           (func (export "grow_at_once") (param i32) (result i32)
              (i32.store (i32.const 4096) (memory.grow (i32.const 65533)))
              (i32.store (i32.const 4100) (memory.grow (i32.const 1)))
              (i32.store (i32.const 4104) (memory.size))
              (i32.const 12))
           (table 1 funcref)
           (func (export "table") (param i32) (result i32)
              (i32.store (i32.const 4096) (table.grow (ref.null func) (i32.const 100000000)))
              (i32.const 4))"#,
    );
    assert!(matches!(session.call(A, "grow", &[], 10_000_000), Err(VmError::OutOfGas)));
    let grown = session.call(A, "grow_at_once", &[], PLENTY).unwrap().data;
    assert_eq!(grown, [3_u32.to_le_bytes(), u32::MAX.to_le_bytes(), 65_536_u32.to_le_bytes()].concat());
    assert_eq!(session.call(A, "table", &[], PLENTY).unwrap().data, u32::MAX.to_le_bytes());
}

#[test]
fn bad_pointers_are_refused() {
    let mut session = deployed(
        r#"(func (export "topic") (param i32) (result i32) (call $emit (i32.const -1) (i32.const 2) (i32.const 0)) (i32.const 0))
           (func (export "data") (param i32) (result i32) (call $emit (i32.const 0) (i32.const 0) (i32.const 65537)) (i32.const 0))
           (func (export "utf8") (param i32) (result i32)
              (i32.store8 (i32.const 0) (i32.const 255))
              (call $emit (i32.const 0) (i32.const 1) (i32.const 0)) (i32.const 0))
           (func (export "query") (param i32) (result i32) (call $hq (i32.const 0) (i32.const -1) (i32.const 0)))
           (func (export "long") (param i32) (result i32) (i32.const 65537))
           (func (export "negative") (param i32) (result i32) (i32.const -1))
           (func (export "call") (param i32) (result i32)
              (i32.store (i32.const 4096) (call $c (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0)))
              (i32.const 4))"#,
    );
    for function in ["topic", "data", "long", "negative"] {
        let refused = session.call(A, function, &[], PLENTY);
        assert!(matches!(refused, Err(VmError::MemoryAccess { .. })), "{function}: {refused:?}");
    }
    assert!(matches!(session.call(A, "utf8", &[], PLENTY), Err(VmError::NotUtf8)));
    assert!(matches!(session.call(A, "query", &[], PLENTY), Err(VmError::MissingHostQuery(_))));
    assert_eq!(session.call(A, "call", &[], PLENTY).unwrap().data, i32::MIN.to_le_bytes());
    assert!(matches!(
        session.call(A, "call", &vec![0; 65_537], PLENTY),
        Err(VmError::ArgumentTooLong { length: 65_537 })
    ));
}

/// Production lets pages beyond the length come to be, up to 4 GiB, and counts them as state.
#[test]
fn memory_beyond_the_length_is_state() {
    let mut session = deployed(
        r#"(func (export "put") (param i32) (result i32) (i32.store (i32.const 0x7fff0000) (i32.const 7)) (i32.const 0))
           (func (export "zero") (param i32) (result i32) (i32.store (i32.const 0x6fff0000) (i32.const 0)) (i32.const 0))
           (func (export "get") (param i32) (result i32)
              (i32.store (i32.const 4096) (i32.load (i32.const 0x7fff0000))) (i32.const 4))
           (func (export "fail") (param i32) (result i32)
              (i32.store (i32.const 0x5fff0000) (i32.const 7)) unreachable)"#,
    );
    let empty = session.root().unwrap();
    session.call(A, "put", &[], PLENTY).unwrap();
    let put = session.root().unwrap();
    assert_ne!(put, empty);
    assert_eq!(session.call(A, "get", &[], PLENTY).unwrap().data, 7_u32.to_le_bytes());
    let read = session.root().unwrap();
    session.call(A, "zero", &[], PLENTY).unwrap();
    let zero = session.root().unwrap();
    assert_ne!(zero, read, "a page that was written counts, even if only zeros were written");
    session.call(A, "fail", &[], PLENTY).unwrap_err();
    assert_eq!(session.root().unwrap(), zero, "a page written by an undone call does not count");
}

#[test]
fn a_deep_native_stack_is_bounded_across_contracts() {
    // Each level uses most of the stack before it calls on.
    let mut session = deployed(
        r#"(func $down (param $n i32) (result i32)
              (if (i32.eqz (local.get $n)) (then (return (call $c (i32.const 0) (i32.const 32) (i32.const 2) (i32.const 0) (i64.const 0)))))
              (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))
           (data (i32.const 0) "\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0ago")
           (func (export "go") (param i32) (result i32) (drop (call $down (i32.const 1000))) (i32.const 0))"#,
    );
    assert!(session.call(A, "go", &[], PLENTY).is_ok());
}

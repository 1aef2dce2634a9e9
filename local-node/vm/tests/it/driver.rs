//! Data drivers, good ones and hostile ones.

use local_node_vm::LimitError;
use local_node_vm::driver::{Driver, DriverError};

/// A driver whose operations return the data that they are given, except `decode_event`, which is given here.
fn driver(init: &str, decode_event: &str) -> Vec<u8> {
    let echo = r#"(param $n i32) (param $nl i32) (param $d i32) (param $l i32) (param $o i32) (param $ol i32) (result i32)
        (if (i32.lt_u (local.get $ol) (i32.add (local.get $l) (i32.const 4))) (then (return (i32.const 4))))
        (i32.store (local.get $o) (local.get $l))
        (memory.copy (i32.add (local.get $o) (i32.const 4)) (local.get $d) (local.get $l))
        (i32.const 0)"#;
    let text = format!(
        r#"(module
            (memory (export "memory") 2)
            (table $one 1 funcref)
            (table $two 1 funcref)
            (global $next (mut i32) (i32.const 1024))
            (data (i32.const 16) "\06\00\00\00{{\"a\":1}}")
            (func (export "init") {init})
            (func (export "alloc") (param $l i32) (result i32)
                (local $at i32)
                (local.set $at (global.get $next))
                (global.set $next (i32.add (global.get $next) (local.get $l)))
                (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $l) (i32.const 16)))))
                (local.get $at))
            (func (export "dealloc") (param i32 i32))
            (func (export "encode_input_fn") {echo})
            (func (export "decode_input_fn") {echo})
            (func (export "decode_output_fn") {echo})
            (func (export "decode_event") (param i32 i32 i32 i32 i32 i32) (result i32) {decode_event})
            (func (export "get_schema") (param $o i32) (param i32) (result i32)
                (memory.copy (local.get $o) (i32.const 16) (i32.const 11)) (i32.const 0))
            (func (export "get_version") (param i32 i32) (result i32) (i32.const 2))
            (func (export "get_last_error") (param $o i32) (param i32) (result i32)
                (i32.store (local.get $o) (i32.const 2))
                (i32.store16 (i32.add (local.get $o) (i32.const 4)) (i32.const 0x6f6e))
                (i32.const 0)))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn a_driver_converts() {
    let driver = Driver::load(&driver("", "(i32.const 0)")).unwrap();
    assert_eq!(driver.encode_input("add", "[1]").unwrap(), b"[1]");
    assert_eq!(driver.decode_output("add", b"7").unwrap(), "7");
    assert_eq!(driver.schema().unwrap().len(), 6);
    let long = "x".repeat(1 << 20);
    assert_eq!(driver.decode_input("add", long.as_bytes()).unwrap(), long);
    let too_long = "x".repeat(5 << 20);
    assert!(matches!(driver.encode_input("add", &too_long), Err(DriverError::OutputTooLong(_))));
    assert!(matches!(driver.decode_output("add", &[0xff]), Err(DriverError::NotText(_))));
}

#[test]
fn a_refusal_comes_in_the_drivers_words() {
    let driver = Driver::load(&driver("", "(i32.const 0)")).unwrap();
    let refused = driver.version().unwrap_err();
    assert!(matches!(&refused, DriverError::Refused { code: 2, message } if message == "no"), "{refused:?}");
}

#[test]
fn hostile_drivers_are_stopped() {
    let event = |body: &str| Driver::load(&driver("", body)).unwrap().decode_event("t", b"").unwrap_err();
    assert!(matches!(event("(loop $l (br $l)) unreachable"), DriverError::TooSlow("decode_event")));
    assert!(matches!(event("unreachable"), DriverError::Trap { function: "decode_event", .. }));
    let grow = "(drop (memory.grow (i32.const 60000))) (i32.store (i32.const 3000000000) (i32.const 1)) (i32.const 0)";
    assert!(matches!(event(grow), DriverError::Trap { .. }));
    let lie = "(i32.store (local.get 4) (i32.const -1)) (i32.const 0)";
    assert!(matches!(event(lie), DriverError::Address("decode_event")));
    let endless = Driver::load(&driver("(loop $l (br $l))", "unreachable"));
    assert!(matches!(endless, Err(DriverError::TooSlow("init"))));
}

/// The memories and tables of a driver count together, and there is one memory.
#[test]
fn memories_and_tables_are_bounded_together() {
    let load = |text: &str| Driver::load(&wat::parse_str(text).unwrap());
    let twenty = format!(r#"(module (memory (export "memory") 2) {})"#, "(memory 2048) ".repeat(19));
    assert!(matches!(load(&twenty), Err(DriverError::Memories(20))));
    let tables = "(table 20000 funcref) ".repeat(6);
    let refused = load(&format!(r#"(module (memory (export "memory") 2) {tables})"#));
    assert!(matches!(&refused, Err(DriverError::Limit(LimitError::Module { found: 120_000, .. }))), "{refused:?}");
    // The elements of one table are lost to the other.
    let grown = "(if (i32.eq (table.grow $one (ref.null func) (i32.const 6000000)) (i32.const -1)) (then unreachable))
        (if (i32.ne (table.grow $two (ref.null func) (i32.const 6000000)) (i32.const -1)) (then unreachable))
        (if (i32.ne (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable))
        (i32.const 0)";
    let driver = Driver::load(&driver("", grown)).unwrap();
    assert_eq!(driver.decode_event("t", b"").unwrap(), "");
}

#[test]
fn what_is_no_driver_is_not_loaded() {
    let load = |text: &str| Driver::load(&wat::parse_str(text).unwrap()).unwrap_err();
    assert!(matches!(load(r#"(module (import "env" "f" (func)))"#), DriverError::Import(name) if name == "f"));
    assert!(matches!(load("(module)"), DriverError::Export("memory")));
    assert!(matches!(load(r#"(module (memory (export "memory") 1))"#), DriverError::Export("alloc")));
    assert!(matches!(load(r#"(module (memory (export "memory") 65536))"#), DriverError::Start(_)));
    assert!(matches!(Driver::load(b"\0asm"), Err(DriverError::Malformed(_))));
    assert!(matches!(Driver::load(&vec![0; 9 << 20]), Err(DriverError::TooLong { .. })));
}

#[test]
fn a_driver_comes_back_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = driver("", "(i32.const 0)");
    for _ in 0..2 {
        let driver = Driver::load_cached(&wasm, folder.path()).unwrap();
        assert_eq!(driver.encode_input("add", "[1]").unwrap(), b"[1]");
    }
    // Cached bytes are not trusted to be a driver.
    assert!(matches!(Driver::load_cached(b"\0asm", folder.path()), Err(DriverError::Malformed(_))));
    let files = std::fs::read_dir(folder.path().join("drivers")).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(files.filter(|path| path.extension().is_some_and(|it| it == "object")).count(), 1);
}

//! Contracts for tests, written as text.

/// Parts that every 32-bit test contract has: the machine's functions, a memory, and the argument buffer at 4096.
const PRELUDE_32: &str = r#"
    (import "env" "c" (func $c (param i32 i32 i32 i32 i64) (result i32)))
    (import "env" "hq" (func $hq (param i32 i32 i32) (result i32)))
    (import "env" "hd" (func $hd (param i32 i32) (result i32)))
    (import "env" "emit" (func $emit (param i32 i32 i32)))
    (import "env" "feed" (func $feed (param i32)))
    (import "env" "panic" (func $panic (param i32)))
    (import "env" "limit" (func $limit (result i64)))
    (import "env" "spent" (func $spent (result i64)))
    (import "env" "caller" (func $caller (result i32)))
    (import "env" "callstack" (func $callstack (result i32)))
    (import "env" "self_id" (func $self_id))
    (import "env" "owner" (func $owner (param i32) (result i32)))
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 4096))
"#;

/// A 32-bit contract with these definitions.
pub(crate) fn module_32(definitions: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {PRELUDE_32} {definitions})")).expect("a test contract is well formed")
}

/// A counter: `add` takes a `u64` and gives the sum, `get` gives it, `fail` adds and then traps, `burn` never ends,
/// `dive` calls itself for ever. It calls others with `call`: the argument is an id, a gas limit, the length of a
/// function's name, the name, and the callee's argument; the answer is the return code and then what came back.
pub(crate) fn counter() -> Vec<u8> {
    module_32(
        r#"
        (data (i32.const 0) "added")
        (func $bump (i64.store (i32.const 64) (i64.add (i64.load (i32.const 64)) (i64.load (i32.const 4096)))))
        (func (export "add") (param i32) (result i32)
            (call $bump)
            (call $emit (i32.const 0) (i32.const 5) (i32.const 8))
            (i64.store (i32.const 4096) (i64.load (i32.const 64)))
            (i32.const 8))
        (func (export "get") (param i32) (result i32)
            (i64.store (i32.const 4096) (i64.load (i32.const 64)))
            (i32.const 8))
        (func (export "fail") (param i32) (result i32)
            (call $bump)
            (call $emit (i32.const 0) (i32.const 5) (i32.const 8))
            unreachable)
        (func (export "refuse") (param i32) (result i32)
            (call $bump)
            (call $panic (local.get 0))
            unreachable)
        (func (export "burn") (param i32) (result i32) (loop $again (br $again)) unreachable)
        (func $dive (export "dive") (param i32) (result i32)
            (i32.add (i32.const 1) (call $dive (local.get 0))))
        (func (export "call") (param i32) (result i32)
            (local $name i32) (local $code i32)
            ;; The request moves to 8192, so that the callee's argument can take its place.
            (memory.copy (i32.const 8192) (i32.const 4096) (local.get 0))
            (local.set $name (i32.load (i32.const 8232)))
            (memory.copy
                (i32.const 4096)
                (i32.add (i32.const 8236) (local.get $name))
                (i32.sub (i32.sub (local.get 0) (i32.const 44)) (local.get $name)))
            (local.set $code (call $c
                (i32.const 8192)
                (i32.const 8236)
                (local.get $name)
                (i32.sub (i32.sub (local.get 0) (i32.const 44)) (local.get $name))
                (i64.load (i32.const 8224))))
            (memory.copy (i32.const 12288) (i32.const 4096) (i32.const 256))
            (memory.copy (i32.const 4100) (i32.const 12288) (i32.const 256))
            (i32.store (i32.const 4096) (local.get $code))
            (i32.add (i32.const 4)
                (select (local.get $code) (i32.const 64) (i32.ge_s (local.get $code) (i32.const 0)))))
        "#,
    )
}

/// The argument of the counter's `call`.
pub(crate) fn request(id: [u8; 32], gas: u64, function: &str, argument: &[u8]) -> Vec<u8> {
    let length = u32::try_from(function.len()).expect("a name is short").to_le_bytes();
    [&id, gas.to_le_bytes().as_slice(), &length, function.as_bytes(), argument].concat()
}

/// A contract that asks host queries: `ask` takes what [`question`] makes and gives the answer.
pub(crate) fn asker() -> Vec<u8> {
    module_32(
        r#"(func (export "ask") (param i32) (result i32)
              (memory.copy (i32.const 64) (i32.const 4100) (i32.const 32))
              (i32.store (i32.const 32) (i32.load (i32.const 4096)))
              (memory.copy (i32.const 4096) (i32.const 4132) (i32.sub (local.get 0) (i32.const 36)))
              (call $hq (i32.const 64) (i32.load (i32.const 32)) (i32.sub (local.get 0) (i32.const 36))))"#,
    )
}

/// The argument with which [`asker`] asks a query: the length of its name, the name, padding to 36 bytes, and the
/// query's own argument.
pub(crate) fn question(query: &str, argument: &[u8]) -> Vec<u8> {
    let mut name = [0; 32];
    name[..query.len()].copy_from_slice(query.as_bytes());
    let length = u32::try_from(query.len()).expect("a name is short").to_le_bytes();
    [&length, name.as_slice(), argument].concat()
}

//! The script of memory lengths: the results of `memory.size` and `memory.grow` after growth that was undone.
//!
//! Production gives a memory its earlier length back, but not what the running instance remembers of it. So within the
//! same top-level call `memory.size` still says the undone length, until the next `memory.grow`, which counts from the
//! earlier one.

use dusk_core::abi::ContractId;

use crate::contracts::module_32;
use crate::protocol::Command;
use crate::scripts::{PLENTY, TODAY, call, deploy};

const A: ContractId = ContractId::from_bytes([10; 32]);
const B: ContractId = ContractId::from_bytes([11; 32]);

/// Functions that take the id of the contract that they ask, and answer with lengths.
const FUNCTIONS: &str = r#"
    (data (i32.const 0) "grow_and_failgrow_onlyinner_failslengths")
    ;; Asks the contract at 64 a function whose name lies at a place.
    (func $ask (param $name i32) (param $length i32) (result i32)
        (memory.copy (i32.const 4096) (i32.const 64) (i32.const 32))
        (call $c (i32.const 64) (local.get $name) (local.get $length) (i32.const 32) (i64.const 200000)))
    (func $note (param i32) (memory.copy (i32.const 64) (i32.const 4096) (i32.const 32)))
    (func $lengths (result i32)
        (i32.store (i32.const 4096) (memory.size))
        (i32.store (i32.const 4100) (memory.grow (i32.const 0)))
        (i32.store (i32.const 4104) (memory.size))
        (i32.const 12))
    (func (export "lengths") (param i32) (result i32) (call $lengths))
    (func (export "grow_and_fail") (param i32) (result i32) (drop (memory.grow (i32.const 2))) unreachable)
    (func (export "grow_only") (param i32) (result i32) (drop (memory.grow (i32.const 2))) (i32.const 0))
    ;; Grows by one page, and then asks for growth that fails.
    (func (export "inner_fails") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (memory.grow (i32.const 1)))
        (drop (call $ask (i32.const 0) (i32.const 13)))
        (call $lengths))
    (func (export "after_failure") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (call $ask (i32.const 0) (i32.const 13)))
        (call $lengths))
    (func (export "after_failure_grow") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (call $ask (i32.const 0) (i32.const 13)))
        (i32.store (i32.const 128) (memory.grow (i32.const 1)))
        (drop (call $lengths))
        (i32.store (i32.const 4108) (i32.load (i32.const 128)))
        (i32.const 16))
    (func (export "after_success") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (call $ask (i32.const 13) (i32.const 9)))
        (call $lengths))
    (func (export "after_inner_failure") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (call $ask (i32.const 22) (i32.const 11)))
        (call $lengths))
    ;; What the other contract says of itself after its growth has failed.
    (func (export "ask_again") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (call $ask (i32.const 0) (i32.const 13)))
        (call $ask (i32.const 33) (i32.const 7)))
    (func (export "grow_then_all_fails") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (call $ask (i32.const 13) (i32.const 9)))
        (drop (call $ask (i32.const 22) (i32.const 11)))
        unreachable)
"#;

pub(crate) fn script() -> Vec<Command> {
    let mut script = vec![TODAY, deploy(A, module_32(FUNCTIONS)), deploy(B, module_32(FUNCTIONS)), Command::Root];
    for asked in [A, B] {
        for function in [
            "after_failure",
            "after_failure_grow",
            "after_inner_failure",
            "ask_again",
            "after_success",
            "grow_then_all_fails",
            "inner_fails",
            "ask_again",
        ] {
            script.push(call(A, function, asked.to_bytes().to_vec(), PLENTY));
            script.extend([A, B].map(|contract| call(contract, "lengths", vec![], PLENTY)));
            script.push(Command::Root);
        }
    }
    script.push(Command::Commit);
    script
}

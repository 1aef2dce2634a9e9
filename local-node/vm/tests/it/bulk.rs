//! Bulk memory operators: their effect, and that they check the gas no more than production does.

use dusk_core::abi::ContractId;
use local_node_vm::{Session, VmError};
use wasmtime::Trap;

use super::common::contracts::module_32;
use super::common::{PLENTY, empty_session};

const A: ContractId = ContractId::from_bytes([10; 32]);

/// Functions whose argument is three `i32`: the operands.
const OPERATORS: &str = r#"
    (data $words "abcdefgh")
    (data (i32.const 96) "written at deployment")
    (func (export "copy") (param i32) (result i32)
        (memory.copy (i32.load (i32.const 4096)) (i32.load (i32.const 4100)) (i32.load (i32.const 4104))) (i32.const 0))
    (func (export "fill") (param i32) (result i32)
        (memory.fill (i32.load (i32.const 4096)) (i32.load (i32.const 4100)) (i32.load (i32.const 4104))) (i32.const 0))
    (func (export "init") (param i32) (result i32) (i32.const 0))
    (func (export "words") (param i32) (result i32)
        (memory.init $words (i32.load (i32.const 4096)) (i32.load (i32.const 4100)) (i32.load (i32.const 4104)))
        (i32.const 0))
    (func (export "forget_and_use") (param i32) (result i32)
        (data.drop $words)
        (memory.init $words (i32.const 0) (i32.const 0) (i32.load (i32.const 4096)))
        (i32.const 0))
    (func (export "grow") (param i32) (result i32)
        (i32.store (i32.const 4096) (memory.grow (i32.load (i32.const 4096)))) (i32.const 4))
    (func (export "outside") (param i32) (result i32)
        (memory.fill (i32.const -1) (i32.const 0) (i32.const 8)) (i32.const 0))
    (func (export "ask_and_outside") (param i32) (result i32)
        (drop (call $limit)) (memory.fill (i32.const -1) (i32.const 0) (i32.const 8)) (i32.const 0))
    (func (export "text") (param i32) (result i32)
        (memory.copy (i32.const 4096) (i32.const 96) (i32.const 21)) (i32.const 21))
    (func (export "forget_text") (param i32) (result i32)
        (memory.fill (i32.const 96) (i32.const 0x2e) (i32.const 21)) (i32.const 0))
"#;

fn session() -> Session {
    let mut session = empty_session();
    session.deploy(A, &module_32(OPERATORS), None, &[], PLENTY).unwrap();
    session
}

fn operands(values: [i32; 3]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Gas is checked on entering functions and loops only: an entered one also ends, at any cost.
#[test]
fn operators_do_not_check_the_gas() {
    for (function, operands) in [
        ("copy", operands([0, 64, 32])),
        ("fill", operands([0, 7, 32])),
        ("words", operands([0, 0, 8])),
        ("grow", operands([1, 0, 0])),
    ] {
        let mut session = session();
        let full = session.call(A, function, &operands, PLENTY).unwrap().gas_spent;
        assert!(full > 2, "{function}");
        for limit in 2..full + 3 {
            let receipt = session.call(A, function, &operands, limit).unwrap();
            assert_eq!(receipt.gas_spent, limit.min(full), "{function} with {limit}");
        }
        assert!(matches!(session.call(A, function, &operands, 1), Err(VmError::OutOfGas)), "{function}");
    }
}

#[test]
fn ranges_end_with_the_memory() {
    const END: i32 = 3 << 16;
    let mut session = session();
    for (function, inside, outside) in [
        ("copy", [0, END - 32, 32], [0, END - 31, 32]),
        ("copy", [END - 32, 0, 32], [END - 31, 0, 32]),
        ("copy", [END, END, 0], [END + 1, 0, 0]),
        ("fill", [END - 8, 1, 8], [END - 7, 1, 8]),
        ("fill", [0, 1, 8], [-1, 1, 8]),
        ("words", [END - 8, 0, 8], [END - 7, 0, 8]),
        ("words", [0, 8, 0], [0, 1, 8]),
    ] {
        session.call(A, function, &operands(inside), PLENTY).unwrap();
        let trapped = session.call(A, function, &operands(outside), PLENTY);
        assert!(matches!(trapped, Err(VmError::Trap(Trap::MemoryOutOfBounds))), "{function} {outside:?}: {trapped:?}");
    }
}

/// A call that ends with no gas left has run out of gas, but only if gas was counted: production counts it at calls.
#[test]
fn a_trap_with_no_gas_left_is_what_production_says_it_is() {
    let mut session = session();
    assert!(matches!(session.call(A, "outside", &[], 2), Err(VmError::Trap(Trap::MemoryOutOfBounds))));
    assert!(matches!(session.call(A, "ask_and_outside", &[], 2), Err(VmError::OutOfGas)));
    assert!(matches!(session.call(A, "ask_and_outside", &[], 99), Err(VmError::Trap(Trap::MemoryOutOfBounds))));
}

#[test]
fn dropped_segments_are_empty_until_the_next_top_level_call() {
    let mut session = session();
    session.call(A, "forget_and_use", &0_u32.to_le_bytes(), PLENTY).unwrap();
    let trapped = session.call(A, "forget_and_use", &1_u32.to_le_bytes(), PLENTY);
    assert!(matches!(trapped, Err(VmError::Trap(Trap::MemoryOutOfBounds))));
    session.call(A, "words", &operands([0, 0, 8]), PLENTY).unwrap();
}

#[test]
fn data_is_written_at_deployment_only() {
    let mut session = session();
    assert_eq!(session.call(A, "text", &[], PLENTY).unwrap().data, b"written at deployment");
    session.call(A, "forget_text", &[], PLENTY).unwrap();
    assert_eq!(session.call(A, "text", &[], PLENTY).unwrap().data, [b'.'; 21]);
}

#[test]
fn growth_is_kept_and_undone() {
    let mut session = session();
    let grow = |session: &mut Session, pages: u32| {
        let data = session.call(A, "grow", &pages.to_le_bytes(), PLENTY).unwrap().data;
        u32::from_le_bytes(data.try_into().unwrap())
    };
    assert_eq!(grow(&mut session, 2), 3);
    let mark = session.mark().unwrap();
    assert_eq!(grow(&mut session, 1), 5);
    assert_eq!(grow(&mut session, u32::MAX), u32::MAX);
    session.rewind(mark).unwrap();
    assert_eq!(grow(&mut session, 0), 5);
}

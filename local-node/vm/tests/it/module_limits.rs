//! Modules that ask for much work of the compiler, or of every call, before any gas is paid.

use std::fmt::Write as _;
use std::time::Instant;

use dusk_core::abi::ContractId;
use local_node_vm::driver::Driver;
use local_node_vm::module_limits::{
    MAX_BRANCHING, MAX_CALLS, MAX_EXPORTS, MAX_FUNCTIONS, MAX_HARDNESS, MAX_INITIAL_ELEMENTS, MAX_NESTING,
    MAX_PASSED_VALUES, MAX_TYPES, MAX_USED_SEGMENTS, MAX_VARIABLES_TIMES_BLOCKS,
};
use local_node_vm::{LimitError, ModuleError, VmError, validate};

use super::common::{PLENTY, empty_session, today};

const A: ContractId = ContractId::from_bytes([10; 32]);

/// A contract with these definitions, whose function `go` does this.
fn module(definitions: &str, body: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module {definitions} (memory (export "memory") 3) (global (export "A") i32 (i32.const 65536))
            (func (export "go") (param i32) (result i32) {body} (i32.const 0)))"#
    ))
    .unwrap()
}

/// The bound that a module exceeds: its name, and the most.
fn limit(bytecode: &[u8]) -> (&'static str, u64) {
    let refused = validate(bytecode, today().rules);
    let deployed = empty_session().deploy(A, bytecode, None, &[], PLENTY);
    let Err(ModuleError::Limit(limit)) = refused else { panic!("{refused:?}") };
    assert!(matches!(deployed, Err(VmError::Module(ModuleError::Limit(same))) if same == limit), "{deployed:?}");
    match limit {
        LimitError::Module { what, most, .. } | LimitError::Function { what, most, .. } => (what, most),
        other => panic!("{other}"),
    }
}

fn runs(bytecode: &[u8]) {
    let mut session = empty_session();
    session.deploy(A, bytecode, None, &[], PLENTY).unwrap();
    session.call(A, "go", &[], PLENTY).unwrap();
}

/// Loops in loops cost the compiler the third power of their number: 2,000 took minutes.
#[test]
fn nesting_is_bounded() {
    let nested = |loops: usize, locals: usize| {
        let (begin, end) = ("loop ".repeat(loops), "local.get 0 br_if 0 end ".repeat(loops));
        module("", &format!("(local {}) {begin} {end}", "i32 ".repeat(locals)))
    };
    assert_eq!(limit(&nested(2_000, 10_000)), ("local variables in one function", 10_000));
    assert_eq!(limit(&nested(2_000, 100)), ("nested blocks", MAX_NESTING));
    assert_eq!(limit(&nested(251, 0)), ("nested blocks", MAX_NESTING));
    runs(&nested(250, 1_000));
}

/// Every call made 100 tables of 10 million elements.
#[test]
fn tables_are_bounded_together() {
    let tables = |count: usize, elements: usize| module(&format!("(table {elements} funcref)").repeat(count), "");
    let most = ("elements in its tables together", MAX_INITIAL_ELEMENTS);
    assert_eq!(limit(&tables(100, 10_000_000)), most);
    assert_eq!(limit(&tables(1, 100_001)), most);
    runs(&tables(100, 1_000));
    let elements = format!("(table 1 funcref) (func $f) (elem func {})", "$f ".repeat(100_001));
    assert_eq!(limit(&module(&elements, "")).0, "elements in its element segments");
}

/// Each segment that code initialises or drops is an import of the rewritten module.
#[test]
fn segments_are_bounded_and_their_work_is_linear() {
    let segments = |count: u64| {
        let mut body = String::new();
        for segment in 0..count {
            write!(body, "(memory.init {segment} (i32.const {segment}) (i32.const 0) (i32.const 1))").unwrap();
            write!(body, "(data.drop {segment})").unwrap();
        }
        body.push_str("(memory.copy (i32.const 65536) (i32.const 0) (i32.const 4096)) (return (i32.const 4096))");
        let data: String = (0..count).map(|segment| format!(r#"(data "\{:02x}")"#, segment % 251)).collect();
        module(&data, &body)
    };
    let named: String = (0..20_000)
        .map(|segment| format!("(memory.init {segment} (i32.const 0) (i32.const 0) (i32.const 0))"))
        .collect();
    assert_eq!(limit_of_segments(&module(&r#"(data "")"#.repeat(20_000), &named)), MAX_USED_SEGMENTS);
    assert_eq!(limit_of_segments(&segments(MAX_USED_SEGMENTS + 1)), MAX_USED_SEGMENTS);
    let mut session = empty_session();
    session.deploy(A, &segments(MAX_USED_SEGMENTS), None, &[], PLENTY).unwrap();
    let written = session.call(A, "go", &[], PLENTY).unwrap().data;
    assert!(written.iter().zip(0_u32..).all(|(byte, at)| u32::from(*byte) == at % 251), "each has its own data");
}

fn limit_of_segments(bytecode: &[u8]) -> u64 {
    let (what, most) = limit(bytecode);
    assert_eq!(what, "data segments that `memory.init` names");
    most
}

/// The other products and sums, each just above its bound.
#[test]
fn work_of_the_compiler_is_bounded() {
    let values = "i32 ".repeat(100);
    let hundred = format!("(type $t (func (param {values}) (result {values}))) (func $f (type $t) unreachable)");
    let pushed = "local.get 0 ".repeat(100);
    let dropped = "drop ".repeat(100);
    let floats = "(local f64) f64.const 2 local.set 1 ".to_owned()
        + &"local.get 1 local.get 1 f64.mul local.set 1 ".repeat(4_001);
    let shifts = "local.get 0 local.get 0 i32.shl local.set 0 ".repeat(8_003);
    let types: String = (0..2_001_u32)
        .map(|number| {
            let params = (0..11).map(|bit| if number >> bit & 1 == 1 { "i32 " } else { "i64 " });
            format!("(type (func (param {})))", params.collect::<String>())
        })
        .collect();
    let exports: String = (0..MAX_EXPORTS).map(|number| format!(r#"(export "{number}" (func $f))"#)).collect();
    let exports = format!("(func $f (param i32) (result i32) (i32.const 0)) {exports}");
    let spread = format!("(local {}) {}", "i32 ".repeat(1_000), "(if (local.get 0) (then nop))".repeat(4_000));
    let calls = format!("(func {})", "call $f ".repeat(127_000));
    for (what, most, bytecode) in [
        // The values that calls pass do not count calls that pass none.
        ("calls", MAX_CALLS, module(&format!("(func $f) {}", calls.repeat(4)), "")),
        ("calls", MAX_CALLS, {
            let drops = format!("(func {})", "data.drop 0 ".repeat(80_000));
            module(&format!(r#"(data "") {}"#, drops.repeat(2)), "")
        }),
        ("squared blocks and branches", MAX_BRANCHING, module("", &"loop end ".repeat(7_746))),
        ("variables times blocks", MAX_VARIABLES_TIMES_BLOCKS, module("", &spread)),
        ("variables times blocks", MAX_VARIABLES_TIMES_BLOCKS, {
            module("", &"local.get 0 block (param i32) (result i32) end drop ".repeat(3_000))
        }),
        ("calls and branches pass", MAX_PASSED_VALUES, {
            module(&hundred, &format!("{pushed} {} {dropped}", "call $f ".repeat(1_501)))
        }),
        ("calls and branches pass", MAX_PASSED_VALUES, {
            let branches = "local.get 0 br_if 0 ".repeat(3_000);
            module(&hundred, &format!("(block (result {values}) {pushed} {branches}) {dropped}"))
        }),
        ("operators on floats", MAX_HARDNESS, module("", &floats)),
        ("operators on floats", MAX_HARDNESS, module("", &shifts)),
        ("functions", MAX_FUNCTIONS, module(&"(func)".repeat(10_000), "")),
        ("types", MAX_TYPES, module(&types, "")),
        ("exports", MAX_EXPORTS, module(&exports, "")),
        ("globals", 10_000, module(&"(global i32 (i32.const 0))".repeat(10_000), "")),
        ("imports", 1_000, module(&r#"(import "env" "self_id" (func))"#.repeat(1_001), "")),
        ("name of an import or export", 4_096, {
            module(&format!(r#"(func (export "{}") (param i32) (result i32) (i32.const 0))"#, "n".repeat(4_097)), "")
        }),
        ("bytes in one function", 256 << 10, module("", &"nop ".repeat(256 << 10))),
        ("targets of `br_table`", 100_000, {
            let table = format!("(block (local.get 0) (br_table {}))", "0 ".repeat(50_002));
            module("", &table.repeat(2))
        }),
    ] {
        let (found, bound) = limit(&bytecode);
        assert!(found.contains(what) && bound == most, "{what}: {found} {bound}");
    }
}

/// Bounds count before the validator looks, whose work on such a module is not linear either.
#[test]
fn modules_that_are_not_valid_are_bounded_too() {
    let values = "i32 ".repeat(1_000);
    let branch = format!("(func (result {values}) {})", "br_if 0 ".repeat(100_000));
    assert_eq!(limit(&module(&branch, "")).0, "values that calls and branches pass");
}

/// The parser lays out some of its messages over several lines.
#[test]
fn what_is_no_module_is_refused_on_one_line() {
    for bytecode in [b"no module at all".as_slice(), b"\0asm\x02\0\0\0".as_slice()] {
        let module = validate(bytecode, today().rules).unwrap_err().to_string();
        let driver = Driver::load(bytecode).unwrap_err().to_string();
        for refused in [module, driver] {
            assert!(refused.contains("not valid WebAssembly"), "{refused}");
            assert!(!refused.contains('\n') && !refused.contains("  "), "{refused}");
        }
    }
}

/// All costly constructs at once, each nearly as many as the bounds allow: less than 10 seconds of one core. The time
/// is printed; the bound only tells that it ends.
#[test]
fn the_worst_module_within_the_bounds_compiles() {
    let spread = |locals: usize, blocks: usize| {
        let mut body = format!("(local {}) loop ", "i32 ".repeat(locals));
        for block in 0..blocks {
            let (from, to) = (1 + block * 7 % locals, 1 + block % locals);
            write!(body, "local.get 0 if local.get {from} i32.const {block} i32.add local.set {to} end ").unwrap();
        }
        format!("(func (param i32) {body} local.get 0 br_if 0 end)")
    };
    let values = "i32 ".repeat(100);
    let (pushed, dropped) = ("local.get 0 ".repeat(100), "drop ".repeat(100));
    let vectors: String = (0..1_990)
        .map(|at| format!("local.get 1 local.get 0 v128.load offset={} f32x4.max local.set 1 ", at * 16))
        .collect();
    let definitions = [
        format!("(func $f (param {values}) (result {values}) unreachable)"),
        spread(900, 4_200),
        format!("(func (param i32) {})", "loop end ".repeat(6_400)),
        format!("(func (param i32) {pushed} {} {dropped})", "call $f ".repeat(1_430)),
        format!("(func (param i32) (local v128) {vectors} local.get 0 local.get 1 v128.store)"),
        "(func (param i32) (loop (br_if 0 (local.get 0))))".repeat(9_900),
    ];
    let bytecode = module(&definitions.concat(), "");
    let begun = Instant::now();
    runs(&bytecode);
    let taken = begun.elapsed();
    println!("{} bytes compile and run in {taken:?}", bytecode.len());
    assert!(taken.as_secs() < 600, "{taken:?}");
}

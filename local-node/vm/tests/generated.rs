//! Modules that are generated at random, with budgets: none of them ends, silences or bloats the machine.
//!
//! The short run is a test. The long one, of 20,000 modules:
//!
//! ```sh
//! GENERATED_MODULES=20000 cargo test --package local-node-vm --test generated -- --nocapture
//! ```
//!
//! `GENERATED_SEED` is the first seed; the module of a seed is always the same. What came of them is printed, with the peak
//! of the resident memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use common::today;
use dusk_core::abi::ContractId;
use local_node_vm::driver::{Driver, DriverError};
use local_node_vm::{ModuleError, Session, Vm, VmError, validate};
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use wasm_smith::{Config, InstructionKind, InstructionKinds};

const A: ContractId = ContractId::from_bytes([10; 32]);
/// Modules of the short run.
const MODULES: u64 = 300;
/// The gas of each call.
const GAS: u64 = 5_000_000;
/// Bytes of which a module is made.
const SEED_BYTES: usize = 4 << 10;
/// The longest that one module may take, compiled and called, on a machine with much else to do.
const MAX_TIME: Duration = Duration::from_secs(600);
/// The most memory that the whole run may take, in bytes.
const MAX_RESIDENT_BYTES: u64 = 1 << 30;

#[derive(Debug, Default)]
struct Tally {
    tried: u64,
    refused: u64,
    limits: u64,
    deployed: u64,
    calls: u64,
    returned: u64,
    out_of_gas: u64,
    trapped: u64,
    failed: u64,
    drivers: u64,
    slowest: (Duration, u64),
}

#[test]
fn generated_modules_neither_end_silence_nor_bloat_the_machine() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (first, count) = (number("GENERATED_SEED").unwrap_or(1), number("GENERATED_MODULES").unwrap_or(MODULES));
    println!("seeds {first} to {}", first + count - 1);
    let vm = Vm::in_memory().unwrap();
    let mut tally = Tally::default();
    for seed in first..first + count {
        let begun = Instant::now();
        let tried = std::panic::catch_unwind(AssertUnwindSafe(|| attempt(&vm, seed, &mut tally)));
        assert!(tried.is_ok(), "the module of seed {seed} makes the machine panic");
        let taken = begun.elapsed();
        assert!(taken < MAX_TIME, "the module of seed {seed} takes {taken:?}");
        tally.slowest = tally.slowest.max((taken, seed));
    }
    println!("{tally:#?}");
    assert!(tally.deployed > count / 6 && tally.returned > 0 && tally.trapped > 0, "the generator makes contracts");
    if let Some(bytes) = peak_resident_bytes() {
        println!("peak resident memory: {} MiB", bytes >> 20);
        assert!(bytes < MAX_RESIDENT_BYTES, "{bytes} bytes");
    }
}

/// Tries the module of a seed in every way in which the machine gets modules of strangers.
fn attempt(vm: &Vm, seed: u64, tally: &mut Tally) {
    let Some(generated) = generate(seed) else { return };
    tally.tried += 1;
    let refused = validate(&generated, today().rules).err();
    let mut session = vm.session(None, today()).unwrap();
    match session.deploy(A, &generated, None, &[], GAS) {
        Ok(_) => {
            assert_eq!(refused, None, "seed {seed}: deployed, but not valid");
            tally.deployed += 1;
            call(&mut session, tally);
            session.root().unwrap();
        }
        Err(VmError::Module(ModuleError::Limit(_))) => tally.limits += 1,
        Err(VmError::Engine(error)) => panic!("seed {seed}: {error:#}"),
        Err(_) => tally.refused += 1,
    }
    match Driver::load(&generated) {
        Ok(_) | Err(DriverError::Export(_) | DriverError::Trap { .. } | DriverError::TooSlow(_)) => tally.drivers += 1,
        Err(_) => {}
    }
}

fn call(session: &mut Session, tally: &mut Tally) {
    for function in &session.functions(&A).unwrap() {
        tally.calls += 1;
        match session.call(A, function, &[7; 64], GAS) {
            Ok(receipt) => {
                assert!(receipt.gas_spent <= GAS);
                tally.returned += 1;
            }
            Err(VmError::OutOfGas) => tally.out_of_gas += 1,
            Err(VmError::Trap(_)) => tally.trapped += 1,
            Err(VmError::Engine(error)) => panic!("{function}: {error:#}"),
            Err(_) => tally.failed += 1,
        }
    }
}

/// What generated contracts import and export. How much of it they use, and what the functions do, is random; so is where
/// the argument buffer lies, which makes a part of them no contracts.
const SHAPE: &str = r#"(module
    (import "env" "c" (func (param i32 i32 i32 i32 i64) (result i32)))
    (import "env" "hq" (func (param i32 i32 i32) (result i32)))
    (import "env" "hd" (func (param i32 i32) (result i32)))
    (import "env" "emit" (func (param i32 i32 i32)))
    (import "env" "limit" (func (result i64)))
    (import "env" "callstack" (func (result i32)))
    (import "env" "self_id" (func))
    (import "env" "owner" (func (param i32) (result i32)))
    (memory (export "memory") 2)
    (global (export "A") i32 (i32.const 0))
    (func (export "one") (param i32) (result i32) unreachable)
    (func (export "two") (param i32) (result i32) unreachable)
    (func (export "three") (param i32) (result i32) unreachable)
    (func (export "four") (param i32) (result i32) unreachable))"#;

/// The module of a seed: a contract by its imports and exports, or any module, which is tried as a driver above all. None
/// where the generator has too little to begin with.
fn generate(seed: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; SEED_BYTES];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    let mut config = Config {
        allow_start_export: seed.is_multiple_of(11),
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        export_everything: true,
        extended_const_enabled: false,
        gc_enabled: false,
        generate_custom_sections: seed.is_multiple_of(7),
        max_imports: 0,
        max_instructions: if seed.is_multiple_of(3) { 2_000 } else { 300 },
        max_memories: if seed.is_multiple_of(13) { 20 } else { 1 },
        max_table_elements: 200_000,
        max_tables: 8,
        memory64_enabled: seed.is_multiple_of(17),
        module_shape: (!seed.is_multiple_of(6)).then(|| wat::parse_str(SHAPE).unwrap()),
        reference_types_enabled: seed.is_multiple_of(10),
        relaxed_simd_enabled: seed.is_multiple_of(5),
        simd_enabled: seed.is_multiple_of(2),
        tail_call_enabled: false,
        threads_enabled: false,
        ..Config::default()
    };
    if seed.is_multiple_of(4) {
        use InstructionKind::{Control, Memory, NumericInt, Parametric, Reference, Table, Variable};
        config.allowed_instructions =
            InstructionKinds::new(&[Control, Memory, Table, Variable, Parametric, Reference, NumericInt]);
    }
    wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok().map(|module| module.to_bytes())
}

/// The most memory that this process has had, where the system tells.
fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

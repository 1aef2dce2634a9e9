//! Modules that are generated at random, with budgets: none of them ends, silences or bloats the machine, and all get
//! the same answers from both kinds of memory.
//!
//! The short run is a test. The long one, of 20,000 modules:
//!
//! ```sh
//! GENERATED_MODULES=20000 cargo test --package local-node-vm --test generated -- --nocapture
//! ```
//!
//! `GENERATED_SEED` is the first seed; the module of a seed is always the same. The test prints the results, with the
//! peak of the resident memory. Other tests would count in that peak, so this one has a process of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::Event;
use local_node_types::rules::Profile;
use local_node_vm::driver::{Driver, DriverError};
use local_node_vm::{BlockEnv, ModuleError, Receipt, Session, StateRoot, Vm, VmError, validate};
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

/// The rules after all forks.
const TODAY: BlockEnv = BlockEnv { chain_id: 0, rules: Profile::Local.at(1) };

#[test]
fn generated_modules_neither_end_silence_nor_bloat_the_machine() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (first, count) = (number("GENERATED_SEED").unwrap_or(1), number("GENERATED_MODULES").unwrap_or(MODULES));
    println!("seeds {first} to {}", first + count - 1);
    let vms = [Vm::in_memory().unwrap(), Vm::in_portable_memory().unwrap()];
    let mut tally = Tally::default();
    for seed in first..first + count {
        let begun = Instant::now();
        let tried = std::panic::catch_unwind(AssertUnwindSafe(|| attempt(&vms, seed, &mut tally)));
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

/// Tries the module of a seed in every way in which the machine gets untrusted modules.
fn attempt(vms: &[Vm; 2], seed: u64, tally: &mut Tally) {
    let Some(generated) = generate(seed) else { return };
    tally.tried += 1;
    let refused = validate(&generated, TODAY.rules).err();
    let [mut answers, portable] = vms.each_ref().map(|vm| answers(vm, &generated));
    assert_eq!(answers, portable, "seed {seed}: the memories give different answers");
    match answers.deployed {
        Deployed::Yes => {
            assert_eq!(refused, None, "seed {seed}: deployed, but not valid");
            tally.deployed += 1;
        }
        Deployed::Limit => tally.limits += 1,
        Deployed::No(_) => tally.refused += 1,
    }
    for called in answers.calls.drain(..) {
        tally.calls += 1;
        match called {
            Called::Returned { .. } => tally.returned += 1,
            Called::OutOfGas => tally.out_of_gas += 1,
            Called::Trapped(_) => tally.trapped += 1,
            Called::Failed(_) => tally.failed += 1,
        }
    }
    match Driver::load(&generated) {
        Ok(_) | Err(DriverError::Export(_) | DriverError::Trap { .. } | DriverError::TooSlow(_)) => tally.drivers += 1,
        Err(_) => {}
    }
}

/// The results of a machine for a module and its functions.
#[derive(Debug, PartialEq)]
struct Answers {
    deployed: Deployed,
    calls: Vec<Called>,
    roots: Vec<StateRoot>,
}

#[derive(Debug, PartialEq)]
enum Deployed {
    Yes,
    Limit,
    No(String),
}

#[derive(Debug, PartialEq)]
enum Called {
    Returned { data: Vec<u8>, gas_spent: u64, events: Vec<Event> },
    OutOfGas,
    Trapped(String),
    Failed(String),
}

/// Deploys a module and calls each of its functions, with the root after each call.
fn answers(vm: &Vm, module: &[u8]) -> Answers {
    let mut session = vm.session(None, TODAY).unwrap();
    let deployed = match session.deploy(A, module, None, &[], GAS) {
        Ok(_) => Deployed::Yes,
        Err(VmError::Module(ModuleError::Limit(_))) => Deployed::Limit,
        Err(VmError::Engine(error)) => panic!("{error:#}"),
        Err(error) => Deployed::No(error.to_string()),
    };
    let functions = session.functions(&A).unwrap_or_default();
    let mut answers = Answers { deployed, calls: Vec::new(), roots: Vec::new() };
    for function in &functions {
        answers.calls.push(call(&mut session, function));
        answers.roots.push(session.root().unwrap());
    }
    answers
}

fn call(session: &mut Session, function: &str) -> Called {
    match session.call(A, function, &[7; 64], GAS) {
        Ok(Receipt { data, gas_spent, events, .. }) => {
            assert!(gas_spent <= GAS);
            Called::Returned { data, gas_spent, events }
        }
        Err(VmError::OutOfGas) => Called::OutOfGas,
        Err(VmError::Trap(trap)) => Called::Trapped(trap.to_string()),
        Err(VmError::Engine(error)) => panic!("{function}: {error:#}"),
        Err(error) => Called::Failed(error.to_string()),
    }
}

/// The imports and exports of generated contracts. The part that they use, and the content of the functions, is random;
/// so is the place of the argument buffer, which makes a part of them no contracts.
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

/// The module of a seed: a contract by its imports and exports, or any module, which is tried as a driver above all.
/// None where the generator has too little to begin with.
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

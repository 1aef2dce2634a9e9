//! The costs of hostile contracts: time and memory, measured in a process of its own for each.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::transfer::data::ContractCall;
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use local_node_types::rules::Profile;
use local_node_vm::driver::Driver;
use local_node_vm::{BlockEnv, Session, Vm, execute, genesis};
use serde::{Deserialize, Serialize};

use crate::scripts::{encoded, keys};

/// The contract that misbehaves.
const HOSTILE: ContractId = ContractId::from_bytes([66; 32]);
/// The deadline that a call is given, in milliseconds.
const DEADLINE_MILLIS: u64 = 2_000;
/// The time after which a process is given up, in seconds.
const GIVEN_UP_SECONDS: u64 = 120;
/// Gas of a query or a transaction.
const GAS: u64 = 3_000_000_000;
/// The balance of the sending account, in LUX.
const FUNDS: u64 = 9_000_000_000_000_000;

/// A hostile module, and what is called of it.
struct Case {
    name: &'static str,
    what: &'static str,
    module: fn() -> String,
    function: &'static str,
    argument: fn() -> Vec<u8>,
}

/// The measured quantity.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    millis: u128,
    peak_kib: u64,
    outcome: String,
}

fn cases() -> Vec<Case> {
    fn nothing() -> Vec<u8> {
        Vec::new()
    }
    let case = |name, what, module, function| Case { name, what, module, function, argument: nothing };
    let fill = || include_str!("../../vm/tests/modules/fill.wat").to_owned();
    let emit = || include_str!("../../vm/tests/modules/emit.wat").to_owned();
    vec![
        Case {
            argument: || encoded(&Vec::<u64>::new()),
            ..case(
                "poseidon",
                "`poseidon_hash` of an empty list",
                || include_str!("../../vm/tests/modules/poseidon.wat").to_owned(),
                "go",
            )
        },
        case(
            "ptr",
            "a pointer far outside the memory",
            || include_str!("../../vm/tests/modules/ptr.wat").to_owned(),
            "go",
        ),
        Case {
            argument: || vec![7; 100],
            ..case(
                "aout",
                "an argument buffer far outside the memory",
                || include_str!("../../vm/tests/modules/aout.wat").to_owned(),
                "go",
            )
        },
        case("fill once", "one `memory.fill` of 1 GB", fill, "once"),
        case("fill many", "endless `memory.fill` of 64 MiB", fill, "many"),
        case("emit", "endless empty events", emit, "go"),
        case("emit big", "an event with a topic of 100 MB", emit, "big"),
        case("touch", "a store to each block of 4 GiB", touch, "go"),
        case("calls", "endless calls of itself that write", calls, "go"),
        case("spin", "an endless loop", spin, "go"),
        case(
            "tables",
            "100 tables of 10 million elements",
            || include_str!("../../vm/tests/modules/tables.wat").to_owned(),
            "go",
        ),
        case("phi", "10,000 locals in 2,000 nested loops", || phi(10_000, 2_000), "go"),
        case("init", "20,000 data segments", || init(20_000), "go"),
        case("empty", "508,000 calls of an empty function", || empty(4, 127_000), "go"),
    ]
}

const FRAME: &str = r#"(memory (export "memory") 3) (global (export "A") i32 (i32.const 65536))"#;

fn touch() -> String {
    format!(
        r#"(module {FRAME} (func (export "go") (param i32) (result i32) (local $at i32)
            (loop $l (i32.store8 (local.get $at) (i32.const 1))
                (local.set $at (i32.add (local.get $at) (i32.const 4096))) (br_if $l (local.get $at)))
            (i32.const 0)))"#
    )
}

fn calls() -> String {
    let id = r"\42".repeat(32);
    format!(
        r#"(module (import "env" "c" (func $c (param i32 i32 i32 i32 i64) (result i32))) {FRAME}
            (data (i32.const 0) "{id}write")
            (func (export "write") (param i32) (result i32)
                (memory.fill (i32.const 131072) (i32.load (i32.const 65536)) (i32.const 65536)) (i32.const 0))
            (func (export "go") (param i32) (result i32) (local $n i32)
                (loop $l
                    (i32.store (i32.const 65536) (local.get $n))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (drop (call $c (i32.const 0) (i32.const 32) (i32.const 5) (i32.const 4) (i64.const 1000)))
                    (br $l))
                unreachable))"#
    )
}

fn spin() -> String {
    format!(r#"(module {FRAME} (func (export "go") (param i32) (result i32) (loop $l (br $l)) unreachable))"#)
}

fn phi(locals: usize, loops: usize) -> String {
    let (locals, open, close) =
        ("i32 ".repeat(locals), "loop ".repeat(loops), "local.get 0 br_if 0 end ".repeat(loops));
    format!(
        r#"(module {FRAME} (func (export "go") (param i32) (result i32) (local {locals}) {open} {close} i32.const 0))"#
    )
}

fn init(segments: usize) -> String {
    let mut body = String::new();
    for segment in 0..segments {
        let _ = writeln!(body, "(memory.init {segment} (i32.const 0) (i32.const 0) (i32.const 0))");
    }
    let data = r#"(data "")"#.repeat(segments);
    format!(r#"(module {FRAME} (func (export "go") (param i32) (result i32) {body} (i32.const 0)) {data})"#)
}

fn empty(functions: usize, calls: usize) -> String {
    let callers = format!("(func {})", "call $f ".repeat(calls)).repeat(functions);
    format!(r#"(module {FRAME} (func $f) {callers} (func (export "go") (param i32) (result i32) (i32.const 0)))"#)
}

const WAYS: [&str; 3] = ["deploy", "query", "transaction"];

/// Measures every hostile module in every way, and tells a table in Markdown line by line.
///
/// # Errors
/// When a process cannot be started.
pub fn table(tell: impl Fn(&str)) -> Result<()> {
    tell("| module | does | deployed | asked by a query | called by a transaction |");
    tell("|---|---|---|---|---|");
    for case in cases() {
        let cells = WAYS.map(|way| measure_apart(case.name, way).map(|measured| cell(measured.as_ref())));
        let [deploy, query, transaction] = cells;
        tell(&format!("| {} | {} | {} | {} | {} |", case.name, case.what, deploy?, query?, transaction?));
    }
    let driver = measure_apart("drv", "driver")?;
    tell(&format!("| drv | a data driver with 20 memories | {} | | |", cell(driver.as_ref())));
    Ok(())
}

fn cell(measured: Option<&Measured>) -> String {
    match measured {
        Some(Measured { millis, peak_kib, outcome }) => format!("{millis} ms, {} MiB: {outcome}", peak_kib / 1024),
        None => format!("the process died, or did not end within {GIVEN_UP_SECONDS} s"),
    }
}

/// Measures in a process of its own, so that the peak of one case is not that of another.
fn measure_apart(name: &str, way: &str) -> Result<Option<Measured>> {
    let program = std::env::current_exe()?;
    let mut child = Command::new(program)
        .args(["hostile", name, way])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start a process")?;
    let given_up = Instant::now() + Duration::from_secs(GIVEN_UP_SECONDS);
    while child.try_wait()?.is_none() {
        if Instant::now() > given_up {
            child.kill()?;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(serde_json::from_slice(&child.wait_with_output()?.stdout).ok())
}

/// Measures one case in one way, in this process. The answer is JSON for [`table`].
///
/// # Errors
/// When there is no such case, or the machine cannot be set up.
pub fn measure(name: &str, way: &str) -> Result<String> {
    let begun = Instant::now();
    let (begun, outcome) = if way == "driver" {
        let module = wat::parse_str(drv())?;
        let outcome = Driver::load(&module).map(drop).map_err(|error| error.to_string());
        (begun, outcome)
    } else {
        let case = cases().into_iter().find(|case| case.name == name).context("there is no such case")?;
        run(&case, way)?
    };
    let outcome = outcome.map_or_else(|error| error, |()| "succeeds".to_owned());
    let measured = Measured { millis: begun.elapsed().as_millis(), peak_kib: peak_kib()?, outcome };
    Ok(serde_json::to_string(&measured)?)
}

/// The outcome of a case, and the start of its measured part.
fn run(case: &Case, way: &str) -> Result<(Instant, Result<(), String>)> {
    let module = wat::parse_str((case.module)())?;
    let (vm, root) = chain()?;
    let mut session = vm.session(Some(root), BlockEnv { chain_id: 0, rules: Profile::Local.at(1) })?;
    let begun = Instant::now();
    let deployed = session.deploy(HOSTILE, &module, None, &[], GAS).map(drop).map_err(|error| error.to_string());
    if way == "deploy" || deployed.is_err() {
        return Ok((begun, deployed));
    }
    let begun = Instant::now();
    session.set_deadline(Some(begun + Duration::from_millis(DEADLINE_MILLIS)));
    let outcome = match way {
        "query" => {
            session.call(HOSTILE, case.function, &(case.argument)(), GAS).map(drop).map_err(|error| error.to_string())
        }
        "transaction" => transact(&mut session, case)?,
        other => bail!("there is no way `{other}`"),
    };
    Ok((begun, outcome))
}

fn transact(session: &mut Session, case: &Case) -> Result<Result<(), String>> {
    let call = ContractCall { contract: HOSTILE, fn_name: case.function.to_owned(), fn_args: (case.argument)() };
    let sender: SecretKey = keys(1).0;
    let transaction = Transaction::moonlight(&sender, None, 0, 0, GAS, 2_000, 1, 0, Some(call));
    let transaction = transaction.map_err(|error| anyhow::anyhow!("no transaction: {error:?}"))?;
    Ok(match execute(session, &transaction) {
        Ok(executed) => executed.result.map(drop).map_err(|error| format!("included as failed: {error:?}")),
        Err(error) => Err(format!("not included: {error}")),
    })
}

/// A machine with the genesis contracts and one account.
fn chain() -> Result<(Vm, [u8; 32])> {
    let vm = Vm::in_memory()?;
    let env = BlockEnv { chain_id: genesis::CHAIN_ID, rules: Profile::Local.at(0) };
    let mut session = vm.session(None, env)?;
    genesis::install(&mut session, &keys(0).1, &keys(0).1)?;
    let root = session.commit()?;
    let mut session = vm.session(Some(root), env)?;
    session.call(TRANSFER_CONTRACT, "add_account_balance", &encoded(&(keys(1).1, FUNDS)), u64::MAX)?;
    let root = session.commit()?;
    Ok((vm, root))
}

fn drv() -> String {
    let mut module = String::from(r#"(module (memory (export "memory") 2)"#);
    for memory in 0..20 {
        let _ = writeln!(module, "(memory $m{memory} 2048)");
    }
    module.push_str(r#"(func (export "init") (local $a i32)"#);
    for memory in 0..20 {
        let _ = writeln!(
            module,
            "(local.set $a (i32.const 0)) (loop $l{memory} (i32.store8 $m{memory} (local.get $a) (i32.const 1))
             (local.set $a (i32.add (local.get $a) (i32.const 4096)))
             (br_if $l{memory} (i32.lt_u (local.get $a) (i32.const 134217728))))"
        );
    }
    module.push_str(r#") (func (export "alloc") (param i32) (result i32) (i32.const 0)))"#);
    module
}

/// The most memory that this process had resident so far, in KiB.
fn peak_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux tells the peak of a process")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the status has no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

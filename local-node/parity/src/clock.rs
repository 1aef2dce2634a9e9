//! The cost of looks at the clock in the code of contracts: the same calls on a machine whose code looks at every
//! function and loop, and on one whose code never does, by turns in one run.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dusk_core::abi::ContractId;
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use local_node_types::rules::Profile;
use local_node_vm::{BlockEnv, Session, Vm, execute, genesis};

use crate::contracts::module_32;
use crate::scripts::{encoded, keys};

const A: ContractId = ContractId::from_bytes([10; 32]);
/// How often each case is timed on each machine. The fastest time counts, because everything else on a computer only
/// makes a call slower; and each takes a few milliseconds at most, so that some of them are not disturbed.
const ROUNDS: u64 = 400;
/// Gas of a call.
const GAS: u64 = 100_000_000_000;
/// The balance of the sending account, in LUX.
const FUNDS: u64 = 9_000_000_000_000_000;

/// The function that is timed, and what it does.
const CASES: [(&str, &str); 4] = [
    ("turn", "1,000,000 turns of a loop that only counts"),
    ("sum", "a loop that reads and adds 8 KiB, 500 times"),
    ("call", "150,049 calls of a function that adds two numbers"),
    ("pay", "a Moonlight payment whose signature is known"),
];

const FUNCTIONS: &str = r#"
    (func (export "turn") (param i32) (result i32) (local $n i32)
        (local.set $n (i32.const 1000000))
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 0))
    (func (export "sum") (param i32) (result i32) (local $n i32) (local $at i32) (local $sum i64)
        (local.set $n (i32.const 500))
        (loop $again
            (local.set $at (i32.const 8192))
            (loop $l
                (local.set $at (i32.sub (local.get $at) (i32.const 8)))
                (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.load (local.get $at))))
                (br_if $l (local.get $at)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i64.store (i32.const 4096) (local.get $sum))
        (i32.const 8))
    (func $fibonacci (param $n i32) (result i32)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
            (then (local.get $n))
            (else (i32.add
                (call $fibonacci (i32.sub (local.get $n) (i32.const 1)))
                (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))))
    (func (export "call") (param i32) (result i32) (drop (call $fibonacci (i32.const 24))) (i32.const 0))
"#;

/// Measures all cases, and tells a table in Markdown line by line.
///
/// # Errors
/// When a machine cannot be set up, or the two machines disagree.
pub fn table(tell: impl Fn(&str)) -> Result<()> {
    tell("| what | with the clock | without | ratio |");
    tell("|---|---|---|---|");
    let machines = [Vm::in_memory()?, Vm::without_clock()?];
    for (case, what) in CASES {
        let mut sessions = [session(&machines[0])?, session(&machines[1])?];
        let mut fastest = [Duration::MAX; 2];
        for nonce in 1..=ROUNDS {
            let payment = payment(nonce)?;
            let mut gas = [0; 2];
            // The first machine of a turn warms the processor's caches for the other one.
            for at in if nonce % 2 == 0 { [0, 1] } else { [1, 0] } {
                let vm = &machines[at];
                remember_signature(vm, &payment)?;
                let session = &mut sessions[at];
                let begun = Instant::now();
                gas[at] = if case == "pay" {
                    execute(session, &payment).context("a payment fails")?.gas_spent
                } else {
                    session.call(A, case, &[], GAS)?.gas_spent
                };
                fastest[at] = fastest[at].min(begun.elapsed());
            }
            ensure!(gas[0] == gas[1], "{case}: {} gas with the clock, {} without", gas[0], gas[1]);
        }
        let [with, without] = fastest.map(|time| time.as_secs_f64() * 1e6);
        tell(&format!("| {what} | {with:.1} µs | {without:.1} µs | {:.3} |", with / without));
    }
    Ok(())
}

/// A session with the contract that is timed, in which one account has money.
fn session(vm: &Vm) -> Result<Session> {
    let mut session = vm.session(None, BlockEnv { chain_id: genesis::CHAIN_ID, rules: Profile::Local.at(0) })?;
    genesis::install(&mut session, &keys(0).1, &keys(0).1)?;
    session.call(TRANSFER_CONTRACT, "add_account_balance", &encoded(&(keys(1).1, FUNDS)), u64::MAX)?;
    let root = session.commit()?;
    let mut session = vm.session(Some(root), today())?;
    session.deploy(A, &module_32(FUNCTIONS), None, &[], GAS)?;
    Ok(session)
}

fn today() -> BlockEnv {
    BlockEnv { chain_id: 0, rules: Profile::Local.at(1) }
}

fn payment(nonce: u64) -> Result<Transaction> {
    let payment = Transaction::moonlight(&keys(1).0, Some(keys(2).1), 1, 0, 10_000_000, 1, nonce, 0, None::<String>);
    payment.map_err(|error| anyhow::anyhow!("no transaction: {error:?}"))
}

fn remember_signature(vm: &Vm, payment: &Transaction) -> Result<()> {
    let Transaction::Moonlight(payment) = payment else { bail!("a payment is a Moonlight transaction") };
    vm.remember_valid_signature(&payment.signature_message(), payment.sender(), payment.signature(), today().rules);
    Ok(())
}

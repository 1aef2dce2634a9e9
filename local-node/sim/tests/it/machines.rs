//! Runs in which the shipped ledger executes blocks in the virtual machine, over a database in a folder.

use local_node_consensus::Millis;
use local_node_sim::ledger::Machine;
use local_node_sim::marks::{Mark, Marks};
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Bug, Options, Outcome, run};

use crate::seeds::assert_good;

/// Seeds of drawn runs: one with ideal signatures, and one with the chain's.
const SEEDS: [u64; 2] = [20, 40];

/// Four nodes that send transfers. One hears the votes of an iteration that the others take for failed, and is then cut
/// off; another one stops and comes back.
fn branches() -> Plan {
    let faults = vec![
        (Millis(4_000), Fault::Funnel(0, 20_000)),
        (Millis(6_000), Fault::Crash(1)),
        (Millis(9_000), Fault::Start(1)),
    ];
    Plan { faults, transfers: 500, heals: Millis(30_000), ..Plan::calm(5) }
}

fn real(bug: Option<Bug>) -> Options {
    Options { machine: Machine::Real, bug, ..Options::default() }
}

#[test]
fn drawn_runs_keep_all_promises() {
    let mut marks = Marks::default();
    for seed in SEEDS {
        let options = Options::mixed(seed);
        assert_eq!(options.machine, Machine::Real);
        marks.add(&assert_good(seed, options));
    }
    assert!(marks.count(Mark::Transferred) > 0, "{marks}");
}

#[test]
fn states_go_back_with_their_blocks() {
    let mut marks = Marks::default();
    for seed in 0..3 {
        let report = run(&branches(), Rng::new(seed), real(None));
        assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
        marks.add(&report.marks);
    }
    let changed = [Mark::ChangedToFinal, Mark::ChangedToBetterTip, Mark::ChangedInStall];
    assert!(changed.into_iter().any(|mark| marks.count(mark) > 0), "{marks}");
    assert!(marks.count(Mark::Transferred) > 0 && marks.count(Mark::WaitedAgain) > 0, "{marks}");
}

#[test]
fn a_state_that_stays_when_its_block_is_taken_back_is_seen() {
    let seen = (0..3).find_map(|seed| match run(&branches(), Rng::new(seed), real(Some(Bug::StateKept))).outcome {
        Outcome::Violated(violation) => Some(violation.what),
        _ => None,
    });
    assert!(seen.is_some_and(|what| what.contains("the disk does not end with block")));
}

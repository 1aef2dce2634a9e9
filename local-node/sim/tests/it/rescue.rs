//! Emergency blocks: the holder of one key sets a chain going again on which no committee comes to a block.

use local_node_consensus::Millis;
use local_node_core::Planted;
#[cfg(feature = "vm")]
use local_node_sim::ledger::Machine;
use local_node_sim::marks::Mark;
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Bug, Options, Outcome, Report, run};

/// Four nodes that hear nothing of each other from the start for as long as an emergency block takes. Then something
/// comes to the first of them, and all hear each other.
fn cut_apart(comes: Fault, seed: u64, options: Options) -> Report {
    let apart = Fault::Split(vec![0, 1, 2, 3]);
    let faults = vec![(Millis(3000), apart), (Millis(640_000), comes), (Millis(641_000), Fault::Join)];
    let plan = Plan { faults, heals: Millis(660_000), ..Plan::calm(4) };
    run(&plan, Rng::new(seed), options)
}

fn assert_rescued(report: &Report) {
    assert_eq!(report.outcome, Outcome::Final);
    assert!(report.marks.count(Mark::EmergencyBlock) >= 4, "every node accepts it: {}", report.marks);
    assert!(report.marks.count(Mark::EmergencyBlockFollowed) >= 4, "{}", report.marks);
}

#[test]
fn an_emergency_block_reaches_all_nodes_and_the_chain_goes_on_to_finality() {
    for seed in 0..4 {
        assert_rescued(&cut_apart(Fault::Rescue(0), seed, Options::default()));
    }
}

#[cfg(feature = "vm")]
#[test]
fn the_virtual_machine_executes_an_emergency_block_and_what_follows() {
    assert_rescued(&cut_apart(Fault::Rescue(0), 0, Options { machine: Machine::Real, ..Options::default() }));
}

#[test]
fn an_emergency_block_of_another_key_is_refused_and_a_node_that_takes_it_is_seen() {
    let report = cut_apart(Fault::FalseRescue(0), 0, Options::default());
    assert_eq!(report.outcome, Outcome::Final);
    assert_eq!(report.marks.count(Mark::EmergencyBlock), 0);
    assert!(report.marks.count(Mark::Refused) > 0);
    let bug = Some(Bug::Core(Planted::EmergencyUnchecked));
    let Outcome::Violated(violation) =
        cut_apart(Fault::FalseRescue(0), 0, Options { bug, ..Options::default() }).outcome
    else {
        panic!("the bug is not seen");
    };
    assert!(violation.what.contains("an emergency block of another key"), "{violation}");
}

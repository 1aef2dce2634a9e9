//! Finality with stake that is silent for good.

use local_node_consensus::Millis;
use local_node_sim::adversary::Attack;
use local_node_sim::ledger::Rules;
use local_node_sim::marks::Mark;
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Options, Outcome, Report, run};

/// Four nodes, of which one holds 27 % of the stake and is dead after the healing, when the block after the tip has
/// many iterations behind it.
fn without_a_quarter(suspends: bool, seed: u64) -> Report {
    let faults = vec![(Millis(19_000), Fault::Crash(2)), (Millis(34_000), Fault::Crash(1))];
    let plan = Plan {
        stakes: vec![2576, 2015, 3568, 1546],
        adversary: Some((0, Attack::WithholdCandidates)),
        dies: true,
        faults,
        heals: Millis(82_000),
        rules: Rules { suspends, ..Rules::CHAIN },
        ..Plan::calm(4)
    };
    run(&plan, Rng::new(seed), Options::default())
}

#[test]
fn stake_that_is_silent_for_good_is_suspended_and_then_blocks_become_final() {
    for seed in 0..6 {
        let report = without_a_quarter(true, seed);
        assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
        assert!(report.marks.count(Mark::Suspended) > 0, "seed {seed}");
    }
}

#[test]
fn without_suspensions_unaccounted_iterations_can_put_finality_off_without_end() {
    // Half of the credits of a committee of two may be silent. The chain grows, and its labels are right.
    let put_off = |seed| match without_a_quarter(false, seed).outcome {
        Outcome::Unsettled(why) => why.contains("iterations are unaccounted for"),
        Outcome::Final => false,
        other => panic!("seed {seed}: {other:?}"),
    };
    assert!((0..6).any(put_off));
}

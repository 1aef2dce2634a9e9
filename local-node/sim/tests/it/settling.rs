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
    let at = |moment, fault| (Millis(moment), fault);
    let faults = vec![
        at(5523, Fault::Funnel(1, 4604)),
        at(13_884, Fault::Split(vec![0, 1, 0, 0])),
        at(19_264, Fault::Crash(2)),
        at(28_533, Fault::Join),
        at(33_724, Fault::Start(2)),
        at(34_794, Fault::Crash(1)),
        at(41_349, Fault::Start(1)),
        at(48_744, Fault::Crash(3)),
    ];
    let plan = Plan {
        stakes: vec![2576, 2015, 3568, 1546],
        adversary: Some((0, Attack::WithholdCandidates)),
        dies: true,
        faults,
        heals: Millis(82_000),
        rules: Rules { suspends, ..Rules::CHAIN },
        delay: 286,
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

//! Nodes that are not in the same iteration, and come together again.

use local_node_consensus::Millis;
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Bug, Options, Outcome, run};

/// How long the third node is away at most.
const LONGEST_AWAY_MS: u64 = 30_000;
/// The longest time without a block when nodes look for each other.
const LONGEST_GAP_MS: u64 = LONGEST_AWAY_MS + 15_000;

/// Three of four nodes are alive. One of these is away for a while, in which the other two hardly decide anything and
/// go through iterations; then it restarts, and has to come to where they are. The longest time without a block.
fn longest_gap(seed: u64, bug: Option<Bug>) -> Millis {
    let mut rng = Rng::new(seed);
    let away = 10_000 + rng.below(3000);
    let back = away + rng.between(LONGEST_AWAY_MS / 2, LONGEST_AWAY_MS);
    let faults =
        vec![(Millis(4000), Fault::Crash(3)), (Millis(away), Fault::Crash(0)), (Millis(back), Fault::Start(0))];
    let plan = Plan { faults, heals: Millis(260_000), ..Plan::calm(4) };
    let report = run(&plan, rng, Options { bug, ..Options::default() });
    assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
    report.longest_gap
}

#[test]
fn a_node_that_was_away_finds_the_iteration_of_the_others() {
    for seed in 0..6 {
        let gap = longest_gap(seed, None);
        assert!(gap < Millis(LONGEST_GAP_MS), "seed {seed}: no block for {} ms", gap.0);
    }
}

#[test]
fn nodes_that_do_not_look_for_each_other_stay_apart_more_than_twice_as_long() {
    let gap = longest_gap(1, Some(Bug::Drift));
    assert!(gap > Millis(2 * LONGEST_GAP_MS), "no block for {} ms", gap.0);
}

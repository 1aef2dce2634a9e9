//! Finality with stake that is silent for good.

use local_node_consensus::Millis;
use local_node_sim::adversary::Attack;
use local_node_sim::ledger::Rules;
use local_node_sim::marks::Mark;
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Options, Outcome, Report, run};

/// Five provisioners; no node hears another for so long that the round comes to emergency mode, and then the node that
/// votes with two of them, and with 46 % of the stake, is dead.
fn without_a_large_part(suspends: bool, seed: u64) -> Report {
    let plan = Plan {
        stakes: vec![3980, 1522, 2822, 2318, 1694],
        keys: vec![vec![1, 5], vec![2], vec![3], vec![4], Vec::new()],
        adversary: Some((0, Attack::WithholdCandidates)),
        dies: true,
        faults: vec![(Millis(5000), Fault::Split(vec![0, 1, 2, 3, 4]))],
        heals: Millis(160_000),
        rules: Rules { suspends, ..Rules::CHAIN },
        ..Plan::calm(5)
    };
    run(&plan, Rng::new(seed), Options::default())
}

#[test]
fn stake_that_is_silent_for_good_is_suspended_and_then_blocks_become_final() {
    let mut suspended = 0;
    for seed in 0..6 {
        let report = without_a_large_part(true, seed);
        assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
        suspended += report.marks.count(Mark::Suspended);
    }
    assert!(suspended > 0);
}

#[test]
fn without_suspensions_unaccounted_iterations_can_put_finality_off_without_end() {
    // The chain grows, and its labels are right. Blocks leave iterations unaccounted for that nobody alive could have
    // accounted for, and no later block makes up for those.
    let put_off = |seed| match without_a_large_part(false, seed).outcome {
        Outcome::Unsettled(why) => why.contains("iterations are unaccounted for"),
        Outcome::Final => false,
        other => panic!("seed {seed}: {other:?}"),
    };
    assert!((0..6).any(put_off));
}

/// Two halves hear nothing of each other for a while; then all hear each other, except one that is dead from the
/// healing on.
#[test]
fn the_living_come_to_finality_without_an_honest_node_that_stays_dead() {
    for seed in 0..4 {
        let faults = vec![(Millis(5000), Fault::Split(vec![0, 1, 0, 1, 0, 1, 0])), (Millis(12_000), Fault::Join)];
        let plan = Plan { faults, dead: vec![3], heals: Millis(20_000), ..Plan::calm(7) };
        let report = run(&plan, Rng::new(seed), Options { tell: true, ..Options::default() });
        assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
        let mut lines = report.lines.iter().skip_while(|line| !line.ends_with("node 3 dies")).skip(1);
        assert!(lines.clone().any(|line| line.contains(" ms  node 0 accepts ")), "seed {seed}: the others go on");
        assert!(lines.all(|line| !line.contains(" ms  node 3 ")), "seed {seed}: it comes back");
    }
}

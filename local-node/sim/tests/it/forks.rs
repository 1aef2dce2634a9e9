//! Forks that production does not heal, or heals at the price of a final block, and nodes that come back.

use local_node_consensus::Millis;
use local_node_sim::marks::{Mark, Marks};
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Options, Outcome, run};

use crate::seeds::assert_good;

/// Seven nodes, of which one hears the votes of an iteration that the others take for failed, and is then cut off for
/// so long. Everything heals after a minute.
fn cut_off(seed: u64, cut: u64) -> Marks {
    let faults = vec![(Millis(12_000), Fault::Funnel(0, cut)), (Millis(35_000), Fault::Funnel(3, cut))];
    let plan = Plan { faults, heals: Millis(60_000), ..Plan::calm(7) };
    let report = run(&plan, Rng::new(seed), Options::default());
    assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
    report.marks
}

fn seen(cut: u64, wanted: Mark) -> u64 {
    (0..6).map(|seed| cut_off(seed, cut).count(wanted)).sum()
}

#[test]
fn a_minority_with_the_lower_iteration_follows_what_the_majority_has_made_final() {
    assert!(seen(20_000, Mark::ChangedToFinal) > 0);
}

#[test]
fn a_node_that_has_decided_ends_the_round_of_those_that_go_on() {
    // It is back before the others have decided a later iteration: no fork comes to be.
    for mark in [Mark::ChangedToFinal, Mark::ChangedToBetterTip, Mark::ChangedInStall] {
        assert_eq!(seen(300, mark), 0, "{mark:?}");
    }
}

#[test]
fn a_node_that_was_away_catches_up_at_once() {
    let away = vec![(Millis(3_000), Fault::Crash(0)), (Millis(400_000), Fault::Start(0))];
    let plan = Plan { faults: away, heals: Millis(400_001), ..Plan::calm(7) };
    let report = run(&plan, Rng::new(1), Options::default());
    assert_eq!(report.outcome, Outcome::Final);
    // More blocks than one list of hashes names.
    assert!(report.height > 110, "{}", report.height);
    assert!(report.healed_in < Millis(20_000), "{:?}", report.healed_in);
    assert!(report.marks.count(Mark::SyncFromThree) > 0);
}

/// A node alone holds a lower iteration of block 4, and the others change to it in a stall, with eleven blocks each.
/// The end of the branch that they leave is not final. A node that was away has decided an earlier iteration of one of
/// its blocks, and with that the branch is final. The others know both ends, and follow the final one.
#[test]
fn the_final_end_of_a_branch_wins_beside_a_longer_one() {
    let marks = assert_good(8587, Options::default());
    assert!(marks.count(Mark::ChangedInStall) > 2 && marks.count(Mark::ChangedToFinal) > 2, "{marks}");
}

/// A node takes three blocks back. Then a candidate of the round that it was in comes once more, by a replay: it is one
/// of a later round now, and passes on, as any other that has not been heard of.
#[test]
fn what_was_passed_on_before_a_change_of_branch_passes_once_more() {
    let marks = assert_good(10_600, Options::default());
    assert!(marks.count(Mark::DeepFallback) > 0 && marks.count(Mark::Replayed) > 0, "{marks}");
}

/// A node that has restarted learns that iteration 6 has failed, and goes through it without a step. The candidate of
/// that iteration had waited for it, and comes once more.
#[test]
fn a_candidate_of_an_iteration_that_is_left_out_passes_on_once() {
    let marks = assert_good(2221, Options::default());
    assert!(marks.count(Mark::RestartInRound) > 0 && marks.count(Mark::Replayed) > 0, "{marks}");
}

/// Clocks are behind the one of a generator, so that nodes hold its candidate for too early when its quorum is there.
/// Then the candidate comes once more.
#[test]
fn a_candidate_that_is_held_and_wanted_passes_on_once() {
    let marks = assert_good(2897, Options::default());
    assert!(marks.count(Mark::ClockWrong) > 0 && marks.count(Mark::Replayed) > 0, "{marks}");
}

/// A vote comes to a node again without a restart or a replay, while its iteration is open.
#[test]
fn a_vote_of_an_iteration_that_stays_open_passes_on_once() {
    let marks = assert_good(4032, Options::default());
    assert_eq!((marks.count(Mark::RestartInRound), marks.count(Mark::Replayed)), (0, 0), "{marks}");
}

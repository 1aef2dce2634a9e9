//! Forks that production does not heal, or heals at the price of a final block, and nodes that come back.

use local_node_consensus::Millis;
use local_node_core::Planted;
use local_node_sim::adversary::Attack;
use local_node_sim::ledger::Rules;
use local_node_sim::marks::{Mark, Marks};
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Bug, Options, Outcome, Report, run};

use crate::runs::Runs;
use crate::seeds::assert_good;

/// Seven nodes, of which one hears the votes of an iteration that the others take for failed, and is then cut off for
/// so long. Everything heals after a minute.
fn cut_off(seed: u64, cut: u64) -> Report {
    let faults = vec![(Millis(12_000), Fault::Funnel(0, cut)), (Millis(35_000), Fault::Funnel(3, cut))];
    let plan = Plan { faults, heals: Millis(60_000), ..Plan::calm(7) };
    run(&plan, Rng::new(seed), Options::default())
}

/// Such runs, by their seeds and how long the node is cut off.
static CUT_OFF: Runs<(u64, u64)> = Runs::new(|(seed, cut)| cut_off(seed, cut));

fn seen(cut: u64, wanted: Mark) -> u64 {
    let count = |seed| {
        let report = CUT_OFF.of((seed, cut));
        assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
        report.marks.count(wanted)
    };
    (0..6).map(count).sum()
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

/// In a stall, two nodes revert three blocks and accept another block 29, of a lower iteration. Then the last block of
/// the branch that they left becomes final at other nodes. The two return to this branch, and two further nodes change
/// to it.
#[test]
fn the_final_end_of_a_branch_wins_over_a_lower_iteration() {
    let marks = assert_good(48, Options::default());
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

/// The provisioners whose keys two nodes have, of twenty of equal stake. Together with those of either half they hold a
/// quorum.
const TWICE: std::ops::RangeInclusive<u64> = 1..=14;
/// The halves; the first node of each has the keys that are there twice.
const HALVES: [[usize; 3]; 2] = [[0, 2, 4], [1, 3, 5]];

/// Two attested blocks of one iteration at this height, if one of the keys that are there twice proposes there.
///
/// Messages between two halves wait while that block is decided, and come before the next slot. Both halves have the
/// keys of 14 provisioners: the first node starts for this round, with the keys of the second one, and stops after it.
/// It has no transactions, so its candidate is another one.
fn two_blocks_of_an_iteration(height: u64, bug: Option<Bug>) -> Report {
    let slot = height * 1000;
    let mut faults = vec![
        (Millis(1), Fault::Crash(0)),
        (Millis(slot - 800), Fault::Start(0)),
        (Millis(slot + 700), Fault::Crash(0)),
    ];
    for one in HALVES[0] {
        for other in HALVES[1] {
            let waits = [Fault::Clog(one, other, 500), Fault::Clog(other, one, 500)];
            faults.extend(waits.map(|fault| (Millis(slot - 100), fault)));
        }
    }
    let plan = Plan {
        stakes: vec![2000; 20],
        keys: vec![Vec::new(), TWICE.collect(), vec![15, 16], vec![18, 19], vec![17], vec![20]],
        adversary: Some((0, Attack::DuplicateKey)),
        rules: Rules { suspends: false, ..Rules::CHAIN },
        faults,
        heals: Millis(slot + 4000),
        ..Plan::calm(6)
    };
    run(&plan, Rng::new(height), Options { bug, ..Options::default() })
}

/// The heights at which the situation is tried.
const HEIGHTS: std::ops::Range<u64> = 4..12;

/// The runs without a bug, by their heights.
static EQUAL: Runs<u64> = Runs::new(|height| two_blocks_of_an_iteration(height, None));

/// What happens in these runs, all of which come to finality.
pub(crate) fn marks_of_equal_iterations() -> Marks {
    let mut marks = Marks::default();
    for height in HEIGHTS {
        let report = EQUAL.of(height);
        assert_eq!(report.outcome, Outcome::Final, "height {height}");
        marks.add(&report.marks);
    }
    marks
}

/// Of two attested blocks of one iteration, all come to the one with the lower hash, at once and without a stall. That
/// no final block is taken back is checked in every run.
#[test]
fn two_attested_blocks_of_equal_iteration_become_one() {
    let mut forks = 0;
    for height in HEIGHTS {
        let report = EQUAL.of(height);
        assert_eq!(report.outcome, Outcome::Final, "height {height}");
        if report.marks.count(Mark::EqualIterations) > 0 {
            forks += 1;
            assert!(report.marks.count(Mark::ChangedToBetterTip) > 0, "height {height}: {}", report.marks);
            assert_eq!(report.marks.count(Mark::Stalled), 0, "height {height}: {}", report.marks);
        }
    }
    assert!(forks > 0, "no run has two blocks of one iteration");
}

/// With the choice turned round, nodes come to the higher hash.
#[test]
fn a_wrong_choice_between_blocks_of_equal_iteration_is_seen() {
    let forked = |height: &u64| EQUAL.of(*height).marks.count(Mark::EqualIterations) > 0;
    let mut heights = HEIGHTS;
    let height = heights.find(forked).expect("some run has two blocks of one iteration");
    let bug = Some(Bug::Core(Planted::ForkChoiceTurned));
    let Outcome::Violated(violation) = two_blocks_of_an_iteration(height, bug).outcome else {
        panic!("height {height}: the bug is not seen");
    };
    assert!(violation.what.contains("for a worse branch"), "{violation}");
}

/// How far two halves go on with their own blocks of one iteration before they hear each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Each half ratifies a block after its own one, and no ratification comes to anybody.
    Ratified,
    /// Each half decides blocks after its own one. The first of these leaves so many iterations unaccounted for that
    /// none becomes final.
    Unsettled,
    /// Each half decides a block after its own one, which makes that final.
    Final,
}

/// The provisioners whose keys two nodes have, of 21 of equal stake. Together with those of either half they hold a
/// quorum. Alone they rarely do.
const SOME_TWICE: std::ops::RangeInclusive<u64> = 1..=11;
/// A node without keys that is down until everything heals.
const DOWN: usize = 6;
/// The height of the two blocks.
const DEEP_HEIGHT: u64 = 6;
/// How often a depth is tried, each time with other stakes and so with other committees.
const TURNS: std::ops::Range<u64> = 0..40;

/// Two halves that hear nothing of each other from shortly before a block on. Each decides its own block of the first
/// iteration, if one of the keys that are there twice proposes then. The first node has these keys in one half; it
/// starts for this block, and has another candidate than the other one, as above.
///
/// While only the node that is down would hear ratifications, iterations fail without a proof.
fn halves_go_on(depth: Depth, turn: u64, bug: Option<Bug>) -> Report {
    let slot = DEEP_HEIGHT * 1000;
    let mut faults = vec![
        (Millis(1), Fault::Crash(0)),
        (Millis(1), Fault::Crash(DOWN)),
        (Millis(slot - 800), Fault::Start(0)),
        (Millis(slot - 100), Fault::Split(vec![0, 1, 0, 1, 0, 1, 2])),
    ];
    // This lasts for twelve seconds, or until everything heals.
    let unheard = (Millis(slot + 500), Fault::Funnel(DOWN, 1));
    let heals = match depth {
        Depth::Ratified => {
            // All hear each other until the chain has stalled, and only then ratifications come again.
            faults.extend([unheard, (Millis(slot + 4500), Fault::Crash(0)), (Millis(slot + 4500), Fault::Join)]);
            slot + 9500
        }
        Depth::Unsettled => {
            faults.push(unheard);
            slot + 17_500
        }
        Depth::Final => slot + 3500,
    };
    let keys =
        vec![vec![], SOME_TWICE.collect(), vec![12, 13, 14], vec![17, 18, 19], vec![15, 16], vec![20, 21], vec![]];
    let plan = Plan {
        stakes: vec![2000 + turn; 21],
        keys,
        adversary: Some((0, Attack::DuplicateKey)),
        rules: Rules { suspends: false, ..Rules::CHAIN },
        faults,
        heals: Millis(heals),
        ..Plan::calm(7)
    };
    run(&plan, Rng::new(turn), Options { bug, ..Options::default() })
}

/// The runs without a bug.
static RUNS: Runs<(Depth, u64)> = Runs::new(|(depth, turn)| halves_go_on(depth, turn, None));

/// The first turn in which there are two blocks of one iteration, and this. No run up to there breaks a promise, or
/// ends without finality for another reason than two final blocks.
fn first_with(depth: Depth, wanted: impl Fn(&Report) -> bool) -> (u64, &'static Report) {
    for turn in TURNS {
        let report = RUNS.of((depth, turn));
        let is_good = matches!(report.outcome, Outcome::Final | Outcome::Parted(_));
        assert!(is_good, "{depth:?}, turn {turn}: {:?}", report.outcome);
        if report.marks.count(Mark::EqualIterations) > 0 && wanted(report) {
            return (turn, report);
        }
    }
    panic!("no run has it: {depth:?}");
}

/// Nodes stand by a block after which they have ratified another one. When the chain has stalled, those with the higher
/// hash give way, and all go on with the lower one.
#[test]
fn two_ratified_blocks_of_equal_iteration_become_one_in_a_stall() {
    let gives_way = |report: &Report| {
        let [in_stall, to_final, deep] =
            [Mark::ChangedInStall, Mark::ChangedToFinal, Mark::DeepFallback].map(|mark| report.marks.count(mark));
        // A tip on which a node has not ratified a block gives way without a stall.
        report.outcome == Outcome::Final && in_stall > 0 && (to_final, deep) == (0, 0)
    };
    let (turn, _) = first_with(Depth::Ratified, gives_way);
    // With the choice turned round, those with the lower hash give way.
    let bug = Some(Bug::Core(Planted::ForkChoiceTurned));
    let Outcome::Violated(violation) = halves_go_on(Depth::Ratified, turn, bug).outcome else {
        panic!("turn {turn}: the bug is not seen");
    };
    assert!(violation.what.contains("for a worse branch"), "turn {turn}: {violation}");
}

/// Each half has several blocks, none of which is final. When everything heals, one half has a quorum by itself, and
/// the other one has stalled. The latter follows at once to the lower hash, and to the higher one when it is final.
#[test]
fn two_branches_from_blocks_of_equal_iteration_become_one() {
    for cause in [Mark::ChangedInStall, Mark::ChangedToFinal] {
        first_with(Depth::Unsettled, |report| {
            let all_are_there = [cause, Mark::DeepFallback].into_iter().all(|mark| report.marks.count(mark) > 0);
            report.outcome == Outcome::Final && all_are_there
        });
    }
}

/// Two final blocks stay, because no node takes a final block back. They take two quorums without a common honest
/// member at two heights in a row, which the checkers find out.
#[test]
fn two_final_blocks_of_equal_iteration_stay_and_are_explained() {
    let (turn, report) = first_with(Depth::Final, |report| matches!(report.outcome, Outcome::Parted(_)));
    let Outcome::Parted(why) = &report.outcome else { panic!("turn {turn}: {:?}", report.outcome) };
    assert!(why.ends_with("the quorums were disjoint"), "turn {turn}: {why}");
}

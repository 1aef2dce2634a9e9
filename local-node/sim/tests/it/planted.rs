//! Bugs that every honest node has. A checker has to see each of them, by what it is for.

use local_node_consensus::Millis;
use local_node_core::Planted;
use local_node_sim::plan::{Fault, Plan};
use local_node_sim::rng::Rng;
use local_node_sim::{Bug, Options, Outcome, run, simulate};

/// The most seeds that are tried for one bug. Each test begins with one that is known to show it.
const MAX_SEEDS: u64 = 20;

/// Runs seeds with a bug until a checker sees it, and expects it to say this.
fn assert_seen(bug: Bug, first_seed: u64, says: &str) {
    for seed in first_seed..first_seed + MAX_SEEDS {
        let (_, report) = simulate(seed, Options { bug: Some(bug), ..Options::default() });
        if let Outcome::Violated(violation) = report.outcome {
            assert!(violation.what.contains(says), "seed {seed}: {violation}");
            return;
        }
    }
    panic!("{bug:?} was not seen in {MAX_SEEDS} runs");
}

#[test]
fn a_wrong_quorum_is_seen() {
    assert_seen(Bug::WrongQuorum, 40, " credits in ");
}

#[test]
fn a_vote_that_is_not_persisted_is_seen() {
    assert_seen(Bug::SentBeforeDurable, 40, "left before it was on disk");
}

#[test]
fn records_that_are_not_read_again_are_seen() {
    assert_seen(Bug::RecordsForgotten, 51, "signed");
}

#[test]
fn a_broadcast_that_is_passed_on_twice_is_seen() {
    assert_seen(Bug::RelayedTwice, 40, "passes a broadcast on twice");
}

/// Seeds in which a message comes again and is good again: see `forks.rs`.
#[test]
fn a_core_that_forgets_what_it_has_passed_on_is_seen() {
    for seed in [2221, 2897, 4032] {
        let bug = Some(Bug::Core(Planted::PassedOnForgotten));
        let (_, report) = simulate(seed, Options { bug, ..Options::default() });
        let Outcome::Violated(violation) = report.outcome else { panic!("seed {seed}: {:?}", report.outcome) };
        assert!(violation.what.contains("passes a broadcast on twice"), "seed {seed}: {violation}");
    }
}

#[test]
fn a_final_block_that_is_taken_back_is_seen() {
    assert_seen(Bug::FinalReverted, 40, "is taken back");
}

#[test]
fn a_fault_that_is_not_checked_is_seen() {
    assert_seen(Bug::Core(Planted::FaultUnchecked), 46, "holds a fault that proves nothing");
}

#[test]
fn a_fork_choice_that_is_turned_round_is_seen() {
    assert_seen(Bug::Core(Planted::ForkChoiceTurned), 40, "for a worse branch");
}

#[test]
fn a_reverted_transaction_that_is_lost_is_seen() {
    assert_seen(Bug::Core(Planted::TransactionsLost), 40, "reverted transaction is lost");
}

/// Seven nodes hear nothing of each other for so long that the next block leaves iterations unaccounted for. The blocks
/// after it are confirmed long before they are final. Meanwhile one node hears the votes of an iteration that others
/// take for failed, and is cut off. Its last block has confirmed the one before, and is taken back when it hears of
/// theirs.
///
/// When the first block comes after the silence depends on chance, so each seed has another moment for the votes.
fn confirmed_and_taken_back(seed: u64) -> Plan {
    let faults = vec![
        (Millis(8_000), Fault::Split((0..7).collect())),
        (Millis(33_000), Fault::Join),
        (Millis(37_000 + 1_500 * seed), Fault::Funnel(0, 20_000)),
    ];
    Plan { faults, heals: Millis(80_000), ..Plan::calm(7) }
}

#[test]
fn labels_that_are_not_folded_anew_are_seen() {
    let mut seen = 0;
    for seed in 0..10 {
        let plan = confirmed_and_taken_back(seed);
        let outcome = |bug| run(&plan, Rng::new(seed), Options { bug, ..Options::default() }).outcome;
        assert_eq!(outcome(None), Outcome::Final, "seed {seed}");
        if let Outcome::Violated(violation) = outcome(Some(Bug::Core(Planted::LabelsKept))) {
            assert!(violation.what.contains("a fold gives"), "seed {seed}: {violation}");
            seen += 1;
        }
    }
    assert!(seen > 0, "no run shows it");
}

#[test]
fn a_message_that_is_never_judged_is_seen() {
    assert_seen(Bug::VerdictsForgotten, 40, "messages have no verdict");
}

#[test]
fn a_waiting_transaction_that_vanishes_is_seen() {
    assert_seen(Bug::RemovalsHidden, 40, "vanishes: no block holds it");
}

#[test]
fn a_ledger_that_leads_to_another_state_is_seen() {
    assert_seen(Bug::Misbooked, 40, "leads to other accounts");
}

#[test]
fn a_restart_that_forgets_what_was_ratified_is_seen() {
    assert_seen(Bug::Core(Planted::LockForgotten), 40, "from its log gives other ratifications");
}

#[test]
fn a_quorum_that_is_not_checked_is_seen() {
    assert_seen(Bug::Core(Planted::QuorumUnchecked), 111, "0 credits in Validation");
}

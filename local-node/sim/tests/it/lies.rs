//! An adversary that lies in the headers of its candidates.

use local_node_consensus::Millis;
use local_node_sim::adversary::Attack;
use local_node_sim::ledger::Rules;
use local_node_sim::lies::Lie;
use local_node_sim::marks::{Mark, Marks};
use local_node_sim::plan::Plan;
use local_node_sim::rng::Rng;
use local_node_sim::{Bug, Options, Outcome, Report, run};

const SEEDS: std::ops::Range<u64> = 0..4;

/// Five nodes in a good network. One of them lies for two minutes, and is never suspended for it.
fn with_a_liar(seed: u64, bug: Option<Bug>) -> Report {
    let plan = Plan {
        adversary: Some((1, Attack::LieInHeader)),
        rules: Rules { suspends: false, ..Rules::CHAIN },
        heals: Millis(120_000),
        ..Plan::calm(5)
    };
    run(&plan, Rng::new(seed), Options { bug, ..Options::default() })
}

/// What happens in these runs, none of which breaks a promise.
pub(crate) fn marks() -> Marks {
    let mut marks = Marks::default();
    for seed in SEEDS {
        let report = with_a_liar(seed, None);
        assert_eq!(report.outcome, Outcome::Final, "seed {seed}");
        marks.add(&report.marks);
    }
    marks
}

#[test]
fn honest_nodes_refuse_each_lie_in_a_header_and_come_to_finality() {
    let marks = marks();
    assert!(marks.count(Mark::LiedInHeader) >= Lie::ALL.len() as u64, "{marks}");
    for lie in Lie::ALL {
        assert!(marks.count(Mark::RefusedLie(lie)) > 0, "nobody refuses {lie:?}: {marks}");
    }
}

#[test]
fn a_node_that_accepts_a_lie_is_seen() {
    for seed in SEEDS {
        let Outcome::Violated(violation) = with_a_liar(seed, Some(Bug::HeaderUnchecked)).outcome else {
            panic!("seed {seed}: the bug is not seen");
        };
        assert!(violation.what.contains("whose header lies: "), "seed {seed}: {violation}");
    }
}

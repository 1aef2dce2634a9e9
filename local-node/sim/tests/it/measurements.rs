//! Networks without faults.

use local_node_consensus::Millis;
use local_node_sim::keys::Scheme;
use local_node_sim::plan::Plan;
use local_node_sim::rng::Rng;
use local_node_sim::{Outcome, observe};

#[test]
fn nodes_without_faults_make_a_block_a_second_and_the_one_before_is_final() {
    let plan = Plan { heals: Millis(u64::MAX), ..Plan::calm(4) };
    let seen = observe(&plan, Rng::new(1), Scheme::Ideal, 30, Millis(60_000));
    assert_eq!((seen.report.height, seen.report.outcome), (30, Outcome::Final));
    assert!(seen.report.time.0 < 40_000, "{:?}", seen.report.time);
    assert!(seen.ledger.final_height() >= 28, "{}", seen.ledger.final_height());
    // Each node takes in at least a candidate and a vote of each step for a block, and accepts it.
    assert!(seen.received.0 >= 30 * 4 * 3 && seen.received.1 > seen.received.0 * 100, "{:?}", seen.received);
    assert!(seen.decided.len() >= 29 * 4 && seen.decided.iter().all(|time| *time < 40_000));
}

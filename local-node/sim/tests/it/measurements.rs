//! Networks without faults, and where their figures go.

use std::path::Path;

use local_node_consensus::Millis;
use local_node_sim::keys::Scheme;
use local_node_sim::measure::{Measurement, with_table};
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

#[test]
fn a_table_takes_the_place_of_the_one_before_its_plot() {
    let rows = "| b |\n|---:|\n| 2 |\n| 3 |\n";
    let page = format!("# A page\n\n| a |\n|---:|\n| 1 |\n\n## More\n\n{rows}\nText.\n\n![Of b](b.svg)\n\nEnd.\n");
    let table = "| b |\n|---:|\n| 4 |\n";
    assert_eq!(with_table(&page, "b.svg", table), Some(page.replace(rows, table)));
    // A plot that is not shown, one without a table in its section, and one whose table belongs to another plot.
    assert_eq!(with_table(&page, "a.svg", table), None);
    assert_eq!(with_table(&page.replace("Text.", "## Text"), "b.svg", table), None);
    assert_eq!(with_table(&page.replace("Text.", "![Of c](c.svg)"), "b.svg", table), None);
}

#[test]
fn the_book_has_a_place_for_each_measured_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/blocks.md");
    let page = std::fs::read_to_string(page).expect("the page can be read");
    let places: Vec<_> =
        Measurement::ALL.into_iter().filter_map(|what| with_table(&page, &what.file(), "| here |\n")).collect();
    assert_eq!(places.len(), Measurement::ALL.len());
    assert!(places.iter().all(|page| page.matches("| here |").count() == 1 && page.ends_with(".\n")));
}

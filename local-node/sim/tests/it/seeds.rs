//! Runs without planted bugs.

use local_node_sim::keys::Scheme;
use local_node_sim::marks::Marks;
use local_node_sim::{Options, Outcome, measure, simulate};

/// The fixed set: long enough that everything happens that should, short enough for every change.
const SEEDS: std::ops::Range<u64> = 40..72;
/// Seeds that show what those do not.
const MORE_SEEDS: [u64; 4] = [20, 28, 106, 115];
/// The fixed set with the chain's own signatures.
const REAL_SEEDS: std::ops::Range<u64> = 1000..1002;

fn assert_good(seed: u64, options: Options) -> Marks {
    let (plan, report) = simulate(seed, options);
    if let Outcome::Violated(violation) = report.outcome {
        panic!("seed {seed}: {violation}\n{plan}");
    }
    report.marks
}

#[test]
fn the_fixed_seeds_keep_all_promises_and_everything_happens() {
    let mut marks = Marks::default();
    for seed in SEEDS.chain(MORE_SEEDS) {
        marks.add(&assert_good(seed, Options::default()));
    }
    assert_eq!(marks.missing(), [], "{marks}");
}

#[test]
fn real_signatures_change_nothing() {
    for seed in REAL_SEEDS {
        assert_good(seed, Options { scheme: Scheme::Bls, ..Options::default() });
    }
}

#[test]
fn a_seed_gives_the_same_run_again() {
    let digest = |seed, tell| {
        let (_, report) = simulate(seed, Options { tell, ..Options::default() });
        (report.digest, report.events, report.height, report.outcome)
    };
    assert_eq!(digest(1, false), digest(1, true));
    assert_ne!(digest(1, false).0, digest(3, false).0);
}

#[test]
fn nodes_without_faults_make_a_block_a_second() {
    let report = measure(4, 30, Scheme::Ideal).expect("nothing goes wrong");
    assert!(report.time.0 < 40_000, "{report:?}");
}

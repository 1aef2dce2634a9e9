//! Runs without planted bugs.

use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use local_node_sim::keys::Scheme;
use local_node_sim::marks::Marks;
use local_node_sim::shrink::shrink;
use local_node_sim::{Options, Outcome, Report, diagram, draw, simulate};

use crate::runs::Runs;
use crate::{forks, lies};

/// The fixed set: long enough that everything happens that should, short enough for every change.
const SEEDS: std::ops::Range<u64> = 40..72;
/// Seeds that show what those do not.
const MORE_SEEDS: [u64; 7] = [6, 17, 20, 87, 111, 135, 142];
/// How many runs of the fixed set come to finality at least. Each of the others has an explanation, but a set in which
/// most runs explain why nothing becomes final tests too little.
const MIN_FINAL: usize = 27;
/// The fixed set with the chain's own signatures.
const REAL_SEEDS: std::ops::Range<u64> = 1000..1002;
/// How many random seeds are tried beside them, and below which number.
const RANDOM_SEEDS: u64 = 4;
const RANDOM_BELOW: u64 = 1_000_000_000;
/// The variable that names the first random seed, so that a failure can be tried again.
const FIRST_SEED: &str = "LOCAL_NODE_SIM_SEED";

/// The runs of seeds with the options that a run has by default.
pub(crate) static RUNS: Runs<u64> = Runs::new(|seed| simulate(seed, Options::default()).1);

/// Runs a seed. A failure is shrunk, printed, and drawn.
pub(crate) fn assert_good(seed: u64, options: Options) -> Marks {
    let (_, report) = simulate(seed, options);
    assert_kept(seed, options, &report);
    report.marks
}

/// The run of a seed keeps all promises. Otherwise it is shrunk, printed, and drawn.
fn assert_kept(seed: u64, options: Options, report: &Report) {
    if let Outcome::Violated(violation) = &report.outcome {
        let (plan, rng) = draw(seed);
        let small = shrink(&plan, &rng, options).expect("it fails again");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("simulation-{seed}.svg"));
        let picture = diagram::draw(&format!("seed {seed}, shrunk"), &small.plan, &small.report);
        std::fs::write(&path, picture).expect("the picture can be written");
        panic!("seed {seed}: {violation}\n{plan}\nshrunk, and drawn in {}:\n{}", path.display(), small.plan);
    }
}

#[test]
fn the_fixed_seeds_keep_all_promises_and_everything_happens() {
    let (mut marks, mut others) = (Marks::default(), Vec::new());
    for seed in SEEDS.chain(MORE_SEEDS) {
        let report = RUNS.of(seed);
        assert_kept(seed, Options::default(), report);
        marks.add(&report.marks);
        if report.outcome != Outcome::Final {
            others.push((seed, &report.outcome));
        }
    }
    marks.add(&lies::marks());
    marks.add(&forks::marks_of_equal_iterations());
    assert_eq!(marks.missing(), [], "{marks}");
    let found = SEEDS.chain(MORE_SEEDS).count() - others.len();
    assert!(found >= MIN_FINAL, "{found} runs come to finality, and these do not: {others:?}");
}

#[test]
fn real_signatures_change_nothing() {
    for seed in REAL_SEEDS {
        assert_good(seed, Options { scheme: Scheme::Bls, ..Options::default() });
    }
}

#[test]
fn some_random_seeds_keep_all_promises() {
    let first = std::env::var(FIRST_SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        (u64::from(since.subsec_nanos()) ^ since.as_secs()) % RANDOM_BELOW
    });
    // Not by `println!`, which a test that passes does not show.
    let told = writeln!(io::stderr(), "random seeds from {first}; again with {FIRST_SEED}={first}");
    told.expect("the standard error takes a line");
    for seed in first..first + RANDOM_SEEDS {
        assert_good(seed, Options::default());
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

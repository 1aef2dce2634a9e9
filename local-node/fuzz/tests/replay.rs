//! Replays the corpus, and mutates it for a while. One test, because it counts all that the process allocates.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::print_stdout, reason = "what led to a failure")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use local_node_fuzz::mutate::{MAX_INPUT_BYTES, mutated};
use local_node_fuzz::{TARGETS, Target, Verdict, corpus, file_name};
use peak_alloc::PeakAlloc;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Mutated inputs of each target: some seconds for all.
const ROUNDS: usize = 3000;
/// The most inputs to mutate. Mutated ones that are taken join them.
const MAX_POOL: usize = 400;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Runs a target, and measures what it takes from the heap.
fn run(target: &Target, input: &[u8]) -> Verdict {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let ended = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let taken = HEAP.peak_usage().saturating_sub(before);
    let [each, beside] = target.heap;
    let most = each * input.len() + beside;
    let fits = taken <= most;
    if ended.is_err() || !fits {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("target {}, {taken} bytes of heap where {most} are allowed, input {hex}", target.name);
    }
    assert!(fits, "{} takes too much memory", target.name);
    ended.unwrap_or_else(|_| panic!("{} fails", target.name))
}

/// The files of a target's corpus by their names.
fn files(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn replay(target: &Target) -> Vec<Vec<u8>> {
    let files = files(target);
    for (name, bytes) in &files {
        let stated = name.rsplit('.').next().unwrap();
        assert_eq!(run(target, bytes).word(), stated, "{}/{name}", target.name);
    }
    // The formats are pinned: the code writes the committed bytes.
    let mut made: Vec<_> = corpus(target).into_iter().map(|input| (file_name(target, &input), input.1)).collect();
    made.sort();
    for (wanted, found) in made.iter().zip(&files) {
        assert_eq!(wanted.0, found.0, "write the corpus of {} anew: cargo run -p local-node-fuzz", target.name);
        assert!(wanted.1 == found.1, "{}/{} has other bytes now", target.name, wanted.0);
    }
    assert_eq!(made.len(), files.len());
    let verdicts: BTreeSet<&str> = files.iter().filter_map(|(name, _)| name.rsplit('.').next()).collect();
    assert_eq!(verdicts.len(), 2, "{} takes some and refuses some", target.name);
    files.into_iter().map(|(_, bytes)| bytes).filter(|bytes| bytes.len() <= MAX_INPUT_BYTES).collect()
}

/// Mutates the corpus. Gives how many mutated inputs were taken.
fn fuzz(target: &Target, mut pool: Vec<Vec<u8>>, rounds: usize, seed: u64) -> usize {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut taken = 0;
    for _ in 0..rounds {
        let input = mutated(pool.choose(&mut rng).unwrap(), &pool, &mut rng);
        if run(target, &input) == Verdict::Taken {
            taken += 1;
            if pool.len() < MAX_POOL {
                pool.push(input);
            } else {
                let place = rng.gen_range(0..pool.len());
                pool[place] = input;
            }
        }
    }
    taken
}

#[test]
fn the_corpus_and_its_mutations_harm_no_decoder() {
    let rounds = usize::try_from(number("FUZZ_ROUNDS", ROUNDS as u64)).unwrap();
    let seed = number("FUZZ_SEED", 1);
    for target in &TARGETS {
        let begun = std::time::Instant::now();
        let pool = replay(target);
        let taken = fuzz(target, pool, rounds, seed);
        println!("{}: {taken} of {rounds} mutated inputs taken, {:?}", target.name, begun.elapsed());
        assert!(rounds < 1000 || taken * 200 > rounds, "mutations of {} do not reach far: {taken}", target.name);
    }
}

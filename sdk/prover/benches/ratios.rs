//! This crate's figures beside the stock crate's, measured in one run, on the same work.
//!
//! `cargo bench -p dusk-sdk-prover` prints each figure beside its mark. `-- --short` takes smaller circuits, for which
//! not every mark is meant: it shows that the program runs.
#![allow(clippy::print_stdout, reason = "it is a program")]

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dusk_plonk::prelude::PublicParameters;

use dusk_sdk_circuit::{Assignment, Layout, catalogue, check};
use dusk_sdk_prover::{KeyStore, Keys, Origin, Parameters, SILENT, Stage, verify};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

#[path = "../tests/it/circuits.rs"]
mod circuits;
#[allow(unsafe_code, reason = "the stock crate's quick way to read parameters")]
#[path = "../tests/it/stock.rs"]
mod stock;

/// Rounds of a measurement; the best one counts. Work that takes the stock crate tens of seconds is run once there.
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, folder, rows] = arguments.as_slice()
        && mode == "--second"
    {
        return second(Path::new(folder), rows.parse().expect("the number of rows"));
    }
    let short = arguments.iter().any(|it| it == "--short");
    let (setup, gates) = if short { (1 << 11, 1 << 10) } else { (1 << 16, 1 << 14) };

    println!("{:<52} {:>12} {:>12} {:>9}  mark", "", "here", "stock", "");
    development(setup);
    proofs(gates);
    println!();
    println!("{:<52} {:>12} {:>12}", "gates", "here", "mark");
    for entry in catalogue() {
        println!("{:<52} {:>12} {:>12}", entry.name, entry.gates, entry.aim);
    }
}

fn development(gates: usize) {
    let here = best(ROUNDS, || Parameters::development(gates, SILENT).expect("within the limit"));
    let rng = || ChaCha20Rng::from_seed([7; 32]);
    let stock = best(1, || PublicParameters::setup(gates, &mut rng()).expect("within the limit"));
    ratio(&format!("development parameters for {gates} gates"), here, stock, "at least 15 times as fast");
}

fn proofs(gates: usize) {
    // The gates that the proof system adds, and a few so that the stock crate does with parameters of the same size.
    let rows = gates - 16;
    let (layout, assignment) = circuits::every_kind(5, rows);
    let parameters = Parameters::development(gates, SILENT).expect("within the limit");
    let title = |what: &str| format!("{what} of {} gates", layout.gates());

    let mut kept = None;
    let here = best(ROUNDS, || kept = Some(Keys::<dusk_sdk_prover::Plonk>::compile(&layout, &parameters, SILENT)));
    let keys = kept.expect("a round was run").expect("the circuit fits");
    let mut kept = None;
    let stock_time = best(1, || kept = Some(stock::compile(&layout, &parameters)));
    let (prover, verifier) = kept.expect("a round was run");
    assert_eq!(verifier.to_bytes(), keys.verifier_key(), "both have the same keys");
    ratio(&title("keys"), here, stock_time, "");

    let proof = best(ROUNDS, || keys.prove(&layout, &assignment, SILENT).expect("the witness satisfies"));
    let rng = || ChaCha20Rng::from_seed([7; 32]);
    let stock_proof = best(ROUNDS, || stock::prove(&prover, &layout, &assignment, &mut rng()));
    ratio(&title("proof"), proof, stock_proof, "");
    let bytes = prover.to_bytes();
    let load = best(1, || dusk_plonk::prelude::Prover::try_from_bytes(&bytes).expect("its own bytes"));

    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = KeyStore::new(folder.path());
    let parameters = store.development(gates, SILENT).expect("within the limit").value;
    assert_eq!(store.keys(&layout, &parameters, SILENT).expect("the circuit fits").origin, Origin::Made);
    let found = best(ROUNDS, || {
        let parameters = store.development(gates, SILENT).expect("within the limit").value;
        assert_eq!(store.keys(&layout, &parameters, SILENT).expect("the circuit fits").origin, Origin::Found);
    });
    ratio("loading parameters and keys", found, load, "");

    let checked = best(10 * ROUNDS, || check(&layout, &assignment).expect("the witness satisfies"));
    part("check, as a part of a proof", checked, proof, "at most 1 %");
    let program = std::env::current_exe().expect("this program");
    let times: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let output = Command::new(&program).arg("--second").arg(folder.path()).arg(rows.to_string()).output();
            let output = String::from_utf8(output.expect("this program runs").stdout).expect("numbers");
            let mut numbers = output.split_whitespace().map(|it| it.parse::<f64>().expect("a number of seconds"));
            (numbers.next().expect("the whole"), numbers.next().expect("the proof"))
        })
        .collect();
    let whole = times.iter().map(|it| it.0).fold(f64::MAX, f64::min);
    let outside = times.iter().map(|it| it.0 - it.1).fold(f64::MAX, f64::min);
    part(
        "a second proof in a new process: outside proving",
        Duration::from_secs_f64(outside),
        Duration::from_secs_f64(whole),
        "under 5 %",
    );
}

/// A proof with what the folder holds: prints the seconds that it took in all, and those of proving alone.
fn second(folder: &Path, rows: usize) {
    // Describing the circuit and computing the wires is the business of the circuit's program.
    let (layout, assignment): (Layout, Assignment) = circuits::every_kind(6, rows);
    let start = Instant::now();
    let store = KeyStore::new(folder);
    let parameters = store.development(layout.gates(), SILENT).expect("within the limit");
    let keys = store.keys(&layout, &parameters.value, SILENT).expect("the circuit fits");
    assert_eq!((parameters.origin, keys.origin), (Origin::Found, Origin::Found), "nothing is made");
    let proving: Mutex<(Option<Instant>, Duration)> = Mutex::new((None, Duration::ZERO));
    let progress = |stage: Stage, _: f32| {
        let mut proving = proving.lock().expect("nobody panics");
        match (stage, proving.0) {
            (Stage::Prove, None) => proving.0 = Some(Instant::now()),
            (Stage::Prove, Some(start)) => proving.1 = start.elapsed(),
            _ => {}
        }
    };
    let proof = keys.value.prove(&layout, &assignment, &progress).expect("the witness satisfies");
    let whole = start.elapsed();
    verify(keys.value.verifier_key(), &proof, assignment.public()).expect("the proof holds");
    println!("{} {}", whole.as_secs_f64(), proving.into_inner().expect("nobody panics").1.as_secs_f64());
}

fn best<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let time = |_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    };
    (0..rounds).map(time).min().unwrap_or_default()
}

fn ratio(what: &str, here: Duration, stock: Duration, mark: &str) {
    let ratio = stock.as_secs_f64() / here.as_secs_f64();
    println!("{what:<52} {:>12} {:>12} {ratio:>8.1}×  {mark}", seconds(here), seconds(stock));
}

fn part(what: &str, part: Duration, whole: Duration, mark: &str) {
    let share = 100.0 * part.as_secs_f64() / whole.as_secs_f64();
    println!("{what:<52} {:>12} {:>12} {share:>8.2}%  {mark}", seconds(part), format!("of {}", seconds(whole)));
}

fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.2} ms", 1e3 * time.as_secs_f64())
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

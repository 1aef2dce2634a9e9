//! Runs simulations and prints what happened.

use std::io::{self, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use local_node_sim::keys::Scheme;
use local_node_sim::marks::Marks;
use local_node_sim::{Options, Outcome, measure, simulate};

const USAGE: &str = "usage: local-node-sim --seed N | --seeds A..B | --measure BLOCKS [--nodes N]   [--real]

--seed N          one run, and everything that happened in it
--seeds A..B      many runs, and those that failed
--measure BLOCKS  nodes without faults, and how fast they make blocks
--nodes N         how many nodes are measured (4)
--real            with the chain's signatures in place of ideal ones";

enum Command {
    Seed(u64),
    Seeds(Range<u64>),
    Measure(u64),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    let Some((command, nodes, scheme)) = parse(&arguments) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    let done = match command {
        Command::Seed(seed) => one(&mut out, seed, scheme),
        Command::Seeds(seeds) => many(&mut out, seeds, scheme),
        Command::Measure(blocks) => speed(&mut out, nodes, blocks, scheme),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // A closed pipe is no failure of the run, but its result is unknown.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn parse(arguments: &[String]) -> Option<(Command, usize, Scheme)> {
    let (mut command, mut nodes, mut scheme) = (None, 4, Scheme::Ideal);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => command = Some(Command::Seed(arguments.next()?.parse().ok()?)),
            "--seeds" => {
                let (from, to) = arguments.next()?.split_once("..")?;
                command = Some(Command::Seeds(from.parse().ok()?..to.parse().ok()?));
            }
            "--measure" => command = Some(Command::Measure(arguments.next()?.parse().ok()?)),
            "--nodes" => nodes = arguments.next()?.parse().ok().filter(|nodes| (1..=64).contains(nodes))?,
            "--real" => scheme = Scheme::Bls,
            _ => return None,
        }
    }
    Some((command?, nodes, scheme))
}

fn one(out: &mut impl Write, seed: u64, scheme: Scheme) -> io::Result<bool> {
    let (plan, report) = simulate(seed, Options { scheme, tell: true, ..Options::default() });
    writeln!(out, "seed {seed}\n{plan}\n")?;
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "\n{} blocks in {} ms, {} events; {}", report.height, report.time.0, report.events, report.marks)?;
    let digest: String = report.digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(out, "digest {digest}")?;
    match &report.outcome {
        Outcome::Final => writeln!(out, "final {} ms after the healing", report.healed_in.0)?,
        Outcome::Parted(why) => writeln!(out, "two final blocks, explained: {why}")?,
        Outcome::Undecidable => writeln!(out, "no committee can decide with the nodes that are alive")?,
        Outcome::Violated(violation) => writeln!(out, "VIOLATION {violation}")?,
    }
    Ok(!matches!(report.outcome, Outcome::Violated(_)))
}

fn many(out: &mut impl Write, seeds: Range<u64>, scheme: Scheme) -> io::Result<bool> {
    let begun = Instant::now();
    let (mut marks, mut failed, mut parted, mut undecidable, mut blocks) = (Marks::default(), 0_u64, 0_u64, 0_u64, 0);
    let count = seeds.end.saturating_sub(seeds.start);
    for seed in seeds {
        let (plan, report) = simulate(seed, Options { scheme, ..Options::default() });
        marks.add(&report.marks);
        blocks += report.height;
        match report.outcome {
            Outcome::Final => {}
            Outcome::Parted(why) => {
                parted += 1;
                writeln!(out, "seed {seed}: two final blocks, explained: {why}")?;
            }
            Outcome::Undecidable => undecidable += 1,
            Outcome::Violated(violation) => {
                failed += 1;
                writeln!(out, "seed {seed}: VIOLATION {violation}\n{plan}\n")?;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(
        out,
        "{count} runs, {blocks} blocks, {seconds:.1} s: {failed} failed, {parted} parted, {undecidable} undecidable"
    )?;
    writeln!(out, "{marks}")?;
    writeln!(out, "never: {:?}", marks.missing())?;
    Ok(failed == 0)
}

fn speed(out: &mut impl Write, nodes: usize, blocks: u64, scheme: Scheme) -> io::Result<bool> {
    let begun = Instant::now();
    match measure(nodes, blocks, scheme) {
        Ok(report) => {
            let seconds = begun.elapsed().as_secs_f64();
            #[allow(clippy::cast_precision_loss, reason = "a number of blocks is small")]
            let rate = report.height as f64 / seconds * 60.0;
            writeln!(
                out,
                "{nodes} nodes, {scheme:?}: {} blocks in {seconds:.1} s: {rate:.0} blocks a minute",
                report.height
            )?;
            Ok(true)
        }
        Err(violation) => {
            writeln!(out, "VIOLATION {violation}")?;
            Ok(false)
        }
    }
}

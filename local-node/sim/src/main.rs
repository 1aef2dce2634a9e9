//! Runs simulations and measurements and prints what came of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use local_node_sim::keys::Scheme;
use local_node_sim::ledger::Machine;
use local_node_sim::marks::Marks;
use local_node_sim::measure::{self, Measurement};
use local_node_sim::{Options, Outcome, diagram, draw, run, shrink, simulate};

const USAGE: &str = "usage: local-node-sim --seed N [--mixed | [--real] [--vm real|model]] [--out FOLDER]
       local-node-sim --seeds A..B [--mixed | [--real] [--vm real|model]] [--out FOLDER]
       local-node-sim measure size|attestation|delay|silence|speed|all [--out FOLDER | --page FILE]

--seed N      runs one network, and prints all its events
--seeds A..B  runs a network for each seed from A to B - 1, and prints the plans that fail; progress goes to stderr
measure WHAT  prints a table, and writes a plot as SVG
--real        signs with BLS, as the chain does, instead of with hashes (ideal signatures)
--vm real     runs the shipped ledger and virtual machine instead of the model; their folders are in TMPDIR
--mixed       lets the seed choose: BLS signatures in a tenth of the runs, the virtual machine in a twentieth
--out FOLDER  writes pictures to this folder; by default to the current one
--page FILE   writes each table into this Markdown page, which shows the plots, and each plot beside the page

If a run fails, the simulator searches a smaller plan that fails as well, and draws the end of that run as SVG.";

/// After so many runs of many, progress is told.
const TOLD_RUNS: u64 = 100;

enum Command {
    Seed(u64),
    Seeds(Range<u64>),
    Measure(Vec<Measurement>),
}

struct Arguments {
    command: Command,
    kind: Kind,
    folder: PathBuf,
    page: Option<PathBuf>,
}

/// The options of runs.
#[derive(Clone, Copy)]
enum Kind {
    Of(Options),
    /// The seed decides.
    Mixed,
}

impl Kind {
    fn options(self, seed: u64) -> Options {
        match self {
            Self::Of(options) => options,
            Self::Mixed => Options::mixed(seed),
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    let Some(Arguments { command, kind, folder, page }) = parse(&arguments) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    let done = match command {
        Command::Seed(seed) => one(&mut out, seed, kind.options(seed), &folder),
        Command::Seeds(seeds) => many(&mut out, seeds, kind, &folder),
        Command::Measure(what) => what.into_iter().try_fold(true, |good, what| {
            measured(&mut out, what, &folder, page.as_deref())?;
            Ok(good)
        }),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the arguments; `None` for any that the usage does not show, such as one that is given twice.
fn parse(arguments: &[String]) -> Option<Arguments> {
    let (mut command, mut scheme, mut machine, mut mixed) = (None, None, None, None);
    let (mut folder, mut page) = (None, None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => once(&mut command, Command::Seed(arguments.next()?.parse().ok()?))?,
            "--seeds" => {
                let (from, to) = arguments.next()?.split_once("..")?;
                let seeds: Range<u64> = from.parse().ok()?..to.parse().ok()?;
                let seeds = Some(seeds).filter(|seeds| !seeds.is_empty())?;
                once(&mut command, Command::Seeds(seeds))?;
            }
            "measure" => {
                let wanted = arguments.next()?;
                let chosen = Measurement::ALL.into_iter().filter(|it| wanted == "all" || wanted == it.name());
                let chosen = Some(chosen.collect::<Vec<_>>()).filter(|chosen| !chosen.is_empty())?;
                once(&mut command, Command::Measure(chosen))?;
            }
            "--real" => once(&mut scheme, Scheme::Bls)?,
            "--mixed" => once(&mut mixed, Kind::Mixed)?,
            "--vm" => {
                let wanted = match arguments.next()?.as_str() {
                    "real" => Machine::Real,
                    "model" => Machine::Model,
                    _ => return None,
                };
                once(&mut machine, wanted)?;
            }
            "--out" => once(&mut folder, PathBuf::from(arguments.next()?))?,
            "--page" => once(&mut page, PathBuf::from(arguments.next()?))?,
            _ => return None,
        }
    }
    let command = command?;
    let is_of_one_kind = scheme.is_some() || machine.is_some();
    let fits = match command {
        Command::Measure(_) => mixed.is_none() && !is_of_one_kind && (folder.is_none() || page.is_none()),
        Command::Seed(_) | Command::Seeds(_) => page.is_none() && (mixed.is_none() || !is_of_one_kind),
    };
    if !fits {
        return None;
    }
    let (scheme, machine) = (scheme.unwrap_or_default(), machine.unwrap_or_default());
    let kind = mixed.unwrap_or(Kind::Of(Options { scheme, machine, ..Options::default() }));
    Some(Arguments { command, kind, folder: folder.unwrap_or_else(|| PathBuf::from(".")), page })
}

/// Takes a value that may be given once; `None` when there is one already.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// Measures one thing, prints the table and draws the plot. Where a page shows them, both go there: they come of the
/// same values.
fn measured(out: &mut impl Write, what: Measurement, folder: &Path, page: Option<&Path>) -> io::Result<()> {
    let (result, file) = (measure::run(what), what.file());
    writeln!(out, "{}", result.table)?;
    if let Some(page) = page {
        let text = measure::with_table(&fs::read_to_string(page)?, &file, &result.table);
        let missing = || io::Error::other(format!("{} shows no {file} after a table", page.display()));
        fs::write(page, text.ok_or_else(missing)?)?;
    }
    let folder = page.map_or(folder, |page| page.parent().unwrap_or(folder));
    fs::write(folder.join(file), result.plot)
}

fn one(out: &mut impl Write, seed: u64, options: Options, folder: &Path) -> io::Result<bool> {
    let (plan, report) = simulate(seed, Options { tell: true, ..options });
    writeln!(out, "seed {seed}, signatures {:?}, machine {:?}\n{plan}\n", options.scheme, options.machine)?;
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "\n{} blocks in {} ms, {} events; {}", report.height, report.time.0, report.events, report.marks)?;
    let digest: String = report.digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(out, "digest {digest}")?;
    match &report.outcome {
        Outcome::Final => writeln!(out, "final {} ms after the healing", report.healed_in.0)?,
        Outcome::Parted(why) => writeln!(out, "two final blocks, which the protocol cannot prevent: {why}")?,
        Outcome::Undecidable => writeln!(out, "no committee can decide with the nodes that are alive")?,
        Outcome::Unsettled(why) => writeln!(out, "no block becomes final, which the protocol cannot prevent: {why}")?,
        Outcome::Violated(violation) => {
            writeln!(out, "VIOLATION {violation}")?;
            tell_shrunk(out, seed, options, folder)?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Shrinks a seed that fails, prints what is left of its plan, and draws its end.
fn tell_shrunk(out: &mut impl Write, seed: u64, options: Options, folder: &Path) -> io::Result<()> {
    let (plan, rng) = draw(seed);
    let Some(shrunk) = shrink::shrink(&plan, &rng, options) else { return Ok(()) };
    writeln!(
        out,
        "\na smaller plan that fails with the random numbers of seed {seed}, found in {} runs:\n{}",
        shrunk.runs, shrunk.plan
    )?;
    if let Outcome::Violated(violation) = &shrunk.report.outcome {
        writeln!(out, "VIOLATION {violation}")?;
    }
    let path = folder.join(format!("simulation-{seed}.svg"));
    fs::write(&path, diagram::draw(&format!("seed {seed}, shrunk"), &shrunk.plan, &shrunk.report))?;
    writeln!(out, "picture: {}", path.display())
}

fn many(out: &mut impl Write, seeds: Range<u64>, kind: Kind, folder: &Path) -> io::Result<bool> {
    let begun = Instant::now();
    let (mut failed, mut parted, mut undecidable, mut unsettled, mut blocks) = (0_u64, 0_u64, 0_u64, 0_u64, 0);
    let (mut marks, mut adversaries, mut kinds) = (Marks::default(), 0_u64, BTreeMap::<_, u64>::new());
    let (first, count) = (seeds.start, seeds.end.saturating_sub(seeds.start));
    for seed in seeds {
        let ((plan, rng), options) = (draw(seed), kind.options(seed));
        let done = seed - first;
        if done > 0 && done.is_multiple_of(TOLD_RUNS) {
            let seconds = begun.elapsed().as_secs_f64();
            writeln!(io::stderr(), "{done} of {count} runs, {blocks} blocks, {seconds:.0} s, {failed} failed")?;
        }
        // A broken invariant of a core ends its run, and is a failure as any other.
        let Ok(report) = catch_unwind(AssertUnwindSafe(|| run(&plan, rng, options))) else {
            failed += 1;
            writeln!(
                out,
                "seed {seed}: PANIC, signatures {:?}, machine {:?}\n{plan}",
                options.scheme, options.machine
            )?;
            continue;
        };
        marks.add(&report.marks);
        *kinds.entry(format!("signatures {:?}, machine {:?}", options.scheme, options.machine)).or_default() += 1;
        adversaries += u64::from(plan.adversary.is_some());
        blocks += report.height;
        match report.outcome {
            Outcome::Final => {}
            Outcome::Parted(why) => {
                parted += 1;
                writeln!(out, "seed {seed}: two final blocks, which the protocol cannot prevent: {why}")?;
            }
            Outcome::Undecidable => undecidable += 1,
            Outcome::Unsettled(why) => {
                unsettled += 1;
                writeln!(out, "seed {seed}: no block becomes final, which the protocol cannot prevent: {why}")?;
            }
            Outcome::Violated(violation) => {
                failed += 1;
                writeln!(out, "seed {seed}: VIOLATION {violation}\n{plan}")?;
                tell_shrunk(out, seed, options, folder)?;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(
        out,
        "{count} runs, {adversaries} with an adversary, {blocks} blocks, {seconds:.1} s: {failed} failed, \
         {parted} with two final blocks, {undecidable} without a possible quorum, {unsettled} without finality"
    )?;
    for (kind, count) in kinds {
        writeln!(out, "{count} runs with {kind}")?;
    }
    writeln!(out, "{marks}")?;
    writeln!(out, "never reached: {:?}", marks.missing())?;
    Ok(failed == 0)
}

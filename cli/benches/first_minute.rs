//! The first minute of a project: compiled packages from `new` to passing tests, and how long each one takes.
//!
//! `cargo bench -p cargo-dusk --bench first_minute` makes a project of each measured template, in a folder where
//! nothing is compiled, and runs `build` and `test` there. It prints the time of each command beside its mark, and the
//! processor time of each package. `-- --short` takes the smallest template alone.
//!
//! cargo starts this program in place of the compiler (`RUSTC_WRAPPER`): it runs the compiler and notes what it took.
//! Processor time compares between machines with other work; the time of a command does not.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

#[path = "shared/command.rs"]
mod command;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::command::PROGRAM;

/// The templates, and the time from `new` to passing tests that each is held against, on two cores.
const TEMPLATES: [(&str, Duration); 2] =
    [("counter", Duration::from_secs(30)), ("restricted-token", Duration::from_secs(75))];
/// The variable that names the file for the notes; it is set where this program runs as the compiler.
const NOTES_VARIABLE: &str = "DUSK_FIRST_MINUTE_NOTES";
/// The unit of processor times in `/proc`.
const TICKS_PER_SECOND: f64 = 100.0;
/// The most packages of a template that are printed.
const MAX_ROWS: usize = 25;

fn main() -> Result<ExitCode> {
    if let Some(notes) = std::env::var_os(NOTES_VARIABLE) {
        let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        return compile(Path::new(&notes), &arguments);
    }
    let short = std::env::args().any(|argument| argument == "--short");
    for (template, mark) in TEMPLATES.iter().take(if short { 1 } else { TEMPLATES.len() }) {
        measure(template, *mark)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the compiler, and notes the crate, the target and the processor time.
fn compile(notes: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    let (compiler, arguments) = arguments.split_first().context("cargo names the compiler")?;
    let status = Command::new(compiler).args(arguments).status().context("cannot start the compiler")?;
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        Some(arguments.get(place + 1)?.to_string_lossy().into_owned())
    };
    if let Some(crate_name) = value("--crate-name").filter(|name| name != "___") {
        // A build script's crate is called alike in all packages.
        let package = std::env::var("CARGO_PKG_NAME").unwrap_or(crate_name);
        let target = if value("--target").is_some() { "wasm" } else { "native" };
        let mut file = OpenOptions::new().create(true).append(true).open(notes)?;
        // One write, so that compilers which end at once do not mix their lines.
        file.write_all(format!("{package} {target} {}\n", children_seconds()?).as_bytes())?;
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The processor time of the programs that this one has started and that have ended.
fn children_seconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("processor times need Linux")?;
    // After the name, which may hold spaces: the state is the third field of the line, `cutime` and `cstime` the 16th
    // and 17th.
    let fields: Vec<&str> =
        text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = fields.get(13..15).context("two times")?.iter().map(|field| field.parse::<f64>());
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_SECOND)
}

fn measure(template: &str, mark: Duration) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    run(folder.path(), folder.path(), &["new", "project", "--template", template], None)?;
    let project = folder.path().join("project");
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    let mut steps = Vec::new();
    for (number, command) in ["build", "test"].into_iter().enumerate() {
        let notes = folder.path().join(command);
        let before = Instant::now();
        run(folder.path(), &project, &[command], Some(&notes))?;
        steps.push(before.elapsed());
        for line in fs::read_to_string(&notes).context("the compiler was asked for something")?.lines() {
            let [package, target, seconds] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
            let seconds: f64 = seconds.parse()?;
            let package = packages.entry(package.to_owned()).or_default();
            package.seconds[number] += seconds;
            package.compilations[usize::from(target == "wasm")] += 1;
        }
    }
    let (total, met) = (begun.elapsed(), begun.elapsed() < mark);
    println!(
        "{template}: new to passing tests {:.1} s, mark {} s, {} · build {:.1} s, test {:.1} s",
        total.as_secs_f64(),
        mark.as_secs(),
        if met { "met" } else { "missed" },
        steps[0].as_secs_f64(),
        steps[1].as_secs_f64(),
    );
    print(&packages);
    Ok(())
}

/// The compiled units of a package.
#[derive(Debug, Default)]
struct Package {
    /// Processor time of `build` and of `test`.
    seconds: [f64; 2],
    /// How often, for this machine and for WASM. Build scripts, libraries and tests count alike.
    compilations: [u32; 2],
}

fn print(packages: &BTreeMap<String, Package>) {
    let mut rows: Vec<_> = packages.iter().collect();
    rows.sort_by(|(_, one), (_, other)| other.seconds.iter().sum::<f64>().total_cmp(&one.seconds.iter().sum()));
    println!("{:>28}  {:>8} {:>8}  {:>7} {:>5}", "seconds of processor time", "in build", "in test", "native", "wasm");
    let row = |name: &str, [build, test]: [f64; 2], [native, wasm]: [u32; 2]| {
        println!("{name:>28}  {build:>8.1} {test:>8.1}  {native:>6}× {wasm:>4}×");
    };
    let sum = |packages: &[(&String, &Package)]| {
        packages.iter().fold(([0.0; 2], [0; 2]), |(seconds, compilations), (_, package)| {
            (
                [seconds[0] + package.seconds[0], seconds[1] + package.seconds[1]],
                [compilations[0] + package.compilations[0], compilations[1] + package.compilations[1]],
            )
        })
    };
    let (shown, others) = rows.split_at(rows.len().min(MAX_ROWS));
    shown.iter().for_each(|(name, package)| row(name, package.seconds, package.compilations));
    let (seconds, compilations) = sum(others);
    row(&format!("{} others", others.len()), seconds, compilations);
    let (seconds, compilations) = sum(&rows);
    row("all", seconds, compilations);
    println!();
}

/// Runs `cargo dusk` with these words, with this program as the compiler where there is a file for its notes.
fn run(home: &Path, folder: &Path, words: &[&str], notes: Option<&Path>) -> Result<()> {
    let mut command = command::dusk(Path::new(PROGRAM), home, folder, words);
    if let Some(notes) = notes {
        command.env("RUSTC_WRAPPER", std::env::current_exe()?).env(NOTES_VARIABLE, notes);
    }
    command::run(command).map(drop)
}

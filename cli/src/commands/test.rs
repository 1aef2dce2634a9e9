//! `cargo dusk test`

mod gas;
mod observer;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::{ArgAction, Args};
use serde_json::{Value, json};

use crate::error::{Exit, Fault, nearest};
use crate::figures::{count, grouped, time};
use crate::ops::build::artifact::Artifact;
use crate::ops::build::{self, Recipe};
use crate::ops::chain::connection::Chain;
use crate::ops::chain::names;
use crate::ops::project::Project;
use crate::ops::testing::calltree::{Deed, Reader, Teller};
use crate::ops::testing::gas::{Change, GasTable, Snapshot};
use crate::ops::testing::network::NetworkChains;
use crate::ops::testing::proof_times::ProofTime;
use crate::ops::testing::proofs::{ProofMode, TestProofs};
use crate::ops::testing::runs::{self, Program, ProofCount, Selection, Status, TestResult, TestRun};
use crate::output::{Tone, Ui};
use crate::table::{Side, Table};

/// `test`
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Runs only tests whose names contain this text.
    pub(crate) filter: Option<String>,
    /// Runs only tests whose whole name equals the filter.
    #[arg(long, requires = "filter")]
    pub(crate) exact: bool,
    /// Runs only observer tests, which check that public data does not depend on private values, and shows the data
    /// that each compared.
    #[arg(long)]
    pub(crate) observer: bool,
    /// Lists the tests without running them.
    #[arg(long)]
    pub(crate) list: bool,
    /// Shows the contract calls of failed tests; `-vv` shows those of all tests, with logs and the locations of panics.
    #[arg(long, short, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Also shows the output of passed tests. `-- --nocapture` does the same.
    #[arg(long)]
    pub(crate) show_output: bool,
    /// Builds the contracts with logging, and shows their logs.
    #[arg(long)]
    pub(crate) logs: bool,
    /// Shows the gas of each contract and function.
    #[arg(long)]
    pub(crate) gas: bool,
    /// Writes the gas of tests, functions and deployments to this file, for `--check`.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Compares the gas with a file from `--save`; fails if the difference exceeds `--tolerance`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "filter"])]
    pub(crate) check: Option<PathBuf>,
    /// Accepted difference from the saved gas, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, requires = "check", value_parser = percent)]
    pub(crate) tolerance: f64,
    /// Kind of proofs in tests: `mock` checks all constraints and makes a proof that only the test host accepts; `real`
    /// makes a PLONK proof. By default `mock`, or `real` with `--network`.
    #[arg(long, value_enum)]
    pub(crate) proofs: Option<ProofMode>,
    /// Runs the tests on this network instead of the built-in test host: `local`, `devnet`, a name from dusk.toml, or
    /// the URL of a node. Skips observer tests and tests that use `mine`, `snapshot`, `in_one_block` or feeds.
    #[arg(long, value_name = "NAME|URL", conflicts_with_all = ["logs", "gas", "save", "check"])]
    pub(crate) network: Option<String>,
    /// Number of tests to run in parallel; test programs then run one after the other. By default one test per
    /// processor in each program, or 16 on a network.
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Time limit for each test, in seconds; 0 means no limit. By default 60, or 1800 with real proofs or on a network.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) timeout: Option<u64>,
    /// Stops at the first failed test.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Installs missing tools without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Arguments to pass on to the test programs.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

/// How long a test may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a test may take that waits for real proofs, or for blocks of a network.
const TIMEOUT_WITH_PROOFS: Duration = Duration::from_secs(1800);
/// How many tests run at a time on a network: they mostly wait for blocks.
const JOBS_ON_NETWORK: u16 = 16;

/// The arguments of test programs by which people see what passed tests print.
const SHOW_OUTPUT: [&str; 3] = ["--show-output", "--nocapture", "--no-capture"];

impl Test {
    /// The proofs that tests get. Nodes accept real ones only.
    fn proofs(&self) -> ProofMode {
        self.proofs.unwrap_or(if self.network.is_some() { ProofMode::Real } else { ProofMode::Mock })
    }

    /// How long a test may take; `None`: as long as it likes.
    pub(crate) fn time(&self) -> Option<Duration> {
        let is_slow = self.proofs() == ProofMode::Real || self.network.is_some();
        let usual = if is_slow { TIMEOUT_WITH_PROOFS } else { TIMEOUT };
        Some(self.timeout.map_or(usual, Duration::from_secs)).filter(|time| !time.is_zero())
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("a tolerance is a number from 0 to 100".to_owned()),
    }
}

pub(super) fn run(project: &Project, options: &Test, ui: &Ui) -> Result<ExitCode> {
    if options.network.is_some() && options.proofs == Some(ProofMode::Mock) {
        return Err(Fault::usage("nodes accept no mock proofs", "leave `--proofs` out: on a network proofs are real"));
    }
    let chain = options.network.as_deref().map(|network| Chain::connect(project, Some(network))).transpose()?;
    let payer = match &chain {
        Some(chain) => Some(names::signer(&project.settings, project.settings.signer(None), chain.id)?),
        None => None,
    };
    // On a network contracts run as they are deployed, without logs.
    let logs = options.network.is_none() && (options.logs || options.verbose > 1);
    let recipe = Recipe { logs, small: project.settings.build.small && !logs, ..Recipe::of(project) };
    let built = build::build_as(project, ui, options.yes, recipe)?;
    ui.step("Compiling", "the tests");
    let programs = runs::programs(project, ui)?;
    // Uncaptured, what tests print would stand in the middle of the lines that tell their results.
    let (uncaptured, arguments): (Vec<_>, Vec<_>) =
        options.arguments.iter().cloned().partition(|argument| SHOW_OUTPUT.contains(&&**argument));
    let selection = Selection {
        filter: options.filter.as_deref(),
        exact: options.exact,
        observer: options.observer,
        jobs: options.jobs.or(chain.is_some().then_some(JOBS_ON_NETWORK)),
        time: options.time(),
        fail_fast: options.fail_fast,
        show_output: options.show_output || !uncaptured.is_empty(),
        arguments: &arguments,
    };
    if options.list {
        return list(&programs, selection, ui);
    }
    let proofs = TestProofs::new(options.proofs(), recipe.crs, &built.keys, Arc::new(ui.clone()))?;
    let times = proofs.times();
    let host = match (chain, payer) {
        (Some(chain), Some(payer)) => {
            ui.step("Testing", format_args!("on chain {} at {}", chain.id, chain.client.url()));
            let proofs = Arc::new(proofs);
            runs::start_host_on(NetworkChains::new(chain.client, chain.id, payer, &built.artifacts, proofs))?
        }
        _ => runs::start_host(&built.artifacts, proofs)?,
    };
    let run = {
        let _waiting = ui.waiting("running the tests");
        runs::run(&programs, host, selection)?
    };
    let deeds = deeds(&run, &built.artifacts, options)?;
    say(&run, &deeds, options, ui);
    let proofs = times.all();
    say_proofs(&proofs, ui);
    if run.results.is_empty() && run.broken.is_empty() {
        return Err(nothing_ran(options, &programs, selection)?);
    }
    let weighed = weigh(&run, options, &built.artifacts, ui)?;
    ui.document(&document(&run, &deeds, &proofs, weighed.as_ref()));
    let over = weighed.iter().flat_map(|weighed| &weighed.changes).any(|change| change.over);
    if over && run.is_green() {
        ui.warn("the gas differs from the record; if you expect that, update the record with `--save`");
    }
    Ok(if run.is_green() && !over { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed as u8) })
}

fn list(programs: &[Program], selection: Selection<'_>, ui: &Ui) -> Result<ExitCode> {
    let names = runs::list(programs, selection)?;
    for (program, name) in &names {
        ui.line(format_args!("{program}::{name}"));
    }
    let tests: Vec<Value> = names.iter().map(|(program, name)| json!({ "program": program, "name": name })).collect();
    ui.document(&json!({ "tests": tests }));
    Ok(ExitCode::SUCCESS)
}

/// A name that selects nothing is an error: it would pass in continuous integration for ever.
fn nothing_ran(options: &Test, programs: &[Program], selection: Selection<'_>) -> Result<anyhow::Error> {
    let Some(filter) = &options.filter else {
        if options.observer {
            return Ok(Fault::usage(
                "there are no observer tests",
                "add functions with `#[dusk_sdk::test(observer)]`: the chapter \"Testing\" of the book has an example",
            ));
        }
        return Ok(Fault::usage("there are no tests", "add functions with `#[dusk_sdk::test]` to the folder tests"));
    };
    let all = runs::list(programs, Selection { filter: None, exact: false, ..selection })?;
    let hint = nearest(filter, all.iter().map(|(_, name)| name.as_str())).map_or_else(
        || format!("`cargo dusk test --list` shows the {}", count(all.len(), "test")),
        |name| format!("did you mean `{name}`?"),
    );
    let how = if options.exact { "has the name" } else { "has a name with" };
    Ok(Fault::usage(format!("no test {how} `{filter}`"), hint))
}

/// Whether the calls of a test are shown: of those that fail, or of all.
fn shows_calls(result: &TestResult, options: &Test) -> bool {
    options.verbose > 1 || options.verbose == 1 && result.status == Status::Failed
}

/// By test, what it did, as far as calls or logs are shown.
fn deeds(run: &TestRun, artifacts: &[Artifact], options: &Test) -> Result<BTreeMap<String, Vec<Deed>>> {
    let shown = |result: &&TestResult| options.logs || shows_calls(result, options);
    let shown: Vec<String> = run.results.iter().filter(shown).map(TestResult::full_name).collect();
    if shown.is_empty() {
        return Ok(BTreeMap::new());
    }
    let read = |artifact: &Artifact| Ok((artifact.name.clone(), Reader::of(artifact)?));
    let readers: BTreeMap<String, Reader> = artifacts.iter().map(read).collect::<Result<_>>()?;
    let mut deeds: BTreeMap<String, Vec<Deed>> = BTreeMap::new();
    for seen in run.report.tests.iter().filter(|seen| shown.contains(&seen.test)) {
        deeds.entry(seen.test.clone()).or_default().extend(Teller::new(&readers, seen).deeds(seen));
    }
    Ok(deeds)
}

/// The options about gas.
struct Weighed {
    table: GasTable,
    changes: Vec<Change>,
}

fn weigh(run: &TestRun, options: &Test, artifacts: &[Artifact], ui: &Ui) -> Result<Option<Weighed>> {
    if !options.gas && options.save.is_none() && options.check.is_none() {
        return Ok(None);
    }
    let bytes = |name: &str| artifacts.iter().find(|artifact| artifact.name == name).map_or(0, |found| found.bytes);
    let table = GasTable::of(&run.report, bytes);
    if options.gas {
        gas::say(&table, ui);
    }
    let snapshot = Snapshot::of(&run.results, &table);
    if let Some(path) = options.save.as_deref().filter(|_| run.is_green()) {
        gas::save(path, &snapshot, ui)?;
    }
    let changes = match &options.check {
        Some(path) => gas::compare(path, &snapshot, options.tolerance)?,
        None => Vec::new(),
    };
    gas::say_changes(&changes, ui);
    Ok(Some(Weighed { table, changes }))
}

fn document(
    run: &TestRun,
    deeds: &BTreeMap<String, Vec<Deed>>,
    proofs: &[ProofTime],
    weighed: Option<&Weighed>,
) -> Value {
    let test = |result: &TestResult| {
        let mut document = serde_json::to_value(result).expect("results have text keys");
        if let Some(deeds) = deeds.get(&result.full_name()) {
            document["transactions"] = serde_json::to_value(deeds).expect("trees have text keys");
        }
        document
    };
    let mut document = json!({
        "passed": run.count(Status::Passed),
        "failed": run.count(Status::Failed),
        "ignored": run.count(Status::Ignored),
        "skipped": run.count(Status::Skipped),
        "milliseconds": u64::try_from(run.elapsed.as_millis()).unwrap_or(u64::MAX),
        "tests": run.results.iter().map(test).collect::<Vec<_>>(),
        "broken": run.broken.iter().map(|(program, output)| json!({ "program": program, "output": output })).collect::<Vec<_>>(),
    });
    if !proofs.is_empty() {
        document["proofs"] = json!(proofs);
    }
    if let Some(Weighed { table, changes }) = weighed {
        document["gas"] = json!({ "functions": table.functions, "deploys": table.deploys, "untraced": table.untraced });
        document["gas_changes"] = json!(changes);
    }
    document
}

fn say(run: &TestRun, deeds: &BTreeMap<String, Vec<Deed>>, options: &Test, ui: &Ui) {
    let several = run.results.iter().any(|result| result.program != run.results[0].program);
    let name = |result: &TestResult| if several { result.full_name() } else { result.name.clone() };
    let width = run.results.iter().map(|result| name(result).chars().count()).max().unwrap_or_default();
    let gas = |result: &TestResult| result.gas.map(grouped);
    let gas_width = run.results.iter().filter_map(gas).map(|gas| gas.len()).max().unwrap_or_default();
    let proof_width = run.results.iter().map(|result| proofs(result.proofs).chars().count()).max().unwrap_or_default();
    for result in &run.results {
        let word = match result.status {
            Status::Passed => ui.toned(Tone::Good, "PASS"),
            Status::Failed => ui.toned(Tone::Bad, "FAIL"),
            Status::Ignored | Status::Skipped => ui.toned(Tone::Faint, "SKIP"),
        };
        if let Some(reason) = &result.reason {
            ui.line(format_args!("   {word} {:width$}  {reason}", name(result)));
            continue;
        }
        let figures = match (gas(result), result.milliseconds) {
            (Some(gas), Some(millis)) => {
                let proofs = proofs(result.proofs);
                let proofs = if proof_width == 0 { String::new() } else { format!(" · {proofs:proof_width$}") };
                format!("  gas {gas:>gas_width$}{proofs} · {millis:>3} ms")
            }
            _ => String::new(),
        };
        ui.line(format!("   {word} {:width$}{figures}", name(result)).trim_end());
        if let Some(compared) = result.observer.as_ref().filter(|_| options.observer) {
            observer::say(compared, ui);
        }
        let deeds = deeds.get(&result.full_name()).into_iter().flatten();
        if shows_calls(result, options) {
            deeds.for_each(|deed| tree::say(deed, ui));
        } else {
            deeds.filter_map(|deed| deed.call.as_ref()).for_each(|call| tree::say_logs(call, ui));
        }
    }
    for result in run.results.iter().filter(|it| it.status == Status::Failed || !it.output.is_empty()) {
        let tone = if result.status == Status::Failed { Tone::Bad } else { Tone::Faint };
        ui.line("");
        ui.line(format_args!("   {} {}", ui.toned(tone, "----"), name(result)));
        ui.block(&result.output);
    }
    for (program, output) in &run.broken {
        ui.line("");
        ui.line(format_args!("   {} {program} ended without a result", ui.toned(Tone::Bad, "----")));
        ui.block(output.trim());
    }
    if !run.results.is_empty() {
        let counted = |status, word| match run.count(status) {
            0 => String::new(),
            count => format!(", {count} {word}"),
        };
        let left_out = counted(Status::Ignored, "ignored") + &counted(Status::Skipped, "skipped");
        ui.line(format_args!(
            "   {} passed, {} failed{left_out} in {}",
            run.count(Status::Passed),
            run.count(Status::Failed),
            time(run.elapsed)
        ));
    }
}

/// The times of real proofs.
fn say_proofs(proofs: &[ProofTime], ui: &Ui) {
    let heads = ["circuit", "gates", "keys", "proofs", "alone", "processors", "time"];
    let side = |place| if place == 0 { Side::Whole } else { Side::Right };
    let columns: Vec<_> = heads.iter().enumerate().map(|(place, head)| (*head, side(place))).collect();
    let mut table = Table::new(&columns).indented(1);
    let shown = |millis: Option<u64>| millis.map_or_else(|| "–".to_owned(), |it| time(Duration::from_millis(it)));
    for it in proofs {
        table.row([
            it.circuit.clone(),
            grouped(it.gates),
            format!("2^{}", it.power),
            it.proofs.to_string(),
            it.alone.to_string(),
            shown(it.processor_milliseconds),
            shown(it.milliseconds),
        ]);
    }
    if !proofs.is_empty() {
        ui.line("");
    }
    table.print(ui);
    if proofs.iter().any(|it| it.alone < it.proofs) {
        ui.note("the times are medians of the proofs during which no other ran; with `--jobs 1` these are all proofs");
    }
}

/// `1 proof (mock)`
fn proofs(made: ProofCount) -> String {
    let kinds = [(made.mock, "mock"), (made.real, "real")].into_iter().filter(|(number, _)| *number > 0);
    kinds.map(|(number, kind)| format!("{} ({kind})", count(number, "proof"))).collect::<Vec<_>>().join(", ")
}

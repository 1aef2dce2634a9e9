//! `cargo dusk test`

mod gas;
mod tree;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::args::Test;
use crate::error::{Exit, Fault, nearest};
use crate::ops::artifact::Artifact;
use crate::ops::build::{self, Recipe};
use crate::ops::calltree::{Deed, Reader, Teller};
use crate::ops::gas::{Change, GasTable, Snapshot};
use crate::ops::project::Project;
use crate::ops::proofs::TestProofs;
use crate::ops::testing;
use crate::ops::testing::{Program, ProofCount, Selection, Status, TestResult, TestRun};
use crate::output::{Tone, Ui, count, grouped, time};

pub(super) fn run(project: &Project, options: &Test, ui: &Ui) -> Result<ExitCode> {
    let logs = options.logs || options.verbose > 1;
    let recipe = Recipe { logs, small: project.settings.build.small && !logs, ..Recipe::of(project) };
    let built = build::build_as(project, ui, options.yes, recipe)?;
    ui.step("Compiling", "the tests");
    let programs = testing::programs(project)?;
    let selection = Selection {
        filter: options.filter.as_deref(),
        exact: options.exact,
        jobs: options.jobs,
        time: options.time(),
        fail_fast: options.fail_fast,
        arguments: &options.arguments,
    };
    if options.list {
        return list(&programs, selection, ui);
    }
    let proofs = TestProofs::new(options.proofs, recipe.crs, &built.keys, ui)?;
    let host = testing::start_host(&built.artifacts, proofs)?;
    let run = {
        let _waiting = ui.waiting("running the tests");
        testing::run(&programs, host, selection)?
    };
    let deeds = deeds(&run, &built.artifacts, options)?;
    say(&run, &deeds, options, ui);
    if run.results.is_empty() && run.broken.is_empty() {
        return Err(nothing_ran(options, &programs, selection)?);
    }
    let weighed = weigh(&run, options, &built.artifacts, ui)?;
    ui.document(&document(&run, &deeds, weighed.as_ref()));
    let over = weighed.iter().flat_map(|weighed| &weighed.changes).any(|change| change.over);
    if over && run.is_green() {
        ui.warn("the gas is not what the record says; write it anew with `--save` if that is meant");
    }
    Ok(if run.is_green() && !over { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed as u8) })
}

fn list(programs: &[Program], selection: Selection<'_>, ui: &Ui) -> Result<ExitCode> {
    let names = testing::list(programs, selection)?;
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
        return Ok(Fault::usage(
            "there are no tests",
            "put some into the folder tests; `#[dusk_sdk::test]` marks them",
        ));
    };
    let all = testing::list(programs, Selection { filter: None, exact: false, ..selection })?;
    let hint = nearest(filter, all.iter().map(|(_, name)| name.as_str())).map_or_else(
        || format!("`cargo dusk test --list` shows the {}", count(all.len(), "test")),
        |name| format!("did you mean `{name}`?"),
    );
    let how = if options.exact { "is named" } else { "has in its name" };
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

/// What was asked about gas.
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

fn document(run: &TestRun, deeds: &BTreeMap<String, Vec<Deed>>, weighed: Option<&Weighed>) -> Value {
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
        "milliseconds": u64::try_from(run.elapsed.as_millis()).unwrap_or(u64::MAX),
        "tests": run.results.iter().map(test).collect::<Vec<_>>(),
        "broken": run.broken.iter().map(|(program, output)| json!({ "program": program, "output": output })).collect::<Vec<_>>(),
    });
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
            Status::Ignored => ui.toned(Tone::Faint, "SKIP"),
        };
        let figures = match (gas(result), result.milliseconds) {
            (Some(gas), Some(millis)) => {
                let proofs = proofs(result.proofs);
                let proofs = if proof_width == 0 { String::new() } else { format!(" · {proofs:proof_width$}") };
                format!("  gas {gas:>gas_width$}{proofs} · {millis:>3} ms")
            }
            _ => String::new(),
        };
        ui.line(format!("   {word} {:width$}{figures}", name(result)).trim_end());
        let deeds = deeds.get(&result.full_name()).into_iter().flatten();
        if shows_calls(result, options) {
            deeds.for_each(|deed| tree::say(deed, ui));
        } else {
            deeds.filter_map(|deed| deed.call.as_ref()).for_each(|call| tree::say_logs(call, ui));
        }
    }
    for result in run.results.iter().filter(|result| result.status == Status::Failed) {
        ui.line("");
        ui.line(format_args!("   {} {}", ui.toned(Tone::Bad, "----"), name(result)));
        ui.block(&result.output);
    }
    for (program, output) in &run.broken {
        ui.line("");
        ui.line(format_args!("   {} {program} ended without a result", ui.toned(Tone::Bad, "----")));
        ui.block(output.trim());
    }
    if !run.results.is_empty() {
        let ignored = match run.count(Status::Ignored) {
            0 => String::new(),
            count => format!(", {count} ignored"),
        };
        ui.line(format_args!(
            "   {} passed, {} failed{ignored} in {}",
            run.count(Status::Passed),
            run.count(Status::Failed),
            time(run.elapsed)
        ));
    }
}

/// `1 proof (mock)`
fn proofs(made: ProofCount) -> String {
    let kinds = [(made.mock, "mock"), (made.real, "real")].into_iter().filter(|(number, _)| *number > 0);
    kinds.map(|(number, kind)| format!("{} ({kind})", count(number, "proof"))).collect::<Vec<_>>().join(", ")
}

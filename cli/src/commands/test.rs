//! `cargo dusk test`

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use crate::args::Test;
use crate::error::Exit;
use crate::ops::project::Project;
use crate::ops::testing::{Status, TestResult, TestRun};
use crate::ops::{build, testing};
use crate::output::{Tone, Ui, grouped, time};

pub(super) fn run(project: &Project, options: &Test, ui: &Ui) -> Result<ExitCode> {
    let built = build::build(project, ui, options.yes)?;
    ui.step("Compiling", "the tests");
    let programs = testing::programs(project)?;
    let host = testing::start_host(&built.artifacts)?;
    let run = {
        let _waiting = ui.waiting("running the tests");
        testing::run(&programs, host, options.filter.as_deref(), &options.arguments)?
    };
    say(&run, ui);
    if run.results.is_empty() && run.broken.is_empty() {
        match &options.filter {
            Some(filter) => ui.warn(format_args!("no test has `{filter}` in its name")),
            None => ui.warn("there are no tests; put some into the folder tests"),
        }
    }
    ui.document(&json!({
        "passed": run.count(Status::Passed),
        "failed": run.count(Status::Failed),
        "ignored": run.count(Status::Ignored),
        "milliseconds": u64::try_from(run.elapsed.as_millis()).unwrap_or(u64::MAX),
        "tests": run.results,
        "broken": run.broken.iter().map(|(program, output)| json!({ "program": program, "output": output })).collect::<Vec<_>>(),
    }));
    Ok(if run.is_green() { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed as u8) })
}

fn say(run: &TestRun, ui: &Ui) {
    let several = run.results.iter().any(|result| result.program != run.results[0].program);
    let name = |result: &TestResult| {
        if several { format!("{}::{}", result.program, result.name) } else { result.name.clone() }
    };
    let width = run.results.iter().map(|result| name(result).chars().count()).max().unwrap_or_default();
    let gas = |result: &TestResult| result.gas.map(grouped);
    let gas_width = run.results.iter().filter_map(gas).map(|gas| gas.len()).max().unwrap_or_default();
    for result in &run.results {
        let word = match result.status {
            Status::Passed => ui.toned(Tone::Good, "PASS"),
            Status::Failed => ui.toned(Tone::Bad, "FAIL"),
            Status::Ignored => ui.toned(Tone::Faint, "SKIP"),
        };
        let figures = match (gas(result), result.milliseconds) {
            (Some(gas), Some(millis)) => format!("  gas {gas:>gas_width$} · {millis:>3} ms"),
            _ => String::new(),
        };
        ui.line(format!("   {word} {:width$}{figures}", name(result)).trim_end());
    }
    for result in run.results.iter().filter(|result| result.status == Status::Failed) {
        ui.line(format_args!("\n   {} {}\n{}", ui.toned(Tone::Bad, "----"), name(result), result.output));
    }
    for (program, output) in &run.broken {
        ui.line(format_args!(
            "\n   {} {program} ended without a result\n{}",
            ui.toned(Tone::Bad, "----"),
            output.trim()
        ));
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

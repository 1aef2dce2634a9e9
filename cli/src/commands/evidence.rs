//! `cargo dusk evidence`

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::error::{Exit, Fault};
use crate::figures::count;
use crate::ops::cargo::packages;
use crate::ops::evidence::{
    Difference, Evidence, EvidenceError, MAX_EVIDENCE_BYTES, Order, Standing, differences, gather, page,
};
use crate::ops::project::{Project, folders};
use crate::ops::report::Report;
use crate::ops::testing::proofs::ProofMode;
use crate::output::{Tone, Ui};
use crate::table::{field, toned_field};

/// `evidence`
#[derive(Debug, Args)]
pub(crate) struct EvidenceOptions {
    /// JSON file to write; an HTML page with the same content and the extension .html is written beside it.
    #[arg(long, value_name = "FILE", default_value = "evidence.json", conflicts_with = "verify")]
    pub(crate) out: PathBuf,
    /// Verifies this file: builds, tests and audits the project again, with the same kind of proofs, and shows the
    /// differences.
    #[arg(long, value_name = "FILE")]
    pub(crate) verify: Option<PathBuf>,
    /// Kind of proofs in tests: `mock` checks all constraints but proves nothing; `real` makes a PLONK proof.
    #[arg(long, value_enum, default_value_t, conflicts_with = "verify")]
    pub(crate) proofs: ProofMode,
    /// Time limit for each test, in seconds; 0 means no limit. By default 60, or 1800 with real proofs.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) timeout: Option<u64>,
    /// Installs missing tools without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// How the page's file ends.
const PAGE_EXTENSION: &str = "html";
/// How long a test may take, without and with real proofs, in seconds.
const TIMEOUT_SECONDS: [u64; 2] = [60, 1_800];
/// The most differences that are printed; the document has more.
const MAX_PRINTED: usize = 100;

impl EvidenceOptions {
    fn order(&self, proofs: ProofMode) -> Order {
        let usual = TIMEOUT_SECONDS[usize::from(proofs == ProofMode::Real)];
        let seconds = self.timeout.unwrap_or(usual);
        let time = (seconds > 0).then(|| Duration::from_secs(seconds));
        Order { proofs, time, yes: self.yes }
    }
}

pub(super) fn run(project: &Project, options: &EvidenceOptions, ui: &Ui) -> Result<ExitCode> {
    let report: Arc<dyn Report> = Arc::new(ui.clone());
    match &options.verify {
        Some(path) => verify(project, options, path, &report, ui),
        None => write(project, options, &report, ui),
    }
}

fn write(project: &Project, options: &EvidenceOptions, report: &Arc<dyn Report>, ui: &Ui) -> Result<ExitCode> {
    let absolute = |path: &Path| std::path::absolute(path).with_context(|| format!("cannot write {}", path.display()));
    let page_path = options.out.with_extension(PAGE_EXTENSION);
    if page_path == options.out {
        return Err(Fault::usage(
            format!("`{}` is the name of the HTML page", options.out.display()),
            "name the JSON file, for example `--out evidence.json`; the command writes the page beside it",
        ));
    }
    let evidence = gather(project, options.order(options.proofs), report)?;
    folders::write_atomically(&absolute(&options.out)?, evidence.to_json()?.as_bytes())?;
    folders::write_atomically(&absolute(&page_path)?, page(&evidence)?.as_bytes())?;
    say(&evidence, ui)?;
    field(ui, "written", format_args!("{} and {}", options.out.display(), page_path.display()));
    let mut document = summary(&evidence)?;
    document["file"] = options.out.display().to_string().into();
    document["page"] = page_path.display().to_string().into();
    if evidence.sound {
        ui.document(&document);
        return Ok(ExitCode::SUCCESS);
    }
    let message = format!("the evidence shows faults of the project: {}", evidence.remarks.join("; "));
    Ok(fail(
        document,
        &message,
        "the page lists each failed test, open threat and finding; fix them, and run the command again",
        ui,
    ))
}

fn verify(
    project: &Project,
    options: &EvidenceOptions,
    path: &Path,
    report: &Arc<dyn Report>,
    ui: &Ui,
) -> Result<ExitCode> {
    let file = read(path)?;
    project.ensure_sdk()?;
    let contracts = packages::packages(&project.root, ui)?.contracts.into_iter().map(|contract| contract.name);
    file.is_about(&contracts.collect::<Vec<_>>()).map_err(|error| refused(path, &error))?;
    let proofs = if file.tools.proofs == "real" { ProofMode::Real } else { ProofMode::Mock };
    let now = gather(project, options.order(proofs), report)?;
    let (found, more) = differences(&file, &now)?;
    let document = json!({
        "file": path.display().to_string(),
        "verified": found.is_empty(),
        "digest": file.digest()?,
        "sound": file.sound,
        "differences": found,
        "more": more,
    });
    if found.is_empty() {
        ui.line(format_args!("{} {}", ui.toned(Tone::Good, "VERIFIED"), path.display()));
        say(&file, ui)?;
        ui.document(&document);
        return Ok(ExitCode::SUCCESS);
    }
    ui.line(format_args!("{} {}", ui.toned(Tone::Bad, "DIFFERENT"), path.display()));
    for Difference { place, file, now } in found.iter().take(MAX_PRINTED) {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        ui.line(format_args!("   {place}: {} in the file, {} now", side(file), side(now)));
    }
    let all = found.len() + more;
    if all > MAX_PRINTED {
        ui.line(format_args!("   and {} more; `--json` shows up to {}", all - MAX_PRINTED, found.len()));
    }
    let message = format!("{} between {} and the project", count(all, "difference"), path.display());
    Ok(fail(
        document,
        &message,
        "the project or its tools have changed since the file was written: see the places above",
        ui,
    ))
}

fn read(path: &Path) -> Result<Evidence> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MAX_EVIDENCE_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Evidence::from_json(&bytes).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &EvidenceError) -> anyhow::Error {
    Fault::usage(format!("{} cannot be verified: {error}", path.display()), error.hint())
}

/// Prints what the evidence says, in short.
fn say(evidence: &Evidence, ui: &Ui) -> Result<()> {
    let averted = evidence.threats.iter().filter(|threat| threat.standing == Standing::Averted).count();
    let passed = evidence.tests.iter().filter(|test| test.status == "passed").count();
    let clean = evidence.circuits.iter().filter(|circuit| circuit.audit.clean).count();
    let share = |part: usize, all: usize, noun: &str, word: &str| {
        let tone = if part == all { Tone::Good } else { Tone::Bad };
        ui.toned(tone, &format!("{part} of {} {word}", count(all, noun)))
    };
    toned_field(ui, "threats", &share(averted, evidence.threats.len(), "threat", "averted"));
    toned_field(ui, "tests", &share(passed, evidence.tests.len(), "test", "passed"));
    toned_field(ui, "circuits", &share(clean, evidence.circuits.len(), "audit", "clean"));
    field(ui, "contracts", count(evidence.contracts.len(), "contract"));
    field(ui, "sources", count(evidence.sources.len(), "file"));
    for remark in &evidence.remarks {
        field(ui, "remark", remark);
    }
    field(ui, "digest", evidence.digest()?);
    Ok(())
}

fn summary(evidence: &Evidence) -> Result<serde_json::Value> {
    let threats = |standing| evidence.threats.iter().filter(|threat| threat.standing == standing).count();
    let tests = |status: &str| evidence.tests.iter().filter(|test| test.status == status).count();
    Ok(json!({
        "sound": evidence.sound,
        "remarks": evidence.remarks,
        "threats": {
            "averted": threats(Standing::Averted), "open": threats(Standing::Open),
            "untested": threats(Standing::Untested),
        },
        "tests": { "passed": tests("passed"), "failed": tests("failed"), "ignored": tests("ignored") },
        "circuits": evidence.circuits.iter().map(|it| json!({ "name": it.name, "clean": it.audit.clean })).collect::<Vec<_>>(),
        "sources": evidence.sources.len(),
        "digest": evidence.digest()?,
    }))
}

/// Ends a command whose work failed, after its whole document.
fn fail(mut document: serde_json::Value, message: &str, hint: &str, ui: &Ui) -> ExitCode {
    ui.complain(message, hint);
    document["error"] = message.into();
    document["hint"] = hint.into();
    document["exit"] = (Exit::Failed as u8).into();
    ui.document(&document);
    ExitCode::from(Exit::Failed as u8)
}

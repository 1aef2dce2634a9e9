//! `cargo dusk check`

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use local_node_types::rules::Profile;
use serde_json::{Value, json};

use crate::error::{Exit, Fault};
use crate::figures::count;
use crate::ops::build;
use crate::ops::build::artifact::{self, Artifact};
use crate::ops::chain::deployments::Deployments;
use crate::ops::contract::check::{self, Finding, Severity, Subject};
use crate::ops::project::Project;
use crate::output::{Tone, Ui};

/// `check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Contract of the project, or a wasm file; by default all contracts.
    #[arg(value_name = "CONTRACT|FILE.wasm")]
    pub(crate) subject: Option<String>,
    /// Network whose current rules apply: local, testnet or mainnet.
    #[arg(long, default_value_t = Profile::Local)]
    pub(crate) rules: Profile,
    /// Treats findings of this kind as errors.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) deny: Option<Denied>,
    /// Installs missing tools without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Findings that are no errors by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Denied {
    /// All warnings.
    Warnings,
}

pub(super) fn run(project: impl FnOnce() -> Result<Project>, options: &Check, ui: &Ui) -> Result<ExitCode> {
    let checked = match options.subject.as_deref().filter(|subject| subject.ends_with(".wasm")) {
        Some(file) => vec![check_file(Path::new(file), options)?],
        None => check_contracts(&project()?, options, ui)?,
    };
    for (name, findings) in &checked {
        findings.iter().for_each(|finding| ui.line(line(name, finding, ui)));
    }
    let number = |severity: Severity| {
        checked.iter().flat_map(|(_, findings)| findings).filter(|finding| finding.severity == severity).count()
    };
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    let passed = errors == 0 && (warnings == 0 || options.deny != Some(Denied::Warnings));
    let word = if passed { ui.toned(Tone::Good, "passes") } else { ui.toned(Tone::Bad, "does not pass") };
    let what = match checked.as_slice() {
        [(name, _)] => name.clone(),
        several => count(several.len(), "contract"),
    };
    ui.line(format_args!(
        "{what} · rules {} · {} · {} · {word}",
        options.rules,
        count(errors, "error"),
        count(warnings, "warning")
    ));
    let contracts: Vec<Value> =
        checked.iter().map(|(name, findings)| json!({ "name": name, "findings": findings })).collect();
    ui.document(&json!({
        "rules": options.rules, "passed": passed, "errors": errors, "warnings": warnings, "contracts": contracts,
    }));
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed as u8) })
}

fn check_file(path: &Path, options: &Check) -> Result<(String, Vec<Finding>)> {
    let wasm = fs::read(path).map_err(|error| {
        Fault::usage(format!("cannot read {}: {error}", path.display()), "give the path of a wasm file")
    })?;
    let abi = check::embedded_abi(&wasm);
    let named = artifact::named_twin(&artifact::named_beside(path), &wasm);
    let findings = check::check(Subject { wasm: &wasm, named: named.as_deref(), abi: abi.as_ref() }, options.rules)?;
    Ok((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), findings))
}

fn check_contracts(project: &Project, options: &Check, ui: &Ui) -> Result<Vec<(String, Vec<Finding>)>> {
    let built = build::build(project, ui, options.yes)?;
    let chosen: Vec<&Artifact> = match &options.subject {
        Some(name) => vec![artifact::pick(&built.artifacts, Some(name))?],
        None => built.artifacts.iter().collect(),
    };
    chosen
        .into_iter()
        .map(|artifact| Ok((artifact.name.clone(), check_contract(project, artifact, options)?)))
        .collect()
}

fn check_contract(project: &Project, artifact: &Artifact, options: &Check) -> Result<Vec<Finding>> {
    let (wasm, abi) = (artifact.wasm()?, artifact.abi()?);
    // Without the names everything can be said but where it is.
    let named = fs::read(artifact.named_path()).ok();
    let subject = Subject { wasm: &wasm, named: named.as_deref(), abi: Some(&abi) };
    let mut findings = check::check(subject, options.rules)?;
    for (deployment, deployed) in Deployments::everywhere(project, &artifact.name)? {
        let place = format!("against {} of block {}", &deployment.contract[..8], deployment.height);
        let deployed = deployed.with_context(|| format!("the description of {}", deployment.contract))?;
        findings.extend(check::against(&deployed, &abi, &place));
    }
    Ok(findings)
}

/// `warning counter: … (in counter::add)`
fn line(name: &str, finding: &Finding, ui: &Ui) -> String {
    let severity = match finding.severity {
        Severity::Error => ui.toned(Tone::Bad, "error"),
        Severity::Warning => ui.toned(Tone::Warn, "warning"),
        Severity::Note => ui.toned(Tone::Faint, "note"),
    };
    let place = finding.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("{severity} {name}: {}: {}{place}", finding.about, finding.message)
}

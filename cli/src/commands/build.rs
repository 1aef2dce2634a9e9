//! `cargo dusk build`

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::figures::{count, grouped, size, time};
use crate::ops::build::artifact::Artifact;
use crate::ops::build::{self, Recipe};
use crate::ops::circuits::verifier_key::VerifierKey;
use crate::ops::project::Project;
use crate::ops::project::settings::Crs;
use crate::output::{Tone, Ui};

/// `build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Leaves out panic messages to make contracts smaller; contract errors keep their messages. `[build] small = true`
    /// in dusk.toml sets this for all commands.
    #[arg(long)]
    pub(crate) small: bool,
    /// Parameters (common reference string) for circuit keys; overrides `[circuits] crs` in dusk.toml.
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) crs: Option<Crs>,
    /// Installs missing tools without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(super) fn run(project: &Project, options: &Build, ui: &Ui) -> Result<ExitCode> {
    let begun = Instant::now();
    let settings = Recipe::of(project);
    let recipe =
        Recipe { small: options.small || settings.small, crs: options.crs.unwrap_or(settings.crs), ..settings };
    let built = build::build_as(project, ui, options.yes, recipe)?;
    for artifact in &built.artifacts {
        ui.line(line(artifact, ui));
    }
    for key in &built.keys {
        ui.line(key_line(key, ui));
    }
    let done = if built.fresh { "nothing has changed" } else { "in target/dusk" };
    ui.step(
        "Built",
        format_args!("{} ({done}) in {}", count(built.artifacts.len(), "contract"), time(begun.elapsed())),
    );
    let contracts: Vec<_> = built.artifacts.iter().map(document).collect();
    let circuits: Vec<_> = built.keys.iter().map(circuit).collect();
    ui.document(&json!({ "fresh": built.fresh, "contracts": contracts, "circuits": circuits }));
    Ok(ExitCode::SUCCESS)
}

/// `counter 18.2 KiB (−43 % by wasm-opt) · 9 functions · 4 events · 1 circuit · deploy ≥ 5,000,000 gas`
fn line(artifact: &Artifact, ui: &Ui) -> String {
    let saved = if artifact.optimised && artifact.compiled_bytes > artifact.code_bytes {
        let percent = (artifact.compiled_bytes - artifact.code_bytes) * 100 / artifact.compiled_bytes;
        format!(" (−{percent} % by wasm-opt)")
    } else {
        String::new()
    };
    let circuits = match artifact.circuits.len() {
        0 => String::new(),
        number => format!(" · {}", count(number, "circuit")),
    };
    format!(
        "{} {}{saved} · {} · {}{circuits} · deploy ≥ {} gas",
        ui.toned(Tone::Good, &artifact.name),
        size(artifact.bytes),
        count(artifact.functions, "function"),
        count(artifact.events, "event"),
        grouped(artifact.deploy_gas()),
    )
}

fn document(artifact: &Artifact) -> serde_json::Value {
    json!({
        "name": artifact.name,
        "wasm": artifact.wasm_path(),
        "driver": artifact.driver_path(),
        "abi": artifact.abi_path(),
        "bytes": artifact.bytes,
        "compiled_bytes": artifact.compiled_bytes,
        "code_bytes": artifact.code_bytes,
        "optimised": artifact.optimised,
        "driver_bytes": artifact.driver_bytes,
        "blake3": artifact.hash,
        "functions": artifact.functions,
        "events": artifact.events,
        "circuits": artifact.circuits,
        "deploy_gas": artifact.deploy_gas(),
    })
}

/// `eligible 10,812 gates · circuit 3f9c2a4b01d2… · development parameters`
fn key_line(key: &VerifierKey, ui: &Ui) -> String {
    let parameters = if key.circuit.development { "development" } else { "production" };
    format!(
        "{} {} gates · circuit {}… · {parameters} parameters",
        ui.toned(Tone::Name, &key.circuit.name),
        grouped(key.circuit.gates),
        key.circuit.digest.get(..12).unwrap_or_default(),
    )
}

fn circuit(key: &VerifierKey) -> serde_json::Value {
    let mut document = json!(key.circuit);
    document["package"] = json!(key.package);
    document["verifier"] = json!(key.path);
    document
}

//! `cargo dusk build`

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use crate::args::Build;
use crate::ops::artifact::Artifact;
use crate::ops::build::{self, Recipe};
use crate::ops::project::Project;
use crate::output::{Tone, Ui, count, grouped, size, time};

pub(super) fn run(project: &Project, options: &Build, ui: &Ui) -> Result<ExitCode> {
    let begun = Instant::now();
    let recipe = Recipe { logs: false, small: options.small || project.settings.build.small };
    let built = build::build_as(project, ui, options.yes, recipe)?;
    for artifact in &built.artifacts {
        ui.line(line(artifact, ui));
    }
    let done = if built.fresh { "nothing has changed" } else { "in target/dusk" };
    ui.step(
        "Built",
        format_args!("{} ({done}) in {}", count(built.artifacts.len(), "contract"), time(begun.elapsed())),
    );
    let contracts: Vec<_> = built.artifacts.iter().map(document).collect();
    ui.document(&json!({ "fresh": built.fresh, "contracts": contracts }));
    Ok(ExitCode::SUCCESS)
}

/// `counter 18.2 KiB (−43 % by wasm-opt) · 9 functions · 4 events · deploy ≥ 5,000,000 gas`
fn line(artifact: &Artifact, ui: &Ui) -> String {
    let saved = if artifact.optimised && artifact.compiled_bytes > artifact.code_bytes {
        let percent = (artifact.compiled_bytes - artifact.code_bytes) * 100 / artifact.compiled_bytes;
        format!(" (−{percent} % by wasm-opt)")
    } else {
        String::new()
    };
    format!(
        "{} {}{saved} · {} · {} · deploy ≥ {} gas",
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
        "deploy_gas": artifact.deploy_gas(),
    })
}

//! `cargo dusk crs`

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use dusk_sdk_prover::{EntryKind, PRODUCTION_SHA256, Stage};
use serde_json::json;

use super::keys::sized;
use crate::ops::circuits::crs::{self, DEFAULT_URL, Production};
use crate::ops::circuits::proving;
use crate::ops::project::Project;
use crate::ops::project::settings::{Crs, SETTINGS_FILE};
use crate::ops::report::Bar as _;
use crate::output::{Tone, Ui};
use crate::table::toned_field;

/// `crs`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Parameters {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) action: CrsAction,
}

/// The subcommands for parameters.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CrsAction {
    /// Shows the parameters on this machine, and those that the project uses.
    Status,
    /// Fetches the production parameters, and stores them if their SHA-256 hash is correct.
    Fetch {
        /// Source: a file, the URL of a file, or the URL of a node; by default the production server.
        #[arg(value_name = "FILE|URL")]
        from: Option<String>,
    },
    /// Sets in dusk.toml which parameters the project's circuit keys are made with.
    Use {
        /// Parameters to use.
        parameters: Crs,
    },
}

pub(super) fn run(
    project: impl FnOnce() -> Result<Project>,
    bare: impl FnOnce() -> Result<Project>,
    action: &CrsAction,
    ui: &Ui,
) -> Result<ExitCode> {
    match action {
        CrsAction::Status => status(&bare()?, ui),
        CrsAction::Fetch { from } => fetch(from.as_deref().unwrap_or(DEFAULT_URL), ui),
        CrsAction::Use { parameters } => choose(&project()?, *parameters, ui),
    }
}

fn status(project: &Project, ui: &Ui) -> Result<ExitCode> {
    let store = proving::store()?;
    let entries = store.ls().unwrap_or_default();
    let made = entries.iter().filter(|entry| entry.parameters.is_development()).filter_map(|entry| match entry.kind {
        EntryKind::Parameters { gates } => Some(gates),
        EntryKind::Keys { .. } => None,
    });
    let made = made.max();
    let fetched = crs::fetched()?;
    let used = project.settings.circuits.crs;
    let development = match made {
        Some(gates) => {
            format!("generated for circuits of up to 2^{} gates; anyone can forge proofs under them", gates.ilog2())
        }
        None => "generated on demand; anyone can forge proofs under them".to_owned(),
    };
    toned_field(ui, "development", &development);
    let production = match &fetched {
        Some(Production { path, bytes, .. }) => {
            format!("{} · {} · {}", ui.toned(Tone::Good, "here"), sized(*bytes), path.display())
        }
        None => "not on this machine: `cargo dusk crs fetch`".to_owned(),
    };
    toned_field(ui, "production", &production);
    toned_field(ui, "used", &format!("{} ({SETTINGS_FILE}, [circuits])", used.name()));
    ui.document(&json!({
        "used": used.name(),
        "development": { "gates": made },
        "production": fetched.map(|it| json!({ "file": it.path, "bytes": it.bytes, "id": it.id, "sha256": PRODUCTION_SHA256 })),
    }));
    Ok(ExitCode::SUCCESS)
}

fn fetch(from: &str, ui: &Ui) -> Result<ExitCode> {
    ui.step("Fetching", format_args!("the production parameters from {from}"));
    let bar = ui.bar("checking the parameters");
    let progress = |_: Stage, share: f32| bar.set(share);
    let fetched = crs::fetch(from, PRODUCTION_SHA256, &progress, ui)?;
    drop(bar);
    ui.line(format_args!(
        "production parameters · {} · SHA-256 verified · {}",
        sized(fetched.bytes),
        fetched.path.display()
    ));
    ui.document(
        &json!({ "file": fetched.path, "bytes": fetched.bytes, "id": fetched.id, "sha256": PRODUCTION_SHA256 }),
    );
    Ok(ExitCode::SUCCESS)
}

fn choose(project: &Project, parameters: Crs, ui: &Ui) -> Result<ExitCode> {
    let changed = crs::write_choice(&project.root.join(SETTINGS_FILE), parameters.name())?;
    let word = if changed { "uses" } else { "uses already" };
    ui.line(format_args!("the project {word} {} parameters ({SETTINGS_FILE})", parameters.name()));
    if parameters == Crs::Production && crs::fetched()?.is_none() {
        ui.note("the parameters are not on this machine yet: fetch them with `cargo dusk crs fetch`");
    }
    ui.document(&json!({ "used": parameters.name(), "changed": changed }));
    Ok(ExitCode::SUCCESS)
}

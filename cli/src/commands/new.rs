//! `cargo dusk new`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::ops::project::sdk::Source;
use crate::ops::project::{scaffold, workflow};
use crate::output::Ui;

/// `new`
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Folder to create; the project takes the folder's name.
    #[arg(required_unless_present = "list")]
    pub(crate) name: Option<PathBuf>,
    /// Template to start from; `--list` shows all.
    #[arg(long, default_value = "counter")]
    pub(crate) template: String,
    /// Lists the templates.
    #[arg(long)]
    pub(crate) list: bool,
    /// Source of the SDK: a folder, a git URL, or `registry` (crates.io); by default the bundled SDK.
    #[arg(long, value_name = "PATH|GIT-URL|registry")]
    pub(crate) sdk: Option<String>,
}

pub(super) fn run(options: &New, ui: &Ui) -> Result<ExitCode> {
    if options.list {
        let templates = scaffold::templates();
        let width = templates.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, summary) in &templates {
            ui.line(format_args!("{name:width$}  {summary}"));
        }
        let list: Vec<_> =
            templates.iter().map(|(name, summary)| json!({ "name": name, "summary": summary })).collect();
        ui.document(&json!({ "templates": list }));
        return Ok(ExitCode::SUCCESS);
    }
    let folder = options.name.clone().unwrap_or_default();
    let source = options.sdk.as_deref().map_or(Ok(Source::Carried), Source::parse)?;
    let made = scaffold::scaffold(&folder, &options.template, &source, ui)?;
    if let Some(reason) = &made.unlocked {
        ui.warn(format_args!("the lock file is not complete yet: {reason}"));
    }
    if let Some(around) = &made.claimed_by {
        let inside = made.root.strip_prefix(around).unwrap_or(&made.root).display();
        ui.warn(format_args!(
            "the workspace {} takes the project for a member, which cargo refuses: add `exclude = [\"{inside}\"]` under [workspace] there",
            around.join("Cargo.toml").display()
        ));
    }
    let file = workflow::FILE;
    match &made.repository {
        None => ui.warn(format_args!(
            "the repository of this cargo-dusk is unknown: name it in {file} so that CI can install it"
        )),
        Some(folder) if !workflow::is_reachable(folder) => ui.warn(format_args!(
            "this cargo-dusk comes from {folder}, which CI cannot reach: name another repository in {file}"
        )),
        Some(_) => {}
    }
    ui.line(format_args!("{}/", made.name));
    let shown: Vec<&String> = made.files.iter().collect();
    for (place, path) in shown.iter().enumerate() {
        let branch = if place + 1 == shown.len() { "└──" } else { "├──" };
        ui.line(format_args!("{branch} {path}"));
    }
    ui.block("\nNext:");
    ui.line(format_args!("  cd {}", folder.display()));
    for command in &made.next {
        ui.line(format_args!("  {command}"));
    }
    ui.document(&json!({
        "project": made.name,
        "root": made.root,
        "template": options.template,
        "files": made.files,
        "next": made.next,
        "locked": made.unlocked.is_none(),
    }));
    Ok(ExitCode::SUCCESS)
}

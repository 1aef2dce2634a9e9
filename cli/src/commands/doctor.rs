//! `cargo dusk doctor`

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::error::Exit;
use crate::ops::build::optimise::Optimiser;
use crate::ops::cargo::command;
use crate::ops::cargo::machine::Machine;
use crate::ops::cargo::toolchain::{self, Found, TARGET};
use crate::ops::circuits::crs;
use crate::ops::project::{bundled, folders, sdk};
use crate::output::{Tone, Ui};

/// `doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Installs missing tools. Asks before it installs system packages; without a terminal, only root may install them.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Installs system packages without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The port that `cargo dusk node` takes by itself.
const NODE_PORT: u16 = 8080;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    /// As it must be.
    Ok,
    /// It works without.
    Optional,
    /// Nothing works without.
    Missing,
}

/// One line.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    standing: Standing,
    detail: String,
    /// The advice.
    advice: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, standing: Standing::Ok, detail: detail.into(), advice: None }
    }

    fn optional(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, standing: Standing::Optional, detail: detail.into(), advice: Some(advice.into()) }
    }

    fn missing(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, standing: Standing::Missing, detail: detail.into(), advice: Some(advice.into()) }
    }
}

pub(super) fn run(options: &Doctor, ui: &Ui) -> Result<ExitCode> {
    let folder = std::env::current_dir().context("there is no current folder")?;
    let machine = Machine::here(&folder);
    if options.fix {
        toolchain::set_up(&machine, ui, options.yes)?;
        sdk::unpacked()?;
    }
    let findings = [
        cargo(&machine),
        compiler(&machine),
        optimiser(&machine),
        store(),
        parameters(),
        port(),
        Finding::ok("node", format!("embedded, version {}", env!("CARGO_PKG_VERSION"))),
    ];
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    for finding in &findings {
        let (tone, word) = match finding.standing {
            Standing::Ok => (Tone::Good, "ok      "),
            Standing::Optional => (Tone::Warn, "optional"),
            Standing::Missing => (Tone::Bad, "missing "),
        };
        ui.line(format_args!("{} {:width$}  {}", ui.toned(tone, word), finding.name, finding.detail));
        if let Some(advice) = &finding.advice {
            ui.line(format_args!("{:width$}            → {advice}", ""));
        }
    }
    let whole = findings.iter().all(|finding| finding.standing != Standing::Missing);
    ui.document(&json!({ "ok": whole, "findings": findings }));
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(Exit::Environment as u8) })
}

fn cargo(machine: &Machine) -> Finding {
    let program = PathBuf::from(command::cargo().get_program());
    match machine.ask(&program, &["--version"]) {
        Some(version) => Finding::ok("cargo", version),
        None => Finding::missing("cargo", "not found", "install Rust from https://rustup.rs"),
    }
}

fn compiler(machine: &Machine) -> Finding {
    let name = "wasm toolchain";
    match toolchain::look(machine, false) {
        Found::Ready(toolchain) if toolchain.is_recent() => Finding::ok(name, toolchain.describe()),
        Found::Ready(toolchain) => {
            Finding::missing(name, format!("{} is too old", toolchain.name()), "rustup update stable")
        }
        Found::Addable { .. } => Finding::missing(
            name,
            format!("the target {TARGET} is not installed"),
            format!("rustup target add {TARGET}, or `cargo dusk doctor --fix`"),
        ),
        Found::Installable { commands } => {
            let lines: Vec<String> = commands.iter().map(|command| command.join(" ")).collect();
            Finding::missing(
                name,
                "no compiler for contracts",
                format!("{}, or `cargo dusk doctor --fix`", lines.join(" && ")),
            )
        }
        Found::Unusable { reason } => Finding::missing(
            name,
            format!("the compiler selected for this folder does not run: {reason}"),
            toolchain::unusable_hint(),
        ),
        Found::Nothing => Finding::missing(name, "no compiler for contracts", "install Rust from https://rustup.rs"),
    }
}

fn optimiser(machine: &Machine) -> Finding {
    match Optimiser::find(machine) {
        Some(found) => Finding::ok("wasm-opt", found.version),
        None => {
            Finding::optional("wasm-opt", "not found; contracts are larger without it", "install the package binaryen")
        }
    }
}

fn store() -> Finding {
    let name = "SDK";
    match sdk::unpacked() {
        Ok(path) => Finding::ok(name, format!("{} in {}", bundled::SDK_VERSION, path.display())),
        Err(error) => Finding::missing(
            name,
            format!("{error:#}"),
            format!("make the folder writable, or set {} to another", folders::HOME_VARIABLE),
        ),
    }
}

fn parameters() -> Finding {
    let name = "parameters";
    match crs::fetched() {
        Ok(Some(production)) => {
            Finding::ok(name, format!("development: generated on demand; production: {}", production.path.display()))
        }
        _ => Finding::optional(
            name,
            "development: generated on demand; production: not on this machine",
            "cargo dusk crs fetch; only contracts with circuits on a public network need them",
        ),
    }
}

fn port() -> Finding {
    match TcpListener::bind(("127.0.0.1", NODE_PORT)) {
        Ok(_) => Finding::ok("port", format!("127.0.0.1:{NODE_PORT} is free")),
        Err(_) => Finding::optional(
            "port",
            format!("127.0.0.1:{NODE_PORT} is taken"),
            "a node may be running there; select another port with `cargo dusk node --port`",
        ),
    }
}

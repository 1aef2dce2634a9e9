//! `cargo dusk demo`: the main job, by the commands that a user would type, run by this very program.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use local_node::BlockTime;
use local_node_types::rules::Profile;
use serde_json::{Value, json};

use crate::args::Demo;
use crate::error::{Exit, Fault};
use crate::ops::embedded::Embedded;
use crate::output::{Tone, Ui, time};

/// The project's name.
const NAME: &str = "demo";

pub(super) fn run(options: &Demo, ui: &Ui) -> Result<ExitCode> {
    let begun = Instant::now();
    let parent = match &options.folder {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            folder.canonicalize().with_context(|| format!("cannot resolve {}", folder.display()))?
        }
        None => {
            let folder = tempfile::Builder::new().prefix("cargo-dusk-").tempdir();
            folder.context("cannot make a temporary folder")?.keep()
        }
    };
    let root = parent.join(NAME);
    let mut show =
        Show { ui, program: std::env::current_exe().context("this program has no path")?, steps: Vec::new() };

    show.step("scaffold a contract", &parent, &["new", NAME], true)?;
    show.step("build it to wasm", &root, &["build"], true)?;
    show.step("test it", &root, &["test"], true)?;
    let node_begun = Instant::now();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let node = Embedded::start(address, BlockTime::Instant, Profile::Local, None)?;
    let url = node.url();
    show.done("start an embedded node", &format!("node at {url}"), node_begun.elapsed(), &json!({ "url": url }));
    let call =
        |function: &'static [&'static str]| [&["call", "counter"], function, &["--network", url.as_str()]].concat();
    show.step("deploy", &root, &["deploy", "--init", r#"{"limit": 10}"#, "--network", &url], true)?;
    show.step("call", &root, &call(&["increment", "--by", "3"]), true)?;
    show.step("read", &root, &call(&["value"]), true)?;
    show.step("call what the contract refuses", &root, &call(&["increment", "--by", "100"]), false)?;
    node.stop();

    ui.line(format_args!(
        "\n{} in {} · the project is in {}",
        ui.toned(Tone::Good, "done"),
        time(begun.elapsed()),
        root.display()
    ));
    ui.line(format_args!("next: cd {} && cargo dusk node", root.display()));
    ui.document(&json!({ "project": root, "milliseconds": millis(begun.elapsed()), "steps": show.steps }));
    Ok(ExitCode::SUCCESS)
}

/// What has been shown so far.
struct Show<'a> {
    ui: &'a Ui,
    program: PathBuf,
    steps: Vec<Value>,
}

impl Show<'_> {
    /// Runs one command. `well`: whether it is to succeed, or to be refused.
    fn step(&mut self, what: &str, folder: &Path, arguments: &[&str], well: bool) -> Result<()> {
        let shown =
            format!("cargo dusk {}", arguments.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" "));
        self.ui.line(format_args!("\n{} {what}: {shown}", self.ui.toned(Tone::Hint, "▸")));
        let begun = Instant::now();
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        let document = if self.ui.json() {
            let output =
                command.arg("--json").stderr(Stdio::inherit()).output().context("cannot run this program again")?;
            check(output.status.code(), &shown, well)?;
            serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
        } else {
            let status = command.status().context("cannot run this program again")?;
            check(status.code(), &shown, well)?;
            Value::Null
        };
        self.done(what, if well { "" } else { "refused, as it should be" }, begun.elapsed(), &document);
        Ok(())
    }

    fn done(&mut self, what: &str, remark: &str, elapsed: Duration, result: &Value) {
        let remark = if remark.is_empty() { String::new() } else { format!("{remark} · ") };
        self.ui.line(self.ui.toned(Tone::Faint, &format!("  {remark}{}", time(elapsed))));
        self.steps.push(json!({ "step": what, "milliseconds": millis(elapsed), "result": result }));
    }
}

fn check(code: Option<i32>, shown: &str, well: bool) -> Result<()> {
    let expected = if well { 0 } else { i32::from(Exit::Failed as u8) };
    if code == Some(expected) {
        return Ok(());
    }
    let message = match code {
        Some(0) => format!("`{shown}` went through, but it should have been refused"),
        _ => format!("`{shown}` failed"),
    };
    let hint = "see its message above; `cargo dusk doctor` checks what this machine needs";
    Err(if code == Some(i32::from(Exit::Environment as u8)) {
        Fault::environment(message, hint)
    } else {
        Fault::failed(message, hint)
    })
}

fn quoted(argument: &str) -> String {
    if argument.contains([' ', '"', '{']) { format!("'{argument}'") } else { argument.to_owned() }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

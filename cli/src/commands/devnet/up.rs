//! `cargo dusk devnet up`

use std::fs::{self, File};
use std::io::{BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use super::table;
use crate::error::Fault;
use crate::figures::time;
use crate::ops::devnet::supervisor::{Supervisor, Wanted};
use crate::ops::devnet::{status, words};
use crate::ops::interrupt;
use crate::ops::node::log::LogLevel;
use crate::ops::project::Project;
use crate::ops::project::devnet::DevnetFolder;
use crate::output::Ui;

/// `devnet up`
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Number of nodes of a new devnet, from 3 to 32; by default 4, the smallest number that tolerates the failure of
    /// one node.
    #[arg(long, value_name = "N", value_parser = words::nodes)]
    nodes: Option<usize>,
    /// Time between two blocks of a new devnet, in whole seconds from 1 to 60; by default 1.
    #[arg(long, value_name = "SECONDS", value_parser = words::block_time)]
    block_time: Option<u64>,
    /// Returns as soon as the network runs, and leaves it in the background; `devnet down` stops it.
    #[arg(long)]
    detach: bool,
    /// Level of the nodes' logs.
    #[arg(long, value_enum, default_value_t = LogLevel::Info, value_name = "LEVEL")]
    log: LogLevel,
    /// Waits on its standard input for the leave to go on without the process that started it.
    #[arg(long, hide = true, conflicts_with = "detach")]
    detached: bool,
}

/// The byte that lets a detached supervisor go on.
const LEAVE: u8 = b'\n';
/// The hint if a detached supervisor reports no reason.
const HINT_LOG: &str = "see the file supervisor.log in that folder";

pub(super) fn run(project: &Project, folder: &DevnetFolder, options: &Up, ui: &Ui) -> Result<ExitCode> {
    if folder.path().starts_with(project.artefacts()) {
        project.hide_artefacts()?;
    }
    if options.detach {
        return detach(folder, options, ui);
    }
    let begun = Instant::now();
    let stop = interrupt::interruption()?;
    if options.detached {
        end_without_leave(Arc::clone(&stop))?;
    }
    let wanted = Wanted { nodes: options.nodes, block_time: options.block_time, level: options.log };
    let mut supervisor = Supervisor::begin(folder.clone(), wanted, stop)?;
    if !supervisor.start_all()? {
        ui.step("Stopped", "the nodes before they were ready");
        return Ok(ExitCode::SUCCESS);
    }
    let running = supervisor.running();
    let statuses = status::of(&running.nodes);
    table::print(&statuses, ui);
    let seconds = supervisor.block_time();
    ui.note(format_args!(
        "ready in {} · a block every {seconds} s · commands use it with `--network devnet`; Ctrl-C ends all nodes",
        time(begun.elapsed())
    ));
    let mut document = table::document(running, &statuses);
    document["folder"] = json!(folder.path());
    document["block_time"] = json!(seconds);
    document["ready_milliseconds"] = json!(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    ui.document(&document);
    supervisor.serve()?;
    ui.step("Stopped", "all nodes");
    Ok(ExitCode::SUCCESS)
}

/// Starts the supervisor as a process of its own, and waits until its network is ready.
fn detach(folder: &DevnetFolder, options: &Up, ui: &Ui) -> Result<ExitCode> {
    fs::create_dir_all(folder.path()).with_context(|| format!("cannot make {}", folder.path().display()))?;
    let log = folder.supervisor_log();
    let errors = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(std::env::current_exe().context("this program does not know its own path")?);
    command.arg("--json").args(given_manifest()).args(["devnet", "up", "--detached", "--log", options.log.name()]);
    if let Some(nodes) = options.nodes {
        command.args(["--nodes", &nodes.to_string()]);
    }
    if let Some(seconds) = options.block_time {
        command.args(["--block-time", &seconds.to_string()]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
    // Neither Ctrl-C here nor the end of this terminal's foreground job is for it.
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    let mut child = command.spawn().context("cannot start the supervisor")?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let waiting = ui.waiting("starting the nodes");
    let document = output.and_then(|output| {
        serde_json::Deserializer::from_reader(BufReader::new(output)).into_iter::<Value>().next()?.ok()
    });
    drop(waiting);
    let Some(document) = document else {
        return Err(Fault::failed(
            format!("the supervisor in {} ended before its network was ready", folder.path().display()),
            HINT_LOG,
        ));
    };
    if let Some(error) = error_of(&document) {
        return Err(error);
    }
    if let Some(mut input) = input {
        input.write_all(&[LEAVE]).context("the supervisor has ended")?;
    }
    let running = folder.running()?;
    table::print(&status::of(&running.nodes), ui);
    ui.note("the nodes run on; `cargo dusk devnet down` ends them, commands use them with `--network devnet`");
    ui.document(&document);
    Ok(ExitCode::SUCCESS)
}

/// The error in the supervisor's answer, if it has one, with its exit code and its hint.
fn error_of(answer: &Value) -> Option<anyhow::Error> {
    answer["error"].as_str().map(|error| {
        let hint = answer["hint"].as_str().unwrap_or(HINT_LOG);
        match answer["exit"].as_u64() {
            Some(2) => Fault::usage(error, hint),
            Some(3) => Fault::environment(error, hint),
            _ => Fault::failed(error, hint),
        }
    })
}

/// The option that names the project, for the process that runs on: it starts in the same folder.
fn given_manifest() -> Vec<PathBuf> {
    let mut words = std::env::args_os().skip_while(|word| word != "--manifest-path");
    match (words.next(), words.next()) {
        (Some(option), Some(path)) => vec![option.into(), path.into()],
        _ => std::env::args_os()
            .filter(|word| word.to_string_lossy().starts_with("--manifest-path="))
            .map(PathBuf::from)
            .collect(),
    }
}

/// Ends the devnet if its starter ends before it has given leave to go on.
fn end_without_leave(stop: Arc<AtomicBool>) -> Result<()> {
    thread::Builder::new()
        .name("leave".to_owned())
        .spawn(move || {
            let mut leave = [0];
            if std::io::stdin().lock().read_exact(&mut leave).is_err() || leave != [LEAVE] {
                stop.store(true, Ordering::Relaxed);
            }
        })
        .map(drop)
        .context("the operating system provides no thread")
}

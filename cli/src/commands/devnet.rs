//! `cargo dusk devnet`

mod log;
mod table;
mod up;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use self::log::Logs;
use self::up::Up;
use crate::error::Fault;
use crate::ops::devnet::control::{self, Request};
use crate::ops::devnet::words::{self, Groups};
use crate::ops::devnet::{status, supervisor};
use crate::ops::interrupt;
use crate::ops::project::Project;
use crate::ops::project::devnet::{DevnetFolder, Running};
use crate::output::Ui;

/// `devnet`
#[derive(Debug, Args)]
pub(crate) struct Devnet {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// The subcommands for a devnet.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Starts a network of nodes on this machine, and runs it until Ctrl-C.
    Up(Up),
    /// Shows the chain, consensus and peers of each node.
    Status {
        /// Refreshes the status every second until Ctrl-C.
        #[arg(long)]
        watch: bool,
    },
    /// Stops a node with an orderly shutdown, as a service manager does.
    Stop {
        /// Number of the node.
        #[arg(value_name = "NODE")]
        node: usize,
    },
    /// Starts a node that was stopped or killed.
    Start {
        /// Number of the node.
        #[arg(value_name = "NODE")]
        node: usize,
    },
    /// Kills a node without an orderly shutdown, to simulate a crash.
    Kill {
        /// Number of the node.
        #[arg(value_name = "NODE")]
        node: usize,
    },
    /// Cuts the links between groups of nodes, in both directions.
    Cut {
        /// Groups of node numbers: 1,2/3,4 cuts nodes 1 and 2 off from nodes 3 and 4. Nodes in no group keep their
        /// links.
        #[arg(value_name = "GROUPS", value_parser = words::groups)]
        groups: Groups,
    },
    /// Removes all cuts, delays and losses.
    Heal,
    /// Delays all datagrams between nodes.
    Delay {
        /// Delay of each datagram, in milliseconds, from 0 to 10000.
        #[arg(value_name = "MILLIS", value_parser = words::delay)]
        millis: u64,
    },
    /// Drops a share of all datagrams between nodes.
    Loss {
        /// Share of the datagrams to drop, in percent, with at most one decimal place: 5, 0.5.
        #[arg(value_name = "PERCENT", value_parser = words::loss)]
        permille: u16,
    },
    /// Shows the logs of the nodes.
    Logs(Logs),
    /// Stops all nodes; `devnet up` continues their chain.
    Down,
    /// Starts a new chain on the running devnet; if none runs, removes the files of the last one.
    Reset,
}

/// The pause between two tables of `--watch`.
const PERIOD: Duration = Duration::from_secs(1);
/// The pause between two looks at the flag to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// How long the lock is waited for after the supervisor has said that all is over.
const MAX_RELEASE: Duration = Duration::from_secs(10);

pub(super) fn run(project: &Project, options: &Devnet, ui: &Ui) -> Result<ExitCode> {
    let folder = DevnetFolder::of(project)?;
    match &options.action {
        Action::Up(options) => return up::run(project, &folder, options, ui),
        Action::Status { watch } => show(&folder, *watch, ui)?,
        Action::Stop { node } => change(&folder, Request::Stop { node: *node }, ui)?,
        Action::Start { node } => change(&folder, Request::Start { node: *node }, ui)?,
        Action::Kill { node } => change(&folder, Request::Kill { node: *node }, ui)?,
        Action::Cut { groups } => change(&folder, Request::Cut { groups: groups.0.clone() }, ui)?,
        Action::Heal => change(&folder, Request::Heal, ui)?,
        Action::Delay { millis } => change(&folder, Request::Delay { millis: *millis }, ui)?,
        Action::Loss { permille } => change(&folder, Request::Loss { permille: *permille }, ui)?,
        Action::Logs(options) => log::run(&folder, options, ui)?,
        Action::Down => down(&folder, ui)?,
        Action::Reset => reset(&folder, ui)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn change(folder: &DevnetFolder, request: Request, ui: &Ui) -> Result<()> {
    told(&asked(&folder.running()?, request, ui)?, ui);
    Ok(())
}

fn asked(running: &Running, request: Request, ui: &Ui) -> Result<String> {
    let _sign_of_life = ui.waiting("asking the devnet");
    control::ask(running, request)
}

fn told(done: &str, ui: &Ui) {
    ui.line(done);
    ui.document(&json!({ "done": done }));
}

fn show(folder: &DevnetFolder, watch: bool, ui: &Ui) -> Result<()> {
    let stop = watch.then(interrupt::interruption).transpose()?;
    let mut printed = 0;
    loop {
        let running = folder.running()?;
        let statuses = status::of(&running.nodes);
        if stop.is_none() {
            table::print(&statuses, ui);
            ui.document(&table::document(&running, &statuses));
            return Ok(());
        }
        ui.take_back(printed);
        table::print(&statuses, ui);
        // The heads, and a row for each node.
        printed = statuses.len() + 1;
        ui.document_line(&table::document(&running, &statuses));
        let begun = Instant::now();
        while begun.elapsed() < PERIOD {
            if stop.as_ref().is_some_and(|stop| stop.load(std::sync::atomic::Ordering::Relaxed)) {
                return Ok(());
            }
            thread::sleep(GLANCE);
        }
    }
}

fn down(folder: &DevnetFolder, ui: &Ui) -> Result<()> {
    if !folder.is_up()? {
        told("no devnet is up", ui);
        return Ok(());
    }
    let running = folder.running()?;
    let done = asked(&running, Request::Down, ui)?;
    // The supervisor's process goes last.
    let begun = Instant::now();
    while folder.is_up()? {
        if begun.elapsed() > MAX_RELEASE {
            return Err(Fault::environment(
                format!("the nodes have ended, but their supervisor (process {}) has not", running.supervisor),
                "wait a moment; if the process keeps running, end it",
            ));
        }
        thread::sleep(GLANCE);
    }
    told(&done, ui);
    Ok(())
}

fn reset(folder: &DevnetFolder, ui: &Ui) -> Result<()> {
    if folder.is_up()? {
        return change(folder, Request::Reset, ui);
    }
    supervisor::clear(folder)?;
    told("removed the chains and keys of the devnet", ui);
    Ok(())
}

//! The commands: for each one file with its grammar and its `run`, which prints what came of the work.

mod account;
mod block;
mod build;
mod call;
mod check;
mod circuit;
mod completions;
mod control;
mod crs;
mod demo;
mod deploy;
mod devnet;
mod doctor;
mod events;
mod evidence;
mod grammar;
mod inspect;
mod keys;
mod new;
mod node;
mod prove;
mod shown;
mod test;
mod test_host;
mod tx;

use std::process::ExitCode;

use anyhow::Result;

use self::grammar::Command;
pub(crate) use self::grammar::{Cli, read};
use self::node::Node;
use crate::ops::project::Project;
use crate::output::Ui;

/// Runs the command.
///
/// # Errors
/// Any error; `main` prints it.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<ExitCode> {
    let project = || Project::find(cli.manifest_path.as_deref());
    // Looking at a chain and calling contracts need no project; where there is one, it gives names.
    let bare = || Project::find_or_bare(cli.manifest_path.as_deref());
    match cli.command {
        Command::New(options) => new::run(&options, ui),
        Command::Build(options) => build::run(&project()?, &options, ui),
        Command::Check(options) => check::run(project, &options, ui),
        Command::Test(options) => test::run(&project()?, &options, ui),
        Command::Circuit(options) => circuit::run(project, &options.action, ui),
        Command::Prove(options) => prove::run(&project()?, &options, ui),
        Command::Keys(options) => keys::run(&options.action, ui),
        Command::Crs(options) => crs::run(project, bare, &options.action, ui),
        Command::Evidence(options) => evidence::run(&project()?, &options, ui),
        Command::TestHost => test_host::run(&project()?, ui),
        Command::Node(Node { control: Some(change), .. }) => control::run(&bare()?, &change, ui),
        Command::Node(options) => node::run(&options, ui),
        Command::Devnet(options) => devnet::run(&bare()?, &options, ui),
        Command::Deploy(options) => deploy::run(project, &options, ui),
        Command::Call(options) => call::run(bare, &options, &grammar::of_call(), ui),
        Command::Tx(options) => tx::run(&bare()?, &options, ui),
        Command::Block(options) => block::run(&bare()?, &options, ui),
        Command::Account(options) => account::run(&bare()?, &options, ui),
        Command::Events(options) => events::run(&bare()?, &options, ui),
        Command::Inspect(options) => inspect::run(&bare()?, &options, ui),
        Command::Doctor(options) => doctor::run(&options, ui),
        Command::Demo(options) => demo::run(&options, ui),
        Command::Completions { shell } => Ok(completions::run(shell, ui)),
    }
}

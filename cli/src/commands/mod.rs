//! The commands: arguments in, words out.

pub(crate) mod call;

mod build;
mod completions;
mod demo;
mod deploy;
mod doctor;
mod new;
mod node;
mod test;
mod test_host;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Cli, Command};
use crate::ops::project::Project;
use crate::output::Ui;

/// Runs the command.
///
/// # Errors
/// Whatever went wrong; `error::report` says it.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<ExitCode> {
    let project = || Project::find(cli.manifest_path.as_deref());
    match cli.command {
        Command::New(options) => new::run(&options, ui),
        Command::Build(options) => build::run(&project()?, &options, ui),
        Command::Test(options) => test::run(&project()?, &options, ui),
        Command::TestHost => test_host::run(&project()?, ui),
        Command::Node(options) => node::run(&options, ui),
        Command::Deploy(options) => deploy::run(&project()?, &options, ui),
        Command::Call(options) => call::run(project, &options, ui),
        Command::Doctor(options) => doctor::run(&options, ui),
        Command::Demo(options) => demo::run(&options, ui),
        Command::Completions { shell } => Ok(completions::run(shell, ui)),
    }
}

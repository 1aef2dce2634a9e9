//! `cargo dusk completions`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use crate::output::Ui;

pub(super) fn run(shell: Shell, ui: &Ui) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cargo-dusk", &mut script);
    ui.raw(String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}

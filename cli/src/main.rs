//! `cargo dusk`: scaffold, build, test, run a node, deploy, call.
//!
//! | module | about |
//! |---|---|
//! | [`commands`] | one file for each command: its grammar, its run, and what it prints |
//! | [`args`] | the grammar that commands share |
//! | [`table`], [`output`], [`escape`], [`figures`] | how results are printed: the result to stdout, everything else to stderr |
//! | [`hints`] | the exit code and the hint of an error |
//! | [`ops`] | the work, which knows neither grammar nor terminal; it tells of itself through [`ops::report`] |
//! | [`error`] | the error that carries an exit code and a hint |
//!
//! Each imports only what stands below it; `cli/tests/house/walls.rs` tests it.

mod args;
mod commands;
mod error;
mod escape;
mod figures;
mod hints;
mod ops;
mod output;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod remote;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::escape::Lines;
use crate::ops::report;
use crate::output::Ui;

fn main() -> ExitCode {
    output::tell_panics();
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = ops::cargo::compiler::run(&arguments) {
        return code;
    }
    // cargo starts its subcommands with their own name as the first argument.
    if arguments.get(1).is_some_and(|first| first == "dusk") {
        arguments.remove(1);
    }
    let cli = match commands::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let json = arguments.iter().any(|argument| argument == "--json");
            return failed(&Ui::new(json), &error);
        }
    };
    let ui = Ui::new(cli.json);
    report::install(ui.clone());
    commands::run(cli, &ui).unwrap_or_else(|error| failed(&ui, &error))
}

fn failed(ui: &Ui, error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<clap::Error>() {
        Some(grammar) => misunderstood(ui, grammar),
        None => report_fault(ui, error),
    }
}

/// Prints the error with its causes and its hint.
fn report_fault(ui: &Ui, error: &anyhow::Error) -> ExitCode {
    let (exit, hint) = hints::of(error);
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        // Some libraries repeat the text of their source in their own.
        if !causes.last().is_some_and(|previous| previous.ends_with(&cause)) {
            causes.push(cause);
        }
    }
    ui.error(&causes.join(": "), Lines::One, hint, exit as u8);
    ExitCode::from(exit as u8)
}

/// Help and version go to stdout; anything else is a usage error in the form of all errors.
fn misunderstood(ui: &Ui, error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            ui.raw(error.render());
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ui.aside(error.render());
            ExitCode::from(error::Exit::Usage as u8)
        }
        _ => {
            let text = error.render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            let text = text.split("\n\nFor more information").next().unwrap_or(text).trim_end();
            let exit = error::Exit::Usage as u8;
            ui.error(text, Lines::Many, "`--help` shows the usage", exit);
            ExitCode::from(exit)
        }
    }
}

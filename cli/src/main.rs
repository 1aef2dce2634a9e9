//! `cargo dusk`: scaffold, build, test, run a node, deploy, call.
//!
//! Commands are thin: they read arguments and say what came of it. The work is done in [`ops`], which speaks no grammar
//! and needs no terminal. What is said goes through [`output`]: the result to stdout, everything else to stderr. Errors
//! end in [`error`], the only place that picks an exit code.

mod args;
mod commands;
mod compiler;
mod error;
mod escape;
mod hints;
mod ops;
mod output;
#[cfg(test)]
mod reference;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::escape::Lines;
use crate::output::Ui;

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = compiler::run(&arguments) {
        return code;
    }
    // cargo starts its subcommands with their own name as the first argument.
    if arguments.get(1).is_some_and(|first| first == "dusk") {
        arguments.remove(1);
    }
    let cli = match args::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let json = arguments.iter().any(|argument| argument == "--json");
            return failed(&Ui::new(json), &error);
        }
    };
    let ui = Ui::new(cli.json);
    commands::run(cli, &ui).unwrap_or_else(|error| failed(&ui, &error))
}

fn failed(ui: &Ui, error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<clap::Error>() {
        Some(grammar) => misunderstood(ui, grammar),
        None => error::report(ui, error),
    }
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
            ui.error(text, Lines::Many, "`--help` shows what there is", exit);
            ExitCode::from(exit)
        }
    }
}

//! The command line's grammar: one file for each command.

mod build;
mod call;
mod check;
mod circuit;
mod demo;
mod deploy;
mod doctor;
mod looking;
mod new;
mod node;
mod sending;
mod test;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use self::build::Build;
pub(crate) use self::call::{Call, CallOptions};
pub(crate) use self::check::{Check, Denied};
pub(crate) use self::circuit::{Circuit, CircuitAction, CrsAction, Keys, KeysAction, Parameters, Prove};
pub(crate) use self::demo::Demo;
pub(crate) use self::deploy::Deploy;
pub(crate) use self::doctor::Doctor;
pub(crate) use self::looking::{Account, Block, Events, Inspect, Tx, Where};
pub(crate) use self::new::New;
pub(crate) use self::node::{Control, Node};
pub(crate) use self::sending::Sending;
pub(crate) use self::test::Test;

/// The toolchain for confidential smart contracts.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-dusk",
    bin_name = "cargo dusk",
    version,
    about = "The toolchain for confidential smart contracts",
    after_help = "Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 the machine lacks something.",
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Prints one JSON document on stdout instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// A Cargo.toml of the project, instead of the one around the current folder.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a new project.
    New(New),
    /// Builds all contracts of the project: wasm, data driver, abi.json.
    Build(Build),
    /// Looks for what a network would refuse, and what to beware of.
    Check(Check),
    /// Builds what is stale and runs the tests on the shipped wasm.
    Test(Test),
    /// Serves the tests that plain `cargo test` runs.
    #[command(hide = true)]
    TestHost,
    /// Lists, checks, profiles and audits the circuits of the project.
    Circuit(Circuit),
    /// Proves that there is a witness, and writes the proof with its public inputs.
    Prove(Prove),
    /// Lists and clears the keys that are kept on this machine.
    Keys(Keys),
    /// Shows, fetches and chooses the parameters (CRS) that keys are made with.
    Crs(Parameters),
    /// Runs a node until Ctrl-C, or takes a running one back and forth.
    Node(Node),
    /// Deploys a contract.
    Deploy(Deploy),
    /// Calls a function of a deployed contract.
    Call(Call),
    /// Shows a transaction: what it did, what it cost, why it failed.
    Tx(Tx),
    /// Shows a block.
    Block(Block),
    /// Shows an account, or all that are known.
    Account(Account),
    /// Shows what contracts made known, and follows it.
    Events(Events),
    /// Shows what a contract is made of.
    Inspect(Inspect),
    /// Checks what this machine needs.
    Doctor(Doctor),
    /// Shows the main job in one go, in a temporary folder.
    Demo(Demo),
    /// Prints shell completions.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_of_a_call_may_stand_before_and_after_its_function() {
        let parse = |line: &str| match Cli::try_parse_from(line.split(' ')).unwrap().command {
            Command::Call(call) => call,
            other => panic!("{other:?}"),
        };
        let call = parse("x call counter add --from bob --amount 10 --json");
        let from = |call: &Call| call.options.sending.from.clone().unwrap_or_default();
        assert_eq!((from(&call).as_str(), call.rest.join(" ").as_str()), ("bob", "--amount 10 --json"));
        let call = parse("x call --from bob counter add --amount 10 --from carol");
        assert_eq!((from(&call).as_str(), call.rest.join(" ").as_str()), ("bob", "--amount 10 --from carol"));
    }
}

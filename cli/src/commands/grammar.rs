//! The grammar of the command line as a whole: the global options and the list of commands. Each command has its own
//! grammar beside its work.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use super::account::Account;
use super::block::Block;
use super::build::Build;
use super::call::Call;
use super::check::Check;
use super::circuit::Circuit;
use super::crs::Parameters;
use super::demo::Demo;
use super::deploy::Deploy;
use super::devnet::Devnet;
use super::doctor::Doctor;
use super::events::Events;
use super::evidence::EvidenceOptions;
use super::inspect::Inspect;
use super::keys::Keys;
use super::new::New;
use super::node::Node;
use super::prove::Prove;
use super::test::Test;
use super::tx::Tx;
use crate::args::{Options, Words};
use crate::error::Fault;

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
    /// Path of the project's Cargo.toml; by default found from the current folder upwards.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a new project.
    New(New),
    /// Builds all contracts of the project: wasm, data driver, abi.json.
    Build(Build),
    /// Checks contracts against the rules of a network, and reports risks.
    Check(Check),
    /// Builds changed contracts and runs the tests on the deployable wasm.
    Test(Test),
    /// Writes a document with the results of builds, tests and audits, or verifies one.
    Evidence(EvidenceOptions),
    /// Serves the tests that plain `cargo test` runs.
    #[command(hide = true)]
    TestHost,
    /// Lists, checks, profiles and audits the circuits of the project.
    Circuit(Circuit),
    /// Proves a circuit for a witness, and writes the proof with its public inputs.
    Prove(Prove),
    /// Lists, verifies and removes the circuit keys and parameters stored on this machine.
    Keys(Keys),
    /// Shows, fetches and selects the parameters (common reference string) for circuit keys.
    Crs(Parameters),
    /// Runs a node until Ctrl-C, or controls a running one.
    Node(Node),
    /// Runs a network of nodes on this machine, and injects faults.
    Devnet(Devnet),
    /// Deploys a contract.
    Deploy(Deploy),
    /// Calls a function of a deployed contract.
    Call(Call),
    /// Shows a transaction: its effects, its cost, and the reason of a failure.
    Tx(Tx),
    /// Shows a block.
    Block(Block),
    /// Shows an account, or all known accounts.
    Account(Account),
    /// Shows the events of contracts, and follows new ones.
    Events(Events),
    /// Shows the sections, functions and interface of a contract.
    Inspect(Inspect),
    /// Checks the tools on this machine.
    Doctor(Doctor),
    /// Builds, tests, deploys and uses an example project in a temporary folder.
    Demo(Demo),
    /// Prints a completion script for a shell.
    Completions {
        /// Shell that the script is for.
        shell: Shell,
    },
}

/// Reads the command's words, the program's name first.
///
/// Options of a call that stand behind its function are read as if they stood before its contract, so that there is one
/// grammar, and one that is given twice is refused wherever it stands.
///
/// # Errors
/// [`clap::Error`], or a usage fault.
pub(crate) fn read(arguments: &[OsString]) -> Result<Cli> {
    let mut cli = Cli::try_parse_from(arguments)?;
    let Command::Call(call) = &mut cli.command else { return Ok(cli) };
    let words = Words::read(&call.rest, &Options::of(&of_call()))?;
    if !words.options.is_empty() {
        let (before, behind) = arguments.split_at(arguments.len().saturating_sub(call.rest.len()));
        if before.iter().any(|word| word == "--") || behind.iter().ne(call.rest.iter().map(String::as_str)) {
            let (options, contract) = (words.options.join(" "), call.contract.as_deref().unwrap_or_default());
            let function = words.function.as_deref().unwrap_or_default();
            return Err(Fault::usage(
                "`--` precedes options of the command",
                format!("write them before the contract: `cargo dusk call {options} {contract} {function}`"),
            ));
        }
        cli = Cli::try_parse_from(before.iter().cloned().chain(words.options.iter().map(OsString::from)))?;
    }
    if let Command::Call(call) = &mut cli.command {
        call.words = words;
    }
    Ok(cli)
}

/// The grammar of `call`, with the global options.
pub(super) fn of_call() -> clap::Command {
    let mut grammar = Cli::command();
    grammar.build();
    grammar.find_subcommand("call").cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    fn call(words: &[&str]) -> Result<Call, String> {
        let words: Vec<OsString> = ["x", "call"].iter().chain(words).map(OsString::from).collect();
        match read(&words).map_err(|error| error.to_string())?.command {
            Command::Call(call) => Ok(call),
            other => panic!("{other:?}"),
        }
    }

    fn named(call: &Call) -> Vec<(&str, &str)> {
        call.words.named.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn options_of_a_call_may_stand_before_and_behind_its_function() {
        for words in [
            &["--from", "bob", "counter", "add", "--amount", "10"][..],
            &["counter", "--from", "bob", "add", "--amount", "10"],
            &["counter", "add", "--from", "bob", "--amount", "10"],
            &["counter", "add", "--amount", "10", "--from=bob"],
        ] {
            let call = call(words).unwrap();
            assert_eq!(
                (call.options.sending.from.as_deref(), call.words.function.as_deref()),
                (Some("bob"), Some("add"))
            );
            assert_eq!(named(&call), [("amount", "10")], "{words:?}");
        }
        for words in [&["--from", "bob", "c", "f", "--from", "carol"][..], &["c", "f", "--from", "bob", "--from=bob"]] {
            assert!(call(words).unwrap_err().contains("cannot be used multiple times"), "{words:?}");
        }
        assert!(call(&["--", "c", "f", "--from", "bob"]).unwrap_err().contains("precedes options"));
    }

    #[test]
    fn nothing_behind_the_function_is_taken_for_an_option_by_a_part_of_its_name() {
        let set = call(&["names", "set", "--network-id", "5", "--network", "http://b"]).unwrap();
        assert_eq!(
            (set.options.sending.network.as_deref(), named(&set)),
            (Some("http://b"), vec![("network-id", "5")])
        );
        let set = call(&["names", "set", "--network-id", "5"]).unwrap();
        assert!(set.options.sending.network.is_none_or(|network| !network.contains("-id")));
        let said = call(&["names", "set", "--", "--network", "--json"]).unwrap();
        assert_eq!(said.words.in_order, ["--network", "--json"]);
    }
}

//! The command line's grammar.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use local_node_types::rules::Profile;

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
    /// Builds what is stale and runs the tests on the shipped wasm.
    Test(Test),
    /// Serves the tests that plain `cargo test` runs.
    #[command(hide = true)]
    TestHost,
    /// Runs a node until Ctrl-C.
    Node(Node),
    /// Deploys a contract.
    Deploy(Deploy),
    /// Calls a function of a deployed contract.
    Call(Call),
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

/// `new`
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder to make; its name is the project's.
    #[arg(required_unless_present = "list")]
    pub(crate) name: Option<PathBuf>,
    /// What to start from.
    #[arg(long, default_value = "counter")]
    pub(crate) template: String,
    /// Lists the templates.
    #[arg(long)]
    pub(crate) list: bool,
    /// Takes the SDK from a folder, a git URL, or `registry` (crates.io), instead of the one that cargo-dusk carries.
    #[arg(long, value_name = "PATH|GIT-URL|registry")]
    pub(crate) sdk: Option<String>,
}

/// `build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `test`
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Runs the tests whose names contain this.
    pub(crate) filter: Option<String>,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Arguments for the test programs.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

/// `node`
#[derive(Debug, Args)]
pub(crate) struct Node {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// When blocks are made: `instant` (as soon as a transaction waits), or every so many seconds.
    #[arg(long, default_value = "instant", value_name = "instant|SECONDS")]
    pub(crate) block_time: String,
    /// The rules to follow: local, testnet or mainnet.
    #[arg(long, default_value_t = Profile::Local)]
    pub(crate) rules: Profile,
}

/// What deployments and calls have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct Sending {
    /// The account that signs and pays.
    #[arg(long, default_value = "alice", value_name = "ACCOUNT")]
    pub(crate) from: String,
    /// The network: a name from dusk.toml, or the URL of a node.
    #[arg(long, value_name = "NAME|URL")]
    pub(crate) network: Option<String>,
    /// Simulates and tells the price, but sends nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Waits until the block can no longer change.
    #[arg(long = "final")]
    pub(crate) until_final: bool,
}

/// `deploy`
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// The contract; not needed where the project has only one.
    pub(crate) contract: Option<String>,
    /// The constructor's arguments as JSON, by name or by place.
    #[arg(long, value_name = "JSON")]
    pub(crate) init: Option<String>,
    /// What it has in common with calls.
    #[command(flatten)]
    pub(crate) sending: Sending,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `call`
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Call {
    /// A contract that the project has deployed: its name, or its id.
    #[arg(required_unless_present = "help")]
    pub(crate) contract: Option<String>,
    /// The function.
    #[arg(required_unless_present = "help")]
    pub(crate) function: Option<String>,
    /// The options of every call.
    #[command(flatten)]
    pub(crate) options: CallOptions,
    /// Shows help; after a function, its arguments.
    #[arg(long, short)]
    pub(crate) help: bool,
    /// One flag for each argument of the function: `--amount 10`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "--ARGUMENT VALUE")]
    pub(crate) rest: Vec<String>,
}

/// The options that a call has beside its function's arguments.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallOptions {
    /// What it has in common with deployments.
    #[command(flatten)]
    pub(crate) sending: Sending,
    /// All arguments as JSON, by name or by place.
    #[arg(long, value_name = "JSON")]
    pub(crate) args: Option<String>,
    /// LUX that go to the contract with the call.
    #[arg(long, default_value_t = 0, value_name = "LUX")]
    pub(crate) deposit: u64,
}

/// `doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Provides what is missing.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Does so without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Makes the project in this folder instead of a temporary one.
    #[arg(long, value_name = "PATH")]
    pub(crate) folder: Option<PathBuf>,
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
        assert_eq!((call.options.sending.from.as_str(), call.rest.join(" ").as_str()), ("bob", "--amount 10 --json"));
        let call = parse("x call --from bob counter add --amount 10 --from carol");
        assert_eq!(
            (call.options.sending.from.as_str(), call.rest.join(" ").as_str()),
            ("bob", "--amount 10 --from carol")
        );
    }
}

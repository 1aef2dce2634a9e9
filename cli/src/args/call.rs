//! The grammar of `cargo dusk call`.

use clap::Args;

use super::Sending;

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

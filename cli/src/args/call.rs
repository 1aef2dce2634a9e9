//! The grammar of `cargo dusk call`.

use clap::Args;

use super::Sending;
use crate::ops::amount;

/// `call`
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Call {
    /// A contract: the name of what the project has deployed, or any contract's id.
    #[arg(required_unless_present = "help")]
    pub(crate) contract: Option<String>,
    /// The function. Without one the contract's functions are listed.
    pub(crate) function: Option<String>,
    /// The options of every call.
    #[command(flatten)]
    pub(crate) options: CallOptions,
    /// Shows help; after a function, its arguments.
    #[arg(long, short)]
    pub(crate) help: bool,
    /// The function's arguments: by name, `--amount 10`, or in their order, `10`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    pub(crate) rest: Vec<String>,
}

/// The options that a call has beside its function's arguments.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallOptions {
    /// What it has in common with deployments.
    #[command(flatten)]
    pub(crate) sending: Sending,
    /// All arguments by name or by place: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) args: Option<String>,
    /// What goes to the contract with the call, in DUSK: 2.5DUSK; or in LUX: 100LUX.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::lux)]
    pub(crate) deposit: Option<u64>,
}

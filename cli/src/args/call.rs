//! The grammar of `cargo dusk call`.

use clap::Args;

use super::Sending;
use super::words::Words;
use crate::ops::amount;

/// `call`
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "cargo dusk call [OPTIONS] [CONTRACT] [FUNCTION] [ARGUMENTS]...",
    after_help = "Options may also stand behind the function, by their whole names. Where an argument has the name of an \
                  option, `--arg.NAME VALUE` gives the argument, and the option stands before the contract. A value that \
                  begins with a hyphen: `--NAME=-5`, or behind `--`."
)]
pub(crate) struct Call {
    /// A contract: the name of what the project has deployed, or any contract's id.
    #[arg(required_unless_present = "help")]
    pub(crate) contract: Option<String>,
    /// The options of every call.
    #[command(flatten)]
    pub(crate) options: CallOptions,
    /// Shows help; after a function, its arguments.
    #[arg(long, short)]
    pub(crate) help: bool,
    /// The function, then its arguments: by name, `--amount 10`, or in their order, `10`. Without a function, all are listed.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FUNCTION ARGUMENTS")]
    pub(super) rest: Vec<String>,
    /// The same, taken apart: see [`super::read`].
    #[arg(skip)]
    pub(crate) words: Words,
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

//! The grammar of `cargo dusk check`.

use clap::{Args, ValueEnum};
use local_node_types::rules::Profile;

/// `check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A contract of the project, or a wasm file; all contracts where none is named.
    #[arg(value_name = "CONTRACT|FILE.wasm")]
    pub(crate) subject: Option<String>,
    /// The network whose rules of today are asked: local, testnet or mainnet.
    #[arg(long, default_value_t = Profile::Local)]
    pub(crate) rules: Profile,
    /// What else is to count as an error.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) deny: Option<Denied>,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Findings that are no errors by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Denied {
    /// All warnings.
    Warnings,
}

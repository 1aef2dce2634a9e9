//! The grammar of `cargo dusk deploy`.

use clap::Args;

use super::Sending;
use crate::ops::proving::Crs;

/// `deploy`
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// The contract, or an entry of dusk.toml's `[deploy]`; not needed where the project has only one.
    pub(crate) contract: Option<String>,
    /// Deploys all entries of dusk.toml's `[deploy]` in their order; all contracts where it has none.
    #[arg(long, conflicts_with_all = ["contract", "init", "alias"])]
    pub(crate) all: bool,
    /// The constructor's arguments by name or by place: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) init: Option<String>,
    /// The name to call it by, where it is not the contract's own.
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Option<String>,
    /// The parameters that the keys of circuits are made with, instead of what dusk.toml says under `[circuits]`.
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) crs: Option<Crs>,
    /// What it has in common with calls.
    #[command(flatten)]
    pub(crate) sending: Sending,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

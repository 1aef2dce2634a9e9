//! The grammar of `cargo dusk deploy`.

use clap::Args;

use super::Sending;

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

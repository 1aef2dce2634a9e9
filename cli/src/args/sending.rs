//! What commands that send transactions have in common.

use clap::Args;

/// What deployments and calls have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct Sending {
    /// The account that signs and pays.
    #[arg(long, default_value = "alice", value_name = "ACCOUNT")]
    pub(crate) from: String,
    /// The network: a name from dusk.toml, or the URL of a node.
    #[arg(long, value_name = "NAME|URL", env = "DUSK_NETWORK", hide_env_values = true)]
    pub(crate) network: Option<String>,
    /// Simulates and tells the price, but sends nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Waits until the block can no longer change.
    #[arg(long = "final")]
    pub(crate) until_final: bool,
}

//! The network that a command looks at.

use clap::Args;

/// Where to look.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// Network to use: `local`, `devnet`, `testnet`, `mainnet`, a name from dusk.toml, or the URL of a node; by default
    /// the network set in dusk.toml, or else `local`.
    #[arg(long, value_name = "NAME|URL", env = "DUSK_NETWORK", hide_env_values = true)]
    pub(crate) network: Option<String>,
}

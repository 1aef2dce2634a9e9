//! The options of commands that send transactions.

use clap::Args;

use crate::ops::chain::transact::Terms;

/// The options that deployments and calls share.
#[derive(Debug, Clone, Args)]
pub(crate) struct Sending {
    /// Account that signs and pays; by default the account set in dusk.toml, or else alice.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) from: Option<String>,
    /// Network to use: `local`, `devnet`, `testnet`, `mainnet`, a name from dusk.toml, or the URL of a node; by default
    /// the network set in dusk.toml, or else `local`.
    #[arg(long, value_name = "NAME|URL", env = "DUSK_NETWORK", hide_env_values = true)]
    pub(crate) network: Option<String>,
    /// Simulates the transaction and shows its fee; sends nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Waits until the block with the transaction is final.
    #[arg(long = "final")]
    pub(crate) until_final: bool,
    /// Gas limit of the transaction; by default determined by a simulation.
    #[arg(long, value_name = "GAS")]
    pub(crate) gas_limit: Option<u64>,
    /// Price of a unit of gas in LUX; by default the lowest accepted price.
    #[arg(long, value_name = "LUX", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) gas_price: Option<u64>,
}

impl Sending {
    /// The same without the grammar.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            from: self.from.clone(),
            dry_run: self.dry_run,
            until_final: self.until_final,
            gas_limit: self.gas_limit,
            gas_price: self.gas_price,
        }
    }
}

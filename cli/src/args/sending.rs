//! What commands that send transactions have in common.

use clap::Args;

use crate::ops::chain::transact::Terms;

/// What deployments and calls have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct Sending {
    /// The account that signs and pays; dusk.toml can name another default than alice.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) from: Option<String>,
    /// The network: a name from dusk.toml, or the URL of a node.
    #[arg(long, value_name = "NAME|URL", env = "DUSK_NETWORK", hide_env_values = true)]
    pub(crate) network: Option<String>,
    /// Simulates and tells the price, but sends nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Waits until the block can no longer change.
    #[arg(long = "final")]
    pub(crate) until_final: bool,
    /// The most gas that may be spent; found by simulation where it is left out.
    #[arg(long, value_name = "GAS")]
    pub(crate) gas_limit: Option<u64>,
    /// LUX for a unit of gas; the least that is accepted where it is left out.
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

//! The grammar of `cargo dusk build`.

use clap::Args;

use crate::ops::proving::Crs;

/// `build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Makes contracts smaller at the price of the texts of panics; errors keep theirs. `[build] small = true` in
    /// dusk.toml says so for all commands.
    #[arg(long)]
    pub(crate) small: bool,
    /// The parameters that the keys of circuits are made with, instead of what dusk.toml says under `[circuits]`.
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) crs: Option<Crs>,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

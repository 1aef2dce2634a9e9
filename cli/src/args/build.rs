//! The grammar of `cargo dusk build`.

use clap::Args;

/// `build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Makes contracts smaller at the price of the texts of panics; errors keep theirs. `[build] small = true` in
    /// dusk.toml says so for all commands.
    #[arg(long)]
    pub(crate) small: bool,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

//! The grammar of `cargo dusk build`.

use clap::Args;

/// `build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

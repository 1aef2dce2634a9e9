//! The grammar of `cargo dusk doctor`.

use clap::Args;

/// `doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Provides what is missing.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Does so without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

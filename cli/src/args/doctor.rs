//! The grammar of `cargo dusk doctor`.

use clap::Args;

/// `doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Sets up what is missing. Asks before it installs packages of the system; without a terminal it installs them for root only.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Installs packages of the system without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

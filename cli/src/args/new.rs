//! The grammar of `cargo dusk new`.

use std::path::PathBuf;

use clap::Args;

/// `new`
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder to make; its name is the project's.
    #[arg(required_unless_present = "list")]
    pub(crate) name: Option<PathBuf>,
    /// What to start from.
    #[arg(long, default_value = "counter")]
    pub(crate) template: String,
    /// Lists the templates.
    #[arg(long)]
    pub(crate) list: bool,
    /// Takes the SDK from a folder, a git URL, or `registry` (crates.io), instead of the one that cargo-dusk carries.
    #[arg(long, value_name = "PATH|GIT-URL|registry")]
    pub(crate) sdk: Option<String>,
}

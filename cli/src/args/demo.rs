//! The grammar of `cargo dusk demo`.

use std::path::PathBuf;

use clap::Args;

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Makes the project in this folder instead of a temporary one.
    #[arg(long, value_name = "PATH")]
    pub(crate) folder: Option<PathBuf>,
}

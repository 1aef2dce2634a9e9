//! The grammar of `cargo dusk test`.

use clap::Args;

/// `test`
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Runs the tests whose names contain this.
    pub(crate) filter: Option<String>,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Arguments for the test programs.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

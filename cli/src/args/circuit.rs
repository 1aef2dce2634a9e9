//! The grammar of the commands about circuits: `circuit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `circuit`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Circuit {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: CircuitAction,
}

/// What can be done with circuits.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CircuitAction {
    /// Lists the circuits of the project with their inputs and gates.
    List,
    /// Evaluates all constraints for a witness, and names the first that does not hold.
    Check {
        /// The circuit; not needed where the project has only one.
        name: Option<String>,
        /// The inputs by name, public and private: JSON, TOML where the file's name ends like that, or `-`.
        #[arg(long, value_name = "FILE|-")]
        witness: PathBuf,
    },
}

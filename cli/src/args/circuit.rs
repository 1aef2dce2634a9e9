//! The grammar of the commands about circuits: `circuit`, `prove`, `keys`, `crs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::ops::clock;
use crate::ops::proving::Crs;

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
        /// The inputs by name, public and private: JSON, TOML where the file's name ends like that, or - for JSON from
        /// standard input.
        #[arg(long, value_name = "FILE|-")]
        witness: PathBuf,
        /// Shows private values too where a constraint does not hold. What is printed may end in logs that others read.
        #[arg(long)]
        show_private: bool,
    },
    /// Shows the gates by named part, how many are free up to the next power of two, and what keys and proofs will cost.
    Profile {
        /// The circuit; not needed where the project has only one.
        name: Option<String>,
        /// Draws the parts into this file (SVG).
        #[arg(long, value_name = "FILE")]
        flamegraph: Option<PathBuf>,
    },
    /// Looks for values that no constraint determines: a prover could choose them. Exit code 1 where there are any, or where
    /// it cannot be known.
    Audit {
        /// The circuit; not needed where the project has only one.
        name: Option<String>,
        /// Inputs that satisfy the circuit, as for `check`: with them it also looks for other values that satisfy it, and
        /// shows which wires are under-constrained.
        #[arg(long, value_name = "FILE|-")]
        witness: Option<PathBuf>,
        /// Shows private values too: both values of an under-constrained wire. What is printed may end in logs that others read.
        #[arg(long)]
        show_private: bool,
    },
    /// Lists the gadgets of the SDK with their gates.
    Gates,
}

/// `prove`
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The circuit; not needed where the project has only one.
    pub(crate) name: Option<String>,
    /// The inputs by name, public and private: JSON, TOML where the file's name ends like that, or - for JSON from
    /// standard input.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) witness: PathBuf,
    /// Where the proof goes: with its public inputs as JSON, as TOML where the file's name ends in .toml, or alone in
    /// hexadecimal where it ends in .hex. NAME.proof.json where it is left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The parameters that the keys are made with, instead of what dusk.toml says under `[circuits]`.
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) crs: Option<Crs>,
    /// Shows private values too where a constraint does not hold. What is printed may end in logs that others read.
    #[arg(long)]
    pub(crate) show_private: bool,
}

/// `keys`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Keys {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

/// What can be done with the keys that are kept.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeysAction {
    /// Lists keys and parameters with their sizes.
    Ls,
    /// Removes what was not used for a while, and what is damaged.
    Gc {
        /// For how long: 90s, 15m, 6h, 1d, 2w; 0s removes everything.
        #[arg(long, value_name = "DURATION", default_value = "4w", value_parser = unused)]
        unused_for: u64,
    },
    /// Checks all files; exit code 1 where one is damaged.
    Verify,
}

/// `crs`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Parameters {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: CrsAction,
}

/// What can be done with parameters.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CrsAction {
    /// Shows which parameters are here, and which the project uses.
    Status,
    /// Fetches production's parameters, and keeps them if their hash is the known one.
    Fetch {
        /// A file, the URL of a file, or the URL of a node; production's own server where it is left out.
        #[arg(value_name = "FILE|URL")]
        from: Option<String>,
    },
    /// Writes into dusk.toml which parameters the project's keys are made with.
    Use {
        /// Which.
        parameters: Crs,
    },
}

/// A duration that may be nothing.
fn unused(text: &str) -> Result<u64, String> {
    if text == "0s" { Ok(0) } else { clock::duration(text) }
}

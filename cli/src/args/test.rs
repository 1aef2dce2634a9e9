//! The grammar of `cargo dusk test`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::ops::proofs::ProofMode;

/// `test`
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Runs the tests whose names contain this.
    pub(crate) filter: Option<String>,
    /// Takes the filter as a test's whole name.
    #[arg(long, requires = "filter")]
    pub(crate) exact: bool,
    /// Lists the tests and runs none.
    #[arg(long)]
    pub(crate) list: bool,
    /// Shows the calls of tests that fail; twice: of all tests, with logs and the places of panics.
    #[arg(long, short, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Builds the contracts with their logs, and shows them.
    #[arg(long)]
    pub(crate) logs: bool,
    /// Shows the gas of each contract and function.
    #[arg(long)]
    pub(crate) gas: bool,
    /// Writes the gas of tests, functions and deployments into a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Compares the gas with such a file; a difference fails.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "filter"])]
    pub(crate) check: Option<PathBuf>,
    /// By how much of the saved gas a figure may differ, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, requires = "check", value_parser = percent)]
    pub(crate) tolerance: f64,
    /// What tests get that ask for a proof: one after all constraints were checked that only the test host takes, or a real
    /// one.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) proofs: ProofMode,
    /// How many tests run at a time; then one test program after the other.
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// How long a test may take, in seconds; 0: as long as it likes. Usually a minute, and half an hour with real proofs.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) timeout: Option<u64>,
    /// Stops at the first test that fails.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Installs what is missing without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Arguments for the test programs.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

/// How long a test may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a test may take that waits for real proofs.
const TIMEOUT_WITH_PROOFS: Duration = Duration::from_secs(1800);

impl Test {
    /// How long a test may take; `None`: as long as it likes.
    pub(crate) fn time(&self) -> Option<Duration> {
        let usual = if self.proofs == ProofMode::Real { TIMEOUT_WITH_PROOFS } else { TIMEOUT };
        Some(self.timeout.map_or(usual, Duration::from_secs)).filter(|time| !time.is_zero())
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("a tolerance is a number from 0 to 100".to_owned()),
    }
}

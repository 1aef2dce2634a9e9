//! `cargo dusk test-host`: the host for tests that plain `cargo test` runs.
//!
//! `dusk_sdk::testing` starts it, reads its first line and keeps its standard input open as long as there are tests.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;

use crate::ops::build;
use crate::ops::project::Project;
use crate::ops::testing::proofs::{ProofMode, TestProofs};
use crate::ops::testing::runs;
use crate::output::Ui;

pub(super) fn run(project: &Project, ui: &Ui) -> Result<ExitCode> {
    let built = build::build(project, ui, false)?;
    let proofs =
        TestProofs::new(ProofMode::default(), project.settings.circuits.crs, &built.keys, Arc::new(ui.clone()))?;
    let host = runs::start_host(&built.artifacts, proofs)?;
    ui.raw(format_args!("listening {}\n", host.place()));
    let mut ignored = [0; 256];
    let mut stdin = std::io::stdin();
    // The end of the input, or its failure, is the end of the program that started us.
    while stdin.read(&mut ignored).is_ok_and(|read| read > 0) {}
    drop(host);
    Ok(ExitCode::SUCCESS)
}

//! The program under measurement.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The `cargo-dusk` that cargo has built for the benchmark.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_cargo-dusk");

/// `cargo dusk` with these words, in a folder; its own files are below `home`.
pub(crate) fn dusk(program: &Path, home: &Path, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        // Cargo's variables for a benchmark are about another package; and panics are quicker without a backtrace.
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO") && name != "CARGO_HOME" || name == "RUST_BACKTRACE" {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).arg("dusk").args(words).stdin(Stdio::null());
    command.env("CARGO_DUSK_HOME", home.join("home"));
    command
}

/// The standard output of a command.
///
/// # Errors
/// When it does not start, or fails: with what it has printed.
pub(crate) fn run(mut command: Command) -> Result<Vec<u8>> {
    let output = command.output().context("cannot start the program")?;
    let [told, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    ensure!(output.status.success(), "{command:?} failed:\n{told}{errors}");
    Ok(output.stdout)
}

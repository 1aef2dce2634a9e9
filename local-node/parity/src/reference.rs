//! The production machine, as a child process.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};

use anyhow::{Context, Result, ensure};

use crate::protocol::{Answer, Command};

/// A running production machine.
#[derive(Debug)]
pub struct Reference {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Reference {
    /// Builds the reference program, if it is not built yet, and answers where it lies. The first time takes minutes.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn build() -> Result<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
        let target = std::env::var_os("PARITY_REFERENCE_TARGET").map_or_else(|| folder.join("target"), PathBuf::from);
        let status = Process::new("cargo")
            .args(["build", "--locked"])
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", &target)
            .status()
            .context("cannot run cargo")?;
        ensure!(status.success(), "the reference program in {} could not be built", folder.display());
        Ok(target.join("debug/parity-reference"))
    }

    /// Starts the program.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path) -> Result<Self> {
        let mut child = Process::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("the program has no output")?);
        Ok(Self { child, input, output })
    }

    /// Runs a command.
    ///
    /// # Errors
    /// When the program ends or says something that is no answer.
    pub fn run(&mut self, command: &Command) -> Result<Answer> {
        let input = self.input.as_mut().context("the program has no input")?;
        let mut line = serde_json::to_string(command)?;
        line.push('\n');
        input.write_all(line.as_bytes()).and_then(|()| input.flush()).context("the reference program ended")?;
        line.clear();
        self.output.read_line(&mut line).context("the reference program ended")?;
        serde_json::from_str(&line).with_context(|| format!("no answer: {line:?}"))
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        drop(self.input.take());
        // The program ends with its input; there is nothing to do about a failure here.
        let _ = self.child.wait();
    }
}

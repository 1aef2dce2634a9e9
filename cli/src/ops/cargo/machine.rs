//! The machine as the command line sees it: programs on the search path, and who is asking.
//!
//! All decisions about toolchains go through this, so that tests can put their own programs on the path.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Programs, a folder to run them in, and the system's root.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    path: OsString,
    folder: PathBuf,
    /// `/`, or a folder that stands for it.
    system: PathBuf,
    /// Whether the user may install packages.
    administrator: bool,
    /// The compiler that `RUSTC` names.
    rustc: Option<PathBuf>,
}

impl Machine {
    /// This machine, for work in `folder`.
    pub(crate) fn here(folder: &Path) -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            folder: folder.to_owned(),
            system: PathBuf::from("/"),
            administrator: is_administrator(),
            rustc: std::env::var_os("RUSTC").map(PathBuf::from),
        }
    }

    /// A file of the system: `usr/bin/rustc`.
    pub(crate) fn system(&self, path: &str) -> PathBuf {
        self.system.join(path)
    }

    /// The compiler that cargo would take.
    pub(crate) fn rustc(&self) -> Option<PathBuf> {
        self.rustc.clone().or_else(|| self.find("rustc"))
    }

    /// Whether the user may install packages without asking somebody else.
    pub(crate) fn administrator(&self) -> bool {
        self.administrator
    }

    /// Where a program of this name is.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path)
            .filter(|folder| !folder.as_os_str().is_empty())
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())
    }

    /// A command with this machine's path, without input.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", &self.path).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// The output of a program, without the last line end; `None` if it is missing or fails.
    pub(crate) fn ask(&self, program: &Path, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim_end().to_owned())
    }

    /// Why a program does not run: the first line that it complains with. `None` where it runs.
    pub(crate) fn complaint(&self, program: &Path, arguments: &[&str]) -> Option<String> {
        match self.command(program).args(arguments).output() {
            Ok(output) if output.status.success() => None,
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let first = said.lines().map(str::trim).find(|line| !line.is_empty());
                let first = first.map(|line| line.strip_prefix("error: ").unwrap_or(line).to_owned());
                Some(first.unwrap_or_else(|| format!("{} fails ({})", program.display(), output.status)))
            }
            Err(error) => Some(format!("{}: {error}", program.display())),
        }
    }

    /// Runs a program; all it prints goes to stderr. Returns whether it succeeded.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Result<bool> {
        let status = self
            .command(program)
            .args(arguments)
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("cannot run {}", program.display()))?;
        Ok(status.success())
    }

    /// A machine that consists of two folders.
    #[cfg(test)]
    pub(crate) fn pretend(programs: &Path, system: &Path, administrator: bool) -> Self {
        Self { path: programs.into(), folder: system.to_owned(), system: system.to_owned(), administrator, rustc: None }
    }
}

#[cfg(unix)]
fn is_administrator() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
fn is_administrator() -> bool {
    false
}

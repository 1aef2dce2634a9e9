//! `cargo dusk` in a clone of the repository: builds the command where that is needed, then becomes it.
//!
//! The first build compiles a WASM engine and takes minutes. The launcher has no dependencies and compiles in a second,
//! so it can say that before the wait begins; cargo itself then shows its progress. Later builds are quiet unless they
//! take longer than a second.

#![allow(clippy::print_stderr, reason = "telling the user why nothing happens yet is what this program is for")]

use std::env;
use std::ffi::OsStr;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// The package that holds the command, and the name of its program.
const PACKAGE: &str = "cargo-dusk";
/// Processor time of the first build, measured on the machines of the gate.
const FIRST_BUILD_CPU_MINUTES: usize = 12;
/// How the names of variables begin that cargo sets for this program. They are about the launcher's package; build
/// scripts that look at them would run again, and with them all that depends on their packages.
const ABOUT_THIS_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];
/// How long a build may be silent.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a running build is looked at.
const POLL: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    match launch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: `cargo build --package {PACKAGE}` in this repository shows more");
            ExitCode::FAILURE
        }
    }
}

/// Builds the command and runs it with the arguments of this program.
fn launch() -> io::Result<ExitCode> {
    let own = env::current_exe()?;
    let program = own.with_file_name(format!("{PACKAGE}{}", env::consts::EXE_SUFFIX));
    let status = if program.exists() { rebuild()? } else { first_build()? };
    if !status.success() {
        return Ok(code_of(status));
    }
    become_it(&program)
}

fn first_build() -> io::Result<ExitStatus> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let minutes = FIRST_BUILD_CPU_MINUTES.div_ceil(cores);
    let (cores, minutes) = (count(cores, "core"), count(minutes, "minute"));
    eprintln!("    Building `cargo dusk` with its WASM engine. Once, about {minutes} on {cores}.");
    build().status()
}

/// Builds what changed since the last time, and says so only if it takes a while.
fn rebuild() -> io::Result<ExitStatus> {
    let begun = Instant::now();
    let mut child = build().arg("--quiet").spawn()?;
    let mut silent = true;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if silent && begun.elapsed() >= PATIENCE {
            eprintln!("    Building what changed in `cargo dusk`");
            silent = false;
        }
        thread::sleep(POLL);
    }
}

/// The build of the command, by the cargo that runs this program.
fn build() -> Command {
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package lies two folders deep");
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--package", PACKAGE, "--manifest-path"]).arg(workspace.join("Cargo.toml"));
    // A profile or target of the outer command would put the program elsewhere: build it beside this one.
    if let Some(folder) = target_folder() {
        cargo.arg("--target-dir").arg(folder);
    }
    cargo
}

/// A command without what cargo says of this package.
fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| ABOUT_THIS_PACKAGE.iter().any(|begin| name.starts_with(begin))) {
            command.env_remove(name);
        }
    }
    command
}

/// The folder that cargo built this program in: the parent of `debug`.
fn target_folder() -> Option<PathBuf> {
    Some(env::current_exe().ok()?.parent()?.parent()?.to_owned())
}

fn count(number: usize, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// The child's exit code; 1 if a signal ended it.
fn code_of(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

/// Replaces this process by the command, so that signals and the exit code are the command's own.
#[cfg(unix)]
fn become_it(program: &Path) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command(program).args(env::args_os().skip(1)).exec())
}

#[cfg(not(unix))]
fn become_it(program: &Path) -> io::Result<ExitCode> {
    let status = command(program).args(env::args_os().skip(1)).status()?;
    Ok(code_of(status))
}

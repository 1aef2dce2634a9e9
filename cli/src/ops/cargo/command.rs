//! Starting cargo, and reading what it tells.

use std::io::{BufReader, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use cargo_metadata::Message;

/// The program that builds packages: the cargo that started us, else the one on the path.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").filter(|cargo| Path::new(cargo).exists()).unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    // What cargo sets for its children is about another package.
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// Keeps cargo's own progress away where nobody watches it; the compiler's messages come all the same.
pub(crate) fn quiet() -> Option<&'static str> {
    (!std::io::stderr().is_terminal()).then_some("--quiet")
}

/// The start of a build whose messages [`follow`] reads: this subcommand, in this folder.
pub(crate) fn build(root: &Path, subcommand: &str) -> Command {
    let mut command = cargo();
    command.current_dir(root).args([subcommand, "--message-format", "json-render-diagnostics"]).args(quiet());
    command
}

/// Runs a command of [`build`] and hands its messages on. The compiler's own go to stderr. Returns whether cargo succeeded.
///
/// # Errors
/// When cargo does not start, its messages cannot be read, or `read` fails.
pub(crate) fn follow(command: &mut Command, mut read: impl FnMut(Message) -> Result<()>) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    for message in Message::parse_stream(BufReader::new(output)) {
        read(message.context("cargo's messages cannot be read")?)?;
    }
    Ok(child.wait().context("cannot wait for cargo")?.success())
}

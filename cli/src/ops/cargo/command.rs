//! Starting cargo, and reading what it tells.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cargo_metadata::Message;

use super::progress::{self, Progress};
use crate::ops::report::Report;

/// How often the state of a build is told.
const TICK: Duration = Duration::from_millis(500);
/// How long a build runs before its number of packages is asked for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Messages that are read and not yet understood.
const MAX_WAITING_MESSAGES: usize = 256;
/// The outputs of a command: stdout and stderr.
const OUTPUTS: usize = 2;
/// Lines of cargo's own words that are kept.
const MAX_WORDS: usize = 1000;

/// How the names of variables begin that cargo sets for the programs that it runs. They are about another package;
/// build scripts that look at them would run again.
const ABOUT_A_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// The program that builds packages: the cargo that started us, else the one on the path.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").filter(|cargo| Path::new(cargo).exists()).unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(variable);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| ABOUT_A_PACKAGE.iter().any(|begin| name.starts_with(begin))) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// The start of a build whose messages [`follow`] reads: this subcommand, in this folder.
pub(crate) fn build(root: &Path, subcommand: &str) -> Command {
    let mut command = cargo();
    command.current_dir(root).args([subcommand, "--message-format", "json-diagnostic-rendered-ansi"]);
    command
}

/// Runs a command of [`build`] and hands its messages on. `what`: the work, as `compiling the tests`. Its state is told
/// while it runs, and the compiler's messages as they come; those of cargo follow. Returns whether cargo succeeded.
///
/// # Errors
/// When cargo does not start, its messages cannot be read, or `read` fails.
pub(crate) fn follow(
    command: &mut Command,
    what: &str,
    report: &dyn Report,
    mut read: impl FnMut(Message) -> Result<()>,
) -> Result<bool> {
    let (is_success, words) = watch(command, what, report, |message| {
        if let Message::CompilerMessage(told) = &message {
            // Sums of one compiler's messages are none of what is shown.
            let text = &told.message.message;
            let is_sum = text.starts_with("aborting due to ") || text.ends_with(" emitted");
            if let Some(rendered) = told.message.rendered.as_deref().filter(|_| !is_sum) {
                report.diagnostic(rendered);
            }
        }
        read(message)
    })?;
    for word in &words {
        if word.starts_with("warning: ") { report.diagnostic(word) } else { report.aside(word) }
    }
    Ok(is_success)
}

/// The output of a cargo command.
enum Said {
    Message(Box<std::io::Result<Message>>),
    Word(String),
    /// The number of packages.
    Total(usize),
    /// One of its outputs is closed.
    End,
}

/// Runs a command of cargo, tells its state while it runs, and hands on what it writes to stdout. Returns whether it
/// succeeded, and what it said on stderr, without its steps.
///
/// # Errors
/// As [`follow`].
pub(crate) fn watch(
    command: &mut Command,
    what: &str,
    report: &dyn Report,
    mut read: impl FnMut(Message) -> Result<()>,
) -> Result<(bool, Vec<String>)> {
    // Steps are read line by line, whatever the user has set for other work.
    for (variable, value) in [("COLOR", "never"), ("QUIET", "false"), ("VERBOSE", "false")] {
        command.env(format!("CARGO_TERM_{variable}"), value);
    }
    let bar = report.waiting(what);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start cargo")?;
    let (tell, told) = mpsc::sync_channel(MAX_WAITING_MESSAGES);
    listen(&mut child, &tell)?;
    let mut counting = Some(progress::counting(command));
    let (mut progress, mut words, mut open_outputs) = (Progress::default(), Vec::new(), OUTPUTS);
    let result = loop {
        match told.recv_timeout(TICK) {
            Ok(Said::Message(message)) => {
                let handed_on = message.context("cargo's messages cannot be read").and_then(|message| {
                    progress.see(&message);
                    read(message)
                });
                if let Err(error) = handed_on {
                    break Err(error);
                }
            }
            Ok(Said::Word(word)) => {
                if !progress.hear(&word) && words.len() < MAX_WORDS {
                    words.push(word);
                }
            }
            Ok(Said::Total(total)) => progress.total = Some(total),
            Ok(Said::End) => open_outputs -= 1,
            Err(_) => {}
        }
        if open_outputs == 0 {
            break Ok(());
        }
        // Before anything compiles, cargo may fetch packages, and another cargo would wait for that.
        if begun.elapsed() >= PATIENCE && progress.compiles() {
            counting.take().into_iter().for_each(|counting| count(counting, tell.clone()));
        }
        bar.tell(&progress.to_string());
    };
    drop(told);
    if result.is_err() {
        // It may have ended by itself.
        let _ = child.kill();
    }
    let status = child.wait().context("cannot wait for cargo")?;
    result.map(|()| (status.success(), words))
}

/// Reads both outputs of a command until it closes them.
fn listen(child: &mut Child, tell: &SyncSender<Said>) -> Result<()> {
    let stdout = child.stdout.take().context("cargo's output is piped")?;
    let stderr = child.stderr.take().context("cargo's words are piped")?;
    let (messages, words) = (tell.clone(), tell.clone());
    thread::spawn(move || {
        let mut stream = Message::parse_stream(BufReader::new(stdout));
        // A receiver that is gone has met an error: nothing more is read.
        let is_heard = |message| messages.send(Said::Message(Box::new(message))).is_ok();
        if stream.all(is_heard) {
            let _ = messages.send(Said::End);
        }
    });
    thread::spawn(move || {
        let mut lines = BufReader::new(stderr).split(b'\n').map_while(Result::ok);
        let is_heard = |line: Vec<u8>| {
            let word = String::from_utf8_lossy(&line).trim_end().to_owned();
            words.send(Said::Word(word)).is_ok()
        };
        if lines.all(is_heard) {
            let _ = words.send(Said::End);
        }
    });
    Ok(())
}

/// Asks for the number of packages of a build, beside it.
fn count(mut counting: Command, tell: SyncSender<Said>) {
    thread::spawn(move || {
        let listed = counting.stderr(Stdio::null()).output();
        if let Some(listed) = listed.ok().filter(|listed| listed.status.success()) {
            let text = String::from_utf8_lossy(&listed.stdout);
            let packages: BTreeSet<&str> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
            // Nobody listens any more when the build has ended.
            let _ = tell.send(Said::Total(packages.len()));
        }
    });
}

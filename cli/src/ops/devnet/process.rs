//! One node of a devnet as a process.

use std::io::{BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::logs;
use crate::error::Fault;
use crate::ops::node::log::LogLevel;
use crate::ops::project::devnet::{Addresses, DevnetFolder};

/// How long a node may take to end by itself; then it is killed.
const MAX_END: Duration = Duration::from_secs(12);
/// The pause between two looks at a process.
const GLANCE: Duration = Duration::from_millis(20);
/// The most bytes of what a node prints when it has started.
const MAX_DOCUMENT_BYTES: u64 = 1 << 20;
/// The hint if a node does not start.
const HINT_LOGS: &str = "`cargo dusk devnet logs` shows the logs of the nodes";

/// A node that was started and not waited for: its process number is its own until then.
#[derive(Debug)]
pub(super) struct NodeChild {
    node: usize,
    child: Child,
    /// Its end ends the node.
    input: Option<ChildStdin>,
    /// The line that the node prints at its start, or the reason of its failure.
    document: Receiver<Value>,
}

/// How a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// In time.
    Orderly,
    /// It was killed, because it took too long.
    Killed,
}

impl NodeChild {
    /// Starts the process of a node.
    ///
    /// # Errors
    /// An environment fault when the system starts no process.
    pub(super) fn start(
        folder: &DevnetFolder,
        node: usize,
        addresses: Addresses,
        peers: &[SocketAddr],
        level: LogLevel,
    ) -> Result<Self> {
        let program = std::env::current_exe().context("this program does not know its own path")?;
        let mut command = Command::new(&program);
        command.args(["--json", "node", "--host", &addresses.http.ip().to_string()]);
        command.args(["--port", &addresses.http.port().to_string(), "--log", level.name()]);
        command.arg("--genesis").arg(folder.genesis()).arg("--keys").arg(folder.keys(node));
        command.arg("--data").arg(folder.chain(node)).arg("--supervised").arg(folder.node_lock(node));
        command.args(["--listen", &addresses.peer.to_string()]);
        for peer in peers {
            command.args(["--bootstrap", &peer.to_string()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C on the terminal goes to the supervisor alone, which ends the nodes in order.
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(|error| {
            Fault::environment(
                format!("cannot start node {node} ({}): {error}", program.display()),
                "if cargo-dusk was reinstalled in the meantime, run `cargo dusk devnet down` and `up` again",
            )
        })?;
        let input = child.stdin.take();
        let (tell, document) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            spawn(move || {
                let mut output = BufReader::new(output);
                let first = serde_json::Deserializer::from_reader(output.by_ref().take(MAX_DOCUMENT_BYTES))
                    .into_iter::<Value>()
                    .next();
                if let Some(Ok(document)) = first {
                    // Nobody may wait for it any more.
                    let _ = tell.send(document);
                }
                // A full pipe would stop the node.
                let _ = std::io::copy(&mut output, &mut std::io::sink());
            })?;
        }
        if let Some(errors) = child.stderr.take() {
            let path = folder.log(node);
            spawn(move || logs::pump(errors, &path))?;
        }
        Ok(Self { node, child, input, document })
    }

    /// The number of the process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether the node has started.
    ///
    /// # Errors
    /// Why it has not and never will, with the node's own hint.
    pub(super) fn has_started(&mut self) -> Result<bool> {
        let document = match self.document.try_recv() {
            Ok(document) => document,
            Err(TryRecvError::Empty) => return Ok(false),
            Err(TryRecvError::Disconnected) => {
                let node = self.node;
                return Err(Fault::failed(format!("node {node} ended during its start"), HINT_LOGS));
            }
        };
        match document["error"].as_str() {
            None => Ok(true),
            Some(error) => {
                let hint = document["hint"].as_str().unwrap_or(HINT_LOGS).to_owned();
                Err(Fault::failed(format!("cannot start node {}: {error}", self.node), hint))
            }
        }
    }

    /// How the process ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Lets the node end, and does not wait for it.
    pub(super) fn let_end(&mut self) {
        drop(self.input.take());
    }

    /// Waits until it has ended, at most so long from `since` on; then it is killed.
    pub(super) fn wait_for_end(&mut self, since: Instant) -> Ending {
        self.let_end();
        while since.elapsed() < MAX_END {
            if self.ended().is_some() {
                return Ending::Orderly;
            }
            thread::sleep(GLANCE);
        }
        self.kill();
        Ending::Killed
    }

    /// Kills the process, as a loss of power does.
    pub(super) fn kill(&mut self) {
        // It may have ended already; it is waited for in any case, so that none is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for NodeChild {
    /// No node survives the supervisor, also after an error.
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.kill();
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new().spawn(work).map(drop).context("the operating system provides no thread")
}

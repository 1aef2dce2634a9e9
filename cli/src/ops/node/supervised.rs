//! A node that another process watches over: it ends when that process does.
//!
//! The supervisor holds the other end of the node's standard input and never writes to it. The end of the input, which
//! the system brings about however the supervisor ends, ends the node.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;

use crate::error::Fault;

/// How long the node may take to end after its supervisor did. The process ends then, whatever it does.
const MAX_END: Duration = Duration::from_secs(10);
/// The exit code of a process that did not end in time.
const EXIT_LATE: i32 = 1;

/// The tie between a node and its supervisor.
#[derive(Debug)]
pub(crate) struct Supervised {
    /// Held as long as the process lives: the holder is a node of the devnet.
    _lock: File,
    ended: watch::Receiver<bool>,
}

impl Supervised {
    /// Takes the lock of the node, and watches the standard input from now on.
    ///
    /// # Errors
    /// An environment fault when another process has the lock.
    pub(crate) fn begin(lock_file: &Path) -> Result<Self> {
        let failed = || format!("cannot open {}", lock_file.display());
        let lock = File::options().create(true).truncate(false).write(true).open(lock_file).with_context(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::environment(
                    format!("another process runs this node: it holds {}", lock_file.display()),
                    "wait until it has ended: it ends within seconds after its devnet",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        let (tell, ended) = watch::channel(false);
        thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                let mut input = std::io::stdin().lock();
                let mut bytes = [0; 64];
                while !matches!(input.read(&mut bytes), Ok(0) | Err(_)) {}
                // The node may be gone already.
                let _ = tell.send(true);
                thread::sleep(MAX_END);
                std::process::exit(EXIT_LATE);
            })
            .context("the operating system provides no thread")?;
        Ok(Self { _lock: lock, ended })
    }

    /// Waits until the supervisor has ended.
    pub(crate) async fn ended(&mut self) {
        // The thread that tells goes on until the process ends.
        let _ = self.ended.wait_for(|ended| *ended).await;
    }
}

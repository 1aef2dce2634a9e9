//! The signals that ask the process to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result};

/// Being asked to end: Ctrl-C, or the signal of service managers.
#[derive(Debug)]
pub(crate) struct Interrupt {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Interrupt {
    /// Listens from now on. Needs a runtime around it.
    pub(crate) fn new() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for it.
    pub(crate) async fn wait(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        // Where signals cannot be heard, closing the terminal is what ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A flag that is raised when the process is asked to end: Ctrl-C, or the signal of service managers.
///
/// # Errors
/// When the operating system does not let us listen for signals.
pub(crate) fn interruption() -> Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.context("the operating system provides no event loop")?;
    let flag = Arc::clone(&raised);
    // The handlers stand before this returns: from here on a signal ends the work, not the process.
    let mut interrupt = {
        let _inside = runtime.enter();
        Interrupt::new().context("cannot wait for Ctrl-C")?
    };
    thread::spawn(move || {
        runtime.block_on(interrupt.wait());
        flag.store(true, Ordering::Relaxed);
    });
    Ok(raised)
}

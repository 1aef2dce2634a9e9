//! A node in this process, with its HTTP interface.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use local_node::http::{HttpError, Server};
use local_node::{BlockTime, Config, NodeHandle};
use local_node_types::rules::Profile;
use tokio::runtime::Runtime;

use super::{folders, ports};
use crate::error::Fault;

/// A running node.
pub(crate) struct Embedded {
    runtime: Runtime,
    /// The node.
    pub(crate) node: NodeHandle,
    server: Server,
}

impl Embedded {
    /// Starts a node at this address; port 0 takes a free one.
    ///
    /// # Errors
    /// An environment fault when the port is taken.
    pub(crate) fn start(address: SocketAddr, block_time: BlockTime, rules: Profile) -> Result<Self> {
        let runtime = Runtime::new().context("the operating system gives no threads")?;
        // Looked at before the genesis state is made, which takes longer.
        if let Err(error) = std::net::TcpListener::bind(address) {
            return Err(refused(address, &error));
        }
        let config = Config { block_time, rules, module_cache: folders::modules(), ..Config::default() };
        let (node, server) = runtime.block_on(async {
            let node = local_node::spawn(config).await.context("the node does not start")?;
            let server = Server::start(node.clone(), address).await.map_err(|error| match error {
                HttpError::InUse(address) => taken(address),
                other => anyhow::Error::from(other),
            })?;
            anyhow::Ok((node, server))
        })?;
        Ok(Self { runtime, node, server })
    }

    /// Where its HTTP interface is.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Waits for Ctrl-C, or for the signal to end.
    pub(crate) fn wait_for_end(&self) -> Result<()> {
        let waited = self.runtime.block_on(async {
            Interrupt::new()?.wait().await;
            std::io::Result::Ok(())
        });
        waited.context("cannot wait for Ctrl-C")
    }

    /// Stops it.
    pub(crate) fn stop(self) {
        let Self { runtime, node, server } = self;
        runtime.block_on(async {
            server.stop().await;
            node.shutdown().await;
        });
    }
}

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

fn refused(address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => taken(address),
        std::io::ErrorKind::PermissionDenied => Fault::environment(
            format!("port {} may not be used: {error}", address.port()),
            "take one above 1023 with `--port`",
        ),
        _ => Fault::environment(format!("cannot listen at {address}: {error}"), "take another port with `--port`"),
    }
}

fn taken(address: SocketAddr) -> anyhow::Error {
    let holder = ports::holder(address.port()).map(|holder| format!(" by {holder}")).unwrap_or_default();
    Fault::environment(
        format!("port {} is in use{holder}", address.port()),
        "another node may be running there; take another port with `--port`, or a free one with `--port 0`",
    )
}

/// Reads `instant`, or whole seconds.
///
/// # Errors
/// A usage fault for anything else.
pub(crate) fn block_time(text: &str) -> Result<BlockTime> {
    match text.parse::<u64>() {
        _ if text == "instant" => Ok(BlockTime::Instant),
        Ok(seconds @ 1..=3600) => Ok(BlockTime::Every(Duration::from_secs(seconds))),
        _ => Err(Fault::usage(
            format!("`{text}` is no block time"),
            "write `instant`, or whole seconds from 1 to 3600: `--block-time 10`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_times_are_instant_or_whole_seconds() {
        assert_eq!(block_time("instant").unwrap(), BlockTime::Instant);
        assert_eq!(block_time("10").unwrap(), BlockTime::Every(Duration::from_secs(10)));
        for wrong in ["0", "3601", "-1", "1.5", "", "Instant"] {
            assert!(block_time(wrong).is_err(), "{wrong}");
        }
    }
}

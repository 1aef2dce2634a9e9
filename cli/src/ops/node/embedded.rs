//! A node in this process, with its HTTP interface.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use local_node::end::End;
use local_node::http::{HttpError, Options, Server};
use local_node::ledger::LedgerError;
use local_node::store::StoreError;
use local_node::{BlockTime, Config, NodeError, NodeHandle, STACK_BYTES};
use local_node_vm::VmError;
use tokio::runtime::{Builder, Runtime};

use super::ports;
use super::supervised::Supervised;
use crate::error::Fault;
use crate::ops::interrupt::Interrupt;
use crate::ops::project::folders;

/// How long a node that was told to end is waited for. Later work ends with the process: a block that was
/// announced is stored.
const MAX_STOP: Duration = Duration::from_secs(5);
/// How long work on other threads is waited for after that.
const MAX_WORK_END: Duration = Duration::from_secs(1);
/// The hint if the stored chain is damaged.
const HINT_RESTORE: &str = "restore a copy of the folder, or start a new chain with `--data OTHER-DIR`";

/// A running node.
pub(crate) struct Embedded {
    runtime: Runtime,
    /// The node.
    pub(crate) node: NodeHandle,
    server: Server,
    interrupt: Interrupt,
}

impl Embedded {
    /// Starts a node at this address; port 0 takes a free one.
    ///
    /// # Errors
    /// An environment fault when the port is taken or the data folder cannot be used.
    pub(crate) fn start(address: SocketAddr, config: Config, options: Options) -> Result<Self> {
        let runtime = Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
        let runtime = runtime.context("the operating system provides no threads")?;
        // Looked at before the genesis state is made, which takes longer.
        if let Err(error) = std::net::TcpListener::bind(address) {
            return Err(refused(address, &error));
        }
        let config = Config { module_cache: folders::modules(), identities: folders::identities(), ..config };
        let (node, server, interrupt) = runtime.block_on(async {
            // Before anybody is told that the node is there: from here on a signal ends the node, not the process.
            let interrupt = Interrupt::new().context("cannot wait for Ctrl-C")?;
            let node = local_node::spawn(config).await.map_err(|error| match error {
                NodeError::Store(error) | NodeError::Ledger(LedgerError::Store(error)) => storage_fault(&error),
                NodeError::Ledger(error) if !matches!(error, LedgerError::State(VmError::System(_))) => {
                    chain_fault(&error)
                }
                other => anyhow::Error::from(other).context("the node does not start"),
            })?;
            let server = Server::start_with(node.clone(), address, options).await.map_err(|error| match error {
                HttpError::InUse(address) => taken(address),
                other => anyhow::Error::from(other),
            })?;
            anyhow::Ok((node, server, interrupt))
        })?;
        Ok(Self { runtime, node, server, interrupt })
    }

    /// Where its HTTP interface is.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Waits for Ctrl-C, for the signal to end, or for the end of the supervisor.
    ///
    /// # Errors
    /// An environment fault when the node ends by itself because it cannot read or write its chain, and a failure when
    /// it ends by a fault of its own.
    pub(crate) fn wait_for_end(&mut self, supervised: Option<&mut Supervised>) -> Result<()> {
        let supervisor_ended = async {
            match supervised {
                Some(supervised) => supervised.ended().await,
                None => std::future::pending().await,
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                () = self.interrupt.wait() => Ok(()),
                () = supervisor_ended => Ok(()),
                end = self.node.ended() => how_it_ended(&end),
            }
        })
    }

    /// Stops it, within seconds and whatever it does: calls of contracts are ended, and what cannot be ended is left
    /// behind. Says whether the node has come to its end.
    pub(crate) fn stop(self) -> bool {
        let Self { runtime, node, server, .. } = self;
        let stopped = runtime.block_on(async {
            // Together, because open requests may wait for calls that only the end of the node ends.
            let all = async { tokio::join!(server.stop(), node.shutdown()) };
            tokio::time::timeout(MAX_STOP, all).await.is_ok()
        });
        runtime.shutdown_timeout(MAX_WORK_END);
        stopped
    }
}

/// A node that has ended by itself has failed.
fn how_it_ended(end: &End) -> Result<()> {
    match end {
        End::Asked => Ok(()),
        End::Failed(error) => Err(storage_fault(error)),
        End::Panicked(text) => Err(broken(&format!("the node stopped after an internal error: {text}"))),
        _ => Err(broken("the node stopped after an internal error")),
    }
}

fn broken(message: &str) -> anyhow::Error {
    Fault::failed(
        message,
        "please report it with the messages above; with `--data` the next start continues after the last announced \
         block",
    )
}

/// The hint for a stored chain whose state cannot be read.
fn chain_fault(error: &LedgerError) -> anyhow::Error {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Fault::environment(format!("the stored chain is damaged: {cause}"), HINT_RESTORE)
}

/// The hint for a store that cannot be opened, read or written.
fn storage_fault(error: &StoreError) -> anyhow::Error {
    let mut message = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        message = format!("{message}: {source}");
    }
    let hint = match error {
        StoreError::Locked(_) => "stop the other node, or store this chain elsewhere with `--data OTHER-DIR`",
        StoreError::Folder { .. } => "choose a writable folder with `--data DIR`",
        StoreError::Version { .. } => {
            "use the version of cargo-dusk that made it, or start a new chain with `--data OTHER-DIR`"
        }
        StoreError::OtherChain { .. } => {
            "start it with its original settings, or start a new chain with `--data OTHER-DIR`"
        }
        StoreError::Damaged(_) => HINT_RESTORE,
        StoreError::NoSpace => "free some space and start the node again: it continues after the last announced block",
        _ => "check the disk, then start the node again: it continues after the last announced block",
    };
    Fault::environment(message, hint)
}

fn refused(address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => taken(address),
        std::io::ErrorKind::PermissionDenied => Fault::environment(
            format!("no permission to listen on port {}: {error}", address.port()),
            "select a port above 1023 with `--port`",
        ),
        _ => Fault::environment(format!("cannot listen on {address}: {error}"), "select another port with `--port`"),
    }
}

fn taken(address: SocketAddr) -> anyhow::Error {
    let holder = ports::holder(address.port()).map(|holder| format!(" by {holder}")).unwrap_or_default();
    Fault::environment(
        format!("port {} is in use{holder}", address.port()),
        "another node may be running there; select another port with `--port`, or a free one with `--port 0`",
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
            format!("`{text}` is not a block time"),
            "write `instant`, or whole seconds from 1 to 3600: `--block-time 10`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use local_node_vm::ModuleError;

    use super::*;
    use crate::error::Exit;

    #[test]
    fn a_node_that_ended_by_itself_has_failed() {
        assert!(how_it_ended(&End::Asked).is_ok());
        let failed = how_it_ended(&End::Panicked("index out of bounds".into())).unwrap_err();
        assert_eq!(failed.to_string(), "the node stopped after an internal error: index out of bounds");
        let no_space = how_it_ended(&End::Failed(StoreError::NoSpace)).unwrap_err();
        assert_eq!(no_space.to_string(), "there is no space left for the chain");
        let exit = |error: &anyhow::Error| error.downcast_ref::<Fault>().map(Fault::exit);
        assert_eq!((exit(&failed), exit(&no_space)), (Some(Exit::Failed), Some(Exit::Environment)));
    }

    #[test]
    fn a_damaged_chain_is_not_a_damaged_contract() {
        let module = ModuleError::Malformed { offset: 7, message: "type mismatch".into() };
        let fault = chain_fault(&LedgerError::State(module.into()));
        assert_eq!(crate::hints::of(&fault), (Exit::Environment, HINT_RESTORE));
        assert!(fault.to_string().ends_with("not valid WebAssembly at byte 0x7: type mismatch"), "{fault}");
    }

    #[test]
    fn block_times_are_instant_or_whole_seconds() {
        assert_eq!(block_time("instant").unwrap(), BlockTime::Instant);
        assert_eq!(block_time("10").unwrap(), BlockTime::Every(Duration::from_secs(10)));
        for wrong in ["0", "3601", "-1", "1.5", "", "Instant"] {
            assert!(block_time(wrong).is_err(), "{wrong}");
        }
    }
}

//! The node as others in the process see it.
//!
//! | module | holds |
//! |---|---|
//! | `submission` | transactions on their way into the mempool |
//! | `compilations` | compiling what they deploy |
//! | `command` | requests of the handles to the node's loop |
//! | `info` | facts about the node, its transactions and accounts |
//! | `error` | why it does not do what it was asked |

mod command;
mod compilations;
mod error;
mod info;
mod submission;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::{PublicKey, Signature};
use local_node_kadcast::udp as kadcast;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Header;
use local_node_types::rules::{Profile, Rules};
use local_node_vm::Receipt;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::command::{Command, Control, Place};
pub(crate) use self::compilations::Compilations;
pub use self::compilations::{MAX_COMPILATIONS, MAX_COMPILATIONS_AT_ONCE, MAX_COMPILATIONS_PER_SENDER};
pub use self::error::{ControlError, MineError, SimulateError, SubmitError, WaitError};
pub use self::info::{AccountStatus, GasPrices, NodeInfo, Reverted, TakenSnapshot, TransactionStatus};
use crate::accounts::DevAccount;
use crate::block::{SpentTransaction, TxId};
use crate::drivers::{Drivers, DriversError};
use crate::end::{End, Stopped};
use crate::events::{Audience, ListenError, Listener, NodeEvent};
use crate::executor::rules_at;
use crate::ledger::StakeEntry;
use crate::network::{Link, NetworkError, NetworkStatus};
use crate::reader::{QueryError, Reader};
use crate::store::{Store, StoreError};
use crate::transaction::{Checks, MAX_CLIENT_CHECKS, ValidTransaction};
use crate::work::Lane;

/// The most transactions of clients that wait for their check.
pub const MAX_CHECKS: usize = MAX_CLIENT_CHECKS;
/// The most commands that wait for the node's loop.
pub const MAX_COMMANDS: usize = 1024;
/// The most blocks that one request may ask for.
pub const MAX_MINED_BLOCKS: u64 = 10_000;
/// The most requests for blocks that wait at a time.
pub const MAX_MINE_WAITERS: usize = 256;
/// How long the loop of a node that was told to stop may go on with what it does, before every call is ended.
pub const STOP_GRACE: Duration = Duration::from_secs(1);
/// The most seconds that the node's clock can be set ahead of the system's: a hundred years.
pub const MAX_WARP_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;

/// A running node. Clones speak to the same node, which stops with [`shutdown`](Self::shutdown) or when the last of
/// them is gone.
#[derive(Clone)]
pub struct NodeHandle(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) info: NodeInfo,
    pub(crate) accounts: Arc<[DevAccount]>,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) reader: Reader,
    pub(crate) store: Store,
    pub(crate) drivers: Drivers,
    pub(crate) audience: Audience,
    /// Where transactions are checked.
    pub(crate) checking: Lane,
    pub(crate) checks: Arc<Checks>,
    pub(crate) compilations: Compilations,
    pub(crate) network: Option<NetworkEnd>,
    pub(crate) ended: tokio::sync::watch::Receiver<Option<End>>,
}

/// The network of a node that is not alone.
pub(crate) struct NetworkEnd {
    /// The address at which peers reach the node.
    pub(crate) public: SocketAddr,
    /// The nodes that it asks for peers first.
    pub(crate) bootstrap: Vec<SocketAddr>,
    pub(crate) kadcast: kadcast::Handle,
}

impl std::fmt::Debug for NodeHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeHandle").field("info", &self.0.info).finish_non_exhaustive()
    }
}

impl NodeHandle {
    /// The node's description.
    #[must_use]
    pub fn info(&self) -> &NodeInfo {
        &self.0.info
    }

    /// The development accounts, funded at genesis unless the configuration says otherwise.
    #[must_use]
    pub fn accounts(&self) -> &[DevAccount] {
        &self.0.accounts
    }

    /// The header of the last block.
    #[must_use]
    pub fn tip(&self) -> Arc<Header> {
        self.0.reader.tip()
    }

    /// The rules of the next block.
    #[must_use]
    pub fn next_rules(&self) -> Rules {
        rules_at(self.0.info.rules, self.tip().height + 1)
    }

    /// Blocks, and the transactions in them.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The data drivers of contracts.
    #[must_use]
    pub fn drivers(&self) -> &Drivers {
        &self.0.drivers
    }

    /// Keeps a data driver for a contract with this owner, in place of the one before and as long as the contract is
    /// there. It is tried first. In a data folder it outlives the process.
    ///
    /// # Errors
    /// When it is no driver, the signature is not the owner's, or it cannot be kept.
    pub async fn upload_driver(
        &self,
        contract: ContractId,
        owner: Vec<u8>,
        wasm: Vec<u8>,
        signature: Signature,
    ) -> Result<(), DriversError> {
        let driver = self.0.drivers.check(contract, owner, wasm, signature).await?;
        Ok(self.ask(|reply| Command::KeepDriver { contract, driver, reply }).await??)
    }

    /// Questions to the state.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// The events from now on. A block comes as one event, which brings those of its transactions and contracts
    /// ([`NodeEvent::contents`]). A listener that is more than [`MAX_EVENTS_BEHIND`](crate::events::MAX_EVENTS_BEHIND)
    /// events or [`MAX_BYTES_BEHIND`](crate::events::MAX_BYTES_BEHIND) behind loses the oldest.
    #[must_use]
    pub fn subscribe(&self) -> Listener {
        self.0.audience.listen()
    }

    /// Calls a function on the state of the last block and forgets what it changed.
    ///
    /// # Errors
    /// When the call fails, or the node has too many questions.
    pub async fn query(
        &self,
        contract: ContractId,
        function: impl Into<String>,
        argument: Vec<u8>,
    ) -> Result<Receipt, QueryError> {
        self.0.reader.query(contract, function.into(), argument).await
    }

    /// Balance and nonces of an account, the mempool included.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn account(&self, account: &PublicKey) -> Result<AccountStatus, QueryError> {
        let data = self.0.reader.account(*account).await?;
        let (sender, copy) = (BlsKey::from(account), data.clone());
        let next_nonce = self.ask(|reply| Command::NextNonce { sender, account: copy, reply }).await?;
        Ok(AccountStatus { balance: data.balance, nonce: data.nonce, next_nonce })
    }

    /// All stakes.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn provisioners(&self) -> Result<Vec<StakeEntry>, QueryError> {
        self.0.reader.stakes().await
    }

    /// A transaction in a block.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn transaction(&self, id: &TxId) -> Result<Option<Arc<SpentTransaction>>, StoreError> {
        self.0.store.transaction(id)
    }

    /// The waiting transactions, the best paying first, at most so many.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn mempool(&self, most: usize) -> Result<Vec<ValidTransaction>, Stopped> {
        self.ask(|reply| Command::Waiting { most, reply }).await
    }

    /// Where a transaction is.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn transaction_status(&self, id: TxId) -> Result<TransactionStatus, Stopped> {
        self.ask(|reply| Command::TransactionStatus { id, reply }).await
    }

    /// A waiting transaction.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn mempool_transaction(&self, id: TxId) -> Result<Option<ValidTransaction>, Stopped> {
        Ok(match self.transaction_status(id).await? {
            TransactionStatus::Waiting(transaction) => Some(transaction),
            _ => None,
        })
    }

    /// The gas prices of the best paying waiting transactions, at most so many; all 1 when none waits.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn gas_prices(&self, most: usize) -> Result<GasPrices, Stopped> {
        let prices: Vec<u64> = self.mempool(most).await?.iter().map(ValidTransaction::gas_price).collect();
        Ok(GasPrices::of(prices))
    }

    /// Waits until a transaction is in a block, or until its block is final.
    ///
    /// # Errors
    /// When the transaction has left the mempool or is not known, or the node was shut down.
    pub async fn wait_for(&self, id: &TxId, until_final: bool) -> Result<Arc<SpentTransaction>, WaitError> {
        let mut events = self.subscribe();
        let mut ended = self.0.ended.clone();
        loop {
            match self.transaction_status(*id).await? {
                TransactionStatus::Executed(transaction) => {
                    if !until_final || transaction.height <= self.store().last_final() {
                        return Ok(transaction);
                    }
                }
                TransactionStatus::Waiting(_) | TransactionStatus::Deferred(_) => {}
                TransactionStatus::Removed(reason) => return Err(WaitError::Removed { id: *id, reason }),
                TransactionStatus::Unknown => return Err(WaitError::Unknown(*id)),
            }
            // Each event that can change the status is sent: block, label, removal. A late listener asks again.
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    _ = ended.wait_for(Option::is_some) => return Err(self.stopped().await.into()),
                };
                match event {
                    Ok(
                        NodeEvent::BlockAccepted(_) | NodeEvent::BlockLabelled { .. } | NodeEvent::BlockReverted { .. },
                    ) => break,
                    Ok(NodeEvent::TransactionRemoved { id: removed, .. }) if removed == *id => break,
                    Err(ListenError::Behind(_)) => break,
                    Ok(_) => {}
                    Err(ListenError::Ended) => return Err(self.stopped().await.into()),
                }
            }
        }
    }

    /// Makes so many blocks at once where blocks are made on demand, at most [`MAX_MINED_BLOCKS`]; otherwise waits for
    /// them. Gives the height afterwards.
    ///
    /// # Errors
    /// When too many such requests wait, or the node was shut down.
    pub async fn mine(&self, blocks: u64) -> Result<u64, MineError> {
        let blocks = blocks.min(MAX_MINED_BLOCKS);
        self.ask(|reply| Command::Mine { blocks, reply }).await?
    }

    /// Takes a snapshot of the chain, to go back to as often as wanted. In a data folder it outlives the process. At
    /// most [`MAX_SNAPSHOTS`](crate::store::MAX_SNAPSHOTS) are kept.
    ///
    /// # Errors
    /// When the rules are not local, or there are too many snapshots.
    pub async fn snapshot(&self) -> Result<TakenSnapshot, ControlError> {
        self.control(|reply| Control::Snapshot { reply }).await
    }

    /// Reverts the chain to a snapshot, or to the last one. Later blocks, later snapshots and all waiting transactions
    /// are forgotten, and the clock goes back; listeners hear of each block that is taken back.
    ///
    /// # Errors
    /// When the rules are not local, or there is no such snapshot.
    pub async fn revert(&self, snapshot: Option<u64>) -> Result<Reverted, ControlError> {
        self.control(|reply| Control::Revert { snapshot, reply }).await
    }

    /// Goes back to block 0; the snapshots are forgotten as well.
    ///
    /// # Errors
    /// When the rules are not local.
    pub async fn reset(&self) -> Result<Reverted, ControlError> {
        self.control(|reply| Control::Reset { reply }).await
    }

    /// Sets the node's clock forward. Gives the time in seconds since 1970 that the next block will carry at least.
    ///
    /// # Errors
    /// When the rules are not local, or the clock would be more than [`MAX_WARP_SECONDS`] ahead.
    pub async fn warp(&self, seconds: u64) -> Result<u64, ControlError> {
        self.control(|reply| Control::Warp { seconds, reply }).await
    }

    async fn control<T>(
        &self,
        control: impl FnOnce(oneshot::Sender<Result<T, ControlError>>) -> Control,
    ) -> Result<T, ControlError> {
        self.require_local()?;
        self.ask(|reply| Command::Control(control(reply))).await?
    }

    /// Refuses what only a development chain does.
    pub(crate) fn require_local(&self) -> Result<(), ControlError> {
        match self.0.info.rules {
            Profile::Local => Ok(()),
            other => Err(ControlError::NotLocal(other)),
        }
    }

    /// The node's data about its peers and its own place in the network.
    ///
    /// # Errors
    /// [`NetworkError::Alone`] where there is no network.
    pub async fn network_status(&self) -> Result<NetworkStatus, NetworkError> {
        let network = self.network()?;
        let kadcast = network.kadcast.status().await.map_err(|_| Stopped::Asked)?;
        let Place { height, hash, label, last_final, position, waiting } =
            self.ask(|reply| Command::Place { reply }).await?;
        Ok(NetworkStatus {
            address: network.public,
            peers: kadcast.peers.into_iter().map(|(_, address)| address).collect(),
            alive: kadcast.alive.len(),
            height,
            hash,
            label,
            last_final,
            position,
            waiting,
            received: kadcast.received,
            refused: kadcast.refused,
            sent: kadcast.sent,
        })
    }

    /// The public addresses of the peers that are not known to be silent; none where there is no network.
    ///
    /// # Errors
    /// [`Stopped`] when the node has ended.
    pub async fn alive_peers(&self) -> Result<Vec<SocketAddr>, Stopped> {
        let Some(network) = &self.0.network else { return Ok(Vec::new()) };
        Ok(network.kadcast.status().await.map_err(|_| Stopped::Asked)?.alive)
    }

    /// The node's own public address and the nodes that it asks for peers first; nothing where there is no network.
    pub(crate) fn network_addresses(&self) -> Option<(SocketAddr, &[SocketAddr])> {
        self.0.network.as_ref().map(|network| (network.public, network.bootstrap.as_slice()))
    }

    /// Cuts, delays or loses what travels to and from a peer, named by its public address; `None` for all peers that
    /// have no rule of their own. A rule of this node alone.
    ///
    /// # Errors
    /// [`NetworkError::Alone`] where there is no network.
    pub async fn set_link(&self, peer: Option<SocketAddr>, link: Link) -> Result<(), NetworkError> {
        Ok(self.network()?.kadcast.set_link(peer, link).await.map_err(|_| Stopped::Asked)?)
    }

    /// Takes all rules of links back.
    ///
    /// # Errors
    /// [`NetworkError::Alone`] where there is no network.
    pub async fn heal(&self) -> Result<(), NetworkError> {
        Ok(self.network()?.kadcast.heal().await.map_err(|_| Stopped::Asked)?)
    }

    fn network(&self) -> Result<&NetworkEnd, NetworkError> {
        self.0.network.as_ref().ok_or(NetworkError::Alone)
    }

    /// Stops the node and waits until it has stopped. Calls of contracts that have not come to their end within
    /// [`STOP_GRACE`] are ended, and so are all questions to the state.
    pub async fn shutdown(self) {
        let mut stopped = std::pin::pin!(async {
            // A loop that is gone has stopped already.
            let _ = self.0.commands.send(Command::Stop).await;
            self.ended().await;
        });
        if tokio::time::timeout(STOP_GRACE, &mut stopped).await.is_err() {
            self.interrupt();
            stopped.await;
        }
        self.interrupt();
    }

    /// Ends every call of a contract that runs, and every later one as it begins. For a node that is stopping: it makes
    /// no block and answers no question after this.
    fn interrupt(&self) {
        self.0.reader.vm().interrupt();
    }

    /// Waits until the node has stopped, and says why it has.
    pub async fn ended(&self) -> End {
        let mut ended = self.0.ended.clone();
        let told = ended.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
        told.unwrap_or_else(|| End::Panicked("the thread of the node is gone".into()))
    }

    /// Why the node does not answer any more. To be asked when it does not.
    async fn stopped(&self) -> Stopped {
        Stopped::from(&self.ended().await)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Stopped> {
        let (reply, answer) = oneshot::channel();
        if self.0.commands.send(command(reply)).await.is_err() {
            return Err(self.stopped().await);
        }
        match answer.await {
            Ok(answer) => Ok(answer),
            Err(_) => Err(self.stopped().await),
        }
    }
}

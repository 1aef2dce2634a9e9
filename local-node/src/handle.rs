//! The node as others in the process see it.

mod compilations;

use std::sync::Arc;
use std::time::Duration;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::{PublicKey, Signature};
use dusk_core::transfer::moonlight::AccountData;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Header, LedgerTransaction};
use local_node_types::rules::{Profile, Rules};
use local_node_vm::{ExecutionError, Receipt};
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::compilations::Compilations;
pub use self::compilations::{MAX_COMPILATIONS, MAX_COMPILATIONS_AT_ONCE, MAX_COMPILATIONS_PER_SENDER};
use crate::accounts::DevAccount;
use crate::config::BlockTime;
use crate::drivers::{Drivers, DriversError};
use crate::events::{Audience, ListenError, Listener, NodeEvent};
use crate::executor::rules_at;
use crate::ledger::StakeEntry;
use crate::mempool::{Refusal, Removal};
use crate::reader::{QueryError, Reader, Simulation};
use crate::store::{KeptDriver, Slot, SpentTransaction, Store, StoreError};
use crate::transaction::{Checked, Policy, TransactionError, TxId};
use crate::work::{Lane, LaneError};

/// The most transactions that are being checked, or wait for it, at a time.
pub const MAX_CHECKS: usize = 1024;
/// The most commands that wait for the node's loop.
pub const MAX_COMMANDS: usize = 1024;
/// The most blocks that one request may ask for.
pub const MAX_MINED_BLOCKS: u64 = 10_000;
/// The most requests for blocks that wait at a time.
pub const MAX_OWED_REQUESTS: usize = 256;
/// How long the loop of a node that was told to stop may go on with what it does, before every call is ended.
pub const STOP_GRACE: Duration = Duration::from_secs(1);

/// The most seconds that the node's clock can be set ahead of the system's: a hundred years.
pub const MAX_WARP_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;

/// Why a transaction is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// It is not well-formed, or not for this chain.
    #[error(transparent)]
    Invalid(#[from] TransactionError),
    /// The state or the mempool does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The sender's account cannot be read.
    #[error("the sender's account cannot be read: {0}")]
    State(String),
    /// Too many transactions at a time.
    #[error("the node is checking {MAX_CHECKS} transactions: send it again later")]
    Busy,
    /// Too many deployments at a time.
    #[error(
        "the node is compiling contracts, {MAX_COMPILATIONS} in all or {MAX_COMPILATIONS_PER_SENDER} of this sender: send \
         it again later"
    )]
    Compiling,
    /// The node panicked when it checked the transaction.
    #[error("the node panicked while it checked the transaction: {0}; please report this fault of the node")]
    Failed(String),
    /// The node does not answer any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why waiting for a transaction has no end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// It has left the mempool without a block.
    #[error("transaction {id} has left the mempool without a block: {reason}")]
    Removed {
        /// The transaction.
        id: TxId,
        /// Why.
        reason: Removal,
    },
    /// The node does not know of it.
    #[error("transaction {0} is neither in a block nor in the mempool")]
    Unknown(TxId),
    /// The node does not answer any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why no blocks are made on request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MineError {
    /// Too many requests wait.
    #[error("{MAX_OWED_REQUESTS} requests for blocks wait already: ask again later")]
    Busy,
    /// The node does not answer any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Where a transaction is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fate {
    /// In a block.
    Executed(Arc<SpentTransaction>),
    /// In the mempool.
    Waiting(Checked),
    /// Outside the mempool, until those that must come before it arrive.
    Deferred(Checked),
    /// It has left the mempool without a block. Only the last removals are known.
    Removed(Removal),
    /// Nowhere.
    Unknown,
}

/// The node does not answer any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// It was told to stop.
    #[error("the node was shut down")]
    Asked,
    /// It has ended because it could not go on.
    #[error("the node has ended by a failure: {0}")]
    Failed(Arc<str>),
}

impl From<&End> for Stopped {
    fn from(end: &End) -> Self {
        match end {
            End::Asked => Self::Asked,
            End::Failed(error) => Self::Failed(error.to_string().into()),
            End::Panicked(text) => Self::Failed(text.as_str().into()),
        }
    }
}

/// Why a node has stopped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum End {
    /// It was told to, or its last handle is gone.
    Asked,
    /// It cannot read or write its chain. All blocks that it has announced are stored.
    Failed(StoreError),
    /// Its loop panicked with this text, which is a fault of the node. All blocks that it has announced are stored.
    Panicked(String),
}

/// A snapshot that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenSnapshot {
    /// Its number, by which to go back to it.
    pub snapshot: u64,
    /// The height of the chain.
    pub height: u64,
}

/// What going back did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reverted {
    /// The height of the chain now.
    pub height: u64,
    /// How many blocks were taken back.
    pub reverted: u64,
}

/// Why the state of a chain is not controlled as asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The chain follows the rules of a public network, where nobody can do this.
    #[error("the chain follows the rules of {0}: only a chain with local rules can be taken back or warped")]
    NotLocal(Profile),
    /// There is no such snapshot, there are too many, or the chain cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The earlier state cannot be read.
    #[error("the earlier state cannot be read: {0}")]
    State(String),
    /// The clock would be too far ahead.
    #[error("{seconds} seconds are too many: the clock may be {MAX_WARP_SECONDS} ahead at most")]
    TooFar {
        /// The seconds asked for.
        seconds: u64,
    },
    /// The node does not answer any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// The chain's id.
    pub chain_id: u8,
    /// The rules that it follows.
    pub rules: Profile,
    /// When blocks are made.
    pub block_time: BlockTime,
    /// What it asks of transactions.
    pub policy: Policy,
    /// The hash of block 0.
    pub genesis_hash: [u8; 32],
    /// The keys that it votes with.
    pub voters: Vec<BlsKey>,
}

/// Money and nonces of an account, the mempool included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountStatus {
    /// LUX after the last block.
    pub balance: u64,
    /// The nonce of its last transaction in a block.
    pub nonce: u64,
    /// The nonce that its next transaction should have, after those that wait.
    pub next_nonce: u64,
}

/// What the waiting transactions offer, in LUX for each unit of gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GasPrices {
    /// The mean, rounded up.
    pub average: u64,
    /// The highest.
    pub max: u64,
    /// The one in the middle, or the mean of the two in the middle.
    pub median: u64,
    /// The lowest.
    pub min: u64,
}

/// What the loop is asked.
pub(crate) enum Command {
    Submit {
        transaction: Checked,
        reply: oneshot::Sender<Result<TxId, SubmitError>>,
    },
    Check {
        transaction: Checked,
        reply: oneshot::Sender<Result<TxId, SubmitError>>,
    },
    NextNonce {
        sender: BlsKey,
        account: AccountData,
        reply: oneshot::Sender<u64>,
    },
    Waiting {
        most: usize,
        reply: oneshot::Sender<Vec<Checked>>,
    },
    Fate {
        id: TxId,
        reply: oneshot::Sender<Fate>,
    },
    Mine {
        blocks: u64,
        reply: oneshot::Sender<Result<u64, MineError>>,
    },
    KeepDriver {
        contract: ContractId,
        driver: KeptDriver,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    Control(Control),
    Stop,
    #[cfg(test)]
    Panic,
}

/// What only a development chain does.
pub(crate) enum Control {
    Snapshot { reply: oneshot::Sender<Result<TakenSnapshot, ControlError>> },
    Revert { snapshot: Option<u64>, reply: oneshot::Sender<Result<Reverted, ControlError>> },
    Warp { seconds: u64, reply: oneshot::Sender<Result<u64, ControlError>> },
    Reset { reply: oneshot::Sender<Result<Reverted, ControlError>> },
}

/// A running node. Clones speak to the same node, which stops with [`shutdown`](Self::shutdown) or when the last of them
/// is gone.
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
    pub(crate) checks: Lane,
    pub(crate) compilations: Compilations,
    pub(crate) ended: tokio::sync::watch::Receiver<Option<End>>,
}

impl std::fmt::Debug for NodeHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeHandle").field("info", &self.0.info).finish_non_exhaustive()
    }
}

impl NodeHandle {
    /// What the node is.
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

    /// What happens from now on. A block comes as one event, which brings those of its transactions and contracts
    /// ([`NodeEvent::contents`]). A listener that is more than [`MAX_EVENTS_BEHIND`](crate::events::MAX_EVENTS_BEHIND)
    /// events or [`MAX_BYTES_BEHIND`](crate::events::MAX_BYTES_BEHIND) behind loses the oldest.
    #[must_use]
    pub fn subscribe(&self) -> Listener {
        self.0.audience.listen()
    }

    /// Checks a transaction's bytes (any envelope) and puts it into the mempool. One whose predecessors have not arrived
    /// yet waits some seconds for them.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn submit(&self, bytes: Vec<u8>) -> Result<TxId, SubmitError> {
        self.submit_marked(bytes, None).await
    }

    /// Sends a transaction that waited when the node stopped. If checking it ends the process, it is not tried again.
    pub(crate) async fn submit_again(&self, id: TxId, bytes: Vec<u8>) -> Result<TxId, SubmitError> {
        self.submit_marked(bytes, Some(id)).await
    }

    async fn submit_marked(&self, bytes: Vec<u8>, marked: Option<TxId>) -> Result<TxId, SubmitError> {
        let transaction = self.check_bytes(bytes, marked).await?;
        if transaction.protocol().deploy().is_some() {
            self.compile_affordable(transaction.clone(), marked).await?;
        }
        self.ask(|reply| Command::Submit { transaction, reply }).await?
    }

    /// Says whether [`submit`](Self::submit) would take a transaction now.
    ///
    /// # Errors
    /// Why it would not.
    pub async fn preverify(&self, bytes: Vec<u8>) -> Result<TxId, SubmitError> {
        let transaction = self.check_bytes(bytes, None).await?;
        self.ask(|reply| Command::Check { transaction, reply }).await?
    }

    /// Runs a transaction as the first one of the next block, and forgets what it did. Its signature is checked by the
    /// transfer contract.
    ///
    /// # Errors
    /// The outer error says that it could not be tried, the inner one that it cannot be in the next block at all.
    pub async fn simulate(&self, bytes: &[u8]) -> Result<Result<Simulation, ExecutionError>, SimulateError> {
        let (bytes, policy, rules) = (bytes.to_vec(), self.0.info.policy, self.next_rules());
        let transaction = self.check_aside(move || {
            let transaction = crate::transaction::decode(&bytes)?;
            policy.check_terms(&transaction, rules)?;
            Ok(LedgerTransaction::new(transaction, rules.fork().ledger_format()))
        });
        Ok(self.0.reader.simulate(transaction.await?).await?)
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
    pub async fn mempool(&self, most: usize) -> Result<Vec<Checked>, Stopped> {
        self.ask(|reply| Command::Waiting { most, reply }).await
    }

    /// Where a transaction is.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn fate(&self, id: TxId) -> Result<Fate, Stopped> {
        self.ask(|reply| Command::Fate { id, reply }).await
    }

    /// A waiting transaction.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn mempool_transaction(&self, id: TxId) -> Result<Option<Checked>, Stopped> {
        Ok(match self.fate(id).await? {
            Fate::Waiting(transaction) => Some(transaction),
            _ => None,
        })
    }

    /// The gas prices of the best paying waiting transactions, at most so many; all 1 when none waits.
    ///
    /// # Errors
    /// When the node was shut down.
    pub async fn gas_prices(&self, most: usize) -> Result<GasPrices, Stopped> {
        let prices: Vec<u64> = self.mempool(most).await?.iter().map(Checked::gas_price).collect();
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
            match self.fate(*id).await? {
                Fate::Executed(transaction) => {
                    if !until_final || transaction.height <= self.store().last_final() {
                        return Ok(transaction);
                    }
                }
                Fate::Waiting(_) | Fate::Deferred(_) => {}
                Fate::Removed(reason) => return Err(WaitError::Removed { id: *id, reason }),
                Fate::Unknown => return Err(WaitError::Unknown(*id)),
            }
            // Anything that can change the fate is told: a block, a label, a removal. Whoever is behind asks again.
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

    /// Goes back to a snapshot, or to the last one. Later blocks, later snapshots and all waiting transactions are
    /// forgotten, and the clock goes back; listeners hear of each block that is taken back.
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

    async fn check_bytes(&self, bytes: Vec<u8>, marked: Option<TxId>) -> Result<Checked, SubmitError> {
        let (policy, rules, vm) = (self.0.info.policy, self.next_rules(), self.0.reader.vm().clone());
        self.check_aside(self.marking(marked, move || policy.check(&bytes, rules, &vm))).await
    }

    /// Work that says while it goes on which transaction it is about.
    fn marking<T>(
        &self,
        marked: Option<TxId>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl FnOnce() -> T + Send + 'static {
        let marked = marked.map(|id| (id, self.0.store.clone()));
        move || {
            if let Some((id, store)) = &marked {
                store.mark_running(Slot::Return, Some(id));
            }
            let done = work();
            if let Some((_, store)) = &marked {
                store.mark_running(Slot::Return, None);
            }
            done
        }
    }

    /// Does a check on a thread that may be busy for a while, no more at a time than there are processors.
    async fn check_aside<T: Send + 'static>(
        &self,
        check: impl FnOnce() -> Result<T, TransactionError> + Send + 'static,
    ) -> Result<T, SubmitError> {
        match self.0.checks.run(check).await {
            Ok(checked) => Ok(checked?),
            Err(LaneError::Full) => Err(SubmitError::Busy),
            Err(LaneError::Panicked(text)) => Err(SubmitError::Failed(text)),
            Err(LaneError::Ending) => Err(Stopped::Asked.into()),
        }
    }

    /// Compiles the module of a deployment here, so that the loop need not, but only for somebody who can pay for it.
    async fn compile_affordable(&self, transaction: Checked, marked: Option<TxId>) -> Result<(), SubmitError> {
        let asked = transaction.clone();
        self.ask(|reply| Command::Check { transaction: asked, reply }).await??;
        let vm = self.0.reader.vm().clone();
        let sender = transaction.sender();
        let compile =
            move || transaction.protocol().deploy().map(|deploy| vm.compile(&deploy.bytecode.bytes)).transpose();
        let compilations = &self.0.compilations;
        if let Some(compiled) =
            compilations.run(sender, self.marking(marked, compile)).await?.map_err(TransactionError::from)?
        {
            compilations.keep(compiled);
        }
        Ok(())
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

/// Why a transaction cannot be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// It is not well-formed, or not for this chain; or the node is too busy, or was shut down.
    #[error(transparent)]
    Refused(#[from] SubmitError),
    /// The state cannot be asked.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl GasPrices {
    fn of(mut prices: Vec<u64>) -> Self {
        prices.sort_unstable();
        let (Some(min), Some(max)) = (prices.first(), prices.last()) else {
            return Self { average: 1, max: 1, median: 1, min: 1 };
        };
        let (count, sum) = (prices.len() as u128, prices.iter().map(|price| u128::from(*price)).sum::<u128>());
        let average = u64::try_from(sum.div_ceil(count)).unwrap_or(u64::MAX);
        let (low, high) = (prices[(prices.len() - 1) / 2], prices[prices.len() / 2]);
        Self { average, max: *max, median: low.midpoint(high), min: *min }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_prices_are_summed_up() {
        assert_eq!(GasPrices::of(vec![]), GasPrices { average: 1, max: 1, median: 1, min: 1 });
        assert_eq!(GasPrices::of(vec![9, 1, 4]), GasPrices { average: 5, max: 9, median: 4, min: 1 });
        assert_eq!(GasPrices::of(vec![9, 1, 4, 5]), GasPrices { average: 5, max: 9, median: 4, min: 1 });
        assert_eq!(GasPrices::of(vec![u64::MAX, u64::MAX]).average, u64::MAX);
    }
}

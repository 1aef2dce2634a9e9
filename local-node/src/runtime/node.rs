//! The loop: one thread that owns the core, and answers whoever asks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use local_node_consensus::{Millis, RequestId};
use local_node_core::mempool::{PoolError, Removal};
use local_node_core::{Core, CoreConfig, Input, LedgerId, Output, Position, Record};
use local_node_types::ledger::Header;

use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, info, warn};

use super::Clock;
use super::log::{Log, Written};
use super::peers::{Incoming, Peers};
use super::pool::ReadAccounts;
use super::worker::{Done, Worker};
use crate::accounts::KeyPair;
use crate::block::TxId;
use crate::config::BlockTime;
use crate::end::End;
use crate::events::{Announcer, NodeEvent};
use crate::executor::Executor;
use crate::handle::{Command, MAX_MINE_WAITERS, MineError, Place};
use crate::store::{Store, StoreError};
use crate::work::Cancel;

/// How many removals from the mempool are remembered with their reasons.
const MAX_REMOVALS: usize = 1024;
/// How many commands are answered between two blocks on demand.
const COMMANDS_BETWEEN_BLOCKS: usize = 256;

/// A request for blocks that waits for the last of them.
pub(super) struct MineWaiter {
    until: u64,
    pub(super) reply: oneshot::Sender<Result<u64, MineError>>,
}

/// Work that the ledger has.
pub(super) enum Running {
    /// A candidate is built or verified. It can be cancelled.
    Candidate(RequestId, Cancel),
    /// The chain changes.
    Change,
}

/// The data of the one loop.
pub(super) struct Node {
    pub(super) core: Core,
    pub(super) core_config: CoreConfig,
    /// The core's open requests.
    pub(super) outputs: Vec<Output>,
    pub(super) worker: Worker,
    pub(super) done: mpsc::Receiver<Done>,
    pub(super) jobs: BTreeMap<LedgerId, Running>,
    /// By which request of the consensus the ledger executed a candidate, the last ones.
    pub(super) executed: BTreeMap<LedgerId, RequestId>,
    pub(super) log: Log,
    pub(super) written: Option<Written>,
    pub(super) peers: Option<Peers>,
    pub(super) incoming: Option<mpsc::Receiver<Incoming>>,
    pub(super) block_time: BlockTime,
    /// How long a candidate may be filled.
    pub(super) build_time: Duration,
    /// How long its first transaction may run.
    pub(super) call_time: Duration,
    pub(super) voters: Vec<KeyPair>,
    pub(super) clock: Clock,
    /// The changes of the mempool that are being written.
    pub(super) journal: Option<oneshot::Receiver<Result<(), StoreError>>>,
    /// When the changes of the mempool are written, if no block comes before.
    pub(super) journal_due: Option<Millis>,
    pub(super) executor: Executor,
    pub(super) store: Store,
    /// The accounts of senders in the state of the tip.
    pub(super) accounts: ReadAccounts,
    pub(super) tip: Arc<Header>,
    pub(super) tip_sender: watch::Sender<Arc<Header>>,
    /// The height of the last block that holds transactions.
    pub(super) last_full: u64,
    pub(super) events: Announcer,
    pub(super) commands: mpsc::Receiver<Command>,
    /// The error that ends the node.
    pub(super) end: Option<End>,
    /// Whether the mempool has changed for the better since the last block that held nothing.
    pub(super) fresh: bool,
    /// Whether the last block has left transactions over that the next one may take.
    pub(super) more: bool,
    /// The core's answer about the last transaction.
    pub(super) taken: Option<Result<(), PoolError>>,
    pub(super) mine_waiters: VecDeque<MineWaiter>,
    /// Whether the running round has not come to a block although it was told to begin.
    pub(super) stalled: bool,
    /// The last transactions that left the mempool without a block.
    pub(super) removals: VecDeque<(TxId, Removal)>,
}

impl Node {
    /// Runs until it is told to stop or cannot go on, and says which.
    pub(super) async fn run(mut self) -> End {
        self.carry_out();
        let mut running = true;
        while running && self.end.is_none() {
            if self.wants_block() {
                running = self.answer_waiting().await;
                // An answer may have taken back what the block was wanted for.
                if running && self.wants_block() {
                    self.make_block();
                }
                continue;
            }
            let wake = self.wake().map(|at| Duration::from_millis(at.since(self.now()).0));
            // The work that the chain waits for comes first.
            tokio::select! {
                biased;
                Some(done) = self.done.recv() => self.on_done(done),
                Some(written) = next(&mut self.written) => self.on_written(written),
                () = sleep(wake) => self.fire_timers(),
                Some(incoming) = next(&mut self.incoming) => self.on_incoming(incoming),
                Some(written) = answered(&mut self.journal) => {
                    self.journal = None;
                    self.check_store(written);
                }
                command = self.commands.recv() => running = self.answer(command).await,
            }
        }
        self.jobs.values().for_each(Running::cancel);
        self.worker.end();
        self.log.end();
        if self.end.is_none()
            && let Err(error) = self.store.write_journal()
        {
            self.fail(error);
        }
        info!(height = self.tip.height, "stopped");
        self.end.unwrap_or(End::Asked)
    }

    /// When something is due.
    fn wake(&self) -> Option<Millis> {
        [self.core.deadline(), self.journal_due].into_iter().flatten().min()
    }

    /// Whether a block on demand is due: transactions wait, somebody asked for blocks, or the last transactions are not
    /// final yet.
    fn wants_block(&mut self) -> bool {
        // Nobody waits for these blocks any more.
        self.mine_waiters.retain(|waiter| !waiter.reply.is_closed());
        let unsettled = self.store.last_final() < self.last_full;
        self.block_time == BlockTime::Instant
            && !self.stalled
            && (self.fresh || unsettled || !self.mine_waiters.is_empty())
    }

    fn make_block(&mut self) {
        self.fresh = false;
        // Accepting a block says otherwise. If none comes to be, the consensus goes on by its timers.
        self.stalled = true;
        self.drive(Input::Go);
        if self.jobs.is_empty() {
            warn!(height = self.tip.height + 1, "the consensus has not begun to build a block");
        }
    }

    async fn answer_waiting(&mut self) -> bool {
        for _ in 0..COMMANDS_BETWEEN_BLOCKS {
            let Ok(command) = self.commands.try_recv() else { break };
            if !self.answer(Some(command)).await {
                return false;
            }
        }
        true
    }

    /// Carries out a command, and returns whether to go on. Send errors are ignored: the caller may be gone.
    async fn answer(&mut self, command: Option<Command>) -> bool {
        match command {
            None | Some(Command::Stop) => return false,
            Some(Command::Submit { transaction, origin, reply }) => {
                let _ = reply.send(self.submit(transaction, origin));
            }
            Some(Command::Check { transaction, reply }) => {
                let _ = reply.send(self.check(&transaction));
            }
            Some(Command::NextNonce { sender, account, reply }) => {
                let _ = reply.send(self.core.mempool().next_nonce(&sender, &account));
            }
            Some(Command::Waiting { most, reply }) => {
                let _ = reply.send(self.core.mempool().iter().take(most).cloned().collect());
            }
            Some(Command::TransactionStatus { id, reply }) => match self.transaction_status(&id) {
                Ok(status) => {
                    let _ = reply.send(status);
                }
                Err(error) => self.fail(error),
            },
            Some(Command::KeepDriver { contract, driver, reply }) => {
                let kept = self.store.put_driver(&contract, &driver);
                if let Err(error) = &kept
                    && error.is_fatal()
                {
                    self.fail(error.clone());
                }
                let _ = reply.send(kept);
            }
            #[cfg(test)]
            Some(Command::Panic) => panic!("on purpose"),
            Some(Command::Control(control)) => self.control(control).await,
            Some(Command::Place { reply }) => {
                let (header, label) = self.core.tip();
                let (height, hash) = (header.height, header.hash);
                let (last_final, position) = (self.core.last_final().height, self.core.position());
                let waiting = self.core.mempool().len();
                let _ = reply.send(Place { height, hash, label, last_final, position, waiting });
            }
            Some(Command::Mine { blocks, reply }) => {
                self.mine_waiters.retain(|waiter| !waiter.reply.is_closed());
                if self.mine_waiters.len() >= MAX_MINE_WAITERS {
                    let _ = reply.send(Err(MineError::Busy));
                } else {
                    let until = self.tip.height + blocks;
                    self.mine_waiters.push_back(MineWaiter { until, reply });
                    self.answer_mine_waiters();
                }
            }
        }
        true
    }

    /// The time as the chain has it, in milliseconds since 1970.
    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Ends the node: it cannot read or write its chain.
    pub(super) fn fail(&mut self, error: StoreError) {
        error!(%error, "the node cannot go on");
        self.end.get_or_insert(End::Failed(error));
    }

    pub(super) fn check_store(&mut self, written: Result<(), StoreError>) {
        if let Err(error) = written {
            self.fail(error);
        }
    }

    /// Writes the changes of the mempool, so that they outlive the process, on another thread.
    fn write_journal(&mut self) {
        if self.journal.is_none() && self.store.has_journal_entries() {
            let (store, (sender, receiver)) = (self.store.clone(), oneshot::channel());
            tokio::task::spawn_blocking(move || sender.send(store.write_journal()));
            self.journal = Some(receiver);
        }
    }

    fn fire_timers(&mut self) {
        let now = self.now();
        if self.journal_due.take_if(|due| *due <= now).is_some() {
            self.write_journal();
        }
        if self.core.deadline().is_some_and(|at| at <= now) {
            self.drive(Input::Timer);
        }
    }

    fn on_written(&mut self, written: Result<Position, StoreError>) {
        match written {
            Ok(position) => {
                if let Some(peers) = &mut self.peers {
                    peers.on_durable(position);
                }
                self.feed(Input::Durable(position));
                self.carry_out();
            }
            Err(error) => self.fail(error),
        }
    }

    /// Writes a record, and takes note of it for peers that ask.
    pub(super) fn persist(&mut self, position: Position, record: Record) {
        if let Some(peers) = &mut self.peers {
            peers.keep(&record);
        }
        if self.log.is_kept() {
            return self.log.append(position, record);
        }
        if let Some(peers) = &mut self.peers {
            peers.on_durable(position);
        }
        self.feed(Input::Durable(position));
    }

    pub(super) fn answer_mine_waiters(&mut self) {
        let height = self.tip.height;
        let (done, open): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.mine_waiters).into_iter().partition(|waiter| waiter.until <= height);
        self.mine_waiters = open;
        for waiter in done {
            let _ = waiter.reply.send(Ok(height));
        }
    }

    pub(super) fn tell_removed(&mut self, removed: impl IntoIterator<Item = (TxId, Removal)>) {
        for (id, reason) in removed {
            if self.removals.len() >= MAX_REMOVALS {
                self.removals.pop_front();
            }
            self.removals.push_back((id, reason.clone()));
            self.store.note_gone(id);
            self.tell(NodeEvent::TransactionRemoved { id, reason });
        }
    }

    pub(super) fn tell(&self, event: NodeEvent) {
        self.events.tell(event);
    }
}

impl Running {
    pub(super) fn cancel(&self) {
        if let Self::Candidate(_, cancel) = self {
            cancel.cancel();
        }
    }
}

/// The next item of a channel, if there is a channel.
async fn next<T>(channel: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => channel.recv().await,
        None => std::future::pending().await,
    }
}

/// The answer to a question that was asked. A lost answer is none.
async fn answered<T>(question: &mut Option<oneshot::Receiver<Result<T, StoreError>>>) -> Option<Result<T, StoreError>> {
    match question {
        Some(answer) => Some(answer.await.unwrap_or(Err(StoreError::Closed))),
        None => std::future::pending().await,
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

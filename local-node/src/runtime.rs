//! The node, wired. This is the only place that knows all its parts.
//!
//! ```text
//!   bytes of a transaction                                     questions, simulations
//!        │ NodeHandle::submit                                        │ NodeHandle::query …
//!        ▼                                                           ▼
//!   Policy::check ×N (blocking threads)                         Reader ×N (blocking threads,
//!        │ size, form, chain, fees, signature                        ▲  a session each, forgotten)
//!        ▼ Command (bounded channel)                                 │ header of the tip
//!  ┌─────────────────────────── one thread: Node::run ───────────────┼──────────────────────────┐
//!  │  Mempool ──queue──► Ledger::build ◄──Build── Consensus::step    │                          │
//!  │     ▲                     └──────Built/Verified──► ▲ │          │                          │
//!  │     │ forget                            timers ────┘ └─Decide─► Ledger::accept ──► Store   │
//!  │     └──────────────────────────────────────────────────────────────┘ │                     │
//!  └──────────────────────────────────────────────────────────────────────┼─────────────────────┘
//!                                                                         ▼
//!                                                    NodeEvent ──► listeners
//! ```
//!
//! A block that is told of is stored. When the store fails (no space, a broken disk), the loop ends and says why
//! ([`End`]); all that was told before is found again at the next start. A panic in the loop ends it in the same way.
//!
//! Blocks come to be only through `Consensus::step`. A lone node holds the keys of all voters, so its step leads from
//! "build" to "decide" without waiting for anybody; nothing here makes an attestation.

mod control;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use local_node_consensus::{BuildRequest, Consensus, Decision, Input, Millis, Output, Start, TimerId, Verdict};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Header;
use local_node_vm::Vm;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, error, info, warn};

use crate::accounts::{KeyPair, STAKERS, dev_accounts};
use crate::block::{StoredBlock, TxId};
use crate::config::{BlockTime, Config, NodeError};
use crate::drivers::Drivers;
use crate::end::End;
use crate::events::{Announcer, NodeEvent, announcer};
use crate::executor::Executor;
use crate::genesis::{self, Allocation};
use crate::handle::{
    Command, Compilations, MAX_CHECKS, MAX_COMMANDS, MAX_MINE_WAITERS, MineError, NodeHandle, NodeInfo, Shared,
    SubmitError, TransactionStatus,
};
use crate::ledger::{BuildLimits, BuildTime, Built, InvalidBlock, Ledger, LedgerError, Unfit, VOTING_RULES};
use crate::mempool::{GivenUp, Mempool, Parked, PoolError, Prequeue, Removal};
use crate::reader::{Reader, read_account};
use crate::store::{Identity, Store, StoreError};
use crate::transaction::{Policy, ValidTransaction};
use crate::work::{Lane, contained, panic_text, shortened};

/// How often expired transactions are looked for.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);
/// How many removals from the mempool are remembered with their reasons.
const MAX_REMOVALS: usize = 1024;
/// How long a waiting transaction may be in memory only, in milliseconds, where no block comes first.
const JOURNAL_DELAY_MILLIS: u64 = 100;
/// How long a transaction that waited when the node stopped waits again where the node is too busy to check it.
const BUSY_DELAY: Duration = Duration::from_millis(50);
/// How many commands are answered between two blocks on demand.
const COMMANDS_BETWEEN_BLOCKS: usize = 256;

/// Starts a node. It runs on a thread of its own until it is told to stop or its last handle is gone. To be called
/// within a tokio runtime, which then also runs the questions to the node.
///
/// # Errors
/// When the configuration is not possible, or the genesis state cannot be made.
pub async fn spawn(config: Config) -> Result<NodeHandle, NodeError> {
    let prepared = tokio::task::spawn_blocking(move || prepare(&config)).await;
    let (node, handle, waiting, end) = match prepared {
        Ok(result) => result?,
        Err(error) => {
            let text = error.try_into_panic().map_or_else(|error| error.to_string(), |panic| panic_text(&*panic));
            return Err(NodeError::Panicked(text));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(NodeError::Thread)?;
    let store = handle.store().clone();
    let run = move || {
        let ended = contained(|| runtime.block_on(node.run())).unwrap_or_else(|text| {
            error!(%text, "the node's loop panicked");
            End::Panicked(text)
        });
        store.close();
        end.send_replace(Some(ended));
    };
    std::thread::Builder::new().name("local-node".into()).spawn(run).map_err(NodeError::Thread)?;
    if !waiting.is_empty() {
        tokio::spawn(submit_again(handle.clone(), waiting));
    }
    Ok(handle)
}

/// Sends the transactions that waited when the node stopped, as if they came anew.
async fn submit_again(node: NodeHandle, waiting: Vec<(TxId, Vec<u8>)>) {
    for (id, bytes) in by_nonce(&node, waiting).await {
        let mut taken = node.submit_again(id, bytes.clone()).await;
        while let Err(SubmitError::Busy | SubmitError::Compiling) = taken {
            tokio::time::sleep(BUSY_DELAY).await;
            taken = node.submit_again(id, bytes.clone()).await;
        }
        match taken {
            Ok(_) | Err(SubmitError::Refused(PoolError::Waiting(_))) => {}
            // It waits for the next start.
            Err(SubmitError::Stopped(_) | SubmitError::State(_)) => break,
            Err(reason) => {
                info!(%id, %reason, "a pending transaction is no longer accepted");
                node.store().note_gone(id);
            }
        }
    }
}

/// Puts the transactions of each account in the order of their nonces, at the place of the account's first one.
///
/// A transaction that comes too far ahead of its predecessors would be refused, and lost.
async fn by_nonce(node: &NodeHandle, waiting: Vec<(TxId, Vec<u8>)>) -> Vec<(TxId, Vec<u8>)> {
    let mut first_places: BTreeMap<BlsKey, usize> = BTreeMap::new();
    let mut ordered = Vec::with_capacity(waiting.len());
    for (place, (id, bytes)) in waiting.into_iter().enumerate() {
        let order = match node.sender_and_nonce(bytes.clone()).await {
            Some((sender, nonce)) => (*first_places.entry(sender).or_insert(place), nonce),
            // Its check says why it is refused.
            None => (place, 0),
        };
        ordered.push((order, (id, bytes)));
    }
    ordered.sort_by_key(|(order, _)| *order);
    ordered.into_iter().map(|(_, waiting)| waiting).collect()
}

type Prepared = (Node, NodeHandle, Vec<(TxId, Vec<u8>)>, watch::Sender<Option<End>>);

fn prepare(config: &Config) -> Result<Prepared, NodeError> {
    let accounts: Arc<[_]> = dev_accounts().into();
    let allocation = config.allocation.clone().unwrap_or_else(|| Allocation::development(&accounts));
    let voters: Vec<KeyPair> = config
        .voters
        .clone()
        .unwrap_or_else(|| accounts.iter().take(STAKERS).map(|account| account.keys().clone()).collect());
    if voters.is_empty() {
        return Err(NodeError::NoVoters);
    }
    let vm = match &config.module_cache {
        Some(folder) => Vm::with_module_cache(folder)?,
        None => Vm::in_memory()?,
    };
    let consensus = consensus(config.block_time, &voters)?;
    let ledger = open_ledger(config, vm, &allocation)?;
    let genesis = ledger.store().block(0)?.ok_or_else(|| StoreError::Damaged("there is no block 0".into()))?.0;
    let info = NodeInfo {
        chain_id: config.chain_id,
        rules: config.rules,
        block_time: config.block_time,
        policy: Policy::of_chain(config.chain_id),
        genesis_hash: genesis.header().hash,
        voters: voters.iter().map(KeyPair::id).collect(),
    };

    let (tip, tip_receiver) = watch::channel(Arc::new(ledger.tip().clone()));
    let (commands, command_receiver) = mpsc::channel(MAX_COMMANDS);
    let (end, ended) = watch::channel(None);
    let (events, audience) = announcer();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let handle = NodeHandle(Arc::new(Shared {
        accounts,
        commands,
        reader: Reader::new(ledger.executor().clone(), tip_receiver, config.call_time),
        store: ledger.store().clone(),
        drivers: Drivers::new(ledger.store().clone(), config.module_cache.clone()),
        audience,
        checks: Lane::new(MAX_CHECKS, cores),
        compilations: Compilations::new(),
        ended,
        info,
    }));
    let waiting = ledger.store().waiting()?;
    let ended_by = ledger.store().ended_processes()?;
    let node = Node {
        block_time: config.block_time,
        build_time: config.build_time,
        call_time: config.call_time,
        voters,
        clock: ledger.store().clock()?,
        journal_due: None,
        mempool: Mempool::new(config.mempool),
        prequeue: Prequeue::new(config.mempool),
        consensus,
        last_full: last_full(&ledger)?,
        ledger,
        timers: BTreeMap::new(),
        tip,
        events,
        commands: command_receiver,
        failure: None,
        fresh: false,
        mine_waiters: VecDeque::new(),
        stalled: false,
        removals: ended_by.into_iter().map(|id| (id, Removal::EndedProcess)).collect(),
    };
    Ok((node, handle, waiting, end))
}

/// The chain in the data folder, or a new one.
fn open_ledger(config: &Config, vm: Vm, allocation: &Allocation) -> Result<Ledger, NodeError> {
    let (chain_id, rules) = (config.chain_id, config.rules);
    let genesis = || {
        let root = genesis::state(&vm, chain_id, rules, allocation)?;
        let time = config.genesis_time.unwrap_or_else(|| system_time().as_secs());
        Ok::<_, NodeError>(genesis::header(time, root))
    };
    let Some(folder) = &config.data else {
        let header = genesis()?;
        return Ok(Ledger::new(Executor::new(vm, chain_id, rules), header)?);
    };
    let identity = Identity { chain_id, rules, allocation: allocation.digest(), genesis_time: config.genesis_time };
    let store = Store::open(folder, &identity, || {
        let header = genesis()?;
        let state = vm.export(&header.state_root)?;
        Ok::<_, NodeError>((StoredBlock::genesis(header), state))
    })?;
    info!(folder = %folder.display(), height = store.tip().header().height, "data folder");
    Ok(Ledger::resume(Executor::new(vm, chain_id, rules), store)?)
}

/// The height of the last block that holds transactions and is not final; 0 where there is none.
fn last_full(ledger: &Ledger) -> Result<u64, StoreError> {
    for (height, _) in ledger.store().pending().into_iter().rev() {
        if ledger.store().block(height)?.is_some_and(|(block, _)| !block.transactions.is_empty()) {
            return Ok(height);
        }
    }
    Ok(0)
}

fn consensus(block_time: BlockTime, voters: &[KeyPair]) -> Result<Consensus, NodeError> {
    let (block_time, start) = match block_time {
        BlockTime::Instant => (Millis(0), Start::OnGo),
        BlockTime::Every(time) if time.subsec_nanos() == 0 && !time.is_zero() => {
            (Millis::from_secs(time.as_secs()), Start::AtOnce)
        }
        BlockTime::Every(time) => return Err(NodeError::BlockTime(time)),
    };
    let config = local_node_consensus::Config {
        // The profile says what transactions may do. Votes are signed as networks sign them today in any case.
        profile: VOTING_RULES,
        start,
        alone: true,
        ..local_node_consensus::Config::local(block_time)
    };
    Ok(Consensus::new(config, voters.iter().map(|keys| keys.secret().clone()).collect()))
}

/// The system's time, in milliseconds since 1970.
fn system_time() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A request for blocks that waits for the last of them.
struct MineWaiter {
    until: u64,
    reply: oneshot::Sender<Result<u64, MineError>>,
}

/// What the one loop owns.
struct Node {
    block_time: BlockTime,
    /// How long a candidate may be filled.
    build_time: Duration,
    /// How long its first transaction may run.
    call_time: Duration,
    voters: Vec<KeyPair>,
    /// Seconds by which the node's clock is ahead of the system's.
    clock: u64,
    /// When the changes of the mempool are written, if no block comes before.
    journal_due: Option<Millis>,
    mempool: Mempool,
    prequeue: Prequeue,
    consensus: Consensus,
    ledger: Ledger,
    timers: BTreeMap<TimerId, Millis>,
    tip: watch::Sender<Arc<Header>>,
    events: Announcer,
    commands: mpsc::Receiver<Command>,
    /// What makes it impossible to go on.
    failure: Option<StoreError>,
    /// Whether the mempool has changed for the better since the last block that held nothing.
    fresh: bool,
    mine_waiters: VecDeque<MineWaiter>,
    /// The height of the last block that holds transactions.
    last_full: u64,
    /// Whether the running round has not come to a block although it was told to begin.
    stalled: bool,
    /// What left the mempool without a block, the last ones.
    removals: VecDeque<(TxId, Removal)>,
}

impl Node {
    /// Runs until it is told to stop or cannot go on, and says which.
    async fn run(mut self) -> End {
        let tip = self.ledger.tip_context();
        self.step(Input::NewTip(Box::new(tip)));
        let mut expiry = tokio::time::interval(EXPIRY_INTERVAL);
        let mut running = true;
        while running && self.failure.is_none() {
            if self.wants_block() {
                running = self.answer_waiting();
                // An answer may have taken back what the block was wanted for.
                if running && self.wants_block() {
                    self.make_block();
                }
                continue;
            }
            let wake =
                self.timers.values().copied().chain(self.prequeue.next_try().map(Millis)).chain(self.journal_due).min();
            let wake = wake.map(|at| Duration::from_millis(at.since(self.now()).0));
            running = tokio::select! {
                command = self.commands.recv() => self.answer(command),
                () = sleep(wake) => self.fire_timers(),
                _ = expiry.tick() => self.expire(),
            };
        }
        if self.failure.is_none() {
            self.write_journal();
        }
        info!(height = self.ledger.tip().height, "stopped");
        self.failure.map_or(End::Asked, End::Failed)
    }

    /// Whether a block on demand is due: transactions wait, somebody asked for blocks, or the last transactions are not
    /// final yet.
    fn wants_block(&mut self) -> bool {
        // Nobody waits for these blocks any more.
        self.mine_waiters.retain(|waiter| !waiter.reply.is_closed());
        let unsettled = self.ledger.store().last_final() < self.last_full;
        self.block_time == BlockTime::Instant
            && !self.stalled
            && (self.fresh || unsettled || !self.mine_waiters.is_empty())
    }

    fn make_block(&mut self) {
        self.fresh = false;
        // Accepting a block says otherwise. If none comes to be, the consensus goes on by its timers.
        self.stalled = true;
        self.step(Input::Go);
        if self.stalled {
            warn!(height = self.ledger.tip().height + 1, "no block came to be at once");
        }
    }

    fn answer_waiting(&mut self) -> bool {
        for _ in 0..COMMANDS_BETWEEN_BLOCKS {
            let Ok(command) = self.commands.try_recv() else { break };
            if !self.answer(Some(command)) {
                return false;
            }
        }
        true
    }

    /// Carries out a command, and returns whether to go on. Send errors are ignored: the caller may be gone.
    fn answer(&mut self, command: Option<Command>) -> bool {
        match command {
            None | Some(Command::Stop) => return false,
            Some(Command::Submit { transaction, reply }) => {
                let _ = reply.send(self.submit(transaction));
            }
            Some(Command::Check { transaction, reply }) => {
                let _ = reply.send(self.check(&transaction));
            }
            Some(Command::NextNonce { sender, account, reply }) => {
                let _ = reply.send(self.mempool.next_nonce(&sender, &account));
            }
            Some(Command::Waiting { most, reply }) => {
                let _ = reply.send(self.mempool.iter().take(most).cloned().collect());
            }
            Some(Command::TransactionStatus { id, reply }) => match self.transaction_status(&id) {
                Ok(status) => {
                    let _ = reply.send(status);
                }
                Err(error) => self.fail(error),
            },
            Some(Command::KeepDriver { contract, driver, reply }) => {
                let kept = self.ledger.store().put_driver(&contract, &driver);
                if let Err(error) = &kept
                    && error.is_fatal()
                {
                    self.fail(error.clone());
                }
                let _ = reply.send(kept);
            }
            #[cfg(test)]
            Some(Command::Panic) => panic!("on purpose"),
            Some(Command::Control(control)) => self.control(control),
            Some(Command::Mine { blocks, reply }) => {
                self.mine_waiters.retain(|waiter| !waiter.reply.is_closed());
                if self.mine_waiters.len() >= MAX_MINE_WAITERS {
                    let _ = reply.send(Err(MineError::Busy));
                } else {
                    let until = self.ledger.tip().height + blocks;
                    self.mine_waiters.push_back(MineWaiter { until, reply });
                    self.answer_mine_waiters();
                }
            }
        }
        true
    }

    fn submit(&mut self, transaction: ValidTransaction) -> Result<TxId, SubmitError> {
        match self.admit(transaction.clone()) {
            Ok(()) => {
                self.admit_successors(&transaction);
                Ok(transaction.id())
            }
            Err(SubmitError::Refused(PoolError::NonceGap { .. })) => self.park(transaction),
            Err(refused) => Err(refused),
        }
    }

    fn admit(&mut self, transaction: ValidTransaction) -> Result<(), SubmitError> {
        let account = self.account_of(&transaction)?;
        let now = self.now();
        let removed = self.mempool.insert(transaction.clone(), &account, now.as_secs())?;
        self.tell_removed(removed);
        let id = transaction.id();
        self.ledger.store().note_waiting(id, || transaction.protocol().to_network_bytes());
        self.journal_due.get_or_insert(Millis(now.0.saturating_add(JOURNAL_DELAY_MILLIS)));
        debug!(%id, waiting = self.mempool.len(), "transaction taken");
        self.tell(NodeEvent::TransactionAdmitted(transaction));
        self.fresh = true;
        Ok(())
    }

    /// Lets those in that were parked for this transaction.
    fn admit_successors(&mut self, transaction: &ValidTransaction) {
        let (sender, mut nonce) = (transaction.sender(), transaction.nonce());
        while let Some(next) = nonce.checked_add(1)
            && let Some(parked) = self.prequeue.take_nonce(&sender, next)
        {
            if !self.try_parked(parked) {
                break;
            }
            nonce = next;
        }
    }

    fn park(&mut self, transaction: ValidTransaction) -> Result<TxId, SubmitError> {
        let id = transaction.id();
        let now = self.now().0;
        let replaced = self.prequeue.park(transaction, now)?;
        debug!(%id, parked = self.prequeue.len(), "transaction parked");
        self.tell_removed(replaced.map(|replaced| (replaced, GivenUp::Replaced.into())));
        self.tell(NodeEvent::TransactionDeferred { id });
        Ok(id)
    }

    /// Tries a parked transaction again. Says whether it was let in.
    fn try_parked(&mut self, parked: Parked) -> bool {
        let id = parked.transaction().id();
        let given_up = match self.admit(parked.transaction().clone()) {
            Ok(()) => return true,
            Err(SubmitError::Refused(refusal)) if !matches!(refusal, PoolError::NonceGap { .. }) => {
                Some(GivenUp::Refused(refusal))
            }
            Err(_) => {
                let now = self.now().0;
                self.prequeue.put_back(parked, now).err()
            }
        };
        self.tell_removed(given_up.map(|reason| (id, reason.into())));
        false
    }

    fn retry_parked(&mut self) {
        let now = self.now().0;
        for parked in self.prequeue.take_due(now) {
            let transaction = parked.transaction().clone();
            if self.try_parked(parked) {
                self.admit_successors(&transaction);
            }
        }
    }

    fn transaction_status(&self, id: &TxId) -> Result<TransactionStatus, StoreError> {
        let removed = || self.removals.iter().rev().find(|(removed, _)| removed == id);
        Ok(if let Some(transaction) = self.ledger.store().transaction(id)? {
            TransactionStatus::Executed(transaction)
        } else if let Some(transaction) = self.mempool.transaction(id) {
            TransactionStatus::Waiting(transaction.clone())
        } else if let Some(transaction) = self.prequeue.transaction(id) {
            TransactionStatus::Deferred(transaction.clone())
        } else {
            removed().map_or(TransactionStatus::Unknown, |(_, reason)| TransactionStatus::Removed(reason.clone()))
        })
    }

    /// The time as the chain has it, in milliseconds since 1970.
    fn now(&self) -> Millis {
        Millis(system_time().0.saturating_add(self.clock.saturating_mul(1000)))
    }

    /// Writes the changes of the mempool, so that they outlive the process.
    fn write_journal(&mut self) {
        if let Err(error) = self.ledger.store().write_journal() {
            self.fail(error);
        }
    }

    /// Ends the node: it cannot read or write its chain.
    fn fail(&mut self, error: StoreError) {
        error!(%error, "the node cannot go on");
        self.failure.get_or_insert(error);
    }

    fn check(&self, transaction: &ValidTransaction) -> Result<TxId, SubmitError> {
        let account = self.account_of(transaction)?;
        self.mempool.check(transaction, &account)?;
        Ok(transaction.id())
    }

    /// The sender's account, unless a block holds the transaction already.
    fn account_of(
        &self,
        transaction: &ValidTransaction,
    ) -> Result<dusk_core::transfer::moonlight::AccountData, SubmitError> {
        let state = |error: &dyn std::fmt::Display| SubmitError::State(error.to_string());
        if self.ledger.store().has_transaction(&transaction.id()).map_err(|error| state(&error))? {
            return Err(PoolError::Included(transaction.id()).into());
        }
        let tip = self.ledger.tip();
        let read = contained(|| {
            let mut session = self.ledger.executor().view(tip.state_root, tip.height).map_err(|error| state(&error))?;
            read_account(&mut session, transaction.sender_key()).map_err(|error| state(&error))
        });
        read.unwrap_or_else(|text| Err(SubmitError::Failed(text)))
    }

    fn fire_timers(&mut self) -> bool {
        let now = self.now();
        if self.journal_due.take_if(|due| *due <= now).is_some() {
            self.write_journal();
        }
        let due: Vec<TimerId> = self.timers.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in due {
            // An earlier one may have cancelled this one.
            if self.timers.remove(&id).is_some() {
                self.step(Input::Timer(id));
            }
        }
        self.retry_parked();
        true
    }

    fn expire(&mut self) -> bool {
        let expired = self.mempool.expire(self.now().as_secs());
        self.tell_removed(expired.into_iter().map(|id| (id, Removal::Expired)));
        true
    }

    /// Feeds the consensus and does what it says, until it has nothing more to say.
    fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.consensus.step(self.now(), input) {
                inputs.extend(self.carry_out(output));
            }
        }
    }

    fn carry_out(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::SetTimer { id, at } => {
                self.timers.insert(id, at);
            }
            Output::CancelTimer(id) => {
                self.timers.remove(&id);
            }
            Output::Build(request) => return Some(self.build(&request)),
            Output::Verify(request) => {
                let verdict = verdict(&self.ledger.verify(&request));
                return Some(Input::Verified { request: request.id, verdict });
            }
            Output::Decide(decision) => return self.accept(*decision),
            Output::Misbehaviour(fault) => warn!(?fault, "a provisioner contradicted itself"),
            // A lone node has nobody to tell, and no round to resume: nobody else has seen a vote of a block that is
            // not stored.
            Output::Broadcast(_) | Output::Relay(_) | Output::Request(_) | Output::Persist(_) => {}
        }
        None
    }

    fn build(&mut self, request: &BuildRequest) -> Input {
        // A block that the others do not wait for any more is in vain, whatever the first transaction is given.
        let slot = request.deadline.map(|at| Duration::from_millis(at.since(self.now()).0));
        let within = |most: Duration| slot.map_or(most, |slot| most.min(slot));
        let (most, most_of_first) = (within(self.build_time), within(self.call_time));
        let time = BuildTime { begun: Instant::now(), most, most_of_first };
        match self.ledger.build(request, &self.mempool.queue(), BuildLimits::new(Some(time))) {
            Ok(built) => {
                let Built { body, unfit, postponed, is_cut } = built;
                for (id, reason) in unfit {
                    debug!(%id, %reason, "transaction can never run");
                    let reason = removal(reason);
                    let gone = self.mempool.remove(&id).into_iter();
                    let dependent = |gone: TxId| if gone == id { reason.clone() } else { Removal::Displaced };
                    self.tell_removed(gone.map(|gone| (gone, dependent(gone))));
                }
                if let Some(id) = postponed {
                    debug!(%id, "transaction begins the next block");
                    self.mempool.prefer(id);
                }
                // What this block has not looked at is for the next one, also if this one is empty.
                self.fresh |= (is_cut || postponed.is_some()) && !self.mempool.is_empty();
                Input::Built { request: request.id, body: Box::new(body) }
            }
            Err(error) => {
                error!(height = request.round, %error, "no block can be built");
                Input::BuildFailed { request: request.id }
            }
        }
    }

    fn accept(&mut self, decision: Decision) -> Option<Input> {
        let height = decision.block.header.height;
        let accepted = match self.ledger.accept(decision) {
            Ok(accepted) => accepted,
            Err(LedgerError::Store(error)) => {
                self.fail(error);
                return None;
            }
            Err(error) => {
                error!(height, %error, "the decided block cannot be accepted");
                return None;
            }
        };
        let block = accepted.block;
        info!(height, transactions = block.transactions.len(), gas = block.gas_spent(), "block");
        self.tip.send_replace(Arc::new(block.header().clone()));
        self.tell(NodeEvent::BlockAccepted(Arc::clone(&block)));
        for (changed, label) in accepted.relabelled {
            match self.ledger.store().block(changed) {
                Ok(Some((changed, _))) => {
                    let (hash, at) = (changed.header().hash, changed.header().height);
                    self.tell(NodeEvent::BlockLabelled { hash, height: at, label, at_height: height });
                }
                Ok(None) => {}
                Err(error) => self.fail(error),
            }
        }
        self.stalled = false;
        if !block.transactions.is_empty() {
            self.last_full = height;
        }
        self.forget_included(&block);
        // What did not fit this block may fit the next one; a block that took nothing will not be followed by a better.
        self.fresh |= !block.transactions.is_empty() && !self.mempool.is_empty();
        self.answer_mine_waiters();
        Some(Input::NewTip(Box::new(self.ledger.tip_context())))
    }

    fn forget_included(&mut self, block: &StoredBlock) {
        let mut senders = BTreeMap::new();
        for transaction in &block.transactions {
            if let Some(sender) = transaction.transaction.protocol().moonlight_sender() {
                senders.insert(BlsKey::from(sender), *sender);
            }
        }
        let header = block.header();
        let mut session = match self.ledger.executor().view(header.state_root, header.height) {
            Ok(session) => session,
            Err(error) => return error!(%error, "the new state cannot be read"),
        };
        for (id, key) in senders {
            match read_account(&mut session, &key) {
                Ok(account) => {
                    let gone = self.mempool.account_changed(&id, &account);
                    let included: BTreeSet<TxId> = block.transactions.iter().map(|spent| spent.id()).collect();
                    let lost = gone.into_iter().filter(|id| !included.contains(id));
                    self.tell_removed(lost.map(|id| (id, Removal::Nonce)));
                }
                Err(error) => error!(%error, account = %id, "an account cannot be read"),
            }
        }
    }

    fn answer_mine_waiters(&mut self) {
        let height = self.ledger.tip().height;
        let (done, open): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.mine_waiters).into_iter().partition(|waiter| waiter.until <= height);
        self.mine_waiters = open;
        for waiter in done {
            let _ = waiter.reply.send(Ok(height));
        }
    }

    fn tell_removed(&mut self, removed: impl IntoIterator<Item = (TxId, Removal)>) {
        for (id, reason) in removed {
            if self.removals.len() >= MAX_REMOVALS {
                self.removals.pop_front();
            }
            self.removals.push_back((id, reason.clone()));
            self.ledger.store().note_gone(id);
            self.tell(NodeEvent::TransactionRemoved { id, reason });
        }
    }

    fn tell(&self, event: NodeEvent) {
        self.events.tell(event);
    }
}

/// What the consensus is told of a candidate.
fn verdict(verified: &Result<(), LedgerError>) -> Verdict {
    match verified {
        Ok(()) => Verdict::Valid,
        Err(error @ LedgerError::Invalid { problem: InvalidBlock::Blob { .. }, .. }) => {
            warn!(%error, "candidate dropped");
            Verdict::Altered
        }
        Err(error @ LedgerError::Invalid { .. }) => {
            warn!(%error, "candidate refused");
            Verdict::Invalid
        }
        Err(error) => {
            error!(%error, "candidate cannot be judged");
            Verdict::Abstain
        }
    }
}

/// What is told of a transaction that no block can take. Contracts have a part in some of the texts.
fn removal(reason: Unfit) -> Removal {
    match reason {
        Unfit::TooLong(most) => Removal::TooLong(most),
        Unfit::CannotRun(reason) => Removal::CannotRun(shortened(reason.to_string())),
        reason @ (Unfit::Machine(_) | Unfit::Panicked(_)) => Removal::Failed(shortened(reason.to_string())),
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;

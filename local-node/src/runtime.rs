//! The node, wired. This is the only place that knows all its parts.
//!
//! ```text
//!   bytes of a transaction                     questions, simulations            datagrams
//!        │ NodeHandle::submit                        │ NodeHandle::query …           ▲│
//!        ▼                                           ▼                               │▼
//!   Checks, in batches (blocking threads)       Reader ×N (blocking threads,     Kadcast (tasks)
//!        │ size, form, chain, fees, signature        ▲  a session each,              ▲│
//!        ▼ Command (bounded channel)                 │  forgotten)                   ││ Incoming
//!  ┌──────────────────────── one thread: Node::run ──┼─────────────────────────────┐ ││
//!  │      │ account of the sender                    │ header of the tip           │◄┼┘
//!  │      ▼                                          │                             ├─┘ Outgoing
//!  │   Input::Transaction ──► Core::handle: mempool, chain, consensus              │
//!  │                            │   ▲    │            Output::Send, Judge …         │
//!  └────────────────────────────┼───┼────┼──────────────────────────────────▲──────┘
//!                Output::Ledger │   │    └─ Output::Persist ──► one thread: Log
//!                with the queue │   │                                Position
//!                               ▼   │ Done, with the accounts of senders
//!                         one thread: Ledger
//!                               │
//!                               ▼
//!                             Store ──► NodeEvent ──► listeners
//! ```
//!
//! The core decides, and does nothing else: it is the one that the simulator runs. Blocks run on the ledger's thread,
//! so that the loop answers peers meanwhile. Messages of this node leave when the log is durable up to them.
//!
//! An announced block is stored. When the store fails (no space, a broken disk), the loop ends and says why ([`End`]);
//! the next start finds everything that was announced before. A panic in the loop or at the ledger ends it in the same
//! way.
//!
//! A node without a network holds the keys of all voters: its core leads from "build" to "decide" without waiting for
//! anybody. Nothing here makes an attestation.
//!
//! | module | is |
//! |---|---|
//! | `node` | the loop, and what it is asked |
//! | `chain` | requests of the core, and answers of the ledger |
//! | `pool` | requests to the core's mempool, and its requests to the ledger |
//! | `worker` | the ledger's thread |
//! | `log`, `record` | the log's thread, and the form of records |
//! | `peers`, `network` | the loop's side of the network, and the tasks between it and Kadcast |
//! | `control` | snapshots, and going back to them |

mod chain;
mod control;
mod log;
mod network;
mod node;
mod peers;
mod pool;
mod record;
mod worker;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use local_node_consensus::signing::Keyring;
use local_node_consensus::{Millis, Start};
use local_node_core::mempool::{Limits, PoolError, Removal};
use local_node_core::{Core, CoreConfig, Output, Position, Record, Restart};
use local_node_kadcast::Event;
use local_node_kadcast::udp::{Driver, Handle, Settings};
use local_node_types::keys::BlsKey;
use local_node_vm::Vm;
use rand::Rng as _;
use tokio::sync::{mpsc, watch};
use tracing::{error, info};

pub use self::chain::{removal, verdict};
use self::log::{Log, Remembered, Written};
use self::node::Node;
use self::peers::{Incoming, MAX_MESSAGES, Outgoing, Peers};
use self::pool::ReadAccounts;
pub use self::record::{decode as decode_record, encode as encode_record};
use self::worker::{Unsettled, Worker};
pub use self::worker::{accounts, senders};
use crate::accounts::{KeyPair, STAKERS, dev_accounts};
use crate::block::{StoredBlock, TxId};
use crate::config::{BlockTime, Config, NodeError};
use crate::drivers::Drivers;
use crate::end::End;
use crate::events::announcer;
use crate::executor::Executor;
use crate::genesis::{self, Allocation};
use crate::handle::{Compilations, MAX_CHECKS, MAX_COMMANDS, NetworkEnd, NodeHandle, NodeInfo, Shared, SubmitError};
use crate::ledger::{Ledger, VOTING_RULES};
use crate::network::{NetworkConfig, identity};
use crate::reader::Reader;
use crate::store::{Identity, Store, StoreError};
use crate::transaction::{Checks, Policy};
use crate::work::{Lane, contained, panic_text};

/// How long a transaction that waited when the node stopped waits again where the node is too busy to check it.
const BUSY_DELAY: Duration = Duration::from_millis(50);

/// Starts a node. It runs on a thread of its own until it is told to stop or its last handle is gone. To be called
/// within a tokio runtime, which then also runs the questions to the node and its network.
///
/// # Errors
/// When the configuration is not possible, the network's address is in use, or the genesis state cannot be made.
pub async fn spawn(config: Config) -> Result<NodeHandle, NodeError> {
    check(&config)?;
    let bound = match &config.network {
        Some(network) => Some(bind(network.clone(), config.chain_id, config.identities.clone()).await?),
        None => None,
    };
    let (driver, events, network) = match bound {
        Some((driver, handle, events)) => (Some(driver), Some(events), Some(handle)),
        None => (None, None, None),
    };
    let prepared = tokio::task::spawn_blocking(move || prepare(&config, network)).await;
    let Prepared { node, handle, waiting, end, tasks } = match prepared {
        Ok(result) => result?,
        Err(error) => return Err(NodeError::Panicked(text_of(error))),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(NodeError::Thread)?;
    let store = handle.store().clone();
    let run = move || {
        let ended = contained(|| runtime.block_on(node.run())).unwrap_or_else(|text| {
            error!(%text, "the node's loop panicked");
            End::Panicked(text)
        });
        // Work that the loop has left on other threads ends by itself, or with the process.
        runtime.shutdown_background();
        store.close();
        end.send_replace(Some(ended));
    };
    std::thread::Builder::new()
        .name("local-node".into())
        .stack_size(crate::work::STACK_BYTES)
        .spawn(run)
        .map_err(NodeError::Thread)?;
    if let (Some(driver), Some(events), Some(tasks), Some(network)) = (driver, events, tasks, &handle.0.network) {
        tokio::spawn(driver.run());
        let kadcast = network.kadcast.clone();
        tokio::spawn(network::give(tasks.outgoing, kadcast.clone(), handle.store().clone()));
        tokio::spawn(network::take(events, kadcast, tasks.incoming, Arc::downgrade(&handle.0)));
    }
    if !waiting.is_empty() {
        tokio::spawn(submit_again(handle.clone(), waiting));
    }
    Ok(handle)
}

fn text_of(error: tokio::task::JoinError) -> String {
    error.try_into_panic().map_or_else(|error| error.to_string(), |panic| panic_text(&*panic))
}

/// Checks a configuration for settings that exclude each other.
fn check(config: &Config) -> Result<(), NodeError> {
    if let BlockTime::Every(time) = config.block_time
        && (time.subsec_nanos() != 0 || time.is_zero())
    {
        return Err(NodeError::BlockTime(time));
    }
    match &config.network {
        None if config.voters.as_ref().is_some_and(Vec::is_empty) => Err(NodeError::NoVoters),
        Some(_) if config.block_time == BlockTime::Instant => Err(NodeError::BlocksOnDemand),
        Some(_) if config.genesis_time.is_none() => Err(NodeError::NoGenesisTime),
        _ => Ok(()),
    }
}

/// Listens on the network, with the identity whose proof of work is in the folder, or is searched for.
async fn bind(
    network: NetworkConfig,
    chain_id: u8,
    identities: Option<PathBuf>,
) -> Result<(Driver, NetworkEnd, mpsc::Receiver<Event>), NodeError> {
    let NetworkConfig { listen, public, bootstrap } = network;
    let identity = tokio::task::spawn_blocking(move || identity(public, identities.as_deref())).await;
    let identity = identity.map_err(|error| NodeError::Panicked(text_of(error)))?;
    let mut endpoint = local_node_kadcast::Config::new(identity, chain_id);
    endpoint.bootstrap = bootstrap.into_iter().filter(|peer| *peer != public).collect();
    let mut settings = Settings::new(endpoint, rand::rngs::OsRng.r#gen());
    settings.listen = listen;
    let bootstrap = settings.endpoint.bootstrap.clone();
    let (driver, kadcast, events): (Driver, Handle, _) = Driver::bind(settings).await?;
    Ok((driver, NetworkEnd { public, bootstrap, kadcast }, events))
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

struct Prepared {
    node: Node,
    handle: NodeHandle,
    waiting: Vec<(TxId, Vec<u8>)>,
    end: watch::Sender<Option<End>>,
    tasks: Option<Tasks>,
}

/// The network tasks' ends of the channels to the loop.
struct Tasks {
    incoming: mpsc::Sender<Incoming>,
    outgoing: mpsc::Receiver<Outgoing>,
}

fn prepare(config: &Config, network: Option<NetworkEnd>) -> Result<Prepared, NodeError> {
    let accounts: Arc<[_]> = dev_accounts().into();
    let allocation = config.allocation.clone().unwrap_or_else(|| Allocation::development(&accounts));
    let voters: Vec<KeyPair> = config
        .voters
        .clone()
        .unwrap_or_else(|| accounts.iter().take(STAKERS).map(|account| account.keys().clone()).collect());
    let vm = match &config.module_cache {
        Some(folder) => Vm::with_module_cache(folder)?,
        None => Vm::in_memory()?,
    };
    let ledger = open_ledger(config, vm, &allocation)?;
    let (executor, store) = (ledger.executor().clone(), ledger.store().clone());
    let genesis = store.block(0)?.ok_or_else(|| StoreError::Damaged("there is no block 0".into()))?.0;
    let info = NodeInfo {
        chain_id: config.chain_id,
        rules: config.rules,
        block_time: config.block_time,
        policy: Policy::of_chain(config.chain_id),
        genesis_hash: genesis.header().hash,
        voters: voters.iter().map(KeyPair::id).collect(),
    };

    let tip = Arc::new(ledger.tip().clone());
    let (tip_sender, tip_receiver) = watch::channel(Arc::clone(&tip));
    let (commands, command_receiver) = mpsc::channel(MAX_COMMANDS);
    let (end, ended) = watch::channel(None);
    let (events, audience) = announcer();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let public = network.as_ref().map(|network| network.public);
    let checking = Lane::new(MAX_CHECKS, cores);
    let checks = Checks::new(info.policy, executor.vm().clone(), checking.clone(), cores);
    let handle = NodeHandle(Arc::new(Shared {
        accounts,
        commands,
        reader: Reader::new(executor.clone(), tip_receiver, config.call_time),
        store: store.clone(),
        drivers: Drivers::new(store.clone(), config.module_cache.clone()),
        audience,
        checking,
        checks: Arc::new(checks),
        compilations: Compilations::new(),
        network,
        ended,
        info,
    }));

    let core_config = core_config(config.block_time, public.is_none(), config.mempool);
    let (log, Remembered { records, last }, written) = open_log(config)?;
    let (peers, incoming, tasks) = match public {
        Some(public) => {
            let (outgoing, to_network) = mpsc::channel(MAX_MESSAGES);
            let (from_network, incoming) = mpsc::channel(MAX_MESSAGES);
            let tasks = Tasks { incoming: from_network, outgoing: to_network };
            (Some(Peers::new(public, outgoing, &records, last)), Some(incoming), Some(tasks))
        }
        None => (None, None, None),
    };
    let clock = Clock::new(store.clock()?);
    let (core, outputs) = core(core_config, &voters, ledger.unsettled()?, records, last, clock.now());
    let (waiting, ended_by, last_full) = (store.waiting()?, store.ended_processes()?, last_full(&store)?);
    let (worker, done) = Worker::start(ledger).map_err(NodeError::Thread)?;
    let node = Node {
        core,
        core_config,
        outputs,
        worker,
        done,
        jobs: BTreeMap::new(),
        executed: BTreeMap::new(),
        log,
        written,
        peers,
        incoming,
        block_time: config.block_time,
        build_time: config.build_time,
        call_time: config.call_time,
        voters,
        clock,
        journal: None,
        journal_due: None,
        executor,
        store,
        tip,
        tip_sender,
        accounts: ReadAccounts::default(),
        last_full,
        events,
        commands: command_receiver,
        end: None,
        fresh: false,
        more: false,
        taken: None,
        mine_waiters: VecDeque::new(),
        stalled: false,
        removals: ended_by.into_iter().map(|id| (id, Removal::EndedProcess)).collect(),
    };
    Ok(Prepared { node, handle, waiting, end, tasks })
}

/// The log of a node whose votes others hear of. Without a folder a node forgets its votes with its chain: it must not
/// come back with the same keys.
fn open_log(config: &Config) -> Result<(Log, Remembered, Option<Written>), NodeError> {
    match (&config.network, &config.data) {
        (Some(_), Some(folder)) => {
            let (log, remembered, written) = Log::open(folder)?;
            Ok((log, remembered, Some(written)))
        }
        _ => Ok((Log::none(), Remembered::default(), None)),
    }
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
fn last_full(store: &Store) -> Result<u64, StoreError> {
    for (height, _) in store.pending().into_iter().rev() {
        if store.block(height)?.is_some_and(|(block, _)| !block.transactions.is_empty()) {
            return Ok(height);
        }
    }
    Ok(0)
}

fn core_config(block_time: BlockTime, alone: bool, pool: Limits) -> CoreConfig {
    let (block_time, start) = match block_time {
        BlockTime::Instant => (Millis(0), Start::OnGo),
        BlockTime::Every(time) => (Millis::from_secs(time.as_secs()), Start::AtOnce),
    };
    // The profile says what transactions may do. Votes are signed as networks sign them today in any case.
    let local = local_node_consensus::Config::local(block_time);
    let consensus = local_node_consensus::Config { profile: VOTING_RULES, start, alone, ..local };
    CoreConfig { pool, ..CoreConfig::new(consensus) }
}

/// A core on a chain, and the first things that it wants.
fn core(
    config: CoreConfig,
    voters: &[KeyPair],
    chain: Unsettled,
    records: Vec<Record>,
    position: Position,
    now: Millis,
) -> (Core, Vec<Output>) {
    let (before, last_final, unsettled) = chain;
    let restart = Restart { before, last_final, unsettled, records, position };
    let keys = Keyring::new(voters.iter().map(|keys| keys.secret().clone()).collect());
    let mut outputs = Vec::new();
    let core = Core::new(config, Box::new(keys), restart, now, &mut outputs);
    (core, outputs)
}

/// The system's time, in milliseconds since 1970.
fn system_time() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The chain's time: the system's at the start, moved on by a clock that never jumps, and set forward by hand.
#[derive(Debug, Clone, Copy)]
struct Clock {
    begun: Instant,
    at_begin: Millis,
    /// Seconds by which it was set forward.
    ahead: u64,
}

impl Clock {
    fn new(ahead: u64) -> Self {
        Self { begun: Instant::now(), at_begin: system_time(), ahead }
    }

    fn now(&self) -> Millis {
        let passed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Millis(self.at_begin.0.saturating_add(passed).saturating_add(self.ahead.saturating_mul(1000)))
    }
}

#[cfg(test)]
mod served;
#[cfg(test)]
mod tests;

//! The core.

mod ahead;
mod apply;
mod consensus;
mod messages;
mod transactions;
mod waiting;

use std::collections::BTreeMap;

use local_node_consensus::header::Verifier;
use local_node_consensus::signing::Signer;
use local_node_consensus::{Consensus, Input as ConsensusInput, Millis, RequestId, Start, StepTimes, TimerId};
use local_node_types::ledger::{ConsensusHeader, Hash, Header, Label, StepName, Vote};

use self::apply::{Job, Plan};
use self::consensus::Purpose;
use self::waiting::Hint;
use crate::chain::Chain;
use crate::faults::FaultPool;
use crate::held::Held;
use crate::interface::{
    CoreConfig, Input, LedgerId, LedgerRequest, Output, PeerId, Planted, Record, Restart, Target, Want,
};
use crate::log::Log;
use crate::mempool::{Mempool, Parked, Prequeue, TxId};
use crate::passed_on::PassedOn;
use crate::peers::Peers;
use crate::pool::Pool;
use crate::sync::Sync;

/// The most peers that are asked when the core does not know whom to ask.
const ASKED_PEERS: u8 = 4;

/// A node without its surroundings: see the crate's documentation.
#[derive(Debug)]
pub struct Core {
    config: CoreConfig,
    consensus: Consensus,
    chain: Chain,
    /// Verifies blocks that follow the tip.
    verifier: Option<Verifier>,
    pool: Pool,
    mempool: Mempool,
    prequeue: Prequeue,
    /// Parked transactions whose accounts are being read.
    trying: BTreeMap<TxId, Parked>,
    /// When transactions are looked for that have waited too long.
    expires_at: Millis,
    sync: Sync,
    faults: FaultPool,
    peers: Peers,
    held: Held,
    /// The messages that have been passed on.
    passed_on: PassedOn,
    log: Log,
    /// How long steps took, as it was last recorded.
    times: StepTimes,
    /// The timers of the consensus.
    timers: BTreeMap<TimerId, Millis>,
    /// Candidates that are being built or verified.
    requests: BTreeMap<LedgerId, Purpose>,
    /// By which request the ledger executed a candidate of this round.
    executions: BTreeMap<RequestId, LedgerId>,
    next_ledger: u64,
    /// The ledger's running change of the chain.
    job: Option<Job>,
    /// The change to another branch that is under way.
    plan: Option<Plan>,
    /// When blocks that follow the one at the ledger are verified.
    ahead_at: Option<Millis>,
    /// The unsettled blocks on which this node has ratified a block, with the round.
    ratified: BTreeMap<Hash, u64>,
    /// The blocks of other branches whose quorum was verified and passed on, with their height.
    forks: BTreeMap<Hash, u64>,
    hint: Option<Hint>,
    /// The peer that has more blocks than it has named, and the last one that it named.
    more: Option<(PeerId, Hash)>,
    stalls_at: Millis,
    stalled: bool,
    broken: bool,
    parted: bool,
}

/// How much a core holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Decided blocks that are not in the chain, and their bytes.
    pub pooled: (usize, usize),
    /// Messages that are held, and their bytes.
    pub held: (usize, usize),
    /// Blocks that are wanted.
    pub wanted: usize,
    /// Faults that wait for a block.
    pub faults: usize,
    /// Peers that are remembered.
    pub peers: usize,
    /// Verified quorums of other branches.
    pub forks: usize,
    /// Identities of messages that were passed on.
    pub passed_on: usize,
    /// Candidates that are being built or verified.
    pub requests: usize,
    /// Timers of the consensus.
    pub timers: usize,
    /// Transactions in the mempool.
    pub waiting: usize,
    /// Transactions that wait for their predecessors.
    pub parked: usize,
    /// Bytes of the transactions in the mempool, and of those that wait for their predecessors.
    pub transaction_bytes: (usize, usize),
    /// Bytes of messages that the consensus keeps for later steps.
    pub queued_bytes: usize,
}

/// The obligations and knowledge of a core, which its records restore when it starts again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remembered {
    /// The votes of its keys in rounds that are not final.
    pub votes: BTreeMap<(ConsensusHeader, StepName), Vote>,
    /// The blocks on which it has ratified a block, with the rounds, of those that are not final.
    pub ratified: BTreeMap<Hash, u64>,
    /// How long steps took.
    pub step_times: StepTimes,
}

impl Core {
    /// A node that starts, or starts again, with what it has on disk. The first outputs are appended to `out`.
    #[must_use]
    pub fn new(
        config: CoreConfig,
        signer: Box<dyn Signer>,
        restart: Restart,
        now: Millis,
        out: &mut Vec<Output>,
    ) -> Self {
        let times = restart.records.iter().rev().find_map(|record| match record {
            Record::StepTimes(times) => Some(times.clone()),
            _ => None,
        });
        let times = times.unwrap_or_default();
        let mut consensus = Consensus::with_signer(config.consensus, signer, times.clone());
        let (mut faults, mut ratified) = (FaultPool::default(), BTreeMap::new());
        for record in &restart.records {
            match record {
                Record::Consensus(record) => {
                    consensus.restore(record);
                    if config.planted != Some(Planted::LockForgotten) {
                        consensus::note_ratified(&mut ratified, record);
                    }
                }
                Record::Fault(fault) => _ = faults.add(fault.as_ref().clone()),
                Record::StepTimes(_) => {}
            }
        }
        let log = Log::new(restart.position);
        let chain = Chain::new(restart);
        ratified.retain(|_, round| *round > chain.final_height());
        consensus.settle(chain.final_height());
        let mut core = Self {
            config,
            consensus,
            chain,
            verifier: None,
            pool: Pool::default(),
            mempool: Mempool::new(config.pool),
            prequeue: Prequeue::new(config.pool),
            trying: BTreeMap::new(),
            expires_at: now,
            sync: Sync::default(),
            faults,
            peers: Peers::default(),
            held: Held::default(),
            passed_on: PassedOn::default(),
            log,
            times,
            timers: BTreeMap::new(),
            requests: BTreeMap::new(),
            executions: BTreeMap::new(),
            next_ledger: 0,
            job: None,
            plan: None,
            ahead_at: None,
            ratified,
            forks: BTreeMap::new(),
            hint: None,
            more: None,
            stalls_at: now,
            stalled: false,
            broken: false,
            parted: false,
        };
        core.begin_round(now, out);
        core.ask(Target::Some(ASKED_PEERS), Want::HashesAfter(core.chain.last_final().header.hash), out);
        core
    }

    /// Takes in what happened at `now`, and appends what to do to `out`, in order. `now` never goes back.
    pub fn handle(&mut self, now: Millis, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Message { ingress, from, message } => self.on_message(now, ingress, from, message, out),
            Input::Ledger { id, answer } => self.on_answer(now, id, answer, out),
            Input::Durable(position) => self.log.on_durable(position),
            Input::Timer => self.on_timer(now, out),
            Input::Go if !self.is_paused() => {
                let outputs = self.consensus.step(now, ConsensusInput::Go);
                self.carry_out(now, outputs, out);
            }
            Input::Go => {}
            Input::Transaction { transaction, account, origin } => {
                self.on_transaction(now, transaction, &account, origin, out);
            }
            Input::Account { id, account } => self.on_account(now, id, account, out),
        }
    }

    /// When [`Input::Timer`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        if self.broken {
            return None;
        }
        let timers = self.timers.values().copied().min().filter(|_| !self.is_paused());
        let hint = self.hint.as_ref().map(|hint| hint.until);
        let stall = self.can_stall().then_some(self.stalls_at);
        let waiting = [self.sync.deadline(), self.held.deadline(), self.pool_deadline()];
        let parts = [timers, hint, stall, self.ahead_at].into_iter().chain(waiting);
        parts.flatten().min()
    }

    /// The header of the tip, and its label.
    #[must_use]
    pub fn tip(&self) -> (&Header, Label) {
        let tip = self.chain.tip();
        (&tip.header, tip.label)
    }

    /// The header of the last final block.
    #[must_use]
    pub fn last_final(&self) -> &Header {
        &self.chain.last_final().header
    }

    /// The blocks after the last final one with their labels, lowest first.
    pub fn unsettled(&self) -> impl Iterator<Item = (&Header, Label)> {
        self.chain.links()[1..].iter().map(|link| (&link.header, link.label))
    }

    /// The round and iteration that are running, if any.
    #[must_use]
    pub fn position(&self) -> Option<(u64, u8)> {
        self.consensus.position()
    }

    /// How much the core holds.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            pooled: (self.pool.len(), self.pool.bytes()),
            held: (self.held.len(), self.held.bytes()),
            wanted: self.sync.len(),
            faults: self.faults.len(),
            peers: self.peers.len(),
            forks: self.forks.len(),
            passed_on: self.passed_on.len(),
            requests: self.requests.len(),
            timers: self.timers.len(),
            waiting: self.mempool.len(),
            parked: self.prequeue.len() + self.trying.len(),
            transaction_bytes: (self.mempool.bytes(), self.prequeue.bytes()),
            queued_bytes: self.consensus.queued_bytes(),
        }
    }

    /// The records that the core would need after a restart now, without those of rounds up to `settled`.
    #[must_use]
    pub fn remembered(&self, settled: u64) -> Remembered {
        let votes = self.consensus.votes().filter(|(header, ..)| header.round > settled);
        let ratified = self.ratified.iter().filter(|(_, round)| **round > settled);
        Remembered {
            votes: votes.map(|(header, step, vote)| ((header, step), vote)).collect(),
            ratified: ratified.map(|(tip, round)| (*tip, *round)).collect(),
            step_times: self.times.clone(),
        }
    }

    /// Whether the consensus has to wait: for the ledger, for the disk, or for good.
    const fn is_paused(&self) -> bool {
        self.job.is_some() || self.plan.is_some() || self.broken || self.log.is_clogged()
    }

    fn can_stall(&self) -> bool {
        !self.config.consensus.alone && self.config.consensus.start == Start::AtOnce
    }

    /// How long it takes to see that the chain has stalled.
    const fn stall_time(&self) -> Millis {
        Millis(self.config.consensus.timeouts.max.0.saturating_mul(3) / 2)
    }

    fn ledger(&mut self, request: LedgerRequest, out: &mut Vec<Output>) -> LedgerId {
        self.next_ledger += 1;
        let id = LedgerId(self.next_ledger);
        out.push(Output::Ledger { id, request });
        id
    }

    /// Asks peers, if there are any.
    fn ask(&self, to: Target, want: Want, out: &mut Vec<Output>) {
        if !self.config.consensus.alone {
            out.push(Output::Ask { to, want });
        }
    }
}

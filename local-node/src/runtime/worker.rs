//! The ledger, on a thread of its own: it works off jobs in their order, so that the loop answers while blocks run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use dusk_core::signatures::bls::PublicKey;
use local_node_consensus::{BeforeTip, BuildRequest, Decision, Provisioners, VerifyRequest};
use local_node_core::mempool::Queue;
use local_node_core::{Accounts, ChainBlock, LedgerId};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, Fault, Hash, Label};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use crate::ledger::{Accepted, BuildLimits, Built, Ledger, LedgerError};
use crate::reader::read_account;
use crate::store::Snapshot;
use crate::work::{Cancel, contained};

/// The most jobs that wait for the ledger. The core never asks for so many at a time.
const MAX_JOBS: usize = 64;

/// A job of the ledger.
pub(super) enum Job {
    Build {
        id: LedgerId,
        request: Box<BuildRequest>,
        faults: Vec<Fault>,
        queue: Queue,
        limits: BuildLimits,
    },
    Verify {
        id: LedgerId,
        request: Box<VerifyRequest>,
        cancel: Cancel,
    },
    Accept {
        id: LedgerId,
        decision: Box<Decision>,
        label: Label,
        relabelled: Vec<(u64, Label)>,
    },
    Revert {
        id: LedgerId,
        height: u64,
        relabelled: Vec<(u64, Label)>,
    },
    /// Control of a development chain.
    Snapshot {
        clock: u64,
        reply: oneshot::Sender<Result<Snapshot, LedgerError>>,
    },
    GoBack {
        to: Target,
        reply: oneshot::Sender<Result<WentBack, LedgerError>>,
    },
}

/// Where a development chain goes back to.
pub(super) enum Target {
    /// A snapshot by its number, or the last one.
    Snapshot(Option<u64>),
    Genesis,
}

/// The result of a revert.
pub(super) struct WentBack {
    pub(super) to: Snapshot,
    /// The blocks that were taken back, the last one first.
    pub(super) reverted: Vec<(u64, Hash)>,
    pub(super) chain: Unsettled,
}

/// The part of the chain from which a core starts.
pub(super) type Unsettled = (Option<BeforeTip>, ChainBlock, Vec<ChainBlock>);

/// The result of accepting a block, with the provisioners and balances after it.
pub(super) struct NewTip {
    pub(super) accepted: Accepted,
    pub(super) provisioners: Arc<Provisioners>,
    pub(super) accounts: Accounts,
}

/// The result of a job.
pub(super) enum Done {
    Built {
        id: LedgerId,
        built: Box<Result<Built, LedgerError>>,
    },
    Verified {
        id: LedgerId,
        verified: Result<(), LedgerError>,
    },
    Accepted {
        id: LedgerId,
        accepted: Box<Result<NewTip, LedgerError>>,
    },
    Reverted {
        id: LedgerId,
        reverted: Result<(Vec<Block>, Accounts), LedgerError>,
    },
    /// The ledger panicked, with this text. It takes no more jobs.
    Panicked(String),
}

impl Done {
    /// The request of the core that this answers.
    pub(super) const fn id(&self) -> Option<LedgerId> {
        match self {
            Self::Built { id, .. }
            | Self::Verified { id, .. }
            | Self::Accepted { id, .. }
            | Self::Reverted { id, .. } => Some(*id),
            Self::Panicked(_) => None,
        }
    }
}

/// The loop's end of the worker.
pub(super) struct Worker {
    jobs: Option<SyncSender<Box<Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the worker. The results come out of the channel, in the order of the jobs.
    pub(super) fn start(ledger: Ledger) -> std::io::Result<(Self, mpsc::Receiver<Done>)> {
        let (jobs, receiver) = sync_channel(MAX_JOBS);
        let (done, results) = mpsc::channel(MAX_JOBS);
        let thread = std::thread::Builder::new()
            .name("local-node-ledger".into())
            .stack_size(crate::work::STACK_BYTES)
            .spawn(move || run(ledger, &receiver, &done))?;
        Ok((Self { jobs: Some(jobs), thread: Some(thread) }, results))
    }

    /// Gives the ledger a job. Where it can take none, the job is dropped; a reply that it holds is closed.
    pub(super) fn give(&self, job: Job) -> bool {
        match self.jobs.as_ref().map(|jobs| jobs.try_send(Box::new(job))) {
            Some(Ok(())) => true,
            Some(Err(TrySendError::Full(_))) => {
                error!("the ledger has {MAX_JOBS} jobs and takes no more");
                false
            }
            Some(Err(TrySendError::Disconnected(_))) | None => false,
        }
    }

    /// Waits until the jobs that were given are done, and ends the thread.
    pub(super) fn end(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic was told as a result.
            drop(thread.join());
        }
    }
}

fn run(mut ledger: Ledger, jobs: &Receiver<Box<Job>>, results: &mpsc::Sender<Done>) {
    while let Ok(job) = jobs.recv() {
        let done = match contained(|| work(&mut ledger, *job)) {
            Ok(None) => continue,
            Ok(Some(done)) => done,
            Err(text) => Done::Panicked(text),
        };
        let is_over = matches!(done, Done::Panicked(_));
        if results.blocking_send(done).is_err() || is_over {
            return;
        }
    }
}

fn work(ledger: &mut Ledger, job: Job) -> Option<Done> {
    match job {
        Job::Build { id, request, faults, queue, limits } => {
            let built = if limits.cancel.is_cancelled() {
                Err(LedgerError::Cancelled)
            } else {
                ledger.build(&request, faults, &queue, limits)
            };
            Some(Done::Built { id, built: Box::new(built) })
        }
        Job::Verify { id, request, cancel } => {
            let verified = if cancel.is_cancelled() {
                Err(LedgerError::Cancelled)
            } else {
                ledger.verify_unless(&request, &cancel)
            };
            Some(Done::Verified { id, verified })
        }
        Job::Accept { id, decision, label, relabelled } => {
            let accepted = ledger.accept_labelled(*decision, label, &relabelled).map(|accepted| {
                let accounts = senders(ledger, std::slice::from_ref(&accepted.block.block));
                NewTip { accepted, provisioners: Arc::clone(ledger.provisioners()), accounts }
            });
            Some(Done::Accepted { id, accepted: Box::new(accepted) })
        }
        Job::Revert { id, height, relabelled } => {
            let reverted = ledger.revert_to(height, &relabelled).map(|blocks| {
                let accounts = senders(ledger, &blocks);
                (blocks, accounts)
            });
            Some(Done::Reverted { id, reverted })
        }
        // Send errors are ignored: the caller may be gone.
        Job::Snapshot { clock, reply } => {
            let _ = reply.send(ledger.snapshot(clock));
            None
        }
        Job::GoBack { to, reply } => {
            let _ = reply.send(go_back(ledger, &to));
            None
        }
    }
}

fn go_back(ledger: &mut Ledger, to: &Target) -> Result<WentBack, LedgerError> {
    let to = match to {
        Target::Snapshot(id) => ledger.find_snapshot(*id)?,
        Target::Genesis => Snapshot::default(),
    };
    let reverted = ledger.revert(&to)?;
    Ok(WentBack { to, reverted, chain: ledger.unsettled()? })
}

/// The accounts that sent the transactions of blocks, after the tip. One that cannot be read is left out: its waiting
/// transactions are found unfit when a block is built.
#[must_use]
pub fn senders(ledger: &Ledger, blocks: &[Block]) -> Accounts {
    let transactions = blocks.iter().flat_map(|block| &block.transactions);
    let keys: BTreeMap<BlsKey, _> = transactions
        .filter_map(|transaction| transaction.protocol().moonlight_sender())
        .map(|sender| (BlsKey::from(sender), *sender))
        .collect();
    accounts(ledger, keys)
}

/// Accounts after the tip, by their keys. One that cannot be read is left out.
pub fn accounts(ledger: &Ledger, keys: BTreeMap<BlsKey, PublicKey>) -> Accounts {
    if keys.is_empty() {
        return Vec::new();
    }
    let tip = ledger.tip();
    let mut session = match ledger.executor().view(tip.state_root, tip.height) {
        Ok(session) => session,
        Err(error) => {
            error!(%error, "the new state cannot be read");
            return Vec::new();
        }
    };
    let mut accounts = Vec::new();
    for (id, key) in keys {
        match read_account(&mut session, &key) {
            Ok(account) => accounts.push((id, account)),
            Err(error) => error!(%error, account = %id, "an account cannot be read"),
        }
    }
    accounts
}

//! The chain as this node knows it: builds candidates, judges those of others, and accepts what was decided.
//!
//! The ledger owns the chain: it executes blocks, and writes those that were decided into the store. The same blocks
//! give the same chain; only how many transactions a candidate takes depends on the time that [`BuildLimits`] allows.
//! It does not decide whose turn it is or who agrees: the consensus does, and asks it for block bodies and verdicts.

mod build;
mod faults;
mod kept;
mod stakes;

use std::collections::BTreeMap;
use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use local_node_consensus::attestation::voters;
use local_node_consensus::committee::Committees;
use local_node_consensus::faults::{Slash, slashes};
use local_node_consensus::finality::{Rolled, roll};
use local_node_consensus::header::{has_certificate, unaccounted};
use local_node_consensus::signing::Signatures;
use local_node_consensus::{
    BeforeTip, BlockBody, BuildRequest, Decision, Provisioners, RequestId, TipContext, VerifyRequest, Voter,
};
use local_node_core::ChainBlock;
use local_node_core::mempool::Queue;
use local_node_types::codec::Encode as _;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    Block, Fault, Hash, Header, IterationsInfo, Label, LedgerTransaction, MAX_FAULTS, MAX_TRANSACTIONS,
};
use local_node_types::rules::BLOCK_GAS_LIMIT;
use local_node_vm::{BlobError, StateRoot, VmError, verify_blobs};

pub use self::build::{BuildLimits, BuildTime, Built, Unfit};
use self::build::{Filled, Filling};
pub use self::faults::{FaultProblem, VOTING_RULES};
use self::kept::KeptStates;
pub use self::stakes::{StakeEntry, stakes};
use crate::block::{SpentTransaction, StoredBlock, TxId};
use crate::executor::{
    BlockParams, Committed, ExecutedBlock, Executor, ExecutorError, Payees, RunError, TransactionReceipt,
};
use crate::store::{Acceptance, MAX_KEPT_BYTES, Snapshot, Store, StoreError};
use crate::work::Cancel;

/// The most executed candidates that wait for their decision.
const MAX_EXECUTED_BLOCKS: usize = 4;
/// The most bytes that the sessions of executed candidates hold while another one is executed. Those that were executed
/// first are forgotten; if one of them is decided, it is executed again.
pub const MAX_PENDING_BYTES: usize = 256 << 20;

/// Why the ledger cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The chain's own part of a block failed.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// Reading the state failed.
    #[error("the state cannot be read")]
    State(#[from] VmError),
    /// The answer of a genesis contract does not decode.
    #[error("the stake contract returned a value that is not a stake")]
    Stakes,
    /// The chain's memory fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A block names a key that is not a point on the curve.
    #[error("the key {0} is not a point on the curve")]
    NotAKey(BlsKey),
    /// The machine panicked when it ran a transaction of a block.
    #[error("the machine panicked: {0}")]
    Panicked(String),
    /// A final block is never taken back.
    #[error("block {0} is final")]
    Final(u64),
    /// Nobody needs the result any more.
    #[error("the execution was cancelled")]
    Cancelled,
    /// The block is not valid.
    #[error("block {height} is not valid: {problem}")]
    Invalid {
        /// The block's height.
        height: u64,
        /// The fault.
        problem: InvalidBlock,
    },
}

/// The reasons beyond its header why a block is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBlock {
    /// It does not follow the tip.
    #[error("it does not follow the tip")]
    NotNext,
    /// It holds more than a block may.
    #[error("it holds {transactions} transactions and {faults} faults")]
    TooMuch {
        /// Its transactions.
        transactions: usize,
        /// Its faults.
        faults: usize,
    },
    /// Its transaction or fault root is not that of its contents.
    #[error("its roots are not those of its transactions and faults")]
    Roots,
    /// It states a gas limit that is not the chain's.
    #[error("it states a gas limit of {0}")]
    GasLimit(u64),
    /// One of its transactions cannot be in it.
    #[error("transaction {id} cannot be in it: {reason}")]
    Transaction {
        /// The transaction.
        id: TxId,
        /// Why.
        reason: RunError,
    },
    /// One of its faults proves nothing, or nothing new.
    #[error("fault {place} does not hold: {problem}")]
    Fault {
        /// The place of the fault in the block, from 0.
        place: usize,
        /// The fault.
        problem: FaultProblem,
    },
    /// One of its transactions does not bring a good blob that it names.
    #[error("transaction {id} cannot be in it: {problem}")]
    Blob {
        /// The transaction.
        id: TxId,
        /// The fault of the blob.
        problem: BlobError,
    },
    /// Executing it gives another state than it states.
    #[error("executing it gives another state root or event filter than it states")]
    Outcome,
}

/// The result of accepting a block.
#[derive(Debug)]
pub struct Accepted {
    /// The block.
    pub block: Arc<StoredBlock>,
    /// Its label.
    pub label: Label,
    /// Heights and new labels of earlier blocks, in order. A block that is confirmed and at once final is there twice.
    pub relabelled: Vec<(u64, Label)>,
}

/// The chain.
#[derive(Debug)]
pub struct Ledger {
    executor: Executor,
    store: Store,
    tip: Arc<StoredBlock>,
    provisioners: Arc<Provisioners>,
    before: Option<BeforeTip>,
    executed: BTreeMap<RequestId, ExecutedBlock>,
    kept: KeptStates,
    snapshots: Vec<Snapshot>,
    gas_limit: u64,
}

impl Ledger {
    /// A chain in memory of block 0 only, whose state the machine has.
    ///
    /// # Errors
    /// When the stakes cannot be read from the genesis state.
    pub fn new(executor: Executor, genesis: Header) -> Result<Self, LedgerError> {
        Self::resume(executor, Store::in_memory(&StoredBlock::genesis(genesis))?)
    }

    /// The chain in a store. The machine need not have its state.
    ///
    /// # Errors
    /// When the store cannot be read, or the state of its tip is not the one that the tip states.
    pub fn resume(executor: Executor, store: Store) -> Result<Self, LedgerError> {
        let mut ledger = Self {
            tip: store.tip(),
            provisioners: Arc::default(),
            before: None,
            executed: BTreeMap::new(),
            kept: KeptStates::new(store.kept_states()?),
            snapshots: store.snapshots()?,
            gas_limit: BLOCK_GAS_LIMIT,
            executor,
            store,
        };
        (ledger.provisioners, ledger.before) = ledger.provisioners_at(ledger.tip())?;
        Ok(ledger)
    }

    /// The same chain with another gas limit of its blocks than the production one.
    #[must_use]
    pub const fn with_block_gas_limit(mut self, gas_limit: u64) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    /// The same chain, whose votes are checked by `signatures`: for simulations with signatures without curves.
    #[must_use]
    pub fn with_signatures(mut self, signatures: &Arc<dyn Signatures>) -> Self {
        let checked = |provisioners: &Provisioners| Arc::new(provisioners.clone().checked_by(Arc::clone(signatures)));
        self.provisioners = checked(&self.provisioners);
        if let Some(before) = &mut self.before {
            before.provisioners = checked(&before.provisioners);
        }
        self
    }

    /// The header of the last block.
    #[must_use]
    pub fn tip(&self) -> &Header {
        self.tip.header()
    }

    /// The stored data of the chain.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The rules of the chain, bound to the machine.
    #[must_use]
    pub const fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The data of the tip that the consensus needs.
    #[must_use]
    pub fn tip_context(&self) -> TipContext {
        TipContext {
            header: self.tip().clone(),
            provisioners: Arc::clone(&self.provisioners),
            before: self.before.clone(),
            resume: None,
        }
    }

    /// Makes the body of the next block from waiting transactions, and from the faults that this chain does not hold
    /// yet. It is remembered under the request's id until a block is accepted.
    ///
    /// # Errors
    /// When the chain's own part of the block fails, or the build is cancelled.
    pub fn build(
        &mut self,
        request: &BuildRequest,
        faults: Vec<Fault>,
        queue: &Queue,
        limits: BuildLimits,
    ) -> Result<Built, LedgerError> {
        let faults = self.new_faults(faults, request)?;
        let payees = self.payees(&request.generator, &request.voters)?;
        let mut slashed = self.slashed(&request.slashes)?;
        slashed.extend(self.slashed(&slashes(&IterationsInfo::default(), &faults))?);
        let params = BlockParams { height: request.round, payees: Some(payees), slashed, gas_limit: self.gas_limit };
        self.make_room();
        let open = || self.executor.open(request.prev_state_root, params.clone());
        let fault_bytes: usize = faults.iter().map(|fault| fault.encoded().len()).sum();
        let filling = Filling::new(&self.store, limits, request.max_body_bytes.saturating_sub(fault_bytes));
        let Filled { executed, unfit, postponed, is_cut } = filling.run(queue, open)?;
        let body = BlockBody {
            transactions: executed.receipts.iter().map(|receipt| receipt.transaction.clone()).collect(),
            faults,
            state_root: executed.root,
            event_bloom: executed.bloom,
            gas_limit: executed.gas_limit,
        };
        self.remember(request.id, executed);
        Ok(Built { body, unfit, postponed, is_cut })
    }

    /// Judges a candidate by executing it. Its changes are kept under the request's id until a block is
    /// accepted.
    ///
    /// The verdict follows from the chain and the candidate alone: no clock bounds the transactions, and the bounds of
    /// memory and events that they can meet are the same on all nodes.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] when the candidate is not valid; anything else when it cannot be said.
    pub fn verify(&mut self, request: &VerifyRequest) -> Result<(), LedgerError> {
        self.verify_unless(request, &Cancel::default())
    }

    /// As [`verify`](Self::verify), until it is cancelled, also within a transaction.
    pub(crate) fn verify_unless(&mut self, request: &VerifyRequest, cancel: &Cancel) -> Result<(), LedgerError> {
        self.make_room();
        let executed = self.execute(&request.block, &request.voters, &request.slashes, cancel)?;
        self.remember(request.id, executed);
        Ok(())
    }

    /// Adds a decided block to the chain. It is executed unless this node has done so before.
    ///
    /// # Errors
    /// When the block cannot be executed or its state not be kept. The chain is then as it was.
    pub fn accept(&mut self, decision: Decision) -> Result<Accepted, LedgerError> {
        let header = &decision.block.header;
        let Rolled { label, changed, .. } = roll(&self.store.pending(), header.height, unaccounted(header));
        self.accept_labelled(decision, label, &changed)
    }

    /// As [`accept`](Self::accept), with the label of the block and the new labels of earlier blocks.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn accept_labelled(
        &mut self,
        decision: Decision,
        label: Label,
        relabelled: &[(u64, Label)],
    ) -> Result<Accepted, LedgerError> {
        let Decision { block, request } = decision;
        let known = request
            .and_then(|id| self.executed.remove(&id))
            .filter(|known| known.root == block.header.state_root && holds(known, &block));
        let executed = match known {
            Some(executed) => executed,
            None => {
                self.make_room();
                let slashes = slashes(&block.header.failed_iterations, &block.faults);
                self.execute(&block, &self.voters_of(&block.header), &slashes, &Cancel::default())?
            }
        };
        self.executed.clear();
        let committed = executed.commit(self.store.is_durable())?;
        let root = committed.root;
        // The chain goes on only if the store has the block.
        self.append(block, committed, label, relabelled).inspect_err(|_| self.executor.vm().discard(&root))
    }

    fn append(
        &mut self,
        block: Block,
        mut committed: Committed,
        label: Label,
        relabelled: &[(u64, Label)],
    ) -> Result<Accepted, LedgerError> {
        let (root, height) = (committed.root, block.header.height);
        let provisioners = stakes::after(&self.executor, root, height, &self.provisioners)?;
        let changes = committed.changes.take();
        let pending = self.store.pending();
        let settled = relabelled.iter().copied().chain([(height, label)]).filter(|(_, label)| label.is_final());
        let last_final = settled.map(|(height, _)| height).max().unwrap_or_else(|| self.store.last_final());
        let is_wanted =
            |height| height == 0 || self.snapshots.iter().any(|snapshot: &Snapshot| snapshot.height == height);
        let forgotten = self.kept.superfluous(self.executor.vm(), &root, last_final, is_wanted);
        let block = Arc::new(stored(block, committed));
        self.store.append(&Acceptance {
            block: Arc::clone(&block),
            label,
            relabelled,
            changes: changes.as_ref(),
            forgotten: &forgotten,
        })?;

        let before =
            BeforeTip { seed: self.tip().seed, provisioners: std::mem::replace(&mut self.provisioners, provisioners) };
        self.before = Some(before);
        self.tip = Arc::clone(&block);
        let vm = self.executor.vm();
        self.kept.push(vm, height, root);
        forgotten.iter().for_each(|height| self.kept.forget(vm, *height));
        let relabelled = with_confirmations(&pending, relabelled);
        Ok(Accepted { block, label, relabelled })
    }

    /// Marks the present, to go back to with [`Ledger::revert`].
    ///
    /// # Errors
    /// When there are too many snapshots, their states take too much memory, or the store does not take it.
    pub fn snapshot(&mut self, clock: u64) -> Result<Snapshot, LedgerError> {
        if self.kept.bytes() > MAX_KEPT_BYTES {
            return Err(StoreError::SnapshotsTooLarge.into());
        }
        let snapshot = self.store.take_snapshot(clock)?;
        self.snapshots.push(snapshot.clone());
        Ok(snapshot)
    }

    /// The snapshot with a number, or the last one.
    ///
    /// # Errors
    /// [`StoreError::NoSuchSnapshot`] or [`StoreError::NoSnapshots`].
    pub fn find_snapshot(&self, id: Option<u64>) -> Result<Snapshot, StoreError> {
        let found = match id {
            Some(id) => self.snapshots.iter().find(|snapshot| snapshot.id == id).ok_or(StoreError::NoSuchSnapshot(id)),
            None => self.snapshots.last().ok_or(StoreError::NoSnapshots),
        };
        found.cloned()
    }

    /// Takes back all blocks after a snapshot, and all later snapshots. Gives the blocks' heights and hashes, the last
    /// one first. The waiting transactions that the store knows of are forgotten as well.
    ///
    /// # Errors
    /// When the state cannot be read or the store does not take the change. The chain is then as it was.
    pub fn revert(&mut self, to: &Snapshot) -> Result<Vec<(u64, Hash)>, LedgerError> {
        let (block, _) = self.store.block(to.height)?.ok_or(StoreError::NoSuchSnapshot(to.id))?;
        let context = self.provisioners_at(block.header())?;
        let reverted = self.store.revert(to)?;
        self.snapshots.retain(|snapshot| snapshot.id <= to.id);
        self.now_ends_at(to.height, context);
        Ok(reverted)
    }

    /// Takes back all blocks above a height, which are not final, and gives them, lowest first. `relabelled` are the
    /// labels of the unsettled blocks that stay. The transactions of the reverted blocks wait again, in the store as
    /// well; snapshots above the height are gone.
    ///
    /// # Errors
    /// When a final block is among them, the state cannot be read, or the store does not take the change. The chain is
    /// then as it was.
    pub fn revert_to(&mut self, height: u64, relabelled: &[(u64, Label)]) -> Result<Vec<Block>, LedgerError> {
        if height < self.store.last_final() {
            return Err(LedgerError::Final(height + 1));
        }
        let damaged = || StoreError::Damaged(format!("block {height} is missing"));
        let (block, _) = self.store.block(height)?.ok_or_else(damaged)?;
        let context = self.provisioners_at(block.header())?;
        let reverted = self.store.revert_to(height, relabelled)?;
        self.snapshots.retain(|snapshot| snapshot.height <= height);
        self.now_ends_at(height, context);
        Ok(reverted)
    }

    fn now_ends_at(&mut self, height: u64, context: (Arc<Provisioners>, Option<BeforeTip>)) {
        self.tip = self.store.tip();
        (self.provisioners, self.before) = context;
        self.executed.clear();
        self.kept.revert(self.executor.vm(), height);
    }

    /// The part of the chain that can still change, as a node's core starts from it: the seed and provisioners before
    /// the last final block, this block, and the blocks after it.
    ///
    /// The states of these blocks are kept, except those below a snapshot that the chain has gone back to. Their
    /// provisioners are then those of the block above. Only a lone node goes back, and it needs the provisioners of the
    /// tip and of the block before, which are exact.
    ///
    /// # Errors
    /// When the chain or its states cannot be read.
    pub fn unsettled(&self) -> Result<(Option<BeforeTip>, ChainBlock, Vec<ChainBlock>), LedgerError> {
        let (last_final, tip) = (self.store.last_final(), self.tip().height);
        let kept = self.store.kept_states()?;
        let mut above = (Arc::clone(&self.provisioners), self.before.clone());
        let mut blocks = Vec::new();
        for height in (last_final..=tip).rev() {
            let damaged = || StoreError::Damaged(format!("block {height} is missing"));
            let (block, _) = self.store.block(height)?.ok_or_else(damaged)?;
            let header = block.header().clone();
            if height < tip {
                let (provisioners, before) = above;
                let provisioners = before.map_or(provisioners, |before| before.provisioners);
                above = if kept.contains_key(&height) { self.provisioners_at(&header)? } else { (provisioners, None) };
            }
            blocks.push(ChainBlock { header, provisioners: Arc::clone(&above.0) });
        }
        let first = blocks.pop().ok_or_else(|| StoreError::Damaged("there is no tip".into()))?;
        blocks.reverse();
        Ok((above.1, first, blocks))
    }

    /// The provisioners after the tip.
    #[must_use]
    pub fn provisioners(&self) -> &Arc<Provisioners> {
        &self.provisioners
    }

    /// The provisioners after a block, and the attestation of the block itself. Brings the block's state
    /// back from the store if the machine does not have it.
    fn provisioners_at(&self, header: &Header) -> Result<(Arc<Provisioners>, Option<BeforeTip>), LedgerError> {
        let (root, height) = (header.state_root, header.height);
        if !self.executor.vm().has(&root) {
            self.executor.vm().restore(&root, self.store.contracts(height)?)?;
        }
        let provisioners = self.stakers(root, height)?;
        let previous = match height.checked_sub(1) {
            Some(previous) => self.store.block(previous)?,
            None => None,
        };
        let before = match previous {
            Some((previous, _)) => {
                let provisioners = provisioners.before(stakes::changed(&self.executor, root, height)?);
                Some(BeforeTip { seed: previous.header().seed, provisioners: Arc::new(provisioners) })
            }
            None => None,
        };
        Ok((Arc::new(provisioners), before))
    }

    /// The stakers of a state. The values computed from their keys for signature checks are kept from block to block.
    fn stakers(&self, root: StateRoot, height: u64) -> Result<Provisioners, LedgerError> {
        Ok(stakes::provisioners(&self.executor, root, height)?.sharing(&self.provisioners))
    }

    fn execute(
        &self,
        block: &Block,
        voters: &[Voter],
        slashes: &[Slash],
        cancel: &Cancel,
    ) -> Result<ExecutedBlock, LedgerError> {
        let header = &block.header;
        let invalid = |problem| LedgerError::Invalid { height: header.height, problem };
        self.check_contents(block).map_err(invalid)?;
        self.check_faults(block)?;
        let params = BlockParams {
            height: header.height,
            payees: Some(self.payees(&header.generator, voters)?),
            slashed: self.slashed(slashes)?,
            gas_limit: header.gas_limit,
        };
        let mut open = self.executor.open(self.tip().state_root, params)?;
        open.set_cancel(cancel);
        for transaction in &block.transactions {
            if cancel.is_cancelled() {
                return Err(LedgerError::Cancelled);
            }
            open.run(transaction).map_err(|reason| match reason {
                _ if cancel.is_cancelled() => LedgerError::Cancelled,
                // A failure of this machine alone is no fault of the block.
                RunError::Machine(error) => error.into(),
                RunError::Panicked(text) => LedgerError::Panicked(text),
                reason => invalid(InvalidBlock::Transaction { id: TxId::of(transaction), reason }),
            })?;
        }
        let executed = open.close()?;
        if executed.root != header.state_root || executed.bloom != header.event_bloom {
            return Err(invalid(InvalidBlock::Outcome));
        }
        for transaction in &block.transactions {
            verify_blobs(transaction.protocol())
                .map_err(|problem| invalid(InvalidBlock::Blob { id: TxId::of(transaction), problem }))?;
        }
        Ok(executed)
    }

    fn check_contents(&self, block: &Block) -> Result<(), InvalidBlock> {
        let (header, tip) = (&block.header, self.tip());
        if header.height != tip.height + 1 || header.prev_block_hash != tip.hash {
            return Err(InvalidBlock::NotNext);
        }
        let (transactions, faults) = (block.transactions.len(), block.faults.len());
        if transactions > MAX_TRANSACTIONS || faults > MAX_FAULTS {
            return Err(InvalidBlock::TooMuch { transactions, faults });
        }
        if header.tx_root != block.compute_tx_root() || header.fault_root != block.compute_fault_root() {
            return Err(InvalidBlock::Roots);
        }
        if header.gas_limit != self.gas_limit {
            return Err(InvalidBlock::GasLimit(header.gas_limit));
        }
        Ok(())
    }

    fn payees(&self, generator: &BlsKey, voters: &[Voter]) -> Result<Payees, LedgerError> {
        let voters =
            voters.iter().map(|voter| Ok((*voter, self.point(&voter.key)?))).collect::<Result<_, LedgerError>>()?;
        let is_certified = has_certificate(self.tip());
        Ok(Payees { generator: (*generator, self.point(generator)?), voters, is_certified })
    }

    fn slashed(&self, slashes: &[Slash]) -> Result<Vec<PublicKey>, LedgerError> {
        slashes.iter().map(|slash| self.point(&slash.provisioner)).collect()
    }

    /// A key as a point. Provisioners' points are at hand; decompressing one takes a millisecond.
    fn point(&self, key: &BlsKey) -> Result<PublicKey, LedgerError> {
        let known = self.provisioners.get(key).or_else(|| self.before.as_ref()?.provisioners.get(key));
        known.map_or_else(|| key.to_point().map_err(|_| LedgerError::NotAKey(*key)), |known| Ok(known.point))
    }

    /// The voters for the tip, according to the header of a block on it.
    fn voters_of(&self, header: &Header) -> Vec<Voter> {
        let Some(before) = &self.before else { return Vec::new() };
        let mut committees = Committees::new(Arc::clone(&before.provisioners), before.seed, self.tip().height);
        voters(&header.prev_block_cert, self.tip().iteration, &mut committees)
    }

    /// Forgets executed candidates whose sessions hold too much beside another one.
    fn make_room(&mut self) {
        let held =
            |ledger: &Self| ledger.executed.values().map(ExecutedBlock::held_bytes).fold(0, usize::saturating_add);
        while held(self) > MAX_PENDING_BYTES {
            self.executed.pop_first();
        }
    }

    fn remember(&mut self, id: RequestId, executed: ExecutedBlock) {
        while self.executed.len() >= MAX_EXECUTED_BLOCKS {
            self.executed.pop_first();
        }
        self.executed.insert(id, executed);
    }
}

/// Adds to the blocks that have become final those labels that they had in between.
fn with_confirmations(pending: &[(u64, Label)], changed: &[(u64, Label)]) -> Vec<(u64, Label)> {
    let unconfirmed = |height| {
        pending.iter().any(|(at, label)| *at == height && matches!(label, Label::Accepted(_) | Label::Attested(_)))
    };
    let steps = changed.iter().flat_map(|&(height, label)| match label {
        Label::Final(after) if unconfirmed(height) => vec![(height, Label::Confirmed(after)), (height, label)],
        _ => vec![(height, label)],
    });
    steps.collect()
}

fn holds(executed: &ExecutedBlock, block: &Block) -> bool {
    let ids = |hashes: &mut dyn Iterator<Item = Hash>| hashes.collect::<Vec<_>>();
    executed.height == block.header.height
        && executed.bloom == block.header.event_bloom
        && ids(&mut executed.receipts.iter().map(|receipt| receipt.transaction.digest()))
            == ids(&mut block.transactions.iter().map(LedgerTransaction::digest))
}

fn stored(block: Block, committed: Committed) -> StoredBlock {
    let Committed { receipts, events, rewards, fees, .. } = committed;
    let (block_hash, height, timestamp) = (block.header.hash, block.header.height, block.header.timestamp);
    let spent = |TransactionReceipt { transaction, executed }| {
        Arc::new(SpentTransaction {
            transaction,
            block_hash,
            height,
            timestamp,
            gas_spent: executed.gas_spent,
            result: executed.result,
            deployed: executed.contract,
            events: executed.events,
        })
    };
    let transactions = receipts.into_iter().map(spent).collect();
    StoredBlock { block, transactions, events, rewards, fees }
}

#[cfg(test)]
mod tests;

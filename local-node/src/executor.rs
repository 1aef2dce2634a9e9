//! What a block does to the state: the one place where transactions run for good.
//!
//! [`Executor::open`] begins a block, [`OpenBlock::run`] runs its transactions one by one, [`OpenBlock::close`] pays the
//! rewards and gives the [`Transition`], which is not part of the chain before it is committed. Building a candidate and
//! verifying one are the same steps, so they cannot disagree. Order (sheet `protocol/consensus.md`, section 13): the stake
//! contract's `before_state_transition`, slashes, transactions, rewards, the transfer contract's `update_root`; before the
//! fork Boreas the slashes came after the rewards.

use std::sync::LazyLock;
use std::time::Instant;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{Reward, STAKE_CONTRACT};
use dusk_core::transfer::{TRANSFER_CONTRACT, TransactionFormat};
use local_node_consensus::Voter;
use local_node_consensus::rewards::{self, NoVoters};
use local_node_types::bloom::Bloom;
use local_node_types::execution::Event;
use local_node_types::keys::{BlsKey, DUSK_KEY};
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::{Fork, Profile, Rules};
use local_node_vm::{
    EVENT_OVERHEAD_BYTES, Env, Executed, ExecutionError, Mark, Receipt, Session, StateChanges, StateRoot, Vm, VmError,
};

use crate::work::contained;

/// Why the chain's own part of a block failed, as opposed to a transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutorError {
    /// The virtual machine failed.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// A genesis contract refused what the chain itself asked of it.
    #[error("the genesis contract did not carry out `{function}`")]
    Refused {
        /// The function.
        function: &'static str,
        /// Why.
        #[source]
        error: VmError,
    },
    /// The rewards cannot be computed.
    #[error(transparent)]
    Reward(#[from] NoVoters),
    /// A value for a genesis contract, or its answer, does not encode.
    #[error("a value of `{0}` does not encode")]
    Encoding(&'static str),
}

/// Why a transaction does not run in a block. The block is then as if it had not been tried, unless
/// [the block is broken](Self::breaks_block).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The state does not allow it, now or ever.
    #[error(transparent)]
    Unspendable(ExecutionError),
    /// It was still running when its time was over.
    #[error("it takes longer than the time that it was given")]
    TooLong,
    /// The machine failed; this may say nothing about the transaction.
    #[error("the machine failed: {0}")]
    Machine(#[source] VmError),
    /// The machine panicked.
    #[error("the machine panicked: {0}")]
    Panicked(String),
    /// It spends more gas than the block has left.
    #[error("it spends {spent} gas, but the block has only {left} left")]
    BlockGas {
        /// What it spent.
        spent: u64,
        /// What was left.
        left: u64,
    },
    /// The block holds transactions of another form at this height.
    #[error("it has the form {found:?}, but blocks at this height hold {expected:?}")]
    Format {
        /// The transaction's.
        found: TransactionFormat,
        /// The height's.
        expected: TransactionFormat,
    },
}

impl RunError {
    /// Whether the open block is of no use any more and has to be begun anew.
    #[must_use]
    pub const fn breaks_block(&self) -> bool {
        matches!(self, Self::Machine(_) | Self::Panicked(_))
    }
}

/// The rules at a height of a local chain.
///
/// Under the profile of a public network these are the rules that the network has today, not those that it had when it
/// was as young as this chain.
#[must_use]
pub const fn rules_at(profile: Profile, height: u64) -> Rules {
    match profile {
        Profile::Local => profile.at(height),
        Profile::Testnet | Profile::Mainnet => profile.latest_at(height),
    }
}

/// The key that gets the foundation's share of the rewards and owns the genesis contracts.
#[must_use]
pub fn foundation_key() -> &'static PublicKey {
    static KEY: LazyLock<PublicKey> = LazyLock::new(|| match DUSK_KEY.to_point() {
        Ok(key) => key,
        Err(error) => unreachable!("the key is a constant: {error}"),
    });
    &KEY
}

/// What a block does besides its transactions.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The block's height.
    pub height: u64,
    /// Who is paid for making it; `None` where there are no rewards at all.
    pub payees: Option<Payees>,
    /// Who is slashed.
    pub slashed: Vec<PublicKey>,
    /// The most gas that the transactions may spend together.
    pub gas_limit: u64,
}

/// Who is paid for a block.
#[derive(Debug, Clone)]
pub struct Payees {
    /// Who made it.
    pub generator: (BlsKey, PublicKey),
    /// Who voted for its predecessor.
    pub voters: Vec<(Voter, PublicKey)>,
}

impl Payees {
    /// The rewards of the block at a height with these fees, as the stake contract takes them.
    fn rewards(&self, height: u64, fees: u64) -> Result<Vec<Reward>, NoVoters> {
        let voters: Vec<Voter> = self.voters.iter().map(|(voter, _)| *voter).collect();
        let shares = rewards::rewards(height, fees, self.generator.0, DUSK_KEY, &voters)?;
        let point = |key: &BlsKey| {
            let voter = || self.voters.iter().find(|(voter, _)| voter.key == *key).map(|(_, point)| *point);
            if *key == self.generator.0 { Some(self.generator.1) } else { voter() }
        };
        let reward = |share: rewards::Reward| Reward {
            account: point(&share.account).unwrap_or(*foundation_key()),
            value: share.value,
            reason: share.reason,
        };
        Ok(shares.into_iter().map(reward).collect())
    }
}

/// The rules of one chain, bound to the machine that runs it.
#[derive(Debug, Clone)]
pub struct Executor {
    vm: Vm,
    chain_id: u8,
    profile: Profile,
}

impl Executor {
    /// The executor of a chain.
    #[must_use]
    pub const fn new(vm: Vm, chain_id: u8, profile: Profile) -> Self {
        Self { vm, chain_id, profile }
    }

    /// The machine.
    #[must_use]
    pub const fn vm(&self) -> &Vm {
        &self.vm
    }

    /// The chain's id.
    #[must_use]
    pub const fn chain_id(&self) -> u8 {
        self.chain_id
    }

    /// The rules at a height.
    #[must_use]
    pub const fn rules(&self, height: u64) -> Rules {
        rules_at(self.profile, height)
    }

    /// A view of a committed state, as a contract sees it at a height. What it changes is forgotten.
    ///
    /// # Errors
    /// When the state is not there any more, or the machine fails.
    pub fn view(&self, root: StateRoot, height: u64) -> Result<Session, VmError> {
        self.vm.session(Some(root), Env { chain_id: self.chain_id, rules: self.rules(height) })
    }

    /// As [`view`](Self::view), for somebody who asks: the machine bounds what the views for all who ask hold together.
    ///
    /// # Errors
    /// When the state is not there any more, or the machine fails.
    pub fn query_view(&self, root: StateRoot, height: u64) -> Result<Session, VmError> {
        self.vm.query_session(Some(root), Env { chain_id: self.chain_id, rules: self.rules(height) })
    }

    /// Begins a block on a committed state.
    ///
    /// # Errors
    /// When the state is not there, or the chain's own part of the block fails.
    pub fn open(&self, base: StateRoot, terms: Terms) -> Result<OpenBlock, ExecutorError> {
        self.begin(self.view(base, terms.height)?, terms)
    }

    /// As [`open`](Self::open), for a block that shows somebody what a transaction would do.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_for_query(&self, base: StateRoot, terms: Terms) -> Result<OpenBlock, ExecutorError> {
        self.begin(self.query_view(base, terms.height)?, terms)
    }

    fn begin(&self, mut session: Session, terms: Terms) -> Result<OpenBlock, ExecutorError> {
        let rules = self.rules(terms.height);
        host_call(&mut session, STAKE_CONTRACT, "before_state_transition", &())?;
        let mut block = OpenBlock {
            gas_left: terms.gas_limit,
            keeps_traces: false,
            session,
            rules,
            terms,
            deadline: None,
            fees: 0,
            bloom: Bloom::default(),
            receipts: Vec::new(),
            events: Vec::new(),
        };
        if rules.fork() >= Fork::Boreas {
            block.slash()?;
        }
        Ok(block)
    }
}

/// What came of a transaction in a block.
#[derive(Debug, Clone)]
pub struct TransactionReceipt {
    /// The transaction.
    pub transaction: LedgerTransaction,
    /// What it did. Its events are those that the block counts.
    pub executed: Executed,
}

impl TransactionReceipt {
    /// The bytes of its events, about.
    pub(crate) fn event_bytes(&self) -> usize {
        event_bytes(&self.executed.events)
    }
}

/// The bytes of events, about.
pub(crate) fn event_bytes(events: &[Event]) -> usize {
    events.iter().map(|event| event.topic.len() + event.data.len() + EVENT_OVERHEAD_BYTES).sum()
}

/// A block under construction or verification.
#[derive(Debug)]
pub struct OpenBlock {
    session: Session,
    keeps_traces: bool,
    rules: Rules,
    terms: Terms,
    deadline: Option<Instant>,
    gas_left: u64,
    fees: u64,
    bloom: Bloom,
    receipts: Vec<TransactionReceipt>,
    events: Vec<Event>,
}

impl From<ExecutionError> for RunError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Unspendable(VmError::TimeLimit) | ExecutionError::FailedRefund(VmError::TimeLimit) => {
                Self::TooLong
            }
            ExecutionError::Unspendable(error) | ExecutionError::FailedRefund(error) if is_of_the_machine(&error) => {
                Self::Machine(error)
            }
            error => Self::Unspendable(error),
        }
    }
}

/// Whether an error says something about the machine, not about the call.
const fn is_of_the_machine(error: &VmError) -> bool {
    matches!(error, VmError::Unusable | VmError::System(_) | VmError::Engine(_) | VmError::Interrupted)
}

impl OpenBlock {
    /// Until when the next transactions may run; `None` where only gas bounds them, as in verification. One that has not
    /// ended by then is not in the block ([`RunError::TooLong`]); for those that are in it the time makes no difference.
    pub const fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Keeps the calls of each transaction in its receipt. They can be larger than all else that a block has, and only tests
    /// of contracts look at them.
    #[must_use]
    pub const fn keeping_traces(mut self) -> Self {
        self.keeps_traces = true;
        self
    }

    /// The transactions that have run.
    #[must_use]
    pub fn receipts(&self) -> &[TransactionReceipt] {
        &self.receipts
    }

    /// The form of transactions that the block holds.
    #[must_use]
    pub const fn ledger_format(&self) -> TransactionFormat {
        self.rules.fork().ledger_format()
    }

    /// Gas that the next transactions may spend.
    #[must_use]
    pub const fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Runs a transaction. A call that fails is no error: it is paid for, and the receipt says so.
    ///
    /// # Errors
    /// When the transaction cannot be in the block at this place. The block goes on without it, unless the error
    /// [breaks it](RunError::breaks_block).
    pub fn run(&mut self, transaction: &LedgerTransaction) -> Result<&TransactionReceipt, RunError> {
        let (found, expected) = (transaction.format(), self.ledger_format());
        if found != expected {
            return Err(RunError::Format { found, expected });
        }
        let before = self.session.mark().map_err(RunError::Machine)?;
        self.session.set_deadline(self.deadline);
        let ran = contained(|| local_node_vm::execute(&mut self.session, transaction.protocol()));
        let mut executed = match ran {
            Ok(Ok(executed)) => executed,
            Ok(Err(error)) => return Err(self.undo(before, error.into())),
            Err(panic) => return Err(RunError::Panicked(panic)),
        };
        self.session.set_deadline(None);
        let (spent, left) = (executed.gas_spent, self.gas_left);
        let fee = spent.checked_mul(transaction.protocol().gas_price()).and_then(|fee| self.fees.checked_add(fee));
        let (Some(gas_left), Some(fees)) = (left.checked_sub(spent), fee) else {
            return Err(self.undo(before, RunError::BlockGas { spent, left }));
        };
        (self.gas_left, self.fees) = (gas_left, fees);
        if !self.keeps_traces {
            executed.traces = Vec::new();
        }
        executed.events = executed.ledger_events(self.rules);
        executed.events.iter().for_each(|event| self.bloom.add_event(event));
        self.receipts.push(TransactionReceipt { transaction: transaction.clone(), executed });
        Ok(&self.receipts[self.receipts.len() - 1])
    }

    /// Pays the rewards and ends the block, but keeps nothing yet.
    ///
    /// # Errors
    /// When the chain's own part of the block fails.
    pub fn close(mut self) -> Result<Transition, ExecutorError> {
        let rewards = self.end()?;
        let root = self.session.root()?;
        let held_bytes = self.session.held_bytes()?;
        let Self { session, terms, fees, bloom, receipts, events, .. } = self;
        let Terms { height, gas_limit, .. } = terms;
        Ok(Transition { height, gas_limit, root, bloom, receipts, events, rewards, fees, session, held_bytes })
    }

    /// Pays the rewards, ends the block, and keeps its state: for a block that nobody has to agree to.
    ///
    /// # Errors
    /// When the chain's own part of the block fails.
    pub fn commit(mut self) -> Result<Committed, ExecutorError> {
        let rewards = self.end()?;
        let Self { session, fees, receipts, events, .. } = self;
        Ok(Committed { root: session.commit()?, changes: None, receipts, events, rewards, fees })
    }

    /// What comes after the transactions. Gives the rewards.
    fn end(&mut self) -> Result<Vec<Reward>, ExecutorError> {
        let mut rewards = Vec::new();
        if let Some(payees) = &self.terms.payees {
            rewards = payees.rewards(self.terms.height, self.fees)?;
            let receipt = host_call(&mut self.session, STAKE_CONTRACT, "reward", &rewards)?;
            self.count(receipt);
        }
        if self.rules.fork() < Fork::Boreas {
            self.slash()?;
        }
        let receipt = host_call(&mut self.session, TRANSFER_CONTRACT, "update_root", &())?;
        self.count(receipt);
        Ok(rewards)
    }

    fn undo(&mut self, mark: Mark, error: RunError) -> RunError {
        self.session.set_deadline(None);
        match self.session.rewind(mark) {
            Ok(()) => error,
            Err(failure) => RunError::Machine(failure),
        }
    }

    fn count(&mut self, receipt: Receipt) {
        receipt.events.iter().for_each(|event| self.bloom.add_event(event));
        self.events.extend(receipt.events);
    }

    /// Slashes as the production chain does today: every kind of misbehaviour softly, and those without a stake not.
    fn slash(&mut self) -> Result<(), ExecutorError> {
        for provisioner in std::mem::take(&mut self.terms.slashed) {
            match host_call(&mut self.session, STAKE_CONTRACT, "slash", &(provisioner, None::<u64>)) {
                Ok(receipt) => self.count(receipt),
                Err(ExecutorError::Refused { error: VmError::Panic(text), .. })
                    if text.contains("The stake to slash should exist") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What a block changes: everything about it that follows from executing it.
#[derive(Debug)]
pub struct Transition {
    /// The block's height.
    pub height: u64,
    /// The gas limit that it was executed under.
    pub gas_limit: u64,
    /// The state root after it.
    pub root: StateRoot,
    /// The filter over its events.
    pub bloom: Bloom,
    /// What came of its transactions.
    pub receipts: Vec<TransactionReceipt>,
    /// The events of the chain's own part: slashes, rewards.
    pub events: Vec<Event>,
    /// Who was paid.
    pub rewards: Vec<Reward>,
    /// The fees of all transactions together, in LUX.
    pub fees: u64,
    session: Session,
    held_bytes: usize,
}

impl Transition {
    /// Bytes that its session holds, at most ([`Session::held_bytes`]).
    pub(crate) const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Keeps the state, so that blocks can be built on its root. On request it says what changed, for a store.
    ///
    /// # Errors
    /// When the machine fails.
    ///
    /// # Panics
    /// When the machine commits another state than it announced: it is broken then.
    pub fn commit(self, with_changes: bool) -> Result<Committed, ExecutorError> {
        let Self { height, root, receipts, events, rewards, fees, session, .. } = self;
        let (committed, changes) = if with_changes {
            let (committed, changes) = session.commit_with_changes()?;
            (committed, Some(changes))
        } else {
            (session.commit()?, None)
        };
        assert_eq!(committed, root, "the state root changed between the end of block {height} and its commit");
        Ok(Committed { root, changes, receipts, events, rewards, fees })
    }
}

/// What remains of a [`Transition`] once its state is kept.
#[derive(Debug)]
pub struct Committed {
    /// The state root.
    pub root: StateRoot,
    /// What changed of the state, where that was asked for.
    pub changes: Option<StateChanges>,
    /// What came of the transactions.
    pub receipts: Vec<TransactionReceipt>,
    /// The events of the chain's own part.
    pub events: Vec<Event>,
    /// Who was paid.
    pub rewards: Vec<Reward>,
    /// The fees of all transactions together, in LUX.
    pub fees: u64,
}

/// Calls a genesis contract in the chain's own name, without a gas limit.
pub(crate) fn host_call<A>(
    session: &mut Session,
    contract: ContractId,
    function: &'static str,
    argument: &A,
) -> Result<Receipt, ExecutorError>
where
    A: rkyv::Serialize<rkyv::ser::serializers::AllocSerializer<1024>>,
{
    let argument = rkyv::to_bytes::<_, 1024>(argument).map_err(|_| ExecutorError::Encoding(function))?;
    session.call(contract, function, &argument, u64::MAX).map_err(|error| ExecutorError::Refused { function, error })
}

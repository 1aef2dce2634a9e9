//! Questions to the state, answered beside the node's loop.
//!
//! Each question has a session of its own on the state of the last block; its changes are forgotten. Gas, time and
//! the number of questions at a time are bounded, so questions delay no block; modules that have to be compiled for
//! them leave turns at the compiler to blocks. Questions that run users' contracts and those that read only the chain's
//! own contracts have separate lanes: endless calls do not keep balances and stakes from being read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_core::transfer::moonlight::AccountData;
use dusk_sdk_protocol::execution::{CallError, Event};
use local_node_types::ledger::{Header, LedgerTransaction};
use local_node_types::rules::{BLOCK_GAS_LIMIT, FEEDER_GAS_LIMIT};
use local_node_vm::{ExecutionError, Lag, MachineLimit, Receipt, Session, Vm, VmError, as_question};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::{SendTimeoutError, TrySendError};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::archive::decode;
use crate::end::Stopped;
use crate::executor::{BlockParams, Executor, ExecutorError, RunError};
use crate::ledger::{LedgerError, StakeEntry, stakes};
use crate::work::{Lane, LaneError, contained};

/// The most questions of a lane that wait or are being answered at a time.
pub const MAX_QUESTIONS: usize = 256;
/// The most questions of a lane that are being answered at a time.
pub const MAX_QUESTIONS_AT_ONCE: usize = 4;
/// How long a call may run, unless the node is configured otherwise: a question, a simulation, and the first
/// transaction of a block. Gas alone does not bound it, because a unit of gas can buy very different amounts of time.
pub const MAX_CALL_TIME: Duration = Duration::from_secs(10);
/// How long a stream may go on, with the time that its receiver takes.
pub const MAX_STREAM_TIME: Duration = Duration::from_secs(120);
/// The most bytes that one feeding query may give at once. Streams have no such bound.
pub const MAX_FED_BYTES: usize = 64 * 1024 * 1024;
/// The most streams of fed items at a time.
pub const MAX_STREAMS: usize = 8;
/// How many fed items may wait for their receiver.
const MAX_ITEMS_WAITING: usize = 64;
/// How long a call waits for the receiver of the items that it feeds.
pub const MAX_STALL: Duration = Duration::from_secs(30);
/// How long it waits before it looks whether it has to end.
const STALL_STEP: Duration = Duration::from_millis(100);

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The call failed. The error says how.
    #[error("the call failed: {0}")]
    Call(#[source] VmError),
    /// The call exceeded the time limit.
    #[error("the call takes longer than {} milliseconds, the limit of this node: request less", .0.as_millis())]
    TooLong(Duration),
    /// The node panicked.
    #[error("the node panicked while it answered the query: {0}; please report this fault of the node")]
    Failed(String),
    /// The simulated block of the query could not start.
    #[error("the simulated block cannot be started")]
    Executor(#[from] ExecutorError),
    /// The stakes cannot be read.
    #[error("the stakes cannot be read")]
    Ledger(#[from] LedgerError),
    /// The answer of a genesis contract cannot be decoded.
    #[error("the answer of `{0}` does not decode")]
    Malformed(&'static str),
    /// The feed exceeded the limit of bytes.
    #[error("the query fed more than {MAX_FED_BYTES} bytes: ask for a smaller range")]
    TooMuchFed,
    /// Too many concurrent queries.
    #[error("{MAX_QUESTIONS} queries already wait for an answer: ask again later")]
    Busy,
    /// Too many concurrent streams.
    #[error("the node already serves {MAX_STREAMS} feeder queries: ask again later")]
    TooManyStreams,
    /// The node no longer answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl QueryError {
    /// Whether the state that was asked is not there any more.
    const fn is_of_missing_state(&self) -> bool {
        matches!(
            self,
            Self::Call(VmError::NoSuchState(_))
                | Self::Executor(ExecutorError::Vm(VmError::NoSuchState(_)))
                | Self::Ledger(LedgerError::State(VmError::NoSuchState(_)))
        )
    }
}

impl From<VmError> for QueryError {
    fn from(error: VmError) -> Self {
        match error {
            VmError::Interrupted => Stopped::Asked.into(),
            other => Self::Call(other),
        }
    }
}

impl From<LaneError> for QueryError {
    fn from(error: LaneError) -> Self {
        match error {
            LaneError::Full => Self::Busy,
            LaneError::Panicked(text) => Self::Failed(text),
            LaneError::Ending => Stopped::Asked.into(),
        }
    }
}

/// The result of a transaction in the next block.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Gas that it would pay for.
    pub gas_spent: u64,
    /// The result of the call or deployment, or its error.
    pub result: Result<Vec<u8>, CallError>,
    /// The contract that it would deploy.
    pub deployed: Option<ContractId>,
    /// Its events.
    pub events: Vec<Event>,
}

/// Reads the state of the last block. Clones share the bounds.
#[derive(Debug, Clone)]
pub struct Reader {
    executor: Executor,
    tip: watch::Receiver<Arc<Header>>,
    call_time: Duration,
    /// The threads that run contracts of any user.
    calls: Lane,
    /// The threads that run the chain's own contracts, which end.
    chain: Lane,
    streams: Arc<Semaphore>,
}

/// The items of a feeding query. After an error nothing follows; an end without one is the end of the call.
pub type FedItems = mpsc::Receiver<Result<Vec<u8>, QueryError>>;

impl Reader {
    /// A reader of the states whose headers `tip` gives. A call may run for `call_time`.
    #[must_use]
    pub fn new(executor: Executor, tip: watch::Receiver<Arc<Header>>, call_time: Duration) -> Self {
        let lane = || Lane::new(MAX_QUESTIONS, MAX_QUESTIONS_AT_ONCE);
        Self { executor, tip, call_time, calls: lane(), chain: lane(), streams: Arc::new(Semaphore::new(MAX_STREAMS)) }
    }

    /// The header of the last block.
    #[must_use]
    pub fn tip(&self) -> Arc<Header> {
        Arc::clone(&self.tip.borrow())
    }

    /// The machine.
    pub(crate) const fn vm(&self) -> &Vm {
        self.executor.vm()
    }

    /// Calls a function and forgets what it changed.
    ///
    /// # Errors
    /// When the call fails, or there are too many questions.
    pub async fn query(
        &self,
        contract: ContractId,
        function: String,
        argument: Vec<u8>,
    ) -> Result<Receipt, QueryError> {
        self.call(move |session| Ok(session.call(contract, &function, &argument, BLOCK_GAS_LIMIT)?)).await
    }

    /// Calls a feeding function and gives what it fed, item by item.
    ///
    /// # Errors
    /// When the call fails, feeds too much, or there are too many questions.
    pub async fn feed(
        &self,
        contract: ContractId,
        function: String,
        argument: Vec<u8>,
    ) -> Result<Vec<Vec<u8>>, QueryError> {
        self.call(move |session| {
            let (mut items, mut bytes) = (Vec::new(), 0_usize);
            session.feed(contract, &function, &argument, FEEDER_GAS_LIMIT, &mut |item| {
                bytes = bytes.saturating_add(item.len());
                if bytes <= MAX_FED_BYTES {
                    items.push(item.to_vec());
                }
            })?;
            if bytes > MAX_FED_BYTES { Err(QueryError::TooMuchFed) } else { Ok(items) }
        })
        .await
    }

    /// Calls a feeding function and gives what it feeds while it runs. The call ends when the items are dropped, nobody
    /// takes one for [`MAX_STALL`], or after [`MAX_STREAM_TIME`].
    ///
    /// # Errors
    /// When there are too many streams.
    pub fn stream(&self, contract: ContractId, function: String, argument: Vec<u8>) -> Result<FedItems, QueryError> {
        let running = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| QueryError::TooManyStreams)?;
        let (sender, items) = mpsc::channel(MAX_ITEMS_WAITING);
        let (reader, runtime) = (self.clone(), Handle::current());
        tokio::task::spawn_blocking(move || {
            let _running = running;
            let called = contained(|| {
                let mut session = reader.latest(query_view)?;
                session.set_deadline(Instant::now().checked_add(MAX_STREAM_TIME));
                let lag = session.lag();
                let sink = Box::new({
                    let (runtime, sender, lag) = (runtime.clone(), sender.clone(), lag.clone());
                    move |item| send(&runtime, &sender, Ok(item), lag.as_ref())
                });
                let stream = || session.stream(contract, &function, &argument, FEEDER_GAS_LIMIT, sink);
                Ok(as_question(stream).map(drop).map_err(|error| match error {
                    VmError::FeedStopped if lag.is_some_and(|lag| lag.is_too_much()) => MachineLimit::QueryLag.into(),
                    error => error,
                })?)
            });
            if let Err(error) = called.unwrap_or_else(|panic| Err(QueryError::Failed(panic))) {
                // The caller may be gone.
                send(&runtime, &sender, Err(timed(error, MAX_STREAM_TIME)), None);
            }
        });
        Ok(items)
    }

    /// Balance and nonce of an account.
    ///
    /// # Errors
    /// When there are too many questions or the machine fails.
    pub async fn account(&self, account: PublicKey) -> Result<AccountData, QueryError> {
        self.ask(&self.chain, move |executor, tip| read_account(&mut view(executor, tip)?, &account)).await
    }

    /// All stakes.
    ///
    /// # Errors
    /// When there are too many questions or the machine fails.
    pub async fn stakes(&self) -> Result<Vec<StakeEntry>, QueryError> {
        self.ask(&self.chain, |executor, tip| Ok(stakes(executor, tip.state_root, tip.height)?)).await
    }

    /// The owner of a contract, as deployed, if there is such a contract.
    ///
    /// # Errors
    /// When there are too many questions or the machine fails.
    pub async fn owner(&self, contract: ContractId) -> Result<Option<Vec<u8>>, QueryError> {
        self.ask(&self.chain, move |executor, tip| Ok(view(executor, tip)?.owner(&contract))).await
    }

    /// Reads something long of the chain, on a thread that may be busy for a while.
    ///
    /// # Errors
    /// When there are too many questions.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        Ok(self.chain.run(read).await?)
    }

    /// Runs a transaction as the first one of the next block, and forgets what it did.
    ///
    /// # Errors
    /// The inner error says why it cannot be in the next block at all; the outer one that this could not be found out.
    pub async fn simulate(
        &self,
        transaction: LedgerTransaction,
    ) -> Result<Result<Simulation, ExecutionError>, QueryError> {
        let most = self.call_time;
        self.ask(&self.calls, move |executor, tip| {
            let params =
                BlockParams { height: tip.height + 1, payees: None, slashed: Vec::new(), gas_limit: BLOCK_GAS_LIMIT };
            let mut block = executor.open_for_query(tip.state_root, params)?;
            block.set_deadline(Instant::now().checked_add(most));
            match block.run(&transaction.reformatted(block.ledger_format())) {
                Ok(receipt) => {
                    let executed = &receipt.executed;
                    Ok(Ok(Simulation {
                        gas_spent: executed.gas_spent,
                        result: executed.result.clone(),
                        deployed: executed.contract,
                        events: executed.events.clone(),
                    }))
                }
                Err(RunError::Unspendable(ExecutionError::Unspendable(error))) if is_of_all_queries(&error) => {
                    Err(error.into())
                }
                Err(RunError::Unspendable(error)) => Ok(Err(error)),
                Err(RunError::TooLong) => Err(QueryError::TooLong(most)),
                Err(RunError::Machine(error)) => Err(error.into()),
                Err(RunError::Panicked(text)) => Err(QueryError::Failed(text)),
                Err(RunError::BlockGas { .. }) => Err(VmError::OutOfGas.into()),
                Err(RunError::Format { .. }) => unreachable!("the transaction was brought to the block's form"),
            }
        })
        .await
    }

    /// Runs a contract of anybody.
    async fn call<T, F>(&self, call: F) -> Result<T, QueryError>
    where
        T: Send + 'static,
        F: Fn(&mut Session) -> Result<T, QueryError> + Send + 'static,
    {
        let most = self.call_time;
        self.ask(&self.calls, move |executor, tip| {
            let mut session = query_view(executor, tip)?;
            session.set_deadline(Instant::now().checked_add(most));
            call(&mut session).map_err(|error| timed(error, most))
        })
        .await
    }

    async fn ask<T, F>(&self, lane: &Lane, question: F) -> Result<T, QueryError>
    where
        T: Send + 'static,
        F: Fn(&Executor, &Header) -> Result<T, QueryError> + Send + 'static,
    {
        let reader = self.clone();
        lane.run(move || as_question(|| reader.latest(question))).await?
    }

    /// Asks the last state. A block may come between reading which one that is and reading the state, and then another.
    fn latest<T>(&self, question: impl Fn(&Executor, &Header) -> Result<T, QueryError>) -> Result<T, QueryError> {
        let mut tip = self.tip();
        loop {
            let answer = question(&self.executor, &tip);
            let last = self.tip();
            match answer {
                Err(error) if error.is_of_missing_state() && last.hash != tip.hash => tip = last,
                answer => return answer,
            }
        }
    }
}

/// Sends an item, and waits for its receiver: not for ever, and not where the query has to end anyway.
fn send(
    runtime: &Handle,
    sender: &mpsc::Sender<Result<Vec<u8>, QueryError>>,
    item: Result<Vec<u8>, QueryError>,
    lag: Option<&Lag>,
) -> bool {
    let mut item = match sender.try_send(item) {
        Ok(()) => return true,
        Err(TrySendError::Full(item)) => item,
        Err(TrySendError::Closed(_)) => return false,
    };
    let given_up = Instant::now() + MAX_STALL;
    while Instant::now() < given_up && !lag.is_some_and(Lag::is_too_much) {
        item = match runtime.block_on(sender.send_timeout(item, STALL_STEP)) {
            Ok(()) => return true,
            Err(SendTimeoutError::Timeout(item)) => item,
            Err(SendTimeoutError::Closed(_)) => return false,
        };
    }
    false
}

/// Whether an error says something about the moment, and not about the call that has it.
fn is_of_all_queries(error: &VmError) -> bool {
    matches!(error, VmError::MachineLimit(limit) if limit.is_of_all_queries())
}

/// Says how long the time was that a call has used up.
fn timed(error: QueryError, most: Duration) -> QueryError {
    match error {
        QueryError::Call(VmError::TimeLimit) => QueryError::TooLong(most),
        other => other,
    }
}

fn view(executor: &Executor, tip: &Header) -> Result<Session, QueryError> {
    Ok(executor.view(tip.state_root, tip.height)?)
}

/// A view that runs contracts of anybody.
fn query_view(executor: &Executor, tip: &Header) -> Result<Session, QueryError> {
    Ok(executor.query_view(tip.state_root, tip.height)?)
}

/// Reads an account in a view of the state.
pub(crate) fn read_account(session: &mut Session, account: &PublicKey) -> Result<AccountData, QueryError> {
    let argument = rkyv::to_bytes::<_, 256>(account).map_err(|_| QueryError::Malformed("account"))?;
    let receipt = session.call(TRANSFER_CONTRACT, "account", &argument, BLOCK_GAS_LIMIT)?;
    decode::<AccountData>(&receipt.data).map_err(|_| QueryError::Malformed("account"))
}

/// Reads the balance of a contract, in LUX, in a view of the state.
pub(crate) fn read_contract_balance(session: &mut Session, contract: &ContractId) -> Result<u64, QueryError> {
    let receipt = session.call(TRANSFER_CONTRACT, "contract_balance", contract.as_bytes(), BLOCK_GAS_LIMIT)?;
    decode::<u64>(&receipt.data).map_err(|_| QueryError::Malformed("contract_balance"))
}

#[cfg(test)]
mod tests {
    use local_node_vm::answers_question;

    use crate::{Config, spawn};

    /// Compilation for a query leaves turns to blocks and to accepted transactions.
    #[tokio::test]
    async fn questions_are_known_to_the_machine_as_such() {
        let node = spawn(Config::default()).await.expect("the node starts");
        let reader = node.reader();
        assert!(reader.call(|_| Ok(answers_question())).await.expect("answered"));
        let of_chain = reader.ask(&reader.chain, |_, _| Ok(answers_question()));
        assert!(of_chain.await.expect("answered"));
        node.shutdown().await;
    }
}

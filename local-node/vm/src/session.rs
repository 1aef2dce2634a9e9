//! Sessions: one block's, or one query's, view of the state.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use dusk_core::abi::{ContractId, Metadata};
use dusk_sdk_protocol::execution::{Event, Frame};
use local_node_types::rules::Rules;

use crate::abi::{ARGUMENT_BYTES, MAX_OWNER_BYTES};
use crate::error::VmError;
use crate::host::{
    CallHook, Feed, FeedSink, Request, SessionState, Shared, State, TopLevel, run_top_level, try_instance,
};
use crate::module::INIT;
use crate::share::{Lag, Share};
use crate::state::{ContractCode as _, StateChanges, StateRoot};

/// The settings of all calls of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEnv {
    /// The id of the chain, as contracts see it.
    pub chain_id: u8,
    /// The rules in force. Their height is the block height that contracts see.
    pub rules: Rules,
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The value that the contract returned, as it encoded it.
    pub data: Vec<u8>,
    /// Gas that was given.
    pub gas_limit: u64,
    /// Gas that was spent.
    pub gas_spent: u64,
    /// The events of the call, in order. Events of failed calls before this one come first, marked as reverted, as
    /// production has it.
    pub events: Vec<Event>,
    /// The calls that were made.
    pub trace: Frame,
}

/// A place in a session's history to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

/// A view of the state that calls change, and that may be committed.
///
/// Calls are atomic: one that fails leaves nothing behind but its events, marked as reverted, in the next receipt.
/// A session that is dropped leaves nothing behind.
pub struct Session {
    /// Absent only while a call runs, or after a panic in one.
    state: Option<Box<SessionState>>,
    failed_trace: Option<Frame>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, base: Arc<State>, env: BlockEnv, share: Option<Share>) -> Self {
        let mut state = SessionState::new(shared, base, env.rules, share);
        state.set_meta(Metadata::CHAIN_ID, vec![env.chain_id]);
        state.set_meta(Metadata::BLOCK_HEIGHT, env.rules.height().to_le_bytes().to_vec());
        Self { state: Some(Box::new(state)), failed_trace: None }
    }

    /// Deploys a contract, and runs its `init` if it has one. If that fails, there is no contract.
    ///
    /// The receipt of a contract without `init` is empty. Deploying itself costs no gas here; transactions are charged
    /// for it ([`crate::execute`]).
    ///
    /// # Errors
    /// When the module cannot be a contract, the id is taken, or `init` fails.
    pub fn deploy(
        &mut self,
        id: ContractId,
        bytecode: &[u8],
        init: Option<&[u8]>,
        owner: &[u8],
        gas_limit: u64,
    ) -> Result<Receipt, VmError> {
        let argument = init.unwrap_or_default();
        if owner.len() > MAX_OWNER_BYTES {
            return Err(VmError::OwnerTooLong { length: owner.len() });
        }
        let state = self.state_mut()?;
        let has_init = state.deploy(id, bytecode, owner)?;
        let deployed = if has_init {
            self.top_level(&Request { contract: id, function: INIT, argument, gas_limit, deploying: true }, None)
                .map(|(receipt, _)| receipt)
        } else {
            self.instantiate_once(id).map(|()| empty_receipt(id, argument, gas_limit))
        };
        if deployed.is_err()
            && let Ok(state) = self.state_mut()
        {
            state.cancel_deployment(&id);
        }
        deployed
    }

    /// Calls a function of a contract.
    ///
    /// # Errors
    /// When the call fails; its state changes are undone then.
    pub fn call(
        &mut self,
        id: ContractId,
        function: &str,
        argument: &[u8],
        gas_limit: u64,
    ) -> Result<Receipt, VmError> {
        self.call_and_feed(id, function, argument, gas_limit, None).map(|(receipt, _)| receipt)
    }

    /// Calls a feeding query: `sink` gets each item that the contract feeds, in order, when the call has ended.
    ///
    /// # Errors
    /// As [`Session::call`]. Nothing is fed then.
    pub fn feed(
        &mut self,
        id: ContractId,
        function: &str,
        argument: &[u8],
        gas_limit: u64,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<Receipt, VmError> {
        let (receipt, fed) = self.call_and_feed(id, function, argument, gas_limit, Some(Feed::kept()))?;
        fed.iter().for_each(|item| sink(item));
        Ok(receipt)
    }

    /// Calls a feeding query: `sink` gets each item as soon as the contract feeds it, and may end the call.
    ///
    /// # Errors
    /// As [`Session::call`], and [`VmError::FeedStopped`] when the sink ended the call. Items that were fed before the
    /// call failed have gone out.
    pub fn stream(
        &mut self,
        id: ContractId,
        function: &str,
        argument: &[u8],
        gas_limit: u64,
        sink: FeedSink,
    ) -> Result<Receipt, VmError> {
        let outcome = self.call_and_feed(id, function, argument, gas_limit, Some(Feed::Streamed(sink)));
        outcome.map(|(receipt, _)| receipt)
    }

    /// The calls of the last top-level call, if it failed.
    pub fn take_failed_trace(&mut self) -> Option<Frame> {
        self.failed_trace.take()
    }

    /// Sets a value that contracts can read by its key.
    ///
    /// # Errors
    /// [`VmError::Unusable`], or [`VmError::ArgumentTooLong`] for a value that does not fit into the argument buffer.
    pub fn set_meta(&mut self, key: &str, value: Vec<u8>) -> Result<(), VmError> {
        if value.len() > ARGUMENT_BYTES {
            return Err(VmError::ArgumentTooLong { length: value.len() });
        }
        self.state_mut()?.set_meta(key, value);
        Ok(())
    }

    /// Removes such a value.
    pub fn remove_meta(&mut self, key: &str) {
        if let Ok(state) = self.state_mut() {
            state.remove_meta(key);
        }
    }

    /// Sets the time by which every later call and deployment of the session must have ended. One that has not ends
    /// with [`VmError::TimeLimit`], within some ten milliseconds, for all acts of its contracts: there is no
    /// other result that a deadline changes. A verifier of blocks sets none.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        if let Ok(state) = self.state_mut() {
            state.deadline = deadline;
        }
    }

    /// Sets a switch that, once it is on, ends every later call and deployment of the session, and the one that runs,
    /// with [`VmError::Interrupted`]. For work that has become useless: the session's changes of the state are
    /// of no use then, either.
    pub fn set_cancel(&mut self, cancel: Option<Arc<AtomicBool>>) {
        if let Ok(state) = self.state_mut() {
            state.cancel = cancel;
        }
    }

    /// Sets how many bytes of the session's memory later calls leave to others.
    pub(crate) fn reserve_memory(&mut self, bytes: usize) {
        if let Ok(state) = self.state_mut() {
            state.reserved_bytes = bytes;
        }
    }

    /// Sets the hook that is asked before every call from contract to contract.
    pub fn set_call_hook(&mut self, hook: CallHook) {
        if let Ok(state) = self.state_mut() {
            state.hook = Some(hook);
        }
    }

    /// Removes the hook.
    pub fn clear_call_hook(&mut self) {
        if let Ok(state) = self.state_mut() {
            state.hook = None;
        }
    }

    /// Marks the present, to go back to with [`Session::rewind`]. A new mark replaces the one before.
    ///
    /// # Errors
    /// [`VmError::Unusable`] or [`VmError::System`].
    pub fn mark(&mut self) -> Result<Mark, VmError> {
        Ok(Mark(self.state_mut()?.mark()?))
    }

    /// Goes back to the mark: whole transactions are undone, with their deployments and pending events. The mark is
    /// used up.
    ///
    /// # Errors
    /// [`VmError::StaleMark`], [`VmError::Unusable`] or [`VmError::System`].
    pub fn rewind(&mut self, mark: Mark) -> Result<(), VmError> {
        self.state_mut()?.rewind(mark.0)
    }

    /// The root that [`Session::commit`] would give now.
    ///
    /// # Errors
    /// [`VmError::Unusable`] or [`VmError::System`].
    pub fn root(&mut self) -> Result<StateRoot, VmError> {
        self.state_mut()?.root()
    }

    /// Keeps what the session has made of the state.
    ///
    /// # Errors
    /// [`VmError::Unusable`] or [`VmError::System`].
    pub fn commit(mut self) -> Result<StateRoot, VmError> {
        self.state_mut()?.commit()
    }

    /// As [`commit`](Self::commit), and gives the changes, for a caller that keeps states outside the machine.
    ///
    /// # Errors
    /// [`VmError::Unusable`] or [`VmError::System`].
    pub fn commit_with_changes(mut self) -> Result<(StateRoot, StateChanges), VmError> {
        self.state_mut()?.commit_with_changes()
    }

    /// Bytes of contract memory that the session holds as long as it lives, at most: its written pages, with the
    /// copies to undo it, and the committed pages of the contracts that it has opened.
    ///
    /// # Errors
    /// [`VmError::Unusable`], [`VmError::System`], or [`VmError::MachineLimit`] when a state has too many pages.
    pub fn held_bytes(&mut self) -> Result<usize, VmError> {
        self.state_mut()?.held_bytes()
    }

    /// Tells whether a query's session has to end because too much was committed since it began. Its calls find out by
    /// themselves; a caller that keeps one waiting has to ask. The chain's own sessions have none.
    #[must_use]
    pub fn lag(&self) -> Option<Lag> {
        self.state.as_ref()?.lag().cloned()
    }

    /// Whether there is such a contract.
    #[must_use]
    pub fn exists(&self, id: &ContractId) -> bool {
        self.state.as_ref().is_some_and(|state| state.deployment(id).is_some())
    }

    /// The owner of a contract.
    #[must_use]
    pub fn owner(&self, id: &ContractId) -> Option<Vec<u8>> {
        self.state.as_ref()?.owner(id)
    }

    /// The module of a contract, as it was deployed.
    #[must_use]
    pub fn bytecode(&self, id: &ContractId) -> Option<Vec<u8>> {
        Some(self.state.as_ref()?.deployment(id)?.code.bytecode().to_vec())
    }

    /// BLAKE3 of a contract's module.
    #[must_use]
    pub fn bytecode_hash(&self, id: &ContractId) -> Option<[u8; 32]> {
        Some(self.state.as_ref()?.deployment(id)?.code.hash())
    }

    /// The functions that a contract exports, without `init`.
    #[must_use]
    pub fn functions(&self, id: &ContractId) -> Option<Vec<String>> {
        Some(self.state.as_ref()?.deployment(id)?.code.info().functions.clone())
    }

    /// The ids of all contracts, in order.
    #[must_use]
    pub fn contracts(&self) -> Vec<ContractId> {
        self.state.as_ref().map_or_else(Vec::new, |state| state.contracts())
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Option<Rules> {
        self.state.as_ref().map(|state| state.rules())
    }

    fn state_mut(&mut self) -> Result<&mut SessionState, VmError> {
        self.state.as_deref_mut().ok_or(VmError::Unusable)
    }

    fn instantiate_once(&mut self, id: ContractId) -> Result<(), VmError> {
        let state = self.state.take().ok_or(VmError::Unusable)?;
        let (state, outcome) = try_instance(state, id);
        self.state = state;
        outcome
    }

    fn call_and_feed(
        &mut self,
        contract: ContractId,
        function: &str,
        argument: &[u8],
        gas_limit: u64,
        feed: Option<Feed>,
    ) -> Result<(Receipt, Vec<Vec<u8>>), VmError> {
        if function == INIT {
            return Err(VmError::InitCalled);
        }
        self.top_level(&Request { contract, function, argument, gas_limit, deploying: false }, feed)
    }

    fn top_level(&mut self, request: &Request<'_>, feed: Option<Feed>) -> Result<(Receipt, Vec<Vec<u8>>), VmError> {
        let (argument, gas_limit) = (request.argument, request.gas_limit);
        if argument.len() > ARGUMENT_BYTES {
            return Err(VmError::ArgumentTooLong { length: argument.len() });
        }
        let mut state = self.state.take().ok_or(VmError::Unusable)?;
        state.settle()?;
        let TopLevel { session: mut state, outcome, trace, fed } = run_top_level(state, request, feed);
        let events = match &mut state {
            Some(state) if outcome.is_ok() => std::mem::take(&mut state.events),
            _ => Vec::new(),
        };
        // After a refusal of the system a rollback may be half done: such a state is not put back.
        if !matches!(outcome, Err(VmError::System(_))) {
            self.state = state;
        }
        match (outcome, trace) {
            (Ok(reply), Some(trace)) => {
                let (data, gas_spent) = (reply.data, reply.gas_spent);
                Ok((Receipt { data, gas_limit, gas_spent, events, trace }, fed))
            }
            (Ok(_), None) => Err(VmError::Unusable),
            (Err(error), trace) => {
                self.failed_trace = trace;
                Err(error)
            }
        }
    }
}

fn empty_receipt(contract: ContractId, argument: &[u8], gas_limit: u64) -> Receipt {
    let (function, argument) = (INIT.to_owned(), argument.to_vec());
    let trace = Frame {
        contract,
        function,
        argument,
        gas_limit,
        gas_spent: 0,
        outcome: Ok(()),
        reason: None,
        output: Vec::new(),
        logs: Vec::new(),
        calls: Vec::new(),
        events: Vec::new(),
        steps: Vec::new(),
    };
    Receipt { data: Vec::new(), gas_limit, gas_spent: 0, events: Vec::new(), trace }
}

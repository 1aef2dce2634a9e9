//! A session's state: the contracts it has opened, and what undoes its changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::Event;
use local_node_types::rules::Rules;

use super::code::Code;
use super::engine::Engine;
use super::guard::caught;
use super::shared::{Change, Contract, Deployment, Shared, State};
use crate::error::VmError;
use crate::limits::{
    MAX_CONTRACT_PAGES, MAX_SESSION_CONTRACTS, MAX_SESSION_MAPPINGS, MAX_SESSION_MEMORY_BYTES, MAX_STATE_PAGES,
    MachineLimit,
};
use crate::memory::{AccessError, Holder, Mapped, Memory, OpenError, PAGE_BYTES, Undo};
use crate::mocks::MockKey;
use crate::queries::Answers;
use crate::share::{Lag, Share};
use crate::state::{ContractChange, StateChanges, StateRoot, is_genesis};

/// Asked before every call from contract to contract: a refusal becomes the callee's panic.
pub type CallHook = Box<dyn Fn(&ContractId, &str, &[u8]) -> Result<(), String> + Send>;

/// Growth after which the memories are measured while a call runs, in bytes.
const MEASURED_GROWTH_BYTES: usize = 32 << 20;
/// Mappings that a memory has without any pages.
const MEMORY_MAPPINGS: usize = 2;

/// The changes of a session to a committed state. While a top-level call runs, the engine's store owns it.
pub(crate) struct SessionState {
    shared: Arc<Shared>,
    base: Arc<State>,
    rules: Rules,
    /// Where an opened contract lies in `opened`.
    places: BTreeMap<ContractId, usize>,
    opened: Vec<Opened>,
    /// Mappings that the opened contracts need at most.
    mappings: usize,
    /// Its share of the memory for queries, if it is a query.
    share: Option<Share>,
    meta: BTreeMap<String, Vec<u8>>,
    history: Option<History>,
    marks: u64,
    pub(crate) deadline: Option<Instant>,
    /// Whether nobody needs what the calls do any more.
    pub(crate) cancel: Option<Arc<AtomicBool>>,
    /// Bytes of the session's memory that the calls that run now may not take.
    pub(crate) reserved_bytes: usize,
    /// Bytes that the memories may have grown by since they were measured at a fixed point.
    unmeasured_bytes: usize,
    /// Events since the last call that succeeded.
    pub(crate) events: Vec<Event>,
    pub(crate) hook: Option<CallHook>,
}

struct Opened {
    contract: Contract,
    memory: Memory,
    /// The memory's length when it was last settled.
    length: usize,
    /// Mappings that it needs at most, where they count.
    mappings: usize,
}

/// The changes since a mark.
#[derive(Default)]
struct History {
    mark: u64,
    steps: Vec<Step>,
    /// Pages that the steps keep, as they count.
    pages: usize,
}

/// The size of a session's memories, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    /// Written pages with a copy of each.
    written: usize,
    /// Further copies.
    copies: usize,
    /// Copies of committed pages, where memories are such copies.
    opened: usize,
}

enum Step {
    Block { place: usize, undo: Undo },
    Length { place: usize, before: usize },
    Deployed(ContractId),
}

impl std::fmt::Debug for SessionState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionState").field("rules", &self.rules).field("opened", &self.places).finish_non_exhaustive()
    }
}

impl SessionState {
    pub(crate) fn new(shared: Arc<Shared>, base: Arc<State>, rules: Rules, share: Option<Share>) -> Self {
        Self {
            shared,
            base,
            rules,
            places: BTreeMap::new(),
            opened: Vec::new(),
            mappings: 0,
            share,
            meta: BTreeMap::new(),
            history: None,
            marks: 0,
            deadline: None,
            cancel: None,
            reserved_bytes: 0,
            unmeasured_bytes: 0,
            events: Vec::new(),
            hook: None,
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.shared.engine()
    }

    /// Refuses to go on when the session's deadline has passed, nobody needs its calls any more, or the machine stops.
    pub(crate) fn check_time(&self) -> Result<(), VmError> {
        let is_cancelled = self.cancel.as_ref().is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        if is_cancelled || self.shared.engine().is_interrupted() {
            return Err(VmError::Interrupted);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(VmError::TimeLimit),
            _ => Ok(()),
        }
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) fn mocks(&self) -> Option<&MockKey> {
        self.shared.mocks()
    }

    pub(crate) fn answers(&self) -> &Answers {
        self.shared.answers()
    }

    pub(crate) fn meta(&self, key: &str) -> Option<&[u8]> {
        self.meta.get(key).map(Vec::as_slice)
    }

    pub(crate) fn set_meta(&mut self, key: &str, value: Vec<u8>) {
        self.meta.insert(key.to_owned(), value);
    }

    pub(crate) fn remove_meta(&mut self, key: &str) {
        self.meta.remove(key);
    }

    /// Asks the hook whether a contract may make a call.
    pub(crate) fn ask_hook(&self, callee: &ContractId, function: &str, argument: &[u8]) -> Result<(), VmError> {
        let Some(hook) = &self.hook else { return Ok(()) };
        caught(|| hook(callee, function, argument))?.map_err(VmError::Panic)
    }

    /// Whether faults of the contracts' code are for the memories to answer.
    pub(crate) fn needs_faults(&self) -> bool {
        self.shared.backing().needs_faults()
    }

    pub(crate) fn owner(&self, id: &ContractId) -> Option<Vec<u8>> {
        self.deployment(id).map(|deployment| deployment.owner.clone())
    }

    pub(crate) fn deployment(&self, id: &ContractId) -> Option<&Deployment> {
        match self.places.get(id) {
            Some(&place) => Some(&self.opened[place].contract.deployment),
            None => self.base.contract(id).map(|contract| &*contract.deployment),
        }
    }

    pub(crate) fn contracts(&self) -> Vec<ContractId> {
        let ids: BTreeSet<_> = self.base.contracts().chain(self.places.keys()).copied().collect();
        ids.into_iter().collect()
    }

    /// The place of a contract, which is opened if need be.
    pub(crate) fn open(&mut self, id: &ContractId) -> Result<usize, VmError> {
        if let Some(&place) = self.places.get(id) {
            return Ok(place);
        }
        let contract = Contract::clone(self.base.contract(id).ok_or(VmError::NoSuchContract(*id))?);
        self.insert(*id, contract)
    }

    fn insert(&mut self, id: ContractId, contract: Contract) -> Result<usize, VmError> {
        if self.opened.len() >= MAX_SESSION_CONTRACTS {
            return Err(MachineLimit::Contracts.into());
        }
        let mappings = if is_genesis(&id) { 0 } else { MEMORY_MAPPINGS + contract.mappings() };
        if self.mappings + mappings > MAX_SESSION_MAPPINGS {
            return Err(MachineLimit::Opened.into());
        }
        let wide = contract.deployment.code.info().memory64;
        let pages = contract.pages(self.shared.backing())?;
        let holder = if self.share.is_some() { Holder::Query } else { Holder::Chain };
        let opened = Memory::open(self.shared.backing(), &pages, contract.length, wide, holder);
        let memory = opened.map_err(|error| match error {
            OpenError::Mappings => MachineLimit::QueryMappings.into(),
            OpenError::System(error) => VmError::from(error),
        })?;
        let place = self.opened.len();
        let length = contract.length;
        self.opened.push(Opened { contract, memory, length, mappings });
        self.mappings += mappings;
        self.places.insert(id, place);
        Ok(place)
    }

    /// The parts of an instance of an opened contract.
    pub(crate) fn instance_parts(&self, place: usize) -> (Arc<Code>, Arc<Mapped>) {
        let opened = &self.opened[place];
        (Arc::clone(&opened.contract.deployment.code), opened.memory.mapped())
    }

    /// The memory of an opened contract.
    pub(crate) fn memory(&mut self, place: usize) -> &mut Memory {
        &mut self.opened[place].memory
    }

    /// Adds a contract with its initial memory. The answer says whether it has an `init`, which the caller runs.
    pub(crate) fn deploy(&mut self, id: ContractId, bytecode: &[u8], owner: &[u8]) -> Result<bool, VmError> {
        if self.deployment(&id).is_some() {
            return Err(VmError::AlreadyDeployed(id));
        }
        self.settle()?;
        let code = self.shared.code(bytecode)?;
        let deployment = Deployment { code: Arc::clone(&code), owner: owner.to_vec() };
        let place = self.insert(id, Contract::new(Arc::new(deployment)))?;
        if let Some(history) = &mut self.history {
            history.steps.push(Step::Deployed(id));
        }
        let written = self.write_segments(place, &code);
        if written.is_err() {
            self.cancel_deployment(&id);
        }
        written.map(|()| code.info().has_init)
    }

    fn write_segments(&mut self, place: usize, code: &Code) -> Result<(), VmError> {
        let memory = self.memory(place);
        let pages = usize::try_from(code.info().minimum_pages).expect("the inspection bounds the memory's size");
        memory.set_length(pages * PAGE_BYTES);
        for segment in code.segments() {
            memory.initialise(segment.offset, &segment.data).map_err(|error| match error {
                AccessError::Outside => {
                    VmError::DataOutside { offset: segment.offset, length: segment.data.len() as u64 }
                }
                AccessError::System(error) => error.into(),
            })?;
        }
        self.check_memory()
    }

    /// Removes a contract whose deployment failed, with all that the history knows of it.
    pub(crate) fn cancel_deployment(&mut self, id: &ContractId) {
        if let Some(history) = &mut self.history {
            // The contract's first data follows; no earlier data is kept.
            let deployed = history.steps.iter().rposition(|step| matches!(step, Step::Deployed(other) if other == id));
            history.steps.truncate(deployed.unwrap_or(history.steps.len()));
        }
        self.remove(id);
    }

    fn remove(&mut self, id: &ContractId) {
        let Some(place) = self.places.remove(id) else { return };
        if place + 1 == self.opened.len() {
            self.mappings -= self.opened.pop().map_or(0, |opened| opened.mappings);
        } else if let Err(error) = self.opened[place].memory.clear() {
            // A place in the middle stays, because others are counted from it; its memory goes.
            tracing::debug!(%error, "the memory of a contract that is not deployed stays until its session ends");
        }
    }

    /// Notes that the memories may have grown, and measures them if that can be much.
    pub(crate) fn note_growth(&mut self, bytes: usize) -> Result<(), VmError> {
        self.unmeasured_bytes = self.unmeasured_bytes.saturating_add(bytes);
        if self.unmeasured_bytes < MEASURED_GROWTH_BYTES { Ok(()) } else { self.check_memory() }
    }

    /// Refuses to go on when the session's contracts hold more memory than a session may.
    ///
    /// It is asked at fixed points of a call: the same ones on every node, however fast it is.
    pub(crate) fn check_memory(&mut self) -> Result<(), VmError> {
        self.unmeasured_bytes = 0;
        let Measured { written, copies, opened } = self.measure()?;
        self.refuse_beyond(written + copies)?;
        self.set_share(written + copies + opened)
    }

    /// As [`check_memory`](Self::check_memory), at a moment that the clock has chosen.
    ///
    /// It looks only at what will still be held at the next fixed point: pages that are written become more until a
    /// call fails, and then the memories are measured before they are brought back. So it ends early what would end
    /// then, and decides nothing else.
    pub(crate) fn sample_memory(&mut self) -> Result<(), VmError> {
        let Measured { written, copies, opened } = self.measure()?;
        self.refuse_beyond(written)?;
        self.set_share(written + copies + opened)
    }

    /// Counts what a query holds beside the memories.
    pub(crate) fn hold_beside(&mut self, bytes: usize) -> Result<(), VmError> {
        self.share.as_mut().map_or(Ok(()), |share| share.set_other(bytes)).map_err(VmError::from)
    }

    pub(crate) fn lag(&self) -> Option<&Lag> {
        self.share.as_ref().map(Share::lag)
    }

    fn set_share(&mut self, bytes: usize) -> Result<(), VmError> {
        self.share.as_mut().map_or(Ok(()), |share| share.set_memory(bytes)).map_err(VmError::from)
    }

    fn refuse_beyond(&self, bytes: usize) -> Result<(), VmError> {
        let most = MAX_SESSION_MEMORY_BYTES - self.reserved_bytes;
        if bytes > most { Err(MachineLimit::Memory.into()) } else { Ok(()) }
    }

    /// The size of the memories, unless a state has too many pages.
    fn measure(&mut self) -> Result<Measured, VmError> {
        let copies_pages = self.shared.backing().copies_pages();
        let copies = self.history.as_ref().map_or(0, |history| history.pages) * PAGE_BYTES;
        let mut measured = Measured { copies, ..Measured::default() };
        let mut new_pages = 0;
        for (id, &place) in &self.places {
            let memory = &mut self.opened[place].memory;
            let (held, kept) = (memory.held()?, memory.kept_pages());
            measured.written += 2 * held.written * PAGE_BYTES;
            measured.copies += held.copies * PAGE_BYTES;
            measured.opened += if copies_pages { kept * PAGE_BYTES } else { 0 };
            if held.pages > kept.max(MAX_CONTRACT_PAGES) {
                return Err(MachineLimit::State.into());
            }
            new_pages += if is_genesis(id) { 0 } else { held.pages - kept };
        }
        if new_pages > 0 && self.base.pages() + new_pages > MAX_STATE_PAGES {
            return Err(MachineLimit::States.into());
        }
        Ok(measured)
    }

    /// The size of the session during its life, in bytes, with the committed pages of the contracts that it has
    /// opened. Each contract counts a page more, for what the system keeps of it.
    pub(crate) fn held_bytes(&mut self) -> Result<usize, VmError> {
        let Measured { written, copies, .. } = self.measure()?;
        let opened: usize = self.opened.iter().map(|opened| opened.memory.kept_pages() + 1).sum();
        Ok(written + copies + opened * PAGE_BYTES)
    }

    /// Takes what the calls so far have done as done, if their memory is within bounds.
    pub(crate) fn check_and_settle(&mut self) -> Result<(), VmError> {
        self.check_memory()?;
        self.settle_with(Memory::settle_as_measured)
    }

    /// Takes what the calls so far have done as done.
    pub(crate) fn settle(&mut self) -> Result<(), VmError> {
        self.settle_with(Memory::settle)
    }

    fn settle_with(
        &mut self,
        settle: impl Fn(&mut Memory, Option<&mut Vec<Undo>>) -> io::Result<usize>,
    ) -> Result<(), VmError> {
        for &place in self.places.values() {
            let Opened { memory, length, .. } = &mut self.opened[place];
            let Some(history) = &mut self.history else {
                settle(memory, None)?;
                *length = memory.length();
                continue;
            };
            let mut changes = Vec::new();
            history.pages += settle(memory, Some(&mut changes))?;
            history.steps.extend(changes.into_iter().map(|undo| Step::Block { place, undo }));
            if *length != memory.length() {
                history.steps.push(Step::Length { place, before: *length });
                *length = memory.length();
            }
        }
        Ok(())
    }

    pub(crate) fn mark(&mut self) -> Result<u64, VmError> {
        self.settle()?;
        self.marks += 1;
        self.history = Some(History { mark: self.marks, ..History::default() });
        Ok(self.marks)
    }

    pub(crate) fn rewind(&mut self, mark: u64) -> Result<(), VmError> {
        self.settle()?;
        let history = self.history.take_if(|history| history.mark == mark).ok_or(VmError::StaleMark)?;
        for step in history.steps.into_iter().rev() {
            match step {
                Step::Block { place, undo } => self.opened[place].memory.undo(undo)?,
                Step::Length { place, before } => {
                    self.opened[place].memory.set_length(before);
                    self.opened[place].length = before;
                }
                Step::Deployed(id) => self.remove(&id),
            }
        }
        self.events.clear();
        Ok(())
    }

    pub(crate) fn root(&mut self) -> Result<StateRoot, VmError> {
        self.prepare_changes()?;
        Ok(self.base.root_after(&self.changes()))
    }

    pub(crate) fn commit(&mut self) -> Result<StateRoot, VmError> {
        self.prepare_changes()?;
        let changes = self.changes();
        self.note_commit(&changes);
        let state = self.base.after(changes, self.shared.backing())?;
        Ok(self.shared.commit(state))
    }

    pub(crate) fn commit_with_changes(&mut self) -> Result<(StateRoot, StateChanges), VmError> {
        self.prepare_changes()?;
        let changes = self.changes();
        self.note_commit(&changes);
        let is_new = |id: &ContractId| self.base.contract(id).is_none();
        let data = changes.iter().map(|change| ContractChange::of(change, is_new(&change.id))).collect();
        let state = self.base.after(changes, self.shared.backing())?;
        Ok((self.shared.commit(state), StateChanges { contracts: data }))
    }

    fn note_commit(&self, changes: &[Change<'_>]) {
        let pages: usize = changes.iter().map(|change| change.pages.len()).sum();
        self.engine().shares().note_commit(pages * PAGE_BYTES);
    }

    fn prepare_changes(&mut self) -> Result<(), VmError> {
        self.settle()?;
        self.places.values().for_each(|&place| self.opened[place].memory.hash_pages());
        Ok(())
    }

    fn changes(&self) -> Vec<Change<'_>> {
        let change = |(id, &place): (&ContractId, &usize)| {
            let Opened { contract, memory, length, .. } = &self.opened[place];
            Change { id: *id, before: contract.clone(), length: *length, pages: memory.changed_pages() }
        };
        self.places.iter().map(change).collect()
    }
}

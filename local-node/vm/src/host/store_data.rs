//! The data of the engine's store: the stack of calls of one top-level call, and what its contracts may reach of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::Event;
use wasmtime::{Instance, ResourceLimiter};

use super::clock::Ticking;
use super::session_state::SessionState;
use super::trace::Trace;
use crate::abi::ARGUMENT_BYTES;
use crate::error::VmError;
use crate::limits::{
    EVENT_OVERHEAD_BYTES, FEED_OVERHEAD_BYTES, MAX_CALL_EVENT_BYTES, MAX_CALL_EVENTS, MAX_CALL_TABLE_ELEMENTS,
    MAX_FEED_BYTES, MachineLimit, RESERVED_EVENT_BYTES, RESERVED_EVENTS, TABLE_ELEMENT_BYTES,
};
use crate::memory::{AccessError, Faults, Memory, PAGE_BYTES};
use crate::module::MAX_TABLE_ELEMENTS;
use crate::queries::Argument;
use crate::state::is_genesis;

/// Data of a store: the session's state, and what lives only as long as the top-level call.
pub(crate) struct StoreData {
    pub(super) session: Box<SessionState>,
    /// Instances by the contract's place in the session's state.
    pub(super) instances: Vec<Option<Loaded>>,
    /// The contracts that are being called, from the outermost to the running one.
    pub(super) stack: Vec<Active>,
    /// The snapshots that calls on the stack would go back to, with the memory's length at that time.
    pub(super) snapshots: Vec<(usize, usize)>,
    pub(super) feed: Option<Feed>,
    pub(super) trace: Trace,
    /// Elements of the tables of all instances.
    table_elements: usize,
    /// The memories whose faults are answered, where the system needs that.
    pub(super) faults: Option<Arc<Faults>>,
    /// Bytes of the events so far.
    event_bytes: usize,
}

/// A contract's instance.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) instance: Instance,
    pub(super) memory: wasmtime::Memory,
    /// Data segments that the code has dropped.
    pub(super) dropped: BTreeSet<u32>,
    pub(super) argument_offset: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Active {
    pub(super) contract: ContractId,
    pub(super) place: usize,
    pub(super) gas_limit: u64,
    /// Where the snapshots begin that are gone back to when this call fails.
    pub(super) first_snapshot: usize,
    /// Whether it called the machine with no gas left. It may still run to its next function or loop.
    pub(super) drained: bool,
}

/// Takes the items of a feeding query as they come. `false` ends the call.
pub type FeedSink = Box<dyn FnMut(Vec<u8>) -> bool + Send>;

/// Where the items of a feeding query go.
pub(crate) enum Feed {
    /// They are kept until the call has ended.
    Kept { items: Vec<Vec<u8>>, bytes: usize },
    /// They go out at once.
    Streamed(FeedSink),
}

impl Feed {
    pub(crate) const fn kept() -> Self {
        Self::Kept { items: Vec::new(), bytes: 0 }
    }

    pub(super) fn into_items(self) -> Vec<Vec<u8>> {
        match self {
            Self::Kept { items, .. } => items,
            Self::Streamed(_) => Vec::new(),
        }
    }
}

impl ResourceLimiter for StoreData {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > MAX_TABLE_ELEMENTS {
            return Ok(false);
        }
        self.table_elements = self.table_elements.saturating_add(desired.saturating_sub(current));
        if self.table_elements > MAX_CALL_TABLE_ELEMENTS {
            return Err(VmError::from(MachineLimit::Tables).into());
        }
        self.note_held()?;
        Ok(true)
    }

    // Of these, contracts and modules have bounds of their own. The engine's would be met by a session as a whole.
    fn instances(&self) -> usize {
        usize::MAX
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}

/// The size of an event, as it is counted.
fn event_bytes(event: &Event) -> usize {
    event.topic.len() + event.data.len() + EVENT_OVERHEAD_BYTES
}

/// A point to go back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpoint {
    snapshots: usize,
    events: usize,
}

/// The longest text that the name of a function or a host query can be, in bytes. Longer ones name nothing.
const MAX_NAME_BYTES: u32 = 100_000;

impl StoreData {
    /// The data of a store in which no call has begun.
    pub(super) fn new(session: Box<SessionState>, feed: Option<Feed>) -> Self {
        let event_bytes = session.events.iter().map(event_bytes).sum();
        Self {
            session,
            instances: Vec::new(),
            stack: Vec::new(),
            snapshots: Vec::new(),
            feed,
            trace: Trace::default(),
            table_elements: 0,
            faults: None,
            event_bytes,
        }
    }

    /// Lets the clock tick for a top-level call, which does not begin when its time is up already.
    pub(super) fn start(&self) -> Result<Ticking, VmError> {
        self.session.check_time()?;
        Ok(self.session.engine().start_clock()?)
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { snapshots: self.snapshots.len(), events: self.session.events.len() }
    }

    pub(super) fn snapshot(&mut self) -> Result<(), VmError> {
        let place = self.active().place;
        let memory = self.session.memory(place);
        let length = memory.length();
        let pages = memory.snapshot()?;
        self.snapshots.push((place, length));
        self.session.note_growth(pages * PAGE_BYTES)
    }

    /// Keeps what the running call, which has succeeded, has done.
    pub(super) fn keep(&mut self, checkpoint: Checkpoint) -> Result<(), VmError> {
        let [.., caller, _] = &self.stack[..] else {
            return self.session.check_and_settle();
        };
        // From now on only the caller, or one of its callers, can fail. It goes back to the first of its snapshots of a
        // memory, so the later ones go. Otherwise they would grow with the number of calls.
        let first = caller.first_snapshot;
        for at in (checkpoint.snapshots..self.snapshots.len()).rev() {
            let (place, _) = self.snapshots[at];
            if self.snapshots[first..at].iter().any(|(earlier, _)| *earlier == place) {
                self.snapshots.remove(at);
                self.session.memory(place).forget_snapshot();
            }
        }
        Ok(())
    }

    /// Goes back to where a call began that has failed. The answer is what the failure is in the end.
    pub(super) fn revert(&mut self, checkpoint: Checkpoint, error: VmError) -> VmError {
        // The memory of the call counts, even though it is given back now.
        let measured = if error.ends_top_level_call() { Ok(()) } else { self.session.check_memory() };
        if error.ends_top_level_call() {
            // Production would have gone on: there is no receipt that these events belong to.
            self.session.events.truncate(checkpoint.events);
        }
        for event in &mut self.session.events[checkpoint.events..] {
            event.reverted = true;
        }
        while self.snapshots.len() > checkpoint.snapshots
            && let Some((place, length)) = self.snapshots.pop()
        {
            let memory = self.session.memory(place);
            if let Err(refusal) = memory.revert() {
                return refusal.into();
            }
            memory.set_length(length);
        }
        measured.err().unwrap_or(error)
    }

    pub(super) fn active(&self) -> &Active {
        self.stack.last().expect("a contract's code runs only while the contract is on the stack")
    }

    /// Notes that the running contract called the machine with no gas left.
    pub(super) fn note_drained(&mut self) {
        if let Some(active) = self.stack.last_mut() {
            active.drained = true;
        }
    }

    /// The running contract's memory.
    pub(super) fn memory(&mut self) -> &mut Memory {
        let place = self.active().place;
        self.session.memory(place)
    }

    /// The running contract's instance.
    pub(super) fn loaded_mut(&mut self) -> &mut Loaded {
        let place = self.active().place;
        self.instances[place].as_mut().expect("a contract on the stack has an instance")
    }

    fn argument_offset(&mut self) -> u64 {
        self.loaded_mut().argument_offset
    }

    /// Reads from the argument buffer.
    pub(super) fn argument(&mut self, length: u32) -> Result<Vec<u8>, VmError> {
        let offset = self.argument_offset();
        if length as usize > ARGUMENT_BYTES {
            return Err(VmError::MemoryAccess { offset, length: length.into() });
        }
        Ok(self.memory().read(offset, length as usize))
    }

    /// Reads from the argument buffer, aligned in memory as it is there. Decoding depends on it.
    pub(super) fn aligned_argument(&mut self, length: u32) -> Result<Argument, VmError> {
        let bytes = self.argument(length)?;
        let offset = self.argument_offset();
        Ok(Argument::new(&bytes, offset))
    }

    /// Writes to the argument buffer.
    pub(super) fn write_argument(&mut self, bytes: &[u8]) -> Result<(), VmError> {
        if bytes.len() > ARGUMENT_BYTES {
            return Err(VmError::ArgumentTooLong { length: bytes.len() });
        }
        let offset = self.argument_offset();
        let written = self.memory().write(offset, bytes);
        written.map_err(|error| match error {
            AccessError::Outside => VmError::MemoryAccess { offset, length: bytes.len() as u64 },
            AccessError::System(error) => error.into(),
        })
    }

    /// Reads a text of the running contract. A text that is too long for a name is cut off.
    pub(super) fn name(&mut self, offset: u64, length: u32) -> Result<String, VmError> {
        self.check(offset, length)?;
        let bytes = self.memory().read(offset, length.min(MAX_NAME_BYTES + 1) as usize);
        String::from_utf8(bytes).map_err(|_| VmError::NotUtf8)
    }

    /// Reads an id of the running contract's memory.
    pub(super) fn id(&mut self, offset: u64) -> Result<ContractId, VmError> {
        let mut id = [0; 32];
        self.check(offset, 32)?;
        id.copy_from_slice(&self.memory().read(offset, 32));
        Ok(ContractId::from_bytes(id))
    }

    /// Refuses what lies outside of the address space. As in production, the memory's length does not matter here.
    pub(super) fn check(&mut self, offset: u64, length: u32) -> Result<(), VmError> {
        let space = self.memory().space();
        match offset.checked_add(length.into()) {
            Some(end) if end <= space => Ok(()),
            _ => Err(VmError::MemoryAccess { offset, length: length.into() }),
        }
    }

    pub(super) fn read_call(
        &mut self,
        callee: u64,
        (name, name_length): (u64, u32),
        argument_length: u32,
    ) -> Result<(ContractId, String, Vec<u8>), VmError> {
        let contract = self.id(callee)?;
        self.check(name, name_length)?;
        let argument = self.argument(argument_length)?;
        Ok((contract, self.name(name, name_length)?, argument))
    }

    /// Tells the running contract of a failure: a code, and a panic's text in the argument buffer.
    pub(super) fn answer_error(&mut self, error: &VmError) -> Result<i32, VmError> {
        Ok(match error {
            VmError::Panic(text) => {
                let text = &text.as_bytes()[..text.len().min(ARGUMENT_BYTES - 4)];
                let length = u32::try_from(text.len()).expect("the argument buffer is shorter than 4 GiB");
                self.write_argument(&[&length.to_le_bytes(), text].concat())?;
                -1
            }
            VmError::OutOfGas => -2,
            VmError::NoSuchContract(_) => -3,
            _ => i32::MIN,
        })
    }

    /// Counts an event before its topic and data are read.
    pub(super) fn count_event(&mut self, topic_length: u32, data_length: u32) -> Result<(), VmError> {
        // The chain's own calls about a transaction must not fail because of the events of the transaction.
        let by_chain = self.stack.len() == 1 && is_genesis(&self.active().contract);
        let (more_events, more_bytes) = if by_chain { (RESERVED_EVENTS, RESERVED_EVENT_BYTES) } else { (0, 0) };
        if self.session.events.len() >= MAX_CALL_EVENTS + more_events {
            return Err(MachineLimit::Events.into());
        }
        let bytes = topic_length as usize + data_length as usize + EVENT_OVERHEAD_BYTES;
        self.event_bytes = self.event_bytes.saturating_add(bytes);
        if self.event_bytes > MAX_CALL_EVENT_BYTES + more_bytes {
            return Err(MachineLimit::EventBytes.into());
        }
        self.note_held()
    }

    /// Counts what the call holds beside the memories of its contracts.
    fn note_held(&mut self) -> Result<(), VmError> {
        let fed_bytes = match &self.feed {
            Some(Feed::Kept { bytes, .. }) => *bytes,
            _ => 0,
        };
        self.session.hold_beside(self.event_bytes + fed_bytes + self.table_elements * TABLE_ELEMENT_BYTES)
    }

    /// Emits an event of the running contract.
    pub(super) fn emit(&mut self, topic: String, data: Vec<u8>) {
        let source = self.active().contract;
        self.trace.emit(&topic, &data);
        self.session.events.push(Event { source, topic, data, reverted: false });
    }

    /// Logs a line of the running contract.
    pub(super) fn log(&mut self, line: String) {
        self.trace.log(line);
    }

    /// Takes an item of a feeding query.
    pub(super) fn feed(&mut self, item: Vec<u8>) -> Result<(), VmError> {
        match self.feed.as_mut().ok_or(VmError::MissingFeed)? {
            Feed::Kept { items, bytes } => {
                *bytes += item.len() + FEED_OVERHEAD_BYTES;
                if *bytes > MAX_FEED_BYTES {
                    return Err(MachineLimit::Feed.into());
                }
                items.push(item);
                self.note_held()
            }
            Feed::Streamed(sink) => sink(item).then_some(()).ok_or(VmError::FeedStopped),
        }
    }

    /// Gas given to the running call.
    pub(super) fn gas_limit(&self) -> u64 {
        self.active().gas_limit
    }

    /// The running contract.
    pub(super) fn self_id(&self) -> ContractId {
        self.active().contract
    }

    /// The callers of the running contract, from the direct one outwards.
    pub(super) fn callers(&self) -> impl Iterator<Item = ContractId> + '_ {
        self.stack.iter().rev().skip(1).map(|active| active.contract)
    }
}

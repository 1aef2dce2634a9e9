//! The stack of calls of one top-level call, and the rules by which calls nest.

use std::collections::BTreeSet;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{Event, Frame};
use wasmtime::{AsContextMut, Caller, Instance, ResourceLimiter, Store, UpdateDeadline};

use super::{Ticking, Trace, caught};
use crate::genesis::is_genesis;
use crate::limits::TABLE_ELEMENT_BYTES;
use crate::memory::{AccessError, Faults, Memory, PAGE_BYTES, answer_faults, offer_to_engine};
use crate::module::{INIT, MAX_TABLE_ELEMENTS};
use crate::session::Working;
use crate::{
    ARGUMENT_BYTES, EVENT_OVERHEAD_BYTES, FEED_OVERHEAD_BYTES, MAX_CALL_DEPTH, MAX_CALL_EVENT_BYTES, MAX_CALL_EVENTS,
    MAX_CALL_TABLE_ELEMENTS, MAX_FEED_BYTES, MachineLimit, RESERVED_EVENT_BYTES, RESERVED_EVENTS, VmError,
};

/// Percentage of the remaining gas that a callee gets when no limit is given.
const PASSED_GAS_PERCENT: u64 = 93;

/// What a store carries: the session's working set, and what lives only as long as the top-level call.
pub(crate) struct Env {
    pub(crate) working: Box<Working>,
    /// Instances by the contract's place in the working set.
    instances: Vec<Option<Loaded>>,
    /// The contracts that are being called, from the outermost to the running one.
    stack: Vec<Active>,
    /// The snapshots that calls on the stack would go back to, with the memory's length at that time.
    snapshots: Vec<(usize, usize)>,
    feed: Option<Feed>,
    trace: Trace,
    /// Elements of the tables of all instances.
    table_elements: usize,
    /// The memories whose faults are answered, where the system needs that.
    faults: Option<Arc<Faults>>,
    /// Bytes of the events so far.
    event_bytes: usize,
}

/// A contract's instance.
#[derive(Debug)]
pub(super) struct Loaded {
    instance: Instance,
    pub(super) memory: wasmtime::Memory,
    /// Data segments that the code has dropped.
    pub(super) dropped: BTreeSet<u32>,
    argument_offset: u64,
}

#[derive(Debug, Clone, Copy)]
struct Active {
    contract: ContractId,
    place: usize,
    gas_limit: u64,
    /// Where the snapshots begin that are gone back to when this call fails.
    first_snapshot: usize,
    /// Whether it called the machine with no gas left. It may still run to its next function or loop.
    drained: bool,
}

/// A call to make.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) contract: ContractId,
    pub(crate) function: &'a str,
    pub(crate) argument: &'a [u8],
    pub(crate) gas_limit: u64,
    /// Whether this is the one call of `init`, at deployment.
    pub(crate) deploying: bool,
}

/// What a call gave back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) data: Vec<u8>,
    pub(crate) gas_spent: u64,
}

/// What came of a top-level call.
pub(crate) struct TopLevel {
    /// Absent where a panic may have left it half changed.
    pub(crate) working: Option<Box<Working>>,
    pub(crate) outcome: Result<Reply, VmError>,
    pub(crate) trace: Option<Frame>,
    pub(crate) fed: Vec<Vec<u8>>,
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

    fn into_items(self) -> Vec<Vec<u8>> {
        match self {
            Self::Kept { items, .. } => items,
            Self::Streamed(_) => Vec::new(),
        }
    }
}

impl ResourceLimiter for Env {
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

/// Makes an instance of a contract and drops it, as a deployment without `init` does.
pub(crate) fn try_instance(working: Box<Working>, contract: ContractId) -> (Option<Box<Working>>, Result<(), VmError>) {
    let mut store = new_store(working, None);
    let outcome = caught(|| {
        let _ticking = store.data().start()?;
        let place = store.data_mut().working.open(&contract)?;
        load(&mut store, place)
    });
    let panicked = outcome.is_err();
    let working = store.into_data().working;
    ((!panicked).then_some(working), outcome.and_then(|outcome| outcome))
}

/// Runs a call that the host makes. On failure nothing of it remains but its events, marked as reverted.
pub(crate) fn run_top_level(working: Box<Working>, request: &Request<'_>, feed: Option<Feed>) -> TopLevel {
    let mut store = new_store(working, feed);
    let outcome = caught(|| {
        let _ticking = store.data().start()?;
        call(&mut store, request)
    });
    let mut env = store.into_data();
    // What the call held is gone, or in its answer. Less is never refused.
    let _ = env.working.hold_beside(0);
    let fed = env.feed.map_or_else(Vec::new, Feed::into_items);
    // A panic in a function that contracts import is caught there. One that comes this far is the machine's own.
    let working = outcome.is_ok().then_some(env.working);
    TopLevel { working, outcome: outcome.and_then(|outcome| outcome), trace: env.trace.finish(), fed }
}

/// What an event counts.
fn event_bytes(event: &Event) -> usize {
    event.topic.len() + event.data.len() + EVENT_OVERHEAD_BYTES
}

fn new_store(working: Box<Working>, feed: Option<Feed>) -> Store<Env> {
    let engine = working.machine().engine().clone();
    let needs_faults = working.needs_faults();
    let event_bytes = working.events.iter().map(event_bytes).sum();
    let env = Env {
        working,
        instances: Vec::new(),
        stack: Vec::new(),
        snapshots: Vec::new(),
        feed,
        trace: Trace::default(),
        table_elements: 0,
        faults: None,
        event_bytes,
    };
    let mut store = Store::new(&engine, env);
    if needs_faults {
        store.data_mut().faults = Some(answer_faults(&mut store));
    }
    store.limiter(|env| env);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        let working = &mut context.data_mut().working;
        working.check_time()?;
        working.sample_memory()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

/// Runs a call. On failure its whole subtree is undone.
fn call<C: AsContextMut<Data = Env>>(mut context: C, request: &Request<'_>) -> Result<Reply, VmError> {
    let checkpoint = context.as_context().data().checkpoint();
    enter(&mut context, request)?;
    complete(&mut context, request, checkpoint)
}

/// Runs the call that was entered last, and takes it off the stack.
fn complete<C: AsContextMut<Data = Env>>(
    context: &mut C,
    request: &Request<'_>,
    checkpoint: Checkpoint,
) -> Result<Reply, VmError> {
    let outcome = run(context, request);
    let mut context = context.as_context_mut();
    let env = context.data_mut();
    let outcome = match outcome.and_then(|reply| env.keep(checkpoint).map(|()| reply)) {
        Ok(reply) => Ok(reply),
        Err(error) => Err(env.revert(checkpoint, error)),
    };
    let (spent, result) = match &outcome {
        Ok(reply) => (reply.gas_spent, Ok(reply.data.as_slice())),
        Err(error) => (request.gas_limit, Err(error)),
    };
    env.stack.pop();
    env.trace.leave(spent, result);
    outcome
}

/// Puts the callee on the stack, with an instance of it.
fn enter<C: AsContextMut<Data = Env>>(context: &mut C, request: &Request<'_>) -> Result<(), VmError> {
    let mut context = context.as_context_mut();
    let env = context.data_mut();
    if env.stack.len() >= MAX_CALL_DEPTH {
        return Err(VmError::TooDeep);
    }
    let place = env.working.open(&request.contract)?;
    if env.instances.get(place).is_none_or(Option::is_none) {
        load(&mut context, place)?;
    }
    let env = context.data_mut();
    env.stack.push(Active {
        contract: request.contract,
        place,
        gas_limit: request.gas_limit,
        first_snapshot: env.snapshots.len(),
        drained: false,
    });
    env.trace.enter(request.contract, request.function, request.argument, request.gas_limit);
    Ok(())
}

/// Makes the instance of a contract. This costs no gas.
fn load<C: AsContextMut<Data = Env>>(context: &mut C, place: usize) -> Result<(), VmError> {
    let mut context = context.as_context_mut();
    let (code, mapped) = context.data().working.instance_parts(place);
    let gas = context.get_fuel().map_err(VmError::Engine)?;
    context.set_fuel(u64::MAX).map_err(VmError::Engine)?;
    if let Some(faults) = &context.data().faults {
        faults.add(Arc::clone(&mapped));
    }
    offer_to_engine(mapped);
    let instance = code.instance().instantiate(&mut context);
    context.set_fuel(gas).map_err(VmError::Engine)?;
    let instance = instance.map_err(VmError::from_engine)?;
    let info = code.info();
    let memory = instance
        .get_memory(&mut context, &info.memory_export)
        .expect("the module exports its memory under this name: it was inspected");
    let instances = &mut context.data_mut().instances;
    if instances.len() <= place {
        instances.resize_with(place + 1, || None);
    }
    let argument_offset = info.argument_offset;
    instances[place] = Some(Loaded { instance, memory, dropped: BTreeSet::new(), argument_offset });
    Ok(())
}

/// Runs the function of the contract on top of the stack.
fn run<C: AsContextMut<Data = Env>>(context: &mut C, request: &Request<'_>) -> Result<Reply, VmError> {
    let mut context = context.as_context_mut();
    let env = context.data_mut();
    env.snapshot()?;
    if request.function == INIT && !request.deploying {
        return Err(VmError::InitCalled);
    }
    env.write_argument(request.argument)?;
    let instance = env.loaded_mut().instance;
    let function = instance
        .get_typed_func::<u32, i32>(&mut context, request.function)
        .map_err(|_| VmError::NoSuchFunction { contract: request.contract, function: request.function.to_owned() })?;
    context.set_fuel(request.gas_limit).map_err(VmError::Engine)?;
    let length = u32::try_from(request.argument.len()).expect("the argument was written to its buffer");
    let returned = function.call(&mut context, length);
    let gas_left = context.get_fuel().map_err(VmError::Engine)?;
    let length = match returned {
        Ok(length) => length.cast_unsigned(),
        Err(error) => {
            // As in production, what ends with no gas left has run out of gas, whatever it was. A bulk operator that
            // traps is special: it is a call only here, and calls make the engine write the gas counter back. What
            // counts is the counter at the call before.
            let stays = match error.downcast_ref() {
                Some(VmError::Trap(_)) => !context.data().active().drained,
                Some(error) => error.ends_top_level_call(),
                None => false,
            };
            let error = VmError::from_engine(error);
            return Err(if gas_left > 0 || stays { error } else { VmError::OutOfGas });
        }
    };
    let data = context.data_mut().argument(length)?;
    Ok(Reply { data, gas_spent: request.gas_limit - gas_left })
}

/// The gas left to a contract that calls the machine.
pub(super) fn gas_left(caller: &mut Caller<'_, Env>) -> wasmtime::Result<u64> {
    let gas = caller.get_fuel()?;
    if gas == 0 {
        caller.data_mut().note_drained();
    }
    Ok(gas)
}

/// Gas that a callee gets.
fn passed_gas(requested: u64, remaining: u64) -> u64 {
    if requested > 0 && requested < remaining {
        requested
    } else {
        remaining / 100 * PASSED_GAS_PERCENT + remaining % 100 * PASSED_GAS_PERCENT / 100
    }
}

/// The import `c`: a contract calls a contract. Failures of the callee are answers here, not errors.
pub(super) fn call_from_contract(
    caller: &mut Caller<'_, Env>,
    callee: u64,
    (name, name_length): (u64, u32),
    argument_length: u32,
    gas_limit: u64,
) -> wasmtime::Result<i32> {
    let remaining = gas_left(caller)?;
    let gas_limit = passed_gas(gas_limit, remaining);
    let env = caller.data_mut();
    env.working.check_time()?;
    let parsed = env.read_call(callee, (name, name_length), argument_length);
    let (contract, function, argument) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Ok(env.answer_error(&error)?),
    };
    if let Err(refusal) = env.working.ask_hook(&contract, &function, &argument) {
        return Ok(env.answer_error(&refusal)?);
    }
    let checkpoint = env.checkpoint();
    let request = Request { contract, function: &function, argument: &argument, gas_limit, deploying: false };
    match enter(caller, &request) {
        Err(error) if error.ends_top_level_call() => return Err(error.into()),
        Err(error) => return Ok(caller.data_mut().answer_error(&error)?),
        Ok(()) => {}
    }
    match complete(caller, &request, checkpoint) {
        Ok(reply) => {
            caller.set_fuel(remaining - reply.gas_spent)?;
            caller.data_mut().write_argument(&reply.data)?;
            Ok(i32::try_from(reply.data.len()).expect("a reply fits into the argument buffer"))
        }
        // Where the system refuses memory, going on would mean going on with half a rollback. Where time is up or nobody
        // listens any more, it would be for nothing.
        Err(error) if error.ends_top_level_call() => Err(error.into()),
        Err(error) => {
            caller.set_fuel(remaining - gas_limit)?;
            Ok(caller.data_mut().answer_error(&error)?)
        }
    }
}

/// A point to go back to.
#[derive(Debug, Clone, Copy)]
struct Checkpoint {
    snapshots: usize,
    events: usize,
}

/// The longest text that the name of a function or a host query can be, in bytes. Longer ones name nothing.
const MAX_NAME_BYTES: u32 = 100_000;

impl Env {
    /// Lets the clock tick for a top-level call, which does not begin when its time is up already.
    fn start(&self) -> Result<Ticking, VmError> {
        self.working.check_time()?;
        Ok(self.working.machine().start_clock()?)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { snapshots: self.snapshots.len(), events: self.working.events.len() }
    }

    fn snapshot(&mut self) -> Result<(), VmError> {
        let place = self.active().place;
        let memory = self.working.memory(place);
        let length = memory.length();
        let pages = memory.snapshot()?;
        self.snapshots.push((place, length));
        self.working.note_growth(pages * PAGE_BYTES)
    }

    /// Keeps what the running call, which has succeeded, has done.
    fn keep(&mut self, checkpoint: Checkpoint) -> Result<(), VmError> {
        let [.., caller, _] = &self.stack[..] else {
            return self.working.check_and_settle();
        };
        // From now on only the caller, or one of its callers, can fail. It goes back to the first of its snapshots of a
        // memory, so the later ones go. Otherwise they would grow with the number of calls.
        let first = caller.first_snapshot;
        for at in (checkpoint.snapshots..self.snapshots.len()).rev() {
            let (place, _) = self.snapshots[at];
            if self.snapshots[first..at].iter().any(|(earlier, _)| *earlier == place) {
                self.snapshots.remove(at);
                self.working.memory(place).forget_snapshot();
            }
        }
        Ok(())
    }

    /// Goes back to where a call began that has failed. The answer is what the failure is in the end.
    fn revert(&mut self, checkpoint: Checkpoint, error: VmError) -> VmError {
        // What the call held counts, even though it is given back now.
        let measured = if error.ends_top_level_call() { Ok(()) } else { self.working.check_memory() };
        if error.ends_top_level_call() {
            // Production would have gone on: there is no receipt that these events belong to.
            self.working.events.truncate(checkpoint.events);
        }
        for event in &mut self.working.events[checkpoint.events..] {
            event.reverted = true;
        }
        while self.snapshots.len() > checkpoint.snapshots
            && let Some((place, length)) = self.snapshots.pop()
        {
            let memory = self.working.memory(place);
            if let Err(refusal) = memory.revert() {
                return refusal.into();
            }
            memory.set_length(length);
        }
        measured.err().unwrap_or(error)
    }

    fn active(&self) -> &Active {
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
        self.working.memory(place)
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
    pub(super) fn aligned_argument(&mut self, length: u32) -> Result<crate::queries::Argument, VmError> {
        let bytes = self.argument(length)?;
        let offset = self.argument_offset();
        Ok(crate::queries::Argument::new(&bytes, offset))
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

    /// Reads a text of the running contract. What is too long to name anything is cut off.
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

    fn read_call(
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
    fn answer_error(&mut self, error: &VmError) -> Result<i32, VmError> {
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
        // What the chain calls to tell of a transaction must not fail because of what the transaction has told already.
        let by_chain = self.stack.len() == 1 && is_genesis(&self.active().contract);
        let (more_events, more_bytes) = if by_chain { (RESERVED_EVENTS, RESERVED_EVENT_BYTES) } else { (0, 0) };
        if self.working.events.len() >= MAX_CALL_EVENTS + more_events {
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
        self.working.hold_beside(self.event_bytes + fed_bytes + self.table_elements * TABLE_ELEMENT_BYTES)
    }

    /// Emits an event of the running contract.
    pub(super) fn emit(&mut self, topic: String, data: Vec<u8>) {
        let source = self.active().contract;
        self.trace.emit(&topic, &data);
        self.working.events.push(Event { source, topic, data, reverted: false });
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

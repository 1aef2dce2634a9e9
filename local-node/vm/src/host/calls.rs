//! The rules by which calls nest, and the way of one top-level call through the engine.

use std::collections::BTreeSet;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::Frame;
use wasmtime::{AsContextMut, Caller, Store, UpdateDeadline};

use super::caught;
use super::session_state::SessionState;
use super::store_data::{Active, Checkpoint, Feed, Loaded, StoreData};
use crate::abi::MAX_CALL_DEPTH;
use crate::error::VmError;
use crate::memory::{answer_faults, offer_to_engine};
use crate::module::INIT;

/// Percentage of the remaining gas that a callee gets when no limit is given.
const PASSED_GAS_PERCENT: u64 = 93;

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

/// The result of a call.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) data: Vec<u8>,
    pub(crate) gas_spent: u64,
}

/// The result of a top-level call.
pub(crate) struct TopLevel {
    /// Absent where a panic may have left it half changed.
    pub(crate) session: Option<Box<SessionState>>,
    pub(crate) outcome: Result<Reply, VmError>,
    pub(crate) trace: Option<Frame>,
    pub(crate) fed: Vec<Vec<u8>>,
}

/// Makes an instance of a contract and drops it, as a deployment without `init` does.
pub(crate) fn try_instance(
    session: Box<SessionState>,
    contract: ContractId,
) -> (Option<Box<SessionState>>, Result<(), VmError>) {
    let mut store = new_store(session, None);
    let outcome = caught(|| {
        let _ticking = store.data().start()?;
        let place = store.data_mut().session.open(&contract)?;
        load(&mut store, place)
    });
    let panicked = outcome.is_err();
    let session = store.into_data().session;
    ((!panicked).then_some(session), outcome.and_then(|outcome| outcome))
}

/// Runs a call that the host makes. On failure nothing of it remains but its events, marked as reverted.
pub(crate) fn run_top_level(session: Box<SessionState>, request: &Request<'_>, feed: Option<Feed>) -> TopLevel {
    let mut store = new_store(session, feed);
    let outcome = caught(|| {
        let _ticking = store.data().start()?;
        call(&mut store, request)
    });
    let mut data = store.into_data();
    // The memory of the call is free again, or in its answer. A smaller share is never refused.
    let _ = data.session.hold_beside(0);
    let fed = data.feed.map_or_else(Vec::new, Feed::into_items);
    // A panic in a function that contracts import is caught there. One that comes this far is the machine's own.
    let session = outcome.is_ok().then_some(data.session);
    TopLevel { session, outcome: outcome.and_then(|outcome| outcome), trace: data.trace.finish(), fed }
}

fn new_store(session: Box<SessionState>, feed: Option<Feed>) -> Store<StoreData> {
    let engine = session.engine().wasm().clone();
    let needs_faults = session.needs_faults();
    let mut store = Store::new(&engine, StoreData::new(session, feed));
    if needs_faults {
        store.data_mut().faults = Some(answer_faults(&mut store));
    }
    store.limiter(|data| data);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        let session = &mut context.data_mut().session;
        session.check_time()?;
        session.sample_memory()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

/// Runs a call. On failure its whole subtree is undone.
fn call<C: AsContextMut<Data = StoreData>>(mut context: C, request: &Request<'_>) -> Result<Reply, VmError> {
    let checkpoint = context.as_context().data().checkpoint();
    enter(&mut context, request)?;
    complete(&mut context, request, checkpoint)
}

/// Runs the call that was entered last, and takes it off the stack.
fn complete<C: AsContextMut<Data = StoreData>>(
    context: &mut C,
    request: &Request<'_>,
    checkpoint: Checkpoint,
) -> Result<Reply, VmError> {
    let outcome = run(context, request);
    let mut context = context.as_context_mut();
    let data = context.data_mut();
    let outcome = match outcome.and_then(|reply| data.keep(checkpoint).map(|()| reply)) {
        Ok(reply) => Ok(reply),
        Err(error) => Err(data.revert(checkpoint, error)),
    };
    let (spent, result) = match &outcome {
        Ok(reply) => (reply.gas_spent, Ok(reply.data.as_slice())),
        Err(error) => (request.gas_limit, Err(error)),
    };
    data.stack.pop();
    data.trace.leave(spent, result);
    outcome
}

/// Puts the callee on the stack, with an instance of it.
fn enter<C: AsContextMut<Data = StoreData>>(context: &mut C, request: &Request<'_>) -> Result<(), VmError> {
    let mut context = context.as_context_mut();
    let data = context.data_mut();
    if data.stack.len() >= MAX_CALL_DEPTH {
        return Err(VmError::TooDeep);
    }
    let place = data.session.open(&request.contract)?;
    if data.instances.get(place).is_none_or(Option::is_none) {
        load(&mut context, place)?;
    }
    let data = context.data_mut();
    data.stack.push(Active {
        contract: request.contract,
        place,
        gas_limit: request.gas_limit,
        first_snapshot: data.snapshots.len(),
        drained: false,
    });
    data.trace.enter(request.contract, request.function, request.argument, request.gas_limit);
    Ok(())
}

/// Makes the instance of a contract. This costs no gas.
fn load<C: AsContextMut<Data = StoreData>>(context: &mut C, place: usize) -> Result<(), VmError> {
    let mut context = context.as_context_mut();
    let (code, mapped) = context.data().session.instance_parts(place);
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
fn run<C: AsContextMut<Data = StoreData>>(context: &mut C, request: &Request<'_>) -> Result<Reply, VmError> {
    let mut context = context.as_context_mut();
    let data = context.data_mut();
    data.snapshot()?;
    if request.function == INIT && !request.deploying {
        return Err(VmError::InitCalled);
    }
    data.write_argument(request.argument)?;
    let instance = data.loaded_mut().instance;
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
            // As in production, a call that ends with no gas left has run out of gas, for any cause. A bulk operator
            // that traps is special: it is a call only here, and calls make the engine write the gas counter back.
            // The valid count is the one at the call before.
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
pub(super) fn gas_left(caller: &mut Caller<'_, StoreData>) -> wasmtime::Result<u64> {
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
    caller: &mut Caller<'_, StoreData>,
    callee: u64,
    (name, name_length): (u64, u32),
    argument_length: u32,
    gas_limit: u64,
) -> wasmtime::Result<i32> {
    let remaining = gas_left(caller)?;
    let gas_limit = passed_gas(gas_limit, remaining);
    let data = caller.data_mut();
    data.session.check_time()?;
    let parsed = data.read_call(callee, (name, name_length), argument_length);
    let (contract, function, argument) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Ok(data.answer_error(&error)?),
    };
    if let Err(refusal) = data.session.ask_hook(&contract, &function, &argument) {
        return Ok(data.answer_error(&refusal)?);
    }
    let checkpoint = data.checkpoint();
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
        // Where the system refuses memory, going on would mean going on with half a rollback. Where time is up or
        // nobody listens any more, it would be for nothing.
        Err(error) if error.ends_top_level_call() => Err(error.into()),
        Err(error) => {
            caller.set_fuel(remaining - gas_limit)?;
            Ok(caller.data_mut().answer_error(&error)?)
        }
    }
}

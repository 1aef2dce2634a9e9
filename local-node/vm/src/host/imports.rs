//! The functions that contracts import (the book, "The virtual machine", section "Imports"). Pointers are as wide as
//! the memory's addresses; all else is the same for both widths.
//!
//! A panic in one of them fails the call ([`guarded`]). `c` alone is not caught here: a panic in it may leave a
//! rollback half done, so the whole top-level call ends and its session with it.

use dusk_core::abi::{CONTRACT_ID_BYTES, ContractId};
use wasmtime::{Caller, Linker, Result};

use super::calls::{call_from_contract, gas_left};
use super::guard::guarded;
use super::store_data::StoreData;
use crate::abi::ARGUMENT_BYTES;
use crate::error::VmError;
use crate::module::{HOST, LOG};
use crate::queries::{Query, encoded};

/// Gas for each byte of an event's topic and data.
const EVENT_BYTE_GAS: u64 = 4;

type Host<'a> = Caller<'a, StoreData>;

pub(super) fn link_32(linker: &mut Linker<StoreData>) -> Result<()> {
    link_common(linker)?;
    linker.func_wrap(HOST, "c", |mut host: Host<'_>, id: u32, name: u32, name_len: u32, arg_len: u32, gas: u64| {
        call_from_contract(&mut host, id.into(), (name.into(), name_len), arg_len, gas)
    })?;
    linker.func_wrap(HOST, "hq", |host: Host<'_>, name: u32, name_len: u32, arg_len: u32| {
        guarded(|| host_query(host, name.into(), name_len, arg_len))
    })?;
    linker.func_wrap(HOST, "hd", |host: Host<'_>, name: u32, name_len: u32| {
        guarded(|| host_data(host, name.into(), name_len))
    })?;
    linker.func_wrap(HOST, "emit", |host: Host<'_>, topic: u32, topic_len: u32, arg_len: u32| {
        guarded(|| emit(host, topic.into(), topic_len, arg_len))
    })?;
    linker.func_wrap(HOST, "owner", |host: Host<'_>, id: u32| guarded(|| owner(host, id.into())))?;
    Ok(())
}

pub(super) fn link_64(linker: &mut Linker<StoreData>) -> Result<()> {
    link_common(linker)?;
    linker.func_wrap(HOST, "c", |mut host: Host<'_>, id: u64, name: u64, name_len: u32, arg_len: u32, gas: u64| {
        call_from_contract(&mut host, id, (name, name_len), arg_len, gas)
    })?;
    linker.func_wrap(HOST, "hq", |host: Host<'_>, name: u64, name_len: u32, arg_len: u32| {
        guarded(|| host_query(host, name, name_len, arg_len))
    })?;
    linker.func_wrap(HOST, "hd", |host: Host<'_>, name: u64, name_len: u32| {
        guarded(|| host_data(host, name, name_len))
    })?;
    linker.func_wrap(HOST, "emit", |host: Host<'_>, topic: u64, topic_len: u32, arg_len: u32| {
        guarded(|| emit(host, topic, topic_len, arg_len))
    })?;
    linker.func_wrap(HOST, "owner", |host: Host<'_>, id: u64| guarded(|| owner(host, id)))?;
    Ok(())
}

fn link_common(linker: &mut Linker<StoreData>) -> Result<()> {
    linker.func_wrap(HOST, "feed", |host: Host<'_>, arg_len: u32| guarded(|| feed(host, arg_len)))?;
    linker.func_wrap(HOST, "limit", |host: Host<'_>| guarded(|| limit(host)))?;
    linker.func_wrap(HOST, "spent", |host: Host<'_>| guarded(|| spent(host)))?;
    linker.func_wrap(HOST, "caller", |host: Host<'_>| guarded(|| caller(host)))?;
    linker.func_wrap(HOST, "callstack", |host: Host<'_>| guarded(|| callstack(host)))?;
    linker.func_wrap(HOST, "self_id", |host: Host<'_>| guarded(|| self_id(host)))?;
    linker.func_wrap(HOST, "panic", |host: Host<'_>, arg_len: u32| guarded(|| panic(host, arg_len)))?;
    linker.func_wrap(HOST, LOG, |host: Host<'_>, arg_len: u32| guarded(|| log(host, arg_len)))?;
    Ok(())
}

fn host_query(mut host: Host<'_>, name: u64, name_len: u32, arg_len: u32) -> Result<u32> {
    let remaining = gas_left(&mut host)?;
    let data = host.data_mut();
    data.session.check_time()?;
    data.check(name, name_len)?;
    let argument = data.aligned_argument(arg_len)?;
    let name = data.name(name, name_len)?;
    let rules = data.session.rules();
    let query = Query::named(&name, rules).ok_or(VmError::MissingHostQuery(name))?;
    let Some(left) = remaining.checked_sub(query.price(&argument, rules)) else {
        host.set_fuel(0)?;
        return Err(VmError::OutOfGas.into());
    };
    host.set_fuel(left)?;
    let data = host.data_mut();
    let answer = match data.session.mocks() {
        Some(key) if query.is_mocked(&argument, key) => encoded(&true),
        _ => query.answer(&argument, rules, data.session.answers())?,
    };
    data.write_argument(&answer)?;
    Ok(length_of(&answer))
}

fn host_data(mut host: Host<'_>, name: u64, name_len: u32) -> Result<u32> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let name = data.name(name, name_len)?;
    let value = data.session.meta(&name).map(<[u8]>::to_vec).unwrap_or_default();
    data.write_argument(&value)?;
    Ok(length_of(&value))
}

fn emit(mut host: Host<'_>, topic: u64, topic_len: u32, arg_len: u32) -> Result<()> {
    let remaining = gas_left(&mut host)?;
    let data = host.data_mut();
    data.check(topic, topic_len)?;
    let content = data.argument(arg_len)?;
    let price = EVENT_BYTE_GAS * (u64::from(topic_len) + u64::from(arg_len));
    let Some(left) = remaining.checked_sub(price) else {
        host.set_fuel(0)?;
        return Err(VmError::OutOfGas.into());
    };
    host.set_fuel(left)?;
    let data = host.data_mut();
    data.count_event(topic_len, arg_len)?;
    let topic = data.memory().read(topic, topic_len as usize);
    let topic = String::from_utf8(topic).map_err(|_| VmError::NotUtf8)?;
    data.emit(topic, content);
    Ok(())
}

fn limit(mut host: Host<'_>) -> Result<u64> {
    gas_left(&mut host)?;
    Ok(host.data().gas_limit())
}

fn spent(mut host: Host<'_>) -> Result<u64> {
    let left = gas_left(&mut host)?;
    Ok(host.data().gas_limit() - left)
}

fn feed(mut host: Host<'_>, arg_len: u32) -> Result<()> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let item = data.argument(arg_len)?;
    Ok(data.feed(item)?)
}

fn panic(mut host: Host<'_>, arg_len: u32) -> Result<()> {
    gas_left(&mut host)?;
    let text = host.data_mut().argument(arg_len)?;
    Err(String::from_utf8(text).map_or(VmError::NotUtf8, VmError::Panic).into())
}

/// Costs no more than the call, as in production's builds for debugging.
fn log(mut host: Host<'_>, arg_len: u32) -> Result<()> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let line = String::from_utf8(data.argument(arg_len)?).map_err(|_| VmError::NotUtf8)?;
    data.log(line);
    Ok(())
}

fn caller(mut host: Host<'_>) -> Result<i32> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let Some(caller) = data.callers().next() else {
        return Ok(0);
    };
    data.write_argument(caller.as_bytes())?;
    Ok(1)
}

fn callstack(mut host: Host<'_>) -> Result<u32> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let ids: Vec<u8> = data.callers().flat_map(ContractId::to_bytes).collect();
    debug_assert!(ids.len() <= ARGUMENT_BYTES, "the depth of calls is bounded");
    data.write_argument(&ids)?;
    Ok(length_of(&ids) / u32::try_from(CONTRACT_ID_BYTES).expect("an id has 32 bytes"))
}

fn self_id(mut host: Host<'_>) -> Result<()> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let id = data.self_id();
    Ok(data.write_argument(id.as_bytes())?)
}

/// The answer is the owner's length, and 0 where there is no such contract.
fn owner(mut host: Host<'_>, id: u64) -> Result<u32> {
    gas_left(&mut host)?;
    let data = host.data_mut();
    let asked = data.id(id)?;
    let contract = if id == 0 { data.self_id() } else { asked };
    let Some(owner) = data.session.owner(&contract) else {
        return Ok(0);
    };
    data.write_argument(&owner)?;
    Ok(length_of(&owner))
}

fn length_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("what was written to the argument buffer is shorter than 4 GiB")
}

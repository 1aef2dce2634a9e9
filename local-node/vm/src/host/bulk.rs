//! Functions that stand for bulk memory operators (see [`crate::module::prepare`]).

use std::sync::Arc;

use wasmtime::{Caller, Linker, Trap};

use super::Env;
use crate::VmError;
use crate::memory::OutOfSpace;
use crate::module::{BULK, ModuleInfo, PassiveData, drop_name, init_name};

/// What `memory.grow` returns when the memory cannot grow.
const CANNOT_GROW: u64 = u64::MAX;

pub(super) fn link_32(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    linker.func_wrap(BULK, "copy", |mut caller: Caller<'_, Env>, to: u32, from: u32, length: u32| {
        copy(caller.data_mut(), to.into(), from.into(), length.into())
    })?;
    linker.func_wrap(BULK, "fill", |mut caller: Caller<'_, Env>, at: u32, value: u32, length: u32| {
        fill(caller.data_mut(), at.into(), value, length.into())
    })?;
    linker.func_wrap(BULK, "grow", |caller: Caller<'_, Env>, pages: u32| -> u32 {
        u32::try_from(grow(caller, pages.into())).unwrap_or(u32::MAX)
    })?;
    Ok(())
}

pub(super) fn link_64(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    linker.func_wrap(BULK, "copy", |mut caller: Caller<'_, Env>, to: u64, from: u64, length: u64| {
        copy(caller.data_mut(), to, from, length)
    })?;
    linker.func_wrap(BULK, "fill", |mut caller: Caller<'_, Env>, at: u64, value: u32, length: u64| {
        fill(caller.data_mut(), at, value, length)
    })?;
    linker.func_wrap(BULK, "grow", grow)?;
    Ok(())
}

/// Links `memory.init` and `data.drop` for the segments of one module.
pub(super) fn link_segments(
    linker: &mut Linker<Env>,
    info: &ModuleInfo,
    passive: &[PassiveData],
) -> wasmtime::Result<()> {
    for &segment in &info.bulk.init {
        let data = passive.get(segment as usize).cloned().unwrap_or_default();
        let name = init_name(segment);
        if info.memory64 {
            linker.func_wrap(BULK, &name, move |mut caller: Caller<'_, Env>, to: u64, from: u32, length: u32| {
                init(caller.data_mut(), segment, &data, to, from, length)
            })?;
        } else {
            linker.func_wrap(BULK, &name, move |mut caller: Caller<'_, Env>, to: u32, from: u32, length: u32| {
                init(caller.data_mut(), segment, &data, to.into(), from, length)
            })?;
        }
    }
    for &segment in &info.bulk.drop {
        linker.func_wrap(BULK, &drop_name(segment), move |mut caller: Caller<'_, Env>| {
            caller.data_mut().loaded_mut().dropped.insert(segment);
        })?;
    }
    Ok(())
}

fn copy(env: &mut Env, to: u64, from: u64, length: u64) -> wasmtime::Result<()> {
    env.memory().copy_within(to, from, length).map_err(trap)
}

fn fill(env: &mut Env, at: u64, value: u32, length: u64) -> wasmtime::Result<()> {
    env.memory().fill(at, value.to_le_bytes()[0], length).map_err(trap)
}

fn grow(mut caller: Caller<'_, Env>, pages: u64) -> u64 {
    let memory = caller.data_mut().loaded_mut().memory;
    memory.grow(&mut caller, pages).unwrap_or(CANNOT_GROW)
}

fn init(env: &mut Env, segment: u32, data: &PassiveData, to: u64, from: u32, length: u32) -> wasmtime::Result<()> {
    let data = if env.loaded_mut().dropped.contains(&segment) { PassiveData::default() } else { Arc::clone(data) };
    let range = from as usize..from as usize + length as usize;
    let bytes = data.get(range).ok_or_else(out_of_bounds)?;
    env.memory().initialise(to, bytes).map_err(trap)
}

fn trap(_: OutOfSpace) -> wasmtime::Error {
    out_of_bounds()
}

/// A trap of the machine's own making; [`super::env`] tells it from the engine's.
fn out_of_bounds() -> wasmtime::Error {
    VmError::Trap(Trap::MemoryOutOfBounds).into()
}

//! Functions that stand for bulk memory operators (see [`crate::module::prepare`]).

use std::sync::Arc;

use wasmtime::{Caller, Linker, Trap};

use super::guard::guarded;
use super::store_data::StoreData;
use crate::error::VmError;
use crate::memory::{AccessError, BLOCK_BYTES, Memory, OutOfSpace};
use crate::module::{BULK, ModuleInfo, PassiveData, drop_name, init_name};

/// The result of `memory.grow` if the memory cannot grow.
const CANNOT_GROW: u64 = u64::MAX;

/// Bytes that are written at once. Between two such pieces the time and the memory are looked at.
const PIECE_BYTES: u64 = 1 << 20;
/// Bytes that an operation may make a memory hold beside its own, because memory comes in blocks.
const OVERHEAD_BYTES: u64 = BLOCK_BYTES as u64;

pub(super) fn link_32(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    linker.func_wrap(BULK, "copy", |mut caller: Caller<'_, StoreData>, to: u32, from: u32, length: u32| {
        guarded(|| copy(caller.data_mut(), to.into(), from.into(), length.into()))
    })?;
    linker.func_wrap(BULK, "fill", |mut caller: Caller<'_, StoreData>, at: u32, value: u32, length: u32| {
        guarded(|| fill(caller.data_mut(), at.into(), value, length.into()))
    })?;
    linker.func_wrap(BULK, "grow", |caller: Caller<'_, StoreData>, pages: u32| {
        guarded(|| Ok(u32::try_from(grow(caller, pages.into())).unwrap_or(u32::MAX)))
    })?;
    Ok(())
}

pub(super) fn link_64(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    linker.func_wrap(BULK, "copy", |mut caller: Caller<'_, StoreData>, to: u64, from: u64, length: u64| {
        guarded(|| copy(caller.data_mut(), to, from, length))
    })?;
    linker.func_wrap(BULK, "fill", |mut caller: Caller<'_, StoreData>, at: u64, value: u32, length: u64| {
        guarded(|| fill(caller.data_mut(), at, value, length))
    })?;
    linker.func_wrap(BULK, "grow", |caller: Caller<'_, StoreData>, pages: u64| guarded(|| Ok(grow(caller, pages))))?;
    Ok(())
}

/// Links `memory.init` and `data.drop` for the segments of one module.
pub(super) fn link_segments(
    linker: &mut Linker<StoreData>,
    info: &ModuleInfo,
    passive: &[PassiveData],
) -> wasmtime::Result<()> {
    for &segment in &info.bulk.init {
        let content = passive.get(segment as usize).cloned().unwrap_or_default();
        let name = init_name(segment);
        if info.memory64 {
            linker.func_wrap(
                BULK,
                &name,
                move |mut caller: Caller<'_, StoreData>, to: u64, from: u32, length: u32| {
                    guarded(|| init(caller.data_mut(), segment, &content, to, from, length))
                },
            )?;
        } else {
            linker.func_wrap(
                BULK,
                &name,
                move |mut caller: Caller<'_, StoreData>, to: u32, from: u32, length: u32| {
                    guarded(|| init(caller.data_mut(), segment, &content, to.into(), from, length))
                },
            )?;
        }
    }
    for &segment in &info.bulk.drop {
        linker.func_wrap(BULK, &drop_name(segment), move |mut caller: Caller<'_, StoreData>| {
            caller.data_mut().loaded_mut().dropped.insert(segment);
        })?;
    }
    Ok(())
}

fn copy(data: &mut StoreData, to: u64, from: u64, length: u64) -> wasmtime::Result<()> {
    if length <= PIECE_BYTES {
        return Ok(piece(data, length, |memory| memory.copy_within(to, from, length))?);
    }
    data.memory().check_length(from, length).and_then(|()| data.memory().check_length(to, length)).map_err(trap)?;
    // The places may overlap: the first copies must not overwrite bytes that are still to be read.
    let backwards = to > from;
    for (done, count) in pieces(length) {
        let at = if backwards { length - done - count } else { done };
        piece(data, count, |memory| memory.copy_within(to + at, from + at, count))?;
    }
    Ok(())
}

fn fill(data: &mut StoreData, at: u64, value: u32, length: u64) -> wasmtime::Result<()> {
    let value = value.to_le_bytes()[0];
    if length <= PIECE_BYTES {
        return Ok(piece(data, length, |memory| memory.fill(at, value, length))?);
    }
    data.memory().check_length(at, length).map_err(trap)?;
    for (done, count) in pieces(length) {
        piece(data, count, |memory| memory.fill(at + done, value, count))?;
    }
    Ok(())
}

/// A length as pieces: where each begins, and how long it is.
fn pieces(length: u64) -> impl Iterator<Item = (u64, u64)> {
    let step = usize::try_from(PIECE_BYTES).expect("a piece is shorter than the address space");
    (0..length).step_by(step).map(move |done| (done, PIECE_BYTES.min(length - done)))
}

/// Writes one piece. A long operation is as good as a loop: it ends when time is up.
fn piece(
    data: &mut StoreData,
    length: u64,
    write: impl FnOnce(&mut Memory) -> Result<(), AccessError>,
) -> Result<(), VmError> {
    if length == PIECE_BYTES {
        data.session.check_time()?;
    }
    write(data.memory()).map_err(|error| match error {
        AccessError::Outside => out_of_bounds(),
        AccessError::System(error) => error.into(),
    })?;
    data.session.note_growth(usize::try_from(length + OVERHEAD_BYTES).unwrap_or(usize::MAX))
}

fn grow(mut caller: Caller<'_, StoreData>, pages: u64) -> u64 {
    let memory = caller.data_mut().loaded_mut().memory;
    memory.grow(&mut caller, pages).unwrap_or(CANNOT_GROW)
}

fn init(
    data: &mut StoreData,
    segment: u32,
    content: &PassiveData,
    to: u64,
    from: u32,
    length: u32,
) -> wasmtime::Result<()> {
    let is_dropped = data.loaded_mut().dropped.contains(&segment);
    let content = if is_dropped { PassiveData::default() } else { Arc::clone(content) };
    let range = from as usize..from as usize + length as usize;
    let bytes = content.get(range).ok_or_else(out_of_bounds)?;
    Ok(piece(data, length.into(), |memory| memory.initialise(to, bytes))?)
}

fn trap(_: OutOfSpace) -> VmError {
    out_of_bounds()
}

/// A trap of the machine's own making; [`super::calls`] tells it from the engine's.
fn out_of_bounds() -> VmError {
    VmError::Trap(Trap::MemoryOutOfBounds)
}

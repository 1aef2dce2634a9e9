//! Panics of the machine's own functions.
//!
//! Contracts choose the arguments of the crates behind host queries and of the machine's glue. A panic in one of them
//! is a fault of the machine, but no reason to end the process: the call fails.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::VmError;

/// The longest text of a panic that is kept, in characters.
const MAX_TEXT: usize = 200;

/// Runs a function; its panic becomes [`VmError::HostPanic`].
///
/// The caller makes sure that data which the function may have left half changed is undone or not used again: the
/// contract's memory and events by the rollback of the failed call, a session's state by being given up.
pub(crate) fn caught<R>(function: impl FnOnce() -> R) -> Result<R, VmError> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|panic| VmError::HostPanic(text(&*panic)))
}

/// As [`caught`], for functions that the engine calls.
pub(super) fn guarded<R>(function: impl FnOnce() -> wasmtime::Result<R>) -> wasmtime::Result<R> {
    caught(function)?
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a text").chars().take(MAX_TEXT).collect()
}

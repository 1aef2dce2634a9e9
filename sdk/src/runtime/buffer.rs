//! The argument buffer: the only place in a contract's memory that both host and contract read and write.

use core::cell::UnsafeCell;

use crate::wire::{MAX_VALUE_BYTES, Overflow};

/// The buffer. The host finds it by the exported name `A`, and it must be aligned for every value.
#[repr(C, align(16))]
pub(crate) struct Buffer(UnsafeCell<[u8; MAX_VALUE_BYTES]>);

// SAFETY: a contract has one thread. Natively the buffer is never accessed: every path to it goes through
// `host::require`, which panics there.
unsafe impl Sync for Buffer {}

#[cfg_attr(all(feature = "abi", target_family = "wasm"), unsafe(no_mangle))]
#[allow(non_upper_case_globals, reason = "the host looks for this name")]
static A: Buffer = Buffer(UnsafeCell::new([0; MAX_VALUE_BYTES]));

/// Gives the closure access to the buffer. The closure must not call the host, nor borrow the buffer again.
pub(crate) fn with<R>(use_buffer: impl FnOnce(&mut [u8]) -> R) -> R {
    super::host::require();
    // SAFETY: there is one thread, and no other borrow is alive: the callers of this function in this crate only encode
    // and decode values in the closure, and neither calls the host.
    use_buffer(unsafe { &mut *A.0.get() })
}

/// Writes a value to the buffer, and returns its length as the host expects it.
pub(crate) fn put(encode: impl FnOnce(&mut [u8]) -> Result<usize, Overflow>) -> Result<u32, Overflow> {
    with(encode).and_then(|length| u32::try_from(length).map_err(|_| Overflow))
}

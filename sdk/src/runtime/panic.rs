//! The panic handler of a contract: the text of the panic becomes the reason of the revert.

use core::panic::{PanicInfo, PanicMessage};

use super::{host, text};

/// Inlined into the only function that calls it. The optimiser then sees that nobody reads the place of a panic, and
/// leaves out the places of all panics and the names of their files: 4 KB in a large contract.
#[allow(unused_attributes, reason = "the compiler calls it ignored on exported functions, and passes it on to LLVM")]
#[inline(always)]
#[panic_handler]
fn handle(info: &PanicInfo<'_>) -> ! {
    // The place of the panic goes into the log, for tests; callers cannot use it, so the reason of the revert lacks it.
    #[cfg(feature = "log")]
    if let Some(place) = info.location() {
        host::log(text::write(|buffer| write!(buffer, "panicked at {place}")));
    }
    revert(info.message())
}

#[inline(never)]
fn revert(message: PanicMessage<'_>) -> ! {
    // Plain texts, the most frequent case, need no formatting code.
    host::panic(text::write(|buffer| match message.as_str() {
        Some(plain) => buffer.write_str(plain),
        None => write!(buffer, "{message}"),
    }))
}

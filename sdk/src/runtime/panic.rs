//! The panic handler of a contract: the text of the panic becomes the reason of the revert.

use core::panic::PanicInfo;

use super::{host, text};

#[panic_handler]
fn handle(info: &PanicInfo<'_>) -> ! {
    // The place of the panic goes into the log, for tests; callers cannot use it, so the reason of the revert lacks it.
    #[cfg(feature = "log")]
    if let Some(place) = info.location() {
        host::log(text::write(|buffer| write!(buffer, "panicked at {place}")));
    }
    let message = info.message();
    // Plain texts, the most frequent case, need no formatting code.
    host::panic(text::write(|buffer| match message.as_str() {
        Some(plain) => buffer.write_str(plain),
        None => write!(buffer, "{message}"),
    }))
}

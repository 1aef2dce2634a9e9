//! The panic handler of a contract: the text of the panic becomes the reason of the revert.

use core::fmt::{self, Write};
use core::panic::PanicInfo;

use super::{buffer, host};

struct Text<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl Write for Text<'_> {
    /// Writes what fits. The cut is at the border of a character: the host refuses text that is not UTF-8.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let rest = &mut self.buffer[self.length..];
        let fitting = text.floor_char_boundary(rest.len());
        rest[..fitting].copy_from_slice(&text.as_bytes()[..fitting]);
        self.length += fitting;
        if fitting == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[panic_handler]
fn handle(info: &PanicInfo<'_>) -> ! {
    let length = buffer::put(|buffer| {
        let mut text = Text { buffer, length: 0 };
        // Plain texts, which most panics are, pass without the formatting machinery.
        let message = info.message();
        let _ = match message.as_str() {
            Some(plain) => text.write_str(plain),
            None => write!(text, "{message}"),
        };
        Ok(text.length)
    });
    host::panic(length.unwrap_or(0))
}

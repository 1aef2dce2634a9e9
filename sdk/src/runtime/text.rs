//! Formatting into the argument buffer.

use core::fmt::{self, Write};

use super::buffer;

/// The text written to the buffer so far. Each piece borrows the buffer again, because the formatted value may itself
/// call the host.
struct Text {
    length: usize,
}

impl Write for Text {
    /// Writes the part that fits, cut at a character boundary: the host rejects text that is not UTF-8.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        buffer::with(|buffer| {
            let rest = &mut buffer[self.length..];
            let fitting = text.floor_char_boundary(rest.len());
            rest[..fitting].copy_from_slice(&text.as_bytes()[..fitting]);
            self.length += fitting;
            if fitting == text.len() { Ok(()) } else { Err(fmt::Error) }
        })
    }
}

/// Formats into the buffer and returns the length. Text that is longer than the buffer is truncated.
pub(crate) fn write(format: impl FnOnce(&mut dyn Write) -> fmt::Result) -> u32 {
    let mut text = Text { length: 0 };
    // Only text that is too long is an error, and it is truncated.
    let _ = format(&mut text);
    u32::try_from(text.length).unwrap_or(0)
}

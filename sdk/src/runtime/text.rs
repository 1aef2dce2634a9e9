//! Formatting into the argument buffer.

use core::fmt::{self, Write};

use super::buffer;

/// What has been written to the buffer so far. The buffer is lent for each piece alone, because what is being formatted
/// may itself call the host.
struct Text {
    length: usize,
}

impl Write for Text {
    /// Writes what fits. The cut is at the border of a character: the host refuses text that is not UTF-8.
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

/// Formats into the buffer and returns the length. Longer text than the buffer is cut.
pub(crate) fn write(format: impl FnOnce(&mut dyn Write) -> fmt::Result) -> u32 {
    let mut text = Text { length: 0 };
    // Only what is too long is an error, and it is cut.
    let _ = format(&mut text);
    u32::try_from(text.length).unwrap_or(0)
}

//! The end of a call that cannot go on.

#[cfg(all(feature = "abi", target_family = "wasm"))]
use super::buffer;
use super::host;

/// Ends the call, which is undone, with a text for the caller. Longer text than the buffer is cut.
pub(crate) fn fail(text: &str) -> ! {
    #[cfg(all(feature = "abi", target_family = "wasm"))]
    {
        let length = buffer::put(|buffer| {
            let length = text.floor_char_boundary(buffer.len());
            buffer[..length].copy_from_slice(&text.as_bytes()[..length]);
            Ok(length)
        });
        host::panic(length.unwrap_or(0))
    }
    #[cfg(not(all(feature = "abi", target_family = "wasm")))]
    {
        let _ = host::require;
        panic!("{text}")
    }
}

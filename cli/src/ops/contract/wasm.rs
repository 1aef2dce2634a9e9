//! The sections of a WASM module: what the command line takes out and puts in.

use std::ops::Range;

/// The custom section with the contract's description, compact `abi.json`.
pub(crate) const ABI_SECTION: &str = "dusk:abi";
/// The custom section that says how the contract was built, JSON.
pub(crate) const BUILD_SECTION: &str = "dusk:build";

/// The custom section with the names of functions.
const NAME_SECTION: &str = "name";

const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;

/// Bytes that are no WASM module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum WasmError {
    /// The first eight bytes are not those of a module.
    #[error("the file does not begin as a WASM module")]
    NotAModule,
    /// A section ends beyond the file.
    #[error("the WASM module is cut off at byte {0}")]
    Truncated(usize),
}

/// One section.
struct Section {
    id: u8,
    /// Its place in the module, id and length included.
    place: Range<usize>,
    /// Where its content begins.
    content: usize,
}

impl Section {
    /// Whether it is the custom section of this name.
    fn is_custom(&self, wasm: &[u8], name: &str) -> bool {
        let found = || {
            let (length, at) = read_length(&wasm[..self.place.end], self.content)?;
            wasm[..self.place.end].get(at..at.checked_add(length)?)
        };
        self.id == CUSTOM && found() == Some(name.as_bytes())
    }
}

fn sections(wasm: &[u8]) -> Result<Vec<Section>, WasmError> {
    if !wasm.starts_with(PREAMBLE) {
        return Err(WasmError::NotAModule);
    }
    let mut sections = Vec::new();
    let mut at = PREAMBLE.len();
    while at < wasm.len() {
        let start = at;
        let (length, content) = read_length(wasm, at + 1).ok_or(WasmError::Truncated(start))?;
        at = content.checked_add(length).filter(|end| *end <= wasm.len()).ok_or(WasmError::Truncated(start))?;
        sections.push(Section { id: wasm[start], place: start..at, content });
    }
    Ok(sections)
}

/// The module without its custom sections: names, producers and the like cost gas and tell nothing to the chain.
pub(crate) fn without_custom(wasm: &[u8]) -> Result<Vec<u8>, WasmError> {
    let mut stripped = PREAMBLE.to_vec();
    for section in sections(wasm)?.into_iter().filter(|section| section.id != CUSTOM) {
        stripped.extend_from_slice(&wasm[section.place]);
    }
    Ok(stripped)
}

/// The module with the names of its functions as its only custom section.
pub(crate) fn with_names_only(wasm: &[u8]) -> Result<Vec<u8>, WasmError> {
    let mut named = PREAMBLE.to_vec();
    for section in sections(wasm)? {
        if section.id != CUSTOM || section.is_custom(wasm, NAME_SECTION) {
            named.extend_from_slice(&wasm[section.place]);
        }
    }
    Ok(named)
}

/// Appends a custom section.
pub(crate) fn append_custom(wasm: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut section = Vec::with_capacity(name.len() + content.len() + 8);
    write_length(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(content);
    wasm.push(CUSTOM);
    write_length(wasm, section.len());
    wasm.extend_from_slice(&section);
}

/// Reads an unsigned LEB128 of 32 bits; gives it and the place after it.
fn read_length(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let mut value = 0u32;
    for (place, byte) in bytes.get(start..)?.iter().take(5).enumerate() {
        let part = u32::from(byte & 0x7f);
        value |=
            part.checked_shl(7 * u32::try_from(place).ok()?).filter(|shifted| place < 4 || *shifted >> 28 == part)?;
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, start + place + 1));
        }
    }
    None
}

fn write_length(to: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = u8::try_from(length & 0x7f).expect("seven bits");
        length >>= 7;
        if length == 0 {
            to.push(low);
            return;
        }
        to.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of the first custom section of this name.
    fn custom<'a>(wasm: &'a [u8], name: &str) -> Option<&'a [u8]> {
        sections(wasm).unwrap().into_iter().filter(|section| section.id == CUSTOM).find_map(|section| {
            let (_, content) = read_length(wasm, section.place.start + 1)?;
            let (length, at) = read_length(wasm, content)?;
            wasm[at..section.place.end].strip_prefix(name.as_bytes()).filter(|_| length == name.len())
        })
    }

    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut wasm = PREAMBLE.to_vec();
        for (id, content) in sections {
            wasm.push(*id);
            write_length(&mut wasm, content.len());
            wasm.extend_from_slice(content);
        }
        wasm
    }

    #[test]
    fn what_is_put_in_is_found_and_taken_out() {
        let bare = module(&[(1, b"\0"), (10, b"\0")]);
        let mut wasm = module(&[(1, b"\0"), (0, b"\x04nameabc"), (10, b"\0")]);
        let large = vec![7; 300];
        append_custom(&mut wasm, ABI_SECTION, &large);
        append_custom(&mut wasm, BUILD_SECTION, b"{}");
        assert_eq!(custom(&wasm, ABI_SECTION), Some(large.as_slice()));
        assert_eq!(custom(&wasm, BUILD_SECTION), Some(b"{}".as_slice()));
        assert_eq!(custom(&wasm, "name"), Some(b"abc".as_slice()));
        assert_eq!(custom(&wasm, "other"), None);
        assert_eq!(without_custom(&wasm), Ok(bare));
        let named = with_names_only(&wasm).unwrap();
        assert_eq!((custom(&named, "name"), custom(&named, ABI_SECTION)), (Some(b"abc".as_slice()), None));
        assert_eq!(with_names_only(&named).as_ref(), Ok(&named));
    }

    #[test]
    fn broken_modules_are_refused() {
        let whole = module(&[(1, b"\0\0"), (0, b"\x01n")]);
        assert_eq!(without_custom(b"MZ"), Err(WasmError::NotAModule));
        for end in PREAMBLE.len() + 1..whole.len() {
            let cut = &whole[..end];
            if end != PREAMBLE.len() + 4 {
                assert_eq!(without_custom(cut), Err(WasmError::Truncated(if end < 12 { 8 } else { 12 })), "{end}");
            }
        }
        for length in [&b"\xff\xff\xff\xff\x0f"[..], b"\xff\xff\xff\xff\xff", b"\x80"] {
            let wasm = [PREAMBLE, b"\x01", length].concat();
            assert!(without_custom(&wasm).is_err());
        }
    }

    #[test]
    fn lengths_round_trip() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 0xffff_ffff] {
            let mut bytes = Vec::new();
            write_length(&mut bytes, length);
            assert_eq!(read_length(&bytes, 0), Some((length, bytes.len())));
        }
    }
}

//! The sections of a WASM module that the command line takes out and puts in.

use miniz_oxide::{deflate, inflate};
use wasm_encoder::{CustomSection, Section as _};
use wasmparser::{BinaryReaderError, Parser, Payload};

/// The custom section with the contract's description: compact `abi.json`, compressed as zlib, because bytes of a
/// contract are paid for.
pub(crate) const ABI_SECTION: &str = "dusk:abi";
/// The custom section that says how the contract was built, JSON.
pub(crate) const BUILD_SECTION: &str = "dusk:build";

/// The most bytes of a description without compression. The stated length of a section is untrusted.
const MAX_ABI_BYTES: usize = 4 * 1024 * 1024;
/// The level of compression: the best. It takes a few milliseconds.
const COMPRESSION: u8 = 10;

/// The custom section with the names of functions.
const NAME_SECTION: &str = "name";
/// The first bytes of every module.
const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";

/// Bytes that are no WASM module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum WasmError {
    /// The first eight bytes are not those of a module.
    #[error("the file does not begin as a WASM module")]
    NotAModule,
    /// A section is damaged, or ends beyond the file.
    #[error("the WASM module is damaged: {0}")]
    Damaged(#[from] BinaryReaderError),
}

/// One section.
struct Section<'a> {
    /// The name of a custom section.
    custom: Option<&'a str>,
    /// The bytes, with id and length as they stand in the module.
    bytes: &'a [u8],
}

fn sections(wasm: &[u8]) -> Result<Vec<Section<'_>>, WasmError> {
    if !wasm.starts_with(PREAMBLE) {
        return Err(WasmError::NotAModule);
    }
    let mut sections = Vec::new();
    let mut start = PREAMBLE.len();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let Some((_, content)) = payload.as_section() else { continue };
        let custom = if let Payload::CustomSection(custom) = &payload { Some(custom.name()) } else { None };
        sections.push(Section { custom, bytes: &wasm[start..content.end] });
        start = content.end;
    }
    Ok(sections)
}

/// The module with the sections that are kept, byte for byte.
fn with_sections(wasm: &[u8], keep: impl Fn(&Section<'_>) -> bool) -> Result<Vec<u8>, WasmError> {
    let mut kept = PREAMBLE.to_vec();
    kept.extend(sections(wasm)?.iter().filter(|section| keep(section)).flat_map(|section| section.bytes));
    Ok(kept)
}

/// The module without its custom sections: names, producers and the like cost gas and tell nothing to the chain.
pub(crate) fn without_custom(wasm: &[u8]) -> Result<Vec<u8>, WasmError> {
    with_sections(wasm, |section| section.custom.is_none())
}

/// The module with the names of its functions as its only custom section.
pub(crate) fn with_names_only(wasm: &[u8]) -> Result<Vec<u8>, WasmError> {
    with_sections(wasm, |section| section.custom.is_none_or(|name| name == NAME_SECTION))
}

/// Appends a custom section.
pub(crate) fn append_custom(wasm: &mut Vec<u8>, name: &str, content: &[u8]) {
    CustomSection { name: name.into(), data: content.into() }.append_to(wasm);
}

/// A description as its section holds it.
pub(crate) fn packed(description: &[u8]) -> Vec<u8> {
    deflate::compress_to_vec_zlib(description, COMPRESSION)
}

/// The description that a section holds: compressed, or plain as contracts of earlier versions have it. `None` where it
/// is neither, or too long.
pub(crate) fn unpacked(section: &[u8]) -> Option<Vec<u8>> {
    if section.starts_with(b"{") {
        return Some(section.to_vec());
    }
    inflate::decompress_to_vec_zlib_with_limit(section, MAX_ABI_BYTES).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_packed_and_bounded() {
        let text = br#"{"functions":[{"name":"transfer"},{"name":"transfer_from"}]}"#.repeat(9);
        let section = packed(&text);
        assert!(section.len() < text.len() / 4, "{} of {}", section.len(), text.len());
        assert_eq!(unpacked(&section).as_deref(), Some(&text[..]));
        assert_eq!(unpacked(&text).as_deref(), Some(&text[..]), "contracts of earlier versions are not packed");
        let half = &section[..section.len() / 2];
        assert_eq!((unpacked(half), unpacked(b""), unpacked(b"[]")), (None, None, None));
        assert_eq!(unpacked(&packed(&vec![b' '; MAX_ABI_BYTES + 1])), None);
        assert!(unpacked(&packed(&vec![b' '; MAX_ABI_BYTES])).is_some());
    }

    /// The content of the first custom section of this name.
    fn custom<'a>(wasm: &'a [u8], name: &str) -> Option<&'a [u8]> {
        Parser::new(0).parse_all(wasm).find_map(|payload| match payload.unwrap() {
            Payload::CustomSection(custom) if custom.name() == name => Some(custom.data()),
            _ => None,
        })
    }

    /// A module of sections that are shorter than 128 bytes.
    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut wasm = PREAMBLE.to_vec();
        for (id, content) in sections {
            wasm.extend([*id, u8::try_from(content.len()).unwrap()]);
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
        assert_eq!(without_custom(&wasm).unwrap(), bare);
        let named = with_names_only(&wasm).unwrap();
        assert_eq!((custom(&named, "name"), custom(&named, ABI_SECTION)), (Some(b"abc".as_slice()), None));
        assert_eq!(with_names_only(&named).unwrap(), named);
    }

    #[test]
    fn sections_stay_as_they_are_where_their_length_is_written_with_more_bytes_than_it_needs() {
        let padded = [PREAMBLE, b"\x01\x81\x80\0\0"].concat();
        assert_eq!(without_custom(&padded).unwrap(), padded);
    }

    #[test]
    fn broken_modules_are_refused() {
        assert!(matches!(without_custom(b"MZ"), Err(WasmError::NotAModule)));
        let whole = module(&[(1, b"\0"), (0, b"\x01n")]);
        assert!(without_custom(&whole).is_ok());
        let first_end = PREAMBLE.len() + 3;
        for end in PREAMBLE.len() + 1..whole.len() {
            assert_eq!(without_custom(&whole[..end]).is_ok(), end == first_end, "{end}");
        }
        for length in [&b"\xff\xff\xff\xff\x0f"[..], b"\xff\xff\xff\xff\xff", b"\x80"] {
            let wasm = [PREAMBLE, b"\x01", length].concat();
            assert!(matches!(without_custom(&wasm), Err(WasmError::Damaged(_))));
        }
    }
}

//! The parts of a WASM module: sections, imports, exports, the size of each function.

use std::collections::{BTreeMap, BTreeSet};

use dusk_sdk_protocol::abi::ContractAbi;
use rustc_demangle::demangle;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasmparser::{
    CompositeInnerType, DataKind, ExternalKind, FuncType, KnownCustom, MemoryType, Name, NameSectionReader, Operator,
    Parser, Payload, TypeRef,
};

use super::wasm::{self, ABI_SECTION, BUILD_SECTION};

/// The error for a data driver in place of a contract.
pub(crate) const DATA_DRIVER: &str = "this is a data driver, which turns JSON into a contract's encoding and back; a \
     contract is the other module, which exports its functions and the argument buffer `A` (a build writes NAME.wasm \
     beside NAME.driver.wasm)";
/// Functions that every data driver exports.
const DRIVER_FUNCTIONS: [&str; 3] = ["encode_input_fn", "decode_output_fn", "get_schema"];
/// The most parameters, and results, that a signature names: each import and export of the type repeats it.
const MAX_SIGNATURE_TYPES: usize = 16;
/// The global with which a contract says where its argument buffer lies.
const ARGUMENT_BUFFER: &str = "A";

/// A file that is no module.
#[derive(Debug, thiserror::Error)]
#[error("not a WASM module: at byte {offset:#x}, {message}")]
pub(crate) struct NotAModule {
    offset: u64,
    message: String,
}

impl From<wasmparser::BinaryReaderError> for NotAModule {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        // Lists of the expected and the found bytes follow.
        let message = error.message().split(" - ").next().unwrap_or_default();
        Self { offset: error.offset() as u64, message: message.to_owned() }
    }
}

/// The parts of a module.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ModuleInfo {
    /// Its sections, in their order.
    pub(crate) sections: Vec<Section>,
    /// Its imports.
    pub(crate) imports: Vec<Link>,
    /// Its exports.
    pub(crate) exports: Vec<Link>,
    /// Its memory.
    pub(crate) memory: Option<Memory>,
    /// Its functions, in their order; those that it imports come before them in the count.
    pub(crate) functions: Vec<Function>,
    /// The data that its memory begins with.
    pub(crate) data: Vec<Segment>,
    /// Its own description.
    #[serde(skip)]
    pub(crate) abi: Option<ContractAbi>,
    /// How it was built.
    pub(crate) build: Option<Value>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Section {
    /// `code`; custom sections under their own names.
    pub(crate) name: String,
    /// Whether the machine does not look at it.
    pub(crate) custom: bool,
    /// Bytes of its content.
    pub(crate) bytes: usize,
}

/// An import or export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    /// Its name.
    pub(crate) name: String,
    /// Its type: `(i32) -> (i32)`, `memory`, `global i32`.
    pub(crate) kind: String,
}

/// A memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// Pages of 64 KiB at the start.
    pub(crate) pages: u64,
    /// The most pages, where the module says so.
    pub(crate) most_pages: Option<u64>,
    /// Bits of its addresses.
    pub(crate) bits: u8,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Function {
    /// Its number in the module.
    pub(crate) index: u32,
    /// Its name, where it is known.
    pub(crate) name: Option<String>,
    /// Bytes of its body.
    pub(crate) bytes: usize,
}

/// A piece of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Segment {
    /// Where it lies in the memory.
    pub(crate) at: Option<u64>,
    /// Its length in bytes.
    pub(crate) bytes: usize,
}

impl ModuleInfo {
    /// Takes a module apart. `named`: the same module with the names of its functions.
    ///
    /// # Errors
    /// When it is no module.
    pub(crate) fn of(wasm: &[u8], named: Option<&[u8]>) -> Result<Self, NotAModule> {
        let mut dissection = Dissection::default();
        for payload in Parser::new(0).parse_all(wasm) {
            dissection.take(payload?)?;
        }
        let mut names = function_names(wasm)?;
        if let Some(named) = named {
            names.append(&mut function_names(named)?);
        }
        for function in &mut dissection.info.functions {
            let known = names.remove(&function.index);
            function.name = known.or_else(|| dissection.exported.remove(&function.index));
        }
        Ok(dissection.info)
    }

    /// Whether it is a data driver: it exports what drivers do, and has no argument buffer.
    pub(crate) fn is_data_driver(&self) -> bool {
        let exports = |name: &str| self.exports.iter().any(|export| export.name == name);
        DRIVER_FUNCTIONS.into_iter().all(exports) && !exports(ARGUMENT_BUFFER)
    }

    /// Whether any function's name is known beyond those that are exported.
    pub(crate) fn has_names(&self) -> bool {
        let exported: BTreeSet<&str> = self.exports.iter().map(|export| export.name.as_str()).collect();
        let mut named = self.functions.iter().filter_map(|function| function.name.as_deref());
        named.any(|name| !exported.contains(name))
    }
}

#[derive(Default)]
struct Dissection {
    info: ModuleInfo,
    types: Vec<String>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    globals: Vec<String>,
    exported: BTreeMap<u32, String>,
    imported_functions: u32,
}

impl Dissection {
    fn take(&mut self, payload: Payload<'_>) -> Result<(), NotAModule> {
        match payload {
            Payload::TypeSection(section) => {
                self.section("type", section.range().len());
                for group in section {
                    for ty in group?.into_types() {
                        self.types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => signature(&ty),
                            _ => "?".to_owned(),
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                self.section("import", section.range().len());
                for import in section.into_imports() {
                    let import = import?;
                    let kind = self.kind(&import.ty);
                    match import.ty {
                        TypeRef::Func(ty) => {
                            self.functions.push(ty);
                            self.imported_functions += 1;
                        }
                        TypeRef::Global(ty) => self.globals.push(ty.content_type.to_string()),
                        _ => {}
                    }
                    self.info.imports.push(Link { name: format!("{}.{}", import.module, import.name), kind });
                }
            }
            Payload::FunctionSection(section) => {
                self.section("function", section.range().len());
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => self.section("table", section.range().len()),
            Payload::MemorySection(section) => {
                self.section("memory", section.range().len());
                for memory in section {
                    self.info.memory.get_or_insert(memory_of(&memory?));
                }
            }
            Payload::GlobalSection(section) => {
                self.section("global", section.range().len());
                for global in section {
                    self.globals.push(global?.ty.content_type.to_string());
                }
            }
            Payload::ExportSection(section) => {
                self.section("export", section.range().len());
                for export in section {
                    let export = export?;
                    let kind = match export.kind {
                        ExternalKind::Func => {
                            self.exported.insert(export.index, export.name.to_owned());
                            self.signature_of(export.index)
                        }
                        ExternalKind::Memory => "memory".to_owned(),
                        ExternalKind::Global => {
                            let ty = usize::try_from(export.index).ok().and_then(|index| self.globals.get(index));
                            format!("global {}", ty.map_or("?", String::as_str))
                        }
                        ExternalKind::Table => "table".to_owned(),
                        _ => "?".to_owned(),
                    };
                    self.info.exports.push(Link { name: export.name.to_owned(), kind });
                }
            }
            Payload::StartSection { range, .. } => self.section("start", range.len()),
            Payload::ElementSection(section) => self.section("element", section.range().len()),
            Payload::DataCountSection { range, .. } => self.section("data count", range.len()),
            Payload::DataSection(section) => {
                self.section("data", section.range().len());
                for segment in section {
                    let segment = segment?;
                    let at = match segment.kind {
                        DataKind::Active { offset_expr, .. } => match offset_expr.get_operators_reader().read()? {
                            Operator::I32Const { value } => Some(u64::from(value.cast_unsigned())),
                            Operator::I64Const { value } => Some(value.cast_unsigned()),
                            _ => None,
                        },
                        DataKind::Passive => None,
                    };
                    self.info.data.push(Segment { at, bytes: segment.data.len() });
                }
            }
            Payload::CodeSectionStart { range, .. } => self.section("code", range.len()),
            Payload::CodeSectionEntry(body) => {
                let place = u32::try_from(self.info.functions.len()).unwrap_or(u32::MAX);
                let index = self.imported_functions.saturating_add(place);
                self.info.functions.push(Function { index, name: None, bytes: body.range().len() });
            }
            Payload::CustomSection(section) => {
                let name = section.name().to_owned();
                match name.as_str() {
                    ABI_SECTION => self.info.abi = document(section.data()),
                    BUILD_SECTION => self.info.build = document(section.data()),
                    _ => {}
                }
                self.info.sections.push(Section { name, custom: true, bytes: section.data().len() });
            }
            _ => {}
        }
        Ok(())
    }

    fn section(&mut self, name: &str, bytes: usize) {
        self.info.sections.push(Section { name: name.to_owned(), custom: false, bytes });
    }

    fn kind(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Func(ty) => self.type_of(*ty),
            TypeRef::Memory(_) => "memory".to_owned(),
            TypeRef::Global(ty) => format!("global {}", ty.content_type),
            TypeRef::Table(_) => "table".to_owned(),
            _ => "?".to_owned(),
        }
    }

    fn signature_of(&self, function: u32) -> String {
        let ty = usize::try_from(function).ok().and_then(|index| self.functions.get(index));
        ty.map_or_else(|| "?".to_owned(), |ty| self.type_of(*ty))
    }

    fn type_of(&self, ty: u32) -> String {
        let found = usize::try_from(ty).ok().and_then(|index| self.types.get(index));
        found.cloned().unwrap_or_else(|| "?".to_owned())
    }
}

fn memory_of(ty: &MemoryType) -> Memory {
    Memory { pages: ty.initial, most_pages: ty.maximum, bits: if ty.memory64 { 64 } else { 32 } }
}

fn signature(ty: &FuncType) -> String {
    let list = |types: &[wasmparser::ValType]| {
        let mut names: Vec<String> = types.iter().take(MAX_SIGNATURE_TYPES).map(ToString::to_string).collect();
        if types.len() > MAX_SIGNATURE_TYPES {
            names.push("…".to_owned());
        }
        names.join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

/// The names in a module's name section, as Rust writes them.
fn function_names(wasm: &[u8]) -> Result<BTreeMap<u32, String>, NotAModule> {
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        if let KnownCustom::Name(reader) = section.as_known() {
            // Appending would write the whole map anew for each of many sections.
            names.extend(names_of_functions(reader));
        }
    }
    Ok(names)
}

/// The names of functions by index, as Rust writes them. A broken section has no more names than could be read.
pub(super) fn names_of_functions(reader: NameSectionReader<'_>) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for part in reader.map_while(Result::ok) {
        if let Name::Function(map) = part {
            let readable = map.into_iter().map_while(Result::ok);
            names.extend(readable.map(|naming| (naming.index, format!("{:#}", demangle(naming.name)))));
        }
    }
    names
}

/// The document in a section of ours; `None` if it cannot be read.
fn document<T: DeserializeOwned>(section: &[u8]) -> Option<T> {
    serde_json::from_slice(&wasm::unpacked(section)?).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ops::contract::wasm::{append_custom, without_custom};

    /// A module that exports what data drivers do.
    pub(in super::super) const DRIVER: &str = r#"(module (memory (export "memory") 1)
        (func (export "init"))
        (func (export "alloc") (param i32) (result i32) unreachable)
        (func (export "encode_input_fn") (export "decode_input_fn") (export "decode_output_fn") (export "decode_event")
            (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)
        (func (export "get_schema") (export "get_version") (param i32 i32) (result i32) unreachable))"#;

    /// A module with one imported and two own functions, a memory and data; the second one has a name.
    fn module() -> Vec<u8> {
        let sections: [(u8, &[u8]); 8] = [
            (1, b"\x01\x60\x01\x7f\x01\x7f"),
            (2, b"\x01\x03env\x02hd\x00\x00"),
            (3, b"\x02\x00\x00"),
            (5, b"\x01\x00\x02"),
            (7, b"\x02\x06memory\x02\x00\x05value\x00\x01"),
            (10, b"\x02\x04\x00\x20\x00\x0b\x05\x00\x20\x00\x01\x0b"),
            (11, b"\x01\x00\x41\x10\x0b\x03abc"),
            (0, b"\x04name\x01\x14\x01\x02\x11_ZN3one3twohabc0E"),
        ];
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (id, content) in sections {
            wasm.extend([id, u8::try_from(content.len()).unwrap()]);
            wasm.extend_from_slice(content);
        }
        wasm
    }

    #[test]
    fn a_module_is_taken_apart() {
        let mut wasm = module();
        append_custom(&mut wasm, BUILD_SECTION, br#"{"package":"x"}"#);
        let info = ModuleInfo::of(&wasm, None).unwrap();
        let named: Vec<_> = info.sections.iter().map(|it| (it.name.as_str(), it.custom)).collect();
        assert_eq!(named.first(), Some(&("type", false)));
        assert_eq!(named.last(), Some(&(BUILD_SECTION, true)));
        assert_eq!(info.imports, [Link { name: "env.hd".into(), kind: "(i32) -> (i32)".into() }]);
        assert_eq!(info.exports[1], Link { name: "value".into(), kind: "(i32) -> (i32)".into() });
        assert_eq!(info.memory, Some(Memory { pages: 2, most_pages: None, bits: 32 }));
        assert_eq!(info.data, [Segment { at: Some(16), bytes: 3 }]);
        assert_eq!(info.build, Some(serde_json::json!({ "package": "x" })));
        let mut packed = module();
        append_custom(&mut packed, BUILD_SECTION, &wasm::packed(br#"{"package":"x"}"#));
        assert_eq!(ModuleInfo::of(&packed, None).unwrap().build, info.build);
        let functions: Vec<_> = info.functions.iter().map(|it| (it.index, it.name.as_deref(), it.bytes)).collect();
        assert_eq!(functions[0], (1, Some("value"), 4));
        assert_eq!((functions[1].0, functions[1].2), (2, 5));
    }

    #[test]
    fn a_data_driver_is_told_from_a_contract() {
        let is_driver = |wat: &str| ModuleInfo::of(&wat::parse_str(wat).unwrap(), None).unwrap().is_data_driver();
        assert!(is_driver(DRIVER));
        // A contract may have functions of these names.
        assert!(!is_driver(&DRIVER.replace("(memory", r#"(global (export "A") i32 (i32.const 0)) (memory"#)));
        assert!(!is_driver(&DRIVER.replace("get_schema", "schema")));
    }

    #[test]
    fn names_come_from_the_named_twin() {
        let named = module();
        let bare = without_custom(&named).unwrap();
        assert!(!ModuleInfo::of(&bare, None).unwrap().has_names());
        let info = ModuleInfo::of(&bare, Some(&named)).unwrap();
        assert!(info.has_names());
        assert!(info.functions[1].name.is_some(), "{:?}", info.functions);
    }

    #[test]
    fn long_signatures_are_cut() {
        let ty = |results: usize| {
            FuncType::new(vec![wasmparser::ValType::I32; MAX_SIGNATURE_TYPES], vec![wasmparser::ValType::I64; results])
        };
        assert!(signature(&ty(MAX_SIGNATURE_TYPES)).ends_with(", i64)"));
        assert!(signature(&ty(1_000)).ends_with(", i64, …)"), "{}", signature(&ty(1_000)));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let whole = module();
        for broken in [&b""[..], b"MZ", b"\0asm\x01\0\0\0\x0a", &whole[..40]] {
            assert!(ModuleInfo::of(broken, None).is_err());
        }
    }
}

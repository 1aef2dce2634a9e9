//! The requirements of a contract's module (the book, "The virtual machine", section "Modules").

use std::collections::BTreeSet;

use local_node_types::rules::{Feature, Rules};
use wasmparser::{
    ConstExpr, ExternalKind, FuncType, GlobalType, MemoryType, Operator, Parser, Payload, TypeRef, ValType, Validator,
    WasmFeatures,
};

use super::limits::{self, LimitError, MAX_USED_SEGMENTS};
use crate::abi::ARGUMENT_BYTES;

/// The longest module that is accepted, in bytes. No transaction can carry a longer one.
pub const MAX_MODULE_BYTES: usize = 1 << 20;
/// The most elements to which a table may grow.
pub const MAX_TABLE_ELEMENTS: u64 = 10_000_000;
/// Pages of 64 KiB that a contract can address.
const MAX_PAGES: u64 = 1 << 16;

/// Why a module cannot be a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// It is longer than any transaction can carry.
    #[error("the module has {length} bytes, but the maximum is {MAX_MODULE_BYTES}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It exceeds a limit of the virtual machine.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// It is not valid WebAssembly of the accepted features.
    #[error("not valid WebAssembly at byte {offset:#x}: {message}")]
    Malformed {
        /// Where the fault was found.
        offset: u64,
        /// The fault.
        message: String,
    },
    /// The engine could not compile it.
    #[error("the module cannot be compiled: {0}")]
    NotCompilable(String),
    /// It imports a name that the virtual machine does not provide.
    #[error("unknown import `{name}`: the machine offers {}", KNOWN_IMPORTS.join(", "))]
    UnknownImport {
        /// The field name.
        name: String,
    },
    /// It logs, but the virtual machine does not record logs.
    #[error(
        "the module logs: it imports `{LOG}`, which no network offers; build it without the feature that logs (`log` of \
         dusk-sdk, `abi-debug` of dusk-core, `debug` of piecrust-uplink)"
    )]
    Logs,
    /// It imports a known name with another type.
    #[error("import `{name}` has the type {found}, but it must be {expected}")]
    ImportType {
        /// The field name.
        name: String,
        /// The type in the module.
        found: String,
        /// The type that the machine offers.
        expected: String,
    },
    /// An exported function does not follow the calling convention.
    #[error("exported function `{name}` has the type {found}, but it must be (i32) -> (i32)")]
    ExportType {
        /// The export's name.
        name: String,
        /// Its type.
        found: String,
    },
    /// Its number of memories is not one.
    #[error("the module defines {0} memories, but a contract has exactly one")]
    Memories(usize),
    /// It does not export its memory exactly once.
    #[error("the module exports its memory {0} times, but it must do so once")]
    MemoryExports(usize),
    /// Its memory is larger at the start than a contract can address.
    #[error("the memory begins with {pages} pages of 64 KiB, but the maximum is {MAX_PAGES}")]
    MemoryTooLarge {
        /// Pages at the start.
        pages: u64,
    },
    /// The memory has a form that the virtual machine does not accept.
    #[error("the memory is {0}, which is not accepted")]
    MemoryForm(&'static str),
    /// A table has 64-bit indices.
    #[error("table {index} has 64-bit indices, which is not accepted")]
    TableForm {
        /// Which table.
        index: u32,
    },
    /// It has a start function.
    #[error("the module has a start section; a contract begins with the exported function `init`")]
    StartSection,
    /// It has no argument buffer.
    #[error("the module exports no global `A` that says where the argument buffer lies")]
    NoArgumentBuffer,
    /// The argument buffer's global has a wrong type or value.
    #[error("the global `A` must be an immutable {expected} with a constant value")]
    ArgumentBufferType {
        /// `i32` or `i64`.
        expected: &'static str,
    },
    /// The argument buffer does not fit into the memory.
    #[error("the argument buffer begins at {offset}, where its 64 KiB do not fit into the memory")]
    ArgumentBufferOutside {
        /// The value of `A`.
        offset: i64,
    },
    /// The rules in force do not allow a memory of this width.
    #[error(
        "contracts with a {0}-bit memory may not be deployed under the rules in force; build for {target}",
        target = other_target(*.0)
    )]
    MemoryWidth(u8),
}

/// The compiler's target with memories of the other width.
const fn other_target(width: u8) -> &'static str {
    if width == 64 { "wasm32-unknown-unknown" } else { "wasm64-unknown-unknown" }
}

/// The properties of a module that can be a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleInfo {
    /// Whether its memory has 64-bit addresses.
    pub memory64: bool,
    /// Pages of 64 KiB that its memory begins with.
    pub minimum_pages: u64,
    /// Where the argument buffer lies.
    pub argument_offset: u64,
    /// The functions that it exports, without `init`.
    pub functions: Vec<String>,
    /// Whether it exports `init`, which runs once at deployment.
    pub has_init: bool,
    /// The machine's functions that it imports.
    pub imports: Vec<String>,
    /// The name under which it exports its memory.
    pub(crate) memory_export: String,
    pub(crate) bulk: BulkUses,
    pub(crate) imported_functions: u32,
}

/// The bulk memory operators that a module uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BulkUses {
    pub(crate) copy: bool,
    pub(crate) fill: bool,
    pub(crate) grow: bool,
    pub(crate) init: BTreeSet<u32>,
    pub(crate) drop: BTreeSet<u32>,
}

/// The names that a contract may import.
const KNOWN_IMPORTS: [&str; 12] =
    ["c", "caller", "callstack", "emit", "feed", "hd", "hq", "limit", "owner", "panic", "self_id", "spent"];

/// The import with which contracts log. Machines for tests offer it; on networks a module that imports it is refused.
pub(crate) const LOG: &str = "hdebug";

/// The features of WebAssembly that a module may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Features {
    /// Without reference types, as before their activation.
    WithoutReferenceTypes,
    /// All that the machine knows.
    All,
}

impl Features {
    fn set(self) -> WasmFeatures {
        let all = WasmFeatures::WASM2
            .union(WasmFeatures::RELAXED_SIMD)
            .union(WasmFeatures::MULTI_MEMORY)
            .union(WasmFeatures::MEMORY64);
        match self {
            Self::WithoutReferenceTypes => all.difference(WasmFeatures::REFERENCE_TYPES),
            Self::All => all,
        }
    }
}

impl ModuleInfo {
    /// Whether the module logs, which only machines for tests admit.
    #[must_use]
    pub fn logs(&self) -> bool {
        self.imports.iter().any(|name| name == LOG)
    }
}

/// Checks that a module can be deployed as a contract under `rules`, on a network.
///
/// # Errors
/// The first thing found that stands in the way.
pub fn validate(bytecode: &[u8], rules: Rules) -> Result<ModuleInfo, ModuleError> {
    let info = validate_for_tests(bytecode, rules)?;
    if info.logs() { Err(ModuleError::Logs) } else { Ok(info) }
}

/// As [`validate`], for a machine that records logs.
///
/// # Errors
/// The first thing found that stands in the way.
pub fn validate_for_tests(bytecode: &[u8], rules: Rules) -> Result<ModuleInfo, ModuleError> {
    let features = if rules.active(Feature::ReferenceTypes) { Features::All } else { Features::WithoutReferenceTypes };
    let outline = outline(bytecode, features)?;
    // Comes first: a module that was built for the other width may differ in its imports and exports, too.
    if let [memory] = outline.memories[..] {
        let (width, forbidden) =
            if memory.memory64 { (64, Feature::DisableWasm64) } else { (32, Feature::DisableWasm32) };
        if rules.active(forbidden) {
            return Err(ModuleError::MemoryWidth(width));
        }
    }
    outline.check()
}

/// Checks a module against the requirements that do not depend on the height.
pub(crate) fn inspect(bytecode: &[u8], features: Features) -> Result<ModuleInfo, ModuleError> {
    outline(bytecode, features)?.check()
}

/// The parts of a module that is valid WebAssembly of these features.
fn outline(bytecode: &[u8], features: Features) -> Result<Outline<'_>, ModuleError> {
    if bytecode.len() > MAX_MODULE_BYTES {
        return Err(ModuleError::TooLong { length: bytecode.len() });
    }
    // Before the validator, whose work is not linear either.
    limits::check(bytecode)?;
    Validator::new_with_features(features.set()).validate_all(bytecode)?;
    Outline::read(bytecode)
}

impl From<wasmparser::BinaryReaderError> for ModuleError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Malformed { offset: error.offset() as u64, message: on_one_line(error.message()) }
    }
}

/// A message of the parser, some of which are laid out over several lines.
pub(crate) fn on_one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a valid module that matter to the requirements.
#[derive(Debug, Default)]
struct Outline<'a> {
    types: Vec<FuncType>,
    imports: Vec<(&'a str, TypeRef)>,
    functions: Vec<u32>,
    /// Whether indices have 64 bits.
    tables: Vec<bool>,
    memories: Vec<MemoryType>,
    globals: Vec<(GlobalType, Option<i64>)>,
    exports: Vec<(&'a str, ExternalKind, u32)>,
    has_start: bool,
    bulk: BulkUses,
}

impl<'a> Outline<'a> {
    fn read(bytecode: &'a [u8]) -> Result<Self, ModuleError> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(bytecode) {
            outline.add(payload?)?;
        }
        Ok(outline)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<(), ModuleError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.imports.push((import.name, import.ty));
                }
            }
            Payload::FunctionSection(section) => {
                for function in section {
                    self.functions.push(function?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty.table64);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.globals.push((global.ty, constant(&global.init_expr)?));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.push((export.name, export.kind, export.index));
                }
            }
            Payload::StartSection { .. } => self.has_start = true,
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    match operator? {
                        Operator::MemoryCopy { .. } => self.bulk.copy = true,
                        Operator::MemoryFill { .. } => self.bulk.fill = true,
                        Operator::MemoryGrow { .. } => self.bulk.grow = true,
                        Operator::MemoryInit { data_index, .. } => _ = self.bulk.init.insert(data_index),
                        Operator::DataDrop { data_index } => _ = self.bulk.drop.insert(data_index),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks what is known only when the code has been read: each segment that operators name is an import.
    fn check_segments(&self) -> Result<(), LimitError> {
        for (what, segments) in [
            ("data segments that `memory.init` names", &self.bulk.init),
            ("data segments that `data.drop` names", &self.bulk.drop),
        ] {
            let found = segments.len() as u64;
            if found > MAX_USED_SEGMENTS {
                return Err(LimitError::Module { what, found, most: MAX_USED_SEGMENTS });
            }
        }
        Ok(())
    }

    fn check(self) -> Result<ModuleInfo, ModuleError> {
        if self.has_start {
            return Err(ModuleError::StartSection);
        }
        let memory = self.memory()?;
        let memory_export = self.memory_export()?;
        self.check_imports(memory.memory64)?;
        self.check_exports()?;
        self.check_tables()?;
        self.check_segments()?;
        let argument_offset = self.argument_offset(memory.memory64)?;
        let exported = self.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Func);
        let (init, functions): (Vec<_>, Vec<_>) =
            exported.map(|(name, ..)| (*name).to_owned()).partition(|name| name == INIT);
        Ok(ModuleInfo {
            memory64: memory.memory64,
            minimum_pages: memory.initial,
            argument_offset,
            functions,
            has_init: !init.is_empty(),
            imports: self.imports.iter().map(|(name, _)| (*name).to_owned()).collect(),
            memory_export,
            imported_functions: u32::try_from(self.imports.len()).unwrap_or(u32::MAX),
            bulk: self.bulk,
        })
    }

    fn memory(&self) -> Result<MemoryType, ModuleError> {
        let [memory] = self.memories[..] else {
            return Err(ModuleError::Memories(self.memories.len()));
        };
        if memory.shared {
            return Err(ModuleError::MemoryForm("shared"));
        }
        if memory.page_size_log2.is_some_and(|size| size != 16) {
            return Err(ModuleError::MemoryForm("of a custom page size"));
        }
        if memory.initial > MAX_PAGES {
            return Err(ModuleError::MemoryTooLarge { pages: memory.initial });
        }
        Ok(memory)
    }

    fn memory_export(&self) -> Result<String, ModuleError> {
        let exported: Vec<_> = self.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Memory).collect();
        match exported[..] {
            [(name, ..)] => Ok((*name).to_owned()),
            _ => Err(ModuleError::MemoryExports(exported.len())),
        }
    }

    fn check_imports(&self, memory64: bool) -> Result<(), ModuleError> {
        for (name, found) in &self.imports {
            let name = (*name).to_owned();
            let Some((params, results)) = import_type(&name, memory64) else {
                return Err(ModuleError::UnknownImport { name });
            };
            let expected = FuncType::new(params, results);
            let ty = match found {
                TypeRef::Func(index) => self.types.get(*index as usize),
                _ => None,
            };
            if ty != Some(&expected) {
                let found = ty.map_or_else(|| "not a function".to_owned(), describe);
                return Err(ModuleError::ImportType { name, found, expected: describe(&expected) });
            }
        }
        Ok(())
    }

    fn check_exports(&self) -> Result<(), ModuleError> {
        let convention = FuncType::new([ValType::I32], [ValType::I32]);
        for (name, _, index) in self.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Func) {
            let ty = self.function_type(*index);
            if ty != Some(&convention) {
                let found = ty.map_or_else(String::new, describe);
                return Err(ModuleError::ExportType { name: (*name).to_owned(), found });
            }
        }
        Ok(())
    }

    fn check_tables(&self) -> Result<(), ModuleError> {
        match (0..).zip(&self.tables).find(|(_, wide)| **wide) {
            Some((index, _)) => Err(ModuleError::TableForm { index }),
            None => Ok(()),
        }
    }

    fn argument_offset(&self, memory64: bool) -> Result<u64, ModuleError> {
        let export = self.exports.iter().find(|(name, kind, _)| *name == "A" && *kind == ExternalKind::Global);
        let (_, _, index) = export.ok_or(ModuleError::NoArgumentBuffer)?;
        let (width, expected) = if memory64 { (ValType::I64, "i64") } else { (ValType::I32, "i32") };
        // Imports are functions only, so the index counts the module's own globals.
        let offset = match self.globals.get(*index as usize) {
            Some((ty, Some(offset))) if !ty.mutable && ty.content_type == width => *offset,
            _ => return Err(ModuleError::ArgumentBufferType { expected }),
        };
        match u64::try_from(offset) {
            Ok(inside) if inside < MAX_PAGES * 0x1_0000 - ARGUMENT_BYTES as u64 => Ok(inside),
            _ => Err(ModuleError::ArgumentBufferOutside { offset }),
        }
    }

    fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = index as usize;
        let ty = match self.imports.get(index) {
            Some((_, TypeRef::Func(ty))) => *ty,
            Some(_) => return None,
            None => *self.functions.get(index - self.imports.len())?,
        };
        self.types.get(ty as usize)
    }
}

/// The function that runs once, at deployment.
pub(crate) const INIT: &str = "init";

fn constant(expression: &ConstExpr<'_>) -> Result<Option<i64>, ModuleError> {
    let mut operators = expression.get_operators_reader();
    Ok(match operators.read()? {
        Operator::I32Const { value } => Some(i64::from(value)),
        Operator::I64Const { value } => Some(value),
        _ => None,
    })
}

type Signature = (Vec<ValType>, Vec<ValType>);

fn import_type(name: &str, memory64: bool) -> Option<Signature> {
    use ValType::{I32, I64};
    let p = if memory64 { I64 } else { I32 };
    let (params, results): (&[ValType], &[ValType]) = match name {
        "c" => (&[p, p, I32, I32, I64], &[I32]),
        "hq" => (&[p, I32, I32], &[I32]),
        "hd" => (&[p, I32], &[I32]),
        "emit" => (&[p, I32, I32], &[]),
        "feed" | "panic" | LOG => (&[I32], &[]),
        "limit" | "spent" => (&[], &[I64]),
        "caller" | "callstack" => (&[], &[I32]),
        "self_id" => (&[], &[]),
        "owner" => (&[p], &[I32]),
        _ => return None,
    };
    Some((params.to_vec(), results.to_vec()))
}

fn describe(ty: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

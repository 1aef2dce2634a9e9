//! Rewriting a contract's module before it is compiled.
//!
//! Three things change, and none of them the gas:
//!
//! - Data segments leave the module. The machine writes them once, at deployment; an instance over restored memory
//!   must not write them again.
//! - Bulk memory operators become calls of the machine, which cost the same. The engine would check the gas before
//!   them, while production checks it only on entering functions and loops.
//! - Imports get the module name under which the machine offers them, and custom sections go.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, ElementSection, EntityType, ExportSection, FunctionSection, GlobalSection, ImportSection, Instruction,
    MemorySection, Module, TableSection, TypeSection, ValType,
};
use wasmparser::{BinaryReader, CodeSectionReader, DataKind, Operator, Parser, Payload};

use super::inspect::{BulkUses, ModuleInfo};
use super::{ModuleError, PassiveData};

/// The module name of the machine's functions for contracts.
pub(crate) const HOST: &str = "host";
/// The module name of the functions that stand for bulk memory operators.
pub(crate) const BULK: &str = "bulk";

/// Data that a deployment writes into the memory.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) offset: u64,
    pub(crate) data: PassiveData,
}

/// A rewritten module.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The module to compile.
    pub(crate) bytecode: Vec<u8>,
    /// Active data segments, in order.
    pub(crate) segments: Vec<Segment>,
    /// Data for `memory.init`, by segment index. Active segments count as dropped.
    pub(crate) passive: Vec<PassiveData>,
}

/// Rewrites a module that [`super::inspect()`] has accepted.
pub(crate) fn prepare(bytecode: &[u8], info: &ModuleInfo) -> Result<Prepared, ModuleError> {
    let mut prepared = Prepared { bytecode: Vec::new(), segments: Vec::new(), passive: Vec::new() };
    let mut rewriter = Rewriter::new(info);
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytecode) {
        let payload = payload?;
        if let Payload::DataSection(section) = payload {
            for segment in section {
                let segment = segment?;
                let data: PassiveData = segment.data.into();
                match segment.kind {
                    DataKind::Active { offset_expr, .. } => {
                        let offset = segment_offset(offset_expr.get_operators_reader().read()?)?;
                        prepared.segments.push(Segment { offset, data });
                        prepared.passive.push(Arc::default());
                    }
                    DataKind::Passive => prepared.passive.push(data),
                }
            }
        } else {
            rewriter.section(&mut module, payload, bytecode).map_err(|error| not_rewritable(&error))?;
        }
    }
    prepared.bytecode = module.finish();
    Ok(prepared)
}

fn segment_offset(operator: Operator<'_>) -> Result<u64, ModuleError> {
    match operator {
        Operator::I32Const { value } => Ok(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => Ok(value.cast_unsigned()),
        other => {
            Err(ModuleError::NotCompilable(format!("a data segment begins at {other:?}, which is not a constant")))
        }
    }
}

fn not_rewritable(error: &reencode::Error<Infallible>) -> ModuleError {
    ModuleError::NotCompilable(error.to_string())
}

/// The name of the function that stands for `memory.init` of a segment.
pub(crate) fn init_name(segment: u32) -> String {
    format!("init {segment}")
}

/// The name of the function that stands for `data.drop` of a segment.
pub(crate) fn drop_name(segment: u32) -> String {
    format!("drop {segment}")
}

/// A bulk memory operator for which a function stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bulk {
    Copy,
    Fill,
    Grow,
    /// `memory.init` of a segment. The segment is part of the function's name and not an argument, because an argument
    /// would cost gas.
    Init(u32),
    /// `data.drop` of a segment.
    Drop(u32),
}

impl Bulk {
    fn name(self) -> String {
        match self {
            Self::Copy => "copy".to_owned(),
            Self::Fill => "fill".to_owned(),
            Self::Grow => "grow".to_owned(),
            Self::Init(segment) => init_name(segment),
            Self::Drop(segment) => drop_name(segment),
        }
    }
}

/// An import that the rewritten module has in addition.
struct Added {
    operator: Bulk,
    params: Vec<ValType>,
    results: Vec<ValType>,
}

struct Rewriter<'a> {
    imported: u32,
    bulk: &'a BulkUses,
    /// The added imports, in order.
    added: Vec<Added>,
    /// The functions that stand for operators.
    functions: BTreeMap<Bulk, u32>,
    types: u32,
    types_written: bool,
    imports_written: bool,
}

impl<'a> Rewriter<'a> {
    fn new(info: &'a ModuleInfo) -> Self {
        let p = if info.memory64 { ValType::I64 } else { ValType::I32 };
        let bulk = &info.bulk;
        let mut added = Vec::new();
        let mut add = |used: bool, operator: Bulk, params: &[ValType], results: &[ValType]| {
            if used {
                added.push(Added { operator, params: params.to_vec(), results: results.to_vec() });
            }
        };
        add(bulk.copy, Bulk::Copy, &[p, p, p], &[]);
        add(bulk.fill, Bulk::Fill, &[p, ValType::I32, p], &[]);
        add(bulk.grow, Bulk::Grow, &[p], &[p]);
        for &segment in &bulk.init {
            add(true, Bulk::Init(segment), &[p, ValType::I32, ValType::I32], &[]);
        }
        for &segment in &bulk.drop {
            add(true, Bulk::Drop(segment), &[], &[]);
        }
        let imported = info.imported_functions;
        let functions = (imported..).zip(&added).map(|(function, added)| (added.operator, function)).collect();
        Self { imported, bulk, added, functions, types: 0, types_written: false, imports_written: false }
    }

    fn section(
        &mut self,
        module: &mut Module,
        payload: Payload<'_>,
        bytecode: &[u8],
    ) -> Result<(), reencode::Error<Infallible>> {
        match payload {
            Payload::TypeSection(section) => {
                self.types = section.count();
                let mut types = TypeSection::new();
                utils::parse_type_section(self, &mut types, section)?;
                self.write_types(module, types);
            }
            Payload::ImportSection(section) => {
                self.write_types_if_missing(module);
                let mut imports = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    imports.import(HOST, import.name, self.entity_type(import.ty)?);
                }
                self.write_imports(module, imports);
            }
            Payload::FunctionSection(section) => {
                self.write_imports_if_missing(module);
                let mut functions = FunctionSection::new();
                utils::parse_function_section(self, &mut functions, section)?;
                module.section(&functions);
            }
            Payload::TableSection(section) => {
                self.write_imports_if_missing(module);
                let mut tables = TableSection::new();
                utils::parse_table_section(self, &mut tables, section)?;
                module.section(&tables);
            }
            Payload::MemorySection(section) => {
                self.write_imports_if_missing(module);
                let mut memories = MemorySection::new();
                utils::parse_memory_section(self, &mut memories, section)?;
                module.section(&memories);
            }
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                utils::parse_global_section(self, &mut globals, section)?;
                module.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                utils::parse_export_section(self, &mut exports, section)?;
                module.section(&exports);
            }
            Payload::ElementSection(section) => {
                let mut elements = ElementSection::new();
                utils::parse_element_section(self, &mut elements, section)?;
                module.section(&elements);
            }
            Payload::CodeSectionStart { range, .. } => {
                let (start, end) = (range.start, range.end);
                let section = bytecode.get(to_index(start)..to_index(end));
                let section = section.ok_or(reencode::Error::InvalidCodeSectionSize)?;
                let reader = CodeSectionReader::new(BinaryReader::new(section, start))?;
                let mut code = CodeSection::new();
                utils::parse_code_section(self, &mut code, reader)?;
                module.section(&code);
            }
            _ => {}
        }
        Ok(())
    }

    fn write_types(&mut self, module: &mut Module, mut types: TypeSection) {
        for Added { params, results, .. } in &self.added {
            types.ty().function(params.iter().copied(), results.iter().copied());
        }
        module.section(&types);
        self.types_written = true;
    }

    fn write_types_if_missing(&mut self, module: &mut Module) {
        if !self.types_written {
            self.write_types(module, TypeSection::new());
        }
    }

    fn write_imports(&mut self, module: &mut Module, mut imports: ImportSection) {
        for (ty, added) in (self.types..).zip(&self.added) {
            imports.import(BULK, &added.operator.name(), EntityType::Function(ty));
        }
        module.section(&imports);
        self.imports_written = true;
    }

    fn write_imports_if_missing(&mut self, module: &mut Module) {
        self.write_types_if_missing(module);
        if !self.imports_written {
            self.write_imports(module, ImportSection::new());
        }
    }
}

#[expect(clippy::unnecessary_cast, reason = "the parser counts in 64 bits on some targets only")]
fn to_index(offset: usize) -> usize {
    offset as usize
}

impl Reencode for Rewriter<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Infallible>> {
        let shift = if function >= self.imported { self.added.len() } else { 0 };
        Ok(function + u32::try_from(shift).expect("there are fewer added imports than data segments"))
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, reencode::Error<Infallible>> {
        let stands_for = match operator {
            Operator::MemoryCopy { .. } if self.bulk.copy => Bulk::Copy,
            Operator::MemoryFill { .. } if self.bulk.fill => Bulk::Fill,
            Operator::MemoryGrow { .. } if self.bulk.grow => Bulk::Grow,
            Operator::MemoryInit { data_index, .. } => Bulk::Init(data_index),
            Operator::DataDrop { data_index } => Bulk::Drop(data_index),
            other => return utils::instruction(self, other),
        };
        let function = self.functions.get(&stands_for).copied();
        let function = function.expect("an operator in the code was counted when the module was inspected");
        Ok(Instruction::Call(function))
    }
}

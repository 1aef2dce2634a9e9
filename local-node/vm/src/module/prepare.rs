//! Rewriting a contract's module before it is compiled.
//!
//! Three things change, and none of them the gas:
//!
//! - Data segments leave the module. The machine writes them once, at deployment; an instance over restored memory
//!   must not write them again.
//! - Bulk memory operators become calls of the machine, which cost the same. The engine would check the gas before
//!   them, while production checks it only on entering functions and loops.
//! - Imports get the module name under which the machine offers them, and custom sections go.

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
        other => Err(ModuleError::NotCompilable(format!("a data segment begins at {other:?}, which is no constant"))),
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

struct Rewriter<'a> {
    imported: u32,
    bulk: &'a BulkUses,
    /// Names and types of the added imports, in order.
    added: Vec<(String, Vec<ValType>, Vec<ValType>)>,
    types: u32,
    types_written: bool,
    imports_written: bool,
}

impl<'a> Rewriter<'a> {
    fn new(info: &'a ModuleInfo) -> Self {
        let p = if info.memory64 { ValType::I64 } else { ValType::I32 };
        let bulk = &info.bulk;
        let mut added = Vec::new();
        let mut add = |used: bool, name: String, params: Vec<ValType>, results: Vec<ValType>| {
            if used {
                added.push((name, params, results));
            }
        };
        add(bulk.copy, "copy".to_owned(), vec![p, p, p], vec![]);
        add(bulk.fill, "fill".to_owned(), vec![p, ValType::I32, p], vec![]);
        add(bulk.grow, "grow".to_owned(), vec![p], vec![p]);
        for &segment in &bulk.init {
            add(true, init_name(segment), vec![p, ValType::I32, ValType::I32], vec![]);
        }
        for &segment in &bulk.drop {
            add(true, drop_name(segment), vec![], vec![]);
        }
        Self { imported: info.imported_functions, bulk, added, types: 0, types_written: false, imports_written: false }
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
        for (_, params, results) in &self.added {
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
        for (ty, (name, ..)) in (self.types..).zip(&self.added) {
            imports.import(BULK, name, EntityType::Function(ty));
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

    fn added_function(&self, name: &str) -> u32 {
        let position = self.added.iter().position(|(added, ..)| added == name);
        let position = position.expect("an operator in the code was counted when the module was inspected");
        self.imported + u32::try_from(position).expect("there are fewer added imports than data segments")
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
        let name = match operator {
            Operator::MemoryCopy { .. } if self.bulk.copy => "copy".to_owned(),
            Operator::MemoryFill { .. } if self.bulk.fill => "fill".to_owned(),
            Operator::MemoryGrow { .. } if self.bulk.grow => "grow".to_owned(),
            Operator::MemoryInit { data_index, .. } => init_name(data_index),
            Operator::DataDrop { data_index } => drop_name(data_index),
            other => return utils::instruction(self, other),
        };
        Ok(Instruction::Call(self.added_function(&name)))
    }
}

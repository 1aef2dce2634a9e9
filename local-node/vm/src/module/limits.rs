//! How much a module may ask of the compiler, and of every call of it.
//!
//! The compiler's work is not linear in a module's length: a few thousand bytes can ask for minutes of it, before any
//! gas is paid. Factors that multiply are bounded before anything else looks at the module, even before its validation.
//!
//! | what | why | most seen | most here |
//! |---|---|---|---|
//! | nesting | loops in loops: third power | 27 | 250 |
//! | branching: blocks and branches of each function, squared | liveness and register allocation | 2.7 million | 60 million |
//! | variables times blocks of each function | construction of SSA form; also its memory | 0.3 million | 4 million |
//! | values that calls and branches pass | moves between registers and stack | 14,000 | 300,000 |
//! | calls, also those that pass no values, and bulk operators | a few instructions and a relocation for each | 2,800 | 150,000 |
//! | hard operators of each function, squared | register allocation around constants and fixed registers | 80 | 16 million |
//! | functions, types | a fixed cost for each | 526, 44 | 10,000, 2,000 |
//!
//! The measured modules are the genesis contracts, and a production data driver for rows two to four. The worst
//! module that was found within all bounds takes 9 seconds of one core, and 250 MB for each function that compiles at a
//! time. Production has no such bounds; engines that run untrusted code have some, and mostly narrower ones.

use wasmparser::{BlockType, BrTable, FunctionBody, Operator, Parser, Payload, TypeRef};

/// The most types of functions.
pub const MAX_TYPES: u64 = 2_000;
/// The most parameters and results of all types together.
pub const MAX_TYPE_VALUES: u64 = 20_000;
/// The most imports.
pub const MAX_IMPORTS: u64 = 1_000;
/// The most functions.
pub const MAX_FUNCTIONS: u64 = 10_000;
/// The most exports.
pub const MAX_EXPORTS: u64 = 2_000;
/// The longest name of an import or an export, in bytes.
pub const MAX_NAME_BYTES: u64 = 4_096;
/// The most global variables.
pub const MAX_GLOBALS: u64 = 10_000;
/// The most elements with which all tables together begin.
pub const MAX_INITIAL_ELEMENTS: u64 = 100_000;
/// The most element segments.
pub const MAX_ELEMENT_SEGMENTS: u64 = 10_000;
/// The most elements in all element segments together.
pub const MAX_SEGMENT_ELEMENTS: u64 = 100_000;
/// The most data segments.
pub const MAX_DATA_SEGMENTS: u64 = 100_000;
/// The most data segments that `memory.init` names, and that `data.drop` names.
pub const MAX_USED_SEGMENTS: u64 = 4_096;
/// The longest code of one function, in bytes.
pub const MAX_FUNCTION_BYTES: u64 = 256 << 10;
/// The most local variables of a function, its parameters included.
pub const MAX_LOCALS: u64 = 10_000;
/// The most blocks, loops and conditions that lie in each other.
pub const MAX_NESTING: u64 = 250;
/// The most targets of all `br_table` operators together.
pub const MAX_TABLE_TARGETS: u64 = 100_000;
/// The most branching: the squares of the numbers of blocks and branches of each function, together.
pub const MAX_BRANCHING: u64 = 60_000_000;
/// The most variables (locals, and parameters and results of blocks) times blocks of each function, together.
pub const MAX_VARIABLES_TIMES_BLOCKS: u64 = 4_000_000;
/// The most values that calls and branches pass.
pub const MAX_PASSED_VALUES: u64 = 300_000;
/// The most calls, and operators that become calls: those on whole pieces of memories and tables.
pub const MAX_CALLS: u64 = 150_000;
/// The squares of the numbers of hard operators of each function, together. Hard are operators on floats and vectors,
/// and every other shift by an amount that is not constant.
pub const MAX_HARDNESS: u64 = 16_000_000;

/// A module has more of something than compilers emit, and than is compiled here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// The module as a whole.
    #[error("machine limit: the module has {found} {what}, but the maximum is {most}; split it into several")]
    Module {
        /// The name of the limited quantity.
        what: &'static str,
        /// How much there is, or the first number above the bound that was found.
        found: u64,
        /// The bound.
        most: u64,
    },
    /// A function, or all up to this one.
    #[error(
        "machine limit: up to function {function} there are {found} {what}, but the maximum is {most}; make it smaller"
    )]
    Function {
        /// The index of the function, imported ones included.
        function: u64,
        /// The name of the limited quantity.
        what: &'static str,
        /// How much there is, or the first number above the bound that was found.
        found: u64,
        /// The bound.
        most: u64,
    },
}

/// Checks a module, valid or not, against the bounds.
///
/// A section that cannot be parsed is skipped: the validator reports its fault.
///
/// # Errors
/// The first bound that is exceeded.
pub(crate) fn check(bytecode: &[u8]) -> Result<(), LimitError> {
    count(bytecode).map(|_| ())
}

/// Counts as far as the module can be parsed.
fn count(bytecode: &[u8]) -> Result<Module, LimitError> {
    let mut counts = Module::default();
    for payload in Parser::new(0).parse_all(bytecode) {
        let Ok(payload) = payload else { break };
        match counts.add(payload) {
            Err(Stop::Limit(limit)) => return Err(limit),
            Err(Stop::Malformed) => break,
            Ok(()) => {}
        }
    }
    Ok(counts)
}

/// Why counting ends early.
enum Stop {
    Limit(LimitError),
    Malformed,
}

impl From<LimitError> for Stop {
    fn from(limit: LimitError) -> Self {
        Self::Limit(limit)
    }
}

impl From<wasmparser::BinaryReaderError> for Stop {
    fn from(_: wasmparser::BinaryReaderError) -> Self {
        Self::Malformed
    }
}

fn at_most(what: &'static str, found: impl Into<u64>, most: u64) -> Result<(), LimitError> {
    let found = found.into();
    if found > most { Err(LimitError::Module { what, found, most }) } else { Ok(()) }
}

fn name(name: &str) -> Result<(), LimitError> {
    at_most("bytes in the name of an import or export", name.len() as u64, MAX_NAME_BYTES)
}

/// Parameters and results.
#[derive(Debug, Clone, Copy, Default)]
struct Arity {
    params: u64,
    results: u64,
}

impl Arity {
    fn total(self) -> u64 {
        self.params + self.results
    }
}

/// The counts of a module so far.
#[derive(Default)]
struct Module {
    types: Vec<Arity>,
    type_values: u64,
    /// The type of each function, the imported ones first.
    functions: Vec<u32>,
    imported: usize,
    bodies: usize,
    elements: u64,
    segment_elements: u64,
    code: Code,
}

/// The counts of the code so far.
#[derive(Debug, Default)]
struct Code {
    /// The most of one function.
    function_bytes: u64,
    locals: u64,
    nesting: u64,

    targets: u64,
    calls: u64,
    passed: u64,
    branching: u64,
    variables_times_blocks: u64,
    hardness: u64,
}

impl Module {
    fn add(&mut self, payload: Payload<'_>) -> Result<(), Stop> {
        match payload {
            Payload::TypeSection(section) => {
                at_most("types", section.count(), MAX_TYPES)?;
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty?;
                    let arity = Arity { params: ty.params().len() as u64, results: ty.results().len() as u64 };
                    self.types.push(arity);
                    self.type_values += arity.total();
                    at_most("parameters and results in its types", self.type_values, MAX_TYPE_VALUES)?;
                }
            }
            Payload::ImportSection(section) => {
                for (import, count) in section.into_imports().zip(1_u64..) {
                    let import = import?;
                    at_most("imports", count, MAX_IMPORTS)?;
                    name(import.module)?;
                    name(import.name)?;
                    if let TypeRef::Func(ty) = import.ty {
                        self.functions.push(ty);
                    }
                }
                self.imported = self.functions.len();
            }
            Payload::FunctionSection(section) => {
                at_most("functions", section.count(), MAX_FUNCTIONS)?;
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.elements = self.elements.saturating_add(table?.ty.initial);
                    at_most("elements in its tables together", self.elements, MAX_INITIAL_ELEMENTS)?;
                }
            }
            Payload::GlobalSection(section) => at_most("globals", section.count(), MAX_GLOBALS)?,
            Payload::ExportSection(section) => {
                at_most("exports", section.count(), MAX_EXPORTS)?;
                for export in section {
                    name(export?.name)?;
                }
            }
            Payload::ElementSection(section) => {
                at_most("element segments", section.count(), MAX_ELEMENT_SEGMENTS)?;
                for segment in section {
                    self.segment_elements += match segment?.items {
                        wasmparser::ElementItems::Functions(items) => u64::from(items.count()),
                        wasmparser::ElementItems::Expressions(_, items) => u64::from(items.count()),
                    };
                    at_most("elements in its element segments", self.segment_elements, MAX_SEGMENT_ELEMENTS)?;
                }
            }
            Payload::DataCountSection { count, .. } => at_most("data segments", count, MAX_DATA_SEGMENTS)?,
            Payload::DataSection(section) => at_most("data segments", section.count(), MAX_DATA_SEGMENTS)?,
            Payload::CodeSectionEntry(body) => {
                let index = self.imported + self.bodies;
                self.bodies += 1;
                let ty = self.functions.get(index).and_then(|ty| self.types.get(*ty as usize));
                let arity = ty.copied().unwrap_or_default();
                Function::new(&self.types, &self.functions, &mut self.code, index as u64, arity).count(&body)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The counts of a function so far.
struct Function<'a> {
    types: &'a [Arity],
    functions: &'a [u32],
    /// The counts of all code, this function included.
    code: &'a mut Code,
    index: u64,
    /// How many values a branch to each of the open blocks passes, from the outermost.
    labels: Vec<u64>,
    /// Locals, and parameters and results of blocks.
    variables: u64,
    /// Blocks of the compiler, roughly.
    blocks: u64,
    /// Hard operators; shifts count as half of one.
    half_hard: u64,
    after_constant: bool,
}

impl<'a> Function<'a> {
    fn new(types: &'a [Arity], functions: &'a [u32], code: &'a mut Code, index: u64, arity: Arity) -> Self {
        Self {
            types,
            functions,
            code,
            index,
            labels: vec![arity.results],
            variables: arity.total(),
            blocks: 0,
            half_hard: 0,
            after_constant: false,
        }
    }

    fn count(mut self, body: &FunctionBody<'_>) -> Result<(), Stop> {
        let range = body.range();
        let bytes = range.end.saturating_sub(range.start) as u64;
        self.code.function_bytes = self.code.function_bytes.max(bytes);
        self.at_most("bytes in one function", bytes, MAX_FUNCTION_BYTES)?;
        for group in body.get_locals_reader()? {
            self.variables += u64::from(group?.0);
            self.at_most("local variables in one function", self.variables, MAX_LOCALS)?;
        }
        self.code.locals = self.code.locals.max(self.variables);
        self.branch(0)?;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            self.operator(&operator)?;
            self.after_constant = matches!(operator, Operator::I32Const { .. } | Operator::I64Const { .. });
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), Stop> {
        match operator {
            Operator::Block { blockty } | Operator::If { blockty } => {
                let arity = self.block_arity(*blockty);
                self.open(arity, arity.results)?;
            }
            Operator::Loop { blockty } => {
                let arity = self.block_arity(*blockty);
                self.open(arity, arity.params)?;
            }
            Operator::Else => self.branch(0)?,
            Operator::End => _ = self.labels.pop(),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                self.branch(self.label(*relative_depth))?;
            }
            Operator::Return => self.branch(self.labels.first().copied().unwrap_or_default())?,
            Operator::BrTable { targets } => self.table(targets)?,
            Operator::Call { function_index } => {
                let ty = self.functions.get(*function_index as usize).copied();
                self.call(ty)?;
            }
            Operator::CallIndirect { type_index, .. } => {
                self.branch(0)?;
                self.call(Some(*type_index))?;
            }
            // The machine or the engine has a function for each of these.
            Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryGrow { .. }
            | Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::TableGrow { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::RefFunc { .. } => self.called()?,
            // The elements of tables are made when they are used first, which is a branch.
            Operator::TableGet { .. } | Operator::TableSet { .. } => self.branch(0)?,
            other => self.half_hard(hardness(other, self.after_constant))?,
        }
        Ok(())
    }

    fn block_arity(&self, ty: BlockType) -> Arity {
        match ty {
            BlockType::Empty => Arity::default(),
            BlockType::Type(_) => Arity { params: 0, results: 1 },
            BlockType::FuncType(ty) => self.types.get(ty as usize).copied().unwrap_or_default(),
        }
    }

    /// How many values a branch passes.
    fn label(&self, depth: u32) -> u64 {
        let place = self.labels.len().checked_sub(depth as usize + 1);
        place.and_then(|place| self.labels.get(place)).copied().unwrap_or_default()
    }

    /// A block begins, to which branches pass so many values.
    fn open(&mut self, arity: Arity, label: u64) -> Result<(), LimitError> {
        self.labels.push(label);
        let nesting = self.labels.len() as u64 - 1;
        self.code.nesting = self.code.nesting.max(nesting);
        self.at_most("nested blocks", nesting, MAX_NESTING)?;
        self.variables += arity.total();
        self.code.variables_times_blocks += arity.total() * self.blocks;
        self.branch(arity.total())
    }

    /// The compiler begins a block, and passes so many values to it.
    fn branch(&mut self, values: u64) -> Result<(), LimitError> {
        // The sums of squares and products grow by what one more block adds.
        self.code.branching += 2 * self.blocks + 1;
        self.code.variables_times_blocks += self.variables;
        self.blocks += 1;
        self.at_most("squared blocks and branches of its functions", self.code.branching, MAX_BRANCHING)?;
        let product = self.code.variables_times_blocks;
        self.at_most("variables times blocks of its functions", product, MAX_VARIABLES_TIMES_BLOCKS)?;
        self.pass(values)
    }

    fn table(&mut self, targets: &BrTable<'_>) -> Result<(), Stop> {
        self.code.targets += u64::from(targets.len());
        self.at_most("targets of `br_table`", self.code.targets, MAX_TABLE_TARGETS)?;
        self.branch(self.label(targets.default()))?;
        for target in targets.targets() {
            self.pass(self.label(target?))?;
        }
        Ok(())
    }

    fn call(&mut self, ty: Option<u32>) -> Result<(), LimitError> {
        self.called()?;
        let arity = ty.and_then(|ty| self.types.get(ty as usize)).copied().unwrap_or_default();
        self.pass(arity.total())
    }

    fn called(&mut self) -> Result<(), LimitError> {
        self.code.calls += 1;
        self.at_most("calls", self.code.calls, MAX_CALLS)
    }

    fn pass(&mut self, values: u64) -> Result<(), LimitError> {
        self.code.passed += values;
        self.at_most("values that calls and branches pass", self.code.passed, MAX_PASSED_VALUES)
    }

    fn half_hard(&mut self, halves: u64) -> Result<(), LimitError> {
        if halves == 0 {
            return Ok(());
        }
        let before = self.half_hard / 2;
        self.half_hard += halves;
        let after = self.half_hard / 2;
        self.code.hardness += after * after - before * before;
        let what = "squared operators on floats and vectors and variable shifts";
        self.at_most(what, self.code.hardness, MAX_HARDNESS)
    }

    fn at_most(&self, what: &'static str, found: u64, most: u64) -> Result<(), LimitError> {
        if found > most { Err(LimitError::Function { function: self.index, what, found, most }) } else { Ok(()) }
    }
}

/// How hard an operator makes the allocation of registers, in halves.
fn hardness(operator: &Operator<'_>, after_constant: bool) -> u64 {
    macro_rules! hardness {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match operator {
                $( Operator::$op { .. } => const { Hardness::of(stringify!($proposal), stringify!($op)) }, )*
                _ => Hardness::None,
            }
        };
    }
    match wasmparser::for_each_operator!(hardness) {
        Hardness::Shift if !after_constant => 1,
        Hardness::None | Hardness::Shift => 0,
        Hardness::Wide => 2,
    }
}

/// Kinds of operators.
#[derive(Clone, Copy)]
enum Hardness {
    None,
    /// Shifts and rotations, whose amount has a register of its own unless it is constant.
    Shift,
    /// Operators on floats and vectors.
    Wide,
}

impl Hardness {
    /// The kind of an operator, by the names that the parser gives it and the proposal that it comes from.
    const fn of(proposal: &str, name: &str) -> Self {
        let (proposal, name) = (proposal.as_bytes(), name.as_bytes());
        let moves = contains(name, b"Load") || contains(name, b"Store") || contains(name, b"Const");
        let floats = contains(name, b"F32") || contains(name, b"F64");
        let shifts = contains(name, b"Shl") || contains(name, b"Shr") || contains(name, b"Rot");
        if contains(proposal, b"simd") || (floats && !moves) {
            Self::Wide
        } else if shifts {
            Self::Shift
        } else {
            Self::None
        }
    }
}

const fn contains(text: &[u8], part: &[u8]) -> bool {
    let mut start = 0;
    while start + part.len() <= text.len() {
        let mut length = 0;
        while length < part.len() && text[start + length] == part[length] {
            length += 1;
        }
        if length == part.len() {
            return true;
        }
        start += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genesis::{STAKE, TRANSFER};

    /// How many times as much as in production's own contracts there may be.
    const ROOM: u64 = 4;

    #[test]
    fn there_is_much_room_above_what_compilers_emit() {
        for bytecode in [TRANSFER, STAKE] {
            let counts = count(bytecode).unwrap();
            let code = &counts.code;
            println!("{} functions, {} types, {code:?}", counts.functions.len(), counts.types.len());
            for (what, found, most) in [
                ("types", counts.types.len() as u64, MAX_TYPES),
                ("values of types", counts.type_values, MAX_TYPE_VALUES),
                ("functions", counts.functions.len() as u64, MAX_FUNCTIONS),
                ("elements", counts.elements, MAX_INITIAL_ELEMENTS),
                ("elements of segments", counts.segment_elements, MAX_SEGMENT_ELEMENTS),
                ("bytes of a function", code.function_bytes, MAX_FUNCTION_BYTES),
                ("locals", code.locals, MAX_LOCALS),
                ("nesting", code.nesting, MAX_NESTING),
                ("targets", code.targets, MAX_TABLE_TARGETS),
                ("calls", code.calls, MAX_CALLS),
                ("passed values", code.passed, MAX_PASSED_VALUES),
                ("branching", code.branching, MAX_BRANCHING),
                ("variables times blocks", code.variables_times_blocks, MAX_VARIABLES_TIMES_BLOCKS),
                ("hardness", code.hardness, MAX_HARDNESS),
            ] {
                assert!(found > 0 || what == "hardness", "{what} are counted");
                assert!(found * ROOM <= most, "{what}: {found} of {most}");
            }
        }
    }

    #[test]
    fn hard_operators_are_told_by_their_names() {
        let halves = |operator: &Operator<'_>| [false, true].map(|after_constant| hardness(operator, after_constant));
        assert_eq!(halves(&Operator::F64Add), [2, 2]);
        assert_eq!(halves(&Operator::I32TruncSatF32S), [2, 2]);
        assert_eq!(halves(&Operator::I8x16Popcnt), [2, 2]);
        assert_eq!(halves(&Operator::I64Rotl), [1, 0]);
        assert_eq!(halves(&Operator::I32ShrU), [1, 0]);
        assert_eq!(halves(&Operator::I64Mul), [0, 0]);
        assert_eq!(halves(&Operator::F64Const { value: 0.0_f64.into() }), [0, 0]);
    }
}

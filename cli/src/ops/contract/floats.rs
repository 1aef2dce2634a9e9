//! Floating-point arithmetic in a module, and the exported functions that reach it.
//!
//! Formatting code of libraries is left out: a contract that computes with integers alone may link it for its texts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use wasmparser::{
    BlockType, ElementItems, ExternalKind, FunctionBody, KnownCustom, Operator, Parser, Payload, TypeRef, ValType,
};

use super::module_info::names_of_functions;

/// How many functions a finding names.
const MAX_NAMED: usize = 5;
/// How the paths of library code begin that formats and parses numbers, and of what a compiler adds.
const FORMATTING: [&str; 13] = [
    "alloc::fmt::",
    "alloc::string::",
    "compiler_builtins::",
    "core::fmt::",
    "core::num::dec2flt::",
    "core::num::diy_float::",
    "core::num::flt2dec::",
    "core::num::imp::",
    "ryu::",
    "serde::",
    "serde_core::",
    "serde_json::",
    "zmij::",
];
/// The trait whose provided methods take floats from a document, for each type that can be read from one.
const VISITORS: [&str; 2] = ["serde::de::Visitor", "serde_core::de::Visitor"];

/// Functions of a module that compute with floats.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Floats {
    /// By name, without formatting code of libraries.
    pub(crate) named: Vec<String>,
    /// How many have no name, and are reached from an export.
    pub(crate) unnamed: usize,
    /// The exported functions from which these are reached.
    pub(crate) exports: BTreeSet<String>,
}

impl Floats {
    /// Looks for them in a module, which may hold the names of its functions.
    ///
    /// # Errors
    /// When it is no module.
    pub(crate) fn find(wasm: &[u8]) -> Result<Self> {
        let graph = Graph::read(wasm)?;
        let mut floats = Self::default();
        for function in &graph.floating {
            let exports = graph.exports_that_reach(*function);
            match graph.name(*function) {
                Some(name) if is_formatting(name) => continue,
                Some(name) => floats.named.push(name.to_owned()),
                None if exports.is_empty() => continue,
                None => floats.unnamed += 1,
            }
            floats.exports.extend(exports.into_iter().map(str::to_owned));
        }
        Ok(floats)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.unnamed == 0
    }

    /// Whether all that is known of them is the exports that reach them.
    pub(crate) fn is_nameless(&self) -> bool {
        self.named.is_empty() && self.unnamed > 0
    }

    /// `in half, third; reached from the exports pay, split`
    pub(crate) fn place(&self) -> String {
        let unnamed = match self.unnamed {
            0 => None,
            1 => Some("a function without a name".to_owned()),
            more => Some(format!("{more} functions without names")),
        };
        let mut functions: Vec<&str> = self.named.iter().map(String::as_str).collect();
        functions.extend(unnamed.as_deref());
        let named = |name: &&str| self.named.iter().any(|it| it == name);
        let exports: Vec<&str> = self.exports.iter().map(String::as_str).filter(|name| !named(name)).collect();
        let exports = match exports.len() {
            0 => String::new(),
            1 => format!("; reached from the export {}", exports[0]),
            _ => format!("; reached from the exports {}", first_of(&exports)),
        };
        format!("in {}{exports}", first_of(&functions))
    }
}

fn first_of(names: &[&str]) -> String {
    let shown = names.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    let rest = names.len().saturating_sub(MAX_NAMED);
    if rest == 0 { shown } else { format!("{shown} and {rest} more") }
}

/// Whether a function of this name belongs to a library's formatting code.
fn is_formatting(name: &str) -> bool {
    let begins = |path: &str| FORMATTING.iter().any(|library| path.starts_with(library));
    // `<type as trait>::method`: the type tells whose it is, and for numbers the trait.
    let (ty, of_trait) = match name.strip_prefix('<').and_then(|rest| rest.split_once(" as ")) {
        Some((ty, of_trait)) => (ty.trim_start_matches('&').trim_start_matches("mut "), of_trait),
        None => return begins(name) || ["__fix", "__float", "__powi"].iter().any(|prefix| name.starts_with(prefix)),
    };
    match ty {
        "f32" | "f64" => begins(of_trait),
        _ => begins(ty) || VISITORS.iter().any(|visitor| of_trait.starts_with(visitor)),
    }
}

/// Which function of a module calls which.
#[derive(Debug, Default)]
struct Graph {
    names: BTreeMap<u32, String>,
    exports: BTreeMap<u32, String>,
    /// The functions that compute with floats.
    floating: Vec<u32>,
    /// The functions that call each, or take its address.
    callers: BTreeMap<u32, BTreeSet<u32>>,
    /// The functions that call one by its address, by its type.
    callers_by_address: BTreeMap<u32, BTreeSet<u32>>,
    /// The type of each function, imported ones first.
    types: Vec<u32>,
    /// Functions whose addresses stand in tables.
    in_tables: BTreeSet<u32>,
}

impl Graph {
    fn read(wasm: &[u8]) -> Result<Self> {
        let mut graph = Self::default();
        let mut next = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.context("no WASM module")? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if let TypeRef::Func(ty) = import?.ty {
                            graph.types.push(ty);
                            next += 1;
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        graph.types.push(ty?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            graph.exports.insert(export.index, export.name.to_owned());
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        graph.add_to_tables(element?.items)?;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    graph.add_body(next, &body)?;
                    next += 1;
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(reader) = section.as_known() {
                        graph.names = names_of_functions(reader);
                    }
                }
                _ => {}
            }
        }
        Ok(graph)
    }

    fn add_body(&mut self, function: u32, body: &FunctionBody<'_>) -> Result<()> {
        let mut floats = false;
        for local in body.get_locals_reader()? {
            floats |= is_float(local?.1);
        }
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index } | Operator::RefFunc { function_index } => {
                    self.callers.entry(function_index).or_default().insert(function);
                }
                Operator::CallIndirect { type_index, .. } => {
                    self.callers_by_address.entry(type_index).or_default().insert(function);
                }
                other => floats = floats || computes_with_floats(&other),
            }
        }
        if floats {
            self.floating.push(function);
        }
        Ok(())
    }

    fn add_to_tables(&mut self, items: ElementItems<'_>) -> Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.in_tables.insert(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    for operator in expression?.get_operators_reader() {
                        if let Operator::RefFunc { function_index } = operator? {
                            self.in_tables.insert(function_index);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn name(&self, function: u32) -> Option<&str> {
        self.names.get(&function).or_else(|| self.exports.get(&function)).map(String::as_str)
    }

    /// The exported functions that reach a function by calls; where there are none, those that may by its address.
    fn exports_that_reach(&self, function: u32) -> BTreeSet<&str> {
        let direct = self.exports_among_callers(function, false);
        if direct.is_empty() { self.exports_among_callers(function, true) } else { direct }
    }

    fn exports_among_callers(&self, function: u32, by_address: bool) -> BTreeSet<&str> {
        let (mut found, mut open) = (BTreeSet::from([function]), vec![function]);
        let mut types = BTreeSet::new();
        while let Some(callee) = open.pop() {
            let mut callers = self.callers.get(&callee).into_iter().flatten().copied().collect::<Vec<_>>();
            let ty = usize::try_from(callee).ok().and_then(|index| self.types.get(index));
            if let Some(ty) = ty.filter(|_| by_address && self.in_tables.contains(&callee))
                && types.insert(*ty)
            {
                callers.extend(self.callers_by_address.get(ty).into_iter().flatten());
            }
            open.extend(callers.into_iter().filter(|caller| found.insert(*caller)));
        }
        found.iter().filter_map(|function| self.exports.get(function)).map(String::as_str).collect()
    }
}

const fn is_float(ty: ValType) -> bool {
    matches!(ty, ValType::F32 | ValType::F64)
}

/// Whether an operator takes or makes a float. All such operators have it in their names.
fn computes_with_floats(operator: &Operator<'_>) -> bool {
    match operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            matches!(blockty, BlockType::Type(ty) if is_float(*ty))
        }
        Operator::LocalGet { .. } | Operator::I32Const { .. } | Operator::I64Const { .. } => false,
        other => {
            let text = format!("{other:?}");
            let name = text.split([' ', '{']).next().unwrap_or_default();
            ["F32", "F64"].iter().any(|float| name.contains(float))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(wat: &str) -> Floats {
        Floats::find(&wat::parse_str(wat).unwrap()).unwrap()
    }

    /// `split` and `pay` reach `half`; `show` reaches the formatting of a float, directly and through a table.
    const NAMED: &str = r#"(module
        (type $shows (func (param i32)))
        (import "env" "panic" (func $panic (param i32)))
        (table 1 funcref)
        (elem (i32.const 0) $"<f64 as core::fmt::Display>::fmt")
        (func $"shares::half" (param i32) (result i32)
            (i32.trunc_f64_u (f64.mul (f64.convert_i32_u (local.get 0)) (f64.const 0.5))))
        (func $"core::fmt::float::float_to_decimal" (param i32) (drop (f64.neg (f64.const 1))))
        (func $"<f64 as core::fmt::Display>::fmt" (param i32) (local f64)
            (call $"core::fmt::float::float_to_decimal" (local.get 0)))
        (func $"shares::Shares::split" (param i32) (result i32) (call $"shares::half" (local.get 0)))
        (func (export "split") (param i32) (result i32) (call $"shares::Shares::split" (local.get 0)))
        (func (export "pay") (param i32) (result i32) (call $"shares::half" (local.get 0)))
        (func (export "show") (param i32) (result i32)
            (call $"core::fmt::float::float_to_decimal" (i32.const 1))
            (call_indirect (type $shows) (i32.const 1) (i32.const 0)) (i32.const 0))
        (func (export "count") (param i32) (result i32) (i32.const 1)))"#;

    #[test]
    fn the_contracts_own_functions_are_named_with_the_exports_that_reach_them() {
        let floats = find(NAMED);
        assert_eq!(floats.named, ["shares::half"]);
        assert_eq!(floats.place(), "in shares::half; reached from the exports pay, split");
        assert!(!floats.is_nameless());
    }

    #[test]
    fn formatting_code_of_libraries_is_no_finding() {
        let silent = NAMED.replace("(call $\"shares::half\" (local.get 0))", "(i32.const 7)");
        let silent = silent.replace("shares::half", "serde_json::number::half");
        assert!(find(&silent).is_empty());
        for name in [
            "core::fmt::float::<impl core::fmt::Display for f64>::fmt",
            "core::num::flt2dec::strategy::grisu::format_exact_opt",
            "core::num::dec2flt::<impl core::str::FromStr for f64>::from_str",
            "<f64 as core::fmt::Display>::fmt",
            "<&f64 as core::fmt::Debug>::fmt",
            "<serde_json::number::Number as core::fmt::Display>::fmt",
            "<shares::_::<impl serde::de::Deserialize for shares::Lot>::deserialize::Names as serde::de::Visitor>::visit_f64",
            "compiler_builtins::float::conv::__floatuntidf",
            "__floatuntidf",
        ] {
            assert!(is_formatting(name), "{name}");
        }
        for name in [
            "shares::half",
            "<shares::Lot as core::fmt::Display>::fmt",
            "shares::half::<serde_json::Value>",
            "<f64 as shares::Round>::round",
            "libm::math::pow",
            "half",
        ] {
            assert!(!is_formatting(name), "{name}");
        }
    }

    #[test]
    fn without_names_the_exports_tell() {
        let bare = crate::ops::contract::wasm::without_custom(&wat::parse_str(NAMED).unwrap()).unwrap();
        let floats = Floats::find(&bare).unwrap();
        assert!(floats.is_nameless());
        assert_eq!(floats.place(), "in 3 functions without names; reached from the exports pay, show, split");
        // By address alone, and not at all.
        let by_address = find(
            r#"(module (type $t (func)) (table 1 funcref) (elem (i32.const 0) 0)
            (func (type $t) (drop (f64.neg (f64.const 1))))
            (func (export "a") (param i32) (result i32) (call_indirect (type $t) (i32.const 0)) (i32.const 0))
            (func (export "b") (param i32) (result i32) (i32.const 0)))"#,
        );
        assert_eq!(by_address.place(), "in a function without a name; reached from the export a");
        assert!(find("(module (func (drop (f64.neg (f64.const 1)))))").is_empty());
        let exported = find(r#"(module (func (export "half") (drop (f64.neg (f64.const 1)))))"#);
        assert_eq!(exported.place(), "in half");
    }
}

//! Contracts whose things bear every name that means something to the language or to generated code.
//!
//! The names are collected from the recorded expansions of the macros, which the tests of `dusk-sdk-macros` keep up to
//! date: a name that generated code begins to use is tried here as soon as it is recorded.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The words that the language keeps for itself, also for later.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names that not even `r#` makes names.
const NEVER: &[&str] = &["crate", "self", "super", "Self", "_"];

/// Names that mean something to the language without being keywords, to the host, to drivers, or to the linker.
const OTHERS: &[&str] = &[
    "alloc",
    "auto",
    "core",
    "dealloc",
    "decode_event",
    "decode_input_fn",
    "decode_output_fn",
    "default",
    "dusk_sdk",
    "encode_input_fn",
    "get_last_error",
    "get_schema",
    "get_version",
    "macro_rules",
    "new",
    "raw",
    "safe",
    "state",
    "std",
    "union",
    "Box",
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "String",
    "Vec",
    "Default",
    "Drop",
    "Tag",
    "Discriminant",
    "Archived",
    "Resolver",
    "Archive",
    "Serialize",
    "Deserialize",
    "CheckBytes",
    "Error",
    "T",
    "R",
    "abs",
    "abort",
    "puts",
    "printf",
    "exit",
    "read",
    "write",
    "open",
    "close",
    "send",
    "recv",
    "_start",
    "_initialize",
    "cosf",
    "sinf",
    "fmaf",
    "sqrtf",
    "powf",
    "log2f",
    "ldexpf",
    "strnlen",
    "isdigit",
    "toascii",
    "rust_eh_personality",
    "start",
    "env",
    "global",
    "table",
    "größe",
];

/// Names that an exported function cannot have. Each is refused with a message; `dusk-sdk-macros` tests the messages.
const NO_METHODS: &[&str] = &["A", "attempt", "by", "id", "init", "main", "memory", "with_gas"];

/// Names that mean a function that the macro adds beside the state.
const NO_VALUES: &[&str] = &["at", "init"];

/// The names that mean something to the language, to the host, or to the linker, as they are written in a source.
pub(crate) fn few() -> Vec<String> {
    written(KEYWORDS.iter().chain(OTHERS).map(ToString::to_string).collect())
}

/// These names and all that occur in generated code, as they are written in a source.
pub(crate) fn all() -> Vec<String> {
    let names = recorded(false);
    assert!(names.contains("write_json") && names.contains("resolve"), "no names were collected");
    written(names)
}

/// These names and all that occur in the code that is generated for circuits, or for the rest.
fn recorded(of_circuits: bool) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = KEYWORDS.iter().chain(OTHERS).map(ToString::to_string).collect();
    // Two packages are compiled with this file.
    let mut macros = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("macros/src"));
    let macros = macros.find(|folder| folder.is_dir()).expect("the macros are in this repository");
    for folder in ["snapshots", "contract/snapshots"] {
        for entry in fs::read_dir(macros.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().contains("circuit") == of_circuits {
                names.extend(identifiers(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    names
}

/// Names as they are written in a source, without those that cannot be.
fn written(mut names: BTreeSet<String>) -> Vec<String> {
    names.retain(|name| !NEVER.contains(&name.as_str()) && !name.to_lowercase().starts_with("__dusk"));
    names.into_iter().map(|name| if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }).collect()
}

/// The words that look like names in a recorded expansion, without documentation and texts.
fn identifiers(recorded: &str) -> BTreeSet<String> {
    let code: Vec<_> = recorded
        .split("---\n")
        .skip(2)
        .flat_map(str::lines)
        .filter(|line| !line.trim_start().starts_with("///"))
        .flat_map(|line| line.split('"').step_by(2))
        .collect();
    code.join(" ")
        .split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'))
        .map(ToOwned::to_owned)
        .collect()
}

/// A name as callers know it.
pub(crate) fn plain(name: &str) -> &str {
    name.trim_start_matches("r#")
}

/// Whether an exported function may have this name.
fn is_method(name: &str) -> bool {
    !NO_METHODS.contains(&name) && !name.starts_with("__")
}

/// Those of the names that methods may have.
pub(crate) fn methods(names: Vec<String>) -> Vec<String> {
    names.into_iter().filter(|name| is_method(name)).collect()
}

/// The name of the argument of one of these methods: the same, unless callers could not use it.
pub(crate) fn argument(name: &str) -> &str {
    let taken = ["Some", "None", "Ok", "Err"].contains(&name);
    if name.starts_with('_') || taken { "plain" } else { name }
}

/// The head of generated contracts.
const HEAD: &str = "#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case, dead_code, unused, \
                    clippy::all, reason = \"names of all kinds\")]\n";

/// A contract whose methods, arguments, fields, variants, events and errors have these names.
pub(crate) fn named(all: &[String]) -> String {
    let mut out = format!("{HEAD}#[::dusk_sdk::contract(events(");
    for name in all {
        write!(out, "self::events::{name}, ").unwrap();
    }
    out.push_str("))]\npub mod named {\n#[derive(::core::default::Default)]\npub struct Named;\nimpl Named {\n");
    for name in methods(all.to_vec()) {
        let argument = argument(&name);
        writeln!(out, "pub fn {name}(&self, {argument}: u8) -> u8 {{ {argument} }}").unwrap();
    }
    out.push_str(
        "pub fn fields(&self, a: super::records::Fields, b: ::dusk_sdk::prelude::Vec<super::enums::Variants_0>)\n",
    );
    out.push_str("-> ::core::result::Result<super::records::Fields, super::errors::Refused> { let _ = b; Ok(a) }\n}\n");
    out.push_str("use super::events;\n}\n");
    out = out.replace("pub fn fields(&self, fields: u8) -> u8 { fields }\n", "");
    kinds(all, &mut out);
    out
}

/// Types of all kinds with these names.
fn kinds(all: &[String], out: &mut String) {
    out.push_str("pub mod records {\n#[::dusk_sdk::contract_type]\npub struct Fields {\n");
    for name in all {
        writeln!(out, "pub {name}: ::core::primitive::u8,").unwrap();
    }
    out.push_str("}\n");
    out.push_str("}\npub mod enums {\n");
    for (index, names) in all.chunks(200).enumerate() {
        writeln!(out, "#[::dusk_sdk::contract_type]\npub enum Variants_{index} {{").unwrap();
        for (index, name) in names.iter().enumerate() {
            match index % 3 {
                0 => writeln!(out, "{name},").unwrap(),
                1 => writeln!(out, "{name}(super::events::{name}),").unwrap(),
                _ => writeln!(out, "{name} {{ {name}: super::events::{name} }},").unwrap(),
            }
        }
        out.push_str("}\n");
    }
    for name in all {
        writeln!(out, "#[::dusk_sdk::contract_type]\npub enum {name} {{ {name}, Other(super::events::{name}) }}")
            .unwrap();
    }
    out.push_str("}\npub mod events {\n");
    for name in all {
        // A topic is visible ASCII.
        let topic = if name.is_ascii() { "" } else { "(topic = \"not-ascii\")" };
        writeln!(out, "#[::dusk_sdk::event{topic}]").unwrap();
        writeln!(out, "pub struct {name}(pub ::core::primitive::u8, pub ::core::primitive::u8);").unwrap();
    }
    out.push_str("}\npub mod errors {\n#[::dusk_sdk::error]\npub enum Refused {\n");
    for name in all {
        writeln!(out, "{name} {{ {name}: super::events::{name} }},").unwrap();
    }
    out.push_str("}\n");
    for name in all.iter().filter(|name| name.starts_with("r#")) {
        writeln!(
            out,
            "#[::dusk_sdk::error]\npub enum {name} {{ {name}(::core::primitive::u8), #[from] Held_(Refused) }}"
        )
        .unwrap();
    }
    out.push_str("}\n");
}

/// A contract in a module where all the names are taken: by types, constants, macros, and methods of everything.
pub(crate) fn taken() -> String {
    let mut out = format!("{HEAD}#[::dusk_sdk::contract]\npub mod taken {{\n");
    let all = all();
    for name in all.iter().filter(|name| !NO_VALUES.contains(&name.as_str()) && *name != "TakenClient") {
        writeln!(out, "#[::dusk_sdk::contract_type]\npub struct {name}(pub ::core::primitive::u8);").unwrap();
    }
    out.push_str("pub trait Everything_: ::core::marker::Sized {\n");
    for name in &all {
        writeln!(out, "fn {name}(self) {{}}").unwrap();
    }
    out.push_str("}\nimpl<__T> Everything_ for __T {}\n");
    out.push_str(
        "#[::dusk_sdk::contract_type]
        #[derive(::core::cmp::Eq, ::core::cmp::PartialOrd, ::core::cmp::Ord)]
        pub enum Kind_ { One, Two(::core::primitive::u8), Three { a: ::core::primitive::u8 } }
        #[::dusk_sdk::contract_type]
        pub struct Tree_ { pub children: ::dusk_sdk::prelude::Vec<Tree_>, pub value: ::core::primitive::u8 }
        #[::dusk_sdk::event]
        pub struct Happened_ { pub kind: Kind_ }
        #[::dusk_sdk::error]
        pub enum Refused_ { No, Because { kind: Kind_ }, #[from] Held(Inner_) }
        #[::dusk_sdk::error(first = 50)]
        pub enum Inner_ { Inner(Kind_) }
        pub struct Taken_ { n: ::core::primitive::u8 }
        impl Taken_ {
            pub fn init(n_: ::core::primitive::u8) -> ::core::result::Result<Self, Refused_> {
                ::core::result::Result::Ok(Self { n: n_ })
            }
            pub fn get_(&self, via_: Via) -> ::core::primitive::u8 { self.n + via_.0 }
            pub fn set_(&mut self, tree_: Tree_, kind_: Kind_) -> ::core::result::Result<Kind_, Refused_> {
                self.n = tree_.value;
                ::core::result::Result::Ok(kind_)
            }
            #[contract(feeds = Kind_)]
            pub fn feed_(&self) {}
            #[contract(raw_result)]
            pub fn raw_(&mut self) -> ::core::result::Result<Kind_, Tree_> { ::core::result::Result::Ok(Kind_::One) }
        }\n}\n",
    );
    out
}

/// Types that circuits are written with, without which none of a test can be.
const CIRCUIT_TYPES: &[&str] = &["ConstraintSystem", "Field", "U64"];
/// Types whose names say how a witness is written, and types of the language: no type of circuits may have these names.
const REFUSED_TYPES: &[&str] = &[
    "Bool", "Point", "Scalar", "U8", "U16", "U32", "U128", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64",
    "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128", "usize",
];

/// A name as that of a circuit's type: `not_revoked` is `NotRevoked`.
fn pascal_case(name: &str) -> String {
    let letters = |word: &str| word[..1].to_uppercase() + &word[1..];
    plain(name).split('_').filter(|word| !word.is_empty()).map(letters).collect()
}

/// Circuits, inputs, types and members of these names, each in a module of its own, and all in one where the names are
/// constants.
pub(crate) fn circuits() -> String {
    let names = recorded(true);
    assert!(names.contains("verifier_key") && names.contains("build"), "no names were collected");
    // The letters of other scripts are tried in contracts.
    let all: Vec<String> = written(names.into_iter().filter(|name| name.is_ascii()).collect());
    let mut out = format!("{HEAD}fn main() {{}}\n");
    let is_circuit = |name: &&String| {
        let text = plain(name);
        let taken = dusk_sdk_types().contains(&pascal_case(text).as_str());
        let parts = ["_public", "_private"].iter().any(|part| text.ends_with(part));
        !taken && !parts && !text.split('_').any(str::is_empty) && pascal_case(text) != text && text != "cs"
    };
    for (number, name) in all.iter().filter(is_circuit).enumerate() {
        let input = if ["Some", "None", "Ok", "Err"].contains(&plain(name)) { "x" } else { name };
        writeln!(
            out,
            "pub mod circuit_{number} {{ use ::dusk_sdk::zk::*; #[circuit] pub fn {name}(cs: &mut ConstraintSystem, #[public] {input}: Field, \
             #[private] other_: U64) {{ other_.field().assert_eq(cs, \"equal\", {input}); }} }}"
        )
        .unwrap();
    }
    let is_input = |name: &&String| {
        let text = plain(name).trim_start_matches('_');
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
        begins && !["Some", "None", "Ok", "Err", "cs"].contains(&text) && !NEVER.contains(&text)
    };
    let mut inputs: Vec<&String> = all.iter().filter(is_input).collect();
    inputs.sort_by_key(|name| plain(name).trim_start_matches('_').to_owned());
    inputs.dedup_by_key(|name| plain(name).trim_start_matches('_').to_owned());
    for (number, names) in inputs.chunks(64).enumerate() {
        let arguments: String = names.iter().map(|name| format!("#[private] {name}: Field, ")).collect();
        writeln!(out, "pub mod inputs_{number} {{ use ::dusk_sdk::zk::*; #[circuit] pub fn of(cs: &mut ConstraintSystem, {arguments}) {{}} }}")
            .unwrap();
    }
    let members: String = all.iter().map(|name| format!("pub {name}: Field, ")).collect();
    writeln!(out, "pub mod members {{ use ::dusk_sdk::zk::*; #[circuit_type] pub struct Of {{ {members} }} }}")
        .unwrap();
    let is_type = |name: &&String| {
        let text = plain(name);
        !CIRCUIT_TYPES.contains(&text) && !REFUSED_TYPES.contains(&text) && !text.ends_with("Native")
    };
    for (number, name) in all.iter().filter(is_type).enumerate() {
        writeln!(
            out,
            "pub mod type_{number} {{ use ::dusk_sdk::zk::*; #[circuit_type] pub struct {name} {{ pub x: Field }} }}"
        )
        .unwrap();
    }
    constants(&all, &mut out);
    out
}

/// A circuit and its type where all names are those of constants, and of methods of everything.
fn constants(all: &[String], out: &mut String) {
    out.push_str("pub mod constants {\n");
    let is_free = |name: &&String| !["Of", "OfPublic", "OfPrivate", "Pair", "PairNative", "of"].contains(&plain(name));
    for name in all.iter().filter(is_free) {
        writeln!(out, "pub const {name}: ::core::primitive::u8 = 1;").unwrap();
    }
    out.push_str("pub trait Everything_: ::core::marker::Sized {\n");
    for name in all {
        writeln!(out, "fn {name}(self) {{}}").unwrap();
    }
    out.push_str(
        "}
        impl<__T> Everything_ for __T {}
        #[::dusk_sdk::zk::circuit_type]
        pub struct Pair { pub one_: ::dusk_sdk::zk::Field, pub two_: ::dusk_sdk::zk::Field }
        #[::dusk_sdk::zk::circuit]
        pub fn of(cs_: &mut ::dusk_sdk::zk::ConstraintSystem, #[public] x_: ::dusk_sdk::zk::Field, #[private] pair_: Pair) {
            ::dusk_sdk::zk::Field::assert_eq(pair_.one_, cs_, \"equal\", x_);
        }
        }\n",
    );
}

/// The names of types that circuits cannot make: `#[circuit]` refuses them, which `dusk-sdk-macros` tests.
fn dusk_sdk_types() -> [&'static str; 20] {
    [
        "BlsScalar",
        "Bool",
        "Circuit",
        "ConstraintSystem",
        "Field",
        "Gate",
        "Linear",
        "MerklePath",
        "Point",
        "Proof",
        "Scalar",
        "Signature",
        "U8",
        "U16",
        "U32",
        "U64",
        "U128",
        "Unsigned",
        "Value",
        "Wire",
    ]
}

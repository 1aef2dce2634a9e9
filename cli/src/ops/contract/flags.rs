//! A contract's functions as commands: flags, checks and help from the description.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use anyhow::Result;
use dusk_sdk_protocol::abi::{ContractAbi, Field, Function, FunctionKind, Type};
use serde_json::Value;

use super::arguments::{self, Checker, Misfit};
use super::samples;
use crate::error::{Fault, nearest};
use crate::escape::harmless;
use crate::figures::listed;
use crate::ops::exact;

/// The function of this name.
///
/// # Errors
/// A usage fault that offers the nearest name.
pub(crate) fn function<'a>(abi: &'a ContractAbi, name: &str) -> Result<&'a Function> {
    abi.function(name).ok_or_else(|| {
        let names = || abi.functions.iter().map(|function| function.name.as_str());
        let hint = nearest(name, names()).map_or_else(
            || format!("it has {}", listed(names())),
            |near| format!("did you mean `{near}`? It has {}", listed(names())),
        );
        Fault::usage(format!("`{}` has no function `{name}`", abi.name), hint)
    })
}

/// The most arguments that the example of a call sets.
const MAX_SAMPLES: usize = 32;
/// The most bytes that a document of arguments may have.
const MAX_DOCUMENT_BYTES: u64 = 1024 * 1024;

/// A document that an option gives: as text, in a file, or on standard input. `sample`: makes an example for the hint.
///
/// # Errors
/// A usage fault where it cannot be read, or is not JSON.
pub(crate) fn document(option: &str, given: &str, sample: impl FnOnce() -> String) -> Result<Value> {
    document_with(exact::Large::Marked, option, given, sample)
}

/// The same, where no type tells what large integers are: they become text.
///
/// # Errors
/// As [`document`].
pub(crate) fn plain_document(option: &str, given: &str, sample: impl FnOnce() -> String) -> Result<Value> {
    document_with(exact::Large::Text, option, given, sample)
}

fn document_with(large: exact::Large, option: &str, given: &str, sample: impl FnOnce() -> String) -> Result<Value> {
    let read = |from: &mut dyn Read, name: &str| {
        let mut bytes = Vec::new();
        let read = from.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes);
        match read {
            Ok(bytes) if bytes as u64 > MAX_DOCUMENT_BYTES => Err(Fault::usage(
                format!("{name} is longer than {MAX_DOCUMENT_BYTES} bytes"),
                "the arguments of a call have at most 64 KiB",
            )),
            Ok(_) => String::from_utf8(bytes).map_err(|_| {
                Fault::usage(format!("{name} is not text in UTF-8"), "arguments are JSON: save the file as UTF-8")
            }),
            Err(error) => Err(Fault::usage(
                format!("cannot read {name}: {error}"),
                format!("`{option} @FILE` reads a file, `{option} -` reads standard input"),
            )),
        }
    };
    let text = match given.strip_prefix('@') {
        _ if given == "-" => read(&mut std::io::stdin(), "standard input")?,
        Some(path) => {
            let mut file = fs::File::open(path).map_err(|error| {
                Fault::usage(format!("cannot read {path}: {error}"), format!("`{option} @FILE` reads a file"))
            })?;
            read(&mut file, path)?
        }
        None => given.to_owned(),
    };
    exact::read(&text, large).map_err(|error| {
        let example = sample();
        Fault::usage(format!("`{option}` is not JSON: {error}"), format!("for example {option} '{example}'"))
    })
}

/// A function's arguments as flags of a call.
pub(crate) struct Flags<'a> {
    /// The function.
    function: &'a Function,
    /// The caller's name for the contract.
    contract: &'a str,
    /// The prefix for the flag of an argument that has the name of an option.
    prefix: &'a str,
    /// Whether the command has an option of this name.
    is_option: &'a dyn Fn(&str) -> bool,
}

impl<'a> Flags<'a> {
    /// Of this function.
    pub(crate) fn new(
        function: &'a Function,
        contract: &'a str,
        prefix: &'a str,
        is_option: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self { function, contract, prefix, is_option }
    }

    /// The flag of an argument, without its hyphens.
    fn flag(&self, parameter: &Field) -> String {
        let flag = flag_of(&parameter.name);
        if (self.is_option)(&flag) { format!("{}{flag}", self.prefix) } else { flag }
    }

    /// Sees that no option that was given behind the function has the name of one of its arguments. Help sends nothing:
    /// it is no matter whose it is.
    ///
    /// # Errors
    /// A usage fault that names both ways.
    pub(crate) fn check_options(&self, late: &[String]) -> Result<()> {
        let shared = |option: &&String| *option != "help" && self.function.inputs.iter().any(|it| is_name(it, option));
        let Some(option) = late.iter().find(shared) else { return Ok(()) };
        let (contract, function, prefix) = (self.contract, &self.function.name, self.prefix);
        Err(Fault::usage(
            format!("`--{option}` is both an argument of `{function}` and an option of the command"),
            format!(
                "`--{prefix}{option} VALUE` sets the argument; the option must precede the contract: \
                 `cargo dusk call --{option} … {contract} {function}`"
            ),
        ))
    }

    /// The words after the function: the named ones, and the others in their order.
    ///
    /// # Errors
    /// A usage fault for a name that is unknown or given twice, and for more values than there are arguments.
    pub(crate) fn texts(&self, named: &[(String, String)], in_order: &[String]) -> Result<BTreeMap<String, String>> {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in named {
            let parameter = self.function.inputs.iter().find(|parameter| is_name(parameter, name));
            let parameter = parameter.ok_or_else(|| self.unknown(name))?;
            if texts.insert(parameter.name.clone(), value.clone()).is_some() {
                return Err(Fault::usage(format!("the argument `--{name}` is given twice"), "remove one of them"));
            }
        }
        let open: Vec<&Field> =
            self.function.inputs.iter().filter(|parameter| !texts.contains_key(&parameter.name)).collect();
        if let Some(surplus) = in_order.get(open.len()) {
            let names: Vec<&str> = self.function.inputs.iter().map(|parameter| parameter.name.as_str()).collect();
            let takes = if names.is_empty() { "no arguments".to_owned() } else { names.join(", ") };
            return Err(Fault::usage(
                format!("`{surplus}` is one value too many for `{}`", self.function.name),
                format!("it takes {takes}"),
            ));
        }
        texts.extend(open.iter().zip(in_order).map(|(parameter, text)| (parameter.name.clone(), text.clone())));
        for parameter in self.function.inputs.iter().filter(|parameter| takes_files(&parameter.ty)) {
            let file = texts.get(&parameter.name).and_then(|text| text.strip_prefix('@'));
            if let Some(digits) = file.map(|path| digits(&self.flag(parameter), path)).transpose()? {
                texts.insert(parameter.name.clone(), digits);
            }
        }
        Ok(texts)
    }

    fn unknown(&self, name: &str) -> anyhow::Error {
        let flags: Vec<String> = self.function.inputs.iter().map(|parameter| self.flag(parameter)).collect();
        let function = &self.function.name;
        let hint = nearest(name, flags.iter().map(String::as_str)).map_or_else(
            || format!("`{}` shows the arguments and the options", self.help_command()),
            |near| format!("did you mean `--{near}`?"),
        );
        Fault::usage(format!("unexpected argument '--{name}': `{function}` has no argument of this name"), hint)
    }

    /// An argument that does not fit, with an example, and where to read more.
    pub(crate) fn misfit(&self, abi: &ContractAbi, misfit: &Misfit) -> anyhow::Error {
        let name = misfit.path.split(['.', '[']).next().unwrap_or_default();
        let example = match self.function.inputs.iter().find(|input| input.name == name) {
            Some(input) => format!("for example --{} {}; ", self.flag(input), samples::word(abi, &input.ty)),
            None => String::new(),
        };
        Fault::usage(format!("argument {misfit}"), format!("{example}`{}` shows its arguments", self.help_command()))
    }

    /// The help of the function. `options`: those that every call has. Its lines are ours: in names no line ends, and
    /// the lines of the documentation are set in.
    pub(crate) fn help(&self, abi: &ContractAbi, checker: &Checker<'_>, options: &str) -> String {
        let function = self.function;
        let kind = match function.kind {
            FunctionKind::Query => "Reads the state.",
            FunctionKind::Transaction => "Changes the state by a transaction.",
            FunctionKind::Init => "Runs once, at deployment.",
        };
        let described = |ty: &Type| harmless(&checker.describe(ty)).into_owned();
        let mut text: String = function.doc.trim().lines().map(|line| format!("  {}\n", harmless(line))).collect();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(kind);
        if function.output != Type::Unit {
            text.push_str(&format!(" Returns {}.", described(&function.output)));
        }
        let arguments = if function.inputs.is_empty() { "" } else { " [ARGUMENTS]..." };
        text.push_str(&format!("\n\nUsage: {}{arguments}\n", self.command("[OPTIONS] ")));
        if !function.inputs.is_empty() {
            text.push_str("\nArguments of the function, by name or as values in this order:\n");
        }
        for parameter in &function.inputs {
            let (flag, doc) = (self.flag(parameter), harmless(parameter.doc.trim()).into_owned());
            let dash = if doc.is_empty() { "" } else { " — " };
            let file = if takes_files(&parameter.ty) { ", or @FILE" } else { "" };
            let ty = described(&parameter.ty);
            text.push_str(&format!("      --{} <VALUE>  {doc}{dash}{ty}{file}\n", harmless(&flag)));
        }
        text.push_str(&format!("\nOptions:\n{}\n", options.trim_end_matches('\n')));
        text.push_str(&format!("\n{}\n", self.footer(abi)));
        text
    }

    /// The command that shows the function's help.
    pub(crate) fn help_command(&self) -> String {
        format!("cargo dusk call {} {} --help", self.contract, self.function.name)
    }

    /// The command that calls the function, without its arguments.
    fn command(&self, options: &str) -> String {
        format!("cargo dusk call {options}{} {}", harmless(self.contract), harmless(&self.function.name))
    }

    /// An example, and what the function may be refused with.
    fn footer(&self, abi: &ContractAbi) -> String {
        let inputs = self.function.inputs.iter();
        let value = |ty: &Type| harmless(&samples::word(abi, ty)).into_owned();
        let mut values: Vec<String> = inputs
            .take(MAX_SAMPLES)
            .map(|input| format!("--{} {}", harmless(&self.flag(input)), value(&input.ty)))
            .collect();
        if self.function.inputs.len() > MAX_SAMPLES {
            values.push("…".to_owned());
        }
        let mut text = format!("Example:\n  {} {}", self.command(""), values.join(" "));
        text.truncate(text.trim_end().len());
        if self.function.fallible && !abi.errors.is_empty() {
            text.push_str("\n\nErrors of the contract:");
            for error in &abi.errors {
                let doc = error.doc.lines().next().unwrap_or_default().trim();
                text.push_str(&format!("\n  {} ({})  {}", harmless(&error.name), error.code, harmless(doc)));
            }
        }
        text
    }
}

/// Whether the value may come from a file: bytes, of which a proof has many.
fn takes_files(ty: &Type) -> bool {
    match ty {
        Type::Bytes | Type::FixedBytes(_) => true,
        Type::Option(inner) => takes_files(inner),
        _ => false,
    }
}

/// The hexadecimal digits in a file, as `cargo dusk prove --out NAME.hex` writes them.
fn digits(flag: &str, path: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| {
        Fault::usage(
            format!("cannot read {path}: {error}"),
            format!("`--{flag} @FILE` reads a file of hexadecimal digits"),
        )
    })?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= MAX_DOCUMENT_BYTES);
    let text = text.as_deref().map(str::trim).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    text.map(str::to_owned).ok_or_else(|| {
        Fault::usage(
            format!("{path} is not a file of hexadecimal digits"),
            "`cargo dusk prove` writes the proof alone where the name of `--out` ends in .hex",
        )
    })
}

/// An argument's name as a flag: with hyphens, without the mark of Rust's raw names.
fn flag_of(name: &str) -> String {
    let name = arguments::plain_name(name);
    let inner = name.trim_start_matches('_');
    format!("{}{}", &name[..name.len() - inner.len()], inner.replace('_', "-"))
}

/// Whether this is the argument's name, with hyphens or underscores.
fn is_name(parameter: &Field, given: &str) -> bool {
    arguments::plain_name(&parameter.name).replace('-', "_") == given.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(names: &[&str]) -> Function {
        let inputs = names.iter().map(|name| Field { name: (*name).into(), doc: String::new(), ty: Type::Uint(64) });
        Function {
            name: "f".into(),
            doc: String::new(),
            kind: FunctionKind::Query,
            inputs: inputs.collect(),
            output: Type::Unit,
            fallible: false,
            feeds: None,
        }
    }

    #[test]
    fn a_file_that_is_too_long_or_no_text_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let long = format!("\"a{}\"", "é".repeat(600_000));
        for (bytes, reason) in [(long.as_bytes(), "is longer than"), (b"\"\xff\"".as_slice(), "is not text in UTF-8")] {
            fs::write(&path, bytes).unwrap();
            let given = format!("@{}", path.display());
            let told = plain_document("--args", &given, String::new).unwrap_err().to_string();
            assert!(told.contains(reason), "{told}");
        }
    }

    #[test]
    fn bytes_come_from_files_too() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            format!("@{}", path.display())
        };
        let mut function = function(&["proof", "note"]);
        function.inputs[0].ty = Type::Option(Box::new(Type::FixedBytes(1008)));
        function.inputs[1].ty = Type::String;
        let flags = Flags::new(&function, "c", "arg.", &|_| false);
        let given = |proof: String| flags.texts(&[("proof".to_owned(), proof)], &["@note".to_owned()]);
        let texts = given(write("proof.hex", b"00ff\n")).unwrap();
        assert_eq!((texts["proof"].as_str(), texts["note"].as_str()), ("00ff", "@note"), "texts are no files");
        for content in [&b"{\"proof\":\"00\"}"[..], b"\xff"] {
            let refused = given(write("proof.json", content)).unwrap_err().to_string();
            assert!(refused.ends_with("is not a file of hexadecimal digits"), "{refused}");
        }
        let long = "0".repeat(usize::try_from(MAX_DOCUMENT_BYTES).unwrap() + 1);
        assert!(given(write("long.hex", long.as_bytes())).is_err());
        let missing = given("@nowhere.hex".to_owned()).unwrap_err();
        assert!(missing.downcast_ref::<Fault>().unwrap().hint().contains("`--proof @FILE`"), "{missing}");
    }

    #[test]
    fn every_argument_has_a_flag_of_its_own() {
        let is_option = |name: &str| ["from", "json", "gas-limit"].contains(&name);
        let function = function(&["from", "arg_from", "r#type", "_hidden", "gas_limit", "someValue"]);
        let flags = Flags::new(&function, "c", "arg.", &is_option);
        let all: Vec<String> = function.inputs.iter().map(|input| flags.flag(input)).collect();
        assert_eq!(all, ["arg.from", "arg-from", "type", "_hidden", "arg.gas-limit", "someValue"]);
        let named = |names: &[&str]| {
            let words: Vec<_> = names.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect();
            flags.texts(&words, &[]).map(|texts| texts.into_keys().collect::<Vec<_>>()).map_err(|it| it.to_string())
        };
        assert_eq!(named(&["from", "arg-from", "type"]).unwrap(), ["arg_from", "from", "r#type"]);
        assert_eq!(named(&["arg_from", "_hidden"]).unwrap(), ["_hidden", "arg_from"]);
        assert!(named(&["fro"]).unwrap_err().contains("unexpected argument '--fro'"));
        assert!(named(&["type", "type"]).unwrap_err().contains("given twice"));
        assert!(flags.check_options(&["network".into(), "help".into()]).is_ok());
        assert!(
            flags
                .check_options(&["gas-limit".into()])
                .unwrap_err()
                .to_string()
                .contains("and an option of the command")
        );
    }

    #[test]
    fn an_example_is_made_only_for_a_hint() {
        assert!(document("--args", "[1]", || unreachable!("no hint is shown")).is_ok());
        let refused = document("--args", "[", || "[1]".to_owned()).unwrap_err();
        let fault = refused.downcast_ref::<Fault>().unwrap();
        assert_eq!(fault.hint(), "for example --args '[1]'");
    }

    #[test]
    fn values_in_order_fill_what_has_no_name() {
        let function = function(&["a", "b", "c"]);
        let flags = Flags::new(&function, "c", "arg.", &|_| false);
        let named = [("b".to_owned(), "2".to_owned())];
        let texts = flags.texts(&named, &["1".to_owned(), "3".to_owned()]).unwrap();
        assert_eq!(texts.into_values().collect::<Vec<_>>(), ["1", "2", "3"]);
        let three = ["1", "3", "4"].map(str::to_owned);
        assert_eq!(flags.texts(&named, &three).unwrap_err().to_string(), "`4` is one value too many for `f`");
    }
}

//! A contract's functions as commands: flags, checks and help from the description.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};
use local_node_types::abi::{ContractAbi, Field, Function, FunctionKind, Type};
use serde_json::Value;

use super::settings::listed;
use super::values::{Checker, Misfit};
use crate::error::{Fault, nearest};

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

/// What the arguments in their order are called in the grammar.
const IN_ORDER: &str = "in order";
/// The most bytes that a document of arguments may have.
const MAX_DOCUMENT_BYTES: u64 = 1024 * 1024;

/// A document that an option gives: as text, in a file, or on standard input.
///
/// # Errors
/// A usage fault where it cannot be read, or is not JSON.
pub(crate) fn document(option: &str, given: &str, example: &str) -> Result<Value> {
    let read = |from: &mut dyn Read, name: &str| {
        let mut text = String::new();
        let read = from.take(MAX_DOCUMENT_BYTES + 1).read_to_string(&mut text);
        match read {
            Ok(bytes) if bytes as u64 > MAX_DOCUMENT_BYTES => Err(Fault::usage(
                format!("{name} is longer than {MAX_DOCUMENT_BYTES} bytes"),
                "no call takes so much: 64 KiB fit into one",
            )),
            Ok(_) => Ok(text),
            Err(error) => Err(Fault::usage(
                format!("cannot read {name}: {error}"),
                format!("`{option} @FILE` takes the file's content, `{option} -` what comes on standard input"),
            )),
        }
    };
    let text = match given.strip_prefix('@') {
        _ if given == "-" => read(&mut std::io::stdin(), "standard input")?,
        Some(path) => {
            let mut file = fs::File::open(path).map_err(|error| {
                Fault::usage(
                    format!("cannot read {path}: {error}"),
                    format!("`{option} @FILE` takes the file's content"),
                )
            })?;
            read(&mut file, path)?
        }
        None => given.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Fault::usage(format!("`{option}` is not JSON: {error}"), format!("for example {option} '{example}'"))
    })
}

/// An argument that does not fit, with its type, an example, and where to read more.
pub(crate) fn misfit(misfit: &Misfit, contract: &str, function: &Function) -> anyhow::Error {
    let name = misfit.path.split(['.', '[']).next().unwrap_or_default();
    let example = match function.inputs.iter().find(|input| input.name == name) {
        Some(input) => format!("for example --{} {}; ", name.replace('_', "-"), sample(&input.ty)),
        None => String::new(),
    };
    Fault::usage(
        format!("argument {misfit}"),
        format!("{example}`cargo dusk call {contract} {} --help` shows its arguments", function.name),
    )
}

/// Adds a flag for each parameter to `command`, which has the options that every call has.
///
/// `contract`: what the caller calls it.
pub(crate) fn command(
    mut command: Command,
    abi: &ContractAbi,
    contract: &str,
    function: &Function,
    checker: &Checker<'_>,
) -> Command {
    let taken: Vec<String> = command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    for parameter in &function.inputs {
        let flag = flag_of(parameter, &taken);
        let mut help = parameter.doc.trim().to_owned();
        if !help.is_empty() {
            help.push_str(" — ");
        }
        help.push_str(&checker.describe(&parameter.ty));
        command = command.arg(
            Arg::new(id_of(parameter))
                .long(flag)
                .value_name("VALUE")
                .help(help)
                .allow_hyphen_values(true)
                .help_heading("Arguments of the function"),
        );
    }
    if !function.inputs.is_empty() {
        let names: Vec<&str> = function.inputs.iter().map(|parameter| parameter.name.as_str()).collect();
        command = command.arg(
            Arg::new(IN_ORDER)
                .num_args(0..)
                .value_name("VALUES")
                .help(format!("The same without their names, in this order: {}", names.join(", ")))
                .allow_negative_numbers(true),
        );
    }
    let kind = match function.kind {
        FunctionKind::Query => "Reads the state.",
        FunctionKind::Transaction => "Changes the state by a transaction.",
        FunctionKind::Init => "Runs once, at deployment.",
    };
    let mut about = function.doc.trim().to_owned();
    if !about.is_empty() {
        about.push_str("\n\n");
    }
    about.push_str(kind);
    if function.output != Type::Unit {
        about.push_str(&format!(" Returns {}.", checker.describe(&function.output)));
    }
    let name = format!("cargo dusk call {contract} {}", function.name);
    command
        .name(name.clone())
        .bin_name(name)
        .about(about)
        .after_help(footer(abi, contract, function))
        .no_binary_name(true)
}

/// An example, and what the function may be refused with.
fn footer(abi: &ContractAbi, contract: &str, function: &Function) -> String {
    let values: Vec<String> = function
        .inputs
        .iter()
        .map(|input| format!("--{} {}", input.name.replace('_', "-"), quoted(sample(&input.ty))))
        .collect();
    let mut text = format!("Example:\n  cargo dusk call {contract} {} {}", function.name, values.join(" "));
    text.truncate(text.trim_end().len());
    if function.fallible && !abi.errors.is_empty() {
        text.push_str("\n\nErrors of the contract:");
        for error in &abi.errors {
            let doc = error.doc.lines().next().unwrap_or_default().trim();
            text.push_str(&format!("\n  {} ({})  {doc}", error.name, error.code));
        }
    }
    text
}

/// A value as it stands in a shell's line.
fn quoted(value: &str) -> String {
    let value = value.trim_matches('"');
    if value.contains(['[', '{', '"', ' ']) { format!("'{value}'") } else { value.to_owned() }
}

/// What the words behind the function say: by name, and the others in their order.
///
/// # Errors
/// A usage fault for more values than there are arguments.
pub(crate) fn texts(function: &Function, matches: &ArgMatches) -> Result<BTreeMap<String, String>> {
    let given = function.inputs.iter().filter_map(|parameter| {
        let text = matches.get_one::<String>(&id_of(parameter))?;
        Some((parameter.name.clone(), text.clone()))
    });
    let mut texts: BTreeMap<String, String> = given.collect();
    let in_order = matches.try_get_many::<String>(IN_ORDER).ok().flatten().into_iter().flatten();
    let mut open =
        function.inputs.iter().filter(|parameter| !texts.contains_key(&parameter.name)).collect::<Vec<_>>().into_iter();
    for text in in_order {
        let parameter = open.next().ok_or_else(|| {
            let names: Vec<&str> = function.inputs.iter().map(|parameter| parameter.name.as_str()).collect();
            Fault::usage(
                format!("`{text}` is one value too many for `{}`", function.name),
                format!("it takes {}", names.join(", ")),
            )
        })?;
        texts.insert(parameter.name.clone(), text.clone());
    }
    Ok(texts)
}

/// A parameter's flag: its name with hyphens, set apart where a call has an option of that name.
fn flag_of(parameter: &Field, taken: &[String]) -> String {
    let flag = parameter.name.replace('_', "-");
    if taken.contains(&flag) || flag == "help" { format!("arg-{flag}") } else { flag }
}

/// A name that no option of the command line has.
fn id_of(parameter: &Field) -> String {
    format!("parameter {}", parameter.name)
}

/// The shape of a function's arguments as JSON, for hints: `{"supply": …}`.
pub(crate) fn example(function: &Function) -> String {
    let fields = function.inputs.iter().map(|parameter| format!("\"{}\": {}", parameter.name, sample(&parameter.ty)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

fn sample(ty: &Type) -> &'static str {
    match ty {
        Type::Unit | Type::Option(_) => "null",
        Type::Bool => "true",
        Type::Uint(_) | Type::Int(_) => "1",
        Type::String => "\"text\"",
        Type::Bytes | Type::FixedBytes(_) | Type::Field => "\"00…\"",
        Type::Account => "\"@alice\"",
        Type::Contract | Type::Principal => "\"@name\"",
        Type::Amount => "\"2.5 DUSK\"",
        Type::List(_) | Type::Array(..) | Type::Tuple(_) | Type::Map(..) => "[…]",
        Type::Named(_) | Type::Opaque(_) => "{…}",
    }
}

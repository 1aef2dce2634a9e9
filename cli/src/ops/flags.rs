//! A contract's functions as commands: flags, checks and help from the description.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};
use local_node_types::abi::{ContractAbi, Field, Function, FunctionKind, Type};

use super::values::Checker;
use crate::error::{Fault, nearest};

/// The function of this name.
///
/// # Errors
/// A usage fault that offers the nearest name.
pub(crate) fn function<'a>(abi: &'a ContractAbi, name: &str) -> anyhow::Result<&'a Function> {
    abi.function(name).ok_or_else(|| {
        let names = || abi.functions.iter().map(|function| function.name.as_str());
        let hint = nearest(name, names()).map_or_else(
            || format!("it has {}", names().collect::<Vec<_>>().join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        Fault::usage(format!("`{}` has no function `{name}`", abi.name), hint)
    })
}

/// Adds a flag for each parameter to `command`, which has the options that every call has.
pub(crate) fn command(mut command: Command, abi: &ContractAbi, function: &Function, checker: &Checker<'_>) -> Command {
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
    let name = format!("cargo dusk call {} {}", abi.name, function.name);
    command.name(name.clone()).bin_name(name).about(about).no_binary_name(true)
}

/// What the flags of the parameters say.
pub(crate) fn texts(function: &Function, matches: &ArgMatches) -> BTreeMap<String, String> {
    let given = function.inputs.iter().filter_map(|parameter| {
        let text = matches.get_one::<String>(&id_of(parameter))?;
        Some((parameter.name.clone(), text.clone()))
    });
    given.collect()
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

//! Calls of contracts whose data drivers were not made with our SDK: genesis contracts, and those of dusk-forge.
//!
//! Such a driver names the types of a function, and does not tell whether it is a query. The function is asked as one
//! unless the caller wants a transaction; a function without a result is never asked, because the answer would say
//! nothing.

use std::process::ExitCode;

use anyhow::Result;
use clap::Command;
use serde_json::json;

use super::calling::Calling;
use super::{Call, options_in_help};
use crate::error::Fault;
use crate::escape::harmless;
use crate::ops::chain::connection::Chain;
use crate::ops::chain::names::KnownNames;
use crate::ops::chain::target::Target;
use crate::ops::contract::flags;
use crate::ops::contract::plain::{Plain, PlainFunction};
use crate::ops::project::Project;
use crate::output::{Tone, Ui};
use crate::table::{Side, Table};

/// Lists the functions, shows one's help, or calls it.
pub(super) fn run(
    call: &Call,
    plain: &Plain,
    project: &Project,
    chain: &Chain,
    target: &Target,
    grammar: &Command,
    ui: &Ui,
) -> Result<ExitCode> {
    let Some(function) = &call.words.function else {
        list(plain, target, ui);
        return Ok(ExitCode::SUCCESS);
    };
    let function = plain.function(function)?;
    if call.help {
        let contract = call.contract.as_deref().unwrap_or_default();
        ui.raw(help(&function, contract, &options_in_help(grammar)));
        return Ok(ExitCode::SUCCESS);
    }
    let names = KnownNames::new(&project.settings, &chain.deployments);
    call.options.sending.from.iter().for_each(|name| names.note(name));
    let value = match &call.options.args {
        None => function.argument(&call.words.named, &call.words.in_order, &names)?,
        Some(_) if !(call.words.named.is_empty() && call.words.in_order.is_empty()) => {
            return Err(Fault::usage("arguments are given twice: one by one and by `--args`", "use one of the two"));
        }
        Some(document) => flags::plain_document("--args", document, || "null".to_owned())?,
    };
    let contract = call.contract.as_deref().unwrap_or_default();
    if function.takes_nothing() && !value.is_null() && value != json!([]) && value != json!({}) {
        return Err(Fault::usage(
            format!("`{}` takes no arguments", function.name),
            format!("`cargo dusk call {contract} {} --help` shows the function", function.name),
        ));
    }
    let help_command = format!("cargo dusk call {contract} {} --help", function.name);
    let argument = target.driver.encode_input(&function.name, &value, &help_command)?;
    if call.options.send {
        names.note(project.settings.signer(None));
    }
    let returns = !function.returns_nothing();
    let calling = Calling::new(project, chain, target, &function.name, returns, names.labels(), ui);
    let sending = &call.options.sending;
    if call.options.send || sending.dry_run {
        return calling.transact(argument, &call.options);
    }
    if function.returns_nothing() {
        return Err(Fault::usage(
            format!("`{}` returns nothing, so a call without a transaction has no effect", function.name),
            "`--send` sends a transaction, `--dry-run` simulates one",
        ));
    }
    if call.options.deposit.is_some() {
        return Err(Fault::usage(
            format!("a deposit needs a transaction, but `{}` would be called without one", function.name),
            "`--send` sends a transaction, `--dry-run` simulates one",
        ));
    }
    if !target.is_genesis() {
        ui.note("called without a transaction, which changes nothing; `--send` sends one");
    }
    calling.query_or_feed(&argument, &value)
}

/// The functions of a contract.
fn list(plain: &Plain, target: &Target, ui: &Ui) {
    let name = if plain.name.is_empty() { target.hex() } else { plain.name.clone() };
    ui.line(ui.toned(Tone::Name, &name));
    if plain.functions.is_empty() {
        ui.note("the contract's data driver does not list its functions; you can call one whose name you know");
    }
    let mut functions = Table::new(&[("", Side::Whole); 2]);
    for function in &plain.functions {
        let doc = function.doc.lines().next().unwrap_or_default().trim();
        functions.row([function.signature(), doc.to_owned()]);
    }
    functions.print(ui);
    ui.document(&json!({ "name": plain.name, "functions": plain.functions }));
}

/// The help of a function. Its lines are ours: in names no line ends, and the lines of the documentation are set in.
fn help(function: &PlainFunction, contract: &str, options: &str) -> String {
    let mut text: String = function.doc.trim().lines().map(|line| format!("  {}\n", harmless(line))).collect();
    if !text.is_empty() {
        text.push('\n');
    }
    let signature = function.signature();
    format!(
        "{text}{}\n\n\
         Usage: cargo dusk call [OPTIONS] {} {} [ARGUMENTS]...\n\n\
         The contract's data driver gives the names of types only, and checks the arguments:\n  \
         VALUE             a function with one argument; @NAME stands for an address or an id\n  \
         VALUE VALUE       a tuple or a list\n  \
         --FIELD VALUE     a structure\n  \
         --args JSON       anything\n\n\
         Options:\n{}\n",
        harmless(&signature),
        harmless(contract),
        harmless(&function.name),
        options.trim_end_matches('\n')
    )
}

//! `cargo dusk call`

mod calling;
mod foreign;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Command};
use dusk_sdk_protocol::abi::{ContractAbi, Function, FunctionKind, Type};
use serde_json::json;

use self::calling::Calling;
use crate::args::{ARGUMENT_PREFIX, Options, Sending, Words};
use crate::error::Fault;
use crate::ops::build::artifact::Record;
use crate::ops::chain::connection::Chain;
use crate::ops::chain::names::KnownNames;
use crate::ops::chain::target::Target;
use crate::ops::contract::amount;
use crate::ops::contract::arguments::{Checker, Given, Names};
use crate::ops::contract::flags::{self, Flags};
use crate::ops::contract::samples;
use crate::ops::contract::sandbox::Description;
use crate::ops::project::Project;
use crate::output::{Tone, Ui};
use crate::table::{Side, Table};

/// `call`
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "cargo dusk call [OPTIONS] [CONTRACT] [FUNCTION] [ARGUMENTS]...",
    after_help = "Options may also follow the function if they are written with their full names. If an argument of \
                  the function has the name of an option, write the argument as `--arg.NAME VALUE`, and the option \
                  before the contract. Write a value that begins with a hyphen as `--NAME=-5`, or put it after `--`."
)]
pub(crate) struct Call {
    /// Contract to call: the name of one that this project deployed, a contract id, or the genesis contract `transfer`
    /// or `stake`.
    #[arg(required_unless_present = "help")]
    pub(crate) contract: Option<String>,
    /// The options of every call.
    #[command(flatten)]
    pub(crate) options: CallOptions,
    /// Shows help; after a function, shows the function's arguments.
    #[arg(long, short)]
    pub(crate) help: bool,
    /// Function to call, then its arguments by name (`--amount 10`) or position (`10`). Without a function, lists all
    /// functions.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FUNCTION ARGUMENTS")]
    pub(super) rest: Vec<String>,
    /// The same, taken apart: see [`super::grammar::read`].
    #[arg(skip)]
    pub(crate) words: Words,
}

/// The options that a call has beside its function's arguments.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallOptions {
    /// The options that it shares with deployments.
    #[command(flatten)]
    pub(crate) sending: Sending,
    /// All arguments as JSON, by name or position: the JSON itself, @FILE to read a file, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) args: Option<String>,
    /// Amount to deposit with the contract, with its unit: 2.5DUSK or 100LUX.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::lux)]
    pub(crate) deposit: Option<u64>,
    /// Sends a transaction instead of a query; for contracts whose data driver does not tell which functions are
    /// queries.
    #[arg(long)]
    pub(crate) send: bool,
}

/// `grammar`: that of the command, for its help.
pub(super) fn run(
    project: impl FnOnce() -> Result<Project>,
    call: &Call,
    grammar: &Command,
    ui: &Ui,
) -> Result<ExitCode> {
    let Some(contract) = &call.contract else {
        ui.raw(grammar.clone().render_help());
        return Ok(ExitCode::SUCCESS);
    };
    let project = project()?;
    let found = Chain::connect(&project, call.options.sending.network.as_deref()).and_then(|chain| {
        let target = Target::find(&chain, contract)?;
        Ok((chain, target))
    });
    let (chain, target) = match found {
        Ok(found) => found,
        // Help needs no chain where the project itself knows the contract.
        Err(error) => {
            let Some(abi) = built_abi(&project, contract).filter(|_| call.help || call.words.function.is_none()) else {
                return Err(error);
            };
            return help(call, grammar, &abi, contract, ui);
        }
    };
    let abi = match &target.description {
        Description::Typed(abi) => abi,
        Description::Plain(plain) => return foreign::run(call, plain, &project, &chain, &target, grammar, ui),
    };
    let Some(function) = &call.words.function else {
        list(abi, ui);
        return Ok(ExitCode::SUCCESS);
    };
    let function = flags::function(abi, function)?;
    let options = Options::of(grammar);
    let is_option = |name: &str| options.has(name);
    let flags = Flags::new(function, contract, ARGUMENT_PREFIX, &is_option);
    let names = KnownNames::new(&project.settings, &chain.deployments);
    call.options.sending.from.iter().for_each(|name| names.note(name));
    let checker = Checker::new(abi, &names);

    if call.help {
        ui.raw(flags.help(abi, &checker, &options_in_help(grammar)));
        return Ok(ExitCode::SUCCESS);
    }
    flags.check_options(&call.words.late)?;
    let given = arguments(call, abi, function, &flags)?;
    let value = checker.assemble(&function.inputs, &given).map_err(|misfit| flags.misfit(abi, &misfit))?;
    let argument = target.driver.encode_input(&function.name, &value, &flags.help_command())?;
    if function.kind != FunctionKind::Query {
        names.note(project.settings.signer(None));
    }
    if function.kind == FunctionKind::Query && call.options.sending.from.is_some() {
        ui.note(format_args!("`--from` has no effect: `{}` is a query, and a query has no sender", function.name));
    }
    let returns = function.output != Type::Unit;
    let calling = Calling::new(&project, &chain, &target, &function.name, returns, names.labels(), ui);
    match function.kind {
        FunctionKind::Query if call.options.send => {
            Err(Fault::usage(format!("`{}` is a query: it needs no transaction", function.name), "leave `--send` out"))
        }
        FunctionKind::Query if call.options.deposit.is_some() => Err(Fault::usage(
            format!("`{}` is a query, which cannot receive a deposit", function.name),
            "remove `--deposit`",
        )),
        FunctionKind::Query if function.feeds.is_some() => calling.feed(&value),
        FunctionKind::Query => calling.query(&argument),
        FunctionKind::Transaction | FunctionKind::Init => calling.transact(argument, &call.options),
    }
}

/// The description of a contract of this project as it was last built.
fn built_abi(project: &Project, name: &str) -> Option<ContractAbi> {
    let record = Record::read(&project.artefacts())?;
    record.into_artifacts().iter().find(|artifact| artifact.name == name)?.abi().ok()
}

/// Names that need no chain.
struct NoNames;

impl Names for NoNames {
    fn account(&self, name: &str) -> Result<String, String> {
        Err(format!("only a chain gives the address or id of `@{name}`"))
    }

    fn contract(&self, name: &str) -> Result<String, String> {
        Err(format!("only a chain gives the address or id of `@{name}`"))
    }
}

/// Help from a description alone.
fn help(call: &Call, grammar: &Command, abi: &ContractAbi, contract: &str, ui: &Ui) -> Result<ExitCode> {
    match &call.words.function {
        None => list(abi, ui),
        Some(function) => {
            let function = flags::function(abi, function)?;
            let options = Options::of(grammar);
            let is_option = |name: &str| options.has(name);
            let flags = Flags::new(function, contract, ARGUMENT_PREFIX, &is_option);
            ui.raw(flags.help(abi, &Checker::new(abi, &NoNames), &options_in_help(grammar)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The options of a call as help shows them.
fn options_in_help(grammar: &Command) -> String {
    grammar.clone().help_template("{options}").render_help().to_string()
}

/// The functions of a contract.
fn list(abi: &ContractAbi, ui: &Ui) {
    let first = |doc: &str| doc.lines().next().unwrap_or_default().trim().to_owned();
    let mut functions = Table::new(&[("", Side::Whole); 3]);
    for function in &abi.functions {
        let inputs: Vec<&str> = function.inputs.iter().map(|input| input.name.as_str()).collect();
        let kind = if function.kind == FunctionKind::Query { "reads" } else { "transacts" };
        functions.row([format!("{}({})", function.name, inputs.join(", ")), kind.to_owned(), first(&function.doc)]);
    }
    ui.line(format_args!("{} {}", ui.toned(Tone::Name, &abi.name), first(&abi.doc)));
    functions.print(ui);
    ui.document(&json!({ "name": abi.name, "doc": abi.doc, "functions": abi.functions, "errors": abi.errors }));
}

/// The arguments of the function.
fn arguments(call: &Call, abi: &ContractAbi, function: &Function, flags: &Flags<'_>) -> Result<Given> {
    let texts = flags.texts(&call.words.named, &call.words.in_order)?;
    let Some(document) = &call.options.args else {
        return Ok(Given::Texts(texts));
    };
    if !texts.is_empty() {
        return Err(Fault::usage("arguments are given twice: one by one and by `--args`", "use one of the two"));
    }
    flags::document("--args", document, || samples::arguments(abi, function)).map(Given::Document)
}

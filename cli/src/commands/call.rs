//! `cargo dusk call`

mod calling;

use std::process::ExitCode;

use anyhow::Result;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches};
use local_node_types::abi::{ContractAbi, Function, FunctionKind};
use serde_json::json;

use self::calling::Calling;
use crate::args::{Call, CallOptions, Cli, Command};
use crate::error::Fault;
use crate::ops::artifact::Record;
use crate::ops::chain::Chain;
use crate::ops::flags;
use crate::ops::names::KnownNames;
use crate::ops::project::Project;
use crate::ops::target::Target;
use crate::ops::values::{Checker, Given, Names};
use crate::output::{Align, Tone, Ui, table};

/// Whether `--json` stands among the arguments of a called function.
pub(crate) fn asks_for_json(command: &Command) -> bool {
    matches!(command, Command::Call(call) if call.rest.iter().any(|argument| argument == "--json"))
}

pub(super) fn run(project: impl FnOnce() -> Result<Project>, call: &Call, ui: &Ui) -> Result<ExitCode> {
    let Some(contract) = &call.contract else {
        let mut grammar = Cli::command();
        grammar.build();
        let help = grammar.find_subcommand_mut("call").map(|call| call.render_help().to_string());
        ui.raw(help.unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    };
    let project = project()?;
    // The network may stand behind the function's arguments, whose grammar only the chain knows.
    let network = late_network(&call.rest).or_else(|| call.options.sending.network.clone());
    let found = Chain::connect(&project, network.as_deref()).and_then(|chain| {
        let target = Target::find(&chain, contract)?;
        Ok((chain, target))
    });
    let (chain, target) = match found {
        Ok(found) => found,
        // Help needs no chain where the project itself knows the contract.
        Err(error) => {
            let Some(abi) = built_abi(&project, contract).filter(|_| call.help || call.function.is_none()) else {
                return Err(error);
            };
            return help(call, &abi, contract, ui);
        }
    };
    let abi = &target.abi;
    let Some(function) = &call.function else {
        list(abi, ui);
        return Ok(ExitCode::SUCCESS);
    };
    let function = flags::function(abi, function)?;
    let names = KnownNames { settings: &project.settings, deployments: &chain.deployments };
    let checker = Checker::new(abi, &names);

    let mut options = call.options.clone();
    let given = match arguments(&mut options, call, abi, function, &checker)? {
        Read::Given(given) => given,
        Read::Help(text) => {
            ui.raw(text);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let value =
        checker.assemble(&function.inputs, &given).map_err(|misfit| flags::misfit(&misfit, contract, function))?;
    let driver = target.driver()?;
    let argument = driver.encode_input(&function.name, &value)?;
    let calling = Calling::new(&project, &chain, &target, function, &driver, ui);
    match function.kind {
        FunctionKind::Query if options.deposit.is_some() => Err(Fault::usage(
            format!("`{}` is a query: nothing can be sent along with it", function.name),
            "leave `--deposit` out",
        )),
        FunctionKind::Query if function.feeds.is_some() => calling.feed(&value),
        FunctionKind::Query => calling.query(&argument),
        FunctionKind::Transaction | FunctionKind::Init => calling.transact(argument, &options),
    }
}

/// The description of a contract of this project as it was last built.
fn built_abi(project: &Project, name: &str) -> Option<ContractAbi> {
    let record = Record::read(&project.artefacts())?;
    record.artifacts.iter().find(|artifact| artifact.name == name)?.abi().ok()
}

/// Names that need no chain.
struct NoNames;

impl Names for NoNames {
    fn account(&self, name: &str) -> Result<String, String> {
        Err(format!("`@{name}` needs a chain"))
    }

    fn contract(&self, name: &str) -> Result<String, String> {
        Err(format!("`@{name}` needs a chain"))
    }
}

/// Help from a description alone.
fn help(call: &Call, abi: &ContractAbi, contract: &str, ui: &Ui) -> Result<ExitCode> {
    match &call.function {
        None => list(abi, ui),
        Some(function) => {
            let function = flags::function(abi, function)?;
            let checker = Checker::new(abi, &NoNames);
            ui.raw(grammar(abi, contract, function, &checker).render_long_help());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The functions of a contract.
fn list(abi: &ContractAbi, ui: &Ui) {
    let first = |doc: &str| doc.lines().next().unwrap_or_default().trim().to_owned();
    let rows: Vec<[String; 3]> = abi
        .functions
        .iter()
        .map(|function| {
            let inputs: Vec<&str> = function.inputs.iter().map(|input| input.name.as_str()).collect();
            let kind = if function.kind == FunctionKind::Query { "reads" } else { "transacts" };
            [format!("{}({})", function.name, inputs.join(", ")), kind.to_owned(), first(&function.doc)]
        })
        .collect();
    ui.line(format_args!("{} {}", ui.toned(Tone::Name, &abi.name), first(&abi.doc)));
    for row in table(&rows, [Align::Left; 3]) {
        ui.line(format_args!("  {row}"));
    }
    ui.document(&json!({ "name": abi.name, "doc": abi.doc, "functions": abi.functions, "errors": abi.errors }));
}

/// The value of `--network` among the arguments of a function.
fn late_network(rest: &[String]) -> Option<String> {
    let mut rest = rest.iter();
    rest.find_map(|argument| argument.strip_prefix("--network").map(str::to_owned))
        .and_then(|tail| if tail.is_empty() { rest.next().cloned() } else { tail.strip_prefix('=').map(str::to_owned) })
}

/// What the words behind a function are.
enum Read {
    /// Its arguments.
    Given(Given),
    /// A question for help, and the answer.
    Help(String),
}

/// The function's own flags and those of every call.
fn grammar(abi: &ContractAbi, contract: &str, function: &Function, checker: &Checker<'_>) -> clap::Command {
    let json = clap::Arg::new("json").long("json").action(clap::ArgAction::SetTrue).help("Prints one JSON document");
    let common = CallOptions::augment_args(clap::Command::new("call")).arg(json);
    flags::command(common, abi, contract, function, checker)
}

/// Reads what stands behind the function.
fn arguments(
    options: &mut CallOptions,
    call: &Call,
    abi: &ContractAbi,
    function: &Function,
    checker: &Checker<'_>,
) -> Result<Read> {
    let contract = call.contract.as_deref().unwrap_or(&abi.name);
    let mut grammar = grammar(abi, contract, function, checker);
    if call.help {
        return Ok(Read::Help(grammar.render_long_help().to_string()));
    }
    let matches = match grammar.try_get_matches_from_mut(&call.rest) {
        Ok(matches) => matches,
        Err(error) if error.kind() == clap::error::ErrorKind::DisplayHelp => {
            return Ok(Read::Help(error.render().to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    adopt(options, &matches)?;
    let texts = flags::texts(function, &matches)?;
    let Some(document) = &options.args else {
        return Ok(Read::Given(Given::Texts(texts)));
    };
    if !texts.is_empty() {
        return Err(Fault::usage("arguments are given twice: one by one and by `--args`", "use one of the two"));
    }
    flags::document("--args", document, &flags::example(function))
        .map(|document| Read::Given(Given::Document(document)))
}

/// Takes over what stands behind the function. What is not said there stays as it was said before.
fn adopt(options: &mut CallOptions, matches: &ArgMatches) -> Result<()> {
    let late = CallOptions::from_arg_matches(matches)?;
    let said = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    if said("from") {
        options.sending.from = late.sending.from;
    }
    if said("network") {
        options.sending.network = late.sending.network;
    }
    options.deposit = late.deposit.or(options.deposit);
    options.sending.gas_limit = late.sending.gas_limit.or(options.sending.gas_limit);
    options.sending.gas_price = late.sending.gas_price.or(options.sending.gas_price);
    options.sending.dry_run |= late.sending.dry_run;
    options.sending.until_final |= late.sending.until_final;
    options.args = late.args.or(options.args.take());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &str) -> CallOptions {
        CallOptions::from_arg_matches(&matches(words)).unwrap()
    }

    fn matches(words: &str) -> ArgMatches {
        let grammar = CallOptions::augment_args(clap::Command::new("call")).no_binary_name(true);
        grammar.get_matches_from(words.split_whitespace())
    }

    #[test]
    fn what_is_said_first_holds_unless_it_is_said_again() {
        let mut said = options("--from bob --dry-run --deposit 5lux --network one");
        adopt(&mut said, &matches("")).unwrap();
        assert_eq!((said.sending.from.as_deref(), said.sending.dry_run, said.deposit), (Some("bob"), true, Some(5)));
        adopt(&mut said, &matches("--from carol --final --network two --args [] --gas-limit 100000")).unwrap();
        assert_eq!((said.sending.from.as_deref(), said.sending.network.as_deref()), (Some("carol"), Some("two")));
        assert!(said.sending.dry_run && said.sending.until_final);
        assert_eq!((said.deposit, said.args.as_deref()), (Some(5), Some("[]")));
        assert_eq!((said.sending.gas_limit, said.sending.gas_price), (Some(100_000), None));
    }

    #[test]
    fn the_network_is_found_behind_the_function() {
        let late = |words: &str| late_network(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(late("--by 3 --network local"), Some("local".to_owned()));
        assert_eq!(late("--network=testnet --by 3"), Some("testnet".to_owned()));
        assert_eq!(late("--by 3"), None);
    }
}

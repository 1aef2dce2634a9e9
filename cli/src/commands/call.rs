//! `cargo dusk call`

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches};
use dusk_core::transfer::data::{ContractCall, TransactionData};
use local_node_types::abi::{ContractAbi, Function, FunctionKind, Type};
use serde_json::{Value, json};

use crate::args::{Call, CallOptions, Cli, Command};
use crate::error::Fault;
use crate::ops::chain::Chain;
use crate::ops::client::{BlockEvent, ClientError};
use crate::ops::deployments::Deployment;
use crate::ops::flags;
use crate::ops::names::{self, KnownNames};
use crate::ops::project::Project;
use crate::ops::refusal::Refusal;
use crate::ops::sandbox::Driver;
use crate::ops::transact::{Order, Sender, Simulated};
use crate::ops::values::{Checker, Given};
use crate::output::{Tone, Ui, grouped, money};

/// The price of a unit of gas, in LUX.
const GAS_PRICE: u64 = 1;

/// Whether `--json` stands among the arguments of a called function.
pub(crate) fn asks_for_json(command: &Command) -> bool {
    matches!(command, Command::Call(call) if call.rest.iter().any(|argument| argument == "--json"))
}

pub(super) fn run(project: impl FnOnce() -> Result<Project>, call: &Call, ui: &Ui) -> Result<ExitCode> {
    let (Some(contract), Some(function)) = (&call.contract, &call.function) else {
        let mut grammar = Cli::command();
        grammar.build();
        let help = grammar.find_subcommand_mut("call").map(|call| call.render_help().to_string());
        ui.raw(help.unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    };
    let project = project()?;
    // The network may stand behind the function's arguments, whose grammar only the chain knows.
    let network = late_network(&call.rest).or_else(|| call.options.sending.network.clone());
    let chain = Chain::connect(&project, network.as_deref())?;
    let deployment = chain.contract(contract)?;
    let abi = chain.deployments.abi(deployment)?;
    let function = flags::function(&abi, function)?;
    let names = KnownNames { settings: &project.settings, deployments: &chain.deployments };
    let checker = Checker::new(&abi, &names);

    let mut options = call.options.clone();
    let given = match arguments(&mut options, call, &abi, function, &checker)? {
        Read::Given(given) => given,
        Read::Help(text) => {
            ui.raw(text);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let value = checker.assemble(&function.inputs, &given).map_err(|misfit| {
        let hint = format!("`cargo dusk call {} {} --help` shows its arguments", abi.name, function.name);
        Fault::usage(format!("argument {misfit}"), hint)
    })?;
    let driver = Driver::load(&chain.deployments.driver(deployment)?)?;
    let argument = driver.encode_input(&function.name, &value)?;
    let calling = Calling { project: &project, chain: &chain, deployment, abi: &abi, function, driver: &driver, ui };
    match function.kind {
        FunctionKind::Query => calling.query(&argument),
        FunctionKind::Transaction | FunctionKind::Init => calling.transact(argument, &options),
    }
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

/// Reads what stands behind the function, with its own flags and those of every call.
fn arguments(
    options: &mut CallOptions,
    call: &Call,
    abi: &ContractAbi,
    function: &Function,
    checker: &Checker<'_>,
) -> Result<Read> {
    let json = clap::Arg::new("json").long("json").action(clap::ArgAction::SetTrue).help("Prints one JSON document");
    let common = CallOptions::augment_args(clap::Command::new("call")).arg(json);
    let mut grammar = flags::command(common, abi, function, checker);
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
    let texts = flags::texts(function, &matches);
    let Some(document) = &options.args else {
        return Ok(Read::Given(Given::Texts(texts)));
    };
    if !texts.is_empty() {
        return Err(Fault::usage("arguments are given twice: by flags and by `--args`", "use one of the two"));
    }
    let document = serde_json::from_str(document).map_err(|error| {
        Fault::usage(
            format!("`--args` is not JSON: {error}"),
            format!("for example --args '{}'", flags::example(function)),
        )
    })?;
    Ok(Read::Given(Given::Document(document)))
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
    if said("deposit") {
        options.deposit = late.deposit;
    }
    options.sending.dry_run |= late.sending.dry_run;
    options.sending.until_final |= late.sending.until_final;
    options.args = late.args.or(options.args.take());
    Ok(())
}

/// One call of one function.
struct Calling<'a> {
    project: &'a Project,
    chain: &'a Chain,
    deployment: &'a Deployment,
    abi: &'a ContractAbi,
    function: &'a Function,
    driver: &'a Driver,
    ui: &'a Ui,
}

impl Calling<'_> {
    fn query(&self, argument: &[u8]) -> Result<ExitCode> {
        let contract = self.deployment.id()?;
        let answer =
            self.chain.client.query(&contract, &self.function.name, argument).map_err(|error| match error {
                ClientError::Refused { message, .. } => Fault::failed(
                    Refusal::read(&message, Some(self.abi)).to_string(),
                    "a query changes nothing: look at its arguments and the contract's state",
                ),
                other => other.into(),
            })?;
        let result = self.driver.decode_output(&self.function.name, &answer)?;
        self.ui.line(plain(&result));
        self.ui.document(&json!({
            "contract": self.deployment.contract, "function": self.function.name, "result": result,
        }));
        Ok(ExitCode::SUCCESS)
    }

    fn transact(&self, argument: Vec<u8>, options: &CallOptions) -> Result<ExitCode> {
        let sending = &options.sending;
        let account = names::signer(&self.project.settings, &sending.from, self.chain.id)?;
        let state = self.chain.client.account(account.public_key()).context("cannot read the account")?;
        let order = Order {
            data: TransactionData::Call(ContractCall {
                contract: self.deployment.id()?,
                fn_name: self.function.name.clone(),
                fn_args: argument,
            }),
            deposit: options.deposit,
            gas_price: GAS_PRICE,
            least_gas_limit: 0,
            nonce: state.nonce + 1,
            balance: state.balance,
        };
        let sender = Sender { client: &self.chain.client, account: &account, chain_id: self.chain.id };
        let prepared = match sender.prepare(&order)? {
            Simulated::Accepted(prepared) => prepared,
            Simulated::Refused(reason) => {
                let refusal = Refusal::read(&reason, Some(self.abi)).to_string();
                return Err(Fault::failed(refusal, "nothing was sent; the simulation already refuses it"));
            }
        };
        if sending.dry_run {
            self.ui.line(format_args!(
                "would go through · gas {} · fee {}",
                grouped(prepared.gas),
                money(prepared.gas * GAS_PRICE)
            ));
            self.ui.document(&json!({
                "status": "dry-run", "contract": self.deployment.contract, "function": self.function.name,
                "gas": prepared.gas, "fee": prepared.gas * GAS_PRICE,
            }));
            return Ok(ExitCode::SUCCESS);
        }
        let included = sender.send(&prepared, sending.until_final, self.ui)?;
        let fee = included.gas_spent * GAS_PRICE;
        if let Some(reason) = &included.err {
            return Err(Fault::failed(
                format!("{}; the gas is spent ({})", Refusal::read(reason, Some(self.abi)), money(fee)),
                "the state changed between simulation and block: look at it, and try again",
            ));
        }
        let events: Vec<Value> = self
            .chain
            .client
            .events(included.block_height)?
            .into_iter()
            .filter(|event| event.origin == prepared.id)
            .map(|event| self.event(&event))
            .collect();
        let result = self.result(&prepared.id)?;
        if let Some(result) = &result {
            self.ui.line(plain(result));
        }
        for event in events.iter().filter(|event| event["contract"] == self.deployment.contract.as_str()) {
            let topic = event["topic"].as_str().unwrap_or_default();
            self.ui.line(format_args!("{} {topic} {}", self.ui.toned(Tone::Faint, "event"), event["data"]));
        }
        self.ui.line(format_args!(
            "{} in block {} · gas {} · fee {}",
            self.function.name,
            included.block_height,
            grouped(included.gas_spent),
            money(fee)
        ));
        self.ui.document(&json!({
            "status": "included", "contract": self.deployment.contract, "function": self.function.name,
            "tx": prepared.id, "block": included.block_height, "gas": included.gas_spent, "fee": fee, "result": result,
            "events": events,
        }));
        Ok(ExitCode::SUCCESS)
    }

    /// What the transaction returned, if that is anything and the node tells.
    fn result(&self, id: &str) -> Result<Option<Value>> {
        if self.function.output == Type::Unit {
            return Ok(None);
        }
        let output = self.chain.client.output(id)?;
        output.map(|bytes| self.driver.decode_output(&self.function.name, &bytes)).transpose()
    }

    /// An event as a document: decoded where it is this contract's own, else in hexadecimal.
    fn event(&self, event: &BlockEvent) -> Value {
        let own = event.source == self.deployment.contract;
        let decoded = own.then(|| self.driver.decode_event(&event.topic, &event.data).ok()).flatten();
        let data = decoded.unwrap_or_else(|| Value::String(hex::encode(&event.data)));
        json!({ "contract": event.source, "topic": event.topic, "data": data, "reverted": event.reverted })
    }
}

/// A result as people read it: text without quotes, anything else as JSON.
fn plain(result: &Value) -> String {
    match result {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => {
            serde_json::to_string_pretty(result).unwrap_or_else(|_| result.to_string())
        }
        other => other.to_string(),
    }
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
        let mut said = options("--from bob --dry-run --deposit 5 --network one");
        adopt(&mut said, &matches("")).unwrap();
        assert_eq!((said.sending.from.as_str(), said.sending.dry_run, said.deposit), ("bob", true, 5));
        adopt(&mut said, &matches("--from carol --final --network two --args []")).unwrap();
        assert_eq!((said.sending.from.as_str(), said.sending.network.as_deref()), ("carol", Some("two")));
        assert!(said.sending.dry_run && said.sending.until_final);
        assert_eq!((said.deposit, said.args.as_deref()), (5, Some("[]")));
    }

    #[test]
    fn the_network_is_found_behind_the_function() {
        let late = |words: &str| late_network(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(late("--by 3 --network local"), Some("local".to_owned()));
        assert_eq!(late("--network=testnet --by 3"), Some("testnet".to_owned()));
        assert_eq!(late("--by 3"), None);
    }
}

//! `cargo dusk deploy`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::args::Sending;
use crate::error::Fault;
use crate::figures::{exact_money, grouped, money, size, time};
use crate::ops::build::artifact::Artifact;
use crate::ops::build::{self, Recipe, verifiers};
use crate::ops::chain::connection::Chain;
use crate::ops::chain::deploying::{Deployed, Deployer, Outcome, Planned};
use crate::ops::chain::names;
use crate::ops::chain::plan::{self, Step};
use crate::ops::contract::{flags, samples};
use crate::ops::project::Project;
use crate::ops::project::settings::Crs;
use crate::output::Ui;

/// `deploy`
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// Contract to deploy, or an entry of `[deploy]` in dusk.toml; optional if the project has only one contract.
    pub(crate) contract: Option<String>,
    /// Deploys all entries of `[deploy]` in dusk.toml in the order of their dependencies; without entries, all
    /// contracts.
    #[arg(long, conflicts_with_all = ["contract", "init", "alias"])]
    pub(crate) all: bool,
    /// Constructor arguments as JSON, by name or position: the JSON itself, @FILE to read a file, or - for standard
    /// input.
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) init: Option<String>,
    /// Name by which later commands refer to the deployment; by default the alias or name of the `[deploy]` entry, or
    /// else the contract's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Option<String>,
    /// Parameters (common reference string) for circuit keys; overrides `[circuits] crs` in dusk.toml.
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) crs: Option<Crs>,
    /// The options that it shares with calls.
    #[command(flatten)]
    pub(crate) sending: Sending,
    /// Installs missing tools without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(super) fn run(project: impl FnOnce() -> Result<Project>, options: &Deploy, ui: &Ui) -> Result<ExitCode> {
    if let Some(file) = options.contract.as_deref().filter(|name| name.ends_with(".wasm")) {
        return Err(bare_module(file));
    }
    let project = &project()?;
    let settings = Recipe::of(project);
    let recipe = Recipe { crs: options.crs.unwrap_or(settings.crs), ..settings };
    let built = build::build_as(project, ui, options.yes, recipe)?;
    let steps = steps(project, options, &built.artifacts)?;
    let chain = Chain::connect(project, options.sending.network.as_deref())?;
    refuse_development_keys(&steps, chain.id)?;
    if names::is_public(chain.id) {
        let contracts: Vec<&Artifact> = steps.iter().map(|step| step.artifact).collect();
        verifiers::confirm(project, &contracts, ui)?;
    }
    let terms = options.sending.terms();
    let mut deployer = Deployer::new(project, &terms, chain, &steps, ui)?;
    deployer.check_funds(&steps)?;
    let mut documents = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let outcome = deployer.deploy(step).inspect_err(|_| {
            if number > 0 {
                let done: Vec<&str> = steps[..number].iter().map(|step| step.alias.as_str()).collect();
                let left = steps.len() - number;
                ui.note(format_args!(
                    "{} deployed; the same command continues with the remaining {left}",
                    done.join(", ")
                ));
            }
        })?;
        say(step, &outcome, ui);
        documents.push(document(step, &outcome));
    }
    match documents.as_slice() {
        [only] if !options.all => ui.document(only),
        all => ui.document(&json!({ "deployments": all })),
    }
    Ok(ExitCode::SUCCESS)
}

/// A module without its project has no data driver, which encodes the constructor's arguments and reads the contract.
fn bare_module(file: &str) -> anyhow::Error {
    if !Path::new(file).is_file() {
        return Fault::usage(
            format!("there is no file {file}"),
            "`deploy` takes the name of a contract of the project around the current folder",
        );
    }
    Fault::usage(
        format!(
            "cannot deploy {file} yet: `deploy` takes a project's contracts with their data drivers, not single modules"
        ),
        format!(
            "deploy it by its name in its own project; `cargo dusk new NAME` makes a project for its source, and \
             `cargo dusk check {file}` tells whether a network accepts the module"
        ),
    )
}

/// On a public network money depends on proofs, and anyone can forge those of development keys.
fn refuse_development_keys(steps: &[Step<'_>], chain_id: u8) -> Result<()> {
    let forgeable = |step: &&Step<'_>| step.artifact.circuits.iter().any(|circuit| circuit.development);
    match steps.iter().find(forgeable).filter(|_| names::is_public(chain_id)) {
        None => Ok(()),
        Some(step) => {
            let keys = step.artifact.circuits.iter().filter(|circuit| circuit.development);
            let keys: Vec<&str> = keys.map(|circuit| circuit.name.as_str()).collect();
            Err(Fault::failed(
                format!(
                    "`{}` verifies proofs of {} with development keys, so anyone can forge them, and chain {chain_id} \
                     is a public network",
                    step.artifact.name,
                    keys.join(", ")
                ),
                "nothing was sent; `cargo dusk crs fetch`, then `cargo dusk crs use production`, and deploy again",
            ))
        }
    }
}

/// The deployments of the plan and of the command line.
fn steps<'a>(project: &Project, options: &Deploy, artifacts: &'a [Artifact]) -> Result<Vec<Step<'a>>> {
    let entries = &project.settings.deploy;
    if options.all {
        return plan::all(entries, artifacts);
    }
    let mut step = plan::single(entries, artifacts, options.contract.as_deref())?;
    if let Some(text) = &options.init {
        let abi = step.artifact.abi()?;
        let sample = || abi.init.as_ref().map_or_else(|| "null".to_owned(), |init| samples::arguments(&abi, init));
        step.init = Some(flags::document("--init", text, sample)?);
    }
    if let Some(alias) = &options.alias {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if alias.is_empty() || !alias.chars().all(plain) {
            return Err(Fault::usage(
                format!("`{alias}` is not a deployment name"),
                "use letters, digits, `-` and `_`",
            ));
        }
        step.alias.clone_from(alias);
    }
    Ok(vec![step])
}

fn say(step: &Step<'_>, outcome: &Outcome, ui: &Ui) {
    let name = if step.alias == step.artifact.name {
        step.alias.clone()
    } else {
        format!("{} as {}", step.artifact.name, step.alias)
    };
    match outcome {
        Outcome::Unchanged(living) => {
            ui.line(format_args!("unchanged {name} {} (block {})", living.contract, living.height));
        }
        Outcome::Planned(planned) => {
            let Planned { contract, from, nonce, balance, gas, least_gas, gas_price } = planned;
            let (gas, fee) = match gas {
                Some(gas) => (format!("gas {}", grouped(*gas)), money(gas.saturating_mul(*gas_price))),
                // Its dependencies are not deployed yet, so it cannot be simulated.
                None => (format!("gas ≥ {}", grouped(*least_gas)), format!("≥ {}", money(least_gas * gas_price))),
            };
            ui.line(format_args!(
                "would deploy {name} {contract} · {} · {gas} · fee {fee} · from {from} (nonce {nonce}, {})",
                size(step.artifact.bytes),
                exact_money(*balance)
            ));
        }
        Outcome::Deployed(Deployed { deployment, gas, fee, elapsed, replaced, .. }) => {
            ui.line(format_args!(
                "deployed {name} {} in block {} · gas {} · fee {} · {}",
                deployment.contract,
                deployment.height,
                grouped(*gas),
                money(*fee),
                time(*elapsed)
            ));
            if let Some(before) = replaced.as_ref().filter(|before| **before != deployment.contract) {
                ui.note(format_args!(
                    "`{}` was {before} until now, which stays on the chain; `--alias NAME` keeps both names",
                    step.alias
                ));
            }
        }
    }
}

fn document(step: &Step<'_>, outcome: &Outcome) -> Value {
    let mut document = json!({ "name": step.alias, "package": step.artifact.name, "bytes": step.artifact.bytes });
    let more = match outcome {
        Outcome::Unchanged(living) => json!({
            "status": "unchanged", "contract": living.contract, "blake3": living.code, "owner": living.owner,
            "tx": living.tx, "block": living.height,
        }),
        Outcome::Planned(planned) => json!({
            "status": "dry-run", "contract": planned.contract, "from": planned.from, "nonce": planned.nonce,
            "balance": planned.balance, "gas": planned.gas, "least_gas": planned.least_gas,
            "fee": planned.gas.map(|gas| gas.saturating_mul(planned.gas_price)),
        }),
        Outcome::Deployed(Deployed { deployment, sender, gas, fee, has_driver, .. }) => json!({
            "status": "deployed", "contract": deployment.contract, "blake3": deployment.code,
            "owner": deployment.owner, "sender": sender, "tx": deployment.tx, "block": deployment.height, "gas": gas,
            "fee": fee, "driver": has_driver,
        }),
    };
    if let (Value::Object(document), Value::Object(more)) = (&mut document, more) {
        document.extend(more);
    }
    document
}

#[cfg(test)]
mod tests {
    use dusk_sdk_protocol::abi::CircuitKey;

    use super::*;

    #[test]
    fn development_keys_stay_away_from_public_networks() {
        let circuit = |development| CircuitKey {
            name: "eligible".to_owned(),
            digest: String::new(),
            parameters: String::new(),
            development,
            gates: 8,
        };
        let told = |circuits: Vec<CircuitKey>, chain_id| {
            let artifacts = [Artifact { circuits, ..Artifact::named("register") }];
            let step = plan::single(&std::collections::BTreeMap::new(), &artifacts, None).unwrap();
            refuse_development_keys(&[step], chain_id).map_err(|error| error.to_string())
        };
        for public in [1, 2] {
            let refused = told(vec![circuit(true)], public).unwrap_err();
            assert!(refused.starts_with("`register` verifies proofs of eligible with development keys"), "{refused}");
            assert_eq!(told(vec![circuit(false)], public), Ok(()));
        }
        assert_eq!(told(vec![circuit(true)], 0), Ok(()));
        assert_eq!(told(vec![], 1), Ok(()));
    }
}

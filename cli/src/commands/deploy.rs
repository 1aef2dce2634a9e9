//! `cargo dusk deploy`

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use dusk_core::transfer::data::{ContractDeploy, TransactionData, gen_contract_id};
use local_node::accounts::DevAccount;
use local_node_types::abi::ContractAbi;
use local_node_types::rules::MIN_DEPLOY_GAS_PRICE;
use serde_json::{Value, json};

use crate::args::Deploy;
use crate::error::Fault;
use crate::ops::artifact::{self, Artifact, hash_of};
use crate::ops::chain::Chain;
use crate::ops::deployments::Deployment;
use crate::ops::names::{self, KnownNames};
use crate::ops::project::Project;
use crate::ops::refusal::Refusal;
use crate::ops::sandbox::Driver;
use crate::ops::transact::{Order, Sender, Simulated};
use crate::ops::values::{Checker, Given};
use crate::ops::{build, flags};
use crate::output::{Ui, grouped, money, time};

pub(super) fn run(project: &Project, options: &Deploy, ui: &Ui) -> Result<ExitCode> {
    let sending = &options.sending;
    let built = build::build(project, ui, options.yes)?;
    let artifact = artifact::pick(&built.artifacts, options.contract.as_deref())?;
    let mut chain = Chain::connect(project, sending.network.as_deref())?;
    let account = names::signer(&project.settings, &sending.from, chain.id)?;
    let abi = artifact.abi()?;
    let init = initial(project, options, artifact, &abi, &chain)?;
    let owner = account.id().to_string();
    let init_hash = hash_of(init.as_deref().unwrap_or_default());

    let living = chain.living(&artifact.name)?.cloned();
    if let Some(living) =
        living.filter(|living| living.code == artifact.hash && living.init == init_hash && living.owner == owner)
    {
        ui.line(format_args!("unchanged {} {} (block {})", artifact.name, living.contract, living.height));
        ui.document(&document("unchanged", artifact, &living));
        return Ok(ExitCode::SUCCESS);
    }

    let begun = Instant::now();
    let (order, contract) = order(&chain, &account, artifact, init)?;
    let sender = Sender { client: &chain.client, account: &account, chain_id: chain.id };
    let prepared = match sender.prepare(&order)? {
        Simulated::Accepted(prepared) => prepared,
        Simulated::Refused(reason) => return Err(refused(&reason, &abi, &artifact.name)),
    };
    let price = |gas: u64| gas.saturating_mul(order.gas_price);
    if sending.dry_run {
        ui.line(format_args!(
            "would deploy {} {contract} · gas {} · fee {}",
            artifact.name,
            grouped(prepared.gas),
            money(price(prepared.gas))
        ));
        ui.document(&json!({
            "status": "dry-run", "name": artifact.name, "contract": contract, "gas": prepared.gas, "fee": price(prepared.gas),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let included = sender.send(&prepared, sending.until_final, ui)?;
    if let Some(reason) = &included.err {
        return Err(Fault::failed(
            format!("{}; the gas is spent ({})", Refusal::read(reason, Some(&abi)), money(price(included.gas_spent))),
            "the state changed between simulation and block: look at it, and try again",
        ));
    }
    let deployment = Deployment {
        contract,
        code: artifact.hash.clone(),
        init: init_hash,
        owner,
        tx: prepared.id,
        height: included.block_height,
    };
    chain.deployments.remember(deployment.clone(), artifact)?;
    ui.line(format_args!(
        "deployed {} {} in block {} · gas {} · fee {} · {}",
        artifact.name,
        deployment.contract,
        included.block_height,
        grouped(included.gas_spent),
        money(price(included.gas_spent)),
        time(begun.elapsed())
    ));
    let mut document = document("deployed", artifact, &deployment);
    document["gas"] = included.gas_spent.into();
    document["fee"] = price(included.gas_spent).into();
    ui.document(&document);
    Ok(ExitCode::SUCCESS)
}

/// The constructor's argument, encoded; `None` where there is no constructor.
fn initial(
    project: &Project,
    options: &Deploy,
    artifact: &Artifact,
    abi: &ContractAbi,
    chain: &Chain,
) -> Result<Option<Vec<u8>>> {
    let Some(function) = &abi.init else {
        if options.init.is_some() {
            return Err(Fault::usage(format!("`{}` has no constructor", artifact.name), "leave `--init` out"));
        }
        return Ok(None);
    };
    let given: Value = match options.init.as_deref() {
        None if function.inputs.is_empty() => Value::Null,
        None => {
            return Err(Fault::usage(
                format!("the constructor of `{}` takes arguments", artifact.name),
                format!("give them: --init '{}'", flags::example(function)),
            ));
        }
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Fault::usage(
                format!("`--init` is not JSON: {error}"),
                format!("for example --init '{}'", flags::example(function)),
            )
        })?,
    };
    let names = KnownNames { settings: &project.settings, deployments: &chain.deployments };
    let value = Checker::new(abi, &names).assemble(&function.inputs, &Given::Document(given)).map_err(|misfit| {
        Fault::usage(format!("--init: {misfit}"), format!("for example --init '{}'", flags::example(function)))
    })?;
    let driver = Driver::load(&artifact.driver()?)?;
    driver.encode_input("init", &value).map(Some)
}

/// The deployment as an order, and the id that the contract will have.
fn order(chain: &Chain, account: &DevAccount, artifact: &Artifact, init: Option<Vec<u8>>) -> Result<(Order, String)> {
    let state = chain.client.account(account.public_key()).context("cannot read the account")?;
    let (bytecode, owner) = (artifact.wasm()?, *account.id().as_bytes());
    // The account's nonce makes the id unique: the same code can be deployed again.
    let nonce = state.nonce + 1;
    let contract = hex::encode(gen_contract_id(&bytecode, nonce, owner).as_bytes());
    let order = Order {
        data: TransactionData::Deploy(ContractDeploy::new(bytecode, owner, init, nonce)),
        deposit: 0,
        gas_price: MIN_DEPLOY_GAS_PRICE,
        least_gas_limit: artifact.deploy_gas(),
        nonce,
        balance: state.balance,
    };
    Ok((order, contract))
}

fn refused(reason: &str, abi: &ContractAbi, name: &str) -> anyhow::Error {
    Fault::failed(
        Refusal::read(reason, Some(abi)).to_string(),
        format!("nothing was sent, and no contract was made; the simulation already refuses `{name}`"),
    )
}

fn document(status: &str, artifact: &Artifact, deployment: &Deployment) -> Value {
    json!({
        "status": status,
        "name": artifact.name,
        "contract": deployment.contract,
        "blake3": deployment.code,
        "owner": deployment.owner,
        "tx": deployment.tx,
        "block": deployment.height,
    })
}

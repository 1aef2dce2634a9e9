//! Deployments: prepared, said, sent one after the other, remembered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dusk_core::transfer::data::{ContractDeploy, TransactionData};
use dusk_sdk_protocol::abi::ContractAbi;
use local_node_types::rules::MIN_DEPLOY_GAS_PRICE;
use serde_json::Value;
use sha3::{Digest, Sha3_256};

use super::claim::{self, Claim, Shown};
use super::client::Included;
use super::connection::{self, Chain};
use super::deployments::{Deployment, Sent};
use super::names::{self, KnownNames, Signer};
use super::plan::{self, Step};
use super::refusal::Refusal;
use super::transact::{self, Order, Sender, Simulated, Terms};
use crate::error::Fault;
use crate::figures::{exact_money, money};
use crate::ops::build::artifact::Artifact;
use crate::ops::contract::arguments::{Checker, Given};
use crate::ops::contract::samples;
use crate::ops::contract::sandbox::Driver;
use crate::ops::hash::hash_of;
use crate::ops::project::Project;
use crate::ops::project::settings::SETTINGS_FILE;
use crate::ops::report::Report;

/// Deploys the steps of a plan on one chain.
pub(crate) struct Deployer<'a> {
    project: &'a Project,
    terms: &'a Terms,
    chain: Chain,
    report: &'a dyn Report,
    gas_price: u64,
    /// The names under which entries are deployed.
    aliases: BTreeMap<String, String>,
    /// Ids of what a dry run would have deployed, by alias.
    planned: BTreeMap<String, String>,
    /// Transactions that a dry run would have sent, by the account's address.
    unsent: BTreeMap<String, u64>,
}

/// The result of one step.
pub(crate) enum Outcome {
    /// It stands as it should.
    Unchanged(Deployment),
    /// It would be deployed.
    Planned(Planned),
    /// It is deployed.
    Deployed(Deployed),
}

/// A deployment that was not sent.
pub(crate) struct Planned {
    /// The id that the contract will have.
    pub(crate) contract: String,
    /// The signer.
    pub(crate) from: String,
    /// The transaction's nonce.
    pub(crate) nonce: u64,
    /// The account's money, in LUX.
    pub(crate) balance: u64,
    /// Gas by simulation; `None` where it needs what is not deployed yet.
    pub(crate) gas: Option<u64>,
    /// The least gas that it is charged.
    pub(crate) least_gas: u64,
    /// LUX for a unit of gas.
    pub(crate) gas_price: u64,
}

/// A deployment that is in a block, and verified.
pub(crate) struct Deployed {
    /// The deployment.
    pub(crate) deployment: Deployment,
    /// Gas that it was charged.
    pub(crate) gas: u64,
    /// Its cost, in LUX.
    pub(crate) fee: u64,
    /// The address of the account that signed the transaction in the block.
    pub(crate) sender: String,
    /// Whether the network has taken the data driver.
    pub(crate) has_driver: bool,
    /// The contract that had the deployment's name until now.
    pub(crate) replaced: Option<String>,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// A step that is ready to be sent.
struct Ready {
    account: Signer,
    abi: ContractAbi,
    init_hash: String,
    contract: String,
    order: Order,
    /// Whether the chain's state lets it be simulated.
    simulable: bool,
}

/// A deployment that was handed to a node, by this run or an earlier one.
struct Handed<'a> {
    sent: Sent,
    deploy: &'a ContractDeploy,
    account: &'a Signer,
    abi: &'a ContractAbi,
    begun: Instant,
}

impl<'a> Deployer<'a> {
    /// For this plan on this chain.
    ///
    /// # Errors
    /// A usage fault for a gas price that is not accepted.
    pub(crate) fn new(
        project: &'a Project,
        terms: &'a Terms,
        chain: Chain,
        plan: &[Step<'_>],
        report: &'a dyn Report,
    ) -> Result<Self> {
        let gas_price = terms.gas_price.unwrap_or(MIN_DEPLOY_GAS_PRICE);
        if gas_price < MIN_DEPLOY_GAS_PRICE {
            return Err(Fault::usage(
                format!("a gas price of {gas_price} LUX is too low for a deployment"),
                format!("the minimum is {MIN_DEPLOY_GAS_PRICE}, which is also the default"),
            ));
        }
        let entries = project.settings.deploy.iter();
        let mut aliases: BTreeMap<String, String> =
            entries.filter_map(|(name, entry)| Some((name.clone(), entry.alias.clone()?))).collect();
        aliases.extend(plan.iter().map(|step| (step.entry.clone(), step.alias.clone())));
        let (planned, unsent) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { project, terms, chain, report, gas_price, aliases, planned, unsent })
    }

    /// Sees that the accounts can pay at least for what is not deployed yet, before anything is sent.
    ///
    /// # Errors
    /// A failure that names the account and both figures.
    pub(crate) fn check_funds(&self, plan: &[Step<'_>]) -> Result<()> {
        let mut needed: BTreeMap<String, (Signer, u64)> = BTreeMap::new();
        for step in plan {
            // A deployment that was sent is not paid again.
            if self.chain.living(&step.alias)?.is_none() && self.chain.deployments.sent(&step.alias).is_none() {
                let account = self.signer(step)?;
                let cost = step.artifact.deploy_gas().saturating_mul(self.gas_price);
                let sum = &mut needed.entry(account.id().to_string()).or_insert((account, 0)).1;
                *sum = sum.saturating_add(cost);
            }
        }
        for (account, needed) in needed.into_values() {
            let balance = self.chain.client.account(account.public_key()).context("cannot read the account")?.balance;
            if balance < needed {
                return Err(Fault::failed(
                    format!(
                        "not enough funds: {} has {}, but needs at least {}",
                        account.name(),
                        exact_money(balance),
                        exact_money(needed)
                    ),
                    "nothing was sent; use another account with `--from`, or send DUSK to this one",
                ));
            }
        }
        Ok(())
    }

    fn signer(&self, step: &Step<'_>) -> Result<Signer> {
        let settings = &self.project.settings;
        let name = settings.signer(self.terms.from.as_deref().or(step.from.as_deref()));
        names::signer(settings, name, self.chain.id)
    }

    /// Does one step; with `--dry-run`, only says what it would do.
    ///
    /// # Errors
    /// When the contract refuses, or the node, or the account cannot pay.
    pub(crate) fn deploy(&mut self, step: &Step<'_>) -> Result<Outcome> {
        let begun = Instant::now();
        let account = self.signer(step)?;
        let abi = step.artifact.abi()?;
        let init = self.initial(step, &abi)?;
        let (owner, init_hash) = (account.id().to_string(), hash_of(init.as_deref().unwrap_or_default()));
        let before = self.chain.living(&step.alias)?.cloned();
        if let Some(living) = &before
            && (living.code == step.artifact.hash && living.init == init_hash && living.owner == owner)
        {
            return Ok(Outcome::Unchanged(living.clone()));
        }
        if let Some(sent) = self.sent_before(step, &owner, &init_hash)?
            && let Some(deployed) = self.resume(step, sent, &account, &abi, init.clone(), begun)?
        {
            return Ok(Outcome::Deployed(deployed));
        }
        let ready = self.ready(step.artifact, account, abi, init, init_hash)?;
        if self.terms.dry_run {
            return self.plan(step, &ready).map(Outcome::Planned);
        }
        let replaced = before.map(|living| living.contract);
        Ok(Outcome::Deployed(Deployed { replaced, ..self.send(step, &ready, begun)? }))
    }

    /// The constructor's argument, encoded; `None` where there is no constructor.
    fn initial(&self, step: &Step<'_>, abi: &ContractAbi) -> Result<Option<Vec<u8>>> {
        let name = &step.artifact.name;
        let Some(function) = &abi.init else {
            if step.init.is_some() {
                return Err(Fault::usage(format!("`{name}` has no constructor"), "remove `init`"));
            }
            return Ok(None);
        };
        let example = || {
            if step.is_planned {
                let toml = samples::arguments_in_toml(abi, function);
                return format!("in {SETTINGS_FILE}, section `[deploy.{}]`: `init = {toml}`", step.entry);
            }
            format!("--init '{}'", samples::arguments(abi, function))
        };
        let given = match &step.init {
            None if function.inputs.is_empty() => Value::Null,
            None => {
                return Err(Fault::usage(
                    format!("the constructor of `{name}` takes arguments"),
                    format!("pass them: {}", example()),
                ));
            }
            Some(value) => plan::resolved(value.clone(), &|entry| self.id_of(entry))?,
        };
        let known = KnownNames::new(&self.project.settings, &self.chain.deployments);
        let value = Checker::new(abi, &known)
            .assemble(&function.inputs, &Given::Document(given))
            .map_err(|misfit| Fault::usage(format!("constructor: {misfit}"), format!("for example {}", example())))?;
        Driver::load(&step.artifact.driver()?)?
            .encode_input("init", &value, &format!("cargo dusk inspect {name}"))
            .map(Some)
    }

    /// The id of what an entry, or a name, stands for on this chain.
    fn id_of(&self, entry: &str) -> Option<String> {
        let alias = self.aliases.get(entry).map_or(entry, String::as_str);
        let living = || self.chain.living(alias).ok().flatten().map(|found| found.contract.clone());
        self.planned.get(alias).cloned().or_else(living)
    }

    fn ready(
        &self,
        artifact: &Artifact,
        account: Signer,
        abi: ContractAbi,
        init: Option<Vec<u8>>,
        init_hash: String,
    ) -> Result<Ready> {
        let state = self.chain.client.account(account.public_key()).context("cannot read the account")?;
        let (bytecode, owner) = (artifact.wasm()?, *account.id().as_bytes());
        let unsent = self.unsent.get(&account.id().to_string()).copied().unwrap_or_default();
        let nonce = state.nonce + 1 + unsent;
        let (number, id) = claim::free_id(&self.chain.client, self.chain.id, &account, nonce, &bytecode)?;
        let contract = hex::encode(id.as_bytes());
        let order = Order {
            data: TransactionData::Deploy(ContractDeploy::new(bytecode, owner, init, number)),
            deposit: 0,
            gas_price: self.gas_price,
            gas_limit: self.terms.gas_limit,
            least_gas_limit: artifact.deploy_gas(),
            nonce,
            balance: state.balance,
        };
        Ok(Ready { account, abi, init_hash, contract, order, simulable: unsent == 0 && self.planned.is_empty() })
    }

    fn plan(&mut self, step: &Step<'_>, ready: &Ready) -> Result<Planned> {
        let sender = Sender { client: &self.chain.client, account: &ready.account, chain_id: self.chain.id };
        let gas = if ready.simulable {
            match sender.prepare(&ready.order)? {
                Simulated::Accepted(prepared) => Some(prepared.gas),
                Simulated::Refused(reason) => return Err(refused(&reason, &ready.abi, &step.alias)),
            }
        } else {
            None
        };
        self.planned.insert(step.alias.clone(), ready.contract.clone());
        *self.unsent.entry(ready.account.id().to_string()).or_default() += 1;
        Ok(Planned {
            contract: ready.contract.clone(),
            from: ready.account.name().to_owned(),
            nonce: ready.order.nonce,
            balance: ready.order.balance,
            gas,
            least_gas: ready.order.least_gas_limit,
            gas_price: self.gas_price,
        })
    }

    fn send(&mut self, step: &Step<'_>, ready: &Ready, begun: Instant) -> Result<Deployed> {
        let sender = Sender { client: &self.chain.client, account: &ready.account, chain_id: self.chain.id };
        let prepared = match sender.prepare(&ready.order)? {
            Simulated::Accepted(prepared) => prepared,
            Simulated::Refused(reason) => return Err(refused(&reason, &ready.abi, &step.alias)),
        };
        let TransactionData::Deploy(deploy) = &ready.order.data else { unreachable!("`ready` makes deployments") };
        let sent = Sent {
            contract: ready.contract.clone(),
            code: step.artifact.hash.clone(),
            init: ready.init_hash.clone(),
            owner: ready.account.id().to_string(),
            tx: prepared.id.clone(),
            number: deploy.nonce,
        };
        // Noted before it is sent: after any fault in between, the same command finds it again.
        self.chain.deployments.note_sent(&step.alias, sent.clone())?;
        let included = sender.send(&prepared, self.terms.until_final, self.report).inspect_err(|_| {
            self.report
                .note(&format_args!("the same command looks for transaction {} before it sends another", prepared.id));
        })?;
        let Ready { account, abi, .. } = ready;
        self.verify(step, Handed { sent, deploy, account, abi, begun }, &included)
    }

    /// The deployment that an earlier run of the same command has sent, and could not verify.
    fn sent_before(&mut self, step: &Step<'_>, owner: &str, init_hash: &str) -> Result<Option<Sent>> {
        let Some(sent) = self.chain.deployments.sent(&step.alias).cloned() else { return Ok(None) };
        if (sent.code.as_str(), sent.init.as_str(), sent.owner.as_str()) == (&step.artifact.hash, init_hash, owner) {
            if self.terms.dry_run {
                self.report.note(&format_args!("transaction {} of an earlier run is verified first", sent.tx));
                return Ok(None);
            }
            return Ok(Some(sent));
        }
        if !self.terms.dry_run {
            let Sent { contract, tx, .. } = &sent;
            self.report
                .note(&format_args!("an earlier deployment was never verified: contract {contract}, transaction {tx}"));
        }
        Ok(None)
    }

    /// Verifies a deployment of an earlier run. `None` where the node does not know its transaction.
    fn resume(
        &mut self,
        step: &Step<'_>,
        sent: Sent,
        account: &Signer,
        abi: &ContractAbi,
        init: Option<Vec<u8>>,
        begun: Instant,
    ) -> Result<Option<Deployed>> {
        if self.chain.client.seen(&sent.tx).map_err(connection::unreachable)?.is_none() {
            self.chain.deployments.forget_sent(&step.alias)?;
            return Ok(None);
        }
        let included = transact::included(&self.chain.client, &sent.tx, self.terms.until_final, self.report)?;
        let deploy = ContractDeploy::new(step.artifact.wasm()?, *account.id().as_bytes(), init, sent.number);
        self.verify(step, Handed { sent, deploy: &deploy, account, abi, begun }, &included).map(Some)
    }

    /// Compares what is in the block with what was sent, and remembers it.
    fn verify(&mut self, step: &Step<'_>, handed: Handed<'_>, included: &Included) -> Result<Deployed> {
        let Handed { sent, deploy, account, abi, begun } = handed;
        let fee = included.gas_spent.saturating_mul(self.gas_price);
        let claim = Claim { client: &self.chain.client, tx: &sent.tx, sender: account.public_key(), deploy };
        let (sender, owner) = match claim.check(included.err.is_some()) {
            Ok(Shown::Stands { sender, owner }) => (sender, owner),
            Ok(Shown::Failed) => {
                self.chain.deployments.forget_sent(&step.alias)?;
                let reason = included.err.as_deref().unwrap_or_default();
                return Err(Fault::failed(
                    format!("{}; the gas is spent ({})", Refusal::read(reason, Some(abi)), money(fee)),
                    "the state changed between simulation and block: check it, and try again",
                ));
            }
            Ok(Shown::Differs(fault)) => {
                self.chain.deployments.forget_sent(&step.alias)?;
                return Err(fault);
            }
            Ok(Shown::Gone) => {
                return Err(Fault::failed(
                    format!("transaction {} is no longer in a block", sent.tx),
                    "the chain reverted that block: wait for the next blocks, and run the same command again",
                ));
            }
            Err(error) => {
                return Err(Fault::failed(
                    format!(
                        "the deployment of `{}` is in block {}, but it is not verified: {error}",
                        step.alias, included.block_height
                    ),
                    "nothing is recorded; run the same command again: it sends nothing, verifies this deployment and records it",
                ));
            }
        };
        let deployment = Deployment {
            contract: sent.contract,
            code: sent.code,
            init: sent.init,
            owner,
            tx: sent.tx,
            height: included.block_height,
        };
        // Remembered before anything else is tried: a contract on the chain must not be forgotten.
        self.chain.deployments.remember(&step.alias, deployment.clone(), step.artifact)?;
        let has_driver = self.give_driver(&deployment, step.artifact, account);
        Ok(Deployed {
            deployment,
            sender,
            gas: included.gas_spent,
            fee,
            has_driver,
            replaced: None,
            elapsed: begun.elapsed(),
        })
    }

    /// Gives the network the data driver, so that wallets and explorers can read the contract. Networks may do without.
    fn give_driver(&self, deployment: &Deployment, artifact: &Artifact, account: &Signer) -> bool {
        let give = || -> Result<()> {
            let driver = artifact.driver()?;
            let signature = account.secret_key().sign(&Sha3_256::digest(&driver));
            let signature = dusk_bytes::Serializable::to_bytes(&signature);
            Ok(self.chain.client.upload_driver(&deployment.id()?, &driver, &signature)?)
        };
        give()
            .inspect_err(|error| self.report.note(&format_args!("the node does not store the data driver: {error:#}")))
            .is_ok()
    }
}

fn refused(reason: &str, abi: &ContractAbi, name: &str) -> anyhow::Error {
    Fault::failed(
        Refusal::read(reason, Some(abi)).to_string(),
        format!(
            "nothing was sent, because the simulation of the deployment failed: check the constructor arguments of \
             `{name}`"
        ),
    )
}

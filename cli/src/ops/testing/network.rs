//! Tests on a running network: all of them share its chain, each with accounts of its own.
//!
//! ```text
//! test ── protocol of the test host ──► OnNetwork: simulate, sign, send, wait ── HTTP ──► node
//!                                            │ accounts
//!                                            ▼
//!                                       Treasury: funded by the payer, used by one test after the other
//! ```
//!
//! A network makes blocks by itself and goes back to no state. Requests that need more are answered with
//! [`Response::NotHere`], and the test is skipped.

use std::collections::BTreeMap;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use dusk_sdk_protocol::execution::{CallError, Event, HexId};
use dusk_sdk_protocol::host::{Call, HexBytes, Outcome, Request, Response};
use local_node::accounts::KeyPair;
use local_node::test_host::{Action, Chains, Entry, Proofs, ProofsError, Proved, TestChain, TestReport, Wanted, Wires};
use local_node_types::keys::BlsKey;
use local_node_types::rules::{BLOCK_GAS_LIMIT, MIN_DEPLOY_GAS_PRICE, MIN_GAS_LIMIT};

use super::treasury::{Funded, Treasury};
use crate::error::Fault;
use crate::ops::build::artifact::Artifact;
use crate::ops::chain::client::{BlockEvent, Client, ClientError, Included, Simulation};
use crate::ops::chain::names::Signer;
use crate::ops::chain::refusal::panic_text;
use crate::ops::chain::transact;
use crate::ops::hash;

/// The gas price of everything but deployments, in LUX.
const GAS_PRICE: u64 = 1;
/// Limits that are tried for a transaction that is to fail, in gas: it pays for all of its limit.
const LIMITS_OF_FAILURES: [u64; 3] = [10_000_000, 50_000_000, 250_000_000];
/// How often a limit that does not suffice is raised before the largest is taken.
const MAX_RAISES: u32 = 6;
/// The text of a node before the reason why a call failed.
const MACHINE: &str = "VM error: ";
const HINT_NODE: &str = "look at the node with `cargo dusk devnet status`, and test again";

/// A project's tests on a network.
#[derive(Debug)]
pub(crate) struct NetworkChains {
    client: Client,
    chain_id: u8,
    artifacts: BTreeMap<String, Artifact>,
    proofs: Arc<dyn Proofs>,
    treasury: Treasury,
}

impl NetworkChains {
    /// On this chain, with accounts that `payer` funds.
    pub(crate) fn new(
        client: Client,
        chain_id: u8,
        payer: Signer,
        artifacts: &[Artifact],
        proofs: Arc<dyn Proofs>,
    ) -> Self {
        let artifacts = artifacts.iter().map(|artifact| (artifact.name.clone(), artifact.clone())).collect();
        let treasury = Treasury::new(client.clone(), chain_id, payer);
        Self { client, chain_id, artifacts, proofs, treasury }
    }
}

impl Chains for NetworkChains {
    fn open(&self, test: String) -> Box<dyn TestChain + '_> {
        Box::new(OnNetwork {
            network: self,
            accounts: BTreeMap::new(),
            packages: BTreeMap::new(),
            report: TestReport::new(test),
        })
    }
}

/// An answer, or why there is none.
type Answer = Result<Response, Problem>;

/// Why something cannot be done.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        let hint = Some(error.ending().1.to_owned());
        Self { message: error.to_string(), hint }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        let hint = error.downcast_ref::<Fault>().map(|fault| fault.hint().to_owned());
        Self { message: format!("{error:#}"), hint }
    }
}

/// One test's part of the chain.
struct OnNetwork<'a> {
    network: &'a NetworkChains,
    /// By their names in the test.
    accounts: BTreeMap<String, Funded>,
    packages: BTreeMap<ContractId, String>,
    report: TestReport,
}

/// The payload of a transaction.
struct Order {
    action: Action,
    from: String,
    contract: ContractId,
    function: String,
    receiver: Option<BlsKey>,
    value: u64,
    deposit: u64,
    gas_limit: Option<u64>,
    least_gas_limit: u64,
    gas_price: u64,
    data: Option<TransactionData>,
}

impl TestChain for OnNetwork<'_> {
    fn opened(&self) -> Response {
        match self.network.client.tip() {
            Ok((height, _)) => Response::Opened { chain_id: self.network.chain_id, height },
            Err(error) => Response::Failed { message: error.to_string(), hint: Some(HINT_NODE.into()) },
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        let answer = match request {
            Request::Open { .. } => Err(problem("the chain is open already", None)),
            Request::Account { name } => self.account(name),
            Request::Deploy { package, from, owner, init } => self.deploy(package, from, &owner, init),
            Request::Call(Call { from, contract, function, argument, deposit, gas_limit }) => {
                let call = ContractCall::new(contract, function.clone()).with_raw_args(argument);
                self.send(Order {
                    action: Action::Call,
                    from,
                    contract,
                    function,
                    receiver: None,
                    value: 0,
                    deposit,
                    gas_limit,
                    least_gas_limit: MIN_GAS_LIMIT,
                    gas_price: GAS_PRICE,
                    data: Some(call.into()),
                })
            }
            Request::Transfer { from, to, value } => self.transfer(from, &to, value),
            Request::Query { contract, function, argument } => self.query(contract, function, &argument),
            Request::Balance { account } => self.balance(&account),
            Request::ContractBalance { contract } => self.contract_balance(&contract),
            Request::Prove { circuit, digest, layout, wires } => {
                let (layout, wires) = (layout.as_ref().map(|it| &*it.0), Wires::from(wires));
                self.prove(&Wanted { circuit: &circuit, digest, layout, wires: &wires })
            }
            Request::Reused { mock } => {
                self.report.count_proof(mock);
                Ok(Response::Done)
            }
            Request::Height => self.height(),
            Request::Block { .. } => {
                return not_here(
                    "it puts several calls into one block (`in_one_block`), and a network decides each call's block",
                );
            }
            Request::Mine { .. } => return not_here("it moves time (`mine`), and a network makes blocks by itself"),
            Request::Snapshot | Request::Revert { .. } => {
                return not_here("it goes back to a saved state (`snapshot`), and a network does not go back");
            }
            Request::Observe { .. } | Request::Observed | Request::Compared { .. } => {
                return not_here("it compares several chains of its own (`observer`)");
            }
            Request::Feed { .. } => {
                return not_here("it reads a feeder, and a node's answer does not show where an item ends");
            }
        };
        answer.unwrap_or_else(|Problem { message, hint }| Response::Failed { message, hint })
    }

    fn close(mut self: Box<Self>) -> TestReport {
        let accounts = std::mem::take(&mut self.accounts);
        self.report.accounts = accounts.iter().map(|(name, account)| (name.clone(), account.address())).collect();
        self.network.treasury.take_back(accounts.into_values());
        self.report
    }
}

fn not_here(what: &str) -> Response {
    Response::NotHere { message: what.to_owned() }
}

fn problem(message: impl Into<String>, hint: Option<&str>) -> Problem {
    Problem { message: message.into(), hint: hint.map(str::to_owned) }
}

impl OnNetwork<'_> {
    fn account(&mut self, name: String) -> Answer {
        let account = self.named(&name)?.address();
        Ok(Response::Account { name, account })
    }

    /// The account of this name. A network has other tests and people on it: no name stands for an account of theirs.
    fn named(&mut self, name: &str) -> Result<&mut Funded, Problem> {
        if !self.accounts.contains_key(name) {
            let funded = self.network.treasury.give()?;
            self.accounts.insert(name.to_owned(), funded);
        }
        self.accounts.get_mut(name).ok_or_else(|| unreachable!("the name was just given an account"))
    }

    fn deploy(&mut self, package: String, from: String, owner: &str, init: Vec<u8>) -> Answer {
        let artifacts = &self.network.artifacts;
        let artifact = artifacts.get(&package).ok_or_else(|| {
            let message = format!("the project has no contract `{package}`; it has {:?}", artifacts.keys());
            problem(message, Some("name the package of the contract as in its Cargo.toml"))
        })?;
        let bytecode = artifact.wasm()?;
        let owner = self.named(owner)?.keys.id().0.to_vec();
        // The number only tells deployments apart.
        let mut number = [0; 8];
        getrandom::fill(&mut number)
            .map_err(|error| problem(format!("the system has no randomness: {error}"), None))?;
        let deploy = ContractDeploy::new(bytecode, owner, Some(init), u64::from_le_bytes(number));
        let contract = deploy.contract_id();
        self.packages.insert(contract, package);
        self.send(Order {
            action: Action::Deploy,
            from,
            contract,
            function: "init".into(),
            receiver: None,
            value: 0,
            deposit: 0,
            gas_limit: None,
            least_gas_limit: artifact.deploy_gas(),
            gas_price: MIN_DEPLOY_GAS_PRICE,
            data: Some(deploy.into()),
        })
    }

    fn transfer(&mut self, from: String, to: &str, value: u64) -> Answer {
        self.send(Order {
            action: Action::Transfer,
            from,
            contract: TRANSFER_CONTRACT,
            function: String::new(),
            receiver: Some(account_key(to)?),
            value,
            deposit: 0,
            gas_limit: None,
            least_gas_limit: MIN_GAS_LIMIT,
            gas_price: GAS_PRICE,
            data: None,
        })
    }

    /// Signs a transaction with a gas limit that suffices, sends it, and waits for its block.
    fn send(&mut self, order: Order) -> Answer {
        let network = self.network;
        let Funded { keys, nonce } = self.named(&order.from)?;
        let balance = network.client.account(keys.public())?.balance;
        let most =
            (balance.saturating_sub(order.deposit.saturating_add(order.value)) / order.gas_price).min(BLOCK_GAS_LIMIT);
        let signed = |gas_limit: u64| sign(keys, &order, gas_limit, *nonce + 1, network.chain_id);
        let gas_limit = match order.gas_limit {
            Some(limit) => limit.min(BLOCK_GAS_LIMIT),
            None => fitting(order.least_gas_limit, most, |limit| simulate(&network.client, &signed(limit)?))?,
        };
        let transaction = signed(gas_limit)?;
        let id = hex::encode(transaction.hash().to_bytes());
        network.client.propagate(&transaction).map_err(refused)?;
        let included = transact::in_block(&network.client, &id)?;
        *nonce += 1;
        self.outcome(order, transaction.hash().to_bytes(), &id, &included)
    }

    fn outcome(&mut self, order: Order, tx: [u8; 32], id: &str, included: &Included) -> Answer {
        let client = &self.network.client;
        let result = match &included.err {
            Some(reason) => Err(call_error(reason)),
            None if order.action != Action::Call => Ok(Vec::new()),
            None => match client.output(id)? {
                Some(output) => Ok(output),
                None => return Ok(not_here("it needs the result of a call, which this node does not keep")),
            },
        };
        let events = client.events(included.block_height)?;
        let events: Vec<Event> = events.into_iter().filter(|event| event.origin == id).filter_map(event).collect();
        self.report.push(Entry {
            action: order.action,
            package: self.packages.get(&order.contract).cloned(),
            contract: order.contract,
            function: order.function,
            from: order.from,
            height: included.block_height,
            gas_spent: included.gas_spent,
            result: result.clone(),
            events: events.clone(),
            traces: Vec::new(),
        });
        Ok(Response::Outcome(Outcome {
            tx,
            height: included.block_height,
            contract: order.contract,
            result: result.map(HexBytes),
            gas_spent: included.gas_spent,
            fee: included.gas_spent.saturating_mul(order.gas_price),
            events,
            logs: Vec::new(),
        }))
    }

    fn query(&mut self, contract: ContractId, function: String, argument: &[u8]) -> Answer {
        let result = match self.network.client.query(&contract, &function, argument) {
            Ok(bytes) => Ok(bytes),
            Err(ClientError::Refused { message, .. }) if message.starts_with(MACHINE) => Err(call_error(&message)),
            Err(error) => return Err(error.into()),
        };
        self.report.push(Entry {
            action: Action::Query,
            package: self.packages.get(&contract).cloned(),
            contract,
            function,
            from: String::new(),
            height: 0,
            gas_spent: 0,
            result: result.clone(),
            events: Vec::new(),
            traces: Vec::new(),
        });
        let result = result.map(HexBytes);
        Ok(Response::Queried { result, gas_spent: 0, events: Vec::new(), logs: Vec::new() })
    }

    fn balance(&self, account: &str) -> Answer {
        let key = account_key(account)?;
        let key = key.to_point().map_err(|error| not_an_account(account, &error))?;
        let account = self.network.client.account(&key)?;
        Ok(Response::Balance { balance: account.balance, nonce: account.nonce })
    }

    fn contract_balance(&self, contract: &ContractId) -> Answer {
        let answer = self.network.client.query(&TRANSFER_CONTRACT, "contract_balance", contract.as_bytes())?;
        let balance = <[u8; 8]>::try_from(answer.as_slice()).map_err(|_| {
            problem(format!("the node gave {} bytes as the balance of {}", answer.len(), HexId(contract)), None)
        })?;
        Ok(Response::Balance { balance: u64::from_le_bytes(balance), nonce: 0 })
    }

    fn height(&self) -> Answer {
        let (height, _) = self.network.client.tip()?;
        Ok(Response::Height { height })
    }

    fn prove(&mut self, wanted: &Wanted<'_>) -> Answer {
        match self.network.proofs.prove(wanted) {
            Ok(Proved { proof: Some(proof), .. }) => {
                self.report.count_proof(false);
                Ok(Response::Proof { proof: HexBytes(proof), mock: false })
            }
            Ok(Proved { proof: None, .. }) => Ok(not_here("it needs a proof, and nodes accept no mock proofs")),
            Err(ProofsError::LayoutWanted) => Ok(Response::LayoutWanted),
            Err(ProofsError::Failed { message, hint }) => Err(Problem { message, hint }),
            Err(other) => Err(problem(other.to_string(), None)),
        }
    }
}

fn sign(keys: &KeyPair, order: &Order, gas_limit: u64, nonce: u64, chain_id: u8) -> Result<Transaction, Problem> {
    let receiver = match &order.receiver {
        Some(key) => Some(key.to_point().map_err(|error| not_an_account(&key.to_string(), &error))?),
        None => None,
    };
    let (secret, data) = (keys.secret(), order.data.clone());
    Transaction::moonlight(
        secret,
        receiver,
        order.value,
        order.deposit,
        gas_limit,
        order.gas_price,
        nonce,
        chain_id,
        data,
    )
    .map_err(|error| problem(format!("the transaction cannot be created: {error:?}"), Some("shorten its data")))
}

fn simulate(client: &Client, transaction: &Transaction) -> Result<Simulation, Problem> {
    client.simulate(transaction).map_err(refused)
}

/// Why a node does not take a transaction.
fn refused(error: ClientError) -> Problem {
    match error {
        ClientError::Refused { status: 400..=428, message } => problem(
            format!("the transaction cannot be in a block: {message}"),
            Some("nothing was sent; look at the account's balance, the deposit and the gas limit"),
        ),
        other => other.into(),
    }
}

/// A gas limit with which a transaction ends as it does with the most gas, and not much above what that takes.
pub(super) fn fitting(
    least: u64,
    most: u64,
    simulate: impl Fn(u64) -> Result<Simulation, Problem>,
) -> Result<u64, Problem> {
    let most = most.max(least);
    let whole = simulate(most)?;
    if let Some(reason) = &whole.error {
        for limit in LIMITS_OF_FAILURES.into_iter().filter(|limit| (least..most).contains(limit)) {
            if simulate(limit)?.error.as_ref() == Some(reason) && call_error(reason) != CallError::OutOfGas {
                return Ok(limit);
            }
        }
        return Ok(most);
    }
    let mut limit = (whole.gas_spent + whole.gas_spent / 10).clamp(least, most);
    for _ in 0..MAX_RAISES {
        // Callees get a share of what is left, so a limit near the gas spent may be too tight: it is tried out.
        if simulate(limit)?.error.is_none() {
            return Ok(limit);
        }
        limit = (limit + limit / 4).min(most);
    }
    Ok(most)
}

fn event(event: BlockEvent) -> Option<Event> {
    let BlockEvent { source, topic, data, reverted, .. } = event;
    let source = ContractId::from_bytes(hash::from_hex(&source)?);
    Some(Event { source, topic, data, reverted })
}

/// The failure of a call from the node's words for it: `Panic("…")`, `OutOfGas`, ….
fn call_error(text: &str) -> CallError {
    let text = text.strip_prefix(MACHINE).unwrap_or(text);
    match panic_text(text) {
        Some(text) => CallError::Panic(text),
        None if text.contains("OutOfGas") || text.ends_with("out of gas") => CallError::OutOfGas,
        None if text.contains("DoesNotExist") || text.ends_with("no such contract") => CallError::DoesNotExist,
        None => CallError::Unknown,
    }
}

fn account_key(text: &str) -> Result<BlsKey, Problem> {
    text.parse().map_err(|error| not_an_account(text, &error))
}

fn not_an_account(text: &str, reason: &dyn std::fmt::Display) -> Problem {
    let begin: String = text.chars().take(24).collect();
    problem(format!("`{begin}` is not an account: {reason}"), Some("an account is the base58 text of 96 bytes"))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_words_of_a_node_become_the_failure_of_a_call() {
        for (text, error) in [
            (r#"Panic("E1: Insufficient {\"held\":3}")"#, CallError::Panic("E1: Insufficient {\"held\":3}".into())),
            ("VM error: panic: out of gas", CallError::Panic("out of gas".into())),
            ("OutOfGas", CallError::OutOfGas),
            ("VM error: out of gas", CallError::OutOfGas),
            ("DoesNotExist", CallError::DoesNotExist),
            ("Unknown", CallError::Unknown),
        ] {
            assert_eq!(call_error(text), error, "{text}");
        }
    }

    #[test]
    fn a_limit_fits_what_the_transaction_does() {
        let fit = |ends: &dyn Fn(u64) -> Simulation| {
            let tried = RefCell::new(Vec::new());
            let simulate = |limit| {
                tried.borrow_mut().push(limit);
                Ok(ends(limit))
            };
            let limit = fitting(75_000, BLOCK_GAS_LIMIT, simulate).unwrap();
            (limit, tried.into_inner().len())
        };
        let gives = |gas_spent, error: Option<&str>| Simulation { gas_spent, error: error.map(str::to_owned) };
        // It succeeds with a tenth more than it spends, or needs more than that.
        assert_eq!(fit(&|_| gives(1_000_000, None)), (1_100_000, 2));
        let tight = |limit| gives(1_000_000, (limit < 1_300_000).then_some("OutOfGas"));
        assert_eq!(fit(&tight), (1_375_000, 3));
        // It is refused as soon as the gas suffices for the refusal.
        let refuses = |limit| gives(limit, Some(if limit < 20_000_000 { "OutOfGas" } else { "Panic(\"E1: No\")" }));
        assert_eq!(fit(&refuses), (50_000_000, 3));
        // No gas suffices.
        assert_eq!(fit(&|limit| gives(limit, Some("OutOfGas"))).0, BLOCK_GAS_LIMIT);
    }
}

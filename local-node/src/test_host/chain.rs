//! One test's chain.

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;
use std::time::Instant;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_core::transfer::data::{ContractDeploy, TransactionData};
use dusk_core::transfer::moonlight::Payload;
use dusk_sdk_protocol::execution::{CallError, Event, Frame};
use dusk_sdk_protocol::host::{HexBytes, MAX_MINED_BLOCKS, Request, Response};
use dusk_sdk_protocol::observation::MAX_FINDINGS;
use local_node_types::keys::BlsKey;
use local_node_types::rules::{BLOCK_GAS_LIMIT, FEEDER_GAS_LIMIT, MIN_DEPLOY_GAS_PRICE};
use local_node_vm::{BLOCK_BYTES, Executed, Receipt, Session, StateChanges, StateRoot, Vm, VmError};

use super::block::{called, not_in_block, payload};
use super::observing::Observer;
use super::proofs::{ProofsError, Proved, Wanted, Wires};
use super::repeated::{Key, Seen};
use super::report::{self, Action, Entry, TestReport};
use super::{OwnChains, TestChain, connection::failed};
use crate::accounts::{DevAccount, NAMES};
use crate::executor::{BlockParams, RunError};
use crate::reader::{read_account, read_contract_balance};

/// The most states that a test may remember.
const MAX_SNAPSHOTS: usize = 4096;
/// The most blocks that are kept because tests repeat them. Each holds some pages of its state.
pub(super) const MAX_KEPT_BLOCKS: usize = 256;
/// The most blocks that are kept because the runs of observer tests repeat them.
pub(super) const MAX_OBSERVED_BLOCKS: usize = 128;
/// The most bytes that such a block may change.
const MAX_CHANGED_BYTES: usize = 1024 * 1024;
/// The most answers of queries that are kept because tests repeat them.
pub(super) const MAX_KEPT_ANSWERS: usize = 4096;
/// The most bytes of an answer that is kept.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
/// The gas price of everything but deployments, in LUX.
pub(super) const GAS_PRICE: u64 = 1;

/// A committed state that is forgotten when nobody holds it any more.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) vm: Vm,
    pub(super) root: StateRoot,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.vm.discard(&self.root);
    }
}

/// A snapshot that a test can return to.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The state after the last block; `None`: genesis, which the host keeps.
    pub(super) held: Option<Arc<Held>>,
    pub(super) height: u64,
    pub(super) nonces: [u64; NAMES.len()],
    deployments: u64,
}

/// A block of one transaction.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The state after it.
    held: Arc<Held>,
    transaction: [u8; 32],
    executed: Executed,
    /// What it changed, where somebody observes.
    changes: Option<StateChanges>,
}

impl Block {
    /// The bytes of the state that it changed, as far as they are known.
    fn changed_bytes(&self) -> usize {
        let pages = self.changes.iter().flat_map(|it| &it.contracts).flat_map(|contract| &contract.pages);
        pages.map(|page| page.blocks.len() * BLOCK_BYTES).sum()
    }
}

/// A chain, from genesis to where its test has brought it.
pub(super) struct Chain<'a> {
    pub(super) shared: &'a OwnChains,
    pub(super) now: State,
    snapshots: Vec<State>,
    names: BTreeMap<String, usize>,
    pub(super) packages: BTreeMap<ContractId, String>,
    pub(super) observer: Observer,
    pub(super) report: TestReport,
}

/// An answer, or why there is none: message and hint.
pub(super) type Answer = Result<Response, Problem>;

pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self { message, hint: None }
    }
}

/// The payload of a transaction.
pub(super) struct TransactionRequest {
    pub(super) action: Action,
    pub(super) from: String,
    pub(super) contract: ContractId,
    pub(super) function: String,
    pub(super) receiver: Option<PublicKey>,
    pub(super) value: u64,
    pub(super) deposit: u64,
    pub(super) gas_limit: u64,
    pub(super) gas_price: u64,
    pub(super) data: Option<TransactionData>,
}

/// The result of a query.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    result: Result<Vec<u8>, CallError>,
    gas_spent: u64,
    events: Vec<Event>,
    trace: Option<Frame>,
}

impl Asked {
    fn bytes(&self) -> usize {
        let events = self.events.iter().map(report::event_bytes).sum::<usize>();
        self.result.as_ref().map_or(0, Vec::len) + events + self.trace.as_ref().map_or(0, report::frame_bytes)
    }
}

impl TestChain for Chain<'_> {
    fn opened(&self) -> Response {
        Response::Opened { chain_id: self.shared.executor.chain_id(), height: self.now.height }
    }

    fn close(mut self: Box<Self>) -> TestReport {
        let address = |index: usize| self.shared.accounts[index].id().to_string();
        self.report.accounts = self.names.into_iter().map(|(name, index)| (name, address(index))).collect();
        self.report
    }

    fn answer(&mut self, request: Request) -> Response {
        let answer = match request {
            Request::Open { .. } => Err("the chain is open already".to_owned().into()),
            Request::Account { name } => self.account(name),
            Request::Deploy { package, from, owner, init } => self.deploy(&package, from, &owner, init),
            Request::Call(call) => self.send(called(call, BLOCK_GAS_LIMIT)),
            Request::Block { calls } => self.send_together(calls),
            Request::Transfer { from, to, value } => self.transfer(from, &to, value),
            Request::Query { contract, function, argument } => self.query(contract, function, &argument),
            Request::Feed { contract, function, argument } => self.feed(contract, function, &argument),
            Request::Balance { account } => self.balance(&account),
            Request::ContractBalance { contract } => self.contract_balance(&contract),
            Request::Prove { circuit, digest, layout, wires } => {
                let (layout, wires) = (layout.as_ref().map(|it| &*it.0), Wires::from(wires));
                self.prove(&Wanted { circuit: &circuit, digest, layout, wires: &wires })
            }
            Request::Height => Ok(Response::Height { height: self.now.height }),
            Request::Mine { blocks } => self.mine(blocks),
            Request::Snapshot => self.snapshot(),
            Request::Revert { snapshot } => self.revert(snapshot),
            Request::Observe { again } => {
                self.observer.begin();
                self.report.is_again = again;
                Ok(Response::Done)
            }
            Request::Observed => self.observer.take().ok_or_else(|| Problem {
                message: "no transaction was observed since the last question".to_owned(),
                hint: Some("send a transaction first"),
            }),
            Request::Reused { mock } => {
                self.report.count_proof(mock);
                Ok(Response::Done)
            }
            Request::Compared { mut compared } => {
                compared.findings.truncate(MAX_FINDINGS);
                self.report.compared = Some(compared);
                Ok(Response::Done)
            }
        };
        answer.unwrap_or_else(|Problem { message, hint }| failed(message, hint))
    }
}

impl<'a> Chain<'a> {
    pub(super) fn new(shared: &'a OwnChains, test: String) -> Self {
        let now = State { held: None, height: 0, nonces: [0; NAMES.len()], deployments: 0 };
        Self {
            shared,
            now,
            snapshots: Vec::new(),
            names: BTreeMap::new(),
            packages: BTreeMap::new(),
            observer: Observer::default(),
            report: TestReport::new(test),
        }
    }

    pub(super) fn root(&self) -> StateRoot {
        self.now.held.as_ref().map_or(self.shared.genesis, |held| held.root)
    }

    fn prove(&mut self, wanted: &Wanted<'_>) -> Answer {
        let proofs = self.shared.proofs.as_ref().ok_or_else(|| Problem {
            message: "this host makes no proofs".to_owned(),
            hint: Some("run the tests with `cargo dusk test`"),
        })?;
        match proofs.prove(wanted) {
            Ok(Proved { proof: Some(proof), .. }) => {
                self.report.count_proof(false);
                Ok(Response::Proof { proof: HexBytes(proof), mock: false })
            }
            Ok(Proved { verifier_key, public, proof: None }) => {
                self.report.count_proof(true);
                let proof = self.shared.mocks.issue(&verifier_key, &public);
                Ok(Response::Proof { proof: HexBytes(proof), mock: true })
            }
            Err(ProofsError::LayoutWanted) => Ok(Response::LayoutWanted),
            Err(ProofsError::Failed { message, hint }) => Ok(Response::Failed { message, hint }),
        }
    }

    fn account(&mut self, name: String) -> Answer {
        let account = self.named(&name)?.id().to_string();
        Ok(Response::Account { name, account })
    }

    /// The account behind a name. A name that is no development account's own takes the last one that is free, so that
    /// the well-known names stay free for as long as possible.
    fn named(&mut self, name: &str) -> Result<&'a DevAccount, Problem> {
        let index = self.index_of(name)?;
        Ok(&self.shared.accounts[index])
    }

    pub(super) fn index_of(&mut self, name: &str) -> Result<usize, Problem> {
        if let Some(index) = self.names.get(name) {
            return Ok(*index);
        }
        let free = |index: usize| !self.names.values().any(|taken| *taken == index);
        let index = match NAMES.iter().position(|own| *own == name) {
            Some(own) if free(own) => own,
            Some(own) => {
                let holder = self.names.iter().find(|(_, taken)| **taken == own).map_or("", |(name, _)| name);
                return Err(Problem {
                    message: format!("the account of {name} is already used for the name `{holder}`"),
                    hint: Some("ask for the development accounts by their names first, then for others"),
                });
            }
            None => (0..NAMES.len()).rev().find(|index| free(*index)).ok_or_else(|| Problem {
                message: format!("no account is left for `{name}`: a chain has {} accounts", NAMES.len()),
                hint: Some("use fewer names in one test"),
            })?,
        };
        self.names.insert(name.to_owned(), index);
        Ok(index)
    }

    fn deploy(&mut self, package: &str, from: String, owner: &str, init: Vec<u8>) -> Answer {
        let contract = self.shared.contracts.get(package).ok_or_else(|| Problem {
            message: format!(
                "the project has no contract `{package}`; it has {:?}",
                self.shared.contracts.keys().collect::<Vec<_>>()
            ),
            hint: Some("name the package of the contract as in its Cargo.toml"),
        })?;
        let bytecode = contract.bytecode().map_err(|problem| Problem {
            message: format!("the module of `{package}` cannot be read: {problem}"),
            hint: Some("build the contracts with `cargo dusk build`"),
        })?;
        let rules = self.shared.executor.rules(self.now.height + 1);
        if let Some(problem) = contract.refusal(bytecode, rules) {
            return Err(Problem {
                message: format!("the module of `{package}` cannot be deployed: {problem}"),
                hint: Some("build it with `cargo dusk build`, which makes modules that the chain accepts"),
            });
        }
        let owner = self.named(owner)?.id().0.to_vec();
        let deploy = ContractDeploy::new(bytecode, owner, Some(init), self.now.deployments);
        let contract = deploy.contract_id();
        let request = TransactionRequest {
            action: Action::Deploy,
            from,
            contract,
            function: "init".into(),
            receiver: None,
            value: 0,
            deposit: 0,
            gas_limit: BLOCK_GAS_LIMIT,
            gas_price: MIN_DEPLOY_GAS_PRICE,
            data: Some(deploy.into()),
        };
        self.packages.insert(contract, package.to_owned());
        let response = self.send(request)?;
        self.now.deployments += 1;
        Ok(response)
    }

    fn transfer(&mut self, from: String, to: &str, value: u64) -> Answer {
        let receiver = Some(self.account_key(to)?);
        self.send(TransactionRequest {
            action: Action::Transfer,
            from,
            contract: TRANSFER_CONTRACT,
            function: String::new(),
            receiver,
            value,
            deposit: 0,
            gas_limit: BLOCK_GAS_LIMIT,
            gas_price: GAS_PRICE,
            data: None,
        })
    }

    /// Signs a transaction and makes a block of it.
    fn send(&mut self, mut request: TransactionRequest) -> Answer {
        let index = self.index_of(&request.from)?;
        let account = &self.shared.accounts[index];
        let (sender, executor) = (*account.public_key(), &self.shared.executor);
        let seen = self.observer.look_at(&request, self.now.height + 1);
        let payload = payload(&mut request, sender, executor.chain_id(), self.now.nonces[index] + 1);
        let height = self.now.height + 1;
        let bytes = payload.to_var_bytes();
        let key = Key::new(&self.root(), height, &[&bytes]);
        let block = self.block(key, || self.execute(account, payload, &bytes, &request.function))?;
        self.now.held = Some(Arc::clone(&block.held));
        self.now.height = height;
        self.now.nonces[index] += 1;

        let Block { transaction, executed, changes, .. } = Arc::unwrap_or_clone(block);
        self.observer.keep(seen, slice::from_ref(&executed), changes);
        Ok(Response::Outcome(self.outcome(request, transaction, height, executed)))
    }

    /// A block that was made before, or that is made now.
    fn block(&self, key: Key, execute: impl FnOnce() -> Result<Arc<Block>, Problem>) -> Result<Arc<Block>, Problem> {
        // Other tests do not know what their blocks changed.
        if self.observer.is_on() {
            if let Some(block) = self.shared.observed.get(&key) {
                return Ok(block);
            }
            let block = execute()?;
            if block.changed_bytes() <= MAX_CHANGED_BYTES {
                self.shared.observed.keep(key, Arc::clone(&block));
            }
            return Ok(block);
        }
        match self.shared.blocks.look(&key) {
            Seen::Known(block) => Ok(block),
            Seen::First => execute(),
            Seen::Again => {
                let block = execute()?;
                self.shared.blocks.keep(key, Arc::clone(&block));
                Ok(block)
            }
        }
    }

    /// Signs a transaction and makes a block of it. Says what changed, if somebody observes.
    fn execute(
        &self,
        account: &DevAccount,
        payload: Payload,
        bytes: &[u8],
        function: &str,
    ) -> Result<Arc<Block>, Problem> {
        let (executor, height) = (&self.shared.executor, self.now.height + 1);
        let rules = executor.rules(height);
        let transaction = self.shared.signer.sign(account, payload, bytes, executor.vm(), rules)?;

        let params = BlockParams { height, payees: None, slashed: Vec::new(), gas_limit: BLOCK_GAS_LIMIT };
        let mut block = executor.open(self.root(), params).map_err(|error| error.to_string())?.keeping_traces();
        block.set_deadline(self.deadline());
        block.run(&transaction).map_err(|error| match error {
            RunError::TooLong => self.too_long(function),
            error => not_in_block("the transaction", &error),
        })?;
        let committed = block.commit(self.observer.is_on()).map_err(|error| error.to_string())?;
        let held = Arc::new(Held { vm: executor.vm().clone(), root: committed.root });
        let Some(receipt) = committed.receipts.into_iter().next() else {
            unreachable!("the block holds the transaction that was just run in it")
        };
        let mut changes = committed.changes;
        // Nobody asks for the modules.
        changes.iter_mut().flat_map(|it| &mut it.contracts).for_each(|contract| contract.deployed = None);
        Ok(Arc::new(Block { held, transaction: transaction.id(), executed: receipt.executed, changes }))
    }

    fn query(&mut self, contract: ContractId, function: String, argument: &[u8]) -> Answer {
        let key = Key::new(&self.root(), self.now.height, &[&contract.to_bytes(), function.as_bytes(), argument]);
        let ask =
            |chain: &Self| chain.ask(&function, |session| session.call(contract, &function, argument, BLOCK_GAS_LIMIT));
        let asked = match self.shared.answers.look(&key) {
            Seen::Known(asked) => asked,
            Seen::First => Arc::new(ask(self)?),
            Seen::Again => {
                let asked = Arc::new(ask(self)?);
                if asked.bytes() <= MAX_ANSWER_BYTES {
                    self.shared.answers.keep(key, Arc::clone(&asked));
                }
                asked
            }
        };
        let Asked { result, gas_spent, events, trace } = Arc::unwrap_or_clone(asked);
        let logs = trace.as_ref().map(Frame::logged).unwrap_or_default();
        self.note_query(contract, function, Asked { result: result.clone(), gas_spent, events: events.clone(), trace });
        Ok(Response::Queried { result: result.map(HexBytes), gas_spent, events, logs })
    }

    fn feed(&mut self, contract: ContractId, function: String, argument: &[u8]) -> Answer {
        let mut items = Vec::new();
        let asked = self.ask(&function, |session| {
            session.feed(contract, &function, argument, FEEDER_GAS_LIMIT, &mut |item| {
                items.push(HexBytes(item.to_vec()));
            })
        })?;
        let logs = asked.trace.as_ref().map(Frame::logged).unwrap_or_default();
        let (items, gas_spent) = (asked.result.clone().map(|_| items), asked.gas_spent);
        self.note_query(contract, function, asked);
        Ok(Response::Fed { items, gas_spent, logs })
    }

    /// Asks a contract in a view of the state, which is forgotten.
    fn ask(
        &self,
        function: &str,
        run: impl FnOnce(&mut Session) -> Result<Receipt, VmError>,
    ) -> Result<Asked, Problem> {
        let view = self.shared.executor.view(self.root(), self.now.height);
        let mut session = view.map_err(|error| error.to_string())?;
        session.set_deadline(self.deadline());
        match run(&mut session) {
            Ok(Receipt { data, gas_spent, events, trace, .. }) => {
                Ok(Asked { result: Ok(data), gas_spent, events, trace: Some(trace) })
            }
            Err(VmError::TimeLimit) => Err(self.too_long(function)),
            Err(error) => {
                let trace = session.take_failed_trace();
                let gas_spent = trace.as_ref().map_or(0, |frame| frame.gas_spent);
                Ok(Asked { result: Err(error.as_call_error()), gas_spent, events: Vec::new(), trace })
            }
        }
    }

    /// Reports a query.
    fn note_query(&mut self, contract: ContractId, function: String, asked: Asked) {
        self.report.push(Entry {
            action: Action::Query,
            package: self.packages.get(&contract).cloned(),
            contract,
            function,
            from: String::new(),
            height: self.now.height,
            gas_spent: asked.gas_spent,
            result: asked.result,
            events: asked.events,
            traces: asked.trace.into_iter().collect(),
        });
    }

    /// Until when the call that begins now may run.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.shared.call_time)
    }

    pub(super) fn too_long(&self, function: &str) -> Problem {
        let most = self.shared.call_time.as_millis();
        let what = if function.is_empty() { "the transaction".to_owned() } else { format!("the call of `{function}`") };
        Problem {
            message: format!("{what} takes longer than {most} milliseconds, the limit of a node"),
            hint: Some("look for an endless loop in the contract, or do less in each call"),
        }
    }

    fn balance(&self, account: &str) -> Answer {
        let key = self.account_key(account)?;
        let view = self.shared.executor.view(self.root(), self.now.height);
        let mut session = view.map_err(|error| error.to_string())?;
        let account = read_account(&mut session, &key).map_err(|error| error.to_string())?;
        Ok(Response::Balance { balance: account.balance, nonce: account.nonce })
    }

    fn contract_balance(&self, contract: &ContractId) -> Answer {
        let view = self.shared.executor.view(self.root(), self.now.height);
        let mut session = view.map_err(|error| error.to_string())?;
        let balance = read_contract_balance(&mut session, contract).map_err(|error| error.to_string())?;
        Ok(Response::Balance { balance, nonce: 0 })
    }

    fn account_key(&self, text: &str) -> Result<PublicKey, Problem> {
        let wrong = |error: &dyn std::fmt::Display| Problem {
            message: format!("`{}` is not an account: {error}", text.chars().take(24).collect::<String>()),
            hint: Some("an account is the base58 text of 96 bytes"),
        };
        let key: BlsKey = text.parse().map_err(|error| wrong(&error))?;
        let known = self.shared.accounts.iter().find(|account| account.id() == key);
        known.map_or_else(|| key.to_point().map_err(|error| wrong(&error)), |account| Ok(*account.public_key()))
    }

    fn mine(&mut self, blocks: u64) -> Answer {
        if blocks > MAX_MINED_BLOCKS {
            return Err(format!("{blocks} blocks are too many: at most {MAX_MINED_BLOCKS} at once").into());
        }
        self.now.height = self.now.height.checked_add(blocks).ok_or_else(|| "the height overflows".to_owned())?;
        Ok(Response::Height { height: self.now.height })
    }

    fn snapshot(&mut self) -> Answer {
        if self.snapshots.len() >= MAX_SNAPSHOTS {
            return Err(format!("a test may remember {MAX_SNAPSHOTS} states").into());
        }
        self.snapshots.push(self.now.clone());
        Ok(Response::Snapshot { snapshot: self.snapshots.len() as u64 - 1 })
    }

    fn revert(&mut self, snapshot: u64) -> Answer {
        let index = usize::try_from(snapshot).ok().filter(|index| *index < self.snapshots.len());
        let index = index.ok_or_else(|| Problem {
            message: format!("there is no snapshot {snapshot}: {} are remembered", self.snapshots.len()),
            hint: Some("going back to a snapshot forgets the later ones"),
        })?;
        self.snapshots.truncate(index + 1);
        self.now = self.snapshots[index].clone();
        Ok(Response::Done)
    }
}

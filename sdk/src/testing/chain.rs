//! The chain of a test, its accounts, and its deployed contracts.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::convert::Infallible;
use core::fmt;

use dusk_sdk_protocol::execution::{CallError, Event, Logged};
use dusk_sdk_protocol::host::{Call, Outcome, Request, Response};
use dusk_sdk_protocol::observation::Observation;

use super::connection::{Connection, ConnectionError, OTHER_VERSION};
use super::failure::Failure;
use super::outcome::{Receipt, Sent, show_logs};
#[cfg(feature = "wallet")]
use super::wallets::Seeable;
use crate::account::Account;
use crate::amount::Dusk;
use crate::arguments::Arguments;
use crate::base58;
use crate::client::{Constructor, Feeds, Reads, Transport, Writes};
use crate::contract::Refusal;
use crate::contract_id::ContractId;
use crate::interface::{Described, Interface};
use crate::principal::Principal;
use crate::value::Value;

/// The chain of one test. It starts at genesis with funded accounts, and ends with the test.
///
/// All functions panic if the test host has ended, because a test cannot continue without it.
#[derive(Clone)]
pub struct Chain(Rc<Shared>);

struct Shared {
    connection: RefCell<Connection>,
    /// Accounts by their names in the test.
    names: RefCell<Vec<(String, String)>>,
    /// The deployed contracts, for decoding their events.
    contracts: RefCell<Vec<(ContractId, &'static Interface)>>,
    /// The public data of the transactions, in an observer test.
    observed: RefCell<Option<Observations>>,
    /// The data that wallets can scan.
    #[cfg(feature = "wallet")]
    seeable: Seeable,
}

/// The public data of the transactions of one run.
#[derive(Default)]
struct Observations {
    seen: Vec<Observation>,
    /// The bytes of changed state in them.
    bytes: usize,
}

/// The most bytes of changed state that are kept of one run.
const MAX_OBSERVED_BYTES: usize = 512 << 20;

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("chain_id", &self.chain_id()).finish_non_exhaustive()
    }
}

/// A contract that tests can deploy. [`#[contract]`](macro@crate::contract) implements it.
pub trait Deployable: Described {
    /// The typed client of the contract.
    type Client;

    /// Creates a client that calls through `via`.
    fn client(via: Deployed) -> Self::Client;
}

impl Chain {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Rc::new(Shared {
            connection: RefCell::new(connection),
            names: RefCell::default(),
            contracts: RefCell::default(),
            observed: RefCell::default(),
            #[cfg(feature = "wallet")]
            seeable: Seeable::default(),
        }))
    }

    /// Funded accounts by their names. The name of a development account (alice, bob, …) gives that account. Any other
    /// name gets an account that is still free, and keeps it throughout the test.
    ///
    /// # Panics
    /// If the test host has no free account left.
    #[track_caller]
    #[must_use]
    pub fn accounts<const N: usize>(&self, names: [&str; N]) -> [Signer; N] {
        names.map(|name| self.account(name))
    }

    /// A funded account by its name.
    ///
    /// # Panics
    /// If the test host has no free account left.
    #[track_caller]
    #[must_use]
    pub fn account(&self, name: &str) -> Signer {
        let text = match self.ask(&Request::Account { name: name.into() }) {
            Response::Account { account, .. } => account,
            other => unexpected(&other),
        };
        let bytes = base58::decode(&text, Account::BYTES).and_then(|bytes| bytes.try_into().ok());
        let Some(Ok(account)) = bytes.as_ref().map(Account::from_bytes) else {
            panic!("the test host gave a malformed account for `{name}`: {text}");
        };
        let mut names = self.0.names.borrow_mut();
        if !names.iter().any(|(_, known)| known == name) {
            names.push((text, name.into()));
        }
        Signer { name: name.into(), account, deposit: Dusk::ZERO, gas_limit: None }
    }

    /// Deploys a contract of this project: `chain.deploy(&alice, counter::init(5))?`.
    ///
    /// # Errors
    /// If the constructor reverts or fails.
    #[track_caller]
    pub fn deploy<C: Deployable, A: Arguments, E: Refusal>(
        &self,
        from: &Signer,
        constructor: Constructor<C, A, E>,
    ) -> Result<C::Client, Failure> {
        self.try_deploy(from, constructor).into_result()
    }

    /// Deploys a contract and returns the outcome for assertions:
    /// `chain.try_deploy(&alice, counter::init(0)).refused(Refused::NoLimit)`.
    #[track_caller]
    pub fn try_deploy<C: Deployable, A: Arguments, E: Refusal>(
        &self,
        from: &Signer,
        constructor: Constructor<C, A, E>,
    ) -> Sent<C::Client, E> {
        self.try_deploy_labelled(from, from, constructor)
    }

    /// Deploys a contract with another account as its [`owner`](crate::env::owner). A deployer may state any owner; use
    /// this to test that the contract gives the stated owner no rights.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "a constructor call is made to be given away")]
    pub fn try_deploy_labelled<C: Deployable, A: Arguments, E: Refusal>(
        &self,
        from: &Signer,
        owner: &Signer,
        constructor: Constructor<C, A, E>,
    ) -> Sent<C::Client, E> {
        let what = format!("the deployment of {} by {}", C::PACKAGE, from.name);
        let init = encode(constructor.arguments(), &what);
        let (package, owner) = (C::PACKAGE.into(), owner.name.clone());
        let request = Request::Deploy { package, from: from.name.clone(), owner, init };
        let mut outcome = self.outcome(&request);
        outcome.result = outcome.result.map_err(of_constructor);
        let id = outcome.contract.to_bytes().into();
        let via = Deployed { chain: self.clone(), id, interface: &C::INTERFACE };
        if outcome.result.is_ok() {
            self.0.contracts.borrow_mut().push((id, via.interface));
        }
        let receipt = Receipt::new(self.clone(), what, outcome);
        Sent::new(receipt, |_| Ok(C::client(via)))
    }

    /// Moves DUSK from one account to another.
    #[track_caller]
    pub fn transfer(&self, from: &Signer, to: &Signer, amount: Dusk) -> Sent<(), Infallible> {
        let what = format!("the transfer of {amount} from {} to {}", from.name, to.name);
        let to = to.account.to_string();
        let outcome = self.outcome(&Request::Transfer { from: from.name.clone(), to, value: amount.lux() });
        Sent::new(Receipt::new(self.clone(), what, outcome), |_| Ok(()))
    }

    /// The balance of an account or a contract: `chain.balance(&alice)`, `chain.balance(vault.id())`.
    #[track_caller]
    #[must_use]
    pub fn balance(&self, of: impl Into<Principal>) -> Dusk {
        let request = match of.into() {
            Principal::Account(account) => Request::Balance { account: account.to_string() },
            Principal::Contract(contract) => Request::ContractBalance { contract: contract.to_bytes().into() },
        };
        match self.ask(&request) {
            Response::Balance { balance, .. } => Dusk::from_lux(balance),
            other => unexpected(&other),
        }
    }

    /// The height of the chain: the number of blocks since genesis.
    #[track_caller]
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height_after(&Request::Height)
    }

    /// Makes this many empty blocks, and returns the new height.
    #[track_caller]
    pub fn mine(&self, blocks: u64) -> u64 {
        self.height_after(&Request::Mine { blocks })
    }

    /// Saves the state of the chain.
    #[track_caller]
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        match self.ask(&Request::Snapshot) {
            Response::Snapshot { snapshot } => Snapshot(snapshot),
            other => unexpected(&other),
        }
    }

    /// Restores a saved state. The snapshot stays valid; later snapshots become invalid.
    #[track_caller]
    pub fn revert(&self, to: &Snapshot) {
        match self.ask(&Request::Revert { snapshot: to.0 }) {
            Response::Done => {}
            other => unexpected(&other),
        }
        #[cfg(feature = "wallet")]
        self.0.seeable.revert(self.height());
    }

    /// The chain's id, as contracts see it.
    #[must_use]
    pub fn chain_id(&self) -> u8 {
        self.0.connection.borrow().chain_id
    }

    #[track_caller]
    fn height_after(&self, request: &Request) -> u64 {
        match self.ask(request) {
            Response::Height { height } => height,
            other => unexpected(&other),
        }
    }

    #[track_caller]
    fn outcome(&self, request: &Request) -> Outcome {
        let outcome = match self.ask(request) {
            Response::Outcome(outcome) => outcome,
            other => unexpected(&other),
        };
        self.made(&outcome);
        outcome
    }

    /// Notes a transaction of the last block, in the order in which they are in it.
    #[track_caller]
    pub(super) fn made(&self, _outcome: &Outcome) {
        #[cfg(feature = "wallet")]
        self.0.seeable.keep(_outcome);
        self.look();
    }

    /// Keeps what the chain shows of each transaction from now on. `again`: another chain of this test does so, too.
    #[track_caller]
    pub(super) fn observe(&self, again: bool) {
        match self.ask(&Request::Observe { again }) {
            Response::Done => *self.0.observed.borrow_mut() = Some(Observations::default()),
            other => unexpected(&other),
        }
    }

    /// The observations so far.
    pub(super) fn observed(&self) -> Vec<Observation> {
        self.0.observed.take().map(|observations| observations.seen).unwrap_or_default()
    }

    /// The deployed contracts.
    pub(super) fn deployed(&self) -> Vec<(ContractId, &'static Interface)> {
        self.0.contracts.borrow().clone()
    }

    /// The events that wallets can scan.
    #[cfg(feature = "wallet")]
    pub(super) fn seeable(&self) -> &Seeable {
        &self.0.seeable
    }

    /// Looks at the next transaction of the last block, in an observer test.
    #[track_caller]
    fn look(&self) {
        let mut observed = self.0.observed.borrow_mut();
        let Some(Observations { seen, bytes }) = &mut *observed else { return };
        match self.ask(&Request::Observed) {
            Response::Observed { observation } => {
                let parts = observation.changes.iter().flat_map(|it| &it.pages).flat_map(|it| &it.parts);
                *bytes += parts.map(|part| part.bytes.bytes.len()).sum::<usize>();
                assert!(*bytes <= MAX_OBSERVED_BYTES, "the test changes more state than can be compared");
                seen.push(*observation);
            }
            other => unexpected(&other),
        }
    }

    /// Whether this is the same chain.
    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    #[track_caller]
    pub(super) fn ask(&self, request: &Request) -> Response {
        match self.try_ask(request) {
            Ok(response) => response,
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) fn try_ask(&self, request: &Request) -> Result<Response, ConnectionError> {
        self.0.connection.borrow_mut().ask(request)
    }

    /// The event's name and its data as JSON, if its contract is known here.
    pub(super) fn show_event(&self, event: &Event) -> String {
        let contracts = self.0.contracts.borrow();
        let interface = contracts.iter().find(|(id, _)| event.source == id.to_bytes()).map(|(_, interface)| interface);
        let data = interface.and_then(|interface| interface.decode_event(&event.topic, &event.data).ok());
        match data {
            Some(data) => self.name_accounts(&format!("{} {data}", event.topic)),
            None => format!("{} ({} bytes, from contract {})", event.topic, event.data.len(), event.source),
        }
    }

    /// Replaces the accounts in a text by their names in the test.
    pub(super) fn name_accounts(&self, text: &str) -> String {
        let names = self.0.names.borrow();
        names.iter().fold(text.to_owned(), |text, (account, name)| text.replace(account, &format!("@{name}")))
    }
}

#[track_caller]
pub(super) fn unexpected(response: &Response) -> ! {
    panic!("the test host gave an unexpected answer: {response:?}\n{OTHER_VERSION}")
}

#[track_caller]
fn encode(arguments: &impl Arguments, what: &str) -> Vec<u8> {
    match arguments.encode() {
        Ok(bytes) => bytes,
        Err(overflow) => panic!("{what} cannot be sent: {overflow}"),
    }
}

/// The failure of a constructor, without the prefix that the chain adds.
fn of_constructor(error: CallError) -> CallError {
    match error {
        CallError::Panic(text) => {
            let own = text.strip_prefix("failed deployment: panic: ").map(ToOwned::to_owned);
            CallError::Panic(own.unwrap_or(text))
        }
        other => other,
    }
}

/// A saved state of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(u64);

/// A named account on the test's chain. The host keeps its key and signs for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    name: String,
    account: Account,
    deposit: Dusk,
    gas_limit: Option<u64>,
}

impl Signer {
    /// The account itself, as contracts know it.
    #[must_use]
    pub fn account(&self) -> Account {
        self.account
    }

    /// Its name in the test.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same account with a deposit attached to the call:
    /// `vault.by(alice.depositing(Dusk::new(5))).pay_in(Dusk::new(5))`. The contract may take it, see
    /// [`money`](crate::money); otherwise the chain returns it.
    #[must_use]
    pub fn depositing(&self, amount: Dusk) -> Self {
        Self { deposit: amount, ..self.clone() }
    }

    /// The same account with a gas limit for the call, for tests of running out of gas.
    #[must_use]
    pub fn with_gas(&self, limit: u64) -> Self {
        Self { gas_limit: Some(limit), ..self.clone() }
    }
}

impl From<&Signer> for Principal {
    fn from(signer: &Signer) -> Self {
        signer.account.into()
    }
}

/// An account that calls a contract: `contract.by(&alice)`, or `contract.by(alice.later())` for
/// [`Chain::in_one_block`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot sign the calls of a test",
    label = "not an account of the test",
    note = "give an account of the chain: `let [alice] = chain.accounts([\"alice\"]);`, then `.by(&alice)`"
)]
pub trait Caller {
    /// The contract with this account as its signer.
    type Via: Writes;

    #[doc(hidden)]
    fn sign_for(self, contract: Deployed) -> Self::Via;
}

impl Caller for Signer {
    type Via = Signed;

    fn sign_for(self, contract: Deployed) -> Signed {
        Signed { contract, signer: self }
    }
}

impl Caller for &Signer {
    type Via = Signed;

    fn sign_for(self, contract: Deployed) -> Signed {
        self.clone().sign_for(contract)
    }
}

/// A deployed contract without a signer, for its queries.
#[derive(Debug, Clone)]
pub struct Deployed {
    chain: Chain,
    id: ContractId,
    interface: &'static Interface,
}

impl Deployed {
    /// The contract with a signer, for its transactions as well.
    #[must_use]
    pub fn by<C: Caller>(&self, caller: C) -> C::Via {
        caller.sign_for(self.clone())
    }

    /// The id of the contract.
    #[must_use]
    pub fn id(&self) -> ContractId {
        self.id
    }
}

impl Deployed {
    /// The reason why a query has no result.
    fn failure(&self, what: &str, error: CallError, logs: &[Logged]) -> Failure {
        let text = self.chain.name_accounts(&format!("{what} failed: {error}{}", show_logs(logs)));
        let panic = if let CallError::Panic(text) = error { Some(text) } else { None };
        Failure::of_call(text, panic)
    }
}

fn decode<T: Value>(what: &str, bytes: &[u8]) -> Result<T, Failure> {
    T::decode(bytes)
        .map_err(|_| Failure::new(format!("{what} returned {} bytes that are not of its type", bytes.len())))
}

impl Transport for Deployed {
    type Read<T: Value, E: Refusal> = Result<T, Failure>;
    type Written<T: Value, E: Refusal> = Sent<T, E>;
    type Fed<T: Value> = Result<Vec<T>, Failure>;
}

impl Reads for Deployed {
    #[track_caller]
    fn read<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Result<T, Failure> {
        let what = format!("{}.{function}", self.interface.package);
        let argument = encode(&arguments, &what);
        let request = Request::Query { contract: self.id.to_bytes().into(), function: function.into(), argument };
        match self.chain.ask(&request) {
            Response::Queried { result: Ok(bytes), .. } => decode(&what, &bytes.0),
            Response::Queried { result: Err(error), logs, .. } => Err(self.failure(&what, error, &logs)),
            other => unexpected(&other),
        }
    }
}

impl Feeds for Deployed {
    #[track_caller]
    fn feed<A: Arguments, T: Value>(&self, function: &'static str, arguments: A) -> Result<Vec<T>, Failure> {
        let what = format!("{}.{function}", self.interface.package);
        let argument = encode(&arguments, &what);
        let request = Request::Feed { contract: self.id.to_bytes().into(), function: function.into(), argument };
        match self.chain.ask(&request) {
            Response::Fed { items: Ok(items), .. } => items.iter().map(|item| decode(&what, &item.0)).collect(),
            Response::Fed { items: Err(error), logs, .. } => Err(self.failure(&what, error, &logs)),
            other => unexpected(&other),
        }
    }
}

/// A deployed contract with a signer.
#[derive(Debug, Clone)]
pub struct Signed {
    contract: Deployed,
    signer: Signer,
}

impl Signed {
    pub(super) fn chain(&self) -> &Chain {
        &self.contract.chain
    }

    /// The call of a function, with its words for messages.
    #[track_caller]
    pub(super) fn prepare(&self, function: &'static str, arguments: &impl Arguments) -> (String, Call) {
        let Self { contract: Deployed { id, interface, .. }, signer } = self;
        let what = format!("{}.{function} by {}", interface.package, signer.name);
        let call = Call {
            from: signer.name.clone(),
            contract: id.to_bytes().into(),
            function: function.into(),
            argument: encode(arguments, &what),
            deposit: signer.deposit.lux(),
            gas_limit: signer.gas_limit,
        };
        (what, call)
    }
}

impl Transport for Signed {
    type Read<T: Value, E: Refusal> = Result<T, Failure>;
    type Written<T: Value, E: Refusal> = Sent<T, E>;
    type Fed<T: Value> = Result<Vec<T>, Failure>;
}

impl Reads for Signed {
    #[track_caller]
    fn read<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Result<T, Failure> {
        self.contract.read::<A, T, E>(function, arguments)
    }
}

impl Feeds for Signed {
    #[track_caller]
    fn feed<A: Arguments, T: Value>(&self, function: &'static str, arguments: A) -> Result<Vec<T>, Failure> {
        self.contract.feed(function, arguments)
    }
}

impl Writes for Signed {
    #[track_caller]
    fn write<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Sent<T, E> {
        let (what, call) = self.prepare(function, &arguments);
        let chain = self.chain();
        let outcome = chain.outcome(&Request::Call(call));
        Sent::new(Receipt::new(chain.clone(), what, outcome), T::decode)
    }
}

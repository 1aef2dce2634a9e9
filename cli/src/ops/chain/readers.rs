//! What the bytes of contracts mean: arguments, results, events and errors, read by data drivers.
//!
//! A contract's driver comes from the project that deployed it, else from the node. Neither is trusted: drivers run in
//! the virtual machine's sandbox, and what they cannot read is shown in hexadecimal.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Result;
use dusk_sdk_protocol::abi::ContractAbi;
use serde_json::Value;

use super::client::BlockEvent;
use super::connection::Chain;
use super::labels::Book;
use super::refusal::Refusal;
use crate::ops::contract::sandbox::Driver;

/// The most drivers that are asked for in one command: a block may hold calls to many contracts.
const MAX_DRIVERS: usize = 64;

/// What bytes mean, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    /// A driver has read them.
    Value(Value),
    /// Nobody could.
    Bytes(Vec<u8>),
}

impl Read {
    /// As JSON: bytes become their hexadecimal digits.
    pub(crate) fn document(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Bytes(bytes) => Value::String(hex::encode(bytes)),
        }
    }

    /// Whether a driver has read them.
    pub(crate) const fn is_decoded(&self) -> bool {
        matches!(self, Self::Value(_))
    }
}

/// A contract's driver and description.
pub(crate) struct Reader {
    driver: Driver,
    /// What the contract says about itself.
    pub(crate) abi: Option<ContractAbi>,
}

/// The readers of one chain's contracts. Each is looked for once.
pub(crate) struct Readers {
    chain: Rc<Chain>,
    known: RefCell<BTreeMap<String, Option<Rc<Reader>>>>,
}

impl Readers {
    /// For this chain.
    pub(crate) fn new(chain: &Rc<Chain>) -> Self {
        Self { chain: Rc::clone(chain), known: RefCell::default() }
    }

    /// The reader of a contract, if its driver can be had.
    pub(crate) fn of(&self, contract: &str) -> Option<Rc<Reader>> {
        if let Some(known) = self.known.borrow().get(contract) {
            return known.clone();
        }
        let few = self.known.borrow().len() < MAX_DRIVERS;
        let found = few.then(|| self.look_for(contract).ok().flatten().map(Rc::new)).flatten();
        self.known.borrow_mut().insert(contract.to_owned(), found.clone());
        found
    }

    fn look_for(&self, contract: &str) -> Result<Option<Reader>> {
        if let Some(deployment) = self.chain.deployments.find(contract) {
            let driver = Driver::load(&self.chain.deployments.driver(deployment)?)?;
            return Ok(Some(Reader { driver, abi: Some(self.chain.deployments.abi(deployment)?) }));
        }
        let Some(wasm) = self.chain.client.driver(contract)? else {
            return Ok(None);
        };
        // Drivers that were not made with our SDK describe themselves in other forms, and still read.
        let driver = Driver::load(&wasm)?;
        let abi = driver.schema().ok();
        Ok(Some(Reader { driver, abi }))
    }

    /// A contract's description.
    pub(crate) fn abi(&self, contract: &str) -> Option<ContractAbi> {
        self.of(contract)?.abi.clone()
    }

    /// What an event says.
    pub(crate) fn event(&self, event: &BlockEvent) -> Read {
        let genesis = || self.chain.client.decode_event(&event.source, &event.topic, &event.data).ok().flatten();
        self.read(&event.source, &event.data, |driver| driver.decode_event(&event.topic, &event.data), genesis)
    }

    /// The arguments of a call.
    pub(crate) fn input(&self, contract: &str, function: &str, data: &[u8]) -> Read {
        let genesis = || self.chain.client.decode_input(contract, function, data).ok().flatten();
        self.read(contract, data, |driver| driver.decode_input(function, data), genesis)
    }

    /// What a call returned.
    pub(crate) fn output(&self, contract: &str, function: &str, data: &[u8]) -> Read {
        self.read(contract, data, |driver| driver.decode_output(function, data), || None)
    }

    /// Why a call failed, in the contract's words.
    pub(crate) fn refusal(&self, contract: Option<&str>, text: &str) -> Refusal {
        Refusal::read(text, contract.and_then(|contract| self.abi(contract)).as_ref())
    }

    fn read(
        &self,
        contract: &str,
        data: &[u8],
        decode: impl FnOnce(&Driver) -> Result<Value>,
        genesis: impl FnOnce() -> Option<Value>,
    ) -> Read {
        // The drivers of genesis contracts are part of nodes.
        let value = if Book::is_genesis(contract) {
            genesis()
        } else {
            self.of(contract).and_then(|reader| decode(&reader.driver).ok())
        };
        value.map_or_else(|| Read::Bytes(data.to_vec()), Read::Value)
    }
}

//! The meaning of the bytes of contracts (arguments, results, events, errors), read by data drivers.
//!
//! A contract's driver comes from the project that deployed it, else from the node. Neither is trusted: drivers run in
//! the virtual machine's sandbox, and what they cannot read is shown in hexadecimal.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use dusk_sdk_protocol::abi::ContractAbi;
use serde_json::Value;

use super::client::BlockEvent;
use super::connection::Chain;
use super::labels::ChainLabels;
use super::refusal::Refusal;
use crate::ops::contract::sandbox::{self, Driver};

/// The most drivers that are asked for in one command: a block may hold calls to many contracts.
const MAX_DRIVERS: usize = 64;
/// The seconds that one driver's answers may take in one command, beside [`SHARE_OF_COMMAND`].
const MAX_DRIVER_SECONDS: u64 = 10;
/// One of so many parts of a command's time is added to that: a command that follows the chain may run for days.
const SHARE_OF_COMMAND: u32 = 10;

/// The meaning of bytes, as far as it is known.
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
    /// The contract's own description.
    pub(crate) abi: Option<ContractAbi>,
    begun: Instant,
    /// The bytes of the driver's answers so far.
    spent: Cell<Duration>,
    /// Whether the driver did not finish an answer: it is not asked again.
    given_up: Cell<bool>,
}

impl Reader {
    fn new(driver: Driver, abi: Option<ContractAbi>) -> Self {
        Self { driver, abi, begun: Instant::now(), spent: Cell::default(), given_up: Cell::default() }
    }

    /// The driver's answer; none where it cannot read the bytes, or has taken too long before.
    fn ask(&self, decode: impl FnOnce(&Driver) -> Result<Value>) -> Option<Value> {
        let most = Duration::from_secs(MAX_DRIVER_SECONDS) + self.begun.elapsed() / SHARE_OF_COMMAND;
        if self.given_up.get() || self.spent.get() > most {
            return None;
        }
        let asked = Instant::now();
        let answer = decode(&self.driver);
        self.spent.set(self.spent.get() + asked.elapsed());
        self.given_up.set(answer.as_ref().is_err_and(sandbox::is_too_slow));
        answer.ok()
    }
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
            return Ok(Some(Reader::new(driver, Some(self.chain.deployments.abi(deployment)?))));
        }
        let Some(wasm) = self.chain.client.driver(contract)? else {
            return Ok(None);
        };
        // Drivers that were not made with our SDK describe themselves in other forms, and still read.
        let driver = Driver::load(&wasm)?;
        let abi = driver.schema().ok();
        Ok(Some(Reader::new(driver, abi)))
    }

    /// A contract's description.
    pub(crate) fn abi(&self, contract: &str) -> Option<ContractAbi> {
        self.of(contract)?.abi.clone()
    }

    /// The data of an event.
    pub(crate) fn event(&self, event: &BlockEvent) -> Read {
        let genesis = || self.chain.client.decode_event(&event.source, &event.topic, &event.data).ok().flatten();
        self.read(&event.source, &event.data, |driver| driver.decode_event(&event.topic, &event.data), genesis)
    }

    /// The arguments of a call.
    pub(crate) fn input(&self, contract: &str, function: &str, data: &[u8]) -> Read {
        let genesis = || self.chain.client.decode_input(contract, function, data).ok().flatten();
        self.read(contract, data, |driver| driver.decode_input(function, data), genesis)
    }

    /// The result of a call.
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
        let value = if ChainLabels::is_genesis(contract) {
            genesis()
        } else {
            self.of(contract).and_then(|reader| reader.ask(decode))
        };
        value.map_or_else(|| Read::Bytes(data.to_vec()), Read::Value)
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::transfer::TRANSFER_CONTRACT;
    use local_node_vm::driver::DriverError;

    use super::*;

    /// Asks often, and tells how often the driver got to see the question.
    fn asked(reader: &Reader, answer: impl Fn() -> Result<Value>) -> u32 {
        let mut times = 0;
        for _ in 0..100 {
            reader.ask(|_| {
                times += 1;
                answer()
            });
        }
        times
    }

    #[test]
    fn a_driver_that_takes_too_long_is_not_asked_again() {
        let reader = || Reader::new(Driver::built_in(&TRANSFER_CONTRACT).unwrap(), None);
        let slow = || Err(anyhow::Error::from(DriverError::TooSlow("decode_event")).context("cannot decode the event"));
        assert_eq!(asked(&reader(), slow), 1);
        let strange = || Err(anyhow::anyhow!("no such event"));
        assert_eq!(asked(&reader(), strange), 100, "it may read the next event");
        assert_eq!(asked(&reader(), || Ok(Value::Null)), 100);

        let spent = reader();
        spent.spent.set(Duration::from_secs(MAX_DRIVER_SECONDS - 1));
        assert_eq!(asked(&spent, || Ok(Value::Null)), 100);
        spent.spent.set(Duration::from_secs(2 * MAX_DRIVER_SECONDS));
        assert_eq!(asked(&spent, || Ok(Value::Null)), 0);
    }
}

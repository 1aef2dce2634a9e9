//! The outcome of a transaction, and assertions about it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use dusk_sdk_protocol::execution::{CallError, Event as RawEvent, Logged};
use dusk_sdk_protocol::host::{HexBytes, Outcome};

use super::chain::Chain;
use super::failure::Failure;
use crate::amount::Dusk;
use crate::contract::{Event, Refusal};
use crate::contract_id::ContractId;
use crate::wire::Malformed;

/// The data of a transaction that is in a block.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    chain: Chain,
    what: String,
    outcome: Outcome,
}

impl Receipt {
    pub(super) fn new(chain: Chain, what: String, outcome: Outcome) -> Self {
        Self { chain, what, outcome }
    }

    /// The events of the called contract.
    fn events(&self) -> impl Iterator<Item = &RawEvent> {
        self.events_of(self.outcome.contract.to_bytes().into())
    }

    fn events_of(&self, contract: ContractId) -> impl Iterator<Item = &RawEvent> {
        self.outcome.events.iter().filter(move |event| event.source == contract.to_bytes() && !event.reverted)
    }

    fn show_events(&self) -> String {
        self.show_events_of(self.outcome.contract.to_bytes().into())
    }

    fn show_events_of(&self, contract: ContractId) -> String {
        let events: Vec<String> =
            self.events_of(contract).map(|event| format!("\n    {}", self.chain.show_event(event))).collect();
        if events.is_empty() { "\n    none".into() } else { events.concat() }
    }

    fn show_result(&self) -> String {
        let result = match &self.outcome.result {
            Ok(_) => format!("it succeeded, with the events{}", self.show_events()),
            Err(CallError::Panic(text)) => match refusal_name(text) {
                Some(name) => format!("it was refused with {}", self.chain.name_accounts(name)),
                None => format!("it panicked: {}", self.chain.name_accounts(text)),
            },
            Err(CallError::OutOfGas) => format!("it ran out of gas, at {}", self.outcome.gas_spent),
            Err(other) => format!("it failed: {other}"),
        };
        result + &show_logs(&self.outcome.logs)
    }
}

/// The logs of the calls; empty if there are none.
pub(super) fn show_logs(logs: &[Logged]) -> String {
    let lines: Vec<String> = logs.iter().map(|Logged { function, line }| format!("\n    {function}: {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("\nlogged:{}", lines.concat()) }
}

/// `Insufficient {"held":3}` of `E1: Insufficient {"held":3}`.
fn refusal_name(panic_text: &str) -> Option<&str> {
    dusk_sdk_protocol::abi::split_error(panic_text).map(|(_, name)| name)
}

/// A transaction that is in a block. Assert its outcome by [`succeeds`](Sent::succeeds), [`emits`](Sent::emits),
/// [`refused`](Sent::refused), [`panics`](Sent::panics) or [`runs_out_of_gas`](Sent::runs_out_of_gas).
#[derive(Debug, Clone)]
#[must_use = "state the expected outcome: `.succeeds()`, `.refused(…)`, …"]
pub struct Sent<T, E> {
    receipt: Receipt,
    /// `None` if the call failed.
    value: Option<T>,
    refusal: PhantomData<fn() -> E>,
}

impl<T, E: Refusal> Sent<T, E> {
    #[track_caller]
    pub(super) fn new(receipt: Receipt, decode: impl FnOnce(&[u8]) -> Result<T, Malformed>) -> Self {
        let value = match &receipt.outcome.result {
            Ok(HexBytes(bytes)) => match decode(bytes) {
                Ok(value) => Some(value),
                Err(Malformed) => panic!("{} returned {} bytes that are not of its type", receipt.what, bytes.len()),
            },
            Err(_) => None,
        };
        Self { receipt, value, refusal: PhantomData }
    }

    /// Asserts that the call succeeded.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    pub fn succeeds(self) -> Accepted<T> {
        match self.value {
            Some(value) => Accepted { receipt: self.receipt, value },
            None => panic!("{} should succeed, but {}", self.receipt.what, self.receipt.show_result()),
        }
    }

    /// Asserts that the call succeeded and that the contract emitted this event.
    ///
    /// # Panics
    /// If it failed, or emitted no such event with these fields.
    #[track_caller]
    pub fn emits<Ev: Event>(self, event: Ev) -> Accepted<T> {
        self.succeeds().emits(event)
    }

    /// Asserts that the call succeeded, and that the contract emitted no events.
    ///
    /// # Panics
    /// If it failed, or emitted one.
    #[track_caller]
    pub fn emits_nothing(self) -> Accepted<T> {
        self.succeeds().emits_nothing()
    }

    /// Asserts that the contract reverted the call with this error, fields included.
    ///
    /// # Panics
    /// If the call succeeded, failed otherwise, or reverted with another error.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "a refusal is made to be given away")]
    pub fn refused(self, refusal: E) -> Rejected {
        let text = refusal.to_text();
        if self.receipt.outcome.result != Err(CallError::Panic(text.clone())) {
            let expected = self.receipt.chain.name_accounts(refusal_name(&text).unwrap_or(&text));
            panic!("{} should be refused with {expected}, but {}", self.receipt.what, self.receipt.show_result());
        }
        Rejected { receipt: self.receipt }
    }

    /// Asserts that the contract panicked with a text that contains this one.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn panics(self, text: &str) -> Rejected {
        match &self.receipt.outcome.result {
            Err(CallError::Panic(found)) if found.contains(text) => Rejected { receipt: self.receipt },
            _ => panic!("{} should panic with \"{text}\", but {}", self.receipt.what, self.receipt.show_result()),
        }
    }

    /// Asserts that the call ran out of gas.
    ///
    /// # Panics
    /// If it did not, or the call failed otherwise.
    #[track_caller]
    pub fn runs_out_of_gas(self) -> Rejected {
        if self.receipt.outcome.result != Err(CallError::OutOfGas) {
            panic!("{} should run out of gas, but {}", self.receipt.what, self.receipt.show_result());
        }
        Rejected { receipt: self.receipt }
    }

    /// The result of the call, or the reason of its failure.
    ///
    /// # Errors
    /// If the contract reverted or panicked, or the call ran out of gas.
    pub fn into_result(self) -> Result<T, Failure> {
        self.into_accepted().map(Accepted::value)
    }

    /// The accepted call, or the reason of its failure, without an assertion.
    ///
    /// # Errors
    /// If the contract reverted or panicked, or the call ran out of gas.
    pub fn into_accepted(self) -> Result<Accepted<T>, Failure> {
        let Self { receipt, value, .. } = self;
        match value {
            Some(value) => Ok(Accepted { receipt, value }),
            None => {
                let panic = match &receipt.outcome.result {
                    Err(CallError::Panic(text)) => Some(text.clone()),
                    _ => None,
                };
                Err(Failure::of_call(format!("{} failed: {}", receipt.what, receipt.show_result()), panic))
            }
        }
    }

    /// The gas that the sender paid for. A failed transaction pays for its whole limit.
    #[must_use]
    pub fn gas(&self) -> u64 {
        self.receipt.outcome.gas_spent
    }
}

/// A transaction whose outcome the test has asserted. [`Sent`] does not implement it: it has the functions below only
/// so that the compiler names the missing assertion, and not a missing function.
#[diagnostic::on_unimplemented(
    message = "the test has not stated the outcome of this call",
    label = "the call may have failed",
    note = "state its outcome first: `.succeeds().value()`, or `.into_result()?`"
)]
pub trait Stated {}

impl<T, E: Refusal> Sent<T, E> {
    #[doc(hidden)]
    pub fn value(self) -> T
    where
        Self: Stated,
    {
        self.succeeds().value()
    }

    #[doc(hidden)]
    pub fn unwrap(self) -> T
    where
        Self: Stated,
    {
        self.succeeds().value()
    }

    #[doc(hidden)]
    pub fn fee(self) -> Dusk
    where
        Self: Stated,
    {
        self.succeeds().fee()
    }

    #[doc(hidden)]
    pub fn height(self) -> u64
    where
        Self: Stated,
    {
        self.succeeds().height()
    }

    #[doc(hidden)]
    pub fn topics(self) -> Vec<String>
    where
        Self: Stated,
    {
        self.succeeds().topics()
    }
}

/// A transaction that succeeded.
#[derive(Debug, Clone)]
pub struct Accepted<T> {
    receipt: Receipt,
    value: T,
}

impl<T> Accepted<T> {
    /// Asserts that the contract emitted this event. Repeat it for each event.
    ///
    /// # Panics
    /// If it emitted no such event with these fields.
    #[track_caller]
    pub fn emits<Ev: Event>(self, event: Ev) -> Self {
        let contract = self.receipt.outcome.contract.to_bytes().into();
        self.emits_from(contract, event)
    }

    /// Asserts that another contract, which was called in turn, emitted this event.
    ///
    /// # Panics
    /// If it emitted no such event with these fields.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "an event is made to be given away")]
    pub fn emits_from<Ev: Event>(self, contract: ContractId, event: Ev) -> Self {
        let data = event.encode();
        let is_it = |found: &RawEvent| found.topic == Ev::TOPIC && Ok(&found.data) == data.as_ref();
        if !self.receipt.events_of(contract).any(is_it) {
            let mut expected = format!("{} ", Ev::TOPIC);
            event.write_json(&mut expected);
            let Receipt { chain, what, .. } = &self.receipt;
            let (expected, found) = (chain.name_accounts(&expected), self.receipt.show_events_of(contract));
            panic!("{what} should emit\n    {expected}\nbut its events are{found}");
        }
        self
    }

    /// Asserts that the contract emitted no events.
    ///
    /// # Panics
    /// If it emitted one.
    #[track_caller]
    pub fn emits_nothing(self) -> Self {
        if self.receipt.events().next().is_some() {
            panic!("{} should emit nothing, but its events are{}", self.receipt.what, self.receipt.show_events());
        }
        self
    }

    /// The topics of the contract's events, in order.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        self.receipt.events().map(|event| event.topic.clone()).collect()
    }

    /// The result of the call.
    #[must_use]
    pub fn value(self) -> T {
        self.value
    }

    /// The gas that the sender paid for.
    #[must_use]
    pub fn gas(&self) -> u64 {
        self.receipt.outcome.gas_spent
    }

    /// The fee that the sender paid for the gas.
    #[must_use]
    pub fn fee(&self) -> Dusk {
        Dusk::from_lux(self.receipt.outcome.fee)
    }

    /// The height of the transaction's block.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.receipt.outcome.height
    }
}

/// A transaction that failed, as asserted. It has changed nothing except its sender's balance, by the fee.
#[derive(Debug, Clone)]
pub struct Rejected {
    receipt: Receipt,
}

impl Rejected {
    /// The fee that the sender paid for the gas.
    #[must_use]
    pub fn fee(&self) -> Dusk {
        Dusk::from_lux(self.receipt.outcome.fee)
    }

    /// The gas that the sender paid for: the whole limit.
    #[must_use]
    pub fn gas(&self) -> u64 {
        self.receipt.outcome.gas_spent
    }
}

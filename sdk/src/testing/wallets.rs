//! The events of a test's chain, for wallets.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use dusk_sdk_protocol::execution::Event as RawEvent;
use dusk_sdk_protocol::host::Outcome;

use super::chain::Chain;
use crate::contract_id::ContractId;
use crate::finance::wallet::{Event, Place, Seen};
use crate::interface::Interface;

/// The events of the transactions of a test, in the order of the chain.
#[derive(Debug, Default)]
pub(super) struct Seeable(RefCell<Vec<(Place, RawEvent)>>);

impl Seeable {
    /// Keeps the events of a transaction, except those that were undone.
    pub(super) fn keep(&self, outcome: &Outcome) {
        let place = Place { height: outcome.height, transaction: outcome.tx };
        let events = outcome.events.iter().filter(|event| !event.reverted);
        self.0.borrow_mut().extend(events.map(|event| (place, event.clone())));
    }

    /// Forgets the events above a height to which the chain was reverted.
    pub(super) fn revert(&self, height: u64) {
        self.0.borrow_mut().retain(|(place, _)| place.height <= height);
    }
}

impl Chain {
    /// The events of a confidential asset that [wallets](crate::finance::wallet) and auditors scan, of all transactions
    /// of this test so far: `wallet.scan(&chain.seen(asset.id()))?`.
    ///
    /// A scan takes the same events repeatedly, so a test passes them all after each call. After a
    /// [`revert`](Chain::revert), [rewind](crate::finance::wallet::Wallet::rewind) the wallets first.
    ///
    /// # Panics
    /// If the test has not deployed the contract, or the contract emits an event that its interface does not list.
    /// Wallets could not read this event on a node either.
    #[track_caller]
    #[must_use]
    pub fn seen(&self, contract: ContractId) -> Vec<Seen> {
        let deployed = self.deployed();
        let Some((_, interface)) = deployed.iter().find(|(id, _)| *id == contract) else {
            panic!("the test has not deployed the contract {contract}")
        };
        let events = self.seeable().0.borrow();
        let mut orders: BTreeMap<u64, u64> = BTreeMap::new();
        let own = events.iter().filter(|(_, event)| event.source == contract.to_bytes());
        own.filter_map(|(place, event)| {
            let order = orders.entry(place.height).or_default();
            let read = read(interface, event, *order);
            *order += 1;
            read.unwrap_or_else(|fault| panic!("{fault}")).map(|event| Seen { place: *place, event })
        })
        .collect()
    }
}

/// An event as wallets read it. None if they do not.
fn read(interface: &Interface, RawEvent { topic, data, .. }: &RawEvent, order: u64) -> Result<Option<Event>, String> {
    if !Event::knows(topic) {
        return Ok(None);
    }
    let package = interface.package;
    let json = interface.decode_event(topic, data).map_err(|_| {
        format!(
            "`{package}` emits the event `{topic}`, which its interface does not list\nhint: add the event to \
             `#[contract(events(…))]`; without it, no wallet finds the notes on a node"
        )
    })?;
    let json = serde_json::from_str(&json).map_err(|error| format!("{package}.{topic}: {error}"))?;
    Event::of_topic(topic, &json, order).transpose().map_err(|error| format!("{package}.{topic}: {error}"))
}

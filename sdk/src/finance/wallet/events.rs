//! The events of the contract from which wallets learn.

use super::view::Place;
use crate::__private::Json;
use crate::Field;
use crate::contract::Event as ContractEvent;
use crate::finance::confidential::dividends::DividendClaimed;
use crate::finance::confidential::notes::NoteAdded;
use crate::finance::confidential::nullifiers::NullifierSpent;
use crate::finance::confidential::pool::{
    ConfidentialLock, ConfidentialMint, ConfidentialSeizure, ConfidentialTransfer,
};
use crate::finance::confidential::registry::{HolderAdmitted, HolderChanged, HolderRegistered, HolderRemoved};
use crate::finance::confidential::{AuditCipher, Holder, NoteCipher, ViewCipher};
use crate::json::JsonError;

/// An event of the contract, with its place on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place on the chain.
    pub place: Place,
    /// Its content.
    pub event: Event,
}

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A note was added.
    Note {
        /// Its position in the tree.
        position: u64,
        /// Its commitment: the leaf.
        commitment: Field,
        /// The ciphertext for its receiver.
        cipher: NoteCipher,
    },
    /// A note was spent.
    Nullifier {
        /// The number of nullifiers before.
        index: u64,
        /// The nullifier.
        nullifier: Field,
    },
    /// The registry changed.
    Holder {
        /// The number among the contract's events in the block: it tells which of two changes is the later one.
        order: u64,
        /// The position of the leaf.
        position: u64,
        /// The holder at the position from now on; none if it was removed.
        holder: Option<Holder>,
    },
    /// A holder registered, for the auditor.
    Registered {
        /// The owner of notes.
        owner: Field,
        /// The view keys, encrypted.
        cipher: ViewCipher,
    },
    /// An act made notes, for the auditor.
    Act {
        /// The notes, encrypted.
        cipher: AuditCipher,
    },
}

/// Reads data as an event's, and makes a wallet's event of it.
type Reading = fn(&Json, u64) -> Result<Event, JsonError>;

fn reading<E: ContractEvent>(data: &Json, make: impl FnOnce(E) -> Event) -> Result<Event, JsonError> {
    E::read_json(data).map(make)
}

/// The topics that wallets take, and how their data is read.
const TOPICS: [(&str, Reading); 11] = [
    (NoteAdded::TOPIC, |data, _| {
        reading(data, |NoteAdded { position, commitment, cipher }| Event::Note { position, commitment, cipher })
    }),
    (NullifierSpent::TOPIC, |data, _| {
        reading(data, |NullifierSpent { index, nullifier }| Event::Nullifier { index, nullifier })
    }),
    (HolderAdmitted::TOPIC, |data, order| {
        reading(data, |it: HolderAdmitted| Event::Holder { order, position: it.position, holder: Some(it.holder) })
    }),
    (HolderChanged::TOPIC, |data, order| {
        reading(data, |it: HolderChanged| Event::Holder { order, position: it.position, holder: Some(it.holder) })
    }),
    (HolderRemoved::TOPIC, |data, order| {
        reading(data, |it: HolderRemoved| Event::Holder { order, position: it.position, holder: None })
    }),
    (HolderRegistered::TOPIC, |data, _| {
        reading(data, |it: HolderRegistered| Event::Registered { owner: it.owner, cipher: it.cipher })
    }),
    (ConfidentialMint::TOPIC, |data, _| reading(data, |it: ConfidentialMint| Event::Act { cipher: it.cipher })),
    (ConfidentialTransfer::TOPIC, |data, _| reading(data, |it: ConfidentialTransfer| Event::Act { cipher: it.cipher })),
    (ConfidentialSeizure::TOPIC, |data, _| reading(data, |it: ConfidentialSeizure| Event::Act { cipher: it.cipher })),
    (DividendClaimed::TOPIC, |data, _| reading(data, |it: DividendClaimed| Event::Act { cipher: it.cipher })),
    (ConfidentialLock::TOPIC, |data, _| reading(data, |it: ConfidentialLock| Event::Act { cipher: it.cipher })),
];

impl Event {
    /// Reads the data of an event as JSON: its `order` is its number among the contract's events in the block. None for
    /// a topic that wallets do not take.
    ///
    /// # Errors
    /// If the data is not that of a confidential asset.
    pub(crate) fn of_topic(topic: &str, data: &Json, order: u64) -> Option<Result<Self, JsonError>> {
        let (_, read) = TOPICS.iter().find(|(known, _)| *known == topic)?;
        Some(read(data, order))
    }

    /// Whether wallets take events of a topic.
    pub(crate) fn knows(topic: &str) -> bool {
        TOPICS.iter().any(|(known, _)| *known == topic)
    }
}

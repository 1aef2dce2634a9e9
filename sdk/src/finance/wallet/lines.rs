//! Events as `cargo dusk events --json` prints them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::io::{self, BufReader, Read};

use serde_json::{Deserializer, Value as Json};

use super::events::{Event, Seen};
use super::view::Place;
use crate::ContractId;

/// The maximum length of one input, in bytes.
pub const MAX_INPUT_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// The content of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly all of them are events")]
pub enum News {
    /// An event of the contract that wallets scan.
    Event(Seen),
    /// The chain has reverted the blocks above a height.
    TakenBack(u64),
}

/// The reason why events cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum LineError {
    /// The input ends or fails.
    Input(io::Error),
    /// The text is not JSON.
    Json(serde_json::Error),
    /// The document is not one that `cargo dusk events` prints.
    Document,
    /// The event lacks this member, or the member has another form.
    Member(&'static str),
    /// The node has not decoded the data of the event, because it has no data driver of the contract.
    NotDecoded,
    /// The data of the event of this topic is not that of a confidential asset.
    Data(String),
    /// A change of the registry has no `index`, as from earlier versions of `cargo dusk events`, and comes after events
    /// of later blocks. So its place within its block is unknown.
    Unordered,
    /// All events are those of other contracts, and none is of this one.
    OtherContracts(String),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::Json(error) => error.fmt(f),
            Self::Document => f.write_str("the document is not one that `cargo dusk events --json` prints"),
            Self::Member(member) => write!(f, "the event has no `{member}`, or one of another form"),
            Self::NotDecoded => {
                f.write_str("the data of the event was not decoded: no data driver of the contract is known")
            }
            Self::Data(topic) => write!(f, "the data of the event `{topic}` is not that of a confidential asset"),
            Self::Unordered => f.write_str(
                "an event without `index` comes after events of later blocks; print the events again with this \
                 version of `cargo dusk events`, or pass them in the order of the chain",
            ),
            Self::OtherContracts(contract) => write!(
                f,
                "all events are those of other contracts; print those of this asset with `cargo dusk events \
                 {contract} --from-block 0 --json`, or use the wallet of the other asset"
            ),
        }
    }
}

impl core::error::Error for LineError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Input(error) => Some(error),
            Self::Json(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads events: one document with a list of them, or one document a line, as with `--follow`.
///
/// It leaves out events of other contracts, of failed transactions, and of topics that wallets do not scan.
///
/// Events may come in any order and repeatedly: each states its block, and in `index` its number among the events of
/// its contract in the block. Earlier versions of `cargo dusk events` print no `index`. The reader counts such events,
/// so changes of the registry must then come in the order of the chain. A line that reverts blocks (`taken_back_to`)
/// applies to the events before it.
#[derive(Debug)]
pub struct Events {
    contract: String,
    /// The block of the last event, and the number of the next one in this block.
    block: u64,
    next: u64,
    /// Whether there were events of the contract, and of others.
    own: bool,
    others: bool,
}

impl Events {
    /// A reader of the events of a contract.
    #[must_use]
    pub fn of(contract: ContractId) -> Self {
        Self { contract: contract.to_string(), block: 0, next: 0, own: false, others: false }
    }

    /// Reads the whole input, and passes its content on in batches of up to `batch`.
    ///
    /// # Errors
    /// [`LineError`], as an error of the caller's own type, and the first error of `take`.
    /// [`LineError::OtherContracts`] comes at the end.
    pub fn read<E: From<LineError>>(
        &mut self,
        input: impl Read,
        batch: usize,
        mut take: impl FnMut(Vec<News>) -> Result<(), E>,
    ) -> Result<(), E> {
        let input = BufReader::new(input.take(MAX_INPUT_BYTES));
        let mut waiting = Vec::new();
        for document in Deserializer::from_reader(input).into_iter::<Json>() {
            let document = document.map_err(|error| match error.classify() {
                serde_json::error::Category::Io => LineError::Input(error.into()),
                _ => LineError::Json(error),
            })?;
            match document.get("events") {
                Some(Json::Array(events)) => {
                    for event in events {
                        waiting.extend(self.news(event)?);
                        if waiting.len() >= batch {
                            take(core::mem::take(&mut waiting))?;
                        }
                    }
                }
                Some(_) => return Err(LineError::Document.into()),
                None => waiting.extend(self.news(&document)?),
            }
            if waiting.len() >= batch {
                take(core::mem::take(&mut waiting))?;
            }
        }
        if !waiting.is_empty() {
            take(waiting)?;
        }
        if self.others && !self.own {
            return Err(LineError::OtherContracts(self.contract.clone()).into());
        }
        Ok(())
    }

    /// Reads one event of the list, or one line.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn news(&mut self, event: &Json) -> Result<Option<News>, LineError> {
        if let Some(height) = event.get("taken_back_to") {
            let height = height.as_u64().ok_or(LineError::Member("taken_back_to"))?;
            if height < self.block {
                (self.block, self.next) = (height, 0);
            }
            return Ok(Some(News::TakenBack(height)));
        }
        let text = |member: &'static str| event.get(member).and_then(Json::as_str).ok_or(LineError::Member(member));
        if event.get("contract").is_none() {
            return Err(LineError::Document);
        }
        if text("contract")? != self.contract {
            self.others = true;
            return Ok(None);
        }
        self.own = true;
        let height = event.get("block").and_then(Json::as_u64).ok_or(LineError::Member("block"))?;
        let index = event.get("index").map(|index| index.as_u64().ok_or(LineError::Member("index"))).transpose()?;
        let order = self.order(height, index);
        let flag = |member: &'static str| event.get(member).and_then(Json::as_bool).ok_or(LineError::Member(member));
        let topic = text("topic")?;
        if flag("reverted")? || !Event::knows(topic) {
            return Ok(None);
        }
        if !flag("decoded")? {
            return Err(LineError::NotDecoded);
        }
        let transaction = id(text("tx")?).ok_or(LineError::Member("tx"))?;
        let data = event.get("data").ok_or(LineError::Member("data"))?;
        let event = Event::of_topic(topic, data, order.unwrap_or_default()).and_then(Result::ok);
        let event = event.ok_or_else(|| LineError::Data(topic.to_string()))?;
        if order.is_none() && matches!(event, Event::Holder { .. }) {
            return Err(LineError::Unordered);
        }
        let place = Place { height, transaction };
        Ok(Some(News::Event(Seen { place, event })))
    }

    /// The number of an event among those of the contract in its block: its index, or the count of events. None if it
    /// has no index and comes after events of later blocks.
    fn order(&mut self, height: u64, index: Option<u64>) -> Option<u64> {
        if index.is_none() && height < self.block {
            return None;
        }
        let counted = if height == self.block { self.next } else { 0 };
        let order = index.unwrap_or(counted);
        (self.block, self.next) = (height, order.saturating_add(1));
        Some(order)
    }
}

/// The 32 bytes of an id in hexadecimal digits.
fn id(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    (digits.len() == 64).then(|| bytes.try_into().ok()).flatten()
}

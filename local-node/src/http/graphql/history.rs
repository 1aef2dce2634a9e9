//! Questions about the past of accounts and contracts, over final blocks, as production's archive answers them.

use std::sync::Arc;

use async_graphql::{Context, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{Event, HexId};
use local_node_types::keys::BlsKey;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::budget::{Budget, event_weight};
use crate::block::{Flows, SpentTransaction};
use crate::drivers::Drivers;
use crate::http::documents;
use crate::store::{IndexKey, SortOrder, Store};

/// The most questions about the past that are answered at a time.
pub(super) const MAX_HISTORIES_AT_ONCE: usize = 2;
/// The most blocks that one answer about accounts draws from.
const MAX_BLOCKS_FOUND: usize = 10_000;
/// The most transactions that one answer about accounts holds.
const MAX_TRANSFERS: usize = 20_000;
/// Events in a page unless told otherwise.
const EVENTS_IN_PAGE: i64 = 50;
/// The most events in a page.
const MAX_EVENTS_IN_PAGE: i64 = 200;
/// How many bits of an event's number are its place in its block.
const PLACE_BITS: u32 = 32;

/// Answers a question on a thread that may be busy for a while.
pub(super) async fn aside<T: Send + 'static>(
    context: &Context<'_>,
    question: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let stopped = || Error::new("the node was shut down");
    let turn = Arc::clone(context.data::<Arc<Semaphore>>()?).acquire_owned().await.map_err(|_| stopped())?;
    let answer = tokio::task::spawn_blocking(move || {
        // An answer that is given up counts until its thread is free.
        let _turn = turn;
        question()
    });
    answer.await.map_err(|_| stopped())?
}

/// Which transactions are meant.
#[derive(Debug, Clone)]
pub(super) struct MoonlightFilter {
    key: IndexKey,
    meant: Meant,
    from_block: u64,
    to_block: u64,
}

#[derive(Debug, Clone)]
enum Meant {
    Touching(BlsKey),
    Flow { from: Option<BlsKey>, to: Option<BlsKey> },
    Memo(Vec<u8>),
}

impl MoonlightFilter {
    /// Those that an account paid or got something in.
    pub(super) fn touching(address: &str) -> Result<Self> {
        let account = parse_account(address)?;
        Ok(Self::new(IndexKey::account(&account), Meant::Touching(account)))
    }

    /// Those from one account, to one account, or both.
    pub(super) fn flow(sender: Option<&str>, receiver: Option<&str>) -> Result<Self> {
        let from = sender.map(parse_account).transpose()?;
        let to = receiver.map(parse_account).transpose()?;
        let Some(known) = from.or(to) else { return Err(Error::new("give a sender, a receiver, or both")) };
        Ok(Self::new(IndexKey::account(&known), Meant::Flow { from, to }))
    }

    /// Those with a memo.
    pub(super) fn memo(memo: Vec<u8>) -> Self {
        Self::new(IndexKey::memo(&memo), Meant::Memo(memo))
    }

    const fn new(key: IndexKey, meant: Meant) -> Self {
        Self { key, meant, from_block: 0, to_block: u64::MAX }
    }

    /// Only those in blocks of these heights, both included.
    pub(super) fn between(self, from: Option<u64>, to: Option<u64>) -> Self {
        Self { from_block: from.unwrap_or(0), to_block: to.unwrap_or(u64::MAX), ..self }
    }

    fn means(&self, spent: &SpentTransaction, flows: &Flows) -> bool {
        match &self.meant {
            Meant::Touching(account) => flows.from.contains(account) || flows.to.contains(account),
            Meant::Flow { from, to } => {
                from.is_none_or(|from| flows.from.contains(&from)) && to.is_none_or(|to| flows.to.contains(&to))
            }
            Meant::Memo(memo) => spent.transaction.protocol().memo() == Some(memo.as_slice()),
        }
    }

    /// The transactions in final blocks, each with all its events.
    pub(super) fn find(&self, store: &Store, budget: &Budget, order: SortOrder) -> Result<Vec<Value>> {
        let range = self.from_block..=self.to_block.min(store.last_final());
        let heights = store.heights_about(self.key, range, order, MAX_BLOCKS_FOUND + 1)?;
        let too_many = || Error::new("the answer would be too long: narrow the range with `fromBlock` and `toBlock`");
        if heights.len() > MAX_BLOCKS_FOUND {
            return Err(too_many());
        }
        let mut found = Vec::new();
        for height in heights {
            let Some((block, _)) = budget.look_at(store, height)? else { continue };
            let moved = |spent: &&Arc<SpentTransaction>| {
                let flows = Flows::of(spent);
                !flows.is_empty() && self.means(spent, &flows)
            };
            let mut groups: Vec<_> = block.transactions.iter().filter(moved).collect();
            // As production sorts within a block.
            groups.sort_unstable_by_key(|spent| spent.id());
            if order == SortOrder::NewestFirst {
                groups.reverse();
            }
            if found.len() + groups.len() > MAX_TRANSFERS {
                return Err(too_many());
            }
            for spent in groups {
                budget.hold(spent.events.iter().map(event_weight).sum())?;
                found.push(group(spent));
            }
        }
        Ok(found)
    }
}

/// A page of an answer; the first one is 1.
pub(super) fn page<T>(found: Vec<T>, size: Option<usize>, page: Option<usize>) -> Result<Vec<T>> {
    match (size, page.unwrap_or(1)) {
        (Some(0), _) => Err(Error::new("maxCount must be greater than 0")),
        (_, 0) => Err(Error::new("the first page is 1")),
        (None, 1) => Ok(found),
        (None, _) => Err(Error::new("give `maxCount` with `pageCount`")),
        (Some(size), page) => Ok(found.into_iter().skip(size.saturating_mul(page - 1)).take(size).collect()),
    }
}

fn group(spent: &SpentTransaction) -> Value {
    json!({
        "events": spent.events.iter().map(decoded).collect::<Vec<_>>(),
        "origin": spent.id().to_string(),
        "block_height": spent.height,
    })
}

/// An event, decoded where it is a genesis contract's.
fn decoded(event: &Event) -> Value {
    let codec = Drivers::built_in(&event.source);
    let data = codec.and_then(|codec| codec.decode_event(&event.topic, &event.data).ok());
    json!({
        "target": HexId(&event.source).to_string(),
        "topic": event.topic,
        "data": data.unwrap_or_else(|| Value::String(hex::encode(&event.data))),
        "reverted": event.reverted,
    })
}

/// A page of a contract's events in final blocks.
pub(super) fn finalized_events(
    store: &Store,
    budget: &Budget,
    contract: ContractId,
    limit: Option<i64>,
    cursor: Option<&str>,
) -> Result<Value> {
    let limit = limit.unwrap_or(EVENTS_IN_PAGE).clamp(1, MAX_EVENTS_IN_PAGE);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let after = cursor
        .map(|cursor| decode_cursor(cursor).ok_or_else(|| Error::new("the cursor is not from an answer of this node")));
    let after = after.transpose()?;
    let from = after.map_or(0, |after| after >> PLACE_BITS);
    let range = from..=store.last_final();
    // Each block holds one event or more, except perhaps the first, whose events the cursor may have passed.
    let heights = store.heights_about(IndexKey::contract(&contract), range, SortOrder::OldestFirst, limit + 2)?;
    let mut events = Vec::new();
    for height in heights {
        let Some((block, _)) = budget.look_at(store, height)? else { continue };
        let header = block.header();
        let wanted = (0_u64..).zip(documents::origins(&block)).filter(|(_, (_, event))| event.source == contract);
        for (place, (origin, event)) in wanted {
            let id = header.height << PLACE_BITS | place;
            if after.is_none_or(|after| id > after) && events.len() <= limit {
                budget.hold(event_weight(event))?;
                let mut event = documents::event(&origin, event);
                event["id"] = json!(id);
                event["block_height"] = json!(header.height);
                event["block_hash"] = json!(hex::encode(header.hash));
                events.push((id, event));
            }
        }
        if events.len() > limit {
            break;
        }
    }
    let more = events.len() > limit;
    events.truncate(limit);
    let cursor = |end: Option<&(u64, Value)>| end.map(|(id, _)| encode_cursor(*id));
    let (start, end) = (cursor(events.first()), cursor(events.last()));
    let events: Vec<_> = events.into_iter().map(|(_, event)| event).collect();
    Ok(json!({ "events": events, "startCursor": start, "endCursor": end, "hasNextPage": more }))
}

fn encode_cursor(id: u64) -> String {
    STANDARD.encode(format!("v1:{id}"))
}

fn decode_cursor(text: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    text.strip_prefix("v1:")?.parse().ok()
}

fn parse_account(text: &str) -> Result<BlsKey> {
    text.parse().map_err(|error| Error::new(format!("`{text}` is not an account: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back() {
        for id in [0, 1, 7 << PLACE_BITS | 3, u64::MAX] {
            assert_eq!(decode_cursor(&encode_cursor(id)), Some(id));
        }
        for bad in ["", "v1:1", "djI6MQ==", "djE6LTE="] {
            assert_eq!(decode_cursor(bad), None, "{bad}");
        }
    }

    #[test]
    fn pages_begin_at_one() {
        let found = || (0..5).collect::<Vec<_>>();
        assert_eq!(page(found(), None, None).unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(page(found(), Some(2), None).unwrap(), [0, 1]);
        assert_eq!(page(found(), Some(2), Some(3)).unwrap(), [4]);
        assert!(page(found(), Some(2), Some(usize::MAX)).unwrap().is_empty());
        for (size, at) in [(Some(0), None), (Some(1), Some(0)), (None, Some(2))] {
            assert!(page(found(), size, at).is_err());
        }
    }
}

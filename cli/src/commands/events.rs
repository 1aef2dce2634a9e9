//! `cargo dusk events`

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::shown;
use crate::args::Where;
use crate::error::Fault;
use crate::figures::grouped;
use crate::ops::chain::client::{BlockEvent, BlockEvents};
use crate::ops::chain::clock;
use crate::ops::chain::connection::{self, Chain};
use crate::ops::chain::event_stream::{Follower, News};
use crate::ops::chain::labels::{ChainLabels, ends};
use crate::ops::chain::readers::{Read, Readers};
use crate::ops::interrupt::interruption;
use crate::ops::project::Project;
use crate::output::{Tone, Ui};

/// `events`
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Shows only events of this contract: a name, or an id.
    pub(crate) contract: Option<String>,
    /// Shows only events with this topic.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// First block whose events are shown. By default shows the most recent events; with `--follow`, only new ones.
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) from_block: Option<u64>,
    /// Maximum number of events to show; by default 50, or no limit with `--follow`.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Follows new events until Ctrl-C. With `--json`, prints one JSON document per line.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Where to look.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// Events that are shown where nobody says how many.
const DEFAULT_LIMIT: u64 = 50;
/// The most blocks that are looked through for them.
const MAX_BLOCKS: u64 = 10_000;
/// Blocks that are looked through at a time.
const STRIDE: u64 = 200;
/// The most contracts without a name for which the project is asked again.
const MAX_STRANGERS: usize = 1_000;

pub(super) fn run(project: &Project, options: &Events, ui: &Ui) -> Result<ExitCode> {
    let chain = Rc::new(Chain::connect(project, options.place.network.as_deref())?);
    let contract = options.contract.as_deref().map(|given| chain.contract_id(given)).transpose()?;
    let labels = ChainLabels::of(&project.settings, &chain.deployments);
    let readers = Readers::new(&chain);
    if let (Some(topic), Some(contract)) = (&options.topic, &contract) {
        check_topic(&readers, contract, topic)?;
    }
    if !chain.client.tells_events()? {
        return Err(Fault::failed(
            format!("the node at {} does not archive events", chain.client.url()),
            "use a node with an archive, such as `cargo dusk node`",
        ));
    }
    let (tip, _) = chain.client.tip()?;
    let search = Search { project, options, chain, labels, readers, contract, strangers: BTreeSet::new(), ui };
    if options.follow {
        return search.follow(options.from_block.unwrap_or(tip + 1), options.limit);
    }
    let limit = options.limit.unwrap_or(DEFAULT_LIMIT);
    match options.from_block {
        Some(from) if from > tip => Err(Fault::usage(
            format!("there is no block {} yet", grouped(from)),
            format!("the last block is {}; `--follow` waits for new events", grouped(tip)),
        )),
        Some(from) => search.forward(from, tip, limit),
        None => search.backward(tip, limit),
    }
}

/// A topic that the contract does not know is a slip of the hand.
fn check_topic(readers: &Readers, contract: &str, topic: &str) -> Result<()> {
    let Some(abi) = readers.abi(contract).filter(|abi| abi.event(topic).is_none()) else {
        return Ok(());
    };
    let topics = || abi.events.iter().map(|event| event.topic.as_str());
    let hint = crate::error::nearest(topic, topics()).map_or_else(
        || format!("its events: {}", crate::figures::listed(topics())),
        |near| format!("did you mean `{near}`?"),
    );
    Err(Fault::usage(format!("`{}` has no event `{topic}`", abi.name), hint))
}

/// Which events are wanted.
struct Search<'a> {
    project: &'a Project,
    options: &'a Events,
    chain: Rc<Chain>,
    labels: ChainLabels,
    readers: Readers,
    contract: Option<String>,
    /// Contracts whose names were looked for again.
    strangers: BTreeSet<String>,
    ui: &'a Ui,
}

/// An event with its block.
struct Found {
    height: u64,
    timestamp: u64,
    /// Its number among the events of its contract in the block.
    index: u64,
    event: BlockEvent,
}

/// Numbers the events of a block, for each contract from 0 on. The numbers do not depend on which events are shown, so
/// programs know the order of events that come from several requests.
fn numbered(events: Vec<BlockEvent>) -> Vec<(u64, BlockEvent)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let number = |event: BlockEvent| {
        let count = counts.entry(event.source.clone()).or_default();
        *count += 1;
        (*count - 1, event)
    };
    events.into_iter().map(number).collect()
}

impl Search<'_> {
    fn wants(&self, event: &BlockEvent) -> bool {
        self.contract.as_ref().is_none_or(|contract| *contract == event.source)
            && self.options.topic.as_ref().is_none_or(|topic| *topic == event.topic)
    }

    fn wanted(&self, block: BlockEvents) -> impl DoubleEndedIterator<Item = Found> + use<> {
        let BlockEvents { height, timestamp, events, .. } = block;
        let wanted: Vec<_> = numbered(events).into_iter().filter(|(_, event)| self.wants(event)).collect();
        wanted.into_iter().map(move |(index, event)| Found { height, timestamp, index, event })
    }

    /// The first events from a block on.
    fn forward(&self, from: u64, tip: u64, limit: u64) -> Result<ExitCode> {
        let mut found = Vec::new();
        let mut next = from;
        while next <= tip && (found.len() as u64) < limit {
            let last = tip.min(next + STRIDE - 1);
            for block in self.chain.client.events_between(next, last)? {
                found.extend(self.wanted(block));
            }
            next = last + 1;
        }
        let surplus = found.len() as u64 > limit;
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if let Some(last) = found.last().filter(|_| surplus || next <= tip) {
            self.ui.note(format_args!("there may be more: `--from-block {}`, or a larger --limit", last.height));
        }
        self.print(&found, from);
        Ok(ExitCode::SUCCESS)
    }

    /// The last events up to a block.
    fn backward(&self, tip: u64, limit: u64) -> Result<ExitCode> {
        let mut found = Vec::new();
        let mut below = tip + 1;
        let least = (tip + 1).saturating_sub(MAX_BLOCKS);
        while below > least && (found.len() as u64) < limit {
            let first = below.saturating_sub(STRIDE).max(least);
            for block in self.chain.client.events_between(first, below - 1)?.into_iter().rev() {
                found.extend(self.wanted(block).rev());
            }
            below = first;
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        found.reverse();
        if (found.len() as u64) < limit && below > 0 {
            self.ui.note(format_args!("searched back to block {}; `--from-block` searches further", grouped(below)));
        }
        self.print(&found, below);
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, found: &[Found], from: u64) {
        let mut documents = Vec::with_capacity(found.len());
        let mut last = None;
        for found in found {
            if last != Some(found.height) {
                let time = clock::moment(found.timestamp);
                self.ui.line(format_args!(
                    "block {} {}",
                    grouped(found.height),
                    self.ui.toned(Tone::Faint, &format!("· {time}"))
                ));
                last = Some(found.height);
            }
            let read = self.readers.event(&found.event);
            self.ui.line(format_args!("  {}", self.line(&found.event, &read)));
            documents.push(self.document(found, &read));
        }
        if found.is_empty() {
            self.ui.note("no such events");
        }
        self.ui.document(&json!({ "from_block": from, "events": documents }));
    }

    /// Shows what comes until it is enough, or Ctrl-C.
    fn follow(mut self, from: u64, limit: Option<u64>) -> Result<ExitCode> {
        let stop = interruption()?;
        let mut left = limit.unwrap_or(u64::MAX);
        let mut gone = false;
        let client = self.chain.client.clone();
        let follower = Follower::connect(&client, from, stop).map_err(connection::unreachable)?;
        self.ui.step("Following", format_args!("{} from block {}; Ctrl-C ends it", client.url(), grouped(from)));
        let followed = follower.run(|news| {
            match news {
                News::Block(block) => {
                    for found in self.wanted(block) {
                        self.meet(&found.event.source)?;
                        self.tell(&found);
                        left -= 1;
                        if left == 0 {
                            return Ok(false);
                        }
                    }
                }
                News::TakenBack(height) => {
                    self.ui.warn(format_args!("the chain reverted the blocks after {}", grouped(height)));
                    self.ui.document_line(&json!({ "taken_back_to": height }));
                }
                News::Gone(reason) if !gone => {
                    gone = true;
                    self.ui.warn(format_args!("the connection to the node is lost ({reason}); reconnecting"));
                }
                News::Gone(_) => {}
                News::Back => {
                    gone = false;
                    self.ui.step("Following", "the node again, beginning with the missed events");
                }
            }
            Ok(true)
        });
        followed.map_err(|error| match error.downcast() {
            Ok(error) => connection::unreachable(error),
            Err(other) => other,
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// A contract without a name may have been deployed since this began: the project is asked again, once.
    fn meet(&mut self, contract: &str) -> Result<()> {
        if self.labels.contract(contract).is_some() || self.strangers.len() >= MAX_STRANGERS {
            return Ok(());
        }
        if self.strangers.insert(contract.to_owned()) {
            let chain = Rc::new(Chain::connect(self.project, self.options.place.network.as_deref())?);
            self.labels = ChainLabels::of(&self.project.settings, &chain.deployments);
            self.readers = Readers::new(&chain);
            self.chain = chain;
        }
        Ok(())
    }

    fn tell(&self, found: &Found) {
        let read = self.readers.event(&found.event);
        let height = self.ui.toned(Tone::Faint, &format!("{:>6}", grouped(found.height)));
        self.ui.line(format_args!("{height}  {}", self.line(&found.event, &read)));
        self.ui.document_line(&self.document(found, &read));
    }

    /// An event, and the transaction that caused it.
    fn line(&self, event: &BlockEvent, read: &Read) -> String {
        let origin = self.ui.toned(Tone::Faint, &ends(&event.origin));
        format!("{origin} {}", shown::event(self.ui, &self.labels, event, read))
    }

    fn document(&self, found: &Found, read: &Read) -> Value {
        let mut document = shown::event_document(&self.labels, &found.event, read);
        document["block"] = found.height.into();
        document["index"] = found.index.into();
        document["timestamp"] = found.timestamp.into();
        document["tx"] = found.event.origin.as_str().into();
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_of_each_contract_are_numbered_within_the_block() {
        let event = |source: &str, topic: &str, reverted| BlockEvent {
            origin: "aa".to_owned(),
            source: source.to_owned(),
            topic: topic.to_owned(),
            data: Vec::new(),
            reverted,
        };
        let events = vec![
            event("01", "a", false),
            event("02", "b", false),
            event("01", "c", true),
            event("01", "d", false),
            event("02", "e", false),
        ];
        let numbers: Vec<_> = numbered(events).into_iter().map(|(index, event)| (event.topic, index)).collect();
        let expected = [("a", 0), ("b", 0), ("c", 1), ("d", 2), ("e", 1)];
        assert_eq!(numbers, expected.map(|(topic, index)| (topic.to_owned(), index)));
    }
}

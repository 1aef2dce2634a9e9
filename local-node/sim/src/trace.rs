//! The latest things that happened in a run, as they are drawn.

use std::collections::VecDeque;

use local_node_consensus::Millis;

/// The most things that are remembered.
const MAX_ITEMS: usize = 4096;

/// A change of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A block was accepted.
    Accepted,
    /// Blocks became final.
    Final,
    /// Blocks were taken back.
    Reverted,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A message, by its topic on the wire.
    Message {
        /// The sender.
        from: usize,
        /// To whom.
        to: usize,
        /// When it comes.
        until: Millis,
        /// Its topic.
        topic: u8,
    },
    /// Something went wrong, or was mended.
    Fault(String),
    /// The chain of a node changed.
    Chain {
        /// The node.
        node: usize,
        /// How.
        change: Change,
        /// In words.
        what: String,
    },
}

/// The latest items with their moments since the start, in order.
#[derive(Debug, Clone, Default)]
pub struct Trace(VecDeque<(Millis, Item)>);

impl Trace {
    /// Adds an item.
    pub fn add(&mut self, at: Millis, item: Item) {
        if self.0.len() == MAX_ITEMS {
            self.0.pop_front();
        }
        self.0.push_back((at, item));
    }

    /// The items, the earliest first.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = &(Millis, Item)> {
        self.0.iter()
    }
}

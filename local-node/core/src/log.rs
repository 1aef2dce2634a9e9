//! The positions of records.

use crate::interface::{Output, Position, Record};

/// The most records that wait for the disk. When there are more, the disk hangs, and the consensus waits.
const MAX_WAITING_RECORDS: u64 = 4096;

/// Numbers records, and knows which of them are on disk.
#[derive(Debug)]
pub(crate) struct Log {
    last: Position,
    durable: Position,
}

impl Log {
    pub(crate) const fn new(durable: Position) -> Self {
        Self { last: durable, durable }
    }

    /// The position of the last record.
    pub(crate) const fn last(&self) -> Position {
        self.last
    }

    pub(crate) fn append(&mut self, record: Record, out: &mut Vec<Output>) {
        self.last.0 += 1;
        out.push(Output::Persist { position: self.last, record });
    }

    /// Records up to `position` are on disk. What was never written cannot be.
    pub(crate) fn on_durable(&mut self, position: Position) {
        self.durable = self.durable.max(position.min(self.last));
    }

    /// Whether the disk cannot keep up.
    pub(crate) const fn is_clogged(&self) -> bool {
        self.last.0 - self.durable.0 >= MAX_WAITING_RECORDS
    }
}

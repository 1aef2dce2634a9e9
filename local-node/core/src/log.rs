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

    /// Records up to `position` are on disk. Records that were never written cannot be.
    pub(crate) fn on_durable(&mut self, position: Position) {
        self.durable = self.durable.max(position.min(self.last));
    }

    /// Whether the disk cannot keep up.
    pub(crate) const fn is_clogged(&self) -> bool {
        self.last.0 - self.durable.0 >= MAX_WAITING_RECORDS
    }
}

#[cfg(test)]
mod tests {
    use local_node_consensus::Persist;

    use super::*;

    #[test]
    fn a_disk_that_hangs_clogs_the_log_and_frees_it_when_it_goes_on() {
        let (mut log, mut out) = (Log::new(Position(7)), Vec::new());
        for round in 0..MAX_WAITING_RECORDS {
            assert!(!log.is_clogged());
            let record = Persist::Iteration { prev_block_hash: [0; 32], round, iteration: 0 };
            log.append(Record::Consensus(record), &mut out);
        }
        assert!(log.is_clogged());
        assert!(matches!(out[0], Output::Persist { position: Position(8), .. }));
        log.on_durable(Position(u64::MAX));
        assert!(!log.is_clogged());
        assert_eq!(log.durable, log.last());
    }
}

//! The log of records: acts of the consensus, written before others hear of them.
//!
//! It is a database of its own beside the chain's, so that a vote does not wait for a block that is being written. A
//! thread writes all records that wait in one transaction, and then says up to which position they are on the medium.
//! Records of rounds that are final are removed.
//!
//! Without a vote that it has sent, a node may cast another one. So the log opens with all that was durable or not at
//! all: each page is checked, and commits have two phases, so that a damaged last commit does not pass for one that was
//! interrupted. Two things are not covered: a file cut to nothing, which is a new log, and the bit of the database's
//! header that says which of the last two commits is the latest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use local_node_core::{Position, Record};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::sync::mpsc;

use super::record::{LATEST, decode, encode, last_round};
use crate::store::StoreError;
use crate::work::contained;

/// The file in the data folder.
const FILE: &str = "consensus.redb";
/// Records by their positions.
const RECORDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");
/// The most orders that wait for the disk. The core stops at fewer records.
const MAX_ORDERS: usize = 8192;

/// A job of the thread.
enum Order {
    Write(Position, Box<Record>),
    /// Remove what is of no use after this round.
    Settle(u64),
}

/// The loop's end of the log.
pub(super) struct Log(Option<Thread>);

struct Thread {
    orders: Option<SyncSender<Order>>,
    handle: Option<JoinHandle<()>>,
}

/// The contents of the log when the node starts.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) records: Vec<Record>,
    pub(super) last: Position,
}

/// Positions that are durable, or why nothing more can be written.
pub(super) type Written = mpsc::Receiver<Result<Position, StoreError>>;

impl Log {
    /// The log of a node whose votes nobody else hears of, or that has no folder: nothing is kept.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// The log in a data folder.
    pub(super) fn open(folder: &Path) -> Result<(Self, Remembered, Written), StoreError> {
        let file = folder.join(FILE);
        // Altered bytes can make the database panic.
        let opened = contained(|| read(&file)).unwrap_or_else(|text| Err(StoreError::Damaged(text)));
        let (database, remembered, rounds) = opened.map_err(|error| match error {
            StoreError::Damaged(what) => StoreError::Damaged(format!("{FILE}: {what}")),
            other => other,
        })?;
        let (orders, receiver) = sync_channel(MAX_ORDERS);
        let (sender, written) = mpsc::channel(MAX_ORDERS);
        let run = move || run(&database, rounds, &receiver, &sender);
        let handle = std::thread::Builder::new()
            .name("local-node-log".into())
            .spawn(run)
            .map_err(|error| StoreError::Io(error.into()))?;
        Ok((Self(Some(Thread { orders: Some(orders), handle: Some(handle) })), remembered, written))
    }

    /// Whether records have to be awaited.
    pub(super) const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a record after the last one.
    pub(super) fn append(&self, position: Position, record: Record) {
        self.give(Order::Write(position, Box::new(record)));
    }

    /// All blocks up to a height are final.
    pub(super) fn settle(&self, height: u64) {
        self.give(Order::Settle(height));
    }

    /// An order that finds no room, or no thread, is dropped: the core waits for a position that never comes, and the
    /// thread has told why it ended.
    fn give(&self, order: Order) {
        if let Some(orders) = self.0.as_ref().and_then(|thread| thread.orders.as_ref()) {
            let _ = orders.try_send(order);
        }
    }

    /// Waits until everything is written, and closes the file.
    pub(super) fn end(&mut self) {
        if let Some(thread) = &mut self.0 {
            thread.orders = None;
            if let Some(handle) = thread.handle.take() {
                drop(handle.join());
            }
        }
    }
}

/// Opens the database and reads what it holds, with the last rounds of records by their positions.
fn read(file: &Path) -> Result<(Database, Remembered, BTreeMap<u64, u64>), StoreError> {
    let opened = Database::builder().set_check_integrity_on_open(true).create(file);
    let database = opened.map_err(redb::Error::from)?;
    let mut creation = database.begin_write()?;
    creation.set_two_phase_commit(true);
    creation.open_table(RECORDS)?;
    creation.commit()?;
    let (mut remembered, mut rounds) = (Remembered::default(), BTreeMap::new());
    for row in database.begin_read()?.open_table(RECORDS)?.iter()? {
        let (position, bytes) = row?;
        let record = decode(bytes.value())?;
        rounds.insert(position.value(), last_round(&record));
        remembered.records.push(record);
        remembered.last = Position(position.value());
    }
    Ok((database, remembered, rounds))
}

fn run(
    database: &Database,
    mut rounds: BTreeMap<u64, u64>,
    orders: &Receiver<Order>,
    written: &mpsc::Sender<Result<Position, StoreError>>,
) {
    while let Ok(first) = orders.recv() {
        let batch = std::iter::once(first).chain(orders.try_iter().take(MAX_ORDERS - 1));
        let told = write(database, &mut rounds, batch);
        let failed = told.is_err();
        if let Some(told) = told.transpose()
            && (written.blocking_send(told).is_err() || failed)
        {
            return;
        }
    }
}

/// Carries out orders in one transaction. Gives the position of the last record that was among them.
fn write(
    database: &Database,
    rounds: &mut BTreeMap<u64, u64>,
    batch: impl Iterator<Item = Order>,
) -> Result<Option<Position>, StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    let mut last = None;
    {
        let mut table = transaction.open_table(RECORDS)?;
        for order in batch {
            match order {
                Order::Write(position, record) => {
                    table.insert(position.0, encode(&record).as_slice())?;
                    rounds.insert(position.0, last_round(&record));
                    last = Some(position);
                }
                Order::Settle(round) => {
                    for position in superfluous(rounds, round) {
                        table.remove(position)?;
                        rounds.remove(&position);
                    }
                }
            }
        }
    }
    transaction.commit()?;
    Ok(last)
}

/// The positions of records that are of no use when a round is final. The last record stays, so that positions go on
/// from it.
fn superfluous(rounds: &BTreeMap<u64, u64>, settled: u64) -> Vec<u64> {
    let last_of = |wanted: &dyn Fn(u64) -> bool| rounds.iter().rev().find(|(_, of)| wanted(**of)).map(|(at, _)| *at);
    let (newest, latest_times) = (last_of(&|_| true), last_of(&|of| of == LATEST));
    let is_of_use = |position: u64, of: u64| {
        Some(position) == newest || if of == LATEST { Some(position) == latest_times } else { of > settled }
    };
    rounds.iter().filter(|(position, of)| !is_of_use(**position, **of)).map(|(position, _)| *position).collect()
}

#[cfg(test)]
mod tests {
    use local_node_consensus::Persist;

    use super::*;

    fn record(round: u64) -> Record {
        Record::Consensus(Persist::Iteration { prev_block_hash: [7; 32], round, iteration: 1 })
    }

    fn rounds(remembered: &Remembered) -> Vec<u64> {
        remembered.records.iter().map(last_round).collect()
    }

    #[test]
    fn records_outlive_the_process_until_their_rounds_are_final() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut log, remembered, mut written) = Log::open(folder.path()).expect("it opens");
        assert_eq!((rounds(&remembered), remembered.last), (vec![], Position(0)));
        (1..=6).for_each(|position| log.append(Position(position), record(position / 2)));
        let mut durable = Position(0);
        while durable < Position(6) {
            durable = written.blocking_recv().expect("the thread runs").expect("it writes");
        }
        log.settle(2);
        log.end();

        let (mut log, remembered, _written) = Log::open(folder.path()).expect("it opens again");
        assert_eq!((rounds(&remembered), remembered.last), (vec![3], Position(6)));
        log.settle(3);
        log.end();
        let (_, remembered, _written) = Log::open(folder.path()).expect("it opens again");
        // Positions never begin anew.
        assert_eq!((rounds(&remembered), remembered.last), (vec![3], Position(6)));
    }

    #[test]
    fn of_step_times_the_last_stay() {
        let rounds = BTreeMap::from([(1, LATEST), (2, 7), (3, LATEST), (4, 8), (5, 7)]);
        assert_eq!(superfluous(&rounds, 7), [1, 2]);
        assert_eq!(superfluous(&rounds, 8), [1, 2, 4]);
    }

    /// The bytes of a log that has told these records durable, one after the other, as a process leaves them that is
    /// killed now, and as one leaves them that ends.
    fn left_behind(records: u64) -> [Vec<u8>; 2] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        let (mut log, _, mut written) = Log::open(folder.path()).expect("it opens");
        for position in 1..=records {
            log.append(Position(position), record(position));
            let durable = written.blocking_recv().expect("the thread runs").expect("it writes");
            assert_eq!(durable, Position(position));
        }
        let killed = std::fs::read(&file).expect("it is there");
        log.end();
        [killed, std::fs::read(&file).expect("it is there")]
    }

    /// The records of a log with these bytes.
    fn reopened(bytes: &[u8]) -> Result<(Vec<u64>, Position), StoreError> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), bytes).expect("it is written");
        let (mut log, remembered, _written) = Log::open(folder.path())?;
        log.end();
        Ok((rounds(&remembered), remembered.last))
    }

    #[test]
    fn a_torn_file_is_refused_or_holds_all_that_was_durable() {
        const RECORDS: u64 = 40;
        let whole = || ((1..=RECORDS).collect::<Vec<_>>(), Position(RECORDS));
        for (end, bytes) in ["killed", "ended"].into_iter().zip(left_behind(RECORDS)) {
            assert_eq!(reopened(&bytes).expect("nothing is torn"), whole(), "{end}");
            let cuts = (1..bytes.len()).step_by(bytes.len() / 16).map(|length| (length, bytes[..length].to_vec()));
            // Flips hit what is written; most of the file is room for more.
            let places: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place] != 0).collect();
            let flips = places.iter().step_by(places.len() / 40 + 1).map(|place| {
                let mut flipped = bytes.clone();
                flipped[*place] ^= 0x40;
                (*place, flipped)
            });
            let mut refused = 0;
            for (place, torn) in cuts.chain(flips) {
                match reopened(&torn) {
                    Ok(found) => assert_eq!(found, whole(), "{end}, torn at {place} of {}", bytes.len()),
                    Err(_) => refused += 1,
                }
            }
            assert!(refused > 0, "{end}: some of it is of use");
        }
    }

    #[test]
    fn altered_records_are_refused_by_the_name_of_the_file() {
        let [_, bytes] = left_behind(3);
        // The hash of the tip, wherever a record has it: pages that are of no use any more have records as well.
        let is_hash = |window: &[u8]| window.iter().all(|byte| *byte == 7);
        let places = bytes.windows(32).enumerate().filter(|(_, window)| is_hash(window)).map(|(place, _)| place);
        let mut altered = bytes.clone();
        places.for_each(|place| altered[place] ^= 1);
        assert_ne!(altered, bytes);
        match reopened(&altered) {
            Err(StoreError::Damaged(what)) => assert!(what.starts_with(FILE), "{what}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_that_is_no_log_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), b"no database").expect("it is written");
        assert!(Log::open(folder.path()).is_err());
    }
}

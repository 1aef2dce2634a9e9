//! A driver of the core in virtual time: its log, its ledger, and what waits for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use local_node_consensus::Millis;
use local_node_consensus::Persist;
use local_node_core::mempool::TxId;
use local_node_core::{Answer, Cause, Core, IngressId, LedgerId, LedgerRequest, PeerId, Position, Record, Target};
use local_node_types::codec::{Decode, Encode};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, ConsensusHeader, Hash, LedgerTransaction, StepName, Vote};
use local_node_types::message::{Frame, InventoryItem, Message, ValidationQuorum, ValidationResult};
use sha3::{Digest, Sha3_256};

use crate::ledger::Ledger;
use crate::ledger::real::RealLedger;

/// Where a frame names its topic.
const TOPIC_PLACE: usize = 5;

/// A vote as it is recorded.
pub(crate) type CastVote = (ConsensusHeader, StepName, Vote);

/// The identity of a broadcast on its way: its hash.
pub(crate) type Ray = Hash;

/// The log of a node: the written records, and how many of them are on disk.
#[derive(Debug, Default)]
pub(crate) struct Log {
    records: Vec<Record>,
    durable: usize,
    /// The votes that are on disk.
    votes: BTreeSet<CastVote>,
}

impl Log {
    /// Writes a record.
    pub(crate) fn append(&mut self, record: Record) {
        self.records.push(record);
    }

    /// The position of the last record.
    #[must_use]
    pub(crate) const fn last(&self) -> Position {
        Position(self.records.len() as u64)
    }

    /// The position up to which records are on disk.
    #[must_use]
    pub(crate) const fn durable(&self) -> Position {
        Position(self.durable as u64)
    }

    /// Records up to `position` are on disk.
    pub(crate) fn sync(&mut self, position: Position) {
        let durable = usize::try_from(position.0).unwrap_or(usize::MAX).min(self.records.len());
        while self.durable < durable {
            if let Record::Consensus(Persist::Vote { header, step, vote }) = &self.records[self.durable] {
                self.votes.insert((*header, *step, *vote));
            }
            self.durable += 1;
        }
    }

    /// Loses the records that are not on disk, except `kept` of them. Returns the number of lost ones, with a torn one.
    pub(crate) fn crash(&mut self, kept: usize) -> usize {
        let keep = (self.durable + kept).min(self.records.len());
        let lost = self.records.len() - keep;
        self.records.truncate(keep);
        self.sync(self.last());
        lost
    }

    /// Loses everything, as an adversary's log does. Says whether votes were on disk.
    pub(crate) fn forget(&mut self) -> bool {
        let had_votes = !self.votes.is_empty();
        *self = Self::default();
        had_votes
    }

    /// Whether a vote is on disk.
    #[must_use]
    pub(crate) fn holds(&self, vote: &CastVote) -> bool {
        self.votes.contains(vote)
    }

    /// The written records, on disk or not.
    #[must_use]
    pub(crate) fn all(&self) -> &[Record] {
        &self.records
    }

    /// The records on disk.
    #[must_use]
    pub(crate) fn records(&self) -> &[Record] {
        &self.records[..self.durable]
    }
}

/// A message that waits for the log.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The position that has to be on disk.
    pub(crate) after: Position,
    /// To whom it goes.
    pub(crate) to: Target,
    /// The message.
    pub(crate) message: Box<Message>,
}

/// A message as it travels. It is decoded once, and not again at each node.
#[derive(Debug)]
pub(crate) struct Packet {
    /// The frame.
    pub(crate) bytes: Vec<u8>,
    /// The decoded message.
    pub(crate) message: Message,
}

impl Packet {
    /// The message as others read it, and its hash.
    ///
    /// # Panics
    /// When what was encoded does not decode: then no node could read it.
    pub(crate) fn new(mut message: Message) -> (Ray, Arc<Self>) {
        let bytes = Frame::from(message.clone()).encoded();
        // Transfers in a block stay as they are: each was decoded when it was sent, and its points take milliseconds.
        let transfers = transfers_of(&mut message).map(std::mem::take);
        let ray = Sha3_256::digest(&bytes).into();
        let read = |bytes: &[u8]| Frame::decode_all(bytes).expect("a frame that was encoded decodes").message;
        let mut message = match (&transfers, &message) {
            (Some(_), _) => read(&Frame::from(message).encoded()),
            (None, Message::Transaction(_)) => read_transfer(ray, || read(&bytes)),
            _ => read(&bytes),
        };
        if let (Some(place), Some(transfers)) = (transfers_of(&mut message), transfers) {
            *place = transfers;
        }
        (ray, Arc::new(Self { bytes, message }))
    }

    /// The number of its topic.
    pub(crate) fn topic(&self) -> u8 {
        self.bytes.get(TOPIC_PLACE).copied().unwrap_or_default()
    }
}

/// The most transfers that are remembered; when there are more, all are forgotten.
const MAX_TRANSFERS: usize = 10_000;

/// Decodes a transfer, once in a process: clients send the same ones in every run.
fn read_transfer(ray: Ray, read: impl FnOnce() -> Message) -> Message {
    static KNOWN: Mutex<BTreeMap<Ray, Message>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MAX_TRANSFERS {
        known.clear();
    }
    known.entry(ray).or_insert_with(read).clone()
}

/// The transfers of the block in a message.
fn transfers_of(message: &mut Message) -> Option<&mut Vec<LedgerTransaction>> {
    match message {
        Message::Candidate(block) | Message::Block(block) => Some(&mut block.transactions),
        _ => None,
    }
}

/// A message that came in and has not been judged.
#[derive(Debug)]
pub(crate) struct Ingress {
    /// The sender.
    pub(crate) from: usize,
    /// Its identity, if it was broadcast.
    pub(crate) ray: Option<Ray>,
    /// The message as it travels.
    pub(crate) packet: Arc<Packet>,
}

/// The speed of a true clock, in thousandths.
const TRUE_SPEED: u64 = 1000;

/// A clock that is ahead or behind, and too fast or too slow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// The moment since which it runs at this speed.
    since: Millis,
    /// The time that it showed then.
    shows: Millis,
    /// Its speed in thousandths of the true one.
    speed: u64,
}

impl Clock {
    /// A true clock, except that it is ahead.
    pub(crate) const fn ahead(now: Millis, ahead: Millis) -> Self {
        Self { since: now, shows: now.plus(ahead), speed: TRUE_SPEED }
    }

    /// The time that it shows.
    pub(crate) const fn at(&self, now: Millis) -> Millis {
        self.shows.plus(Millis(now.since(self.since).0 * self.speed / TRUE_SPEED))
    }

    /// When it shows `wanted` at the earliest.
    pub(crate) const fn when(&self, wanted: Millis) -> Millis {
        self.since.plus(Millis((wanted.since(self.shows).0 * TRUE_SPEED).div_ceil(self.speed)))
    }

    /// Jumps ahead.
    pub(crate) const fn jump(&mut self, now: Millis, ahead: Millis) {
        *self = Self { since: now, shows: self.at(now).plus(ahead), speed: self.speed };
    }

    /// Runs at another speed from now on.
    pub(crate) const fn drift(&mut self, now: Millis, speed: u64) {
        *self = Self { since: now, shows: self.at(now), speed };
    }
}

/// A simulated node.
#[derive(Debug)]
pub(crate) struct Node {
    /// The provisioners with whose keys it votes.
    pub(crate) keys: Vec<u64>,
    /// The core; `None` while the node is down.
    pub(crate) core: Option<Core>,
    /// Counts restarts. Requests of an earlier life get no answer.
    pub(crate) life: u64,
    /// Its log.
    pub(crate) log: Log,
    /// Whether the disk is writing.
    pub(crate) syncing: bool,
    /// Outputs that wait for the log.
    pub(crate) outbox: Vec<Waiting>,
    /// Its chain, which is on disk.
    pub(crate) ledger: Ledger,
    /// The real ledger, of which `ledger` is the index; nothing where the model executes blocks.
    pub(crate) real: Option<RealLedger>,
    /// Requests to the ledger without an answer yet.
    pub(crate) pending: BTreeMap<LedgerId, LedgerRequest>,
    /// The next name of a message.
    pub(crate) next_ingress: u64,
    /// Messages that have not been judged.
    pub(crate) open: BTreeMap<IngressId, Ingress>,
    /// Broadcasts that were received.
    pub(crate) seen: BTreeSet<Ray>,
    /// Broadcasts that were passed on.
    pub(crate) forwarded: BTreeSet<Ray>,
    /// The tips on which it has begun rounds, with the latest iteration; the latest last.
    pub(crate) begun: Vec<(Hash, u8)>,
    /// Peers that the core has dropped.
    pub(crate) dropped: BTreeSet<PeerId>,
    /// When the timer is set to fire, by the world's clock.
    pub(crate) timer: Option<Millis>,
    /// How long the disk may take, in milliseconds.
    pub(crate) disk: u64,
    /// How long the ledger may take, in milliseconds.
    pub(crate) work: u64,
    /// Whether the disk is full.
    pub(crate) full: bool,
    /// Whether it stops after the next change of its ledger.
    pub(crate) stops_in_ledger: bool,
    /// After how many more outputs it stops.
    pub(crate) stops_in_outputs: Option<u8>,
    /// Its clock.
    pub(crate) clock: Clock,
    /// The latest time that its cores were told, over all lives.
    pub(crate) latest: Millis,
    /// The height up to which the checkers have seen final blocks.
    pub(crate) settled: u64,
    /// Whether its chain has stalled.
    pub(crate) stalled: bool,
    /// The heights of blocks that it has taken back because its chain had stalled, or for a cause that it could not
    /// tell before it stopped.
    pub(crate) yielded: BTreeSet<u64>,
    /// The iteration and hash of the first block of the branch that it is leaving, and why.
    pub(crate) left: Option<(Cause, (u8, Hash))>,
    /// The peers that blocks came from since no block was wanted last.
    pub(crate) sources: BTreeSet<usize>,
    /// The senders and nonces of transfers in blocks that were taken back, until a block holds these nonces again.
    pub(crate) owed: BTreeSet<(BlsKey, u64)>,
    /// Whether its core has taken the transfer that it was given last.
    pub(crate) taken: bool,
    /// The transfers that its core has let into the mempool: neither is one in a block since, nor has its removal been
    /// told.
    pub(crate) admitted: BTreeSet<TxId>,
}

impl Node {
    /// A node that is down, with an empty chain.
    #[must_use]
    pub(crate) const fn new(keys: Vec<u64>, ledger: Ledger, real: Option<RealLedger>) -> Self {
        Self {
            keys,
            core: None,
            life: 0,
            log: Log { records: Vec::new(), durable: 0, votes: BTreeSet::new() },
            syncing: false,
            outbox: Vec::new(),
            ledger,
            real,
            pending: BTreeMap::new(),
            next_ingress: 0,
            open: BTreeMap::new(),
            seen: BTreeSet::new(),
            forwarded: BTreeSet::new(),
            begun: Vec::new(),
            dropped: BTreeSet::new(),
            timer: None,
            disk: 20,
            work: 10,
            full: false,
            stops_in_ledger: false,
            stops_in_outputs: None,
            clock: Clock { since: Millis(0), shows: Millis(0), speed: TRUE_SPEED },
            latest: Millis(0),
            settled: 0,
            stalled: false,
            yielded: BTreeSet::new(),
            left: None,
            sources: BTreeSet::new(),
            owed: BTreeSet::new(),
            taken: false,
            admitted: BTreeSet::new(),
        }
    }

    /// Carries a request to the ledger out; an error beside the answer is a violation.
    pub(crate) fn work(&mut self, id: LedgerId, request: LedgerRequest) -> (Answer, Result<(), String>) {
        match &mut self.real {
            Some(real) => real.carry_out(id, request, &mut self.ledger),
            None => (self.ledger.carry_out(request), Ok(())),
        }
    }

    /// The answer to a peer that asks for an item, from the blocks on disk.
    #[must_use]
    pub(crate) fn look_up(&self, item: &InventoryItem) -> Option<Message> {
        let block = |height: u64| self.ledger.at(height).map(|stored| Box::new(stored.block.clone()));
        match item {
            InventoryItem::BlockFromHash(hash) => {
                self.ledger.height_of(hash).filter(|height| *height > 0).and_then(block).map(Message::Block)
            }
            InventoryItem::BlockFromHeight(height) => block(*height).filter(|_| *height > 0).map(Message::Block),
            InventoryItem::CandidateFromHash(hash) => {
                self.candidate(|block| block.header.hash == *hash).map(Message::Candidate)
            }
            InventoryItem::CandidateFromIteration(header) => {
                self.candidate(|block| block.header.consensus_header() == *header).map(Message::Candidate)
            }
            InventoryItem::ValidationResult(header) => self
                .result(header)
                .map(|result| Message::ValidationQuorum(Box::new(ValidationQuorum { header: *header, result }))),
            InventoryItem::MempoolTransaction(_) => None,
        }
    }

    fn candidate(&self, wanted: impl Fn(&Block) -> bool) -> Option<Box<Block>> {
        self.log.records().iter().rev().find_map(|record| match record {
            Record::Consensus(Persist::Candidate(block)) if wanted(block) => Some(block.clone()),
            _ => None,
        })
    }

    fn result(&self, wanted: &ConsensusHeader) -> Option<ValidationResult> {
        self.log.records().iter().rev().find_map(|record| match record {
            Record::Consensus(Persist::ValidationResult(header, result)) if header == wanted => Some(*result),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_jumps_and_drifts_and_never_goes_back() {
        let mut clock = Clock::ahead(Millis(1000), Millis(5));
        assert_eq!((clock.at(Millis(1000)), clock.when(Millis(1105))), (Millis(1005), Millis(1100)));
        clock.drift(Millis(2000), 900);
        assert_eq!(clock.at(Millis(3000)), Millis(2905));
        for wanted in 2006..3000 {
            let at = clock.when(Millis(wanted));
            assert!(clock.at(at) >= Millis(wanted) && clock.at(Millis(at.0 - 1)) < Millis(wanted));
        }
        clock.jump(Millis(3000), Millis(700));
        assert_eq!(clock.at(Millis(3000)), Millis(3605));
    }
}

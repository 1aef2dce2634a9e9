//! A driver of the core in virtual time: its log, its ledger, and what waits for them.

use std::collections::{BTreeMap, BTreeSet};

use local_node_consensus::Millis;
use local_node_consensus::Persist;
use local_node_core::{Cause, Core, IngressId, LedgerId, LedgerRequest, PeerId, Position, Record, Target};
use local_node_types::ledger::{Block, ConsensusHeader, Hash, StepName, Vote};
use local_node_types::message::{InventoryItem, Message, ValidationQuorum, ValidationResult};

use crate::ledger::Ledger;

/// A vote as it is recorded.
pub(crate) type CastVote = (ConsensusHeader, StepName, Vote);

/// What a broadcast is known by on its way: its hash.
pub(crate) type Ray = Hash;

/// The log of a node: what was written, and what of it is on disk.
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

    /// Loses what is not on disk, but for `kept` records of it. Returns how many were lost.
    pub(crate) fn crash(&mut self, kept: usize) -> usize {
        let keep = (self.durable + kept).min(self.records.len());
        let lost = self.records.len() - keep;
        self.records.truncate(keep);
        self.sync(self.last());
        lost
    }

    /// Whether a vote is on disk.
    #[must_use]
    pub(crate) fn holds(&self, vote: &CastVote) -> bool {
        self.votes.contains(vote)
    }

    /// What is on disk.
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

/// A message that came in and has not been judged.
#[derive(Debug)]
pub(crate) struct Ingress {
    /// Who sent it.
    pub(crate) from: usize,
    /// What it is known by, if it was broadcast.
    pub(crate) ray: Option<Ray>,
    /// The message as it travels.
    pub(crate) bytes: std::sync::Arc<[u8]>,
}

/// A simulated node.
#[derive(Debug)]
pub(crate) struct Node {
    /// The provisioners with whose keys it votes.
    pub(crate) keys: Vec<u64>,
    /// The core; `None` while the node is down.
    pub(crate) core: Option<Core>,
    /// Counts restarts: what was asked for in an earlier life is not answered.
    pub(crate) life: u64,
    /// Its log.
    pub(crate) log: Log,
    /// Whether the disk is writing.
    pub(crate) syncing: bool,
    /// What waits for the log.
    pub(crate) outbox: Vec<Waiting>,
    /// Its chain, which is on disk.
    pub(crate) ledger: Ledger,
    /// What the ledger was asked for.
    pub(crate) pending: BTreeMap<LedgerId, LedgerRequest>,
    /// The next name of a message.
    pub(crate) next_ingress: u64,
    /// Messages that have not been judged.
    pub(crate) open: BTreeMap<IngressId, Ingress>,
    /// Broadcasts that were received.
    pub(crate) seen: BTreeSet<Ray>,
    /// Broadcasts that were passed on.
    pub(crate) forwarded: BTreeSet<Ray>,
    /// Peers that the core has dropped.
    pub(crate) dropped: BTreeSet<PeerId>,
    /// When the timer is set to fire, by the world's clock.
    pub(crate) timer: Option<Millis>,
    /// How long the disk may take, in milliseconds.
    pub(crate) disk: u64,
    /// How long the ledger may take, in milliseconds.
    pub(crate) work: u64,
    /// The height up to which the checkers have seen final blocks.
    pub(crate) settled: u64,
    /// Whether it ever changed branches because its chain had stalled.
    pub(crate) yielded: bool,
    /// The iteration and hash of the first block of the branch that it is leaving, and why.
    pub(crate) left: Option<(Cause, (u8, Hash))>,
    /// The peers that blocks came from.
    pub(crate) sources: BTreeSet<usize>,
}

impl Node {
    /// A node that is down, with an empty chain.
    #[must_use]
    pub(crate) const fn new(keys: Vec<u64>, ledger: Ledger) -> Self {
        Self {
            keys,
            core: None,
            life: 0,
            log: Log { records: Vec::new(), durable: 0, votes: BTreeSet::new() },
            syncing: false,
            outbox: Vec::new(),
            ledger,
            pending: BTreeMap::new(),
            next_ingress: 0,
            open: BTreeMap::new(),
            seen: BTreeSet::new(),
            forwarded: BTreeSet::new(),
            dropped: BTreeSet::new(),
            timer: None,
            disk: 20,
            work: 10,
            settled: 0,
            yielded: false,
            left: None,
            sources: BTreeSet::new(),
        }
    }

    /// What a peer is given for an item that it asks for, from what is on disk.
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

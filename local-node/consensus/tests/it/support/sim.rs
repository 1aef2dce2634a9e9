//! A deterministic simulation of several nodes: one queue of events in the order of their times, a seed, faults.

use std::collections::BTreeMap;

use dusk_core::signatures::bls::SecretKey;
use local_node_consensus::{Config, Consensus, Input, Millis, Output, Persist, TimerId};
use local_node_types::codec::{Decode, Encode};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, ConsensusHeader, Fault, Hash, StepName, Vote};
use local_node_types::message::{Frame, InventoryItem, Message, ValidationQuorum, ValidationResult};

use super::{Chain, GENESIS_TIME, Rng, build, provisioners, secret, verify};

/// Faults of the network between nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Faults {
    /// Messages that get lost, in percent.
    pub(crate) loss: u64,
    /// Messages that arrive twice, in percent.
    pub(crate) duplication: u64,
    /// The longest time that a message takes, in milliseconds. Times differ, so messages overtake each other.
    pub(crate) delay: u64,
}

pub(crate) const CALM: Faults = Faults { loss: 0, duplication: 0, delay: 20 };

enum Event {
    Receive(Message),
    Timer(TimerId),
    /// Time to ask a peer for its chain.
    Sync,
    /// A peer's last blocks.
    Blocks(Vec<Block>),
}

pub(crate) struct Node {
    pub(crate) chain: Chain,
    pub(crate) consensus: Consensus,
    pub(crate) up: bool,
    keys: Vec<u64>,
    /// The persisted records: they survive a crash.
    records: Vec<Persist>,
    candidates: BTreeMap<Hash, Block>,
    results: BTreeMap<(u64, u8), ValidationResult>,
    /// Every vote that was ever sent, to see whether a node contradicts itself.
    votes: BTreeMap<(ConsensusHeader, StepName, BlsKey), Vote>,
    pub(crate) misbehaviour: Vec<Fault>,
    /// A generation of timers: a crash forgets those that are armed.
    life: u64,
}

pub(crate) struct Sim {
    pub(crate) config: Config,
    pub(crate) nodes: Vec<Node>,
    pub(crate) now: Millis,
    pub(crate) faults: Faults,
    /// Nodes that do not hear the others: a message passes when both are in the same group.
    pub(crate) groups: Vec<u8>,
    /// Candidates are withheld by these nodes.
    pub(crate) silent_proposers: Vec<usize>,
    rng: Rng,
    events: BTreeMap<(Millis, u64), (usize, u64, Event)>,
    serial: u64,
}

const SYNC_EVERY: u64 = 3000;

impl Sim {
    /// `keys[n]` are the numbers of the provisioners with whose keys node `n` votes.
    pub(crate) fn new(seed: u64, config: Config, keys: &[&[u64]], faults: Faults) -> Self {
        let count = keys.iter().flat_map(|keys| keys.iter()).copied().max().unwrap_or(0);
        let chain = Chain::new(provisioners(count));
        let nodes = keys.iter().map(|keys| Node {
            chain: chain.clone(),
            consensus: Consensus::new(config, secrets(keys)),
            up: true,
            keys: keys.to_vec(),
            records: Vec::new(),
            candidates: BTreeMap::new(),
            results: BTreeMap::new(),
            votes: BTreeMap::new(),
            misbehaviour: Vec::new(),
            life: 0,
        });
        let mut sim = Self {
            config,
            nodes: nodes.collect(),
            now: Millis::from_secs(GENESIS_TIME),
            faults,
            groups: vec![0; keys.len()],
            silent_proposers: Vec::new(),
            rng: Rng(seed),
            events: BTreeMap::new(),
            serial: 0,
        };
        for node in 0..sim.nodes.len() {
            sim.start(node);
        }
        sim
    }

    fn start(&mut self, node: usize) {
        let delay = self.rng.below(SYNC_EVERY);
        self.schedule(delay, node, Event::Sync);
        self.new_tip(node);
    }

    /// Stops a node, which loses its records that are not persisted.
    pub(crate) fn crash(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        node.up = false;
        node.life += 1;
    }

    pub(crate) fn restart(&mut self, node: usize) {
        let config = self.config;
        let state = &mut self.nodes[node];
        state.up = true;
        state.consensus = Consensus::new(config, secrets(&state.keys));
        state.records.iter().for_each(|record| state.consensus.restore(record));
        self.start(node);
    }

    /// Runs for so many milliseconds.
    pub(crate) fn run(&mut self, milliseconds: u64) {
        let end = self.now.plus(Millis(milliseconds));
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), (node, life, event)) = entry.remove_entry();
            self.now = at;
            if self.nodes[node].up && self.nodes[node].life == life {
                self.handle(node, event);
            }
        }
        self.now = end;
        self.check();
    }

    /// Runs until every node that is up has a block at `height`, for at most so many milliseconds.
    pub(crate) fn run_to(&mut self, height: u64, most: u64) {
        let end = self.now.plus(Millis(most));
        while self.nodes.iter().any(|node| node.up && node.chain.tip().height < height) {
            assert!(self.now < end, "height {height} was not reached: {:?} after {most} ms", self.heights());
            self.run(500);
        }
    }

    fn handle(&mut self, node: usize, event: Event) {
        match event {
            Event::Receive(message) => self.receive(node, message),
            Event::Timer(id) => self.step(node, Input::Timer(id)),
            Event::Sync => {
                self.schedule(SYNC_EVERY, node, Event::Sync);
                let peer = self.rng.place(self.nodes.len());
                if peer != node && self.nodes[peer].up && self.passes(peer, node) {
                    let from = self.nodes[node].chain.final_height() + 1;
                    let blocks = self.nodes[peer].chain.blocks.get(from..).unwrap_or_default().to_vec();
                    self.schedule(self.faults.delay, node, Event::Blocks(blocks));
                }
            }
            Event::Blocks(blocks) => self.adopt(node, blocks),
        }
    }

    fn receive(&mut self, node: usize, message: Message) {
        if let Message::Inventory(inventory) = &message {
            // In this simulation an inventory is a request for its items.
            for item in &inventory.items {
                let state = &self.nodes[node];
                let answer = match item {
                    InventoryItem::CandidateFromHash(hash) => state.candidates.get(hash).cloned(),
                    InventoryItem::CandidateFromIteration(header) => state
                        .candidates
                        .values()
                        .find(|candidate| candidate.header.consensus_header() == *header)
                        .cloned(),
                    InventoryItem::ValidationResult(header) => {
                        if let Some(result) = state.results.get(&(header.round, header.iteration)) {
                            let quorum = ValidationQuorum { header: *header, result: *result };
                            self.send_all(node, &Message::ValidationQuorum(Box::new(quorum)));
                        }
                        None
                    }
                    _ => None,
                };
                if let Some(block) = answer {
                    self.send_all(node, &Message::Candidate(Box::new(block)));
                }
            }
            return;
        }
        self.step(node, Input::Message(message));
    }

    /// Takes over a peer's blocks after the last final one, if they make the chain longer, or if they hold a block of a
    /// lower iteration at the height of ours.
    fn adopt(&mut self, node: usize, blocks: Vec<Block>) {
        let chain = &self.nodes[node].chain;
        let base = chain.final_height();
        let differs = |(place, block): (usize, &Block)| {
            chain.blocks.get(base + 1 + place).is_none_or(|own| own.header.hash != block.header.hash)
        };
        let Some(place) = blocks.iter().enumerate().position(differs) else { return };
        let ours = chain.blocks.get(base + 1 + place).map(|block| block.header.iteration);
        if ours.is_some_and(|iteration| iteration <= blocks[place].header.iteration) {
            return;
        }
        let mut candidate = chain.clone();
        while candidate.blocks.len() > base + 1 + place {
            assert!(candidate.revert());
        }
        let before = candidate.blocks.len();
        for block in blocks.into_iter().skip(place) {
            if candidate.accept(self.config, block, self.now).is_err() {
                break;
            }
        }
        if candidate.blocks.len() > before {
            self.nodes[node].chain = candidate;
            self.new_tip(node);
        }
    }

    fn new_tip(&mut self, node: usize) {
        let context = self.nodes[node].chain.context();
        self.step(node, Input::NewTip(Box::new(context)));
    }

    fn step(&mut self, node: usize, input: Input) {
        let outputs = self.nodes[node].consensus.step(self.now, input);
        for output in outputs {
            self.carry_out(node, output);
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        match output {
            Output::Broadcast(message) => {
                self.note_vote(node, &message);
                if !matches!(message, Message::Candidate(_)) || !self.silent_proposers.contains(&node) {
                    self.send_all(node, &message);
                }
            }
            Output::Relay(message) => {
                let peer = self.rng.place(self.nodes.len());
                self.send(node, peer, &message);
            }
            Output::Request(inventory) => self.send_all(node, &Message::Inventory(inventory)),
            Output::SetTimer { id, at } => {
                self.serial += 1;
                let life = self.nodes[node].life;
                self.events.insert((at.max(self.now), self.serial), (node, life, Event::Timer(id)));
            }
            // Timers fire even if they were cancelled: they have to be ignored then.
            Output::CancelTimer(_) => {}
            Output::Build(request) => {
                let body = build(&request);
                self.step(node, Input::Built { request: request.id, body });
            }
            Output::Verify(request) => {
                let verdict = verify(&request, self.nodes[node].chain.tip());
                self.step(node, Input::Verified { request: request.id, verdict });
            }
            Output::Persist(persist) => self.persist(node, persist),
            Output::Decide(decision) => self.decide(node, decision.block),
            Output::Misbehaviour(fault) => self.nodes[node].misbehaviour.push(*fault),
        }
    }

    fn persist(&mut self, node: usize, persist: Persist) {
        let state = &mut self.nodes[node];
        match persist {
            record @ (Persist::Iteration { .. } | Persist::Vote { .. }) => state.records.push(record),
            Persist::Candidate(block) => {
                state.candidates.insert(block.header.hash, *block);
            }
            Persist::ValidationResult(header, result) => {
                state.results.insert((header.round, header.iteration), result);
            }
        }
    }

    fn decide(&mut self, node: usize, block: Block) {
        let chain = &mut self.nodes[node].chain;
        if block.header.prev_block_hash != chain.tip().hash {
            return;
        }
        chain.accept(self.config, block, self.now).expect("a decided block is acceptable");
        self.new_tip(node);
    }

    fn note_vote(&mut self, node: usize, message: &Message) {
        let (header, step, signer, vote) = match message {
            Message::Validation(vote) => (vote.header, StepName::Validation, vote.signed.signer, vote.vote),
            Message::Ratification(vote) => (vote.header, StepName::Ratification, vote.signed.signer, vote.vote),
            _ => return,
        };
        let first = *self.nodes[node].votes.entry((header, step, signer)).or_insert(vote);
        assert_eq!(first, vote, "node {node} voted twice in {header:?}, {step:?}");
    }

    fn send_all(&mut self, from: usize, message: &Message) {
        for to in 0..self.nodes.len() {
            self.send(from, to, message);
        }
    }

    fn send(&mut self, from: usize, to: usize, message: &Message) {
        if from == to || !self.passes(from, to) {
            return;
        }
        let copies = if self.rng.percent(self.faults.duplication) { 2 } else { 1 };
        // Every message passes through its wire form.
        let bytes = Frame::from(message.clone()).encoded();
        for _ in 0..copies {
            let frame = Frame::decode_all(&bytes).expect("what a node sends decodes");
            assert_eq!(frame.message, *message);
            let delay = 1 + self.rng.below(self.faults.delay);
            self.schedule(delay, to, Event::Receive(frame.message));
        }
    }

    fn passes(&mut self, from: usize, to: usize) -> bool {
        self.groups[from] == self.groups[to] && !self.rng.percent(self.faults.loss)
    }

    fn schedule(&mut self, delay: u64, node: usize, event: Event) {
        self.serial += 1;
        let life = self.nodes[node].life;
        self.events.insert((self.now.plus(Millis(delay)), self.serial), (node, life, event));
    }

    /// Puts a message on the wire to every node, from nobody.
    pub(crate) fn inject(&mut self, message: &Message) {
        for to in 0..self.nodes.len() {
            let delay = 1 + self.rng.below(self.faults.delay);
            self.schedule(delay, to, Event::Receive(message.clone()));
        }
    }

    /// Safety: all nodes agree on every block that is final for any of them.
    pub(crate) fn check(&self) {
        for a in &self.nodes {
            for b in &self.nodes {
                let common = a.chain.final_height().min(b.chain.blocks.len() - 1);
                for height in 0..=common {
                    let (ours, theirs) = (&a.chain.blocks[height].header, &b.chain.blocks[height].header);
                    let is_settled = b.chain.labels[height].is_final() || height < common;
                    assert!(
                        ours.hash == theirs.hash || !is_settled,
                        "height {height} is final with {ours:?} and is {theirs:?} elsewhere"
                    );
                }
            }
        }
    }

    pub(crate) fn heights(&self) -> Vec<u64> {
        self.nodes.iter().map(|node| node.chain.tip().height).collect()
    }

    pub(crate) fn final_heights(&self) -> Vec<usize> {
        self.nodes.iter().map(|node| node.chain.final_height()).collect()
    }
}

fn secrets(keys: &[u64]) -> Vec<SecretKey> {
    keys.iter().map(|number| secret(*number)).collect()
}

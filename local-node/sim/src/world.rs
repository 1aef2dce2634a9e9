//! The world of a run: its nodes, its network, its clock, and what happens next.

mod clients;
mod faults;
mod finality;
mod ledger;
mod lies;
mod liveness;
mod network;
mod nodes;
mod outputs;
mod rescue;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use local_node_consensus::signing::Signer;
use local_node_consensus::{Config, Millis};
use local_node_core::{LedgerId, Planted, Position};
use local_node_types::ledger::Hash;
use sha3::{Digest, Sha3_256};

use crate::adversary::Attack;
use crate::checkers::Checkers;
use crate::keys::{EMERGENCY_KEY, Scheme, key};
use crate::ledger::real::RealLedger;
use crate::ledger::{GENESIS_SECONDS, Ledger, Machine};
use crate::lies::Lies;
use crate::marks::Marks;
use crate::node::{Clock, Node, Packet, Ray};
use crate::plan::{Fault, Plan};
use crate::rng::Rng;
use crate::trace::{Item, Trace};

/// The most events at one moment: more of them mean that something goes round in a circle.
const MAX_EVENTS_AT_ONCE: u32 = 200_000;
/// The topics of ratifications and quorums.
const RATIFICATION: u8 = 18;
const QUORUM: u8 = 19;
/// The most lines that a run tells.
const MAX_LINES: usize = 20_000;

/// A bug that tests plant, to show that a checker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// In the core.
    Core(Planted),
    /// Messages leave before what they rest on is on disk.
    SentBeforeDurable,
    /// Records are not read after a restart.
    RecordsForgotten,
    /// Each message that a node passes on is passed on twice.
    RelayedTwice,
    /// Messages that are of no use to others get no verdict.
    VerdictsForgotten,
    /// Nobody is told which transactions leave the mempool.
    RemovalsHidden,
    /// The chain is taken back below the last final block.
    FinalReverted,
    /// A third of the credits is taken for a quorum.
    WrongQuorum,
    /// Nodes that run apart do not look for each other.
    Drift,
    /// The real ledger keeps the state of blocks that are taken back.
    StateKept,
    /// The place, the time and the seed of headers are not checked.
    HeaderUnchecked,
    /// The model of the ledger books money of a block to another account, at the first node.
    Misbooked,
}

/// How a plan is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How nodes sign.
    pub scheme: Scheme,
    /// The executor of blocks.
    pub machine: Machine,
    /// The bug that every honest node has.
    pub bug: Option<Bug>,
    /// Whether the report tells what happened, in words and for a picture.
    pub tell: bool,
}

/// One run in so many with the model has the chain's signatures, where the seed decides.
const REAL_SIGNATURES_ONE_IN: u64 = 10;
/// One run in so many has the virtual machine, and half of these the chain's signatures.
const REAL_MACHINE_ONE_IN: u64 = 20;

impl Options {
    /// Signatures and machine as the seed has it.
    #[must_use]
    pub fn mixed(seed: u64) -> Self {
        let machine = if seed.is_multiple_of(REAL_MACHINE_ONE_IN) { Machine::Real } else { Machine::Model };
        let signs = seed % REAL_SIGNATURES_ONE_IN == 1 || seed.is_multiple_of(2 * REAL_MACHINE_ONE_IN);
        let scheme = if signs { Scheme::Bls } else { Scheme::Ideal };
        Self { scheme, machine, ..Self::default() }
    }
}

/// Something that must never happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When, since the start.
    pub at: Millis,
    /// The description of it.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} ms: {}", self.at.0, self.what)
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Finality came after everything had healed.
    Final,
    /// Two final blocks, by committees or a stall that explain them.
    Parted(String),
    /// No committee of a tip can decide with the nodes that are alive.
    Undecidable,
    /// The chain grows, and nothing becomes final, because blocks leave iterations unaccounted for that nobody alive
    /// could have accounted for.
    Unsettled(String),
    /// Something that must never happen has happened.
    Violated(Violation),
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// The highest block.
    pub height: u64,
    /// How much time passed in it.
    pub time: Millis,
    /// How many events there were.
    pub events: u64,
    /// How long after the healing finality came.
    pub healed_in: Millis,
    /// The longest time before the healing in which the chain did not grow.
    pub longest_gap: Millis,
    /// A digest of everything that was sent and judged: equal runs have equal digests.
    pub digest: [u8; 32],
    /// The marks of the events that occurred.
    pub marks: Marks,
    /// The events line by line, if they were asked for.
    pub lines: Vec<String>,
    /// The latest events for a picture, if it was asked for.
    pub trace: Trace,
}

/// The state of a [`Fault::Funnel`].
#[derive(Debug, Clone, Copy)]
struct Funnel {
    node: usize,
    /// How long the node is cut off, in milliseconds.
    cut: u64,
    /// Until when all this is over.
    until: Millis,
    /// Whether the node is cut off.
    is_cut: bool,
}

/// A message that was sent, as it may come again.
#[derive(Debug, Clone)]
struct Sent {
    from: usize,
    ray: Option<Ray>,
    packet: Arc<Packet>,
}

/// Something that happens at a moment.
#[derive(Debug)]
enum Event {
    Deliver {
        to: usize,
        from: usize,
        ray: Option<Ray>,
        packet: Arc<Packet>,
    },
    Replay {
        to: usize,
        sent: Sent,
    },
    Timer {
        node: usize,
        life: u64,
    },
    Synced {
        node: usize,
        life: u64,
        position: Position,
    },
    Worked {
        node: usize,
        life: u64,
        id: LedgerId,
    },
    Fault(Fault),
    /// A client sends a transfer.
    Client,
    Heal,
}

impl Event {
    /// The node to which it happens, where that is one node.
    const fn node(&self) -> Option<usize> {
        match self {
            Self::Deliver { to, .. } | Self::Replay { to, .. } => Some(*to),
            Self::Timer { node, .. } | Self::Synced { node, .. } | Self::Worked { node, .. } => Some(*node),
            Self::Fault(_) | Self::Client | Self::Heal => None,
        }
    }
}

/// Draws a plan from a seed. Returns what decides the rest as well.
#[must_use]
pub fn draw(seed: u64) -> (Plan, Rng) {
    let mut rng = Rng::new(seed);
    let plan = Plan::draw(&mut rng);
    (plan, rng)
}

/// Draws a plan from a seed and runs it.
#[must_use]
pub fn simulate(seed: u64, options: Options) -> (Plan, Report) {
    let (plan, rng) = draw(seed);
    let report = run(&plan, rng, options);
    (plan, report)
}

/// Runs a plan; `rng` decides what the plan leaves open.
#[must_use]
pub fn run(plan: &Plan, rng: Rng, options: Options) -> Report {
    let mut world = World::new(plan, rng, options);
    let outcome = world.run();
    world.report(outcome)
}

/// The observations of a network without faults.
#[derive(Debug)]
pub struct Observation {
    /// The run.
    pub report: Report,
    /// The chain of the first node.
    pub ledger: Ledger,
    /// The messages that nodes took in, each of them once at each node, and their bytes.
    pub received: (u64, u64),
    /// How long it took from the first word of a candidate until a node accepted it, in milliseconds: one number for
    /// each block and node.
    pub decided: Vec<u64>,
}

/// Runs a plan whose healing never comes up to a height, or up to a time.
#[must_use]
pub fn observe(plan: &Plan, rng: Rng, scheme: Scheme, height: u64, longest: Millis) -> Observation {
    let mut world = World::new(plan, rng, Options { scheme, ..Options::default() });
    let mut outcome = Outcome::Final;
    while world.highest() < height && world.now.since(world.start) < longest {
        if let Some(ended) = world.next() {
            outcome = ended;
            break;
        }
    }
    let ledger = world.nodes[0].ledger.clone();
    let (received, decided) = (world.received, std::mem::take(&mut world.decided));
    Observation { report: world.report(outcome), ledger, received, decided }
}

#[derive(Debug)]
struct World {
    plan: Plan,
    options: Options,
    config: Config,
    rng: Rng,
    start: Millis,
    now: Millis,
    serial: u64,
    events: BTreeMap<(Millis, u64), Event>,
    handled: u64,
    at_once: u32,
    nodes: Vec<Node>,
    /// Whether messages from the first node to the second are stopped.
    blocked: Vec<Vec<bool>>,
    /// Until when messages from the first node to the second wait.
    clogged: Vec<Vec<Millis>>,
    /// The latest messages.
    sent: VecDeque<Sent>,
    funnel: Option<Funnel>,
    /// The keys of the adversary.
    signer: Option<Box<dyn Signer>>,
    /// The candidates in whose headers the adversary has lied.
    lies: Lies,
    /// The phase after the healing.
    healing: Option<liveness::Healing>,
    checkers: Checkers,
    marks: Marks,
    digest: Sha3_256,
    lines: Vec<String>,
    trace: Trace,
    received: (u64, u64),
    /// When candidates were proposed, and how long it took until nodes accepted them.
    proposed: BTreeMap<Hash, Millis>,
    decided: Vec<u64>,
    /// The height of the highest block that there ever was, and when it came.
    grown: (u64, Millis),
    longest_gap: Millis,
    ended: Option<Outcome>,
}

impl Funnel {
    fn stops(&self, from: usize, to: usize, topic: u8, now: Millis) -> bool {
        let is_node = from == self.node || to == self.node;
        match topic {
            _ if self.until <= now => false,
            _ if self.is_cut => is_node,
            RATIFICATION => to != self.node,
            QUORUM => true,
            _ => false,
        }
    }
}

/// A node that is down, with an empty chain.
///
/// # Panics
/// When the machine on which the simulation runs has no room for a real ledger.
fn new_node(plan: &Plan, options: Options, keys: &[u64], genesis: &Ledger) -> Node {
    let (ledger, real) = match options.machine {
        Machine::Model => (genesis.clone(), None),
        Machine::Real => {
            let keeps_state = options.bug == Some(Bug::StateKept);
            match RealLedger::new(&plan.stakes, options.scheme, keeps_state) {
                Ok((real, ledger)) => (ledger, Some(real)),
                Err(problem) => panic!("a real ledger cannot be made: {problem}"),
            }
        }
    };
    Node::new(keys.to_vec(), ledger, real)
}

impl World {
    fn new(plan: &Plan, rng: Rng, options: Options) -> Self {
        let start = Millis::from_secs(GENESIS_SECONDS);
        let count = plan.keys.len();
        let genesis = Ledger::new(options.scheme.provisioners(&plan.stakes), plan.rules);
        let mut nodes: Vec<_> = plan.keys.iter().map(|keys| new_node(plan, options, keys, &genesis)).collect();
        for (node, ahead) in nodes.iter_mut().zip(&plan.skews) {
            node.clock = Clock::ahead(start, Millis(*ahead));
        }
        if let Some((twin, Attack::DuplicateKey)) = plan.adversary {
            let keys = plan.keys[(twin + 1) % count].clone();
            nodes[twin].keys.extend(keys);
        }
        let signer = plan.adversary.map(|(adversary, _)| options.scheme.signer(&nodes[adversary].keys));
        let mut world = Self {
            plan: plan.clone(),
            options,
            config: Config { emergency_key: key(EMERGENCY_KEY), ..Config::local(Millis::from_secs(1)) },
            rng,
            start,
            now: start,
            serial: 0,
            events: BTreeMap::new(),
            handled: 0,
            at_once: 0,
            nodes,
            blocked: vec![vec![false; count]; count],
            clogged: vec![vec![Millis(0); count]; count],
            sent: VecDeque::new(),
            funnel: None,
            signer,
            lies: Lies::new(),
            healing: None,
            checkers: Checkers::default(),
            marks: Marks::default(),
            digest: Sha3_256::new(),
            lines: Vec::new(),
            trace: Trace::default(),
            received: (0, 0),
            proposed: BTreeMap::new(),
            decided: Vec::new(),
            grown: (0, start),
            longest_gap: Millis(0),
            ended: None,
        };
        for (at, fault) in plan.faults.clone() {
            world.schedule(at.0, Event::Fault(fault));
        }
        world.schedule(plan.heals.0, Event::Heal);
        for node in 0..count {
            world.start_node(node);
            world.fund_mempool(node);
        }
        if plan.transfers > 0 {
            world.schedule(plan.transfers, Event::Client);
        }
        world
    }

    fn run(&mut self) -> Outcome {
        loop {
            if let Some(outcome) = self.next() {
                return outcome;
            }
        }
    }

    /// Handles the next event. Returns how the run ended, if it did.
    fn next(&mut self) -> Option<Outcome> {
        let Some(((at, _), event)) = self.events.pop_first() else {
            self.violate("the run has no further event, and has not ended".to_owned());
            return self.ended.take();
        };
        self.at_once = if at == self.now { self.at_once + 1 } else { 0 };
        if self.at_once > MAX_EVENTS_AT_ONCE {
            self.violate("too many events happen at the same time".to_owned());
        }
        self.now = at;
        self.handled += 1;
        let node = event.node();
        match event {
            Event::Deliver { to, from, ray, packet } => self.deliver(to, from, ray, packet),
            Event::Replay { to, sent } => self.replay(to, sent),
            Event::Timer { node, life } => self.fire(node, life),
            Event::Synced { node, life, position } => self.synced(node, life, position),
            Event::Worked { node, life, id } => self.worked(node, life, id),
            Event::Fault(fault) => self.go_wrong(fault),
            Event::Client => self.send_transfer(),
            Event::Heal => self.heal(),
        }
        if let Some(node) = node {
            self.check_verdicts(node);
        }
        self.check_liveness();
        self.ended.take()
    }

    fn report(self, outcome: Outcome) -> Report {
        let height = self.highest();
        let healed_in = self.healing.as_ref().map_or(Millis(0), |healing| self.now.since(healing.since));
        Report {
            outcome,
            height,
            time: self.now.since(self.start),
            events: self.handled,
            healed_in,
            longest_gap: self.longest_gap,
            digest: self.digest.finalize().into(),
            marks: self.marks,
            lines: self.lines,
            trace: self.trace,
        }
    }

    fn highest(&self) -> u64 {
        self.nodes.iter().map(|node| node.ledger.tip().block.header.height).max().unwrap_or_default()
    }

    /// The chain has this height now.
    fn note_height(&mut self, height: u64) {
        if self.healing.is_none() {
            self.longest_gap = self.longest_gap.max(self.now.since(self.grown.1));
        }
        if height > self.grown.0 {
            self.grown = (height, self.now);
        }
    }

    /// Ends the run; the first violation counts.
    fn violate(&mut self, what: String) {
        if !matches!(self.ended, Some(Outcome::Violated(_))) {
            self.ended = Some(Outcome::Violated(Violation { at: self.now.since(self.start), what }));
        }
    }

    fn check(&mut self, node: usize, result: Result<(), String>) {
        if let Err(what) = result
            && self.is_honest(node)
        {
            self.violate(format!("node {node}: {what}"));
        }
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.options.tell && self.lines.len() < MAX_LINES {
            let at = self.now.since(self.start).0;
            self.lines.push(format!("{at:>9} ms  {}", line()));
        }
    }

    /// Remembers something for a picture.
    fn trace(&mut self, item: impl FnOnce() -> Item) {
        if self.options.tell {
            self.trace.add(self.now.since(self.start), item());
        }
    }

    fn is_honest(&self, node: usize) -> bool {
        self.plan.adversary.is_none_or(|(adversary, _)| adversary != node)
    }

    fn schedule(&mut self, delay: u64, event: Event) {
        self.serial += 1;
        self.events.insert((self.now.plus(Millis(delay)), self.serial), event);
    }

    /// The time on a node's clock.
    fn clock(&self, node: usize) -> Millis {
        self.nodes[node].clock.at(self.now)
    }
}

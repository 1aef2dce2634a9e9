//! Many endpoints in one process: datagrams fly with delay and loss, drawn from a seed.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use local_node_kadcast::wire::{self, Body, RayId};
use local_node_kadcast::{Config, Endpoint, Event, Height, IngressId, JudgeError, Message, Verdict};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{address, config, number_of, seed};

/// How long after each other the nodes start.
pub const START_INTERVAL: Duration = Duration::from_millis(10);

/// How datagrams travel.
#[derive(Debug, Clone, Copy)]
pub struct Links {
    /// Of a thousand datagrams, so many are lost.
    pub loss_permille: u32,
    /// The shortest and the longest time of a datagram, drawn for each.
    pub delay: [Duration; 2],
    /// Bytes that a node sends in a second. Datagrams wait for those before them.
    pub uplink_bytes: u64,
}

impl Links {
    /// Links of 10 to 100 ms and 100 Mbit/s on which so many of a thousand datagrams are lost.
    #[must_use]
    pub const fn lossy(loss_permille: u32) -> Self {
        let delay = [Duration::from_millis(10), Duration::from_millis(100)];
        Self { loss_permille, delay, uplink_bytes: 12_500_000 }
    }
}

/// How a node passes a message on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// To delegates, by height.
    Kadcast,
    /// To all peers of the table but the one that the message came from.
    Flooding,
    /// To so many random peers of the table.
    Gossip(usize),
}

/// A message as a node got it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// When it was whole.
    pub at: Duration,
    /// The peer that completed it.
    pub from: SocketAddr,
    /// How far the node passes it on.
    pub height: Height,
    /// The nodes that it passed, with the first.
    pub hops: u32,
    /// The message.
    pub bytes: Arc<[u8]>,
}

/// The observations of a message.
#[derive(Debug, Default)]
pub struct Trace {
    /// When it was sent first.
    pub sent: Duration,
    /// The node that sent it first.
    pub origin: usize,
    /// By node.
    pub deliveries: BTreeMap<usize, Delivery>,
    /// Datagrams of the message that left any node.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The pairs of sender and receiver between which a part of the message arrived.
    pub arrivals: BTreeSet<(usize, usize)>,
}

/// A simulated node.
#[derive(Debug)]
pub struct Node {
    /// Its protocol.
    pub endpoint: Endpoint,
    /// Whether it receives and sends.
    pub is_up: bool,
    uplink_free: Duration,
}

#[derive(Debug)]
enum Happening {
    Arrival { from: usize, to: usize, datagram: Vec<u8> },
    Tick(usize),
}

/// An event and its time. The earliest comes first out of a heap, and of two at one time the one that was put first.
#[derive(Debug)]
struct Due {
    at: Duration,
    number: u64,
    happening: Happening,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Due {}

/// Endpoints, datagrams on their way, and what was seen of messages.
#[derive(Debug)]
pub struct Net {
    /// The virtual time.
    pub now: Duration,
    /// The nodes by their numbers.
    pub nodes: Vec<Node>,
    /// How datagrams travel from now on.
    pub links: Links,
    /// How nodes pass messages on from now on.
    pub strategy: Strategy,
    /// The observations of each message.
    pub traces: BTreeMap<RayId, Trace>,
    /// The datagrams that nodes refused, by the reason.
    pub refusals: BTreeMap<String, u64>,
    /// Faults: a part of a message left a node for the same receiver twice, or with too large a height.
    pub violations: Vec<String>,
    /// For each node and message: the parts that left, by receiver and number.
    left: BTreeMap<(usize, RayId), BTreeSet<(SocketAddr, u32)>>,
    relays: BTreeSet<(usize, RayId)>,
    watches: bool,
    queue: BinaryHeap<Due>,
    next: u64,
    rng: ChaCha8Rng,
}

impl Net {
    /// A network whose nodes know the first as bootstrap node. They start [`START_INTERVAL`] after each other.
    #[must_use]
    pub fn new(number: usize, links: Links, random: u64) -> Self {
        Self::with(number, links, random, START_INTERVAL, |_| {})
    }

    /// As [`Net::new`], with another time between starts and with other settings.
    ///
    /// # Panics
    /// If the settings are none that an endpoint takes.
    pub fn with(number: usize, links: Links, random: u64, interval: Duration, set: impl Fn(&mut Config)) -> Self {
        let mut net = Self {
            now: Duration::ZERO,
            nodes: Vec::new(),
            links,
            strategy: Strategy::Kadcast,
            traces: BTreeMap::new(),
            refusals: BTreeMap::new(),
            violations: Vec::new(),
            left: BTreeMap::new(),
            relays: BTreeSet::new(),
            watches: true,
            queue: BinaryHeap::new(),
            next: 0,
            rng: ChaCha8Rng::seed_from_u64(random),
        };
        let mut start = Duration::ZERO;
        for place in 0..number {
            let mut config = config(address(place));
            config.bootstrap = vec![address(0)];
            set(&mut config);
            let endpoint = Endpoint::new(config, start, seed(net.rng.r#gen()));
            let endpoint = endpoint.expect("the settings fit a node of the network");
            net.nodes.push(Node { endpoint, is_up: true, uplink_free: Duration::ZERO });
            net.put(start, Happening::Tick(place));
            start += interval;
        }
        net
    }

    /// Keeps no record of what leaves: large floods fit into memory then.
    pub fn watch_nothing(&mut self) {
        self.watches = false;
        self.left.clear();
    }

    /// Runs for a while.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.queue.peek().is_some_and(|due| due.at <= end) {
            self.step();
        }
        self.now = end;
    }

    /// Runs until a condition holds, at most for a while. Whether it holds.
    pub fn run_until(&mut self, time: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + time;
        while !holds(self) {
            if self.now >= end {
                return false;
            }
            self.run(Duration::from_millis(100));
        }
        true
    }

    /// Lets a node broadcast a message, by the strategy.
    ///
    /// # Panics
    /// If the message does not leave: the node knows nobody, or had the message before.
    pub fn broadcast(&mut self, origin: usize, message: &[u8]) -> RayId {
        let (now, strategy) = (self.now, self.strategy);
        let ray = match strategy {
            Strategy::Kadcast => self.nodes[origin].endpoint.broadcast(now, message),
            _ => {
                let targets = self.targets(origin, None);
                self.nodes[origin].endpoint.send(now, &targets, message)
            }
        };
        let ray = ray.expect("a node of a network that stands has peers, and messages differ");
        self.traces.insert(ray, Trace { sent: now, origin, ..Trace::default() });
        self.after(origin);
        ray
    }

    fn put(&mut self, at: Duration, happening: Happening) {
        self.queue.push(Due { at, number: self.next, happening });
        self.next += 1;
    }

    fn step(&mut self) {
        let Some(Due { at, happening, .. }) = self.queue.pop() else { return };
        self.now = at;
        match happening {
            Happening::Tick(place) => {
                if self.nodes[place].is_up {
                    self.nodes[place].endpoint.on_deadline(at);
                    self.after(place);
                }
                let next = self.nodes[place].endpoint.deadline().max(at + Duration::from_millis(1));
                self.put(next, Happening::Tick(place));
            }
            Happening::Arrival { from, to, datagram } => {
                if !self.nodes[to].is_up {
                    return;
                }
                if let Ok(Body::Broadcast { chunk, .. }) = wire::decode_body(&datagram)
                    && let Some(trace) = self.traces.get_mut(&chunk.ray)
                {
                    trace.arrivals.insert((from, to));
                }
                if let Err(refusal) = self.nodes[to].endpoint.receive(at, address(from), &datagram) {
                    *self.refusals.entry(refusal.to_string()).or_default() += 1;
                }
                self.after(to);
            }
        }
    }

    /// Takes what a node tells and sends.
    fn after(&mut self, place: usize) {
        while let Some(event) = self.nodes[place].endpoint.poll_event() {
            if let Event::Message(message) = event {
                self.deliver(place, message);
            }
        }
        while let Some(transmit) = self.nodes[place].endpoint.poll_transmit() {
            self.note(place, transmit.to, &transmit.datagram);
            self.send(place, transmit.to, transmit.datagram);
        }
    }

    fn deliver(&mut self, place: usize, message: Message) {
        let (now, strategy) = (self.now, self.strategy);
        let Message { ingress, ray, from, height, bytes } = message;
        if let Some(trace) = self.traces.get_mut(&ray) {
            let hops = 1 + number_of(from).and_then(|from| trace.deliveries.get(&from)).map_or(0, |it| it.hops);
            let delivery = Delivery { at: now, from, height, hops, bytes: Arc::clone(&bytes) };
            if trace.deliveries.insert(place, delivery).is_some() {
                self.violations.push(format!("node {place} got {ray:?} twice"));
            }
        }
        let verdict = if strategy == Strategy::Kadcast { Verdict::Relay } else { Verdict::Ignore };
        self.judge(place, ray, ingress, verdict);
        if strategy != Strategy::Kadcast {
            let targets = self.targets(place, Some(from));
            // A node whose only peer is the sender has nobody to send to.
            let _ = self.nodes[place].endpoint.send(now, &targets, &bytes);
        }
    }

    fn judge(&mut self, place: usize, ray: RayId, ingress: IngressId, verdict: Verdict) {
        if verdict == Verdict::Relay && !self.relays.insert((place, ray)) {
            self.violations.push(format!("node {place} relays {ray:?} twice"));
        }
        let now = self.now;
        let endpoint = &mut self.nodes[place].endpoint;
        if endpoint.judge(now, ingress, verdict).is_err() {
            self.violations.push(format!("node {place} may not judge {ray:?}"));
        }
        if endpoint.judge(now, ingress, verdict) != Err(JudgeError::Unknown) {
            self.violations.push(format!("node {place} may judge {ray:?} twice"));
        }
    }

    /// Whom a node sends to where it does not send by height.
    fn targets(&mut self, place: usize, but: Option<SocketAddr>) -> Vec<SocketAddr> {
        let peers = self.nodes[place].endpoint.peers().map(|(_, peer)| peer.address);
        let mut peers: Vec<SocketAddr> = peers.filter(|address| Some(*address) != but).collect();
        if let Strategy::Gossip(number) = self.strategy {
            peers.shuffle(&mut self.rng);
            peers.truncate(number);
        }
        peers
    }

    /// Counts a datagram of a message, and compares it with those before it.
    fn note(&mut self, place: usize, to: SocketAddr, datagram: &[u8]) {
        let Ok(Body::Broadcast { height, chunk }) = wire::decode_body(datagram) else { return };
        if let Some(trace) = self.traces.get_mut(&chunk.ray) {
            trace.datagrams += 1;
            trace.bytes += datagram.len() as u64;
        }
        if !self.watches {
            return;
        }
        if !self.left.entry((place, chunk.ray)).or_default().insert((to, chunk.number)) {
            self.violations.push(format!("node {place} sent a part of {:?} to {to} twice", chunk.ray));
        }
        let came = self.traces.get(&chunk.ray).and_then(|trace| trace.deliveries.get(&place));
        if let Some(came) = came
            && self.strategy == Strategy::Kadcast
            && height >= came.height
        {
            self.violations.push(format!("node {place} sent with height {height} what came with {}", came.height));
        }
    }

    fn send(&mut self, place: usize, to: SocketAddr, datagram: Vec<u8>) {
        let busy = Duration::from_micros(datagram.len() as u64 * 1_000_000 / self.links.uplink_bytes);
        let node = &mut self.nodes[place];
        node.uplink_free = node.uplink_free.max(self.now) + busy;
        let departure = node.uplink_free;
        let Some(receiver) = number_of(to).filter(|receiver| *receiver < self.nodes.len()) else { return };
        if self.rng.gen_ratio(self.links.loss_permille, 1000) {
            return;
        }
        let [shortest, longest] = self.links.delay;
        let delay = if shortest < longest { self.rng.gen_range(shortest..longest) } else { shortest };
        self.put(departure + delay, Happening::Arrival { from: place, to: receiver, datagram });
    }
}

//! Many endpoints in one process: datagrams fly with delay and loss, drawn from a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use local_node_kadcast::wire::{self, Body, RayId};
use local_node_kadcast::{Config, Endpoint, Event, Height, IngressId, JudgeError, Verdict};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{config, seed};

/// How datagrams travel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Links {
    /// Of a thousand datagrams, so many are lost.
    pub(crate) loss_permille: u32,
    /// The shortest and the longest time of a datagram, drawn for each.
    pub(crate) delay: [Duration; 2],
    /// What a node sends in a second. Datagrams wait for those before them.
    pub(crate) uplink_bytes: u64,
}

impl Links {
    pub(crate) const fn lossy(loss_permille: u32) -> Self {
        let delay = [Duration::from_millis(10), Duration::from_millis(100)];
        Self { loss_permille, delay, uplink_bytes: 12_500_000 }
    }
}

/// How a node passes a message on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// To delegates, by height.
    Kadcast,
    /// To all peers of the table but the one that the message came from.
    Flooding,
    /// To so many random peers of the table.
    Gossip(usize),
}

/// A message as a node got it.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) at: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) height: Height,
    pub(crate) hops: u32,
    pub(crate) bytes: Arc<[u8]>,
}

/// What is known of a message.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) sent: Duration,
    pub(crate) origin: usize,
    /// By node.
    pub(crate) deliveries: BTreeMap<usize, Delivery>,
    /// Datagrams of the message, and their bytes.
    pub(crate) datagrams: u64,
    pub(crate) bytes: u64,
    /// The pairs of sender and receiver between which a part of the message arrived.
    pub(crate) arrivals: BTreeSet<(usize, usize)>,
}

pub(crate) struct Node {
    pub(crate) endpoint: Endpoint,
    pub(crate) is_up: bool,
    uplink_free: Duration,
}

enum Happening {
    Arrival { from: SocketAddr, to: usize, datagram: Vec<u8> },
    Tick(usize),
}

/// Endpoints, datagrams on their way, and what was seen of messages.
pub(crate) struct Net {
    pub(crate) now: Duration,
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: Links,
    pub(crate) strategy: Strategy,
    pub(crate) traces: BTreeMap<RayId, Trace>,
    /// Events that the nodes told, without messages.
    pub(crate) refusals: BTreeMap<String, u64>,
    /// What must not happen: a part of a message left a node for the same receiver twice, or with too large a height.
    pub(crate) violations: Vec<String>,
    /// For each node and message: the parts that left, by receiver and number.
    left: BTreeMap<(usize, RayId), BTreeSet<(SocketAddr, u32)>>,
    relays: BTreeSet<(usize, RayId)>,
    watches: bool,
    by_address: BTreeMap<SocketAddr, usize>,
    queue: BTreeMap<(Duration, u64), Happening>,
    next: u64,
    rng: ChaCha8Rng,
}

pub(crate) fn address(number: usize) -> SocketAddr {
    let [.., a, b, c] = u32::try_from(number).unwrap().to_be_bytes();
    SocketAddr::from(([10, a, b, c], 9000))
}

impl Net {
    /// A network whose nodes know the first as bootstrap node. They start 10 ms after each other.
    pub(crate) fn new(number: usize, links: Links, random: u64) -> Self {
        Self::with(number, links, random, |_| {})
    }

    pub(crate) fn with(number: usize, links: Links, random: u64, set: impl Fn(&mut Config)) -> Self {
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
            by_address: BTreeMap::new(),
            queue: BTreeMap::new(),
            next: 0,
            rng: ChaCha8Rng::seed_from_u64(random),
        };
        for place in 0..number {
            let mut config = config(address(place));
            config.bootstrap = vec![address(0)];
            set(&mut config);
            let start = Duration::from_millis(10) * u32::try_from(place).unwrap();
            let endpoint = Endpoint::new(config, start, seed(net.rng.r#gen())).unwrap();
            net.by_address.insert(address(place), place);
            net.nodes.push(Node { endpoint, is_up: true, uplink_free: Duration::ZERO });
            net.put(start, Happening::Tick(place));
        }
        net
    }

    /// Keeps no record of what leaves: large floods fit into memory then.
    pub(crate) fn watch_nothing(&mut self) {
        self.watches = false;
        self.left.clear();
    }

    /// Runs for a while.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(((at, _), _)) = self.queue.first_key_value()
            && *at <= end
        {
            self.step();
        }
        self.now = end;
    }

    /// Runs until a condition holds, at most for a while. Whether it holds.
    pub(crate) fn run_until(&mut self, time: Duration, holds: impl Fn(&Self) -> bool) -> bool {
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
    pub(crate) fn broadcast(&mut self, origin: usize, message: &[u8]) -> RayId {
        let (now, strategy) = (self.now, self.strategy);
        let ray = match strategy {
            Strategy::Kadcast => self.nodes[origin].endpoint.broadcast(now, message).unwrap(),
            _ => {
                let targets = self.targets(origin, None);
                self.nodes[origin].endpoint.send(now, &targets, message).unwrap()
            }
        };
        self.traces.insert(ray, Trace { sent: now, origin, ..Trace::default() });
        self.after(origin);
        ray
    }

    fn put(&mut self, at: Duration, happening: Happening) {
        self.queue.insert((at, self.next), happening);
        self.next += 1;
    }

    fn step(&mut self) {
        let Some(((at, _), happening)) = self.queue.pop_first() else { return };
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
                    trace.arrivals.insert((self.by_address[&from], to));
                }
                if let Err(refusal) = self.nodes[to].endpoint.receive(at, from, &datagram) {
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
                let from = self.by_address[&message.from];
                self.deliver(place, from, message);
            }
        }
        while let Some(transmit) = self.nodes[place].endpoint.poll_transmit() {
            self.note(place, transmit.to, &transmit.datagram);
            self.send(place, transmit.to, transmit.datagram);
        }
    }

    fn deliver(&mut self, place: usize, from: usize, message: local_node_kadcast::Message) {
        let (now, strategy) = (self.now, self.strategy);
        let local_node_kadcast::Message { ingress, ray, height, bytes, .. } = message;
        if let Some(trace) = self.traces.get_mut(&ray) {
            let hops = 1 + trace.deliveries.get(&from).map_or(0, |delivery| delivery.hops);
            let delivery = Delivery { at: now, from: address(from), height, hops, bytes: Arc::clone(&bytes) };
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
    fn targets(&mut self, place: usize, but: Option<usize>) -> Vec<SocketAddr> {
        let but = but.map(address);
        let peers = self.nodes[place].endpoint.peers().map(|(_, peer)| peer.address);
        let mut peers: Vec<SocketAddr> = peers.filter(|address| Some(*address) != but).collect();
        if let Strategy::Gossip(number) = self.strategy {
            use rand::seq::SliceRandom;
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
        let Some(receiver) = self.by_address.get(&to).copied() else { return };
        if self.rng.gen_ratio(self.links.loss_permille, 1000) {
            return;
        }
        let [shortest, longest] = self.links.delay;
        let delay = if shortest < longest { self.rng.gen_range(shortest..longest) } else { shortest };
        self.put(departure + delay, Happening::Arrival { from: address(place), to: receiver, datagram });
    }
}

//! Flooding and gossip without endpoints: the same tables, links and coding, but datagrams without bytes.
//!
//! A node has a message as soon as it has as many different symbols as the message itself has. The real decoder needs
//! one or two more now and then, so the model is kind to flooding and gossip. Everything else is as in
//! [`crate::net::Net`]: delays and losses are drawn for each datagram, datagrams wait for those before them on the
//! sender's link, and all datagrams for one receiver leave before those for the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use local_node_kadcast::coding::{Encoded, Object};
use local_node_kadcast::wire::BROADCAST_OVERHEAD_BYTES;
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::measure::Spread;
use crate::net::{Links, Net, Strategy};

/// How a message of some length is coded: the same numbers as the real coding's, because it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coding {
    /// The datagrams for each receiver.
    pub chunks: usize,
    /// Bytes of each.
    pub chunk_bytes: usize,
    /// How many different ones make the message.
    pub needed: usize,
}

impl Coding {
    /// The coding of a message of so many bytes.
    ///
    /// # Panics
    /// If a message cannot have this length.
    #[must_use]
    pub fn of(message_bytes: usize) -> Self {
        let encoded = Encoded::new(&vec![0; message_bytes]);
        let chunk = encoded.chunk(0).expect("a message has chunks");
        let object = Object::parse(&chunk.object, message_bytes).expect("the encoder's parameters are in order");
        Self {
            chunks: encoded.len(),
            chunk_bytes: BROADCAST_OVERHEAD_BYTES + chunk.symbol.len(),
            needed: object.symbols(),
        }
    }
}

/// The tables of a network's nodes: the nodes that each one knows.
#[must_use]
pub fn tables(net: &Net) -> Vec<Vec<u32>> {
    let numbers = |place: usize| {
        let peers = net.nodes[place].endpoint.peers();
        peers.filter_map(|(_, peer)| crate::number_of(peer.address)?.try_into().ok()).collect()
    };
    (0..net.nodes.len()).map(numbers).collect()
}

/// A datagram on its way, the earliest first: microseconds, sender, receiver, number of the symbol.
type Flight = Reverse<(u64, u32, u32, u16)>;

/// One message on its way.
struct Model<'a> {
    tables: &'a [Vec<u32>],
    strategy: Strategy,
    links: Links,
    coding: Coding,
    rng: &'a mut ChaCha8Rng,
    flights: BinaryHeap<Flight>,
    /// A bit for each symbol that a node has, in words.
    symbols: Vec<u64>,
    words: usize,
    nodes: Vec<Node>,
    spread: Spread,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    symbols: usize,
    /// The nodes that the message passed before it was whole here; `None` as long as it is not.
    hops: Option<u32>,
    /// When its link is free, in microseconds.
    uplink_free: u64,
}

/// Spreads one message from a node by flooding or gossip.
///
/// # Panics
/// If the strategy is [`Strategy::Kadcast`], which real endpoints run.
pub fn spread(
    tables: &[Vec<u32>],
    strategy: Strategy,
    links: Links,
    message_bytes: usize,
    origin: u32,
    rng: &mut ChaCha8Rng,
) -> Spread {
    assert!(strategy != Strategy::Kadcast, "Kadcast is measured on endpoints");
    let coding = Coding::of(message_bytes);
    let words = coding.chunks.div_ceil(64);
    let mut model = Model {
        tables,
        strategy,
        links,
        coding,
        rng,
        flights: BinaryHeap::new(),
        symbols: vec![0; words * tables.len()],
        words,
        nodes: vec![Node::default(); tables.len()],
        spread: Spread::default(),
    };
    model.nodes[origin as usize].hops = Some(0);
    model.pass_on(0, origin, None);
    while let Some(Reverse((at, from, to, number))) = model.flights.pop() {
        model.arrive(at, from, to, number);
    }
    model.spread
}

impl Model<'_> {
    fn arrive(&mut self, at: u64, from: u32, to: u32, number: u16) {
        let place = to as usize;
        if self.nodes[place].hops.is_some() {
            return;
        }
        let word = &mut self.symbols[place * self.words + usize::from(number) / 64];
        let bit = 1 << (number % 64);
        if *word & bit != 0 {
            return;
        }
        *word |= bit;
        let hops = 1 + self.nodes[from as usize].hops.unwrap_or_default();
        let node = &mut self.nodes[place];
        node.symbols += 1;
        if node.symbols < self.coding.needed {
            return;
        }
        node.hops = Some(hops);
        self.spread.reached += 1;
        self.spread.hops += u64::from(hops);
        self.spread.most_hops = self.spread.most_hops.max(hops);
        self.spread.last = Duration::from_micros(at);
        self.pass_on(at, to, Some(from));
    }

    fn pass_on(&mut self, now: u64, from: u32, but: Option<u32>) {
        let peers = self.tables[from as usize].iter().copied().filter(|peer| Some(*peer) != but);
        let mut targets: Vec<u32> = peers.collect();
        if let Strategy::Gossip(number) = self.strategy {
            let (chosen, _) = targets.partial_shuffle(self.rng, number);
            targets = chosen.to_vec();
        }
        let busy = self.coding.chunk_bytes as u64 * 1_000_000 / self.links.uplink_bytes;
        let [shortest, longest] = self.links.delay.map(|delay| u64::try_from(delay.as_micros()).unwrap_or(u64::MAX));
        let mut departure = self.nodes[from as usize].uplink_free.max(now);
        for to in targets {
            let has_it = self.nodes[to as usize].hops.is_some();
            let mut arrives = false;
            for number in (0..).take(self.coding.chunks) {
                departure += busy;
                if self.rng.gen_ratio(self.links.loss_permille, 1000) {
                    continue;
                }
                arrives = true;
                // A datagram to a node that has the message changes nothing there.
                if !has_it {
                    let delay = if shortest < longest { self.rng.gen_range(shortest..longest) } else { shortest };
                    self.flights.push(Reverse((departure + delay, from, to, number)));
                }
            }
            self.spread.datagrams += self.coding.chunks as u64;
            self.spread.bytes += (self.coding.chunks * self.coding.chunk_bytes) as u64;
            self.spread.arrivals += u64::from(arrives);
        }
        self.nodes[from as usize].uplink_free = departure;
    }
}

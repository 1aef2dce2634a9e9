//! Costs and reach of a strategy.

use std::time::Duration;

use local_node_kadcast::{BUCKET_PEERS, Id};
use rand::seq::index;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::net::{Links, Net, START_INTERVAL, Strategy, Trace};
use crate::{address, model};

/// How long all nodes together take to start, at most.
const MAX_STARTS: Duration = Duration::from_secs(20);
/// How long the tables have to fill, after the last node's start.
const WARM_UP: Duration = Duration::from_secs(20);
/// How long a network with filled tables runs before it is measured, so that its first questions are answered.
const SETTLING: Duration = Duration::from_secs(2);
/// Makes the choices of tables others than those of the network with the same seed.
const TABLES: u64 = 0x7461_626c_6573;
/// How long after each other short messages are sent.
const INTERVAL: Duration = Duration::from_millis(500);
/// How much longer each byte of a message makes the interval, so that each message has reached its last node by then.
const INTERVAL_OF_BYTE: Duration = Duration::from_micros(20);
/// How long the last one has to spread.
const SPREAD: Duration = Duration::from_secs(3);

/// A measurement on a network that stands.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How nodes pass messages on.
    pub strategy: Strategy,
    /// How datagrams travel.
    pub links: Links,
    /// How many messages are sent, one after the other, each from a random node.
    pub messages: u32,
    /// The bytes of each.
    pub message_bytes: usize,
    /// Where senders and contents come from. Endpoints take a message once, so plans for one network differ in it.
    pub seed: u64,
}

/// How one message spread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread {
    /// The nodes that got it, without the one that sent it first.
    pub reached: u64,
    /// The pairs of sender and receiver between which a part of it arrived.
    pub arrivals: u64,
    /// Its datagrams that left any node.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The sum of the hops of all deliveries.
    pub hops: u64,
    /// The most hops of one delivery.
    pub most_hops: u32,
    /// From the first datagram to the last delivery.
    pub last: Duration,
}

impl From<&Trace> for Spread {
    fn from(trace: &Trace) -> Self {
        // The first sender may get its own message back where it is flooded.
        let deliveries = || trace.deliveries.iter().filter(|(place, _)| **place != trace.origin).map(|(_, it)| it);
        Self {
            reached: deliveries().count() as u64,
            arrivals: trace.arrivals.len() as u64,
            datagrams: trace.datagrams,
            bytes: trace.bytes,
            hops: deliveries().map(|delivery| u64::from(delivery.hops)).sum(),
            most_hops: deliveries().map(|delivery| delivery.hops).max().unwrap_or_default(),
            last: deliveries().map(|delivery| delivery.at).max().map_or(Duration::ZERO, |last| last - trace.sent),
        }
    }
}

/// Means over all messages of a measurement, unless stated otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// The nodes.
    pub nodes: usize,
    /// How they passed messages on.
    pub strategy: Strategy,
    /// Of a thousand datagrams, so many were lost.
    pub loss_permille: u32,
    /// The messages.
    pub messages: u32,
    /// Their bytes.
    pub message_bytes: usize,
    /// The share of the other nodes that a message reached.
    pub delivered: f64,
    /// The smallest share of one message.
    pub worst_delivered: f64,
    /// The peers that a node receives parts of one message from.
    pub copies: f64,
    /// Bytes that one node sends for one message.
    pub bytes: f64,
    /// Datagrams that one node sends for one message.
    pub datagrams: f64,
    /// Nodes that a message passed before it arrived, with the first.
    pub hops: f64,
    /// The most hops of any delivery.
    pub most_hops: u32,
    /// From the first datagram to the last delivery.
    pub last: Duration,
}

/// Larger networks are built in one step: by the protocol, each node that comes asks for hours of computing time.
pub const MAX_NODES_BY_PROTOCOL: usize = 2_000;

/// Builds a network on links without loss: by the protocol itself, or with [filled tables](filled) where it is large.
#[must_use]
pub fn network(nodes: usize, seed: u64) -> Net {
    if nodes > MAX_NODES_BY_PROTOCOL { filled(nodes, seed) } else { by_protocol(nodes, seed) }
}

/// Builds a network whose tables are filled from the sorted list of all ids: each bucket holds random nodes of its
/// distance, as many as there are places or nodes. The protocol leads there as well, only that it prefers nodes that
/// answered early.
#[must_use]
pub fn filled(nodes: usize, seed: u64) -> Net {
    let mut net = Net::with(nodes, Links::lossy(0), seed, Duration::ZERO, |_| {});
    net.watch_nothing();
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ TABLES);
    let zero = Id::from_bytes([0; 16]);
    let number = |place: usize| Id::of(address(place)).distance(zero);
    let mut ids: Vec<(u128, usize)> = (0..nodes).map(|place| (number(place), place)).collect();
    ids.sort_unstable();
    for place in 0..nodes {
        let own = number(place);
        for height in (0..u128::BITS).rev() {
            let rest = (1_u128 << height) - 1;
            let first = (own ^ (1 << height)) & !rest;
            let begin = ids.partition_point(|(id, _)| *id < first);
            let end = ids.partition_point(|(id, _)| *id <= first | rest);
            let bucket = &ids[begin..end];
            for chosen in index::sample(&mut rng, bucket.len(), BUCKET_PEERS.min(bucket.len())) {
                net.nodes[place].endpoint.assume_answered(Duration::ZERO, address(bucket[chosen].1));
            }
        }
    }
    net.run(SETTLING);
    net
}

/// Builds a network by the protocol itself.
fn by_protocol(nodes: usize, seed: u64) -> Net {
    let number = u32::try_from(nodes).unwrap_or(u32::MAX).max(1);
    let interval = START_INTERVAL.min(MAX_STARTS / number);
    let mut net = Net::with(nodes, Links::lossy(0), seed, interval, |_| {});
    net.watch_nothing();
    net.run(interval * number + WARM_UP);
    net
}

/// The peers in a table, on average.
#[must_use]
pub fn mean_peers(net: &Net) -> f64 {
    let peers: usize = net.nodes.iter().map(|node| node.endpoint.usage().peers).sum();
    peers as f64 / net.nodes.len() as f64
}

/// Sends messages from random nodes, and counts. Kadcast runs on the endpoints, flooding and gossip on the
/// [model] with the endpoints' tables.
pub fn measure(net: &mut Net, plan: &Plan) -> Figures {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let spreads = match plan.strategy {
        Strategy::Kadcast => measure_endpoints(net, plan),
        strategy => {
            let tables = model::tables(net);
            let nodes = u32::try_from(tables.len()).unwrap_or(u32::MAX);
            let mut one = || {
                let origin = rng.gen_range(0..nodes);
                model::spread(&tables, strategy, plan.links, plan.message_bytes, origin, &mut rng)
            };
            (0..plan.messages).map(|_| one()).collect()
        }
    };
    figures(net.nodes.len(), plan, &spreads)
}

/// As [`measure`], on the endpoints for every strategy. Floods of large networks take much memory so.
pub fn measure_endpoints(net: &mut Net, plan: &Plan) -> Vec<Spread> {
    (net.strategy, net.links) = (plan.strategy, plan.links);
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let mut spreads = Vec::new();
    let mut rays = Vec::new();
    let interval = INTERVAL + INTERVAL_OF_BYTE * u32::try_from(plan.message_bytes).unwrap_or(u32::MAX);
    for _ in 0..plan.messages {
        let mut message = vec![0; plan.message_bytes];
        rng.fill_bytes(&mut message);
        rays.push(net.broadcast(rng.gen_range(0..net.nodes.len()), &message));
        net.run(interval);
    }
    net.run(SPREAD);
    for ray in rays {
        spreads.extend(net.traces.remove(&ray).as_ref().map(Spread::from));
    }
    spreads
}

/// Adds up how messages of a plan spread.
#[must_use]
pub fn figures(nodes: usize, plan: &Plan, spreads: &[Spread]) -> Figures {
    let (messages, others) = (spreads.len() as f64, nodes as f64 - 1.0);
    let sum = |of: fn(&Spread) -> u64| spreads.iter().map(of).sum::<u64>() as f64;
    Figures {
        nodes,
        strategy: plan.strategy,
        loss_permille: plan.links.loss_permille,
        messages: plan.messages,
        message_bytes: plan.message_bytes,
        delivered: sum(|it| it.reached) / messages / others,
        worst_delivered: spreads.iter().map(|it| it.reached as f64 / others).fold(1.0, f64::min),
        copies: sum(|it| it.arrivals) / messages / others,
        bytes: sum(|it| it.bytes) / messages / nodes as f64,
        datagrams: sum(|it| it.datagrams) / messages / nodes as f64,
        hops: sum(|it| it.hops) / sum(|it| it.reached).max(1.0),
        most_hops: spreads.iter().map(|it| it.most_hops).max().unwrap_or_default(),
        last: spreads.iter().map(|it| it.last).sum::<Duration>().div_f64(messages.max(1.0)),
    }
}

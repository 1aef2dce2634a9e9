//! What a strategy costs and reaches.

use std::fmt;
use std::time::Duration;

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::net::{Links, Net, Strategy};

/// A measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) nodes: usize,
    pub(crate) links: Links,
    pub(crate) strategy: Strategy,
    pub(crate) messages: usize,
    pub(crate) message_bytes: usize,
    pub(crate) seed: u64,
}

/// Means over all messages of a measurement, unless stated otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// The share of nodes that a message reached, of those that did not send it.
    pub(crate) delivered: f64,
    /// The smallest share of one message.
    pub(crate) worst_delivered: f64,
    /// The peers that a node receives parts of one message from.
    pub(crate) redundancy: f64,
    /// What one node sends for one message.
    pub(crate) bytes: f64,
    /// Datagrams that one node sends for one message.
    pub(crate) datagrams: f64,
    /// Nodes that a message passed before it arrived, with the sender.
    pub(crate) hops: f64,
    /// The most hops of any delivery.
    pub(crate) most_hops: u32,
    /// From sending to the last delivery.
    pub(crate) last: Duration,
    /// The peers in a table.
    pub(crate) peers: f64,
}

/// How long the tables have to fill, after the last node's start.
const WARM_UP: Duration = Duration::from_secs(60);
/// How long after each other messages are sent.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the last one has to spread.
const SPREAD: Duration = Duration::from_secs(5);

/// Builds a network by the protocol itself.
pub(crate) fn network(plan: &Plan) -> Net {
    let mut net = Net::new(plan.nodes, plan.links, plan.seed);
    net.watch_nothing();
    net.run(Duration::from_millis(10) * u32::try_from(plan.nodes).unwrap() + WARM_UP);
    net
}

/// Builds a network, sends messages from random nodes one after the other, and counts.
pub(crate) fn measure(plan: Plan) -> Figures {
    measure_on(&mut network(&plan), plan)
}

/// As [`measure`], on a network that stands.
pub(crate) fn measure_on(net: &mut Net, plan: Plan) -> Figures {
    (net.strategy, net.links) = (plan.strategy, plan.links);
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let peers: usize = net.nodes.iter().map(|node| node.endpoint.usage().peers).sum();
    let mut rays = Vec::new();
    for _ in 0..plan.messages {
        let mut message = vec![0; plan.message_bytes];
        rng.fill_bytes(&mut message);
        rays.push(net.broadcast(rng.gen_range(0..plan.nodes), &message));
        net.run(INTERVAL);
    }
    net.run(SPREAD);
    let traces: Vec<_> = rays.iter().map(|ray| &net.traces[ray]).collect();
    let (messages, nodes) = (plan.messages as f64, plan.nodes as f64);
    let share = |reached: usize| reached as f64 / (nodes - 1.0);
    // The sender may get its own message back from others when it is flooded.
    let reached: Vec<usize> =
        traces.iter().map(|trace| trace.deliveries.keys().filter(|place| **place != trace.origin).count()).collect();
    let deliveries = traces.iter().flat_map(|trace| trace.deliveries.values());
    let hops: Vec<u32> = deliveries.map(|delivery| delivery.hops).collect();
    let sum = |of: fn(&super::net::Trace) -> u64| traces.iter().map(|trace| of(trace) as f64).sum::<f64>();
    let last = traces.iter().map(|trace| {
        let last = trace.deliveries.values().map(|delivery| delivery.at).max().unwrap_or(trace.sent);
        last - trace.sent
    });
    Figures {
        delivered: reached.iter().map(|reached| share(*reached)).sum::<f64>() / messages,
        worst_delivered: reached.iter().map(|reached| share(*reached)).fold(1.0, f64::min),
        redundancy: sum(|trace| trace.arrivals.len() as u64) / messages / (nodes - 1.0),
        bytes: sum(|trace| trace.bytes) / messages / nodes,
        datagrams: sum(|trace| trace.datagrams) / messages / nodes,
        hops: hops.iter().map(|hops| f64::from(*hops)).sum::<f64>() / hops.len() as f64,
        most_hops: hops.iter().copied().max().unwrap_or_default(),
        last: last.sum::<Duration>() / u32::try_from(plan.messages).unwrap(),
        peers: peers as f64 / nodes,
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "delivered {:.4} % (worst message {:.2} %), redundancy {:.2}, {:.0} bytes and {:.1} datagrams a node, \
             {:.2} hops (most {}), last delivery after {} ms, {:.1} peers a table",
            self.delivered * 100.0,
            self.worst_delivered * 100.0,
            self.redundancy,
            self.bytes,
            self.datagrams,
            self.hops,
            self.most_hops,
            self.last.as_millis(),
            self.peers,
        )
    }
}

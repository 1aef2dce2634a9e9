//! Tables that are filled in one step, beside those that the protocol fills.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use local_node_kadcast_sim::measure::{Plan, filled, mean_peers, measure, network};
use local_node_kadcast_sim::net::{Links, Strategy};

#[test]
fn filled_tables_are_as_those_of_the_protocol() {
    const NODES: usize = 120;
    let (mut by_protocol, mut at_once) = (network(NODES, 5), filled(NODES, 5));
    let (grown, given) = (mean_peers(&by_protocol), mean_peers(&at_once));
    assert!((grown / given - 1.0).abs() < 0.03, "{grown} and {given} peers");
    // Every node has the same number of peers at each distance, or one that has not answered yet.
    let heights = |net: &local_node_kadcast_sim::net::Net, place: usize| {
        let mut counts = std::collections::BTreeMap::<u8, usize>::new();
        net.nodes[place].endpoint.peers().for_each(|(height, _)| *counts.entry(height).or_default() += 1);
        counts
    };
    for place in 0..NODES {
        for (height, count) in heights(&by_protocol, place) {
            let given = heights(&at_once, place).get(&height).copied().unwrap_or_default();
            assert!(count <= given, "node {place} at height {height}: {count} by the protocol, {given} at once");
        }
    }
    // A message costs the same on both.
    let plan = Plan { strategy: Strategy::Kadcast, links: Links::lossy(0), messages: 20, message_bytes: 300, seed: 9 };
    let (grown, given) = (measure(&mut by_protocol, &plan), measure(&mut at_once, &plan));
    assert_eq!((grown.worst_delivered, given.worst_delivered), (1.0, 1.0));
    assert!((grown.bytes / given.bytes - 1.0).abs() < 0.1, "{} and {} bytes", grown.bytes, given.bytes);
    assert!((grown.hops - given.hops).abs() < 0.3, "{} and {} hops", grown.hops, given.hops);
}

//! Many nodes in virtual time: who is reached, at what cost, and that no message leaves a node twice.

use std::time::Duration;

use crate::support::measure::{Plan, measure_on, network};
use crate::support::net::{Links, Net, Strategy, address};

/// Long enough for every table to fill and for the second refresh.
const WARM_UP: Duration = Duration::from_secs(60);

fn message(number: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| number ^ u8::try_from(place % 251).unwrap()).collect()
}

#[test]
fn two_hundred_nodes_are_reached_over_lossy_links_and_send_nothing_twice() {
    let mut net = Net::new(200, Links::lossy(50), 1);
    net.run(WARM_UP);
    let lonely = net.nodes.iter().filter(|node| node.endpoint.usage().peers < 20).count();
    assert_eq!(lonely, 0, "all nodes know others");
    let mut reached = 0;
    for number in 0..20 {
        let bytes = if number % 5 == 4 { 60_000 } else { 300 };
        let sent = message(number, bytes);
        let ray = net.broadcast(usize::from(number) * 9, &sent);
        net.run(Duration::from_secs(10));
        let trace = &net.traces[&ray];
        assert!(trace.deliveries.values().all(|delivery| *delivery.bytes == *sent));
        assert!(!trace.deliveries.contains_key(&trace.origin), "the sender does not get its own message");
        reached += trace.deliveries.len();
    }
    assert_eq!(net.violations, Vec::<String>::new());
    let all = 20 * 199;
    assert!(reached * 1000 >= all * 999, "{reached} of {all}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut net = Net::new(40, Links::lossy(100), seed);
        net.run(Duration::from_secs(20));
        let ray = net.broadcast(7, &message(1, 5000));
        net.run(Duration::from_secs(5));
        let trace = &net.traces[&ray];
        let deliveries: Vec<_> =
            trace.deliveries.iter().map(|(place, it)| (*place, it.at, it.from, it.height)).collect();
        (deliveries, trace.datagrams, trace.bytes)
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn dead_nodes_leave_the_tables_and_come_back() {
    let mut net = Net::new(60, Links::lossy(20), 9);
    net.run(Duration::from_secs(30));
    let dead: Vec<usize> = (20..40).collect();
    dead.iter().for_each(|place| net.nodes[*place].is_up = false);
    // Three pings of five seconds, after thirty seconds of silence.
    net.run(Duration::from_secs(120));
    let addresses: Vec<_> = dead.iter().map(|place| address(*place)).collect();
    let knows_dead = |net: &Net, place: usize| {
        net.nodes[place].endpoint.peers().filter(|(_, peer)| addresses.contains(&peer.address)).count()
    };
    let living: Vec<usize> = (0..20).chain(40..60).collect();
    assert!(living.iter().all(|place| knows_dead(&net, *place) == 0), "nobody keeps a dead peer");
    let ray = net.broadcast(3, &message(1, 300));
    net.run(Duration::from_secs(5));
    assert_eq!(net.traces[&ray].deliveries.len(), living.len() - 1);

    dead.iter().for_each(|place| net.nodes[*place].is_up = true);
    let is_back = |net: &Net| living.iter().all(|place| knows_dead(net, *place) > 0);
    assert!(net.run_until(Duration::from_secs(180), is_back), "nodes that come back are found again");
    let ray = net.broadcast(25, &message(2, 300));
    net.run(Duration::from_secs(5));
    assert_eq!(net.traces[&ray].deliveries.len(), 59);
    assert_eq!(net.violations, Vec::<String>::new());
}

#[test]
fn a_node_learns_of_nodes_that_it_was_not_told_of() {
    let mut net = Net::new(100, Links::lossy(0), 4);
    net.run(Duration::from_secs(30));
    // A lookup of any node's id would find it: the node's closest peer knows it.
    for place in 0..100 {
        let id = net.nodes[place].endpoint.config().identity.id();
        let closest = (0..100).filter(|other| *other != place);
        let closest =
            closest.min_by_key(|other| net.nodes[*other].endpoint.config().identity.id().distance(id)).unwrap();
        let knows = net.nodes[closest].endpoint.peers().any(|(_, peer)| peer.id == id);
        assert!(knows, "{closest} does not know {place}");
    }
}

/// One network for all strategies, so that they have the same tables.
#[test]
#[ignore = "prints figures of a thousand nodes, for some minutes"]
fn figures_of_a_thousand_nodes() {
    let plan = |strategy, loss, messages, message_bytes, seed| Plan {
        nodes: 1000,
        links: Links::lossy(loss),
        strategy,
        messages,
        message_bytes,
        seed,
    };
    // Other seeds, because a node takes the same message once.
    let plans = [
        plan(Strategy::Kadcast, 50, 100, 300, 1),
        plan(Strategy::Kadcast, 0, 20, 300, 2),
        plan(Strategy::Kadcast, 200, 20, 300, 3),
        plan(Strategy::Kadcast, 50, 3, 100_000, 4),
        plan(Strategy::Gossip(8), 50, 10, 300, 5),
        plan(Strategy::Flooding, 50, 3, 300, 6),
    ];
    let mut net = network(&plans[0]);
    let figures = plans.map(|plan| {
        let figures = measure_on(&mut net, plan);
        println!("{:?}, {} ‰ lost, {} bytes: {figures}", plan.strategy, plan.links.loss_permille, plan.message_bytes);
        figures
    });
    let [kadcast, .., flooding] = figures;
    assert!(kadcast.delivered >= 0.999, "{kadcast}");
    assert!(kadcast.bytes <= flooding.bytes / 4.0, "{kadcast}; {flooding}");
}

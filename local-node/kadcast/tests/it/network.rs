//! Many nodes in virtual time: the reach of messages, their cost, and that no message leaves a node twice.

use std::time::Duration;

use local_node_kadcast_sim::address;
use local_node_kadcast_sim::measure::{Plan, Spread, figures, measure, measure_endpoints, network};
use local_node_kadcast_sim::net::{Links, Net, Strategy};

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

fn plan(strategy: Strategy, loss_permille: u32, messages: u32, message_bytes: usize, seed: u64) -> Plan {
    Plan { strategy, links: Links::lossy(loss_permille), messages, message_bytes, seed }
}

#[test]
fn a_thousand_nodes_are_reached_at_a_quarter_of_the_bytes_of_flooding() {
    let mut net = network(1000, 1);
    let kadcast = measure(&mut net, &plan(Strategy::Kadcast, 50, 20, 300, 1));
    let flooding = measure(&mut net, &plan(Strategy::Flooding, 50, 2, 300, 2));
    assert!(kadcast.delivered >= 0.999, "{kadcast:?}");
    assert!(kadcast.bytes <= flooding.bytes / 4.0, "{kadcast:?}; {flooding:?}");
}

/// The measurement of flooding and gossip does not run on endpoints, so it is compared with endpoints here.
#[test]
fn the_model_of_flooding_and_gossip_agrees_with_endpoints() {
    let mut net = network(80, 5);
    for (number, (strategy, loss, bytes)) in
        [(Strategy::Flooding, 0, 300), (Strategy::Flooding, 100, 20_000), (Strategy::Gossip(4), 50, 300)]
            .into_iter()
            .enumerate()
    {
        let plan = plan(strategy, loss, 15, bytes, number as u64);
        let model = measure(&mut net, &plan);
        let spreads: Vec<Spread> = measure_endpoints(&mut net, &plan);
        let real = figures(80, &plan, &spreads);
        let is_near = |a: f64, b: f64, share: f64| (a - b).abs() <= share * b;
        let context = format!("{model:?}; {real:?}");
        assert!(is_near(model.delivered, real.delivered, 0.02), "{context}");
        assert!(is_near(model.bytes, real.bytes, 0.03), "{context}");
        assert!(is_near(model.datagrams, real.datagrams, 0.03), "{context}");
        assert!(is_near(model.copies, real.copies, 0.03), "{context}");
        assert!(is_near(model.hops, real.hops, 0.15), "{context}");
        assert!(is_near(model.last.as_secs_f64(), real.last.as_secs_f64(), 0.2), "{context}");
    }
}

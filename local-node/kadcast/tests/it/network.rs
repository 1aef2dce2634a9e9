//! Many nodes in virtual time: who is reached, at what cost, and that no message leaves a node twice.

use std::time::Duration;

use crate::support::measure::{Plan, measure_on, network};
use crate::support::net::{Links, Net, Strategy};

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

/// One network for all strategies, so that they have the same tables.
#[test]
#[ignore = "prints figures of a thousand nodes, for a minute"]
fn figures_of_a_thousand_nodes() {
    let plan = Plan {
        nodes: 1000,
        links: Links::lossy(50),
        strategy: Strategy::Kadcast,
        messages: 40,
        message_bytes: 300,
        seed: 3,
    };
    let mut net = network(&plan);
    // Other seeds, because a node takes the same message once.
    let plans = [
        plan,
        Plan { message_bytes: 100_000, messages: 2, seed: 4, ..plan },
        Plan { strategy: Strategy::Gossip(8), messages: 4, seed: 5, ..plan },
        Plan { strategy: Strategy::Flooding, messages: 2, seed: 6, ..plan },
    ];
    for plan in plans {
        println!("{:?}, {} bytes: {}", plan.strategy, plan.message_bytes, measure_on(&mut net, plan));
    }
}

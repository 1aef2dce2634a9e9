//! What a node of a network tells clients of its peers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;

use super::served::Served;
use crate::network::{PATIENCE, Stranger, addresses, config};

#[test]
fn clients_are_given_as_many_peers_as_they_ask_for() {
    let node = addresses(1);
    let served = Served::with(config(0, &node, None));
    let peers = |limit: &[u8]| -> Vec<SocketAddr> {
        let answer = served.ask("/on/network/peers", limit);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        serde_json::from_value(answer.json()).expect("a list of addresses")
    };
    assert!(peers(b"").is_empty(), "nobody has joined");
    let strangers = served.runtime.block_on(async { [Stranger::join(&node).await, Stranger::join(&node).await] });
    let mut expected = strangers.each_ref().map(Stranger::address);
    expected.sort_unstable();
    // They know the node; it is about to know them.
    let end = Instant::now() + PATIENCE;
    let mut all = peers(b"");
    while all.len() < expected.len() {
        assert!(Instant::now() < end, "the node knows {all:?}, not {expected:?}");
        std::thread::sleep(Duration::from_millis(20));
        all = peers(b"");
    }
    all.sort_unstable();
    assert_eq!(all, expected);
    for (limit, count) in [("0", 0), ("1", 1), (" 2 ", 2), ("3", 2), ("18446744073709551615", 2)] {
        let found = peers(limit.as_bytes());
        assert_eq!(found.len(), count, "limit `{limit}`: {found:?}");
        assert!(found.iter().all(|peer| expected.contains(peer)), "limit `{limit}`: {found:?}");
    }
    let info = served.ask("/on/node/info", b"").json();
    assert_eq!((&info["kadcast_address"], &info["bootstrapping_nodes"]), (&json!(node[0]), &json!([])));
    served.stop();
}

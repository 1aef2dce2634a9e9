//! The table of a devnet's nodes.

use serde_json::{Value, json};

use crate::figures::grouped;
use crate::ops::devnet::status::NodeStatus;
use crate::ops::project::devnet::{NodeState, Running};
use crate::output::Ui;
use crate::table::{Side, Table};

/// Prints a row for each node.
pub(super) fn print(statuses: &[NodeStatus], ui: &Ui) {
    table(statuses).print(ui);
}

fn table(statuses: &[NodeStatus]) -> Table {
    let mut table = Table::new(&[
        ("node", Side::Right),
        ("state", Side::Left),
        ("process", Side::Right),
        ("height", Side::Right),
        ("round", Side::Right),
        ("iteration", Side::Right),
        ("label", Side::Left),
        ("final", Side::Right),
        ("peers", Side::Right),
        ("url", Side::Left),
    ]);
    for status in statuses {
        let nothing = || "–".to_owned();
        let place = status.place.as_ref().and_then(|place| place.as_ref().ok());
        let number = |number: Option<u64>| number.map_or_else(nothing, grouped);
        table.row([
            status.node.node.to_string(),
            state(status).to_owned(),
            status.node.process.map_or_else(nothing, |process| process.to_string()),
            number(place.map(|place| place.height)),
            number(place.and_then(|place| place.round)),
            number(place.and_then(|place| place.iteration).map(u64::from)),
            place.map_or_else(nothing, |place| place.label().to_lowercase()),
            number(place.map(|place| place.last_final)),
            number(place.map(|place| place.alive as u64)),
            status.node.addresses.url(),
        ]);
    }
    table
}

/// The state of a node, in one word. A process may run and not answer.
fn state(status: &NodeStatus) -> &'static str {
    match &status.place {
        Some(Err(_)) if status.node.state == NodeState::Running => "silent",
        _ => status.node.state.name(),
    }
}

/// The same as a document.
pub(super) fn document(running: &Running, statuses: &[NodeStatus]) -> Value {
    let nodes: Vec<Value> = statuses
        .iter()
        .map(|status| {
            let place = status.place.as_ref().and_then(|place| place.as_ref().ok());
            let error = status.place.as_ref().and_then(|place| place.as_ref().err()).map(ToString::to_string);
            json!({
                "node": status.node.node,
                "state": state(status),
                "process": status.node.process,
                "url": status.node.addresses.url(),
                "address": status.node.addresses.peer,
                "height": place.map(|place| place.height),
                "hash": place.map(|place| place.hash.clone()),
                "round": place.and_then(|place| place.round),
                "iteration": place.and_then(|place| place.iteration),
                "label": place.map(|place| place.label().to_owned()),
                "last_final": place.map(|place| place.last_final),
                "peers": place.map(|place| place.alive),
                "waiting": place.map(|place| place.waiting),
                "error": error,
            })
        })
        .collect();
    json!({ "ready": running.is_ready, "supervisor": running.supervisor, "nodes": nodes })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::ops::chain::client::ClientError;
    use crate::ops::project::devnet::{Addresses, NodeProcess};

    fn status(node: usize, state: NodeState) -> NodeProcess {
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let number = u16::try_from(node).unwrap();
        let addresses = Addresses { http: at(8100 + number), peer: at(9000 + number) };
        NodeProcess { node, addresses, state, process: (state == NodeState::Running).then_some(4711) }
    }

    #[test]
    fn nodes_that_run_answer_or_not_are_told_apart() {
        let place = json!({
            "alive": 3, "height": 1_024, "hash": "ab", "label": { "Attested": 1 }, "last_final": 1_022,
            "round": 1_025, "iteration": 0, "waiting": 2,
        });
        let silent = ClientError::Slow { url: "http://127.0.0.1:8102".to_owned() };
        let statuses = [
            NodeStatus { node: status(1, NodeState::Running), place: Some(Ok(serde_json::from_value(place).unwrap())) },
            NodeStatus { node: status(2, NodeState::Running), place: Some(Err(silent)) },
            NodeStatus { node: status(3, NodeState::Killed), place: None },
        ];
        let lines = table(&statuses).lines(None);
        let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[1][..4], ["1", "running", "4711", "1,024"]);
        assert_eq!(words[1][4..], ["1,025", "0", "attested", "1,022", "3", "http://127.0.0.1:8101"]);
        assert_eq!(words[2][..4], ["2", "silent", "4711", "–"]);
        assert_eq!(words[3][..4], ["3", "killed", "–", "–"]);
        let running = Running::new(7, SocketAddr::from(([127, 0, 0, 1], 1)), "secret".to_owned());
        let document = document(&running, &statuses);
        assert_eq!(document["nodes"][0]["last_final"], 1_022);
        assert_eq!(document["nodes"][1]["state"], "silent");
        assert_eq!(document["nodes"][2]["height"], Value::Null);
        assert!(!document.to_string().contains("secret"));
    }
}

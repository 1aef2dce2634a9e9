//! The status reports of the nodes.

use std::thread;

use crate::ops::chain::client::{Client, ClientError, NetworkPlace};
use crate::ops::project::devnet::{NodeProcess, NodeState};

/// A node, and what it told just now.
#[derive(Debug)]
pub(crate) struct NodeStatus {
    /// Its process.
    pub(crate) node: NodeProcess,
    /// Its place in the network; nothing for a node that does not run.
    pub(crate) place: Option<Result<NetworkPlace, ClientError>>,
}

/// Asks all nodes at the same time.
pub(crate) fn of(nodes: &[NodeProcess]) -> Vec<NodeStatus> {
    thread::scope(|scope| {
        let asked: Vec<_> = nodes
            .iter()
            .map(|node| {
                let place = (node.state == NodeState::Running)
                    .then(|| scope.spawn(|| Client::near(&node.addresses.url()).network()));
                (node.clone(), place)
            })
            .collect();
        asked
            .into_iter()
            .map(|(node, place)| {
                let place = place.map(|place| match place.join() {
                    Ok(answer) => answer,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                NodeStatus { node, place }
            })
            .collect()
    })
}

/// The missing step until the nodes have met and agree on a final block above the given height; `None`: nothing.
pub(super) fn missing(statuses: &[NodeStatus], above: u64) -> Option<String> {
    let places: Vec<Option<&NetworkPlace>> =
        statuses.iter().map(|status| status.place.as_ref().and_then(|place| place.as_ref().ok())).collect();
    let count = |is_so: &dyn Fn(&NetworkPlace) -> bool| places.iter().flatten().filter(|place| is_so(place)).count();
    let all = statuses.len();
    let met = count(&|place| place.alive + 1 >= all);
    if met < all {
        return Some(format!("{met} of {all} nodes have met the others"));
    }
    let ahead = count(&|place| place.last_final > above);
    if ahead < all {
        let height = places.iter().flatten().map(|place| place.height).max().unwrap_or_default();
        return Some(format!("at block {height}, {ahead} of {all} nodes have a final one"));
    }
    None
}

/// The highest final block that a node tells.
pub(super) fn last_final(statuses: &[NodeStatus]) -> u64 {
    let places = statuses.iter().filter_map(|status| status.place.as_ref()?.as_ref().ok());
    places.map(|place| place.last_final).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use serde_json::json;

    use super::*;
    use crate::ops::project::devnet::Addresses;

    fn status(node: usize, told: Option<(usize, u64, u64)>) -> NodeStatus {
        let any = SocketAddr::from(([127, 0, 0, 1], 1));
        let place = told.map(|(alive, height, last_final)| {
            let place = json!({
                "alive": alive, "height": height, "hash": "00", "label": { "Accepted": 1 }, "last_final": last_final,
                "round": null, "iteration": null, "waiting": 0,
            });
            Ok(serde_json::from_value(place).unwrap())
        });
        let addresses = Addresses { http: any, peer: any };
        NodeStatus { node: NodeProcess { node, addresses, state: NodeState::Running, process: None }, place }
    }

    #[test]
    fn nodes_meet_first_and_agree_then() {
        let told = |nodes: [Option<(usize, u64, u64)>; 3], above| {
            let statuses: Vec<_> = nodes.into_iter().enumerate().map(|(place, told)| status(place + 1, told)).collect();
            missing(&statuses, above)
        };
        assert_eq!(told([None; 3], 0).unwrap(), "0 of 3 nodes have met the others");
        assert_eq!(told([Some((2, 5, 4)), Some((1, 5, 4)), None], 0).unwrap(), "1 of 3 nodes have met the others");
        let met = [Some((2, 5, 3)), Some((3, 4, 3)), Some((2, 5, 2))];
        assert_eq!(told(met, 2).unwrap(), "at block 5, 2 of 3 nodes have a final one");
        assert_eq!(told(met, 1), None);
    }
}

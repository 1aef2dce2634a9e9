//! The control of a development node: snapshots, new blocks, and jumps of the clock.

use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, ClientError, JSON};

/// A change of a development node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Remembers the chain as it is.
    Snapshot,
    /// Goes back to what was remembered: under this number, or last.
    Revert(Option<u64>),
    /// Makes so many blocks.
    Mine(u64),
    /// Moves the clock on by so many seconds.
    Warp(u64),
    /// Reverts the chain to its first block.
    Reset,
}

impl Change {
    fn request(self) -> (&'static str, Value) {
        match self {
            Self::Snapshot => ("snapshot", json!({})),
            Self::Revert(None) => ("revert", json!({})),
            Self::Revert(Some(snapshot)) => ("revert", json!({ "snapshot": snapshot })),
            Self::Mine(blocks) => ("mine", json!({ "blocks": blocks })),
            Self::Warp(seconds) => ("warp", json!({ "seconds": seconds })),
            Self::Reset => ("reset", json!({})),
        }
    }
}

/// A development node's data about a transaction.
#[derive(Deserialize)]
struct Fate {
    state: String,
    reason: Option<String>,
}

impl Client {
    /// Why a development node has dropped a transaction, if it has. Other nodes refuse to say.
    pub(crate) fn dropped(&self, id: &str) -> Result<Option<String>, ClientError> {
        const TOPIC: &str = "dev/fate";
        let answer = self.send(TOPIC, JSON, json!({ "transaction": id }).to_string().as_bytes())?;
        let fate: Fate = serde_json::from_slice(&answer).map_err(|error| self.strange(TOPIC, error))?;
        Ok(fate.reason.filter(|_| fate.state == "removed"))
    }

    /// Asks for a change, and gives what the node says of it.
    pub(crate) fn control(&self, change: Change) -> Result<Value, ClientError> {
        let (topic, body) = change.request();
        let topic = format!("dev/{topic}");
        let answer = self.send(&topic, JSON, body.to_string().as_bytes())?;
        serde_json::from_slice(&answer).map_err(|error| self.strange(&topic, error))
    }

    /// The node's place in its network, of a development node.
    pub(crate) fn network(&self) -> Result<NetworkPlace, ClientError> {
        const TOPIC: &str = "dev/network";
        let answer = self.send(TOPIC, JSON, b"{}")?;
        serde_json::from_slice(&answer).map_err(|error| self.strange(TOPIC, error))
    }

    /// Sets the rule of a development node's link to a peer, or to all peers without a rule of their own.
    pub(crate) fn set_link(&self, peer: Option<SocketAddr>, rule: LinkRule) -> Result<(), ClientError> {
        let body = json!({
            "peer": peer,
            "cut": rule.is_cut,
            "delay_ms": rule.delay_millis,
            "loss_permille": rule.loss_permille,
        });
        self.send("dev/link", JSON, body.to_string().as_bytes()).map(drop)
    }

    /// Takes back all rules of a development node's links.
    pub(crate) fn heal_links(&self) -> Result<(), ClientError> {
        self.send("dev/heal", JSON, b"{}").map(drop)
    }
}

/// How datagrams travel between a node and a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LinkRule {
    /// Nothing travels in either direction.
    pub(crate) is_cut: bool,
    /// How late what the node sends arrives.
    pub(crate) delay_millis: u64,
    /// Of a thousand datagrams that the node sends, so many are lost.
    pub(crate) loss_permille: u16,
}

/// A node's data about its network, and its own place in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct NetworkPlace {
    /// How many of its peers are not known to be silent.
    pub(crate) alive: usize,
    /// The height of its last block.
    pub(crate) height: u64,
    /// The hash of that block, in hexadecimal.
    pub(crate) hash: String,
    /// The label of that block, with its number: `{"Final": 1}`.
    pub(crate) label: Value,
    /// The height of its last final block.
    pub(crate) last_final: u64,
    /// The round that runs; nothing while the chain changes.
    pub(crate) round: Option<u64>,
    /// The iteration that runs.
    pub(crate) iteration: Option<u8>,
    /// Transactions that wait in its mempool.
    pub(crate) waiting: usize,
}

impl NetworkPlace {
    /// The word of the label.
    pub(crate) fn label(&self) -> &str {
        let word = self.label.as_object().and_then(|label| label.keys().next());
        word.map_or("unknown", String::as_str)
    }
}

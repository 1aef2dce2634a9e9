//! What only a development node does: it goes back to where it was, and forth as fast as one likes.

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

/// What a development node knows of a transaction.
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
}

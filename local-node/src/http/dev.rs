//! `POST /on/dev/…`: state control of a development chain. Production has none of it. A node whose rules are those of a
//! public network has `fate` only, which changes nothing.
//!
//! | topic | body | answer |
//! |---|---|---|
//! | `snapshot` | – | `{"snapshot": 1, "height": 12}` |
//! | `revert` | `{"snapshot": 1}`, or nothing for the last one | `{"height": 12, "reverted": 5}` |
//! | `mine` | `{"blocks": 3}`, or nothing for one | `{"height": 17}` |
//! | `warp` | `{"seconds": 86400}` | `{"timestamp": 1700000000}`, the least time of the next block |
//! | `reset` | – | `{"height": 0}` |
//! | `fate` | `{"transaction": "…64 hexadecimal digits…"}` | `{"state": "removed", "reason": "it waited longer than the mempool keeps transactions"}` |
//! | `network` | – | the node's place in its network, see below |
//! | `link` | `{"peer": "127.0.0.1:9001", "cut": true}`, `{"peer": null, "delay_ms": 50, "loss_permille": 200}` | `{}` |
//! | `heal` | – | `{}`; all rules of links are gone |
//!
//! `link` sets the rule of one peer, named by its public UDP address, or with `null` of all peers without a rule of
//! their own. It takes the place of the rule before. `cut` holds in both directions; `delay_ms` and `loss_permille`
//! hold for what this node sends, so that the same rule in two nodes delays a datagram once.
//!
//! ```json
//! {
//!   "address": "127.0.0.1:9001", "peers": ["127.0.0.1:9002"], "alive": 1,
//!   "height": 12, "hash": "…64 hexadecimal digits…", "label": {"Attested": 12}, "last_final": 10,
//!   "round": 13, "iteration": 0, "waiting": 2, "received": 900, "refused": 0, "sent": 850
//! }
//! ```
//!
//! `round` and `iteration` are `null` while the chain changes. A node without a network refuses these three topics, and
//! one of a network refuses `snapshot`, `revert`, `warp` and `reset`.
//!
//! The states of a transaction are `executed`, `waiting`, `deferred`, `removed` (with a reason; the last ones are
//! known) and `unknown`.

use std::net::SocketAddr;
use std::time::Duration;

use local_node_types::ledger::Label;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::error::Error;
use super::rues::{Answer, Reply, Request, unsupported};
use crate::block::TxId;
use crate::config::BlockTime;
use crate::handle::{MAX_MINED_BLOCKS, NodeHandle, TransactionStatus};
use crate::network::{Link, NetworkStatus, Path};

/// The topic that only reads.
const FATE: &str = "fate";
/// The most seconds that a request waits for blocks of a node that makes one in a fixed time. Clients wait for 30.
const MAX_MINE_SECONDS: u64 = 25;
/// The longest delay of a link, in milliseconds.
const MAX_DELAY_MS: u64 = 60_000;
/// All datagrams of a link, in permille.
const ALL_PERMILLE: u16 = 1_000;
/// The bytes of a transaction's id.
const TX_ID_BYTES: usize = 32;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct To {
    snapshot: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Mine {
    blocks: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    transaction: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Warp {
    seconds: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    peer: Option<SocketAddr>,
    #[serde(default)]
    cut: bool,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    loss_permille: u16,
}

impl Rule {
    fn link(&self) -> Result<Link, Error> {
        if self.delay_ms > MAX_DELAY_MS {
            return Err(Error::InvalidInput(format!("a delay of {} ms is too long: at most 60 s", self.delay_ms)));
        }
        if self.loss_permille > ALL_PERMILLE {
            return Err(Error::InvalidInput(format!("a loss of {} permille is more than all", self.loss_permille)));
        }
        let outgoing =
            Path { is_cut: self.cut, loss_permille: self.loss_permille, delay: Duration::from_millis(self.delay_ms) };
        Ok(Link { outgoing, incoming: Path { is_cut: self.cut, ..Path::default() } })
    }
}

pub(super) async fn answer(node: &NodeHandle, request: &Request) -> Answer {
    let topic = request.topic.as_str();
    if topic != FATE {
        node.require_local()?;
    }
    let reply = match topic {
        "snapshot" => {
            let Nothing {} = optional(request)?;
            let taken = node.snapshot().await?;
            json!({ "snapshot": taken.snapshot, "height": taken.height })
        }
        "revert" => {
            let To { snapshot } = optional(request)?;
            let done = node.revert(snapshot).await?;
            json!({ "height": done.height, "reverted": done.reverted })
        }
        "mine" => {
            let blocks = optional::<Mine>(request)?.blocks.unwrap_or(1);
            if blocks > MAX_MINED_BLOCKS {
                return Err(Error::InvalidInput(format!("{blocks} blocks are too many: {MAX_MINED_BLOCKS} at a time")));
            }
            fits_in_time(node.info().block_time, blocks)?;
            json!({ "height": node.mine(blocks).await? })
        }
        "warp" => {
            let Warp { seconds } = parse(request.body.text()?)?;
            json!({ "timestamp": node.warp(seconds).await? })
        }
        FATE => {
            let Which { transaction } = parse(request.body.text()?)?;
            let mut id = [0; TX_ID_BYTES];
            hex::decode_to_slice(&transaction, &mut id).map_err(|_| {
                Error::InvalidInput(format!("`{transaction}` is not a transaction id: 64 hexadecimal digits"))
            })?;
            status_document(&node.transaction_status(TxId(id)).await?)
        }
        "reset" => {
            let Nothing {} = optional(request)?;
            json!({ "height": node.reset().await?.height })
        }
        "network" => {
            let Nothing {} = optional(request)?;
            network_document(&node.network_status().await?)
        }
        "link" => {
            let rule: Rule = parse(request.body.text()?)?;
            node.set_link(rule.peer, rule.link()?).await?;
            json!({})
        }
        "heal" => {
            let Nothing {} = optional(request)?;
            node.heal().await?;
            json!({})
        }
        _ => return Err(unsupported(request)),
    };
    Ok(Reply::Json(reply))
}

/// Refuses a request for blocks that come later than its client waits.
fn fits_in_time(block_time: BlockTime, blocks: u64) -> Result<(), Error> {
    match block_time {
        BlockTime::Every(time) if time.as_secs().saturating_mul(blocks) > MAX_MINE_SECONDS => {
            Err(Error::InvalidInput(format!(
                "this node makes a block every {} s, and a request waits {MAX_MINE_SECONDS} s at most: wait for the \
                 blocks, or start the node without `--block-time`",
                time.as_secs()
            )))
        }
        BlockTime::Every(_) | BlockTime::Instant => Ok(()),
    }
}

fn network_document(status: &NetworkStatus) -> serde_json::Value {
    let label = match status.label {
        Label::Accepted(number) => json!({ "Accepted": number }),
        Label::Attested(number) => json!({ "Attested": number }),
        Label::Confirmed(number) => json!({ "Confirmed": number }),
        Label::Final(number) => json!({ "Final": number }),
    };
    json!({
        "address": status.address,
        "peers": status.peers,
        "alive": status.alive,
        "height": status.height,
        "hash": hex::encode(status.hash),
        "label": label,
        "last_final": status.last_final,
        "round": status.position.map(|(round, _)| round),
        "iteration": status.position.map(|(_, iteration)| iteration),
        "waiting": status.waiting,
        "received": status.received,
        "refused": status.refused,
        "sent": status.sent,
    })
}

fn status_document(status: &TransactionStatus) -> serde_json::Value {
    match status {
        TransactionStatus::Executed(spent) => json!({ "state": "executed", "height": spent.height }),
        TransactionStatus::Waiting(_) => json!({ "state": "waiting" }),
        TransactionStatus::Deferred(_) => json!({ "state": "deferred" }),
        TransactionStatus::Removed(reason) => json!({ "state": "removed", "reason": reason.to_string() }),
        TransactionStatus::Unknown => json!({ "state": "unknown" }),
    }
}

/// Reads a body that may be missing.
fn optional<T: DeserializeOwned + Default>(request: &Request) -> Result<T, Error> {
    let text = request.body.text()?.trim();
    if text.is_empty() { Ok(T::default()) } else { parse(text) }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::InvalidInput(format!("the body is not a valid request: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(text: &str) -> Result<Link, String> {
        parse::<Rule>(text).and_then(|rule| rule.link()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cut_holds_both_ways_and_delay_and_loss_one_way() {
        assert_eq!(link(r#"{"peer": "127.0.0.1:9001", "cut": true}"#), Ok(Link::CUT));
        assert_eq!(link(r#"{"peer": null}"#), Ok(Link::default()));
        let slow = link(r#"{"peer": null, "delay_ms": 50, "loss_permille": 200}"#).unwrap();
        assert_eq!(slow.outgoing, Path { is_cut: false, loss_permille: 200, delay: Duration::from_millis(50) });
        assert_eq!(slow.incoming, Path::default());
    }

    #[test]
    fn rules_that_no_link_has_are_refused() {
        for (wrong, told) in [
            (r#"{"peer": null, "delay_ms": 60001}"#, "is too long"),
            (r#"{"peer": null, "loss_permille": 1001}"#, "more than all"),
            (r#"{"peer": null, "loss_permille": -1}"#, "not a valid request"),
            (r#"{"peer": "localhost", "cut": true}"#, "not a valid request"),
            (r#"{"peer": null, "slow": true}"#, "unknown field"),
        ] {
            let refused = link(wrong).unwrap_err();
            assert!(refused.contains(told), "{wrong}: {refused}");
        }
    }
}

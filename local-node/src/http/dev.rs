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
//!
//! The states of a transaction are `executed`, `waiting`, `deferred`, `removed` (with a reason; the last ones are
//! known) and `unknown`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::error::Error;
use super::rues::{Answer, Reply, Request, unsupported};
use crate::block::TxId;
use crate::config::BlockTime;
use crate::handle::{MAX_MINED_BLOCKS, NodeHandle, TransactionStatus};

/// The topic that only reads.
const FATE: &str = "fate";
/// The most seconds that a request waits for blocks of a node that makes one in a fixed time. Clients wait for 30.
const MAX_MINE_SECONDS: u64 = 25;
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

//! `cargo dusk node snapshot|revert|mine|warp|reset|new-keys`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::args::Where;
use crate::error::Fault;
use crate::figures::{count, grouped};
use crate::ops::chain::client::{Change, Client, ClientError};
use crate::ops::chain::{clock, connection};
use crate::ops::node::joining;
use crate::ops::project::Project;
use crate::output::Ui;

/// The subcommands for a running development node.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Control {
    /// Takes a snapshot of the chain, and prints its number.
    Snapshot {
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Reverts the chain to a snapshot.
    Revert {
        /// Number of the snapshot; by default the last one.
        #[arg(value_name = "SNAPSHOT")]
        snapshot: Option<u64>,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Makes blocks, which increases the block height.
    Mine {
        /// Number of blocks to make.
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        blocks: u64,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Advances the node's clock, and so the timestamp of the next block.
    Warp {
        /// Time to advance the clock by: 90s, 15m, 6h, 1d, 2w.
        #[arg(value_name = "DURATION", value_parser = distance)]
        seconds: u64,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Writes a new provisioner key to a file that only you can read, and prints its address.
    NewKeys {
        /// File to write; it must not exist yet.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Reverts the chain to its genesis block, as if it were new.
    Reset {
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
}

/// The time that a clock is moved on by.
fn distance(text: &str) -> Result<u64, String> {
    match clock::duration(text)? {
        0 => Err("the clock moves by 1s or more; `cargo dusk node mine` only makes blocks".to_owned()),
        seconds => Ok(seconds),
    }
}

pub(super) fn run(project: &Project, control: &Control, ui: &Ui) -> Result<ExitCode> {
    let (change, place) = match control {
        Control::NewKeys { file } => {
            let address = joining::new_keys(file)?;
            ui.line(&address);
            ui.document(&json!({ "file": file, "address": address }));
            return Ok(ExitCode::SUCCESS);
        }
        Control::Snapshot { place } => (Change::Snapshot, place),
        Control::Revert { snapshot, place } => (Change::Revert(*snapshot), place),
        Control::Mine { blocks, place } => (Change::Mine(*blocks), place),
        Control::Warp { seconds, place } => (Change::Warp(*seconds), place),
        Control::Reset { place } => (Change::Reset, place),
    };
    let client = Client::among(&project.network(place.network.as_deref())?);
    let answer = client.control(change).map_err(|error| refused(change, error))?;
    ui.line(told(change, &answer)?);
    ui.document(&answer);
    Ok(ExitCode::SUCCESS)
}

/// The change, in a sentence.
fn told(change: Change, answer: &Value) -> Result<String> {
    let number = |field: &str| {
        answer[field].as_u64().ok_or_else(|| {
            Fault::failed(
                format!("the node's answer has no `{field}`: {answer}"),
                "check that the node has the version of this command, which `cargo dusk --version` shows",
            )
        })
    };
    Ok(match change {
        Change::Snapshot => {
            let snapshot = number("snapshot")?;
            format!(
                "snapshot {snapshot} at block {} · `cargo dusk node revert {snapshot}` reverts to it",
                grouped(number("height")?)
            )
        }
        Change::Revert(_) => {
            let reverted = usize::try_from(number("reverted")?).unwrap_or(usize::MAX);
            format!("reverted to block {} · {} removed", grouped(number("height")?), count(reverted, "block"))
        }
        Change::Mine(blocks) => {
            let blocks = usize::try_from(blocks).unwrap_or(usize::MAX);
            format!("made {} · tip {}", count(blocks, "block"), grouped(number("height")?))
        }
        Change::Warp(_) => format!("the next block is at {} or later", clock::rfc3339(number("timestamp")?)),
        Change::Reset => format!("reverted to block {} · the chain starts again", grouped(number("height")?)),
    })
}

fn refused(change: Change, error: ClientError) -> anyhow::Error {
    match error {
        ClientError::Refused { status: 403, message } => Fault::failed(
            format!("the node refuses control requests: {message}"),
            if message.contains("host name") {
                "use an address of this machine for the node, such as http://127.0.0.1:8080"
            } else if message.contains("part of a network") {
                "start a single node with `cargo dusk node`; `cargo dusk devnet reset` removes a devnet's chain"
            } else {
                "only nodes with `local` rules accept control requests: start one with `cargo dusk node`"
            },
        ),
        ClientError::Refused { status: 404 | 501, message } if !matches!(change, Change::Revert(_)) => Fault::failed(
            format!("the node does not support control requests: {message}"),
            "it is not a development node, or has an older version: start one with `cargo dusk node`",
        ),
        ClientError::Refused { status: 400..=428, message } => {
            let hint = match change {
                Change::Mine(_) | Change::Warp(_) => {
                    "give a smaller number, or start a new chain with `cargo dusk node reset`"
                }
                Change::Revert(_) => "take a snapshot with `cargo dusk node snapshot`; a new chain has none",
                _ => "go back with `cargo dusk node revert`, or start a new chain with `cargo dusk node reset`",
            };
            Fault::failed(message, hint)
        }
        other => connection::unreachable(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_moved_by_a_second_at_least() {
        assert_eq!((distance("1s"), distance("1d")), (Ok(1), Ok(86_400)));
        for nothing in ["0s", "0d", "0h0m"] {
            let told = distance(nothing).unwrap_err();
            assert!(told.starts_with("the clock moves by 1s or more"), "{nothing}: {told}");
        }
        assert!(distance("soon").unwrap_err().starts_with("`soon` is not a duration"));
    }

    #[test]
    fn what_changed_is_told_in_a_sentence() {
        let cases = [
            (
                Change::Snapshot,
                json!({ "snapshot": 2, "height": 12 }),
                "snapshot 2 at block 12 · `cargo dusk node revert 2` reverts to it",
            ),
            (Change::Revert(None), json!({ "height": 12, "reverted": 5 }), "reverted to block 12 · 5 blocks removed"),
            (Change::Revert(Some(1)), json!({ "height": 12, "reverted": 1 }), "reverted to block 12 · 1 block removed"),
            (Change::Mine(3), json!({ "height": 1_017 }), "made 3 blocks · tip 1,017"),
            (Change::Warp(9), json!({ "timestamp": 86_400 }), "the next block is at 1970-01-02T00:00:00Z or later"),
            (Change::Reset, json!({ "height": 0 }), "reverted to block 0 · the chain starts again"),
        ];
        for (change, answer, text) in cases {
            assert_eq!(told(change, &answer).unwrap(), text);
        }
        assert!(told(Change::Reset, &json!({})).is_err());
    }
}

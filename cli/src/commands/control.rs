//! `cargo dusk node snapshot|revert|mine|warp|reset`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::Value;

use crate::args::Where;
use crate::error::Fault;
use crate::figures::{count, grouped};
use crate::ops::chain::client::{Change, Client, ClientError};
use crate::ops::chain::{clock, connection};
use crate::ops::project::Project;
use crate::output::Ui;

/// What a running development node can be told.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Control {
    /// Remembers the chain as it is, and prints the number to go back to.
    Snapshot {
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Goes back to a snapshot.
    Revert {
        /// Its number; the last one where none is given.
        #[arg(value_name = "SNAPSHOT")]
        snapshot: Option<u64>,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Makes blocks: contracts see the height move.
    Mine {
        /// How many.
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        blocks: u64,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Moves the node's clock on: the next block is that much later.
    Warp {
        /// How far: 90s, 15m, 6h, 1d, 2w.
        #[arg(value_name = "DURATION", value_parser = distance)]
        seconds: u64,
        /// Which node.
        #[command(flatten)]
        place: Where,
    },
    /// Goes back to the first block.
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
        Control::Snapshot { place } => (Change::Snapshot, place),
        Control::Revert { snapshot, place } => (Change::Revert(*snapshot), place),
        Control::Mine { blocks, place } => (Change::Mine(*blocks), place),
        Control::Warp { seconds, place } => (Change::Warp(*seconds), place),
        Control::Reset { place } => (Change::Reset, place),
    };
    let client = Client::new(&project.settings.network(place.network.as_deref())?);
    let answer = client.control(change).map_err(|error| refused(change, error))?;
    ui.line(told(change, &answer)?);
    ui.document(&answer);
    Ok(ExitCode::SUCCESS)
}

/// What changed, in a sentence.
fn told(change: Change, answer: &Value) -> Result<String> {
    let number = |field: &str| {
        answer[field].as_u64().ok_or_else(|| {
            Fault::failed(
                format!("the node's answer has no `{field}`: {answer}"),
                "is the node of the same version? `cargo dusk --version` tells this one's",
            )
        })
    };
    Ok(match change {
        Change::Snapshot => {
            let snapshot = number("snapshot")?;
            format!(
                "snapshot {snapshot} at block {} · `cargo dusk node revert {snapshot}` comes back here",
                grouped(number("height")?)
            )
        }
        Change::Revert(_) => {
            let reverted = usize::try_from(number("reverted")?).unwrap_or(usize::MAX);
            format!("back at block {} · {} taken back", grouped(number("height")?), count(reverted, "block"))
        }
        Change::Mine(blocks) => {
            let blocks = usize::try_from(blocks).unwrap_or(usize::MAX);
            format!("made {} · the last one is {}", count(blocks, "block"), grouped(number("height")?))
        }
        Change::Warp(_) => format!("the next block is at {} or later", clock::rfc3339(number("timestamp")?)),
        Change::Reset => format!("back at block {} · the chain begins anew", grouped(number("height")?)),
    })
}

fn refused(change: Change, error: ClientError) -> anyhow::Error {
    match error {
        ClientError::Refused { status: 403, message } => Fault::failed(
            format!("the node does not let itself be changed: {message}"),
            "only nodes with the rules `local` do: start one with `cargo dusk node`",
        ),
        ClientError::Refused { status: 404 | 501, message } if !matches!(change, Change::Revert(_)) => Fault::failed(
            format!("the node cannot be changed: {message}"),
            "it is no development node, or an older one: start one with `cargo dusk node`",
        ),
        ClientError::Refused { message, .. } if matches!(change, Change::Revert(_)) => Fault::failed(
            message,
            "`cargo dusk node snapshot` makes a snapshot to go back to; a node that has begun anew has none",
        ),
        ClientError::Refused { status: 400..=428, message } => {
            let hint = if matches!(change, Change::Mine(_) | Change::Warp(_)) {
                "give a smaller number, or begin the chain anew with `cargo dusk node reset`"
            } else {
                "go back with `cargo dusk node revert`, or begin the chain anew with `cargo dusk node reset`"
            };
            Fault::failed(message, hint)
        }
        other => connection::unreachable(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_clock_is_moved_by_a_second_at_least() {
        assert_eq!((distance("1s"), distance("1d")), (Ok(1), Ok(86_400)));
        for nothing in ["0s", "0d", "0h0m"] {
            let told = distance(nothing).unwrap_err();
            assert!(told.starts_with("the clock moves by 1s or more"), "{nothing}: {told}");
        }
        assert!(distance("soon").unwrap_err().starts_with("`soon` is no duration"));
    }

    #[test]
    fn what_changed_is_told_in_a_sentence() {
        let cases = [
            (
                Change::Snapshot,
                json!({ "snapshot": 2, "height": 12 }),
                "snapshot 2 at block 12 · `cargo dusk node revert 2` comes back here",
            ),
            (Change::Revert(None), json!({ "height": 12, "reverted": 5 }), "back at block 12 · 5 blocks taken back"),
            (Change::Revert(Some(1)), json!({ "height": 12, "reverted": 1 }), "back at block 12 · 1 block taken back"),
            (Change::Mine(3), json!({ "height": 1_017 }), "made 3 blocks · the last one is 1,017"),
            (Change::Warp(9), json!({ "timestamp": 86_400 }), "the next block is at 1970-01-02T00:00:00Z or later"),
            (Change::Reset, json!({ "height": 0 }), "back at block 0 · the chain begins anew"),
        ];
        for (change, answer, text) in cases {
            assert_eq!(told(change, &answer).unwrap(), text);
        }
        assert!(told(Change::Reset, &json!({})).is_err());
    }
}

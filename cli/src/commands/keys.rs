//! `cargo dusk keys`

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use clap::{Args, Subcommand};
use dusk_sdk_prover::{Entry, EntryKind, StoreError};
use serde_json::{Value, json};

use crate::error::{Exit, Fault};
use crate::figures::{count, size};
use crate::ops::chain::clock;
use crate::ops::circuits::proving;
use crate::output::{Tone, Ui};
use crate::table::{Side, Table};

/// `keys`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Keys {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

/// The subcommands for stored keys.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeysAction {
    /// Lists keys and parameters with their sizes.
    Ls,
    /// Removes keys and parameters that are damaged or have not been used for some time.
    Gc {
        /// Removes files that have not been used for this long: 90s, 15m, 6h, 1d, 2w; 0s removes all files.
        #[arg(long, value_name = "DURATION", default_value = "4w", value_parser = clock::duration)]
        unused_for: u64,
    },
    /// Checks all stored keys and parameters; exits with code 1 if a file is damaged.
    Verify,
}

/// Hexadecimal digits of digests and ids that tables show.
const SHOWN_DIGITS: usize = 12;

pub(super) fn run(action: &KeysAction, ui: &Ui) -> Result<ExitCode> {
    let store = proving::store()?;
    let folder = store.folder().display().to_string();
    match action {
        KeysAction::Ls => {
            let entries = store.ls().map_err(|error| unusable(&error))?;
            say(&entries, ui);
            let bytes = entries.iter().map(|entry| entry.bytes).sum();
            ui.line(format_args!("{} · {} in {folder}", count(entries.len(), "file"), sized(bytes)));
            ui.document(&json!({ "folder": store.folder(), "bytes": bytes, "entries": documents(&entries) }));
            Ok(ExitCode::SUCCESS)
        }
        KeysAction::Gc { unused_for } => {
            let gone = store.gc(Duration::from_secs(*unused_for)).map_err(|error| unusable(&error))?;
            say(&gone, ui);
            let bytes = gone.iter().map(|entry| entry.bytes).sum();
            ui.line(format_args!("{} removed, {} freed in {folder}", count(gone.len(), "file"), sized(bytes)));
            ui.document(&json!({ "folder": store.folder(), "bytes": bytes, "removed": documents(&gone) }));
            Ok(ExitCode::SUCCESS)
        }
        KeysAction::Verify => {
            let damaged = store.verify().map_err(|error| unusable(&error))?;
            say(&damaged, ui);
            let whole = damaged.is_empty();
            let word = if whole {
                ui.toned(Tone::Good, "all intact")
            } else {
                ui.toned(Tone::Bad, &format!("{} damaged", count(damaged.len(), "file")))
            };
            ui.line(format_args!("{word} in {folder}"));
            if !whole {
                ui.note("damaged files are generated again on demand; `cargo dusk keys gc` removes them");
            }
            ui.document(&json!({ "folder": store.folder(), "whole": whole, "damaged": documents(&damaged) }));
            Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed as u8) })
        }
    }
}

fn say(entries: &[Entry], ui: &Ui) {
    let columns = [
        ("what", Side::Left),
        ("circuit", Side::Left),
        ("parameters", Side::Left),
        ("size", Side::Right),
        ("unused for", Side::Right),
    ];
    let mut table = Table::new(&columns);
    for entry in entries {
        let (what, circuit) = match &entry.kind {
            EntryKind::Parameters { gates } => (format!("parameters 2^{}", gates.max(&1).ilog2()), String::new()),
            EntryKind::Keys { circuit, name } => (format!("keys {name}"), shortened(&circuit.to_string())),
        };
        let parameters = if entry.parameters.is_development() {
            "development".to_owned()
        } else {
            shortened(&entry.parameters.to_string())
        };
        table.row([what, circuit, parameters, sized(entry.bytes), age(entry.last_used)]);
    }
    table.print(ui);
}

fn documents(entries: &[Entry]) -> Vec<Value> {
    let document = |entry: &Entry| {
        let mut document = json!({
            "parameters": entry.parameters.to_string(), "development": entry.parameters.is_development(),
            "bytes": entry.bytes, "unused_seconds": idle(entry.last_used).as_secs(), "file": entry.path,
        });
        match &entry.kind {
            EntryKind::Parameters { gates } => {
                document["kind"] = json!("parameters");
                document["gates"] = json!(gates);
            }
            EntryKind::Keys { circuit, name } => {
                document["kind"] = json!("keys");
                document["circuit"] = json!(name);
                document["digest"] = json!(circuit.to_string());
            }
        }
        document
    };
    entries.iter().map(document).collect()
}

fn shortened(hex: &str) -> String {
    hex.chars().take(SHOWN_DIGITS).chain(['…']).collect()
}

/// Bytes as people read them: `18.2 KiB`, `81.0 MiB`.
pub(super) fn sized(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes < MIB {
        size(usize::try_from(bytes).unwrap_or(usize::MAX))
    } else {
        format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB)
    }
}

fn idle(last_used: SystemTime) -> Duration {
    SystemTime::now().duration_since(last_used).unwrap_or_default()
}

/// `3 d`, `5 h`, `12 min`, `now`.
fn age(last_used: SystemTime) -> String {
    let seconds = idle(last_used).as_secs();
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn unusable(error: &StoreError) -> anyhow::Error {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Fault::environment(format!("{error}{source}"), "make the folder readable and writable for yourself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_read_well() {
        let cases = [(12, "12 B"), (2048, "2.0 KiB"), (81 * 1024 * 1024 + 600_000, "81.5 MiB")];
        for (bytes, text) in cases {
            assert_eq!(sized(bytes), text);
        }
        for (seconds, text) in [(3, "now"), (61, "1 min"), (7_300, "2 h"), (300_000, "3 d")] {
            assert_eq!(age(SystemTime::now() - Duration::from_secs(seconds)), text);
        }
        assert_eq!(shortened(&"ab".repeat(32)), "abababababab…");
    }
}

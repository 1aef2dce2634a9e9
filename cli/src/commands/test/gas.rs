//! The table of gas, and its comparison with a saved record.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::error::Fault;
use crate::figures::{grouped, size};
use crate::ops::project::folders;
use crate::ops::testing::gas::{Change, GasTable, Snapshot};
use crate::output::{Tone, Ui};
use crate::table::{Side, Table};

/// Prints the table.
pub(super) fn say(gas: &GasTable, ui: &Ui) {
    let table = |heads: &[&'static str]| {
        let side = |place| if place == 0 { Side::Whole } else { Side::Right };
        let columns: Vec<_> = heads.iter().enumerate().map(|(place, head)| (*head, side(place))).collect();
        Table::new(&columns).indented(1)
    };
    if !gas.deploys.is_empty() {
        let mut deploys = table(&["contract", "size", "deploys", "median", "max"]);
        for it in &gas.deploys {
            deploys.row([
                it.contract.clone(),
                size(it.bytes),
                it.deploys.to_string(),
                grouped(it.median),
                grouped(it.max),
            ]);
        }
        ui.line("");
        deploys.print(ui);
    }
    if !gas.functions.is_empty() {
        let mut functions = table(&["function", "calls", "min", "mean", "median", "max", "failed"]);
        for it in &gas.functions {
            let figure = |gas: u64| if it.calls == 0 { "–".to_owned() } else { grouped(gas) };
            functions.row([
                format!("{}::{}", it.contract, it.function),
                it.calls.to_string(),
                figure(it.min),
                figure(it.mean),
                figure(it.median),
                figure(it.max),
                if it.failed == 0 { String::new() } else { it.failed.to_string() },
            ]);
        }
        ui.line("");
        functions.print(ui);
    }
    if gas.untraced > 0 {
        ui.warn(format_args!(
            "the tables omit {} transactions and queries, because there were too many to trace",
            gas.untraced
        ));
    }
}

/// Writes the record.
pub(super) fn save(path: &Path, snapshot: &Snapshot, ui: &Ui) -> Result<()> {
    folders::write_atomically(path, snapshot.text().as_bytes())?;
    ui.step("Saved", format_args!("the gas record {}", path.display()));
    Ok(())
}

/// Compares with a saved record.
///
/// # Errors
/// A usage fault where there is none, or it cannot be read.
pub(super) fn compare(path: &Path, now: &Snapshot, tolerance: f64) -> Result<Vec<Change>> {
    let file = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Fault::usage(
                format!("there is no gas record {file}"),
                format!("write one with `cargo dusk test --gas --save {file}`"),
            ));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {file}")),
    };
    Ok(Snapshot::parse(&text, &file)?.changes(now, tolerance))
}

/// Prints what differs.
pub(super) fn say_changes(changes: &[Change], ui: &Ui) {
    for change in changes {
        let tone = if change.over { Tone::Bad } else { Tone::Faint };
        let figure = match (change.before, change.after) {
            (Some(before), Some(after)) => {
                let sign = if after > before { '+' } else { '−' };
                let tenths = u128::from(before.abs_diff(after)) * 1000 / u128::from(before.max(1));
                format!("{} → {} ({sign}{}.{} %)", grouped(before), grouped(after), tenths / 10, tenths % 10)
            }
            (None, Some(after)) => format!("{} (new)", grouped(after)),
            (before, None) => format!("{} → removed", grouped(before.unwrap_or_default())),
        };
        ui.line(format_args!("   {} {figure}", ui.toned(tone, &change.of)));
    }
}

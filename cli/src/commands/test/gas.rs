//! The table of gas, and its comparison with a saved record.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::error::Fault;
use crate::figures::{grouped, size};
use crate::ops::project::folders;
use crate::ops::testing::gas::{Change, GasTable, Snapshot};
use crate::output::{Align, Tone, Ui, table};

/// Prints the table.
pub(super) fn say(gas: &GasTable, ui: &Ui) {
    if !gas.deploys.is_empty() {
        let mut rows = vec![["contract", "size", "deploys", "median", "max"].map(str::to_owned)];
        rows.extend(gas.deploys.iter().map(|it| {
            [it.contract.clone(), size(it.bytes), it.deploys.to_string(), grouped(it.median), grouped(it.max)]
        }));
        ui.line("");
        say_rows(&table(&rows, [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right]), ui);
    }
    if !gas.functions.is_empty() {
        let mut rows = vec![["function", "calls", "min", "mean", "median", "max", "failed"].map(str::to_owned)];
        rows.extend(gas.functions.iter().map(|it| {
            let figure = |gas: u64| if it.calls == 0 { "–".to_owned() } else { grouped(gas) };
            [
                format!("{}::{}", it.contract, it.function),
                it.calls.to_string(),
                figure(it.min),
                figure(it.mean),
                figure(it.median),
                figure(it.max),
                if it.failed == 0 { String::new() } else { it.failed.to_string() },
            ]
        }));
        ui.line("");
        let right = Align::Right;
        say_rows(&table(&rows, [Align::Left, right, right, right, right, right, right]), ui);
    }
    if gas.untraced > 0 {
        ui.warn(format_args!("{} transactions and queries were too many to trace: they are missing", gas.untraced));
    }
}

fn say_rows(rows: &[String], ui: &Ui) {
    for (number, row) in rows.iter().enumerate() {
        let row = if number == 0 { ui.toned(Tone::Faint, row) } else { row.clone() };
        ui.line(format_args!("   {row}"));
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
            (before, None) => format!("{} → gone", grouped(before.unwrap_or_default())),
        };
        ui.line(format_args!("   {} {figure}", ui.toned(tone, &change.of)));
    }
}

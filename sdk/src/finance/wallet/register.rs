//! The register of holders, as a table and as CSV.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::Field;
use crate::finance::confidential::Holder;

/// The register of holders at the end of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// The height of the block.
    pub height: u64,
    /// A row for each registered holder, and for each owner of notes, by owner.
    pub rows: Vec<Row>,
    /// The sums.
    pub supply: Supply,
}

/// The holding of one holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The holder's pseudonym.
    pub owner: Field,
    /// Its entry in the registry; `None` if the asset has no registry, or if the holder was removed.
    pub holder: Option<Holder>,
    /// The sum of its notes.
    pub amount: u128,
    /// The number of notes.
    pub notes: u64,
}

/// The sums of an asset at a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Supply {
    /// The sum of all holdings.
    pub held: u128,
    /// The sum of all locked amounts that are neither released nor cancelled.
    pub locked: u128,
    /// The number of unread notes: events are missing, or acts were encrypted for an earlier auditor.
    pub unread: u64,
}

impl Supply {
    /// The supply that the contract must state, if all notes were read.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.held + self.locked
    }

    /// Whether all notes were read, and their sum is the supply that the contract states.
    #[must_use]
    pub fn agrees(&self, stated: u64) -> bool {
        self.unread == 0 && self.total() == u128::from(stated)
    }
}

/// The columns.
const COLUMNS: [&str; 8] = ["owner", "amount", "notes", "class", "country", "level", "valid_until", "active"];

impl Row {
    fn cells(&self) -> [String; 8] {
        let entry = |text: fn(&Holder) -> String| self.holder.as_ref().map(text).unwrap_or_default();
        [
            self.owner.to_string(),
            self.amount.to_string(),
            self.notes.to_string(),
            entry(|it| it.class.to_string()),
            entry(|it| it.country.to_string()),
            entry(|it| it.level.to_string()),
            entry(|it| it.valid_until.to_string()),
            entry(|it| it.active.to_string()),
        ]
    }
}

impl Register {
    /// The register as comma-separated values after RFC 4180, with a row of names. No value has a comma, a quotation
    /// mark, or a sign that spreadsheets take for a formula.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut lines = alloc::vec![COLUMNS.join(",")];
        lines.extend(self.rows.iter().map(|row| row.cells().join(",")));
        format!("{}\r\n", lines.join("\r\n"))
    }
}

impl fmt::Display for Register {
    /// The register as a table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = alloc::vec![COLUMNS.map(ToString::to_string)];
        table.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or_default();
        let widths: [usize; 8] = core::array::from_fn(width);
        for row in &table {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                // Numbers are at the right of their columns.
                let cell = match column {
                    1 | 2 => format!("{cell:>0$}", widths[column]),
                    _ => format!("{cell:<0$}", widths[column]),
                };
                line.push_str(&cell);
                line.push_str("  ");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        let Supply { held, locked, unread } = self.supply;
        writeln!(f, "height {}: held {held}, locked {locked}, together {}", self.height, self.supply.total())?;
        if unread > 0 {
            writeln!(f, "{unread} notes could not be read")?;
        }
        Ok(())
    }
}

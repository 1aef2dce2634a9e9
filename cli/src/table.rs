//! Tables and lists of fields, as wide as the terminal at most.

use std::fmt::Display;

use crate::escape::harmless;
use crate::output::{Tone, Ui};

/// Characters of a field's label.
const LABEL: usize = 12;
/// Characters between two columns.
const GAP: usize = 2;
/// The least characters that a shortened column keeps.
const LEAST: usize = 8;
/// The most characters of a cell: one long text of a stranger would make every row as wide.
const MAX_CELL_CHARACTERS: usize = 200;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words, which give way where the terminal is narrow.
    Left,
    /// Words that stay whole, up to the longest cell that a table takes.
    Whole,
    /// Numbers.
    Right,
}

/// Rows of text in columns.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<String>>,
    /// Blanks before each line.
    indent: usize,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(columns: &[(&'static str, Side)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), indent: 0 }
    }

    /// The same, further to the right.
    pub(crate) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    /// Adds a row: one cell for each column, cut where it is long.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let row: Vec<String> = cells.into_iter().map(|cell| shortened(&harmless(&cell), MAX_CELL_CHARACTERS)).collect();
        assert_eq!(row.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(row);
    }

    /// Prints it; nothing where there are no rows. Columns that all have an empty head get none.
    pub(crate) fn print(&self, ui: &Ui) {
        if self.rows.is_empty() {
            return;
        }
        let lines = self.lines(ui.width());
        let (heads, rows) = lines.split_first().expect("the heads are there");
        if !heads.is_empty() {
            ui.line(ui.toned(Tone::Faint, heads));
        }
        rows.iter().for_each(|line| ui.line(line));
    }

    /// The lines, the heads first, none longer than `width` if that can be.
    pub(crate) fn lines(&self, width: Option<usize>) -> Vec<String> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(head, _)| letters(head)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(letters(cell));
            }
        }
        if let Some(most) = width {
            let used = self.indent + widths.iter().sum::<usize>() + GAP * widths.len();
            let mut surplus = used.saturating_sub(most);
            // The widest words give way first; numbers stay whole.
            while surplus > 0 {
                let words = self.columns.iter().zip(&mut widths).filter(|((_, side), _)| *side == Side::Left);
                let Some((_, widest)) = words.max_by_key(|(_, width)| **width).filter(|(_, width)| **width > LEAST)
                else {
                    break;
                };
                *widest -= 1;
                surplus -= 1;
            }
        }
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        std::iter::once(&heads).chain(&self.rows).map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = " ".repeat(self.indent);
        let last = self.columns.len().saturating_sub(1);
        for (place, ((cell, width), (_, side))) in row.iter().zip(widths).zip(&self.columns).enumerate() {
            let cell = shortened(cell, *width);
            let padding = " ".repeat(width.saturating_sub(letters(&cell)));
            line.push_str(&" ".repeat(GAP));
            match side {
                // Nothing stands to the right of it.
                Side::Left | Side::Whole if place == last => line.push_str(&cell),
                Side::Left | Side::Whole => line.extend([cell, padding]),
                Side::Right => line.extend([padding, cell]),
            }
        }
        line.trim_end().to_owned()
    }
}

/// Prints a field: its label, and what it is.
pub(crate) fn field(ui: &Ui, label: &str, value: impl Display) {
    toned_field(ui, label, &harmless(&value.to_string()));
}

/// Prints a field whose text has colours of ours in it.
pub(crate) fn toned_field(ui: &Ui, label: &str, text: &str) {
    let label = ui.toned(Tone::Faint, &format!("{label:LABEL$}"));
    ui.line(format!("  {label}  {text}"));
}

fn letters(text: &str) -> usize {
    console::measure_text_width(text)
}

/// The text, cut where it is longer than `width`.
fn shortened(text: &str, width: usize) -> String {
    if letters(text) <= width { text.to_owned() } else { console::truncate_str(text, width, "…").into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("id", Side::Left), ("gas", Side::Right)]);
        table.row(["a long text that gives way".to_owned(), "12,345".to_owned()]);
        table.row(["short".to_owned(), "7".to_owned()]);
        table
    }

    #[test]
    fn columns_stand_under_their_heads() {
        let lines = table().lines(None);
        assert_eq!(lines[0], format!("  id{}     gas", " ".repeat(24)));
        assert_eq!(lines[1], "  a long text that gives way  12,345");
        assert_eq!(lines[2], format!("  short{}       7", " ".repeat(21)));
    }

    #[test]
    fn words_give_way_to_the_terminals_width_and_numbers_do_not() {
        let lines = table().lines(Some(20));
        assert!(lines.iter().all(|line| letters(line) <= 20), "{lines:#?}");
        assert_eq!(lines[1], "  a long te…  12,345");
        assert!(table().lines(Some(1)).iter().any(|line| line.ends_with("12,345")));
    }

    #[test]
    fn one_long_cell_makes_no_row_longer_than_a_line() {
        const MAX_TABLE_BYTES: usize = 1_000_000;
        for long in 0..3 {
            let mut table = Table::new(&[("", Side::Whole); 3]);
            for place in 0..3_000 {
                let text = |column: usize| if (place, column) == (7, long) { "a".repeat(1 << 20) } else { "b".into() };
                table.row([text(0), text(1), text(2)]);
            }
            let lines = table.lines(None);
            assert!(lines.iter().map(String::len).sum::<usize>() < MAX_TABLE_BYTES, "column {long}");
            assert!(lines[8].contains("aaa…"), "{}", lines[8]);
            assert!(lines[3_000].ends_with('b'), "{}", lines[3_000]);
        }
    }
}

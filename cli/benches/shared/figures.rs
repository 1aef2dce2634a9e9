//! Figures beside their marks.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is part of programs")]

use std::time::Duration;

/// The measured quantity.
pub(crate) struct Table {
    headings: [&'static str; 5],
    rows: Vec<[String; 5]>,
}

impl Table {
    /// A table whose columns are called so: the figure, two measurements of it, its mark, and whether it is met.
    pub(crate) const fn new(headings: [&'static str; 5]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, what: &str, figure: &str, beside: &str, mark: &str, verdict: &str) {
        eprintln!("{what}: {figure}");
        self.rows.push([what, figure, beside, mark, verdict].map(str::to_owned));
    }

    pub(crate) fn print(&self) {
        let headings = self.headings.map(str::to_owned);
        let rows = || std::iter::once(&headings).chain(&self.rows);
        let width = |column: usize| rows().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: [usize; 5] = std::array::from_fn(width);
        for [what, figure, beside, mark, verdict] in rows() {
            println!(
                "{what:0$}  {figure:>1$}  {beside:>2$}  {mark:>3$}  {verdict}",
                widths[0], widths[1], widths[2], widths[3]
            );
        }
    }
}

/// Whether a mark is met, in a word.
pub(crate) const fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}

/// In order, from the shortest on.
pub(crate) fn sorted(times: &[Duration]) -> Vec<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted
}

pub(crate) fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds >= 10.0 => format!("{seconds:.0} s"),
        seconds if seconds >= 1.0 => format!("{seconds:.1} s"),
        seconds if seconds >= 0.1 => format!("{:.0} ms", seconds * 1_000.0),
        seconds => format!("{:.1} ms", seconds * 1_000.0),
    }
}

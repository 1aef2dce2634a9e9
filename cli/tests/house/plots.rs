//! Plots in the book: each point is in the table before the plot, so that table and plot come from one run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;

use super::root;

/// Pages and their plots with a table before them, and how many rows of the table a plot leaves out: those without a
/// number, and a run with other blocks.
const WITH_TABLE: [(&str, &str, usize); 6] = [
    ("blocks.md", "blocks-size.svg", 0),
    ("blocks.md", "blocks-attestation.svg", 0),
    ("blocks.md", "blocks-delay.svg", 0),
    ("blocks.md", "blocks-silence.svg", 1),
    ("blocks.md", "blocks-speed.svg", 0),
    ("devnet.md", "devnet-transfers.svg", 1),
];
/// The plot of the times to finality, and the page with the figures beside it.
const FINALITY: (&str, &str) = ("devnet.md", "devnet-finality.svg");
/// The element of every plot with lines. The picture of Kadcast is drawn from its page, and has a test of its own.
const LINE: &str = "<polyline";
/// Plots state places in tenths of a pixel.
const HALF_TENTH_PX: f64 = 0.05;

/// The lines of a plot.
struct Plot {
    /// The points of each, from left to right: the label below, and the value.
    lines: Vec<Vec<(String, f64)>>,
    /// How far a value may be off, because places are rounded.
    rounding: f64,
}

/// A table without its head.
type Rows = Vec<Vec<String>>;

fn read(file: &str) -> String {
    let path = root().join("book/src").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is one")
}

fn float(text: &str) -> f64 {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl Plot {
    fn read(svg: &str) -> Self {
        // The labels of the lines of the grid stand four pixels below them; the lowest comes first.
        let label = pattern(r##"<text x="68" y="([\d.]+)" text-anchor="end" fill="#555">([\d.]+)</text>"##);
        let grid: Vec<_> = label.captures_iter(svg).map(|it| (float(&it[1]) - 4.0, float(&it[2]))).collect();
        let (Some((bottom, _)), Some((top, most))) = (grid.first(), grid.last()) else { panic!("no grid in {svg}") };
        let tick = pattern(r##"<text x="([\d.]+)" y="346" text-anchor="middle" fill="#555">([\d.]+)</text>"##);
        let ticks: BTreeMap<_, _> = tick.captures_iter(svg).map(|it| (it[1].to_owned(), it[2].to_owned())).collect();
        let value_of = |px: f64| px * most / (bottom - top);
        let point = |text: &str| {
            let (x, y) = text.split_once(',').expect("a point has two coordinates");
            (ticks.get(x).expect("a point stands above a label").clone(), value_of(bottom - float(y)))
        };
        let line = pattern(r#"<polyline points="([^"]+)""#);
        let lines = line.captures_iter(svg).map(|it| it[1].split(' ').map(&point).collect()).collect();
        Self { lines, rounding: value_of(HALF_TENTH_PX) }
    }

    /// The rows of a table that are drawn.
    ///
    /// # Errors
    /// A line with a point that is in no row, whatever its columns are.
    fn drawn_rows(&self, rows: &[Vec<String>]) -> Result<BTreeSet<usize>, String> {
        let columns = rows.first().map_or(0, Vec::len);
        let mut drawn = BTreeSet::new();
        for line in &self.lines {
            let found =
                (0..columns * columns).find_map(|pair| self.rows_of(line, rows, pair / columns, pair % columns));
            drawn.extend(found.ok_or_else(|| format!("{line:?}"))?);
        }
        Ok(drawn)
    }

    /// The rows of the points of a line, if these columns are what it shows.
    fn rows_of(&self, line: &[(String, f64)], rows: &[Vec<String>], x: usize, y: usize) -> Option<Vec<usize>> {
        let is_at = |row: &Vec<String>, (label, value): &(String, f64)| {
            let same_x = number(&row[x]).is_some_and(|(found, _)| found == float(label));
            x != y
                && same_x
                && number(&row[y]).is_some_and(|(found, half)| (found - value).abs() < self.rounding + half)
        };
        line.iter().map(|point| rows.iter().position(|row| is_at(row, point))).collect()
    }
}

/// The number in a cell, with or without a unit, and half of its last digit.
fn number(cell: &str) -> Option<(f64, f64)> {
    let (text, unit) = cell.split_once(' ').unwrap_or((cell, ""));
    let is_unit = unit.chars().all(|letter| letter.is_alphabetic() || letter == '%');
    let text = text.replace(',', "");
    let value: f64 = text.parse().ok().filter(|_| is_unit && text.starts_with(|it: char| it.is_ascii_digit()))?;
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    // A little more, because neither number is exact.
    Some((value, 0.501 / 10_f64.powi(i32::try_from(decimals).expect("a cell is short"))))
}

/// The rows of the last table before a plot.
fn table_before(page: &str, plot: &str) -> Rows {
    let link = format!("]({plot})");
    let before: Vec<_> = page.lines().take_while(|line| !line.ends_with(&link)).collect();
    assert!(before.len() < page.lines().count(), "no page shows {plot}");
    let rows = before.iter().rev().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |row: &&str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let mut rows: Rows = rows.map(cells).collect();
    rows.reverse();
    rows.split_off(2)
}

#[test]
fn every_point_of_a_plot_is_in_the_table_before_it() {
    let mut faults = Vec::new();
    for (page, file, left_out) in WITH_TABLE {
        let (plot, rows) = (Plot::read(&read(file)), table_before(&read(page), file));
        assert!(plot.lines.iter().all(|line| line.len() >= 3), "{file} has lines of few points");
        match plot.drawn_rows(&rows) {
            Err(line) => faults.push(format!("{file} draws what is not in the table of {page}: {line}")),
            Ok(drawn) if drawn.len() + left_out != rows.len() => {
                faults.push(format!("{file} draws {} rows of {} in {page}", drawn.len(), rows.len()));
            }
            Ok(_) => {}
        }
    }
    assert!(faults.is_empty(), "measure again, table and plot in one run:\n{}", faults.join("\n"));
}

#[test]
fn the_slowest_times_to_finality_are_those_of_the_plot() {
    let (page, plot) = (read(FINALITY.0), Plot::read(&read(FINALITY.1)));
    let figure = pattern(r"(?m)^\d+ nodes: block with a transfer to final +[\d.]+ m?s +([\d.]+) (m?)s ");
    let told: Vec<_> = figure.captures_iter(&page).map(|it| (it[1].to_owned(), &it[2] == "m")).collect();
    assert_eq!(told.len(), plot.lines.len(), "a line for each number of nodes");
    for ((text, is_millis), line) in told.iter().zip(&plot.lines) {
        let (value, half) = number(text).expect("it is a number");
        let unit = if *is_millis { 0.001 } else { 1.0 };
        let (_, slowest) = line.last().expect("a line has points");
        assert!((value * unit - slowest).abs() < plot.rounding + half * unit, "{text}, and {slowest} in the plot");
    }
}

#[test]
fn every_plot_of_the_book_is_compared() {
    let compared: BTreeSet<_> = WITH_TABLE.iter().map(|(_, file, _)| *file).chain([FINALITY.1]).collect();
    for entry in fs::read_dir(root().join("book/src")).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.ends_with(".svg") && read(&name).contains(LINE) {
            assert!(compared.contains(name.as_str()), "nothing compares {name} with the figures beside it");
        }
    }
}

#[test]
fn a_plot_of_another_run_is_seen() {
    for (page, file, _) in WITH_TABLE {
        let (plot, rows) = (Plot::read(&read(file)), table_before(&read(page), file));
        for place in 0..plot.lines.len() {
            let mut other = Plot { lines: plot.lines.clone(), rounding: plot.rounding };
            let last = other.lines[place].last_mut().expect("a line has points");
            last.1 = last.1 * 1.5 + 40.0 * plot.rounding;
            assert!(other.drawn_rows(&rows).is_err(), "{file}: line {place} is another one");
        }
    }
}

#[test]
fn cells_are_read_with_their_units() {
    let values = ["4", "1,000", "62.3 KiB", "0 %", "1.0 s"].map(|cell| number(cell).map(|(value, _)| value));
    assert_eq!(values, [4.0, 1000.0, 62.3, 0.0, 1.0].map(Some));
    for none in ["3 + 3", "5 of 395", "none is final", "ideal", "", "inf", "-1"] {
        assert_eq!(number(none), None, "{none}");
    }
}

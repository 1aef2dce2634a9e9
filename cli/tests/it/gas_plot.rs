//! The gas of a transfer for several numbers of holders: the page about rules has the figures and bars of a run.
//!
//! `UPDATE_BOOK=1 TEMPLATE=restricted-token cargo test -p cargo-dusk --test it every_template` measures them again.

use std::fs;

use crate::book::root;

const PAGE: &str = "book/src/compliance/rules.md";
/// The line above the figures, and the end of their block.
const HEAD: &str = "holders      gas of the transfer\n";
const END: &str = "```\n";
/// The words around the growth from the first figure to the last one.
const GROWTH: (&str, &str) = ("the transfer became ", " % more expensive");
/// The longest bar.
const BAR_COLUMNS: u64 = 40;
/// How far the page may be from a run, in thousandths, with the optimiser and without it: compilers differ a little.
const TOLERANCE: [u64; 2] = [2, 10];

/// A number of holders, and the gas of a transfer.
type Figure = (u64, u64);

/// Compares the page with what the test of the template has printed, or writes its figures anew.
///
/// # Panics
/// When they differ.
pub(crate) fn compare(printed: &str, is_optimised: bool) {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let measured = measured(printed);
    assert!(measured.len() > 2, "the test has printed too few figures:\n{printed}");
    // The page has the figures of the optimised contract.
    if is_optimised && std::env::var_os("UPDATE_BOOK").is_some() {
        fs::write(&path, with_figures(&page, &measured)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let tolerance = if is_optimised { TOLERANCE[0] } else { TOLERANCE[1] };
    let faults = faults(&page, &measured, tolerance);
    assert!(faults.is_empty(), "run with UPDATE_BOOK=1 to write {PAGE} anew:\n{}", faults.join("\n"));
}

/// The figures in lines such as `640 holders: 1845444 gas`.
fn measured(printed: &str) -> Vec<Figure> {
    let figure = |line: &str| -> Option<Figure> {
        let (holders, gas) = line.split_once(" holders: ")?;
        Some((holders.parse().ok()?, gas.strip_suffix(" gas")?.parse().ok()?))
    };
    printed.lines().filter_map(figure).collect()
}

/// What is wrong on the page.
fn faults(page: &str, measured: &[Figure], tolerance: u64) -> Vec<String> {
    let told = figures_of(page);
    let mut faults = Vec::new();
    if with_figures(page, &told) != page {
        faults.push("the bars or the growth are not those of the figures beside them".to_owned());
    }
    let holders = |figures: &[Figure]| figures.iter().map(|figure| figure.0).collect::<Vec<_>>();
    if holders(&told) != holders(measured) {
        faults.push(format!("the page has {:?} holders, the run {:?}", holders(&told), holders(measured)));
        return faults;
    }
    for ((holders, told), (_, measured)) in told.iter().zip(measured) {
        if told.abs_diff(*measured) * 1_000 > measured * tolerance {
            faults.push(format!("{holders} holders: the page has {told} gas, the run {measured}"));
        }
    }
    faults
}

/// The page before the figures, their lines, and the page after them.
fn parts_of(page: &str) -> (&str, &str, &str) {
    let at = page.find(HEAD).expect("the page has the head of the figures") + HEAD.len();
    let end = at + page[at..].find(END).expect("the block has an end");
    (&page[..at], &page[at..end], &page[end..])
}

fn figures_of(page: &str) -> Vec<Figure> {
    let number = |word: Option<&str>| -> u64 {
        let number = word.and_then(|word| word.replace(',', "").parse().ok());
        number.expect("a line begins with the numbers of holders and gas")
    };
    let figure = |line: &str| {
        let mut words = line.split_whitespace();
        (number(words.next()), number(words.next()))
    };
    parts_of(page).1.lines().map(figure).collect()
}

/// The page with these figures, their bars and their growth.
fn with_figures(page: &str, figures: &[Figure]) -> String {
    let (before, _, after) = parts_of(page);
    let (between, rest) = after.split_once(GROWTH.0).expect("the page tells the growth");
    let (_, rest) = rest.split_once(GROWTH.1).expect("the growth is in percent");
    format!("{before}{}{between}{}{}{}{rest}", drawn(figures), GROWTH.0, growth(figures), GROWTH.1)
}

fn drawn(figures: &[Figure]) -> String {
    let most = figures.iter().map(|figure| figure.1).max().unwrap_or(1);
    let line = |(holders, gas): &Figure| {
        let columns = (gas * BAR_COLUMNS + most / 2) / most;
        let bar = "█".repeat(usize::try_from(columns).expect("a bar is short"));
        format!("{:>6}  {:>14}  {bar}\n", grouped(*holders), grouped(*gas))
    };
    figures.iter().map(line).collect()
}

/// From the first figure to the last one, in percent with one decimal.
fn growth(figures: &[Figure]) -> String {
    let (Some((_, first)), Some((_, last))) = (figures.first(), figures.last()) else { return String::new() };
    let tenths = (last.saturating_sub(*first) * 1_000 + first / 2) / first;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: [Figure; 3] = [(10, 1_000_000), (640, 500_000), (10_000, 1_002_500)];

    fn page() -> String {
        let text = format!("Text.\n{HEAD}{END}And {}9.9{}; more.\n```text\n```\n", GROWTH.0, GROWTH.1);
        with_figures(&text, &FIGURES)
    }

    #[test]
    fn figures_are_drawn_and_read_again() {
        let page = page();
        let line = format!("\n   640         500,000  {}\n", "█".repeat(20));
        assert!(page.contains(&line) && page.contains("became 0.3 % more"), "{page}");
        assert_eq!(figures_of(&page), FIGURES);
        assert_eq!(measured("x\n10 holders: 7 gas\n640 holders: none\n20 holders: 8 gas\n"), [(10, 7), (20, 8)]);
    }

    #[test]
    fn another_run_and_other_bars_are_seen() {
        let page = page();
        let run = |gas| [FIGURES[0], (640, gas), FIGURES[2]];
        assert_eq!(faults(&page, &run(500_999), 2), Vec::<String>::new());
        assert_eq!(faults(&page, &run(502_000), 2).len(), 1);
        assert_eq!(faults(&page, &FIGURES[..2], 2).len(), 1);
        for (from, to) in [("██\n", "█\n"), ("became 0.3 %", "became 0.4 %"), ("500,000", "700,000")] {
            assert_ne!(faults(&page.replacen(from, to, 1), &FIGURES, 2), Vec::<String>::new(), "{from}");
        }
    }

    #[test]
    fn the_bars_and_the_growth_on_the_page_are_those_of_its_figures() {
        let page = fs::read_to_string(root().join(PAGE)).unwrap();
        let figures = figures_of(&page);
        assert!(figures.len() > 2, "{figures:?}");
        assert_eq!(with_figures(&page, &figures), page);
    }
}

//! Figures as rows of a Markdown table.

use crate::measure::Figures;
use crate::net::Strategy;

/// The head of the table.
pub const HEAD: &str = "\
| nodes | strategy | loss | messages | delivered | worst message | copies | bytes of a node | datagrams | hops | most hops \
| last node |
|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

/// A strategy's name in tables and plots.
#[must_use]
pub fn name(strategy: Strategy) -> String {
    match strategy {
        Strategy::Kadcast => "Kadcast".to_owned(),
        Strategy::Flooding => "flooding".to_owned(),
        Strategy::Gossip(peers) => format!("gossip to {peers}"),
    }
}

/// A row of the table.
#[must_use]
pub fn row(figures: &Figures) -> String {
    format!(
        "| {} | {} | {} % | {} | {:.3} % | {:.2} % | {:.2} | {} | {} | {:.2} | {} | {} ms |",
        with_commas(figures.nodes as f64),
        name(figures.strategy),
        f64::from(figures.loss_permille) / 10.0,
        figures.messages,
        figures.delivered * 100.0,
        figures.worst_delivered * 100.0,
        figures.copies,
        with_commas(figures.bytes),
        with_commas(figures.datagrams),
        figures.hops,
        figures.most_hops,
        figures.last.as_millis(),
    )
}

/// A number without fraction, in groups of three digits.
#[must_use]
pub fn with_commas(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        let numbers = [0.4, 12.0, 999.0, 1000.0, 1_234_567.4].map(with_commas);
        assert_eq!(numbers, ["0", "12", "999", "1,000", "1,234,567"]);
    }
}

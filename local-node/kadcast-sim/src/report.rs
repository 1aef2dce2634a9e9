//! Figures as rows of a Markdown table, and back.

use std::time::Duration;

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

/// The line before the rows of messages of one length.
#[must_use]
pub fn title(message_bytes: usize) -> String {
    format!("Messages of {} bytes:", with_commas(message_bytes as f64))
}

/// The figures in a text that holds tables, for messages of one length; `None` when a row of them is none of
/// [`row`].
#[must_use]
pub fn figures_in(text: &str, message_bytes: usize) -> Option<Vec<Figures>> {
    let lines = text.lines().skip_while(|line| *line != title(message_bytes)).skip(1);
    let table = lines.skip_while(|line| line.is_empty()).take_while(|line| line.starts_with('|'));
    table.skip(HEAD.lines().count()).map(|line| parse(line, message_bytes)).collect()
}

fn parse(row: &str, message_bytes: usize) -> Option<Figures> {
    let row = row.strip_prefix("| ")?.strip_suffix(" |")?;
    let cells: Vec<&str> = row.split(" | ").collect();
    let [nodes, strategy, loss, messages, delivered, worst, copies, bytes, datagrams, hops, most_hops, last] =
        cells.try_into().ok()?;
    let number = |text: &str| text.replace(',', "").parse::<f64>().ok().filter(|it| it.is_finite() && *it >= 0.0);
    let percent = |text: &str| number(text.strip_suffix(" %")?);
    let strategy = match strategy.strip_prefix("gossip to ") {
        Some(peers) => Strategy::Gossip(peers.parse().ok()?),
        None => [Strategy::Kadcast, Strategy::Flooding].into_iter().find(|it| name(*it) == strategy)?,
    };
    Some(Figures {
        nodes: nodes.replace(',', "").parse().ok()?,
        strategy,
        loss_permille: format!("{:.0}", percent(loss)? * 10.0).parse().ok()?,
        messages: messages.parse().ok()?,
        message_bytes,
        delivered: percent(delivered)? / 100.0,
        worst_delivered: percent(worst)? / 100.0,
        copies: number(copies)?,
        bytes: number(bytes)?,
        datagrams: number(datagrams)?,
        hops: number(hops)?,
        most_hops: most_hops.parse().ok()?,
        last: Duration::from_millis(last.strip_suffix(" ms")?.parse().ok()?),
    })
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
    fn rows_are_read_as_they_were_written() {
        let figures = Figures {
            nodes: 10_000,
            strategy: Strategy::Gossip(3),
            loss_permille: 55,
            messages: 7,
            message_bytes: 300,
            delivered: 0.93788,
            worst_delivered: 0.8586,
            copies: 2.84,
            bytes: 1_023_228.0,
            datagrams: 1_017.0,
            hops: 4.27,
            most_hops: 11,
            last: Duration::from_millis(160),
        };
        for strategy in [Strategy::Kadcast, Strategy::Flooding, Strategy::Gossip(10)] {
            let row = row(&Figures { strategy, ..figures });
            let text = format!("before\n\n{}\n\n{HEAD}\n{row}\n{row}\n\n{}\n\n{HEAD}\n", title(300), title(100_000));
            let read = figures_in(&text, 300).unwrap();
            assert_eq!(read.iter().map(super::row).collect::<Vec<_>>(), [row.clone(), row.clone()]);
            assert_eq!((read[0].strategy, read[0].message_bytes), (strategy, 300));
            assert!(figures_in(&text, 100_000).unwrap().is_empty() && figures_in(&text, 5).unwrap().is_empty());
            for broken in [row.replace(" ms", " s"), row.replace(" %", ""), row.replace("10,000", "many")] {
                assert!(figures_in(&text.replace(&row, &broken), 300).is_none(), "{broken}");
            }
        }
    }

    #[test]
    fn digits_are_grouped() {
        let numbers = [0.4, 12.0, 999.0, 1000.0, 1_234_567.4].map(with_commas);
        assert_eq!(numbers, ["0", "12", "999", "1,000", "1,234,567"]);
    }
}

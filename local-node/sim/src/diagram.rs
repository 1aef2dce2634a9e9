//! Draws the end of a run as a sequence diagram in SVG: nodes are columns, time runs downwards.
//!
//! Time is drawn as far apart as there is to see: long waits are short, and what happens at once has some room.

use std::collections::BTreeMap;
use std::fmt::Write;

use local_node_consensus::Millis;

use crate::plan::Plan;
use crate::trace::{Change, Item};
use crate::world::{Outcome, Report};

/// The most messages in a picture.
const MAX_MESSAGES: usize = 150;
/// The most other things in a picture.
const MAX_MARKS: usize = 60;
/// Pixels between the columns of nodes, left of the first, and right of the last one.
const COLUMN_PX: usize = 170;
const LEFT_PX: usize = 90;
const RIGHT_PX: usize = 330;
/// Pixels above the first moment.
const TOP_PX: usize = 96;
/// Pixels between two moments.
const LEAST_PX: usize = 3;
const MOST_PX: usize = 26;
/// The most letters in a line of text.
const LINE_LETTERS: usize = 120;

/// Kinds of messages with their topics and colours.
const KINDS: [(&str, &[u8], &str); 5] = [
    ("candidate", &[16], "#1f6fb2"),
    ("validation", &[17], "#2a8a3e"),
    ("ratification", &[18], "#c77700"),
    ("quorum", &[19, 20], "#a0308f"),
    ("block, request, inventory", &[8, 9, 11, 14], "#8a8f98"),
];

fn colour(topic: u8) -> &'static str {
    KINDS.iter().find(|(_, topics, _)| topics.contains(&topic)).map_or("#8a8f98", |(.., colour)| colour)
}

/// The items to draw: the latest ones, within the bounds.
fn window(report: &Report) -> Vec<(Millis, &Item)> {
    let (mut messages, mut marks) = (0, 0);
    let mut chosen: Vec<_> = report
        .trace
        .items()
        .rev()
        .take_while(|(_, item)| {
            let count = if matches!(item, Item::Message { .. }) { &mut messages } else { &mut marks };
            *count += 1;
            messages <= MAX_MESSAGES && marks <= MAX_MARKS
        })
        .map(|(at, item)| (*at, item))
        .collect();
    chosen.reverse();
    chosen
}

/// Where moments are, from the top.
fn scale(items: &[(Millis, &Item)], end: Millis) -> (BTreeMap<Millis, usize>, usize) {
    let mut moments = BTreeMap::from([(end, 0)]);
    for (at, item) in items {
        moments.insert(*at, 0);
        if let Item::Message { until, .. } = item {
            moments.insert((*until).min(end), 0);
        }
    }
    let (mut y, mut earlier) = (TOP_PX, None::<Millis>);
    for (at, place) in &mut moments {
        if let Some(earlier) = earlier {
            let wait = usize::try_from(at.since(earlier).0).unwrap_or(usize::MAX);
            y += (wait / 4).clamp(LEAST_PX, MOST_PX);
        }
        earlier = Some(*at);
        *place = y;
    }
    (moments, y)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws the end of a run.
#[must_use]
pub fn draw(title: &str, plan: &Plan, report: &Report) -> String {
    let items = window(report);
    let (moments, bottom) = scale(&items, report.time);
    let nodes = plan.keys.len();
    let column = |node: usize| LEFT_PX + COLUMN_PX / 2 + node * COLUMN_PX;
    let y = |at: Millis| moments.get(&at.min(report.time)).copied().unwrap_or(bottom);
    let end = match &report.outcome {
        Outcome::Violated(violation) => violation.what.clone(),
        Outcome::Parted(why) | Outcome::Unsettled(why) => why.clone(),
        Outcome::Final => "the end: finality".to_owned(),
        Outcome::Undecidable => "the end: no committee can decide".to_owned(),
    };
    let end = lines(&end);
    let (width, height) = (LEFT_PX + nodes * COLUMN_PX + RIGHT_PX, bottom + 40 + end.len() * 16);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" \
         fill=\"white\"/>\n<text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{}</text>",
        escape(title)
    );
    legend(&mut out);
    for node in 0..nodes {
        let x = column(node);
        let keys: Vec<_> = plan.keys[node].iter().map(ToString::to_string).collect();
        let role = plan.adversary.filter(|(adversary, _)| *adversary == node);
        let role = role.map_or_else(|| format!("keys {}", keys.join(", ")), |(_, attack)| format!("{attack:?}"));
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"66\" text-anchor=\"middle\" font-weight=\"bold\">node {node}</text>\n<text x=\"{x}\" \
             y=\"80\" text-anchor=\"middle\" fill=\"#555\">{}</text>\n<line x1=\"{x}\" y1=\"86\" x2=\"{x}\" \
             y2=\"{bottom}\" stroke=\"#bbb\"/>",
            escape(&role)
        );
    }
    times(&mut out, &moments, LEFT_PX - 8);
    for (at, item) in &items {
        if let Item::Message { from, to, until, topic } = item {
            let (x1, x2, y1, y2) = (column(*from), column(*to), y(*at), y(*until));
            let colour = colour(*topic);
            let _ = writeln!(
                out,
                "<path d=\"M{x1} {y1} L{x2} {y2}\" stroke=\"{colour}\" stroke-opacity=\"0.55\" fill=\"none\"/><circle \
                 cx=\"{x2}\" cy=\"{y2}\" r=\"2\" fill=\"{colour}\"/>"
            );
        }
    }
    for (at, item) in &items {
        marks(&mut out, item, y(*at), &column, LEFT_PX + nodes * COLUMN_PX);
    }
    let _ = writeln!(
        out,
        "<line x1=\"{LEFT_PX}\" y1=\"{bottom}\" x2=\"{}\" y2=\"{bottom}\" stroke=\"#c00\" stroke-width=\"2\"/>",
        width - RIGHT_PX
    );
    for (row, line) in end.iter().enumerate() {
        let _ = writeln!(
            out,
            "<text x=\"12\" y=\"{}\" fill=\"#c00\" font-weight=\"bold\">{}</text>",
            bottom + 22 + row * 16,
            escape(line)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn legend(out: &mut String) {
    for (place, (name, _, colour)) in KINDS.iter().enumerate() {
        let x = 12 + place * 130;
        let _ = writeln!(
            out,
            "<line x1=\"{x}\" y1=\"40\" x2=\"{}\" y2=\"40\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{}\" \
             y=\"44\">{name}</text>",
            x + 22,
            x + 28
        );
    }
    for (place, (name, change)) in CHANGES.into_iter().enumerate() {
        let x = 12 + (KINDS.len() + 1) * 130 + place * 90;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"36\" width=\"8\" height=\"8\" fill=\"{}\"/><text x=\"{}\" y=\"44\">{name}</text>",
            change_colour(change),
            x + 13
        );
    }
}

/// The changes of chains, each with its colour.
const CHANGES: [(&str, Change); 3] =
    [("accepted", Change::Accepted), ("final", Change::Final), ("taken back", Change::Reverted)];

const fn change_colour(change: Change) -> &'static str {
    match change {
        Change::Accepted => "#1f6fb2",
        Change::Final => "#2a8a3e",
        Change::Reverted => "#c00",
    }
}

/// Some of the moments, far enough apart to be read.
fn times(out: &mut String, moments: &BTreeMap<Millis, usize>, x: usize) {
    let mut free = 0;
    for (at, y) in moments {
        if *y >= free {
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"end\" fill=\"#777\">{}.{:03} s</text>",
                y + 4,
                at.0 / 1000,
                at.0 % 1000
            );
            free = y + 24;
        }
    }
}

fn marks(out: &mut String, item: &Item, y: usize, column: &dyn Fn(usize) -> usize, right: usize) {
    match item {
        Item::Message { .. } => {}
        Item::Fault(what) => {
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT_PX}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\" stroke=\"#c00\" stroke-dasharray=\"4 \
                 4\"/><text x=\"{}\" y=\"{}\" fill=\"#c00\">{}</text>",
                right + 6,
                y + 4,
                escape(&shortened(what, 52))
            );
        }
        Item::Chain { node, change, what } => {
            let colour = change_colour(*change);
            let x = column(*node);
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"8\" height=\"8\" fill=\"{colour}\"/><text x=\"{}\" y=\"{}\" \
                 font-size=\"10\" fill=\"{colour}\" paint-order=\"stroke\" stroke=\"white\" \
                 stroke-width=\"3\">{}</text>",
                x - 4,
                y - 4,
                x + 7,
                y + 4,
                escape(&shortened(what, 26))
            );
        }
    }
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}

/// The text in lines of a bounded length, broken between words, and of a bounded number.
fn lines(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let word = shortened(word, LINE_LETTERS);
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + word.chars().count() < LINE_LETTERS => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.truncate(6);
    lines
}

//! `cargo dusk devnet logs`

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::error::Fault;
use crate::ops::devnet::MAX_NODES;
use crate::ops::devnet::logs::LogReader;
use crate::ops::interrupt;
use crate::ops::project::devnet::DevnetFolder;
use crate::output::{Tone, Ui};

/// `devnet logs`
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// Number of the node; by default all nodes.
    #[arg(value_name = "NODE")]
    node: Option<usize>,
    /// Also shows new lines as they arrive, until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// Number of recent lines of each node to show first, at most 1000.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1000))]
    lines: u16,
}

/// The pause between two looks for new lines.
const GLANCE: Duration = Duration::from_millis(100);
/// Characters of the time that a line begins with: `14:02:11.480`.
const TIME_CHARS: usize = 12;

/// A line of a node.
type Line = (usize, String);

pub(super) fn run(folder: &DevnetFolder, options: &Logs, ui: &Ui) -> Result<()> {
    let mut nodes: Vec<usize> = (1..=MAX_NODES).filter(|node| folder.node(*node).is_dir()).collect();
    if nodes.is_empty() {
        return Err(Fault::failed("there is no devnet here", "start one with `cargo dusk devnet up`"));
    }
    if let Some(node) = options.node {
        if !nodes.contains(&node) {
            let last = nodes.len();
            return Err(Fault::usage(
                format!("there is no node {node}"),
                format!("this devnet has the nodes 1 to {last}"),
            ));
        }
        nodes = vec![node];
    }
    let stop = options.follow.then(interrupt::interruption).transpose()?;
    let (mut readers, mut lines) = (Vec::new(), Vec::new());
    for node in nodes {
        let (reader, last) = LogReader::open(&folder.log(node), usize::from(options.lines))?;
        readers.push((node, reader));
        lines.extend(last.into_iter().map(|line| (node, line)));
    }
    let mut lines = in_order(lines);
    let Some(stop) = stop else {
        lines.iter().for_each(|line| print(line, ui));
        ui.document(&json!({ "lines": lines.iter().map(document).collect::<Vec<_>>() }));
        return Ok(());
    };
    loop {
        for line in &lines {
            print(line, ui);
            ui.document_line(&document(line));
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        thread::sleep(GLANCE);
        let mut new = Vec::new();
        for (node, reader) in &mut readers {
            new.extend(reader.next()?.into_iter().map(|line| (*node, line)));
        }
        lines = in_order(new);
    }
}

fn print((node, text): &Line, ui: &Ui) {
    ui.line(format_args!("{} {text}", ui.toned(Tone::Name, &format!("node {node} |"))));
}

fn document((node, text): &Line) -> Value {
    json!({ "node": node, "text": text })
}

/// Lines of several nodes in the order of their times. One without a time stays behind the line before it.
fn in_order(lines: Vec<Line>) -> Vec<Line> {
    let (mut last, mut timed) = (None, Vec::with_capacity(lines.len()));
    for (node, text) in lines {
        let time = time(&text).or_else(|| last.take().filter(|(of, _)| *of == node).map(|(_, time)| time));
        let time = time.unwrap_or_default();
        last = Some((node, time.clone()));
        timed.push((time, (node, text)));
    }
    timed.sort_by(|(left, _), (right, _)| left.cmp(right));
    timed.into_iter().map(|(_, line)| line).collect()
}

fn time(text: &str) -> Option<String> {
    let time = text.get(..TIME_CHARS)?;
    let is_time = time.bytes().zip("00:00:00.000".bytes()).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        mark => byte == mark,
    });
    is_time.then(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_nodes_are_in_the_order_of_their_times() {
        let line = |node: usize, text: &str| (node, text.to_owned());
        let ordered = in_order(vec![
            line(1, "10:00:00.001 INFO local_node: one"),
            line(1, "more of it"),
            line(1, "10:00:00.500 INFO local_node: four"),
            line(2, "10:00:00.002 INFO local_node: two"),
            line(2, "10:00:00.003 INFO local_node: three"),
        ]);
        let texts: Vec<&str> = ordered.iter().map(|(_, text)| text.rsplit(' ').next().unwrap()).collect();
        assert_eq!(texts, ["one", "it", "two", "three", "four"]);
        assert_eq!(time("10:00:00.001"), Some("10:00:00.001".to_owned()));
        assert_eq!((time("10-00-00.001 x"), time("short"), time("ääääääääääää")), (None, None, None));
    }
}

//! Measurements of simulated networks without faults.

use local_node_consensus::Millis;
use local_node_types::ledger::Label;

use super::plot::{Plot, Series};
use super::{Result, processor_time, table};
use crate::keys::Scheme;
use crate::ledger::Rules;
use crate::plan::Plan;
use crate::rng::Rng;
use crate::world::{Observation, observe};

/// Numbers of provisioners that are measured.
pub(super) const PROVISIONERS: [u64; 9] = [4, 8, 16, 32, 64, 128, 256, 512, 1000];
/// The most nodes of a network: provisioners beyond that share them.
const MAX_NODES: u64 = 10;
/// Blocks that are measured.
const BLOCKS: u64 = 30;
/// Provisioners among whom some are silent, and the nodes that they are spread over.
const CROWD: u64 = 60;
/// Blocks of each chain with silent stake, and chains for each share.
const SILENT_BLOCKS: u64 = 80;
const SILENT_CHAINS: u64 = 5;
/// The longest time that a chain gets, in milliseconds.
const MAX_TIME_MS: u64 = 3_600_000;

/// A plan without faults: so many provisioners of equal stake, of whom the last ones are silent.
fn crowd(provisioners: u64, silent: u64, delay: u64) -> Plan {
    let nodes = provisioners.min(MAX_NODES);
    let mut keys = vec![Vec::new(); usize::try_from(nodes).unwrap_or(1)];
    for number in 1..=provisioners - silent {
        keys[usize::try_from(number % nodes).unwrap_or_default()].push(number);
    }
    let stakes = vec![2000; usize::try_from(provisioners).unwrap_or_default()];
    let rules = Rules { suspends: false, ..Rules::CHAIN };
    Plan { stakes, keys, delay, rules, heals: Millis(u64::MAX), ..Plan::calm(usize::try_from(nodes).unwrap_or(1)) }
}

fn watched(plan: &Plan, seed: u64, blocks: u64, scheme: Scheme) -> Observation {
    observe(plan, Rng::new(seed), scheme, blocks, Millis(MAX_TIME_MS))
}

#[allow(clippy::cast_precision_loss, reason = "what is measured is far below 2^53")]
const fn real(number: u64) -> f64 {
    number as f64
}

/// Bytes and messages of a node for each block.
#[must_use]
pub fn size() -> Result {
    let (mut rows, mut bytes, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for count in PROVISIONERS {
        let plan = crowd(count, 0, 20);
        let seen = watched(&plan, 1, BLOCKS, Scheme::Ideal);
        let shares = real(plan.keys.len() as u64) * real(seen.report.height);
        let (each, kib) = (real(seen.received.0) / shares, real(seen.received.1) / shares / 1024.0);
        rows.push(vec![count.to_string(), format!("{each:.0}"), format!("{kib:.1} KiB")]);
        messages.push((real(count), each));
        bytes.push((real(count), kib));
    }
    let plot = Plot {
        title: "What a node receives for each block".to_owned(),
        x: "provisioners".to_owned(),
        y: "messages, KiB".to_owned(),
        is_logarithmic: true,
        series: vec![
            Series { name: "messages".to_owned(), points: messages },
            Series { name: "KiB".to_owned(), points: bytes },
        ],
    };
    Result { table: table(&["provisioners", "messages", "bytes"], &rows), plot: plot.draw() }
}

/// The time from a proposal to its attestation.
#[must_use]
pub fn delay() -> Result {
    let (mut rows, mut means, mut slowest) = (Vec::new(), Vec::new(), Vec::new());
    for delay in [1, 20, 50, 100, 200, 300, 400, 500] {
        let mut seen = watched(&crowd(64, 0, delay), 1, BLOCKS, Scheme::Ideal).decided;
        seen.sort_unstable();
        let mean = real(seen.iter().sum::<u64>()) / real(seen.len().max(1) as u64);
        let late = real(seen.get(seen.len() * 95 / 100).copied().unwrap_or_default());
        rows.push(vec![format!("{delay} ms"), format!("{mean:.0} ms"), format!("{late:.0} ms")]);
        means.push((real(delay), mean));
        slowest.push((real(delay), late));
    }
    let plot = Plot {
        title: "From the proposal to the attested block".to_owned(),
        x: "longest delay of a message on a link, in milliseconds".to_owned(),
        y: "milliseconds".to_owned(),
        is_logarithmic: false,
        series: vec![
            Series { name: "mean".to_owned(), points: means },
            Series { name: "95 of 100".to_owned(), points: slowest },
        ],
    };
    Result { table: table(&["delay up to", "mean", "95 of 100"], &rows), plot: plot.draw() }
}

/// Blocks until a block is final.
#[must_use]
pub fn silence() -> Result {
    let (mut rows, mut means, mut lates) = (Vec::new(), Vec::new(), Vec::new());
    for percent in [0, 5, 10, 15, 20, 25, 30, 35] {
        let (mut waits, mut open, mut blocks, mut time) = (Vec::new(), 0, 0, 0);
        for chain in 1..=SILENT_CHAINS {
            let seen = watched(&crowd(CROWD, CROWD * percent / 100, 20), chain, SILENT_BLOCKS, Scheme::Ideal);
            time += seen.report.time.0;
            for stored in seen.ledger.blocks().iter().skip(1) {
                blocks += 1;
                match stored.label {
                    Label::Final(after) => waits.push(after),
                    _ => open += 1,
                }
            }
        }
        waits.sort_unstable();
        let mean = real(waits.iter().sum::<u64>()) / real(waits.len().max(1) as u64);
        let late = waits.get(waits.len() * 95 / 100).copied().unwrap_or_default();
        let told = |text: String| if waits.is_empty() { "none is final".to_owned() } else { text };
        rows.push(vec![
            format!("{percent} %"),
            told(format!("{mean:.1}")),
            told(late.to_string()),
            format!("{open} of {blocks}"),
            format!("{:.1} s", real(time) / 1000.0 / real(blocks.max(1))),
        ]);
        if !waits.is_empty() {
            means.push((real(percent), mean));
            lates.push((real(percent), real(late)));
        }
    }
    let plot = Plot {
        title: "Blocks until a block is final".to_owned(),
        x: "silent stake, in percent".to_owned(),
        y: "blocks".to_owned(),
        is_logarithmic: false,
        series: vec![
            Series { name: "mean".to_owned(), points: means },
            Series { name: "95 of 100".to_owned(), points: lates },
        ],
    };
    let head = ["silent stake", "blocks to finality, mean", "95 of 100", "not final at the end", "time for each block"];
    Result { table: table(&head, &rows), plot: plot.draw() }
}

/// Blocks that the simulator makes in a minute of one core, with all checkers.
#[must_use]
pub fn speed() -> Result {
    let (mut rows, mut ideal, mut chain) = (Vec::new(), Vec::new(), Vec::new());
    for (scheme, nodes, blocks) in [
        (Scheme::Ideal, 4, 400),
        (Scheme::Ideal, 7, 300),
        (Scheme::Ideal, 10, 200),
        (Scheme::Bls, 4, 60),
        (Scheme::Bls, 7, 40),
        (Scheme::Bls, 10, 30),
    ] {
        let time = processor_time(|| _ = watched(&crowd(nodes, 0, 20), 1, blocks, scheme));
        let rate = real(blocks) / time.as_secs_f64() * 60.0;
        let name = if scheme == Scheme::Ideal { "ideal" } else { "the chain's" };
        rows.push(vec![name.to_owned(), nodes.to_string(), format!("{rate:.0}")]);
        if scheme == Scheme::Ideal { &mut ideal } else { &mut chain }.push((real(nodes), rate));
    }
    let plot = Plot {
        title: "Blocks that the simulator makes in a minute".to_owned(),
        x: "nodes".to_owned(),
        y: "blocks a minute".to_owned(),
        is_logarithmic: false,
        series: vec![
            Series { name: "ideal signatures".to_owned(), points: ideal },
            Series { name: "the chain's signatures".to_owned(), points: chain },
        ],
    };
    Result { table: table(&["signatures", "nodes", "blocks a minute"], &rows), plot: plot.draw() }
}

//! How a devnet keeps its promises, measured from outside on real processes.
//!
//! `cargo bench -p cargo-dusk --bench devnet` starts networks with `cargo dusk devnet up`, and prints each figure
//! beside its mark:
//!
//! - the time from `up` until all of four nodes have met and have a final block,
//! - the time from the block with a transfer to its finality, asked of one node without a pause,
//! - the time for a block of seven nodes while one of them is killed,
//! - the time from `start` until the killed node has the chain of the others.
//!
//! `-- --short` takes fewer rounds. `-- --out FOLDER` draws the times to finality as `devnet-finality.svg`.
#![allow(clippy::print_stdout, reason = "it is a program")]

#[allow(unreachable_pub, reason = "it is a module of the simulator, which draws its plots as well")]
#[path = "../../local-node/sim/src/measure/plot.rs"]
mod plot;
mod shared;

use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use self::plot::{Plot, Series};
use self::shared::chain::{Sender, post};
use self::shared::command::{PROGRAM, dusk, run};
use self::shared::figures::{Table, sorted, time, verdict};

/// Nodes of the small network, and of the one in which a node is killed.
const FEW_NODES: usize = 4;
const MANY_NODES: usize = 7;
/// The development account that sends transfers: none of the nodes votes with its stake.
const SENDER: usize = 9;
const TRANSFER_GAS: u64 = 3_000_000;
/// Marks.
const MAX_UP: Duration = Duration::from_secs(5);
const MAX_FINALITY: Duration = Duration::from_secs(2);
const MAX_BLOCK: Duration = Duration::from_secs(3);
const MAX_RETURN: Duration = Duration::from_secs(5);
/// The pause between two questions to a node, so that asking does not take the processor from the nodes.
const GLANCE: Duration = Duration::from_millis(10);
/// Tells what takes its time from what hangs.
const HANGS: Duration = Duration::from_secs(120);

/// How much is measured.
struct Rounds {
    starts: usize,
    transfers: usize,
    kills: usize,
    /// How long a killed node stays away.
    away: Duration,
}

const FULL: Rounds = Rounds { starts: 5, transfers: 40, kills: 5, away: Duration::from_secs(60) };
const SHORT: Rounds = Rounds { starts: 2, transfers: 8, kills: 2, away: Duration::from_secs(20) };

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = if arguments.iter().any(|argument| argument == "--short") { SHORT } else { FULL };
    let out = arguments.iter().position(|argument| argument == "--out").and_then(|place| arguments.get(place + 1));
    let mut table = Table::new(["figure", "median", "slowest", "mark", ""]);

    // As a user's: the crates and keys of the first network are there for the others.
    let home = tempfile::tempdir()?;
    let mut starts = Vec::new();
    for _ in 1..rounds.starts {
        starts.push(Devnet::up(home.path(), FEW_NODES)?.ready);
    }
    let few = Devnet::up(home.path(), FEW_NODES)?;
    starts.push(few.ready);
    within(&mut table, &format!("{FEW_NODES} nodes: `up` to the first final block"), &starts, MAX_UP);
    let of_few = few.finality(rounds.transfers)?;
    within(&mut table, &format!("{FEW_NODES} nodes: block with a transfer to final"), &of_few, MAX_FINALITY);
    drop(few);

    let many = Devnet::up(home.path(), MANY_NODES)?;
    let of_many = many.finality(rounds.transfers)?;
    within(&mut table, &format!("{MANY_NODES} nodes: block with a transfer to final"), &of_many, MAX_FINALITY);
    let (mut blocks, mut slowest, mut away, mut returns) = (0, Duration::ZERO, Duration::ZERO, Vec::new());
    for round in 0..rounds.kills {
        let absence = many.without(1 + round % MANY_NODES, rounds.away)?;
        blocks += absence.blocks;
        away += absence.lasted;
        slowest = slowest.max(absence.slowest);
        returns.push(absence.back);
    }
    ensure!(blocks > 0, "without one of {MANY_NODES} nodes there was no block in {away:?}");
    let mean = away / blocks;
    let (mean_told, slowest) = (format!("mean {}", time(mean)), time(slowest));
    let what = format!("{MANY_NODES} nodes, one killed: time for a block");
    table.row(&what, &mean_told, &slowest, &format!("mean {}", time(MAX_BLOCK)), verdict(mean <= MAX_BLOCK));
    within(&mut table, &format!("{MANY_NODES} nodes: `start` to the chain of the others"), &returns, MAX_RETURN);
    drop(many);

    table.print();
    println!("{} blocks in {:.0} s without one of {MANY_NODES} nodes", blocks, away.as_secs_f64());
    if let Some(folder) = out {
        let path = Path::new(folder).join("devnet-finality.svg");
        fs::write(&path, drawn(&of_few, &of_many)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Adds times that should each be within a mark.
fn within(table: &mut Table, what: &str, times: &[Duration], mark: Duration) {
    let sorted = sorted(times);
    let (median, slowest) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    let verdict = if median <= mark && slowest > mark { "the median only" } else { verdict(slowest <= mark) };
    table.row(what, &time(median), &time(slowest), &time(mark), verdict);
}

/// The times to finality in their order, against the share of transfers that took no longer.
fn drawn(few: &[Duration], many: &[Duration]) -> String {
    let series = |nodes: usize, times: &[Duration]| {
        let times = sorted(times);
        // Tenths are enough, and each of them has its place on the axis.
        let point = |tenth: usize| {
            let place = (tenth * times.len()).div_ceil(10).saturating_sub(1);
            (10.0 * f64::from(u8::try_from(tenth).unwrap_or_default()), times[place].as_secs_f64())
        };
        Series { name: format!("{nodes} nodes"), points: (1..=10).map(point).collect() }
    };
    let plot = Plot {
        title: "From the block with a transfer to its finality, on a devnet with blocks of 1 s".to_owned(),
        x: "share of the transfers that took no longer, in percent".to_owned(),
        y: "seconds".to_owned(),
        is_logarithmic: false,
        series: vec![series(FEW_NODES, few), series(MANY_NODES, many)],
    };
    plot.draw()
}

/// Where a node is.
#[derive(Clone, Copy)]
struct Position {
    height: u64,
    last_final: u64,
    /// The iteration of the running round, while there is one.
    iteration: Option<u64>,
}

/// The events while a node was down.
struct Absence {
    blocks: u32,
    lasted: Duration,
    /// The longest time between two blocks.
    slowest: Duration,
    /// From `start` to its return.
    back: Duration,
}

/// A devnet with blocks of one second, in a process of its own. It ends with this value.
struct Devnet<'a> {
    /// Of the files that all projects of a user share.
    home: &'a Path,
    folder: TempDir,
    child: Child,
    urls: Vec<String>,
    /// From `up` until it was ready: all nodes have met, and have a final block.
    ready: Duration,
}

impl<'a> Devnet<'a> {
    /// Begins a new chain.
    fn up(home: &'a Path, nodes: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // A devnet is in the `target` folder of its project.
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\n")?;
        let nodes_told = nodes.to_string();
        let mut command =
            dusk(Path::new(PROGRAM), home, folder.path(), &["devnet", "up", "--json", "--nodes", &nodes_told]);
        command.args(["--block-time", "1s"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let begun = Instant::now();
        let mut child = command.spawn().context("cannot start the program")?;
        let output = BufReader::new(child.stdout.take().context("its output")?);
        let mut devnet = Self { home, folder, child, urls: Vec::new(), ready: Duration::ZERO };
        let document = serde_json::Deserializer::from_reader(output).into_iter::<Value>().next();
        let document = document.context("it says nothing")??;
        devnet.ready = begun.elapsed();
        ensure!(document["ready"] == true, "the devnet does not start: {document}");
        let urls = document["nodes"].as_array().context("its nodes")?.iter().filter_map(|node| node["url"].as_str());
        devnet.urls = urls.map(str::to_owned).collect();
        ensure!(devnet.urls.len() == nodes, "{nodes} nodes: {document}");
        Ok(devnet)
    }

    fn command(&self, words: &[&str]) -> Command {
        dusk(Path::new(PROGRAM), self.home, self.folder.path(), words)
    }

    fn position(url: &str) -> Result<Position> {
        let place: Value = serde_json::from_slice(&post(url, "/on/dev/network", b"{}")?)?;
        let number = |field: &str| place[field].as_u64().with_context(|| format!("{field} of {url}: {place}"));
        Ok(Position {
            height: number("height")?,
            last_final: number("last_final")?,
            iteration: place["iteration"].as_u64(),
        })
    }

    /// Sends transfers one after another to the first node, and returns how long each of their blocks took to be final.
    fn finality(&self, transfers: usize) -> Result<Vec<Duration>> {
        let mut sender = Sender::new(SENDER)?;
        let url = self.urls.first().context("there are nodes")?;
        let mut times = Vec::new();
        for _ in 0..transfers {
            let signed = sender.sign(None, TRANSFER_GAS)?;
            signed.send(url)?;
            let height = wait_for("a transfer is in a block", || signed.height(url));
            let height = height.with_context(|| format!("transaction {}", signed.id()))?;
            let included = Instant::now();
            wait_for("a transfer is final", || {
                Ok(Some(Self::position(url)?).filter(|position| position.last_final >= height))
            })?;
            times.push(included.elapsed());
        }
        Ok(times)
    }

    /// Kills a node, watches the others for a while, and starts it again.
    fn without(&self, node: usize, away: Duration) -> Result<Absence> {
        let (own, watched) = (&self.urls[node - 1], &self.urls[node % self.urls.len()]);
        run(self.command(&["devnet", "kill", &node.to_string()]))?;
        let (begun, first) = (Instant::now(), Self::position(watched)?.height);
        let (mut height, mut since, mut slowest) = (first, begun, Duration::ZERO);
        while begun.elapsed() < away {
            let now = Self::position(watched)?.height;
            slowest = slowest.max(since.elapsed());
            if now > height {
                (height, since) = (now, Instant::now());
            }
            thread::sleep(GLANCE);
        }
        let (blocks, lasted) = (u32::try_from(height - first)?, begun.elapsed());

        let begun = Instant::now();
        let mut start = self.command(&["devnet", "start", &node.to_string()]);
        let mut start =
            start.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("cannot start the program")?;
        wait_for("the killed node has the chain of the others", || {
            let Ok(position) = Self::position(own) else { return Ok(None) };
            let others = Self::position(watched)?;
            Ok((position.height >= others.height && position.iteration.is_some()).then_some(()))
        })?;
        let back = begun.elapsed();
        ensure!(start.wait()?.success(), "`devnet start {node}` failed");
        let target = Self::position(watched)?.last_final + 2;
        for url in &self.urls {
            wait_for("all nodes have a final block again", || {
                Ok((Self::position(url)?.last_final >= target).then_some(()))
            })?;
        }
        Ok(Absence { blocks, lasted, slowest, back })
    }
}

impl Drop for Devnet<'_> {
    fn drop(&mut self) {
        // Its nodes end with it, however it ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until there is an answer.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if begun.elapsed() > HANGS {
            bail!("not within {HANGS:?}: {what}");
        }
        thread::sleep(GLANCE);
    }
}

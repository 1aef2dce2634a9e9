//! The figures by which a development toolchain is judged, measured from outside, as its users meet them.
//!
//! `cargo bench -p cargo-dusk` prints what was measured beside its target. Each figure is the median of several rounds;
//! the best round stands beside it. `-- --short` measures fewer rounds and leaves out what compiles a project from
//! nothing.
//!
//! "Confirmed" is the time from sending a signed transaction over HTTP until a query answers that it is in a block,
//! whose attestation holds the votes of committees. The client asks without a pause.
//!
//! With `DUSK_BENCH_AGAINST=PATH` only the node is measured, in turns with the node of another `cargo-dusk`, and the
//! ratios are printed: how a change has made it faster or slower.
#![allow(clippy::print_stdout, reason = "it is a program")]

mod shared;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dusk_core::abi::ContractId;
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData};
use serde_json::Value;
use tempfile::TempDir;

use self::shared::chain::{Sender, post};
use self::shared::command::{self, PROGRAM, run};
use self::shared::figures::{Table, sorted, time, verdict};

/// The folder of crates that the short form compiles. It is kept between runs.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");
const DEPLOY_GAS: u64 = 20_000_000;
const CALL_GAS: u64 = 4_000_000;
/// How long a transaction may take to get into a block.
const MAX_WAIT: Duration = Duration::from_secs(20);

fn main() -> Result<()> {
    let short = std::env::args().any(|argument| argument == "--short");
    let rounds = if short { 3 } else { 15 };
    let place = Place::new(short)?;
    if let Some(other) = std::env::var_os("DUSK_BENCH_AGAINST") {
        return compare(&place, &Place { program: other.into(), ..Place::new(short)? }, rounds);
    }
    let mut table = Table::new(["figure", "median", "best", "target", ""]);

    let from_nothing = place.scaffold_and_test()?;
    if !short {
        timed(&mut table, "`new` to passing tests, nothing compiled", &[from_nothing], Duration::from_secs(30));
    }
    let builds = repeat(rounds, || place.timed(&["build"]))?;
    timed(&mut table, "`build`, nothing changed", &builds, Duration::from_millis(200));
    let suites = repeat(rounds, || place.suite())?;
    timed(&mut table, "the counter's three tests", &suites, Duration::from_millis(10));
    let starts = repeat(rounds, || Node::start(&place).map(|node| node.ready))?;
    timed(&mut table, "node: start to first answer", &starts, Duration::from_millis(100));

    let mut client = Client::new(Node::start(&place)?)?;
    let code = std::fs::read(place.artefact()).context("the counter's wasm")?;
    let deployments = repeat(rounds, || client.deploy(&code))?;
    timed(&mut table, "deploy to confirmed", &deployments, Duration::from_millis(50));
    let calls = repeat(rounds * 4, || client.increment())?;
    timed(&mut table, "call to confirmed", &calls, Duration::from_millis(10));
    table.row(
        "the counter's wasm, as deployed",
        &format!("{} bytes", code.len()),
        "",
        "12,000 bytes",
        verdict(code.len() < 12_000),
    );
    table.print();
    Ok(())
}

/// Measures two nodes in turns.
fn compare(ours: &Place, theirs: &Place, rounds: usize) -> Result<()> {
    ours.scaffold_and_test()?;
    let code = std::fs::read(ours.artefact()).context("the counter's wasm")?;
    let mut starts = [Vec::new(), Vec::new()];
    for place in [ours, theirs] {
        // The first start compiles the genesis contracts.
        Node::start(place)?;
    }
    for _ in 0..rounds {
        starts[0].push(Node::start(ours)?.ready);
        starts[1].push(Node::start(theirs)?.ready);
    }
    ratio("node: start to first answer", &starts);
    let mut clients = [Client::new(Node::start(ours)?)?, Client::new(Node::start(theirs)?)?];
    let mut in_turns = |what: &str, rounds: usize, act: &dyn Fn(&mut Client) -> Result<Duration>| {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..=rounds {
            for (client, times) in clients.iter_mut().zip(&mut times) {
                let took = act(client)?;
                // The first one warms the caches.
                if round > 0 {
                    times.push(took);
                }
            }
        }
        ratio(what, &times);
        anyhow::Ok(())
    };
    in_turns("deploy to confirmed", rounds, &|client| client.deploy(&code))?;
    in_turns("call to confirmed", rounds * 10, &|client| client.increment())
}

fn ratio(what: &str, times: &[Vec<Duration>; 2]) {
    let median = |times: &Vec<Duration>| sorted(times)[times.len() / 2];
    let [ours, theirs] = times.each_ref().map(median);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what:30} {:>9} against {:>9}: {ratio:.2} of its time", time(ours), time(theirs));
}

fn repeat(rounds: usize, mut round: impl FnMut() -> Result<Duration>) -> Result<Vec<Duration>> {
    // The first one warms the caches.
    round()?;
    (0..rounds).map(|_| round()).collect()
}

/// A folder with a project in it.
struct Place {
    program: PathBuf,
    folder: TempDir,
    compiled: Option<PathBuf>,
}

impl Place {
    fn new(short: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { program: PROGRAM.into(), folder, compiled: short.then(|| Path::new(KEPT).join("targets")) })
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("hello")
    }

    fn artefact(&self) -> PathBuf {
        self.project().join("target/dusk/counter/counter.wasm")
    }

    fn dusk(&self, folder: &Path, words: &[&str]) -> Command {
        let mut command = command::dusk(&self.program, self.folder.path(), folder, words);
        if let Some(compiled) = &self.compiled {
            command.env("CARGO_TARGET_DIR", compiled);
        }
        command
    }

    /// From an empty folder to green tests.
    fn scaffold_and_test(&self) -> Result<Duration> {
        let begun = Instant::now();
        run(self.dusk(self.folder.path(), &["new", "hello"]))?;
        run(self.dusk(&self.project(), &["test"]))?;
        Ok(begun.elapsed())
    }

    fn timed(&self, words: &[&str]) -> Result<Duration> {
        let begun = Instant::now();
        run(self.dusk(&self.project(), words))?;
        Ok(begun.elapsed())
    }

    /// The time of the tests themselves, as `cargo dusk test` tells it.
    fn suite(&self) -> Result<Duration> {
        let output = run(self.dusk(&self.project(), &["test", "--json"]))?;
        let document: Value = serde_json::from_slice(&output).context("`test --json` prints a document")?;
        ensure!(document["passed"] == 3 && document["failed"] == 0, "not three green tests: {document}");
        Ok(Duration::from_secs_f64(document["milliseconds"].as_f64().context("the tests' time")? / 1_000.0))
    }
}

/// A node in a process of its own.
struct Node {
    child: Child,
    url: String,
    ready: Duration,
}

impl Node {
    fn start(place: &Place) -> Result<Self> {
        let begun = Instant::now();
        let mut child = place
            .dusk(place.folder.path(), &["node", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("a node")?;
        let mut lines = BufReader::new(child.stdout.take().context("the node's output")?).lines();
        let first = lines.next().context("the node ended")??;
        let url = first.split(" · ").nth(1).context("the node's address")?.to_owned();
        let mut node = Self { child, url, ready: Duration::ZERO };
        post(&node.url, "/on/node/info", &[])?;
        node.ready = begun.elapsed();
        // The rest of what it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who sends transactions.
struct Client {
    node: Node,
    sender: Sender,
    contract: ContractId,
}

impl Client {
    fn new(node: Node) -> Result<Self> {
        Ok(Self { node, sender: Sender::new(0)?, contract: ContractId::from_bytes([0; 32]) })
    }

    fn deploy(&mut self, code: &[u8]) -> Result<Duration> {
        let owner = self.sender.account.id().0.to_vec();
        let deploy = ContractDeploy::new(code, owner, Some(u64::MAX.to_le_bytes().to_vec()), self.sender.nonce);
        self.contract = deploy.contract_id();
        self.confirm(deploy.into(), DEPLOY_GAS)
    }

    fn increment(&mut self) -> Result<Duration> {
        let call = ContractCall::new(self.contract, "increment").with_raw_args(1_u64.to_le_bytes().to_vec());
        self.confirm(call.into(), CALL_GAS)
    }

    fn confirm(&mut self, data: TransactionData, gas: u64) -> Result<Duration> {
        let signed = self.sender.sign(Some(data), gas)?;
        let begun = Instant::now();
        signed.send(&self.node.url)?;
        while signed.height(&self.node.url)?.is_none() {
            if begun.elapsed() > MAX_WAIT {
                bail!("transaction {} is not in a block after {MAX_WAIT:?}", signed.id());
            }
        }
        Ok(begun.elapsed())
    }
}

/// Adds the median and the best of several rounds.
fn timed(table: &mut Table, what: &str, rounds: &[Duration], target: Duration) {
    let sorted = sorted(rounds);
    let (median, best) = (sorted[sorted.len() / 2], sorted[0]);
    table.row(what, &time(median), &time(best), &time(target), verdict(median < target));
}

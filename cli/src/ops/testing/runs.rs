//! The tests of a project: native programs that talk to a test host, which runs the shipped wasm.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cargo_metadata::Message;
use dusk_sdk_protocol::host::{ADDRESS_VARIABLE, TIMEOUT_VARIABLE};
use dusk_sdk_protocol::observation::Compared;
use local_node::test_host::{Action, Artefact, HostConfig, Report, TestHost};
use serde::Serialize;

use super::network::NetworkChains;
use super::proofs::TestProofs;
use crate::error::Fault;
use crate::ops::build::artifact::Artifact;
use crate::ops::cargo::{command, configuration};
use crate::ops::circuits::circuit_of;
use crate::ops::project::{Project, folders};
use crate::ops::report;

/// The most bytes of one program's output that are kept.
const MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// How much longer than a test may take a program may say nothing.
const MAX_SILENCE: Duration = Duration::from_secs(10);
/// The most tests without a result that are named.
const MAX_NAMED: usize = 8;

/// How the names of observer tests end.
const OBSERVER_SUFFIX: &str = "::observer";

/// The most programs that run at a time. Each runs as many tests at a time as there are processors.
const MAX_PROGRAMS: usize = 8;

/// A test host for the project's contracts, on a free port of the loopback address.
pub(crate) fn start_host(artifacts: &[Artifact], proofs: TestProofs) -> Result<TestHost> {
    let contracts = artifacts.iter().map(|artifact| (artifact.name.clone(), Artefact::File(artifact.wasm_path())));
    let config = HostConfig {
        contracts: contracts.collect(),
        module_cache: folders::modules(),
        proofs: Some(Arc::new(proofs)),
        ..HostConfig::default()
    };
    TestHost::start(config).context("the test host does not start")
}

/// A test host that runs the tests on a network.
pub(crate) fn start_host_on(network: NetworkChains) -> Result<TestHost> {
    TestHost::serving(network).context("the test host does not start")
}

/// A compiled program of tests.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    path: PathBuf,
    /// The folder of its package, where it runs.
    folder: PathBuf,
    package: String,
    /// The name of its crate.
    name: String,
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TestResult {
    /// The program that it is in.
    pub(crate) program: String,
    /// Its path in the program.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) status: Status,
    /// Gas of its transactions that went through; `None` when it had no chain.
    pub(crate) gas: Option<u64>,
    /// How long its chains were open, in milliseconds.
    pub(crate) milliseconds: Option<u64>,
    /// The proofs that were made for it.
    #[serde(skip_serializing_if = "ProofCount::is_empty")]
    pub(crate) proofs: ProofCount,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The result of comparing its runs, for an observer test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) observer: Option<Compared>,
    /// Its output: for a failed test, and for each test if the options ask for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) output: String,
}

impl TestResult {
    /// The name under which the host knows it.
    pub(crate) fn full_name(&self) -> String {
        format!("{}::{}", self.program, self.name)
    }
}

/// How many proofs were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ProofCount {
    /// By the host, after a full check.
    pub(crate) mock: usize,
    /// By a prover.
    pub(crate) real: usize,
}

impl ProofCount {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Well.
    Passed,
    /// Badly.
    Failed,
    /// It was not run.
    Ignored,
    /// It needs what the chain that it ran on cannot do.
    Skipped,
}

/// The results of all tests.
#[derive(Debug)]
pub(crate) struct TestRun {
    /// The tests, program by program.
    pub(crate) results: Vec<TestResult>,
    /// Programs that ended without telling how their tests went: name and what they printed.
    pub(crate) broken: Vec<(String, String)>,
    /// How long the programs ran.
    pub(crate) elapsed: Duration,
    /// The host's report.
    pub(crate) report: Report,
}

/// Which tests run, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'a> {
    /// Only those whose names contain this.
    pub(crate) filter: Option<&'a str>,
    /// Whether the filter is a whole name.
    pub(crate) exact: bool,
    /// Only observer tests.
    pub(crate) observer: bool,
    /// How many run at a time; `None`: as many as the machine has processors.
    pub(crate) jobs: Option<u16>,
    /// How long one may take; `None`: as long as it likes.
    pub(crate) time: Option<Duration>,
    /// Whether the first failure is the end.
    pub(crate) fail_fast: bool,
    /// Whether what passed tests print is kept.
    pub(crate) show_output: bool,
    /// More arguments for the programs.
    pub(crate) arguments: &'a [String],
}

impl TestRun {
    /// How many tests ended like this.
    pub(crate) fn count(&self, status: Status) -> usize {
        self.results.iter().filter(|result| result.status == status).count()
    }

    /// Whether nothing failed.
    pub(crate) fn is_green(&self) -> bool {
        self.count(Status::Failed) == 0 && self.broken.is_empty()
    }
}

/// Compiles the tests. The compiler's messages go to stderr.
///
/// # Errors
/// A failure when they do not compile.
pub(crate) fn programs(project: &Project, report: &dyn report::Report) -> Result<Vec<Program>> {
    let mut command = command::build(&project.root, "test");
    command.args(["--no-run", "--workspace"]).args(configuration::native(&project.root));
    let mut programs = Vec::new();
    let compiled = command::follow(&mut command, "compiling the tests", report, |message| {
        if let Message::CompilerArtifact(artifact) = message
            && let Some(path) = artifact.executable.filter(|_| artifact.profile.test)
        {
            let folder = artifact.manifest_path.parent().context("a manifest has a folder")?;
            programs.push(Program {
                path: path.into(),
                folder: folder.into(),
                package: folder.file_name().unwrap_or_default().to_owned(),
                name: artifact.target.name.replace('-', "_"),
            });
        }
        Ok(())
    })?;
    if compiled { Ok(programs) } else { Err(Fault::failed("the tests do not compile", "see the messages above")) }
}

/// Runs the programs against the host: at once, or one after the other where the first failure is the end or it is said
/// how many tests run at a time.
pub(crate) fn run(programs: &[Program], host: TestHost, selection: Selection<'_>) -> Result<TestRun> {
    let begun = Instant::now();
    let place = host.place();
    let mut run =
        TestRun { results: Vec::new(), broken: Vec::new(), elapsed: Duration::ZERO, report: Report::default() };
    let mut repeated = Vec::new();
    let needs_more = |program: &str, test: &str| host.skipped(&format!("{program}::{test}"));
    let together = if selection.fail_fast || selection.jobs.is_some() { 1 } else { MAX_PROGRAMS };
    for batch in programs.chunks(together) {
        for (program, ended) in batch.iter().zip(run_at_once(batch, &place, selection, &needs_more)) {
            let ended = ended?;
            let mut told = read_output(&program.name, &ended.output);
            if let Some(failed) = &ended.stopped_at {
                // libtest tells what a test has printed only when all have ended: it says it again, alone.
                let again = Selection { filter: Some(failed), exact: true, fail_fast: false, ..selection };
                let alone = program.run(&place, again, &needs_more)?;
                repeated.push(format!("{}::{failed}", program.name));
                let printed = printed_by_tests(&alone.output).remove(failed).unwrap_or_default();
                told.iter_mut()
                    .filter(|result| result.name == *failed)
                    .for_each(|result| result.output.clone_from(&printed));
            } else if let Some(silence) = ended.silent_for {
                let hung = program.missing(selection, &told)?;
                run.broken.push((program.name.clone(), silent(&ended.output, silence, &hung)));
            } else {
                // A program that is killed in the middle has told of some tests, not of its end.
                let ended_well = ended.status.success() || told.iter().any(|result| result.status == Status::Failed);
                if !ended_well || !ended.output.lines().any(|line| line.starts_with("test result: ")) {
                    run.broken.push((program.name.clone(), format!("{}\n({})", ended.output, ended.status)));
                }
            }
            told.iter_mut().for_each(|result| skip(result, &needs_more));
            run.results.extend(told);
        }
        if selection.fail_fast && !run.is_green() {
            break;
        }
    }
    run.elapsed = begun.elapsed();
    run.report = host.stop();
    for test in &repeated {
        // Of a test that ran twice, the second run is the whole one.
        let last = run.report.tests.iter().rposition(|seen| seen.test == *test);
        let mut place = 0..;
        run.report.tests.retain(|seen| {
            let here = place.next();
            seen.test != *test || here == last
        });
    }
    add_figures(&mut run.results, &run.report);
    Ok(run)
}

/// The functions that the chain of a test lacks, by program and test.
type NeedsMore<'a> = &'a (dyn Fn(&str, &str) -> Option<String> + Sync);

/// A test that failed of what its chain cannot do is skipped: it says nothing about the contract.
fn skip(result: &mut TestResult, needs_more: NeedsMore<'_>) {
    if result.status == Status::Failed
        && let Some(reason) = needs_more(&result.program, &result.name)
    {
        (result.status, result.reason) = (Status::Skipped, Some(reason));
        result.output.clear();
    }
}

/// Runs programs at once; returns their results in the same order.
fn run_at_once(
    programs: &[Program],
    place: &str,
    selection: Selection<'_>,
    needs_more: NeedsMore<'_>,
) -> Vec<Result<Ended>> {
    let run = |program: &Program| program.run(place, selection, needs_more);
    let Some((first, rest)) = programs.split_first() else { return Vec::new() };
    thread::scope(|scope| {
        let rest: Vec<_> = rest.iter().map(|program| scope.spawn(move || run(program))).collect();
        let joined = rest.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the time limit of the tests cannot be enforced")))
        });
        std::iter::once(run(first)).chain(joined).collect()
    })
}

/// The names of the selected tests: program and path in it.
pub(crate) fn list(programs: &[Program], selection: Selection<'_>) -> Result<Vec<(String, String)>> {
    let mut names = Vec::new();
    for program in programs {
        let output = program.command(selection).arg("--list").stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("cannot start {}", program.path.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let tests = text.lines().filter_map(|line| line.strip_suffix(": test"));
        let tests = tests.filter(|name| circuit_of(name).is_none());
        let tests = tests.filter(|name| !selection.observer || is_observer(name));
        names.extend(tests.map(|name| (program.name.clone(), name.to_owned())));
    }
    Ok(names)
}

/// The result of one run of a program.
struct Ended {
    status: ExitStatus,
    output: String,
    /// The test after whose failure it was ended.
    stopped_at: Option<String>,
    /// How long it had said nothing when it was ended for that.
    silent_for: Option<Duration>,
}

impl Program {
    fn command(&self, selection: Selection<'_>) -> Command {
        let mut command = Command::new(&self.path);
        command
            .current_dir(&self.folder)
            .args(selection.filter)
            .args(selection.exact.then_some("--exact"))
            .args(selection.arguments)
            .args(selection.show_output.then_some("--show-output"))
            .args(["--color", "never"])
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("CARGO_PKG_NAME", &self.package)
            .stdin(Stdio::null());
        if let Some(jobs) = selection.jobs {
            command.arg(format!("--test-threads={jobs}"));
        }
        command
    }

    fn run(&self, place: &str, selection: Selection<'_>, needs_more: NeedsMore<'_>) -> Result<Ended> {
        let mut command = self.command(selection);
        if selection.observer {
            // The filter selects by a part of the name; these are whole ones.
            let chosen = list(std::slice::from_ref(self), selection)?;
            command = self.command(Selection { filter: None, exact: true, ..selection });
            // Without a name the program would run everything.
            command.args(chosen.iter().map(|(_, name)| name.as_str()).chain([OBSERVER_SUFFIX]));
        }
        command.env(ADDRESS_VARIABLE, place).stdout(Stdio::piped());
        if let Some(time) = selection.time {
            command.env(TIMEOUT_VARIABLE, time.as_secs().to_string());
        }
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.path.display()))?;
        let stdout = child.stdout.take().context("the tests' output is piped")?;
        // Tests with a chain fail by themselves when their time is over; others may keep the whole program.
        let watched = Watched::new(child, selection.time.map(|time| time + MAX_SILENCE));
        let (output, stopped_at) = thread::scope(|scope| {
            let (_ends, ended) = mpsc::channel();
            let watched = &watched;
            scope.spawn(move || watched.end_if_silent(&ended));
            self.read(BufReader::new(stdout), watched, selection, needs_more)
        })?;
        let (status, silent_for) = watched.wait()?;
        Ok(Ended { status, output: String::from_utf8_lossy(&output).into_owned(), stopped_at, silent_for })
    }

    /// Reads what the program prints until its end, and ends it at the first failure where that is wanted.
    fn read(
        &self,
        mut stdout: impl BufRead,
        watched: &Watched,
        selection: Selection<'_>,
        needs_more: NeedsMore<'_>,
    ) -> Result<(Vec<u8>, Option<String>)> {
        let (mut output, mut stopped_at) = (Vec::new(), None);
        let mut bounded = stdout.by_ref().take(MAX_OUTPUT_BYTES);
        loop {
            let begin = output.len();
            if bounded.read_until(b'\n', &mut output).context("cannot read the tests' output")? == 0 {
                break;
            }
            watched.has_spoken();
            let line = String::from_utf8_lossy(&output[begin..]);
            let failed = read_line(&self.name, line.trim_end()).filter(|result| result.status == Status::Failed);
            let failed = failed.filter(|failed| needs_more(&self.name, &failed.name).is_none());
            if let Some(failed) = failed.filter(|_| selection.fail_fast) {
                stopped_at = Some(failed.name);
                watched.end();
                break;
            }
        }
        std::io::copy(&mut stdout, &mut std::io::sink()).context("cannot read the tests' output")?;
        Ok((output, stopped_at))
    }

    /// The names of the selected tests of which there is no result.
    fn missing(&self, selection: Selection<'_>, told: &[TestResult]) -> Result<Vec<String>> {
        let mut names = list(std::slice::from_ref(self), selection)?;
        names.retain(|(_, name)| told.iter().all(|result| result.name != *name));
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }
}

/// The error for a program that was killed because none of its tests ended.
fn silent(output: &str, silence: Duration, hung: &[String]) -> String {
    let more = hung.len().saturating_sub(MAX_NAMED);
    let named = hung[..hung.len() - more].join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "{output}\nno test ended for {} seconds, so the program was stopped; without a result: {named}{more}\n\
         hint: look for an endless loop, or raise the limit with `--timeout`",
        silence.as_secs()
    )
}

/// A program that is ended when it says nothing for too long.
struct Watched {
    child: Mutex<Child>,
    most: Option<Duration>,
    spoken: Mutex<Instant>,
    silent_for: Mutex<Option<Duration>>,
}

impl Watched {
    fn new(child: Child, most: Option<Duration>) -> Self {
        Self { child: child.into(), most, spoken: Instant::now().into(), silent_for: Mutex::default() }
    }

    fn has_spoken(&self) {
        *locked(&self.spoken) = Instant::now();
    }

    fn end(&self) {
        // It may have ended by itself.
        let _ = locked(&self.child).kill();
    }

    /// Waits until the other side of the channel is gone, and ends the program if it is silent for too long before
    /// that.
    fn end_if_silent(&self, ended: &mpsc::Receiver<()>) {
        let Some(most) = self.most else { return };
        loop {
            let silence = locked(&self.spoken).elapsed();
            if silence >= most {
                *locked(&self.silent_for) = Some(silence);
                return self.end();
            }
            if ended.recv_timeout(most - silence) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn wait(self) -> Result<(ExitStatus, Option<Duration>)> {
        let status = locked(&self.child).wait().context("cannot wait for the tests")?;
        Ok((status, self.silent_for.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }
}

// The data under these locks is consistent at any time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what libtest prints: a line for each test, then what they printed, the failed ones or all.
fn read_output(program: &str, output: &str) -> Vec<TestResult> {
    // The output of tests comes after all results, and may look like one.
    let told = output.lines().take_while(|line| !ends_section(line));
    let mut results: Vec<TestResult> = told.filter_map(|line| read_line(program, line)).collect();
    // Through these circuits serve us; nobody wrote them. That one fails is worth a word.
    results.retain(|result| circuit_of(&result.name).is_none() || result.status == Status::Failed);
    let mut printed = printed_by_tests(output);
    for result in &mut results {
        result.output = printed.remove(&result.name).unwrap_or_default();
    }
    results
}

/// `test path::name ... ok`
fn read_line(program: &str, line: &str) -> Option<TestResult> {
    let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let status = match verdict {
        "ok" => Status::Passed,
        "FAILED" => Status::Failed,
        ignored if ignored.starts_with("ignored") => Status::Ignored,
        _ => return None,
    };
    let name = name.strip_suffix(" - should panic").unwrap_or(name).to_owned();
    Some(TestResult {
        program: program.to_owned(),
        name,
        status,
        gas: None,
        milliseconds: None,
        proofs: ProofCount::default(),
        reason: None,
        observer: None,
        output: String::new(),
    })
}

/// Whether a test compares its runs: the macro ends the names of those by this.
pub(crate) fn is_observer(name: &str) -> bool {
    name.ends_with(OBSERVER_SUFFIX)
}

/// Whether a line stands before or after the sections `---- name stdout ----`.
fn ends_section(line: &str) -> bool {
    ["failures:", "successes:"].contains(&line)
}

/// The sections `---- name stdout ----`.
fn printed_by_tests(output: &str) -> BTreeMap<String, String> {
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<&str> = None;
    for line in output.lines() {
        let heading = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----"));
        if heading.is_some() {
            current = heading;
        } else if ends_section(line) {
            current = None;
        } else if let Some(name) = current {
            let text = printed.entry(name.to_owned()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    printed.values_mut().for_each(|text| *text = text.trim().to_owned());
    printed
}

/// The host's reports of each test. A test may have had several chains.
fn add_figures(results: &mut [TestResult], report: &Report) {
    for result in results {
        let full = result.full_name();
        for seen in report.tests.iter().filter(|seen| seen.test == full) {
            result.proofs.mock += seen.proofs.0;
            result.proofs.real += seen.proofs.1;
            let millis = u64::try_from(seen.elapsed.as_millis()).unwrap_or(u64::MAX);
            // A refused transaction pays its whole limit, which tells nothing about the contract.
            let through = seen.entries.iter().filter(|entry| entry.action != Action::Query && entry.result.is_ok());
            let gas = through.map(|entry| entry.gas_spent).fold(0, u64::saturating_add);
            result.observer = seen.compared.clone().or(result.observer.take());
            result.gas = Some(result.gas.unwrap_or_default().saturating_add(gas));
            result.milliseconds = Some(result.milliseconds.unwrap_or_default().saturating_add(millis));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 4 tests
test adds ... ok
test deep::module::fails ... FAILED
test later ... ignored, not now
test panics - should panic ... ok

successes:

---- adds stdout ----
test that is none ... ok
are 3


successes:
    adds

failures:

---- deep::module::fails stdout ----

thread 'deep::module::fails' panicked at tests/counter.rs:9:5:
it is 3


failures:
    deep::module::fails

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn what_libtest_prints_is_understood() {
        let served = OUTPUT.replace("test adds ... ok", "test adds ... ok\ntest __circuit_x::serves ... ok");
        let results = read_output("counter", &served);
        let short: Vec<_> = results.iter().map(|result| (result.name.as_str(), result.status)).collect();
        let expected = [
            ("adds", Status::Passed),
            ("deep::module::fails", Status::Failed),
            ("later", Status::Ignored),
            ("panics", Status::Passed),
        ];
        assert_eq!(short, expected);
        assert_eq!(results[1].output, "thread 'deep::module::fails' panicked at tests/counter.rs:9:5:\nit is 3");
        assert_eq!(results[0].output, "test that is none ... ok\nare 3");
        assert!(results[3].output.is_empty());
    }

    #[test]
    fn other_lines_are_no_tests() {
        for line in ["test result: ok. 1 passed", "testing x ... ok", "test x ... maybe", "", "test x"] {
            assert_eq!(read_line("p", line), None, "{line}");
        }
    }
}

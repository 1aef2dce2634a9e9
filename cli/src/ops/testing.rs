//! The tests of a project: native programs that talk to a test host, which runs the shipped wasm.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cargo_metadata::Message;
use local_node::test_host::{Action, Artefact, HostConfig, Report, TestHost};
use local_node_types::host::ADDRESS_VARIABLE;
use serde::Serialize;

use super::artifact::Artifact;
use super::project::Project;
use super::{compile, folders};
use crate::error::Fault;

/// The most bytes of one program's output that are kept.
const MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// A test host for the project's contracts, on a free port of the loopback address.
pub(crate) fn start_host(artifacts: &[Artifact]) -> Result<TestHost> {
    let contracts = artifacts.iter().map(|artifact| (artifact.name.clone(), Artefact::File(artifact.wasm_path())));
    let config =
        HostConfig { contracts: contracts.collect(), module_cache: folders::modules(), ..HostConfig::default() };
    TestHost::start(config).context("the test host does not start")
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

/// What came of one test.
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
    /// What it printed, when it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) output: String,
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
}

/// What came of all tests.
#[derive(Debug)]
pub(crate) struct TestRun {
    /// The tests, program by program.
    pub(crate) results: Vec<TestResult>,
    /// Programs that ended without telling how their tests went: name and what they printed.
    pub(crate) broken: Vec<(String, String)>,
    /// How long the programs ran.
    pub(crate) elapsed: Duration,
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
pub(crate) fn programs(project: &Project) -> Result<Vec<Program>> {
    let mut command = compile::cargo();
    command
        .current_dir(&project.root)
        .args(["test", "--no-run", "--workspace", "--message-format", "json-render-diagnostics"])
        .args(compile::quiet())
        .stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let mut programs = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo's messages cannot be read")?
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
    }
    if child.wait().context("cannot wait for cargo")?.success() {
        return Ok(programs);
    }
    Err(Fault::failed("the tests do not compile", "see the messages above"))
}

/// Runs the programs one after the other against the host.
pub(crate) fn run(programs: &[Program], host: TestHost, filter: Option<&str>, arguments: &[String]) -> Result<TestRun> {
    let begun = Instant::now();
    let address = host.address().to_string();
    let mut run = TestRun { results: Vec::new(), broken: Vec::new(), elapsed: Duration::ZERO };
    for program in programs {
        let (status, output) = run_program(program, &address, filter, arguments)?;
        let told = read_output(&program.name, &output);
        // A program that is killed in the middle has told of some tests, not of its end.
        let ended_well = status.success() || told.iter().any(|result| result.status == Status::Failed);
        if !ended_well || !output.lines().any(|line| line.starts_with("test result: ")) {
            run.broken.push((program.name.clone(), format!("{output}\n({status})")));
        }
        run.results.extend(told);
    }
    run.elapsed = begun.elapsed();
    add_figures(&mut run.results, &host.stop());
    Ok(run)
}

fn run_program(
    program: &Program,
    address: &str,
    filter: Option<&str>,
    arguments: &[String],
) -> Result<(ExitStatus, String)> {
    let mut command = Command::new(&program.path);
    command
        .current_dir(&program.folder)
        .args(filter)
        .args(arguments)
        .args(["--color", "never"])
        .env(ADDRESS_VARIABLE, address)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("CARGO_PKG_NAME", &program.package)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", program.path.display()))?;
    let mut output = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.by_ref().take(MAX_OUTPUT_BYTES).read_to_end(&mut output).context("cannot read the tests' output")?;
        std::io::copy(&mut stdout, &mut std::io::sink()).context("cannot read the tests' output")?;
    }
    let status = child.wait().context("cannot wait for the tests")?;
    Ok((status, String::from_utf8_lossy(&output).into_owned()))
}

/// Reads what libtest prints: a line for each test, then what the failed ones printed.
fn read_output(program: &str, output: &str) -> Vec<TestResult> {
    let mut results: Vec<TestResult> = output.lines().filter_map(|line| read_line(program, line)).collect();
    let mut printed = printed_by_failed(output);
    for result in &mut results {
        if result.status == Status::Failed {
            result.output = printed.remove(&result.name).unwrap_or_default();
        }
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
    Some(TestResult { program: program.to_owned(), name, status, gas: None, milliseconds: None, output: String::new() })
}

/// The sections `---- name stdout ----`.
fn printed_by_failed(output: &str) -> BTreeMap<String, String> {
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<&str> = None;
    for line in output.lines() {
        let heading = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----"));
        if heading.is_some() {
            current = heading;
        } else if line == "failures:" {
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

/// What the host saw of each test. A test may have had several chains.
fn add_figures(results: &mut [TestResult], report: &Report) {
    for result in results {
        let full = format!("{}::{}", result.program, result.name);
        for seen in report.tests.iter().filter(|seen| seen.test == full) {
            let millis = u64::try_from(seen.elapsed.as_millis()).unwrap_or(u64::MAX);
            // A refused transaction pays its whole limit, which tells nothing about the contract.
            let through = seen.entries.iter().filter(|entry| entry.action != Action::Query && entry.result.is_ok());
            let gas = through.map(|entry| entry.gas_spent).fold(0, u64::saturating_add);
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
        let results = read_output("counter", OUTPUT);
        let short: Vec<_> = results.iter().map(|result| (result.name.as_str(), result.status)).collect();
        let expected = [
            ("adds", Status::Passed),
            ("deep::module::fails", Status::Failed),
            ("later", Status::Ignored),
            ("panics", Status::Passed),
        ];
        assert_eq!(short, expected);
        assert_eq!(results[1].output, "thread 'deep::module::fails' panicked at tests/counter.rs:9:5:\nit is 3");
        assert!(results[0].output.is_empty());
    }

    #[test]
    fn other_lines_are_no_tests() {
        for line in ["test result: ok. 1 passed", "testing x ... ok", "test x ... maybe", "", "test x"] {
            assert_eq!(read_line("p", line), None, "{line}");
        }
    }
}

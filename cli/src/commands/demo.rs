//! `cargo dusk demo`: a share register that takes proofs of eligibility, by the commands of a user. Commands
//! of `cargo dusk` are run by this very program. `cargo dusk demo settlement` plays the story of the template
//! `confidential-settlement`.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use local_node::Config;
use local_node::http::Options;
use serde_json::{Value, json};

use crate::error::{Exit, Fault};
use crate::figures::time;
use crate::ops::cargo::{command, configuration};
use crate::ops::node::embedded::Embedded;
use crate::output::{Tone, Ui};

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Example to run.
    #[arg(value_name = "STORY", default_value = "register")]
    pub(crate) story: Story,
    /// Creates the project in this folder instead of a temporary one.
    #[arg(long, value_name = "PATH")]
    pub(crate) folder: Option<PathBuf>,
}

/// The variants of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Story {
    /// A share register that accepts holders by proofs of eligibility; takes about a minute.
    Register,
    /// A confidential transfer and a settlement of two assets with real proofs, and the view of each party; takes some
    /// minutes.
    Settlement,
}

/// The project's name.
const NAME: &str = "demo";
/// The file that `cargo dusk prove` writes.
const PROOF: &str = "eligible.proof.json";
/// How much of a long argument is shown.
const SHOWN_CHARACTERS: usize = 12;

pub(super) fn run(options: &Demo, ui: &Ui) -> Result<ExitCode> {
    let begun = Instant::now();
    let parent = match &options.folder {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            folder.canonicalize().with_context(|| format!("cannot resolve {}", folder.display()))?
        }
        None => {
            let folder = tempfile::Builder::new().prefix("cargo-dusk-").tempdir();
            folder.context("cannot make a temporary folder")?.keep()
        }
    };
    let root = parent.join(NAME);
    let mut show =
        Show { ui, program: std::env::current_exe().context("this program has no path")?, steps: Vec::new() };

    let scaffold = |template| ["new", NAME, "--template", template];
    match options.story {
        Story::Register => {
            show.step("scaffold a register of shares", &parent, &scaffold("restricted-token"), true)?;
            show.step("build it: keys of the circuit, contract", &root, &["build"], true)?;
            show.step("test it: the contract, and every threat", &root, &["test"], true)?;
        }
        Story::Settlement => {
            let template = scaffold("confidential-settlement");
            show.step("scaffold two confidential assets and a settlement", &parent, &template, true)?;
            show.step("build it: keys of the circuits, contracts", &root, &["build"], true)?;
        }
    }
    let node_begun = Instant::now();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let node = Embedded::start(address, Config::default(), Options::default())?;
    let url = node.url();
    show.done("start an embedded node", &format!("node at {url}"), node_begun.elapsed(), &json!({ "url": url }));
    match options.story {
        Story::Register => on_a_chain(&mut show, &root, &url)?,
        Story::Settlement => show.play(&root, &url)?,
    }
    // Nobody needs the rest of its work.
    let _ = node.stop();

    ui.line("");
    ui.line(format_args!(
        "{} in {} · the project is in {}",
        ui.toned(Tone::Good, "done"),
        time(begun.elapsed()),
        root.display()
    ));
    ui.line(format_args!("next: cd {} && cargo dusk node", root.display()));
    ui.document(&json!({ "project": root, "milliseconds": millis(begun.elapsed()), "steps": show.steps }));
    Ok(ExitCode::SUCCESS)
}

/// Bob proves that he is eligible and receives shares from alice; carol cannot use his proof; eve, who lives where no
/// holder may, cannot make one.
fn on_a_chain(show: &mut Show<'_>, root: &Path, url: &str) -> Result<()> {
    let call = |words: &[&str]| -> Vec<String> {
        ["call", "register"].iter().chain(words).chain(&["--network", url]).map(|word| (*word).to_owned()).collect()
    };
    let init = r#"["Windmill", 1000, 0]"#;
    show.step("deploy", root, &["deploy", "register", "--from", "alice", "--init", init, "--network", url], true)?;
    let issue = |name, residence| ["issue", name, "--born", "1990-05-17", "--residence", residence, "--level", "2"];
    show.compile("attester", root)?;
    show.attester("attest bob, who lives in the Netherlands", root, &issue("bob", "528"), &[])?;
    show.attester("attest eve, who lives in the United States", root, &issue("eve", "840"), &[])?;
    let policy = ["policy", "--today", "2026-03-01"];
    let policy = show.attester("write the policy for proofs", root, &policy, &[])?;
    let policy = String::from_utf8_lossy(&policy);
    let set = call(&["set_policy", "--policy", policy.trim(), "--from", "alice"]);
    show.step("set the policy on the chain", root, &set, true)?;

    show.witness("bob computes his witness", root, "bob", &call(&["terms", "--account", "@bob"]))?;
    show.step(
        "bob proves that he is eligible",
        root,
        &["prove", "eligible", "--witness", "attested/bob.witness.json"],
        true,
    )?;
    let proof: Value = fs::read(root.join(PROOF))
        .context("the proof cannot be read")
        .and_then(|text| serde_json::from_slice(&text).context("the proof's file is not JSON"))?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("the proof's file is incomplete");
    let (tag, proof) = (text(&proof["public"]["tag"])?, text(&proof["proof"])?);
    let admit = |from| call(&["admit", "--tag", &tag, "--proof", &proof, "--from", from]);
    show.step("bob's account is admitted by his proof", root, &admit("bob"), true)?;
    let transfer = ["transfer", "--to", "@bob", "--amount", "100", "--from", "alice"];
    show.step("alice sends him shares", root, &call(&transfer), true)?;
    show.step("read what bob holds", root, &call(&["position", "--account", "@bob"]), true)?;
    show.step("carol tries to use bob's proof", root, &admit("carol"), false)?;

    show.witness("eve computes her witness", root, "eve", &call(&["terms", "--account", "@carol"]))?;
    show.step(
        "eve tries to prove the same",
        root,
        &["prove", "eligible", "--witness", "attested/eve.witness.json"],
        false,
    )
}

/// The output so far.
struct Show<'a> {
    ui: &'a Ui,
    program: PathBuf,
    steps: Vec<Value>,
}

impl Show<'_> {
    /// Runs one command. `well`: whether it is to succeed, or to be refused.
    fn step(&mut self, what: &str, folder: &Path, arguments: &[impl AsRef<str>], well: bool) -> Result<()> {
        let shown = self.announce(what, "cargo dusk", arguments, "");
        let begun = Instant::now();
        let mut command = self.dusk(folder, arguments);
        let document = if self.ui.json() {
            let output =
                command.arg("--json").stderr(Stdio::inherit()).output().context("cannot run this program again")?;
            check(output.status.code(), &shown, well)?;
            serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
        } else {
            let status = command.status().context("cannot run this program again")?;
            check(status.code(), &shown, well)?;
            Value::Null
        };
        self.done(what, if well { "" } else { "refused, as expected" }, begun.elapsed(), &document);
        Ok(())
    }

    /// Compiles a program of the project, so that the steps that run it take no time.
    fn compile(&self, package: &str, folder: &Path) -> Result<()> {
        let mut command = command::build(folder, "build");
        command.args(["--package", package]).args(configuration::native(folder));
        if command::follow(&mut command, &format!("compiling {package}"), self.ui, |_| Ok(()))? {
            return Ok(());
        }
        Err(Fault::failed(format!("{package} does not compile"), "see the messages above"))
    }

    /// Runs the project's program `play`, which tells its story. It calls `cargo dusk`: this very program.
    fn play(&mut self, folder: &Path, url: &str) -> Result<()> {
        self.compile("play", folder)?;
        let arguments = ["--network", url];
        let shown = self.announce("play the story", "cargo run -q -p play --", &arguments, "");
        let begun = Instant::now();
        let own = self.program.parent().map(Path::to_path_buf);
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&paths)));
        let mut command = program("play", folder, &arguments);
        command.env("PATH", paths.context("the folder of this program cannot be in PATH")?).stdin(Stdio::null());
        let told: Vec<String> = if self.ui.json() {
            let output = command.stderr(Stdio::inherit()).output().context("cannot start the program `play`")?;
            check(output.status.code(), &shown, true)?;
            String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
        } else {
            check(command.status().context("cannot start the program `play`")?.code(), &shown, true)?;
            Vec::new()
        };
        self.done("play the story", "", begun.elapsed(), &json!(told));
        Ok(())
    }

    /// Runs the project's own program, the attester, and returns what it prints.
    fn attester(&mut self, what: &str, folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let shown = self.announce(what, "cargo run -q -p attester --", arguments, "");
        let begun = Instant::now();
        let printed = output(program("attester", folder, arguments), input, &shown)?;
        self.done(what, "", begun.elapsed(), &Value::Null);
        Ok(printed)
    }

    /// Gives the terms that a call prints to the attester's program, which makes of them the witness in
    /// `attested/NAME.witness.json`.
    fn witness(&mut self, what: &str, folder: &Path, name: &str, terms: &[String]) -> Result<()> {
        let file = format!("attested/{name}.witness.json");
        let then = format!(" | cargo run -q -p attester -- witness {name} > {file}");
        let shown = self.announce(what, "cargo dusk", terms, &then);
        let begun = Instant::now();
        let terms = output(self.dusk(folder, terms), &[], &shown)?;
        let witness = output(program("attester", folder, &["witness", name]), &terms, &shown)?;
        let path = folder.join(file);
        fs::write(&path, witness).with_context(|| format!("cannot write {}", path.display()))?;
        self.done(what, "", begun.elapsed(), &Value::Null);
        Ok(())
    }

    fn dusk(&self, folder: &Path, arguments: &[impl AsRef<str>]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments.iter().map(AsRef::as_ref)).current_dir(folder).stdin(Stdio::null());
        command
    }

    /// Says what comes, and returns the command as it is shown.
    fn announce(&self, what: &str, program: &str, arguments: &[impl AsRef<str>], then: &str) -> String {
        let arguments: Vec<_> = arguments.iter().map(|argument| quoted(argument.as_ref())).collect();
        let shown = format!("{program} {}{then}", arguments.join(" "));
        self.ui.line("");
        self.ui.line(format_args!("{} {what}: {shown}", self.ui.toned(Tone::Hint, "▸")));
        shown
    }

    fn done(&mut self, what: &str, remark: &str, elapsed: Duration, result: &Value) {
        let remark = if remark.is_empty() { String::new() } else { format!("{remark} · ") };
        self.ui.line(self.ui.toned(Tone::Faint, &format!("  {remark}{}", time(elapsed))));
        self.steps.push(json!({ "step": what, "milliseconds": millis(elapsed), "result": result }));
    }
}

/// Runs a program of the project.
fn program(package: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command::cargo();
    command.args(["run", "--quiet", "--package", package]).args(configuration::native(folder));
    command.arg("--").args(arguments).current_dir(folder);
    command
}

/// The output of a command that reads this input.
fn output(mut command: Command, input: &[u8], shown: &str) -> Result<Vec<u8>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    // Inputs here are small: they fit into the pipe. A program that does not read them has ended; its code says why.
    drop(child.stdin.take().map(|mut stdin| stdin.write_all(input)));
    let output = child.wait_with_output().with_context(|| format!("cannot wait for `{shown}`"))?;
    check(output.status.code(), shown, true)?;
    Ok(output.stdout)
}

fn check(code: Option<i32>, shown: &str, well: bool) -> Result<()> {
    let expected = if well { 0 } else { i32::from(Exit::Failed as u8) };
    if code == Some(expected) {
        return Ok(());
    }
    if code == Some(0) {
        return Err(Fault::failed(
            format!("`{shown}` succeeded, but the demo expects a refusal"),
            "this is a bug in cargo-dusk: report it with the complete output",
        ));
    }
    let message = format!("`{shown}` failed");
    let hint = "see its message above; `cargo dusk doctor` checks the tools on this machine";
    Err(if code == Some(i32::from(Exit::Environment as u8)) {
        Fault::environment(message, hint)
    } else {
        Fault::failed(message, hint)
    })
}

/// An argument as one would type it; long hexadecimal text is cut.
fn quoted(argument: &str) -> String {
    if argument.len() >= 64 && argument.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return format!("{}…", &argument[..SHOWN_CHARACTERS]);
    }
    if argument.contains([' ', '"', '{']) { format!("'{argument}'") } else { argument.to_owned() }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

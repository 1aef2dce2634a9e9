//! Shell sessions in documents, run as they stand.
//!
//! A session is the fenced `console` blocks of a Markdown file. Lines that begin with `$ ` are commands; the lines
//! after one are what it prints, stdout and stderr together. All blocks of a file run in one shell, in order. A command
//! that prints an `error:` or a failed test must fail, every other must succeed.
//!
//! A comment `<!-- The session writes: PATH -->` makes a file in the shell's folder of the next fenced block, as a
//! reader would: of its text, and of what it includes.
//!
//! Parts that differ between two runs are not compared: see [`settled`]. In a command's output, `…` is for anything,
//! and a line that holds nothing else for any number of lines. Comments after commands are for the reader.
//!
//! With `UPDATE_BOOK=1` a session that prints something else is written anew.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::support::Place;

/// The folder that readers are in, as documents show it.
const READERS_FOLDER: &str = "/home/you";
/// How a document says that the next fenced block is a file of the reader's project.
const WRITES: &str = "<!-- The session writes: ";
/// The address of a node, as documents show it.
const NODE: &str = "127.0.0.1:8080";
/// How long a command in the background may take to say what it must.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(120);
/// Messages during compilation. They depend on the crates that are compiled already.
const CARGO_SAYS: [&str; 15] = [
    "Building",
    // The word that `cargo dusk` prints every 15 seconds while cargo works.
    "Still",
    "Compiling",
    "Checking",
    "Finished",
    "Locking",
    "Updating",
    "Adding",
    "Downloading",
    "Downloaded",
    "Blocking",
    "Fresh",
    "Running",
    "Linking",
    // Keys and parameters, which are kept.
    "Making",
];

/// Runs the sessions of a document in a place.
///
/// # Panics
/// When a command prints something else than the document says, or ends otherwise.
pub(crate) fn run(document: &Path, place: &Place) {
    let text = fs::read_to_string(document).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
    let update = std::env::var_os("UPDATE_BOOK").is_some();
    let mut shell = Shell::start(place);
    let mut written = String::new();
    let mut commands = 0;
    for part in parts(&text) {
        match part {
            Part::Prose(line) => writeln!(written, "{line}").expect("strings take all"),
            Part::File { path, lines } => {
                shell.write(&path, &included(document, &lines));
                for line in lines {
                    writeln!(written, "{line}").expect("strings take all");
                }
            }
            Part::Command { line, shown, command, expected } => {
                commands += 1;
                let ran = shell.run(&command, &expected);
                let at = format!("{}:{line}: {shown}", document.display());
                let found = ran.lines();
                let agrees = matches(&expected, &found);
                if !update {
                    let (expected, found) = (expected.join("\n"), found.join("\n"));
                    assert!(agrees, "{at}\n--- the document says\n{expected}\n--- it printed\n{found}\n---");
                    let fails = |line: &str| line.starts_with("error") || line.trim_start().starts_with("FAIL ");
                    let fails = expected.lines().any(fails);
                    assert_eq!(ran.succeeded, !fails, "{at}\nends with the wrong code, and printed\n{found}");
                }
                writeln!(written, "{shown}").expect("strings take all");
                for line in if agrees { expected } else { found } {
                    writeln!(written, "{line}").expect("strings take all");
                }
            }
        }
    }
    assert!(commands > 0, "{} holds no session", document.display());
    if update && written != text {
        fs::write(document, written).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
    }
}

enum Part {
    /// A line that is not run.
    Prose(String),
    /// The text of a file that the reader writes.
    File { path: String, lines: Vec<String> },
    /// A command, as it is shown and as it is run, with what it should print.
    Command { line: usize, shown: String, command: String, expected: Vec<String> },
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    let (mut inside, mut file) = (false, None);
    while let Some((number, line)) = lines.next() {
        if let Some(path) = line.strip_prefix(WRITES).and_then(|rest| rest.strip_suffix(" -->")) {
            file = Some(path.to_owned());
        }
        if line.starts_with("```") {
            inside = line == "```console";
            if let Some(path) = file.take() {
                parts.push(Part::Prose(line.to_owned()));
                let lines = std::iter::from_fn(|| lines.next_if(|(_, line)| !line.starts_with("```")));
                let lines = lines.map(|(_, line)| line.to_owned()).collect();
                parts.push(Part::File { path, lines });
                continue;
            }
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| inside) else {
            parts.push(Part::Prose(line.to_owned()));
            continue;
        };
        let (mut shown, mut command) = (line.to_owned(), command.to_owned());
        while command.ends_with('\\') {
            let (_, next) = lines.next().expect("a command goes on after its backslash");
            write!(shown, "\n{next}").expect("strings take all");
            write!(command, "\n{}", next.strip_prefix("> ").unwrap_or(next)).expect("strings take all");
        }
        let mut expected = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ") && !line.starts_with("```")) {
            expected.push(line.to_owned());
        }
        parts.push(Part::Command { line: number + 1, shown, command, expected });
    }
    parts
}

/// The text of a block, with the files or the parts of files in place of the lines that include them.
fn included(document: &Path, lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let Some(include) = line.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}")) else {
            writeln!(text, "{line}").expect("strings take all");
            continue;
        };
        let (file, anchor) = include.split_once(':').unwrap_or((include, ""));
        let file = document.parent().expect("documents lie in folders").join(file);
        let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut shown = anchor.is_empty();
        for line in code.lines() {
            match line.trim().strip_prefix("// ANCHOR").and_then(|mark| mark.split_once(": ")) {
                Some(("", name)) if name == anchor => shown = true,
                Some((_, name)) if name == anchor => shown = false,
                Some(_) => {}
                None if shown => writeln!(text, "{line}").expect("strings take all"),
                None => {}
            }
        }
    }
    text
}

/// A shell that stays between commands.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
    ran: usize,
    outputs: tempfile::TempDir,
    /// The address of the node that was started last. Documents write [`NODE`] in its place.
    node: Option<String>,
}

struct Ran {
    text: String,
    succeeded: bool,
}

impl Shell {
    fn start(place: &Place) -> Self {
        let mut command = place.command("bash");
        let mut child = command
            .args(["--noprofile", "--norc"])
            // A free port, so that nothing is in the way; documents show the one that a reader gets.
            .env("DUSK_PORT", "0")
            .env_remove("DUSK_NETWORK")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a bash");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let outputs = tempfile::tempdir().expect("there is room");
        Self {
            child,
            input,
            output,
            folder: place.root().canonicalize().expect("it is there"),
            ran: 0,
            outputs,
            node: None,
        }
    }

    /// Runs a command to its end, or until it has said what is expected if it goes on in the background.
    fn run(&mut self, command: &str, expected: &[String]) -> Ran {
        self.ran += 1;
        let output = self.outputs.path().join(self.ran.to_string());
        let command = self.node.as_ref().map_or(command.to_owned(), |node| command.replace(NODE, node));
        let code = self.tell(&format!("{{ {command}\n}} > {} 2>&1 < /dev/null; echo $?", output.display()));
        let mut text = fs::read_to_string(&output).unwrap_or_default();
        let code_only = command.split(" #").next().unwrap_or(&command).trim_end();
        if code_only.ends_with('&') {
            let begun = Instant::now();
            let done = |text: &str| matches(expected, &self.shown(text)) && text.ends_with('\n');
            while !done(&text) && begun.elapsed() < BACKGROUND_TIMEOUT {
                std::thread::sleep(Duration::from_millis(20));
                text = fs::read_to_string(&output).unwrap_or_default();
            }
            if let Some(found) = address().find(&text) {
                let address = found.as_str().to_owned();
                self.tell(&format!("export DUSK_NETWORK=http://{address}; echo 0"));
                self.node = Some(address);
            }
        }
        Ran { text: self.shown(&text).join("\n"), succeeded: code == "0" }
    }

    /// Writes a file in the folder that the shell is in.
    fn write(&mut self, path: &str, text: &str) {
        let path = PathBuf::from(self.tell("pwd")).join(path);
        fs::create_dir_all(path.parent().expect("files lie in folders")).expect("folders can be made");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// The lines that a reader would see of some output.
    fn shown(&self, text: &str) -> Vec<String> {
        let folder = self.folder.to_string_lossy();
        let text = address().replace_all(text, NODE).replace(folder.as_ref(), READERS_FOLDER);
        text.lines().filter(|line| !cargo_says(line)).map(|line| line.trim_end().to_owned()).collect()
    }

    /// Gives the shell a line to run, and takes the one line that it answers.
    fn tell(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").expect("the shell is there");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("the shell answers");
        answer.trim().to_owned()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Processes in the background end with the session. The shell may be gone already.
        let _ = writeln!(self.input, "kill $(jobs -p) 2> /dev/null; wait; exit");
        let _ = self.child.wait();
    }
}

impl Ran {
    fn lines(&self) -> Vec<String> {
        self.text.lines().map(str::to_owned).collect()
    }
}

fn address() -> &'static Regex {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"127\.0\.0\.1:\d+").expect("it is one"));
    &ADDRESS
}

fn cargo_says(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    line.starts_with("  ") && CARGO_SAYS.contains(&first)
}

/// Whether what was found is what was expected. Tests run side by side, so the order of those that passed says nothing.
fn matches(expected: &[String], found: &[String]) -> bool {
    let in_order = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.chunk_by_mut(|one, next| passed(one) && passed(next)).for_each(<[String]>::sort);
        lines
    };
    lines_match(&in_order(expected), &in_order(found))
}

fn passed(line: &str) -> bool {
    line.trim_start().starts_with("PASS ")
}

fn lines_match(expected: &[String], found: &[String]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=found.len()).any(|skipped| matches(rest, &found[skipped..]))
        }
        Some((first, rest)) => {
            found.split_first().is_some_and(|(line, others)| line_matches(first, line) && lines_match(rest, others))
        }
    }
}

fn line_matches(expected: &str, found: &str) -> bool {
    let (expected, found) = (settled(expected), settled(found));
    let parts: Vec<String> = expected.split('…').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).expect("escaped text is a pattern").is_match(&found)
}

/// A line without what differs between two runs, two machines, or two compilers: times, ids, gas, fees, sizes, other
/// figures of thousands and more, and the spaces that align them.
fn settled(line: &str) -> String {
    static UNSETTLED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            // Machines may lack the optimiser.
            (r" \([−-]\d+ ?% by wasm-opt\)", ""),
            (r"[0-9a-f]{4,}…[0-9a-f]{2,}|\b[0-9a-f]{16,}\b", "ID"),
            (r"\b\d+(\.\d+)? ?(ns|µs|ms|s|min)\b", "TIME"),
            (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME"),
            (r"\bgas +[\d,]+|[\d,]+ gas\b|gas [\d,]+", "GAS"),
            (r#""(gas|fee|gas_limit|gas_spent|nonce|timestamp|milliseconds)": ?\d+"#, "FIELD"),
            (r"\bfee [\d.,]+ ?\w+", "FEE"),
            (r"[\d.,]+ (B|KiB|MiB)\b", "SIZE"),
            (r"[−-]\d+ ?%", "PERCENT"),
            (r"\b\d{1,3}(,\d{3})+(\.\d+)?\b", "FIGURE"),
            (r"\bsize: \d+\b", "SIZE"),
            (r"\b\d+\.\d+\.\d+\b", "VERSION"),
            (r"\s+", " "),
        ]
        .map(|(pattern, name)| (Regex::new(pattern).expect("it is one"), name))
        .into()
    });
    UNSETTLED
        .iter()
        .fold(line.trim_end().to_owned(), |line, (pattern, name)| pattern.replace_all(&line, *name).into_owned())
}

#[test]
fn what_differs_between_runs_is_not_compared() {
    for (expected, found) in [
        (
            "deployed 3f9c…a1 in block 2 · gas 5,412 · fee 10.8 mDUSK",
            "deployed 77aa01…ff in block 2 · gas 9 · fee 1 DUSK",
        ),
        ("3 passed in 0.2 s", "3 passed in 90 ms"),
        ("counter 9.9 KiB (−15 % by wasm-opt) · 3 functions", "counter 11.2 KiB · 3 functions"),
        ("error: … is not there", "error: `x` is not there"),
        ("  alice    1.0", "  alice 1.0"),
        ("deploys counter  6,824,541  done", "deploys counter 16,824,538 done"),
        ("size: 9823 of 1048576 bytes", "size: 9901 of 1048576 bytes"),
    ] {
        assert!(line_matches(expected, found), "{expected} / {found}");
    }
    for (expected, found) in [("value 3", "value 4"), ("block 2", "block 3"), ("a", "ab"), ("…b", "bc")] {
        assert!(!line_matches(expected, found), "{expected} / {found}");
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n…\nd"), &lines("a\nb\nc\nd")));
    assert!(matches(&lines("…"), &[]));
    assert!(!matches(&lines("a\n…\nd"), &lines("a\nb")));
    assert!(!matches(&lines("a"), &lines("a\nb")));
    assert!(matches(&lines("PASS a gas 1\nPASS b\nx"), &lines("PASS b\nPASS a gas 2\nx")));
}

#[test]
fn sessions_are_found_in_documents() {
    let text = "# T\n```console\n$ one \\\n> two\nout\n\n$ three\n```\n$ prose\n```sh\n$ other\n```\n";
    let commands: Vec<_> = parts(text)
        .into_iter()
        .filter_map(|part| match part {
            Part::Command { line, command, expected, .. } => Some((line, command, expected)),
            Part::Prose(_) | Part::File { .. } => None,
        })
        .collect();
    let expected =
        [(3, "one \\\ntwo".to_owned(), vec!["out".to_owned(), String::new()]), (7, "three".to_owned(), vec![])];
    assert_eq!(commands, expected);
}

#[test]
fn files_of_the_reader_are_found_in_documents() {
    let text = "<!-- The session writes: a/b.rs -->\n```rust\n{{#include x.rs:y}}\n```\n```console\n$ one\n```\n";
    let files: Vec<_> = parts(text)
        .into_iter()
        .filter_map(|part| match part {
            Part::File { path, lines } => Some((path, lines)),
            Part::Prose(_) | Part::Command { .. } => None,
        })
        .collect();
    assert_eq!(files, [("a/b.rs".to_owned(), vec!["{{#include x.rs:y}}".to_owned()])]);

    let folder = tempfile::tempdir().unwrap();
    let code = "// ANCHOR: z\none\n// ANCHOR: y\ntwo\n// ANCHOR_END: z\nthree\n// ANCHOR_END: y\nfour\n";
    fs::write(folder.path().join("x.rs"), code).unwrap();
    let text = |line: &str| included(&folder.path().join("page.md"), &[line.to_owned()]);
    assert_eq!(text("{{#include x.rs}}"), "one\ntwo\nthree\nfour\n");
    assert_eq!(text("{{#include x.rs:y}}"), "two\nthree\n");
    assert_eq!(text("mod x;"), "mod x;\n");
}

//! Running the program in folders of its own.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_cargo-dusk");
/// A folder that stays between runs: the SDK is unpacked there, and what projects compile is kept there.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// How many tests compile projects at a time. Each has a target folder of its own for what its projects compile.
const LANES: usize = 2;

thread_local! {
    /// The lane of the test of this thread.
    static LANE: Cell<usize> = const { Cell::new(0) };
}

/// The turn of a test that compiles projects, until it is dropped.
///
/// The packages of all projects have the same names, so two tests must not share a target folder at one time. Make the
/// places of the test after this: they compile in the folder of its lane.
pub(crate) struct Turn {
    lane: usize,
}

/// The lanes that are in use.
static LANES_IN_USE: (Mutex<[bool; LANES]>, Condvar) = (Mutex::new([false; LANES]), Condvar::new());

/// Waits for a lane that no other test uses.
pub(crate) fn turn() -> Turn {
    let (in_use, freed) = &LANES_IN_USE;
    let in_use = in_use.lock().unwrap_or_else(PoisonError::into_inner);
    let mut in_use = freed.wait_while(in_use, |it| it.iter().all(|used| *used)).unwrap_or_else(PoisonError::into_inner);
    let lane = in_use.iter().position(|used| !used).expect("a lane is free");
    in_use[lane] = true;
    LANE.set(lane);
    Turn { lane }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (in_use, freed) = &LANES_IN_USE;
        in_use.lock().unwrap_or_else(PoisonError::into_inner)[self.lane] = false;
        freed.notify_one();
    }
}

/// Writes a program that the shell runs.
///
/// Another process writes the file: a process that another thread starts at this moment would inherit an open file, and
/// the system starts no program that is open for writing.
pub(crate) fn write_script(path: &Path, text: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", r#"cat > "$0" && chmod 755 "$0""#]).arg(path).stdin(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    write!(shell.stdin.take().unwrap(), "#!/bin/sh\n{text}\n").unwrap();
    assert!(shell.wait().unwrap().success(), "{}", path.display());
}

/// A folder outside of any repository, and the program in it.
pub(crate) struct Place {
    folder: TempDir,
    has_own_cache: bool,
    lane: usize,
    /// The folder that commands run in.
    pub(crate) at: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().canonicalize().unwrap();
        Self { folder, has_own_cache: false, lane: LANE.get(), at }
    }

    /// One whose keys, parameters and compiled modules are no other place's, and go with it. The SDK is kept all the
    /// same.
    pub(crate) fn with_own_cache() -> Self {
        Self { has_own_cache: true, ..Self::new() }
    }

    /// Goes to a folder.
    pub(crate) fn enter(&mut self, folder: &str) {
        self.at = self.at.join(folder);
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            // Variables that cargo sets for this test are about another package.
            let about_us = name.starts_with("CARGO_") && name != "CARGO_HOME";
            if about_us
                || ["CARGO", "RUSTFLAGS", "NO_COLOR", "CI", "DUSK_TEST_HOST", "DUSK_NETWORK", "DUSK_PORT"]
                    .contains(&name.as_str())
            {
                command.env_remove(name);
            }
        }
        // As if installed: on the path.
        let mut path = vec![Path::new(PROGRAM).parent().unwrap().to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        command
            .current_dir(&self.at)
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO_TARGET_DIR", self.compiled())
            // The same for each clone.
            .env("CARGO_DUSK_REPOSITORY", "https://example.org/cargo-dusk")
            .stdin(Stdio::null());
        // One folder of data for all. Its path is in the compiler's flags: with another one cargo compiles all crates
        // anew.
        let cache = if self.has_own_cache { self.root().join("cache") } else { Path::new(KEPT).join("cache") };
        command
            .env_remove("CARGO_DUSK_HOME")
            .env("XDG_DATA_HOME", Path::new(KEPT).join("data"))
            .env("XDG_CACHE_HOME", cache);
        command
    }

    /// The folder for what cargo compiles. All places of a lane share it, so programs of the same name replace each
    /// other.
    pub(crate) fn compiled(&self) -> PathBuf {
        Path::new(KEPT).join(format!("projects-{}", self.lane))
    }

    /// Runs `cargo dusk` with these words.
    pub(crate) fn dusk(&self, words: &[&str]) -> Ran {
        self.ran(self.command(PROGRAM).arg("dusk").args(words))
    }

    /// Runs a command.
    pub(crate) fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(self.at.to_str().unwrap(), "[HERE]");
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.at.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Copies the sources of a project here.
    pub(crate) fn copy(&self, project: &Path) {
        let mut left = vec![project.to_owned()];
        while let Some(path) = left.pop() {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                let entries = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
                left.extend(entries.filter(|_| name != "target"));
            } else {
                let inside = path.strip_prefix(project).unwrap();
                self.write(inside.to_str().unwrap(), &fs::read_to_string(&path).unwrap());
            }
        }
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at.join(path)).unwrap()
    }

    /// Replaces text in a file that must hold it.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let content = self.read(path);
        assert!(content.contains(from), "{path} does not hold `{from}`:\n{content}");
        self.write(path, &content.replace(from, to));
    }

    /// The folder in which everything is.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// A command that has ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Panics with all that was said unless the exit code is this.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The one document on stdout.
    #[track_caller]
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.stdout, self.stderr))
    }

    /// Everything, for snapshots.
    pub(crate) fn all(&self) -> String {
        format!("exit: {:?}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Panics with all that was said unless each of these parts is in it.
#[track_caller]
pub(crate) fn says(ran: &Ran, parts: &[&str]) {
    for part in parts {
        assert!(ran.stdout.contains(part) || ran.stderr.contains(part), "`{part}` is missing:\n{}", ran.all());
    }
}

/// A running node. It ends with the test.
pub(crate) struct RunningNode {
    child: Child,
    /// Where it is.
    pub(crate) url: String,
    /// Its first lines.
    pub(crate) said: String,
}

impl RunningNode {
    /// Starts a node and waits for its first lines.
    pub(crate) fn start(place: &Place, port: &str) -> Self {
        Self::with(place, &["--port", port], 11)
    }

    /// Starts a node with these options and waits for its first lines, so many.
    pub(crate) fn with(place: &Place, options: &[&str], lines_to_say: usize) -> Self {
        let mut command = place.command(PROGRAM);
        let mut child = command.arg("node").args(options).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said: Vec<String> =
            (0..lines_to_say).map(|_| lines.next().expect("a node says who it is").unwrap()).collect();
        let url = said[0].split(" · ").nth(1).unwrap_or_default().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{said:?}");
        Self { child, url, said: said.join("\n") }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> &str {
        self.url.rsplit(':').next().unwrap()
    }

    /// Ends it as a service manager does, and gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap().code()
    }

    /// As [`stop`](Self::stop). Gives nothing when it does not end in that time.
    pub(crate) fn stop_within(mut self, most: Duration) -> Option<i32> {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
        let begun = Instant::now();
        while begun.elapsed() < most {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        // Already gone where the test has stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

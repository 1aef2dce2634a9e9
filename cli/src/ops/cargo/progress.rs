//! The state of a build: how many packages are done, and which one cargo compiles.
//!
//! Cargo tells each package that it begins on stderr, and each that is done in a message. Packages that were compiled
//! before count as done, too. Their number comes from `cargo tree` for the same selection of packages, features and
//! target.

use std::collections::BTreeSet;
use std::fmt;
use std::process::Command;

use cargo_metadata::Message;

use super::command::cargo;

/// How cargo begins a line about a package that it compiles.
const COMPILING: [&str; 2] = ["Compiling", "Checking"];
/// How it begins lines about other work that can take a while.
const OTHER_WORK: [&str; 4] = ["Updating", "Downloading", "Downloaded", "Blocking"];
/// How it begins lines about steps that are over at once.
const AT_ONCE: [&str; 10] = [
    "Adding",
    "Dirty",
    "Downgrading",
    "Executable",
    "Finished",
    "Fresh",
    "Locking",
    "Removing",
    "Running",
    "Upgrading",
];
/// Options of a build that choose its packages and their features.
const SELECTING: [&str; 3] = ["--package", "--features", "--target"];

/// The state of one command of cargo.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The packages that are done.
    done: BTreeSet<String>,
    /// The names of those that were begun, in this order.
    begun: Vec<String>,
    /// The number of packages, where it is known.
    pub(super) total: Option<usize>,
    /// Cargo's state before it compiles.
    other_work: String,
}

impl Progress {
    /// Counts a package that is done.
    pub(super) fn see(&mut self, message: &Message) {
        let Message::CompilerArtifact(artifact) = message else { return };
        if !artifact.target.is_custom_build() {
            self.done.insert(artifact.package_id.repr.clone());
            let name = name_of(&artifact.package_id.repr);
            self.begun.retain(|begun| begun != name);
        }
    }

    /// Understands a line of cargo's about its steps; `false` where it is something else.
    pub(super) fn hear(&mut self, line: &str) -> bool {
        // The sums of warnings count those that other builds showed.
        if line.starts_with("warning: `") && line.contains(" generated ") {
            return true;
        }
        let Some((verb, rest)) = line.trim_start().split_once(' ').filter(|_| line.starts_with(' ')) else {
            return false;
        };
        if COMPILING.contains(&verb) {
            self.begun.extend(rest.split(' ').next().map(str::to_owned));
        } else if OTHER_WORK.contains(&verb) {
            self.other_work = format!("{} {rest}", verb.to_lowercase());
        } else if !AT_ONCE.contains(&verb) {
            return false;
        }
        true
    }

    /// Whether cargo has begun to compile.
    pub(super) fn compiles(&self) -> bool {
        !self.begun.is_empty()
    }
}

impl fmt::Display for Progress {
    /// `12/87 dusk-plonk`; the other work where nothing compiles yet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, current) = (self.done.len(), self.begun.first());
        if done == 0 && current.is_none() {
            return f.write_str(&self.other_work);
        }
        write!(f, "{done}")?;
        if let Some(total) = self.total {
            write!(f, "/{}", total.max(done))?;
        }
        current.map_or(Ok(()), |current| write!(f, " {current}"))
    }
}

/// The name in a package's id: `registry+https://…#NAME@1.0.0`, or `path+file:///…/NAME#1.0.0`.
fn name_of(id: &str) -> &str {
    let (source, version) = id.rsplit_once('#').unwrap_or((id, ""));
    version.split_once('@').map_or_else(|| source.rsplit('/').next().unwrap_or_default(), |(name, _)| name)
}

/// The command that lists the packages of a build.
pub(super) fn counting(build: &Command) -> Command {
    let arguments: Vec<_> = build.get_args().collect();
    let is_test = arguments.first().is_some_and(|first| *first == "test");
    let edges = if is_test { "normal,build,dev" } else { "normal,build" };
    let mut tree = cargo();
    tree.args(["tree", "--quiet", "--prefix", "none", "--format", "{p}", "--edges", edges]);
    if let Some(folder) = build.get_current_dir() {
        tree.current_dir(folder);
    }
    if arguments.iter().any(|argument| *argument == "--workspace") {
        tree.arg("--workspace");
    }
    for pair in arguments.windows(2).filter(|pair| SELECTING.iter().any(|option| pair[0] == *option)) {
        tree.args(pair);
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(package: &str) -> Message {
        let artifact = serde_json::json!({
            "reason": "compiler-artifact", "package_id": format!("registry+https://example.org#{package}@1.0.0"),
            "manifest_path": "/p/Cargo.toml",
            "target": {
                "kind": ["lib"], "crate_types": ["lib"], "name": package.replace('-', "_"), "src_path": "/p/src/lib.rs",
                "edition": "2021", "doc": true, "doctest": true, "test": true,
            },
            "profile": {
                "opt_level": "0", "debuginfo": 0, "debug_assertions": true, "overflow_checks": true, "test": false,
            },
            "features": [], "filenames": [], "executable": null, "fresh": false,
        });
        serde_json::from_value(artifact).unwrap()
    }

    #[test]
    fn the_state_is_the_count_and_the_package_that_is_waited_for() {
        let mut progress = Progress::default();
        assert_eq!(progress.to_string(), "");
        assert!(progress.hear("  Downloaded dusk-plonk v0.21.1"));
        assert_eq!(progress.to_string(), "downloaded dusk-plonk v0.21.1");
        assert!(progress.hear("   Compiling serde v1.0.228") && progress.hear("   Compiling dusk-plonk v0.21.1"));
        assert_eq!(progress.to_string(), "0 serde");
        progress.see(&done("serde"));
        assert_eq!(progress.to_string(), "1 dusk-plonk");
        progress.total = Some(87);
        assert_eq!(progress.to_string(), "1/87 dusk-plonk");
        progress.see(&done("serde"));
        progress.see(&done("dusk-plonk"));
        assert_eq!(progress.to_string(), "2/87", "a package counts once");
        assert_eq!(name_of("path+file:///projects/counter#0.1.0"), "counter");
        assert_eq!(name_of("path+file:///projects/contract#counter@0.1.0"), "counter");
    }

    #[test]
    fn steps_are_told_from_words() {
        let mut progress = Progress::default();
        for step in [
            "    Finished `dev` profile [unoptimized] target(s) in 0.10s",
            "    Blocking waiting for file lock on build directory",
            "warning: `counter` (lib) generated 1 warning (run `cargo fix --lib -p counter` to apply 1 suggestion)",
        ] {
            assert!(progress.hear(step), "{step}");
        }
        assert_eq!(progress.to_string(), "blocking waiting for file lock on build directory");
        for word in ["error: could not compile `counter` (lib) due to 1 previous error", "", "  --> src/lib.rs:1:1"] {
            assert!(!progress.hear(word), "{word}");
        }
    }

    #[test]
    fn packages_are_counted_for_the_same_selection() {
        let mut build = Command::new("cargo");
        build.args(["rustc", "--lib", "--package", "counter", "--features", "dusk-sdk/abi", "--config", "x=1"]);
        let counting = counting(&build);
        let arguments: Vec<_> = counting.get_args().map(|it| it.to_str().unwrap()).collect();
        assert_eq!(arguments[6..], ["--edges", "normal,build", "--package", "counter", "--features", "dusk-sdk/abi"]);
    }
}

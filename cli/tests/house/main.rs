//! The walls of the house: allowed imports, sizes of files, packages that are compiled once, published packages.

mod compiled;
mod imports;
mod packages;
mod pages;
mod parts;
mod plots;
mod tables;
mod walls;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use toml_edit::DocumentMut;

/// The most lines of a source file, its tests excluded.
const MAX_LINES: usize = 800;

/// For each of our packages, which of ours it may import when it is shipped.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("dusk-sdk-macros", &[]),
    ("launcher", &[]),
    ("dusk-sdk", &["dusk-sdk-macros", "dusk-sdk-circuit", "dusk-sdk-protocol"]),
    ("dusk-sdk-circuit", &[]),
    ("dusk-sdk-diagnostics", &[]),
    ("dusk-sdk-protocol", &[]),
    ("private-folder", &[]),
    ("dusk-sdk-prover", &["dusk-sdk-circuit", "private-folder"]),
    ("local-node-types", &["dusk-sdk-protocol"]),
    ("local-node-vm", &["dusk-sdk-protocol", "local-node-types", "private-folder"]),
    ("local-node-consensus", &["local-node-types"]),
    ("local-node-core", &["local-node-types", "local-node-consensus"]),
    ("local-node-kadcast", &[]),
    ("local-node-kadcast-sim", &["local-node-kadcast"]),
    ("local-node-fuzz", &["local-node", "local-node-kadcast", "local-node-types"]),
    (
        "local-node",
        &[
            "dusk-sdk-protocol",
            "local-node-types",
            "local-node-vm",
            "local-node-consensus",
            "local-node-core",
            "local-node-kadcast",
        ],
    ),
    ("local-node-sim", &["local-node", "local-node-types", "local-node-vm", "local-node-consensus", "local-node-core"]),
    ("local-node-parity", &["dusk-sdk-protocol", "local-node-vm", "local-node-types"]),
    (
        "cargo-dusk",
        &[
            "local-node",
            "local-node-types",
            "local-node-vm",
            "dusk-sdk-circuit",
            "dusk-sdk-protocol",
            "dusk-sdk-prover",
            "private-folder",
        ],
    ),
];

/// The folders of packages that hold no runtime, socket, clock, thread or random source, and what their `clippy.toml`
/// bans. Kadcast's UDP driver has the socket and the clock of tokio, which are not banned.
const WITHOUT_IO: &[&str] = &["local-node/consensus", "local-node/core", "local-node/kadcast"];
/// Sources of differences between runs, and calls that wait.
const BANNED_WITHOUT_IO: &[&str] = &[
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::env::var",
    "std::fs::File",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::thread::Builder::spawn",
    "std::thread::scope",
    "std::thread::sleep",
    "std::thread::spawn",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Crates that only one of our packages may name.
const KNOWN_BY_ONE: &[(&str, &str)] = &[("wasmtime", "local-node-vm"), ("dusk-plonk", "dusk-sdk-prover")];

/// The packages of this workspace, without what they depend on.
fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("the workspace's manifests can be read")
}

#[test]
fn packages_import_only_what_lies_below_them() {
    let metadata = workspace();
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            faults.push(format!("{} has no entry in the table of this test", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|it| it.kind == DependencyKind::Normal) {
            let name = dependency.name.as_str();
            if MAY_IMPORT.iter().any(|(ours, _)| *ours == name) && !allowed.contains(&name) {
                faults.push(format!("{} may not import {name}", package.name));
            }
            if KNOWN_BY_ONE.iter().any(|(known, only)| *known == name && *only != package.name.as_str()) {
                faults.push(format!("{} may not know {name}", package.name));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn packages_without_io_ban_what_differs_from_run_to_run() {
    let read = |path: PathBuf| -> DocumentMut {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let common = read(root().join("clippy.toml"));
    for folder in WITHOUT_IO {
        let settings = read(root().join(folder).join("clippy.toml"));
        // The file takes the place of the common one.
        for (name, value) in common.iter() {
            assert_eq!(settings[name].to_string().trim(), value.to_string().trim(), "{name} in {folder}");
        }
        let lists = ["disallowed-types", "disallowed-methods"].map(|list| settings[list].as_array().expect(list));
        let bans = lists.iter().flat_map(|list| list.iter()).filter_map(|ban| ban.as_inline_table());
        let bans: BTreeMap<_, _> =
            bans.filter_map(|ban| Some((ban.get("path")?.as_str()?, ban.get("reason")?.as_str()?))).collect();
        for path in BANNED_WITHOUT_IO {
            assert!(bans.get(path).is_some_and(|reason| !reason.is_empty()), "{folder} bans {path}, with a reason");
        }
    }
}

#[test]
fn source_files_can_be_held_in_the_head() {
    let mut long = BTreeSet::new();
    visit(&root(), &mut |path| {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).expect("sources are UTF-8");
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            if code.lines().count() > MAX_LINES {
                long.insert(path.to_owned());
            }
        }
    });
    assert!(long.is_empty(), "split these files, they have over {MAX_LINES} lines: {long:#?}");
}

#[test]
fn only_one_file_of_the_command_line_prints() {
    let mut others = BTreeSet::new();
    visit(&root().join("cli/src"), &mut |path| {
        let text = fs::read_to_string(path).expect("sources are UTF-8");
        let prints = ["println!(", "eprint!(", "print!(", "dbg!(", "io::stdout()", "Term::stdout()", "stderr().write"];
        if !path.ends_with("output.rs") && prints.iter().any(|print| text.contains(print)) {
            others.insert(path.to_owned());
        }
    });
    assert!(
        others.is_empty(),
        "only cli/src/output.rs escapes untrusted text and prints; these files print as well: {others:#?}"
    );
}

#[test]
fn a_plain_build_and_that_of_all_tests_share_what_they_compile() {
    let plain = features(&["--package", "cargo-dusk", "--edges", "normal,build"]);
    let all = features(&["--workspace", "--edges", "all"]);
    let lone: Vec<_> = plain.difference(&all).collect();
    let advice = "are compiled a second time for tests; ask in cli/Cargo.toml for the features that tests ask for";
    assert!(lone.is_empty(), "{lone:#?} {advice}");
}

/// The packages of a build with their features, one a line.
fn features(options: &[&str]) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--offline", "--prefix", "none", "--format", "{p} {f}"]).args(options).current_dir(root());
    let output = tree.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the command line lies in the workspace").to_owned()
}

/// Calls `seen` with every file of the sources.
fn visit(folder: &Path, seen: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Links lead to what is seen elsewhere.
        if name.starts_with('.') || name == "target" || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            visit(&path, seen);
        } else {
            seen(&path);
        }
    }
}

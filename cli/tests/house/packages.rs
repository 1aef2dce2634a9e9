//! Published packages: each holds all that it is built from, and depends on nothing that stays here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Package};
use regex::Regex;

use super::{root, workspace};

/// The packages that are not published: a part of the clone, tests of what the compiler says, a comparison with
/// production, simulators, fuzz targets.
const NOT_PUBLISHED: [&str; 6] = [
    "dusk-sdk-diagnostics",
    "launcher",
    "local-node-fuzz",
    "local-node-kadcast-sim",
    "local-node-parity",
    "local-node-sim",
];
/// The packages whose sources `cargo-dusk` carries.
const CARRIED_PACKAGES: [&str; 4] = ["macros", "sdk", "sdk/circuit", "sdk/protocol"];
/// The name of a file that `cargo-dusk` carries, and its name here.
const RENAMED: [(&str, &str); 3] =
    [("manifest.toml", "Cargo.toml"), ("lock.toml", "Cargo.lock"), ("gitignore", ".gitignore")];

#[test]
fn packages_hold_what_they_are_built_from() {
    let includes = Regex::new(r#"(?:include(?:_str|_bytes)?!\(|#\[path = )\s*"([^"]+)""#).expect("the pattern is one");
    for package in published() {
        let files = files_of(&package);
        assert!(
            files.contains("Cargo.toml") && files.contains("src/lib.rs") | files.contains("src/main.rs"),
            "{files:?}"
        );
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder").as_std_path();
        // Cargo names the script where the package has one.
        if folder.join("build.rs").exists() {
            assert!(files.contains("build.rs"), "{} is packaged without its build script", package.name);
        }
        let sources = files.iter().filter(|path| path.ends_with(".rs") && !path.starts_with("bundled/"));
        for source in sources {
            let text = fs::read_to_string(folder.join(source)).unwrap_or_else(|error| panic!("{source}: {error}"));
            let is_comment = |line: &&str| line.trim_start().starts_with("//");
            let code = text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
            for include in includes.captures_iter(&code) {
                let found = joined(Path::new(source).parent().expect("a file lies in a folder"), &include[1]);
                assert!(
                    files.contains(&found),
                    "{}: {source} includes {found}, which is not in the package",
                    package.name
                );
            }
        }
    }
}

#[test]
fn packages_depend_on_what_is_published() {
    let metadata = workspace();
    let unpublished: BTreeSet<&str> =
        metadata.packages.iter().filter(|it| !is_published(it)).map(|package| package.name.as_str()).collect();
    assert_eq!(unpublished, BTreeSet::from(NOT_PUBLISHED), "a package is published, or has an entry here");
    for package in metadata.packages.iter().filter(|it| is_published(it)) {
        let name = &package.name;
        assert!(package.description.is_some() && package.license.is_some(), "{name} says what it is, and its licence");
        for dependency in package.dependencies.iter().filter(|it| it.path.is_some()) {
            let versioned = dependency.req.to_string() != "*";
            // Cargo leaves dependencies of tests out of the package where they have no version.
            let stays = dependency.kind == DependencyKind::Development && !versioned;
            assert!(stays || versioned, "{name} needs {} at no version", dependency.name);
            assert!(
                stays || !unpublished.contains(dependency.name.as_str()),
                "{name} needs {}, which is not published",
                dependency.name
            );
        }
    }
}

#[test]
fn the_command_carries_the_sdk_and_the_templates_whole() {
    let packages = published();
    let command =
        packages.iter().find(|package| package.name.as_str() == "cargo-dusk").expect("the command is published");
    let bundled: BTreeSet<String> =
        files_of(command).iter().filter_map(|path| path.strip_prefix("bundled/")).map(name_here).collect();

    let mut wanted = BTreeSet::from(["Cargo.toml", "Cargo.lock"].map(str::to_owned));
    add(Path::new("templates"), &["target", ".cargo", "Cargo.lock"], &mut wanted);
    for folder in CARRIED_PACKAGES {
        wanted.insert(format!("{folder}/Cargo.toml"));
        add(&Path::new(folder).join("src"), &[], &mut wanted);
    }
    let missing: Vec<_> = wanted.difference(&bundled).collect();
    assert!(
        missing.is_empty(),
        "link these files, or the folders `src` that they lie in, into cli/bundled: {missing:#?}"
    );
    let stray: Vec<_> = bundled.difference(&wanted).collect();
    assert!(stray.is_empty(), "remove these from cli/bundled: {stray:#?}");
}

/// Its path in the workspace.
fn name_here(bundled: &str) -> String {
    let path = Path::new(bundled);
    let real = RENAMED.iter().find(|(name, _)| path.ends_with(name)).map(|(_, real)| path.with_file_name(real));
    real.unwrap_or_else(|| path.to_owned()).to_str().expect("paths are text").to_owned()
}

/// Adds the files of a folder of the workspace.
fn add(folder: &Path, without: &[&str], files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(root().join(folder)).expect("the folder can be read") {
        let name = entry.expect("the entry can be read").file_name().into_string().expect("names are text");
        let path = folder.join(&name);
        if without.contains(&name.as_str()) {
            continue;
        }
        if root().join(&path).is_dir() {
            add(&path, without, files);
        } else {
            files.insert(path.to_str().expect("paths are text").to_owned());
        }
    }
}

fn is_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}

fn published() -> Vec<Package> {
    workspace().packages.into_iter().filter(is_published).collect()
}

/// The files of a package as cargo packs it.
fn files_of(package: &Package) -> BTreeSet<String> {
    let mut list = Command::new(env!("CARGO"));
    list.args(["package", "--list", "--offline", "--allow-dirty", "--package", package.name.as_str()]);
    let output = list.current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}: {}", package.name, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text").lines().map(str::to_owned).collect()
}

/// A path from a folder of the package, without `..` where it stays inside.
fn joined(folder: &Path, path: &str) -> String {
    let mut joined = PathBuf::new();
    for part in folder.join(path).components() {
        if part != Component::ParentDir || !joined.pop() {
            joined.push(part);
        }
    }
    joined.to_str().expect("paths are text").to_owned()
}

//! What the artefacts were made from, so that a build with no change need not start cargo.
//!
//! The list of sources is the compiler's own (dep-info); manifests, configuration and the workspace's members are added.
//! Files are compared by content. What is absent is remembered too: a `build.rs` or a member that appears is a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use cargo_metadata::Artifact;
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item};

/// More files than this are not compared: cargo does it.
const MAX_FILES: usize = 10_000;
/// How deep a package's folders are followed.
const MAX_DEPTH: usize = 32;
/// Files that change what cargo does, beside the folder they lie in or any folder above.
const CONFIGURATION: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// How the ids of packages on this machine begin.
const LOCAL: &str = "path+file://";

/// The state of all inputs at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// Each file with the hash of its content, or `None` when there is no such file.
    files: BTreeMap<PathBuf, Option<String>>,
    /// The workspace's members.
    members: BTreeSet<PathBuf>,
}

impl Inputs {
    /// Gathers what was used by a build that began at `begun`. `None` when it cannot be relied upon: something changed
    /// while it ran, or the project is beyond what is compared here.
    pub(crate) fn gather(root: &Path, sources: &BTreeSet<PathBuf>, begun: SystemTime) -> Result<Option<Self>> {
        let Some(members) = members(root)? else {
            return Ok(None);
        };
        let mut paths: BTreeSet<PathBuf> = sources.clone();
        paths.extend([root.join("Cargo.toml"), root.join("Cargo.lock")]);
        for folder in root.ancestors() {
            paths.extend(CONFIGURATION.map(|name| folder.join(name)));
        }
        if let Some(home) = cargo_home() {
            paths.extend(["config.toml", "config"].map(|name| home.join(name)));
        }
        let packages: BTreeSet<&Path> = sources.iter().filter_map(|source| package_of(source)).collect();
        for package in packages {
            paths.insert(package.join("Cargo.toml"));
            paths.insert(package.join("build.rs"));
            let builds =
                fs::read_to_string(package.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains("build"));
            if builds || package.join("build.rs").exists() {
                // A build script may read anything in its package.
                walk(package, MAX_DEPTH, &mut paths)?;
            }
        }
        if paths.len() > MAX_FILES {
            return Ok(None);
        }
        let newest = paths.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).max();
        if newest.is_some_and(|newest| newest >= begun) {
            return Ok(None);
        }
        let files = paths.into_iter().map(|path| (hash(&path), path)).map(|(hash, path)| (path, hash)).collect();
        Ok(Some(Self { files, members }))
    }

    /// Whether everything is as it was.
    pub(crate) fn unchanged(&self, root: &Path) -> bool {
        members(root).is_ok_and(|members| members.as_ref() == Some(&self.members))
            && self.files.iter().all(|(path, expected)| hash(path) == *expected)
    }
}

fn hash(path: &Path) -> Option<String> {
    fs::read(path).ok().map(|content| blake3::hash(&content).to_hex().to_string())
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}

fn package_of(source: &Path) -> Option<&Path> {
    source.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file())
}

fn walk(folder: &Path, depth: usize, paths: &mut BTreeSet<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name == "target" || name.to_string_lossy().starts_with('.') || paths.len() > MAX_FILES {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => walk(&entry.path(), depth - 1, paths)?,
            Ok(kind) if kind.is_file() => {
                paths.insert(entry.path());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The folders that the manifest's member patterns give. `None` for patterns that only cargo understands.
fn members(root: &Path) -> Result<Option<BTreeSet<PathBuf>>> {
    let path = root.join("Cargo.toml");
    let manifest: DocumentMut = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .parse()
        .with_context(|| path.display().to_string())?;
    let patterns = manifest.get("workspace").and_then(|workspace| workspace.get("members")).and_then(Item::as_array);
    let mut members = BTreeSet::new();
    for pattern in patterns.into_iter().flatten().filter_map(toml_edit::Value::as_str) {
        if pattern.contains(['?', '[', '{']) || pattern.contains("**") {
            return Ok(None);
        }
        let mut found = vec![root.to_owned()];
        for part in pattern.split('/') {
            found = found.iter().flat_map(|folder| matching(folder, part)).collect();
        }
        members.extend(found.into_iter().filter(|folder| folder.join("Cargo.toml").is_file()));
    }
    Ok(Some(members))
}

fn matching(folder: &Path, part: &str) -> Vec<PathBuf> {
    let Some((before, after)) = part.split_once('*') else {
        return vec![folder.join(part)];
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let fits =
        |name: &str| name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after);
    entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(fits))
        .collect()
}

/// Whether cargo compiled a package on this machine, not one that it fetched.
pub(crate) fn is_local(compiled: &Artifact) -> bool {
    compiled.package_id.repr.starts_with(LOCAL)
}

/// The files that the compiler made this of, as it noted them beside its output.
pub(crate) fn sources_of(compiled: &Artifact, root: &Path) -> BTreeSet<PathBuf> {
    let outputs = compiled.filenames.iter().chain(&compiled.executable);
    let notes = outputs.filter_map(|output| {
        let stem = output.file_stem()?;
        let stem = if output.extension().is_some() { stem.strip_prefix("lib").unwrap_or(stem) } else { stem };
        fs::read_to_string(output.with_file_name(format!("{stem}.d"))).ok()
    });
    notes.flat_map(|note| dep_info(&note, root)).collect()
}

/// The sources in a dep-info file of cargo or the compiler: `output: source source …`, blanks in paths escaped.
pub(crate) fn dep_info(text: &str, root: &Path) -> BTreeSet<PathBuf> {
    let mut sources = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, list)) = line.split_once(": ") else { continue };
        let mut path = String::new();
        let mut letters = list.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if letters.peek() == Some(&' ') => path.extend(letters.next()),
                ' ' => {
                    sources.insert(root.join(std::mem::take(&mut path)));
                }
                other => path.push(other),
            }
        }
        sources.insert(root.join(path));
    }
    sources.remove(root);
    sources
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn workspace() -> (tempfile::TempDir, BTreeSet<PathBuf>) {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("contracts/one/src/lib.rs");
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, "fn one() {}").unwrap();
        fs::write(root.path().join("contracts/one/Cargo.toml"), "[package]").unwrap();
        fs::write(root.path().join("Cargo.toml"), "[workspace]\nmembers = [\"contracts/*\", \"tests\"]").unwrap();
        (root, BTreeSet::from([source]))
    }

    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    #[test]
    fn every_kind_of_change_is_seen() {
        let changes: [(&str, &str); 8] = [
            ("contracts/one/src/lib.rs", "fn two() {}"),
            ("contracts/one/Cargo.toml", "[package]\n"),
            ("contracts/one/build.rs", "fn main() {}"),
            ("Cargo.lock", "version = 4"),
            (".cargo/config.toml", "[build]"),
            ("rust-toolchain.toml", "[toolchain]"),
            ("contracts/two/Cargo.toml", "[package]"),
            ("tests/Cargo.toml", "[package]"),
        ];
        for (path, content) in changes {
            let (root, sources) = workspace();
            let inputs = Inputs::gather(root.path(), &sources, later()).unwrap().unwrap();
            assert!(inputs.unchanged(root.path()));
            fs::write(root.path().join("contracts/one/notes.txt"), "no input").unwrap();
            assert!(inputs.unchanged(root.path()));
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            assert!(!inputs.unchanged(root.path()), "{}", path.display());
        }
    }

    #[test]
    fn a_build_script_may_read_its_whole_package() {
        let (root, sources) = workspace();
        fs::write(root.path().join("contracts/one/build.rs"), "fn main() {}").unwrap();
        fs::write(root.path().join("contracts/one/table.csv"), "1").unwrap();
        let inputs = Inputs::gather(root.path(), &sources, later()).unwrap().unwrap();
        fs::write(root.path().join("contracts/one/table.csv"), "2").unwrap();
        assert!(!inputs.unchanged(root.path()));
    }

    #[test]
    fn what_changes_during_a_build_is_not_taken_for_built() {
        let (root, sources) = workspace();
        let earlier = SystemTime::now() - Duration::from_secs(60);
        assert_eq!(Inputs::gather(root.path(), &sources, earlier).unwrap(), None);
    }

    #[test]
    fn patterns_beyond_a_star_are_left_to_cargo() {
        let (root, sources) = workspace();
        fs::write(root.path().join("Cargo.toml"), "[workspace]\nmembers = [\"**\"]").unwrap();
        assert_eq!(Inputs::gather(root.path(), &sources, later()).unwrap(), None);
    }

    #[test]
    fn dep_info_is_read_with_blanks_and_relative_paths() {
        let text = "/t/one.wasm: /a/src/lib.rs /b\\ c/lib.rs src/x.rs\n\nsrc/x.rs:\n# env-dep:ABOUT=a: b\n";
        let expected = ["/a/src/lib.rs", "/b c/lib.rs", "/x/src/x.rs"].map(PathBuf::from);
        assert_eq!(dep_info(text, Path::new("/x")), BTreeSet::from(expected));
        assert!(dep_info("/t/one.wasm:\n", Path::new("/x")).is_empty());
    }
}

//! The inputs of packages, so that a build without changes need not start cargo.
//!
//! The list of sources is the compiler's own (dep-info); manifests and configuration are added, and of the workspace
//! what concerns these packages: parts of its manifest, and the entries of `Cargo.lock` that they reach. Files are
//! compared by content, manifests and settings by their meaning (module `documents`). An absent file is
//! remembered too: a `build.rs` that appears is a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use cargo_metadata::Artifact;
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item};

use super::documents;

/// More files than this are not compared: cargo does it.
const MAX_FILES: usize = 10_000;
/// How deep a package's folders are followed.
const MAX_DEPTH: usize = 32;
/// Files that change what cargo does, beside the folder they lie in or any folder above.
const CONFIGURATION: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];
/// The file of a package, and of a workspace.
const MANIFEST: &str = "Cargo.toml";
/// The file with the versions of all dependencies.
const LOCK: &str = "Cargo.lock";

/// How the ids of packages on this machine begin.
const LOCAL: &str = "path+file://";

/// A build of packages of one workspace.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    /// The workspace's folder.
    pub(crate) root: &'a Path,
    /// The packages that cargo was asked for.
    pub(crate) packages: BTreeSet<String>,
    /// The local files that the compiler read.
    pub(crate) sources: &'a BTreeSet<PathBuf>,
    /// When it began.
    pub(crate) begun: SystemTime,
    /// When cargo had written `Cargo.lock`, as the manifests ask for it.
    pub(crate) resolved: SystemTime,
    /// Where the build itself writes what the compiler reads.
    pub(crate) made_here: &'a Path,
}

/// The state of all that packages were built from at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// The packages that cargo was asked for.
    packages: BTreeSet<String>,
    /// Each file with the hash of its content, or `None` when there is no such file.
    files: BTreeMap<PathBuf, Option<String>>,
    /// Manifests of packages, and settings, with the hash of what they say.
    documents: BTreeMap<PathBuf, Option<String>>,
    /// The workspace's settings for these packages.
    workspace: String,
}

impl Inputs {
    /// Gathers what was used by a build. `None` when it cannot be relied upon: something changed while it ran, or the
    /// project is beyond what is compared here.
    pub(crate) fn gather(build: Build<'_>) -> Result<Option<Self>> {
        let Build { root, packages, sources, begun, resolved, made_here } = build;
        let mut files: BTreeSet<PathBuf> = sources.clone();
        let mut documents = BTreeSet::new();
        for folder in root.ancestors() {
            documents.extend(CONFIGURATION.map(|name| folder.join(name)));
        }
        if let Some(home) = cargo_home() {
            documents.extend(["config.toml", "config"].map(|name| home.join(name)));
        }
        for package in sources.iter().filter_map(|source| package_of(source)).collect::<BTreeSet<&Path>>() {
            let manifest = package.join(MANIFEST);
            files.insert(package.join("build.rs"));
            let builds = fs::read_to_string(&manifest).is_ok_and(|manifest| manifest.contains("build"));
            if builds || package.join("build.rs").exists() {
                // A build script may read anything in its package.
                walk(package, MAX_DEPTH, &mut files)?;
            }
            documents.insert(manifest);
        }
        // Compared by the part of it that concerns the packages.
        documents.remove(&root.join(MANIFEST));
        if files.len() + documents.len() > MAX_FILES {
            return Ok(None);
        }
        let changed_since =
            |path: &Path, moment| fs::metadata(path).and_then(|it| it.modified()).is_ok_and(|it| it >= moment);
        let read = files.iter().filter(|path| !path.starts_with(made_here)).chain(&documents);
        let is_stale = read.into_iter().any(|path| changed_since(path, begun))
            || changed_since(&root.join(MANIFEST), begun)
            || changed_since(&root.join(LOCK), resolved);
        if is_stale {
            return Ok(None);
        }
        let workspace = workspace(root, &packages, &documents);
        let with = |hash: fn(&Path) -> Option<String>, paths: BTreeSet<PathBuf>| {
            paths.into_iter().map(|path| (hash(&path), path)).map(|(hash, path)| (path, hash)).collect()
        };
        Ok(Some(Self { packages, files: with(hash, files), documents: with(documents::hash, documents), workspace }))
    }

    /// Whether everything is as it was.
    pub(crate) fn unchanged(&self, root: &Path) -> bool {
        self.files.iter().all(|(path, expected)| hash(path) == *expected)
            && self.documents.iter().all(|(path, expected)| documents::hash(path) == *expected)
            && self.workspace == workspace(root, &self.packages, self.documents.keys())
    }
}

/// The workspace's settings for packages with these manifests: from its own manifest and `Cargo.lock`.
fn workspace<'a>(root: &Path, packages: &BTreeSet<String>, manifests: impl IntoIterator<Item = &'a PathBuf>) -> String {
    let manifests = manifests.into_iter().filter(|path| path.ends_with(MANIFEST));
    let inherited = manifests.filter_map(|path| fs::read_to_string(path).ok()).flat_map(|it| documents::inherited(&it));
    let text = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
    let manifest = text(MANIFEST);
    let inherited = inherited.chain(documents::inherited(&manifest)).collect();
    let said = [documents::of_workspace(&manifest, &inherited), documents::locked(&text(LOCK), packages)].join("\n");
    blake3::hash(said.as_bytes()).to_hex().to_string()
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
pub(crate) fn members(root: &Path) -> Result<Option<BTreeSet<PathBuf>>> {
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

    const LOCKED: &str = "version = 4\n[[package]]\nname = \"one\"\nversion = \"1.0.0\"\ndependencies = [\"deep\"]\n\
                          [[package]]\nname = \"deep\"\nversion = \"1.0.0\"\n\
                          [[package]]\nname = \"other\"\nversion = \"1.0.0\"\n";
    const ROOT: &str = "[workspace]\nmembers = [\"contracts/*\", \"tests\"]\n\
                        [workspace.dependencies]\ndeep = \"1\"\nother = \"1\"\n";
    const ONE: &str = "[package]\nname = \"one\"\n[dependencies]\ndeep = { workspace = true }\n";

    fn project() -> (tempfile::TempDir, BTreeSet<PathBuf>) {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("contracts/one/src/lib.rs");
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, "fn one() {}").unwrap();
        for (path, text) in [("contracts/one/Cargo.toml", ONE), ("Cargo.toml", ROOT), ("Cargo.lock", LOCKED)] {
            fs::write(root.path().join(path), text).unwrap();
        }
        (root, BTreeSet::from([source]))
    }

    fn gathered(root: &Path, sources: &BTreeSet<PathBuf>, begun: SystemTime) -> Option<Inputs> {
        let packages = BTreeSet::from(["one".to_owned()]);
        let made_here = &root.join("target");
        Inputs::gather(Build { root, packages, sources, begun, resolved: later(), made_here }).unwrap()
    }

    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    /// Whether a project is built anew when a file of it has this content.
    fn is_a_change(path: &str, content: &str) -> bool {
        let (root, sources) = project();
        let inputs = gathered(root.path(), &sources, later()).unwrap();
        assert!(inputs.unchanged(root.path()));
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        !inputs.unchanged(root.path())
    }

    #[test]
    fn every_kind_of_change_is_seen() {
        let with = |text: &str, from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        };
        let changes = [
            ("contracts/one/src/lib.rs", "fn two() {}".to_owned()),
            ("contracts/one/Cargo.toml", format!("{ONE}[features]\n")),
            ("contracts/one/build.rs", "fn main() {}".to_owned()),
            (
                "Cargo.lock",
                with(LOCKED, "name = \"deep\"\nversion = \"1.0.0\"", "name = \"deep\"\nversion = \"1.0.1\""),
            ),
            ("Cargo.toml", with(ROOT, "deep = \"1\"", "deep = { version = \"1\", features = [\"all\"] }")),
            ("Cargo.toml", format!("{ROOT}[profile.release]\ndebug = true\n")),
            ("Cargo.toml", format!("{ROOT}[patch.crates-io]\ndeep = {{ path = \"deep\" }}\n")),
            ("Cargo.toml", format!("{ROOT}[workspace.lints.rust]\nunused = \"deny\"\n")),
            (".cargo/config.toml", "[build]".to_owned()),
            ("rust-toolchain.toml", "[toolchain]".to_owned()),
        ];
        for (path, content) in changes {
            assert!(is_a_change(path, &content), "{path}: {content}");
        }
    }

    #[test]
    fn what_concerns_other_packages_is_no_change() {
        let others = [
            ("contracts/one/notes.txt", "no input".to_owned()),
            ("contracts/one/Cargo.toml", format!("# A comment.\n{}", ONE.replace(" = ", "="))),
            ("contracts/two/src/lib.rs", "fn two() {}".to_owned()),
            ("contracts/two/Cargo.toml", "[package]".to_owned()),
            (
                "Cargo.toml",
                format!("# A comment.\n{}", ROOT.replace("[\"contracts/*\", ", "[\"two\",\n  \"contracts/*\", ")),
            ),
            ("Cargo.toml", ROOT.replace("other = \"1\"", "other = \"2\"\nnew = \"1\"")),
            (
                "Cargo.lock",
                LOCKED.replace("name = \"other\"\nversion = \"1.0.0\"", "name = \"other\"\nversion = \"2.0.0\""),
            ),
            ("Cargo.lock", format!("# A comment.\n{LOCKED}[[package]]\nname = \"new\"\nversion = \"1.0.0\"\n")),
        ];
        for (path, content) in others {
            assert!(!is_a_change(path, &content), "{path}: {content}");
        }
    }

    #[test]
    fn a_build_script_may_read_its_whole_package() {
        let (root, sources) = project();
        fs::write(root.path().join("contracts/one/build.rs"), "fn main() {}").unwrap();
        fs::write(root.path().join("contracts/one/table.csv"), "1").unwrap();
        let inputs = gathered(root.path(), &sources, later()).unwrap();
        fs::write(root.path().join("contracts/one/table.csv"), "2").unwrap();
        assert!(!inputs.unchanged(root.path()));
    }

    #[test]
    fn what_changes_during_a_build_is_not_taken_for_built() {
        let (root, sources) = project();
        let earlier = SystemTime::now() - Duration::from_secs(60);
        assert_eq!(gathered(root.path(), &sources, earlier), None);
        let aged = |path: &str| {
            let file = fs::File::options().write(true).open(root.path().join(path)).unwrap();
            file.set_modified(earlier - Duration::from_secs(60)).unwrap();
        };
        ["contracts/one/src/lib.rs", "contracts/one/Cargo.toml", "Cargo.toml"].into_iter().for_each(aged);
        // Cargo writes the lock file at the begin of a build.
        assert!(gathered(root.path(), &sources, earlier).is_some());
        let made_here = &root.path().join("target");
        let packages = BTreeSet::from(["one".to_owned()]);
        let (begun, resolved) = (earlier, earlier);
        let build = Build { root: root.path(), packages, sources: &sources, begun, resolved, made_here };
        assert_eq!(Inputs::gather(build).unwrap(), None, "somebody else has written it since");
    }

    #[test]
    fn members_are_found_by_their_patterns() {
        let (root, _) = project();
        let found = || members(root.path()).unwrap();
        assert_eq!(found(), Some(BTreeSet::from([root.path().join("contracts/one")])));
        for member in ["contracts/two", "tests"] {
            fs::create_dir_all(root.path().join(member)).unwrap();
            fs::write(root.path().join(member).join("Cargo.toml"), "[package]").unwrap();
        }
        assert_eq!(found().unwrap().len(), 3);
        fs::write(root.path().join("Cargo.toml"), "[workspace]\nmembers = [\"**\"]").unwrap();
        assert_eq!(found(), None, "patterns beyond a star are left to cargo");
    }

    #[test]
    fn dep_info_is_read_with_blanks_and_relative_paths() {
        let text = "/t/one.wasm: /a/src/lib.rs /b\\ c/lib.rs src/x.rs\n\nsrc/x.rs:\n# env-dep:ABOUT=a: b\n";
        let expected = ["/a/src/lib.rs", "/b c/lib.rs", "/x/src/x.rs"].map(PathBuf::from);
        assert_eq!(dep_info(text, Path::new("/x")), BTreeSet::from(expected));
        assert!(dep_info("/t/one.wasm:\n", Path::new("/x")).is_empty());
    }
}

//! Puts into the binary what `cargo dusk new` writes: the SDK's sources as a small workspace of their own, the
//! templates, the versions of all dependencies that this revision was tested with, and where this revision is found.
//!
//! All of it lies in `bundled/`, as links to the workspace: `cargo package` follows links, and takes no file from
//! outside the package. It leaves out folders with a `Cargo.toml`, so manifests have another name there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use toml_edit::{DocumentMut, Item, Table, TableLike};

#[path = "src/remote.rs"]
mod remote;

/// The package that user projects depend on. The parts of this workspace that it needs are bundled with it.
const ROOT_PACKAGE: &str = "dusk-sdk";
/// A manifest's name in `bundled/`.
const MANIFEST: &str = "manifest.toml";
/// The name of a file in `bundled/`, where it has another in a project.
const RENAMED: [(&str, &str); 2] = [(MANIFEST, "Cargo.toml"), ("gitignore", ".gitignore")];
/// Folders of a package that its users do not build.
const NOT_CARRIED: [&str; 2] = ["tests", "snapshots"];
/// The most bytes that one bundle may hold: a stray build folder must not end up in the binary.
const MAX_BUNDLE_BYTES: usize = 4 * 1024 * 1024;

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let workspace = package.join("bundled");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", workspace.display());
    let manifest = read_manifest(&workspace.join(MANIFEST));

    let sdk = sdk_bundle(&workspace, &manifest);
    let mut generated = String::new();
    let version = manifest["workspace"]["package"]["version"].as_str().expect("the workspace has a version");
    writeln!(generated, "/// The version of the bundled SDK.\npub(crate) const SDK_VERSION: &str = {version:?};")
        .expect("strings take all");
    writeln!(generated, "/// BLAKE3 of the bundled SDK.\npub(crate) const SDK_HASH: &str = {:?};", hash(&sdk))
        .expect("strings take all");
    write_files(&mut generated, "/// The bundled SDK: path and content.", "SDK_FILES", &sdk);
    write_templates(&mut generated, &workspace.join("templates"));
    let (repository, revision) = origin(&package.join(".."), version);
    for (doc, name, text) in [
        (
            "Tested versions of all registry packages, in the form of a lock file.",
            "LOCK",
            registry_lock(&workspace.join("lock.toml")),
        ),
        ("The workflow that tests a project.", "WORKFLOW", read(&workspace.join("templates/ci.yml"))),
        ("The repository that this program is built from; empty where it is unknown.", "REPOSITORY", repository),
        ("The tag or commit that this program is built from.", "REVISION", revision),
    ] {
        writeln!(generated, "/// {doc}\npub(crate) const {name}: &str = {text:?};").expect("strings take all");
    }

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("bundled.rs");
    fs::write(&out, generated).unwrap_or_else(|error| panic!("cannot write {}: {error}", out.display()));
}

type Files = BTreeMap<String, String>;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn read_manifest(path: &Path) -> DocumentMut {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The SDK and the packages of this workspace that it needs, under a workspace manifest that lists only them.
fn sdk_bundle(workspace: &Path, manifest: &DocumentMut) -> Files {
    let dependencies = manifest["workspace"]["dependencies"].as_table().expect("the dependency table");
    let folder_of = |package: &str| dependencies.get(package)?.get("path")?.as_str().map(str::to_owned);

    let mut files = Files::new();
    let mut folders = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut open = vec![folder_of(ROOT_PACKAGE).expect("the SDK is a member")];
    while let Some(folder) = open.pop() {
        if !folders.insert(folder.clone()) {
            continue;
        }
        let mut package = read_manifest(&workspace.join(&folder).join(MANIFEST));
        for unneeded in ["dev-dependencies", "test", "bench", "example"] {
            package.remove(unneeded);
        }
        for name in dependencies_of(&package) {
            open.extend(folder_of(&name));
            used.insert(name);
        }
        files.insert(format!("{folder}/Cargo.toml"), package.to_string());
        collect(&workspace.join(&folder), &folder, &mut files);
    }

    let mut root = DocumentMut::new();
    root["workspace"] = Item::Table(Table::new());
    root["workspace"]["resolver"] = manifest["workspace"]["resolver"].clone();
    root["workspace"]["members"] = toml_edit::value(folders.iter().map(String::as_str).collect::<toml_edit::Array>());
    root["workspace"]["package"] = manifest["workspace"]["package"].clone();
    root["workspace"]["dependencies"] = Item::Table(Table::new());
    for name in &used {
        if let Some(dependency) = dependencies.get(name) {
            root["workspace"]["dependencies"][name] = dependency.clone();
        }
    }
    // The lints speak to those who write the SDK, not to those who use it.
    root["workspace"]["lints"] = Item::Table(Table::new());
    files.insert("Cargo.toml".to_owned(), root.to_string());
    files
}

/// The dependencies of a package's build, on all targets and on some.
fn dependencies_of(package: &DocumentMut) -> BTreeSet<String> {
    let targets = package.get("target").and_then(Item::as_table_like);
    let tables = targets.into_iter().flat_map(|targets| targets.iter().filter_map(|(_, it)| it.as_table_like()));
    let tables = tables.chain([package.as_table() as &dyn TableLike]);
    let kinds = tables.flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)));
    let names = kinds.flatten().filter_map(Item::as_table_like).flat_map(TableLike::iter);
    names.map(|(name, _)| name.to_owned()).collect()
}

/// All text files of a package, by path with `/`. Packages that nest in it are not part of it.
fn collect(folder: &Path, prefix: &str, files: &mut Files) {
    for (name, path) in entries(folder) {
        let key = format!("{prefix}/{name}");
        if path.is_dir() {
            if !NOT_CARRIED.contains(&name.as_str()) && !path.join(MANIFEST).exists() {
                collect(&path, &key, files);
            }
        } else if name != MANIFEST {
            files.insert(key, read(&path));
        }
    }
    assert!(files.values().map(String::len).sum::<usize>() <= MAX_BUNDLE_BYTES, "{} is too large", folder.display());
}

/// All files of a template. It holds whole packages.
fn collect_template(folder: &Path, prefix: &str, files: &mut Files) {
    for (name, path) in entries(folder) {
        let real = RENAMED.iter().find(|(bundled, _)| *bundled == name).map_or(name.as_str(), |(_, real)| real);
        let key = format!("{prefix}{real}");
        if path.is_dir() {
            collect_template(&path, &format!("{key}/"), files);
        } else {
            files.insert(key, read(&path));
        }
    }
    assert!(files.values().map(String::len).sum::<usize>() <= MAX_BUNDLE_BYTES, "{} is too large", folder.display());
}

/// The entries of a folder: name and path.
fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder's entry").path());
    paths
        .map(|path| (path.file_name().and_then(|name| name.to_str()).expect("file names are text").to_owned(), path))
        .collect()
}

fn write_templates(generated: &mut String, folder: &Path) {
    let mut templates = BTreeMap::new();
    for (name, path) in entries(folder) {
        if path.is_dir() {
            let mut files = Files::new();
            collect_template(&path, "", &mut files);
            templates.insert(name, files);
        }
    }
    let mut list = String::new();
    for (number, (name, files)) in templates.iter().enumerate() {
        write_files(generated, &format!("/// The template `{name}`."), &format!("TEMPLATE_{number}"), files);
        write!(list, "({name:?}, TEMPLATE_{number}),").expect("strings take all");
    }
    writeln!(generated, "/// All templates: name and files.\npub(crate) static TEMPLATES: &[Template] = &[{list}];")
        .expect("strings take all");
}

fn write_files(generated: &mut String, doc: &str, name: &str, files: &Files) {
    writeln!(generated, "{doc}\npub(crate) static {name}: Files = &[").expect("strings take all");
    for (path, content) in files {
        writeln!(generated, "    ({path:?}, {content:?}),").expect("strings take all");
    }
    generated.push_str("];\n");
}

fn hash(files: &Files) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, content) in files {
        for part in [path, content] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// The lock file without the packages of this workspace: `cargo` takes from it what a new project needs.
fn registry_lock(path: &Path) -> String {
    let mut lock = read_manifest(path);
    if let Some(packages) = lock.get_mut("package").and_then(Item::as_array_of_tables_mut) {
        packages.retain(|package| package.contains_key("source"));
    }
    lock.to_string()
}

/// The repository and the revision that this program is built from, as a project's workflow installs it.
///
/// In a clone they are its `origin` and its commit, or the release's tag where the commit has it. A published package
/// is built from the tag of its version.
fn origin(workspace: &Path, version: &str) -> (String, String) {
    let stated = env::var("CARGO_PKG_REPOSITORY").unwrap_or_default();
    let tag = format!("v{version}");
    // Another repository can lie around the folder of a published package.
    if !workspace.join(".git").exists() {
        return (stated, tag);
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(workspace).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // Each commit would compile the command again. Builds for development take the commit of their last change instead.
    let history = git(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]);
    if let Some(history) =
        history.filter(|path| env::var("PROFILE").as_deref() == Ok("release") && Path::new(path).exists())
    {
        println!("cargo::rerun-if-changed={history}");
    }
    let tagged = git(&["tag", "--points-at", "HEAD"]).is_some_and(|tags| tags.lines().any(|found| found == tag));
    let revision = if tagged { None } else { git(&["rev-parse", "HEAD"]) };
    let cloned = git(&["config", "remote.origin.url"]).and_then(|url| remote::address(&url));
    (cloned.unwrap_or(stated), revision.unwrap_or(tag))
}

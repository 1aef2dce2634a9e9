//! The SDK on this machine: unpacked from the binary, and made known to cargo by a patch in the project.
//!
//! Builds compile the unpacked files into contracts and run them. So the folder is private to the user, and holds
//! exactly the files that the binary carries: another file, such as a build script, is removed with all the rest and
//! unpacked anew.
//!
//! A project asks for `dusk-sdk = "=VERSION"`. The patch that says where its sources are stands in the project's
//! `.cargo/config.toml`, which is not committed: the path is of this machine. It is written whenever it is missing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml_edit::{DocumentMut, Item, Table, value};

use super::bundled::{Files, SDK_FILES, SDK_HASH, SDK_VERSION};
use super::folders;
use crate::error::Fault;
use crate::ops::cargo::machine::Machine;
pub(crate) use crate::ops::cargo::packages::SDK_PACKAGE;

/// Where the package `dusk-sdk` lies in the unpacked workspace.
const PACKAGE_FOLDER: &str = "sdk";

/// Where the patch stands in a project.
const PATCH_FILE: &str = ".cargo/config.toml";
/// The text of a file that keeps the patch out of git, if nothing else does.
const HIDES_PATCH: &str =
    "# Written by `cargo dusk`: the patch has a path of this machine.\n/config.toml\n/.gitignore\n";

/// The folder of the bundled SDK's package, unpacked if need be. Any number of processes may do this at once.
pub(crate) fn unpacked() -> Result<PathBuf> {
    let store = folders::data()?.join("sdk");
    folders::make_private(&store)?;
    Ok(unpack(SDK_FILES, &store, &format!("{SDK_VERSION}-{}", &SDK_HASH[..16]))?.join(PACKAGE_FOLDER))
}

/// The store's folder `name` with exactly these files.
fn unpack(files: Files, store: &Path, name: &str) -> Result<PathBuf> {
    let folder = store.join(name);
    if is_whole(files, &folder) {
        return Ok(folder);
    }
    let unpack = || -> std::io::Result<()> {
        fs::create_dir_all(store)?;
        let fresh = tempfile::tempdir_in(store)?;
        for (path, content) in files {
            let path = fresh.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or(store))?;
            fs::write(path, content)?;
        }
        // A folder can be renamed only onto an empty one. A damaged one is moved away first; when another process was
        // quicker, its folder is as good as ours.
        if fs::rename(fresh.path(), &folder).is_ok() || is_whole(files, &folder) {
            return Ok(());
        }
        let damaged = tempfile::tempdir_in(store)?;
        match fs::rename(&folder, damaged.path().join("damaged")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match fs::rename(fresh.path(), &folder) {
            Err(_) if is_whole(files, &folder) => Ok(()),
            other => other,
        }
    };
    unpack().with_context(|| format!("cannot unpack the SDK to {}", folder.display()))?;
    Ok(folder)
}

/// Whether a folder holds these files, and nothing else that a build would use.
fn is_whole(files: Files, folder: &Path) -> bool {
    files.iter().all(|(path, content)| fs::read(folder.join(path)).is_ok_and(|found| found == content.as_bytes()))
        && holds_only(files, folder, Path::new("")).unwrap_or(false)
}

/// Files that tools write beside a workspace's sources, and that builds of projects do not read.
const WRITTEN_BY_TOOLS: [&str; 2] = ["Cargo.lock", "target"];

fn holds_only(files: Files, root: &Path, below: &Path) -> std::io::Result<bool> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if WRITTEN_BY_TOOLS.iter().any(|name| path.as_os_str() == *name) {
            continue;
        }
        let kind = entry.file_type()?;
        let bundled = |kept: &Path| files.iter().any(|(file, _)| Path::new(file) == kept);
        let holds = if kind.is_dir() { holds_only(files, root, &path)? } else { kind.is_file() && bundled(&path) };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where a project's SDK comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The sources that `cargo-dusk` carries.
    Carried,
    /// A folder that holds the package `dusk-sdk`.
    Path(PathBuf),
    /// A git repository.
    Git(String),
    /// crates.io.
    Registry,
}

impl Source {
    /// Reads the option `--sdk`.
    ///
    /// # Errors
    /// A usage fault when it names nothing that exists.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text == "registry" {
            return Ok(Self::Registry);
        }
        if let Some(url) = text.strip_prefix("git+") {
            return Ok(Self::Git(url.to_owned()));
        }
        if text.starts_with("https://") || text.starts_with("ssh://") {
            return Ok(Self::Git(text.to_owned()));
        }
        let path = Path::new(text);
        let found = [path.to_owned(), path.join(PACKAGE_FOLDER)].into_iter().find(|folder| is_sdk(folder));
        let found = found.ok_or_else(|| {
            Fault::usage(
                format!("there is no SDK at `{text}`"),
                "give the folder of the package dusk-sdk, a git URL, or `registry`",
            )
        })?;
        Ok(Self::Path(found.canonicalize().with_context(|| format!("cannot resolve {}", found.display()))?))
    }
}

/// Whether the folder holds the package `dusk-sdk`.
fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok().and_then(|text| text.parse::<DocumentMut>().ok());
    manifest.is_some_and(|manifest| {
        manifest.get("package").and_then(|package| package.get("name")).and_then(Item::as_str) == Some(SDK_PACKAGE)
    })
}

/// Writes the patch to `sdk` into the project's `.cargo/config.toml`, and keeps what else stands there.
pub(crate) fn write_patch(root: &Path, sdk: &Path) -> Result<()> {
    let path = root.join(PATCH_FILE);
    let mut config = read_config(&path)?;
    let fresh = config.as_table().is_empty();
    let sdk = sdk.to_str().with_context(|| format!("the path {} is not text", sdk.display()))?;
    let mut source = toml_edit::InlineTable::new();
    source.insert("path", sdk.into());
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let patch = table(config.entry("patch").or_insert(Item::Table(implicit)), &path)?;
    let registry = table(patch.entry("crates-io").or_insert(Item::Table(Table::new())), &path)?;
    registry.insert(SDK_PACKAGE, value(source));
    let mut text = config.to_string();
    if fresh {
        text.insert_str(0, "# Written by `cargo dusk`: where this machine keeps the SDK. Do not commit it.\n");
    }
    folders::write_atomically(&path, text.as_bytes())
}

/// Keeps a new patch out of git. Projects of `cargo dusk new` ignore it; a package in a workspace of somebody else may
/// not.
fn hide_patch(root: &Path) -> Result<()> {
    let machine = Machine::here(root);
    let shows = |git: &Path| {
        machine.ask(git, &["rev-parse", "--is-inside-work-tree"]).as_deref() == Some("true")
            && machine.ask(git, &["check-ignore", PATCH_FILE]).is_none()
    };
    let ignore = root.join(".cargo/.gitignore");
    if machine.find("git").is_some_and(|git| shows(&git)) && !ignore.exists() {
        folders::write_atomically(&ignore, HIDES_PATCH.as_bytes())?;
    }
    Ok(())
}

/// Makes sure that cargo finds the SDK for the project. Returns whether the patch was written.
///
/// A patch that somebody else wrote, here or in the manifest, is left alone.
///
/// # Errors
/// A fault when the project asks for another version than the one that is bundled.
pub(crate) fn ensure_patch(root: &Path) -> Result<bool> {
    let manifest_path = root.join("Cargo.toml");
    let manifest: DocumentMut = fs::read_to_string(&manifest_path)
        .with_context(|| format!("cannot read {}", manifest_path.display()))?
        .parse()
        .map_err(|error| Fault::usage(format!("{}: {error}", manifest_path.display()), "fix the manifest"))?;
    let Some(wanted) = registry_requirement(&manifest) else {
        return Ok(false);
    };
    if manifest.get("patch").and_then(|patch| patch.get("crates-io")).and_then(|patch| patch.get(SDK_PACKAGE)).is_some()
    {
        return Ok(false);
    }
    let store = folders::data()?.join("sdk");
    let patched = patched_path(&read_config(&root.join(PATCH_FILE))?);
    if patched.as_ref().is_some_and(|path| !path.starts_with(&store)) {
        return Ok(false);
    }
    if wanted.trim_start_matches('=').trim() != SDK_VERSION {
        // Without a patch of ours this may be the project's will: the SDK from crates.io.
        let found = format!("the project requires {SDK_PACKAGE} {wanted}, but this cargo-dusk bundles {SDK_VERSION}");
        let hint = format!("install the cargo-dusk of that version, or set `{SDK_PACKAGE} = \"={SDK_VERSION}\"`");
        return Err(Fault::usage(found, hint));
    }
    let sdk = unpacked()?;
    if patched.as_ref() == Some(&sdk) {
        return Ok(false);
    }
    let is_new = !root.join(PATCH_FILE).exists();
    write_patch(root, &sdk)?;
    if is_new {
        hide_patch(root)?;
    }
    Ok(true)
}

/// The version of the SDK that the project asks a registry for.
fn registry_requirement(manifest: &DocumentMut) -> Option<String> {
    let workspace = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    [workspace, manifest.get("dependencies")].into_iter().flatten().find_map(|dependencies| {
        let dependency = dependencies.get(SDK_PACKAGE)?;
        let detailed = |key: &str| dependency.as_table_like().and_then(|table| table.get(key));
        if ["path", "git", "registry", "workspace"].into_iter().any(|key| detailed(key).is_some()) {
            return None;
        }
        dependency.as_str().or_else(|| detailed("version")?.as_str()).map(str::to_owned)
    })
}

fn patched_path(config: &DocumentMut) -> Option<PathBuf> {
    let patch = config.get("patch")?.get("crates-io")?.get(SDK_PACKAGE)?;
    Some(PathBuf::from(patch.get("path").and_then(Item::as_str).unwrap_or_default()))
}

fn read_config(path: &Path) -> Result<DocumentMut> {
    match fs::read_to_string(path) {
        Ok(text) => text.parse().map_err(|error| {
            Fault::usage(
                format!("{}: {error}", path.display()),
                "fix the file, or delete it: `cargo dusk` creates it again",
            )
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(DocumentMut::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn table<'a>(item: &'a mut Item, path: &Path) -> Result<&'a mut dyn toml_edit::TableLike> {
    item.as_table_like_mut().ok_or_else(|| {
        Fault::usage(format!("{}: `patch` is not a table", path.display()), "fix the file, or delete it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILES: Files = &[("Cargo.toml", "[workspace]\n"), ("sdk/Cargo.toml", "[package]\nname = \"dusk-sdk\"\n")];

    #[test]
    fn unpacking_repeats_repairs_and_races() {
        let store = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| unpack(FILES, store.path(), "1").unwrap());
            }
        });
        let folder = unpack(FILES, store.path(), "1").unwrap();
        assert!(is_whole(FILES, &folder));

        for (file, content) in [
            ("Cargo.toml", "damaged"),
            ("sdk/build.rs", "fn main() { panic!(\"run by every build\") }"),
            (".cargo/config.toml", "[build]\nrustc-wrapper = \"/tmp/mine\""),
        ] {
            fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            fs::write(folder.join(file), content).unwrap();
            assert!(!is_whole(FILES, &folder), "{file}");
            unpack(FILES, store.path(), "1").unwrap();
            assert!(is_whole(FILES, &folder), "{file}");
        }
        fs::write(folder.join("Cargo.lock"), "an editor's").unwrap();
        assert!(is_whole(FILES, &folder));
        assert_eq!(fs::read_dir(store.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn the_patch_keeps_what_else_is_configured() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".cargo")).unwrap();
        let path = root.path().join(".cargo/config.toml");
        fs::write(&path, "# mine\n[alias]\nt = \"test\"\n\n[patch.crates-io]\nother = { path = \"x\" }\n").unwrap();
        write_patch(root.path(), Path::new("/one")).unwrap();
        write_patch(root.path(), Path::new("/two")).unwrap();
        let config = read_config(&path).unwrap();
        assert_eq!(patched_path(&config), Some(PathBuf::from("/two")));
        assert_eq!(config["alias"]["t"].as_str(), Some("test"));
        assert_eq!(config["patch"]["crates-io"]["other"]["path"].as_str(), Some("x"));
        assert!(fs::read_to_string(&path).unwrap().starts_with("# mine"));
    }

    #[test]
    fn only_a_version_from_the_registry_needs_a_patch() {
        let requirement = |manifest: &str| registry_requirement(&manifest.parse().unwrap());
        assert_eq!(requirement("[workspace.dependencies]\ndusk-sdk = \"=0.1.0\""), Some("=0.1.0".to_owned()));
        let detailed = "[dependencies]\ndusk-sdk = { version = \"=0.1.0\", features = [\"zk\"] }";
        assert_eq!(requirement(detailed), Some("=0.1.0".to_owned()));
        assert_eq!(requirement("[dependencies]\ndusk-sdk = { path = \"../sdk\" }"), None);
        assert_eq!(requirement("[dependencies]\ndusk-sdk = { git = \"https://example.org/x\" }"), None);
        assert_eq!(requirement("[dependencies]\nother = \"1\""), None);
    }

    #[test]
    fn sources_are_told_apart() {
        assert_eq!(Source::parse("registry").unwrap(), Source::Registry);
        assert_eq!(Source::parse("git+file:///x").unwrap(), Source::Git("file:///x".to_owned()));
        assert_eq!(Source::parse("https://example.org/x").unwrap(), Source::Git("https://example.org/x".to_owned()));
        let folder = tempfile::tempdir().unwrap();
        unpack(FILES, folder.path(), "1").unwrap();
        let sdk = folder.path().join("1/sdk").canonicalize().unwrap();
        for given in [folder.path().join("1"), folder.path().join("1/sdk")] {
            assert_eq!(Source::parse(given.to_str().unwrap()).unwrap(), Source::Path(sdk.clone()));
        }
        assert!(Source::parse("/nowhere").is_err());
    }
}

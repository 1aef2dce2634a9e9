//! The files that a project is built from. They are found in its folders, without git.
//!
//! Of the project's folder: `Cargo.toml`, `Cargo.lock`, `dusk.toml`, `README.md` and `rust-toolchain.toml`. Of each
//! package of the workspace: `Cargo.toml`, `build.rs`, and everything in `src`, `tests`, `benches` and `examples`.
//! Nothing else is listed, so keys, wallets and files that programs have written stay out of the document.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::document::Source;
use crate::error::Fault;
use crate::ops::cargo::packages::Packages;
use crate::ops::hash::hash_of;

/// The files of the project's folder.
const OF_PROJECT: [&str; 5] = ["Cargo.toml", "Cargo.lock", "dusk.toml", "README.md", "rust-toolchain.toml"];
/// The files of a package.
const OF_PACKAGE: [&str; 2] = ["Cargo.toml", "build.rs"];
/// The folders of a package.
const FOLDERS: [&str; 4] = ["src", "tests", "benches", "examples"];
/// The most files.
const MAX_FILES: usize = 10_000;
/// How deep folders are followed.
const MAX_DEPTH: usize = 32;
/// The most bytes of a file.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// All files with their hashes, in the order of their paths.
pub(super) fn of(root: &Path, packages: &Packages) -> Result<Vec<Source>> {
    let mut paths: BTreeSet<PathBuf> =
        OF_PROJECT.iter().map(|name| root.join(name)).filter(|it| it.is_file()).collect();
    for folder in packages.folders() {
        paths.extend(OF_PACKAGE.iter().map(|name| folder.join(name)).filter(|it| it.is_file()));
        for name in FOLDERS {
            walk(&folder.join(name), MAX_DEPTH, &mut paths)?;
        }
    }
    let mut sources = paths.iter().map(|path| source(root, path)).collect::<Result<Vec<_>>>()?;
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

fn walk(folder: &Path, depth: usize, paths: &mut BTreeSet<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    if depth == 0 {
        return Err(too_much(format!("folders lie deeper than {MAX_DEPTH} levels at {}", folder.display())));
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link to a folder may lead back here; one to a file counts as the file.
        if path.is_dir() && !is_hidden && !path.is_symlink() && path.file_name().is_none_or(|name| name != "target") {
            walk(&path, depth - 1, paths)?;
        } else if path.is_file() && !is_hidden {
            paths.insert(path);
        }
        if paths.len() > MAX_FILES {
            return Err(too_much(format!("the project has more than {MAX_FILES} files of source")));
        }
    }
    Ok(())
}

fn source(root: &Path, path: &Path) -> Result<Source> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_much(format!("{} has more than {MAX_FILE_BYTES} bytes", path.display())));
    }
    let inside = path.strip_prefix(root).unwrap_or(path);
    let name = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    Ok(Source { name, blake3: hash_of(&bytes), bytes: bytes.len() as u64 })
}

fn too_much(what: String) -> anyhow::Error {
    Fault::usage(what, "move generated and large files out of the folders of sources")
}

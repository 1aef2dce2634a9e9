//! A user's project: where it is, and what its `dusk.toml` says.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::settings::{SETTINGS_FILE, Settings};
use super::{folders, sdk};
use crate::error::Fault;

/// The most bytes of `dusk.toml`.
const MAX_SETTINGS_BYTES: usize = 1024 * 1024;

/// A project on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The folder of the workspace's manifest.
    pub(crate) root: PathBuf,
    /// The settings of `dusk.toml`.
    pub(crate) settings: Settings,
}

/// Reads `dusk.toml`, of which a link may lead to a file without end.
fn read_settings(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_SETTINGS_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_SETTINGS_BYTES {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {MAX_SETTINGS_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not text in UTF-8"))
}

impl Project {
    /// The project that the current folder, or the given manifest, lies in.
    ///
    /// # Errors
    /// A usage fault when there is none.
    pub(crate) fn find(manifest: Option<&Path>) -> Result<Self> {
        let start = match manifest {
            Some(path) => {
                let path = path.canonicalize().map_err(|error| {
                    Fault::usage(format!("{}: {error}", path.display()), "give the path of a Cargo.toml")
                })?;
                if path.is_dir() { path } else { path.parent().map(Path::to_owned).unwrap_or_default() }
            }
            None => std::env::current_dir().context("there is no current folder")?,
        };
        Self::at(find_root(&start).ok_or_else(|| {
            Fault::usage(
                format!("there is no project at {}", start.display()),
                "go to a project's folder, or make one with `cargo dusk new NAME`",
            )
        })?)
    }

    /// The project around the current folder; where there is none, one without settings. For commands that only look
    /// at a chain.
    ///
    /// # Errors
    /// A usage fault when a manifest is given and there is none.
    pub(crate) fn find_or_bare(manifest: Option<&Path>) -> Result<Self> {
        if manifest.is_some() {
            return Self::find(manifest);
        }
        let here = std::env::current_dir().context("there is no current folder")?;
        match find_root(&here) {
            Some(root) => Self::at(root),
            None => Ok(Self { root: here, settings: Settings::default() }),
        }
    }

    /// The project with this root folder.
    pub(crate) fn at(root: PathBuf) -> Result<Self> {
        let path = root.join(SETTINGS_FILE);
        let settings = match read_settings(&path) {
            Ok(text) => Settings::parse(&text, &path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Settings::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { root, settings })
    }

    /// Where the project's artefacts are. Always below the project, also where cargo's own target folder is elsewhere.
    pub(crate) fn artefacts(&self) -> PathBuf {
        self.root.join("target/dusk")
    }

    /// Keeps the folder of artefacts out of git by a file of its own: a workspace whose target folder is elsewhere may
    /// ignore no `target`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn hide_artefacts(&self) -> Result<()> {
        let file = self.artefacts().join(".gitignore");
        if file.exists() { Ok(()) } else { folders::write_atomically(&file, b"*\n") }
    }

    /// Makes sure that cargo finds the SDK. Returns whether anything was written.
    pub(crate) fn ensure_sdk(&self) -> Result<bool> {
        match self.settings.sdk.source.as_deref() {
            Some("registry") => Ok(false),
            None => sdk::ensure_patch(&self.root),
            Some(other) => Err(Fault::usage(
                format!("{SETTINGS_FILE}: unknown SDK source `{other}`"),
                "write `registry`, or remove the line to use the bundled SDK",
            )),
        }
    }
}

/// The root folder of the project around `start`: the nearest `dusk.toml` with a manifest, else the nearest workspace,
/// else the nearest package.
fn find_root(start: &Path) -> Option<PathBuf> {
    let with_manifest = || start.ancestors().filter(|folder| folder.join("Cargo.toml").is_file());
    let is_workspace = |folder: &&Path| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.parse::<toml_edit::DocumentMut>().is_ok_and(|manifest| manifest.contains_key("workspace"))
    };
    with_manifest()
        .find(|folder| folder.join(SETTINGS_FILE).is_file())
        .or_else(|| with_manifest().find(is_workspace))
        .or_else(|| with_manifest().next())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_an_end_and_are_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SETTINGS_FILE);
        for (bytes, kind) in
            [(vec![b'#'; MAX_SETTINGS_BYTES + 1], ErrorKind::FileTooLarge), (vec![b'#', 0xff], ErrorKind::InvalidData)]
        {
            fs::write(&path, bytes).unwrap();
            assert_eq!(read_settings(&path).unwrap_err().kind(), kind);
        }
        fs::write(&path, "# ü").unwrap();
        assert_eq!(read_settings(&path).unwrap(), "# ü");
    }

    #[test]
    fn the_root_is_found_from_within() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("contracts/counter");
        fs::create_dir_all(package.join("src")).unwrap();
        assert_eq!(find_root(&package), None);
        fs::write(package.join("Cargo.toml"), "[package]").unwrap();
        assert_eq!(find_root(&package.join("src")), Some(package.clone()));
        fs::write(folder.path().join("Cargo.toml"), "[workspace]").unwrap();
        assert_eq!(find_root(&package.join("src")), Some(folder.path().to_owned()));
        fs::write(package.join(SETTINGS_FILE), "").unwrap();
        assert_eq!(find_root(&package.join("src")), Some(package));
    }
}

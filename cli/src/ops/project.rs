//! A user's project: where it is, and what its `dusk.toml` says.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::sdk;
use crate::error::{Fault, nearest};

/// The file that holds a project's networks and accounts.
pub(crate) const SETTINGS_FILE: &str = "dusk.toml";
/// The network that is meant where none is named.
pub(crate) const DEFAULT_NETWORK: &str = "local";
/// Networks that need no entry in `dusk.toml`.
const KNOWN_NETWORKS: [(&str, &str); 3] = [
    (DEFAULT_NETWORK, "http://127.0.0.1:8080"),
    ("testnet", "https://testnet.nodes.dusk.network"),
    ("mainnet", "https://nodes.dusk.network"),
];

/// A project on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The folder of the workspace's manifest.
    pub(crate) root: PathBuf,
    /// What `dusk.toml` says.
    pub(crate) settings: Settings,
}

/// The content of `dusk.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Networks by name.
    networks: BTreeMap<String, Network>,
    /// Names for accounts: a development account's name, or an address.
    accounts: BTreeMap<String, String>,
    /// Where the SDK comes from.
    sdk: SdkSettings,
}

/// One network.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    /// The HTTP address of a node.
    url: String,
}

/// `[sdk]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SdkSettings {
    /// `registry`: the SDK comes from crates.io, not from `cargo-dusk`.
    source: Option<String>,
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
        let settings = match fs::read_to_string(&path) {
            Ok(text) => toml_edit::de::from_str(&text).map_err(|error| {
                Fault::usage(format!("{}: {}", path.display(), error.to_string().trim_end()), "mend the file")
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Settings::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { root, settings })
    }

    /// Where the project's artefacts are. Always below the project, also where cargo's own target folder is elsewhere.
    pub(crate) fn artefacts(&self) -> PathBuf {
        self.root.join("target/dusk")
    }

    /// Makes sure that cargo finds the SDK. Returns whether anything was written.
    pub(crate) fn ensure_sdk(&self) -> Result<bool> {
        match self.settings.sdk.source.as_deref() {
            Some("registry") => Ok(false),
            None => sdk::ensure_patch(&self.root),
            Some(other) => Err(Fault::usage(
                format!("{SETTINGS_FILE}: unknown SDK source `{other}`"),
                "write `registry`, or leave the line out to use the SDK that cargo-dusk carries",
            )),
        }
    }
}

impl Settings {
    /// The address of a network, given by name or as a URL.
    ///
    /// # Errors
    /// A usage fault when the name is not known.
    pub(crate) fn network(&self, given: Option<&str>) -> Result<String> {
        let given = given.unwrap_or(DEFAULT_NETWORK);
        let known = KNOWN_NETWORKS.iter().find(|(name, _)| *name == given).map(|(_, url)| *url);
        let configured = self.networks.get(given).map(|network| network.url.as_str());
        let url = if given.contains("://") { Some(given) } else { configured.or(known) };
        let url = url.ok_or_else(|| {
            let names = self.networks.keys().map(String::as_str).chain(KNOWN_NETWORKS.iter().map(|(name, _)| *name));
            let hint = nearest(given, names.clone()).map_or_else(
                || format!("known are {}; add others to {SETTINGS_FILE}, or give a URL", listed(names)),
                |name| format!("did you mean `{name}`?"),
            );
            Fault::usage(format!("unknown network `{given}`"), hint)
        })?;
        Ok(url.trim_end_matches('/').to_owned())
    }

    /// What a name stands for in `[accounts]`.
    pub(crate) fn account(&self, name: &str) -> Option<&str> {
        self.accounts.get(name).map(String::as_str)
    }

    /// The names in `[accounts]`.
    pub(crate) fn account_names(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }
}

/// Names in one line, each once, in the order of the alphabet.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: std::collections::BTreeSet<&str> = names.into_iter().collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
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

    #[test]
    fn networks_have_names_and_addresses() {
        let settings: Settings = toml_edit::de::from_str(
            "[networks.local]\nurl = \"http://127.0.0.1:9000/\"\n[accounts]\nissuer = \"grace\"",
        )
        .unwrap();
        assert_eq!(settings.network(None).unwrap(), "http://127.0.0.1:9000");
        assert_eq!(settings.network(Some("http://h:1/")).unwrap(), "http://h:1");
        assert_eq!(Settings::default().network(None).unwrap(), "http://127.0.0.1:8080");
        assert!(settings.network(Some("tesnet")).is_err());
        assert_eq!(settings.account("issuer"), Some("grace"));
        assert!(toml_edit::de::from_str::<Settings>("[network]\n").is_err(), "misspelt tables are noticed");
    }
}

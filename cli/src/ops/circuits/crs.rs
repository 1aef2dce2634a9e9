//! Production's parameters on this machine: where they come from, where they are kept, and that they are the right
//! ones.
//!
//! The file is 2^17 points of the trusted setup, which nobody can make. It is known by its SHA-256 hash; a file with
//! another one is refused, wherever it comes from.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use dusk_sdk_prover::{EntryKind, KeyStore, PRODUCTION_SHA256, Parameters, ParametersError, Progress};

use crate::error::Fault;
use crate::ops::project::folders;
use crate::ops::report::Report;
use crate::ops::tls;

/// Where production's own tools fetch the file. Source: the option `--crs-url` of `rusk recovery keys`, 1.7.
pub(crate) const DEFAULT_URL: &str = "https://testnet.nodes.dusk.network/trusted-setup";
/// The answer of a node with its parameters (the book, "The HTTP interface", section "Endpoints").
const NODE_PATH: &str = "/on/node/crs";
/// The most bytes that are read: several times what the file has.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// How long it may take for all of it.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(600);
/// The file of parameters in the data folder, and the one with their id.
const FILES: [&str; 2] = ["production.crs", "production.id"];

/// Production's parameters, as far as they are here.
#[derive(Debug)]
pub(crate) struct Production {
    /// The file.
    pub(crate) path: PathBuf,
    /// Their id, in hexadecimal, as keys name it.
    pub(crate) id: String,
    /// Bytes of the file.
    pub(crate) bytes: u64,
}

/// The fetched parameters.
pub(crate) fn fetched() -> Result<Option<Production>> {
    let [path, id] = files()?;
    match (fs::metadata(&path), fs::read_to_string(&id)) {
        (Ok(file), Ok(id)) => {
            // The id says which of the kept parameters are production's.
            folders::check_private(&folder()?)?;
            Ok(Some(Production { path, id: id.trim().to_owned(), bytes: file.len() }))
        }
        _ => Ok(None),
    }
}

fn folder() -> Result<PathBuf> {
    Ok(folders::data()?.join("crs"))
}

fn files() -> Result<[PathBuf; 2]> {
    let folder = folder()?;
    Ok(FILES.map(|name| folder.join(name)))
}

/// Production's parameters for circuits of up to `gates` gates.
///
/// # Errors
/// An environment fault when they were not fetched, or the file is damaged.
pub(crate) fn production(store: &KeyStore, gates: usize, progress: Progress<'_>) -> Result<Parameters> {
    let fetched = fetched()?.ok_or_else(not_here)?;
    // They were checked when they were kept. The store may have been emptied: then they are read and checked again.
    let kept =
        store.ls().unwrap_or_default().into_iter().find(|entry| {
            matches!(entry.kind, EntryKind::Parameters { .. }) && entry.parameters.to_string() == fetched.id
        });
    if let Some(parameters) = kept.and_then(|entry| store.parameters(entry.parameters, gates)) {
        return Ok(parameters);
    }
    let parameters = Parameters::from_file(&fetched.path, Some(PRODUCTION_SHA256), progress)
        .map_err(|error| refused(&fetched.path.display().to_string(), &error))?;
    // A store that cannot keep them costs time, nothing else.
    let _ = store.keep(&parameters);
    Ok(parameters)
}

/// Production's parameters from the fetched file, compared with its known hash; the parameters in a store are
/// not used.
///
/// # Errors
/// An environment fault when they were not fetched, or the file is damaged.
pub(crate) fn production_from_file(progress: Progress<'_>) -> Result<Parameters> {
    let fetched = fetched()?.ok_or_else(not_here)?;
    Parameters::from_file(&fetched.path, Some(PRODUCTION_SHA256), progress)
        .map_err(|error| refused(&fetched.path.display().to_string(), &error))
}

fn not_here() -> anyhow::Error {
    Fault::environment(
        "the production parameters are not on this machine",
        "fetch them with `cargo dusk crs fetch`, or build with development parameters: `--crs development`",
    )
}

/// Fetches production's parameters from a file, a URL or a node, and keeps them if they are the right ones.
///
/// # Errors
/// An environment fault when nothing answers; a failure when what came is something else.
pub(crate) fn fetch(from: &str, sha256: &str, progress: Progress<'_>, report: &dyn Report) -> Result<Production> {
    let bytes = if from.contains("://") { download(from, report)? } else { read(Path::new(from))? };
    let parameters = Parameters::from_bytes(&bytes, Some(sha256), progress).map_err(|error| refused(from, &error))?;
    let [path, id] = files()?;
    folders::make_private(&folder()?)?;
    folders::write_atomically(&path, &bytes)?;
    folders::write_atomically(&id, parameters.id().to_string().as_bytes())?;
    let _ = super::proving::store()?.keep(&parameters);
    Ok(Production { path, id: parameters.id().to_string(), bytes: bytes.len() as u64 })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| {
        let hint = if error.kind() == ErrorKind::NotFound {
            "give a file, the URL of a file, or the URL of a node; without it, the command uses the production server"
        } else {
            "give a file that you may read"
        };
        Fault::usage(format!("cannot read {}: {error}", path.display()), hint)
    })
}

/// The body of a URL. One without a path is a node, which is asked as nodes are.
fn download(url: &str, report: &dyn Report) -> Result<Vec<u8>> {
    let (asked, is_node) = address(url);
    let agent = tls::for_files(TRANSFER_TIMEOUT);
    let unreachable = |error: &dyn std::fmt::Display| {
        Fault::environment(
            format!("cannot fetch {asked}: {error}"),
            "check the address and the network connection; `cargo dusk crs fetch FILE` reads a local file",
        )
    };
    let response = if is_node { agent.post(&asked).send_empty() } else { agent.get(&asked).call() };
    let mut response = response.map_err(|error| unreachable(&error))?;
    let length = response.body().content_length();
    let bar = report.bar("fetching the parameters");
    let mut reader = response.body_mut().as_reader().take(MAX_FILE_BYTES + 1);
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let count = reader.read(&mut chunk).map_err(|error| unreachable(&error))?;
        if count == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(length) = length.filter(|length| *length > 0) {
            #[expect(clippy::cast_precision_loss, reason = "a share for people")]
            bar.set((bytes.len() as f32 / length as f32).min(1.0));
        }
    }
}

/// The request for a URL, and whether a node serves it.
fn address(url: &str) -> (String, bool) {
    let bare = url.trim_end_matches('/');
    let path = bare.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    match path {
        None => (format!("{bare}{NODE_PATH}"), true),
        Some((_, path)) => (url.to_owned(), format!("/{path}") == NODE_PATH),
    }
}

fn refused(from: &str, error: &ParametersError) -> anyhow::Error {
    let message = match error {
        ParametersError::Read { source, .. } => format!("{error}: {source}"),
        _ => format!("{from}: {error}"),
    };
    let hint = match error {
        ParametersError::Length { .. } => {
            "the file is incomplete or not a parameters file: fetch it again with `cargo dusk crs fetch`"
        }
        ParametersError::Hash { .. } => {
            "these are not the production parameters, and were not stored; fetch them from another source"
        }
        _ => "fetch them again with `cargo dusk crs fetch`",
    };
    Fault::failed(message, hint)
}

/// Writes into a project's settings which parameters it wants.
///
/// # Errors
/// A usage fault when the file cannot be read as TOML.
pub(crate) fn write_choice(path: &Path, name: &str) -> Result<bool> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut document: toml_edit::DocumentMut = text
        .parse()
        .map_err(|error| Fault::usage(format!("{}: {error}", path.display()), "fix the file, and try again"))?;
    let chosen = match document.get_mut("circuits") {
        // At the end: the other content there, comments above all, stays where it is.
        None => {
            let gap = if text.is_empty() || text.ends_with("\n\n") {
                ""
            } else if text.ends_with('\n') {
                "\n"
            } else {
                "\n\n"
            };
            format!("{text}{gap}[circuits]\ncrs = \"{name}\"\n")
        }
        Some(item) => {
            let table = item.as_table_like_mut().ok_or_else(|| {
                Fault::usage(format!("{}: `circuits` is not a table", path.display()), "fix the file, and try again")
            })?;
            if table.get("crs").and_then(toml_edit::Item::as_str) == Some(name) {
                return Ok(false);
            }
            table.insert("crs", toml_edit::value(name));
            document.to_string()
        }
    };
    folders::write_atomically(path, chosen.as_bytes())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_asked_as_nodes_and_files_as_files() {
        for node in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/on/node/crs"] {
            assert_eq!(address(node), ("http://127.0.0.1:8080/on/node/crs".to_owned(), true), "{node}");
        }
        assert_eq!(address(DEFAULT_URL), (DEFAULT_URL.to_owned(), false));
    }

    #[test]
    fn the_choice_stands_in_the_settings_beside_what_else_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dusk.toml");
        assert!(write_choice(&path, "production").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "[circuits]\ncrs = \"production\"\n");
        fs::write(&path, "# mine\n[build]\nsmall = true # so\n").unwrap();
        assert!(write_choice(&path, "production").unwrap());
        assert!(!write_choice(&path, "production").unwrap());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# mine\n[build]\nsmall = true # so\n"), "{text}");
        assert!(text.ends_with("\n\n[circuits]\ncrs = \"production\"\n"), "{text}");
        assert!(write_choice(&path, "development").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), text.replace("production", "development"));
        fs::write(&path, "circuits = 1").unwrap();
        assert!(write_choice(&path, "production").is_err());
    }
}

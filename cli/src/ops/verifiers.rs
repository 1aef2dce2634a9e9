//! The verifier keys that contracts are built with.
//!
//! They lie in a folder of the project, one file for each circuit, and are written only when they change: the compiler builds
//! a contract anew when a key that is in it does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use local_node_types::abi::CircuitKey;
use serde::{Deserialize, Serialize};

use super::artifact::hash_of;
use super::circuits::Circuits;
use super::proving::{Crs, Proving};
use super::{crs, folders};
use crate::output::Ui;

/// The folder in `target/dusk` with the keys.
const FOLDER: &str = "circuits";
/// What the files' names end with. The macro asks for them by this.
const EXTENSION: &str = "verifier";
/// The variable that tells the macro where the folder is.
pub(crate) const VARIABLE: &str = "DUSK_CIRCUITS";

/// A verifier key in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerifierKey {
    /// What it belongs to.
    pub(crate) circuit: CircuitKey,
    /// The package of the circuit.
    pub(crate) package: String,
    /// BLAKE3 of the file.
    hash: String,
    /// The file.
    pub(crate) path: PathBuf,
}

impl VerifierKey {
    /// Whether the file is that of the build.
    pub(crate) fn is_whole(&self) -> bool {
        self.read().is_some()
    }

    /// The key, if the file is that of the build.
    pub(crate) fn read(&self) -> Option<Vec<u8>> {
        fs::read(&self.path).ok().filter(|bytes| hash_of(bytes) == self.hash)
    }
}

/// The folder of the keys in a project's folder of artefacts.
pub(crate) fn folder(artefacts: &Path) -> PathBuf {
    artefacts.join(FOLDER)
}

/// Makes the keys of all circuits, where they are not there yet. `known`: what the last build made.
///
/// # Errors
/// When a circuit cannot be built or is too large, or the parameters are missing.
pub(crate) fn make(
    artefacts: &Path,
    circuits: &Circuits,
    known: &[VerifierKey],
    crs: Crs,
    ui: &Ui,
) -> Result<Vec<VerifierKey>> {
    let folder = folder(artefacts);
    let proving = Proving::with(crs)?;
    let wanted = match crs {
        Crs::Development => None,
        Crs::Production => crs::fetched()?.map(|production| production.id),
    };
    let mut made = Vec::new();
    for circuit in circuits.iter() {
        let layout = circuit.describe()?.layout;
        let (digest, path) = (layout.digest().to_string(), folder.join(format!("{}.{EXTENSION}", circuit.name)));
        let is_wanted = |key: &VerifierKey| match &wanted {
            _ if key.circuit.digest != digest => false,
            Some(id) => key.circuit.parameters == *id,
            None => key.circuit.development,
        };
        let last = known.iter().find(|key| key.circuit.name == circuit.name && key.path == path);
        if let Some(last) = last.filter(|key| is_wanted(key) && key.is_whole()) {
            made.push(last.clone());
            continue;
        }
        let keys = proving.keys(&layout, ui)?;
        let (key, parameters) = (keys.verifier_key(), keys.parameters());
        if fs::read(&path).ok().as_deref() != Some(key) {
            folders::write_atomically(&path, key)?;
        }
        let circuit_key = CircuitKey {
            name: circuit.name.clone(),
            digest,
            parameters: parameters.to_string(),
            development: parameters.is_development(),
            gates: layout.gates() as u64,
        };
        let package = circuit.package.clone();
        made.push(VerifierKey { circuit: circuit_key, package, hash: hash_of(key), path });
    }
    remove_others(&folder, &made);
    Ok(made)
}

/// Removes keys of circuits that are gone: a contract that still asks for one must not find it.
fn remove_others(folder: &Path, keys: &[VerifierKey]) {
    let kept: BTreeSet<&Path> = keys.iter().map(|key| key.path.as_path()).collect();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let is_key = path.extension().is_some_and(|extension| extension == EXTENSION);
        if is_key && !kept.contains(path.as_path()) {
            // One that stays is in nobody's way who does not ask for it.
            let _ = fs::remove_file(&path);
        }
    }
}

/// The circuits whose keys are in a module, as the compiler left it.
pub(crate) fn within(module: &[u8], keys: &[VerifierKey]) -> Vec<CircuitKey> {
    let holds = |key: &[u8]| {
        let Some(first) = key.first() else { return false };
        let mut rest = module;
        while let Some(at) = rest.iter().position(|byte| byte == first) {
            if rest[at..].starts_with(key) {
                return true;
            }
            rest = &rest[at + 1..];
        }
        false
    };
    keys.iter().filter(|key| key.read().is_some_and(|bytes| holds(&bytes))).map(|key| key.circuit.clone()).collect()
}

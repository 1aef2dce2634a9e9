//! The record of a verifier key that contracts are built with.

use std::fs;
use std::path::PathBuf;

use dusk_sdk_protocol::abi::CircuitKey;
use serde::{Deserialize, Serialize};

use crate::ops::hash::hash_of;

/// A verifier key in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerifierKey {
    /// The circuit that it belongs to.
    pub(crate) circuit: CircuitKey,
    /// The package of the circuit.
    pub(crate) package: String,
    /// BLAKE3 of the file.
    hash: String,
    /// The file.
    pub(crate) path: PathBuf,
}

impl VerifierKey {
    /// For a file with this key.
    pub(crate) fn new(circuit: CircuitKey, package: String, key: &[u8], path: PathBuf) -> Self {
        Self { circuit, package, hash: hash_of(key), path }
    }

    /// Whether the file is that of the build.
    pub(crate) fn is_whole(&self) -> bool {
        self.read().is_some()
    }

    /// The key, if the file is that of the build.
    pub(crate) fn read(&self) -> Option<Vec<u8>> {
        fs::read(&self.path).ok().filter(|bytes| hash_of(bytes) == self.hash)
    }
}

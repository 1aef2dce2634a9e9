//! The artefacts of a build in `target/dusk`, and the record by which the next build detects changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use dusk_sdk_protocol::abi::{CircuitKey, ContractAbi};
use local_node_types::rules::{GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS};
use serde::{Deserialize, Serialize};

use crate::error::{Fault, nearest};
use crate::ops::cargo::inputs::Inputs;
use crate::ops::circuits::verifier_key::VerifierKey;
use crate::ops::contract::wasm::without_custom;
use crate::ops::hash::hash_of;
use crate::ops::project::folders;

/// The record's file in `target/dusk`.
const RECORD_FILE: &str = "build.json";

/// One built contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Artifact {
    /// The name of its package.
    pub(crate) name: String,
    /// Bytes of the contract.
    pub(crate) bytes: usize,
    /// Bytes of its code as the compiler left it.
    pub(crate) compiled_bytes: usize,
    /// Bytes of its code as it is now; the rest describes it.
    pub(crate) code_bytes: usize,
    /// Whether wasm-opt was at work.
    pub(crate) optimised: bool,
    /// BLAKE3 of the contract, by which the chain knows it.
    pub(crate) hash: String,
    /// Bytes of the data driver.
    pub(crate) driver_bytes: usize,
    /// BLAKE3 of the data driver.
    pub(crate) driver_hash: String,
    /// BLAKE3 of the two files that the compiler made.
    pub(crate) compiled_hash: String,
    /// How many functions it has.
    pub(crate) functions: usize,
    /// How many events it has.
    pub(crate) events: usize,
    /// The circuits whose verifier keys are in it.
    #[serde(default)]
    pub(crate) circuits: Vec<CircuitKey>,
    /// The folder that holds it all.
    pub(crate) folder: PathBuf,
}

impl Artifact {
    /// One that has nothing but a name.
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            bytes: 1,
            compiled_bytes: 1,
            code_bytes: 1,
            optimised: false,
            hash: String::new(),
            driver_bytes: 1,
            driver_hash: String::new(),
            compiled_hash: String::new(),
            functions: 0,
            events: 0,
            circuits: Vec::new(),
            folder: PathBuf::new(),
        }
    }

    /// The contract.
    pub(crate) fn wasm_path(&self) -> PathBuf {
        self.folder.join(format!("{}.wasm", self.name))
    }

    /// The contract's code with the names of its functions, which are not deployed.
    pub(crate) fn named_path(&self) -> PathBuf {
        named_beside(&self.wasm_path())
    }

    /// The data driver.
    pub(crate) fn driver_path(&self) -> PathBuf {
        self.folder.join(format!("{}.driver.wasm", self.name))
    }

    /// The description.
    pub(crate) fn abi_path(&self) -> PathBuf {
        self.folder.join("abi.json")
    }

    /// Reads the contract.
    pub(crate) fn wasm(&self) -> Result<Vec<u8>> {
        read(&self.wasm_path())
    }

    /// Reads the data driver.
    pub(crate) fn driver(&self) -> Result<Vec<u8>> {
        read(&self.driver_path())
    }

    /// Reads the description.
    pub(crate) fn abi(&self) -> Result<ContractAbi> {
        let path = self.abi_path();
        serde_json::from_slice(&read(&path)?).with_context(|| format!("{} is damaged", path.display()))
    }

    /// The least gas that a deployment is charged.
    pub(crate) fn deploy_gas(&self) -> u64 {
        (self.bytes as u64 * GAS_PER_DEPLOY_BYTE).max(MIN_DEPLOY_GAS)
    }

    /// Whether the files are those of the build.
    pub(crate) fn is_whole(&self) -> bool {
        let has = |path: &Path, hash: &str| fs::read(path).is_ok_and(|bytes| hash_of(&bytes) == hash);
        has(&self.wasm_path(), &self.hash) && has(&self.driver_path(), &self.driver_hash) && self.abi().is_ok()
    }
}

/// Where a build leaves the names for the contract in this file.
pub(crate) fn named_beside(contract: &Path) -> PathBuf {
    contract.with_extension("named.wasm")
}

/// The module with names that the build left beside another, if it is still the same module.
pub(crate) fn named_twin(path: &Path, wasm: &[u8]) -> Option<Vec<u8>> {
    let named = fs::read(path).ok()?;
    let same = without_custom(&named).ok()? == without_custom(wasm).ok()?;
    same.then_some(named)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A contract as the last build left it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BuiltContract {
    /// The contract.
    pub(crate) artifact: Artifact,
    /// Its inputs; `None` if the next build must run cargo.
    pub(crate) inputs: Option<Inputs>,
}

impl BuiltContract {
    /// Whether it needs no building.
    pub(crate) fn is_fresh(&self, root: &Path) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| inputs.unchanged(root)) && self.artifact.is_whole()
    }
}

/// The circuits as the last build left them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BuiltCircuits {
    /// Text that changes whenever other packages have the circuits.
    pub(crate) plan: String,
    /// Their inputs; `None` if the next build must run cargo.
    pub(crate) inputs: Option<Inputs>,
    /// Their verifier keys.
    pub(crate) keys: Vec<VerifierKey>,
}

impl BuiltCircuits {
    /// Whether they need no building where the plan is the same.
    pub(crate) fn is_fresh(&self, root: &Path) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| inputs.unchanged(root)) && self.keys.iter().all(VerifierKey::is_whole)
    }
}

/// The inputs and outputs of the last build.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Compiler, tools and settings.
    pub(crate) tools: String,
    /// The folders of the workspace's members; `None` when only cargo can tell them.
    pub(crate) members: Option<BTreeSet<PathBuf>>,
    /// The circuits.
    pub(crate) circuits: BuiltCircuits,
    /// The contracts, in the order of their names.
    pub(crate) contracts: Vec<BuiltContract>,
}

impl Record {
    /// The last record of a folder of artefacts. One that cannot be read is none.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(RECORD_FILE)).ok()?).ok()
    }

    /// The contracts that it made.
    pub(crate) fn into_artifacts(self) -> Vec<Artifact> {
        self.contracts.into_iter().map(|contract| contract.artifact).collect()
    }

    /// Whether nothing needs building. `members`: the folders of the workspace's members now.
    pub(crate) fn is_fresh(&self, root: &Path, members: Option<&BTreeSet<PathBuf>>) -> bool {
        members.is_some()
            && self.members.as_ref() == members
            && self.circuits.is_fresh(root)
            && self.contracts.iter().all(|contract| contract.is_fresh(root))
    }

    /// Keeps the record.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_vec(self).context("the build's record has text keys")?;
        folders::write_atomically(&folder.join(RECORD_FILE), &text)
    }
}

/// The contract of this name; the only one where none is named.
///
/// # Errors
/// A usage fault that lists the contracts.
pub(crate) fn pick<'a>(artifacts: &'a [Artifact], name: Option<&str>) -> Result<&'a Artifact> {
    let names = || artifacts.iter().map(|artifact| artifact.name.as_str());
    match (name, artifacts) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Fault::usage(
            "the project has several contracts",
            format!("name one of {}", names().collect::<Vec<_>>().join(", ")),
        )),
        (Some(name), _) => artifacts.iter().find(|artifact| artifact.name == name).ok_or_else(|| {
            let hint = nearest(name, names()).map_or_else(
                || format!("the project has {}", names().collect::<Vec<_>>().join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            Fault::usage(format!("there is no contract `{name}`"), hint)
        }),
    }
}

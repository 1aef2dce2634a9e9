//! The deployments of this project, chain by chain.
//!
//! A chain is known by its first block. A node that keeps nothing has the same first block after a restart, so a caller
//! that relies on a deployment also asks the node whether its transaction is there.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use dusk_core::abi::ContractId;
use dusk_sdk_protocol::abi::ContractAbi;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::ops::build::artifact::Artifact;
use crate::ops::hash;
use crate::ops::project::{Project, folders};

/// The file in `target/dusk`.
const FILE: &str = "deployments.json";
/// The file in `target/dusk` for deployments that are not verified yet.
const SENT_FILE: &str = "sent.json";
/// The folder in `target/dusk` for what reads deployed contracts: the project's own files go on with its sources.
const READERS: &str = "deployed";

/// One deployed contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deployment {
    /// Its id, in hexadecimal.
    pub(crate) contract: String,
    /// BLAKE3 of its code.
    pub(crate) code: String,
    /// BLAKE3 of the constructor's argument.
    pub(crate) init: String,
    /// The address of its owner.
    pub(crate) owner: String,
    /// The id of the transaction that deployed it.
    pub(crate) tx: String,
    /// The block that it is in.
    pub(crate) height: u64,
}

impl Deployment {
    /// Its id.
    pub(crate) fn id(&self) -> Result<ContractId> {
        let bytes =
            hash::from_hex(&self.contract).with_context(|| format!("`{}` is not a contract id", self.contract))?;
        Ok(ContractId::from_bytes(bytes))
    }
}

/// A deployment that was handed to a node and is not verified yet. Commands other than `deploy` do not know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    /// The contract's id, in hexadecimal.
    pub(crate) contract: String,
    /// BLAKE3 of its code.
    pub(crate) code: String,
    /// BLAKE3 of the constructor's argument.
    pub(crate) init: String,
    /// The address of the account that signed it, and that it states as the contract's owner.
    pub(crate) owner: String,
    /// The id of the transaction.
    pub(crate) tx: String,
    /// The number from which the contract's id was made.
    pub(crate) number: u64,
}

/// One entry of each name, chain by chain.
type Chains<T> = BTreeMap<String, BTreeMap<String, T>>;

/// The deployments of one project on one chain.
#[derive(Debug)]
pub(crate) struct Deployments {
    folder: PathBuf,
    chain: String,
    chains: Chains<Deployment>,
    sent: Chains<Sent>,
}

impl Deployments {
    /// Reads them.
    pub(crate) fn read(project: &Project, chain: &str) -> Result<Self> {
        let folder = project.artefacts();
        let (chains, sent) = (read(&folder.join(FILE))?, read(&folder.join(SENT_FILE))?);
        Ok(Self { folder, chain: chain.to_owned(), chains, sent })
    }

    /// Every deployment under this name on any chain, each code once, with its description.
    pub(crate) fn everywhere(project: &Project, name: &str) -> Result<Vec<(Deployment, Result<ContractAbi>)>> {
        let all = Self::read(project, "")?;
        let mut found: BTreeMap<&str, &Deployment> = BTreeMap::new();
        for deployment in all.chains.values().filter_map(|chain| chain.get(name)) {
            found.insert(&deployment.code, deployment);
        }
        Ok(found.into_values().map(|deployment| (deployment.clone(), all.abi(deployment))).collect())
    }

    /// The deployment under this name, or with this id.
    pub(crate) fn find(&self, name: &str) -> Option<&Deployment> {
        let here = self.chains.get(&self.chain)?;
        let id = name.strip_prefix("0x").unwrap_or(name);
        here.get(name).or_else(|| here.values().find(|deployment| deployment.contract.eq_ignore_ascii_case(id)))
    }

    /// The names on this chain.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.chains.get(&self.chain).into_iter().flat_map(|here| here.keys().map(String::as_str))
    }

    /// The deployment under this name that is not verified yet.
    pub(crate) fn sent(&self, alias: &str) -> Option<&Sent> {
        self.sent.get(&self.chain)?.get(alias)
    }

    /// Notes a deployment before it is handed to a node.
    pub(crate) fn note_sent(&mut self, alias: &str, sent: Sent) -> Result<()> {
        self.sent.entry(self.chain.clone()).or_default().insert(alias.to_owned(), sent);
        self.write_sent()
    }

    /// Removes the note of a deployment that was sent.
    pub(crate) fn forget_sent(&mut self, alias: &str) -> Result<()> {
        match self.sent.get_mut(&self.chain).and_then(|here| here.remove(alias)) {
            Some(_) => self.write_sent(),
            None => Ok(()),
        }
    }

    fn write_sent(&self) -> Result<()> {
        folders::write_atomically(&self.folder.join(SENT_FILE), &serde_json::to_vec_pretty(&self.sent)?)
    }

    /// Remembers under this name a verified deployment and what reads it.
    pub(crate) fn remember(&mut self, alias: &str, deployment: Deployment, artifact: &Artifact) -> Result<()> {
        folders::write_atomically(&self.driver_path(&deployment), &artifact.driver()?)?;
        folders::write_atomically(&self.abi_path(&deployment), &serde_json::to_vec_pretty(&artifact.abi()?)?)?;
        self.chains.entry(self.chain.clone()).or_default().insert(alias.to_owned(), deployment);
        folders::write_atomically(&self.folder.join(FILE), &serde_json::to_vec_pretty(&self.chains)?)?;
        self.forget_sent(alias)
    }

    /// The description of a deployed contract.
    pub(crate) fn abi(&self, deployment: &Deployment) -> Result<ContractAbi> {
        let path = self.abi_path(deployment);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
    }

    /// The data driver of a deployed contract.
    pub(crate) fn driver(&self, deployment: &Deployment) -> Result<Vec<u8>> {
        let path = self.driver_path(deployment);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn driver_path(&self, deployment: &Deployment) -> PathBuf {
        self.folder.join(READERS).join(format!("{}.driver.wasm", deployment.code))
    }

    fn abi_path(&self, deployment: &Deployment) -> PathBuf {
        self.folder.join(READERS).join(format!("{}.abi.json", deployment.code))
    }
}

/// Reads a file that may not be there yet.
fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Chains<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            Fault::usage(format!("{} is damaged: {error}", path.display()), "delete it, and deploy again")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

//! A contract to call: one that the project has deployed, a genesis contract, or any that the network has a data driver
//! of.

use anyhow::Result;
use dusk_core::abi::ContractId;
use dusk_sdk_protocol::abi::ContractAbi;

use super::connection::{self, Chain};
use super::labels::ChainLabels;
use crate::error::Fault;
use crate::ops::contract::sandbox::{Description, Driver};
use crate::ops::hash;

/// A contract, and what reads it.
pub(crate) struct Target {
    /// Its id.
    pub(crate) id: ContractId,
    /// Its functions, as far as they are known.
    pub(crate) description: Description,
    /// The codec of its arguments and results.
    pub(crate) driver: Driver,
}

impl Target {
    /// The contract of this name or id.
    ///
    /// # Errors
    /// A usage fault where there is no such contract, or nothing that reads it.
    pub(crate) fn find(chain: &Chain, given: &str) -> Result<Self> {
        let name = given.strip_prefix('@').unwrap_or(given);
        if chain.deployments.find(name).is_none() {
            let id = ChainLabels::genesis(name).as_deref().or(Some(name)).and_then(hash::from_hex);
            if let Some(id) = id.map(ContractId::from_bytes) {
                return Self::foreign(chain, id);
            }
        }
        let deployment = chain.contract(name)?;
        let abi = chain.deployments.abi(deployment)?;
        Ok(Self {
            id: deployment.id()?,
            description: Description::Typed(Box::new(abi)),
            driver: Driver::load(&chain.deployments.driver(deployment)?)?,
        })
    }

    fn foreign(chain: &Chain, id: ContractId) -> Result<Self> {
        let driver = match Driver::built_in(&id) {
            Some(driver) => driver,
            None => Driver::load(&downloaded(chain, &hex::encode(id.as_bytes()))?)?,
        };
        let description = driver.description().map_err(|error| {
            Fault::failed(
                format!(
                    "cannot read the data driver's description of contract {}: {error:#}",
                    hex::encode(id.as_bytes())
                ),
                "install a newer cargo-dusk: it may know the format",
            )
        })?;
        Ok(Self { id, description, driver })
    }

    /// Its id in hexadecimal.
    pub(crate) fn hex(&self) -> String {
        hex::encode(self.id.as_bytes())
    }

    /// Its description with types, where its driver gives one.
    pub(crate) fn abi(&self) -> Option<&ContractAbi> {
        match &self.description {
            Description::Typed(abi) => Some(abi),
            Description::Plain(_) => None,
        }
    }

    /// Whether every chain begins with it.
    pub(crate) fn is_genesis(&self) -> bool {
        ChainLabels::is_genesis(&self.hex())
    }
}

/// The driver that the network has of a contract.
fn downloaded(chain: &Chain, contract: &str) -> Result<Vec<u8>> {
    if let Some(driver) = chain.client.driver(contract)? {
        return Ok(driver);
    }
    let is_there = chain.client.metadata(contract).map_err(connection::unreachable)?.is_some();
    Err(if is_there {
        Fault::usage(
            format!("the node has no data driver of contract {contract} to encode the arguments"),
            "the contract's owner can upload one (`cargo dusk deploy` does); the project that deployed it has a copy: \
             call the contract there",
        )
    } else {
        Fault::usage(
            format!("there is no contract {contract} on this chain"),
            "check the id, and the network (`--network`)",
        )
    })
}

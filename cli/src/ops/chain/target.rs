//! A contract to call: one that the project has deployed, or any that the network has a data driver of.

use anyhow::Result;
use dusk_core::abi::ContractId;
use dusk_sdk_protocol::abi::ContractAbi;

use super::connection::Chain;
use crate::error::Fault;
use crate::ops::contract::sandbox::{self, Driver};
use crate::ops::hash;

/// A contract, and what reads it.
pub(crate) struct Target {
    /// Its id.
    pub(crate) id: ContractId,
    /// Its description.
    pub(crate) abi: ContractAbi,
    driver: Vec<u8>,
}

impl Target {
    /// The contract of this name or id.
    ///
    /// # Errors
    /// A usage fault where there is no such contract, or nothing that reads it.
    pub(crate) fn find(chain: &Chain, name: &str) -> Result<Self> {
        let foreign =
            hash::from_hex(name).map(ContractId::from_bytes).filter(|_| chain.deployments.find(name).is_none());
        if let Some(id) = foreign {
            return Self::foreign(chain, id);
        }
        let deployment = chain.contract(name.strip_prefix('@').unwrap_or(name))?;
        let (abi, driver) = (chain.deployments.abi(deployment)?, chain.deployments.driver(deployment)?);
        Ok(Self { id: deployment.id()?, abi, driver })
    }

    fn foreign(chain: &Chain, id: ContractId) -> Result<Self> {
        let text = hex::encode(id.as_bytes());
        let driver = chain.client.driver(&text)?.ok_or_else(|| {
            Fault::usage(
                format!("the network has no data driver for contract {text}, and this project has not deployed it"),
                "check the id; only a data driver from its owner makes a contract readable",
            )
        })?;
        let abi = sandbox::schema(&driver).map_err(|error| {
            Fault::failed(
                format!("the data driver of contract {text} gives no readable description: {error:#}"),
                "contracts made with `dusk-sdk` have one; use the tools of other contracts to read them",
            )
        })?;
        Ok(Self { id, abi, driver })
    }

    /// Its id in hexadecimal.
    pub(crate) fn hex(&self) -> String {
        hex::encode(self.id.as_bytes())
    }

    /// What encodes its arguments and decodes its results.
    pub(crate) fn driver(&self) -> Result<Driver> {
        Driver::load(&self.driver)
    }
}

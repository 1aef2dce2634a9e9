//! One project on one chain: the first needs of commands that talk to a node.

use anyhow::Result;

use super::client::{Client, ClientError};
use super::deployments::{Deployment, Deployments};
use super::labels::ChainLabels;
use crate::error::{Exit, Fault, nearest};
use crate::figures::listed;
use crate::ops::hash;
use crate::ops::project::Project;

/// A node, and what the project has on its chain.
pub(crate) struct Chain {
    /// The node.
    pub(crate) client: Client,
    /// The chain's id.
    pub(crate) id: u8,
    /// The project's deployments there.
    pub(crate) deployments: Deployments,
}

impl Chain {
    /// Asks the node which chain it serves.
    ///
    /// # Errors
    /// An environment fault when no node answers.
    pub(crate) fn connect(project: &Project, network: Option<&str>) -> Result<Self> {
        let client = Client::among_the_furthest(&project.network(network)?);
        let genesis = client.genesis().map_err(unreachable)?;
        let id = client.chain_id()?;
        let deployments = Deployments::read(project, &genesis)?;
        Ok(Self { client, id, deployments })
    }

    /// The deployment of this name or id, if its transaction is on the chain.
    pub(crate) fn living(&self, name: &str) -> Result<Option<&Deployment>> {
        let Some(found) = self.deployments.find(name) else {
            return Ok(None);
        };
        Ok(self.client.transaction(&found.tx)?.filter(|included| included.err.is_none()).map(|_| found))
    }

    /// The deployment of this name or id.
    ///
    /// # Errors
    /// A usage fault when there is none, or when the node has forgotten it.
    pub(crate) fn contract(&self, name: &str) -> Result<&Deployment> {
        if let Some(found) = self.living(name)? {
            return Ok(found);
        }
        let known = self.deployments.find(name).is_some();
        let names = || self.deployments.names();
        Err(match nearest(name, names()).filter(|nearest| *nearest != name) {
            _ if known => Fault::usage(
                format!("`{name}` is no longer on this chain: the node has started a new chain"),
                format!("deploy it again with `cargo dusk deploy {name}`"),
            ),
            Some(near) => {
                Fault::usage(format!("no contract `{name}` is deployed here"), format!("did you mean `{near}`?"))
            }
            None => {
                let deployed = listed(names());
                let hint = if deployed.is_empty() {
                    "deploy it with `cargo dusk deploy` in its project; call any other contract by its id of 64 \
                     hexadecimal digits, and a genesis contract by its name, `transfer` or `stake`"
                        .to_owned()
                } else {
                    format!("deployed contracts: {deployed}")
                };
                Fault::usage(format!("no contract `{name}` is deployed here"), hint)
            }
        })
    }
}

impl Chain {
    /// The id of a contract, given by the name under which the project has deployed it (with or without `@`), by the
    /// name of a genesis contract, or by itself. Whether it is on the chain is not asked.
    ///
    /// # Errors
    /// A usage fault when it is none of these.
    pub(crate) fn contract_id(&self, given: &str) -> Result<String> {
        let name = given.strip_prefix('@').unwrap_or(given);
        if let Some(found) = self.deployments.find(name) {
            return Ok(found.contract.clone());
        }
        if let Some(id) = ChainLabels::genesis(name).or_else(|| hash::normalized(name)) {
            return Ok(id);
        }
        let names = || self.deployments.names().chain(["transfer", "stake"]);
        let hint = nearest(name, names()).map_or_else(
            || format!("known contracts: {}; give the id of any other, 64 hexadecimal digits", listed(names())),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Fault::usage(format!("there is no contract `{given}`"), hint))
    }
}

/// The hint if a node does not answer.
pub(crate) fn unreachable(error: ClientError) -> anyhow::Error {
    let (exit, hint) = error.ending();
    match exit {
        Exit::Failed => error.into(),
        Exit::Usage => Fault::usage(error.to_string(), hint),
        Exit::Environment => Fault::environment(error.to_string(), hint),
    }
}

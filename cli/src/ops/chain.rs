//! One project on one chain: what commands that talk to a node need first.

use anyhow::Result;

use super::client::{Client, ClientError};
use super::deployments::{Deployment, Deployments};
use super::project::{Project, listed};
use crate::error::{Fault, nearest};

/// A node, and what the project has on its chain.
pub(crate) struct Chain {
    /// The node.
    pub(crate) client: Client,
    /// The chain's id.
    pub(crate) id: u8,
    /// What the project has deployed there.
    pub(crate) deployments: Deployments,
}

impl Chain {
    /// Asks the node which chain it serves.
    ///
    /// # Errors
    /// An environment fault when no node answers.
    pub(crate) fn connect(project: &Project, network: Option<&str>) -> Result<Self> {
        let client = Client::new(&project.settings.network(network)?);
        let genesis = client.genesis().map_err(|error| match error {
            ClientError::Unreachable { .. } => Fault::environment(
                error.to_string(),
                "start one with `cargo dusk node` in another terminal, or name another with `--network`",
            ),
            ClientError::Tls { .. } => Fault::usage(error.to_string(), "use the http:// address of a node"),
            other => other.into(),
        })?;
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
                format!("`{name}` is not on this chain any more: the node has begun anew"),
                format!("deploy it again with `cargo dusk deploy {name}`"),
            ),
            Some(near) => {
                Fault::usage(format!("no contract `{name}` is deployed here"), format!("did you mean `{near}`?"))
            }
            None => {
                let deployed = listed(names());
                let hint = if deployed.is_empty() {
                    "deploy it with `cargo dusk deploy`".to_owned()
                } else {
                    format!("deployed are {deployed}")
                };
                Fault::usage(format!("no contract `{name}` is deployed here"), hint)
            }
        })
    }
}

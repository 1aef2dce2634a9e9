//! One chain, reached through a node.
//!
//! | file | about |
//! |---|---|
//! | `client` | a node's interface |
//! | `connection` | one project on one chain |
//! | `deployments` | the deployments of the project, chain by chain |
//! | `names` | the signer, and the meaning of `@name` |
//! | `labels` | names for accounts and contracts that people see |
//! | `target` | a contract to call |
//! | `transact` | transactions simulated, sent and waited for |
//! | `plan` | the contracts to deploy, and their order |
//! | `deploying` | deployments sent and verified |
//! | `claim` | the id of a deployment, and that it is ours |
//! | `refusal` | why a call was refused |
//! | `readers` | bytes of contracts, read by data drivers |
//! | `event_stream` | the events of every block, once and in order |
//! | `clock` | times and durations |

pub(crate) mod claim;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod connection;
pub(crate) mod deploying;
pub(crate) mod deployments;
pub(crate) mod event_stream;
pub(crate) mod labels;
pub(crate) mod names;
pub(crate) mod plan;
pub(crate) mod readers;
pub(crate) mod refusal;
pub(crate) mod target;
pub(crate) mod transact;

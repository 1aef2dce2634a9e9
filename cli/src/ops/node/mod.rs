//! A node in this process.
//!
//! | file | about |
//! |---|---|
//! | `embedded` | the node, its start and its end |
//! | `joining` | the facts that a node needs before it takes part in a network |
//! | `supervised` | a node that ends with the process that watches over it |
//! | `log` | the log of a node's work |
//! | `ports` | the program that listens at a port |

pub(crate) mod embedded;
pub(crate) mod joining;
pub(crate) mod log;
pub(crate) mod ports;
pub(crate) mod supervised;

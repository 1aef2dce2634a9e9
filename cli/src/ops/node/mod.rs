//! A node in this process.
//!
//! | file | about |
//! |---|---|
//! | `embedded` | the node, its start and its end |
//! | `joining` | what a node needs to know before it takes part in a network |
//! | `supervised` | a node that ends with the process that watches over it |
//! | `log` | what a node tells of its work |
//! | `ports` | the program that listens at a port |

pub(crate) mod embedded;
pub(crate) mod joining;
pub(crate) mod log;
pub(crate) mod ports;
pub(crate) mod supervised;

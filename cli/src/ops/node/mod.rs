//! A node in this process.
//!
//! | file | about |
//! |---|---|
//! | `embedded` | the node, its start and its end |
//! | `ports` | the program that listens at a port |

pub(crate) mod embedded;
pub(crate) mod ports;

//! The options that several commands share.
//!
//! | file | about |
//! |---|---|
//! | `network` | the network that a command looks at |
//! | `sending` | the options of commands that send transactions |
//! | `words` | the words behind the contract of a call |

mod network;
mod sending;
mod words;

pub(crate) use self::network::Where;
pub(crate) use self::sending::Sending;
pub(crate) use self::words::{ARGUMENT_PREFIX, Options, Words};

//! The data that nodes exchange: blocks, votes, messages, and their codecs.
//!
//! Nothing here decides anything. The crate holds data, the one encoding of each, and the rules of the chain as
//! tables, so that the virtual machine, the consensus, the node and the command line can speak of the same things
//! without knowing each other.
//!
//! | module | holds |
//! |---|---|
//! | [`codec`] | bounded reading and writing of binary forms |
//! | [`keys`] | BLS keys and signatures as bytes |
//! | [`ledger`] | blocks, transactions, attestations, faults |
//! | [`message`] | messages of nodes to each other |
//! | [`merkle`], [`bloom`] | the digests over a block's transactions and events |
//! | [`rules`] | which feature is active at which height, for each rule profile |

pub mod bloom;
pub mod codec;
pub mod keys;
pub mod ledger;
pub mod merkle;
pub mod message;
pub mod rules;

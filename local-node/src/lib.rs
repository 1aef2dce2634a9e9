//! A full node: ledger, mempool, consensus, Kadcast, HTTP. It runs alone, or as one of a network.
//!
//! [`spawn`] starts a node and gives a [`NodeHandle`]; everything else in the process speaks to the node through that.
//! A node is one loop on a thread of its own that owns the mempool and the core of the chain, a thread for the ledger,
//! a thread for the log of votes, and two kinds of work beside them: checking incoming transactions, and answering
//! questions to the state. How these hang together is drawn at the top of `runtime.rs`.
//!
//! | module | is |
//! |---|---|
//! | [`accounts`] | keys from a mnemonic, and the ten development accounts |
//! | [`block`] | blocks of the chain, and the transactions in them |
//! | [`genesis`] | the state before the first block, and block 0 |
//! | [`transaction`] | checks of a transaction without the state |
//! | [`mempool`] | transactions that wait, and the order in which they run |
//! | [`executor`] | the effect of a block on the state; the only place where transactions run for good |
//! | [`ledger`] | candidates built, judged and accepted; labels |
//! | [`store`] | the stored chain |
//! | [`reader`] | questions to the state |
//! | [`drivers`] | modules that turn JSON into contracts' encodings and back |
//! | [`end`] | how a node comes to its end |
//! | [`events`] | events for listeners |
//! | [`handle`] | the node as others see it |
//! | [`network`] | the node's part in a network |
//! | [`answers`] | answers to a core about its ledger's work |
//! | [`record`] | the form of the records in the log of votes |
//! | [`http`] | the node as wallets, explorers and tools see it |
//! | [`test_host`] | chains for contracts' tests, without a node |
//!
//! # Invariants
//!
//! * A block becomes part of the chain only when the consensus has decided it; nothing here makes an attestation.
//! * Building a candidate and verifying one take the same steps, so they give the same state.
//! * Everything that others can make grow has a bound, except the chain itself.
//! * Nothing that a transaction or a contract does ends the node: a panic, a call without an end or a failure of the
//!   machine costs the transaction its place or the question its answer. A loop that ends all the same says so
//!   ([`end::End`]).
//! * A transaction that was running when the process ended is not run again at the next start.
//! * Where there is a data folder, a block is on the medium before anybody hears of it, and so are the node's votes.
//!
//! Not here yet: shielded transactions.

pub mod accounts;
mod archive;
pub mod block;
mod config;
pub mod drivers;
pub mod end;
pub mod events;
pub mod executor;
pub mod genesis;
pub mod handle;
pub mod http;
pub mod ledger;
pub mod network;
pub mod reader;
mod runtime;
pub mod store;
pub mod test_host;
pub mod transaction;
mod weight;
mod work;

/// The form of the records in a node's log of votes: for those who check it.
pub mod record {
    pub use crate::runtime::{decode_record as decode, encode_record as encode};
}

/// The ledger's answers to the core: shared by the node's threads and by simulations, which have none.
pub mod answers {
    pub use crate::runtime::{accounts, removal, senders, verdict};
}

pub use config::{BUILD_TIME, BlockTime, Config, LOCAL_CHAIN_ID, NodeError};
pub use handle::NodeHandle;
pub use local_node_core::mempool;
pub use runtime::spawn;
pub use work::STACK_BYTES;

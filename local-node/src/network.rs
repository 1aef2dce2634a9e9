//! The node's part in a network: its settings, and what it tells of its peers.

mod identity;

use std::net::SocketAddr;

pub use local_node_kadcast::udp::{Link, Path};
use local_node_types::ledger::{Hash, Label};

pub use self::identity::identity;
use crate::end::Stopped;

/// How a node takes part in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkConfig {
    /// The UDP address to listen on.
    pub listen: SocketAddr,
    /// The address at which peers reach the node. Its identity follows from it.
    pub public: SocketAddr,
    /// Nodes to ask for peers first; none for the first node of a network.
    pub bootstrap: Vec<SocketAddr>,
}

/// A node's data about the network and its own place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkStatus {
    /// The address at which peers reach the node.
    pub address: SocketAddr,
    /// The peers that it knows, by their public addresses.
    pub peers: Vec<SocketAddr>,
    /// How many of them are not known to be silent.
    pub alive: usize,
    /// The height of its last block.
    pub height: u64,
    /// The hash of its last block.
    pub hash: Hash,
    /// The label of its last block.
    pub label: Label,
    /// The height of its last final block.
    pub last_final: u64,
    /// The round and the iteration that are running; nothing while the chain changes.
    pub position: Option<(u64, u8)>,
    /// Transactions that wait in its mempool.
    pub waiting: usize,
    /// Datagrams that came.
    pub received: u64,
    /// Of these, the refused ones.
    pub refused: u64,
    /// Datagrams that it sent.
    pub sent: u64,
}

/// Why nothing is known or changed of the network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The node runs alone.
    #[error("this node runs alone: it has no peers")]
    Alone,
    /// The node has ended.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

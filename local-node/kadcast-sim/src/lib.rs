//! Many Kadcast endpoints in one process and in virtual time, and what a broadcast costs beside flooding and gossip.
//!
//! [`net::Net`] moves real endpoints: every datagram is encoded, delayed or lost, decoded and checked. The tests of
//! `local-node-kadcast` use it, and so does the measurement. Flooding and gossip are a [`model`]: nodes with the tables
//! that the endpoints have found, and datagrams of the same sizes and numbers, without their bytes. A test compares the
//! model with endpoints that flood.
//!
//! | module | is |
//! |---|---|
//! | [`net`] | endpoints, links, traces of messages |
//! | [`model`] | flooding and gossip over given tables |
//! | [`measure`] | plans and figures |
//! | [`report`] | figures as a table |
//! | [`plot`] | figures as an SVG |
//!
//! The crate is never shipped.

pub mod measure;
pub mod model;
pub mod net;
pub mod plot;

pub mod report;

use std::net::SocketAddr;

use local_node_kadcast::{ACCEPTED_WORK_BITS, Config, Identity};

/// The network that all simulated nodes belong to.
pub const NETWORK: u8 = 7;

/// The public address of a simulated node.
#[must_use]
pub fn address(number: usize) -> SocketAddr {
    let [.., a, b, c] = number.to_be_bytes();
    SocketAddr::from(([10, a, b, c], 9000))
}

/// The number of the node at an address, if it is one that [`address`] gives.
#[must_use]
pub fn number_of(address: SocketAddr) -> Option<usize> {
    match address {
        SocketAddr::V4(it) => {
            let [ten, a, b, c] = it.ip().octets();
            (ten == 10 && it.port() == 9000).then(|| u32::from_be_bytes([0, a, b, c]) as usize)
        }
        SocketAddr::V6(_) => None,
    }
}

/// The identity of a simulated node, with the least work that others accept.
#[must_use]
pub fn identity(address: SocketAddr) -> Identity {
    Identity::produce(address, ACCEPTED_WORK_BITS)
}

/// The default settings of a node at an address.
#[must_use]
pub fn config(address: SocketAddr) -> Config {
    Config::new(identity(address), NETWORK)
}

/// An endpoint's seed, made of a number.
#[must_use]
pub fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

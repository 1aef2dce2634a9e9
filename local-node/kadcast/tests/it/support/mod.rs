//! A network in virtual time, and measurements on it. Only the crate's public interface is used.

#![allow(dead_code, reason = "not every test uses all of it")]

pub(crate) mod measure;
pub(crate) mod net;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};

use local_node_kadcast::{ACCEPTED_WORK_BITS, Config, Identity};

/// The network of all tests.
pub(crate) const NETWORK: u8 = 7;

/// The identity of a test's node, with the least work that others accept.
pub(crate) fn identity(address: SocketAddr) -> Identity {
    Identity::produce(address, ACCEPTED_WORK_BITS)
}

pub(crate) fn config(address: SocketAddr) -> Config {
    Config::new(identity(address), NETWORK)
}

pub(crate) fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// Addresses on loopback whose ports are free, below the range that systems give to sockets without a port. No two
/// calls of a process give the same.
pub(crate) fn free_addresses(number: usize) -> Vec<SocketAddr> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Processes with neighbouring ids, such as those of other tests, begin apart.
    let start = 10_000 + u16::try_from(std::process::id() % 600 * 32).unwrap();
    let next = || SocketAddr::from(([127, 0, 0, 1], start + TAKEN.fetch_add(1, Ordering::Relaxed) % 2000));
    let is_free = |address: &SocketAddr| {
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)
            .and_then(|socket| socket.bind(&(*address).into()))
            .is_ok()
    };
    let free: Vec<_> = std::iter::repeat_with(next).take(2000).filter(is_free).take(number).collect();
    assert_eq!(free.len(), number, "there are free ports");
    free
}

//! Helpers of tests over real sockets beside the simulated network.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};

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

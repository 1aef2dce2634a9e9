//! Rules for links between nodes: cut, slow, lossy. For tests and for local networks of several processes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::outgoing::Transmit;

/// The most peers with a rule of their own; further rules are dropped.
pub const MAX_LINKS: usize = 4096;
/// The most bytes of delayed datagrams; further ones are lost.
pub const MAX_DELAYED_BYTES: usize = 16 << 20;

/// How datagrams travel in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path {
    /// Nothing arrives.
    pub is_cut: bool,
    /// Of a thousand datagrams, so many are lost.
    pub loss_permille: u16,
    /// All others are late by this time.
    pub delay: Duration,
}

impl Path {
    /// A path on which nothing arrives.
    pub const CUT: Self = Self { is_cut: true, loss_permille: 0, delay: Duration::ZERO };

    fn fate(&self, rng: &mut ChaCha8Rng) -> Fate {
        let is_lost = self.is_cut || self.loss_permille > 0 && rng.gen_range(0..1000) < self.loss_permille;
        match self.delay {
            _ if is_lost => Fate::Lost,
            Duration::ZERO => Fate::Passes,
            delay => Fate::Delayed(delay),
        }
    }
}

/// How datagrams travel to and from a peer. A rule of this process alone: the peer's own rules come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// To the peer.
    pub outgoing: Path,
    /// From the peer.
    pub incoming: Path,
}

impl Link {
    /// A link on which nothing travels.
    pub const CUT: Self = Self { outgoing: Path::CUT, incoming: Path::CUT };
}

/// The fate of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Passes,
    Lost,
    Delayed(Duration),
}

/// A datagram that was delayed.
#[derive(Debug)]
pub(super) enum Delayed {
    Incoming(SocketAddr, Vec<u8>),
    Outgoing(Transmit),
}

impl Delayed {
    fn bytes(&self) -> usize {
        match self {
            Self::Incoming(_, datagram) => datagram.len(),
            Self::Outgoing(transmit) => transmit.datagram.len(),
        }
    }
}

/// Rules of links, and delayed datagrams in the order of their times.
#[derive(Debug)]
pub(super) struct Links {
    others: Link,
    peers: BTreeMap<SocketAddr, Link>,
    rng: ChaCha8Rng,
    delayed: BTreeMap<(Duration, u64), Delayed>,
    delayed_bytes: usize,
    next: u64,
}

impl Links {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self {
            others: Link::default(),
            peers: BTreeMap::new(),
            rng: ChaCha8Rng::from_seed(seed),
            delayed: BTreeMap::new(),
            delayed_bytes: 0,
            next: 0,
        }
    }

    pub(super) fn set(&mut self, peer: Option<SocketAddr>, link: Link) {
        match peer {
            None => self.others = link,
            Some(peer) if self.peers.len() < MAX_LINKS || self.peers.contains_key(&peer) => {
                self.peers.insert(peer, link);
            }
            Some(peer) => tracing::debug!(%peer, "there are too many rules of links"),
        }
    }

    pub(super) fn heal(&mut self) {
        self.others = Link::default();
        self.peers.clear();
    }

    pub(super) fn fate_of_outgoing(&mut self, peer: SocketAddr) -> Fate {
        self.link(peer).outgoing.fate(&mut self.rng)
    }

    pub(super) fn fate_of_incoming(&mut self, peer: SocketAddr) -> Fate {
        self.link(peer).incoming.fate(&mut self.rng)
    }

    fn link(&self, peer: SocketAddr) -> Link {
        self.peers.get(&peer).copied().unwrap_or(self.others)
    }

    pub(super) fn delay_incoming(&mut self, until: Duration, from: SocketAddr, datagram: &[u8]) {
        self.delay(until, Delayed::Incoming(from, datagram.to_vec()));
    }

    pub(super) fn delay_outgoing(&mut self, until: Duration, transmit: Transmit) {
        self.delay(until, Delayed::Outgoing(transmit));
    }

    fn delay(&mut self, until: Duration, delayed: Delayed) {
        if self.delayed_bytes + delayed.bytes() <= MAX_DELAYED_BYTES {
            self.delayed_bytes += delayed.bytes();
            self.delayed.insert((until, self.next), delayed);
            self.next += 1;
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.delayed.first_key_value().map(|((until, _), _)| *until)
    }

    /// The next datagram whose time has come.
    pub(super) fn release(&mut self, now: Duration) -> Option<Delayed> {
        let entry = self.delayed.first_entry().filter(|entry| entry.key().0 <= now)?;
        let delayed = entry.remove();
        self.delayed_bytes -= delayed.bytes();
        Some(delayed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn rules_hold_for_their_peer_and_direction() {
        let mut links = Links::new([1; 32]);
        links.set(Some(peer(1)), Link { outgoing: Path::CUT, incoming: Path::default() });
        assert_eq!(links.fate_of_outgoing(peer(1)), Fate::Lost);
        assert_eq!(links.fate_of_incoming(peer(1)), Fate::Passes);
        assert_eq!(links.fate_of_outgoing(peer(2)), Fate::Passes);
        links.set(None, Link::CUT);
        assert_eq!(links.fate_of_outgoing(peer(2)), Fate::Lost);
        assert_eq!(links.fate_of_incoming(peer(1)), Fate::Passes);
        links.heal();
        assert_eq!(links.fate_of_outgoing(peer(1)), Fate::Passes);
        assert_eq!(links.fate_of_incoming(peer(2)), Fate::Passes);
    }

    #[test]
    fn the_stated_share_is_lost() {
        let mut links = Links::new([2; 32]);
        let path = Path { loss_permille: 200, ..Path::default() };
        links.set(None, Link { outgoing: path, incoming: path });
        let lost = (0..10_000).filter(|_| links.fate_of_outgoing(peer(1)) == Fate::Lost).count();
        assert!((1850..2150).contains(&lost), "{lost}");
    }

    #[test]
    fn delayed_datagrams_come_in_time_and_are_bounded() {
        let mut links = Links::new([3; 32]);
        let millis = Duration::from_millis;
        for (until, byte) in [(30, 3), (10, 1), (20, 2)] {
            links.delay_incoming(millis(until), peer(1), &[byte]);
        }
        assert_eq!(links.deadline(), Some(millis(10)));
        assert!(links.release(millis(9)).is_none());
        let released: Vec<_> = std::iter::from_fn(|| links.release(millis(25))).collect();
        let [Delayed::Incoming(_, one), Delayed::Incoming(_, two)] = &released[..] else { panic!("{released:?}") };
        assert_eq!([one, two], [&[1], &[2]]);
        for _ in 0..20 {
            links.delay_incoming(millis(30), peer(1), &vec![0; 1 << 20]);
        }
        assert!(links.delayed_bytes <= MAX_DELAYED_BYTES);
        assert_eq!(std::iter::from_fn(|| links.release(millis(30))).count(), 1 + 15);
        assert_eq!(links.delayed_bytes, 0);
    }
}

//! This node's scores of its peers, and its budget for each.

use std::collections::BTreeMap;

use local_node_consensus::{Millis, Offence};

use crate::interface::PeerId;

/// The most peers that are remembered. The one that has been silent for longest is forgotten first.
const MAX_PEERS: usize = 1024;
/// The blame at which a peer is dropped. It goes down by one a second.
const MAX_BLAME: u64 = 100;
/// The most blame that is remembered. A peer that comes back is dropped at its next offence until it has been without
/// one for some time, and that time has this bound.
const MOST_BLAME: u64 = 2 * MAX_BLAME;
/// The most items that a peer may ask for in one go.
const BURST_ITEMS: u64 = 400;
/// The items that a peer may ask for in a second.
const ITEMS_PER_SECOND: u64 = 100;

#[derive(Debug)]
struct Peer {
    heard: Millis,
    blame: u64,
    blamed: Millis,
    /// The rest of the items, in thousandths.
    allowance: u64,
    allowed: Millis,
}

/// Peers by their ids.
#[derive(Debug, Default)]
pub(crate) struct Peers(BTreeMap<PeerId, Peer>);

const fn weight(offence: Offence) -> u64 {
    match offence {
        Offence::Signature | Offence::Proof | Offence::Contents => 25,
        // An honest peer relays these for a while if its stakes are out of date, or if it is in an earlier round.
        Offence::Stranger | Offence::Result => 5,
    }
}

/// The most blame that offences of a kind can make. A provisioner can sign votes for steps of later rounds for which it
/// is not drawn, and anybody can alter the results in votes. Honest nodes that are behind relay both. So these offences
/// alone remove no peer.
const fn most(offence: Offence) -> u64 {
    match offence {
        Offence::Signature | Offence::Proof | Offence::Contents => MOST_BLAME,
        Offence::Stranger | Offence::Result => MAX_BLAME - 1,
    }
}

impl Peers {
    fn peer(&mut self, id: PeerId, now: Millis) -> &mut Peer {
        if !self.0.contains_key(&id)
            && self.0.len() >= MAX_PEERS
            && let Some(silent) = self.0.iter().min_by_key(|(_, peer)| peer.heard).map(|(id, _)| *id)
        {
            self.0.remove(&silent);
        }
        let fresh = Peer { heard: now, blame: 0, blamed: now, allowance: BURST_ITEMS * 1000, allowed: now };
        let peer = self.0.entry(id).or_insert(fresh);
        peer.heard = now;
        peer
    }

    /// Blames a peer; true when it is to be dropped. Its blame stays: it may still be heard, and may come back.
    pub(crate) fn blame(&mut self, id: PeerId, offence: Offence, now: Millis) -> bool {
        let peer = self.peer(id, now);
        let left = peer.blame.saturating_sub(now.since(peer.blamed).as_secs());
        peer.blame = left.saturating_add(weight(offence)).min(most(offence)).max(left);
        peer.blamed = now;
        peer.blame >= MAX_BLAME
    }

    /// Whether a peer may have so many items now.
    pub(crate) fn allow(&mut self, id: PeerId, items: usize, now: Millis) -> bool {
        let peer = self.peer(id, now);
        let gained = now.since(peer.allowed).0.saturating_mul(ITEMS_PER_SECOND);
        peer.allowance = peer.allowance.saturating_add(gained).min(BURST_ITEMS * 1000);
        peer.allowed = now;
        let cost = items.max(1) as u64 * 1000;
        let may = peer.allowance >= cost;
        if may {
            peer.allowance -= cost;
        }
        may
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId(7);

    #[test]
    fn blame_adds_up_and_fades() {
        let mut peers = Peers::default();
        let blame = |peers: &mut Peers, secs| peers.blame(PEER, Offence::Signature, Millis::from_secs(secs));
        assert!(!blame(&mut peers, 0) && !blame(&mut peers, 0) && !blame(&mut peers, 0));
        assert!(!blame(&mut peers, 50));
        assert!(!blame(&mut peers, 50) && blame(&mut peers, 50));
    }

    #[test]
    fn a_dropped_peer_does_not_begin_anew() {
        let mut peers = Peers::default();
        let blame = |peers: &mut Peers, secs| peers.blame(PEER, Offence::Proof, Millis::from_secs(secs));
        let drops: Vec<bool> = (0..6).map(|_| blame(&mut peers, 0)).collect();
        assert_eq!(drops, [false, false, false, true, true, true]);
        // It has a blame of 150, and one more offence makes 100 again after 75 s.
        assert!(blame(&mut peers, 75));
        assert!(!blame(&mut peers, 75 + 26));
        // However often it offends, it is forgiven in time.
        for _ in 0..1000 {
            blame(&mut peers, 101);
        }
        assert!(blame(&mut peers, 101 + 125) && !blame(&mut peers, 101 + 125 + 26));
    }

    #[test]
    fn strangers_and_wrong_results_alone_drop_nobody() {
        let mut peers = Peers::default();
        for offence in [Offence::Stranger, Offence::Result] {
            assert!((0..1000).all(|_| !peers.blame(PEER, offence, Millis(0))));
        }
        assert!(peers.blame(PEER, Offence::Proof, Millis(0)), "but they count");
        for offence in [Offence::Stranger, Offence::Result] {
            assert!(peers.blame(PEER, offence, Millis(0)), "and take nothing back");
        }
    }

    #[test]
    fn a_peer_is_served_at_a_rate() {
        let mut peers = Peers::default();
        assert!((0..4).all(|_| peers.allow(PEER, 100, Millis(0))));
        assert!(!peers.allow(PEER, 1, Millis(0)));
        assert!(peers.allow(PEER, 1, Millis(10)) && !peers.allow(PEER, 1, Millis(10)));
    }

    #[test]
    fn the_number_of_peers_is_bounded() {
        let mut peers = Peers::default();
        for id in 0..2 * MAX_PEERS as u64 {
            peers.blame(PeerId(id), Offence::Stranger, Millis(id));
        }
        assert_eq!(peers.len(), MAX_PEERS);
        assert!(peers.0.contains_key(&PeerId(2 * MAX_PEERS as u64 - 1)));
    }
}

//! The routing table: a bucket of peers for each distance.

#[cfg(test)]
mod model;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::identity::{HEIGHTS, Height, Id};
use crate::limits::Source;
use crate::wire::PeerEntry;

/// The most peers of a bucket, as in production (`K_K`).
pub const BUCKET_PEERS: usize = 20;
/// The peers of a bucket that a message is sent to, as in production (`K_BETA`).
pub const DELEGATES: usize = 3;
/// The pings without an answer after which a peer is dropped.
pub const MAX_MISSED_PINGS: u8 = 3;
/// The most peers of one source in a bucket: an address has 65,535 ports, and each is an id.
pub const MAX_SOURCE_PEERS: usize = 4;

/// A peer that has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its public address.
    pub address: SocketAddr,
    /// Its id.
    pub id: Id,
    /// When a datagram of it came last.
    pub seen: Duration,
    /// Pings since then that it has not answered.
    pub missed: u8,
}

/// Peers of one distance, the one that was silent longest first, and one that waits for its place.
#[derive(Debug, Default)]
struct Bucket {
    peers: Vec<Peer>,
    waiting: Option<Peer>,
}

/// The result for a peer that has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It is in the table from now on.
    New,
    /// It was in the table.
    Known,
    /// It waits until this peer, silent for long, has been pinged.
    Waits {
        /// The silent one.
        silent: SocketAddr,
    },
    /// The table has enough peers like it.
    NoRoom,
}

/// The result for a peer that has not answered a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    /// It stays.
    Stays,
    /// It is no longer in the table.
    Left {
        /// The peer that took its place.
        heir: Option<SocketAddr>,
    },
    /// It was not in the table.
    Unknown,
}

/// Peers by their distance to this node. All of them have answered a ping or a question.
#[derive(Debug)]
pub(crate) struct Table {
    own: Id,
    /// A peer that was silent for so long may have to give its place up.
    node_ttl: Duration,
    buckets: BTreeMap<Height, Bucket>,
    len: usize,
}

impl Table {
    pub(crate) const fn new(own: Id, node_ttl: Duration) -> Self {
        Self { own, node_ttl, buckets: BTreeMap::new(), len: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All peers, by their height.
    pub(crate) fn peers(&self) -> impl Iterator<Item = (Height, &Peer)> {
        self.buckets.iter().flat_map(|(height, bucket)| bucket.peers.iter().map(move |peer| (*height, peer)))
    }

    pub(crate) fn contains(&self, id: Id) -> bool {
        self.bucket(id).is_some_and(|bucket| bucket.peers.iter().any(|peer| peer.id == id))
    }

    /// Whether a peer of this id could come into the table now.
    pub(crate) fn has_room(&self, now: Duration, id: Id, address: SocketAddr) -> bool {
        let Some(bucket) = self.bucket(id) else { return self.own != id };
        let can_give_way = |peer: &Peer| now.saturating_sub(peer.seen) >= self.node_ttl;
        let source = Source::of(address);
        let of_source = bucket.peers.iter().filter(|peer| Source::of(peer.address) == source).count();
        of_source < MAX_SOURCE_PEERS
            && (bucket.peers.len() < BUCKET_PEERS || bucket.peers.first().is_some_and(can_give_way))
    }

    /// Peers that are not known to be silent: heard of within twice the time to live, no ping missed.
    pub(crate) fn alive(&self, now: Duration) -> impl Iterator<Item = &Peer> {
        let is_alive = move |peer: &&Peer| peer.missed == 0 && now.saturating_sub(peer.seen) < 2 * self.node_ttl;
        self.peers().map(|(_, peer)| peer).filter(is_alive)
    }

    /// Notes that a datagram of a peer came. Whether it is in the table.
    pub(crate) fn touch(&mut self, now: Duration, id: Id) -> bool {
        let Some(height) = self.own.height_of(id) else { return false };
        let Some(bucket) = self.buckets.get_mut(&height) else { return false };
        let Some(place) = bucket.peers.iter().position(|peer| peer.id == id) else { return false };
        let mut peer = bucket.peers.remove(place);
        (peer.seen, peer.missed) = (now, 0);
        bucket.peers.push(peer);
        true
    }

    /// Places a peer that has answered.
    pub(crate) fn place(&mut self, now: Duration, id: Id, address: SocketAddr) -> Placed {
        if self.touch(now, id) {
            return Placed::Known;
        }
        let Some(height) = self.own.height_of(id) else { return Placed::NoRoom };
        if !self.has_room(now, id, address) {
            return Placed::NoRoom;
        }
        let peer = Peer { address, id, seen: now, missed: 0 };
        let bucket = self.buckets.entry(height).or_default();
        match bucket.peers.first() {
            Some(silent) if bucket.peers.len() >= BUCKET_PEERS => {
                let silent = silent.address;
                bucket.waiting = Some(peer);
                Placed::Waits { silent }
            }
            _ => {
                bucket.peers.push(peer);
                self.len += 1;
                Placed::New
            }
        }
    }

    /// Notes that a peer has not answered a ping. It leaves when another waits for its place, or after
    /// [`MAX_MISSED_PINGS`].
    pub(crate) fn miss(&mut self, now: Duration, id: Id) -> Missed {
        let Some(height) = self.own.height_of(id) else { return Missed::Unknown };
        let Some(bucket) = self.buckets.get_mut(&height) else { return Missed::Unknown };
        let Some(place) = bucket.peers.iter().position(|peer| peer.id == id) else { return Missed::Unknown };
        let peer = &mut bucket.peers[place];
        peer.missed += 1;
        let is_awaited = bucket.waiting.is_some() && place == 0;
        if peer.missed < MAX_MISSED_PINGS && !is_awaited {
            return Missed::Stays;
        }
        bucket.peers.remove(place);
        let ttl = self.node_ttl;
        // It may have found another place while it waited.
        let is_in = |id: Id| bucket.peers.iter().any(|peer| peer.id == id);
        let heir = bucket.waiting.take().filter(|peer| now.saturating_sub(peer.seen) < ttl && !is_in(peer.id));
        match heir {
            Some(heir) => {
                // Others may have been heard of since it came.
                let place = bucket.peers.partition_point(|peer| peer.seen <= heir.seen);
                bucket.peers.insert(place, heir);
            }
            None => self.len -= 1,
        }
        if bucket.peers.is_empty() {
            self.buckets.remove(&height);
        }
        Missed::Left { heir: heir.map(|peer| peer.address) }
    }

    /// Takes a peer out.
    pub(crate) fn remove(&mut self, id: Id) -> bool {
        let Some(height) = self.own.height_of(id) else { return false };
        let Some(bucket) = self.buckets.get_mut(&height) else { return false };
        let before = bucket.peers.len();
        bucket.peers.retain(|peer| peer.id != id);
        bucket.waiting = bucket.waiting.take().filter(|peer| peer.id != id);
        let was_there = bucket.peers.len() < before;
        if was_there {
            self.len -= 1;
        }
        if bucket.peers.is_empty() {
            self.buckets.remove(&height);
        }
        was_there
    }

    /// Peers that were silent for the time to live, the longest first within each bucket.
    pub(crate) fn idle(&self, now: Duration) -> impl Iterator<Item = &Peer> {
        self.peers().map(|(_, peer)| peer).filter(move |peer| now.saturating_sub(peer.seen) >= self.node_ttl)
    }

    /// The known peers closest to an id, without the one that asks and the id's own.
    pub(crate) fn closest(&self, target: Id, but: Id, number: usize) -> Vec<PeerEntry> {
        let others = self.peers().map(|(_, peer)| peer).filter(|peer| peer.id != target && peer.id != but);
        let mut entries: Vec<_> =
            others.map(|peer| (peer.id.distance(target), PeerEntry { address: peer.address, id: peer.id })).collect();
        entries.sort_unstable_by_key(|(distance, _)| *distance);
        entries.into_iter().take(number).map(|(_, entry)| entry).collect()
    }

    /// Whom to send a message to: in each bucket up to a height, or in all, some peers at random. Those come first that
    /// have to pass the message on farthest. Peers that have the message are left out.
    ///
    /// Peers that have missed a ping are taken only where there are too few others.
    pub(crate) fn delegates(
        &self,
        below: Option<Height>,
        has_it: impl Fn(&Peer) -> bool,
        rng: &mut ChaCha8Rng,
    ) -> Vec<(SocketAddr, Height)> {
        let end = below.unwrap_or(HEIGHTS);
        let mut rounds: [Vec<(SocketAddr, Height)>; DELEGATES] = Default::default();
        for (height, bucket) in self.buckets.range(..end).rev() {
            let mut peers: Vec<&Peer> = bucket.peers.iter().filter(|peer| !has_it(peer)).collect();
            peers.shuffle(rng);
            peers.sort_by_key(|peer| peer.missed > 0);
            for (round, peer) in rounds.iter_mut().zip(peers) {
                round.push((peer.address, *height));
            }
        }
        rounds.concat()
    }

    /// The heights worth asking about: those whose bucket is not full, without those near this node that a lookup of
    /// its own id covers, because no more peers than a bucket holds are that close.
    pub(crate) fn thin_heights(&self) -> Vec<Height> {
        let Some((lowest, _)) = self.buckets.first_key_value() else { return Vec::new() };
        let mut closer = 0;
        let far = self.buckets.iter().find(|(_, bucket)| {
            closer += bucket.peers.len();
            closer >= BUCKET_PEERS
        });
        let from = far.map_or(*lowest, |(height, _)| *height);
        let is_full = |height: &Height| self.buckets.get(height).is_some_and(|it| it.peers.len() >= BUCKET_PEERS);
        (from..HEIGHTS).filter(|height| !is_full(height)).collect()
    }

    fn bucket(&self, id: Id) -> Option<&Bucket> {
        self.buckets.get(&self.own.height_of(id)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    const TTL: Duration = Duration::from_secs(30);

    fn own() -> Id {
        Id::from_bytes([0; 16])
    }

    /// Peers of one bucket, each with an address of its own.
    fn peer(height: Height, number: u8) -> (Id, SocketAddr) {
        (own().in_bucket(height, number.into()), SocketAddr::from(([10, 0, height, number], 9000)))
    }

    fn filled(height: Height, number: u8, now: Duration) -> Table {
        let mut table = Table::new(own(), TTL);
        for (id, address) in (0..number).map(|number| peer(height, number)) {
            assert_eq!(table.place(now, id, address), Placed::New);
        }
        table
    }

    #[test]
    fn the_oldest_idle_peer_of_a_full_bucket_gives_way_after_one_ping() {
        let mut table = filled(127, 20, Duration::ZERO);
        let (id, address) = peer(127, 20);
        assert_eq!(table.place(TTL / 2, id, address), Placed::NoRoom);
        let (first, oldest) = (peer(127, 0), peer(127, 1));
        table.touch(TTL, first.0);
        assert_eq!(table.place(TTL, id, address), Placed::Waits { silent: oldest.1 });
        assert!(!table.contains(id));
        assert_eq!(table.miss(TTL, oldest.0), Missed::Left { heir: Some(address) });
        assert!(table.contains(id) && table.contains(first.0) && !table.contains(oldest.0));
        assert_eq!(table.len(), 20);
    }

    #[test]
    fn a_peer_that_answers_keeps_its_place() {
        let mut table = filled(127, 20, Duration::ZERO);
        let (id, address) = peer(127, 20);
        let (oldest, _) = peer(127, 0);
        assert!(matches!(table.place(TTL, id, address), Placed::Waits { .. }));
        table.touch(TTL, oldest);
        assert!(table.contains(oldest) && !table.contains(id));
    }

    #[test]
    fn a_peer_leaves_after_three_missed_pings() {
        let mut table = filled(3, 2, Duration::ZERO);
        let (id, _) = peer(3, 0);
        assert_eq!(table.miss(TTL, id), Missed::Stays);
        assert_eq!(table.miss(TTL, id), Missed::Stays);
        table.touch(TTL, id);
        assert_eq!(table.miss(TTL, id), Missed::Stays);
        assert_eq!(table.miss(TTL, id), Missed::Stays);
        assert_eq!(table.miss(TTL, id), Missed::Left { heir: None });
        assert_eq!(table.miss(TTL, id), Missed::Unknown);
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn one_source_does_not_fill_a_bucket() {
        let mut table = Table::new(own(), TTL);
        for number in 0..10 {
            let address = SocketAddr::from(([10, 0, 0, 1], 9000 + u16::from(number)));
            let placed = table.place(Duration::ZERO, peer(100, number).0, address);
            assert_eq!(placed == Placed::New, usize::from(number) < MAX_SOURCE_PEERS);
        }
    }

    #[test]
    fn the_own_id_has_no_place() {
        let mut table = Table::new(own(), TTL);
        assert_eq!(table.place(Duration::ZERO, own(), peer(0, 0).1), Placed::NoRoom);
        assert!(!table.touch(Duration::ZERO, own()));
    }

    #[test]
    fn delegates_are_three_of_each_bucket_below_the_height_and_differ() {
        let mut table = filled(127, 20, Duration::ZERO);
        for number in 0..20 {
            for height in [126, 40] {
                let (id, address) = peer(height, number);
                table.place(Duration::ZERO, id, address);
            }
        }
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let all = table.delegates(None, |_| false, &mut rng);
        let heights: Vec<Height> = all.iter().map(|(_, height)| *height).collect();
        assert_eq!(heights, [127, 126, 40, 127, 126, 40, 127, 126, 40]);
        let targets: BTreeSet<_> = all.iter().map(|(address, _)| *address).collect();
        assert_eq!(targets.len(), 9);
        assert!(table.delegates(Some(127), |_| false, &mut rng).iter().all(|(_, height)| *height < 127));
        assert!(table.delegates(Some(0), |_| false, &mut rng).is_empty());
        let silent = peer(40, 3).1;
        let without = (0..100).flat_map(|_| table.delegates(Some(41), |peer| peer.address == silent, &mut rng));
        assert!(without.into_iter().all(|(address, _)| address != silent));
    }

    #[test]
    fn silent_peers_are_delegates_only_where_others_are_missing() {
        let mut table = filled(127, 5, Duration::ZERO);
        table.miss(TTL, peer(127, 0).0);
        table.miss(TTL, peer(127, 1).0);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..50 {
            let delegates = table.delegates(None, |_| false, &mut rng);
            assert!(delegates.iter().all(|(address, _)| *address != peer(127, 0).1 && *address != peer(127, 1).1));
        }
        table.miss(TTL, peer(127, 2).0);
        assert_eq!(table.delegates(None, |_| false, &mut rng).len(), 3);
    }

    #[test]
    fn the_closest_peers_come_first_without_target_and_asker() {
        let table = filled(100, 10, Duration::ZERO);
        let (target, _) = peer(100, 4);
        let closest = table.closest(target, peer(100, 5).0, 3);
        assert_eq!(closest.iter().map(|entry| entry.id).collect::<Vec<_>>(), [6, 7, 0].map(|it| peer(100, it).0));
    }

    proptest! {
        #[test]
        fn tables_hold_what_they_should_whatever_happens(
            steps in prop::collection::vec((0..8u8, 126..128u8, any::<u8>(), 0..3u64), 1..400),
        ) {
            let mut table = Table::new(own(), TTL);
            let mut now = Duration::ZERO;
            for (step, height, number, seconds) in steps {
                now += Duration::from_secs(seconds);
                let (id, address) = peer(height, number % 40);
                match step {
                    0..=3 => {
                        table.place(now, id, address);
                    }
                    4 => {
                        table.touch(now, id);
                    }
                    5 => {
                        table.remove(id);
                    }
                    _ => {
                        let silent = table.idle(now).next().map(|peer| peer.id);
                        silent.map(|silent| table.miss(now, silent));
                    }
                }
                let peers: Vec<_> = table.peers().collect();
                let ids: BTreeSet<_> = peers.iter().map(|(_, peer)| peer.id).collect();
                prop_assert_eq!(peers.len(), table.len());
                prop_assert_eq!(ids.len(), table.len(), "nobody is there twice");
                for (height, peer) in &peers {
                    prop_assert_eq!(own().height_of(peer.id), Some(*height));
                    prop_assert!(peer.missed < MAX_MISSED_PINGS);
                }
                for bucket in table.buckets.values() {
                    prop_assert!(bucket.peers.len() <= BUCKET_PEERS && !bucket.peers.is_empty());
                    prop_assert!(bucket.peers.is_sorted_by_key(|peer| peer.seen), "the silent ones come first");
                }
            }
        }
    }
}

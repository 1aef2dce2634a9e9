//! Messages that come in: those in parts, within bounds, and the ids of those that were whole or left already.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use crate::coding::{ASSEMBLY_OVERHEAD_BYTES, Added, Assembly, CodingError, Object, SYMBOL_OVERHEAD_BYTES};
use crate::identity::Height;
use crate::limits::Source;
use crate::wire::{Chunk, OBJECT_BYTES, RayId};

/// How long a message may take from its first chunk to its last, as in production (`cache_ttl`).
pub const ASSEMBLY_TTL: Duration = Duration::from_secs(60);
/// How long a message is known after it was whole or left. Production forgets it after 1 to 6 minutes.
pub const SEEN_TTL: Duration = Duration::from_secs(360);
/// The most messages that give way to one chunk.
const MAX_EVICTIONS: usize = 8;

/// Bounds of what is kept of incoming messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RayBounds {
    /// The longest message that is taken.
    pub message_bytes: usize,
    /// The most bytes of symbols, each with [`SYMBOL_OVERHEAD_BYTES`] and each message with
    /// [`ASSEMBLY_OVERHEAD_BYTES`].
    pub bytes: usize,
    /// The most of these bytes that one source sent.
    pub source_bytes: usize,
    /// The most messages in parts.
    pub rays: usize,
    /// The most messages in parts that one source sent symbols of.
    pub source_rays: usize,
    /// The most ids of messages that were whole or left. The oldest gives way.
    pub seen: usize,
}

impl Default for RayBounds {
    fn default() -> Self {
        Self {
            message_bytes: crate::coding::MESSAGE_BYTES_LIMIT - 1,
            bytes: 64 << 20,
            source_bytes: 16 << 20,
            rays: 4096,
            source_rays: 512,
            seen: 65_536,
        }
    }
}

/// A message whose symbols sufficed.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) message: Vec<u8>,
    /// The largest of the heights that its chunks came with.
    pub(crate) height: Height,
    /// The peers that sent it, the one that completed it first.
    pub(crate) senders: Vec<SocketAddr>,
    /// The peers that sent symbols of another message under its id.
    pub(crate) liars: Vec<SocketAddr>,
}

/// The result for a chunk.
#[derive(Debug)]
pub(crate) enum Received {
    /// More are needed.
    Part,
    /// The message was whole, or left, before.
    Seen,
    /// There is no room for it.
    NoRoom,
    /// The message is whole.
    Whole(Whole),
}

type Key = (RayId, [u8; OBJECT_BYTES]);

/// Messages in parts and ids of messages that were whole.
///
/// A source over its own bounds loses what it sent of its oldest message. Where all together are over theirs, the
/// source with the most bytes does: strangers before peers of the table, and nobody for a chunk of a source that has
/// more bytes itself. So a source that sends much cannot keep out what others send.
#[derive(Debug)]
pub(crate) struct Rays {
    bounds: RayBounds,
    incoming: BTreeMap<Key, Incoming>,
    order: BTreeMap<u64, Key>,
    next: u64,
    sources: BTreeMap<Source, Held>,
    by_rank: BTreeSet<(Rank, Source)>,
    bytes: usize,
    seen: BTreeMap<RayId, Duration>,
    seen_order: VecDeque<(Duration, RayId)>,
}

#[derive(Debug)]
struct Incoming {
    order: u64,
    object: Object,
    assembly: Assembly,
    height: Height,
    since: Duration,
    /// The bytes that each source has to answer for.
    charges: BTreeMap<Source, usize>,
}

/// The record of one source.
#[derive(Debug, Default)]
struct Held {
    is_peer: bool,
    bytes: usize,
    rays: BTreeMap<u64, Key>,
}

/// The rank of a source; the last one gives way first. Strangers come after peers, and more bytes after fewer.
type Rank = (bool, usize);

impl Held {
    const fn rank(&self) -> Rank {
        (!self.is_peer, self.bytes)
    }
}

impl Rays {
    pub(crate) const fn new(bounds: RayBounds) -> Self {
        Self {
            bounds,
            incoming: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 0,
            sources: BTreeMap::new(),
            by_rank: BTreeSet::new(),
            bytes: 0,
            seen: BTreeMap::new(),
            seen_order: VecDeque::new(),
        }
    }

    /// The bytes that messages in parts count for.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The messages in parts.
    pub(crate) fn len(&self) -> usize {
        self.incoming.len()
    }

    /// The ids of messages that were whole or left.
    pub(crate) fn seen_len(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn is_seen(&self, ray: RayId) -> bool {
        self.seen.contains_key(&ray)
    }

    /// Remembers a message that is whole or leaves.
    pub(crate) fn see(&mut self, now: Duration, ray: RayId) {
        if self.seen.insert(ray, now).is_some() {
            return;
        }
        self.seen_order.push_back((now, ray));
        if self.seen_order.len() > self.bounds.seen
            && let Some((_, oldest)) = self.seen_order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        let keys: Vec<Key> =
            self.incoming.range((ray, [0; OBJECT_BYTES])..=(ray, [255; OBJECT_BYTES])).map(|(key, _)| *key).collect();
        keys.iter().for_each(|key| self.remove(key));
    }

    /// Forgets a message that was whole, so that it is taken when it comes again.
    pub(crate) fn forget(&mut self, ray: RayId) {
        if self.seen.remove(&ray).is_none() {
            return;
        }
        // It came lately, so it is near the end.
        if let Some(place) = self.seen_order.iter().rposition(|(_, seen)| *seen == ray) {
            self.seen_order.remove(place);
        }
    }

    /// Takes a chunk of a node whose header and height are in order. `is_peer` says that it is in the table.
    ///
    /// # Errors
    /// [`CodingError`] if the chunk does not belong to a message that is taken.
    pub(crate) fn receive(
        &mut self,
        now: Duration,
        from: SocketAddr,
        is_peer: bool,
        height: Height,
        chunk: &Chunk<'_>,
    ) -> Result<Received, CodingError> {
        let key = (chunk.ray, chunk.object);
        let known = self.incoming.get(&key).map(|incoming| incoming.object);
        let object = known.map_or_else(|| Object::parse(&chunk.object, self.bounds.message_bytes), Ok)?;
        object.check(chunk)?;
        if self.is_seen(chunk.ray) {
            return Ok(Received::Seen);
        }
        let source = Source::of(from);
        self.rank(source, is_peer);
        let overhead = if known.is_some() { 0 } else { ASSEMBLY_OVERHEAD_BYTES };
        let bytes = overhead + SYMBOL_OVERHEAD_BYTES + chunk.symbol.len();
        if !self.make_room(&key, source, is_peer, bytes, known.is_none()) {
            return Ok(Received::NoRoom);
        }
        if !self.incoming.contains_key(&key) {
            self.begin(now, key, object, source, is_peer);
        }
        let Some(incoming) = self.incoming.get_mut(&key) else { return Ok(Received::NoRoom) };
        let added = incoming.assembly.add(from, chunk);
        if added != Added::Refused {
            incoming.height = incoming.height.max(height);
        }
        if let Added::New { bytes } = added {
            self.charge(&key, source, bytes);
            return Ok(self.solve(now, &key, from));
        }
        Ok(if added == Added::Known { Received::Part } else { Received::NoRoom })
    }

    /// Drops what has become too old.
    pub(crate) fn expire(&mut self, now: Duration) {
        while let Some((_, key)) = self.order.first_key_value()
            && let key = *key
            && self.incoming.get(&key).is_none_or(|incoming| now.saturating_sub(incoming.since) >= ASSEMBLY_TTL)
        {
            self.remove(&key);
        }
        while let Some((at, ray)) = self.seen_order.front()
            && now.saturating_sub(*at) >= SEEN_TTL
        {
            self.seen.remove(ray);
            self.seen_order.pop_front();
        }
    }

    fn solve(&mut self, now: Duration, key: &Key, from: SocketAddr) -> Received {
        let Some(incoming) = self.incoming.get_mut(key) else { return Received::Part };
        let Some(message) = incoming.assembly.solve() else {
            if incoming.assembly.is_hopeless() {
                self.remove(key);
            }
            return Received::Part;
        };
        let others = incoming.assembly.senders().filter(|sender| *sender != from);
        let senders = std::iter::once(from).chain(others).collect();
        let whole = Whole { message, height: incoming.height, senders, liars: incoming.assembly.liars().collect() };
        self.see(now, key.0);
        Received::Whole(whole)
    }

    fn begin(&mut self, now: Duration, key: Key, object: Object, source: Source, is_peer: bool) {
        let order = self.next;
        self.next += 1;
        let assembly = Assembly::new(key.0, object);
        self.order.insert(order, key);
        self.incoming
            .insert(key, Incoming { order, object, assembly, height: 0, since: now, charges: BTreeMap::new() });
        self.charge(&key, source, ASSEMBLY_OVERHEAD_BYTES);
        self.rank(source, is_peer);
    }

    /// Makes room for a chunk. Where that is impossible, the chunk is refused.
    fn make_room(&mut self, key: &Key, source: Source, is_peer: bool, bytes: usize, is_new: bool) -> bool {
        let order = self.incoming.get(key).map(|incoming| incoming.order);
        for _ in 0..=MAX_EVICTIONS {
            let none = Held { is_peer, ..Held::default() };
            let held = self.sources.get(&source).unwrap_or(&none);
            let holds_this = order.is_some_and(|order| held.rays.contains_key(&order));
            let source_is_full = held.bytes + bytes > self.bounds.source_bytes
                || !holds_this && held.rays.len() >= self.bounds.source_rays;
            let all_is_full =
                self.bytes + bytes > self.bounds.bytes || is_new && self.incoming.len() >= self.bounds.rays;
            let gives_way = if source_is_full {
                source
            } else if all_is_full {
                match self.by_rank.last() {
                    Some((rank, last)) if *rank >= held.rank() => *last,
                    _ => return false,
                }
            } else {
                return true;
            };
            if !self.evict_from(gives_way, key) {
                return false;
            }
        }
        false
    }

    /// Drops what a source sent of its oldest message that is not this one.
    fn evict_from(&mut self, source: Source, but: &Key) -> bool {
        let oldest = self.sources.get(&source).and_then(|held| held.rays.values().find(|key| *key != but).copied());
        let Some(key) = oldest else { return false };
        let Some(incoming) = self.incoming.get_mut(&key) else { return false };
        let freed = incoming.assembly.forget(|sender| Source::of(sender) == source);
        if incoming.assembly.is_empty() {
            self.remove(&key);
            return true;
        }
        // Others vouch for the rest, and one of them answers for it from now on.
        let heir = incoming.charges.keys().copied().find(|other| *other != source);
        let heir = heir.or_else(|| incoming.assembly.senders().map(Source::of).find(|other| *other != source));
        let charged = incoming.charges.get(&source).copied().unwrap_or_default();
        self.discharge(&key, source);
        if let Some(heir) = heir {
            self.charge(&key, heir, charged.saturating_sub(freed));
        } else {
            self.remove(&key);
        }
        true
    }

    /// Notes whether a source has a peer in the table.
    fn rank(&mut self, source: Source, is_peer: bool) {
        if let Some(held) = self.sources.get_mut(&source)
            && held.is_peer != is_peer
        {
            self.by_rank.remove(&(held.rank(), source));
            held.is_peer = is_peer;
            self.by_rank.insert((held.rank(), source));
        }
    }

    fn charge(&mut self, key: &Key, source: Source, bytes: usize) {
        let Some(incoming) = self.incoming.get_mut(key) else { return };
        *incoming.charges.entry(source).or_default() += bytes;
        let held = self.sources.entry(source).or_default();
        self.by_rank.remove(&(held.rank(), source));
        held.bytes += bytes;
        held.rays.insert(incoming.order, *key);
        self.by_rank.insert((held.rank(), source));
        self.bytes += bytes;
    }

    /// Takes back all that a source is charged for a message.
    fn discharge(&mut self, key: &Key, source: Source) {
        let Some(incoming) = self.incoming.get_mut(key) else { return };
        let bytes = incoming.charges.remove(&source).unwrap_or_default();
        let order = incoming.order;
        self.bytes -= bytes;
        if let Some(held) = self.sources.get_mut(&source) {
            self.by_rank.remove(&(held.rank(), source));
            held.bytes -= bytes;
            held.rays.remove(&order);
            if held.rays.is_empty() {
                self.sources.remove(&source);
            } else {
                self.by_rank.insert((held.rank(), source));
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        let sources: Vec<Source> =
            self.incoming.get(key).map(|incoming| incoming.charges.keys().copied().collect()).unwrap_or_default();
        sources.into_iter().for_each(|source| self.discharge(key, source));
        if let Some(incoming) = self.incoming.remove(key) {
            self.order.remove(&incoming.order);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::coding::Encoded;

    fn sender(number: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, number], 9000))
    }

    /// Everything that is counted, counted anew.
    fn check(rays: &Rays) {
        let charges = rays.incoming.values().flat_map(|incoming| &incoming.charges);
        let mut by_source: BTreeMap<Source, (usize, usize)> = BTreeMap::new();
        for (source, bytes) in charges {
            let sum = by_source.entry(*source).or_default();
            *sum = (sum.0 + bytes, sum.1 + 1);
        }
        let held: BTreeMap<_, _> = rays.sources.iter().map(|(it, held)| (*it, (held.bytes, held.rays.len()))).collect();
        assert_eq!(by_source, held);
        assert_eq!(rays.bytes, held.values().map(|(bytes, _)| bytes).sum::<usize>());
        assert_eq!(rays.order.len(), rays.incoming.len());
        let ranks: BTreeSet<_> = rays.sources.iter().map(|(source, held)| (held.rank(), *source)).collect();
        assert_eq!(rays.by_rank, ranks);
        assert!(rays.bytes <= rays.bounds.bytes && rays.incoming.len() <= rays.bounds.rays);
        assert!(held.values().all(|(bytes, rays_held)| {
            // A source that inherits what another sent may be over its bound until it sends again.
            *bytes <= 2 * rays.bounds.source_bytes && *rays_held <= rays.bounds.rays
        }));
        assert_eq!(rays.seen.len(), rays.seen_order.len());
        assert!(rays.seen.len() <= rays.bounds.seen);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_counted_right_and_bounded(
            steps in prop::collection::vec((0..6u8, 0..12u8, 0..30usize, any::<bool>(), 0..4000u64, 0..8u8), 1..300),
        ) {
            let bounds = RayBounds { bytes: 60_000, source_bytes: 25_000, ..RayBounds::default() };
            let bounds = RayBounds { rays: 8, source_rays: 4, seen: 5, ..bounds };
            let mut rays = Rays::new(bounds);
            let messages: Vec<Vec<u8>> = (0..12).map(|number| vec![number; 9000 + usize::from(number)]).collect();
            let encoded: Vec<Encoded> = messages.iter().map(|message| Encoded::new(message)).collect();
            let mut now = Duration::ZERO;
            for (from, message, place, is_peer, millis, lie) in steps {
                now += Duration::from_millis(millis);
                let encoded = &encoded[usize::from(message)];
                let chunk = encoded.chunk(place % encoded.len()).unwrap();
                let wrong = vec![0xaa; chunk.symbol.len()];
                let chunk = if lie == 0 { Chunk { symbol: &wrong, ..chunk } } else { chunk };
                let received = rays.receive(now, sender(from), is_peer, 3, &chunk).unwrap();
                if let Received::Whole(whole) = received {
                    prop_assert_eq!(&whole.message, &messages[usize::from(message)]);
                    prop_assert!(rays.is_seen(chunk.ray));
                    if is_peer {
                        rays.forget(chunk.ray);
                        prop_assert!(!rays.is_seen(chunk.ray));
                    }
                }
                check(&rays);
                rays.expire(now);
                check(&rays);
            }
        }
    }

    #[test]
    fn a_message_in_parts_expires_and_so_does_a_seen_one() {
        let mut rays = Rays::new(RayBounds::default());
        let encoded = Encoded::new(&[1; 5000]);
        rays.receive(Duration::ZERO, sender(1), false, 0, &encoded.chunk(0).unwrap()).unwrap();
        rays.see(Duration::ZERO, RayId([9; 32]));
        rays.expire(ASSEMBLY_TTL - Duration::from_millis(1));
        assert_eq!((rays.len(), rays.seen_len()), (1, 1));
        rays.expire(ASSEMBLY_TTL);
        assert_eq!((rays.len(), rays.bytes(), rays.seen_len()), (0, 0, 1));
        rays.expire(SEEN_TTL);
        assert_eq!(rays.seen_len(), 0);
    }

    #[test]
    fn the_largest_height_counts() {
        let mut rays = Rays::new(RayBounds::default());
        let encoded = Encoded::new(&[1; 2000]);
        for (place, height) in [(0, 4), (1, 2)] {
            let received =
                rays.receive(Duration::ZERO, sender(1), true, height, &encoded.chunk(place).unwrap()).unwrap();
            assert!(place == 0 || matches!(received, Received::Whole(whole) if whole.height == 4));
        }
    }
}

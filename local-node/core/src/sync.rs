//! Fetching blocks: which are wanted, who is said to have them, who was asked for them and until when.

use std::collections::BTreeMap;

use local_node_consensus::Millis;
use local_node_types::ledger::Hash;
use local_node_types::message::{Inventory, InventoryItem};

use crate::interface::{MAX_SERVED_ITEMS, Output, PeerId, Target, Want};
use crate::pool::Pool;

/// The most blocks that are wanted.
const MAX_WANTED_BLOCKS: usize = 1000;
/// The most blocks that are asked for and have not come.
const MAX_ASKED_BLOCKS: usize = 64;
/// The most blocks that one peer is asked for and has not sent.
const MAX_ASKED_OF_PEER: usize = 16;
/// The most peers that are remembered to have a block.
const MAX_SOURCES: usize = 4;
/// How long a peer may take to send a block (production waits as long).
const ANSWER_MS: u64 = 5000;
/// How often a block is asked for.
const MAX_ATTEMPTS: u8 = 4;

#[derive(Debug)]
struct Wanted {
    /// The place in the order in which blocks are asked for.
    order: u64,
    sources: Vec<PeerId>,
    asked: Option<(PeerId, Millis)>,
    attempts: u8,
}

/// The blocks that are wanted.
#[derive(Debug, Default)]
pub(crate) struct Sync {
    wanted: BTreeMap<Hash, Wanted>,
    next_order: u64,
}

impl Sync {
    pub(crate) fn is_wanted(&self, hash: &Hash) -> bool {
        self.wanted.contains_key(hash)
    }

    pub(crate) fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Takes note that a peer has a block which this node has not.
    pub(crate) fn want(&mut self, hash: Hash, source: PeerId) {
        if let Some(wanted) = self.wanted.get_mut(&hash) {
            if wanted.sources.len() < MAX_SOURCES && !wanted.sources.contains(&source) {
                wanted.sources.push(source);
            }
            return;
        }
        let of_source = self.wanted.values().filter(|wanted| wanted.sources == [source]).count();
        if self.wanted.len() < MAX_WANTED_BLOCKS && of_source < MAX_SERVED_ITEMS {
            let wanted = Wanted { order: self.next_order, sources: vec![source], asked: None, attempts: 0 };
            self.next_order += 1;
            self.wanted.insert(hash, wanted);
        }
    }

    /// The block has come, or is of no use.
    pub(crate) fn forget(&mut self, hash: &Hash) {
        self.wanted.remove(hash);
    }

    /// When the next answer is late.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.wanted.values().filter_map(|wanted| wanted.asked).map(|(_, until)| until).min()
    }

    /// Asks for the wanted blocks, within the bounds; late ones are asked of somebody else.
    pub(crate) fn ask(&mut self, now: Millis, pool: &Pool, out: &mut Vec<Output>) {
        self.expire(now);
        let mut asked = BTreeMap::<PeerId, usize>::new();
        let mut total = 0;
        for (peer, _) in self.wanted.values().filter_map(|wanted| wanted.asked) {
            *asked.entry(peer).or_default() += 1;
            total += 1;
        }
        let mut open: Vec<_> =
            self.wanted.iter().filter(|(_, it)| it.asked.is_none()).map(|(hash, it)| (it.order, *hash)).collect();
        open.sort_unstable();
        let mut requests = BTreeMap::<PeerId, Vec<InventoryItem>>::new();
        for (_, hash) in open {
            if total >= MAX_ASKED_BLOCKS || !pool.has_room(total) {
                break;
            }
            let Some(wanted) = self.wanted.get_mut(&hash) else { continue };
            let load = |peer: &PeerId| asked.get(peer).copied().unwrap_or_default();
            let free = wanted.sources.iter().copied().filter(|peer| load(peer) < MAX_ASKED_OF_PEER);
            let Some(peer) = free.min_by_key(load) else { continue };
            wanted.asked = Some((peer, now.plus(Millis(ANSWER_MS))));
            wanted.attempts += 1;
            *asked.entry(peer).or_default() += 1;
            total += 1;
            requests.entry(peer).or_default().push(InventoryItem::BlockFromHash(hash));
        }
        for (peer, items) in requests {
            let max_entries = u16::try_from(items.len()).unwrap_or(u16::MAX);
            let want = Want::Items(Inventory { items, max_entries });
            out.push(Output::Ask { to: Target::Peer(peer), want });
        }
    }

    /// Gives up on answers that are late. A peer that did not answer is asked last.
    fn expire(&mut self, now: Millis) {
        self.wanted.retain(|_, wanted| {
            if let Some((peer, until)) = wanted.asked
                && until <= now
            {
                wanted.asked = None;
                wanted.sources.retain(|source| *source != peer);
                wanted.sources.push(peer);
            }
            wanted.asked.is_some() || wanted.attempts < MAX_ATTEMPTS
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u8) -> Hash {
        [number; 32]
    }

    fn asked(out: &[Output]) -> Vec<(PeerId, usize)> {
        out.iter()
            .filter_map(|output| match output {
                Output::Ask { to: Target::Peer(peer), want: Want::Items(inventory) } => {
                    Some((*peer, inventory.items.len()))
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn blocks_are_asked_of_all_who_have_them_within_bounds() {
        let (mut sync, pool, mut out) = (Sync::default(), Pool::default(), Vec::new());
        for number in 0..100 {
            sync.want(hash(number), PeerId(1));
            sync.want(hash(number), PeerId(2));
        }
        sync.ask(Millis(0), &pool, &mut out);
        assert_eq!(asked(&out), [(PeerId(1), 16), (PeerId(2), 16)]);
        out.clear();
        sync.ask(Millis(0), &pool, &mut out);
        assert_eq!(asked(&out), []);
        // The received items make room.
        (0..5).for_each(|number| sync.forget(&hash(number)));
        sync.ask(Millis(1), &pool, &mut out);
        assert_eq!(asked(&out).iter().map(|(_, items)| items).sum::<usize>(), 5);
    }

    #[test]
    fn a_silent_peer_is_replaced_and_a_block_given_up_in_the_end() {
        let (mut sync, pool) = (Sync::default(), Pool::default());
        sync.want(hash(1), PeerId(1));
        sync.want(hash(1), PeerId(2));
        let mut order = Vec::new();
        for _ in 0..10 {
            let mut out = Vec::new();
            let now = sync.deadline().unwrap_or_default();
            sync.ask(now, &pool, &mut out);
            order.extend(asked(&out).into_iter().map(|(peer, _)| peer.0));
        }
        assert_eq!(order, [1, 2, 1, 2]);
        assert_eq!(sync.len(), 0);
    }

    #[test]
    fn one_peer_cannot_fill_the_list() {
        let mut sync = Sync::default();
        for number in 0..=u8::MAX {
            sync.want(hash(number), PeerId(1));
        }
        assert_eq!(sync.len(), MAX_SERVED_ITEMS);
        sync.want([0xab; 32], PeerId(2));
        sync.want([0xcd; 32], PeerId(2));
        assert!(sync.len() > MAX_SERVED_ITEMS);
    }
}

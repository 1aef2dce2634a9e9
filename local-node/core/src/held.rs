//! Messages that cannot be judged yet.

use std::collections::VecDeque;

use local_node_consensus::Millis;
use local_node_types::codec::Encode;
use local_node_types::message::{Frame, Message};

use crate::interface::{IngressId, PeerId};

/// The most messages that are held.
const MAX_HELD_MESSAGES: usize = 1024;
/// The most messages that are held of one peer.
const MAX_HELD_OF_PEER: usize = 128;
/// The most bytes that are held.
const MAX_HELD_BYTES: usize = 16 * 1024 * 1024;

/// A message that waits for the chain to change.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) ingress: IngressId,
    pub(crate) from: PeerId,
    pub(crate) message: Box<Message>,
    until: Millis,
    bytes: usize,
}

/// Messages in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Held {
    messages: VecDeque<Waiting>,
    bytes: usize,
}

impl Held {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds a message; false when there is no room for it.
    pub(crate) fn hold(&mut self, ingress: IngressId, from: PeerId, message: &Message, until: Millis) -> bool {
        let of_peer = self.messages.iter().filter(|waiting| waiting.from == from).count();
        let bytes = Frame::from(message.clone()).encoded().len();
        let fits = self.messages.len() < MAX_HELD_MESSAGES
            && of_peer < MAX_HELD_OF_PEER
            && self.bytes + bytes <= MAX_HELD_BYTES;
        if fits {
            self.bytes += bytes;
            self.messages.push_back(Waiting { ingress, from, message: Box::new(message.clone()), until, bytes });
        }
        fits
    }

    /// Takes all messages out.
    pub(crate) fn release(&mut self) -> VecDeque<Waiting> {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }

    /// When the first message has waited for long enough.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.messages.iter().map(|waiting| waiting.until).min()
    }

    /// Takes out what has waited for long enough.
    pub(crate) fn expired(&mut self, now: Millis) -> Vec<IngressId> {
        let mut expired = Vec::new();
        self.messages.retain(|waiting| {
            let keep = waiting.until > now;
            if !keep {
                self.bytes -= waiting.bytes;
                expired.push(waiting.ingress);
            }
            keep
        });
        expired
    }
}

#[cfg(test)]
mod tests {
    use local_node_types::message::{Inventory, InventoryItem};

    use super::*;

    const UNTIL: Millis = Millis(9);

    fn large() -> Message {
        Message::Inventory(Inventory { items: vec![InventoryItem::BlockFromHash([1; 32]); 10_000], max_entries: 0 })
    }

    #[test]
    fn messages_are_bounded_for_each_peer_and_for_all() {
        let (mut held, small) = (Held::default(), Message::GetMempool(1));
        let taken = |held: &mut Held, peer: u64| {
            let ids = 0..MAX_HELD_OF_PEER as u64 + 5;
            ids.filter(|id| held.hold(IngressId(1000 * peer + id), PeerId(peer), &small, UNTIL)).count()
        };
        assert_eq!(taken(&mut held, 1), MAX_HELD_OF_PEER);
        let others: usize = (2..20).map(|peer| taken(&mut held, peer)).sum();
        assert_eq!((others, held.len()), (MAX_HELD_MESSAGES - MAX_HELD_OF_PEER, MAX_HELD_MESSAGES));
        assert_eq!(held.release().len(), MAX_HELD_MESSAGES);
        assert_eq!((held.len(), held.bytes(), held.deadline()), (0, 0, None));
        assert_eq!(taken(&mut held, 1), MAX_HELD_OF_PEER, "there is room again");
    }

    #[test]
    fn bytes_are_bounded() {
        let (mut held, large) = (Held::default(), large());
        let mut next = 0;
        while held.hold(IngressId(next), PeerId(next % 3), &large, UNTIL) {
            next += 1;
        }
        let each = held.bytes() / held.len();
        assert!(held.bytes() <= MAX_HELD_BYTES && held.bytes() + each > MAX_HELD_BYTES, "{}", held.bytes());
        assert!(held.len() < MAX_HELD_OF_PEER, "no other bound is reached");
    }

    #[test]
    fn what_has_waited_for_long_enough_is_taken_out() {
        let (mut held, large) = (Held::default(), large());
        for (id, message, until) in [(1, &large, 7), (2, &Message::GetMempool(1), 5), (3, &large, 7)] {
            assert!(held.hold(IngressId(id), PeerId(1), message, Millis(until)));
        }
        assert_eq!(held.deadline(), Some(Millis(5)));
        assert_eq!(held.expired(Millis(4)), []);
        assert_eq!(held.expired(Millis(5)), [IngressId(2)]);
        assert_eq!((held.deadline(), held.len()), (Some(Millis(7)), 2));
        assert_eq!(held.expired(Millis(8)), [IngressId(1), IngressId(3)]);
        assert_eq!((held.deadline(), held.len(), held.bytes()), (None, 0, 0));
    }
}

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

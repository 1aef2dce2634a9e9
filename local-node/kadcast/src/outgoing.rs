//! Datagrams that wait to be sent. Those of messages are made when their turn comes.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::coding::Encoded;
use crate::identity::Height;
use crate::wire::{Body, Header, encode};

/// The most pings, pongs, questions and answers that wait.
const MAX_CONTROL_DATAGRAMS: usize = 8192;
/// The charge for a receiver.
const TARGET_BYTES: usize = 64;

/// A datagram to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The receiver's public address.
    pub to: SocketAddr,
    /// The bytes.
    pub datagram: Vec<u8>,
}

/// Bounds of messages that leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutgoingBounds {
    /// The most messages that wait.
    pub messages: usize,
    /// The most bytes of their symbols, which are kept once for all receivers.
    pub bytes: usize,
}

impl Default for OutgoingBounds {
    fn default() -> Self {
        Self { messages: 4096, bytes: 64 << 20 }
    }
}

/// A message on its way out.
#[derive(Debug)]
struct Job {
    encoded: Encoded,
    bytes: usize,
    targets: Vec<(SocketAddr, Height)>,
    target: usize,
    chunk: usize,
}

/// Waiting datagrams: pings, questions and answers first, then a chunk of each message in turn, so that a vote does not
/// wait for a block. A message goes out receiver after receiver, so that the first can pass it on early.
#[derive(Debug)]
pub(crate) struct Outgoing {
    bounds: OutgoingBounds,
    header: Header,
    control: VecDeque<Transmit>,
    jobs: VecDeque<Job>,
    bytes: usize,
}

impl Outgoing {
    pub(crate) const fn new(bounds: OutgoingBounds, header: Header) -> Self {
        Self { bounds, header, control: VecDeque::new(), jobs: VecDeque::new(), bytes: 0 }
    }

    /// The bytes that messages on their way out count for.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a message of this length to so many receivers finds room.
    pub(crate) fn has_room(&self, message_bytes: usize, targets: usize) -> bool {
        // Symbols take at most half more than the message and a few hundred bytes each; a short message has six.
        let bytes = message_bytes + message_bytes / 2 + 8 * 1500 + targets * TARGET_BYTES;
        self.jobs.len() < self.bounds.messages && self.bytes + bytes <= self.bounds.bytes
    }

    pub(crate) fn send(&mut self, to: SocketAddr, body: &Body<'_>) {
        if self.control.len() < MAX_CONTROL_DATAGRAMS {
            self.control.push_back(Transmit { to, datagram: encode(&self.header, body) });
        }
    }

    pub(crate) fn send_message(&mut self, encoded: Encoded, targets: Vec<(SocketAddr, Height)>) {
        if !targets.is_empty() {
            let bytes = encoded.bytes() + targets.len() * TARGET_BYTES;
            self.bytes += bytes;
            self.jobs.push_back(Job { encoded, bytes, targets, target: 0, chunk: 0 });
        }
    }

    pub(crate) fn next(&mut self) -> Option<Transmit> {
        if let Some(transmit) = self.control.pop_front() {
            return Some(transmit);
        }
        let mut job = self.jobs.pop_front()?;
        let next = job.next(&self.header);
        if job.target < job.targets.len() {
            self.jobs.push_back(job);
        } else {
            self.bytes -= job.bytes;
        }
        next
    }
}

impl Job {
    fn next(&mut self, header: &Header) -> Option<Transmit> {
        let (to, height) = *self.targets.get(self.target)?;
        let chunk = self.encoded.chunk(self.chunk)?;
        let datagram = encode(header, &Body::Broadcast { height, chunk });
        self.chunk += 1;
        if self.chunk == self.encoded.len() {
            (self.chunk, self.target) = (0, self.target + 1);
        }
        Some(Transmit { to, datagram })
    }
}

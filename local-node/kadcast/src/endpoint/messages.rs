//! Messages: those that came and wait for a verdict, those that leave.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::coding::{Encoded, MESSAGE_BYTES_LIMIT, ray_of, sent_bytes};
use crate::config::UnjudgedBounds;
use crate::endpoint::{Endpoint, Event, Refusal};
use crate::identity::{Height, Id, canonical, is_reachable};
use crate::limits::Source;
use crate::rays::{Received, Whole};
use crate::wire::{Chunk, RayId};

/// The most receivers of one message that is sent directly.
pub const MAX_TARGETS: usize = 1024;

/// Names a message that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IngressId(pub u64);

/// A message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name for the verdict.
    pub ingress: IngressId,
    /// Its id in the network.
    pub ray: RayId,
    /// The peer that completed it, by its public address.
    pub from: SocketAddr,
    /// How far it goes: a relay sends it to buckets below this height. 0 is a message to this node alone.
    pub height: Height,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// The node's judgement of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is passed on.
    Relay,
    /// It ends here.
    Ignore,
    /// The node has not looked at it, because it does not hear the source that sent it first. It comes once more from
    /// the next source that has sent it, or will. Otherwise a source that is not heard could keep messages of others
    /// from the node by sending them first.
    Unread,
    /// It ends here, and the sources that sent it answer for it ([`crate::Rejections`]).
    Reject,
}

/// Why a verdict has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// The message has a verdict already, or waited too long for it.
    #[error("no such message waits for a verdict")]
    Unknown,
    /// It cannot leave, because too much waits to be sent.
    #[error("too much waits to be sent")]
    Full,
}

/// Why a message does not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// It has no bytes, or 10 MiB and more.
    #[error("a message of {0} bytes cannot be sent")]
    Length(usize),
    /// It came or left before. No message leaves twice.
    #[error("the message came or left before")]
    Seen,
    /// There is nobody to send it to.
    #[error("there is no peer to send to")]
    NoPeers,
    /// There are more than [`MAX_TARGETS`] receivers, or one that cannot be reached.
    #[error("the receivers are too many, or cannot be reached")]
    Targets,
    /// Too much waits to be sent.
    #[error("too much waits to be sent")]
    Full,
    /// The receiver of an answer has not answered a ping, so that it may not be there. It is pinged now.
    #[error("the receiver has not answered a ping yet")]
    Unproven,
    /// The receiver of an answer was answered with much lately, or all receivers together were.
    #[error("the receiver was answered with too much")]
    Rate,
}

#[derive(Debug)]
struct Unjudged {
    ray: RayId,
    bytes: Arc<[u8]>,
    height: Height,
    /// The peers that are known to have it.
    holders: Vec<SocketAddr>,
    since: Duration,
}

/// The most peers that are remembered to have a message.
const MAX_HOLDERS: usize = 64;
/// The most of these peers that belong to one source, so that its ports do not hide the others.
const MAX_SOURCE_HOLDERS: usize = 4;

/// Messages without a verdict.
#[derive(Debug)]
pub(super) struct Messages {
    bounds: UnjudgedBounds,
    next: u64,
    unjudged: BTreeMap<IngressId, Unjudged>,
    by_ray: BTreeMap<RayId, IngressId>,
    bytes: usize,
}

impl Messages {
    pub(super) const fn new(bounds: UnjudgedBounds) -> Self {
        Self { bounds, next: 0, unjudged: BTreeMap::new(), by_ray: BTreeMap::new(), bytes: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.unjudged.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn is_full(&self) -> bool {
        self.unjudged.len() >= self.bounds.messages || self.bytes >= self.bounds.bytes
    }

    /// Notes that a chunk of a message came that is whole already.
    fn came_again(&mut self, ray: RayId, from: SocketAddr, height: Height) {
        if let Some(it) = self.by_ray.get(&ray).and_then(|ingress| self.unjudged.get_mut(ingress)) {
            it.height = it.height.max(height);
            let source = Source::of(from);
            let of_source = it.holders.iter().filter(|holder| Source::of(**holder) == source).count();
            let has_room = it.holders.len() < MAX_HOLDERS && of_source < MAX_SOURCE_HOLDERS;
            if has_room && !it.holders.contains(&from) {
                it.holders.push(from);
            }
        }
    }

    fn put(&mut self, now: Duration, ray: RayId, whole: Whole) -> Message {
        let Whole { message, height, senders, .. } = whole;
        self.offer(Unjudged { ray, bytes: message.into(), height, holders: senders, since: now })
    }

    /// A message for the node, as one of its first holder.
    fn offer(&mut self, unjudged: Unjudged) -> Message {
        let ingress = IngressId(self.next);
        self.next += 1;
        let (ray, height, bytes) = (unjudged.ray, unjudged.height, Arc::clone(&unjudged.bytes));
        let message = Message { ingress, ray, from: unjudged.holders[0], height, bytes };
        self.bytes += message.bytes.len();
        self.by_ray.insert(ray, ingress);
        self.unjudged.insert(ingress, unjudged);
        message
    }

    fn take(&mut self, ingress: IngressId) -> Option<Unjudged> {
        let taken = self.unjudged.remove(&ingress)?;
        self.by_ray.remove(&taken.ray);
        self.bytes -= taken.bytes.len();
        Some(taken)
    }

    pub(super) fn expire(&mut self, now: Duration) {
        while let Some((ingress, oldest)) = self.unjudged.first_key_value()
            && now.saturating_sub(oldest.since) >= self.bounds.ttl
        {
            let ingress = *ingress;
            self.take(ingress);
        }
    }
}

impl Endpoint {
    /// Gives the verdict on a message that came in. Only [`Verdict::Relay`] lets it leave again, to some peers of each
    /// bucket below its height that are not known to have it.
    ///
    /// # Errors
    /// [`JudgeError::Unknown`] if the message has had its verdict, [`JudgeError::Full`] if it cannot be relayed.
    pub fn judge(&mut self, now: Duration, ingress: IngressId, verdict: Verdict) -> Result<(), JudgeError> {
        let Unjudged { ray, bytes, height, holders, .. } = self.messages.take(ingress).ok_or(JudgeError::Unknown)?;
        match verdict {
            Verdict::Ignore => Ok(()),
            Verdict::Unread => {
                let unheard = holders.first().map(|first| Source::of(*first));
                let is_heard = |holder: &SocketAddr| {
                    let source = Source::of(*holder);
                    Some(source) != unheard && self.rejections.hears(now, source)
                };
                let holders: Vec<SocketAddr> = holders.into_iter().filter(is_heard).collect();
                if holders.is_empty() {
                    self.rays.forget(ray);
                } else {
                    let message = self.messages.offer(Unjudged { ray, bytes, height, holders, since: now });
                    self.tell_of_message(message);
                }
                Ok(())
            }
            Verdict::Reject => {
                self.note_rejected(now, &holders);
                Ok(())
            }
            Verdict::Relay => {
                let has_it = |peer: &crate::table::Peer| holders.contains(&peer.address);
                let targets = self.table.delegates(Some(height), has_it, &mut self.rng);
                if targets.is_empty() {
                    return Ok(());
                }
                if !self.outgoing.has_room(bytes.len(), targets.len()) {
                    return Err(JudgeError::Full);
                }
                self.outgoing.send_message(Encoded::new(&bytes), targets);
                Ok(())
            }
        }
    }

    /// Counts a rejected message for the sources of its holders, for each source once.
    fn note_rejected(&mut self, now: Duration, holders: &[SocketAddr]) {
        let sources: BTreeSet<Source> = holders.iter().map(|holder| Source::of(*holder)).collect();
        sources.into_iter().for_each(|source| self.rejections.note(now, source));
    }

    /// Sends a message of this node to the network.
    ///
    /// # Errors
    /// [`SendError`] if it does not leave.
    pub fn broadcast(&mut self, now: Duration, message: &[u8]) -> Result<RayId, SendError> {
        check_length(message)?;
        let ray = ray_of(message);
        if self.rays.is_seen(ray) {
            return Err(SendError::Seen);
        }
        let targets = self.table.delegates(None, |_| false, &mut self.rng);
        if targets.is_empty() {
            return Err(SendError::NoPeers);
        }
        if !self.outgoing.has_room(message.len(), targets.len()) {
            return Err(SendError::Full);
        }
        self.rays.see(now, ray);
        self.outgoing.send_message(Encoded::new(message), targets);
        Ok(ray)
    }

    /// Sends a message to some nodes, once to each, which do not pass it on. A node that has had the same bytes lately
    /// ignores it.
    ///
    /// An answer to an unknown node goes by [`Endpoint::answer`] instead: the node may have stated somebody else's
    /// address.
    ///
    /// # Errors
    /// [`SendError`] if it does not leave.
    pub fn send(&mut self, _now: Duration, to: &[SocketAddr], message: &[u8]) -> Result<RayId, SendError> {
        check_length(message)?;
        let own = self.config.identity.address();
        let targets: BTreeSet<_> =
            to.iter().map(|address| canonical(*address)).filter(|address| *address != own).collect();
        if targets.is_empty() {
            return Err(SendError::NoPeers);
        }
        if targets.len() > MAX_TARGETS || !targets.iter().all(|address| is_reachable(*address)) {
            return Err(SendError::Targets);
        }
        if !self.outgoing.has_room(message.len(), targets.len()) {
            return Err(SendError::Full);
        }
        let encoded = Encoded::new(message);
        let ray = encoded.ray();
        self.outgoing.send_message(encoded, targets.into_iter().map(|address| (address, 0)).collect());
        Ok(ray)
    }

    /// Sends a message to a node that is said to have asked for it, such as what a `GetResource` names, to the address
    /// that the request states.
    ///
    /// The message leaves only if the address has [answered](Endpoint::has_answered) a ping, and at a rate for each
    /// source ([`crate::Rates::source_answer_bytes`]). Otherwise it is not kept: an address that has not answered is
    /// pinged, and gets the message when it asks again.
    ///
    /// # Errors
    /// [`SendError`] if it does not leave.
    pub fn answer(&mut self, now: Duration, to: SocketAddr, message: &[u8]) -> Result<RayId, SendError> {
        check_length(message)?;
        let to = canonical(to);
        if to == self.config.identity.address() || !is_reachable(to) {
            return Err(SendError::Targets);
        }
        if !self.has_answered(now, to) {
            self.ping_stranger(now, to);
            return Err(SendError::Unproven);
        }
        if !self.outgoing.has_room(message.len(), 1) {
            return Err(SendError::Full);
        }
        if !self.limiter.allows_answer_bytes(now, Source::of(to), sent_bytes(message.len())) {
            return Err(SendError::Rate);
        }
        self.send(now, &[to], message)
    }

    pub(super) fn receive_chunk(
        &mut self,
        now: Duration,
        from: SocketAddr,
        id: Id,
        height: u8,
        chunk: &Chunk<'_>,
    ) -> Result<(), Refusal> {
        if !self.rejections.hears(now, Source::of(from)) {
            return Err(Refusal::Rejected);
        }
        let distance = self.config.identity.id().height_of(id).ok_or(Refusal::OwnId)?;
        if height > distance {
            return Err(Refusal::Height { height, distance });
        }
        let is_peer = self.table.touch(now, id);
        if !is_peer {
            self.greet(now, from, id);
        }
        let bounds = self.config.unjudged;
        let is_full = self.messages.is_full()
            || self.waiting.messages >= bounds.messages
            || self.waiting.message_bytes >= bounds.bytes;
        if is_full && !self.rays.is_seen(chunk.ray) {
            return Err(Refusal::Unjudged);
        }
        match self.rays.receive(now, from, is_peer, height, chunk)? {
            Received::Part => Ok(()),
            Received::NoRoom => Err(Refusal::NoRoom),
            Received::Seen => {
                self.messages.came_again(chunk.ray, from, height);
                Ok(())
            }
            Received::Whole(whole) => {
                self.note_rejected(now, &whole.liars);
                let message = self.messages.put(now, chunk.ray, whole);
                self.tell_of_message(message);
                Ok(())
            }
        }
    }

    fn tell_of_message(&mut self, message: Message) {
        self.waiting.messages += 1;
        self.waiting.message_bytes += message.bytes.len();
        self.events.push_back(Event::Message(message));
    }
}

fn check_length(message: &[u8]) -> Result<(), SendError> {
    let is_fit = !message.is_empty() && message.len() < MESSAGE_BYTES_LIMIT;
    if is_fit { Ok(()) } else { Err(SendError::Length(message.len())) }
}

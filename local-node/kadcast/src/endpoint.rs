//! The endpoint: one value that receives, decides and says what to send.

mod discovery;
mod messages;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::coding::CodingError;
use crate::config::{Config, ConfigError};
use crate::identity::{ACCEPTED_WORK_BITS, Height, Id, canonical, is_reachable};
use crate::limits::{Limiter, Source};
use crate::outgoing::{Outgoing, Transmit};
use crate::rays::Rays;
use crate::rejections::Rejections;
use crate::table::{Peer, Table};
use crate::wire::{Body, Header, Version, WireError, decode_body, decode_header};

pub use messages::{IngressId, JudgeError, MAX_TARGETS, Message, SendError, Verdict};

use discovery::Discovery;
use messages::Messages;

/// How often an endpoint looks after its table, its lookups and what has become too old.
pub const TICK: Duration = Duration::from_millis(250);
/// The most events about peers that wait to be taken; further ones are dropped.
pub const MAX_PEER_EVENTS: usize = 4096;

/// An event of an endpoint for its node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is whole. It waits for exactly one [verdict](Endpoint::judge).
    Message(Message),
    /// A peer came into the table.
    PeerJoined(SocketAddr),
    /// A peer left the table: it was silent, or the node dropped it.
    PeerLeft(SocketAddr),
}

/// Why a datagram was dropped. None of these harms; they are for logs and counters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its bytes are no datagram.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It is for another network.
    #[error("it is for network {0}")]
    Network(u8),
    /// Its sender speaks a version that does not fit.
    #[error("its sender speaks version {}", semver::Version::from(*.0))]
    Version(Version),
    /// Its sender's address is not one that nodes have.
    #[error("its sender cannot be reached at {0}")]
    Address(SocketAddr),
    /// Its sender's id does not follow from its address, or shows too little work.
    #[error("its sender's id is not that of {0}, or lacks the work")]
    Identity(SocketAddr),
    /// It states this node's own id.
    #[error("it states this node's own id")]
    OwnId,
    /// Its source sends too much, or all sources together do.
    #[error("too much comes from its source, or from all together")]
    Rate,
    /// It is a part of a message, and too many messages of its source were rejected lately.
    #[error("too many messages of its source were rejected")]
    Rejected,
    /// It answers nothing.
    #[error("it answers nothing that was asked")]
    Unsolicited,
    /// It would pass a message on farther than its sender may ask for.
    #[error("it asks for height {height} from distance {distance}")]
    Height {
        /// The height that it states.
        height: u8,
        /// The distance to its sender.
        distance: Height,
    },
    /// It is no part of a message that is taken.
    #[error(transparent)]
    Coding(#[from] CodingError),
    /// There is no room for more parts of messages of its source.
    #[error("there is no room for its part of a message")]
    NoRoom,
    /// The node has too many messages without a verdict.
    #[error("too many messages wait for the node's verdict")]
    Unjudged,
}

/// The numbers of things that an endpoint holds, each with a bound in [`Config`] or in a constant of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Peers in the table.
    pub peers: usize,
    /// Open pings and questions.
    pub asked: usize,
    /// Sources whose rates are remembered.
    pub sources: usize,
    /// Sources whose rejected messages are remembered.
    pub rejected: usize,
    /// Messages in parts.
    pub rays: usize,
    /// Their bytes.
    pub ray_bytes: usize,
    /// Ids of messages that were whole or left.
    pub seen: usize,
    /// Messages without a verdict.
    pub unjudged: usize,
    /// Their bytes.
    pub unjudged_bytes: usize,
    /// Bytes of messages on their way out.
    pub outgoing_bytes: usize,
}

/// Events that the node has not taken.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    peers: usize,
    messages: usize,
    message_bytes: usize,
}

/// A Kadcast node without socket and clock.
///
/// Time is a monotonic [`Duration`] since any moment, the same for all calls. A driver gives each datagram to
/// [`Endpoint::receive`], calls [`Endpoint::on_deadline`] at [`Endpoint::deadline`], and after each call sends what
/// [`Endpoint::poll_transmit`] gives and hands over what [`Endpoint::poll_event`] gives.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    rng: ChaCha8Rng,
    limiter: Limiter,
    rejections: Rejections,
    table: Table,
    rays: Rays,
    messages: Messages,
    discovery: Discovery,
    outgoing: Outgoing,
    events: VecDeque<Event>,
    waiting: Waiting,
    next_tick: Duration,
}

impl Endpoint {
    /// Makes an endpoint. All its random choices follow from the seed, which peers must not know.
    ///
    /// # Errors
    /// [`ConfigError`] if peers would refuse all that the endpoint sends.
    pub fn new(config: Config, now: Duration, seed: [u8; 32]) -> Result<Self, ConfigError> {
        config.check()?;
        let identity = &config.identity;
        let header = Header {
            id: identity.id(),
            nonce: identity.nonce(),
            port: identity.address().port(),
            network: config.network,
        };
        Ok(Self {
            rng: ChaCha8Rng::from_seed(seed),
            limiter: Limiter::new(config.rates, now),
            rejections: Rejections::new(config.rates.source_rejections),
            table: Table::new(identity.id(), config.node_ttl),
            rays: Rays::new(config.rays),
            messages: Messages::new(config.unjudged),
            discovery: Discovery::new(now, config.bucket_ttl),
            outgoing: Outgoing::new(config.outgoing, header),
            events: VecDeque::new(),
            waiting: Waiting::default(),
            next_tick: now,
            config,
        })
    }

    /// Takes a datagram that came from an address.
    ///
    /// # Errors
    /// [`Refusal`] if the datagram was dropped. The endpoint goes on.
    pub fn receive(&mut self, now: Duration, from: SocketAddr, datagram: &[u8]) -> Result<(), Refusal> {
        let header = decode_header(datagram)?;
        // A node may send from any port; it is reached at the one that it states.
        let address = canonical(SocketAddr::new(from.ip(), header.port));
        let source = Source::of(address);
        if !self.limiter.takes_bytes(now, source, datagram.len()) {
            return Err(Refusal::Rate);
        }
        if header.network != self.config.network {
            return Err(Refusal::Network(header.network));
        }
        if !is_reachable(address) {
            return Err(Refusal::Address(address));
        }
        if header.id != Id::of(address) || !header.nonce.proves(header.id, ACCEPTED_WORK_BITS) {
            return Err(Refusal::Identity(address));
        }
        if header.id == self.config.identity.id() {
            return Err(Refusal::OwnId);
        }
        match decode_body(datagram)? {
            Body::Broadcast { height, chunk } => self.receive_chunk(now, address, header.id, height, &chunk),
            body => {
                if !self.limiter.takes_control(now, source) {
                    return Err(Refusal::Rate);
                }
                if let Some(version) = body.version()
                    && !self.config.accepts.matches(&version.into())
                {
                    return Err(Refusal::Version(version));
                }
                self.receive_control(now, address, header.id, body)
            }
        }
    }

    /// When [`Endpoint::on_deadline`] has to be called.
    pub const fn deadline(&self) -> Duration {
        self.next_tick
    }

    /// Does what is due. Nothing happens before the deadline.
    pub fn on_deadline(&mut self, now: Duration) {
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + TICK;
        self.rays.expire(now);
        self.messages.expire(now);
        self.look_after_peers(now);
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.outgoing.next()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        match &event {
            Event::PeerJoined(_) | Event::PeerLeft(_) => self.waiting.peers -= 1,
            Event::Message(message) => {
                self.waiting.messages -= 1;
                self.waiting.message_bytes -= message.bytes.len();
            }
        }
        Some(event)
    }

    /// The settings.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The peers in the table with their heights.
    pub fn peers(&self) -> impl Iterator<Item = (Height, &Peer)> {
        self.table.peers()
    }

    /// The peers that are not known to be silent.
    pub fn alive_peers(&self, now: Duration) -> impl Iterator<Item = &Peer> {
        self.table.alive(now)
    }

    /// The numbers of things that the endpoint holds.
    pub fn usage(&self) -> Usage {
        Usage {
            peers: self.table.len(),
            asked: self.discovery.asked(),
            sources: self.limiter.sources(),
            rejected: self.rejections.len(),
            rays: self.rays.len(),
            ray_bytes: self.rays.bytes(),
            seen: self.rays.seen_len(),
            unjudged: self.messages.len(),
            unjudged_bytes: self.messages.bytes(),
            outgoing_bytes: self.outgoing.bytes(),
        }
    }

    fn tell_of_peer(&mut self, event: Event) {
        if self.waiting.peers < MAX_PEER_EVENTS {
            self.waiting.peers += 1;
            self.events.push_back(event);
        }
    }
}

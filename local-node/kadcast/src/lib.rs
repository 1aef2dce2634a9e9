//! Kadcast, the structured broadcast of the Dusk network: a protocol core without I/O, and a driver on UDP.
//!
//! Nodes have ids, and know some peers at each distance. A message goes to a few delegates in each bucket; every
//! delegate passes it on to buckets closer to itself. So a node gets a few copies of a message instead of one from each
//! of its peers. Every message is split into symbols of an erasure code, any of which suffice, so that nothing has to
//! be asked for again.
//!
//! [`Endpoint`] is one value that a driver moves, in the shape of `quinn-proto`:
//!
//! ```text
//! datagrams ─► receive ──► limits ─► header ─► chunk ─► assembly ─► poll_event ─► node
//!                             │         └────► table, lookups                      │
//! datagrams ◄─ poll_transmit ◄┴─────── delegates ◄──── judge(Relay | Ignore | Reject)
//! ```
//!
//! | module | is |
//! |---|---|
//! | [`Endpoint`] | the protocol: incoming and outgoing datagrams, and the time of the next call |
//! | [`wire`] | datagrams |
//! | [`coding`] | messages as symbols, and their assembly |
//! | `identity` | ids, proof of work, distance |
//! | `table`, `lookup` | peers by distance, and how they are found |
//! | `rays` | bounds of messages in parts, and ids of those that came or left |
//! | `limits`, `rejections` | rates for each source and for all together; sources whose messages were rejected |
//! | [`udp`] | the driver: socket, clock, pacing, rules for cut, slow and lossy links (feature `udp`) |
//!
//! Two nodes meet, and one broadcasts:
//!
//! ```
//! # use std::{net::SocketAddr, time::Duration};
//! # use local_node_kadcast::{ACCEPTED_WORK_BITS, Config, Endpoint, Event, Identity, Verdict};
//! let addresses = [1, 2].map(|last| SocketAddr::from(([10, 0, 0, last], 9000)));
//! let mut nodes = addresses.map(|address| {
//!     // A real node shows `PRODUCED_WORK_BITS`, and draws its seed at random.
//!     let mut config = Config::new(Identity::produce(address, ACCEPTED_WORK_BITS), 7);
//!     config.bootstrap = vec![addresses[0]];
//!     Endpoint::new(config, Duration::ZERO, [0; 32]).expect("others can reach the address")
//! });
//! // The driver of this example: it delivers at once.
//! let run = |nodes: &mut [Endpoint; 2], now| {
//!     nodes.iter_mut().for_each(|node| node.on_deadline(now));
//!     while let Some((from, transmit)) = (0..2).find_map(|from| Some((from, nodes[from].poll_transmit()?))) {
//!         nodes[1 - from].receive(now, addresses[from], &transmit.datagram).expect("it is in order");
//!     }
//! };
//! run(&mut nodes, Duration::ZERO);
//! nodes[0].broadcast(Duration::ZERO, b"hello").expect("there is a peer");
//! run(&mut nodes, Duration::ZERO);
//!
//! assert_eq!(nodes[1].poll_event(), Some(Event::PeerJoined(addresses[0])));
//! let Some(Event::Message(message)) = nodes[1].poll_event() else { panic!("the message arrives") };
//! assert_eq!(*message.bytes, *b"hello");
//! nodes[1].judge(Duration::ZERO, message.ingress, Verdict::Relay)?;
//! # Ok::<(), local_node_kadcast::JudgeError>(())
//! ```
//!
//! # The wire
//!
//! The crate exchanges datagrams with the crate `kadcast` 0.8, which production runs, in a test over real sockets.
//! Where that crate's code and documents differ, its code counts: `src/encoding/` for datagrams, `src/kbucket/key.rs`
//! for ids, `src/transport/encoding/raptorq/` for symbols.
//!
//! # Invariants
//!
//! * A run follows from the settings, the seed, and the calls with their times. There is no clock, thread, socket or
//!   map without order in it.
//! * Each message that comes in has at most one verdict, and exactly one where the node gives it in time. Only
//!   [`Verdict::Relay`] lets it leave again, below the largest height that it came with.
//! * No message leaves a node twice, for as long as it is remembered ([`SEEN_TTL`], [`RayBounds::seen`]). Messages that
//!   are sent to stated receivers ([`Endpoint::send`]) do not count: their receivers do not pass them on.
//! * The sender of a chunk is checked before the chunk is looked at: id, work, network, and a height that is at most
//!   the distance between sender and receiver. Otherwise one datagram of height 255 would make a whole broadcast.
//! * Bytes from outside reach the crate `raptorq` only with parameters that its own encoder would choose.
//! * A large answer goes only to an address that has answered a ping, and at a rate.
//! * One source has at most 64 messages rejected at once, and 16 a second ([`Rates::source_rejections`]), beside those
//!   that wait for their verdicts when it uses that up. They count too. Then the endpoint takes no part of a message
//!   from the source, for at most [`MAX_SILENCE`]. It goes on to answer the source's pings.
//! * Everything that peers can make grow has a bound, for each source and together: [`Usage`] lists it. Beyond it, a
//!   message that is solved takes about three times its length for that moment.
//!
//! # Where this implementation differs from production, without effect on what peers see as valid
//!
//! * A message is relayed after the node's verdict, not at once (`auto_propagate`), and by this crate alone. With
//!   production's default settings a message leaves a node twice.
//! * Peers come into the table when they have answered a ping or a question; production takes them at their first
//!   datagram. An idle peer leaves after three pings without an answer, or one where another waits for its place;
//!   production pings idle peers once an hour and removes them at once.
//! * Buckets are refreshed by iterative lookups, soon after the start and then ever more seldom up to once an hour;
//!   production asks three peers for each idle or empty bucket, 128 of them as a rule.
//! * Delegates are not chosen among peers that sent the message themselves, nor among those that miss pings where there
//!   are others.
//! * Chunks with another content for a known symbol do not spoil a message: it is solved from each sender's own
//!   symbols. Production keeps a wrong solution until the message expires.
//! * Bytes after the end of a datagram, parameters that no encoder chooses, and answers to nothing are refused.
//!
//! # Deliberately absent
//!
//! Encryption and signatures: the network has none, and messages prove themselves. A cookie in pings: the wire has no
//! room for one, so that a node that forges its address and guesses when that address is pinged passes for it. Rates
//! count by that address as well, so a forger spends another node's allowance, also that of rejected messages.

pub mod coding;
mod config;
mod endpoint;
mod identity;
mod limits;
mod lookup;
mod outgoing;
mod rays;
mod rejections;
mod table;
#[cfg(feature = "udp")]
pub mod udp;
pub mod wire;

pub use config::{Config, ConfigError, PROTOCOL_VERSION, UnjudgedBounds};
pub use endpoint::{
    Endpoint, Event, IngressId, JudgeError, MAX_PEER_EVENTS, MAX_TARGETS, Message, Refusal, SendError, TICK, Usage,
    Verdict,
};
pub use identity::{
    ACCEPTED_WORK_BITS, HEIGHTS, Height, ID_BYTES, Id, Identity, NONCE_BYTES, Nonce, PRODUCED_WORK_BITS,
};
pub use limits::{MAX_SOURCES, Rate, Rates, Source};
pub use lookup::PARALLEL_QUESTIONS;
pub use outgoing::{OutgoingBounds, Transmit};
pub use rays::{ASSEMBLY_TTL, RayBounds, SEEN_TTL};
pub use rejections::{MAX_SILENCE, Rejections};
pub use table::{BUCKET_PEERS, DELEGATES, MAX_MISSED_PINGS, MAX_SOURCE_PEERS, Peer};

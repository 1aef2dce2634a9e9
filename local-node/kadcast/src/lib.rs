//! Kadcast.
pub mod coding;
mod config;
mod endpoint;
mod identity;
mod limits;
mod lookup;
mod outgoing;
mod rays;
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
pub use table::{BUCKET_PEERS, DELEGATES, MAX_MISSED_PINGS, MAX_SOURCE_PEERS, Peer};
